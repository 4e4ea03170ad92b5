"""The desk keeps its promises whatever the engine does: a scripted one dies, hangs and babbles here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import desk as desk_module
from app import log
from app.desk import Desk
from engine.cards import Problem
from engine.events import Event, Failed, Finished, Handed, Progressed
from tests.app.ear import Ear
from tests.app.fake_engine import FakeEngine

ROOT = Path(__file__).resolve().parents[2]
TEAM = "reader extractor router clerk librarian drafter verifier"

WORK = """
    for receiver in "extractor router clerk librarian drafter verifier".split():
        if leg != "verifier":
            hand(receiver)
    finish()
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine(tmp_path / "fake", monkeypatch)
    fake.acts(WORK)
    return fake


@pytest.fixture
def desk(home: Path, engine: FakeEngine) -> Iterator[Desk]:
    opened = Desk(home)
    yield opened
    opened.close()


@pytest.fixture
def ear(desk: Desk) -> Ear:
    return Ear(desk)


@pytest.fixture
def letter(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str = "letter.txt", text: str = "Where is my parcel?") -> Path:
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return write


Letter = Callable[..., Path]


def whole(home: Path) -> list[str]:
    db = log.read(home / "log.db")
    try:
        return list(log.verify(db))
    finally:
        db.close()


def legs(desk: Desk, task: str) -> list[str]:
    return [event.why.receiver for event in desk.history(task)]


def test_a_file_goes_through_the_team(desk: Desk, ear: Ear, letter: Letter, home: Path) -> None:
    (task,) = desk.submit([letter()])
    assert ear.last_word(task) == Finished(task)
    assert legs(desk, task) == [*TEAM.split(), "desk"]
    (row,) = desk.tasks()
    assert (row.id, row.name, row.state, row.decision) == (task, "letter.txt", "finished", "")
    assert whole(home) == []


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


