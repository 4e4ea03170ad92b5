"""Kills Baton while it reads a folder, again and again, and checks that it ends as if nothing had happened.

    python tests/kill_reading.py [--kills 100] [--folder FOLDER] [--seed N]

First the folder is taken in and read undisturbed. Then, in fresh homes, the process that reads is killed with
SIGKILL at random moments and started again, until the kills are delivered, over as many complete runs as that
takes. After each run: every original is there and whole; every reading and every refusal is, byte for byte,
that of the undisturbed run; what a kill left half written is not taken for a reading; no worker is left over.
Without --folder it makes a few files of its own: long ones, archives, broken ones. Linux only.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import kill, made  # noqa: E402

READ = """
import sys, threading
from pathlib import Path
from app import intake
from app.readahead import ReadAhead, Wish
from engine.store import Store
home, folder = Path(sys.argv[1]), Path(sys.argv[2])
store, left, over = Store(home), set(), threading.Event()
def done(task, documents):
    left.discard(task)
    if not left:
        over.set()
ahead = ReadAhead(store, lambda task, at: None, done)
paths = list(intake.files([folder]))
left.update(map(str, paths))
for path in paths:
    taken = intake.take(path)
    ahead.put(Wish(str(path), store.put(taken.data), path.name))
over.wait()
ahead.close()
"""
LATEST = 2.5
"""Seconds after a start within which the kill falls."""
WORKERS_END = 30.0
"""Seconds that workers have to end after their parent; at once, where the machine has a core for them."""


@dataclass
class Run:
    """One folder read to its end: what the store holds in the end, and what was wrong."""

    kept: dict[str, str] = field(default_factory=dict)
    """Hash by path below the home, without what was left half written."""
    faults: list[str] = field(default_factory=list)
    kills: int = 0
    starts: int = 0
    parts: int = 0
    """How many files a kill has left half written."""
    seconds: float = 0.0


def make(folder: Path, times: int = 6) -> Path:
    """A folder that takes some seconds to read."""
    folder.mkdir(parents=True)
    for n in range(times):
        (folder / f"long-{n}.pdf").write_bytes(made.pdf(400 + n, words=f"Document {n}, page {{}}"))
        (folder / f"letter-{n}.docx").write_bytes(made.docx(made.paragraph(f"Letter {n}") * 200))
        inside = {f"{n}-{m}.txt": b"%d of %d\n" % (m, n) * 2000 for m in range(8)}
        inside["in.zip"] = made.zipped({"x.txt": b"in %d" % n})
        (folder / f"archive-{n}.zip").write_bytes(made.zipped(inside))
        (folder / f"text-{n}.txt").write_bytes(b"%d words " % n * 100_000)
        (folder / f"broken-{n}.pdf").write_bytes(b"%%PDF-1.7 %d" % n)
    (folder / "copy.pdf").write_bytes(made.pdf(400, words="Document 0, page {}"))
    return folder


def work(folder: Path, home: Path, kills: int, chance: random.Random) -> Run:
    """Read the folder to its end, through so many kills."""
    run, began = Run(), time.monotonic()
    while True:
        child = subprocess.Popen(
            [sys.executable, "-P", "-c", READ, str(home), str(folder)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        run.starts += 1
        if run.kills < kills and _killed(child, chance, run):
            continue
        if child.wait():
            run.faults.append(f"It ended with status {child.returncode}.")
        break
    run.seconds = time.monotonic() - began
    _judge(run, home)
    return run


def _killed(child: subprocess.Popen[bytes], chance: random.Random, run: Run) -> bool:
    """Kill it at some moment, unless it has ended before; its workers must end with it."""
    try:
        child.wait(chance.uniform(0.05, LATEST))
    except subprocess.TimeoutExpired:
        readers = kill.readers_of([child.pid])
        child.send_signal(signal.SIGKILL)
        child.wait()
        run.kills += 1
        until = time.monotonic() + WORKERS_END
        while any(_runs(number) for number in readers):
            if time.monotonic() > until:
                run.faults.append(f"Workers were left over: {[number for number in readers if _runs(number)]}")
                break
            time.sleep(0.02)
        return True
    return False


def _runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _judge(run: Run, home: Path) -> None:
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        name = str(path.relative_to(home))
        if path.suffix == ".part":
            run.parts += 1
            continue
        run.kept[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        if name.startswith("originals") and run.kept[name] != path.name:
            run.faults.append(f"An original is not what it was: {name}")


def differences(run: Run, undisturbed: Run) -> list[str]:
    """Where the store in the end is not that of the undisturbed run."""
    lost, added = undisturbed.kept.keys() - run.kept.keys(), run.kept.keys() - undisturbed.kept.keys()
    changed = [name for name, value in run.kept.items() if undisturbed.kept.get(name, value) != value]
    told = {"lost": lost, "added": added, "changed": changed}
    return [f"{what}: {', '.join(sorted(names)[:5])}" for what, names in told.items() if names]


def campaign(
    folder: Path, homes: Path, kills: int, share: int, chance: random.Random, say: Callable[[str], None]
) -> bool:
    """All runs, at most `share` kills in each; returns whether every one was as it must be."""
    undisturbed = work(folder, homes / "undisturbed", 0, chance)
    say(_row("undisturbed", undisturbed))
    good, delivered, number = not undisturbed.faults, 0, 0
    while delivered < kills:
        home = homes / f"run-{number}"
        run = work(folder, home, min(share, kills - delivered), chance)
        delivered, number = delivered + run.kills, number + 1
        say(_row(f"run {number}", run))
        for fault in run.faults + differences(run, undisturbed):
            good = False
            say(f"    WRONG  {fault}")
        shutil.rmtree(home, ignore_errors=True)
    say(f"{delivered} kills delivered.")
    return good


def _row(name: str, run: Run) -> str:
    return (
        f"{name:<12} {len(run.kept):>5} files kept {run.kills:>4} kills {run.starts:>4} starts "
        f"{run.parts:>3} half written {run.seconds:>7.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--share", type=int, default=10, help="at most so many kills in one run")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    homes = Path(tempfile.mkdtemp(prefix="baton-kill-"))
    folder = given.folder or make(homes / "folder")
    chance = random.Random(given.seed)
    good = campaign(folder, homes, given.kills, given.share, chance, lambda text: print(text, flush=True))
    print("As it must be." if good else f"Something differs. The homes are in {homes}.")
    if good:
        shutil.rmtree(homes, ignore_errors=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
