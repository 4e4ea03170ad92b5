"""The tool that answers from statements: right to the row that it cites, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.tools import Finding
from tests.engine.tools.trays import ScriptedTray, called, code_of, standing, value

FENWICK = """Fenwick Mills, Inc.
Annual report for 2021

CONSOLIDATED STATEMENTS OF INCOME
(in thousands)
Years ended December 31, 2021 2020
Net sales $ 512,400 $ 480,100
Operating income 61,488 62,413

CONSOLIDATED BALANCE SHEETS
(in thousands)
December 31, 2021 2020
Total current assets 180,000 150,000
Total current liabilities 200,000 120,000
"""
MAIL = (
    "From: ada@example.org\nSubject: a question\n\nDear all,\n\nwhat was Harrow's operating income for 2021?\n\n"
    "Kind regards\nAda"
)
GIVEN = {"files": ["fenwick.txt", "harrow.txt"]}


@pytest.fixture(scope="module")
def tray(tmp_path_factory: pytest.TempPathFactory) -> ScriptedTray:
    """Each file is read once for all tests."""
    folder: Path = tmp_path_factory.mktemp("filings")
    quarter = FENWICK.replace("Annual report for", "Quarterly report, second quarter")
    (folder / "fenwick.txt").write_text(FENWICK, "utf-8")
    (folder / "harrow.txt").write_text(FENWICK.replace("Fenwick", "Harrow").replace("61,488", "48,000"), "utf-8")
    (folder / "quarter.txt").write_text(quarter, "utf-8")
    return ScriptedTray(folder)


def found(tray: ScriptedTray, question: str) -> tuple[Finding, ...]:
    return called("reported", tray, GIVEN, question=value(question)).findings


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (
            "What is Fenwick's operating income for FY2021? Answer in USD millions.",
            "Operating income, 2021: 61.5 million.",
        ),
        (
            "Does Fenwick have an improving operating margin profile as of FY2021?",
            "No. Operating margin: 13.0% in 2020, 12.0% in 2021, a change of -1.0 percentage points.",
        ),
        (
            "Did Fenwick's revenue grow in 2021?",
            "Yes. Revenue: 480.1 million in 2020, 512.4 million in 2021, a change of +32.3 million.",
        ),
        ("Does Fenwick have positive working capital in 2021?", "No. Working capital, 2021: -20 million."),
        ("What was Harrow's operating income for 2021?", "Operating income, 2021: 48 million."),
        (MAIL, "Operating income, 2021: 48 million."),
    ],
)
def test_a_question_is_answered_from_the_rows_of_its_firm(tray: ScriptedTray, question: str, answer: str) -> None:
    findings = found(tray, question)
    assert dict(findings[0].cells)["answer"] == answer
    assert all(one.quote == standing(one, tray.store) for one in findings)


@pytest.mark.parametrize(
    "question",
    [
        "What was the operating income for 2021?",  # of which of the two?
        "What was Tilbury's operating income for 2021?",
        "What was Fenwick's adjusted operating income for 2021?",
        "What was Fenwick's operating income for 2018?",
        "What was Fenwick's operating income in Q2 2021?",
        "Which of Fenwick's mills had the highest operating income in 2021?",
        "Is Fenwick's operating income for 2021 good?",
        "When was Fenwick founded?",
    ],
)
def test_what_it_cannot_account_for_is_not_answered(tray: ScriptedTray, question: str) -> None:
    assert code_of("reported", tray, GIVEN, question=value(question)) == "no_result"


def test_a_quarters_report_does_not_answer_for_the_year(tray: ScriptedTray) -> None:
    question = value("What were Fenwick's total current assets in 2021?")
    assert code_of("reported", tray, {"files": ["quarter.txt"]}, question=question) == "no_result"
