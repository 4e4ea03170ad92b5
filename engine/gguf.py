"""Reads what a GGUF file says of itself, without llama.cpp, in bounded time and memory.

A model file from outside is an attack until proven otherwise. So nothing of it is run, no count or length of
its is believed beyond the file's own size, lists are passed over rather than built, and its chat template is
recognised by its marks and never rendered.

Source of the layout: docs/gguf.md of the ggml project. Versions 2 and 3, little endian.
"""

from __future__ import annotations

import math
import os
import struct
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from engine.cards import Problem

MOST_KEYS, MOST_TENSORS = 4_096, 65_536
"""The largest models of today have some 60 keys and 3,000 tensors."""
MOST_ITEMS = 2_000_000
"""Strings and lists in all lists together; each costs a look. The largest vocabularies have 262,144 words and
twice as many merges."""
LONGEST_KEY, LONGEST_TEXT, LONGEST_TEMPLATE = 256, 200, 1 << 20
DEEPEST = 2
"""Lists in lists."""

_WINDOW = 1 << 18
_STRING, _LIST, _BOOL = 8, 9, 7
_FIXED = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", _BOOL: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_WHOLE = (0, 1, 2, 3, 4, 5, 10, 11)

_KINDS = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18), 42: ("Q2_0", 64, 18),
}  # fmt: skip
"""Kinds of numbers in a tensor: name, numbers a block, bytes a block. As ggml of llama-cpp-python 0.3.36 says."""

_COPIED = {"Q2_K", "Q4_0", "Q4_K", "IQ4_NL", "MXFP4"}
"""Kinds that are laid out anew on x86-64 (ggml/src/ggml-cpu/repack.cpp); the table of words never is."""

_MIXES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4",
}  # fmt: skip
"""`general.file_type`: how the tensors were mixed."""

_FAMILIES = (
    ("chatml", ("<|im_start|>",)),
    ("llama3", ("<|start_header_id|>",)),
    ("gemma", ("<start_of_turn>",)),
    ("harmony", ("<|start|>", "<|message|>")),
    ("phi3", ("<|user|>", "<|end|>")),
    ("zephyr", ("<|user|>",)),
    ("deepseek", ("<｜User｜>",)),
    ("llama2", ("[INST]", "<<SYS>>")),
    ("mistral", ("[INST]",)),
)
"""Families of chat templates by marks that stand in all of theirs; the first that fits counts."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a model file says of itself. Numbers are 0, and words "", where it says nothing.

    `parameters` are the numbers in all tensors. `kv_heads` is the most of any layer, `key_length` and
    `value_length` are numbers a head. `template` is the family of its chat template: one of those that are known
    here, "unknown", or "" for a file without one.
    """

    architecture: str
    name: str
    kind: str
    licence: str
    parameters: int
    quantisation: str
    context: int
    layers: int
    embedding: int
    heads: int
    kv_heads: int
    key_length: int
    value_length: int
    vocabulary: int
    tokenizer: bool
    template: str
    parts: int
    size: int
    """Bytes of the file."""
    copied: int
    """Bytes of the tensors that llama.cpp keeps a second time in an order of its own, on processors that have one."""


