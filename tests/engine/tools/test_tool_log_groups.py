"""Log lines of one kind make one group, whatever varies in them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tools.log_groups import MOST_LINES, WILD, Groups
from tests.engine.tools.trays import ScriptedTray, called, code_of, whole

KINDS = [
    "2026-10-05 08:{n:02d}:07 ERROR payment service=checkout order=LF-2{n:04d} timeout after {n} ms",
    "2026-10-05 08:{n:02d}:09 INFO  connection from 10.0.0.{n}:4{n:03d} accepted by worker {n}",
    "2026-10-05T08:{n:02d}:11Z WARN  pool exhausted, {n} of 50 connections in use",
    "2026-10-05 08:{n:02d}:13 INFO  session 7f3a{n:04d}-1111-2222-3333-4444555566{n:02d} closed",
    "2026-10-05 08:{n:02d}:15 FATAL could not open /var/run/db.sock: errno {n}",
]


def log(seed: int, lines: int = 400) -> tuple[list[str], list[int]]:
    """Lines of five kinds in any order, and the kind of each."""
    rng = random.Random(seed)
    kinds = [rng.randrange(len(KINDS)) for _ in range(lines)]
    return [KINDS[kind].format(n=rng.randrange(60)) for kind in kinds], kinds


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_lines_are_in_one_group_exactly_when_they_are_of_one_kind(seed: int) -> None:
    lines, kinds = log(seed, 120)
    groups = Groups()
    joined = [id(groups.add(line)) for line in lines]
    assert len(set(zip(joined, kinds, strict=True))) == len(set(joined)) == len(set(kinds))


def test_the_largest_groups_are_told_with_count_level_pattern_and_place(tmp_path: Path) -> None:
    lines, kinds = log(3)
    text = "\n".join(lines)
    result = called("log_groups", ScriptedTray(tmp_path), {}, text=whole(text))
    counts = sorted((kinds.count(kind) for kind in range(len(KINDS))), reverse=True)
    assert [int(dict(found.cells)["count"]) for found in result.findings] == counts
    cells = dict(result.findings[0].cells)
    assert cells["lines"] == "400"
    assert cells["level"] in ("ERROR", "INFO", "WARN", "FATAL")
    assert cells["pattern"].count(WILD) >= 2
    for found in result.findings:
        assert found.quote == text[found.place.start : found.place.end] == dict(found.cells)["first"]


def test_what_varies_without_a_digit_becomes_a_gap_too(tmp_path: Path) -> None:
    lines = [f"user {name} logged in from the office" for name in ("anna", "ben", "cleo")]
    (found,) = called("log_groups", ScriptedTray(tmp_path), {}, text=whole("\n".join(lines))).findings
    assert dict(found.cells)["pattern"] == f"user {WILD} logged in from the office"


def test_only_so_many_groups_are_told(tmp_path: Path) -> None:
    words = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu".split()
    text = whole("\n".join(f"{word} alone" for word in words))
    assert len(called("log_groups", ScriptedTray(tmp_path), {}, text=text).findings) == 10
    assert len(called("log_groups", ScriptedTray(tmp_path), {"groups": 3}, text=text).findings) == 3
    assert len(called("log_groups", ScriptedTray(tmp_path), {"groups": -5}, text=text).findings) == 1


@pytest.mark.parametrize(
    ("text", "code"), [("", "no_result"), ("\n \n", "no_result"), ("x\n" * (MOST_LINES + 2), "too_large")]
)
def test_no_lines_or_too_many_give_a_reason(tmp_path: Path, text: str, code: str) -> None:
    assert code_of("log_groups", ScriptedTray(tmp_path), {}, text=whole(text)) == code


@pytest.mark.parametrize(
    "line", ["a" * 300_000, "1" * 300_000, "a1" * 100_000, "- " * 100_000, "1:" * 100_000, "0x" * 90_000]
)
def test_a_line_without_end_is_cut(line: str) -> None:
    groups = Groups()
    groups.add(line)
    assert sum(map(len, groups.all[0].words)) <= 2_000 + 3 * 120


def test_lines_that_are_all_different_are_cut_off_by_the_clock_or_by_the_number_of_groups(tmp_path: Path) -> None:
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghij", k=6)) for _ in range(20_000)]
    text = "\n".join(" ".join(["start", *rng.choices(words, k=6)]) for _ in range(3_000))
    result = called("log_groups", ScriptedTray(tmp_path), {}, text=whole(text))
    assert "100 groups" in result.sentence
    assert code_of("log_groups", ScriptedTray(tmp_path, seconds=-1), {}, text=whole(text)) == "too_slow"


@given(st.lists(st.text(max_size=80), max_size=30))
@settings(max_examples=100, deadline=None)
def test_every_line_is_counted_once(lines: list[str]) -> None:
    groups = Groups()
    for line in lines:
        groups.add(line)
    assert sum(group.count for group in groups.all) == len(lines)
