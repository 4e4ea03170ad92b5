"""The intent head: it learns from few examples, knows how sure it may be, abstains on what is far, gives reasons."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from engine.cards import Problem
from engine.intents.head import NONE_MOST, Example, Head, calibration_error, load, save, signature, train
from engine.intents.space import Classifier, beside, space
from tests.engine.scripted import ScriptedEncoder, real_fleet

EXAMPLES: list[Example] = [
    ("When will I get my money back?", "refund"),
    ("Please refund the price of the jacket.", "refund"),
    ("I am still waiting for the repayment.", "refund"),
    ("The refund has not been paid to my card yet.", "refund"),
    ("Pay back what you charged me, please.", "refund"),
    ("My parcel has not arrived yet.", "delivery"),
    ("Where is my order? The tracking has stopped.", "delivery"),
    ("The carrier lost the package.", "delivery"),
    ("When will the delivery come?", "delivery"),
    ("The box was crushed on its way to me.", "delivery"),
    ("Please find attached invoice number 12.", "invoice"),
    ("The invoice total is due within 30 days.", "invoice"),
    ("We bill you for the canvas supplied in May.", "invoice"),
    ("Invoice for services, please pay to our account.", "invoice"),
    ("Our invoice of last month is still open.", "invoice"),
    ("What is the capital of Mongolia?", None),
    ("Write a short poem about autumn leaves.", None),
    ("Which team won the football cup final?", None),
    ("My cat sneezes, which medicine helps?", None),
    ("How do glaciers move over rock?", None),
]
INSIDE: list[Example] = [(text, label) for text, label in EXAMPLES if label]
NEW = [
    ("I want the purchase price refunded to my credit card.", "refund"),
    ("The tracking says my parcel is still with the carrier.", "delivery"),
    ("Invoice no. 77, total 400 EUR, payable in 14 days.", "invoice"),
]
FAR = ["Please explain how volcanoes erupt.", "Sing me a song about the stars."]


def vectors(texts: list[str]) -> np.ndarray:
    return real_fleet().encoder().encode(texts)


def learned(examples: list[Example]) -> Head:
    return train(vectors([text for text, _ in examples]), examples)


@pytest.fixture(scope="module")
def head() -> Head:
    return learned(EXAMPLES)


@pytest.fixture(scope="module")
def inside_only() -> Head:
    return learned(INSIDE)


@pytest.mark.parametrize(("text", "label"), NEW)
def test_a_new_text_gets_its_intent(head: Head, text: str, label: str) -> None:
    (said,) = head.predict(vectors([text]))
    assert said.label == label
    assert said.score >= head.threshold
    assert said.candidates[0] == (label, said.score)


@pytest.mark.parametrize("text", FAR)
def test_it_abstains_on_a_far_text_and_still_names_the_nearest(head: Head, text: str) -> None:
    (said,) = head.predict(vectors([text]))
    assert said.label is None
    assert said.candidates[0][0] in head.labels
    assert said.nearest in dict(EXAMPLES)


def test_without_examples_out_of_scope_what_is_far_still_scores_below_what_is_near(inside_only: Head) -> None:
    near = [said.score for said in inside_only.predict(vectors([text for text, _ in NEW]))]
    far = [said.score for said in inside_only.predict(vectors(FAR))]
    assert min(near) > max(far)


def test_the_score_ranks_also_where_it_abstains(head: Head) -> None:
    near = [said.score for said in head.predict(vectors([text for text, _ in NEW]), 1.01)]
    far = [said.score for said in head.predict(vectors(FAR), 1.01)]
    assert min(near) > max(far)


def test_it_names_the_three_nearest_examples_with_their_intents(head: Head) -> None:
    (said,) = head.predict(vectors(["The refund has not been paid to my card."]))
    assert len(said.near) == 3
    assert said.near[0].text == "The refund has not been paid to my card yet."
    assert all(dict(EXAMPLES)[near.text] == near.label for near in said.near)
    likeness = [near.likeness for near in said.near]
    assert likeness == sorted(likeness, reverse=True)


def test_it_says_why_not_the_runner_up(head: Head) -> None:
    for said in head.predict(vectors([text for text, _ in NEW])):
        assert said.against is not None
        assert said.against.label == said.candidates[1][0]
        assert said.candidates[1][1] <= said.score


def test_the_class_of_what_belongs_nowhere_is_never_shown(head: Head) -> None:
    for said in head.predict(head.space.vectors):
        assert said.label != ""
        assert "" not in dict(said.candidates)


def test_scores_are_shares_and_the_best_comes_first(head: Head) -> None:
    for said in head.predict(head.space.vectors):
        scores = [score for _, score in said.candidates]
        assert all(0.0 <= score <= 1.0 for score in scores)
        assert scores == sorted(scores, reverse=True)


def test_figures_are_shares(head: Head) -> None:
    assert all(0.0 <= value <= 1.0 for value in dataclasses.asdict(head.figures).values())
    assert head.figures.accuracy <= head.figures.first


def test_a_perfectly_calibrated_score_has_no_calibration_error() -> None:
    scores = np.repeat([0.25, 0.75], 100)
    right = np.concatenate([np.arange(100) < 25, np.arange(100) < 75])
    assert calibration_error(scores, right) == pytest.approx(0.0)
    assert calibration_error(scores, ~right) == pytest.approx(0.5)


def test_no_text_gives_no_prediction(head: Head) -> None:
    assert head.predict(np.zeros((0, head.space.vectors.shape[1]), np.float32)) == []


def test_the_same_examples_give_the_same_head(head: Head) -> None:
    again = learned(EXAMPLES)
    assert (again.sureness.slope, again.threshold, again.figures) == (head.sureness.slope, head.threshold, head.figures)
    assert np.array_equal(again.space.weights, head.space.weights)


def test_two_intents_are_enough() -> None:
    pair = [(text, label) for text, label in EXAMPLES if label in ("refund", "invoice")]
    head = train(ScriptedEncoder().encode([text for text, _ in pair]), pair)
    assert [said.candidates[0][0] for said in head.predict(head.space.vectors)] == [label for _, label in pair]


def test_examples_that_are_all_alike_are_no_reason_to_fail() -> None:
    same: list[Example] = [("the same", label) for label in ("a", "a", "b", "b")]
    (said,) = train(ScriptedEncoder().encode(["the same"] * 4), same).predict(ScriptedEncoder().encode(["the same"]))
    assert 0.0 <= said.score <= 1.0


@pytest.mark.parametrize("examples", [[], EXAMPLES[:5], EXAMPLES[:6], [*EXAMPLES[:5], EXAMPLES[-1]]])
def test_too_few_examples_are_a_problem(examples: list[Example]) -> None:
    with pytest.raises(Problem) as caught:
        train(ScriptedEncoder().encode([text for text, _ in examples]), examples)
    assert caught.value.code == "few_examples"


def test_below_the_threshold_it_abstains(head: Head) -> None:
    strict = dataclasses.replace(head, threshold=1.01)
    assert [said.label for said in strict.predict(head.space.vectors)] == [None] * len(EXAMPLES)


@pytest.mark.parametrize("text", [text for text, _ in NEW] + FAR)
def test_another_threshold_stands_in_for_the_learned_one(head: Head, text: str) -> None:
    rows = vectors([text])
    assert head.predict(rows, 0.0) == dataclasses.replace(head, threshold=0.0).predict(rows)
    assert head.predict(rows, 1.01)[0].label is None


def test_a_kept_head_says_the_same(head: Head, tmp_path: Path) -> None:
    path = tmp_path / "intents" / "small.npz"
    save(head, path, "made-from", "encoder")
    kept = load(path, "encoder")
    assert kept is not None
    assert kept[1] == "made-from"
    new = vectors([text for text, _ in NEW] + FAR)
    assert kept[0].predict(new) == head.predict(new)


def test_examples_out_of_scope_weigh_something_but_no_more_than_another_sign(head: Head, inside_only: Head) -> None:
    assert 0 < head.sureness.weights[-1] <= NONE_MOST
    assert inside_only.sureness.weights[-1] == 0


def test_where_examples_count_themselves_the_class_of_the_near_ones_wins() -> None:
    here, there = np.eye(4, dtype=np.float32)[:2]
    known = beside(np.stack([here, here, there]), np.stack([there, there, here]))
    truth, silent = np.array([0, 0, 1]), np.zeros((2, 8), np.float32)
    fitted = space(known, truth, 2, -1, Classifier(silent, np.zeros(2, np.float32), kin=True))
    logits = fitted.logits(beside(np.stack([here, there]), np.stack([here, here])))
    assert logits.argmax(axis=1).tolist() == [0, 1]
    assert logits[0, 0] == pytest.approx(np.log(2), abs=1e-4)  # two examples with a cosine of 1


def test_a_head_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert load(tmp_path / "none.npz", "encoder") is None


def test_a_head_of_another_encoder_is_none(head: Head, tmp_path: Path) -> None:
    save(head, tmp_path / "small.npz", "made-from", "encoder")
    assert load(tmp_path / "small.npz", "another") is None


@pytest.mark.parametrize("damage", ["empty", "flipped", "not ours"])
def test_a_damaged_head_is_none(head: Head, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "small.npz"
    save(head, path, "made-from", "encoder")
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.write_bytes({"empty": b"", "flipped": flipped, "not ours": b"hello"}[damage])
    assert load(path, "encoder") is None


def test_a_flipped_bit_anywhere_is_noticed_or_harmless(tmp_path: Path) -> None:
    texts: list[Example] = [("a b", "x"), ("a c", "x"), ("d e", "y"), ("d f", "y")]
    small = train(ScriptedEncoder(8).encode([text for text, _ in texts]), texts)
    path = tmp_path / "small.npz"
    save(small, path, "made-from", "encoder")
    whole = path.read_bytes()
    for place in range(0, len(whole), 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :])
        kept = load(path, "encoder")
        assert kept is None or kept[0].predict(small.space.vectors) == small.predict(small.space.vectors)


def test_the_signature_changes_with_each_example_and_with_the_encoder() -> None:
    first = signature("a", EXAMPLES)
    assert first == signature("a", list(EXAMPLES))
    others = {signature("b", EXAMPLES), signature("a", EXAMPLES[1:]), signature("a", [("x", None), *EXAMPLES[1:]])}
    assert first not in others
    assert len(others) == 3


def test_one_text_at_a_time_is_decided_as_many_at_once() -> None:
    random = np.random.default_rng(3)
    centres = random.normal(size=(5, 48))
    vectors = np.concatenate([centre + 0.6 * random.normal(size=(12, 48)) for centre in centres]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [*"abcd", None]
    examples = [(f"text {row}", names[row // 12]) for row in range(60)]
    trained = train(vectors, examples)
    asked = random.normal(size=(40, 48)).astype(np.float32) + np.repeat(centres, 8, axis=0).astype(np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    for row, together in zip(asked, trained.predict(asked), strict=True):
        (alone,) = trained.predict(row[None, :])
        assert alone.score == pytest.approx(together.score, abs=0.002)
        assert [label for label, _ in alone.candidates[:2]] == [label for label, _ in together.candidates[:2]]
        assert [one.text for one in alone.near] == [one.text for one in together.near]
