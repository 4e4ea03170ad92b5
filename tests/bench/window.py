"""Measures whether the window stays quick: while files are worked, in a burst, and over a long log. It judges nothing.

    python -m tests.bench.window work [--files 1000] [--models]
    python -m tests.bench.window burst [--events 50000]
    python -m tests.bench.window many [--tasks 100000] [--home DIR]

work    the real desk takes in so many small files and works each by an engine that passes it from leg to leg and ends
        it, so that no model's time counts (with --models by the real one); a timer in the window's thread says how
        late it is called, every 5 ms.
burst   so many events come at once, from another thread.
many    a log of so many tasks, put into its card table as it would stand there: how long from the window's start to
        the inbox being shown, how long each query takes until its rows are shown, and each step of scrolling.

Printed for each: median, 99th percentile and worst delay in ms, and the memory of the window's process (resident; Linux
only). The platform is offscreen unless QT_QPA_PLATFORM says otherwise: what a graphics driver takes is not in it.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app import engine_process
from app.desk import Desk
from app.log import Log
from app.log_rows import sqlite
from engine.cards import Why
from engine.events import LAST_WORDS, Event, Handed, Progressed, Started
from ui.garbage import Garbage
from ui.main import SWITCH_S
from ui.window import Window

TICK_MS = 5
ENGINE = """
import json, sys
for line in sys.stdin:
    baton = json.loads(line)["handoff"]
    card, seq, leg = baton["card"]["id"], baton["seq"], baton["why"]["receiver"]
    for receiver in ("extractor", "router", "librarian", "drafter", "verifier", "desk"):
        seq += 1
        why = {"sender": leg, "receiver": receiver, "reason": f"From {leg} to {receiver}, to be measured."}
        changes = {"ending": "finished"} if receiver == "desk" else {}
        print(json.dumps({"is": "Started", "card": card, "agent": leg}))
        print(json.dumps({"is": "Handed", "card": card, "seq": seq, "why": why, "changes": changes}), flush=True)
        leg = receiver
    print(json.dumps({"is": "Finished", "card": card}), flush=True)
