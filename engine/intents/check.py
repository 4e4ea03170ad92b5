"""Measures an intent model on what it has not seen: class by class, and before corrections may go live."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.intents import several
from engine.intents.head import NONE, Head, calibration_error
from engine.intents.several import Labelled, SeveralHead
from engine.intents.space import INVERSE_REGULARISATION, space

if TYPE_CHECKING:
    import numpy


FOLDS = 5
BINS = 10
MOST_CONFUSED = 20
EXAMPLE_CHARACTERS = 100
FEW_CORRECTIONS = 5
SLACK = 0.005
"""The share of known texts that corrections may cost, where chance explains it."""
ENOUGH_GOLD = 20
"""A tuned encoder has seen all examples; so many texts of the gold set are needed to say anything of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Right answers before and after, of the examples and gold (`known`) and of the corrections, none of them seen.

    `gained` and `lost` are the known texts whose answer became right, or wrong.
    """

    known: int
    before: int
    after: int
    gained: int
    lost: int
    corrections: int
    corrected_before: int
    corrected_after: int
    passed: bool
    sentence: str


def compare(
    rows: Sequence[Labelled],
    pending: Sequence[Labelled],
    gold: Sequence[Labelled],
    vectors: numpy.ndarray,
    pending_vectors: numpy.ndarray,
    gold_vectors: numpy.ndarray,
) -> Outcome:
    """Whether corrections may go live. Each text is answered by classifiers with and without them that did not see it.

    They may when the known texts lose nothing, or so little that chance explains it (the losses beyond
    the gains within one standard error, the root of both together, McNemar 1947; and within `SLACK` of
    the texts), and when more corrections than before are answered as corrected by a classifier that
    learned the others. Of fewer than `FEW_CORRECTIONS` it is
    enough that no fewer are: they can hardly teach each other. Where all were answered so before, too.
    """
    import numpy as np

    before: list[bool] = []
    after: list[bool] = []
    fixed_before, fixed_after = 0, 0
    for kept, away, fixes, fixes_away in _folds(len(rows), len(pending)):
        old = _Plain(vectors[kept], [rows[i] for i in kept])
        both = [rows[i] for i in kept] + [pending[i] for i in fixes]
        new = _Plain(np.concatenate([vectors[kept], pending_vectors[fixes]]), both)
        before += old.right(vectors[away], [rows[i] for i in away])
        after += new.right(vectors[away], [rows[i] for i in away])
        fixed_before += sum(old.right(pending_vectors[fixes_away], [pending[i] for i in fixes_away]))
        fixed_after += sum(new.right(pending_vectors[fixes_away], [pending[i] for i in fixes_away]))
    if gold:
        before += _Plain(vectors, rows).right(gold_vectors, gold)
        after += _Plain(np.concatenate([vectors, pending_vectors]), [*rows, *pending]).right(gold_vectors, gold)
    gained = sum(new and not old for old, new in zip(before, after, strict=True))
    lost = sum(old and not new for old, new in zip(before, after, strict=True))
    harmless = lost - gained <= min(math.sqrt(lost + gained), math.floor(SLACK * len(after)))
    alone = len(pending) < FEW_CORRECTIONS or fixed_before == len(pending)
    passed = harmless and (fixed_after > fixed_before or (alone and fixed_after >= fixed_before))
    counts = (
        f"{sum(after)} of {len(after)} known texts right, before {sum(before)}; of {len(pending)} corrections unseen "
        f"{fixed_after}, before {fixed_before}"
    )
    went = "Went live" if passed else "Did not go live"
    return Outcome(
        len(after), sum(before), sum(after), gained, lost, len(pending), fixed_before, fixed_after, passed,
        f"{went}: {counts}.",
    )  # fmt: skip


def measured(head: Head | SeveralHead, gold: Sequence[Labelled], vectors: numpy.ndarray) -> dict[str, Any]:
    """Figures of a head: what it would say of its own examples if it had not seen them, and what it says of gold.

    Of a tuned head, whose encoder has seen the examples, on gold alone when there is enough of it.
    `classes`: support, precision, recall, F1 of each label; `confused`: the most frequent mistakes with a
    text each; `calibration`: in each tenth of the score, how often it was right.
    """
    if isinstance(head, SeveralHead):
        return _measured_several(head, gold, vectors)
    answers = list(_on_gold(head, gold, vectors))
    on = "gold"
    if not head.encoder or len(answers) < ENOUGH_GOLD:
        answers += list(_on_examples(head))
        on = "examples answered unseen, and gold" if gold else "examples answered unseen"
    on += ": its encoder has seen them, so they flatter" if head.encoder and "examples" in on else ""
    return {"on": on, **_table(answers)}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was said of one text: "" = it abstained, or the text is out of scope."""

    text: str
    truth: str
    said: str
    score: float
    right: bool


class _Plain:
    """A classifier without calibration: only its first choice matters here."""

    def __init__(self, vectors: numpy.ndarray, rows: Sequence[Labelled]) -> None:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=500)
        self._model = model.fit(vectors, ["\n".join(labels) for _, labels in rows])

    def right(self, vectors: numpy.ndarray, rows: Sequence[Labelled]) -> list[bool]:
        if not rows:
            return []
        said = self._model.predict(vectors)
        return [bool(one == "\n".join(labels)) for one, (_, labels) in zip(said, rows, strict=True)]


