"""Holds the inbox's rows for its list: which there are, and which pass the filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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

from app.language import _, several
from engine.events import LAST_WORDS, Event, Handed, Progressed, Started
from ui.titles import Titles
from ui.words import CODES, Sign, intent_of, isolated, one_line, plain_tip, shortened, sign_of, state_of

if TYPE_CHECKING:
    from app.task_rows import TaskRow

Index = QModelIndex | QPersistentModelIndex
ROW = int(Qt.ItemDataRole.UserRole)


class Tasks(QAbstractListModel):
    """The tasks in the order they came."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[TaskRow] = []
        self._places: dict[str, int] = {}
        self._pages: dict[str, tuple[int, int]] = {}
        self._agents: dict[str, str] = {}
        self._titles = Titles()
        self.tray = ""
        """The tray that is looked into: there, rows say what it is about."""

    def show(self, rows: Sequence[TaskRow]) -> None:
        """Take the new rows; only what differs is drawn again."""
        if gone := self._gone(rows):
            self.beginRemoveRows(QModelIndex(), 0, gone - 1)
            self._take(self._rows[gone:])
            self.endRemoveRows()
        old = self._rows
        if len(rows) < len(old) or any(one.id != other.id for one, other in zip(old, rows, strict=False)):
            self.beginResetModel()
            self._take(rows)
            self.endResetModel()
            return
        differ = [n for n, row in enumerate(old) if row != rows[n]]
        self._take(rows[: len(old)])
        self._draw_again(differ)
        if len(rows) > len(old):
            self.beginInsertRows(QModelIndex(), len(old), len(rows) - 1)
            self._take(rows)
            self.endInsertRows()

    def _gone(self, rows: Sequence[TaskRow]) -> int:
        """How many of the oldest made room for new ones; 0 where more than that has changed."""
        first = self._places.get(rows[0].id, 0) if rows else 0
        same = all(one.id == other.id for one, other in zip(self._rows[first:], rows, strict=False))
        return first if same and len(self._rows) - first <= len(rows) else 0

    def follow(self, events: Iterable[Event]) -> bool:
        """Keep to the page that each file is read at. True when a task is read of which the rows don't say so yet."""
        touched: set[int] = set()
        fresh = False
        for event in events:
            place = self._places.get(event.card, -1)
            match event:
                case Started(card, agent):
                    self._agents[card] = agent
                    self._pages.pop(card, None)
                case Progressed(card, _, done, total) if self._agents.get(card, "reader") == "reader":
                    self._pages[card] = (done, total)
                    fresh |= place >= 0 and self._rows[place].state != "running"
                case _ if isinstance(event, (Handed, *LAST_WORDS)):
                    self._agents.pop(event.card, None)
                    self._pages.pop(event.card, None)
                case _:
                    continue
            if place >= 0:
                touched.add(place)
        self._draw_again(sorted(touched))
        return fresh

    def _take(self, rows: Sequence[TaskRow]) -> None:
        self._rows = list(rows)
        self._places = {row.id: n for n, row in enumerate(rows)}

    def _draw_again(self, places: Sequence[int]) -> None:
        """One signal for each run of neighbours: the filter looks at every row that a signal names."""
        first = 0
        for n, place in enumerate(places):
            if n + 1 == len(places) or places[n + 1] != place + 1:
                self.dataChanged.emit(self.index(places[first]), self.index(place))
                first = n + 1

    def rename(self, playbook: str, titles: Mapping[str, str]) -> None:
        """Learn what that playbook calls its intents."""
        self._titles.learn(playbook, titles)
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    def row(self, task: str) -> TaskRow | None:
        place = self.position(task)
        return self._rows[place] if place >= 0 else None

    def position(self, task: str) -> int:
        return self._places.get(task, -1)

    def ids(self) -> frozenset[str]:
        return frozenset(self._places)

    def newest(self, most: int) -> list[TaskRow]:
        """At most so many, the newest first."""
        return self._rows[: -most - 1 : -1]

    def counts(self) -> Counter[str]:
        return Counter(state_of(row) for row in self._rows)

    def trays(self) -> dict[str, int]:
        """How many rows are in each tray."""
        found = {"": len(self._rows)}
        for key in ("review", "quarantine", "duplicates"):
            found[key] = sum(in_tray(row, key) for row in self._rows)
        return found

    def copy_of(self, row: TaskRow) -> str:
        """Which task it is a copy of: its name, or, where that is not among the rows, its id; "" = it is none."""
        first = self.row(row.duplicate_of)
        return isolated(first.name if first else row.duplicate_of) if row.duplicate_of else ""

    def undecided(self) -> int:
        """How many wait for a person."""
        return sum(map(undecided, self._rows))

    def intent(self, row: TaskRow) -> str:
        return intent_of(row, self._titles.of(row.playbook))

    def said(self, row: TaskRow) -> tuple[Sign, str]:
        """The second line of a row: its state, and what is to be said of it."""
        sign = sign_of(row)
        if row.state == "running" and row.id in self._pages:
            return Sign(_("Reading"), sign.shape, sign.tone), page_of(*self._pages[row.id])
        if self.tray == "duplicates" and row.duplicate_of:
            return Sign(_("Copy of"), sign.shape, sign.tone), self.copy_of(row)
        return sign, summary(row, self.intent(row))

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
                copied = _("Copy of {name}").format(name=self.copy_of(row)) if row.duplicate_of else ""
                return plain_tip("\n".join(part for part in (row.name, row.source, copied, row.reason) if part))
            case Qt.ItemDataRole.AccessibleTextRole:
                sign, rest = self.said(row)
                state = sign_of(row).word if self.tray == "duplicates" and row.duplicate_of else ""
                return ", ".join(part for part in (one_line(row.name), sign.word, rest, state) if part)
            case _:
                return row if role == ROW else None


