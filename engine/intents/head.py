"""The intent head: a classifier over an encoder's vectors that knows how sure it may be.

Three parts, all trained in seconds from the examples alone:

1. *Which intent*: multinomial logistic regression on the vectors.
2. *Whether any*: signs that a text lies among the examples at all (`space.SIGNS`), each standardised, and
   their weighed sum; where examples out of scope are given, a second logistic regression learns how
   much it weighs to lie near those.
3. *How sure*: a Platt scaling (Platt 1999) of the weighed signs, so that of the texts with a score
   of 0.8 that do belong to an intent, eight of ten get the right one.

Parts 2 and 3 are fitted on examples that the classifier had not seen (cross-validation). Weights
learned from intents that were left out to pretend that they are out of scope were worse: they find
what is close and still out of scope, but let through what is far away.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Problem
from engine.intents import _kept
from engine.intents.space import Space, log_sum, space
from engine.intents.swift import NEAREST, Swift, swift

if TYPE_CHECKING:
    import numpy

    from engine.intents.space import Classifier

NONE = ""
"""The head's own class for what belongs to no intent; never shown as a label."""
FOLDS = 10
LOST = 0.01
"""The share of right answers that the threshold may cost where no example out of scope was given: nobody
has shown what to refuse, so little is worth refusing."""
WEIGHTS = (1.0, 1.0, 1.0, 0.0)
"""Of the signs, where nothing was learned about them. Of all small whole-number weights within 0.1 % of
the best mean area under the ROC curve, on three sets with texts out of scope, those with fewest parts."""
NONE_MOST = 1.0
"""The weight of that last sign, at most, where examples out of scope were given. They are like each other, so
what tells them apart from examples in scope seems surer than it is of others: on 100 given of CLINC150, and 100
not given, no cap had an area under the ROC curve of .968, this one .981. Where 2,062 examples of the very intents
that came were given (BANKING77-OOS), it is .936, without a cap .967, and .894 without the sign."""
HEAD_VERSION = 2
_SPACE = ("vectors", "truth", "weights", "bias", "means", "centre", "within", "total")
_SURE = ("mean", "spread", "weights")

Example = tuple[str, str | None]
"""A text and its label; None = out of scope."""


@dataclass(frozen=True, slots=True)
class Near:
    """An example that is like the text, and how like (cosine)."""

    text: str
    label: str | None
    likeness: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the head says of one text. `label` is None when it abstains; candidates are best first.

    `near` are the three nearest examples, `against` the nearest one of the runner-up.
    """

    label: str | None
    score: float
    candidates: tuple[tuple[str, float], ...]
    near: tuple[Near, ...] = ()
    against: Near | None = None

    @property
    def nearest(self) -> str:
        return self.near[0].text if self.near else ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Measured on examples that the head had not seen, all in 0..1.

    `accuracy`: the share of examples in scope that are answered, and rightly; `first`: whose best
    candidate is right, abstained or not; `refused`: of those out of scope (where none were given: of
    those whose best candidate is wrong), that are; `calibration`: the expected calibration error (Guo
    et al. 2017, arXiv:1706.04599) of the score of examples in scope, in 15 bins.
    """

    accuracy: float
    first: float
    refused: float
    calibration: float


@dataclass(frozen=True, slots=True)
class Sureness:
    """Turns signs into a score in 0..1: standardised by `mean` and `spread`, weighed, then scaled."""

    mean: numpy.ndarray
    spread: numpy.ndarray
    weights: numpy.ndarray
    slope: float
    offset: float

    def score(self, signs: numpy.ndarray) -> numpy.ndarray:
        import numpy as np

        weighed = (signs - self.mean) / self.spread @ self.weights
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * weighed + self.offset, -30, 30))))

    def of_one(self, signs: tuple[float, ...]) -> float:
        """The same for one text."""
        scales = zip(signs, self.mean.tolist(), self.spread.tolist(), self.weights.tolist(), strict=True)
        weighed = sum([(sign - mean) / spread * weight for sign, mean, spread, weight in scales])
        return 1 / (1 + math.exp(-min(30.0, max(-30.0, self.slope * weighed + self.offset))))


