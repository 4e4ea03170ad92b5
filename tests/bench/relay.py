"""Measures what one handoff costs, beside the plain floor and beside other frameworks. It prints, and judges nothing.

    python -m tests.bench.relay [--peers FOLDER] [--only langgraph,burr] [--tasks 60] [--rounds 3] [--sizes 2,104]

The work: six legs that do nothing but add their part to a task's state, 2 KB of it in the end (then once more with
104 KB, most of it evidence), each handoff durable before the next leg begins. Ours builds the baton, takes the
delta and appends it to `app.log.Log`, as the desk does; a task's opening is stored with its first handoff. "x 8"
are eight threads with a task each. The floor is one INSERT of the delta that ours stores and one COMMIT, with the
same SQLite, into a table with no index; "floor, full state" inserts the whole state each time, as most frameworks do.

WAL and synchronous=FULL everywhere (where a framework does not set it, its script does), a fresh process and a fresh
file for each run. The floor and ours run right before each peer, so that a ratio is of two neighbours; what is
printed is the median of the rounds. KB are those of the database file after its checkpoint, by task.

Each peer lives in its own virtual environment, FOLDER/NAME; `relay_peers.py` says what it must hold.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app.log import Log  # noqa: E402
from engine import cards  # noqa: E402
from engine.cards import Handoff, TaskCard, Why  # noqa: E402
from engine.codec import changes, plain  # noqa: E402
from engine.events import Handed  # noqa: E402
from tests.bench import relay_peers  # noqa: E402

Legs = list[tuple[str, str, dict[str, Any]]]
"""Receiver, reason, and the parts that a leg adds."""
IN_FLIGHT = 8
OURS = ("floor", "floor, full state", "ours", "ours x 8")


def legs(kilobytes: int) -> Legs:
    """What six legs add: in the end a state of so many KB of JSON."""
    place = cards.Place("a" * 64, "refund-request.eml", 1, 120, 190, None, "Body")
    document = cards.Document("a" * 64, "refund-request.eml", "eml", 1, 86, "Refund for order 4711")
    route = cards.Route("refund_request", 0.9312, 0.41, "complaint", 0.0401, nearest="I want my money back for 4711.")
    draft = cards.Draft((cards.Sentence("You get your money back within 14 days.", (1,), "a-model"),), 1, "Hello,")
    verdict = cards.Verdict("pass", (cards.Judgement(draft.sentences[0].text, True, (1,), 0.93),))
    rest = {"card": _card("T-0000000000"), "documents": (document,), "route": route, "draft": draft, "verdict": verdict}
    missing = max(1, kilobytes * 1000 - len(json.dumps(plain(rest))))
    count = missing // 2500 + 1
    empty = cards.Evidence(10, "", place, 0.91, "handbook", "Refunds")
    words = "Refunds are paid within 14 days of the return. " * 100
    quote = words[: max(10, missing // count - len(json.dumps(plain(empty))))]
    evidence = tuple(dataclasses.replace(empty, n=n, quote=quote) for n in range(count))
    return [
        ("router", "Read 1 page, 86 words.", {"documents": (document,)}),
        ("librarian", "Refund request. Runner-up Complaint at 0.04.", {"route": route}),
        ("drafter", "Found passages on refunds.", {"evidence": evidence}),
        ("verifier", "Wrote 1 sentence from policy.", {"draft": draft}),
        ("desk", "All 1 sentences are supported.", {"verdict": verdict}),
        ("desk", "The draft waits for approval.", {"ending": "finished"}),
    ]


def _card(name: str) -> TaskCard:
    return TaskCard(name, f"/home/me/inbox/{name}.eml", "a" * 64, "front-desk", 2048, "2026-11-25T10:00:00+00:00")


def _task(log: Log, name: str, work: Legs) -> None:
    """One task through its legs, as the relay and the desk do it."""
    card = _card(name)
    handoff = Handoff(card, Why("desk", "reader", "Opened."))
    opening = [Handed(name, 0, handoff.why, {"card": plain(card)})]
    for receiver, reason, added in work:
        following = handoff.to(receiver, reason, score=0.9312, threshold=0.41, **added)
        log.append(*opening, Handed(name, following.seq, following.why, changes(handoff, following)))
        handoff, opening = following, []


def _ours(work: Legs, database: Path, tasks: int, threads: int) -> list[float]:
    """Seconds of each task; with several threads, the whole time shared out over the tasks."""
    log = Log(database)
    for number in range(20):
        _task(log, f"warm-up-{number}", work)
    taken: list[float] = []

    def work_off(first: int) -> None:
        for number in range(first, tasks, threads):
            began = time.perf_counter()
            _task(log, f"T-{number:010x}", work)
            taken.append(time.perf_counter() - began)

    workers = [threading.Thread(target=work_off, args=(first,)) for first in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    whole = time.perf_counter() - began
    log.close()
    return taken if threads == 1 else [whole / max(1, tasks)] * tasks


def _floor(work: Legs, database: Path, tasks: int, full_state: bool) -> list[float]:
    from sqlite_utils.utils import sqlite3

    connection = sqlite3.connect(str(database), isolation_level=None)
    relay_peers.full(connection)
    connection.execute("create table handoffs (id integer primary key, card text, seq integer, body text)")
    parts = [{name: plain(value) for name, value in added.items()} for _, _, added in work]
    parts[0] = {"card": plain(_card("T-0000000000")), **parts[0]}
    states = [{name: value for part in parts[: n + 1] for name, value in part.items()} for n in range(len(parts))]
    taken = []
    for number in range(tasks + 20):
        began = time.perf_counter()
        for seq, (part, state) in enumerate(zip(parts, states, strict=True), 1):
            said = (
                f"T-{number:010x}",
                seq,
                json.dumps([work[seq - 1][:2], 0.9312, 0.41, state if full_state else part]),
            )
            connection.execute("begin")
            connection.execute("insert into handoffs (card, seq, body) values (?, ?, ?)", said)
            connection.execute("commit")
        taken.append(time.perf_counter() - began)
    connection.close()
    return taken[20:]


def child(name: str, work_file: Path, database: Path) -> None:
    """One run of ours or of a floor; prints what a peer's script prints."""
    given = json.loads(work_file.read_text())
    work, tasks = legs(given["kilobytes"]), given["tasks"]
    runs: dict[str, Callable[[Path, int], list[float]]] = {
        "floor": lambda path, count: _floor(work, path, count, False),
        "floor, full state": lambda path, count: _floor(work, path, count, True),
        "ours": lambda path, count: _ours(work, path, count, 1),
        "ours x 8": lambda path, count: _ours(work, path, count, IN_FLIGHT),
    }
    seconds = runs[name](database, tasks)
    warm = database.with_name("warm.db")  # the size of a file with the tables and the warm-up alone
    runs[name](warm, 0)
    print(json.dumps({"seconds": seconds, "bytes": relay_peers.stored(database) - relay_peers.stored(warm)}))


