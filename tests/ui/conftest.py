"""A window on a fake desk, opened and closed properly."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.fake_desk import FakeDesk
from ui.window import Window


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The offscreen platform has no window manager to tell sizes and order to, and says so for each window."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore(r"This plugin does not support (propagateSizeHints|raise)\(\)"))


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """Widgets die on the thread they live on, as `ui.main` sees to it in the product."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


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
        qtbot.waitUntil(lambda: not window.standing.asking)
        return window

    yield show
    for window in windows:
        window.close()
        window.close_desk()
