"""Measures the intent head and its tuning on examples, beside SetFit and semantic-router. It judges nothing.

    python tests/bench/intents.py FOLDER [--train train.jsonl] [--valid valid.jsonl] [--outside FILE ...]
                                  [--systems head tuned ...] [--seeds 0 1 2] [--json]

The files hold {"text": ..., "label": ...} a line. `head` is the fast head, `tuned` the strong tuning (where it does
not win on the examples it keeps away, the line says so and measures the head). `setfit` and `semantic-router` use the
same encoder, and are no dependencies of Baton (pip install setfit semantic-router, in another environment that also
sees this one); one that is not installed is named as such. `--compare` means all four.

Columns: the share of valid texts whose best label is right; the expected calibration error of the scores in 15 bins;
against the texts of each --outside file (all of them out of scope): the area under the ROC curve of the score, the
share rejected where 5 % of the valid texts are lost, and (in scope lost, out of scope rejected) at the threshold that
the system chose from its own training data; seconds to train, embedding included; median ms for one text at a time.
All systems use as many threads as OMP_NUM_THREADS says, else torch's default.

SetFit is trained with `--iterations` pairs of each kind an example (its authors' 20 takes long on two cores) in one
epoch. Semantic-router keeps its defaults; `-max` scores a route by its best example instead of the mean of those
found. Its calibrator is fitted on a fifth of the examples, held out from a first router, then put on one of all.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

TIMED = 200
LOST = 0.05
SYSTEMS = ("head", "tuned", "setfit", "semantic-router", "semantic-router-max")
NEEDS = {"setfit": "setfit", "semantic-router": "semantic_router", "semantic-router-max": "semantic_router"}


class System(Protocol):
    """What is measured: trained once, then asked for each text's best label and how sure it is."""

    threshold: float
    note: str

    def train(self, texts: list[str], labels: list[str], seed: int) -> None: ...
    def ask(self, texts: list[str]) -> tuple[list[str], np.ndarray]: ...


class Fast:
    """The fast head over the catalogue's encoder."""

    note = ""
    threshold = 0.0

    def __init__(self) -> None:
        from engine.fleet import Fleet, shipped

        self.fleet = Fleet(shipped())
        self.encoder = self.fleet.encoder()
        self.encoder.encode(["warm"])

    def train(self, texts: list[str], labels: list[str], seed: int) -> None:
        from engine.intents.head import train

        order = np.random.default_rng(seed).permutation(len(texts))
        examples = [(texts[i], labels[i]) for i in order]
        self.head = train(self.encoder.encode([text for text, _ in examples]), examples)
        self.threshold = self.head.threshold

    def vectors(self, texts: list[str]) -> np.ndarray:
        return self.encoder.encode(texts)

    def ask(self, texts: list[str]) -> tuple[list[str], np.ndarray]:
        said = [one.candidates[0] for one in self.head.predict(self.vectors(texts), 0.0)]
        return [label for label, _ in said], np.array([score for _, score in said])


class Tuned(Fast):
    """The strong tuning, served by the runtime that the product serves it with."""

    tuned: Any = None

    def train(self, texts: list[str], labels: list[str], seed: int) -> None:
        from engine.models.bert import BertEncoder
        from engine.tuning.intents import tune

        examples = list(zip(texts, labels, strict=True))
        with tempfile.TemporaryDirectory() as folder:
            steps = tune(
                examples, self.encoder.encode(texts), self.fleet.encoder_folder(), Path(folder) / "tuned", "bench",
                seed=seed,
            )  # fmt: skip
            found = ended(steps)
            self.note = found.sentence
            if found.head is None:
                super().train(texts, labels, seed)
                return
            self.tuned = BertEncoder(Path(folder) / "tuned")
            self.tuned.encode(["warm"])
        self.head, self.threshold = found.head, found.head.threshold

    def vectors(self, texts: list[str]) -> np.ndarray:
        from engine.tuning.intents import beside

        untuned = self.encoder.encode(texts)
        return untuned if self.tuned is None else beside(self.tuned.encode(texts), untuned)


class SetFit:
    """SetFit: contrastive tuning of the encoder, then its logistic regression."""

    threshold = 0.0

    def __init__(self, iterations: int) -> None:
        self._iterations = iterations
        self.note = f"{iterations} iterations, one epoch; it chooses no threshold"

    def train(self, texts: list[str], labels: list[str], seed: int) -> None:
        datasets, setfit = importlib.import_module("datasets"), importlib.import_module("setfit")
        self._model = setfit.SetFitModel.from_pretrained(str(folder()), labels=sorted(set(labels)))
        with tempfile.TemporaryDirectory() as aside:
            arguments = setfit.TrainingArguments(
                output_dir=aside, batch_size=16, num_epochs=1, num_iterations=self._iterations, seed=seed,
                save_strategy="no", report_to="none", show_progress_bar=False,
            )  # fmt: skip
            rows = datasets.Dataset.from_dict({"text": texts, "label": labels})
            setfit.Trainer(model=self._model, args=arguments, train_dataset=rows).train()

    def ask(self, texts: list[str]) -> tuple[list[str], np.ndarray]:
        shares = np.asarray(self._model.predict_proba(texts, as_numpy=True))
        return [self._model.labels[i] for i in shares.argmax(axis=1)], shares.max(axis=1)


