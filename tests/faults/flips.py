"""Single bits of a log that turn over on the disk: what `verify` finds, and what can still be exported."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app import log as log_module
from app import log_file
from app.log import Log
from app.log_rows import encode
from engine.cards import Problem
from engine.codec import plain
from engine.events import Handed
from tests.faults.workload import handoffs, work

LEAF = 13
"""The first byte of a page that holds a table's rows."""
CARDS = tuple(f"T-{number:04}" for number in range(60))


@dataclass
class Tally:
    """How many bits were turned over in live rows, of how many that was found; how many other rows could not be
    exported, and how many wrong ones the chain was said to prove."""

    flips: int = 0
    found: int = 0
    missing: int = 0
    wrong: int = 0


def written(path: Path) -> None:
    """A log with all in one file."""
    log = Log(path)
    work(log, CARDS)
    log.close()


def live(path: Path) -> list[tuple[int, int]]:
    """Where in the file the rows of chain and list lie, as (start, length): the cells that pages point at.

    What else is in a page may be a dead copy, which nobody reads.
    """
    data, places = path.read_bytes(), []
    for page in range(log_file.PAGE, len(data), log_file.PAGE):
        if data[page] != LEAF:
            continue
        for cell in range(int.from_bytes(data[page + 3 : page + 5], "big")):
            pointer = page + 8 + 2 * cell
            start = page + int.from_bytes(data[pointer : pointer + 2], "big")
            size, start = _varint(data, start)
            _, start = _varint(data, start)
            if any(words in data[start : start + size] for words in (b"Opened.", b"Leg ", b"All done.")):
                places.append((start, size))
    return places


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number as SQLite writes it, and where it ends."""
    number = 0
    while True:
        number = number << 7 | data[at] & 0x7F
        at += 1
        if data[at - 1] < 0x80:
            return number, at


def _row(event: Handed) -> str:
    return encode([event.card, event.seq, plain(event.why), event.changes])


def flipped(path: Path, count: int, chance: random.Random, missed: Callable[[str], None]) -> Tally:
    """Turn over so many bits of live rows, one at a time, each in a fresh copy."""
    whole, places, tally = path.read_bytes(), live(path), Tally()
    weights = [length for _, length in places]
    copy = path.with_name("flipped.db")
    all_rows = {_row(event) for card in CARDS for event in handoffs(card)}
    for start, length in chance.choices(places, weights, k=count):
        bit = chance.randrange(length * 8)
        data = bytearray(whole)
        data[start + bit // 8] ^= 1 << bit % 8
        copy.write_bytes(data)
        tally.flips += 1
        faults, readable, proven = _looked_at(copy)
        tally.found += bool(faults)
        if not faults:
            missed(f"bit {bit} of the piece at {start}")
        tally.missing += max(0, len(all_rows) - 1 - len(readable & all_rows))
        tally.wrong += len(proven - all_rows)
    return tally


def _looked_at(path: Path) -> tuple[list[str], set[str], set[str]]:
    """What verify says, which handoffs can still be exported, and which of these the chain is said to prove."""
    try:
        db = log_module.read(path)
    except Problem as problem:
        return [problem.sentence], set(), set()
    try:
        exported = [(_row(event), proven) for event, proven in log_module.salvaged(db)]
        return list(log_module.verify(db)), {text for text, _ in exported}, {text for text, good in exported if good}
    finally:
        db.close()
