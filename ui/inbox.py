"""Shows what came in, in which state it is, and finds one among many."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.language import _, several
from ui import strokes, tones
from ui.elided import Choice
from ui.kept import KeptRows
from ui.tasks import ROW, Index, Sieve, Tasks, undecided
from ui.trays import Trays
from ui.words import STATES, label, one_line, requests_of, score_of

if TYPE_CHECKING:
    from app.task_rows import TaskRow


class Inbox(QWidget):
    chosen = Signal(str)
    """A person, or `choose`, made this task the current one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tasks = Tasks(self)
        self.sieve = Sieve(self.tasks, self)
        self._counts: dict[str, int] = {}
        self.heading = label(_("Inbox"), _("Inbox"))
        self.heading.setFont(strokes.bold(self.font()))
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(_("Filter by name or intent (Ctrl+F)"))
        self.filter.setAccessibleName(_("Filter the inbox"))
        self.filter.setClearButtonEnabled(True)
        self.states = Choice(_("Show only one state"), 12)
        self.trays = Trays()
        self.older = label("", _("Tasks that are not in this list"), wrap=True)
        self.older.hide()
        self.none = label("", _("Why the list is empty"), wrap=True)
        self._reviewing = False
        self.none.hide()
        self.list = QListView()
        self.list.setModel(self.sieve)
        self.list.setItemDelegate(Drawn(self.tasks, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName(_("Tasks"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 4, 4)
        layout.setSpacing(6)
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        top.addWidget(self.states)
        layout.addLayout(top)
        for widget in (self.filter, self.trays, self.none, self.list, self.older):
            layout.addWidget(widget)
        layout.setStretchFactor(self.list, 1)
        self._count()
        self.filter.textChanged.connect(self._seek)
        self.states.currentIndexChanged.connect(self._keep)
        self.trays.chosen.connect(self._look_into)
        self.list.selectionModel().currentChanged.connect(self._choose)
        self._settled = QTimer(self, singleShot=True, interval=0)
        self._settled.timeout.connect(self._stand)

    def show_rows(self, rows: Sequence[TaskRow], total: int = 0) -> None:
        """`total` is how many tasks there are, with those that are not here."""
        older = total - len(rows)
        said = several("{n:,} older task: under Tasks (Alt+3)", "{n:,} older tasks: under Tasks (Alt+3)", older)
        self.older.setText(said if older > 0 else "")
        self.older.setVisible(total > len(rows))
        current = self.current()
        self.tasks.show(rows)
        self._count()
        self._hidden()
        if current and not self.current():
            self.choose(current)

    def leave_filter(self) -> None:
        """Let go of the words; without any, of the field."""
        if self.filter.text():
            self.filter.clear()
        else:
            self.list.setFocus()

    @Slot(str)
    def _seek(self, words: str) -> None:
        self.sieve.seek(words)
        self._settled.start()
        self._hidden()

    def _hidden(self) -> None:
        """Why a list is empty is said."""
        filtered = bool(self.filter.text().strip())
        self.none.setText(
            _("No task here fits these words. Esc lets go of them.")
            if filtered
            else _("Nothing waits for a decision. What the desk has worked comes here.")
        )
        self.none.setVisible((filtered or self._reviewing) and not self.sieve.rowCount())

    def current(self) -> str:
        """The current task's id, or an empty string."""
        row = self.list.currentIndex().data(ROW)
        return row.id if row is not None else ""

    def choose(self, task: str) -> None:
        """Make that task the current one; nothing happens when the filter hides it."""
        index = self.sieve.mapFromSource(self.tasks.index(self.tasks.position(task)))
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.list.selectionModel().setCurrentIndex(index, flags)
            self.list.scrollTo(index)

    def arrange(self, *, reviewing: bool) -> None:
        """Everything that came in; or only what waits for a person."""
        self.heading.setText(_("To review") if reviewing else _("Inbox"))
        for widget in (self.states, self.trays):
            widget.setHidden(reviewing)
        if reviewing:
            self.show_all()
        current = self.current()
        self._reviewing = reviewing
        self.sieve.keep_undecided(reviewing)
        self._settled.start()
        self._hidden()
        if current and self.current() != current:
            self.choose(current)
        if not self.current():
            self.step(1)

    def show_all(self) -> None:
        """Every tray and state; what is filtered by words stays so."""
        self.states.setCurrentIndex(0)
        self.trays.go("")

    def step(self, by: int) -> None:
        """The next or previous task."""
        row = max(0, min(self.sieve.rowCount() - 1, self.list.currentIndex().row() + by))
        index = self.sieve.index(row, 0)
        if index.isValid():
            self.list.setCurrentIndex(index)

    def next_undecided(self) -> str:
        """The next task below that waits for a person, else the first above it, else an empty string."""
        start, count = self.list.currentIndex().row(), self.sieve.rowCount()
        for number in (*range(start + 1, count), *range(max(0, start))):
            row: TaskRow = self.sieve.index(number, 0).data(ROW)
            if undecided(row):
                return row.id
        return ""

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        row = index.data(ROW)
        self._settled.start()
        if row is not None:
            self.chosen.emit(row.id)

    @Slot()
    def _stand(self) -> None:
        """Only when the list has done with the key or the press: rows may go now."""
        self.sieve.stand_at(self.current())
        self._hidden()

    @Slot(int)
    def _keep(self, _number: int) -> None:
        """One state: of everything, whichever tray was looked into."""
        state = self.states.currentData() or ""
        if state:
            self.trays.go("")
        self.sieve.keep(state)
        self._settled.start()

    @Slot(str)
    def _look_into(self, tray: str) -> None:
        if tray:
            self.states.setCurrentIndex(0)
        self.sieve.look_into(tray)
        self._settled.start()
        self.list.viewport().update()
        if tray and not self.current():
            self.step(1)

    def _count(self) -> None:
        self.trays.show_counts(self.tasks.trays())
        counts = dict(self.tasks.counts())
        if counts == self._counts and self.states.count():
            return
        self._counts, kept = counts, self.states.currentData() or ""
        self.states.blockSignals(True)
        self.states.clear()
        self.states.addItem(_("All ({values})").format(values=sum(counts.values())), "")
        for state, sign in STATES.items():
            if counts.get(state) or state == kept:
                self.states.addItem(f"{sign.word} ({counts.get(state, 0)})", state)
        self.states.setCurrentIndex(max(0, self.states.findData(kept)))
        self.states.blockSignals(False)


class Drawn(KeptRows):
    """Two lines a task: shape, name, score or number of requests; then state, intent, and what to look out for."""

    def __init__(self, tasks: Tasks, view: QListView) -> None:
        super().__init__(view)
        self._tasks = tasks

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, round(QFontMetricsF(option.font).height() * 2) + 16)

    def said(self, index: Index) -> Hashable:
        row: TaskRow = index.data(ROW)
        return row.name, score_of(row) or requests_of(row), row.decision, self._tasks.said(row)

    def draw(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: TaskRow = index.data(ROW)
        rect, font, palette = QRectF(option.rect), option.font, option.palette
        small = strokes.smaller(font)
        sign, rest = self._tasks.said(row)
        painter.save()
        paper = strokes.ground(painter, option)
        ink, quiet = tones.ink(sign.tone, palette, paper), tones.ink("quiet", palette, paper)
        tall = QFontMetricsF(font).height()
        left, right, top = rect.left() + 32, rect.right() - 8, rect.top() + 7
        strokes.shape(painter, QRectF(rect.left() + 11, top + (tall - 12) / 2, 12, 12), sign.shape, ink)
        score = score_of(row) or requests_of(row)
        room = QFontMetricsF(small).horizontalAdvance(score)
        name = QRectF(left, top, right - left - room - 6, tall)
        text = tones.ink("plain", palette, paper)
        strokes.words(painter, name, one_line(row.name), font if row.decision else strokes.bold(font), text,
                      elide=Qt.TextElideMode.ElideMiddle)  # fmt: skip
        strokes.words(painter, QRectF(right - room - 1, top, room + 1, tall), score, small, quiet)
        state = QFontMetricsF(small).horizontalAdvance(sign.word)
        below = top + tall + 2
        strokes.words(painter, QRectF(left, below, min(state + 2, right - left), tall), sign.word, small, ink)
        if rest:
            line = QRectF(left + state + 2, below, max(0.0, right - left - state - 2), tall)
            strokes.words(painter, line, f" · {rest}", small, quiet)
        painter.restore()
