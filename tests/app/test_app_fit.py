"""What models need in memory, reckoned from their files, and whether a machine has it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from app import fit, machine
from app.fit import Need
from app.machine import Memory
from engine.fleet import catalogue, shipped
from engine.models import Model
from tests.engine.ggufs import ABOUT, made, written

MB, GB = 1_000_000, 1_000_000_000
MACHINE = Memory(16 * GB, 10 * GB)


def of(total: int, *, name: str = "a", held: int = 0) -> Need:
    return Need(name, total, 0, 0, held, "")


def drafter() -> Model:
    return next(row for row in shipped() if row.role == "drafter")


def test_the_shipped_drafter_needs_what_llama_cpp_reports() -> None:
    need = fit.need(drafter())
    assert need.cache == 45 << 20  # "CPU KV buffer size = 45.00 MiB"
    words = 49_152 * fit.WORD
    assert round((need.work - words) / (1 << 20), 2) == 99.38  # "CPU compute buffer size = 99.3770 MiB"
    assert need.sentence.startswith("272 MB: weights 98 MB + cache 47 MB (30 layers × 3 heads × 128 numbers × 2,048")


@pytest.mark.parametrize(
    ("shape", "context", "cache", "work"),
    [
        ({"embedding": 4096, "heads": 32, "kv": 8}, 2048, 32.0, 176.0),
        ({"embedding": 4096, "heads": 32, "kv": 8}, 8192, 128.0, 572.0),
        ({"embedding": 2048, "heads": 32, "kv": 8}, 4096, 32.0, 286.0),
        ({"embedding": 3072, "heads": 24, "kv": 8}, 4096, 64.0, 234.0),
    ],
)
def test_other_shapes_too(tmp_path: Path, shape: dict[str, int], context: int, cache: float, work: float) -> None:
    """The numbers are those that llama.cpp printed for models of four such layers; MiB."""
    about = ABOUT | {
        "llama.block_count": 4, "llama.embedding_length": shape["embedding"],
        "llama.attention.head_count": shape["heads"], "llama.attention.head_count_kv": shape["kv"],
    }  # fmt: skip
    row = dataclasses.replace(drafter(), file=str(written(tmp_path, data=made(about))), context=context)
    need = fit.need(row)
    assert need.cache / (1 << 20) == cache
    assert round((need.work - 3 * fit.WORD) / (1 << 20), 1) == work


def test_an_encoder_needs_more_than_its_file() -> None:
    need = fit.need(next(row for row in shipped() if row.role == "encoder"))
    assert 240 * MB < need.total < 260 * MB
    assert need.held == need.total


@pytest.mark.parametrize(
    ("needs", "memory", "verdict", "said"),
    [
        ([of(8 * GB)], MACHINE, "fits", "8.0 GB needed, 10.0 GB of 16.0 GB free."),
        ([of(4 * GB), of(5 * GB, name="b")], MACHINE, "slow", "more than 80% of what is free"),
        ([of(12 * GB)], MACHINE, "slow", "other programs"),
        ([of(12 * GB, held=11 * GB)], MACHINE, "wont", "11.0 GB of it must stay"),
        ([of(17 * GB)], MACHINE, "wont", "more than this machine has"),
        (
            [of(5 * GB), of(5 * GB)],
            MACHINE,
            "fits",
            "role 0 5.0 GB + role 1 5.0 GB - 5.0 GB that two share = 5.0 GB needed",
        ),
        ([of(5 * GB)], Memory(0, 0), "unknown", "not known"),
        ([], MACHINE, "fits", "0 MB needed"),
    ],
    ids=["easy", "two", "others", "held", "never", "one-file-two-roles", "no-numbers", "none"],
)
def test_the_verdict_goes_by_all_that_are_in_memory_together(
    needs: list[Need], memory: Memory, verdict: str, said: str
) -> None:
    found = fit.judged({f"role {number}": need for number, need in enumerate(needs)}, memory)
    assert found.verdict == verdict
    assert said in found.sentence


def test_what_the_machine_says_is_possible() -> None:
    found = machine.memory()
    assert 0 < found.free <= found.total


def test_a_group_that_may_have_less_has_less(tmp_path: Path) -> None:
    proc, groups = tmp_path / "proc", tmp_path / "groups"
    (proc / "self").mkdir(parents=True)
    (groups / "box" / "inner").mkdir(parents=True)
    (proc / "meminfo").write_text("MemTotal: 16000000 kB\nMemFree: 1 kB\nMemAvailable: 8000000 kB\n")
    assert machine._linux(proc, groups) == Memory(16_000_000 << 10, 8_000_000 << 10)
    (proc / "self" / "cgroup").write_text("0::/box/inner\n")
    (groups / "box" / "inner" / "memory.max").write_text("max\n")
    (groups / "box" / "memory.max").write_text("4000000\n")
    (groups / "box" / "memory.current").write_text("3000000\n")
    (groups / "box" / "memory.stat").write_text("anon 1\ninactive_file 500000\n")
    assert machine._linux(proc, groups) == Memory(4_000_000, 1_500_000)


def test_a_system_that_says_nothing_is_not_guessed_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "sysconf", lambda _name: (_ for _ in ()).throw(ValueError))
    assert machine._linux(tmp_path, tmp_path) == Memory(0, 0)


def test_a_file_that_is_missing_or_broken_says_nothing_of_itself(tmp_path: Path) -> None:
    row = dataclasses.replace(drafter(), file=str(tmp_path / "none.gguf"))
    assert fit.header(row) is None
    assert fit.header(dataclasses.replace(row, file=str(written(tmp_path, data=b"GGUF")))) is None
    assert fit.header(next(row for row in catalogue(tmp_path) if row.role == "encoder")) is None
