"""The shift keeps its promises whatever the engine does: a scripted one dies, hangs and babbles here."""

from __future__ import annotations

import errno
import subprocess
import textwrap
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app import engine_process, shift
from app.desk import Desk
from app.log import Log
from app.remembering import Remembering
from engine.cards import Problem
from engine.events import Event, Failed, Finished, Handed
from engine.memory import Memory
from tests import made
from tests.app.conftest import Letter, faults, legs
from tests.app.ear import Ear
from tests.app.fake_engine import SLOW, FakeEngine
from tests.app.test_app_readahead import wait_for
from tests.engine.scripted import PLAYBOOK, write_small_desk

HASTY = f"{PLAYBOOK}\n[budget]\nleg_seconds = 0.5\n"

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
    assert faults(home) == []


def test_another_choice_of_models_is_for_another_engine(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine, home: Path
) -> None:
    engine.acts("finish()")
    for name, starts in (("one", 1), ("two", 1), ("three", 2), ("four", 2)):
        if name == "three":
            row = '[[models]]\nid = "m"\nrole = "drafter"\nruntime = "llama"\nfile = "m.gguf"\nsha256 = "0"\n'
            (home / "models.toml").write_text(row)
        (task,) = desk.submit([letter(f"{name}.txt", name)])
        assert ear.last_word(task) == Finished(task)
        assert engine.starts() == starts


