"""The task log: every handoff, append-only and chained by hash, in `log.db`.

Whoever appends while nobody writes, writes: together with what others have handed in meanwhile (group commit),
with full synchronisation, and only then are all of them answered. What `append` has returned from survives a
power cut.

Each row's hash covers the row and the hash before it, so an edited, deleted, inserted or moved row is found;
`head` holds the last row's number and hash, which finds a cut tail, and with an exported checkpoint also one whose
head was cut with it. What a row says is salted and hashed first, once a task: when a task is erased
(`log_erase.py`), that hash stays in place of what it said, and the chain still verifies.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from app import log_file, log_rows
from app.cards_table import BEGINNING, CARD_COLUMNS, CardRow
from app.group_commit import GroupCommit
from app.log_file import Connection
from app.log_rows import GENESIS, sqlite
from app.query import Query, inbox
from engine.cards import Problem, TaskCard, Why
from engine.codec import build, parts
from engine.events import Handed

SALT = 16
"""Bytes of a task's salt."""
WAL_PAGES = 1000
"""Pages in the write-ahead log before they are moved into the file: 8 MB."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log's end at one moment: kept elsewhere, it proves later that nothing before it changed."""

    rows: int
    hash: str


@dataclass(slots=True)
class _Job:
    """What one `append` wants stored, and what came of it."""

    events: tuple[Handed, ...]
    bodies: tuple[str, ...]
    done: bool = False
    problem: Problem | None = None


class _Open(NamedTuple):
    """A task that is being worked: its number, its salt, its last handoff, and its line in the list."""

    number: int
    salt: bytes
    seq: int
    line: dict[str, Any]


