"""Looks at the whole log and says what is wrong with it: the chain, each task's order, the list, what was erased."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import orjson

from app import log_chain
from app.cards_table import BEGINNING, CARD_COLUMNS, told
from app.log_rows import CHANGES, CODE, GENESIS, REASON, digest, event, link, old_hash, sqlite, values
from engine.cards import Problem
from engine.events import Handed

_TELLING = ('"card":', '"route":', '"flags":', '"ending":', '"decision":')
"""What a row must hold to change more of its task's line than number, reason and code."""
LARGE = 50_000
"""Rows from which on another process pays: it takes a quarter of a second to start."""


def faults(connection: Any, known: log_chain.Known | None = None) -> Iterator[str]:
    """What is wrong, one sentence each. `known` is a checkpoint's rows and hash.

    Each part is looked at in one moment of the log, while another process may write on.
    """
    said: set[str] = set()
    for sentence in _faults(connection, known):
        if sentence not in said:  # two parts may come upon the same
            said.add(sentence)
            yield sentence


def _faults(connection: Any, known: log_chain.Known | None) -> Iterator[str]:
    try:
        path = connection.execute("pragma database_list").fetchone()[2]
        (last,) = connection.execute("select max(id) from chain").fetchone()
    except sqlite().DatabaseError as error:
        yield log_chain.unreadable(error)
        return
    with ThreadPoolExecutor(2) as beside:
        of_file = beside.submit(_file_faults, path)  # SQLite's own check takes a core of its own
        links = beside.submit(log_chain.faults_beside, path, known) if (last or 0) >= LARGE else None
        try:
            connection.execute("begin")
            if links is None:
                yield from log_chain.faults(connection, known)
            yield from _Tasks(connection).faults()
        except sqlite().DatabaseError as error:
            yield log_chain.unreadable(error)
        finally:
            if connection.in_transaction:
                connection.execute("rollback")
        if links is not None:
            yield from links.result()
        yield from of_file.result()


def salvaged(connection: Any) -> Iterator[tuple[Handed, bool]]:
    """Every handoff that can still be read, also from a damaged log, and whether the chain proves it.

    One whose words are as they were may lack its proof: where the salt of its task is damaged.
    """
    names, salts = _listed(connection), dict[int, bytes]()
    last: tuple[Any, ...] = (bytes.fromhex(GENESIS),)
    waiting: tuple[int, Handed] | None = None
    for number, task, seq, said, salt, kept in _readable(connection):
        if salt:
            salts.setdefault(task, salt)
        found = _read(seq, said) if task else None
        opened = str((found.changes.get("card") or {}).get("id")) if found and seq == 0 else names.get(task, "")
        if task in salts:
            made = [link(one, digest(salts[task], number, task, seq, said)) for one in last]
        else:
            made = [old_hash(one, number, opened, seq, said) for one in last] if found else []
        proven = kept in made
        if waiting:  # this row may fit what the hash of that one should have been
            yield replace(waiting[1], card=names.get(waiting[0], "?")), proven and made.index(kept) > 0
        if proven and seq == 0:
            names[task] = opened
        if proven and found:
            yield replace(found, card=names.get(task, "?")), True
        waiting = (task, found) if found and not proven else None
        last = (kept,) if proven else (kept, *made[:2])
    if waiting:
        yield replace(waiting[1], card=names.get(waiting[0], "?")), False


def _listed(connection: Any) -> dict[int, str]:
    """The tasks' names by their numbers, as far as the list can be read."""
    found: dict[int, str] = {}
    with contextlib.suppress(sqlite().DatabaseError):  # the openings say it as well
        for number, name in connection.execute("select number, id from cards"):
            found[number] = str(name)
    return found


def _readable(connection: Any) -> Iterator[tuple[Any, ...]]:
    """The rows that the file still gives, one by one."""
    error = sqlite().DatabaseError
    try:
        (most,) = connection.execute("select max(id) from chain").fetchone()
    except error:
        (most,) = connection.execute("select rows from head").fetchone()
    for number in range(1, (most or 0) + 1):
        try:
            row = connection.execute("select * from chain where id = ?", (number,)).fetchone()
        except error:
            continue
        if row is not None and tuple(map(type, row[1:4])) == (int, int, str) and isinstance(row[5], bytes):
            yield row


