"""The command palette: a few letters find what can be done now."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.ui.fake_desk import FakeDesk, worked
from ui.palette import Command, ranked
from ui.window import Window

Opened = Callable[[], Window]
WORDS = ("Add files…", "Add folder…", "Run again", "Go to Review", "Go to Tasks", "reviewed-files.pdf")


@pytest.mark.parametrize(
    ("letters", "first"),
    [
        ("", "Add files…"),
        ("files", "Add files…"),
        ("fo", "Add folder…"),
        ("again", "Run again"),
        ("ag", "Run again"),
        ("TASKS", "Go to Tasks"),
        ("rev go", "Go to Review"),
        ("gtt", "Go to Tasks"),
        ("pdf", "reviewed-files.pdf"),
        ("nothing at all", None),
    ],
)
def test_letters_find_what_begins_with_them_first(letters: str, first: str | None) -> None:
    commands = [Command(words, "", lambda: None) for words in WORDS]
    assert next((one.words for one in ranked(commands, letters)), None) == first


def opened_palette(qtbot: QtBot, opened: Opened) -> Window:
    window = opened()
    qtbot.waitUntil(lambda: window.inbox.tasks.rowCount() > 0)
    qtbot.waitUntil(window.centre.decision.approve_button.isEnabled)
    window.inbox.list.setFocus()
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(window.finder.isVisible)
    return window


def offered(window: Window) -> list[str]:
    return [command.words for command in window.finder.model.shown]


def test_it_offers_only_what_would_do_something(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened_palette(qtbot, opened)
    assert {"Approve", "Reject", "Copy answer", "Add files…", "Go to Review", "letter.pdf"} <= {*offered(window)}
    assert "Stop" not in offered(window)
    window.finder.toggle()
    window.places.go("tasks")
    window.finder.toggle()
    assert "Approve" not in offered(window)


def test_enter_does_what_is_chosen_and_the_keys_choose(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened_palette(qtbot, opened)
    window.finder.field.setText("go to")
    QTest.keyClick(window.finder.field, Qt.Key.Key_Down)
    assert window.finder.list.currentIndex().data() == "Go to Review"
    QTest.keyClick(window.finder.field, Qt.Key.Key_Return)
    assert window.places.here == "review"
    assert not window.finder.isVisible()


def test_escape_leaves_it_and_stops_nothing(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened_palette(qtbot, opened)
    window.escape()
    assert not window.finder.isVisible()
    assert window.focusWidget() is window.inbox.list
    assert ("stop", None) not in desk.calls


def test_a_task_is_found_by_its_name(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    first = worked(desk, "about-a-kettle.pdf")
    worked(desk, "another.pdf")
    window = opened_palette(qtbot, opened)
    window.places.go("review")
    window.finder.field.setText("kettle")
    QTest.keyClick(window.finder.field, Qt.Key.Key_Return)
    assert (window.places.here, window.inbox.current()) == ("inbox", first)
