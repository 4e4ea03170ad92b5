"""What goes wrong around the log, a few times each; tests/bench/faults.py does it by the thousand."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.faults import errors, flips, kill, power

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it forks, and reaches into SQLite by its symbols")


@pytest.mark.parametrize("point", kill.POINTS)
def test_a_kill_at_any_point_of_a_handoff_loses_nothing(point: str, tmp_path: Path) -> None:
    assert kill.killed_at(tmp_path / "log.db", point, 3) == (True, [])


def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    broke: list[str] = []
    assert kill.random_kills(tmp_path, 10, random.Random(5), broke.append) == (10, 0)
    assert broke == []


@pytest.mark.parametrize("how", [{}, {"together": True}, {"erasing": True}], ids=str)
def test_a_power_cut_loses_nothing_that_was_safe(how: dict[str, bool], tmp_path: Path) -> None:
    broke: list[str] = []
    disk = power.recorded(tmp_path, **how)
    (tmp_path / "after").mkdir()
    assert power.lost(disk, 60, tmp_path / "after", random.Random(5), broke.append) == 0, broke


def test_without_synchronisation_a_power_cut_is_noticed(tmp_path: Path) -> None:
    disk = power.recorded(tmp_path, synchronous="off")
    (tmp_path / "after").mkdir()
    assert power.lost(disk, 60, tmp_path / "after", random.Random(5), lambda fault: None) > 20


@pytest.mark.parametrize("kind", errors.KINDS)
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
def test_a_disk_that_fails_loses_nothing_and_is_said(kind: str, lasting: bool, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    for at in range(1, errors.steps(tmp_path / "whole", kind) + 1, 23):
        (tmp_path / str(at)).mkdir()
        said, wrong = errors.failing(tmp_path / str(at), kind, at, lasting)
        assert wrong == []
        assert all("nothing was lost" in sentence for sentence in said)


def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    said, _ = errors.failing(tmp_path, "full", 100, lasting=True)
    assert said[0] == (
        "The log can't be written (database or disk is full). Free some disk space, or check the disk; "
        "nothing was lost."
    )


def test_a_bit_that_turned_over_is_found_and_the_other_rows_are_saved(tmp_path: Path) -> None:
    flips.written(tmp_path / "log.db")
    missed: list[str] = []
    tally = flips.flipped(tmp_path / "log.db", 40, random.Random(5), missed.append)
    assert (tally.flips, tally.found, tally.missing, tally.wrong) == (40, 40, 0, 0), missed