class SemanticRouter:
    """Semantic-router: the nearest stored examples of each route, and a calibrated confidence."""

    note = "it chooses no threshold"
    threshold = 0.0

    def __init__(self, aggregation: str) -> None:
        self._encoder = importlib.import_module("semantic_router.encoders").HuggingFaceEncoder(name=str(folder()))
        self._aggregation = aggregation

    def _router(self, texts: Sequence[str], labels: Sequence[str]) -> Any:
        peer, routers = importlib.import_module("semantic_router"), importlib.import_module("semantic_router.routers")
        own = {label: [t for t, one in zip(texts, labels, strict=True) if one == label] for label in set(labels)}
        routes = [peer.Route(name=label, utterances=mine) for label, mine in own.items()]
        return routers.IndexedRouter(encoder=self._encoder, routes=routes, aggregation=self._aggregation)

    def train(self, texts: list[str], labels: list[str], seed: int) -> None:
        order = np.random.default_rng(seed).permutation(len(texts))
        away, kept = order[: len(order) // 5], order[len(order) // 5 :]
        first = self._router([texts[i] for i in kept], [labels[i] for i in kept])
        first.fit([texts[i] for i in away], [labels[i] for i in away])
        self._whole = self._router(texts, labels)
        self._whole.calibrator = first.calibrator

    def ask(self, texts: list[str]) -> tuple[list[str], np.ndarray]:
        said = [self._whole(text) for text in texts]
        return [one.name or "" for one in said], np.array([one.confidence or 0.0 for one in said])


def ended(work: Generator[Any, None, Any]) -> Any:
    """What a generator returns, its progress unread."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def folder() -> Path:
    """The catalogue's encoder as a folder, for the others to load."""
    from engine.fleet import Fleet, shipped

    return Fleet(shipped()).encoder_folder()


def made(name: str, iterations: int) -> System:
    if name == "head":
        return Fast()
    if name == "tuned":
        return Tuned()
    if name == "setfit":
        return SetFit(iterations)
    return SemanticRouter("max" if name.endswith("max") else "mean")


def measured(system: System, train: Rows, valid: Rows, outside: dict[str, list[str]], seed: int) -> dict[str, Any]:
    """Train, then ask: the columns of one line."""
    from engine.intents.head import calibration_error

    began = time.monotonic()
    system.train(*train, seed)
    seconds = time.monotonic() - began
    labels, scores = system.ask(valid[0])
    right = np.array([said == truth for said, truth in zip(labels, valid[1], strict=True)])
    line: dict[str, Any] = {
        "accuracy": round(float(right.mean()), 4),
        "calibration_error": round(calibration_error(scores, right), 4),
        "seconds": round(seconds, 1),
        "threshold": round(system.threshold, 4),
    }
    for name, texts in outside.items():
        line[name] = apart(scores, system.ask(texts)[1], system.threshold)
    taken = []
    for text in valid[0][:TIMED]:
        began = time.perf_counter()
        system.ask([text])
        taken.append((time.perf_counter() - began) * 1000)
    return line | {"ms": round(statistics.median(taken), 2), "note": system.note}


def apart(inside: np.ndarray, outside: np.ndarray, threshold: float) -> dict[str, float]:
    """How well the scores keep what is out of scope below what is in scope."""
    from sklearn.metrics import roc_auc_score

    truth = np.r_[np.ones(len(inside)), np.zeros(len(outside))]
    return {
        "auroc": round(float(roc_auc_score(truth, np.r_[inside, outside])), 4),
        "rejected": round(float((outside < np.quantile(inside, LOST)).mean()), 4),
        "lost_at_threshold": round(float((inside < threshold).mean()), 4),
        "rejected_at_threshold": round(float((outside < threshold).mean()), 4),
    }


Rows = tuple[list[str], list[str]]


def read(path: Path) -> Rows:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [row["text"] for row in rows], [row["label"] or "" for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", default="train.jsonl")
    parser.add_argument("--valid", default="valid.jsonl")
    parser.add_argument("--outside", nargs="*", default=[])
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=["head"])
    parser.add_argument("--compare", action="store_true", help="all systems")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--iterations", type=int, default=5, help="SetFit's")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if threads := os.environ.get("OMP_NUM_THREADS"):
        import torch

        torch.set_num_threads(int(threads))
    train, valid = read(given.folder / given.train), read(given.folder / given.valid)
    outside = {Path(name).stem: read(given.folder / name)[0] for name in given.outside}
    for name in SYSTEMS if given.compare else given.systems:
        if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
            print(f"{name}: not installed", flush=True)
            continue
        lines = []
        for seed in given.seeds:
            lines.append(measured(made(name, given.iterations), train, valid, outside, seed))
            line = {"system": name, "train": given.train, "seed": seed} | lines[-1]
            print(json.dumps(line) if given.json else "  ".join(f"{k} {v}" for k, v in line.items()), flush=True)
        if len(lines) > 1:
            columns = ("accuracy", "calibration_error", "seconds")
            medians = {column: statistics.median(line[column] for line in lines) for column in columns}
            print(f"{name}: median of {len(lines)} seeds: {medians}", flush=True)


if __name__ == "__main__":
    main()
