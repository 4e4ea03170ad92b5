"""The intent head: it learns from few examples, abstains on what is far, and is never half kept."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from engine.bench import Bench
from engine.cards import Problem
from engine.events import Progressed
from engine.router import Example, Head, load, save, signature, train
from tests.engine.scripted import PLAYBOOK, ScriptedEncoder, drained, real_fleet, small_bench, write_small_desk

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


@pytest.fixture(scope="module")
def head() -> Head:
    return train(real_fleet().encoder().encode([text for text, _ in EXAMPLES]), EXAMPLES)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I want the purchase price refunded to my credit card.", "refund"),
        ("The tracking says my parcel is still with the carrier.", "delivery"),
        ("Invoice no. 77, total 400 EUR, payable in 14 days.", "invoice"),
    ],
)
def test_a_new_text_gets_its_intent(head: Head, text: str, label: str) -> None:
    (said,) = head.predict(real_fleet().encoder().encode([text]))
    assert said.label == label
    assert said.score >= head.threshold
    assert said.candidates[0] == (label, said.score)


@pytest.mark.parametrize("text", ["Please explain how volcanoes erupt.", "Sing me a song about the stars."])
def test_it_abstains_on_a_far_text_and_still_names_the_nearest(head: Head, text: str) -> None:
    (said,) = head.predict(real_fleet().encoder().encode([text]))
    assert said.label is None
    assert said.candidates[0][0] in head.labels
    assert said.nearest in dict(EXAMPLES)


def test_the_class_of_what_belongs_nowhere_is_never_shown(head: Head) -> None:
    for said in head.predict(head.vectors):
        assert said.label != ""
        assert "" not in dict(said.candidates)


def test_the_shares_of_all_classes_are_shares(head: Head) -> None:
    for said in head.predict(head.vectors):
        assert all(0.0 <= share <= 1.0 for _, share in said.candidates)
        assert sum(share for _, share in said.candidates) <= 1.0 + 1e-3


def test_the_same_examples_give_the_same_head(head: Head) -> None:
    again = train(head.vectors, EXAMPLES)
    assert (again.temperature, again.threshold, again.accuracy) == (head.temperature, head.threshold, head.accuracy)
    assert np.array_equal(again.weights, head.weights)


def test_two_intents_are_enough() -> None:
    pair = [(text, label) for text, label in EXAMPLES if label in ("refund", "invoice")]
    head = train(ScriptedEncoder().encode([text for text, _ in pair]), pair)
    assert [said.candidates[0][0] for said in head.predict(head.vectors)] == [label for _, label in pair]


@pytest.mark.parametrize("examples", [[], EXAMPLES[:5], EXAMPLES[:6], [*EXAMPLES[:5], EXAMPLES[-1]]])
def test_too_few_examples_are_a_problem(examples: list[Example]) -> None:
    with pytest.raises(Problem) as caught:
        train(ScriptedEncoder().encode([text for text, _ in examples]), examples)
    assert caught.value.code == "few_examples"


def test_a_kept_head_says_the_same(head: Head, tmp_path: Path) -> None:
    path = tmp_path / "intents" / "small.npz"
    save(head, path, "made-from", "encoder")
    kept = load(path, "encoder")
    assert kept is not None
    assert kept[1] == "made-from"
    assert kept[0].predict(head.vectors) == head.predict(head.vectors)


def test_a_head_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert load(tmp_path / "none.npz", "encoder") is None


@pytest.mark.parametrize("damage", ["empty", "flipped", "not ours"])
def test_a_damaged_head_is_none(head: Head, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "small.npz"
    save(head, path, "made-from", "encoder")
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.write_bytes({"empty": b"", "flipped": flipped, "not ours": b"hello"}[damage])
    assert load(path, "encoder") is None


def test_the_signature_changes_with_each_example_and_with_the_encoder() -> None:
    first = signature("a", EXAMPLES)
    assert first == signature("a", list(EXAMPLES))
    others = {signature("b", EXAMPLES), signature("a", EXAMPLES[1:]), signature("a", [("x", None), *EXAMPLES[1:]])}
    assert first not in others
    assert len(others) == 3


def learned(bench: Bench) -> tuple[bool, Head]:
    """Whether asking for the head made the bench learn, and the head."""
    seen, head = drained(bench.head("small"))
    return any(isinstance(event, Progressed) for event in seen), head


def test_a_head_is_learned_once_and_kept_for_the_next_engine(home: Path) -> None:
    for expected in (True, False):
        with small_bench(home) as bench:
            assert learned(bench)[0] is expected
            assert learned(bench)[0] is False


def test_a_damaged_head_is_learned_again(home: Path) -> None:
    with small_bench(home) as bench:
        _, before = learned(bench)
    (home / "intents" / "small.npz").write_bytes(b"rot")
    with small_bench(home) as bench:
        again, after = learned(bench)
    assert again
    assert np.array_equal(before.weights, after.weights)


def test_a_changed_example_is_learned(home: Path) -> None:
    with small_bench(home) as bench:
        learned(bench)
    with small_bench(home) as bench:
        write_small_desk(home, PLAYBOOK.replace("I want my money back.", "Pay me back."))
        assert learned(bench)[0]


def test_a_head_that_a_person_trained_stands_first(home: Path) -> None:
    with small_bench(home) as bench:
        drained(bench.train("small", EXAMPLES))
    with small_bench(home) as bench:
        assert set(learned(bench)[1].labels) == {"", "refund", "delivery", "invoice"}


def test_below_the_threshold_it_abstains(head: Head) -> None:
    strict = dataclasses.replace(head, threshold=1.01)
    assert [said.label for said in strict.predict(head.vectors)] == [None] * len(EXAMPLES)


def test_a_head_of_another_encoder_is_none(head: Head, tmp_path: Path) -> None:
    save(head, tmp_path / "small.npz", "made-from", "encoder")
    assert load(tmp_path / "small.npz", "another") is None


def test_a_flipped_bit_anywhere_is_noticed_or_harmless(tmp_path: Path) -> None:
    texts: list[Example] = [("a b", "x"), ("a c", "x"), ("d e", "y"), ("d f", "y")]
    small = train(ScriptedEncoder(8).encode([text for text, _ in texts]), texts)
    path = tmp_path / "small.npz"
    save(small, path, "made-from", "encoder")
    whole = path.read_bytes()
    for place in range(0, len(whole), 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :])
        kept = load(path, "encoder")
        assert kept is None or kept[0].predict(small.vectors) == small.predict(small.vectors)


@pytest.mark.parametrize("text", ["please jacket", "the boots", "send money", "refund boots poem"])
def test_a_threshold_of_the_playbook_stands_in_for_the_learned_one(home: Path, text: str) -> None:
    with small_bench(home) as bench:
        _, small = learned(bench)
    vectors = ScriptedEncoder().encode([text])
    (open_to_all,) = dataclasses.replace(small, threshold=0.9).predict(vectors, 0.0)
    assert open_to_all == dataclasses.replace(small, threshold=0.0).predict(vectors)[0]
    assert small.predict(vectors, 1.01)[0].label is None


@pytest.mark.parametrize(
    ("playbook", "examples", "code"), [("small", [], "few_examples"), ("../../x", EXAMPLES, "bad_name")]
)
def test_what_can_not_be_trained_is_said_and_nothing_is_written(
    home: Path, playbook: str, examples: list[Example], code: str
) -> None:
    with small_bench(home) as bench, pytest.raises(Problem) as caught:
        drained(bench.train(playbook, examples))
    assert caught.value.code == code
    assert not list(home.rglob("*.npz"))
