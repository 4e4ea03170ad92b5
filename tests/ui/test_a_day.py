"""A day at the desk without a mouse: real widgets, the real engine, the 24 sample documents.

Half way the engine is killed, and nobody at the desk must notice. The gate runs it without the drafter's model, so that
the quoter writes; BATON_ALL_MODELS=1 has the model write, and BATON_UNDISTURBED=1 kills nothing.
"""

from __future__ import annotations

import json
import os
import signal
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app import log
from app.desk import Desk
from app.paths import SAMPLE_INBOX
from engine.events import Handed
from tests import kill
from tests.app.test_app_evaluation import NO_DRAFTER
from ui.window import Window

T = TypeVar("T")
PATIENCE = 300_000
"""Milliseconds for the whole inbox."""
ANSWER = "A colleague of ours will call you about this today."
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def window(qtbot: QtBot, home: Path) -> Iterator[Window]:
    if not os.environ.get("BATON_ALL_MODELS"):
        home.mkdir(parents=True, exist_ok=True)
        (home / "models.toml").write_text(NO_DRAFTER)
    window = Window(lambda: Desk(home))
    window.resize(1280, 800)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    window.start()
    qtbot.waitUntil(lambda: window.panes.stack.currentWidget() is window.panes.nothing, timeout=30_000)
    yield window
    window.close_desk()


def drop(window: QWidget, files: list[Path]) -> None:
    """What a file manager does, at the middle of the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    where, button = window.rect().center(), Qt.MouseButton.LeftButton
    entering = QDragEnterEvent(where, Qt.DropAction.CopyAction, data, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, entering)
    assert entering.isAccepted()
    dropping = QDropEvent(QPointF(where), Qt.DropAction.CopyAction, data, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, dropping)


def type_in(words: str) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClicks(target, words)


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key goes to whatever has the focus, as it does for a person."""
    target = QApplication.focusWidget() or QApplication.activeWindow()
    assert target is not None
    QTest.keyClick(target, key, modifier)


def wait_for(qtbot: QtBot, true: Callable[[T], bool], given: T) -> None:
    qtbot.waitUntil(lambda: true(given), timeout=10_000)


def worked(window: Window, count: int) -> Callable[[], bool]:
    """Whether all of them came to an end."""
    ended = ("finished", "review", "quarantined", "failed", "parked")

    def over() -> bool:
        tasks = window.inbox.tasks
        return tasks.rowCount() == count and sum(tasks.counts()[state] for state in ended) == count

    return over


def review_all(qtbot: QtBot, window: Window) -> Counter[str]:
    """Decide on all that waits, by keys alone. Returns which keys that took."""
    pressed: Counter[str] = Counter()
    bar, tasks = window.centre.decision, window.inbox.tasks
    press(Qt.Key.Key_2, ALT)
    while tasks.undecided():
        qtbot.waitUntil(lambda: bar.reject_button.isEnabled() and bar.skip_button.isEnabled(), timeout=10_000)
        left, task = tasks.undecided(), window.case.task
        if bar.approve_button.isEnabled():
            press(Qt.Key.Key_A)
            pressed["A"] += 1
        elif pressed["E"] < 2 and bar.edit_button.isEnabled():
            press(Qt.Key.Key_E)
            qtbot.waitUntil(lambda: window.centre.draft.editing)
            press(Qt.Key.Key_A, CTRL)
            type_in(ANSWER)
            press(Qt.Key.Key_Return, CTRL)
            pressed["E"] += 1
        else:
            press(Qt.Key.Key_X)
            pressed["X"] += 1
        wait_for(qtbot, lambda left: tasks.undecided() == left - 1, left)
        wait_for(qtbot, lambda task: window.case.task != task or not tasks.undecided(), task)
    return pressed


