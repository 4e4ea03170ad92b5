"""What a route costs once the text is a vector: the hard rules, and the intent model's decision.

    python -m tests.bench.routing [--rounds 5]

The sample playbook's 14 intents and 295 examples, 384 dimensions. Each figure is the median and the 99th percentile
of 2,000 decisions, in the best of the rounds (a busy machine only adds). Also: what `import engine` takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine.bench import Bench
from engine.rules import _fired
from tests.engine.scripted import after, drained, opened, stored

LETTER = """Hello,

When will I get my money back for the tent of order LF-20417? I returned it three weeks ago.

Regards
Jo"""
DECISIONS = 2000
IMPORT = """
import re, time
from pathlib import Path
began = time.perf_counter()
import engine
spent = time.perf_counter() - began
print(spent, int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as home:
        bench = Bench(Path(home))
        baton = opened(sha256=stored(bench, LETTER), playbook="front-desk")
        baton = after(after(baton, "reader", bench), "extractor", bench)
        vector = bench.fleet.encoder().encode([bench.gist(baton)])
        head = drained(bench.intents.head("front-desk"))[1]
        rows, readings = bench.playbook(baton).rules, bench.readings(baton)
        timed("hard rules", rounds, lambda: list(_fired.before(rows, baton, readings)))
        timed("intent model, vector given", rounds, lambda: head.predict(vector))
        timed("both", rounds, lambda: (list(_fired.before(rows, baton, readings)), head.predict(vector)))
        bench.close()
    found = [
        subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True).stdout.split() for _ in range(7)
    ]
    seconds, megabytes = (sorted(float(row[place]) for row in found)[3] for place in (0, 1))
    print(f"import engine: {seconds:.3f} s, {megabytes:.1f} MB (median of 7)")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def timed(name: str, rounds: int, decide: Callable[[], object]) -> None:
    best: tuple[float, float] = (float("inf"), 0.0)
    for _ in range(rounds):
        spent = []
        for _ in range(DECISIONS):
            began = time.perf_counter_ns()
            decide()
            spent.append(time.perf_counter_ns() - began)
        spent.sort()
        best = min(best, (spent[DECISIONS // 2] / 1000, spent[DECISIONS * 99 // 100] / 1000))
    print(f"{name:<28} {best[0]:6.1f} µs, 99th percentile {best[1]:6.1f}")


if __name__ == "__main__":
    main()
