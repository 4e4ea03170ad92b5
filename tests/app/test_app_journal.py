"""Who listens hears what is safe on disk, and can't harm the desk."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from app import log
from app.desk import Desk
from engine.events import Event, Finished, Handed, Progressed
from tests.app.conftest import Letter
from tests.app.ear import Ear
from tests.app.fake_engine import FakeEngine


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
    heard = ear.wait(lambda event: isinstance(event, Progressed) and "reading" not in event.note)
    assert heard == Progressed(task, "half", 1, 2)
    assert Progressed(task, "reading letter.txt, page 1", 1, 0) in ear.heard
    ear.last_word(task)


def test_a_listener_with_a_bug_is_loud_and_the_desk_works_on(
    desk: Desk, ear: Ear, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *rest: told.append(kind))

    def stumble(event: Event) -> None:
        raise ZeroDivisionError

    desk.listen(stumble)
    (first,) = desk.submit([letter("a.txt", "a")])
    (second,) = desk.submit([letter("b.txt", "b")])
    assert ear.last_word(first) == Finished(first)
    assert ear.last_word(second) == Finished(second)
    assert set(told) == {ZeroDivisionError}


def test_a_listener_may_let_a_task_go_on_at_once(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> None:
    """While it listens, the desk still holds the task as the running one."""
    engine.acts("""
        if seq == 0:
            hand("person", ending="review")
            say("Asked", card=card, question="Which order?")
            continue
        finish()
    """)

    def go_on(event: Event) -> None:
        if isinstance(event, Handed) and event.changes.get("ending") == "review":
            other = threading.Thread(target=desk.resume, args=(event.card,))
            other.start()
            other.join(5)

    desk.listen(go_on)
    (task,) = desk.submit([letter()])
    assert ear.wait(lambda event: isinstance(event, Finished), 10) == Finished(task)
