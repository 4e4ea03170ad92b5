"""The answer can be taken out of the window: what was approved, what is written, or the draft."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.cards import Decision, Why
from engine.codec import plain
from engine.events import Handed
from tests.ui.fake_desk import FakeDesk, worked
from ui.keys import HELP
from ui.window import Window

Opened = Callable[[], Window]
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def emptied() -> None:
    QGuiApplication.clipboard().setText("what was there before")


def copied() -> str:
    return QGuiApplication.clipboard().text()


@pytest.mark.parametrize("place", ["inbox", "review"])
def test_the_draft_is_copied_as_plain_text(qtbot: QtBot, desk: FakeDesk, opened: Opened, place: str) -> None:
    draft = desk.handoff(worked(desk)).draft
    window = opened()
    window.activateWindow()
    window.places.go(place)
    qtbot.waitUntil(window.centre.copies.isEnabled)
    QTest.keyClick(window.inbox.list, Qt.Key.Key_C, CTRL_SHIFT)
    assert draft is not None
    assert copied() == draft.text
    assert window.bar.note.text() == "Copied."
    assert "Ctrl+Shift+C" in [key for key, _meaning in HELP]


def test_the_button_copies_what_was_approved_and_leaves_the_focus_where_letters_decide(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task = worked(desk)
    decision = Decision("edited", "tester", "2025-01-01T00:00:00+00:00", "Dear Leila, we refund it.")
    why = Why("person", "desk", "Edited by tester.", code="edited")
    desk.emit(Handed(task, desk.handoff(task).seq + 1, why, {"decision": plain(decision)}))
    window = opened()
    window.activateWindow()
    qtbot.waitUntil(window.centre.copies.isEnabled)
    window.inbox.list.setFocus()
    qtbot.mouseClick(window.centre.copies, Qt.MouseButton.LeftButton)
    assert copied() == "Dear Leila, we refund it."
    assert window.focusWidget() is window.inbox.list


def test_who_writes_copies_what_they_have_written(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(window.centre.decision.edit_button.isEnabled)
    window.deciding.edit()
    window.centre.draft.editor.setPlainText("Another answer.")
    window.centre.copies.copy()
    assert copied() == "Another answer."


def test_nothing_is_copied_where_there_is_no_answer_or_no_task_is_seen(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(window.centre.copies.isEnabled)
    window.places.go("tasks")
    window.centre.copies.copy()
    assert copied() == "what was there before"
    window.places.go("inbox")
    desk.add("later.pdf")
    qtbot.waitUntil(lambda: window.inbox.tasks.rowCount() == 2)
    window.inbox.step(1)
    qtbot.waitUntil(lambda: not window.centre.copies.isEnabled())
