"""The small models of a tuned retriever: a passage's prior, the weights of the signs, the scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy

PRIOR_C = 0.3
PRIOR_PASSAGES = 50_000
VECTOR_WEIGHT = 4.0
"""Unit vectors are spread thin: this much more they count beside the length, under the same penalty."""
PULL = 1e-3


def prior(
    vectors: numpy.ndarray,
    texts: Sequence[str],
    asked: numpy.ndarray,
    about: Callable[[numpy.ndarray, Sequence[str]], numpy.ndarray],
) -> numpy.ndarray:
    """Weights (d + 2) of the log-odds that a passage is asked for, from the rows that were (`asked`)."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    others = np.setdiff1d(np.arange(len(vectors)), asked)
    if not len(others) or not len(asked):
        return np.zeros(vectors.shape[1] + 2)
    if len(others) > PRIOR_PASSAGES:
        others = np.random.default_rng(0).choice(others, PRIOR_PASSAGES, replace=False)
    rows = np.concatenate([asked, others])
    signs = about(np.asarray(vectors[rows], np.float32), [texts[row] for row in rows])
    signs[:, :-2] *= VECTOR_WEIGHT
    truth = np.arange(len(rows)) < len(asked)
    model = LogisticRegression(C=PRIOR_C, max_iter=300, fit_intercept=False).fit(signs, truth)
    weights = model.coef_[0].astype(np.float64)
    weights[:-2] *= VECTOR_WEIGHT
    return np.asarray(weights)


def fusion(signs: Sequence[numpy.ndarray], truth: Sequence[numpy.ndarray]) -> numpy.ndarray:
    """Weights of the signs, none negative: the right candidates' share in a softmax over a question's all.

    `signs[i]` (k x s) and `truth[i]` (k) are those of one question. (ListNet's top-one loss, Cao et al. 2007.)
    Questions none of whose passages was found teach nothing; without any other, only the first sign counts.
    """
    import numpy as np
    from scipy.optimize import minimize

    count = signs[0].shape[1] if signs else 1
    start = np.zeros(count)
    start[0] = 1.0
    useful = [(x, y / y.sum()) for x, y in zip(signs, truth, strict=True) if y.any()]
    if not useful:
        return start

    def loss(weights: numpy.ndarray) -> tuple[float, numpy.ndarray]:
        total, slope = PULL * float(weights @ weights), 2 * PULL * weights
        for x, y in useful:
            score = x @ weights
            score -= score.max()
            share = np.exp(score)
            share /= share.sum()
            total -= float(y @ np.log(share + 1e-12)) / len(useful)
            slope = slope + x.T @ (share - y) / len(useful)
        return total, slope

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * count)
    return np.asarray(found.x)


def scale(scores: numpy.ndarray, truth: numpy.ndarray) -> tuple[float, float]:
    """Slope and offset that make a relevance of the scores (Platt 1999)."""
    from sklearn.linear_model import LogisticRegression

    if truth.all() or not truth.any():
        return 1.0, 0.0
    model = LogisticRegression(C=1e3).fit(scores[:, None], truth)
    return float(model.coef_[0, 0]), float(model.intercept_[0])
