"""The heading of the middle column says which task is seen, and which playbook works it."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from tests.ui.fake_desk import FakeDesk, worked
from ui.window import Window

Opened = Callable[[], Window]


def test_a_task_says_which_playbook_works_it(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    heading = window.centre.heading
    qtbot.waitUntil(lambda: heading.playbook.text == "A shop's front desk")
    assert "front-desk" in heading.playbook.toolTip()
    assert heading.playbook.accessibleName() == "Playbook"


def test_a_long_name_leaves_the_playbook_some_room_and_neither_leaves_the_window(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk, f"{'a-very-long-name-' * 20}.pdf")
    window = opened()
    heading = window.centre.heading
    qtbot.waitUntil(lambda: bool(heading.playbook.text))
    assert heading.playbook.width() >= 80
    assert heading.name.width() > heading.playbook.width()
    assert heading.state.geometry().right() < heading.width()
