"""The desk takes files in once, belongs to one process, and records what people decide."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.desk import Desk
from app.log import Log
from app.readahead import ReadAhead
from engine.cards import Problem
from engine.events import Failed, Finished, Handed
from engine.store import Store
from tests.app.conftest import ROOT, Letter, faults, legs
from tests.app.ear import Ear
from tests.app.fake_engine import SLOW, FakeEngine
from tests.engine.scripted import write_small_desk

NO_PLAYBOOK = """
    if baton["card"]["playbook"] == "small":
        say("Failed", card=card, code="no_playbook", sentence="There is no playbook small.")
        continue
    finish()
"""
TEAM = "reader extractor router clerk librarian drafter verifier"


def test_a_file_goes_through_the_team(desk: Desk, ear: Ear, letter: Letter, home: Path) -> None:
    (task,) = desk.submit([letter()])
    assert ear.last_word(task) == Finished(task)
    assert legs(desk, task) == [*TEAM.split(), "desk"]
    (row,) = desk.tasks()
    assert (row.id, row.name, row.state, row.decision) == (task, "letter.txt", "finished", "")
    assert faults(home) == []


def test_the_same_file_twice_is_one_task(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> None:
    (task,) = desk.submit([letter()])
    ear.last_word(task)
    assert desk.submit([letter()]) == [task]
    assert desk.submit([letter().parent]) == [task]
    assert len(desk.tasks()) == 1


def test_a_changed_file_is_another_task(desk: Desk, ear: Ear, letter: Letter) -> None:
    (first,) = desk.submit([letter()])
    (second,) = desk.submit([letter(text="And where is my other parcel?")])
    assert first != second
    ear.last_word(second)


def test_the_same_content_elsewhere_is_a_duplicate(desk: Desk, ear: Ear, letter: Letter) -> None:
    (first,) = desk.submit([letter()])
    (second,) = desk.submit([letter("copy.txt")])
    assert ear.last_word(second) == Finished(second)
    assert desk.handoff(second).card.duplicate_of == first
    assert desk.handoff(second).ending == desk.handoff(first).ending == "finished"
    assert legs(desk, second) == ["reader", "desk"]
    assert "letter.txt" in desk.handoff(second).why.reason


def test_two_copies_in_one_folder_are_one_and_a_duplicate(desk: Desk, ear: Ear, letter: Letter) -> None:
    letter("a.txt"), letter("b.txt")
    first, second = desk.submit([letter("a.txt").parent])
    ear.last_word(second)
    assert [row.duplicate_of for row in desk.tasks()] == ["", first]


def test_again_opens_a_new_task(desk: Desk, ear: Ear, letter: Letter) -> None:
    (first,) = desk.submit([letter()])
    (second,) = desk.submit([letter()], again=True)
    (third,) = desk.submit([letter()], again=True)
    ear.last_word(third)
    assert len({first, second, third}) == 3
    assert [row.duplicate_of for row in desk.tasks()] == ["", "", ""]
    assert legs(desk, third) == legs(desk, first)


def test_again_opens_a_new_task_also_where_one_was_erased(desk: Desk, ear: Ear, letter: Letter) -> None:
    (first,) = desk.submit([letter()])
    (second,) = desk.submit([letter()], again=True)
    ear.last_word(second)
    desk.erase(first)
    (third,) = desk.submit([letter()], again=True)
    ear.last_word(third)
    assert len({first, second, third}) == 3
    assert [row.id for row in desk.tasks()] == [second, third]


def test_a_full_disk_is_said_and_what_is_in_already_is_not_taken_in_twice(
    desk: Desk, ear: Ear, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / f"{number}.txt" for number in range(3)]
    for file in files:
        file.write_text(f"Please refund order {file.stem}.")
    put = Store.put

    def full(store: Store, data: bytes) -> str:
        if b"order 1" in data:
            raise OSError(errno.ENOSPC, "No space left on device")
        return put(store, data)

    said = r"1\.txt can't be kept \(No space left on device\)\. Make room on the disk"
    with monkeypatch.context() as patched:
        patched.setattr(Store, "put", full)
        with pytest.raises(Problem, match=said):
            desk.submit(files)
    assert [row.name for row in desk.tasks()] == ["0.txt"]
    ear.last_word(desk.submit(files)[-1])
    assert [row.name for row in desk.tasks()] == ["0.txt", "1.txt", "2.txt"]


def test_a_file_that_can_not_be_opened_is_quarantined(desk: Desk, engine: FakeEngine, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no pipes in folders there")
    os.mkfifo(tmp_path / "pipe")
    (task,) = desk.submit([tmp_path / "pipe"])
    assert (desk.handoff(task).ending, desk.handoff(task).why.code) == ("quarantined", "not_a_file")
    assert engine.starts() == 0


def test_what_was_never_taken_in_is_added_again_once_it_can_be_read(desk: Desk, ear: Ear, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no pipes in folders there")
    file = tmp_path / "letter.txt"
    os.mkfifo(file)
    (task,) = desk.submit([file])
    before = desk.history(task)
    with pytest.raises(Problem):
        desk.retry(task)
    assert desk.history(task) == before, "nothing was done, so nothing is written down"
    file.unlink()
    file.touch()
    with pytest.raises(Problem, match="still empty"):
        desk.retry(task)
    file.write_text("Where is my parcel?")
    desk.retry(task)
    old, new = desk.tasks()
    ear.last_word(new.id)
    assert (old.id, old.decision, old.reason) == (task, "skipped", f"Added again, as task {new.id}.")
    assert desk.tasks()[1].state == "finished"


def test_unknown_playbooks_files_and_tasks_are_said(desk: Desk, letter: Letter, tmp_path: Path) -> None:
    for code, wish in {
        "no_playbook": lambda: desk.submit([letter()], playbook="back-desk"),
        "no_file": lambda: desk.submit([tmp_path / "nowhere"]),
        "no_task": lambda: desk.handoff("T-unknown"),
    }.items():
        with pytest.raises(Problem) as caught:
            wish()
        assert caught.value.code == code
    assert desk.tasks() == []


def test_one_path_that_is_not_there_keeps_all_others_out_too(desk: Desk, letter: Letter, tmp_path: Path) -> None:
    with pytest.raises(Problem):
        desk.submit([letter(), tmp_path / "nowhere"])
    assert desk.tasks() == []


# -- one desk a home ------------------------------------------------------------------------------


def test_a_home_has_one_desk_at_a_time(home: Path) -> None:
    first = Desk(home)
    with pytest.raises(Problem) as caught:
        Desk(home)
    assert caught.value.code == "in_use"
    first.close()
    Desk(home).close()


def test_a_killed_desk_leaves_its_home_free(home: Path) -> None:
    code = "import sys, time; from pathlib import Path; from app.desk import Desk\n"
    code += "desk = Desk(Path(sys.argv[1])); print('open', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(Problem) as caught:
            Desk(home)
        assert caught.value.code == "in_use"
        holder.send_signal(signal.SIGKILL)
    Desk(home).close()


def test_a_damaged_log_is_said_and_leaves_nothing_running(home: Path) -> None:
    home.mkdir()
    (home / "log.db").write_bytes(b"garbage" * 1000)
    threads = threading.active_count()
    with pytest.raises(Problem) as caught:
        Desk(home)
    assert caught.value.code == "log_damaged"
    assert threading.active_count() == threads
    (home / "log.db").unlink()
    Desk(home).close()


def test_a_home_that_can_not_be_written_to_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "home" / "desk.lock").mkdir(parents=True)
    for home in (tmp_path / "file", tmp_path / "file" / "home", tmp_path / "home"):
        with pytest.raises(Problem) as caught:
            Desk(home)
        assert caught.value.code == "home_unwritable"
        assert str(home) in caught.value.sentence
        assert "BATON_HOME" in caught.value.sentence


def test_a_desk_that_can_not_be_opened_to_the_end_leaves_its_home_free(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(desk: Desk) -> None:
        raise RuntimeError("a bug")

    threads = threading.active_count()
    with monkeypatch.context() as patch:
        patch.setattr(Desk, "resume", broken)
        with pytest.raises(RuntimeError):
            Desk(home)
    assert threading.active_count() == threads
    Desk(home).close()


@pytest.mark.parametrize("loss", ["broken", "gone"])
def test_a_task_whose_playbook_is_broken_or_gone_keeps_no_other_from_going_on(
    home: Path, letter: Letter, engine: FakeEngine, loss: str
) -> None:
    write_small_desk(home)
    engine.acts("time.sleep(3600)")
    desk = Desk(home)
    (bad,) = desk.submit([letter("bad.txt", "bad")], "small")
    (good,) = desk.submit([letter()])
    desk.close()
    book = home / "playbooks" / "small.toml"
    book.write_text("name =") if loss == "broken" else book.unlink()
    engine.acts(NO_PLAYBOOK)
    again = Desk(home, resume=False)
    ear = Ear(again)
    again.resume()
    assert ear.last_word(bad) == Failed(bad, "no_playbook", "There is no playbook small.")
    assert ear.last_word(good) == Finished(good)
    again.close()


def test_a_desk_with_a_long_queue_opens_without_a_look_at_each_task(
    home: Path, letter: Letter, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ReadAhead, "put", lambda ahead, wish: None)
        desk = Desk(home)
        tasks = desk.submit([letter(f"{number}.txt", f"Letter {number}.") for number in range(5)])
        desk.close()
    looks, history = [], Log.history

    def looked(log: Log, card: str) -> list[Handed]:
        looks.append(threading.current_thread())
        return history(log, card)

    monkeypatch.setattr(Log, "history", looked)
    again = Desk(home, resume=False)
    ear = Ear(again)
    again.resume()
    assert threading.current_thread() not in looks
    assert [ear.last_word(task) for task in tasks] == [Finished(task) for task in tasks]
    again.close()


def test_a_desk_may_be_closed_by_another_thread_than_its_opener(home: Path) -> None:
    opened: list[Desk] = []
    opener = threading.Thread(target=lambda: opened.append(Desk(home)))
    opener.start()
    opener.join()
    opened[0].close()
    Desk(home).close()


# -- what a person decides ------------------------------------------------------------------------

DRAFTED = """
    sentence = {"text": "It comes tomorrow.", "citations": [], "author": "playbook"}
    verdict = {"outcome": "pass" if name == "good.txt" else "escalate", "sentences": [], "objections": []}
    draft = {"sentences": [sentence], "attempt": 1, "greeting": "Dear customer,", "closing": "Kind regards"}
    hand("desk", ending="finished", draft=draft, verdict=verdict)
    say("Finished", card=card)
