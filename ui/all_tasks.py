"""All tasks there ever were: found by a query, sorted, and decided on together."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
)

from app.language import _, several
from engine.cards import Problem
from ui import strokes, tones
from ui.elided import Choice
from ui.empty import Empty
from ui.flow import Flow
from ui.rooms import Room
from ui.table import Table
from ui.tasks import ROW, Index
from ui.together import Together
from ui.words import STATES, intent_of, label, one_line, plain_tip, push_button, score_of, sign_of
from ui.worker import Lane

if TYPE_CHECKING:
    from app.task_rows import TaskRow

PAGE = 200
"""Tasks asked for at once; more come when a person scrolls to them."""
NAMES = 0.22
"""Share of the table's width that the documents' names have at least."""
MOST_MADE = 2_000
"""Rows whose cells are kept as texts."""
SOON_MS = 250
"""After the last letter that was typed; and after something happened."""
COLUMNS = (
    _("Document"), _("Status"), _("Playbook"), _("Intent"), _("Score"), _("Warnings"), _("Came in"), _("Reason"),
)  # fmt: skip
CHIPS = (
    (_("Needs a person"), "status:undecided"),
    (_("Least sure first"), "sort:score"),
    (_("Warnings"), "warnings:>0"),
    (_("Quarantine"), "status:quarantined"),
    (_("Duplicates"), "is:duplicate"),
    (_("Failed"), "status:failed"),
)
"""What is asked for often, in one press. Of two with the same key only one holds."""
Answer = tuple[list["TaskRow"], int]


class Found(QAbstractTableModel):
    """The tasks that were found, page by page."""

    more = Signal()
    """A person has come to the last one that is here."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[TaskRow] = []
        self.total = 0
        self.bold, self.quiet = QFont(), QColor()
        self._made: dict[str, tuple[TaskRow, tuple[str, ...]]] = {}

    def show(self, rows: Sequence[TaskRow], total: int) -> None:
        """Other tasks, or the same ones as they are now."""
        same = [row.id for row in rows] == [row.id for row in self.rows]
        if same:
            self.rows, self.total = list(rows), total
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self.rows, self.total = list(rows), total
        self.endResetModel()

    def add(self, rows: Sequence[TaskRow], total: int) -> None:
        known = {row.id for row in self.rows}
        new = [row for row in rows if row.id not in known]
        self.total = total
        if new:
            self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows) + len(new) - 1)
            self.rows += new
            self.endInsertRows()

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and len(self.rows) < self.total

    def fetchMore(self, parent: Index) -> None:
        self.more.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, side: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and side == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._texts(row)[index.column()]
        match role:
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip("\n".join(part for part in (row.name, row.source, row.id, row.reason) if part))
            case Qt.ItemDataRole.FontRole:
                return self.bold if not index.column() and not row.decision else None
            case Qt.ItemDataRole.ForegroundRole:
                return self.quiet if index.column() > 1 else None
            case _:
                return row if role == ROW else None

    def _texts(self, row: TaskRow) -> tuple[str, ...]:
        """The row's cells; made once, since each is asked for with every frame."""
        known = self._made.get(row.id)
        if known is None or known[0] is not row:
            if len(self._made) > MOST_MADE:
                self._made.clear()
            known = self._made[row.id] = row, _cells(row)
        return known[1]


def _cells(row: TaskRow) -> tuple[str, ...]:
    warnings = str(row.flags) if row.flags else ""
    said = sign_of(row).word, one_line(row.playbook), intent_of(row, {}), score_of(row), warnings
    return one_line(row.name), *said, _when(row.opened), one_line(row.reason)


def _when(opened: str) -> str:
    """A UTC time as the clock here shows it."""
    try:
        return datetime.datetime.fromisoformat(opened).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return ""