@dataclass(frozen=True, slots=True)
class Head:
    """A trained intent classifier over the vectors of one encoder (`encoder` names it; "" = the default)."""

    labels: tuple[str, ...]
    space: Space
    sureness: Sureness
    threshold: float
    figures: Figures
    texts: tuple[str, ...]
    encoder: str = ""
    ready: Swift = field(init=False, repr=False, compare=False)
    """The same, made ready for one text at a time."""
    _of: tuple[str | None, ...] = field(init=False, repr=False, compare=False)
    """Each example's label."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ready", swift(self.space))
        object.__setattr__(self, "_of", tuple(self.labels[place] or None for place in self.space.truth.tolist()))

    def predict(self, vectors: numpy.ndarray, threshold: float | None = None) -> list[Prediction]:
        """One prediction a row of `vectors`; `threshold` stands in for the learned one."""
        import numpy as np

        bar = self.threshold if threshold is None else threshold
        if not len(vectors):
            return []
        if len(vectors) == 1 and not self.space.kin:  # kin is the affair of tuned encoders, which take longer anyway
            return [self._one(vectors[0], bar)]
        logits = self.space.logits(vectors)
        shares = np.exp(logits - log_sum(logits)[:, None])
        scores = self.sureness.score(self.space.signs(vectors))
        likeness = vectors @ self.space.vectors.T
        rows = zip(shares, scores, likeness, strict=True)
        return [self._of_many(row.tolist(), float(score), alike, bar) for row, score, alike in rows]

    def _one(self, vector: numpy.ndarray, threshold: float) -> Prediction:
        looked = self.ready.look(vector)
        label, score, candidates, second = self._ranked(looked.shares, self.sureness.of_one(looked.signs), threshold)
        against = self.ready.nearest_of(self.labels.index(second), looked) if second else None
        return Prediction(
            label, score, candidates, tuple([self._near(*one) for one in looked.nearest]),
            self._near(*against) if against else None,
        )  # fmt: skip

    def _of_many(self, shares: list[float], score: float, likeness: numpy.ndarray, threshold: float) -> Prediction:
        import numpy as np

        label, score, candidates, second = self._ranked(shares, score, threshold)
        some = min(NEAREST, len(likeness))
        closest = np.argpartition(likeness, len(likeness) - some)[len(likeness) - some :].tolist()
        nearest = sorted((-float(likeness[i]), i) for i in closest)
        own = np.flatnonzero(self.space.truth == self.labels.index(second)) if second else ()
        against = int(own[likeness[own].argmax()]) if len(own) else None
        return Prediction(
            label, score, candidates, tuple(self._near(-like, i) for like, i in nearest),
            None if against is None else self._near(float(likeness[against]), against),
        )  # fmt: skip

    def _ranked(
        self, shares: list[float], score: float, threshold: float
    ) -> tuple[str | None, float, tuple[tuple[str, float], ...], str]:
        """The label or None, the score, the candidates, and the second best label or ""."""
        ranked = sorted(zip(shares, self.labels, strict=True), reverse=True)
        abstains = ranked[0][1] == NONE
        inside = [one for one in ranked if one[1] != NONE] if self.space.none >= 0 else ranked
        share, first = inside[0]
        score = round(score, 4)
        scale = score / max(share, 1e-12)
        rest = [(label, round(min(score, share * scale), 4)) for share, label in inside[1:5]]
        second = inside[1][1] if len(inside) > 1 else ""
        return None if abstains or score < threshold else first, score, ((first, score), *rest), second

    def _near(self, likeness: float, example: int) -> Near:
        return Near(self.texts[example], self._of[example], round(likeness, 4))


@dataclass(frozen=True, slots=True)
class Unseen:
    """Signs of texts that their head had not seen, whether its answer was right, and whether they were in scope.

    `inside` is 1 (in scope) or 0 (out of scope).
    """

    signs: numpy.ndarray
    right: numpy.ndarray
    inside: numpy.ndarray


def train(
    vectors: numpy.ndarray,
    examples: Sequence[Example],
    encoder: str = "",
    classifier: Classifier | None = None,
    unseen: Unseen | None = None,
) -> Head:
    """A calibrated head from examples and their vectors (a row each). Raises Problem("few_examples").

    Where the encoder itself was trained on the examples (`engine/tuning/intents.py`), the classifier
    was trained with it, and only what was `unseen` by both can say how sure the head may be.
    """
    import numpy as np

    texts, names, truth = classes(examples)
    none = names.index(NONE) if NONE in names else -1
    vectors = np.asarray(vectors, np.float16).astype(np.float32)  # as they are kept: a kept head says the same
    seen = unseen or joined([*_left_out(vectors, truth, none)])
    sureness = _sureness(seen)
    scores = sureness.score(seen.signs)
    threshold = _threshold(scores, seen)
    fitted = space(vectors, truth, len(names), none, classifier)
    return Head(names, fitted, sureness, threshold, figures(scores, seen, threshold), texts, encoder)


def signature(encoder_sha256: str, examples: Sequence[Example]) -> str:
    """Names a head by all that it is made from, so that a changed example or encoder trains it anew."""
    body = json.dumps([HEAD_VERSION, encoder_sha256, list(examples)], ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


def save(head: Head, path: Path, made_from: str, encoder: str) -> None:
    """Keep a head: arrays only, no pickle. `encoder` is the SHA-256 of the default encoder it was made with."""
    import numpy as np

    note = {
        "version": HEAD_VERSION, "made_from": made_from, "encoder": encoder, "tuned": head.encoder,
        "labels": head.labels, "texts": head.texts, "none": head.space.none, "kin": head.space.kin,
        "threshold": head.threshold,
        "figures": dataclasses.asdict(head.figures), "slope": head.sureness.slope, "offset": head.sureness.offset,
    }  # fmt: skip
    arrays = {f"space_{name}": getattr(head.space, name) for name in _SPACE}
    arrays |= {f"sure_{name}": getattr(head.sureness, name) for name in _SURE}
    arrays["space_vectors"] = head.space.vectors.astype(np.float16)
    _kept.write(path, note, arrays)


def load(path: Path, encoder: str) -> tuple[Head, str] | None:
    """The head kept at `path` and what it was made from; None as `_kept.read` says."""
    return _kept.read(path, encoder, HEAD_VERSION, _from_kept)


def _from_kept(note: dict[str, Any], arrays: dict[str, numpy.ndarray]) -> Head:
    import numpy as np

    parts = {name: arrays[f"space_{name}"] for name in _SPACE}
    parts["vectors"] = parts["vectors"].astype(np.float32)
    sure = {name: arrays[f"sure_{name}"] for name in _SURE}
    return Head(
        tuple(note["labels"]), Space(**parts, none=note["none"], kin=note.get("kin", False)),
        Sureness(**sure, slope=note["slope"], offset=note["offset"]), note["threshold"],
        Figures(**note["figures"]), tuple(note["texts"]), note["tuned"],
    )  # fmt: skip


def told(fitted: Space, vectors: numpy.ndarray, truth: numpy.ndarray, inside: int) -> Unseen:
    """What a space that has not seen these vectors says of them; `truth` counts in the space's classes."""
    import numpy as np

    logits = fitted.logits(vectors)
    if fitted.none >= 0:
        logits[:, fitted.none] = -np.inf
    right = (logits.argmax(axis=1) == truth) & (inside == 1)
    return Unseen(fitted.signs(vectors), right, np.full(len(vectors), inside))


