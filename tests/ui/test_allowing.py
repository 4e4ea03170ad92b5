"""A proposed write is shown, looked at a second time, and then done; only by who may, and word for word."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.cards import Problem
from tests.ui import stories
from tests.ui.fake_desk import FakeDesk, worked
from ui.window import Window

Opened = Callable[[], Window]
CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_write_is_allowed_after_a_second_look(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk, "proposed.pdf")
    window = opened()
    pane, bar = window.centre.proposals, window.centre.decision
    qtbot.waitUntil(bar.allow_button.isVisible)
    assert "refund\u2069 would send order \u2068LF-20417\u2069 (from outside)" in pane.line.text()
    assert not pane.values.isVisible()
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_L)
    assert [(row.head, row.text) for row in pane.values.rows.rows] == [
        ("to", stories.ADDRESS), ("order", "LF-20417"), ("sum", "48.90"),
    ]  # fmt: skip
    assert "proposed.pdf" in pane.values.rows.rows[1].foot
    assert pane.what.text().endswith("Sends values to an address that the playbook lists (POST, as JSON).")
    assert bar.allow_button.text() == "Allow exactly this (Ctrl+Enter)"
    assert not bar.approve_button.isVisible()
    qtbot.keyClick(pane.values, Qt.Key.Key_A)
    qtbot.keyClick(pane.values, Qt.Key.Key_L)
    assert desk.calls == []
    qtbot.keyClick(pane.values, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: ("allow", task, "refund", "f") in desk.calls)
    desk.play(task)
    reasons = ["tester allowed refund, as proposed.", "refund answered: accepted R-118."]
    qtbot.waitUntil(lambda: [leg.why.reason for leg in window.panes.handoffs.legs.legs][-2:] == reasons)
    qtbot.waitUntil(lambda: bar.approve_button.isEnabled() and not bar.allow_button.isVisible())
    assert not pane.isVisible()
    assert desk.calls == [("allow", task, "refund", "f")]


def test_escape_leaves_the_second_look_with_nothing_done(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "proposed.pdf")
    window = opened()
    bar = window.centre.decision
    qtbot.waitUntil(bar.allow_button.isVisible)
    bar.allow_button.click()
    qtbot.waitUntil(bar.leave_button.isVisible)
    qtbot.keyClick(window.centre.proposals.values, Qt.Key.Key_Escape)
    assert bar.approve_button.isVisible()
    assert not window.centre.proposals.values.isVisible()
    assert window.focusWidget() is window.inbox.list
    assert desk.calls == []


def test_a_value_leads_to_its_place(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "proposed.pdf")
    window = opened()
    qtbot.waitUntil(window.centre.decision.allow_button.isVisible)
    window.deciding.look()
    values = window.centre.proposals.values
    values.setCurrentIndex(values.rows.index(2))
    qtbot.waitUntil(lambda: any(mark.strong and mark.word == "Amount" for mark in window.centre.page.marks()))


def test_a_refusal_is_said_and_the_write_is_offered_anew(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "proposed.pdf")
    window = opened()
    bar = window.centre.decision

    def refuse(task: str, tool: str, seen: str = "") -> None:
        raise Problem("no_proposal", "What refund would send has changed since you looked at it. Look again.")

    desk.allow = refuse  # type: ignore[method-assign]
    qtbot.waitUntil(bar.allow_button.isVisible)
    bar.allow_button.click()
    bar.allow_button.click()
    qtbot.waitUntil(window.panes.message.isVisible)
    assert window.panes.message.words.text().endswith("Look again.")
    qtbot.waitUntil(bar.allow_button.isVisible)
    assert bar.allow_button.text() == "Allow… (L)"


def test_what_a_person_looks_at_does_not_change_under_their_hand(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk, "proposed.pdf")
    window = opened()
    qtbot.waitUntil(window.centre.decision.allow_button.isVisible)
    window.deciding.look()
    other = dataclasses.replace(stories.proposal(desk.handoff(task)), where="http://127.0.0.1:9/", fingerprint="g")
    desk.proposals = lambda task: (other,)  # type: ignore[method-assign]
    window.deciding.skip()  # rests while a person looks
    desk.skip(task)
    qtbot.waitUntil(lambda: not window.allowing.looking)
    assert ":9/" in window.centre.proposals.line.text()


def test_several_writes_are_shown_one_by_one(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk, "proposed.pdf")
    one = stories.proposal(desk.handoff(task))
    two = dataclasses.replace(one, tool="notice", fingerprint="g")
    desk.proposals = lambda task: (one, two)  # type: ignore[method-assign]
    window = opened()
    pane = window.centre.proposals
    qtbot.waitUntil(pane.isVisible)
    assert pane.other.text() == "Next (1 of 2)"
    pane.other.click()
    assert "notice" in pane.line.text()


def test_a_task_for_another_role_says_so_and_can_t_be_decided(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "proposed.pdf")
    desk.roles = ("front desk",)
    window = opened()
    bar = window.centre.decision
    qtbot.waitUntil(bar.refusal.isVisible)
    assert bar.refusal.text() == "This task is for: senior clerk. tester reviews as: front desk."
    assert window.centre.heading.reviewer.text() == "For: \u2068senior clerk\u2069"
    qtbot.waitUntil(bar.allow_button.isVisible)
    for button in (bar.approve_button, bar.edit_button, bar.reject_button, bar.allow_button):
        assert not button.isEnabled()
        assert "senior clerk" in button.toolTip()
    assert bar.skip_button.isEnabled()
    for key in (Qt.Key.Key_A, Qt.Key.Key_L, Qt.Key.Key_X):
        qtbot.keyClick(window.inbox.list, key)
    assert desk.calls == []
    assert not window.allowing.looking


def test_nothing_is_a_default_button(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "proposed.pdf")
    window = opened()
    qtbot.waitUntil(window.centre.decision.allow_button.isVisible)
    assert not [one.text() for one in window.findChildren(QPushButton) if one.isDefault()]
    centre = window.centre
    own = [*centre.decision.findChildren(QPushButton), *centre.proposals.findChildren(QPushButton)]
    assert not [one.text() for one in own if one.autoDefault() or not one.accessibleName()]


def test_foreign_values_are_shown_word_for_word(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    hostile = "<img src=file:///etc/passwd> \u202e" + "x" * 3000
    task = worked(desk, "proposed.pdf")
    one = stories.proposal(desk.handoff(task))
    name, value = one.values[0]
    values = ((name, dataclasses.replace(value, text=hostile)), *one.values[1:])
    desk.proposals = lambda task: (dataclasses.replace(one, values=values, where=hostile),)  # type: ignore[method-assign]
    window = opened()
    width = window.centre.width()
    qtbot.waitUntil(window.centre.decision.allow_button.isVisible)
    window.deciding.look()
    pane = window.centre.proposals
    assert [row.text for row in pane.values.rows.rows][:2] == [hostile, hostile]
    assert not window.grab().isNull()
    assert window.centre.width() == width
    assert pane.values.height() <= 400