class AllTasks(Room):
    def __init__(self, quick: Lane, slow: Lane) -> None:
        super().__init__(quick, slow)
        self._asked = ""
        self.query = QLineEdit()
        self.query.setPlaceholderText(
            _("Names, intents and reasons; or intent:refund  status:undecided  score:<0.7  created:>2026-11-01")
        )
        self.query.setAccessibleName(_("Find tasks"))
        self.query.setClearButtonEnabled(True)
        self.query.setToolTip(
            _(
                "Words are looked for in names and folders of files, intents, reasons and task numbers: not in what a "
                "document says, nor in fields that were found in it.\n"
                "Keys: intent: playbook: code: task: status: score: warnings: created: is: sort:\n"
                "A minus before a term means: not that. All terms must hold."
            )
        )
        self.views = Choice(_("Saved views"), 17)
        self.name = QLineEdit()
        self.name.setPlaceholderText(_("Name of this view"))
        self.name.setAccessibleName(_("Name under which this query is saved"))
        self.name.setMaxLength(60)
        self.name.setMaximumWidth(180)
        self.save, self.forget = (
            push_button(_("Save"), _("Save this query under that name"), _("Save this query")),
            push_button(_("Remove"), _("Forget this view"), _("Remove this view")),
        )
        self.chips = [_chip(words, term) for words, term in CHIPS]
        self.fault = label("", _("What is wrong with the query"), wrap=True)
        self.fault.hide()
        self.count = label("", _("How many tasks were found"))
        self.found = Found(self)
        self.table = _table(self.found)
        self.none = Empty(
            _("No tasks yet"), _("Each file that comes in becomes a task, and stays here with all that was done.")
        )
        self.missed = Empty(_("No task fits"), _("All terms of the query must hold."), (_("Show all tasks"),))
        self.stack = QStackedWidget()
        for widget in (self.table, self.none, self.missed):
            self.stack.addWidget(widget)
        self.together = Together(slow)
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        top, below, chips = QHBoxLayout(), QHBoxLayout(), Flow()
        for widget, share in ((self.query, 1), (self.views, 0), (self.name, 0), (self.save, 0), (self.forget, 0)):
            top.addWidget(widget, share)
        for chip in self.chips:
            chips.addWidget(chip)
        below.addLayout(chips, 1)
        below.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 6)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addLayout(below)
        layout.addWidget(self.fault)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.together)

    def _connect(self) -> None:
        self.query.textChanged.connect(self._typed)
        self.query.returnPressed.connect(self.ask)
        self._soon.timeout.connect(self.ask)
        self.found.more.connect(self._more)
        self.views.activated.connect(self._view)
        self.save.clicked.connect(self._save)
        self.name.returnPressed.connect(self._save)
        self.forget.clicked.connect(self._forget)
        for chip in self.chips:
            chip.toggled.connect(partial(self._toggle, chip.toolTip()))
        self.table.activated.connect(self._open)
        self.table.selectionModel().selectionChanged.connect(self._select)
        self.found.modelReset.connect(self._select)
        self.together.done.connect(self.ask)
        self.missed.first.connect(self.query.clear)

    def enter(self) -> None:
        self.together.desk = self.desk
        self.query.setFocus()
        self.ask()
        if desk := self.desk:
            self.quick.ask(desk.views, self._take_views, self._refused)

    def seek(self) -> None:
        self.query.setFocus()

    def changed(self) -> None:
        """Something happened at the desk: look again, but not at each event."""
        if not self._soon.isActive():
            self._soon.start()

    # What is asked.

    @Slot()
    def ask(self) -> None:
        """The tasks that the query finds, as many as are shown already."""
        desk, words, most = self.desk, self.query.text(), max(PAGE, len(self.found.rows))
        self._soon.stop()
        if desk is None:
            return
        if words != self._asked:
            most = PAGE
        self._asked = words
        self.quick.ask(lambda: desk.find(words, most), lambda answer: self._take(words, answer), self._refused)

    @Slot()
    def _more(self) -> None:
        desk, words, here = self.desk, self._asked, len(self.found.rows)
        if desk:
            self.quick.ask(lambda: desk.find(words, PAGE, here), lambda answer: self._add(words, here, answer))

    def _take(self, words: str, answer: Answer) -> None:
        if words != self._asked:
            return
        self._say("")
        kept = self._chosen()
        self.found.show(*answer)
        self._choose_again(kept)
        self._select()  # the same tasks, perhaps in another state: what can be done with them is another thing
        self._counted()

    def _add(self, words: str, here: int, answer: Answer) -> None:
        if words == self._asked and here == len(self.found.rows):
            self.found.add(*answer)
            self._counted()

    def _refused(self, problem: Problem) -> None:
        self._say(problem.sentence)

    def _say(self, sentence: str) -> None:
        self.fault.setText(sentence)
        self.fault.setVisible(bool(sentence))
        tones.write(self.fault, "danger")

    def _counted(self) -> None:
        here, total = len(self.found.rows), self.found.total
        self.stack.setCurrentWidget(self.table if total else self.missed if self._asked.strip() else self.none)
        self.count.setText(
            several("{n:,} task", "{n:,} tasks", total)
            if here == total
            else several("{here:,} of {n:,} task", "{here:,} of {n:,} tasks", total, here=here)
        )

    # The query's parts.

    @Slot(str)
    def _typed(self, words: str) -> None:
        terms = words.split()
        for chip in self.chips:
            chip.blockSignals(True)
            chip.setChecked(chip.toolTip() in terms)
            chip.blockSignals(False)
        self._soon.start()

    def _toggle(self, term: str, on: bool) -> None:
        key = term.partition(":")[0]
        kept = [other for other in self.query.text().split() if other.partition(":")[0] != key]
        self.query.setText(" ".join([*kept, term] if on else kept))
        self.ask()

    def _take_views(self, views: dict[str, str]) -> None:
        chosen = self.views.currentText()
        self.views.clear()
        self.views.addItem(_("Saved views"), "")
        for name, words in views.items():
            self.views.addItem(one_line(name, 60), words)
        self.views.setCurrentIndex(max(0, self.views.findText(chosen)))
        self.views.setEnabled(self.views.count() > 1)
        self.forget.setEnabled(self.views.currentIndex() > 0)

    @Slot(int)
    def _view(self, number: int) -> None:
        self.forget.setEnabled(number > 0)
        if number > 0:
            self.name.setText(self.views.currentText())
            self.query.setText(self.views.currentData())
            self.ask()

    def leave(self) -> None:
        self.together.leave()

    @Slot()
    def _save(self) -> None:
        if self.query.text().strip():
            self._keep(self.name.text(), self.query.text())
        else:
            self._say(_("There is no query to save yet: type one, or press one of the buttons below it."))

    @Slot()
    def _forget(self) -> None:
        self._keep(self.views.currentText(), "")

    def _keep(self, name: str, words: str) -> None:
        desk = self.desk
        if desk is None:
            return
        self.quick.ask(lambda: desk.keep_view(name, words), lambda views: self._kept(name, views), self._refused)

    def _kept(self, name: str, views: dict[str, str]) -> None:
        self._say("")
        self._take_views(views)
        self.views.setCurrentIndex(max(0, self.views.findText(" ".join(name.split()))))
        self.forget.setEnabled(self.views.currentIndex() > 0)

    # What is chosen.

    def _chosen(self) -> list[TaskRow]:
        return [self.found.rows[index.row()] for index in self.table.selectionModel().selectedRows()]

    def _choose_again(self, rows: Sequence[TaskRow]) -> None:
        """After other rows have come: those that were chosen before, where they still are."""
        ids = {row.id for row in rows}
        if not ids or {row.id for row in self._chosen()} == ids:
            return
        selection = self.table.selectionModel()
        for number, row in enumerate(self.found.rows):
            if row.id in ids:
                selection.select(
                    self.found.index(number, 0), selection.SelectionFlag.Select | selection.SelectionFlag.Rows
                )

    @Slot()
    def _select(self, *_changed: object) -> None:
        self.together.show_rows(self._chosen())

    @Slot(QModelIndex)
    def _open(self, index: Index) -> None:
        if index.isValid():
            self.opened.emit(self.found.rows[index.row()].id)


