"""Finds a command, a place or a task by a few letters: Ctrl+K."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.language import _
from ui import strokes, tones
from ui.tasks import ROW, Index
from ui.words import one_line

MOST = 60
"""Entries shown at once."""


@dataclass(frozen=True, slots=True)
class Command:
    """What can be wished for: its words, what stands beside them (a key, a state), and the wish."""

    words: str
    beside: str
    wish: Callable[[], object]
    decides: bool = False
    """Few letters and Enter must not decide on a task: it comes behind all others until it is typed in full."""


def ranked(commands: Sequence[Command], letters: str) -> list[Command]:
    """The commands that have these letters in their order, those first that have them at the beginnings of words.

    Each blank begins a new group of letters: all groups must be found.
    """
    groups = letters.casefold().split()
    found = []
    for number, command in enumerate(commands):
        text = command.words.casefold()
        costs = [_cost(text, group) for group in groups]
        if None not in costs:
            late = 100.0 if command.decides and text != letters.casefold().strip() else 0.0
            found.append((late + sum(cost or 0.0 for cost in costs), number, command))
    return [command for _, _, command in sorted(found, key=lambda one: one[:2])][:MOST]


def _cost(text: str, letters: str) -> float | None:
    """How far from plain the letters stand in the text; None where they don't, in that order."""
    place = text.find(letters)
    if place >= 0:
        return 0.0 if place == 0 or not text[place - 1].isalnum() else 1.0
    at, gaps = -1, 0
    for letter in letters:
        after = text.find(letter, at + 1)
        if after < 0:
            return None
        gaps += after - at - 1 if at >= 0 else 0
        at = after
    return 2.0 + gaps / 10


class _Commands(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shown: list[Command] = []

    def show(self, commands: Sequence[Command]) -> None:
        self.beginResetModel()
        self.shown = list(commands)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        command = self.shown[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return command.words
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(part for part in (command.words, command.beside) if part)
            case _:
                return command if role == ROW else None


class Palette(QFrame):
    """A field and a list over the window. Up and Down choose, Enter does it, Esc leaves."""

    def __init__(self, parent: QWidget, commands: Callable[[], Sequence[Command]]) -> None:
        """`commands` tells what can be wished for at the time at which the palette is opened."""
        super().__init__(parent)
        self._under, self._commands = parent, commands
        self._known: Sequence[Command] = ()
        self._before: QWidget | None = None
        self.setFrameShape(QFrame.Shape.Box)
        self.setAutoFillBackground(True)
        self.setAccessibleName(_("Commands"))
        self.field = QLineEdit()
        self.field.setPlaceholderText(_("A command, a place or a task"))
        self.field.setAccessibleName(_("Find a command, a place or a task"))
        self.field.installEventFilter(self)
        self.model = _Commands(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Drawn(self.list))
        self.list.setAccessibleName(_("What was found"))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        self.field.textChanged.connect(self._seek)
        self.field.returnPressed.connect(self._do)
        self.list.clicked.connect(self._do)
        self.hide()

    @Slot()
    def toggle(self) -> None:
        if self.isVisible():
            self.leave()
            return
        self._known = self._commands()
        self._before = self._under.window().focusWidget()
        self.field.clear()
        self._seek("")
        width, tall = min(560, self._under.width() - 40), min(420, self._under.height() - 80)
        self.setGeometry((self._under.width() - width) // 2, 50, width, tall)
        self.show()
        self.raise_()
        self.field.setFocus()

    def leave(self) -> None:
        """Away, and the focus goes back to where it was."""
        if self.isVisible():
            self.hide()
            if self._before is not None:
                self._before.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            if step := steps.get(Qt.Key(event.key())):
                self._step(step)
                return True
        return super().eventFilter(watched, event)

    @Slot(str)
    def _seek(self, letters: str) -> None:
        self.model.show(ranked(self._known, letters))
        self._step(0)

    def _step(self, by: int) -> None:
        last = self.model.rowCount() - 1
        row = max(0, min(last, self.list.currentIndex().row() + by))
        self.list.setCurrentIndex(self.model.index(row))

    @Slot()
    def _do(self, *_index: object) -> None:
        command = self.list.currentIndex().data(ROW)
        if command is not None:
            self.leave()
            command.wish()


class _Drawn(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, round(QFontMetricsF(option.font).height()) + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        command: Command = index.data(ROW)
        painter.save()
        paper = strokes.ground(painter, option)
        rect, palette, small = QRectF(option.rect).adjusted(10, 0, -10, 0), option.palette, strokes.smaller(option.font)
        room = QFontMetricsF(small).horizontalAdvance(command.beside) + 2
        strokes.words(
            painter, rect.adjusted(0, 0, -room - 10, 0), one_line(command.words), option.font,
            tones.ink("plain", palette, paper), elide=Qt.TextElideMode.ElideMiddle,
        )  # fmt: skip
        beside = QRectF(rect.right() - room, rect.top(), room, rect.height())
        strokes.words(painter, beside, command.beside, small, tones.ink("quiet", palette, paper))
        painter.restore()