def test_models_that_nobody_needs_give_their_memory_back(
    home: Path, letter: Letter, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.acts("finish()")
    with closing(Desk(home)) as desk:
        ear = Ear(desk)
        (task,) = desk.submit([letter("one.txt", "one")])
        assert ear.last_word(task) == Finished(task)
        assert desk.status().engine != "off"
        desk.unload()
        wait_for(lambda: desk.status().engine == "off")
        monkeypatch.setattr(shift, "IDLE", 0.05)
        (task,) = desk.submit([letter("two.txt", "two")])
        assert ear.last_word(task) == Finished(task)
        wait_for(lambda: desk.status().engine == "off")
    assert engine.starts() == 2


def test_many_kills_in_one_leg_are_outlived_within_the_tasks_seconds(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    engine.acts("die(signal.SIGKILL) if starts < 12 else finish()")
    (task,) = desk.submit([letter()])
    assert ear.last_word(task) == Finished(task)
    assert engine.starts() == 12


def test_a_leg_that_is_killed_again_and_again_beyond_the_tasks_seconds_fails(
    home: Path, letter: Letter, engine: FakeEngine
) -> None:
    write_small_desk(home, f"{PLAYBOOK}\n[budget]\ntask_seconds = 0.01\n")
    engine.acts("die(signal.SIGKILL)")
    desk = Desk(home)
    ear = Ear(desk)
    (task,) = desk.submit([letter()], playbook="small")
    failed = ear.last_word(task)
    desk.close()
    assert isinstance(failed, Failed)
    assert failed.code == "engine_died"
    assert engine.starts() == shift.KILLS


def test_a_kill_from_outside_is_not_counted_as_a_crash(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    engine.acts("die(signal.SIGKILL if starts == 1 else signal.SIGSEGV) if starts < 3 else finish()")
    (task,) = desk.submit([letter()])
    assert ear.last_word(task) == Finished(task)


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


def test_a_silent_engine_is_killed(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine, home: Path) -> None:
    engine.acts('say("Started", card=card, agent=leg)\ntime.sleep(3600)')
    write_small_desk(home, HASTY)
    (task,) = desk.submit([letter()], "small")
    said = "The engine was ended after 0.5 seconds in reader, the ceiling."
    assert ear.last_word(task, 20) == Failed(task, "engine_died", said)
    assert engine.starts() == 1


@pytest.mark.parametrize(
    "never_done",
    [
        "time.sleep(3600)",
        """
        while True:
            say("Typed", card=card, text="on and ")
            time.sleep(0.01)
        """,
        """
        while True:
            say("Progressed", card=card, note="thinking")
            time.sleep(0.01)
        """,
    ],
    ids=["silent", "writing", "thinking"],
)
def test_a_leg_beyond_its_ceiling_is_ended_and_the_next_rung_takes_over(
    never_done: str,
    desk: Desk,
    ear: Ear,
    letter: Letter,
    engine: FakeEngine,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine.acts(f"""
        if leg == "reader":
            hand("drafter")
        if leg == "drafter":
{textwrap.indent(textwrap.dedent(never_done).strip(), " " * 12)}
        finish()
    """)
    write_small_desk(home, HASTY)
    (task,) = desk.submit([letter()], "small")
    assert ear.last_word(task, 20) == Finished(task)
    assert legs(desk, task) == ["reader", "drafter", "quoter", "desk"]
    why = desk.history(task)[2].why
    assert why.code == "model_hung"
    assert "ended after 0.5 seconds in drafter" in why.reason
    assert "failure 1 of 3" in why.reason
    assert engine.starts() == 2


def test_work_that_is_counted_and_goes_on_is_not_ended(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine, home: Path
) -> None:
    engine.acts("""
        for done in range(30):
            say("Progressed", card=card, note="learning", done=done, total=30)
            time.sleep(0.05)
        finish()
    """)
    write_small_desk(home, HASTY)
    (task,) = desk.submit([letter()], "small")
    assert ear.last_word(task, 20) == Finished(task)
    assert engine.starts() == 1


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


def test_what_an_engine_still_says_after_its_task_failed_is_not_the_next_tasks(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    """The log refuses a handoff that it has already, while the engine is in the middle of that order."""
    engine.acts("""
        if name == "bad.txt":
            hand("router")
            seq -= 1
            hand("router")
            time.sleep(0.3)
        finish()
    """)
    (bad,) = desk.submit([letter("bad.txt", "bad")])
    (good,) = desk.submit([letter("good.txt")])
    failed = ear.last_word(bad)
    assert isinstance(failed, Failed)
    assert failed.code == "twice"
    assert ear.last_word(good) == Finished(good)
    assert legs(desk, good) == ["reader", "desk"]


def test_an_engine_that_can_not_be_started_fails_its_task_and_no_other(
    desk: Desk, ear: Ear, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    start = subprocess.Popen

    def refuse_once(words: list[str], **options: Any) -> Any:
        if "engine" in words and not tries:  # a reader of documents may be started meanwhile
            tries.append(1)
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        return start(words, **options)

    monkeypatch.setattr(engine_process.subprocess, "Popen", refuse_once)
    (first,) = desk.submit([letter("a.txt", "a")])
    (second,) = desk.submit([letter("b.txt", "b")])
    failed = ear.last_word(first)
    assert isinstance(failed, Failed)
    assert failed.code == "no_engine"
    assert ear.last_word(second) == Finished(second)


# -- stop and go on -------------------------------------------------------------------------------


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
    assert faults(home) == []


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
    assert faults(home) == []


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


def test_a_stop_after_the_ending_was_stored_changes_nothing(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    engine.acts('hand("desk", ending="finished")\ntime.sleep(3600)')
    (task,) = desk.submit([letter()])
    ear.wait(lambda event: isinstance(event, Handed) and event.changes.get("ending") == "finished")
    desk.stop()
    assert ear.last_word(task) == Finished(task)
    assert desk.handoff(task).ending == "finished"


def test_a_stop_means_the_original_that_is_worked_first_for_its_copy(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine
) -> None:
    engine.acts("""
        hand("drafter")
        time.sleep(3600)
    """)
    (slow,) = desk.submit([letter("slow.txt", "slow")])
    ear.wait(lambda event: isinstance(event, Handed) and event.card == slow and event.seq == 1)
    (original,) = desk.submit([letter("a.txt")])
    desk.stop(original)
    (copy,) = desk.submit([letter("b.txt")])
    desk.resume(original)
    desk.stop(slow)
    ear.wait(lambda event: isinstance(event, Handed) and event.card == original and event.why.receiver == "drafter")
    assert desk.status().running == original
    desk.stop()
    ear.last_word(copy, 5)
    assert [row.state for row in desk.tasks()] == ["review", "review", "review"]
    assert desk.handoff(original).why.code == "stopped"


def test_a_stop_of_a_copy_that_has_just_begun_is_not_lost_on_its_original(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.acts("""
        hand("drafter")
        time.sleep(3600)
    """)
    (slow,) = desk.submit([letter("slow.txt", "slow")])
    ear.wait(lambda event: isinstance(event, Handed) and event.card == slow and event.seq == 1)
    (original,) = desk.submit([letter("a.txt")])
    desk.stop(original)
    (copy,) = desk.submit([letter("b.txt")])
    desk.resume(original)
    catch_up = Remembering.catch_up

    def pressed_meanwhile(remembering: Remembering, going_on: Callable[[], bool]) -> Memory:
        if desk.status().running == copy:
            desk.stop(copy)
        return catch_up(remembering, going_on)

    monkeypatch.setattr(Remembering, "catch_up", pressed_meanwhile)
    desk.stop(slow)
    ear.last_word(copy, 10)
    assert (desk.handoff(copy).ending, desk.handoff(copy).why.code) == ("review", "stopped")
    assert desk.handoff(original).ending is None
    ear.wait(lambda event: isinstance(event, Handed) and event.card == original and event.why.receiver == "drafter")
    assert desk.status().running == original


def test_a_long_queue_is_stopped_in_few_writes(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.acts(SLOW)
    (slow,) = desk.submit([letter("slow.txt")])
    ear.wait(lambda event: isinstance(event, Handed) and event.why.receiver == "drafter")
    tasks = desk.submit([letter(f"{number}.txt", f"letter {number}") for number in range(30)])
    wait_for(lambda: desk._shift.waiting == len(tasks))
    appends: list[int] = []
    append = Log.append

    def counted(log: Log, *events: Handed) -> None:
        appends.append(len(events))
        append(log, *events)

    monkeypatch.setattr(Log, "append", counted)
    desk.stop()
    ear.last_word(slow)
    assert sorted(appends) == [1, len(tasks)]
    assert {(row.state, row.code) for row in desk.tasks()} == {("review", "stopped")}
    assert faults(home) == []


def test_a_stop_while_an_archive_is_opened_ends_that_and_loses_nothing(
    desk: Desk, ear: Ear, letter: Letter, home: Path
) -> None:
    archive = letter("archive.zip")
    archive.write_bytes(made.zipped({f"{number}.txt": b"letter %d" % number for number in range(9)}))
    opened: list[str] = []

    def third(event: Event) -> None:
        if isinstance(event, Handed) and event.seq == 0 and event.changes["card"].get("within"):
            opened.append(event.card)
            if len(opened) == 3:
                desk.stop()

    desk.listen(third)
    (task,) = desk.submit([archive])
    ear.wait(lambda event: isinstance(event, Handed) and event.card == task and event.why.code == "stopped")
    wait_for(lambda: not desk._ahead._busy)
    assert desk.inside(task) == opened
    assert len(opened) == 3
    wait_for(lambda: all(row.state in ("finished", "review") for row in desk.tasks()))
    assert desk.row(opened[-1]).code == "stopped"  # type: ignore[union-attr]
    desk.resume(task)
    assert ear.last_word(task) == Finished(task)
    assert len(desk.inside(task)) == 9
    for inner in desk.inside(task)[3:]:
        assert ear.last_word(inner) == Finished(inner)
    assert faults(home) == []
