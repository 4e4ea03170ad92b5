"""The task log: every handoff, append-only and chained by hash, in `log.db`.

One thread writes. What is waiting is committed together (group commit) with full synchronisation,
and only then acknowledged: what `append` has returned from survives a power cut.
Each row's hash covers all its columns and the row before, so an edited, deleted, inserted or moved
row is found; `head` holds the last row's number and hash, which finds a cut tail, and with an
exported checkpoint also one whose head was cut with it.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cards_table import CardRow, card_row
from engine.cards import Handoff, Problem, Why, build
from engine.events import Handed, fold

if TYPE_CHECKING:
    from sqlite_utils import Database

GENESIS = "0" * 64
COLUMNS = (
    "id", "card", "seq", "at", "sender", "receiver", "reason", "score", "threshold", "code",
    "seconds", "tokens_in", "tokens_out", "model", "changes", "hash",
)  # fmt: skip
CARD_COLUMNS = tuple(CardRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log's end at one moment: kept elsewhere, it proves later that nothing before it changed."""

    rows: int
    hash: str


class Log:
    """The log of one home, opened for writing. Exactly one process may hold it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = _open(path)
        self._work: queue.SimpleQueue[tuple[tuple[Handed, ...], Future[None]] | None] = queue.SimpleQueue()
        self._states: dict[str, Handoff] = {}
        self._reading = threading.Lock()
        self._gate = threading.Lock()
        self._closed = False
        self._self_test()
        self._writer = threading.Thread(target=self._write, name="log-writer", daemon=True)
        self._writer.start()

    def append(self, *events: Handed) -> None:
        """Store handoffs, all or none. Returns when they are safe on disk.

        Raises Problem("twice") when a (card, seq) is there already, "gap" when one before it is
        missing, "unstorable", "log_full" or "closed".
        """
        done: Future[None] = Future()
        with self._gate:
            if self._closed:
                raise Problem("closed", "The desk is closed. Open it again first.")
            self._work.put((events, done))
        done.result()

    def close(self) -> None:
        with self._gate:
            self._closed = True
            self._work.put(None)
        self._writer.join()
        self._db.close()

    def _write(self) -> None:
        db = _connect(self._path)
        try:
            while (job := self._work.get()) is not None:
                jobs = [job]
                while not self._work.empty():
                    waiting = self._work.get()
                    if waiting is None:
                        self._commit(db, jobs)
                        return
                    jobs.append(waiting)
                self._commit(db, jobs)
        finally:
            db.close()
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """Nobody may wait for a writer that has ended, however it ended."""
        with self._gate:
            self._closed = True
            while not self._work.empty():
                job = self._work.get()
                if job is not None:
                    job[1].set_exception(Problem("closed", "The log is closed. Open the desk again."))

    def _commit(self, db: Database, jobs: list[tuple[tuple[Handed, ...], Future[None]]]) -> None:
        """All jobs in one transaction; if that fails, each by itself, so that one can't fail another."""
        try:
            self._store(db, [event for events, _ in jobs for event in events])
            for _, done in jobs:
                done.set_result(None)
        except Problem as problem:
            if len(jobs) == 1:
                jobs[0][1].set_exception(problem)
                return
            for job in jobs:
                self._commit(db, [job])
        finally:
            for _, done in jobs:
                if not done.done():  # a bug is on its way to the excepthook
                    done.set_exception(Problem("log_broken", "The log could not be written. Open the desk again."))

    def _store(self, db: Database, events: Sequence[Handed]) -> None:
        states: dict[str, Handoff] = {}
        error = _errors()
        try:
            with db.atomic():
                number, last = db.execute("select rows, hash from head").fetchone()
                for event in events:
                    number += 1
                    state = self._after(db, event, states)
                    last = _insert(db, number, last, event)
                    _upsert(db, card_row(state))
                db.execute("update head set rows = ?, hash = ?", [number, last])
        except error.IntegrityError as cause:
            raise Problem("twice", f"This handoff is in the log already ({cause}).") from cause
        except (ValueError, OverflowError) as cause:  # half a surrogate pair, a number beyond 64 bits
            raise Problem("unstorable", f"This can't be kept in the log: {cause}.") from cause
        except (error.OperationalError, error.DatabaseError) as cause:
            raise Problem(
                "log_full", f"The log can't be written ({cause}). Free some disk space; nothing was lost."
            ) from cause
        self._states |= states
        for card in [card for card, state in states.items() if state.ending is not None]:
            del self._states[card]

    def _after(self, db: Database, event: Handed, states: dict[str, Handoff]) -> Handoff:
        before = states.get(event.card) or self._states.get(event.card)
        if before is None and event.seq > 0:
            before = fold(history(db, event.card))
        if before is not None and event.seq != before.seq + 1:
            code = "twice" if event.seq <= before.seq else "gap"
            raise Problem(code, f"After handoff {before.seq} of task {event.card} comes no handoff {event.seq}.")
        state = fold([event]) if before is None else _applied(before, event)
        states[event.card] = state
        return state

    def history(self, card: str) -> list[Handed]:
        """A card's stored handoffs, in order."""
        with self._reading:
            return history(self._db, card)

    def cards(self) -> list[CardRow]:
        """All cards, in the order in which they were opened."""
        with self._reading:
            return cards(self._db)

    def card(self, card: str) -> CardRow | None:
        """One card's row, or None when there is no such card."""
        with self._reading:
            return next(iter(cards(self._db, "where id = ?", [card])), None)

    def of_content(self, sha256: str) -> list[CardRow]:
        """The cards opened for files with that content."""
        with self._reading:
            return cards(self._db, "where sha256 = ?", [sha256])

    def within(self, archive: str) -> list[CardRow]:
        """The cards of the files that came in that archive's task."""
        with self._reading:
            return cards(self._db, "where within = ?", [archive])

    def _self_test(self) -> None:
        """Write, read back, undo: a log that silently does not write must not be found out later."""
        self._db.execute("begin")
        self._db.execute("update head set rows = rows + 1")
        again = self._db.execute("update head set rows = rows - 1 returning rows").fetchone()
        self._db.execute("rollback")
        if again is None:
            raise Problem("log_broken", "The log does not keep what is written to it. Check the disk.")


