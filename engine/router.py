"""Decides what a document is about: hard rules first, then the intent model, else it abstains."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Problem
from engine.store import write_aside

if TYPE_CHECKING:
    import numpy

NONE = ""
"""The head's own class for what belongs to no intent; never shown as a label."""
FOLDS = 5
INVERSE_REGULARISATION = 10.0
"""For unit vectors; chosen by cross-validation on this project's own sample examples."""
HEAD_VERSION = 1

Example = tuple[str, str | None]
"""A text and its label; None = out of scope."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the head says of one text. `label` is None when it abstains; candidates are best first."""

    label: str | None
    score: float
    candidates: tuple[tuple[str, float], ...]
    nearest: str


@dataclass(frozen=True, slots=True)
class Head:
    """A trained intent classifier over an encoder's vectors.

    `weights` (labels x dimension) and `bias` make logits; `temperature` calibrates them (Guo et al.
    2017, arXiv:1706.04599); below `threshold` it abstains. `accuracy` and `refused` are measured on
    examples it had not seen: the share of in-scope ones right, of out-of-scope ones refused.
    """

    labels: tuple[str, ...]
    weights: numpy.ndarray
    bias: numpy.ndarray
    temperature: float
    threshold: float
    accuracy: float
    refused: float
    texts: tuple[str, ...]
    vectors: numpy.ndarray

    def predict(self, vectors: numpy.ndarray, threshold: float | None = None) -> list[Prediction]:
        """One prediction a row of `vectors`; `threshold` stands in for the learned one."""
        import numpy as np

        shares = _softmax((vectors @ self.weights.T + self.bias) / self.temperature)
        nearest = np.argmax(vectors @ self.vectors.T, axis=1)
        bar = self.threshold if threshold is None else threshold
        return [self._prediction(row, int(example), bar) for row, example in zip(shares, nearest, strict=True)]

    def _prediction(self, shares: numpy.ndarray, example: int, threshold: float) -> Prediction:
        ranked = sorted(zip(self.labels, map(float, shares), strict=True), key=lambda pair: -pair[1])
        candidates = tuple((label, round(share, 4)) for label, share in ranked if label != NONE)[:5]
        best, score = candidates[0]
        abstains = ranked[0][0] == NONE or score < threshold
        return Prediction(None if abstains else best, score, candidates, self.texts[example])


def train(vectors: numpy.ndarray, examples: Sequence[Example]) -> Head:
    """A calibrated head from examples and their vectors (a row each). Raises Problem("few_examples").

    Temperature and threshold come from cross-validation, never from examples the head has seen.
    """
    import numpy as np

    texts = [text for text, _ in examples]
    labels = [label or NONE for _, label in examples]
    counts = Counter(labels)
    if len(counts.keys() - {NONE}) < 2 or min(counts.values()) < 2:
        raise Problem("few_examples", "An intent model needs at least two intents, with two examples each.")
    names = tuple(sorted(counts))
    truth = np.array([names.index(label) for label in labels])
    unseen = _unseen_logits(vectors, truth, len(names), folds=min(FOLDS, *counts.values()))
    temperature = _temperature(unseen, truth)
    threshold, accuracy, refused = _threshold(_softmax(unseen / temperature), truth, names)
    weights, bias = _fit(vectors, truth, len(names))
    return Head(names, weights, bias, temperature, threshold, accuracy, refused, tuple(texts), vectors)


def signature(encoder_sha256: str, examples: Sequence[Example]) -> str:
    """Names a head by all that it is made from, so that a changed example or encoder trains it anew."""
    body = json.dumps([HEAD_VERSION, encoder_sha256, list(examples)], ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def save(head: Head, path: Path, made_from: str, encoder: str) -> None:
    """Keep a head: arrays only, no pickle."""
    import numpy as np

    note = {
        "made_from": made_from,
        "encoder": encoder,
        "labels": head.labels,
        "temperature": head.temperature,
        "threshold": head.threshold,
        "accuracy": head.accuracy,
        "refused": head.refused,
        "texts": head.texts,
    }
    body = io.BytesIO()
    np.savez(
        body,
        weights=head.weights,
        bias=head.bias,
        vectors=head.vectors,
        note=np.frombuffer(json.dumps(note).encode(), np.uint8),
    )
    write_aside(path, body.getvalue())


def load(path: Path, encoder: str) -> tuple[Head, str] | None:
    """The head kept at `path` and what it was made from.

    None when there is none, when it is damaged, and when it belongs to another encoder.
    """
    import zipfile

    import numpy as np

    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            note = json.loads(arrays["note"].tobytes())
            if note["encoder"] != encoder:
                return None
            head = Head(
                tuple(note["labels"]),
                arrays["weights"],
                arrays["bias"],
                note["temperature"],
                note["threshold"],
                note["accuracy"],
                note["refused"],
                tuple(note["texts"]),
                arrays["vectors"],
            )
            return head, note["made_from"]
    except (FileNotFoundError, ValueError, KeyError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        return None


def _fit(vectors: numpy.ndarray, truth: numpy.ndarray, classes: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Multinomial logistic regression, each class weighing the same."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=500).fit(vectors, truth)
    weights, bias = model.coef_, model.intercept_
    if classes == 2:
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return weights.astype(np.float32), bias.astype(np.float32)


def _unseen_logits(vectors: numpy.ndarray, truth: numpy.ndarray, classes: int, folds: int) -> numpy.ndarray:
    """Each example's logits by a head that has not seen it."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    logits = np.zeros((len(truth), classes), np.float32)
    for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=0).split(vectors, truth):
        weights, bias = _fit(vectors[seen], truth[seen], classes)
        logits[unseen] = vectors[unseen] @ weights.T + bias
    return logits


def _temperature(logits: numpy.ndarray, truth: numpy.ndarray) -> float:
    """The temperature with the lowest log loss, on a fine geometric grid.

    Few examples can't prove certainty: one more, of any label, is imagined to have been wrong.
    """
    import numpy as np

    doubt = 1 / (len(truth) + 1)

    def loss(temperature: float) -> float:
        logs = np.log(_softmax(logits / temperature) + 1e-12)
        return float(-((1 - doubt) * logs[np.arange(len(truth)), truth] + doubt * logs.mean(axis=1)).mean())

    return min((float(t) for t in np.geomspace(0.05, 5.0, 60)), key=loss)


def _threshold(shares: numpy.ndarray, truth: numpy.ndarray, names: Sequence[str]) -> tuple[float, float, float]:
    """The threshold that best keeps right answers and refuses wrong and out-of-scope ones alike.

    Returns it with the share of in-scope examples answered right, and of out-of-scope ones refused.
    """
    import numpy as np

    labels = np.array(names)
    inside = labels[truth] != NONE
    best = shares.argmax(axis=1)
    score = np.where(labels[best] == NONE, 0.0, shares.max(axis=1))
    right = inside & (best == truth)

    def rates(threshold: float) -> tuple[float, float]:
        kept = score >= threshold
        refused = (~kept[~inside]).mean() if (~inside).any() else (~kept[~right]).mean() if (~right).any() else 1.0
        return float((kept & right)[inside].mean()), float(refused)

    grid = [round(0.2 + 0.01 * step, 2) for step in range(71)]
    best_threshold = max(grid, key=lambda threshold: (round(sum(rates(threshold)), 6), -threshold))
    return best_threshold, *rates(best_threshold)


def _softmax(logits: Any) -> numpy.ndarray:
    import numpy as np

    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