def undo(qtbot: QtBot, window: Window, times: int) -> None:
    """Take the last decisions back, one after the other."""
    for number in range(1, times + 1):
        press(Qt.Key.Key_Backspace)
        wait_for(qtbot, lambda number: window.inbox.tasks.undecided() == number, number)
        qtbot.waitUntil(lambda: not window.standing.asking)


def export(qtbot: QtBot, window: Window, file: Path) -> None:
    """By the palette, and by typing where it is to go."""
    qtbot.waitUntil(window.tools.export.isEnabled)  # the palette offers what can be done when it opens
    press(Qt.Key.Key_K, CTRL)
    qtbot.waitUntil(window.finder.isVisible)
    type_in("export")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(window.findChildren(QFileDialog)))
    dialog = window.findChildren(QFileDialog)[-1]
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(name, QLineEdit)
    qtbot.waitUntil(name.hasFocus)
    QTest.keyClick(name, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(name, str(file))
    QTest.keyClick(name, Qt.Key.Key_Return)  # this one closes what Qt proposes
    if dialog.isVisible():
        QTest.keyClick(name, Qt.Key.Key_Return)
    qtbot.waitUntil(file.exists, timeout=20_000)
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog))  # it is gone, and nothing of it can be asked
    window.activateWindow()  # what a window manager does; there is none here
    qtbot.waitUntil(window.isActiveWindow)


def judge(home: Path, wanted: Counter[str]) -> list[Handed]:
    """The log is whole and holds each document once, with the decisions that were made."""
    db = log.read(home / "log.db")
    assert list(log.verify(db)) == []
    rows = log.cards(db)
    assert len({row.source for row in rows}) == len(rows) == len(list(SAMPLE_INBOX.iterdir()))
    decided = Counter(row.decision for row in rows if row.decision)
    assert decided == wanted
    history = [event for row in rows for event in log.history(db, row.id)]
    db.close()
    return history


def test_a_day_without_a_mouse(qtbot: QtBot, window: Window, home: Path, tmp_path: Path) -> None:
    files = sorted(SAMPLE_INBOX.iterdir())
    drop(window, files)
    tasks = window.inbox.tasks
    if not os.environ.get("BATON_UNDISTURBED"):
        qtbot.waitUntil(lambda: tasks.undecided() >= len(files) // 2 - 2, timeout=PATIENCE)
        engine = kill.engine_of(home, os.getpid())
        assert engine is not None
        os.kill(engine, signal.SIGKILL)
    qtbot.waitUntil(worked(window, len(files)), timeout=PATIENCE)
    expected = json.loads((SAMPLE_INBOX.parent / "expected.json").read_text("utf-8"))
    states = Counter(one["status"] for one in expected.values())
    assert tasks.counts() == states

    pressed = review_all(qtbot, window)
    assert pressed.total() == states["finished"] + states["review"]
    assert pressed["A"] >= states["finished"]
    undo(qtbot, window, 3)
    again = review_all(qtbot, window)
    assert again.total() == 3
    press(Qt.Key.Key_1, ALT)
    export(qtbot, window, tmp_path / "case.zip")
    with zipfile.ZipFile(tmp_path / "case.zip") as case:
        assert case.testzip() is None
        assert "handoffs.jsonl" in {Path(name).name for name in case.namelist()}
    press(Qt.Key.Key_Q, CTRL)
    qtbot.waitUntil(lambda: not window.isVisible())
    window.close_desk()

    made = pressed + again
    wanted = Counter({"approved": made["A"], "edited": made["E"], "rejected": made["X"]})
    history = judge(home, +(wanted - undone(home)))
    assert sum(event.why.code == "undone" for event in history) == 3


def undone(home: Path) -> Counter[str]:
    """The decisions that were taken back, by what they had been."""
    db = log.read(home / "log.db")
    reasons = [event.why.reason for row in log.cards(db) for event in log.history(db, row.id)]
    db.close()
    return Counter(
        verb
        for reason in reasons
        for verb in ("approved", "edited", "rejected")
        if f"took back what was {verb}" in reason
    )