def read(path: Path) -> Database:
    """The log opened for reading only, while another process may write it. Raises Problem("no_log")."""
    if not path.exists():
        raise Problem("no_log", "There is no log yet: nothing has been triaged in this home.")
    try:
        db = _connect(path)
        begun = db["handoffs"].exists()
    except _errors().DatabaseError as error:
        raise _damaged(path, error) from error
    if not begun:
        raise Problem("no_log", "There is no log yet: nothing has been triaged in this home.")
    return db


def history(db: Database, card: str) -> list[Handed]:
    """A card's stored handoffs, in order; empty when there is no such card."""
    rows = db.query("select * from handoffs where card = ? order by seq", [card])
    return [_event(row) for row in rows]


def cards(db: Database, where: str = "", values: Sequence[Any] = ()) -> list[CardRow]:
    """Rows of the card table, in the order in which they were opened."""
    rows = db.query(f"select {', '.join(CARD_COLUMNS)} from cards {where} order by rowid", list(values))
    return [build(CardRow, row) for row in rows]


def verify(db: Database, checkpoint: Checkpoint | None = None) -> Iterator[str]:
    """What is wrong with the log, one sentence each; nothing when it is whole.

    It looks at one moment of the log, while another process may write on.
    """
    db.execute("begin")
    try:
        yield from _faults(db, checkpoint)
    finally:
        db.execute("rollback")


def _faults(db: Database, checkpoint: Checkpoint | None) -> Iterator[str]:
    last, number, at_checkpoint = GENESIS, 0, None
    states: dict[str, Handoff] = {}
    for row in db.query("select * from handoffs order by id"):
        number += 1
        if row["id"] != number:
            yield f"Row {number} is missing: the next one is {row['id']}."
            number = row["id"]
        if not _fits(last, row):
            which = f"Row {row['id']} (task {row['card']}, handoff {row['seq']})"
            yield f"{which} was changed, or a row before it was put in or taken out."
        last = row["hash"]
        if checkpoint and row["id"] == checkpoint.rows:
            at_checkpoint = last
        yield from _fold_row(row, states)
    head = db.execute("select rows, hash from head").fetchone()
    if head is None or (head[0], head[1]) != (number, last):
        said = head[0] if head else "nothing"
        yield f"The log ends at row {number}, but its head says {said}: rows at the end were added or removed."
    if checkpoint and checkpoint.rows and at_checkpoint != checkpoint.hash:
        yield f"The log does not agree with the checkpoint of {checkpoint.rows} rows."
    yield from _projection(db, states)


def checkpoint(db: Database) -> Checkpoint:
    rows, last = db.execute("select rows, hash from head").fetchone() or (0, GENESIS)
    return Checkpoint(rows, last)


