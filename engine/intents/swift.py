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


@dataclass(frozen=True, slots=True)
class Swift:
    """What a space's signs take for one vector.

    `rows` are the classifier's weights, the planes and the examples, one under the other, so that one product
    gives all three; the examples of intents stand before those of none. `own` are the places of each class's
    examples.
    """

    rows: numpy.ndarray
    bias: tuple[float, ...]
    form: numpy.ndarray
    constants: tuple[float, ...]
    inside: tuple[int, ...]
    order: numpy.ndarray
    known: int
    own: tuple[numpy.ndarray, ...]

    def look(self, vector: numpy.ndarray) -> tuple[list[float], tuple[float, ...], numpy.ndarray]:
        """For one vector each class's share, the signs as `Space.signs` has them, and the likeness to each example."""
        classes, planes = len(self.bias), len(self.constants)
        products = self.rows @ vector
        first = products[: classes + planes].tolist()
        logits = [product + bias for product, bias in zip(first, self.bias, strict=False)]
        top = max(logits)
        raised = [math.exp(logit - top) for logit in logits]
        total = sum(raised)
        shares = [one / total for one in raised]
        plane = max(product + constant for product, constant in zip(first[classes:], self.constants, strict=True))
        likeness = products[classes + planes :]
        share = min(max(shares[place] for place in self.inside), 1 - 1e-6)
        near = likeness[: self.known].copy()
        few = min(NEAR, self.known)
        near.partition(self.known - few)
        nearest = near[self.known - few :].tolist()
        none = max(nearest) - float(likeness[self.known :].max()) if self.known < len(likeness) else 0.0
        distance = float(vector @ (self.form @ vector)) + plane
        signs = (math.log(share / (1 - share)), sum(nearest) / few, distance, none)
        return shares, signs, likeness[self.order]


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
    place = np.concatenate([np.flatnonzero(space.truth != space.none), np.flatnonzero(space.truth == space.none)])
    rows = np.concatenate([space.weights, planes, space.vectors[place]]).astype(np.float32)
    order = np.argsort(place)
    known = int((space.truth != space.none).sum())
    return Swift(
        np.ascontiguousarray(rows), tuple(space.bias.tolist()), (anyhow - near).astype(np.float32),
        tuple(constants.tolist()), tuple(inside.tolist()), order, known,
        tuple(np.flatnonzero(space.truth == place) for place in range(classes)),
    )  # fmt: skip
