"""How well the intent model finds all intents of a message that has several.

    python -m tests.bench.several banking.jsonl [--parts 5] [--low]

The file holds {"text","intents":[...],"fold"}. The folds are dealt into parts; each part is answered by a
model trained on the others, by the way the product goes (`Intents.train`, `Intents.predict`). With
`--low`, as that data set's authors measure scarcity: trained on one fold, tested on all others, the mean
of all folds. Printed: micro-F1 (2 x right / (said + true), over all texts), macro-F1, texts all right.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.fleet import Fleet, catalogue
from engine.intents.model import Intents
from engine.intents.several import micro_f1
from tests.engine.scripted import drained

Labels = tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--low", action="store_true", help="train on a single fold")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.file.read_text("utf-8").split("\n") if line]
    texts, truth = [row["text"] for row in rows], [tuple(row.get("intents", ())) for row in rows]
    folds = np.array([row["fold"] for row in rows])
    print(f"{len(rows)} texts, {len({label for one in truth for label in one})} labels, {len(set(folds))} folds")
    fleet = Fleet(catalogue(Path("no-home")))
    if options.low:
        scores = []
        for fold in sorted(set(folds)):
            kept, away = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            scores.append(micro_f1(answered(fleet, texts, truth, kept, away), [truth[i] for i in away]))
        print(f"one fold to learn from: micro-F1 {np.mean(scores):.4f} ({min(scores):.3f} to {max(scores):.3f})")
        return
    said: list[Labels] = [()] * len(rows)
    for part in range(options.parts):
        kept, away = np.flatnonzero(folds % options.parts != part), np.flatnonzero(folds % options.parts == part)
        for place, labels in zip(away, answered(fleet, texts, truth, kept, away), strict=True):
            said[place] = labels
        print(f"part {part}: micro-F1 {micro_f1([said[i] for i in away], [truth[i] for i in away]):.4f}")
    exact = np.mean([set(one) == set(other) for one, other in zip(said, truth, strict=True)])
    print(f"all: micro-F1 {micro_f1(said, truth):.4f}, macro-F1 {macro_f1(said, truth):.4f}, all right {exact:.1%}")


def answered(
    fleet: Fleet, texts: Sequence[str], truth: Sequence[Labels], kept: np.ndarray, away: np.ndarray
) -> list[Labels]:
    with tempfile.TemporaryDirectory() as home:
        intents = Intents(Path(home), fleet, lambda playbook: None)
        try:
            drained(intents.train("messages", [(texts[i], truth[i]) for i in kept]))
            return [one.labels for one in drained(intents.predict("messages", [texts[i] for i in away]))[1]]
        finally:
            intents.close()


def macro_f1(said: Sequence[Labels], truth: Sequence[Labels]) -> float:
    """The mean F1 of the labels that occur."""
    scores = []
    for label in sorted({label for one in truth for label in one}):
        ours, theirs = [label in one for one in said], [label in one for one in truth]
        right = sum(one and other for one, other in zip(ours, theirs, strict=True))
        scores.append(2 * right / (sum(ours) + sum(theirs)))
    return float(np.mean(scores))


if __name__ == "__main__":
    main()
