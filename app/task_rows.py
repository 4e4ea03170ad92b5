"""Tasks and the desk's standing as lists and status bars show them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import PurePath

from app.cards_table import CardRow
from engine.reading import Reached


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as lists show it. `state` is queued, running, parked, finished, review, quarantined or failed.

    A parked one could not go on (`reason` says why), and waits to be resumed.
    """

    id: str
    source: str
    name: str
    sha256: str
    playbook: str
    state: str
    label: str
    score: float
    updated: int
    reason: str
    flags: int
    duplicate_of: str
    decision: str
    code: str
    within: str
    opened: str = ""
    """When it came in: an ISO time in UTC."""
    requests: int = 0
    """How many its message makes, where it makes several: `label` is the first that is answered, or the one that is
    worked now."""


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """What the status bar says. `engine` is off, ready or busy.

    `reading` is what the workers read right now, `unread` how many files wait to be read. `parked` tasks could not go
    on. `upkeep` is what is done in the background while nobody works: "learning" or "tidying"; "" = nothing.
    """

    running: str | None
    queued: int
    engine: str
    models: tuple[str, ...]
    offline: str
    reading: tuple[Reached, ...] = ()
    pages_per_second: float = 0.0
    unread: int = 0
    parked: int = 0
    upkeep: str = ""


def original(rows: list[CardRow], book: str) -> str:
    """Of the tasks of files with one content, the first by that playbook that is no copy itself; "" = none."""
    return next((row.id for row in rows if not row.duplicate_of and row.playbook == book), "")


def card_id_of(source: str, sha256: str, book: str, number: str) -> str:
    """The same file from the same place is the same task, also after a crash in the middle of opening it."""
    return "T-" + hashlib.sha256(f"{source}\0{sha256}\0{book}\0{number}".encode("utf-8", "replace")).hexdigest()[:10]


def task_row(row: CardRow, running: Set[str | None], parked: Mapping[str, str]) -> TaskRow:
    """A card as lists show it: the log does not know what runs, and what could not go on (by id, and why)."""
    why = parked.get(row.id, "") if row.state == "queued" else ""
    return TaskRow(
        row.id, row.source, PurePath(row.source).name, row.sha256, row.playbook,
        "running" if row.id in running else "parked" if why else row.state,
        row.label, row.score, row.updated, why or row.reason, row.flags, row.duplicate_of, row.decision, row.code,
        row.within, row.opened, row.requests,
    )  # fmt: skip