def figures(scores: numpy.ndarray, seen: Unseen, threshold: float) -> Figures:
    """What may be expected of texts to come, if they are like these."""
    inside = seen.inside == 1
    kept, outside = scores >= threshold, ~inside if not inside.all() else ~seen.right
    return Figures(
        round(float((kept & seen.right)[inside].mean()), 4),
        round(float(seen.right[inside].mean()), 4),
        round(float((~kept)[outside].mean()), 4) if outside.any() else 1.0,
        round(calibration_error(scores[inside], seen.right[inside]), 4),
    )


def calibration_error(scores: numpy.ndarray, right: numpy.ndarray, bins: int = 15) -> float:
    """Expected calibration error: the mean gap of score and share of right answers, in bins of equal width."""
    import numpy as np

    place = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [abs(scores[place == b].sum() - right[place == b].sum()) for b in range(bins)]
    return float(sum(gaps) / max(len(scores), 1))


def classes(examples: Sequence[Example]) -> tuple[tuple[str, ...], tuple[str, ...], numpy.ndarray]:
    import numpy as np

    texts = tuple(text for text, _ in examples)
    labels = [label or NONE for _, label in examples]
    counts = Counter(labels)
    if len(counts.keys() - {NONE}) < 2 or min(counts.values()) < 2:
        raise Problem("few_examples", "An intent model needs at least two intents, with two examples each.")
    names = tuple(sorted(counts))
    places = {name: place for place, name in enumerate(names)}
    return texts, names, np.array([places[label] for label in labels])