class Log:
    """The log of one home, opened for writing. Exactly one process may hold it; its threads share it."""

    def __init__(self, path: Path) -> None:
        self._db = log_file.opened(path)
        self._writer = log_file.connect(path)
        log_rows.prepare(self._writer)
        self._writer.execute(f"pragma wal_autocheckpoint = {WAL_PAGES}")
        self._open: dict[str, _Open] = {}
        self._head: tuple[int, bytes] | None = None
        self._reading = threading.Lock()
        self._queue: GroupCommit[_Job] = GroupCommit(self._commit)
        self._closed = False
        try:
            self._self_test()
        except sqlite().DatabaseError as error:
            raise log_file.damaged(path, error) from error

    def append(self, *events: Handed) -> None:
        """Store handoffs, all or none. Returns when they are safe on disk.

        Raises Problem("twice") when a (card, seq) is there already, "gap" when one before it is
        missing, "unstorable", "log_full" or "closed".
        """
        try:
            job = _Job(events, tuple(map(log_rows.body, events)))
        except ValueError as cause:  # a number that is none
            raise Problem("unstorable", f"This can't be kept in the log: {cause}.") from cause
        if self._closed:
            raise _closed()
        self._queue.work(job)
        if not job.done:  # its writer was cut off by a bug, or by Ctrl+C
            job.problem = Problem("log_broken", "The log could not be written. Open the desk again.")
        if job.problem is not None:
            raise job.problem

    def close(self) -> None:
        """Store what waits, and end. Safe to repeat."""
        with self._queue.alone():
            if not self._closed:
                self._closed = True
                self._writer.close()
                self._db.close()

    def _commit(self, group: Sequence[_Job]) -> None:
        """All jobs in one transaction; if that fails, each by itself, so that one can't fail another."""
        try:
            if self._closed:
                raise _closed()
            self._store([pair for job in group for pair in zip(job.events, job.bodies, strict=True)])
        except Problem as problem:
            if len(group) > 1:
                for job in group:
                    self._commit([job])
                return
            group[0].problem = problem
        for job in group:
            job.done = True

    def _store(self, events: Sequence[tuple[Handed, str]]) -> None:
        error = sqlite()
        opened: dict[str, _Open] = {}
        stored = False
        try:
            self._insert(events, opened)
            stored = True
        except error.IntegrityError as cause:
            raise Problem("twice", f"This handoff is in the log already ({cause}).") from cause
        except (ValueError, OverflowError) as cause:  # half a surrogate pair, a number beyond 64 bits
            raise Problem("unstorable", f"This can't be kept in the log: {cause}.") from cause
        except error.DatabaseError as cause:
            raise log_file.failed(cause) from cause
        finally:
            if not stored:
                self._undo()
        for card, task in opened.items():
            if task.line["state"] == "queued":
                self._open[card] = task
            else:
                self._open.pop(card, None)

    def _undo(self) -> None:
        """What is remembered is read anew: who knows how far we came."""
        self._open.clear()
        self._head = None

    def _insert(self, events: Sequence[tuple[Handed, str]], opened: dict[str, _Open]) -> None:
        number, last = self._head or self._found_head()
        rows = []
        for event, body in events:
            number += 1
            task, salt = self._after(event, opened)
            last = log_rows.link(last, log_rows.digest(task.salt, number, task.number, event.seq, body))
            rows.append((number, task.number, event.seq, body, salt, last, *log_rows.values(task.line)))
        log_rows.insert(self._writer, rows)
        self._head = number, last

    def _found_head(self) -> tuple[int, bytes]:
        number, last = self._writer.execute("select rows, hash from head").fetchone()
        return number, bytes.fromhex(last)

    def _after(self, event: Handed, opened: dict[str, _Open]) -> tuple[_Open, bytes | None]:
        """The task as it is after that event, and the salt if it is the first row to have one."""
        before = opened.get(event.card) or self._open.get(event.card) or self._found(event)
        parts(event.changes)  # what can't be read again must not get in
        salt: bytes | None
        if before is None:
            build(TaskCard, event.changes.get("card"))
            salt = own = os.urandom(SALT)
            task = _Open(self._next_number(opened), own, event.seq, log_rows.line(BEGINNING, event))
        else:
            if event.seq != before.seq + 1:
                code = "twice" if event.seq <= before.seq else "gap"
                raise Problem(code, f"After handoff {before.seq} of task {event.card} comes no handoff {event.seq}.")
            salt = None if before.salt else os.urandom(SALT)
            line = log_rows.line(before.line, event)
            task = _Open(before.number, before.salt or salt or b"", event.seq, line)
        opened[event.card] = task
        return task, salt

    def _found(self, event: Handed) -> _Open | None:
        """A task that is in the log, but was not remembered."""
        row = self._writer.execute("select * from cards where id = ?", (event.card,)).fetchone()
        if row is None:
            if event.seq:
                raise Problem("gap", f"Task {event.card} is not in the log, so it has no handoff {event.seq}.")
            return None
        number, *values = row
        salts = "select salt from chain where task = ? and salt is not null order by seq limit 1"
        salt = self._writer.execute(salts, (number,)).fetchone()
        line = dict(zip(CARD_COLUMNS, values, strict=True))
        return _Open(number, salt[0] if salt else b"", line["updated"], line)

    def _next_number(self, opened: dict[str, _Open]) -> int:
        """Never one that an erased task had."""
        (most,) = self._writer.execute("select max(task) from chain").fetchone()
        return 1 + max(most or 0, *(task.number for task in opened.values()), 0)

    @contextmanager
    def _alone_reading(self) -> Iterator[None]:
        """Nobody else reads on this connection meanwhile. Raises Problem("closed"), or says why it can't be read."""
        with self._reading, log_file.reading():
            if self._closed:
                raise _closed()
            yield

    def history(self, card: str) -> list[Handed]:
        """A card's stored handoffs, in order."""
        with self._alone_reading():
            return history(self._db, card)

    def cards(self) -> list[CardRow]:
        """All cards, in the order in which they were opened."""
        with self._alone_reading():
            return cards(self._db)

    def cards_of(self, state: str) -> list[CardRow]:
        """The cards of one state, in the order in which they were opened."""
        with self._alone_reading():
            return cards(self._db, "where state = ?", [state])

    def find(self, query: Query, most: int, skipped: int) -> tuple[list[CardRow], int]:
        """The cards that fit, so many behind the first `skipped`, and how many fit in all."""
        with self._alone_reading():
            return query.found(self._db, most, skipped), query.count(self._db)

    def inbox(self, most: int, also: str) -> tuple[list[CardRow], int, int]:
        """What an inbox shows (`query.inbox`)."""
        with self._alone_reading():
            return inbox(self._db, most, also)

    def card(self, card: str) -> CardRow | None:
        """One card's row, or None when there is no such card."""
        with self._alone_reading():
            return next(iter(cards(self._db, "where id = ?", [card])), None)

    def of_content(self, sha256: str) -> list[CardRow]:
        """The cards opened for files with that content."""
        with self._alone_reading():
            return cards(self._db, "where sha256 = ?", [sha256])

    def decided(self, playbook: str, verbs: Sequence[str], but: str) -> list[tuple[str, int, str, str]]:
        """Tasks of a playbook, no copies, on which was decided so, but not by a handoff with that code: id, number of
        the last handoff, decision and label."""
        marks = ", ".join("?" * len(verbs))
        where = f"playbook = ? and decision in ({marks}) and code != ? and duplicate_of = ''"
        asked = f"select id, updated, decision, label from cards where {where} order by number"
        with self._alone_reading():
            return list(map(tuple, self._db.execute(asked, [playbook, *verbs, but])))

    def within(self, archive: str) -> list[CardRow]:
        """The cards of the files that came in that archive's task."""
        with self._alone_reading():
            return cards(self._db, "where within = ?", [archive])

    def of_family(self, task: str) -> list[CardRow]:
        """The copies of a task, and the cards of the files that came in it."""
        with self._alone_reading():
            return cards(self._db, "where duplicate_of = ? or within = ?", [task, task])

    def seal(self, task: str) -> bytes:
        """The hash of a task's first row, which nobody could know before and nothing changes; empty without a row."""
        with self._alone_reading():
            first = "select hash from chain where seq = 0 and task = (select number from cards where id = ?)"
            found = self._db.execute(first, (task,)).fetchone()
        return bytes(found[0]) if found else b""

    def mentions(self, words: str) -> bool:
        """Whether these words stand anywhere in the log."""
        with self._alone_reading():
            found = self._db.execute("select 1 from chain where instr(body, ?) limit 1", (words,)).fetchone()
        return found is not None

    def saying(self, words: str) -> list[CardRow]:
        """The cards in whose handoffs these words stand, in the order in which they were opened."""
        with self._alone_reading():
            return cards(self._db, "where number in (select task from chain where instr(body, ?))", [words])

    def erase(self, tasks: Sequence[str], by: str) -> int:
        """Destroy what these tasks' rows say, and tell of it in a row of the log's own. Returns how many rows.

        Nothing of it stays in the file or beside it. Raises Problem("log_full"): erased or not, it can be repeated.
        """
        try:
            with self._alone():
                return self._erase(tasks, by)
        except sqlite().DatabaseError as cause:
            said = f"The tasks can't be erased to the end ({cause}). Free some disk space and erase them again."
            raise Problem("log_full", said) from cause

    def scrub(self) -> None:
        """Leave nothing of what was erased in the file or beside it: after an `erase` that could not end.

        Raises Problem("log_full").
        """
        try:
            with self._alone():
                self._writer.execute("pragma secure_delete = on")
                self._scrub()
        except sqlite().DatabaseError as cause:
            raise log_file.failed(cause) from cause

    def note(self, code: str, facts: dict[str, Any]) -> None:
        """Keep something about the log's own doings in the chain, unless its last word on that was the same."""
        with self._alone():
            said = self._writer.execute("select body from chain where task = 0 order by seq desc").fetchall()
            last = next((body for (body,) in said if log_rows.event("", 0, body).why.code == code), None)
            if last is not None and log_rows.event("", 0, last).changes == facts:
                return
            try:
                self._writer.execute("begin immediate")
                self._say(Why("desk", "log", "Noted.", code=code), facts)
                self._writer.execute("commit")
            except sqlite().DatabaseError as cause:
                raise log_file.failed(cause) from cause

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else writes meanwhile; what was begun and not ended is undone."""
        with self._queue.alone():
            try:
                yield
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("rollback")
                self._undo()

    def _say(self, why: Why, facts: dict[str, Any]) -> None:
        """Add a row of the log's own, within a transaction."""
        run = self._writer.execute
        (seq,) = run("select coalesce(max(seq), -1) + 1 from chain where task = 0").fetchone()
        number, last = self._found_head()
        body, salt = log_rows.body(Handed("", seq, why, facts)), os.urandom(SALT) if seq == 0 else None
        own = salt or run("select salt from chain where task = 0 and seq = 0").fetchone()[0]
        last = log_rows.link(last, log_rows.digest(own, number + 1, 0, seq, body))
        run("insert into chain values (?, 0, ?, ?, ?, ?)", (number + 1, seq, body, salt, last))
        run("update head set rows = ?, hash = ?", (number + 1, last.hex()))

    def _erase(self, tasks: Sequence[str], by: str) -> int:
        from app import log_erase

        run = self._writer.execute
        run("pragma secure_delete = on")
        run("begin immediate")
        marks = ", ".join("?" * len(tasks))
        numbers = [number for (number,) in run(f"select number from cards where id in ({marks})", list(tasks))]
        rows = log_erase.empty(self._writer, numbers)
        if numbers:
            self._say(*log_erase.record(numbers, rows, by))
        run("commit")
        self._scrub()
        return rows

    def _scrub(self) -> None:
        with self._reading:  # what was freed before may hold words as well
            self._writer.execute("vacuum")
            self._writer.execute("pragma wal_checkpoint(truncate)")

    def _self_test(self) -> None:
        """Write, read back, undo: a log that silently does not write must not be found out later."""
        self._writer.execute("begin immediate")
        self._writer.execute("update head set rows = rows + 1")
        again = self._writer.execute("update head set rows = rows - 1 returning rows").fetchone()
        self._writer.execute("rollback")
        if again is None:
            raise Problem("log_broken", "The log does not keep what is written to it. Check the disk.")


