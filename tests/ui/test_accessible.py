"""Every place of the window: each control has a name and a role, can be reached with Tab, and shows where one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QScrollBar, QSplitterHandle, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.fake_desk import FakeDesk, told_by, worked
from ui.navigation import VIEWS
from ui.places import ROOMS
from ui.window import DESK, Window

Opened = Callable[[], Window]
PLACES = [view.key for view in VIEWS if view.key in {*DESK, *ROOMS}]


@pytest.fixture
def window(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> Window:
    """With a task that is ready, one that a person must decide, and one that was set aside."""
    worked(desk)
    for name in ("orders-about.pdf", "damaged.pdf"):
        desk.play(desk.add(name, told_by(name)))
    return opened()


def controls(window: Window) -> Iterator[QWidget]:
    """What is seen and can have the focus."""
    for widget in window.findChildren(QWidget):
        if isinstance(widget, (QScrollBar, QSplitterHandle)) or not widget.isVisible() or not widget.isEnabled():
            continue
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not _inside_another(widget):
            yield widget


def missed_by_tab(window: Window) -> set[str]:
    """Which controls one does not come to, however often Tab is pressed."""
    seen: set[QWidget] = set()
    for _ in range(150):
        at = QApplication.focusWidget()
        if at is not None:
            seen.add(at)
        QTest.keyClick(at or window, Qt.Key.Key_Tab)
    return {type(widget).__name__ for widget in controls(window) if widget not in seen}


def _inside_another(widget: QWidget) -> bool:
    """A viewport, or the line of a field that can be edited: the control around it has the name."""
    parent = widget.parentWidget()
    return (isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget) or widget.focusProxy() is not None


@pytest.mark.parametrize("place", PLACES)
def test_each_control_has_a_name_and_a_role(qtbot: QtBot, window: Window, place: str) -> None:
    window.places.go(place)
    qtbot.waitUntil(lambda: len(list(controls(window))) >= 5)  # some can be used only when the place has its answer
    found = list(controls(window))
    told = [(widget, QAccessible.queryAccessibleInterface(widget)) for widget in found]
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget, one in told
        if one is None or not one.text(QAccessible.Text.Name).strip() or one.role() == QAccessible.Role.NoRole
    ]
    assert nameless == []


@pytest.mark.parametrize("place", PLACES)
def test_each_control_is_reached_with_tab(qtbot: QtBot, window: Window, place: str) -> None:
    window.places.go(place)
    window.activateWindow()
    window.places.setFocus()
    qtbot.wait(50)
    assert missed_by_tab(window) == set()


VIEWS_OF_A_TASK = ("list", "timeline", "tree", "graph")


@pytest.mark.parametrize("view", VIEWS_OF_A_TASK)
def test_each_view_of_a_task_has_names_and_is_reached_with_tab(qtbot: QtBot, window: Window, view: str) -> None:
    handoffs = window.panes.handoffs
    window.activateWindow()
    qtbot.waitUntil(lambda: window.case.handoff is not None)
    handoffs.ways.setCurrentWidget(getattr(handoffs, view))
    window.centre.look_why()
    window.places.setFocus()
    qtbot.wait(50)
    assert missed_by_tab(window) == set()
    told = [QAccessible.queryAccessibleInterface(widget) for widget in controls(window)]
    assert all(one is not None and one.text(QAccessible.Text.Name).strip() for one in told)


@pytest.mark.parametrize("place", PLACES)
def test_whoever_comes_to_a_place_has_the_focus_in_it(qtbot: QtBot, window: Window, place: str) -> None:
    window.places.setFocus()
    window.places.go(place)
    qtbot.wait(50)
    at = window.focusWidget()
    assert at is not None
    assert at is window.places or window.shell.stack.currentWidget().isAncestorOf(at)
