"""A window on a fake desk, opened and closed properly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.fake_desk import FakeDesk
from ui.window import Window


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


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
        qtbot.waitUntil(lambda: not window._asking)
        return window

    yield show
    for window in windows:
        window.close()
        window.close_desk()
