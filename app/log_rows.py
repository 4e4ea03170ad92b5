"""How a handoff lies in the log: a row's text, its hash, and the line that lists its task.

`chain` holds id (from 1, without gaps), task (the number of its card), seq, body, salt and hash. A body is the JSON
array [at, sender, receiver, reason, score, threshold, code, seconds, tokens_in, tokens_out, model, changes]; the view
`handoffs` shows it in columns. Task 0 is the log itself: what was erased, and when.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import itertools
import json
import math
import operator
import time
from collections.abc import Mapping, Sequence
from typing import Any, get_type_hints

from app.cards_table import CARD_COLUMNS, CardRow, told
from engine.cards import Problem, Why
from engine.codec import build
from engine.events import Handed

GENESIS = "0" * 64
AT, REASON, CODE, CHANGES = 0, 3, 6, 11
"""Where in a body these stand."""
ANSWERS = '"answers":[{'
"""How a body begins to tell what a person answered: in a text of somebody's, the marks would be escaped."""
_KINDS = tuple(get_type_hints(CardRow).values())
_CHANGING = ("state", "label", "score", "flags", "reason", "updated", "decision", "code", "requests")
_ROW = ("row", "task", "seq", "body", "salt", "link")
values = operator.itemgetter(*CARD_COLUMNS)
"""The values of a line, in the order of the list's columns."""
AT_ONCE = 500
"""Rows that one statement may add; SQLite takes 32,766 values."""
_ENTRANCE = f"""
create temp view entrance as select {", ".join(f"null as {name}" for name in (*_ROW, *CARD_COLUMNS))};
create temp trigger enters instead of insert on entrance begin
    insert into chain values ({", ".join(f"new.{name}" for name in _ROW)});
    insert into cards (number, {", ".join(CARD_COLUMNS)})
        select new.task, {", ".join(f"new.{name}" for name in CARD_COLUMNS)} where new.seq = 0;
    update cards set {", ".join(f"{name} = new.{name}" for name in _CHANGING)}
        where number = new.task and new.seq > 0;
    update head set rows = new.row, hash = lower(hex(new.link));
end
"""
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode
"""As the rows before `body` were written."""


def sqlite() -> Any:
    """The library: an SQLite without the WAL-reset bug, which the one in Python may have."""
    import pysqlite3

    return pysqlite3


def body(event: Handed) -> str:
    """What the row of a handoff says; the time is now. Raises ValueError when it can't be said."""
    import orjson

    why = event.why
    for number in (why.score, why.threshold, why.seconds):
        if number is not None and not math.isfinite(number):
            raise ValueError(f"{number} is no number")
    said = (_now(), why.sender, why.receiver, why.reason, why.score, why.threshold, why.code, why.seconds,
            why.tokens_in, why.tokens_out, why.model, event.changes)  # fmt: skip
    try:
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as error:  # half a surrogate pair, a number beyond 64 bits
        raise ValueError(error) from error


def _now() -> str:
    """The time in UTC, ISO, with milliseconds."""
    since = time.time_ns() // 1_000_000
    return f"{_second(since // 1000)}.{since % 1000:03}+00:00"


@functools.lru_cache(maxsize=1)
def _second(since: int) -> str:
    return datetime.datetime.fromtimestamp(since, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def digest(salt: bytes, row: int, task: int, seq: int, said: str) -> bytes:
    """The salted hash of what a row says: all of the row but its link."""
    return hashlib.sha256(salt + f"{row}\n{task}\n{seq}\n{said}".encode()).digest()


def link(last: bytes, said: bytes) -> bytes:
    """A row's hash, from that of the row before and the digest of what it says."""
    return hashlib.sha256(last + said).digest()


def old_hash(last: bytes, row: int, card: str, seq: int, said: str) -> bytes:
    """The hash of a row that was written before rows were salted."""
    at, *why, changes = json.loads(said)
    values = [last.hex(), row, card, seq, at, *why, encode(changes)]
    return hashlib.sha256(encode(values).encode()).digest()


def event(card: str, seq: int, said: str) -> Handed:
    """The handoff of a row. Raises Problem("bad_line") when it says none."""
    import orjson

    try:
        _, *why, changes = orjson.loads(said)
        return Handed(card, seq, Why(*why), build(dict[str, Any], changes))
    except (ValueError, TypeError, RecursionError) as error:
        raise Problem("bad_line", f"A row of the log can't be read: {error}.") from error


def of_task(connection: Any, card: str, number: int) -> tuple[list[Handed], bytes]:
    """A task's handoffs in order, and its salt (empty before it has one)."""
    rows = connection.execute("select seq, body, salt from chain where task = ? order by seq", (number,)).fetchall()
    return [event(card, seq, said) for seq, said, _ in rows], next((salt for _, _, salt in rows if salt), b"")


def prepare(connection: Any) -> None:
    """Make a connection ready for `insert`: nothing but a view and its trigger, which last as long as it does."""
    connection.isolation_level = None
    connection.executescript(_ENTRANCE)


def line(before: Mapping[str, Any], event: Handed) -> dict[str, Any]:
    """A task's line in the list, after one more handoff."""
    return {
        **before, **told(event.changes), "reason": event.why.reason, "code": event.why.code, "updated": event.seq
    }  # fmt: skip


def insert(connection: Any, rows: Sequence[Sequence[Any]]) -> None:
    """Add rows (number, task, seq, body, salt, hash, and the values of the task's line), in a transaction of their own.

    All of it is one statement: the interpreter's lock is let go once, and other threads prepare the next group while
    this one is written.
    """
    if len(rows) <= AT_ONCE:
        connection.execute(_statement(len(rows)), tuple(itertools.chain.from_iterable(rows)))
        return
    connection.execute("begin immediate")
    try:
        connection.executemany(_statement(1), rows)
        connection.execute("commit")
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


@functools.cache
def _statement(rows: int) -> str:
    marks = f"({', '.join('?' * (len(_ROW) + len(CARD_COLUMNS)))})"
    return f"insert into entrance values {', '.join([marks] * rows)}"


def card(row: Sequence[Any]) -> CardRow:
    """A line of the list. Raises Problem("bad_line") when a value is of a kind that we never write."""
    if tuple(map(type, row)) != _KINDS:
        row = [build(kind, value) for kind, value in zip(_KINDS, row, strict=True)]
    return CardRow._make(row)
