"""Paints each row of a list once, and again only when what it says or how it looks has changed.

A row that is painted from Python gives Python's lock away and asks for it back some thirty times. While the desk's
threads are at work, a list of twenty rows takes a tenth of a second that way; one of kept pictures, a few thousandths.
"""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ui.tasks import Index

MOST_BYTES = 24_000_000
"""Of pictures that are kept for one list: several screens of rows."""


class KeptRows(QStyledItemDelegate):
    """What it draws must be all `said`, and the option: its size, state, palette, font and direction."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: dict[Hashable, QPixmap] = {}
        self._bytes = 0

    def said(self, index: Index) -> Hashable:
        """All that the row shows; None where it changes by itself, as a clock does."""
        raise NotImplementedError

    def draw(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the row, its ground included."""
        raise NotImplementedError

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        said, scale = self.said(index), painter.device().devicePixelRatioF()
        if said is None or scale != int(scale):  # between whole pixels a picture would be blurred
            self.draw(painter, option, index)
            return
        rect: QRect = option.rect
        looks = (option.state.value, option.palette.cacheKey(), option.font.key(), option.direction.value, scale)
        key = (said, rect.width(), rect.height(), looks)
        picture = self._pictures.get(key)
        if picture is None:
            picture = self._drawn(option, index, int(scale))
            self._bytes += _size(picture)
            while self._pictures and self._bytes > MOST_BYTES:  # the oldest go first
                self._bytes -= _size(self._pictures.pop(next(iter(self._pictures))))
            self._pictures[key] = picture
        painter.drawPixmap(rect.topLeft(), picture)

    def _drawn(self, option: QStyleOptionViewItem, index: Index, scale: int) -> QPixmap:
        rect: QRect = option.rect
        picture = QPixmap(rect.size() * scale)
        picture.setDevicePixelRatio(scale)
        picture.fill(option.palette.color(QPalette.ColorRole.Base))
        part = QStyleOptionViewItem(option)
        part.rect = QRect(0, 0, rect.width(), rect.height())
        painter = QPainter(picture)
        self.draw(painter, part, index)
        painter.end()
        return picture


def _size(picture: QPixmap) -> int:
    return 4 * picture.width() * picture.height()