def read(path: Path) -> Connection:
    """The log opened for reading only, while another process may write it. Raises Problem("no_log")."""
    if not path.exists():
        raise Problem("no_log", "There is no log yet: nothing has been triaged in this home.")
    try:
        db = log_file.connect(path)
        db.execute("pragma query_only = on")
        version, begun = log_file.version(db), db.execute("select 1 from sqlite_master where name = 'cards'").fetchone()
    except sqlite().DatabaseError as error:
        raise log_file.damaged(path, error) from error
    if not begun:
        raise Problem("no_log", "There is no log yet: nothing has been triaged in this home.")
    if version != log_file.VERSION:
        raise Problem("old_log", "Another Baton wrote this log. Open the desk with this one, to bring it up to date.")
    return db


def history(db: Connection, card: str) -> list[Handed]:
    """A card's stored handoffs, in order; empty when there is no such card."""
    row = db.execute("select number from cards where id = ?", (card,)).fetchone()
    return log_rows.of_task(db, card, row[0])[0] if row else []


def stored(db: Connection, card: str) -> list[tuple[Handed, str]]:
    """A card's handoffs in order, each with the time at which it was stored (ISO, UTC)."""
    times = db.execute(
        "select json_extract(body, '$[0]') from chain "
        "where task = (select number from cards where id = ?) order by seq",
        (card,),
    )
    return list(zip(history(db, card), (at for (at,) in times), strict=True))


