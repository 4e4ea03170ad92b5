"""Shows short lists of wrapped plain text: sentences of a draft, sources, warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QResizeEvent, QTextLayout
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.language import _
from ui import strokes, tones
from ui.tasks import Index
from ui.words import Sign, Tone, one_line, plain_tip, utf16

ROW = int(Qt.ItemDataRole.UserRole)
_JOINED = "\u2060"
"""Between these two a line is not broken."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: a margin label and its colour, a head line, the text, a mark after the text, and a foot line."""

    text: str
    margin: Sign | None = None
    head: str = ""
    tail: str = ""
    mark: str = ""
    foot: str = ""
    foot_tone: Tone = "quiet"
    value: Any = None
    lines: int = 0


class Rows(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def show(self, rows: Sequence[Row]) -> None:
        if list(rows) == self.rows:
            return
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.text
            case Qt.ItemDataRole.ToolTipRole:
                who = row.margin.word if row.margin else ""
                return plain_tip("\n".join(part for part in (who, row.head, row.tail, row.text, row.foot) if part))
            case Qt.ItemDataRole.AccessibleTextRole:
                who = row.margin.word if row.margin else ""
                return ". ".join(part for part in (who, row.head, row.tail, row.text, row.mark, row.foot) if part)
            case _:
                return row if role == ROW else None


class Wrapping(QListView):
    """A list whose rows grow and shrink with its width; Qt itself lays them out again only for a new height."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()


class RowList(Wrapping):
    """A list of rows; `picked` says which one a person went to, by mouse or keyboard."""

    picked = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.rows = Rows(self)
        self.setModel(self.rows)
        self.setItemDelegate(Drawn(self))
        self._told = False
        self.selectionModel().currentChanged.connect(self._pick)
        self.clicked.connect(self._click)

    def show_rows(self, rows: Sequence[Row]) -> None:
        self.rows.show(rows)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._told = False
        super().mousePressEvent(event)

    def pick_again(self) -> None:
        """Say once more which row is current, to somebody who listens only now."""
        self._pick(self.currentIndex())

    def tall(self, most: int) -> int:
        """How high all rows are together, but not more than that: long lists are not measured to their end."""
        total = 2 * self.frameWidth()
        for number in range(self.rows.rowCount()):
            total += self.sizeHintForRow(number)
            if total >= most:
                return most
        return total

    @Slot(QModelIndex)
    def _pick(self, index: QModelIndex) -> None:
        row = index.data(ROW)
        if row is not None:
            self._told = True
            self.picked.emit(row.value)

    @Slot(QModelIndex)
    def _click(self, index: QModelIndex) -> None:
        """A press on another row has told it already; one on the current row has not."""
        if not self._told:
            self._pick(index)


class Drawn(QStyledItemDelegate):
    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        font = option.font
        row: Row = index.data(ROW)
        width = self._view.viewport().width()
        tall = 11.0
        if row.text:
            tall += strokes.height(_laid(row, font, width - _left(row, font) - 10, option.palette.text().color()))
        small = QFontMetricsF(strokes.smaller(font)).height() + 2
        tall += small * (bool(row.head) + bool(row.foot))
        return QSize(60, round(tall))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ROW)
        rect, font, palette = QRectF(option.rect), option.font, option.palette
        small = strokes.smaller(font)
        tall = QFontMetricsF(small).height()
        painter.save()
        painter.setClipRect(rect)
        paper = strokes.ground(painter, option)
        left, right, y = rect.left() + _left(row, font), rect.right() - 10, rect.top() + 5
        if row.margin:
            ink = tones.ink(row.margin.tone, palette, paper)
            painter.fillRect(QRectF(rect.left() + 7, y + 1, 3, rect.height() - 11), ink)
            side = QRectF(rect.left() + 15, y + 1, left - rect.left() - 21, tall)
            strokes.words(painter, side, row.margin.word, small, ink)
        if row.head:
            room = QFontMetricsF(small).horizontalAdvance(row.tail) + 2
            head = QRectF(left, y, right - left - room - 8, tall)
            strokes.words(painter, head, one_line(row.head), strokes.bold(small), tones.ink("plain", palette, paper))
            tail = QRectF(right - room, y, room, tall)
            strokes.words(painter, tail, row.tail, small, tones.ink("quiet", palette, paper))
            y += tall + 2
        painter.setPen(tones.ink("plain", palette, paper))
        if row.text:
            text = _laid(row, font, right - left, tones.ink("working", palette, paper))
            strokes.paragraph(painter, text, QPointF(left, y))
            y += strokes.height(text)
        if row.foot:
            foot = QRectF(left, y + 1, right - left, tall)
            strokes.words(painter, foot, one_line(row.foot), small, tones.ink(row.foot_tone, palette, paper))
        painter.restore()


def _laid(row: Row, font: QFont, width: float, ink: QColor) -> QTextLayout:
    """The text in its lines, with its mark in bold; measured as it is drawn, for bold letters may need a line more."""
    if not row.mark:
        return strokes.wrapped(row.text, font, width, lines=row.lines)
    mark = row.mark.replace("][", f"]{_JOINED}[")
    text = f"{row.text} {mark}"
    marks = ((utf16(text, len(row.text) + 1), utf16(mark, len(mark)), ink),)
    return strokes.wrapped(text, font, width, marks, row.lines)


def _left(row: Row, font: QFont) -> float:
    if row.margin is None:
        return 10.0
    if not row.margin.word:
        return 18.0
    return 26.0 + QFontMetricsF(strokes.smaller(font)).horizontalAdvance(_("Needs a person"))
