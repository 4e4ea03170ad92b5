"""How often the intent model tells what kind of document a long text is.

    python -m tests.bench.documents contracts.jsonl [--seeds 3] [--group '^[^_]+']

The file holds {"id","label","text"}, the text as it was read, pages long. Five parts, documents of one
source (the part of the id that `--group` matches) in one part, each label spread over the parts; each
part is answered by a model that was trained on the other four, by the way the product goes: examples in,
`of_text`, head, predictions. A label whose documents are all in one part can't be answered, and counts
as wrong. Printed per seed: first choice right, answered right (not abstained), and the mean share of
labels. Beside it the same with the first 700 characters, and with the whole text in the encoder's window.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from engine.fleet import Fleet, catalogue
from engine.gist import OPENING, of_text
from engine.intents.model import Intents
from tests.engine.scripted import drained

PARTS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--group", default="^[^_]+", help="what of the id names the source")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.file.read_text("utf-8").split("\n") if line]
    texts, labels = [row["text"] for row in rows], np.array([row["label"] for row in rows])
    sources = [(re.match(options.group, row["id"]) or [row["id"]])[0] for row in rows]
    print(f"{len(rows)} documents, {len(set(labels))} labels, {len(set(sources))} sources")
    fleet = Fleet(catalogue(Path("no-home")))
    alone = {"opening": [text[:OPENING] for text in texts], "whole": texts, "names": [of_text(text) for text in texts]}
    vectors = {name: fleet.encoder().encode(part) for name, part in alone.items()}
    said: list[tuple[str | None, str]] = []
    for seed in range(options.seeds):
        parts = list(StratifiedGroupKFold(PARTS, shuffle=True, random_state=seed).split(texts, labels, sources))
        said = [(None, "")] * len(rows)
        for kept, away in parts:
            for place, answer in zip(away, answered(fleet, texts, labels, kept, away), strict=True):
                said[place] = answer
        first = np.array([best for _, best in said]) == labels
        answers = np.array([label or "" for label, _ in said])
        per_label = np.mean([first[labels == label].mean() for label in sorted(set(labels))])
        others = {name: plain(matrix, labels, parts) for name, matrix in vectors.items()}
        print(
            f"seed {seed}: first choice right {first.mean():.1%} (mean of labels {per_label:.1%}), answered right "
            f"{(answers == labels).mean():.1%}, wrongly {((answers != labels) & (answers != '')).mean():.1%}; plain "
            f"classifier over: " + ", ".join(f"{name} {share:.1%}" for name, share in others.items())
        )
    mixed = Counter((str(label), best) for label, (_, best) in zip(labels, said, strict=True) if label != best)
    print("most confused:", ", ".join(f"{truth} > {best} ({count})" for (truth, best), count in mixed.most_common(8)))


def answered(
    fleet: Fleet, texts: Sequence[str], labels: np.ndarray, kept: np.ndarray, away: np.ndarray
) -> list[tuple[str | None, str]]:
    """What a model trained on the kept documents says of the others, and its first choice."""
    with tempfile.TemporaryDirectory() as home:
        intents = Intents(Path(home), fleet, lambda playbook: None)
        try:
            drained(intents.train("documents", [(texts[i], (str(labels[i]),)) for i in kept]))
            flat = [" ".join(texts[i].split()) for i in away]  # as they come by standard input, a line each
            return [(one.label, one.candidates[0][0]) for one in drained(intents.predict("documents", flat))[1]]
        finally:
            intents.close()


def plain(vectors: np.ndarray, labels: np.ndarray, parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """The share that a logistic regression over these vectors gets right."""
    right = 0
    for kept, away in parts:
        model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=500).fit(vectors[kept], labels[kept])
        right += int((model.predict(vectors[away]) == labels[away]).sum())
    return right / len(labels)


if __name__ == "__main__":
    main()