"""
QUERIES = (
    "status:undecided",
    "status:undecided sort:score",
    "intent:refund_request score:<0.3",
    "letter-77777",
    "tents",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("work", "burst", "many"))
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--models", action="store_true", help="for `work`: let the real engine work them")
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="for `many`: keep the log there for another run")
    parser.add_argument("--switch", type=float, default=SWITCH_S, help="seconds until a thread gets Python's lock")
    options = parser.parse_args()
    application = QApplication(["baton"])
    Garbage(application)  # as the product does (`ui/main.py`)
    sys.setswitchinterval(options.switch)
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as scratch:
        home = options.home or Path(scratch) / "home"
        {
            "work": lambda: work(application, Path(scratch), home, options.files, models=options.models),
            "burst": lambda: burst(application, home, options.events),
            "many": lambda: many(application, home, options.tasks),
        }[options.part]()


def work(application: QApplication, scratch: Path, home: Path, files: int, *, models: bool) -> None:
    inbox = scratch / "inbox"
    inbox.mkdir()
    for number in range(files):
        (inbox / f"letter-{number}.txt").write_text(f"Where is order {number}? It was to come on Monday.\n")
    if not models:
        package = scratch / "code" / "engine"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(ENGINE)
        engine_process._code = lambda: package.parent  # type: ignore[assignment]
    with opened(application, home) as window, ticking() as late:
        assert window.desk is not None
        ended: set[str] = set()
        window.desk.listen(lambda event: ended.add(event.card) if isinstance(event, LAST_WORDS) else None)
        began = time.monotonic()
        window.submit([inbox])
        until(application, lambda: len(ended) == files, 7200)
        say(f"{files} files worked in {time.monotonic() - began:.1f} s", late)


def burst(application: QApplication, home: Path, count: int) -> None:
    with opened(application, home) as window, ticking() as late:
        some = list(story(count))
        gc.freeze()  # they are this script's, and no part of the window
        began = time.monotonic()
        seen = 0

        def took(events: list[Event]) -> None:
            nonlocal seen
            seen += any(isinstance(event, Handed) and event.seq == count for event in events)

        window.feed.arrived.connect(took)
        sender = threading.Thread(target=lambda: [window.feed.put(event) for event in some])
        sender.start()
        until(application, lambda: bool(seen), 120)
        sender.join()
        say(f"{count} events taken in {time.monotonic() - began:.1f} s", late)


def story(count: int) -> Iterator[Event]:
    """Two hundred tasks that are worked at once: a note and a handoff in turn."""
    for number in range(count):
        card = f"T-{number % 200:04d}"
        if number == count - 1:
            yield Handed(card, count, Why("drafter", "verifier", "The last one."), {})
        elif number % 3 == 0:
            yield Started(card, "drafter")
        elif number % 3 == 1:
            yield Progressed(card, f"at passage {number}", number % 7, 7)
        else:
            yield Handed(card, 1 + number // 200, Why("drafter", "verifier", "One more."), {})


def many(application: QApplication, home: Path, tasks: int) -> None:
    if not (home / "log.db").exists():
        fill(home, tasks)
    began = time.monotonic()
    with opened(application, home) as window, ticking() as late:
        until(application, lambda: window.inbox.tasks.rowCount() > 0, 60)
        print(f"{'from the start of the window to its inbox':<58} {(time.monotonic() - began) * 1000:8.0f} ms")
        room = window.rooms["tasks"]
        window.places.go("tasks")
        until(application, lambda: room.found.total == tasks, 60)  # type: ignore[attr-defined]
        for words in QUERIES:
            took = [asked(application, room, words) for _ in range(5)]
            print(f"{'asked and shown: ' + words:<58} {statistics.median(took) * 1000:8.0f} ms")
        asked(application, room, "")
        frames = list(scrolled(application, room))
        print(f"{f'{len(frames)} steps of scrolling':<58} {told(frames)}")
        say("all the while", late)


def asked(application: QApplication, room: object, words: str) -> float:
    """Seconds from the question to its rows being there, without the pause that waits for more letters."""
    room.query.setText("")  # type: ignore[attr-defined]
    until(application, lambda: not room._soon.isActive(), 10)  # type: ignore[attr-defined]
    settle(application, 0.3)
    shown: list[str] = []
    for come in (room.found.modelReset, room.found.dataChanged):  # type: ignore[attr-defined]
        come.connect(lambda *_: shown.append(words))
    room.query.setText(words)  # type: ignore[attr-defined]
    began = time.monotonic()
    room.ask()  # type: ignore[attr-defined]
    until(application, lambda: bool(shown), 10)
    return time.monotonic() - began


def scrolled(application: QApplication, room: object) -> Iterator[float]:
    """Seconds for each step of the wheel, painting included, over some thousand rows as they come in."""
    bar = room.table.verticalScrollBar()  # type: ignore[attr-defined]
    for _ in range(600):
        began = time.monotonic()
        bar.setValue(bar.value() + 120)
        application.processEvents()  # what has come into view is painted here
        yield time.monotonic() - began


def fill(home: Path, tasks: int) -> None:
    """A log with that many lines in its card table: decided ones, but for the newest."""
    Log(home / "log.db").close()
    db, chance = sqlite().connect(home / "log.db"), random.Random(1)
    columns = [row[1] for row in db.execute("pragma table_info(cards)")]
    rows = []
    for number in range(tasks):
        state = chance.choices(("finished", "review", "quarantined", "failed"), (70, 20, 8, 2))[0]
        old = number < tasks - 500 and state in ("finished", "review")
        values = {
            "number": number + 1, "id": f"T-{number:010x}", "source": f"/in/2026/letter-{number}-about-tents.eml",
            "sha256": f"{number:064x}", "playbook": "front-desk", "state": state, "updated": 9,
            "opened": f"2026-{1 + number % 11:02d}-{1 + number % 28:02d}T12:00:00+00:00", "score": chance.random(),
            "label": chance.choice(("refund_request", "complaint", "invoice", "")), "flags": chance.choice((0, 0, 1)),
            "reason": "Every sentence is supported by a passage.", "decision": "approved" if old else "", "requests": 0,
        }  # fmt: skip
        rows.append([values.get(name, "") for name in columns])
    marks = ", ".join("?" * len(columns))
    db.executemany(f"insert into cards ({', '.join(columns)}) values ({marks})", rows)
    db.commit()
    db.close()


@contextmanager
def opened(application: QApplication, home: Path) -> Iterator[Window]:
    window = Window(lambda: Desk(home, resume=False))
    window.show()
    window.start()
    until(application, lambda: window.desk is not None, 60)
    settle(application, 0.5)
    try:
        yield window
    finally:
        window.close()
        window.close_desk()


@contextmanager
def ticking() -> Iterator[list[float]]:
    """Seconds by which each call of a timer in this thread is late."""
    late: list[float] = []
    last = time.monotonic()

    def tick() -> None:
        nonlocal last
        now = time.monotonic()
        late.append(max(0.0, now - last - TICK_MS / 1000))
        last = now

    timer = QTimer()
    timer.setInterval(TICK_MS)
    timer.timeout.connect(tick)
    timer.start()
    yield late
    timer.stop()


def until(application: QApplication, ready: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        if ready():
            return
        time.sleep(0.0005)
    sys.exit(f"It was not done after {seconds:.0f} s.")


def settle(application: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.002)


def told(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    middle = statistics.median(ordered)
    return f"median {middle * 1000:6.1f}, p99 {p99 * 1000:6.1f}, worst {ordered[-1] * 1000:6.1f} ms"


def say(what: str, late: list[float]) -> None:
    memory = ""
    if Path("/proc/self/status").exists():
        resident = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
        memory = f"; {int(resident.split()[1]) / 1024:.0f} MB"
    print(f"{what:<58} {told(late)} late{memory}", flush=True)


if __name__ == "__main__":
    main()
