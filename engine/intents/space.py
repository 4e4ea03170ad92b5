"""Where an intent's examples lie among an encoder's vectors, and the signs that a text lies there too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

INVERSE_REGULARISATION = 10.0
"""For unit vectors; of 3, 10, 30 and 100 the best or within 0.3 % of it on three public intent sets."""
SHRINKAGE = 0.5
"""Of the covariances towards a sphere: there are fewer examples than dimensions, often."""
NEAR = 5
SIGNS = ("share", "near", "distance", "none")
"""Log-odds of the best intent's share; mean likeness to the 5 nearest examples; relative Mahalanobis
distance (Ren et al. 2021, arXiv:2106.09022), negated; how much nearer the nearest example in scope is
than the nearest out of scope. The logit's margin, the logits' energy (Liu et al. 2020,
arXiv:2010.03759) and the likeness to that intent's own examples added nothing to these."""


KIN = 20.0
"""The cosines of a tuned vector with the examples times this, in the logits; 10 and 40 were within .2 %."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """Weights (classes x d) and bias: vectors @ weights.T + bias are the logits.

    With `kin`, the vectors are those of `beside`, and the tuned halves of the examples count besides: a
    class's logit grows with each of its examples that is near.
    """

    weights: numpy.ndarray
    bias: numpy.ndarray
    kin: bool = False


@dataclass(frozen=True, slots=True)
class Space:
    """Where the examples lie: vectors (n x d), their classes, and how each class spreads.

    `weights`, `bias` and `kin` are a `Classifier`'s. `means` (classes x d) and `centre` (d); `within` and
    `total` (d x d) whiten the spread around the class's mean and around the centre.
    """

    vectors: numpy.ndarray
    truth: numpy.ndarray
    weights: numpy.ndarray
    bias: numpy.ndarray
    means: numpy.ndarray
    centre: numpy.ndarray
    within: numpy.ndarray
    total: numpy.ndarray
    none: int
    kin: bool = False

    def logits(self, vectors: numpy.ndarray) -> numpy.ndarray:
        """A row a text, a column a class."""
        import numpy as np

        logits = vectors @ self.weights.T + self.bias
        return np.asarray(logits + np.log(self._kin(vectors)) if self.kin else logits)

    def _kin(self, vectors: numpy.ndarray) -> numpy.ndarray:
        """How much of each class lies near (a row a text): its examples, each by e to the power of its likeness."""
        import numpy as np

        half = vectors.shape[1] // 2  # of length 1 / sqrt(2): `beside`
        likeness = 2 * (vectors[:, :half] @ self.vectors[:, :half].T)
        member = self.truth[:, None] == np.arange(len(self.means))
        return np.asarray(np.exp(KIN * (likeness - 1)) @ member.astype(np.float32) + np.float32(1e-30))

    def signs(self, vectors: numpy.ndarray) -> numpy.ndarray:
        """A row a text, a column for each of `SIGNS`; the larger, the likelier it belongs to the best intent."""
        import numpy as np

        logits = self.logits(vectors)
        log_shares = logits - log_sum(logits)[:, None]
        inside = np.delete(np.arange(logits.shape[1]), self.none) if self.none >= 0 else np.arange(logits.shape[1])
        best = inside[logits[:, inside].argmax(axis=1)]
        share = np.minimum(log_shares[np.arange(len(logits)), best], -1e-6)
        likeness = vectors @ self.vectors.T
        known = self.truth != self.none
        none = np.zeros(len(vectors))
        if not known.all():
            none = likeness[:, known].max(axis=1) - likeness[:, ~known].max(axis=1)
        near = _mean_of_largest(likeness[:, known], NEAR)
        return np.column_stack([share - np.log(-np.expm1(share)), near, self._distance(vectors, inside), none])

    def _distance(self, vectors: numpy.ndarray, inside: numpy.ndarray) -> numpy.ndarray:
        import numpy as np

        moved, means = vectors @ self.within, self.means[inside] @ self.within
        apart = (moved**2).sum(1)[:, None] - 2 * moved @ means.T + (means**2).sum(1)[None, :]
        anyhow = (((vectors - self.centre) @ self.total) ** 2).sum(1)
        return np.asarray(anyhow - apart.min(axis=1))


def space(
    vectors: numpy.ndarray, truth: numpy.ndarray, classes: int, none: int, classifier: Classifier | None = None
) -> Space:
    """The classifier and the lie of the examples. `none` is the class that is no intent, or -1."""
    import numpy as np

    classifier = classifier or fit(vectors, truth, classes)
    present = np.bincount(truth, minlength=classes)
    means = np.zeros((classes, vectors.shape[1]), np.float32)
    np.add.at(means, truth, vectors)
    means /= np.maximum(present, 1)[:, None]
    known = truth != none
    centre = vectors[known].mean(axis=0)
    within = _whitening(vectors[known] - means[truth[known]])
    total = _whitening(vectors[known] - centre)
    return Space(
        vectors, truth, classifier.weights, classifier.bias, means, centre, within, total, none, classifier.kin
    )


def beside(tuned: numpy.ndarray, untuned: numpy.ndarray) -> numpy.ndarray:
    """The vectors a tuned head is asked with: both, side by side, of length 1 again."""
    import numpy as np

    return np.concatenate([tuned, untuned], axis=1) / np.float32(math.sqrt(2))


def fit(vectors: numpy.ndarray, truth: numpy.ndarray, classes: int) -> Classifier:
    """Multinomial logistic regression, each class weighing the same."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=500).fit(vectors, truth)
    weights, bias = model.coef_, model.intercept_
    if classes == 2:
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return Classifier(weights.astype(np.float32), bias.astype(np.float32))


def _whitening(centred: numpy.ndarray) -> numpy.ndarray:
    """The matrix that makes the spread of these rows, shrunk towards a sphere, the same in all directions."""
    import numpy as np

    spread = centred.T.astype(np.float64) @ centred / max(len(centred), 1)
    sphere = np.eye(len(spread)) * (np.trace(spread) / len(spread) + 1e-9)
    shrunk = (1 - SHRINKAGE) * spread + SHRINKAGE * sphere
    return np.linalg.cholesky(np.linalg.inv(shrunk)).astype(np.float32)


def _mean_of_largest(values: numpy.ndarray, count: int) -> numpy.ndarray:
    import numpy as np

    count = min(count, values.shape[1])
    return np.asarray(np.partition(values, -count, axis=1)[:, -count:].mean(axis=1))


def log_sum(logits: Any) -> numpy.ndarray:
    import numpy as np

    top = logits.max(axis=1)
    return np.asarray(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)))
