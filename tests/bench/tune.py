"""Measures what `baton knowledge tune` gains on questions that it never saw. It prints, and judges nothing.

    python tests/bench/tune.py CORPUS.jsonl QUESTIONS.jsonl [--held 500] [--seeds 0 1 2] [--home DIR]

CORPUS.jsonl has lines {"id","title"?,"text"}, QUESTIONS.jsonl lines {"question","relevant":[ids]}. `--held`
questions, always the same, are only measured on: recall and mean average precision of ten hits. The others are
given to the tuning, in an order that differs with the seed, which decides what the tuning itself holds out.
Each seed starts from the untuned retriever. `--home` keeps the collection for another run.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from app.knowledge import joined
from engine.fleet import Fleet, catalogue
from engine.library import Library
from engine.tuning.retriever import Outcome

COUNT = 10


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("corpus", type=Path)
    options.add_argument("questions", type=Path)
    options.add_argument("--held", type=int, default=500)
    options.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    options.add_argument("--home", type=Path)
    options.add_argument("--collection", default="bench")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as scratch:
        home = asked.home or Path(scratch)
        library = Library(home, Fleet(catalogue(home), home))
        begun = time.perf_counter()
        add(library, asked.collection, asked.corpus)
        print(f"collection ready after {time.perf_counter() - begun:.0f} s", flush=True)
        rows = [{"query": row["question"], "ids": row["relevant"]} for row in lines(asked.questions)]
        random.Random(777).shuffle(rows)
        held, given = rows[: asked.held], rows[asked.held :]
        before = measured(library, asked.collection, held)
        print(f"untuned           {before}", flush=True)
        gains = []
        for seed in asked.seeds:
            order = random.Random(seed).sample(given, len(given))
            begun = time.perf_counter()
            outcome = tuned(library, asked.collection, order)
            seconds = time.perf_counter() - begun
            print(f"seed {seed}: tuned in {seconds:.0f} s. {outcome.sentence}", flush=True)
            if outcome.version:
                gains.append(measured(library, asked.collection, held))
                print(f"seed {seed}: {gains[-1]}", flush=True)
                library.tune_back(asked.collection)
        if gains:
            print(f"median of {len(gains)}: {Merit(*map(statistics.median, zip(*gains, strict=True)))}")
        library.close()


class Merit(NamedTuple):
    """What the first ten hits are worth, and the median milliseconds of a search."""

    recall: float
    precision: float
    milliseconds: float

    def __str__(self) -> str:
        return f"R@10 {self.recall:.4f}  MAP@10 {self.precision:.4f}  {self.milliseconds:.1f} ms a search"


def lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as opened:
        yield from map(json.loads, opened)


def add(library: Library, collection: str, corpus: Path) -> None:
    if any(row["name"] == collection for row in library.collections()):
        return
    for done in library.add_passages(collection, joined(corpus)):
        print(f"{len(done)} passages more", file=sys.stderr, flush=True)
    for _ in library.upkeep():
        continue


def tuned(library: Library, collection: str, rows: list[dict[str, Any]]) -> Outcome:
    """The outcome; progress on stderr."""

    def steps() -> Iterator[tuple[str, int, int]]:
        outcomes.append((yield from library.tune(collection, rows)))

    outcomes: list[Outcome] = []
    for note, done, count in steps():
        if done % 50 == 0:
            print(f"{note}: {done} of {count}", file=sys.stderr, flush=True)
    return outcomes[0]


def measured(library: Library, collection: str, held: list[dict[str, Any]]) -> Merit:
    recalls, precisions, times = [], [], []
    for row in held:
        begun = time.perf_counter()
        hits = library.search(collection, row["query"], COUNT)
        times.append(1000 * (time.perf_counter() - begun))
        right, precision, wanted = 0, 0.0, set(row["ids"])
        for rank, name in enumerate(dict.fromkeys(hit.name for hit in hits), 1):
            if name in wanted:
                right += 1
                precision += right / rank
        recalls.append(right / len(wanted))
        precisions.append(precision / len(wanted))
    return Merit(statistics.mean(recalls), statistics.mean(precisions), statistics.median(times))


if __name__ == "__main__":
    main()
