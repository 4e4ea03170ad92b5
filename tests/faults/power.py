"""Power cuts: a log is written on a recorded disk, and the power goes at any moment. What was safe must be there."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import log as log_module
from app import log_file
from app.log import Log
from tests.faults.disk import Disk, cuts
from tests.faults.workload import work, work_together, wrong

CARDS = ("A", "B", "C", "D")


def recorded(folder: Path, synchronous: str = "full", together: bool = False, erasing: bool = False) -> Disk:
    """A log that is written, with checkpoints on the way; each safe handoff is a mark."""
    disk, connect = Disk(), log_file.connect

    def connected(path: Path) -> Any:
        connection = connect(path)
        connection.execute(f"pragma synchronous = {synchronous}")
        return connection

    settle, pages = log_file.settle, log_module.WAL_PAGES
    log_file.connect, log_module.WAL_PAGES = connected, 12
    log_file.settle = lambda folder: (settle(folder), disk.settled())[0]
    try:
        with disk.mounted():
            log = Log(folder / "log.db")
            disk.mark(("opened", 0))
            (work_together if together else work)(log, CARDS, lambda event: disk.mark((event.card, event.seq)))
            if erasing:
                disk.mark(("erased", 0))
                log.erase(["A"], "me")
                work(log, ["E"], lambda event: disk.mark((event.card, event.seq)))
            log.close()
    finally:
        log_file.connect, log_module.WAL_PAGES, log_file.settle = connect, pages, settle
    return disk


def lost(disk: Disk, count: int, folder: Path, chance: random.Random, broke: Callable[[str], None]) -> int:
    """Cut the power so many times; returns at how many cuts something was wrong. `broke` hears what."""
    moments = sorted(chance.choices(range(len(disk.steps) + 1), k=count))
    path, bad = folder / "log.db", 0
    cards = sorted({step.mark[0] for step in disk.steps if step.what == "mark"} & {*CARDS, "E"})
    for files, marks in cuts(disk.steps, moments, chance):
        for old in folder.glob("log.db*"):
            old.unlink()
        for name, data in files.items():
            (folder / (name or "log.db-temporary")).write_bytes(data)
        erased = ("erased", 0) in marks
        safe = [mark for mark in marks if mark[0] in cards and not (erased and mark[0] == "A")]
        faults = wrong(path, safe, cards)
        bad += bool(faults)
        for fault in faults[:1]:
            broke(fault)
    return bad