def _fold_row(row: Mapping[str, Any], states: dict[str, Handoff]) -> Iterator[str]:
    """Keep each card's state, and say when a row does not follow from the one before."""
    try:
        event = _event(row)
        before = states.get(event.card)
        if event.seq != (0 if before is None else before.seq + 1):
            yield f"Task {event.card} goes from handoff {before.seq if before else 'nothing'} to {event.seq}."
        states[event.card] = fold([event]) if before is None else _applied(before, event)
    except (Problem, LookupError, ValueError, TypeError, AttributeError) as error:
        yield f"Row {row['id']} can't be read: {error}."


def _projection(db: Database, states: Mapping[str, Handoff]) -> Iterator[str]:
    """The card table is derived: each of its rows must say what the handoffs say."""
    shown: dict[str, CardRow | None] = {}
    for line in db.query(f"select {', '.join(CARD_COLUMNS)} from cards"):
        try:
            shown[line["id"]] = build(CardRow, line)
        except Problem:
            shown[line["id"]] = None
    for card in shown.keys() - states.keys():
        yield f"Task {card} is listed, but has no handoffs."
    for card, state in states.items():
        if card not in shown:
            yield f"Task {card} has handoffs, but is not listed."
        elif card_row(state) != shown[card]:
            yield f"The list says otherwise than the handoffs about task {card}."


def _applied(before: Handoff, event: Handed) -> Handoff:
    from engine.cards import changed

    return changed(before, event.why, event.seq, event.changes)


def _insert(db: Database, number: int, last: str, event: Handed) -> str:
    why = event.why
    row = dict(
        zip(
            COLUMNS,
            (number, event.card, event.seq, _now(), why.sender, why.receiver, why.reason, why.score, why.threshold,
             why.code, why.seconds, why.tokens_in, why.tokens_out, why.model, _json(event.changes), ""),
            strict=True,
        )
    )  # fmt: skip
    row["hash"] = _hash(last, row)
    marks = ", ".join("?" * len(COLUMNS))
    db.execute(f"insert into handoffs ({', '.join(COLUMNS)}) values ({marks})", [row[name] for name in COLUMNS])
    return str(row["hash"])


def _upsert(db: Database, row: CardRow) -> None:
    values = [getattr(row, name) for name in CARD_COLUMNS]
    updates = ", ".join(f"{name} = excluded.{name}" for name in CARD_COLUMNS if name != "id")
    marks = ", ".join("?" * len(values))
    db.execute(
        f"insert into cards ({', '.join(CARD_COLUMNS)}) values ({marks}) on conflict (id) do update set {updates}",
        values,
    )


def _hash(last: str, row: Mapping[str, Any]) -> str:
    body = _json([last, *(row[name] for name in COLUMNS if name != "hash")])
    return hashlib.sha256(body.encode()).hexdigest()


def _fits(last: str, row: Mapping[str, Any]) -> bool:
    """Whether a row's hash is that of its values and the row before."""
    try:
        return bool(_hash(last, row) == row["hash"])
    except (TypeError, ValueError):  # a value of a kind that we never write
        return False


def _event(row: Mapping[str, Any]) -> Handed:
    why = Why(
        row["sender"], row["receiver"], row["reason"], row["score"], row["threshold"], row["code"],
        row["seconds"], row["tokens_in"], row["tokens_out"], row["model"],
    )  # fmt: skip
    return Handed(row["card"], row["seq"], why, json.loads(row["changes"]))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def _errors() -> Any:
    from sqlite_utils.utils import sqlite3

    return sqlite3


def _connect(path: Path) -> Database:
    from sqlite_utils import Database

    connection = _errors().connect(str(path), check_same_thread=False, timeout=10)
    db = Database(connection)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute("pragma fullfsync = on")
    db.execute("pragma checkpoint_fullfsync = on")
    return db


def _open(path: Path) -> Database:
    from app.log_migrations import MIGRATIONS

    refuse_bad_sqlite()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        db = _connect(path)
        MIGRATIONS.apply(db)
    except _errors().DatabaseError as error:
        raise _damaged(path, error) from error
    return db


def _damaged(path: Path, error: Exception) -> Problem:
    return Problem("log_damaged", f"The log {path.name} can't be opened: {error}. Put a backup in its place.")


def refuse_bad_sqlite() -> None:
    """SQLite 3.7.0 to 3.51.2 can corrupt a WAL database (sqlite.org/wal.html, the WAL-reset bug)."""
    version = _errors().sqlite_version_info
    if (3, 7, 0) <= version < (3, 51, 3) and version not in ((3, 44, 6), (3, 50, 7)):
        found = ".".join(map(str, version))
        raise Problem("bad_sqlite", f"SQLite {found} can damage the log. Install pysqlite3 0.6.1 or newer.")
