"""Kills Baton while it works an inbox, and checks that it ends as if nothing had happened.

    python tests/kill.py --engine 100 --app 50 [--inbox FOLDER] [--seed N] [--share 25] [--warm HOME]

First the inbox is worked undisturbed. Then, in fresh homes, the engine is killed with SIGKILL at
random moments until the wanted number of kills was delivered, over as many complete runs as that
takes; then the same with the whole application, which is started again after each kill. After each
completed run: no task lost, none twice, the log is whole, no process left over, the same result.

Half of the moments are blind (0.2 to 4 seconds after the last kill), half lie up to 4 seconds after
the next stored handoff, so that every leg is hit. A leg may give up after eight kills in a row
(KILLS in app/shift.py), so after six in a row the next kill waits for a handoff; how often that
was needed is printed, and so is every leg that gave up all the same. With --warm each home begins
with what another home has learned (intents, library), but with none of its tasks. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import log  # noqa: E402
from engine.cards import Problem  # noqa: E402

PATIENCE = 1800.0
"""Seconds one start of the application may take."""
IN_A_ROW = 6
TRIES = 50
"""Runs that may be needed to deliver the kills of one kind."""
GAVE_UP = ("model_crashed", "engine_died")
TELLING = ("status", "intent", "fields", "flags", "draft", "verdict", "duplicate_of")
"""What must be equal; seconds, attempts and hashes of the log may differ."""

Kill = Callable[[int, Path], int]


@dataclass
class Run:
    """One inbox worked to its end: its tasks by source, what was wrong, and what was done to it."""

    name: str
    tasks: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    kills: int = 0
    starts: int = 0
    spared: int = 0
    legs: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    seconds: float = 0.0


class Moments:
    """Chooses when to kill next, by the clock and by the handoffs that are in the log."""

    def __init__(self, home: Path, chance: random.Random) -> None:
        self._home, self._chance = home, chance
        self._at_last_kill = -1
        self._in_a_row = 0
        self.spared = 0
        self.leg = ""
        self._plan()

    def due(self) -> bool:
        """Whether to kill now."""
        if self._needs_handoff and self.handoffs() > self._at_last_kill:
            self._needs_handoff = False
            self._at = time.monotonic() + self._chance.uniform(0.0, 4.0)
        return not self._needs_handoff and time.monotonic() >= self._at

    def killed(self) -> None:
        """A kill was delivered; choose the next moment."""
        handoffs, self.leg = self.handoffs(), self._last_receiver()
        self._in_a_row = self._in_a_row + 1 if handoffs == self._at_last_kill else 1
        self._at_last_kill = handoffs
        self._plan()

    def _plan(self) -> None:
        self._needs_handoff = self._chance.random() < 0.5
        self._at = time.monotonic() + self._chance.uniform(0.2, 4.0)
        if self._in_a_row >= IN_A_ROW and not self._needs_handoff:
            self._needs_handoff = True
            self.spared += 1

    def handoffs(self) -> int:
        found = self._look("select count(*) from handoffs")
        return int(found[0]) if found else 0

    def _last_receiver(self) -> str:
        """Who held the baton last: the leg that a kill most likely hit."""
        found = self._look("select receiver from handoffs order by id desc limit 1")
        return str(found[0]) if found else "start"

    def _look(self, query: str) -> Any:
        """One row of the log as another process sees it, or None while there is nothing to see."""
        from sqlite_utils.utils import sqlite3

        if not (self._home / "log.db").exists():
            return None
        connection = sqlite3.connect(f"file:{self._home / 'log.db'}?mode=ro", uri=True, timeout=5)
        try:
            return connection.execute(query).fetchone()
        except sqlite3.DatabaseError:
            return None  # not created to the end yet
        finally:
            connection.close()


def processes(home: Path) -> dict[int, list[str]]:
    """Running processes whose command line names that home, by id. Dead ones that wait do not count."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                words = folder.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if any(str(home) in word for word in words):
                found[int(folder.name)] = words
    return found


def readers_of(parents: Sequence[int]) -> list[int]:
    """The fork servers of those processes, and their workers, by id. Their command line names no home."""
    found: set[int] = set()
    for _ in range(2):
        ids = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
        found |= {number for number in ids if _is_reader(number) and _parent(number) in {*parents, *found}}
    return sorted(found)


