"""A full disk, and errors when writing or syncing, at each step of writing a log."""

from __future__ import annotations

from pathlib import Path

from app import log as log_module
from app.log import Log
from engine.cards import Problem
from tests.faults.disk import FULL, IO_SYNC, IO_WRITE, Disk, Step
from tests.faults.workload import finished, handoffs, wrong

CARDS = ("A", "B")
KINDS = {"full": ("write", FULL), "write error": ("write", IO_WRITE), "sync error": ("sync", IO_SYNC)}


def steps(folder: Path, kind: str) -> int:
    """How many steps of that kind an undisturbed run has."""
    disk = Disk()
    _run(folder / "log.db", disk)
    return sum(step.what == KINDS[kind][0] for step in disk.steps)


def failing(folder: Path, kind: str, at: int, lasting: bool) -> tuple[list[str], list[str]]:
    """From that step on (or only there) the disk fails. What was said, and what was wrong with the log afterwards."""
    what, code = KINDS[kind]
    seen = [0]

    def before(step: Step) -> int:
        seen[0] += step.what == what
        return code if step.what == what and (seen[0] == at or (lasting and seen[0] > at)) else 0

    path = folder / "log.db"
    safe, said = _run(path, Disk(before=before))
    return said, wrong(path, safe, CARDS) + finished(path, CARDS)


def _run(path: Path, disk: Disk) -> tuple[list[tuple[str, int]], list[str]]:
    """Write the tasks; one that can't go on is parked. What is safe, and what was said of the rest."""
    safe: list[tuple[str, int]] = []
    said: list[str] = []
    pages, log_module.WAL_PAGES = log_module.WAL_PAGES, 12
    try:
        with disk.mounted():
            log = Log(path)
            for card in CARDS:
                try:
                    for event in handoffs(card):
                        log.append(event)
                        safe.append((card, event.seq))
                except Problem as problem:
                    said.append(problem.sentence)
            log.close()
    except Problem as problem:
        said.append(problem.sentence)
    finally:
        log_module.WAL_PAGES = pages
    return safe, said
