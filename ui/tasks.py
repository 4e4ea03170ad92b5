"""Holds the inbox's rows for its list: which there are, and which pass the filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Slot,
)

from ui.words import count, isolated, one_line, plain_tip, sign_of, state_of, title

if TYPE_CHECKING:
    from app.desk import TaskRow

Index = QModelIndex | QPersistentModelIndex
ROW = int(Qt.ItemDataRole.UserRole)


class Tasks(QAbstractListModel):
    """The tasks in the order they came."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[TaskRow] = []
        self.titles: dict[str, str] = {}

    def show(self, rows: Sequence[TaskRow]) -> None:
        """Take the new rows; only what differs is drawn again."""
        same = [row.id for row in rows[: len(self._rows)]] == [row.id for row in self._rows]
        if not same:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        old = self._rows
        differ = [n for n, row in enumerate(old) if row != rows[n]]
        self._rows = list(rows[: len(old)])
        if differ:
            self.dataChanged.emit(self.index(differ[0]), self.index(differ[-1]))
        if len(rows) > len(old):
            self.beginInsertRows(QModelIndex(), len(old), len(rows) - 1)
            self._rows = list(rows)
            self.endInsertRows()

    def rename(self, titles: dict[str, str]) -> None:
        """Learn what the playbook calls its intents."""
        self.titles.update(titles)
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def row(self, task: str) -> TaskRow | None:
        return next((row for row in self._rows if row.id == task), None)

    def position(self, task: str) -> int:
        return next((n for n, row in enumerate(self._rows) if row.id == task), -1)

    def counts(self) -> Counter[str]:
        return Counter(state_of(row) for row in self._rows)

    def intent(self, row: TaskRow) -> str:
        return self.titles.get(row.label, title(row.label)) if row.label else ""

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.name
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip("\n".join(part for part in (row.name, row.source, row.reason) if part))
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(part for part in (one_line(row.name), sign_of(row).word, self.intent(row)) if part)
            case _:
                return row if role == ROW else None


class Sieve(QSortFilterProxyModel):
    """Lets through the tasks in one state whose name, intent or reason holds the words."""

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks, self._words, self._state = tasks, "", ""
        self.setSourceModel(tasks)

    @Slot(str)
    def seek(self, words: str) -> None:
        self.beginFilterChange()
        self._words = words.casefold().strip()
        self.endFilterChange()

    def keep(self, state: str) -> None:
        self.beginFilterChange()
        self._state = state
        self.endFilterChange()

    def filterAcceptsRow(self, number: int, parent: Index) -> bool:
        row: TaskRow = self._tasks.index(number).data(ROW)
        if self._state and state_of(row) != self._state:
            return False
        text = f"{row.name} {self._tasks.intent(row)} {row.reason} {sign_of(row).word}".casefold()
        return self._words in text


def summary(row: TaskRow, intent: str) -> str:
    """The second line of a row, after its state."""
    parts = [count(row.flags, "warning")] if row.flags else []
    if row.duplicate_of:
        parts.append("duplicate")
    if intent:
        parts.append(intent)
    return " · ".join(isolated(part) for part in parts)
