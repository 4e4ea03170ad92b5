"""kill -9 while a log is written: at each named point of a handoff, and at random. Linux and macOS (it forks)."""

from __future__ import annotations

import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import log as log_module
from app import log_rows
from app.group_commit import GroupCommit
from app.log import Log
from tests.faults.disk import Disk, Step
from tests.faults.workload import finished, work, wrong

CARDS = ("A", "B", "C")
POINTS = (
    "append begins", "body is made", "group is gathered", "row is hashed", "statement begins", "log.db-wal write",
    "log.db-wal sync", "checkpoint: log.db write", "checkpoint: log.db sync", "statement is done", "append ends",
)  # fmt: skip
"""In the order in which a handoff passes them; a checkpoint lies between two handoffs."""


def killed_at(path: Path, point: str, time_of: int) -> tuple[bool, list[str]]:
    """Kill a writer when it passes that point for that time. Whether it came so far, and what was wrong then."""
    return _killed(path, lambda: _arm(point, time_of), 0.0)


def killed_after(path: Path, seconds: float) -> tuple[bool, list[str]]:
    """Kill a writer after so long."""
    return _killed(path, lambda: None, seconds)


def _killed(path: Path, arm: Callable[[], Any], seconds: float) -> tuple[bool, list[str]]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            _writer(path, arm, write)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(write)
    if seconds:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(read, "rb") as told:
        safe = [(chr(pair[0]), pair[1]) for pair in iter(lambda: told.read(2), b"")]
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or status == 0, "the writer broke: see above"
    faults = wrong(path, safe, CARDS) + finished(path, CARDS)
    return os.WIFSIGNALED(status), faults


def _writer(path: Path, arm: Callable[[], Any], told: int) -> None:
    """In the child: write all tasks, and tell through the pipe what is safe."""
    log_module.WAL_PAGES = 12
    disk = arm()
    if disk is None:
        log = Log(path)
        work(log, CARDS, lambda event: (os.write(told, bytes([ord(event.card), event.seq])), None)[1])
        log.close()
        return
    with disk.mounted():
        log = Log(path)
        work(log, CARDS, lambda event: (os.write(told, bytes([ord(event.card), event.seq])), None)[1])
        log.close()


def _arm(point: str, time_of: int) -> Disk:
    """Make the point deadly, the time it is passed for that time."""
    left = [time_of]

    def passed(name: str) -> None:
        if name == point:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def at_step(step: Step) -> int:
        passed(f"{'checkpoint: ' if step.file == 'log.db' else ''}{step.file} {step.what}")
        return 0

    def around(owner: Any, name: str, before: str = "", after: str = "") -> None:
        real = getattr(owner, name)

        def hooked(*words: Any, **named: Any) -> Any:
            passed(before)
            given = real(*words, **named)
            passed(after)
            return given

        setattr(owner, name, hooked)

    around(Log, "append", "append begins", "append ends")
    around(log_rows, "body", after="body is made")
    around(GroupCommit, "_gathered", after="group is gathered")
    around(log_rows, "link", after="row is hashed")
    around(log_rows, "insert", "statement begins", "statement is done")
    return Disk(before=at_step)


def random_kills(folder: Path, count: int, chance: random.Random, broke: Callable[[str], None]) -> tuple[int, int]:
    """Kill so many writers at random moments. How many were still at work, and after how many something was wrong."""
    hit = bad = 0
    while hit < count:
        path = folder / f"{hit}-{chance.random()}.db"
        killed, faults = killed_after(path, chance.uniform(0.002, 0.05))
        hit, bad = hit + killed, bad + bool(faults)
        for fault in faults[:1]:
            broke(fault)
        for file in folder.glob(f"{path.name}*"):
            file.unlink()
    return hit, bad
