"""Says how likely a source bears a sentence out, by meaning: for what is put in other words than the source's.

Each word of the sentence looks for the one in the source that means most like it where it stands (the vectors of the
encoder's tokens, as in BERTScore: Zhang et al., 2020), in the source's three best sentences and in all of it. How well
they are found, together with what stands there literally, goes into a logistic regression of ten figures. Its weights
were learned by `tests/bench/grounding.py` from BEGIN (CC BY 4.0) and WiCE (ODC-BY), development parts, with the shipped
encoder; with another one they hold only roughly.

On sets that it never saw the area under the curve is .79 on WiCE (learned from BEGIN alone), .75 on QAGS. So it tells
well what is made up from what is not, and does not replace the rules on numbers, names and negations (`support.py`).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.models import TokenEncoder
from engine.support import EMPTY, content, negated

if TYPE_CHECKING:
    import numpy

MOST = 120
"""Sentences of a source that are looked at."""
LONGEST = 600
"""Characters of a sentence that are looked at."""
BEST = 3
LOWEST = 0.2
"""The share of the words of a sentence that are found worst."""

FIGURES = ("best", "all", "worst", "words", "stems", "pairs", "no_number", "no_name", "length", "denies")
MEAN = (0.6306, 0.6396, 0.3791, 0.5615, 0.5354, 0.2282, 0.1081, 0.1505, 2.8357, 0.1205)
SPREAD = (0.1912, 0.1902, 0.1979, 0.2722, 0.2876, 0.2443, 0.2852, 0.2899, 0.5493, 0.3255)
WEIGHTS = (0.4328, 0.5727, 0.7067, 0.3328, 0.0844, 0.1229, -0.4266, -0.0798, -0.2826, -0.1494)
BIAS = -0.5994

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][\w-]+")


def borne_out(sentence: str, source: Sequence[str], encoder: TokenEncoder) -> float:
    """The chance, in 0..1, that the sentences of `source` together say what `sentence` says; 0 where one is empty."""
    found = figures(sentence, source, encoder)
    if found is None:
        return 0.0
    sum_ = BIAS + sum(
        weight * (value - mean) / spread
        for value, mean, spread, weight in zip(found, MEAN, SPREAD, WEIGHTS, strict=True)
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum_))))


def figures(sentence: str, source: Sequence[str], encoder: TokenEncoder) -> tuple[float, ...] | None:
    """What the regression looks at, in the order of `FIGURES`; None where there is nothing to look at."""
    import numpy as np

    sentence, source = sentence[:LONGEST], [one[:LONGEST] for one in source[:MOST] if one.strip()]
    if not sentence.strip() or not source:
        return None
    (spans, asked), *read = encoder.encode_tokens([sentence, *source])
    vectors = [vectors for _, vectors in read if len(vectors)]
    if not len(asked) or not vectors:
        return None
    weights = np.array([0.0 if _empty(sentence, span) else 1.0 for span in spans]) + 1e-6
    found = np.array([(asked @ one.T).max(axis=1) for one in vectors])
    every = found.max(axis=0)
    real = np.sort(every[weights > 0.5]) if (weights > 0.5).any() else np.sort(every)
    worst = float(real[: max(1, int(len(real) * LOWEST))].mean())
    shares = _best(found, weights), float(every @ weights / weights.sum()), worst
    return (*shares, *_literal(sentence, " ".join(source)))


def _empty(sentence: str, span: tuple[int, int]) -> bool:
    """Whether a token belongs to a word that says nothing on the matter."""
    start, end = span
    while start > 0 and sentence[start - 1].isalnum():
        start -= 1
    while end < len(sentence) and sentence[end].isalnum():
        end += 1
    word = sentence[start:end].lower()
    return word in EMPTY or not _WORD.search(word)


def _best(found: numpy.ndarray, weights: numpy.ndarray) -> float:
    """How well the words are found in the few sentences that together have most of them."""
    import numpy as np

    reached = np.full(found.shape[1], -1.0)
    for _ in range(min(BEST, len(found))):
        reached = max((np.maximum(reached, one) for one in found), key=lambda one: float(one @ weights))
    return float(reached @ weights / weights.sum())


def _literal(sentence: str, source: str) -> tuple[float, ...]:
    """What stands in the source as it stands in the sentence, and what does not."""
    known = source.lower()
    words = [word for word in _WORD.findall(sentence.lower()) if word not in EMPTY]
    beginnings = sum(re.search(rf"\b{re.escape(word)}", known) is not None for word in words) / max(1, len(words))
    stems, grounds = list(content(sentence)), set(content(source))
    said, there = sentence.lower().split(), known.split()
    pairs, known_pairs = list(itertools.pairwise(said)), set(itertools.pairwise(there))
    numbers, names = _NUMBER.findall(sentence), _NAME.findall(sentence[1:])
    return (
        beginnings,
        sum(stem in grounds for stem in stems) / max(1, len(stems)),
        sum(pair in known_pairs for pair in pairs) / max(1, len(pairs)),
        sum(number not in source for number in numbers) / max(1, len(numbers)),
        sum(name.lower() not in known for name in names) / max(1, len(names)),
        math.log(max(1, len(said))),
        float(bool(negated(sentence))),
    )
