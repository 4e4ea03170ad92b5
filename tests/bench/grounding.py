"""Measures how well a supported sentence is told from one that is not, by meaning; and learns the weights for it.

    python -m tests.bench.grounding DATA [--learn] [--cache FILE] [--every N]

DATA holds, as these sets come, begin/dev/*.jsonl {"knowledge", "response", "label"}, wice/dev/oracle_chunks_claim.jsonl
{"claim", "evidence", "label"} and qags/dev/*.jsonl {"document", "sentences", "supported"}. For each set: the area under
the curve of `grounding.borne_out`, and of the share of words that stand in the source (`support.against`); how many of
the wrong ones pass where 80 of 100 right ones do; milliseconds a sentence. A summary of QAGS is as good as its worst
sentence. `--learn` prints weights learned from BEGIN and WiCE, and what they reach where each set is left out in turn.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from engine import grounding, support
from engine.chunks import sentences
from engine.fleet import Fleet, catalogue

LEARNED_FROM = ("wow", "cmu", "tc", "wice")
FREEDOM = 0.05
"""The regression's inverse strength of regularisation."""


@dataclass(frozen=True)
class Claim:
    """A sentence, its source, whether that bears it out; sentences of one `whole` are judged together, too."""

    set: str
    whole: str
    sentence: str
    source: tuple[str, ...]
    right: bool
    whole_right: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--cache", type=Path, help="keep the figures here between runs")
    parser.add_argument("--every", type=int, default=1, help="only each N-th sentence, for how long it takes")
    options = parser.parse_args()
    claims = list(given(options.data))[:: options.every]
    if options.cache and options.cache.exists():
        figures, spent = json.loads(options.cache.read_text())
    else:
        figures, spent = looked_at(claims)
        if options.cache:
            options.cache.write_text(json.dumps([figures, spent]))
    kept = [(claim, row) for claim, row in zip(claims, figures, strict=True) if row is not None]
    claims, table = [claim for claim, _ in kept], np.array([row for _, row in kept])
    if options.learn:
        learn(claims, table)
        return
    scores = (table - grounding.MEAN) / grounding.SPREAD @ np.array(grounding.WEIGHTS) + grounding.BIAS
    words = np.array([support.against(one.sentence, " ".join(one.source), "", 0.8)[0] for one in claims])
    for name in dict.fromkeys(claim.set for claim in claims):
        told(name, claims, scores, words)
    slow = np.percentile(spent, 90)
    print(f"{1000 * statistics.median(spent):.1f} ms a sentence with its source; 9 of 10 under {1000 * slow:.1f} ms")


def given(data: Path) -> Iterator[Claim]:
    for name in ("wow", "cmu", "tc"):
        for row in rows(data / f"begin/dev/{name}_dev.jsonl"):
            right = row["label"] == "Fully attributable"
            if row["label"] != "Generic":
                yield Claim(name, row["id"], row["response"], cut(row["knowledge"]), right, right)
    for row in rows(data / "wice/dev/oracle_chunks_claim.jsonl"):
        right = row["label"] == "supported"
        yield Claim("wice", row["meta"]["id"], row["claim"], tuple(row["evidence"]), right, right)
    for name in ("cnndm", "xsum"):
        for row in rows(data / f"qags/dev/{name}.jsonl"):
            for one in row["sentences"]:
                yield Claim(name, row["id"], one["sentence"], cut(row["document"]), one["supported"], row["supported"])


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def cut(text: str) -> tuple[str, ...]:
    flat = " ".join(text.split())
    return tuple(flat[start:end] for start, end in sentences(flat)) or (flat,)


def looked_at(claims: list[Claim]) -> tuple[list[tuple[float, ...] | None], list[float]]:
    encoder = Fleet(catalogue(Path(tempfile.gettempdir()))).encoder()
    figures, spent = [], []
    for number, claim in enumerate(claims):
        began = time.perf_counter()
        figures.append(grounding.figures(claim.sentence, claim.source, encoder))
        spent.append(time.perf_counter() - began)
        if number % 200 == 0:
            print(f"{number} of {len(claims)}", flush=True)
    return figures, spent


def told(name: str, claims: list[Claim], scores: np.ndarray, words: np.ndarray) -> None:
    own = np.array([claim.set == name for claim in claims])
    right = np.array([claim.right for claim in claims])[own]
    at = np.quantile(scores[own][right], 0.2)
    through = (scores[own][~right] >= at).mean()
    areas = roc_auc_score(right, scores[own]), roc_auc_score(right, words[own]), of_wholes(name, claims, scores)
    print(f"{name:<6} {own.sum():5} sentences: area {areas[0]:.3f} (words alone {areas[1]:.3f}; ", end="")
    print(f"whole texts {areas[2]:.3f}); {through:.1%} of the wrong ones pass where 80 % of the right ones do")


def of_wholes(name: str, claims: list[Claim], scores: np.ndarray) -> float:
    """Of several sentences of one text the worst counts; of several sources of one sentence the best."""
    found: dict[str, list[float]] = {}
    right: dict[str, bool] = {}
    for claim, score in zip(claims, scores, strict=True):
        if claim.set == name:
            found.setdefault(claim.whole, []).append(float(score))
            right[claim.whole] = claim.whole_right
    together = max if name == "wice" else min
    return float(roc_auc_score(list(right.values()), [together(found[whole]) for whole in right]))


def learn(claims: list[Claim], table: np.ndarray) -> None:
    names = np.array([claim.set for claim in claims])
    right = np.array([claim.right for claim in claims])
    for left in dict.fromkeys(names):
        some = np.isin(names, [name for name in LEARNED_FROM if name != left])
        scores = fitted(table[some], right[some])[0](table)
        area = roc_auc_score(right[names == left], scores[names == left])
        print(f"{left:<6} left out: area {area:.3f}, by whole texts {of_wholes(left, claims, scores):.3f}")
    _, mean, spread, weights, bias = fitted(table[np.isin(names, LEARNED_FROM)], right[np.isin(names, LEARNED_FROM)])
    for name, values in (("MEAN", mean), ("SPREAD", spread), ("WEIGHTS", weights)):
        print(f"{name} = ({', '.join(f'{value:.4f}' for value in values)})")
    print(f"BIAS = {bias:.4f}")


def fitted(table: np.ndarray, right: np.ndarray) -> tuple[Any, ...]:
    scaler = StandardScaler().fit(table)
    model = LogisticRegression(C=FREEDOM, max_iter=2000, class_weight="balanced").fit(scaler.transform(table), right)
    return (
        lambda rows: model.decision_function(scaler.transform(rows)),
        scaler.mean_, scaler.scale_, model.coef_[0], float(model.intercept_[0]),
    )  # fmt: skip


if __name__ == "__main__":
    main()