def test_a_file_that_can_not_be_opened_is_quarantined(desk: Desk, engine: FakeEngine, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no pipes in folders there")
    os.mkfifo(tmp_path / "pipe")
    (task,) = desk.submit([tmp_path / "pipe"])
    assert (desk.handoff(task).ending, desk.handoff(task).why.code) == ("quarantined", "not_a_file")
    assert engine.starts() == 0


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


# -- listeners ------------------------------------------------------------------------------------


def test_nothing_is_told_before_it_is_stored(desk: Desk, ear: Ear, letter: Letter, home: Path) -> None:
    """The listener looks into the file itself, through a connection of its own."""
    stored: list[bool] = []

    def look(event: Event) -> None:
        if isinstance(event, Handed):
            db = log.read(home / "log.db")
            stored.append(event in log.history(db, event.card))
            db.close()

    desk.listen(look)
    (task,) = desk.submit([letter()])
    ear.last_word(task)
    assert len(stored) == len(desk.history(task))
    assert all(stored)


def test_who_has_stopped_listening_hears_nothing(desk: Desk, ear: Ear, letter: Letter) -> None:
    other = Ear(desk)
    other.unlisten()
    (task,) = desk.submit([letter()])
    ear.last_word(task)
    with pytest.raises(AssertionError):
        other.wait(lambda event: True, seconds=0.01)


def test_live_events_are_passed_on(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> None:
    engine.acts('say("Progressed", card=card, note="half", done=1, total=2)\nfinish()')
    (task,) = desk.submit([letter()])
    assert ear.wait(lambda event: isinstance(event, Progressed)) == Progressed(task, "half", 1, 2)
    ear.last_word(task)


# -- an engine in trouble -------------------------------------------------------------------------


def test_a_killed_engine_is_started_again_where_it_was(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine, home: Path
) -> None:
    engine.acts("""
        if starts < 4:
            hand("leg-%d" % starts)
            die(signal.SIGKILL)
        finish()
    """)
    (task,) = desk.submit([letter()])
    assert ear.last_word(task) == Finished(task)
    assert legs(desk, task) == ["reader", "leg-1", "leg-2", "leg-3", "desk"]
    assert whole(home) == []


def test_seven_kills_in_one_leg_are_outlived(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> None:
    engine.acts("die(signal.SIGKILL) if starts < 8 else finish()")
    (task,) = desk.submit([letter()])
    assert ear.last_word(task) == Finished(task)
    assert engine.starts() == 8


def test_a_model_that_crashes_the_engine_twice_is_replaced_by_quotes(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    engine.acts("""
        if leg == "reader":
            hand("drafter")
        if leg == "drafter":
            die(signal.SIGSEGV)
        finish()
    """)
    (task,) = desk.submit([letter()])
    assert ear.last_word(task) == Finished(task)
    assert legs(desk, task) == ["reader", "drafter", "quoter", "desk"]
    assert desk.history(task)[2].why.code == "model_crashed"
    assert engine.starts() == 3


def test_a_leg_that_crashes_twice_fails_with_a_sentence(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    engine.acts("""
        if name == "bad.txt":
            die(signal.SIGSEGV)
        finish()
    """)
    (bad,) = desk.submit([letter("bad.txt", "bad")])
    (good,) = desk.submit([letter("good.txt")])
    assert ear.last_word(bad) == Failed(bad, "engine_died", "The engine died in reader.")
    assert ear.last_word(good) == Finished(good)
    assert [row.state for row in desk.tasks()] == ["failed", "finished"]


def test_an_engine_that_exits_counts_as_crashed(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> None:
    engine.acts("sys.exit(3)")
    (task,) = desk.submit([letter()])
    assert isinstance(ear.last_word(task), Failed)
    assert engine.starts() == 2


def test_a_silent_engine_is_killed(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.acts("time.sleep(3600)")
    monkeypatch.setattr(desk_module, "GRACE", -59.5)  # of the 60 seconds of a leg
    (task,) = desk.submit([letter()])
    assert ear.last_word(task, 20) == Failed(task, "engine_died", "The engine said nothing for too long in reader.")


@pytest.mark.parametrize(
    "nonsense",
    [
        'print("Loading weights 42%", flush=True)',
        'print(json.dumps(["not", "an", "event"]), flush=True)',
        'say("Finished", card=7)',
        'say("Handed", card=card, seq="one", why={}, changes={})',
        'os.write(1, b"\\xff\\xfe{}\\n")',
        'os.write(1, b\'{"is":"Finished"\')\n    sys.exit()',
    ],
)
def test_an_engine_that_speaks_nonsense_is_as_good_as_dead(
    nonsense: str, desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    engine.acts(f"if starts == 1:\n    {nonsense}\n    time.sleep(0.2)\nfinish()")
    (task,) = desk.submit([letter()])
    assert ear.last_word(task) == Finished(task)
    assert engine.starts() == 2
    assert legs(desk, task) == ["reader", "desk"]


def test_a_bug_in_the_engine_fails_the_task_and_no_other(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    engine.acts("""
        if name == "bad.txt":
            say("Failed", card=card, code="bug", sentence="Baton made a mistake here.")
            continue
        finish()
    """)
    (bad,) = desk.submit([letter("bad.txt", "bad")])
    (good,) = desk.submit([letter("good.txt")])
    assert ear.last_word(bad) == Failed(bad, "bug", "Baton made a mistake here.")
    assert ear.last_word(good) == Finished(good)
    assert engine.starts() == 1


# -- stop and go on -------------------------------------------------------------------------------

SLOW = """
    if starts == 1 and name == "slow.txt":
        hand("drafter")
        time.sleep(3600)
    finish()
"""


def test_stop_ends_the_running_task_within_a_second(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> None:
    engine.acts(SLOW)
    (task,) = desk.submit([letter("slow.txt")])
    ear.wait(lambda event: isinstance(event, Handed) and event.why.receiver == "drafter")
    assert desk.status().running == task
    began = time.monotonic()
    desk.stop()
    ear.last_word(task)
    assert time.monotonic() - began < 1.0
    state = desk.handoff(task)
    assert (state.ending, state.why.code, state.why.sender) == ("review", "stopped", "drafter")


def test_a_stopped_task_goes_on_from_its_last_handoff(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine, home: Path
) -> None:
    engine.acts(SLOW)
    (task,) = desk.submit([letter("slow.txt")])
    ear.wait(lambda event: isinstance(event, Handed) and event.why.receiver == "drafter")
    desk.stop(task)
    ear.last_word(task)
    until = time.monotonic() + 5
    while desk.status().running and time.monotonic() < until:
        time.sleep(0.01)
    desk.resume(task)
    assert ear.last_word(task) == Finished(task)
    assert legs(desk, task) == ["reader", "drafter", "person", "drafter", "desk"]
    assert whole(home) == []


def test_a_queued_task_can_be_stopped_before_it_begins(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    engine.acts(SLOW)
    (slow,) = desk.submit([letter("slow.txt")])
    ear.wait(lambda event: isinstance(event, Handed) and event.why.receiver == "drafter")
    (waiting,) = desk.submit([letter("other.txt", "other")])
    assert desk.status().queued == 1
    desk.stop(waiting)
    assert desk.status().queued == 0
    assert desk.handoff(waiting).why.code == "stopped"
    assert desk.handoff(slow).ending is None


def test_stopping_what_does_not_run_changes_nothing(desk: Desk, ear: Ear, letter: Letter) -> None:
    (task,) = desk.submit([letter()])
    ear.last_word(task)
    before = desk.history(task)
    desk.stop(task), desk.stop(), desk.stop("T-unknown")
    assert desk.history(task) == before


def test_a_finished_task_can_not_go_on(desk: Desk, ear: Ear, letter: Letter) -> None:
    (task,) = desk.submit([letter()])
    ear.last_word(task)
    with pytest.raises(Problem) as caught:
        desk.resume(task)
    assert caught.value.code == "has_ended"


def test_closing_keeps_what_was_done_and_opening_goes_on(home: Path, letter: Letter, engine: FakeEngine) -> None:
    engine.acts(SLOW)
    desk = Desk(home)
    ear = Ear(desk)
    (task,) = desk.submit([letter("slow.txt")])
    ear.wait(lambda event: isinstance(event, Handed) and event.why.receiver == "drafter")
    began = time.monotonic()
    desk.close()
    assert time.monotonic() - began < 2.0
    later = Desk(home)
    ear = Ear(later)
    if later.handoff(task).ending is None:
        ear.last_word(task)
    assert legs(later, task) == ["reader", "drafter", "desk"]
    later.close()
    assert whole(home) == []


def test_a_desk_can_be_opened_without_going_on(home: Path, letter: Letter, engine: FakeEngine) -> None:
    engine.acts("time.sleep(3600)")
    desk = Desk(home)
    desk.submit([letter()])
    desk.close()
    starts = engine.starts()
    quiet = Desk(home, resume=False)
    time.sleep(0.2)
    assert (quiet.status().running, quiet.tasks()[0].state, engine.starts()) == (None, "queued", starts)
    quiet.close()


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
    assert whole(home) == []


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
    assert whole(home) == []


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