def engine_of(home: Path, application: int) -> int | None:
    """The id of the engine that this application started, or None while there is none."""
    for number, words in processes(home).items():
        if "engine" in words and "-m" in words and "--home" in words and _parent(number) == application:
            return number
    return None


def _parent(number: int) -> int:
    try:
        return int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0


def start(inbox: Path, home: Path, heard: Path) -> subprocess.Popen[bytes]:
    """`baton triage INBOX --json` in a process group of its own; its words go to files beside the home."""
    with heard.open("wb") as out, heard.with_suffix(".err").open("ab") as err:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "app", "triage", str(inbox), "--json"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=os.environ | {"BATON_HOME": str(home), "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )


def warmed(home: Path, warm: Path | None) -> Path:
    """A new home; it knows what `warm` has learned, and has no task."""
    home.mkdir(parents=True)
    for name in ("intents", "index", "library.db", "originals", "readings"):
        if warm and (warm / name).is_dir():
            shutil.copytree(warm / name, home / name)
        elif warm and (warm / name).exists():
            _copy_database(warm / name, home / name)
    return home


def copied(home: Path, source: Path) -> Path:
    """A copy of a whole home, also while another process has its databases open: their logs come and go."""
    shutil.copytree(source, home, ignore=shutil.ignore_patterns("*.db", "*.db-wal", "*.db-shm"))
    for database in source.glob("*.db"):
        _copy_database(database, home / database.name)
    return home


def _copy_database(source: Path, target: Path) -> None:
    """With what its write-ahead log still holds."""
    from sqlite_utils.utils import sqlite3

    whole, copy = sqlite3.connect(str(source)), sqlite3.connect(str(target))
    try:
        whole.backup(copy)
    finally:
        whole.close()
        copy.close()


def work(name: str, inbox: Path, home: Path, wanted: int, chance: random.Random, aim: str) -> Run:
    """Work the inbox to its end while killing `aim` ("engine", "app" or "" for nothing) up to `wanted` times."""
    run, began = Run(name), time.monotonic()
    moments = Moments(home, chance)
    heard = home.with_suffix(".jsonl")
    seen: list[int] = []
    while True:
        child = start(inbox, home, heard)
        run.starts += 1
        interrupted = _watch(child, home, run, wanted, moments, aim, seen)
        if not interrupted:
            break
    run.spared, run.seconds = moments.spared, time.monotonic() - began
    _judge(run, inbox, home, heard, child.returncode, seen)
    return run


def _watch(
    child: subprocess.Popen[bytes], home: Path, run: Run, wanted: int, moments: Moments, aim: str, seen: list[int]
) -> bool:
    """Until this start of the application ends; returns whether it was killed."""
    until = time.monotonic() + PATIENCE
    while child.poll() is None:
        time.sleep(0.02)
        if time.monotonic() > until:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            run.faults.append(f"It did not end within {PATIENCE:.0f} seconds.")
            return False
        if not aim or run.kills >= wanted or not moments.due():
            continue
        target = engine_of(home, child.pid) if aim == "engine" else child.pid
        if target is None or child.poll() is not None:
            continue
        seen += readers_of([number for number in (engine_of(home, child.pid), child.pid) if number])
        os.kill(target, signal.SIGKILL)
        run.kills += 1
        moments.killed()
        run.legs[moments.leg] += 1
        if aim == "app":
            child.wait()
            return True
    return False


def _judge(run: Run, inbox: Path, home: Path, heard: Path, status: int, seen: Sequence[int]) -> None:
    """Everything that one completed run must hold by itself."""
    if status != 0:
        run.faults.append(f"It ended with status {status}: {_tail(heard.with_suffix('.err'))}")
    told = [json.loads(text) for text in heard.read_text("utf-8").splitlines()]
    run.tasks = {Path(task["source"]).name: task for task in told}
    files = sorted(path.name for path in inbox.rglob("*") if path.is_file())
    ids = [task["task"] for task in told]
    if sorted(run.tasks) != files:
        run.faults.append(f"Lost or added: {sorted(set(files) ^ set(run.tasks))}.")
    if len(set(ids)) != len(ids) or len(ids) != len(files):
        run.faults.append(f"{len(files)} files, {len(ids)} tasks told, {len(set(ids))} different.")
    run.faults += _log_faults(run, home, set(ids))
    for task in told:
        run.faults += [
            f"{Path(task['source']).name}: gave up, {handoff['code']} from {handoff['from']}: {handoff['reason']}"
            for handoff in task["handoffs"]
            if handoff["code"] in GAVE_UP
        ]
    run.faults += _left_over(home, seen)


def _log_faults(run: Run, home: Path, told: set[str]) -> list[str]:
    try:
        db = log.read(home / "log.db")
    except Problem as problem:
        return [problem.sentence]
    try:
        faults = [f"log: {sentence}" for sentence in log.verify(db)]
        kept = [row.id for row in log.cards(db)]
        run.rows = log.checkpoint(db).rows
    finally:
        db.close()
    if len(kept) != len(told) or set(kept) != told:
        faults.append(f"The log keeps {len(kept)} tasks, {len(told)} were told.")
    return faults


def _left_over(home: Path, seen: Sequence[int]) -> list[str]:
    """Processes that outlived the run, after a moment in which they may notice."""
    until = time.monotonic() + 3.0
    while time.monotonic() < until:
        left = processes(home)
        readers = [number for number in set(seen) if _is_reader(number)]
        if not left and not readers:
            return []
        time.sleep(0.1)
    return [f"Left over: {number} {' '.join(words)}" for number, words in left.items()] + [
        f"Left over: reader {number}" for number in readers
    ]


def _is_reader(number: int) -> bool:
    try:
        return b"engine.readers._" in Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return False


def _tail(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")[-500:].replace("\n", " | ") if path.exists() else ""


def differences(run: Run, undisturbed: Run) -> list[str]:
    """Where a run's end differs from that of the undisturbed one."""
    found = []
    for name, task in undisturbed.tasks.items():
        other = run.tasks.get(name)
        if other is None:
            continue  # said already
        found += [
            f"{name}: {part} was {_short(task[part])}, now {_short(other[part])}"
            for part in TELLING
            if other[part] != task[part]
        ]
    return found


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 400 else text[:400] + "..."


def campaign(
    inbox: Path,
    homes: Path,
    kills: dict[str, int],
    chance: random.Random,
    share: int,
    say: Callable[[str], None],
    warm: Path | None = None,
) -> bool:
    """All runs; returns whether every one was as it must be."""
    undisturbed = work("undisturbed", inbox, warmed(homes / "undisturbed", warm), 0, chance, "")
    say(_row(undisturbed))
    good = _tell_faults(undisturbed.faults, say)
    for aim, wanted in kills.items():
        delivered = tries = 0
        while delivered < wanted:
            home = warmed(homes / f"{aim}-{tries}", warm)
            run = work(f"kill {aim}", inbox, home, min(share, wanted - delivered), chance, aim)
            delivered, tries = delivered + run.kills, tries + 1
            say(_row(run))
            good &= _tell_faults(run.faults + differences(run, undisturbed), say)
            shutil.rmtree(home, ignore_errors=True)
            if tries == TRIES and delivered < wanted:
                say(f"    WRONG  {aim}: {TRIES} runs were not enough for {wanted} kills.")
                return False
        say(f"{aim}: {delivered} kills delivered.")
    return good


def _say(text: str) -> None:
    print(text, flush=True)


def _tell_faults(faults: Sequence[str], say: Callable[[str], None]) -> bool:
    for fault in faults:
        say(f"    WRONG  {fault}")
    return not faults


def _row(run: Run) -> str:
    legs = ", ".join(f"{leg} {count}" for leg, count in run.legs.most_common())
    return (
        f"{run.name:<12} {len(run.tasks):>3} tasks {run.rows:>5} rows {run.kills:>4} kills {run.starts:>4} starts "
        f"{run.spared:>3} spared {run.seconds:>7.1f} s   {legs}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", type=int, default=100, help="how many kills of the engine")
    parser.add_argument("--app", type=int, default=50, help="how many kills of the whole application")
    parser.add_argument("--inbox", type=Path, default=ROOT / "assets" / "samples" / "front-desk" / "inbox")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--share", type=int, default=25, help="at most so many kills in one run of the inbox")
    parser.add_argument("--warm", type=Path, help="a home whose learning each run begins with")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    homes = Path(tempfile.mkdtemp(prefix="baton-kill-"))
    kills = {"engine": given.engine, "app": given.app}
    chance = random.Random(given.seed)
    good = campaign(given.inbox, homes, kills, chance, given.share, _say, given.warm)
    print("As it must be." if good else f"Something differs. The homes' output is in {homes}.", flush=True)
    if good:
        shutil.rmtree(homes, ignore_errors=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
