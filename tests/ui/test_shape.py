"""The window's shape: it fits its screen, and comes back as it was left."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget
from pytestqt.qtbot import QtBot

from tests.ui.fake_desk import FakeDesk, worked
from ui.shape import FRAME, Shape, fitting
from ui.window import Window

Opened = Callable[[], Window]
LOW = QSize(1280, 720)
WANTED = QSize(1280, 800)


@pytest.fixture
def large_letters() -> Iterator[None]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    before = application.font()
    larger = application.font()
    larger.setPointSize(11)
    application.setFont(larger)
    yield
    application.setFont(before)


def plain(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    window.resize(640, 480)
    qtbot.addWidget(window)
    return window


@pytest.mark.parametrize("room", [QRect(0, 30, 1280, 690), QRect(0, 0, 1280, 800), QRect(-1366, 0, 1366, 740)])
def test_a_window_with_its_frame_fits_a_small_screen(room: QRect) -> None:
    stands = fitting(room, WANTED)
    framed = stands.adjusted(-FRAME.width() // 2, FRAME.width() // 2 - FRAME.height(), 0, 0)
    framed.setSize(stands.size() + FRAME)
    assert room.contains(framed)
    assert stands.width() >= room.width() - FRAME.width() or stands.width() == WANTED.width()


def test_on_a_large_screen_it_has_its_usual_size() -> None:
    stands = fitting(QRect(0, 0, 1920, 1050), WANTED)
    assert (stands.size(), stands.center().x()) == (WANTED, 959)


@pytest.mark.usefixtures("large_letters")
def test_no_task_makes_the_window_larger_than_a_low_screen(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    names = ("letter.pdf", "orders.pdf", "partly.eml", "several.eml", "proposed.pdf", "locked.pdf")
    tasks = [worked(desk, name) for name in names]
    window = opened()
    most = LOW - FRAME
    window.resize(most)
    for place in ("inbox", "review"):
        window.places.go(place)
        for task in tasks:
            window.go(task)
            qtbot.waitUntil(lambda: window.case.handoff is not None)
            for tab in range(window.centre.tabs.count()):
                window.centre.tabs.setCurrentIndex(tab)
                window.panes.handoffs.open(len(window.case.states) - 1)
                QApplication.processEvents()
                least = window.minimumSizeHint()
                assert least.expandedTo(most) == most, (place, task, tab, least)
    assert window.size() == most


def left_at(qtbot: QtBot, home: Path, place: QRect) -> QMainWindow:
    """The next window, after one that was left there."""
    first = plain(qtbot)
    first.setGeometry(place)
    first.show()
    Shape(home).keep(first)
    again = plain(qtbot)
    Shape(home).place(again)
    return again


def test_the_window_comes_back_where_it_was_left(qtbot: QtBot, tmp_path: Path) -> None:
    again = left_at(qtbot, tmp_path, QRect(40, 60, 500, 400))
    assert again.geometry() == QRect(40, 60, 500, 400)


def test_a_window_that_filled_the_screen_fills_it_again(qtbot: QtBot, tmp_path: Path) -> None:
    first = plain(qtbot)
    first.showMaximized()
    Shape(tmp_path).keep(first)
    again = plain(qtbot)
    Shape(tmp_path).place(again)
    again.show()
    assert again.isMaximized()


def test_a_screen_that_is_gone_takes_no_window_with_it(qtbot: QtBot, tmp_path: Path) -> None:
    again = left_at(qtbot, tmp_path, QRect(9000, 7000, 3000, 2000))
    assert QGuiApplication.primaryScreen().availableGeometry().contains(again.geometry())


def test_the_parts_share_the_window_as_they_did(qtbot: QtBot, desk: FakeDesk, opened: Opened, tmp_path: Path) -> None:
    worked(desk)
    first = opened()
    shape = Shape(tmp_path)
    shape.give(first, first.shell.stack)
    first.resize(1280, 800)
    first.places.go("models")
    models = first.rooms["models"].findChildren(type(first.panes.work))[0]
    models.setSizes([700, 400])
    first.places.go("inbox")
    first.panes.work.setSizes([300, 500, 380])
    first.centre.split.setSizes([200, 450])
    columns, rows, halves = first.panes.work.sizes(), first.centre.split.sizes(), models.sizes()
    first.places.go("review")  # there the handoffs are hidden, and page and draft stand side by side
    qtbot.waitUntil(lambda: first.centre.split.orientation() == Qt.Orientation.Horizontal)
    shape.keep(first)
    again = opened()
    shape = Shape(tmp_path)
    shape.give(again, again.shell.stack)
    again.resize(first.size())
    qtbot.waitUntil(lambda: again.panes.work.width() == sum(columns) + 2 * again.panes.work.handleWidth())
    assert again.panes.work.sizes() == pytest.approx(columns, abs=3)
    assert again.centre.split.sizes() == pytest.approx(rows, abs=3)
    again.places.go("models")
    assert again.rooms["models"].findChildren(type(models))[0].sizes() == pytest.approx(halves, abs=3)


def test_a_damaged_memory_of_the_shape_is_none(qtbot: QtBot, tmp_path: Path) -> None:
    first = plain(qtbot)
    first.setGeometry(QRect(40, 60, 500, 400))
    first.show()
    Shape(tmp_path).keep(first)
    file = tmp_path / "window.json"
    whole, room = file.read_bytes(), QGuiApplication.primaryScreen().availableGeometry()
    chance = random.Random(7)
    broken = [b"", b"[]", b"{", b'{"stands": 4}', b'{"stands": "////", "parts": {"Panes 1 across": [-1, 1e9, "x"]}}']
    broken += [b'{"parts": []}', b"[" * 100_000, b"\xff\xfe\x00"]
    for _round in range(60):
        made = bytearray(whole)
        made[chance.randrange(len(made))] = chance.randrange(256)
        broken.append(bytes(made))
    for one in broken:
        file.write_bytes(one)
        window, shape = plain(qtbot), Shape(tmp_path)
        shape.place(window)
        shape.divide(window)
        assert room.contains(window.geometry().center()), one
        assert window.size().boundedTo(room.size()) == window.size(), one


def test_nothing_is_written_but_one_file_of_a_home_that_is_there(qtbot: QtBot, tmp_path: Path) -> None:
    window = plain(qtbot)
    Shape(tmp_path / "home").keep(window)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "home").mkdir()
    Shape(tmp_path / "home").keep(window)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")] == ["home/window.json"]
    assert json.loads((tmp_path / "home" / "window.json").read_bytes())["stands"]


def test_a_home_that_cannot_be_written_costs_nobody_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "window.json").mkdir()
    shape = Shape(tmp_path)
    window = plain(qtbot)
    shape.give(window, QStackedWidget(window))
    shape.keep(window)
    assert window.frameGeometry().contains(window.geometry().topLeft() + QPoint(1, 1))