def _left_out(vectors: numpy.ndarray, truth: numpy.ndarray, none: int) -> Iterator[Unseen]:
    """Each example once, told by a space that has not seen it."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    classes = int(truth.max()) + 1
    folds = min(FOLDS, int(np.bincount(truth).min()))
    for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=0).split(vectors, truth):
        fitted = space(vectors[seen], truth[seen], classes, none)
        for inside in (1, 0):
            part = unseen[(truth[unseen] != none) == bool(inside)]
            if len(part):
                yield told(fitted, vectors[part], truth[part], inside)


def joined(parts: Sequence[Unseen]) -> Unseen:
    import numpy as np

    return Unseen(
        np.concatenate([part.signs for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.inside for part in parts]),
    )


def _sureness(seen: Unseen) -> Sureness:
    """The signs' weights, and the scaling of their sum.

    Without examples out of scope the weights are `WEIGHTS`. With some, it is learned what it weighs,
    beside the sum of those, to lie nearer to them than to any in scope.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    inside = seen.inside == 1
    mean, spread = seen.signs[inside].mean(axis=0), seen.signs[inside].std(axis=0) + 1e-9
    standard = (seen.signs - mean) / spread
    weights = np.array(WEIGHTS)
    if (~inside).any():
        pair = np.column_stack([standard @ weights, standard[:, -1]])
        fitted = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500).fit(pair, inside)
        ours, none = np.maximum(fitted.coef_[0], [0.1, 0.0])
        weights[-1] = min(none / ours, NONE_MOST)
    weighed = (standard @ weights)[inside][:, None]
    right = seen.right[inside].astype(int)
    if len(set(right)) < 2:  # nothing ever went wrong, or all did: few examples can't prove certainty
        return Sureness(mean, spread, weights, 1.0 / max(float(weighed.std()), 1e-6), 3.0 if right.all() else -3.0)
    scaled = LogisticRegression(C=10.0, max_iter=500).fit(weighed, right)
    return Sureness(mean, spread, weights, float(max(scaled.coef_[0, 0], 1e-3)), float(scaled.intercept_[0]))


def _threshold(scores: numpy.ndarray, seen: Unseen) -> float:
    """Where examples out of scope were given: what best keeps right answers and refuses those.

    Elsewhere the highest that costs no more than `LOST` of the right answers.
    """
    import numpy as np

    right = scores[seen.right & (seen.inside == 1)]
    outside = scores[seen.inside == 0]
    if not len(right):
        return 0.5
    if not len(outside):
        return round(float(np.quantile(right, LOST)), 4)
    grid = [round(0.02 * step, 2) for step in range(1, 49)]
    kept = {at: float((right >= at).mean() + (outside < at).mean()) for at in grid}
    return max(grid, key=lambda at: (round(kept[at], 6), -at))