def _folds(rows: int, fixes: int) -> Iterator[tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray, numpy.ndarray]]:
    """Rows kept and away, corrections kept and away: each away once."""
    import numpy as np

    random = np.random.default_rng(0)
    order, order_of_fixes = random.permutation(rows), random.permutation(fixes)
    for fold in range(FOLDS):
        away, fixes_away = order[fold::FOLDS], order_of_fixes[fold::FOLDS]
        yield np.setdiff1d(order, away), away, np.setdiff1d(order_of_fixes, fixes_away), fixes_away


def _on_gold(head: Head, gold: Sequence[Labelled], vectors: numpy.ndarray) -> Iterator[_Answer]:
    for (text, labels), said in zip(gold, head.predict(vectors), strict=True):
        truth = labels[0] if labels else NONE
        yield _Answer(text, truth, said.label or NONE, said.score, said.candidates[0][0] == truth)


def _on_examples(head: Head) -> Iterator[_Answer]:
    """Each example, answered by a space that has not seen it and the head's own sureness."""
    import numpy as np

    whole = head.space
    for kept, away, _, _ in _folds(len(head.texts), 0):
        part = space(whole.vectors[kept], whole.truth[kept], len(head.labels), whole.none)
        logits = part.logits(whole.vectors[away])
        scores = head.sureness.score(part.signs(whole.vectors[away]))
        first = logits.argmax(axis=1)
        if whole.none >= 0:
            logits[:, whole.none] = -np.inf
        best = logits.argmax(axis=1)
        for row, example in enumerate(away):
            sure = scores[row] >= head.threshold and first[row] != whole.none
            truth = int(whole.truth[example])
            said = head.labels[int(best[row])] if sure else NONE
            right = int(best[row]) == truth
            yield _Answer(head.texts[example], head.labels[truth], said, float(scores[row]), right)


def _table(answers: Sequence[_Answer]) -> dict[str, Any]:
    import numpy as np

    inside = [one for one in answers if one.truth != NONE]
    outside = [one for one in answers if one.truth == NONE]
    classes = _classes([((one.truth,), (one.said,) if one.said else ()) for one in answers if one.truth or one.said])
    scores, right = np.array([one.score for one in inside]), np.array([one.right for one in inside], bool)
    pairs = Counter((one.truth, one.said) for one in answers if one.said not in (NONE, one.truth))
    shown = {(one.truth, one.said): one.text[:EXAMPLE_CHARACTERS] for one in reversed(answers)}
    return {
        "texts": len(answers),
        "accuracy": _share(sum(one.said == one.truth for one in inside), len(inside)),
        "first": _share(int(right.sum()), len(inside)),
        "abstained": sum(one.said == NONE for one in inside),
        "wrong": sum(one.said not in (NONE, one.truth) for one in inside),
        "refused": _share(sum(one.said == NONE for one in outside), len(outside)) if outside else None,
        "macro_f1": _mean([row["f1"] for row in classes]),
        "calibration_error": round(calibration_error(scores, right), 4) if inside else None,
        "classes": classes,
        "confused": [
            {"truth": truth or None, "said": said, "count": count, "example": shown[truth, said]}
            for (truth, said), count in pairs.most_common(MOST_CONFUSED)
        ],
        "calibration": _bins(scores, right),
    }


def _classes(pairs: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]) -> list[dict[str, Any]]:
    """For each label, from true and said labels: support, how often it was said, precision, recall and F1."""
    true = Counter(label for truth, _ in pairs for label in set(truth) - {NONE})
    said = Counter(label for _, labels in pairs for label in set(labels))
    right = Counter(label for truth, labels in pairs for label in set(truth) & set(labels))
    return [
        {
            "label": label, "support": true[label], "said": said[label], "right": right[label],
            "precision": _share(right[label], said[label]), "recall": _share(right[label], true[label]),
            "f1": _share(2 * right[label], true[label] + said[label]),
        }
        for label in sorted(true | said)
    ]  # fmt: skip


def _bins(scores: numpy.ndarray, right: numpy.ndarray) -> list[dict[str, Any]]:
    import numpy as np

    place = np.minimum((scores * BINS).astype(int), BINS - 1) if len(scores) else np.zeros(0, int)
    return [
        {
            "from": bin_ / BINS, "count": int((place == bin_).sum()),
            "score": round(float(scores[place == bin_].mean()), 4),
            "right": round(float(right[place == bin_].mean()), 4),
        }
        for bin_ in range(BINS) if (place == bin_).any()
    ]  # fmt: skip


def _measured_several(head: SeveralHead, gold: Sequence[Labelled], vectors: numpy.ndarray) -> dict[str, Any]:
    import numpy as np

    rows = list(zip(head.texts, head.said, strict=True))
    said = several.unseen(head.vectors, rows)
    answered = [labels for _, labels in head.predict([text for text, _ in gold], vectors)] if gold else []
    truth = [labels for _, labels in [*rows, *gold]]
    all_said = [*said, *answered]
    classes = _classes(list(zip(truth, all_said, strict=True)))
    exact = float(np.mean([set(one) == set(other) for one, other in zip(truth, all_said, strict=True)]))
    micro = several.micro_f1(all_said, truth)
    return {
        "on": "examples answered unseen, and gold" if gold else "examples answered unseen",
        "texts": len(truth), "accuracy": round(exact, 4), "micro_f1": round(micro, 4),
        "macro_f1": _mean([row["f1"] for row in classes]), "classes": classes,
    }  # fmt: skip


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