def measured(name: str, python: str, folder: Path, work: Path) -> dict[str, float] | str:
    """Microseconds a handoff and KB a task of one run, or why there is none."""
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        database = Path(fresh) / "steps.db"
        words = (
            [python, "-m", "tests.bench.relay", "--child", name, str(work), str(database)]
            if name in OURS
            else [python, str(ROOT / "tests" / "bench" / "relay_peers.py"), name, str(work), str(database)]
        )
        quiet = os.environ | {"CREWAI_STORAGE_DIR": fresh, "HOME": fresh, "CREWAI_TRACING_ENABLED": "false"}
        done = subprocess.run(words, cwd=ROOT, env=quiet, capture_output=True, text=True, timeout=600)
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"
    told = json.loads(done.stdout.splitlines()[-1])
    count = len(told["seconds"])
    return {
        "us": statistics.median(told["seconds"]) / 6 * 1e6,
        "kb": told["bytes"] / count / 1000,
    }


def compare(peers: Sequence[tuple[str, str]], kilobytes: int, tasks: int, rounds: int, folder: Path) -> None:
    """Runs and prints the table of one size of state."""
    work = folder / f"work-{kilobytes}.json"
    parts = [[to, {name: plain(value) for name, value in added.items()}] for to, _, added in legs(kilobytes)]
    card = plain(_card("T-0000000000"))
    named = [(f"{number}_{leg}", part) for number, (leg, part) in enumerate(parts)]
    state = json.dumps({"card": card} | {name: value for _, part in parts for name, value in part.items()})
    work.write_text(json.dumps({"kilobytes": kilobytes, "tasks": tasks, "legs": named, "card": card}))
    print(f"\n{len(state) / 1000:.1f} KB of state, {tasks} tasks a run, {rounds} rounds", flush=True)
    found: dict[str, list[dict[str, float]]] = {}
    ratios: dict[str, list[tuple[float, float, float]]] = {}
    missing = {}
    for _ in range(rounds):
        for name, python in [("floor, full state", sys.executable), *peers]:
            near = {one: measured(one, sys.executable, folder, work) for one in ("floor", "ours", "ours x 8")}
            near[name] = measured(name, python, folder, work)
            for one, figures in near.items():
                if isinstance(figures, str):
                    missing[one] = figures
                else:
                    found.setdefault(one, []).append(figures)
            us = {one: figures["us"] for one, figures in near.items() if not isinstance(figures, str)}
            if broken := [f"{one} {missing[one]}" for one in ("floor", "ours", "ours x 8") if one in missing]:
                sys.exit(f"Nothing to compare with: {'; '.join(broken)}")
            for one in us:
                floor, ours, ours8 = us["floor"], us["ours"], us["ours x 8"]
                ratios.setdefault(one, []).append((us[one] / floor, us[one] / ours, us[one] / ours8))
    _print(found, ratios, missing)


def _print(
    found: dict[str, list[dict[str, float]]],
    ratios: dict[str, list[tuple[float, float, float]]],
    missing: dict[str, str],
) -> None:
    print(f"{'':<20} {'us/handoff':>10} {'best':>7} {'to floor':>9} {'to ours':>8} {'to ours x 8':>12} {'KB/task':>8}")
    for name, runs in found.items():
        us, kb = [run["us"] for run in runs], statistics.median(run["kb"] for run in runs)
        to_floor, to_ours, to_eight = (statistics.median(column) for column in zip(*ratios[name], strict=True))
        print(
            f"{name:<20} {statistics.median(us):>10.0f} {min(us):>7.0f} {to_floor:>9.2f} {to_ours:>8.2f} "
            f"{to_eight:>12.2f} {kb:>8.1f}   {relay_peers.NOTES.get(name, '')}",
            flush=True,
        )
    for name, why in missing.items():
        print(f"{name:<20} {why}")


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, default=ROOT.parent / "peers")
    parser.add_argument("--only", default=",".join(relay_peers.PINNED))
    parser.add_argument("--tasks", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default="2,104", help="KB of state")
    given = parser.parse_args()
    peers = []
    for name in filter(None, given.only.split(",")):
        python = given.peers / name / "bin" / "python"
        if python.exists():
            peers.append((name, str(python)))
        else:
            print(f"{name} is not installed: {', '.join(relay_peers.PINNED[name])} belong into {python.parents[1]}.")
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        for size in given.sizes.split(","):
            compare(peers, int(size), given.tasks, given.rounds, Path(folder))


if __name__ == "__main__":
    main()
