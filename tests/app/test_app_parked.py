"""A disk that is full parks the task that is worked, with a sentence; nothing is lost, and it goes on when asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.automatic import Approval
from app.desk import Desk
from engine.cards import Handoff, Problem
from engine.events import Event, Failed, Finished, Handed
from tests import made
from tests.app.conftest import Letter, faults, legs
from tests.app.ear import Ear
from tests.app.fake_engine import FakeEngine

TEAM = "reader extractor router clerk librarian drafter verifier desk"
GOES_ON = f"""
    team = "{TEAM}".split()
    for receiver in team[team.index(leg) + 1 : -1]:
        hand(receiver)
    finish()
"""
FULL = "The log can't be written (database or disk is full). Free some disk space, or check the disk; nothing was lost."


class Full:
    """A disk that fills up when the baton is handed to the clerk, until it is emptied."""

    def __init__(self) -> None:
        self.full = False
        self.once = True

    def hears(self, event: Event) -> None:
        if self.once and isinstance(event, Handed) and event.why.receiver == "clerk":
            self.full, self.once = True, False


@pytest.fixture
def disk(home: Path, engine: FakeEngine) -> Iterator[tuple[Desk, Full]]:
    if sys.platform == "win32":
        pytest.skip("it reaches into SQLite by its symbols")
    from tests.faults import disk as faulty

    engine.acts(GOES_ON)
    full = Full()
    watched = faulty.Disk(before=lambda step: faulty.FULL if full.full and step.what == "write" else 0)
    with watched.mounted():
        desk = Desk(home)
        desk.listen(full.hears)
        yield desk, full
        full.full = False
        desk.close()


def test_a_full_disk_parks_the_task_and_it_goes_on_where_it_was(
    home: Path, disk: tuple[Desk, Full], letter: Letter
) -> None:
    desk, full = disk
    ear = Ear(desk)
    (task,) = desk.submit([letter()])
    assert ear.last_word(task) == Failed(task, "log_full", FULL)
    (row,) = desk.tasks()
    assert (row.state, row.reason) == ("parked", FULL)
    assert desk.row(task) == row
    assert legs(desk, task) == TEAM.split()[:4]
    with pytest.raises(Problem, match="disk is full"):
        desk.submit([letter("other.txt", "Another one.")])
    assert len(desk.tasks()) == 1
    assert desk.status().running is None

    desk.resume(task)  # too early: it is parked again, by what is written first
    again = ear.last_word(task)
    assert isinstance(again, Failed)
    assert (again.code, desk.tasks()[0].state) == ("memory_full", "parked")
    full.full = False
    desk.resume(task)
    assert ear.last_word(task) == Finished(task)
    assert legs(desk, task) == TEAM.split()
    assert desk.tasks()[0].state == "finished"
    (other,) = desk.submit([letter("other.txt", "Another one.")])
    assert ear.last_word(other) == Finished(other)
    assert [event.seq for event in desk.history(task)] == list(range(len(TEAM.split())))
    assert faults(home) == []


def test_a_parked_task_goes_on_when_the_desk_opens_again(home: Path, disk: tuple[Desk, Full], letter: Letter) -> None:
    desk, full = disk
    ear = Ear(desk)
    (task,) = desk.submit([letter()])
    assert isinstance(ear.last_word(task), Failed)
    full.full = False
    desk.close()
    again = Desk(home, resume=False)
    assert again.tasks()[0].state == "queued"
    ear = Ear(again)
    again.resume()
    assert ear.last_word(task) == Finished(task)
    again.close()


def test_a_parked_task_can_be_stopped_and_goes_on_where_it_was(
    home: Path, disk: tuple[Desk, Full], letter: Letter
) -> None:
    desk, full = disk
    ear = Ear(desk)
    (task,) = desk.submit([letter()])
    assert isinstance(ear.last_word(task), Failed)
    desk.stop()  # too early: it says so, and stays parked
    assert isinstance(ear.last_word(task), Failed)
    assert (desk.tasks()[0].state, desk.tasks()[0].reason) == ("parked", FULL)
    full.full = False
    desk.stop("T-another")
    assert desk.tasks()[0].state == "parked"
    desk.stop(task)
    (row,) = desk.tasks()
    assert (row.state, row.reason, row.code) == ("review", "Stopped by a person.", "stopped")
    desk.resume(task)
    assert ear.last_word(task) == Finished(task)
    assert legs(desk, task) == [*TEAM.split()[:4], "person", *TEAM.split()[3:]]
    assert faults(home) == []


def test_what_is_in_an_archive_that_could_not_be_passed_on_is_parked_and_goes_on(
    desk: Desk, ear: Ear, engine: FakeEngine, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise Problem("log_full", FULL)

    folder = letter("archive.zip")
    folder.write_bytes(made.zipped({"a.txt": b"one", "b.txt": b"two"}))
    with monkeypatch.context() as patch:
        patch.setattr(Desk, "_open_members", full)
        (task,) = desk.submit([folder])
        assert ear.last_word(task) == Failed(task, "log_full", FULL)
    assert (desk.tasks()[0].state, desk.tasks()[0].reason) == ("parked", FULL)
    desk.resume(task)
    assert ear.last_word(task) == Finished(task)
    assert len(desk.inside(task)) == 2
    for inner in desk.inside(task):
        assert ear.last_word(inner) == Finished(inner)
    (other,) = desk.submit([letter("other.txt", "Another one.")])
    assert ear.last_word(other) == Finished(other)


def test_an_approval_that_can_t_be_written_leaves_the_task_to_a_person_and_the_desk_at_work(
    disk: tuple[Desk, Full], letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Approval, state: Handoff) -> None:
        raise Problem("log_full", FULL)

    monkeypatch.setattr(Approval, "consider", full)
    desk, watched = disk
    watched.once = False
    ear = Ear(desk)
    first, second = desk.submit([letter(), letter("other.txt", "Another one.")])
    assert {ear.last_word(first), ear.last_word(second)} == {Finished(first), Finished(second)}
    assert {row.decision for row in desk.tasks()} == {""}
