"""A message with several requests is told request by request, while it is worked and afterwards."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.cards import Route, Why
from engine.codec import plain
from engine.events import Event, Handed, Progressed
from tests.ui import stories
from tests.ui.fake_desk import FakeDesk, worked
from ui.all_tasks import AllTasks
from ui.case import Case
from ui.legs import Leg, leg_of
from ui.story import told
from ui.window import Window
from ui.words import intent_of, score_of

Opened = Callable[[], Window]
NAMES = [
    "Request 1 of 3: \u2068Return request\u2069",
    "Request 2 of 3: \u2068Refund request\u2069",
    "Request 3 of 3: \u2068no intent\u2069",
]


def rows(window: Window) -> list[Leg]:
    return window.panes.handoffs.legs.legs


def outline(legs: list[Leg]) -> list[str]:
    """Each row in a word: a request with its outcome, an indented leg, or a leg of the whole message."""
    return [
        f"{leg.request.number} {leg.sign.word}" if leg.request else f"{'  ' * leg.inside}{leg.why.receiver}"
        for leg in legs
    ]


def test_each_request_has_a_line_with_its_outcome_and_the_merge_comes_last(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk, "several.eml")
    window = opened()
    shape = ["reader", "planner", "router", "1 Answered", "2 Answered", "3 For a person", "person"]
    qtbot.waitUntil(lambda: outline(rows(window)) == shape)
    legs = window.panes.handoffs.legs
    said = [legs.index(row).data().partition(": Nothing")[0] for row in (3, 4, 5)]
    assert said[0].startswith(NAMES[0])
    spoken = legs.index(5).data(int(Qt.ItemDataRole.AccessibleTextRole))
    assert spoken.startswith(NAMES[2])
    assert stories.REQUESTS[2] in spoken
    assert "Nothing in the playbook is like this." in spoken
    assert spoken.endswith("For a person. 2 handoffs · 0.2 s. its handoffs are closed")
    assert not window.grab().isNull()


def test_the_request_that_is_worked_is_open_and_the_others_wait(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task, seen = desk.add("several.eml", stories.several), [0]

    def second(event: Event) -> bool:
        seen[0] += isinstance(event, Progressed)
        return seen[0] == 2

    window = opened()
    desk.play(task, until=second)
    shape = [
        "reader",
        "planner",
        "router",
        "1 Answered",
        "2 Working",
        "  router",
        "  drafter",
        "  drafter",
        "3 Waiting",
    ]
    qtbot.waitUntil(lambda: outline(rows(window)) == shape)
    qtbot.waitUntil(lambda: rows(window)[7].live and rows(window)[7].note == "Reading the passages")
    window.panes.handoffs._tick()
    assert (rows(window)[7].live, rows(window)[7].inside) == (True, True)
    assert not window.grab().isNull()


def test_a_request_is_opened_and_closed_by_keyboard_and_by_mouse(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "several.eml")
    window = opened()
    panel = window.panes.handoffs
    qtbot.waitUntil(lambda: len(rows(window)) == 7)
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.legs.index(4))
    qtbot.keyClick(panel.list, Qt.Key.Key_Right)
    opened_ = ["2 Answered", "  router", "  drafter", "  verifier", "  planner", "3 For a person"]
    assert outline(rows(window))[4:10] == opened_
    qtbot.keyClick(panel.list, Qt.Key.Key_Right)
    assert len(rows(window)) == 11
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    qtbot.keyClick(panel.list, Qt.Key.Key_Down)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert panel.card.isVisible()
    assert panel.card.heading.text() == "Card 8: router → drafter"
    qtbot.keyClick(panel.list, Qt.Key.Key_Left)
    assert len(rows(window)) == 7
    assert panel.list.currentIndex().row() == 4
    panel.list.clicked.emit(panel.legs.index(3))
    assert len(rows(window)) == 10


def first_of_several(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> tuple[str, Window]:
    """A message with several requests, of which the first is being worked, and the window that shows it."""
    task = desk.add("several.eml", stories.several)
    window = opened()
    desk.play(task, until=lambda event: isinstance(event, Progressed))
    qtbot.waitUntil(lambda: len(rows(window)) == 8)
    return task, window


def test_a_person_who_reads_a_leg_stays_there_while_the_run_goes_on(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task, window = first_of_several(qtbot, desk, opened)
    panel = window.panes.handoffs
    panel.list.setCurrentIndex(panel.legs.index(4))  # router → drafter, in request 1
    desk.play(task)
    qtbot.waitUntil(lambda: len(rows(window)) == 7)
    assert panel.list.currentIndex().row() == 3  # the request that has closed over it
    assert not panel.card.isVisible()


def test_a_request_that_a_person_closed_while_it_was_worked_stays_closed(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task, window = first_of_several(qtbot, desk, opened)
    panel = window.panes.handoffs
    panel.list.clicked.emit(panel.legs.index(3))  # request 1
    assert outline(rows(window)) == ["reader", "planner", "router", "1 Working", "2 Waiting", "3 Waiting"]
    desk.play(task)
    shape = ["reader", "planner", "router", "1 Answered", "2 Answered", "3 For a person", "person"]
    qtbot.waitUntil(lambda: outline(rows(window)) == shape)


def test_a_request_that_a_person_opened_again_stays_open_when_it_is_done(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task, window = first_of_several(qtbot, desk, opened)
    panel = window.panes.handoffs
    panel.list.clicked.emit(panel.legs.index(3))
    panel.list.clicked.emit(panel.legs.index(3))
    desk.play(task)
    qtbot.waitUntil(lambda: outline(rows(window))[-1] == "person")
    assert outline(rows(window))[3:5] == ["1 Answered", "  drafter"]
    assert outline(rows(window))[-3:] == ["2 Answered", "3 For a person", "person"]


def test_a_message_that_is_planned_again_tells_both_plans() -> None:
    desk = FakeDesk()
    task = worked(desk, "several.eml")
    history = desk.history(task)
    reset = Handed(task, len(history), history[-1].why, {"plan": [], "ending": None})
    again = Handed(task, len(history) + 1, history[2].why, {"plan": history[2].changes["plan"]})
    case = Case(task)
    case.load([*history, reset, again], running=False)
    assert outline(told(case, None, {}, {}))[3:] == [
        "1 Answered", "2 Answered", "3 For a person", "person", "person",
        "router", "1 Waiting", "2 Waiting", "3 Waiting",
    ]  # fmt: skip


def test_a_rule_that_stops_the_message_leaves_requests_unreached() -> None:
    desk = FakeDesk()
    task = desk.add("several.eml", stories.several)
    desk.play(task, until=lambda event: isinstance(event, Handed) and event.why.code == "planned")
    history = desk.history(task)
    why = history[-1].why
    stopped = Handed(task, len(history), type(why)("router", "person", "A rule.", code="words"), {"ending": "review"})
    case = Case(task)
    case.load([*history, stopped], running=False)
    assert outline(told(case, None, {}, {}))[3:] == ["1 Not reached", "  person", "2 Not reached", "3 Not reached"]


def test_what_another_threshold_had_done_stands_on_the_card(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    panel = window.panes.handoffs
    qtbot.waitUntil(lambda: len(rows(window)) == 10)
    panel.open(3)
    lower = "Threshold 0.52: the same, with a score of 0.91."
    qtbot.waitUntil(lambda: panel.card.otherwise.isVisible() and panel.card.otherwise.text().startswith(lower))
    panel.open(0)
    assert not panel.card.otherwise.isVisible()


def test_a_task_with_one_request_has_no_lines_for_requests() -> None:
    desk = FakeDesk()
    case = Case(worked(desk))
    case.load(desk.history(case.task), running=False)
    assert not [leg for leg in told(case, None, {}, {}) if leg.request or leg.inside]
    assert plain(case.states[-1].plan) == []


def test_several_requests_are_named_everywhere_and_none_lends_the_task_its_score(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task = worked(desk, "several.eml")
    window = opened()
    window.go(task)
    qtbot.waitUntil(lambda: window.case.handoff is not None and bool(window.showing.titles.get("front-desk")))
    row = window.inbox.tasks.row(task)
    assert row is not None
    assert row.requests == 3
    assert window.inbox.tasks.said(row)[1] == "\u2068Refund request + 2 more\u2069"
    assert score_of(row) == ""
    named = window.centre.heading.route.text.replace("\u2068", "").replace("\u2069", "")
    assert named == "3 requests: Return request, Refund request, no intent"
    window.places.go("tasks")
    found = window.rooms["tasks"]
    assert isinstance(found, AllTasks)
    qtbot.waitUntil(lambda: bool(found.found.rows))
    cells = [found.found.index(0, column).data() for column in range(5)]
    assert cells[2:] == ["front-desk", "Refund request + 2 more", ""]


def test_the_score_of_a_request_is_the_same_under_why_as_beside_its_handoff(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task = worked(desk, "several.eml")
    window = opened()
    window.go(task)
    window.centre.look_why()
    why = window.centre.why
    qtbot.waitUntil(lambda: bool(why.options.rows.options))
    decided = {event.why.score for event in window.case.history if event.why.sender == "router" and event.why.threshold}
    scores = {one.score for one in why.options.rows.options if one.note.startswith("request")}
    assert scores == decided - {0.2}
    assert scores == {0.93}


def test_a_task_with_one_request_keeps_its_score() -> None:
    desk = FakeDesk()
    worked(desk)
    row = desk.tasks()[0]
    assert (intent_of(row, {"refund_request": "Money back"}), score_of(row)) == ("Money back", "0.91")
    waiting = dataclasses.replace(row, label="", score=0.0, requests=2)
    assert (intent_of(waiting, {}), score_of(waiting)) == ("2 requests", "")


@pytest.mark.parametrize(("nearest", "said"), [("a " * 60, "a a…”"), ("a " * 40, "a a ”"), ("Short.", "“Short.”")])
def test_an_example_that_a_reason_only_begins_says_so(nearest: str, said: str) -> None:
    why = Why("router", "clerk", f"Refund. Nearest example: “{nearest[:80]}”")
    route = Route("refund", 0.9, 0.6, nearest=nearest)
    leg = leg_of(Handed("T-1", 3, why, {"route": plain(route)}))
    assert leg.why.reason.endswith(said)
    assert leg_of(Handed("T-1", 4, why, {})).why == why
