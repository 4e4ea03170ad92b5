"""Shows the documents of a collection, and what can be done with them: add, remove, tune."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QSortFilterProxyModel, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QHeaderView,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.language import _, several
from ui.collection_cards import Collection
from ui.confirm import Confirm
from ui.empty import Empty
from ui.flow import Flow
from ui.rows import Row, RowList
from ui.table import Table
from ui.tasks import Index
from ui.words import Sign, isolated, label, one_line, plain_tip

COLUMNS = (_("Document"), _("Kind"), _("Language"), _("Date"), _("Pages"), _("Passages"))
_KEYS = ("name", "kind", "language", "date", "pages", "chunks")
_NUMBERS = (4, 5)
_SORT = int(Qt.ItemDataRole.UserRole)
_NOTES = 96
"""Pixels of what could not be added; more of it is scrolled."""
_SOME_NAMES = 3
_DROP = _("Drop files or folders here, or choose them. They are read and kept on this computer.")


class Held(QAbstractTableModel):
    """The documents as the library lists them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Mapping[str, Any]] = []

    def show(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if list(rows) != self.rows:
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, side: Qt.Orientation, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if side != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section in _NUMBERS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        row, key = self.rows[index.row()], _KEYS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                value = row.get(key)
                return f"{value:,}" if isinstance(value, int) else one_line(str(value or "")) or "—"
            case Qt.ItemDataRole.ToolTipRole:
                names = ", ".join(row["names"])
                return plain_tip(
                    "\n".join(
                        part for part in (names, row["title"], _("Added {added}").format(added=row["added"])) if part
                    )
                )
            case Qt.ItemDataRole.TextAlignmentRole if index.column() in _NUMBERS:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            case _:
                return row.get(key) if role == _SORT else None


class Holdings(QWidget):
    files_wished = Signal()
    folder_wished = Signal()
    stop_wished = Signal()
    removed = Signal(object)
    """A person agreed that these documents go, by name."""
    dropped_whole = Signal()
    """A person agreed that the whole collection goes."""
    tune_wished = Signal()
    tuned_back = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._collection: Collection | None = None
        self.held = Held(self)
        self.sieve = QSortFilterProxyModel(self)
        self.sieve.setSourceModel(self.held)
        self.sieve.setSortRole(_SORT)
        self.sieve.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.table = _table(self.sieve)
        self.files, self.folder = QPushButton(_("Add files…")), QPushButton(_("Add folder…"))
        self.stop = QPushButton(_("Stop"))
        self.stop.setAccessibleName(_("Stop what is done to this collection"))
        self.remove, self.drop = QPushButton(_("Remove")), QPushButton(_("Remove collection"))
        self.remove.setToolTip(_("Take the chosen documents out (Del)"))
        self.tune, self.back = QPushButton(_("Tune…")), QPushButton(_("Take tuning back"))
        self.tune.setToolTip(_('Learn from a .jsonl file of {"query","ids"} what answers what'))
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(_("Filter by name"))
        self.filter.setAccessibleName(_("Filter the documents"))
        self.filter.setClearButtonEnabled(True)
        stays = self.filter.sizePolicy()
        stays.setRetainSizeWhenHidden(True)
        self.filter.setSizePolicy(stays)
        self.said = label("", _("What was last done"), wrap=True)
        self.notes = RowList(_("What could not be added"))
        self.confirm = Confirm()
        self.empty = Empty("", "", (_("Add files…"), _("Add folder…")))
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.empty)
        bar = Flow()
        bar.addWidget(self.filter)
        for button in (self.files, self.folder, self.stop, self.tune, self.back, self.remove, self.drop):
            button.setAutoDefault(False)
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(bar)
        for widget in (self.confirm, self.said, self.notes):
            layout.addWidget(widget)
        layout.addWidget(self.stack, 1)
        self._connect()
        self.show_said("")
        self.show_notes([])
        self.show_collection(None)

    def show_collection(self, collection: Collection | None, *, at_work: str = "") -> None:
        """What can be done with it now; `at_work` names the collection to which something is added, or for which
        something is learned: one at a time."""
        if (collection and collection.name) != (self._collection and self._collection.name):
            self.confirm.leave()
            self.held.show([])
        self._collection = collection
        there, full = collection is not None, bool(collection and collection.documents)
        busy = bool(collection and collection.name == at_work)
        for button in (self.files, self.folder):
            button.setEnabled(there and not at_work)
        self.stop.setVisible(busy)
        self.tune.setEnabled(full and not at_work)
        self.back.setVisible(bool(collection and collection.tuned))
        self.drop.setEnabled(there and not busy)
        self.filter.setVisible(full)
        if collection and not full:
            name = isolated(collection.name)
            if busy:
                self.empty.say(
                    _("Adding to {name}…").format(name=name),
                    _("What is added is found at once, and listed here at the end."),
                )
            else:
                self.empty.say(_("Nothing in {name} yet").format(name=name), _DROP)
        for button in self.empty.buttons:
            button.setHidden(bool(at_work) or collection is None)
        if full and not self.held.rows:
            self.empty.say(_("Asking for the documents…"), "")
            for button in self.empty.buttons:
                button.hide()
        self.stack.setCurrentWidget(self.table if self.held.rows else self.empty)
        self._picked()

    def show_documents(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.held.show(rows)
        if rows or (self._collection and self._collection.documents):
            self.stack.setCurrentWidget(self.table)
        self._picked()

    def show_said(self, text: str) -> None:
        """What the last wish came to."""
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def show_notes(self, refused: Sequence[tuple[str, str]]) -> None:
        """Files that could not be added, each with the reason."""
        sign = Sign(_("Not added"), "cross", "danger")
        self.notes.show_rows([Row(reason, sign, one_line(file)) for file, reason in refused])
        self.notes.setVisible(bool(refused))
        self.notes.setFixedHeight(max(1, self.notes.tall(_NOTES)))

    def chosen(self) -> list[str]:
        """The names of the chosen documents."""
        rows = self.table.selectionModel().selectedRows()
        return [str(self.held.rows[self.sieve.mapToSource(index).row()]["name"]) for index in rows]

    def _connect(self) -> None:
        self.files.clicked.connect(self.files_wished)
        self.empty.first.connect(self.files_wished)
        self.folder.clicked.connect(self.folder_wished)
        self.empty.second.connect(self.folder_wished)
        self.stop.clicked.connect(self.stop_wished)
        self.tune.clicked.connect(self.tune_wished)
        self.back.clicked.connect(self._ask_back)
        self.remove.clicked.connect(self._ask_remove)
        self.drop.clicked.connect(self._ask_drop)
        self.filter.textChanged.connect(self.sieve.setFilterFixedString)
        self.table.selectionModel().selectionChanged.connect(self._picked)
        delete = QAction(self)
        delete.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        delete.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        delete.triggered.connect(self._ask_remove)
        self.table.addAction(delete)

    @Slot()
    def _picked(self) -> None:
        self.remove.setEnabled(self.table.selectionModel().hasSelection())

    @Slot()
    def _ask_remove(self) -> None:
        names, held = self.chosen(), self._collection
        if not names or held is None:
            return
        some = ", ".join(map(isolated, names[:_SOME_NAMES]))
        more = (
            several(" and {n:,} other", " and {n:,} others", len(names) - _SOME_NAMES)
            if len(names) > _SOME_NAMES
            else ""
        )
        again = _comes_again(held) if held.used_by else ""
        sentence = _("Take {some}{more} out of {name}? Searches no longer find what they say.{again}").format(
            some=some, more=more, name=isolated(held.name), again=again
        )
        self.confirm.ask(sentence, _("Remove"), lambda: self.removed.emit(tuple(names)))

    @Slot()
    def _ask_drop(self) -> None:
        held = self._collection
        if held is None:
            return
        learned = _(", and what was learned for it") if held.tuned else ""
        again = _comes_again(held) if held.used_by else ""
        sentence = several(
            "Remove {name} with {n:,} document{learned}?{again}", "Remove {name} with {n:,} documents{learned}?{again}",
            held.documents, name=isolated(held.name), learned=learned, again=again,
        )  # fmt: skip
        self.confirm.ask(sentence, _("Remove"), self.dropped_whole.emit)

    @Slot()
    def _ask_back(self) -> None:
        held = self._collection
        if held is not None:
            sentence = _("Take the last tuning of {name} back? What served before it serves again.").format(
                name=isolated(held.name)
            )
            self.confirm.ask(sentence, _("Take back"), self.tuned_back.emit)


def _comes_again(held: Collection) -> str:
    books = ", ".join(map(isolated, held.used_by[:_SOME_NAMES]))
    return _(" What its playbooks name ({books}) comes in again with the next task.").format(books=books)


def _table(model: QSortFilterProxyModel) -> Table:
    table = Table(model, _("Documents of the collection"))
    table.setSortingEnabled(True)
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column, width in enumerate((90, 90, 110, 80, 90), 1):
        header.resizeSection(column, width)
    return table