def worked_with(db: Connection, card: str) -> dict[str, Any] | None:
    """What was noted of models and playbooks when that card was opened, or None."""
    from app.circumstances import CODE

    rows = db.execute(
        "select body from chain where task = 0 and id < (select min(id) from chain where task = "
        "(select number from cards where id = ?)) order by seq desc",
        (card,),
    )
    notes = (log_rows.event("", 0, body) for (body,) in rows)
    return next((note.changes for note in notes if note.why.code == CODE), None)


def cards(db: Connection, where: str = "", values: Sequence[Any] = ()) -> list[CardRow]:
    """Rows of the card table, in the order in which they were opened."""
    rows = db.execute(f"select {', '.join(CARD_COLUMNS)} from cards {where} order by number", list(values))
    return [log_rows.card(row) for row in rows]


def verify(db: Connection, checkpoint: Checkpoint | None = None) -> Iterator[str]:
    """What is wrong with the log, one sentence each; nothing when it is whole.

    It looks at one moment of the log, while another process may write on.
    """
    from app.log_verify import faults

    known = (checkpoint.rows, checkpoint.hash) if checkpoint else None
    return faults(db, known)


def salvaged(db: Connection) -> Iterator[tuple[Handed, bool]]:
    """Every handoff that can still be read, also from a damaged log, and whether the chain proves it."""
    from app.log_verify import salvaged

    return salvaged(db)


def checkpoint(db: Connection) -> Checkpoint:
    """The log's end now."""
    rows, last = db.execute("select rows, hash from head").fetchone() or (0, GENESIS)
    return Checkpoint(rows, last)


def _closed() -> Problem:
    return Problem("closed", "The desk is closed. Open it again first.")
