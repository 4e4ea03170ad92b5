"""What people decide becomes lessons; what waits in the inbox does not; and upkeep makes way for work."""

from __future__ import annotations

import errno
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import engine_process
from app.desk import Desk
from app.learning import Due, lesson
from engine.orders import Corrected, Learn, Order, Upkeep
from tests.app.conftest import Letter
from tests.app.ear import Ear
from tests.app.fake_engine import WORK, FakeEngine

BOOK = "front-desk"
READ = """
    document = {"sha256": baton["card"]["sha256"], "name": name, "kind": "txt", "pages": 1, "words": 4}
    if leg == "reader":
        hand("extractor", documents=[document])
    finish()
"""
IDLE = """
import json, os, sys, time

for line in sys.stdin:
    with open(os.path.dirname(os.path.abspath(__file__)) + "/orders", "a") as file:
        file.write(json.loads(line)["is"] + "\\n")
    time.sleep(3600)
"""
REFUSING = """
import json, os, sys

for line in sys.stdin:
    kind = json.loads(line)["is"]
    with open(os.path.dirname(os.path.abspath(__file__)) + "/orders", "a") as file:
        file.write(kind + "\\n")
    refused = kind == "Learn"
    print(json.dumps({"is": "Closed", "code": "bad_playbook" * refused, "sentence": ""}), flush=True)
"""


@pytest.fixture
def corrected(desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine) -> str:
    """A task whose intent a person has set, and that has run again since."""
    engine.acts(READ)
    (task,) = desk.submit([letter()], BOOK)
    ear.last_word(task)
    desk.correct(task, "refund_request")
    ear.last_word(task)
    return task


def test_a_correction_in_the_inbox_teaches_nothing(desk: Desk, corrected: str) -> None:
    assert lesson(desk, BOOK).corrections == ()
    desk.skip(corrected)
    assert lesson(desk, BOOK).corrections == ()


@pytest.mark.parametrize("decide", ["approve", "edit", "reject"])
def test_a_correction_teaches_when_the_task_is_decided(desk: Desk, corrected: str, decide: str) -> None:
    match decide:
        case "approve":
            desk.approve(corrected, text="It is on its way.", note="checked")
        case "edit":
            desk.approve(corrected, text="It comes tomorrow.")
        case "reject":
            desk.reject(corrected)
    (one,) = lesson(desk, BOOK).corrections
    assert (one.label, one.task) == ("refund_request", corrected)
    assert "Where is my parcel?" in one.text


def test_a_decided_task_that_nobody_corrected_teaches_nothing(desk: Desk, ear: Ear, letter: Letter) -> None:
    (task,) = desk.submit([letter()], BOOK)
    ear.last_word(task)
    desk.reject(task)
    assert lesson(desk, BOOK).corrections == ()


def test_a_lesson_is_of_one_playbook(desk: Desk, corrected: str) -> None:
    desk.reject(corrected)
    assert lesson(desk, "another").corrections == ()


def given(due: Due) -> list[Order]:
    """What is due, and comes to its end."""
    orders = list(due())
    for order in orders:
        due.done(order)
    return orders


def test_a_lesson_is_due_once_and_again_when_it_grows(desk: Desk, ear: Ear, letter: Letter, corrected: str) -> None:
    due = Due(desk)
    assert given(due) == [Upkeep()]
    desk.reject(corrected)
    assert list(map(type, given(due))) == [Learn, Upkeep]
    assert given(due) == [Upkeep()]
    (task,) = desk.submit([letter("b.txt", "I want my money back.")], BOOK)
    ear.last_word(task)
    desk.correct(task, "refund_request")
    ear.last_word(task)
    desk.reject(task)
    learn = next(iter(due()))
    assert isinstance(learn, Learn)
    assert [type(one) for one in learn.corrections] == [Corrected, Corrected]


def test_a_lesson_that_was_cut_off_is_given_again(desk: Desk, corrected: str) -> None:
    desk.reject(corrected)
    due = Due(desk)
    first: Iterator[object] = due()
    assert isinstance(next(first), Learn)
    assert isinstance(next(due()), Learn)
    assert [type(order) for order in first] == [Upkeep]
    assert isinstance(next(due()), Learn), "that the next one is given does not mean that it was learned"


def test_upkeep_waits_for_quiet_and_makes_way_for_work(
    home: Path, engine: FakeEngine, letter: Letter, tmp_path: Path
) -> None:
    program = tmp_path / "fake" / "engine" / "__main__.py"
    program.write_text(IDLE)
    desk = Desk(home)
    try:
        ear = Ear(desk)
        assert desk.status().upkeep == ""
        heard: list[str] = []
        desk.attend(lambda: heard.append(desk.status().upkeep))
        desk.look_after(quiet=0.2)
        orders = program.with_name("orders")
        until = time.monotonic() + 60
        while not orders.exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert orders.read_text() == "Upkeep\n"
        assert (heard, desk.status().upkeep) == (["tidying"], "tidying")
        engine.acts(WORK)
        (task,) = desk.submit([letter()], BOOK)
        ear.last_word(task)
        wait_for(lambda: heard[:2] == ["tidying", ""])
    finally:
        desk.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "upkeep"]


def wait_for(look: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def test_a_lesson_that_was_refused_is_given_again_and_keeps_no_other_order_waiting(
    desk: Desk, corrected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.upkeep.AGAIN", 0.1)
    desk.reject(corrected)
    program = tmp_path / "fake" / "engine" / "__main__.py"
    program.write_text(REFUSING)
    orders = program.with_name("orders")
    desk.look_after(quiet=0.2)
    wait_for(lambda: orders.exists() and orders.read_text().count("Upkeep") >= 2)
    assert orders.read_text().split()[:4] == ["Learn", "Upkeep", "Learn", "Upkeep"]


def test_upkeep_that_can_not_begin_is_tried_again(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []
    start = subprocess.Popen

    def refuse_once(*words: Any, **options: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        return start(*words, **options)

    monkeypatch.setattr("app.upkeep.AGAIN", 0.1)
    monkeypatch.setattr(engine_process.subprocess, "Popen", refuse_once)
    program = tmp_path / "fake" / "engine" / "__main__.py"
    program.write_text(REFUSING)
    desk.look_after(quiet=0.2)
    wait_for(lambda: program.with_name("orders").exists())
    assert len(tries) > 1
