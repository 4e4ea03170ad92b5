"""Rows that are painted once: as they would be painted each time, and anew when anything of them changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import pytest
from PySide6.QtCore import QSize, QStringListModel, Qt
from PySide6.QtGui import QImage, QPainter, QPalette
from PySide6.QtWidgets import QListView, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from tests.ui.fake_desk import FakeDesk, worked
from ui import kept, strokes
from ui.kept import KeptRows
from ui.tasks import Index
from ui.window import Window

Opened = Callable[[], Window]
ROUNDED = 4
"""Edges of shapes that lie between pixels come out a little otherwise elsewhere on the screen."""


class Words(KeptRows):
    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self.drawn: list[str] = []
        self.live = False

    def said(self, index: Index) -> Hashable:
        return None if self.live else index.data()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, 30)

    def draw(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.drawn.append(index.data())
        strokes.ground(painter, option)


def differ(one: QImage, other: QImage) -> int:
    """The most by which any part of any colour differs, of 255."""
    assert one.size() == other.size()
    both = (bytes(image.convertToFormat(QImage.Format.Format_RGB32).constBits()) for image in (one, other))
    return max(abs(a - b) for a, b in zip(*both, strict=True))


@pytest.fixture
def view(qtbot: QtBot) -> QListView:
    made = QListView()
    made.setModel(QStringListModel(["one", "two", "three"], made))
    made.setItemDelegate(Words(made))
    made.resize(200, 120)
    qtbot.addWidget(made)
    made.grab()
    return made


def words(view: QListView) -> Words:
    delegate = view.itemDelegate()
    assert isinstance(delegate, Words)
    return delegate


def newly(view: QListView) -> list[str]:
    """What is drawn anew when the list is painted again."""
    words(view).drawn.clear()
    view.grab()
    return words(view).drawn


def test_a_row_is_drawn_once_and_again_when_it_says_something_else(view: QListView) -> None:
    assert words(view).drawn == ["one", "two", "three"]
    assert newly(view) == []
    view.model().setData(view.model().index(1, 0), "other")
    assert newly(view) == ["other"]


def test_it_is_drawn_again_when_it_looks_otherwise(view: QListView) -> None:
    view.setCurrentIndex(view.model().index(0, 0))
    assert newly(view) == ["one"]
    view.resize(260, 120)
    assert newly(view) == ["one", "two", "three"]
    palette = QPalette(view.palette())
    palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.black)
    view.setPalette(palette)
    assert newly(view) == ["one", "two", "three"]


def test_what_changes_by_itself_is_drawn_each_time(view: QListView) -> None:
    words(view).live = True
    assert newly(view) == ["one", "two", "three"]
    assert newly(view) == ["one", "two", "three"]


def test_pictures_do_not_grow_without_end(view: QListView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 500_000)
    for width in range(200, 300):
        view.resize(width, 120)
        view.grab()
    held = sum(4 * picture.width() * picture.height() for picture in words(view)._pictures.values())
    assert 0 < held <= kept.MOST_BYTES
    assert held > kept.MOST_BYTES / 2


@pytest.mark.parametrize("place", ["inbox", "handoffs", "places"])
def test_a_kept_picture_is_what_would_have_been_painted(
    desk: FakeDesk, opened: Opened, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, place: str
) -> None:
    worked(desk, "several.eml")
    window = opened()
    qtbot.waitUntil(lambda: window.case.handoff is not None)
    lists = {"inbox": window.inbox.list, "handoffs": window.panes.handoffs.list, "places": window.places}
    shown: QListView = lists[place]
    qtbot.waitUntil(lambda: shown.model().rowCount() > 0)
    before = shown.viewport().grab().toImage()
    assert shown.viewport().grab().toImage() == before
    delegate = shown.itemDelegate()
    assert isinstance(delegate, KeptRows)
    assert delegate._pictures
    monkeypatch.setattr(type(delegate), "said", lambda self, index: None)
    assert differ(shown.viewport().grab().toImage(), before) <= ROUNDED
