"""Watches a folder for ever: each file that has stopped growing becomes a task, once, and its outcome a file.

It looks into the folder now and then instead of waiting for the system's word: that works on network
drives and sticks too, loses nothing while Baton is off, and needs no handle a folder. What it has seen
lies in `watch.db` of the home, so its memory does not grow with the number of files. That file is
derived: without it, files are only looked at again, and known contents make no second task.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.desk import Desk
from app.report import outcome
from engine.cards import Problem
from engine.store import write_aside

if TYPE_CHECKING:
    from sqlite_utils import Database

PAUSE = 1.0
"""Seconds between two looks."""
SETTLED = 2.0
"""Seconds for which a file's size and time must not have changed."""
AT_ONCE = 32
"""Tasks that are under way at a time: the rest of a large drop waits in the folder, where it is safe."""


class Watch:
    """One folder that is watched, and where outcomes go."""

    def __init__(self, desk: Desk, folder: Path, out: Path | None, playbook: str = "") -> None:
        self._desk, self._folder, self._out, self._playbook = desk, folder, out, playbook
        self._db = _opened(desk.home / "watch.db")
        self._growing: dict[Path, tuple[int, int, float]] = {}
        self._taken = 0

    def close(self) -> None:
        self._db.close()

    def rounds(self) -> Iterator[list[dict[str, Any]]]:
        """Look, again and again, for as long as it is asked: the outcomes that each round brought."""
        while True:
            began, taken = time.monotonic(), self._taken
            found = self.look()
            seconds = time.monotonic() - began
            yield found
            if self._taken > taken:
                time.sleep(PAUSE)
            elif not found:  # a look into a large folder takes its time, and gets its rest
                time.sleep(max(PAUSE, 4 * seconds))

    def look(self) -> list[dict[str, Any]]:
        """One look into the folder: take in what has settled, and tell of the tasks that have ended since."""
        ended = self._ended()
        room = AT_ONCE - self._under_way()
        seen: set[Path] = set()
        for path, status in self._settled(seen):
            if room <= 0:
                break  # the rest keeps until the next look
            del self._growing[path]
            self._take(path, status)
            self._taken += 1
            room -= 1
        else:
            self._growing = {path: known for path, known in self._growing.items() if path in seen}
        return ended

    def _settled(self, seen: set[Path]) -> Iterator[tuple[Path, os.stat_result]]:
        """Files that are new or changed, and have not changed for a while."""
        now = time.monotonic()
        for path, status in _files(self._folder):
            if self._out is not None and path.is_relative_to(self._out):
                continue  # our own outcomes are no documents
            if self._knows(path, status):
                continue
            seen.add(path)
            size, changed = status.st_size, status.st_mtime_ns
            known = self._growing.get(path)
            if known is None or known[:2] != (size, changed):
                if known or len(self._growing) < AT_ONCE * 4:  # the rest of a large drop is looked at later
                    self._growing[path] = (size, changed, now)
            elif now - known[2] >= SETTLED:
                yield path, status

    def _knows(self, path: Path, status: os.stat_result) -> bool:
        row = self._db.execute(
            "select size, changed from seen where path = ? order by rowid desc limit 1", [os.fsencode(path)]
        ).fetchone()
        return row is not None and tuple(row) == (status.st_size, status.st_mtime_ns)

    def _take(self, path: Path, status: os.stat_result) -> None:
        """Open the task first and note the file after: a crash in between only means another look."""
        try:
            tasks = self._desk.submit([path], self._playbook)
        except Problem as problem:
            if problem.code != "no_file":
                raise
            return  # it has gone between two looks
        for task in tasks:
            with self._db.atomic():
                self._db.execute(
                    "insert or replace into seen (path, size, changed, task, told) values "
                    "(?, ?, ?, ?, (select coalesce(max(told), 0) from seen where task = ?))",
                    [os.fsencode(path), status.st_size, status.st_mtime_ns, task, task],
                )

    def _under_way(self) -> int:
        return int(self._db.execute("select count(*) from seen where told = 0").fetchone()[0])

    def _ended(self) -> list[dict[str, Any]]:
        """The outcomes of tasks that have come to their last word and were not told yet."""
        told = []
        for (task,) in self._db.execute("select distinct task from seen where told = 0").fetchall():
            row = self._desk.row(task)
            if row is None or row.state in ("queued", "running"):
                continue
            found = [outcome(self._desk.history(one)) for one in (task, *self._desk.inside(task))]
            if any(one["status"] == "queued" for one in found):
                continue  # files in an archive
            for one in found:
                self._write(one)
            told += found
            with self._db.atomic():
                self._db.execute("update seen set told = 1 where task = ?", [task])
        return told

    def _write(self, found: dict[str, Any]) -> None:
        """The outcome as a file, named by the task: a name from outside is never used as a path."""
        if self._out is not None:
            text = json.dumps(found, ensure_ascii=False, indent=1)
            write_aside(self._out / f"{found['task']}.json", text.encode("utf-8", "replace"))


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The ordinary files below a folder, one by one, without hidden ones and links.

    What can't be looked into now is looked into next time.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                try:
                    if entry.is_dir(follow_symlinks=False):
                        yield from _files(Path(entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        yield Path(entry.path), entry.stat(follow_symlinks=False)
                except OSError:  # it has gone between two looks
                    continue
    except OSError:  # a stick that was pulled out, a folder without permission
        return


def _opened(path: Path) -> Database:
    from sqlite_utils import Database
    from sqlite_utils.utils import sqlite3

    db = Database(sqlite3.connect(str(path), isolation_level=None))
    db.execute("pragma journal_mode = wal")
    db.execute(
        "create table if not exists seen (path blob not null, size integer not null, changed integer not null, "
        "task text not null, told integer not null, primary key (path, task))"
    )
    db.execute("create index if not exists untold on seen (told) where told = 0")
    db.execute("create index if not exists by_task on seen (task)")
    return db
