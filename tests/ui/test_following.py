"""Following the run: the newest task is shown, each long enough to be seen, and nobody is pulled away."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from ui.following import Following


class Shown:
    def __init__(self) -> None:
        self.tasks: list[str] = []
        self.busy = False
        self.wanted = QAction(checkable=True, checked=True)
        self.following = Following(self.wanted, lambda: self.busy, self.tasks.append)

    def worked(self, task: str) -> None:
        self.following.worked(task)
        self.following.catch_up()


@pytest.fixture
def shown(qapp: object) -> Shown:
    return Shown()


def test_of_many_in_a_moment_the_first_is_shown_and_then_the_last(qtbot: QtBot, shown: Shown) -> None:
    for number in range(20):
        shown.worked(f"T-{number}")
    assert shown.tasks == ["T-0"]
    qtbot.waitUntil(lambda: len(shown.tasks) > 1)
    assert shown.tasks == ["T-0", "T-19"]


def test_it_waits_for_a_person_and_then_shows_what_is_worked_by_then(shown: Shown) -> None:
    shown.busy = True
    shown.worked("T-1")
    shown.worked("T-2")
    assert shown.tasks == []
    shown.busy = False
    shown.following.catch_up()
    assert shown.tasks == ["T-2"]


def test_who_does_not_follow_is_left_alone_and_is_not_moved_later(shown: Shown) -> None:
    shown.wanted.setChecked(False)
    shown.worked("T-1")
    shown.wanted.setChecked(True)
    shown.following.catch_up()
    assert shown.tasks == []
