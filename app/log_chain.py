"""The links of the log's chain: each row's hash covers what it says and the hash before it, up to the head.

    python -P -m app.log_chain LOG.db [ROWS HASH]       a JSON string a fault; null when all was looked at

So a large log's links are followed by a process of its own, beside what else is looked at (`log_verify.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from app.log_rows import CHANGES, GENESIS, digest, link, old_hash, sqlite

Known = tuple[int, str]
"""Rows and hash of a checkpoint."""
DIGEST = 32


def faults(connection: Any, known: Known | None = None) -> Iterator[str]:
    """What is wrong with the links, the head, or the checkpoint, one sentence each."""
    yield from _Links(connection, known).faults()


def faults_beside(path: str, known: Known | None = None) -> list[str]:
    """The same, found by another process: two can be busy at once, where two threads of one take turns."""
    paths = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app.log_chain", path, *map(str, known or ())],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else []
    if not found or found.pop() is not None:
        found.append(f"The chain was not checked to its end (exit status {done.returncode}). Verify the log again.")
    return found


class _Links:
    """One pass over the chain. It remembers the salt of each task."""

    def __init__(self, connection: Any, known: Known | None) -> None:
        self._db, self._known = connection, known
        self._number, self._last = 0, bytes.fromhex(GENESIS)
        self._salts: dict[int, bytes] = {}
        self._names: dict[int, str] = {}
        """Of the tasks of old, whose rows were written before there were salts."""

    def faults(self) -> Iterator[str]:
        agrees = self._known is None or self._known[0] == 0
        for row in self._db.execute("select id, task, seq, body, salt, hash from chain order by id"):
            try:
                yield from self._row(*row)
            except TypeError:
                yield unknown_kind(row[0])
            if self._known and self._number == self._known[0]:
                agrees = self._last == _bytes(self._known[1])
        head = self._db.execute("select rows, hash from head").fetchone()
        if head is None or (head[0], _bytes(head[1])) != (self._number, self._last):
            said = head[0] if head else "nothing"
            ends = f"The log ends at row {self._number}, but its head says {said}"
            yield f"{ends}: rows at the end were added or removed."
        if self._known and not agrees:
            yield f"The log does not agree with the checkpoint of {self._known[0]} rows."

    def _row(self, number: int, task: int, seq: int, said: Any, salt: Any, kept: Any) -> tuple[str, ...]:
        wrong: tuple[str, ...] = ()
        self._number += 1
        if number != self._number:
            wrong = (f"Row {self._number} is missing: the next one is {number}.",)
            self._number = number
        last, self._last = self._last, kept
        if said is None:
            fits = salt is None or (len(salt) == DIGEST and link(last, salt) == kept)
        else:
            fits = self._fits(last, number, task, seq, said, salt, kept)
        if not fits:
            which = f"Row {number} (task number {task}, handoff {seq})"
            wrong += (f"{which} was changed, or a row before it was put in or taken out.",)
        return wrong

    def _fits(self, last: Any, number: int, task: int, seq: int, said: Any, salt: Any, kept: Any) -> bool:
        """Whether a row's hash is that of what it says and the row before."""
        if salt is None and (own := self._salts.get(task)):  # nearly always: it calls nothing of ours
            said = sha256(own + f"{number}\n{task}\n{seq}\n{said}".encode()).digest()
            return bool(sha256(last + said).digest() == kept)
        if salt is not None and self._salts.setdefault(task, salt) is not salt:
            return False  # a task has one salt
        try:
            if own := self._salts.get(task):
                return bool(link(last, digest(own, number, task, seq, said)) == kept)
            if seq == 0:
                self._names[task] = orjson.loads(said)[CHANGES]["card"]["id"]
            return bool(old_hash(last, number, self._names[task], seq, said) == kept)
        except (TypeError, ValueError, LookupError, AttributeError, RecursionError):  # of a kind that we never write
            return False


def unknown_kind(number: Any) -> str:
    """The sentence for a row that holds, say, a text where a number belongs."""
    return f"Row {number} holds values of a kind that is never written."


def unreadable(error: Exception) -> str:
    """The sentence for a file that SQLite gives up on."""
    return f"The log can't be read on from here: {error}."


def _bytes(hexadecimal: Any) -> bytes:
    """The hash that a text spells, or none."""
    try:
        return bytes.fromhex(hexadecimal)
    except (TypeError, ValueError):
        return b""


def main() -> None:
    path, *known = sys.argv[1:]
    with contextlib.closing(sqlite().connect(path, timeout=10)) as connection:
        try:
            connection.execute("pragma query_only = on")
            connection.execute("begin")  # rows and head of one moment, while another process may write on
            for said in faults(connection, (int(known[0]), known[1]) if known else None):
                print(json.dumps(said))
        except sqlite().DatabaseError as error:
            print(json.dumps(unreadable(error)))
    print("null")


if __name__ == "__main__":
    main()
