"""Reckons what models need in memory, and whether this machine has that much.

It is advice with its arithmetic, and forbids nothing. All numbers are at most: llama.cpp fills its buffers as it
goes. They were compared with what llama-cpp-python 0.3.36 itself reports on a processor with AVX2 for the shipped
drafter and five other shapes (4 layers of 2,048 to 4,096 numbers, 24 and 32 heads, contexts of 2,048 to 8,192, in
Q4_0, Q4_K and Q6_K): cache and working buffer were the same to a tenth of a MB in all six.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.language import _
from app.machine import Memory
from engine import encoders, gguf
from engine.cards import Problem
from engine.fleet import locate
from engine.models import Model

BATCH = 512
"""Tokens that llama.cpp reads at once (`n_ubatch`, its default)."""
NUMBER, HALF = 4, 2
"""Bytes of a number in the working buffer, and in the cache (F16)."""
WORD = 450
"""Bytes that llama.cpp keeps a word of the vocabulary: 21 MB were measured for 49,152 words."""
ENCODER = 2.75
"""Memory over file size of an encoder: the engine grew by 248 MB with the shipped one, whose file has 91 MB (weights
laid out for the processor, its kernels, and a batch of 64 passages)."""
EASY = 0.8
"""The part of the free memory that can be used without the rest of the machine being felt."""

Verdict = Literal["fits", "slow", "wont", "unknown"]
WORDS: dict[Verdict, str] = {
    "fits": _("Fits"),
    "slow": _("May be slow"),
    "wont": _("Won't fit"),
    "unknown": _("Not known"),
}


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes of memory that a model needs.

    `weights` are its file, `cache` what it keeps of the text before, `work` what it reckons in. `held` is the part
    that can't be given up and read again from the file. `name` tells files apart: two roles may share one.
    """

    name: str
    weights: int
    cache: int
    work: int
    held: int
    sentence: str

    @property
    def total(self) -> int:
        return self.weights + self.cache + self.work


@dataclass(frozen=True, slots=True)
class Fit:
    verdict: Verdict
    sentence: str

    @property
    def word(self) -> str:
        return WORDS[self.verdict]


def need(row: Model) -> Need:
    """What a model of the catalogue needs. Raises Problem for a file that is missing or is no model."""
    path = locate(row)
    if row.runtime != "llama":
        size = weight(path)
        total = round(size * ENCODER)
        sentence = _("{total}: its files of {size} times {factor:g}, as measured with the shipped one.").format(
            total=amount(total), size=amount(size), factor=ENCODER
        )
        return Need(row.sha256, size, 0, total - size, total, sentence)
    state = path.stat()
    said = _header(path, state.st_size, state.st_mtime_ns)
    context = -(-row.context // 256) * 256  # as llama.cpp rounds it
    wide = said.key_length + said.value_length
    cache = said.layers * said.kv_heads * wide * context * HALF
    narrow = said.kv_heads * wide
    reading = context * (said.heads + 1) + 5 * said.embedding + narrow
    writing = said.vocabulary + 3 * said.embedding
    work = BATCH * NUMBER * max(reading, writing) + said.vocabulary * WORD
    kept = _("{layers} layers × {kv_heads} heads × {wide} numbers × {context:,} tokens × {half} bytes").format(
        layers=said.layers, kv_heads=said.kv_heads, wide=wide, context=context, half=HALF
    )
    sentence = _("{total}: weights {weights} + cache {cache} ({kept}) + working memory {work}.").format(
        total=amount(said.size + cache + work),
        weights=amount(said.size),
        cache=amount(cache),
        kept=kept,
        work=amount(work),
    )
    return Need(row.sha256, said.size, cache, work, said.copied + cache + work, sentence)


def together(needs: Iterable[Need]) -> tuple[int, int]:
    """Bytes that these need at once, and how many of them can't be given up. A file that two share counts once."""
    needs = tuple(needs)
    files = {one.name: one for one in needs}
    shared = sum(one.weights for one in needs) - sum(one.weights for one in files.values())
    return sum(one.total for one in needs) - shared, sum(one.held for one in needs)


def judged(needs: Mapping[str, Need], memory: Memory) -> Fit:
    """Whether this machine has the memory for these at once, by role.

    They fit into four fifths of what is free. Beyond that, up to all the memory there is, it may be slow: others must
    give way, or weights be read from the disk again and again. More than there is, or more that can't be read again
    than is free, does not fit.
    """
    total, held = together(needs.values())
    if not memory.total or not memory.free:
        return Fit(
            "unknown",
            _("{sum} needed; how much memory is free is not known here.").format(sum=_added(needs, total)),
        )
    of = _("{sum} needed, {free} of {total} free").format(
        sum=_added(needs, total), free=amount(memory.free), total=amount(memory.total)
    )
    if total > memory.total:
        return Fit("wont", _("{of}: more than this machine has.").format(of=of))
    if held > memory.free:
        return Fit(
            "wont",
            _("{of}: {held} of it must stay in memory, and that is more than is free.").format(
                of=of, held=amount(held)
            ),
        )
    if total > EASY * memory.free:
        return Fit(
            "slow",
            _("{of}: more than {easy:.0%} of what is free, so other programs will be felt.").format(of=of, easy=EASY),
        )
    return Fit("fits", f"{of}.")


def _added(needs: Mapping[str, Need], total: int) -> str:
    """The sum with its parts, where there are several."""
    if len(needs) < 2:
        return amount(total)
    shared = sum(need.total for need in needs.values()) - total
    parts = " + ".join(
        f"{role} {amount(need.total)}" for role, need in sorted(needs.items(), key=lambda one: -one[1].total)
    )
    less = _(" - {shared} that two share").format(shared=amount(shared)) if shared else ""
    return f"{parts}{less} = {amount(total)}"


def amount(size: int) -> str:
    """Bytes in the units in which memory and model files are sold."""
    return f"{size / 1e6:,.0f} MB" if size < 999_500_000 else f"{size / 1e9:,.1f} GB"


def header(row: Model) -> gguf.Header | None:
    """What a row's GGUF file says of itself; None for other files, and for one that is missing or damaged."""
    if row.runtime != "llama":
        return None
    try:
        path = locate(row)
        state = path.stat()
        return _header(path, state.st_size, state.st_mtime_ns)
    except (Problem, OSError):
        return None


def weight(path: Path) -> int:
    """Bytes of a model's file; of an encoder's whole folder."""
    files = path.parent.rglob("*") if path.name == encoders.NOTE else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


@functools.lru_cache(maxsize=64)
def _header(path: Path, size: int, changed: int) -> gguf.Header:
    """Read once, as long as the file keeps its size and date."""
    return gguf.read(path)
