"""Breaks a log in every way that we know, by the thousand, and counts. It prints; status 1 when something was lost.

    python -m tests.bench.faults [--random-kills 1000] [--cuts 20000] [--flips 1000] [--seed 5]

Each named point of a handoff is hit the first ten times that it is passed. Disk errors strike at each write and each
sync of a run, once and for good. Power cuts are shared out over three kinds of work (one task at a time, four at
once, with an erasure), ten recordings each. The control is the same without synchronisation, and must lose something.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.faults import errors, flips, kill, power  # noqa: E402

RECORDINGS = 10


@contextmanager
def fresh() -> Iterator[Path]:
    """A folder in memory, where there is one: these faults are not the real disk's."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="baton-faults-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def named_kills() -> tuple[str, int]:
    hit = bad = 0
    for point in kill.POINTS:
        for time_of in range(1, 11):
            with fresh() as folder:
                killed, wrong = kill.killed_at(folder / "log.db", point, time_of)
            hit, bad = hit + killed, bad + bool(wrong)
    return f"{hit} kills at {len(kill.POINTS)} named points: {bad} with something lost, doubled or broken", bad


def random_kills(count: int, chance: random.Random) -> tuple[str, int]:
    why: Counter[str] = Counter()
    with fresh() as folder:
        hit, bad = kill.random_kills(folder, count, chance, lambda fault: why.update([fault]))
    return f"{hit} kills at random: {bad} with something lost, doubled or broken {dict(why) or ''}", bad


def power_cuts(count: int, chance: random.Random, synchronous: str = "full") -> tuple[str, int]:
    bad = done = 0
    why: Counter[str] = Counter()
    kinds: tuple[dict[str, bool], ...] = ({}, {"together": True}, {"erasing": True})
    for number in range(RECORDINGS * len(kinds)):
        share = (count - done) // (RECORDINGS * len(kinds) - number)
        with fresh() as folder, fresh() as after:
            disk = power.recorded(folder, synchronous=synchronous, **kinds[number % len(kinds)])
            bad += power.lost(disk, share, after, chance, lambda fault: why.update([fault[:60]]))
        done += share
    return f"{done} power cuts, synchronous={synchronous}: {bad} with something lost, doubled or broken", bad


def control(count: int, chance: random.Random) -> tuple[str, int]:
    """Without synchronisation cuts must do harm, or the cuts are none."""
    said, bad = power_cuts(count, chance, "off")
    return f"{said} (the control: it must)", bad == 0


def disk_errors() -> tuple[str, int]:
    struck = told = bad = 0
    for kind in errors.KINDS:
        with fresh() as folder:
            steps = errors.steps(folder, kind)
        for at in range(1, steps + 1):
            for lasting in (False, True):
                with fresh() as folder:
                    said, wrong = errors.failing(folder, kind, at, lasting)
                struck, told, bad = struck + 1, told + bool(said), bad + bool(wrong)
    silent = f"{struck - told} struck where SQLite goes on without it (a checkpoint, the last close)"
    return f"{struck} disk errors: {told} told in a sentence, {silent}; {bad} with something lost or broken", bad


def bit_flips(count: int, chance: random.Random) -> tuple[str, int]:
    missed: list[str] = []
    with fresh() as folder:
        flips.written(folder / "log.db")
        tally = flips.flipped(folder / "log.db", count, chance, missed.append)
    found = f"{tally.flips} bits turned over in live rows: {tally.found} found ({tally.found / tally.flips:.2%})"
    said = f"{found}; {tally.missing} other rows not exported, {tally.wrong} wrong ones proven {missed[:3] or ''}"
    return said, tally.missing + tally.wrong + (tally.found < 0.999 * tally.flips)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random-kills", type=int, default=1000)
    parser.add_argument("--cuts", type=int, default=20_000)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=5)
    given = parser.parse_args()
    chance, bad = random.Random(given.seed), 0
    for run in (
        named_kills,
        lambda: random_kills(given.random_kills, chance),
        lambda: power_cuts(given.cuts, chance),
        lambda: control(600, chance),
        disk_errors,
        lambda: bit_flips(given.flips, chance),
    ):
        began = time.monotonic()
        said, wrong = run()
        bad += wrong
        print(f"{said}   [{time.monotonic() - began:.0f} s]", flush=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
