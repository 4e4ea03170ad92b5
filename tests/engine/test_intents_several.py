"""A head that says all intents of a message: what it is sure of, what it leaves to a person, and what is kept of it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from engine import planner
from engine.intents import several
from engine.intents.several import REQUEST, YES, SeveralHead
from engine.playbook import Thresholds

LABELS = ("refund", "return", "delivery")
WORDS = {"refund": "money back", "return": "send label", "delivery": "parcel late"}
DIMENSION = 8


def messages(count: int, wrong: float = 0.0) -> tuple[np.ndarray, list[several.Labelled]]:
    """Vectors and texts that say one label or two, a share of them with the wrong ones."""
    chance = random.Random(5)
    noise = np.random.default_rng(5)
    rows, vectors = [], []
    for number in range(count):
        labels = tuple(sorted(chance.sample(LABELS, chance.choice([1, 2]))))
        vector = sum(np.eye(DIMENSION)[LABELS.index(label)] for label in labels) + noise.normal(0, 0.05, DIMENSION)
        vectors.append(vector / np.linalg.norm(vector))
        said = tuple(sorted(chance.sample(LABELS, 1))) if chance.random() < wrong else labels
        rows.append((f"{' and '.join(WORDS[label] for label in labels)} number {number}", said))
    return np.array(vectors, np.float32), rows


@pytest.fixture(scope="module")
def clear() -> SeveralHead:
    return several.train(*messages(150))


def test_examples_that_agree_give_bars_that_hold_for_what_was_not_seen(clear: SeveralHead) -> None:
    vectors, rows = messages(220)
    vectors, rows = vectors[150:], rows[150:]
    for row, (_, labels) in zip(clear.shares([text for text, _ in rows], vectors), rows, strict=True):
        shares = dict(zip(clear.labels, row, strict=True))
        assert {label for label, share in shares.items() if share >= clear.request} <= set(labels)
        assert set(labels) <= {label for label, share in shares.items() if share >= clear.doubt}
    assert 0 < clear.doubt <= YES <= clear.request < 1


def test_examples_that_disagree_make_it_sure_of_less(clear: SeveralHead) -> None:
    noisy = several.train(*messages(150, wrong=0.3))
    assert noisy.request > clear.request
    assert noisy.doubt < clear.doubt


def test_too_few_examples_can_not_tell_how_sure_is_sure() -> None:
    assert several.train(*messages(20)).request == REQUEST


def test_a_label_with_hardly_any_examples_does_not_make_everything_likely() -> None:
    vectors, rows = messages(60)
    rows = [(text, (*labels, "rare") if place in (3, 9) else labels) for place, (text, labels) in enumerate(rows)]
    assert several.train(vectors, rows).doubt > 0


def test_a_kept_head_keeps_its_bars(clear: SeveralHead, tmp_path: Path) -> None:
    several.save(clear, tmp_path / "head.npz", "made", "encoder")
    found = several.load(tmp_path / "head.npz", "encoder")
    assert found is not None
    kept, _ = found
    assert (kept.request, kept.doubt) == (clear.request, clear.doubt)


def test_what_the_playbook_says_stands_above_what_was_learned(clear: SeveralHead) -> None:
    assert planner.bars(Thresholds(), clear) == (clear.request, clear.doubt)
    assert planner.bars(Thresholds(request=0.7, doubt=0.3), clear) == (0.7, 0.3)
    assert planner.bars(Thresholds(request=0.0), clear) == (0.0, 0.0)
