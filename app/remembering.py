"""Keeps the memory of earlier cases up to date with the log that it is made of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import log, log_file, log_rows
from app.log_rows import sqlite
from engine import playbook
from engine.cards import Handoff, Problem, TaskCard
from engine.events import fold
from engine.memory import AUTOMATIC, DECIDED, FILE, Book, Case, Key, Memory, Pair, Seen
from engine.playbook import Playbook

Keys = Mapping[str, tuple[str, ...]]
"""The keys of each playbook that has some."""
BATCH = 500
"""Rows of the log that are taken in at once: a memory that is made anew may be cut off, and goes on from there."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another case of the same customer, order or sender; `shared` are the keys, and where that one says them."""

    case: Case
    shared: tuple[Key, ...]


class Remembering:
    """Takes in what the log has, before anyone draws on it. Several processes may: what one took in, others skip."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._memory = Memory(home)
        self._alone = threading.Lock()
        self._seen: Seen | None = None
        self._held: Any = None

    def catch_up(self, going_on: Callable[[], bool] = lambda: True) -> Memory:
        """The memory with all that is in the log now; less only when it was told not to go on.

        Raises Problem("memory_full") when it can't be written, Problem("memory_unreadable") when it can't be opened,
        and what says why the log can't be read.
        """
        with self._alone, _opening(self._home / FILE):
            db = log.read(self._home / "log.db")
            try:
                behind = not self._is_up_to_date(db)
                while behind and going_on():
                    behind = self._take_some(db)
            finally:
                db.close()
            if self._held is None and self._seen is not None:
                self._held = self._memory.held()
        return self._memory

    def close(self) -> None:
        with self._alone:
            if self._held is not None:
                self._held.close()
                self._held = None

    def _is_up_to_date(self, db: Any) -> bool:
        """By what was seen last, without opening the memory: nothing new is the usual case."""
        with log_file.reading():
            end, seen = log.checkpoint(db), self._seen
        if seen is None or not (self._home / FILE).exists():
            return False
        return (seen.row, seen.hash, seen.keys) == (end.rows, end.hash, _keys(self._all_books(), seen.keys))

    def _take_some(self, db: Any) -> bool:
        """Take in what comes next; returns whether there may be more."""
        books = self._all_books()
        with self._memory.writing() as book:
            seen = book.seen()
            keys = _keys(books, seen.keys)
            if not _same_log(db, seen):
                book.forget_all()
                seen = Seen()
            rows = _rows_after(db, seen.row)
            for _, task, seq, body, _ in rows:
                if task == 0 and body is not None:
                    _heed(log_rows.event("", seq, body).changes, book)
            numbers = {task for _, task, *_ in rows if task}
            changed = [name for name in {**seen.keys, **keys} if seen.keys.get(name) != keys.get(name)]
            numbers |= _of_playbooks(db, changed, seen.row)
            for number in sorted(numbers):
                self._take(db, number, keys, books, book)
            end = (rows[-1][0], bytes(rows[-1][4]).hex()) if rows else (seen.row, seen.hash)
            self._seen = Seen(end[0], end[1], keys)
            book.mark(self._seen)
        return len(rows) == BATCH

    def _take(
        self,
        db: Any,
        number: int,
        keys: Mapping[str, tuple[str, ...]],
        books: Mapping[str, Playbook | None],
        book: Book,
    ) -> None:
        """A task as it is now; nothing of one that is gone, a copy, unread, or that can't be read from the log."""
        with log_file.reading():
            row = db.execute("select id from cards where number = ?", (number,)).fetchone()
        if row is None:
            book.forget_numbers([number])
            return
        try:
            with log_file.reading():
                state = fold(log.history(db, row[0]))
        except Problem as problem:
            if problem.code == "log_unreadable":
                raise  # it may be read later
            return  # `baton log verify` says what is wrong there
        if state.card.duplicate_of or not any(not document.code for document in state.documents):
            book.forget_numbers([number])
            return
        name = state.card.playbook
        book.take(remembered(state, number, keys.get(name, ()), books.get(name)))

    def _all_books(self) -> dict[str, Playbook | None]:
        """The playbooks as they are now; None for one that is broken."""
        return {name: _sound(self._home, name) for name in playbook.playbooks(self._home)}


def _sound(home: Path, name: str) -> Playbook | None:
    try:
        return playbook.find(home, name)
    except (OSError, Problem):
        return None


def related(memory: Memory, card: TaskCard) -> list[Related]:
    """The other cases that share a key with a task, oldest first. A copy's are those of its original, and that one."""
    found = memory.related(card.duplicate_of or card.id, other=card.id)
    return [Related(case, tuple(key for key in case.keys if key.name in names)) for case, names in found]


def remembered(state: Handoff, number: int, keys: Sequence[str], book: Playbook | None) -> Case:
    """What is kept of a task: facts, the values of its keys, and what its approved text teaches."""
    card, decision = state.card, state.decision
    label = (state.route.label if state.route else None) or ""
    verb, by, at = (decision.verb, decision.by, decision.at) if decision else ("", "", "")
    found = tuple(
        Key(one.name, one.value, one.place.document, one.place.page, one.place.start, one.place.end, one.place.box)
        for one in state.fields
        if one.name in keys
    )
    pairs: tuple[Pair, ...] = ()
    if verb in DECIDED and by != AUTOMATIC and book is not None:
        from engine.approved import taught

        pairs = taught(state, book.thresholds.support)
    return Case(
        card.id, number, card.playbook, card.sha256, card.opened, label, state.ending or "", verb, by, at, found, pairs
    )


def _keys(books: Mapping[str, Playbook | None], before: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The keys of each playbook that has some; of one that is broken now, those that it had."""
    found = {name: book.memory.keys if book else before.get(name, ()) for name, book in books.items()}
    return {name: keys for name, keys in found.items() if keys}


@contextmanager
def _opening(memory: Path) -> Iterator[None]:
    """What SQLite says of a memory that can't be opened is a Problem here."""
    said = "What is known of earlier cases can't be read"
    if memory.exists() and not memory.is_file():
        raise Problem("memory_unreadable", f"{said}: {memory.name} is no file. Take it out of the home folder.")
    try:
        yield
    except sqlite().DatabaseError as error:
        raise Problem("memory_unreadable", f"{said} ({error}). Check the disk, or delete {memory.name}.") from error


def _same_log(db: Any, seen: Seen) -> bool:
    """Whether the log still has the row that was taken in last: it may have been put back from an older copy."""
    if not seen.row:
        return True
    with log_file.reading():
        row = db.execute("select hash from chain where id = ?", (seen.row,)).fetchone()
    return row is not None and bytes(row[0]).hex() == seen.hash


def _rows_after(db: Any, row: int) -> list[Any]:
    """The rows of the log that come next."""
    asked = "select id, task, seq, body, hash from chain where id > ? order by id limit ?"
    with log_file.reading():
        return list(db.execute(asked, (row, BATCH)).fetchall())


def _heed(changes: Mapping[str, Any], book: Book) -> None:
    """What the log says of its own doings: what was erased is forgotten."""
    if erased := changes.get("erased"):
        book.forget_numbers(erased)


def _of_playbooks(db: Any, names: Sequence[str], upto: int) -> set[int]:
    """The tasks of these playbooks that were taken in before, with other keys."""
    if not names or not upto:
        return set()
    query = "select number from cards where playbook = ?"
    with log_file.reading():
        return {number for name in names for (number,) in db.execute(query, (name,)).fetchall()}
