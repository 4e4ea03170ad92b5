"""A window on a fake desk, opened and closed properly."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from engine.cards import Problem
from tests.ui.fake_desk import FakeDesk
from ui.rooms import Room
from ui.window import Window
from ui.worker import Lane

NOT_OFFSCREEN = r"This plugin does not support (propagateSizeHints\(\)|raise\(\)|grabbing the keyboard)"
Place = TypeVar("Place", bound=Room)
PATIENT = 60_000
"""Milliseconds that a test waits for what must come: on a busy machine it comes late, and that is no failure."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform has no window manager to tell sizes and order to, and says so for each window."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore(NOT_OFFSCREEN))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(QtBot.waitUntil.__kwdefaults__ or {}, "timeout", PATIENT)


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Widgets die on the thread they live on, as `ui.main` sees to it in the product. What stood before the test does
    not die with it, and is not looked through: all the modules of the engine take half a second."""
    gc.disable()
    gc.freeze()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


def placed(qtbot: QtBot, kind: type[Place]) -> Place:
    """A place of the window by itself; a problem that it does not say in its own place fails the test."""

    def failed(problem: Problem) -> None:
        raise AssertionError(problem.sentence)

    owner = QObject()
    room = kind(Lane("quick", failed, owner), Lane("slow", failed, owner))
    owner.setParent(room)
    room.resize(1100, 700)
    qtbot.addWidget(room)
    room.show()
    return room


@pytest.fixture
def opened(qtbot: QtBot, desk: FakeDesk) -> Iterator[Callable[[], Window]]:
    """Opens the window on what the desk holds by then."""
    windows: list[Window] = []

    def show() -> Window:
        window = Window(lambda: desk, Path("/samples/inbox"))
        windows.append(window)
        qtbot.addWidget(window)
        window.show()
        window.start()
        qtbot.waitUntil(lambda: window.panes.stack.currentWidget() in (window.panes.work, window.panes.nothing))
        qtbot.waitUntil(lambda: not window.standing.asking)
        return window

    yield show
    for window in windows:
        window.close()
        window.close_desk()
