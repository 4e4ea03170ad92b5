"""An erased task leaves no readable trace in the home, and the log's chain still verifies."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from app import log as log_module
from app import log_erase
from app.desk import Desk
from app.log import Log
from app.log_rows import sqlite
from engine.cards import Problem
from tests.app.conftest import Letter, faults
from tests.app.ear import Ear
from tests.app.handoffs import opening, step

SECRET = "My parcel with the purple umbrella never came to Zweibrücken."


@pytest.fixture
def told(desk: Desk, ear: Ear, letter: Letter) -> str:
    """A task that says the secret; beside it one that does not."""
    (task,) = desk.submit([letter("umbrella-letter.txt", f"Dear all,\n{SECRET}\n" * 3)])
    ear.last_word(task)
    (other,) = desk.submit([letter("other.txt", "When do you open on Sundays, please?")])
    ear.last_word(other)
    desk.approve(task, f"{SECRET} We are sorry.")
    return task


def holding(home: Path, *words: str) -> list[str]:
    """Each file of the home that holds one of the words, in any case and in UTF-16 too."""
    found = []
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes().lower()
            found += [
                path.name for word in words if word.lower().encode() in data or word.lower().encode("utf-16-le") in data
            ]
    return found


def test_no_byte_of_an_erased_task_is_left(desk: Desk, told: str, home: Path) -> None:
    sha256 = desk.handoff(told).card.sha256
    assert {"log.db", sha256} <= {
        name.removesuffix("-wal") for name in holding(home, "purple umbrella", "umbrella-letter")
    }
    erased = desk.erase(told)
    assert (erased.tasks, erased.rows, erased.traces) == ((told,), 9, ())
    assert holding(home, "purple umbrella", "umbrella-letter", told, sha256) == []
    assert [row.name for row in desk.tasks()] == ["other.txt"]
    desk.close()
    assert holding(home, "purple umbrella", "umbrella-letter", told, sha256) == []
    assert faults(home) == []


def test_the_log_goes_on_after_an_erasure(desk: Desk, ear: Ear, told: str, letter: Letter, home: Path) -> None:
    desk.erase(told)
    (again,) = desk.submit([letter("umbrella-letter.txt", "Now something else.")])
    ear.last_word(again)
    (row,) = [row for row in desk.tasks() if row.id == again]
    assert row.state == "finished"
    desk.erase(again)
    assert faults(home) == []


def test_copies_go_with_their_original(desk: Desk, ear: Ear, told: str, letter: Letter, home: Path) -> None:
    (copy,) = desk.submit([letter("a-copy.txt", f"Dear all,\n{SECRET}\n" * 3)])
    ear.last_word(copy)
    assert desk.family(told) == [told, copy]
    assert desk.erase(told).tasks == (told, copy)
    assert holding(home, "purple umbrella", "a-copy", told, copy) == []


def test_what_another_task_needs_stays_and_is_said(desk: Desk, ear: Ear, told: str, letter: Letter, home: Path) -> None:
    (copy,) = desk.submit([letter("a-copy.txt", f"Dear all,\n{SECRET}\n" * 3)])
    ear.last_word(copy)
    erased = desk.erase(copy)
    assert erased.files == 0
    assert {path.suffix for path in erased.traces} >= {".reading"}
    assert desk.reading(desk.handoff(told).card.sha256) is not None
    assert holding(home, "a-copy.txt") == []


def test_a_file_of_an_archive_goes_with_its_archive(desk: Desk, ear: Ear, tmp_path: Path, home: Path) -> None:
    with zipfile.ZipFile(tmp_path / "box.zip", "w") as box:
        box.writestr("inner-umbrella.txt", SECRET)
    (archive,) = desk.submit([tmp_path / "box.zip"])
    ear.last_word(archive)
    (member,) = desk.inside(archive)
    ear.last_word(member)
    with pytest.raises(Problem, match=archive):
        desk.erase(member)
    assert set(desk.erase(archive).tasks) == {archive, member}
    assert holding(home, "purple umbrella", "inner-umbrella", "box.zip") == []
    assert faults(home) == []


def test_who_reads_the_log_sees_the_erasure_and_nothing_of_the_task(desk: Desk, told: str, home: Path) -> None:
    desk.erase(told)
    db = log_module.read(home / "log.db")
    assert log_module.history(db, told) == []
    said = db.execute("select body from chain where task = 0 order by id desc").fetchone()[0]
    db.close()
    assert "1 task with 9 handoffs" in said


@pytest.mark.parametrize(
    "statement",
    [
        "update chain set body = null where task = 1",
        "update chain set body = null where task = 1 and seq = 1",
        "delete from chain where task = 0",
        "update chain set salt = x'00' where id = 1",
        "update chain set body = null where task = 2",
    ],
)
def test_rows_that_are_empty_without_an_erasure_are_found(statement: str, tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    log = Log(path)
    log.append(opening("A"), step("A", 1, ending="review"), opening("B"), step("B", 1), opening("C"))
    erasing = "task = 1" not in statement
    if erasing:
        assert log.erase(["A"], "me") == 2
    log.close()
    db = sqlite().connect(str(path), isolation_level=None)
    db.execute("drop trigger chain_no_delete")
    db.execute("drop trigger chain_only_erased")
    assert list(log_module.verify(db)) == []
    db.execute(statement)
    assert list(log_module.verify(db))
    db.close()


def test_a_checkpoint_from_before_still_agrees(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db")
    log.append(opening("A"), step("A", 1, ending="review"), opening("B"), step("B", 1))
    db = log_module.read(tmp_path / "log.db")
    known = log_module.checkpoint(db)
    log.erase(["A"], "me")
    assert list(log_module.verify(db, known)) == []
    assert log_module.checkpoint(db).rows == known.rows + 1
    db.close()
    log.close()


def test_a_task_that_is_being_worked_is_not_erased(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db")
    log.append(opening("A"), step("A", 1))
    with pytest.raises(Problem) as caught:
        log_erase.erase(tmp_path, log, log_erase.family(log, "A"), "me")
    log.close()
    assert caught.value.code == "not_ended"


def test_an_erasure_that_was_cut_off_is_ended_when_the_desk_is_opened_again(
    desk: Desk, told: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = desk.handoff(told).card.sha256

    def full(*_: object) -> None:
        raise Problem("memory_full", "Free some disk space.")

    with monkeypatch.context() as patch:
        patch.setattr(log_erase.Memory, "forget", full)
        with pytest.raises(Problem):
            desk.erase(told)
    assert holding(home, "purple umbrella")
    desk.close()
    Desk(home).close()
    assert holding(home, "purple umbrella", "umbrella-letter", told, sha256) == []
    assert not (home / log_erase.PENDING).exists()
    assert faults(home) == []


def test_an_erasure_that_the_log_refused_is_none(
    desk: Desk, told: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise Problem("log_full", "Free some disk space.")

    with monkeypatch.context() as patch:
        patch.setattr(Log, "erase", full)
        with pytest.raises(Problem):
            desk.erase(told)
    desk.close()
    again = Desk(home)
    assert again.row(told) is not None
    assert again.erase(told).traces == ()
    again.close()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"tasks": []}', '{"tasks": 1, "hashes": 2}', "\xff"])
def test_a_note_of_an_erasure_that_can_not_be_read_keeps_no_desk_closed(
    desk: Desk, told: str, home: Path, note: str
) -> None:
    desk.close()
    (home / log_erase.PENDING).write_text(note, "latin-1")
    again = Desk(home)
    with pytest.raises(Problem, match="Delete it") as caught:
        again.erase(told)
    assert caught.value.code == "erasing_unreadable"
    (home / log_erase.PENDING).unlink()
    assert again.erase(told).traces == ()
    again.close()
