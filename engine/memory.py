"""Remembers earlier cases: who wrote before about what, what came of it, and which approved sentences may teach.

`memory.db` is made of the log and can be deleted: the application makes it again (`app/remembering.py`). It holds facts
with their sources, never a transcript: of a document nothing but the values of the playbook's keys, each with the place
it was read from; of an approved text nothing but what `approved.py` lets through.

An agent is told what was known when its task was opened, of cases that were decided by then. So the same task is
told the same, whatever else is worked or decided meanwhile, and however often its engine is killed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Box, Problem

if TYPE_CHECKING:
    from sqlite_utils import Database

FILE = "memory.db"
VERSION = 1
"""The migrations that a memory has had."""
DECIDED = ("approved", "edited", "rejected")
"""What makes a case a fact. One that was skipped, or waits in the inbox, is shown to people only."""
AUTOMATIC = "automatic"
"""Who decides where no person does. Such an approval is a fact, and teaches nothing."""
TOLD = ("task", "date", "intent", "outcome", "same")
"""What an agent is told of an earlier case."""
LONGEST_KEY = 200
"""Characters of a value that cases are found by; a longer one is none."""
MOST_PAIRS, LOOKED_THROUGH = 48, 1000
"""Policy sentences among whose approved ones an example is looked for, and the newest approved ones that name them."""
WAIT = 10.0
"""Seconds to wait for another process that writes."""

Connection = Any
"""An open database of that library, which ships no types."""


@dataclass(frozen=True, slots=True)
class Key:
    """A value that cases are found by, and where it was read: document (its hash), page (from 1), span, box."""

    name: str
    value: str
    document: str
    page: int
    start: int
    end: int
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A policy sentence, and the sentence that a person approved for it in that task."""

    quote: str
    sentence: str
    task: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A task that was read, as it is remembered.

    `number` is its number in the log. `opened` and `at` (of the decision) are ISO times in UTC; `verb` and `by` say
    what was decided and by whom, and are empty before.
    """

    task: str
    number: int
    playbook: str
    sha256: str
    opened: str
    label: str
    state: str
    verb: str = ""
    by: str = ""
    at: str = ""
    keys: tuple[Key, ...] = ()
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """How far the log was taken in: its last row, that row's hash (hex), and each playbook's keys at the time."""

    row: int = 0
    hash: str = ""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def outcome(case: Case) -> str:
    """What became of a case, in words for people."""
    if case.verb in DECIDED:
        return "approved automatically" if case.by == AUTOMATIC else case.verb
    return case.verb or case.state or "open"


def same(value: str) -> str:
    """A value as it is compared: whatever its case and its spaces."""
    return " ".join(value.split()).casefold()


class Memory:
    """What one home remembers. Each question opens the file anew: it may be made again at any time."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def earlier(
        self, playbook: str, wanted: Mapping[str, str], before: str, most: int
    ) -> tuple[list[tuple[Case, tuple[str, ...]]], int]:
        """Cases that share one of these values, newest first, each with the keys it shares; and how many there are.

        Decided before that time (ISO, UTC), and so never the task that asks. At most `most` are told.
        """
        with self._reading() as db:
            if db is None or not wanted:
                return [], 0
            found = _sharing(db, playbook, [(name, same(value)) for name, value in wanted.items()])
            known = [
                (case, names) for case, names in found if case.verb in DECIDED and case.at < before
            ]  # fmt: skip
        known.sort(key=lambda pair: (pair[0].opened, pair[0].number), reverse=True)
        return known[:most], len(known)

    def related(self, task: str, other: str) -> list[tuple[Case, tuple[str, ...]]]:
        """The cases that share a key with that task, decided or not, but for `other`; oldest first; for people."""
        with self._reading() as db:
            own = _case(db, task) if db is not None else None
            if db is None or own is None:
                return []
            found = _sharing(db, own.playbook, [(key.name, same(key.value)) for key in own.keys])
        return sorted(
            (pair for pair in found if pair[0].task != other), key=lambda pair: (pair[0].opened, pair[0].number)
        )

    def approved(self, playbook: str, quote: str, before: str, labels: Collection[str]) -> Pair | None:
        """The sentence that was last approved for this policy sentence, before that time, for one of these intents."""
        with self._reading() as db:
            if db is None:
                return None
            rows = db.execute(
                "select quote, sentence, task, label from pairs where playbook = ? and same = ? and at < ? "
                "order by at desc, task desc, place",
                (playbook, same(quote), before),
            )
            return next((Pair(*row) for row in rows if row[3] in labels), None)

    def pairs(self, playbook: str, before: str, labels: Collection[str]) -> list[Pair]:
        """What was last approved for each policy sentence before that time, for one of these intents; newest first."""
        newest: dict[str, Pair] = {}
        with self._reading() as db:
            if db is None:
                return []
            rows = db.execute(
                "select quote, sentence, task, label from pairs where playbook = ? and at < ? "
                "order by at desc, task desc, place limit ?",
                (playbook, before, LOOKED_THROUGH),
            )
            for row in rows:
                if row[3] in labels and len(newest) < MOST_PAIRS:
                    newest.setdefault(same(row[0]), Pair(*row))
        return list(newest.values())

    def held(self) -> Connection:
        """A connection that does nothing. While it is open, SQLite does not tidy up after every writer."""
        db = _connect(self._path)
        db.execute("select count(*) from seen").fetchone()
        return db

    @contextmanager
    def writing(self) -> Iterator[Book]:
        """The memory, to be changed in one transaction, by one process at a time.

        Raises Problem("memory_full"), or Problem("memory_damaged"): then it is gone, and will be made again.
        """
        db = None
        try:
            db = self._opened()
            db.execute("begin immediate")
            book = Book(db)
            yield book
            db.execute("commit")
            if book.forgot:
                _leave_no_trace(db)
        except sqlite().OperationalError as error:
            said = f"What is known of earlier cases can't be written ({error}). Free some disk space, and resume."
            raise Problem("memory_full", said) from error
        except sqlite().DatabaseError as error:
            raise self._lost(error) from error
        finally:
            if db is not None:
                db.close()

    def forget(self, tasks: Sequence[str]) -> None:
        """Destroy what is known of these tasks: nothing of it stays in the file or beside it."""
        if self._path.exists():
            with self.writing() as book:
                book.forget(tasks)

    def copy(self, target: Memory, before: str) -> None:
        """Give another home what was known before that time, for a log of its own."""
        if not self._path.exists():
            return
        db, copy = _connect(self._path), target._opened()
        try:
            db.backup(copy)
            copy.execute("delete from cases where not (verb != '' and at < ?)", (before,))
            copy.execute("update cases set number = -number")
            copy.execute("update seen set row = 0, hash = ''")
        finally:
            db.close()
            copy.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        """None where nothing is remembered, or by another version: it is derived, and will be made again.

        Raises Problem("memory_damaged"), or Problem("memory_unreadable") where it can't be read right now.
        """
        if not self._path.is_file():
            yield None
            return
        db = _connect(self._path)
        try:
            db.execute("pragma query_only = on")
            sound = _version(db) == VERSION
        except sqlite().DatabaseError:
            sound = False
        try:
            yield db if sound else None
        except sqlite().OperationalError as error:
            said = f"What is known of earlier cases can't be read ({error}). Check the disk, and resume the task."
            raise Problem("memory_unreadable", said) from error
        except sqlite().DatabaseError as error:
            raise self._lost(error) from error
        finally:
            db.close()

    def _lost(self, error: Exception) -> Problem:
        """It is derived: what is damaged goes, and the desk makes it again from the log."""
        self._remove()
        said = f"What was known of earlier cases was damaged ({error}). It is made again from the log: resume the task."
        return Problem("memory_damaged", said)

    def _remove(self) -> None:
        for path in self._path.parent.glob(f"{FILE}*"):
            path.unlink(missing_ok=True)

    def _opened(self) -> Connection:
        """With the tables of today; what is damaged, or newer than we are, is made anew."""
        db = _connect(self._path)
        try:
            version = _version(db)
        except sqlite().OperationalError:
            db.close()
            raise
        except sqlite().DatabaseError:
            version = VERSION + 1
        if version > VERSION:
            db.close()
            self._remove()
            db = _connect(self._path)
            version = 0
        if version != VERSION:
            _make(db)
        for pragma in ("journal_mode = wal", "synchronous = normal", "secure_delete = on", "foreign_keys = on"):
            db.execute(f"pragma {pragma}")
        return db