class Sieve(QSortFilterProxyModel):
    """Lets through the tasks in one state whose name, intent or reason holds the words.

    The task that a person stands at stays, whatever becomes of it, until it is decided on or they go elsewhere: one
    that is worked again, because they said what it is, must not go from under their eyes, nor the next come there.
    """

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks, self._words, self._state, self._tray = tasks, "", "", ""
        self._undecided = False
        self._here = ""
        self.setSourceModel(tasks)

    def stand_at(self, task: str) -> None:
        """A person stands at that task now."""
        left = self._tasks.row(self._here) if self._here != task else None
        self._here = task
        if left and not self._fits(left):
            self.beginFilterChange()
            self.endFilterChange()

    @Slot(str)
    def seek(self, words: str) -> None:
        self.beginFilterChange()
        self._here = ""
        self._words = words.casefold().strip()
        self.endFilterChange()

    def keep(self, state: str) -> None:
        self.beginFilterChange()
        self._here = ""
        self._state = state
        self.endFilterChange()

    def look_into(self, tray: str) -> None:
        """Only what is in that tray; "" = everything."""
        self.beginFilterChange()
        self._here = ""
        self._tray = self._tasks.tray = tray
        self.endFilterChange()

    def keep_undecided(self, only: bool) -> None:
        """Only what waits for a person, or everything."""
        self.beginFilterChange()
        self._here = ""
        self._undecided = only
        self.endFilterChange()

    def filterAcceptsRow(self, number: int, parent: Index) -> bool:
        row: TaskRow = self._tasks.index(number).data(ROW)
        return (row.id == self._here and not row.decision) or self._fits(row)

    def _fits(self, row: TaskRow) -> bool:
        if self._undecided and not undecided(row):
            return False
        if self._tray and not in_tray(row, self._tray):
            return False
        if self._state and state_of(row) != self._state:
            return False
        text = f"{row.name} {self._tasks.intent(row)} {row.reason} {sign_of(row).word} {why(row)}".casefold()
        return self._words in text


def undecided(row: TaskRow) -> bool:
    """Whether it waits for a person."""
    return not row.decision and row.state in ("finished", "review")


def in_tray(row: TaskRow, key: str) -> bool:
    """Whether it belongs into the tray of that key (`trays.TRAYS`)."""
    match key:
        case "review":
            return undecided(row)
        case "quarantine":
            return row.state == "quarantined" and row.decision in ("", "skipped")
        case "duplicates":
            return bool(row.duplicate_of)
    return True


def summary(row: TaskRow, intent: str) -> str:
    """What is to be said of a task after its state."""
    parts = [several("{n:,} warning", "{n:,} warnings", row.flags)] if row.flags else []
    if row.duplicate_of:
        parts.append(_("duplicate"))
    if intent or why(row):
        parts.append(intent or why(row))
    return " · ".join(isolated(part) for part in parts)


def why(row: TaskRow) -> str:
    """Why a file is in quarantine, in a few words."""
    return CODES.get(row.code) or shortened(row.reason, 60) if row.state == "quarantined" else ""


def page_of(page: int, pages: int) -> str:
    """How far a file is read; nothing before its first page."""
    if not page:
        return ""
    return (
        _("page {page:,} of {pages:,}").format(page=page, pages=pages)
        if pages
        else _("page {page:,}").format(page=page)
    )
