"""Answers that figures bear out, and answers that they don't."""

from __future__ import annotations

import pytest

from engine.agents import verifier
from engine.cards import Sentence
from engine.reckoned import Figure, figures, follows, reckoning, same, source, weighed
from tests.engine.scripted import drafting

BOOKS = source(
    """CONSOLIDATED STATEMENTS OF INCOME
(in thousands)
Years ended December 31, 2021 2020
Net sales 512,400 480,100
Operating income 61,488 52,811
Flour mills 310,200 290,500
Oil mills 202,200 189,600
"""
)
MARGIN = "What was the operating margin of Fenwick in 2021?"


def one(text: str) -> Figure:
    (figure,) = figures(text)
    return figure


@pytest.mark.parametrize(
    ("text", "value"), [("512.4", 512_400), ("512", 512_400), ("0.5124", 512_400), ("61,488", -61_488)]
)
def test_a_figure_is_the_same_in_thousands_rounded_and_without_its_sign(text: str, value: float) -> None:
    assert same(one(text), value)


@pytest.mark.parametrize(("text", "value"), [("521.4", 512_400), ("5124", 512_400), ("513", 512_400)])
def test_another_figure_is_another(text: str, value: float) -> None:
    assert not same(one(text), value)


def test_a_figure_follows_from_others_by_one_step() -> None:
    assert follows(one("12.0"), [61_488.0, 512_400.0])
    assert follows(one("16.4"), [61_488.0, 52_811.0])
    assert not follows(one("13.7"), [61_488.0, 512_400.0])


def test_the_answer_that_comes_to_what_was_asked_is_likelier() -> None:
    right = weighed("Operating income of 61,488 on net sales of 512,400 is a margin of 12.0%.", MARGIN, BOOKS)
    other_year = weighed("Operating income of 52,811 on net sales of 480,100 is a margin of 11.0%.", MARGIN, BOOKS)
    made_up = weighed("Operating income of 70,317 on net sales of 512,400 is a margin of 13.7%.", MARGIN, BOOKS)
    assert (right.agrees, other_year.agrees, made_up.agrees) == (1.0, -1.0, -1.0)
    assert right.chance > other_year.chance > made_up.chance


def test_an_answer_in_the_wrong_thousands_does_not_agree() -> None:
    question = "What were the net sales in 2021?"
    assert weighed("They were 512.4 million.", question, BOOKS).agrees == 1.0
    assert weighed("They were 512,400 million.", question, BOOKS).agrees == -1.0


@pytest.mark.parametrize(("mills", "sales", "says"), [("Flour mills", "310,200", 1.0), ("Oil mills", "202,200", -1.0)])
def test_who_is_said_to_have_the_most_must_have_it(mills: str, sales: str, says: float) -> None:
    table = source("2021 2020\nFlour mills 310,200 290,500\nOil mills 202,200 189,600\nTotal mills 512,400 480,100\n")
    answer = f"The {mills.lower()}, with {sales}."
    assert weighed(answer, "Which branch had the highest turnover in 2021?", table).most == says


def test_an_empty_answer_to_nothing_is_weighed_too() -> None:
    assert 0.0 <= weighed("", "", source("")).chance < 0.1


def test_a_missing_figure_is_explained_by_two_that_stand_there() -> None:
    assert reckoning("The share is 12.0 percent.", "Income 61,488, sales 512,400") == "12.0 = 61,488 / 512,400"
    assert reckoning("The share is 13.7 percent.", "Income 61,488, sales 512,400") == ""
    assert reckoning("It takes 12 days.", "Orders take 10 days, and 2 more.") == ""


def test_a_reckoned_figure_stays_unsupported_and_a_person_is_told_how_it_follows() -> None:
    handoff = drafting("Income was 61,488 on sales of 512,400 in the second year of the mill.")
    reckoned = "Income was 61,488 on sales of 512,400 or 12.0 percent in the second year of the mill."
    told = verifier.judge(Sentence(reckoned, (1,), "model"), handoff, 0.8)
    invented = verifier.judge(Sentence(reckoned.replace("12.0", "13.7"), (1,), "model"), handoff, 0.8)
    assert (told.supported, invented.supported) == (False, False)
    assert "12.0 = 61,488 / 512,400" in told.objection
    assert "a person may" not in invented.objection