class Book:
    """One transaction on the memory."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self.forgot = False

    def seen(self) -> Seen:
        row, last, keys = self._db.execute("select row, hash, keys from seen").fetchone()
        return Seen(row, last, {name: tuple(names) for name, names in json.loads(keys).items()})

    def take(self, case: Case) -> None:
        """Remember a case as it is now."""
        self._db.execute("delete from cases where task = ?", (case.task,))
        values = (
            case.task, case.number, case.playbook, case.sha256, case.opened, case.label, case.state, case.verb, case.by,
            case.at,
        )  # fmt: skip
        self._db.execute("insert into cases values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        for key in case.keys:
            if len(key.value) <= LONGEST_KEY:
                box = json.dumps(key.box)
                self._db.execute(
                    "insert into keys values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (case.task, key.name, same(key.value), key.value, key.document, key.page, key.start, key.end, box),
                )
        for place, pair in enumerate(case.pairs):
            self._db.execute(
                "insert into pairs values (?, ?, ?, ?, ?, ?, ?, ?)",
                (case.task, place, case.playbook, case.label, case.at, same(pair.quote), pair.quote, pair.sentence),
            )

    def mark(self, seen: Seen) -> None:
        """Note how far the log was taken in."""
        keys = json.dumps({name: list(names) for name, names in seen.keys.items()})
        self._db.execute("update seen set row = ?, hash = ?, keys = ?", (seen.row, seen.hash, keys))

    def forget(self, tasks: Sequence[str]) -> None:
        self._db.executemany("delete from cases where task = ?", [(task,) for task in tasks])
        self.forgot = True

    def forget_numbers(self, numbers: Sequence[int]) -> None:
        """The same for tasks of which only their numbers in the log are known."""
        before = self._db.total_changes
        self._db.executemany("delete from cases where number = ?", [(number,) for number in numbers])
        self.forgot = self.forgot or self._db.total_changes > before

    def forget_all(self) -> None:
        """It stems from another log."""
        self._db.execute("delete from cases")
        self.mark(Seen())
        self.forgot = True


def sqlite() -> Any:
    """The library: an SQLite without the WAL-reset bug, which the one in Python may have."""
    import pysqlite3

    return pysqlite3


def _connect(path: Path) -> Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    return sqlite().connect(str(path), isolation_level=None, timeout=WAIT, check_same_thread=False)


def _version(db: Connection) -> int:
    return int(db.execute("pragma user_version").fetchone()[0])


def _leave_no_trace(db: Connection) -> None:
    """What was deleted is overwritten already (secure_delete); this takes it out of the write-ahead log as well."""
    db.execute("vacuum")
    db.execute("pragma wal_checkpoint(truncate)")


def _sharing(db: Connection, playbook: str, wanted: Sequence[tuple[str, str]]) -> list[tuple[Case, tuple[str, ...]]]:
    """The cases of a playbook that have one of these (key, compared value), each with the names of what it has."""
    shared: dict[str, list[str]] = {}
    for name, value in wanted:
        rows = db.execute(
            "select distinct task from keys join cases using (task) where name = ? and same = ? and playbook = ?",
            (name, value, playbook),
        )
        for (task,) in rows.fetchall():
            shared.setdefault(task, []).append(name)
    return [(case, tuple(names)) for task, names in shared.items() if (case := _case(db, task))]


def _case(db: Connection, task: str) -> Case | None:
    """A case with its keys; its pairs are asked for apart."""
    row = db.execute("select * from cases where task = ?", (task,)).fetchone()
    keys = db.execute(
        "select name, value, document, page, start, stop, box from keys where task = ? order by rowid", (task,)
    ).fetchall()
    return Case(*(*row, tuple(Key(*(*parts, _box(box))) for *parts, box in keys))) if row else None


def _box(text: str) -> Box | None:
    box = json.loads(text)
    return (box[0], box[1], box[2], box[3]) if box else None


def _make(db: Connection) -> None:
    """Bring the tables up to date. The library that does it is loaded only here."""
    from sqlite_utils import Database, Migrations

    migrations = Migrations("memory")

    @migrations()
    def m001_initial(db: Database) -> None:
        with db.atomic():
            db.execute(
                "create table cases (task text primary key, number integer not null, playbook text not null, "
                "sha256 text not null, opened text not null, label text not null, state text not null, "
                "verb text not null, by text not null, at text not null)"
            )
            db.execute("create index cases_by_number on cases (number)")
            db.execute(
                "create table keys (task text not null references cases on delete cascade, name text not null, "
                "same text not null, value text not null, document text not null, page integer not null, "
                "start integer not null, stop integer not null, box text not null)"
            )
            db.execute("create index keys_by_value on keys (same, name)")
            db.execute("create index keys_by_task on keys (task)")
            db.execute(
                "create table pairs (task text not null references cases on delete cascade, place integer not null, "
                "playbook text not null, label text not null, at text not null, same text not null, "
                "quote text not null, sentence text not null, primary key (task, place))"
            )
            db.execute("create index pairs_by_quote on pairs (playbook, same, at)")
            db.execute("create index pairs_by_time on pairs (playbook, at)")
            db.execute("create table seen (row integer not null, hash text not null, keys text not null)")
            db.execute("insert into seen values (0, '', '{}')")
        db.execute("pragma user_version = 1")

    migrations.apply(Database(db))
