"""The verifier's rules: what a sentence may say about its source, and what it may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.support import against, invented

SOURCE = "Refunds for returned goods are paid within 14 days to the card that was used, but not in cash."
WORDS = st.lists(
    st.sampled_from(
        "Refunds goods are paid within 14 days not only card Larkfield cash your staff unless 249.00 EUR".split()
    ),
    min_size=1,
    max_size=25,
).map(" ".join)


@pytest.mark.parametrize(
    ("sentence", "objection"),
    [
        ("Refunds for returned goods are paid within 21 days to the card that was used, but not in cash.", "number 21"),
        ("Refunds for returned goods are paid by Brenda within 14 days to the card, but not in cash.", "name Brenda"),
        ("Refunds for returned goods are paid within 14 days to the card that was used, or in cash.", "“not”"),
        ("Refunds for returned goods are never not paid within 14 days to the card used, not in cash.", "“not”"),
        (
            "Your staff pays refunds for returned goods within 14 days to the card used, but not in cash.",
            "somebody else",
        ),
        ("Cash is not the card that was used: goods returned within 14 days are paid refunds.", "“not”"),
        (
            "To the card used, goods returned are paid refunds within 14 days, but not in cash.",
            "another order",
        ),
        ("Refunds for returned goods are paid to the card that was used, but not in cash.", "leaves out the number 14"),
        ("Penguins dance merrily around enormous green volcanoes within 14 days, but not in cash.", "rest on"),
        ("Refunds are paid within 14 days, but not in cash.", "leaves out too much"),
    ],
)
def test_what_the_source_does_not_say_is_objected_to(sentence: str, objection: str) -> None:
    assert objection in against(sentence, SOURCE, "", 0.8)[1]


@pytest.mark.parametrize(
    "sentence",
    [
        SOURCE,
        "  ".join(SOURCE.split()),
        "Your refunds for returned goods are paid within 14 days to the card that you used, but not in cash.",
        "Refunds for your returned goods will be paid to the card that was used within 14 days, but not in cash.",
    ],
)
def test_the_source_itself_and_a_mere_change_of_person_pass(sentence: str) -> None:
    assert against(sentence, SOURCE, "", 0.8)[1] == ""


@given(WORDS)
def test_a_sentence_equal_to_its_source_passes(text: str) -> None:
    assert against(text, text, "", 1.0) == (1.0, "")


@given(WORDS, WORDS)
def test_the_score_is_a_share(sentence: str, source: str) -> None:
    assert 0.0 <= against(sentence, source, "", 0.8)[0] <= 1.0


@given(WORDS, st.integers(1000, 99999))
def test_a_number_from_nowhere_is_always_objected_to(source: str, number: int) -> None:
    assert f"number {number}" in against(f"{source} {number}", source, "", 0.0)[1]


def test_a_value_that_was_extracted_may_be_named() -> None:
    sentence = SOURCE.replace("Refunds", "Refunds for order 20417")
    assert "20417" in against(sentence, SOURCE, "", 0.8)[1]
    assert against(sentence, SOURCE, "order 20417", 0.8)[1] == ""


def test_a_small_number_in_words_is_the_same_number() -> None:
    assert invented("Within two days.", "Within 2 days.") == ""
    assert "number 3" in invented("Within three days.", "Within 2 days.")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("The fee is €25 per parcel.", "The fee is $25 per parcel."),
        ("Larkfield keeps 5% of the price as a fee.", "Larkfield keeps 5 of the price as a fee."),
        (SOURCE, SOURCE.replace("14 days", "14 weeks")),
        ("Tell us of the damage 3 days after the delivery.", "Tell us of the damage 3 days before the delivery."),
        ("You must send the goods in their box with the label.", "You may send the goods in their box with the label."),
        ("Except on sale items, Larkfield refunds the price.", "Larkfield refunds the price."),
        ("Refunds are paid by card, but not in cash.", "Refunds are not paid by card, but in cash."),
        ("The annual refunds are paid in 14 days.", "The annual refunds are paid to Ann in 14 days."),
        ("", ""),
    ],
    ids=["currency", "percent", "unit", "before", "may", "a part", "moved not", "name in a word", "nothing"],
)
def test_a_small_change_that_makes_another_promise_is_objected_to(source: str, sentence: str) -> None:
    assert against(sentence, source, "", 0.8)[1]


def test_a_condition_that_denies_by_how_its_word_begins_must_not_get_lost() -> None:
    source = "Returned goods must be unused, clean and complete with all parts."
    _, objection = against("Returned goods must be clean and complete with all parts.", source, "", 0.8)
    assert objection == "it leaves out “unused”"
    unit = "All goods under unit 5 are sent until noon."
    assert against(unit, unit, "", 0.8)[1] == ""


def test_a_condition_must_not_become_a_fact() -> None:
    source = "If the customer made the payment, the analyst lifts the block."
    _, objection = against("The customer made the payment, and the analyst lifts the block.", source, "", 0.8)
    assert objection == "it says “if” otherwise than the source"
