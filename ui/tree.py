"""Shows the handoffs as a tree: the task, its requests, and beneath them who handed on to whom, why, at what cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePath

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QResizeEvent, QStandardItem, QStandardItemModel, QTextLayout
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from app.language import _
from ui import strokes, tones
from ui.legs import Ask, Leg, cost, names, number, spent
from ui.words import PLAIN, Sign, isolated, one_line, plain_tip, seconds, shortened

LEG = int(Qt.ItemDataRole.UserRole)
COLUMNS = (_("Handoff"), _("Time"), _("Tokens"))
WIDEST = ("", "9 min 59 s", "9,999 / 999")
"""What the columns behind the first have room for."""
_WORDS = 280
_LINE, _MARK = 8.0, 12.0
"""Pixels around a row's first line, and of the shape before its name."""
_TASK = Sign("", "dot", "quiet")


class Tree(QTreeView):
    chosen = Signal(int)
    """The number of the handoff that a person went to."""
    opened = Signal(int)
    """A person wants to see the card of this handoff."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legs: list[Leg] = []
        self._shut: set[object] = set()
        self._building = False
        self.items = QStandardItemModel(self)
        self.items.setHorizontalHeaderLabels(COLUMNS)
        for column in range(1, len(COLUMNS)):
            self.items.horizontalHeaderItem(column).setTextAlignment(Qt.AlignmentFlag.AlignRight)
        self.setModel(self.items)
        self.setItemDelegate(_Rows(self))
        self.setAccessibleName(_("Handoffs as a tree"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIndentation(16)
        self.setMouseTracking(True)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(30)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        metrics = QFontMetricsF(strokes.smaller(self.font()))
        for column, widest in enumerate(WIDEST[1:], 1):
            self.setColumnWidth(column, round(metrics.horizontalAdvance(widest)) + 10)
        self.selectionModel().currentChanged.connect(self._choose)
        self.activated.connect(self._open)
        self.collapsed.connect(self._collapse)
        self.expanded.connect(self._expand)

    def begin(self) -> None:
        """Another task: all is open again."""
        self._shut.clear()
        self.legs = []
        self.items.setRowCount(0)

    def show_legs(self, source: str, legs: Sequence[Leg]) -> None:
        """The whole story, with the legs of every request. Who stood at a row stays there, and who looks elsewhere is
        left alone; at the end, what comes is followed."""
        legs = [replace(leg, note="", done=0, total=0) if leg.live else leg for leg in legs]  # it shows none of these
        if legs == self.legs:
            return
        bar = self.verticalScrollBar()
        at, place, followed = self._stood(), bar.value(), bar.value() >= bar.maximum()
        self.legs = legs
        self._building = True
        self.items.setRowCount(0)
        if legs:
            self.items.appendRow(self._grown(source))
        self.expandAll()
        for index in self._all():
            if self._key(index) in self._shut:
                self.collapse(index)
        found = next((index for index in self._all() if at is not None and self._at(index) == at), None)
        if found is not None:
            self.setCurrentIndex(found)
        self._building = False
        if found is None and followed:
            self.scrollToBottom()
        elif found is None:
            bar.setValue(place)

    @property
    def seq(self) -> int:
        """The current handoff's number; -1 = none is."""
        leg: Leg | None = self.currentIndex().siblingAtColumn(0).data(LEG)
        return leg.seq if leg and not leg.live else -1

    def _stood(self) -> object:
        """At which row one is: see `_at`."""
        index = self.currentIndex().siblingAtColumn(0)
        return self._at(index) if index.isValid() else None

    def _at(self, index: QModelIndex) -> object:
        """What a row is known by when the story has grown: the task, a request, or a handoff; None for the live leg."""
        leg: Leg | None = index.data(LEG)
        if leg is None or leg.request:
            return self._key(index)
        return None if leg.live else leg.seq

    def go(self, seq: int) -> None:
        found = next((index for index in self._all() if _is(index, seq)), None)
        if found is not None:
            self.setCurrentIndex(found)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Reasons are wrapped to the width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()
            if self.seq < 0:
                QTimer.singleShot(0, self, self.scrollToBottom)

    def drawRow(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The cells in one line, and below them, over the whole width, the reason."""
        rect, palette, font = QRectF(option.rect), option.palette, option.font
        small = strokes.smaller(font)
        selected = self.selectionModel().isSelected(index)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        paper = tones.ground(palette, selected=selected, hovered=hovered)
        painter.save()
        painter.fillRect(option.rect, paper)
        left, line = self._left(index), QFontMetricsF(font).height() + _LINE
        self.drawBranches(painter, QRect(0, option.rect.top(), round(left - _MARK - 8), round(line)), index)
        sign = _sign(index.data(LEG))
        mark = QRectF(left - _MARK - 5, rect.top() + (line - _MARK) / 2, _MARK, _MARK)
        strokes.shape(painter, mark, sign.shape, tones.ink(sign.tone, palette, paper))
        plain, quiet = tones.ink("plain", palette, paper), tones.ink("quiet", palette, paper)
        end = self.viewport().width() - 6.0
        for column in reversed(range(1, len(COLUMNS))):  # a name may go on into cells that are empty
            if text := str(index.sibling(index.row(), column).data() or ""):
                right = self.columnViewportPosition(column) + self.columnWidth(column) - 6.0
                wide = QFontMetricsF(small).horizontalAdvance(text) + 1
                cell = QRectF(right - wide, rect.top(), wide, line)
                strokes.words(painter, cell, text, small, quiet)
                end = cell.left() - 6
        leg: Leg | None = index.data(LEG)
        head = strokes.bold(font) if leg is None or leg.request else font
        strokes.words(painter, QRectF(left, rect.top(), end - left, line), str(index.data()), head, plain)
        if reason := self.reason(index):
            layout = self._laid(index, reason, paper)
            painter.setPen(quiet)
            layout.draw(painter, QPointF(left, rect.top() + line - 2))
        if selected and self.hasFocus() and index == self.currentIndex().siblingAtColumn(0):
            strokes.focus(painter, rect, palette)
        painter.restore()

    def reason(self, index: QModelIndex | QPersistentModelIndex) -> str:
        """What stands below a row's first line: the number that decided, how it differs, and why; a request's own
        words."""
        leg: Leg | None = index.data(LEG)
        if leg is None:
            return ""
        if leg.request:
            quoted = f"“{shortened(leg.request.untrusted_words, _WORDS)}”"
            return f"{leg.sign.word}. {quoted}"
        word = "" if leg.sign in PLAIN else f"{leg.sign.word}: "
        return f"{_number(leg)} {word}{shortened(leg.why.reason, _WORDS)}".strip()

    def tall(self, index: QModelIndex | QPersistentModelIndex) -> float:
        line, reason = QFontMetricsF(self.font()).height() + _LINE, self.reason(index)
        return line + (strokes.height(self._laid(index, reason, tones.ground(self.palette()))) + 3 if reason else 0)

    def _laid(self, index: QModelIndex | QPersistentModelIndex, reason: str, paper: QColor) -> QTextLayout:
        """A reason in lines; the number in it stands out."""
        leg: Leg | None = index.data(LEG)
        marks: tuple[strokes.Marked, ...] = ()
        if leg and (number := _number(leg)):
            reached = leg.why.threshold is None or (leg.why.score or 0) >= leg.why.threshold
            marks = ((0, len(number), tones.ink("good" if reached else "caution", self.palette(), paper)),)
        return strokes.wrapped(reason, strokes.smaller(self.font()), self._room(index), marks)

    def _room(self, index: QModelIndex | QPersistentModelIndex) -> float:
        return self.viewport().width() - self._left(index) - 8

    def _left(self, index: QModelIndex | QPersistentModelIndex) -> float:
        """Where a row's words begin."""
        depth, at = 1, index.parent()
        while at.isValid():
            depth, at = depth + 1, at.parent()
        return depth * self.indentation() + _MARK + 8

    def _grown(self, source: str) -> list[QStandardItem]:
        """The task with all that is beneath it."""
        told = [leg for leg in self.legs if not leg.request and not leg.live]
        tokens_in, tokens_out = sum(leg.why.tokens_in for leg in told), sum(leg.why.tokens_out for leg in told)
        total = seconds(sum(leg.why.seconds for leg in told))
        root = _row(PurePath(source).name or _("Task"), (total, _tokens(tokens_in, tokens_out)), None)
        within = root[0]
        for leg in self.legs:
            ask = leg.request
            row = _row(_asked(ask) if ask else names(leg), _cells(leg), leg)
            if ask:
                within = row[0]
            (within if leg.inside else root[0]).appendRow(row)
        return root

    def _all(self, parent: QModelIndex | None = None) -> Iterator[QModelIndex]:
        parent = parent or QModelIndex()
        for row in range(self.items.rowCount(parent)):
            index = self.items.index(row, 0, parent)
            yield index
            yield from self._all(index)

    def _key(self, index: QModelIndex) -> object:
        leg: Leg | None = index.data(LEG)
        return leg.request.key if leg and leg.request else "task" if leg is None else None

    @Slot(QModelIndex)
    def _collapse(self, index: QModelIndex) -> None:
        if not self._building:
            self._shut.add(self._key(index))

    @Slot(QModelIndex)
    def _expand(self, index: QModelIndex) -> None:
        if not self._building:
            self._shut.discard(self._key(index))

    @Slot()
    def _choose(self, *_index: object) -> None:
        if not self._building and self.seq >= 0:
            self.chosen.emit(self.seq)

    @Slot()
    def _open(self, *_index: object) -> None:
        if self.seq >= 0:
            self.opened.emit(self.seq)


class _Rows(QStyledItemDelegate):
    """Only says how high a row is: the tree draws it, for a reason goes over all columns."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._tree = tree

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(30, round(self._tree.tall(index)) if index.column() == 0 else 10)


def _row(text: str, cells: Sequence[str], leg: Leg | None) -> list[QStandardItem]:
    first = QStandardItem(one_line(text))
    first.setData(leg, LEG)
    heard = [one_line(text), *(cell for cell in cells if cell)]
    if leg is not None:
        heard = [
            names(leg),
            leg.sign.word,
            leg.why.reason,
            number(leg),
            spent(leg) or seconds(leg.why.seconds),
            cost(leg),
        ]
        if leg.request:
            heard.insert(1, f"“{leg.request.untrusted_words}”")
        first.setToolTip(plain_tip("\n".join(part for part in heard if part)))
    first.setData(". ".join(part for part in heard if part), int(Qt.ItemDataRole.AccessibleTextRole))
    return [first, *(QStandardItem(cell) for cell in cells)]


def _asked(ask: Ask) -> str:
    return _("{number} of {of}: {asked}").format(number=ask.number, of=ask.of, asked=isolated(ask.asked))


def _cells(leg: Leg) -> tuple[str, str]:
    if leg.request:
        return seconds(leg.request.seconds) if leg.request.handoffs else "", ""
    return ("", "") if leg.live else (seconds(leg.why.seconds), _tokens(leg.why.tokens_in, leg.why.tokens_out))


def _number(leg: Leg | None) -> str:
    return f"{number(leg)}." if leg and number(leg) else ""


def _tokens(read: int, written: int) -> str:
    """Read and written."""
    return f"{read:,} / {written:,}" if read or written else ""


def _sign(leg: Leg | None) -> Sign:
    return leg.sign if leg else _TASK


def _is(index: QModelIndex, seq: int) -> bool:
    leg: Leg | None = index.data(LEG)
    return leg is not None and not leg.live and not leg.request and leg.seq == seq
