"""Measures what a call of each tool costs, and the log groups beside drain3. It judges nothing.

    python tests/bench/tools.py [--rows 20000] [--lines 20000]

Median of 30 calls with the tool's own work only; the table look-ups on as many rows, the last of which is wanted, read
before. drain3 is named as missing where it is not installed: it is no dependency of Baton (pip install drain3, in
another environment). GA is grouping accuracy: the share of lines whose group holds exactly the lines of their kind.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from engine.permissions import judge  # noqa: E402
from engine.tools.log_groups import Groups  # noqa: E402
from tests.engine.tools.trays import ScriptedTray, called, value, whole  # noqa: E402

KINDS = (
    "{t} ERROR payment service=checkout order=LF-2{n:04d} timeout after {n} ms",
    "{t} INFO connection from 10.0.0.{n}:4{n:03d} accepted by worker {n}",
    "{t} WARN pool exhausted, {n} of 50 connections in use",
    "{t} INFO session 7f3a{n:04d}-1111-2222-3333-44445555{n:04d} closed",
    "{t} FATAL could not open /var/run/db.sock: errno {n}",
    "{t} INFO user {u} logged in from the office",
    "{t} INFO user {u} changed the price of item {n} to {n}.50 EUR",
    "{t} DEBUG cache hit ratio {n}% for shard {u}",
    "{t} ERROR {u} failed to load image {u}.png: permission denied",
    "{t} INFO backup of {u} finished in {n} s",
)
CODE = "import os\n\ndef f(x):\n    return eval(y)\n" * 20


def median(work: Callable[[], object], count: int = 30) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def log(count: int) -> tuple[list[str], list[int]]:
    """Lines of ten kinds, and the kind of each."""
    rng = random.Random(1)
    kinds = [rng.randrange(len(KINDS)) for _ in range(count)]
    lines = [
        KINDS[kind].format(
            t=f"2026-10-05 08:{n // 60 % 60:02d}:{n % 60:02d}",
            n=rng.randrange(9999),
            u=rng.choice("anna ben cleo".split()),
        )
        for n, kind in enumerate(kinds)
    ]
    return lines, kinds


def accuracy(groups: Sequence[object], kinds: Sequence[int]) -> float:
    by_group, by_kind = defaultdict[object, set[int]](set), defaultdict[int, set[int]](set)
    for number, (group, kind) in enumerate(zip(groups, kinds, strict=True)):
        by_group[group].add(number)
        by_kind[kind].add(number)
    pairs = zip(groups, kinds, strict=True)
    return sum(by_group[group] == by_kind[kind] for group, kind in pairs) / len(kinds)


def calls(rows: int, folder: Path) -> None:
    tray = ScriptedTray(folder, seconds=3600)
    table = "order,item\n" + "".join(f"LF-{n},thing {n}\n" for n in range(rows))
    (folder / "orders.csv").write_text(table)
    with sqlite3.connect(folder / "orders.db") as db:
        db.execute("create table orders (number text, item text)")
        db.executemany("insert into orders values (?, ?)", ((f"LF-{n}", f"thing {n}") for n in range(rows)))
    db.close()
    wanted, text = value(f"LF-{rows - 1}"), whole("\n".join(log(1000)[0]))
    works: dict[str, Callable[[], object]] = {
        f"lookup, CSV of {rows} rows": lambda: called(
            "lookup", tray, {"file": "orders.csv", "key": "order"}, value=wanted
        ),
        f"lookup, SQLite of {rows} rows": lambda: called(
            "lookup", tray, {"file": "orders.db", "key": "number", "table": "orders"}, value=wanted
        ),
        "reckon": lambda: called("reckon", tray, {"expression": "d + 30 days"}, d=value("2026-09-14")),
        "identify, IBAN": lambda: called(
            "identify", tray, {"kind": "iban"}, number=value("DE89 3704 0044 0532 0130 00")
        ),
        "lint, 80 lines": lambda: called("lint", tray, {}, code=whole(CODE)),
        "log_groups, 1000 lines": lambda: called("log_groups", tray, {}, text=text),
    }
    for name, work in works.items():
        work()
        print(f"{name:<32} {median(work):9.3f} ms")
    print(f"{'a ruling of the table':<32} {median(lambda: judge('clerk', 'write', ['document']), 3000):9.4f} ms")


def groups(count: int) -> None:
    lines, kinds = log(count)
    systems: dict[str, Callable[[], list[object]]] = {"baton": lambda: list(map(id, map(Groups().add, lines)))}
    if importlib.util.find_spec("drain3"):
        from drain3 import TemplateMiner

        miner = TemplateMiner()
        systems["drain3"] = lambda: [miner.add_log_message(line)["cluster_id"] for line in lines]
    else:
        print("drain3 is not installed here")
    for name, system in systems.items():
        began = time.perf_counter()
        found = system()
        taken = time.perf_counter() - began
        print(f"{name:<8} {count / taken:10,.0f} lines/s  GA {accuracy(found, kinds):.3f}  {len(set(found))} groups")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--lines", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calls(options.rows, Path(folder))
    groups(options.lines)


if __name__ == "__main__":
    main()
