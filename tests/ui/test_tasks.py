"""The inbox's rows: what comes and goes moves nothing else, and wishes wait for the answer that is theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.task_rows import TaskRow
from tests.ui.fake_desk import FakeDesk, worked
from ui.tasks import Sieve, Tasks
from ui.window import Window

Opened = Callable[[], Window]


def row(number: int, state: str = "finished", book: str = "desk", label: str = "") -> TaskRow:
    return TaskRow(f"T-{number}", "/in", f"{number}.txt", "", book, state, label, 0.0, 0, "", 0, "", "", "", "")


@pytest.fixture
def heard(qapp: QObject) -> tuple[Tasks, list[str]]:
    tasks, seen = Tasks(), list[str]()
    tasks.modelReset.connect(lambda: seen.append("reset"))
    tasks.rowsRemoved.connect(lambda _parent, first, last: seen.append(f"removed {first} to {last}"))
    tasks.rowsInserted.connect(lambda _parent, first, last: seen.append(f"came {first} to {last}"))
    tasks.dataChanged.connect(lambda first, last: seen.append(f"changed {first.row()} to {last.row()}"))
    tasks.show([row(1), row(2), row(3)])
    seen.clear()
    return tasks, seen


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row(1), row(2), row(3)], []),
        ([row(1), row(2), row(3), row(4)], ["came 3 to 3"]),
        ([row(2), row(3), row(4)], ["removed 0 to 0", "came 2 to 2"]),
        ([row(3), row(4), row(5)], ["removed 0 to 1", "came 1 to 2"]),
        ([row(2, "review"), row(3), row(4)], ["removed 0 to 0", "changed 0 to 0", "came 2 to 2"]),
        ([row(2), row(4), row(5)], ["reset"]),
        ([row(1), row(2)], ["reset"]),
        ([row(7), row(8), row(9)], ["reset"]),
        ([], ["reset"]),
    ],
)
def test_rows_come_at_the_end_and_go_at_the_beginning_without_a_jump(
    heard: tuple[Tasks, list[str]], rows: list[TaskRow], told: list[str]
) -> None:
    tasks, seen = heard
    tasks.show(rows)
    assert seen == told
    assert [tasks.index(n).data() for n in range(tasks.rowCount())] == [one.name for one in rows]
    assert [tasks.position(one.id) for one in rows] == list(range(len(rows)))


def test_a_wish_waits_for_the_answer_to_a_question_that_was_asked_after_it(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: not window.standing.asking)
    wished: list[int] = []
    window.standing.told.connect(lambda told: wished.append(-told.number))
    window.standing.ask()
    qtbot.waitUntil(lambda: window.standing.asking or bool(wished))
    on_its_way = window.standing.number
    window.after_rows(lambda: wished.append(window.standing.number))
    window.standing.ask()
    qtbot.waitUntil(lambda: any(number > 0 for number in wished))
    assert wished.index(next(number for number in wished if number > 0)) > wished.index(-on_its_way)
    assert max(wished) > on_its_way


def test_two_playbooks_may_call_one_intent_otherwise(heard: tuple[Tasks, list[str]]) -> None:
    tasks, seen = heard
    rows = [row(n, book=book, label="claim") for n, book in enumerate(("shop", "harbour", "bank"))]
    tasks.show(rows)
    seen.clear()
    tasks.rename("shop", {"claim": "Money back"})
    assert seen == ["changed 0 to 2"]
    assert [tasks.intent(one) for one in rows] == ["Money back"] * 3  # the others are not known yet
    tasks.rename("harbour", {"claim": "Damage to a ship"})
    assert [tasks.intent(one) for one in rows] == ["Money back", "Damage to a ship", "Claim"]
    tasks.rename("shop", {"claim": "Refund"})
    assert tasks.intent(rows[0]) == "Refund"


def test_the_filter_finds_a_task_by_what_its_own_playbook_calls_it(qapp: QObject) -> None:
    tasks = Tasks()
    sieve = Sieve(tasks)
    tasks.show([row(1, book="shop", label="claim"), row(2, book="harbour", label="claim")])
    tasks.rename("shop", {"claim": "Money back"})
    tasks.rename("harbour", {"claim": "Damage to a ship"})
    sieve.seek("ship")
    assert [sieve.index(n, 0).data() for n in range(sieve.rowCount())] == ["2.txt"]
