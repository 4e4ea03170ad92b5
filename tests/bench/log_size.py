"""Measures a large log: how long opening, filtering, searching and verifying take. It prints, and judges nothing.

    python -m tests.bench.log_size [--tasks 100000] [--legs 6] [--file LOG.db]

Each task has an opening and six handoffs of 2 KB in all, as in relay.py; every tenth waits for a person, and the last
thousand are queued. With --file the log is kept, and used again the next time. Opening is a new process's first look:
imports, connection, and the newest 200 tasks.
"""

from __future__ import annotations

import argparse
import functools
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app import log as log_module  # noqa: E402
from app import query  # noqa: E402
from app.log import Log  # noqa: E402
from engine.cards import Handoff, TaskCard, Why  # noqa: E402
from engine.codec import changes, plain  # noqa: E402
from engine.events import Handed  # noqa: E402
from tests.bench.relay import legs  # noqa: E402

LOOK = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from app import log, query
db = log.read(Path(sys.argv[1]))
rows = query.read('').found(db)
print(time.perf_counter() - began, len(rows))
"""
GO_ON = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from app.log import Log
from engine.cards import Why
from engine.events import Handed, fold
log = Log(Path(sys.argv[1]))
card = next(row.id for row in reversed(log.cards_of("queued")))
state = fold(log.history(card))
log.append(Handed(card, state.seq + 1, Why("drafter", "verifier", "Gone on."), {}))
print(time.perf_counter() - began)
log.close()
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from app.log import Log
from engine.cards import TaskCard, Why
from engine.codec import plain
from engine.events import Handed
log, name = Log(Path(sys.argv[1])), f"K-{os.getpid()}"
card = TaskCard(name, "x", "a" * 64, "front-desk")
log.append(Handed(name, 0, Why("desk", "reader", "Opened."), {"card": plain(card)}))
for seq in range(1, 5):
    log.append(Handed(name, seq, Why("reader", "router", "x" * 2000), {}))
os.kill(os.getpid(), signal.SIGKILL)
"""
WORDS = "refund invoice delivery tent school court damaged scan order filter cancelled threat brightwater".split()

QUEUED = 1000


def fill(path: Path, tasks: int) -> None:
    """Write a log of so many tasks, 50 in each append."""
    chance, work, log = random.Random(5), legs(2), Log(path)
    events: list[Handed] = []
    for number in range(tasks):
        task, sha256 = f"T-{number * 7919 % 10**10:010}", f"{chance.getrandbits(256):064x}"
        source = f"/home/me/inbox/{number:06}-{chance.choice(WORDS)}-{chance.choice(WORDS)}.eml"
        card = TaskCard(task, source, sha256, "front-desk", 2048, "2026-11-25")
        handoff = Handoff(card, Why("desk", "reader", "Opened."))
        events.append(Handed(task, 0, handoff.why, {"card": plain(handoff.card)}))
        for receiver, reason, added in work if number < tasks - QUEUED else []:
            added = added | {"ending": "review"} if "ending" in added and number % 10 == 0 else added
            following = handoff.to(receiver, reason, score=0.9312, threshold=0.41, **added)
            events.append(Handed(task, following.seq, following.why, changes(handoff, following)))
            handoff = following
        if len(events) > 350:
            log.append(*events)
            events = []
    log.append(*events)
    log.close()


def say(what: str, times: int, work: Callable[[], object]) -> None:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        found = work()
        taken.append(time.perf_counter() - began)
    print(
        f"{what:<48} {statistics.median(taken) * 1000:9.1f} ms   {len(found) if isinstance(found, list) else found}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--file", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        path = given.file or Path(folder, "log.db")
        if not path.exists():
            began = time.perf_counter()
            fill(path, given.tasks)
            print(f"written in {time.perf_counter() - began:.0f} s")
        measure(path)


def measure(path: Path) -> None:
    """All figures of one log."""
    db = log_module.read(path)
    rows, tasks = db.execute("select (select count(*) from chain), (select count(*) from cards)").fetchone()
    size = path.stat().st_size
    print(f"{tasks} tasks, {rows} rows, {size / 1e6:.0f} MB, {size / tasks / 1000:.2f} KB a task")
    one = db.execute("select id from cards where number = ?", (tasks // 2,)).fetchone()[0]

    def look() -> float:
        words = [sys.executable, "-c", LOOK, str(path)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
        return float(done.stdout.split()[0])

    opened = statistics.median(look() for _ in range(5)) * 1000
    print(f"{'opened by a new process, newest 200 listed':<48} {opened:9.1f} ms")
    resumed = []
    for _ in range(5):
        subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, capture_output=True)
        done = subprocess.run(
            [sys.executable, "-c", GO_ON, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        resumed.append(float(done.stdout))
    killed = statistics.median(resumed) * 1000
    print(f"{'a killed task gone on with, by a new process':<48} {killed:9.1f} ms")
    say("opened for writing", 3, lambda: Log(path).close())
    for what, words in (
        ("filtered: queued", "status:queued"),
        ("filtered: an intent and a state", "intent:refund_request status:finished"),
        ("filtered: a state that nothing has", "status:quarantined"),
        ("sorted: the least sure that wait", "status:undecided sort:score"),
        ("searched: a word that many have", "Tent"),
        ("searched: a word that one has", f"{tasks // 3:06}-"),
        ("searched: a word that nobody has", "xylophone"),
    ):
        wanted = query.read(words)
        say(what, 5, functools.partial(wanted.found, db))
        say(f"{what}, counted", 5, functools.partial(wanted.count, db))
    say("all handoffs of one task", 5, lambda: len(log_module.history(db, one)))
    say("all tasks listed", 3, lambda: len(log_module.cards(db)))
    say("verified", 3, lambda: list(log_module.verify(db)))
    db.close()


if __name__ == "__main__":
    main()