def read(path: Path) -> Header:
    """The header of a GGUF file. Raises Problem("bad_model") with what is wrong with it."""
    try:
        with path.open("rb") as file:
            return header(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise Problem("bad_model", f"{path.name} can't be read: {error.strerror}.") from error


def header(file: BinaryIO, size: int) -> Header:
    """The same of an open file of so many bytes. Raises Problem("bad_model"), or OSError."""
    cursor = _Cursor(file, size)
    if cursor.take(4) != b"GGUF":
        raise _bad("It is no GGUF file.")
    version = cursor.number("<I")
    if version in (2 << 24, 3 << 24):
        raise _bad("It is a GGUF file for processors of the other byte order.")
    if version not in (2, 3):
        raise _bad(f"It is GGUF version {version}; versions 2 and 3 can be read.")
    tensors, keys = cursor.number("<Q"), cursor.number("<Q")
    if keys > MOST_KEYS or tensors > MOST_TENSORS:
        raise _bad(f"It claims {keys:,} keys and {tensors:,} tensors, more than any model has.")
    said = _keys(cursor, keys)
    found = _tensors(cursor, tensors, said)
    return _told(said, found, size)


class _Cursor:
    """Reads forward through the file; nothing is read, or passed over, beyond its end."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size, self.at = size, 0
        self._file = file
        self._window, self._begins = b"", 0
        self._items = 0

    def take(self, length: int) -> bytes:
        first = self._seen(length)
        self.at += length
        return self._window[first : first + length]

    def skip(self, length: int) -> None:
        if length > self.size - self.at:
            raise _bad("It ends in the middle of its header.")
        self.at += length

    def number(self, form: str) -> int:
        wide = struct.calcsize(form)
        first = self._seen(wide)
        found: int = struct.unpack_from(form, self._window, first)[0]
        self.at += wide
        return found

    def text(self, most: int) -> str | None:
        """A string, or None for one that is longer; that is passed over."""
        length = self.number("<Q")
        if length > most:
            self.skip(length)
            return None
        return self.take(length).decode("utf-8", "replace")

    def count(self, number: int, least: int) -> range:
        """So many entries of at least so many bytes, each to be looked at. Raises Problem for impossibly many."""
        self._items += number
        if number * least > self.size - self.at or self._items > MOST_ITEMS:
            raise _bad(f"It claims a list of {number:,} entries, more than it can hold.")
        return range(number)

    def _seen(self, length: int) -> int:
        """Where in the window the next so many bytes begin."""
        first = self.at - self._begins
        if first + length <= len(self._window):
            return first
        if length > self.size - self.at:
            raise _bad("It ends in the middle of its header.")
        self._file.seek(self.at)
        self._window, self._begins = self._file.read(max(length, _WINDOW)), self.at
        if len(self._window) < length:  # it was cut short since its size was asked
            raise _bad("It ends in the middle of its header.")
        return 0


@dataclass(slots=True)
class _Said:
    """The values of single keys, and of each list how long it is and its largest whole number."""

    values: dict[str, str | int | float] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    largest: dict[str, int] = field(default_factory=dict)

    def number(self, key: str) -> int:
        """A whole number from 0 on; of a list (a number a layer), the largest."""
        found = self.values.get(key, self.largest.get(key, 0))
        return found if isinstance(found, int) and 0 <= found < 1 << 63 else 0

    def word(self, key: str) -> str:
        """One short line of characters that can be seen: it will stand in terminals and in lists."""
        found = self.values.get(key, "")
        if not isinstance(found, str):
            return ""
        seen = "".join(letter if letter.isprintable() else " " for letter in found)
        return " ".join(seen.split())[:LONGEST_TEXT]


def _keys(cursor: _Cursor, number: int) -> _Said:
    said, seen = _Said(), set()
    for _ in range(number):
        key = cursor.text(LONGEST_KEY)
        if key is None or key in seen:
            raise _bad("One of its keys is too long." if key is None else f"It has the key {key!r:.60} twice.")
        seen.add(key)
        kind = cursor.number("<I")
        if kind == _LIST:
            said.lengths[key], said.largest[key] = _passed(cursor, 1)
        elif kind == _STRING:
            text = cursor.text(LONGEST_TEMPLATE if key == "tokenizer.chat_template" else 4 * LONGEST_TEXT)
            said.values[key] = "" if text is None else text
        elif kind in _FIXED:
            said.values[key] = cursor.number(_FIXED[kind])
        else:
            raise _unknown_value(kind)
    return said


def _passed(cursor: _Cursor, depth: int) -> tuple[int, int]:
    """Pass over a list; its length, and the largest whole number in it, if it is short enough to be one a layer."""
    kind, length = cursor.number("<I"), cursor.number("<Q")
    if kind in _FIXED:
        form = _FIXED[kind]
        wide = struct.calcsize(form)
        if kind not in _WHOLE or length > MOST_KEYS:
            cursor.skip(length * wide)
            return length, 0
        return length, max(struct.unpack(f"<{length}{form[1]}", cursor.take(length * wide)), default=0)
    if kind == _STRING:
        for _ in cursor.count(length, 8):
            cursor.skip(cursor.number("<Q"))
        return length, 0
    if kind != _LIST:
        raise _unknown_value(kind)
    if depth == DEEPEST:
        raise _bad("Its lists are nested too deeply.")
    for _ in cursor.count(length, 12):
        _passed(cursor, depth + 1)
    return length, 0


@dataclass(slots=True)
class _Tensors:
    parameters: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Numbers by their kind."""
    words: int = 0
    """Rows of the table of words."""
    copied: int = 0


def _tensors(cursor: _Cursor, number: int, said: _Said) -> _Tensors:
    """What is said of the tensors; the file must be as large as they are."""
    aligned = said.number("general.alignment") or 32
    if aligned > 1 << 20 or aligned & (aligned - 1):
        raise _bad(f"Its tensors stand at multiples of {aligned}, which is no power of two.")
    found, end = _Tensors(), 0
    for _ in range(number):
        name = cursor.text(LONGEST_KEY)
        dimensions = cursor.number("<I")
        if name is None or dimensions > 4:
            raise _bad("One of its tensors has no possible name or shape.")
        shape = [cursor.number("<Q") for _ in range(dimensions)]
        kind, offset = cursor.number("<I"), cursor.number("<Q")
        if kind not in _KINDS:
            raise _bad(f"It has numbers of a kind ({kind}) that is not known here.")
        label, block, wide = _KINDS[kind]
        numbers = math.prod(shape)
        if numbers >= 1 << 50 or offset % aligned or (shape and shape[0] % block):
            raise _bad(f"Its tensor {name!r:.60} has an impossible shape or place.")
        found.parameters += numbers
        found.kinds[label] += numbers
        if name == "token_embd.weight" and len(shape) == 2:
            found.words = shape[1]
        elif label in _COPIED and len(shape) > 1:
            found.copied += numbers // block * wide
        end = max(end, offset + numbers // block * wide)
    begins = -(-cursor.at // aligned) * aligned
    if begins + end > cursor.size:
        missing = begins + end - cursor.size
        raise _bad(f"It is not whole: {missing:,} of its {begins + end:,} bytes are missing. Copy it again.")
    return found


def _told(said: _Said, found: _Tensors, size: int) -> Header:
    of = said.word("general.architecture")
    if not of:
        raise _bad("It does not say what kind of model it is (general.architecture).")
    heads, embedding = said.number(f"{of}.attention.head_count"), said.number(f"{of}.embedding_length")
    usual = embedding // heads if heads else 0
    return Header(
        architecture=of,
        name=said.word("general.name"),
        kind=said.word("general.type"),
        licence=said.word("general.license"),
        parameters=found.parameters,
        quantisation=_quantisation(said, found),
        context=said.number(f"{of}.context_length"),
        layers=said.number(f"{of}.block_count"),
        embedding=embedding,
        heads=heads,
        kv_heads=said.number(f"{of}.attention.head_count_kv") or heads,
        key_length=said.number(f"{of}.attention.key_length") or usual,
        value_length=said.number(f"{of}.attention.value_length") or usual,
        vocabulary=found.words or said.lengths.get("tokenizer.ggml.tokens", 0) or said.number(f"{of}.vocab_size"),
        tokenizer=bool(said.word("tokenizer.ggml.model") and said.lengths.get("tokenizer.ggml.tokens")),
        template=_family(said.values.get("tokenizer.chat_template")),
        parts=said.number("split.count"),
        size=size,
        copied=found.copied,
    )


def _quantisation(said: _Said, found: _Tensors) -> str:
    """As the file says; else the kind that most of its numbers are of."""
    if "general.file_type" in said.values and (mix := _MIXES.get(said.number("general.file_type"))):
        return mix
    return next((kind for kind, _ in found.kinds.most_common(1)), "")


def _family(template: object) -> str:
    if not isinstance(template, str):
        return ""
    return next((name for name, marks in _FAMILIES if all(mark in template for mark in marks)), "unknown")


def _unknown_value(kind: int) -> Problem:
    return _bad(f"It has a value of a kind ({kind}) that is not known here.")


def _bad(why: str) -> Problem:
    return Problem("bad_model", f"This file can't be used as a model. {why}")
