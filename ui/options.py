"""Lists the intents a task could be taken for, each with its score and the key that takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QSizePolicy, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.language import _
from ui import strokes, tones
from ui.tasks import ROW, Index
from ui.words import compared, one_line, plain_tip

KEYS = 9
"""So many can be taken with one key."""
MOST = 5
"""Rows that are seen at once; more are scrolled to."""
LEAST = 2
"""Rows that are seen in a low window."""
BAR = 84.0


@dataclass(frozen=True, slots=True)
class Option:
    """An intent: what it is called, its score (None: no handoff holds one) against the threshold, and what is to be
    said of it. One that was `taken` has no key (`number` is 0)."""

    label: str
    title: str
    number: int = 0
    score: float | None = None
    threshold: float | None = None
    note: str = ""
    taken: bool = False


class OptionRows(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.options: list[Option] = []

    def show(self, options: Sequence[Option]) -> None:
        if list(options) != self.options:
            self.beginResetModel()
            self.options = list(options)
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.options)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        option = self.options[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return option.title
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(f"{option.title} ({option.label})")
            case Qt.ItemDataRole.AccessibleTextRole:
                key = _("key {number}").format(number=option.number) if option.number else ""
                return ", ".join(part for part in (option.title, option.note, _score(option, whole=True), key) if part)
            case _:
                return option if role == ROW else None


class Options(QListView):
    """A digit takes the intent with that number, Enter the current one."""

    wanted = Signal(int)
    """A person wants the intent of that row."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = OptionRows(self)
        self.setModel(self.rows)
        self.setItemDelegate(Drawn(self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    @property
    def current(self) -> Option | None:
        option: Option | None = self.currentIndex().data(ROW)
        return option

    def show_options(self, options: Sequence[Option]) -> None:
        """A person stays at the intent where they were; else the first that can be taken is current."""
        at = self.current
        self.rows.show(options)
        labels = [option.label for option in options]
        if at and at.label in labels:
            place = labels.index(at.label)
        else:
            place = next((row for row, option in enumerate(options) if not option.taken), 0)
        self.setCurrentIndex(self.rows.index(place))
        self.setHidden(not options)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._tall(MOST))

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self._tall(LEAST))

    def _tall(self, most: int) -> int:
        return 2 * self.frameWidth() + min(most, self.rows.rowCount()) * self.sizeHintForRow(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Held down, a key takes nothing: one wish a press."""
        row = digit_row(event, self.rows.options)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            row = self.currentIndex().row()
        if row is None:
            super().keyPressEvent(event)
        elif row >= 0 and not event.isAutoRepeat():
            self.wanted.emit(row)


def digit_row(event: QKeyEvent, options: Sequence[Option]) -> int | None:
    """The row that a pressed digit means, -1 where there is none of that number; None for any other key."""
    plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
    if not plain or not Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
        return None
    number = event.key() - Qt.Key.Key_0
    return next((row for row, option in enumerate(options) if option.number == number), -1)


class Drawn(QStyledItemDelegate):
    """A line an intent: its key, its name, what is to be said of it, and its score on a bar."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, round(QFontMetricsF(option.font).height()) + 10)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        one: Option = index.data(ROW)
        rect, font, palette = QRectF(option.rect), option.font, option.palette
        small = strokes.smaller(font)
        painter.save()
        paper = strokes.ground(painter, option)
        plain, quiet = tones.ink("plain", palette, paper), tones.ink("quiet", palette, paper)
        middle, left = rect.center().y(), rect.left() + 34
        if one.taken:
            mark = QRectF(rect.left() + 12, middle - 6, 12, 12)
            strokes.shape(painter, mark, "check", tones.ink("good", palette, paper))
        elif one.number:
            strokes.chip(painter, rect.left() + 27, middle, str(one.number), small, "working", palette)
        number = _score(one)
        width = QFontMetricsF(small).horizontalAdvance("0.00 ≥ 0.00") + 4
        right = rect.right() - 10
        reached = one.score is not None and one.threshold is not None and one.score >= one.threshold
        ink = tones.ink("good" if reached else "quiet", palette, paper)
        beside = QRectF(right - width, rect.top(), width, rect.height())
        strokes.words(painter, beside, number, small, ink, Qt.AlignmentFlag.AlignRight)
        end = right - width - 8
        if one.score is not None and end - BAR > left + 120:
            bar = QRectF(end - BAR, middle - 3, BAR, 6)
            strokes.bar(painter, bar, one.score, one.threshold, ink, palette)
            end -= BAR + 10
        name = one_line(one.title)
        drawn = strokes.bold(font) if one.taken else font
        room = min(QFontMetricsF(drawn).horizontalAdvance(name) + 2, end - left)
        strokes.words(painter, QRectF(left, rect.top(), room, rect.height()), name, drawn, plain)
        note = QRectF(left + room + 8, rect.top(), end - left - room - 8, rect.height())
        if one.note and note.width() > 30:
            strokes.words(painter, note, one.note, small, quiet)
        painter.restore()


def _score(option: Option, *, whole: bool = False) -> str:
    if option.score is None:
        return _("no score kept") if whole else "–"
    if whole:
        return compared(option.score, option.threshold)
    if option.threshold is None:
        return f"{option.score:.2f}"
    return f"{option.score:.2f} {'≥' if option.score >= option.threshold else '<'} {option.threshold:.2f}"
