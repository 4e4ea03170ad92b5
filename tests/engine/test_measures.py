"""What a question asks to be reckoned, and what its lines give; and what is not one question for one measure."""

from __future__ import annotations

import pytest

from engine.measures import asked, reckoned, unaccounted
from engine.statements import rows

BOOKS = """CONSOLIDATED STATEMENTS OF INCOME
(in millions)
Years ended December 31, 2021 2020 2019
Total net sales 500 400 320
Cost of goods sold 300 260 210
Operating income 50 36 32
Net income 30 20 16
CONSOLIDATED BALANCE SHEETS
(in millions)
December 31, 2021 2020
Inventories 60 40
Total current assets 180 150
Accounts payable 44 36
Total current liabilities 90 100
CONSOLIDATED STATEMENTS OF CASH FLOWS
(in millions)
Years ended December 31, 2021 2020 2019
Depreciation and amortization 25 24 20
Accounts payable 8 5 4
Net cash provided by operating activities 70 55 40
Purchases of property and equipment (20) (16) (16)
"""
ROWS = tuple(rows(BOOKS))


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What was the FY2021 net income of Fenwick?", 30e6),
        ("How high is the capital expenditure in 2020?", 16e6),
        ("What are total current liabilities at the end of FY2020?", 100e6),
        ("What is the FY2021 working capital ratio?", 2.0),
        ("Working capital for 2021?", 90e6),
        ("FY2021 free cash flow?", 50e6),
        ("What is the FY2021 inventory turnover ratio?", 6.0),
        ("What is the FY2021 EBITDA margin?", 0.15),
        ("What is the FY2021 DPO?", 365 * 40 / 320),
        ("What is the 3 year average of capex as a % of revenue from FY2019 to FY2021?", (0.04 + 0.04 + 0.05) / 3),
        ("What is the FY2020 - FY2021 revenue growth rate?", 0.25),
        ("Did the operating margin improve in FY2021?", 0.01),
        ("What is the year-over-year change in operating income from FY2019 to FY2020, in percent?", 0.125),
    ],
)
def test_a_line_or_a_measure_of_a_year_is_reckoned(question: str, value: float) -> None:
    wanted = asked(question)
    found = reckoned(wanted, ROWS) if wanted else None
    assert found is not None
    assert found.value == pytest.approx(value)
    assert found.rows


@pytest.mark.parametrize(
    "question", ["What was the net income?", "How many mills were there in 2021?", "What was goodwill in 2021?"]
)
def test_what_is_not_named_or_does_not_stand_there_has_no_value(question: str) -> None:
    wanted = asked(question)
    assert wanted is None or reckoned(wanted, ROWS) is None


def test_two_rows_that_differ_are_no_answer() -> None:
    wanted = asked("What were total assets in 2021?")
    twice = "CONSOLIDATED BALANCE SHEETS\n2021 2020\nTotal assets 90 80\nTotal assets 70 60\n"
    assert wanted is not None
    assert reckoned(wanted, tuple(rows(twice))) is None


def test_lines_of_which_one_says_no_scale_are_not_put_together() -> None:
    page = "BALANCE SHEETS\n2021 2020\nTotal assets 90 80\n"
    other = "STATEMENTS OF INCOME\n(in millions)\n2021 2020\nNet sales 45 40\n"
    wanted = asked("What was the capital intensity in 2021?")
    assert wanted is not None
    assert reckoned(wanted, (*rows(page), *rows(other))) is None
    assert reckoned(wanted, (*rows(f"(in millions)\n{page}"), *rows(other))) is not None


def test_the_line_that_is_named_is_taken_before_the_total() -> None:
    both = tuple(rows("STATEMENTS OF INCOME\n2021 2020\nNet sales 90 80\nTotal revenue 97 86\n"))
    for question, value in (("Net sales in 2021?", 90.0), ("Revenue in 2021?", 97.0)):
        wanted = asked(question)
        found = reckoned(wanted, both) if wanted else None
        assert found is not None
        assert found.value == value


def test_names_are_left_of_a_question_and_instructions_are_not() -> None:
    question = "Answer in USD millions, please: what was Fenwick's net income in FY2021? Use the income statement."
    wanted = asked(question)
    assert wanted is not None
    assert unaccounted(question, wanted) == ["Fenwick's"]


@pytest.mark.parametrize(
    "question",
    [
        "Which mill had the highest net income in 2021?",
        "What drove the operating margin in 2021?",
        "What were net income and goodwill in 2021?",
        "What was the average net income of 2020 and 2021?",
        "What was the net income between 2019 and 2021?",
    ],
)
def test_another_question_is_not_accounted_for(question: str) -> None:
    wanted = asked(question)
    assert wanted is not None
    assert unaccounted(question, wanted) is None


@pytest.mark.parametrize("word", ["adjusted", "expected", "segment", "Q2"])
def test_a_word_that_makes_it_another_question_is_left(word: str) -> None:
    question = f"What was the {word} net income in 2021?"
    wanted = asked(question)
    assert wanted is not None
    assert unaccounted(question, wanted) == [word]