"""


@pytest.fixture
def good(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> str:
    """A task with a supported draft."""
    engine.acts(DRAFTED)
    (task,) = desk.submit([letter("good.txt")])
    ear.last_word(task)
    return task


@pytest.fixture
def doubtful(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> str:
    """A task with a draft that is not supported."""
    engine.acts(DRAFTED)
    (task,) = desk.submit([letter("doubtful.txt")])
    ear.last_word(task)
    return task


def test_approving_is_recorded_in_the_chain(desk: Desk, good: str, home: Path) -> None:
    desk.approve(good)
    decision = desk.handoff(good).decision
    assert decision is not None
    assert (decision.verb, decision.text) == ("approved", "Dear customer,\n\nIt comes tomorrow.\n\nKind regards")
    assert desk.tasks()[0].decision == "approved"
    assert desk.history(good)[-1].why.code == "approved"
    assert faults(home) == []


def test_another_text_is_an_edit(desk: Desk, good: str) -> None:
    desk.approve(good, text="It came yesterday.", note="checked with the depot")
    decision = desk.handoff(good).decision
    assert decision is not None
    assert (decision.verb, decision.text, decision.note) == ("edited", "It came yesterday.", "checked with the depot")


def test_the_same_text_is_no_edit(desk: Desk, good: str) -> None:
    desk.approve(good, text="Dear customer,\n\nIt comes tomorrow.\n\nKind regards\n")
    assert desk.tasks()[0].decision == "approved"


def test_rejecting_and_skipping_are_recorded(desk: Desk, good: str, home: Path) -> None:
    desk.skip(good)
    assert desk.tasks()[0].decision == "skipped"
    desk.reject(good, note="not ours")
    decision = desk.handoff(good).decision
    assert decision is not None
    assert (decision.verb, decision.note, decision.text) == ("rejected", "not ours", "")
    assert faults(home) == []


def test_an_unsupported_draft_needs_a_reason(desk: Desk, doubtful: str) -> None:
    with pytest.raises(Problem) as caught:
        desk.approve(doubtful)
    assert caught.value.code == "unsupported"
    assert desk.tasks()[0].decision == ""
    desk.approve(doubtful, note="I know it is true")
    assert desk.tasks()[0].decision == "approved"


def test_what_has_no_draft_can_be_answered_but_not_approved(desk: Desk, ear: Ear, letter: Letter) -> None:
    (task,) = desk.submit([letter()])
    ear.last_word(task)
    with pytest.raises(Problem) as caught:
        desk.approve(task)
    assert caught.value.code == "no_draft"
    desk.approve(task, text="We are looking for it.")
    assert desk.tasks()[0].decision == "edited"


def test_a_task_at_work_can_not_be_decided(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> None:
    engine.acts(SLOW)
    (task,) = desk.submit([letter("slow.txt")])
    ear.wait(lambda event: isinstance(event, Handed) and event.why.receiver == "drafter")
    for wish in (desk.approve, desk.reject, desk.skip):
        with pytest.raises(Problem) as caught:
            wish(task)
        assert caught.value.code == "not_ended"


def test_an_unknown_intent_is_refused(desk: Desk, good: str) -> None:
    with pytest.raises(Problem):
        desk.correct(good, "no_such_intent")
    assert desk.handoff(good).ending == "finished"


def test_what_was_not_read_can_not_be_routed_again(desk: Desk, good: str) -> None:
    with pytest.raises(Problem) as caught:
        desk.correct(good, "refund_request")
    assert caught.value.code == "not_read"


def test_a_task_at_work_can_not_be_routed_again(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> None:
    engine.acts(SLOW)
    (task,) = desk.submit([letter("slow.txt")])
    ear.wait(lambda event: isinstance(event, Handed) and event.why.receiver == "drafter")
    with pytest.raises(Problem) as caught:
        desk.correct(task, "refund_request")
    assert caught.value.code == "not_ended"
