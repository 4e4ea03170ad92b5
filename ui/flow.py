"""Lays controls out in a row that goes on below where the room ends: large letters and long languages need more."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QStyle

Row = list[tuple[QLayoutItem, int]]
"""What stands side by side, and how wide each is."""


class Flow(QLayout):
    """As wide as its widest control at least. What expands takes the room that is left in its row."""

    def __init__(self, spacing: int = 6) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        heights = [_tall(row) for row in self._rows(width)]
        return sum(heights) + self.spacing() * max(0, len(heights) - 1)

    def sizeHint(self) -> QSize:
        """All in one row."""
        hints = [item.sizeHint() for item in self._seen()]
        between = self.spacing() * max(0, len(hints) - 1)
        return QSize(sum(hint.width() for hint in hints) + between, max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> QSize:
        least = [item.minimumSize() for item in self._seen()]
        return QSize(max((one.width() for one in least), default=0), max((one.height() for one in least), default=0))

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        parent = self.parentWidget()
        side = parent.layoutDirection() if parent else Qt.LayoutDirection.LeftToRight
        top = rect.top()
        for row in self._rows(rect.width()):
            left, tall = rect.left(), _tall(row)
            for item, wide in row:
                item.setGeometry(QStyle.visualRect(side, rect, QRect(left, top, wide, tall)))
                left += wide + self.spacing()
            top += tall + self.spacing()

    def _seen(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _rows(self, width: int) -> Iterator[Row]:
        row: Row = []
        left = width
        for item in self._seen():
            wide = max(item.minimumSize().width(), min(item.sizeHint().width(), width))
            if row and wide > left:
                yield _filled(row, left + self.spacing())
                row, left = [], width
            row.append((item, wide))
            left -= wide + self.spacing()
        if row:
            yield _filled(row, left + self.spacing())


def _filled(row: Row, left: int) -> Row:
    """What expands shares what is left of the row."""
    wants = [item for item, _wide in row if item.expandingDirections() & Qt.Orientation.Horizontal]
    more = max(0, left) // len(wants) if wants else 0
    return [(item, wide + more if item in wants else wide) for item, wide in row]


def _tall(row: Row) -> int:
    return max((item.sizeHint().height() for item, _wide in row), default=0)