def _read(seq: int, said: str) -> Handed | None:
    """The handoff of a row, as yet without its task; None when it can't be read."""
    try:
        return event("", seq, said)
    except Problem:
        return None


class _Tasks:
    """One pass over the chain; it remembers of each task what its line in the list must say."""

    def __init__(self, connection: Any) -> None:
        self._db = connection
        self._at: dict[int, int] = {}
        self._lines: dict[int, dict[str, Any]] = {}
        self._ends: dict[int, Any] = {}
        self._erased: dict[int, int] = {}
        self._allowed: set[int] = set()
        self._wrong: list[str] = []

    def faults(self) -> Iterator[str]:
        for number, task, seq, said in self._db.execute("select id, task, seq, body from chain order by id"):
            try:
                if seq != self._at.get(task, -1) + 1:
                    yield f"Task number {task} goes from handoff {self._at.get(task, 'nothing')} to {seq}."
                self._at[task] = seq
                if said is None:
                    self._erased[task] = self._erased.get(task, 0) + 1
                else:
                    self._follow(number, task, said)
            except TypeError:
                yield log_chain.unknown_kind(number)
            if self._wrong:
                yield from self._wrong
                self._wrong.clear()
        yield from self._erasures()
        yield from self._list()

    def _follow(self, number: int, task: int, said: Any) -> None:
        """Keep what the task's line must say."""
        try:
            if task == 0:
                self._allowed |= set(orjson.loads(said)[CHANGES].get("erased", ()))
                return
            self._ends[task] = said
            for word in _TELLING:
                if word in said:
                    whole = orjson.loads(said)
                    self._lines.setdefault(task, {}).update(told(whole[CHANGES]))
                    self._ends[task] = (whole[REASON], whole[CODE])
                    return
        except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
            self._wrong.append(f"Row {number} can't be read: {error!r:.80}.")

    def _erasures(self) -> Iterator[str]:
        """What is empty must have been emptied by an erasure that the chain tells of, and as a whole."""
        for task, rows in self._erased.items():
            if task not in self._allowed or task in self._ends or rows != self._at.get(task, -1) + 1:
                yield f"Rows of task number {task} are empty, but no erasure says so."

    def _list(self) -> Iterator[str]:
        """The list is derived: each of its lines must say what the handoffs say."""
        shown = {
            number: line for number, *line in self._db.execute(f"select number, {', '.join(CARD_COLUMNS)} from cards")
        }
        for number in shown.keys() - self._ends.keys():
            yield f"Task number {number} is listed, but has no handoffs."
        for number, end in self._ends.items():
            if number not in shown:
                yield f"Task number {number} has handoffs, but is not listed."
            elif self._line(number, end) != shown[number]:
                yield f"The list says otherwise than the handoffs about task number {number}."

    def _line(self, number: int, end: Any) -> list[Any]:
        """What the list must say of a task, in the order of its columns; empty when that can't be known."""
        try:
            if isinstance(end, str):
                whole = orjson.loads(end)
                end = (whole[REASON], whole[CODE])
            last = {"reason": end[0], "code": end[1], "updated": self._at[number]}
            return list(values({**BEGINNING, **self._lines[number], **last}))
        except (LookupError, ValueError, TypeError, RecursionError):
            return []


def _file_faults(path: str) -> list[str]:
    """What SQLite finds wrong: indexes are derived as well, and what is looked up through them must be there."""
    try:
        with contextlib.closing(sqlite().connect(path, timeout=10)) as connection:
            found = [said for (said,) in connection.execute("pragma integrity_check(10)")]
    except sqlite().DatabaseError as error:
        return [log_chain.unreadable(error)]
    return [f"The file is damaged: {said}." for said in found if said != "ok"]
