"""Why this intent: what decided stands there in words, and a key names the right one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.reasons import Candidate, Choice, Ruled
from engine.cards import Problem, Request, Route
from engine.events import Typed
from tests.ui import stories
from tests.ui.fake_desk import FakeDesk, worked
from ui.case import Case
from ui.explaining import AT_WORK, NOT_YET, UNREAD
from ui.options import Option
from ui.why import WhyView
from ui.window import Window

Opened = Callable[[], Window]


def looked(qtbot: QtBot, window: Window) -> WhyView:
    """The panel, reached by its key, with all that it has to say."""
    why = window.centre.why
    window.activateWindow()
    window.inbox.list.setFocus()
    qtbot.waitUntil(lambda: window.case.handoff is not None and bool(window.showing.titles.get("front-desk")))
    QTest.keyClick(window.inbox.list, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: window.centre.tabs.currentWidget() is why)
    return why


def said(why: WhyView, margin: str) -> list[str]:
    return [row.text for row in why.reasons.rows.rows if row.margin and row.margin.word == margin]


def test_it_says_what_was_taken_what_came_second_and_what_another_threshold_had_done(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk)
    why = looked(qtbot, opened())
    qtbot.waitUntil(lambda: bool(said(why, "Rules quiet")))
    assert why.options.rows.options == [
        Option("refund_request", "Refund request", 0, 0.91, 0.62, "taken", taken=True),
        Option("complaint", "Complaint", 1, 0.05, 0.62, "runner-up"),
        Option("invoice", "Supplier invoice", 2, None, 0.62),
    ]
    assert said(why, "Taken for") == ["Refund request has 0.91; 0.62 is needed."]
    assert said(why, "Runner-up") == ["Complaint: 0.05, so 0.86 behind."]
    assert said(why, "Example") == ["The nearest known example: “I want my money back for a kettle”"]
    assert "takes Refund request, one above it asks a person" in said(why, "Threshold")[0]
    assert "words" in said(why, "Rules quiet")[0]


def test_a_digit_names_the_right_intent_once(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk)
    window = opened()
    why = looked(qtbot, window)
    qtbot.waitUntil(lambda: len(why.options.rows.options) == 3)
    assert why.options.hasFocus()
    QTest.keyClick(why.options, Qt.Key.Key_7)
    assert why.take.isEnabled()
    QTest.keyClick(why.options, Qt.Key.Key_2)
    QTest.keyClick(why.options, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: ("correct", task, "invoice") in desk.calls)
    qtbot.waitUntil(lambda: not why.take.isEnabled())
    assert ("correct", task, "complaint") not in desk.calls


def test_rules_that_are_told_late_offer_nothing_again(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    why = looked(qtbot, opened())
    qtbot.waitUntil(lambda: len(why.options.rows.options) == 3)
    QTest.keyClick(why.options, Qt.Key.Key_2)
    why.show_rules([Ruled("fired", "late")])
    assert said(why, "Rule fired") == ["late"]
    assert not why.take.isEnabled()


def test_enter_takes_the_current_one_and_the_reasons_leave_digits_to_the_panel(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task = worked(desk)
    why = looked(qtbot, opened())
    qtbot.waitUntil(lambda: len(why.options.rows.options) == 3)
    assert why.options.current is not None
    assert why.options.current.label == "complaint"
    QTest.keyClick(why.options, Qt.Key.Key_Up)
    assert not why.take.isEnabled()
    QTest.keyClick(why.options, Qt.Key.Key_Return)
    why.reasons.setFocus()
    QTest.keyClick(why.reasons, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: ("correct", task, "complaint") in desk.calls)
    assert ("correct", task, "refund_request") not in desk.calls


def test_where_no_intent_was_sure_the_nearest_comes_first(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "orders.pdf")
    why = looked(qtbot, opened())
    qtbot.waitUntil(lambda: bool(said(why, "Rule fired")))
    assert said(why, "A person") == ["The rule orders_to_machine sends this to a person."]
    assert said(why, "Rule fired")[0].startswith("“orders to machine”: This document gives orders")
    assert not any(one.taken for one in why.options.rows.options)
    assert why.options.rows.options[0].number == 1


@pytest.mark.parametrize(
    ("rule", "heading", "reason"),
    [
        ("a person", "decided by a person", "a person decided, whatever the scores"),
        ("rule amount_over", "decided by the rule “amount over”", "the rule “amount over” decided, whatever"),
        ("the larger model big-7b", "decided by the larger model big-7b", "the larger model big-7b decided, whatever"),
    ],
)
def test_who_decided_without_a_score_is_said_in_words(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, rule: str, heading: str, reason: str
) -> None:
    task = worked(desk)
    place = next(n for n, event in enumerate(desk._history[task]) if event.why.sender == "router")
    routed = desk._history[task][place]
    route = {"label": "complaint", "score": 1.0, "threshold": 0.0, "rule": rule}
    desk._history[task][place] = dataclasses.replace(routed, changes=routed.changes | {"route": route})
    window = opened()
    why = looked(qtbot, window)
    qtbot.waitUntil(lambda: bool(said(why, "Taken for")))
    assert heading in window.centre.heading.route.text
    assert reason in said(why, "Taken for")[0]


def test_several_requests_are_told_one_by_one(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "several.eml")
    why = looked(qtbot, opened())
    qtbot.waitUntil(lambda: len(said(why, "Taken for")) == 2)
    heads = [row.head for row in why.reasons.rows.rows if row.head]
    assert heads == ["Request 1 of 3", "Request 2 of 3", "Request 3 of 3"]
    notes = {one.title: one.note for one in why.options.rows.options}
    assert notes["Refund request"] == "request 2"


def test_what_is_not_decided_or_not_read_or_still_worked_says_so(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    waiting = desk.add("letter.pdf")
    window = opened()
    why = looked(qtbot, window)
    assert why.said.text() == NOT_YET
    assert why.options.isHidden()
    desk.play(waiting, until=lambda event: getattr(event, "seq", 0) == 4)
    qtbot.waitUntil(lambda: why.said.text() == AT_WORK)
    assert not why.take.isEnabled()
    desk.play(waiting)
    qtbot.waitUntil(lambda: why.said.isHidden() and why.take.isEnabled())
    damaged = desk.add("damaged.pdf", stories.damaged)
    desk.play(damaged)
    qtbot.waitUntil(lambda: window.inbox.tasks.row(damaged) is not None)
    window.inbox.choose(damaged)
    qtbot.waitUntil(lambda: why.said.text() == UNREAD)


def test_a_refused_correction_can_be_tried_again(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(task: str, label: str) -> None:
        raise Problem("not_ended", "This task is still being worked.")

    monkeypatch.setattr(desk, "correct", refuse)
    worked(desk)
    window = opened()
    why = looked(qtbot, window)
    qtbot.waitUntil(lambda: len(why.options.rows.options) == 3)
    QTest.keyClick(why.options, Qt.Key.Key_1)
    assert not why.take.isEnabled()
    qtbot.waitUntil(window.panes.message.isVisible)
    qtbot.waitUntil(why.take.isEnabled)


def test_words_of_a_document_are_shown_as_they_are(qtbot: QtBot) -> None:
    hostile = "<b>bold</b> <img src=file:///etc/passwd>"
    route = Route(hostile, 0.9, 0.5, hostile + "2", 0.1, nearest=hostile, also=(Request(hostile + "3", 0.9, hostile),))
    choice = Choice(1, hostile, route, hostile, (Candidate(hostile + "2", 0.1),), (hostile,), hostile, 1, 2, hostile)
    why = WhyView()
    qtbot.addWidget(why)
    why.show_choices([choice], {}, may=True, waiting=hostile)
    why.show_rules([Ruled("fired", hostile)])
    assert why.said.textFormat() == Qt.TextFormat.PlainText
    assert any(hostile in row.text for row in why.reasons.rows.rows)
    tip = why.options.rows.index(0).data(int(Qt.ItemDataRole.ToolTipRole))
    assert "<img" not in tip + why.take.toolTip()
    assert not why.grab().isNull()


def test_nothing_is_found_out_while_nobody_looks(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: window.case.handoff is not None)
    assert window.centre.why.options.rows.options == []
    window.deciding.edit()
    window.centre.look_why()
    assert window.centre.tabs.currentWidget() is window.centre.draft
    assert Case().states == []


@pytest.mark.parametrize("place", ["inbox", "review"])
def test_who_corrects_a_task_stays_at_it_and_sees_it_run_again(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, place: str
) -> None:
    task, other = worked(desk), worked(desk, "other.pdf")
    window = opened()
    window.places.go(place)
    window.go(task)
    if place == "inbox":
        window.inbox.trays.go("review")
    why = looked(qtbot, window)
    qtbot.waitUntil(lambda: len(why.options.rows.options) == 3)
    QTest.keyClick(why.options, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: ("correct", task, "invoice") in desk.calls)
    qtbot.waitUntil(lambda: not window.standing.asking)
    desk.play(task, until=lambda event: isinstance(event, Typed))
    qtbot.waitUntil(lambda: window.centre.draft.live.toPlainText() == "Thank you for your letter. ")
    assert window.inbox.current() == window.case.task == task
    assert window.centre.draft.live.isVisible()
    said = window.bar.note.text().replace("\u2068", "").replace("\u2069", "")
    assert said == "It is taken as “Supplier invoice” now, and runs again: letter.pdf"
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_1)
    desk.play(task)
    qtbot.waitUntil(window.centre.decision.approve_button.isEnabled)
    assert window.inbox.current() == window.case.task == task
    assert [call for call in desk.calls if call[0] == "correct"] == [("correct", task, "invoice")]
    window.deciding.approve()
    qtbot.waitUntil(lambda: window.case.task == other)
    qtbot.waitUntil(lambda: window.inbox.sieve.rowCount() == 1)


def test_a_task_that_runs_again_leaves_the_review_when_the_person_does(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task, other = worked(desk), worked(desk, "other.pdf")
    window = opened()
    window.places.go("review")
    window.go(task)
    qtbot.waitUntil(lambda: bool(window.showing.titles.get("front-desk")))
    window.deciding.correct("complaint")
    qtbot.waitUntil(lambda: window.inbox.tasks.row(task).state == "queued")  # type: ignore[union-attr]
    assert window.inbox.current() == task
    assert window.inbox.sieve.rowCount() == 2
    window.go(other)
    qtbot.waitUntil(lambda: window.inbox.sieve.rowCount() == 1)
    assert window.inbox.current() == other
    desk.play(task)
    qtbot.waitUntil(lambda: window.inbox.sieve.rowCount() == 2)
