"""A new and empty inbox tells what this computer has, when that is known, and leads to the models."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app import here
from engine.cards import Problem
from tests.ui.fake_desk import FakeDesk, worked
from ui.window import Window

Opened = Callable[[], Window]


def test_it_tells_of_cores_memory_and_models_and_that_nothing_is_sent(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, tmp_path: Path
) -> None:
    desk.home = tmp_path
    window = opened()
    nothing = window.panes.nothing
    qtbot.waitUntil(nothing.more.isVisible)
    lines = nothing.more.text().split("\n")
    assert "New files go by the playbook “\u2068A shop's front desk\u2069”" in lines[0]
    assert lines[1].startswith("This computer: ")
    assert lines[2].startswith("Models installed: all-minilm-l6-v2 (encoder)")
    assert lines[-1] == "Network sockets are blocked by the kernel (seccomp)."
    assert nothing.more.textFormat() == Qt.TextFormat.PlainText
    window.activateWindow()
    nothing.buttons[3].setFocus()
    QTest.keyClick(nothing.buttons[3], Qt.Key.Key_Space)
    assert window.places.here == "models"


def test_files_and_whole_folders_can_be_added_from_it(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[QFileDialog.FileMode] = []
    monkeypatch.setattr("ui.window.choose", lambda _window, mode, _then: asked.append(mode))
    nothing = opened().panes.nothing
    assert [button.text() for button in nothing.buttons[1:3]] == ["Add files…", "Add folder…"]
    for button in nothing.buttons[1:3]:
        button.click()
    assert asked == [QFileDialog.FileMode.ExistingFiles, QFileDialog.FileMode.Directory]


def test_the_window_waits_for_none_of_it(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, asked = threading.Event(), []

    def slowly(home: Path) -> list[str]:
        asked.append(threading.current_thread().name)
        go_on.wait(5)
        return ["This computer: one abacus."]

    monkeypatch.setattr(here, "told", slowly)
    window = opened()
    qtbot.waitUntil(lambda: bool(asked))
    assert window.panes.stack.currentWidget() is window.panes.nothing
    assert not window.panes.nothing.more.isVisible()
    window.standing.ask()
    go_on.set()
    qtbot.waitUntil(window.panes.nothing.more.isVisible)
    assert len(asked) == 1
    assert asked[0].startswith("desk-slow")


def test_where_it_can_not_be_found_out_the_reason_stands_there_and_no_banner_does(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(home: Path) -> list[str]:
        raise Problem("bad_catalogue", "models.toml can't be read.")

    monkeypatch.setattr(here, "told", broken)
    window = opened()
    qtbot.waitUntil(window.panes.nothing.more.isVisible)
    assert window.panes.nothing.more.text() == "models.toml can't be read."
    assert not window.panes.message.isVisible()


def test_who_has_tasks_is_not_told(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(here, "told", lambda home: asked.append(home) or [])
    worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: window.case.handoff is not None)
    assert asked == []
