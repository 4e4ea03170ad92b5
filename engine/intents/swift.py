"""The arithmetic of one decision, made ready once: a single text is decided in some tens of microseconds.

The relative Mahalanobis distance of `space.py` takes two products with a matrix for every text, and one for the
means of the classes. Multiplied out, it is one quadratic form, the same for all classes, and a plane for each:

    (v-c)'P(v-c) - min over k of (v-m_k)'Q(v-m_k)  =  v'(P-Q)v + max over k of (2(m_k'Q - c'P)v + c'Pc - m_k'Qm_k)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.intents.space import NEAR

if TYPE_CHECKING:
    import numpy

    from engine.intents.space import Space

NEAREST = 3
"""Examples that are told as reasons."""

Like = tuple[float, int]
"""How like an example is (cosine), and its number among the examples."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one vector looks like: each class's share, the signs as `Space.signs` has them, the nearest examples, and
    the likeness to all, in the order of `Swift.rows`."""

    shares: list[float]
    signs: tuple[float, ...]
    nearest: list[Like]
    likeness: numpy.ndarray


@dataclass(frozen=True, slots=True)
class Swift:
    """What a space's signs take for one vector.

    `rows` are the classifier's weights, the planes and the examples, one under the other, so that one product gives
    them all. The examples of a class stand together, those of none last: `spans` says from where to where, `places`
    which number each has.
    """

    rows: numpy.ndarray
    bias: tuple[float, ...]
    constants: tuple[float, ...]
    form: numpy.ndarray
    inside: tuple[int, ...]
    places: tuple[int, ...]
    known: int
    spans: tuple[tuple[int, int], ...]

    def look(self, vector: numpy.ndarray) -> Look:
        classes = len(self.bias)
        products = self.rows @ vector
        before = classes + len(self.constants)
        first = products[:before].tolist()
        logits = [product + bias for product, bias in zip(first, self.bias, strict=False)]
        top = max(logits)
        raised = [math.exp(logit - top) for logit in logits]
        total = sum(raised)
        shares = [one / total for one in raised]
        plane = max([product + constant for product, constant in zip(first[classes:], self.constants, strict=True)])
        distance = float(vector @ (self.form @ vector)) + plane
        likeness = products[before:]
        near = self._most_like(likeness, 0, self.known, max(NEAR, NEAREST))
        few = near[:NEAR]
        nearest, none = near[:NEAREST], 0.0
        if self.known < len(self.places):
            outside = self._most_like(likeness, self.known, len(self.places), NEAREST)
            none = near[0][0] - outside[0][0]
            nearest = sorted([*nearest, *outside], key=_first)[:NEAREST]
        share = min(max([shares[place] for place in self.inside]), 1 - 1e-6)
        closeness = sum([like for like, _ in few]) / len(few)
        return Look(shares, (math.log(share / (1 - share)), closeness, distance, none), nearest, likeness)

    def nearest_of(self, label: int, looked: Look) -> Like | None:
        """The nearest example of one class."""
        start, end = self.spans[label]
        if start == end:
            return None
        place = start + int(looked.likeness[start:end].argmax())
        return float(looked.likeness[place]), self.places[place]

    def _most_like(self, likeness: numpy.ndarray, start: int, end: int, count: int) -> list[Like]:
        """So many examples at most of a part of the rows, the most like first."""
        part = likeness[start:end]
        count = min(count, end - start)
        chosen = part.argpartition(end - start - count)[end - start - count :]
        likes = zip(part[chosen].tolist(), chosen.tolist(), strict=True)
        return sorted([(like, self.places[start + at]) for like, at in likes], key=_first)


def _first(like: Like) -> tuple[float, int]:
    return -like[0], like[1]


def swift(space: Space) -> Swift:
    """A space without kin, made ready."""
    import numpy as np

    classes = len(space.weights)
    inside = np.array([place for place in range(classes) if place != space.none])
    within, total = space.within.astype(np.float64), space.total.astype(np.float64)
    near, anyhow = within @ within.T, total @ total.T
    means, centre = space.means[inside].astype(np.float64), space.centre.astype(np.float64)
    planes = 2 * (means @ near - centre @ anyhow)
    constants = centre @ anyhow @ centre - np.einsum("kd,de,ke->k", means, near, means)
    keys = np.where(space.truth == space.none, classes, space.truth)
    order = np.argsort(keys, kind="stable")
    wanted = [classes if place == space.none else place for place in range(classes)]
    starts, ends = (np.searchsorted(keys[order], wanted, side).tolist() for side in ("left", "right"))
    rows = np.concatenate([space.weights, planes, space.vectors[order]]).astype(np.float32)
    return Swift(
        np.ascontiguousarray(rows), tuple(space.bias.tolist()), tuple(constants.tolist()),
        (anyhow - near).astype(np.float32), tuple(inside.tolist()), tuple(order.tolist()),
        int((space.truth != space.none).sum()),
        tuple(zip(starts, ends, strict=True)),
    )  # fmt: skip