def _chip(words: str, term: str) -> QToolButton:
    chip = QToolButton()
    chip.setText(words)
    chip.setToolTip(term)
    chip.setAccessibleName(f"{words}: {term}")
    chip.setCheckable(True)
    return chip


def _table(model: Found) -> Table:
    table = _Names(model, _("Tasks that were found"))
    table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    table.setItemDelegateForColumn(1, _Status(table))
    table.setMouseTracking(True)
    header = table.horizontalHeader()
    metrics = QFontMetricsF(table.font())
    status = max((sign.word for sign in STATES.values()), key=len)
    widths = ("a-long-name-of-a-document.pdf", f"{status}  ", "front-desk  ", "Delivery of a parcel", "0.00  ",
              f"{COLUMNS[5]} ", "2026-11-30 12:00 ", "")  # fmt: skip
    for number, words in enumerate(widths):
        table.setColumnWidth(number, round(metrics.horizontalAdvance(words)) + 26)
    header.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
    return table


class _Names(Table):
    """Gives the documents' names their share of the width, and the model its quiet ink and bold letters."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.setColumnWidth(0, max(self.columnWidth(0), round(event.size().width() * NAMES)))

    def tint(self) -> None:
        super().tint()
        model = self.model()
        if isinstance(model, Found):
            model.bold, model.quiet = strokes.bold(self.font()), tones.ink("quiet", self.palette())


class _Status(QStyledItemDelegate):
    """The status in its shape and colour. All other cells are drawn by Qt itself, which is many times faster."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: TaskRow = index.data(ROW)
        rect, palette = QRectF(option.rect), option.palette
        painter.save()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        paper = palette.color(QPalette.ColorRole.Highlight if selected else QPalette.ColorRole.Base)
        if selected:
            painter.fillRect(option.rect, paper)
        strokes.sided(painter, rect, option.direction)
        sign = sign_of(row)
        ink = tones.ink(sign.tone, palette, paper)
        strokes.shape(painter, QRectF(rect.left() + 4, rect.center().y() - 5.5, 11, 11), sign.shape, ink)
        strokes.words(painter, rect.adjusted(22, 0, -6, 0), sign.word, option.font, ink)
        painter.restore()
