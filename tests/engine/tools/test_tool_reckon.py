"""Arithmetic and dates: what a person would get with pencil and calendar, and no end without one."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.tools import reckon
from tests.engine.tools.trays import ScriptedTray, called, code_of, value


@pytest.fixture
def tray(tmp_path: Path) -> ScriptedTray:
    return ScriptedTray(tmp_path)


def result(tray: ScriptedTray, expression: str, **values: str) -> str:
    filled = {name: value(text) for name, text in values.items()}
    (found,) = called("reckon", tray, {"expression": expression}, **filled).findings
    return dict(found.cells)["result"]


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        ("delivered + 30 days", {"delivered": "2026-09-14"}, "2026-10-14"),
        ("30 days + delivered", {"delivered": "14 September 2026"}, "2026-10-14"),
        ("delivered - 2 weeks", {"delivered": "14.09.2026"}, "2026-08-31"),
        ("start + 1 month", {"start": "2026-01-31"}, "2026-02-28"),
        ("start + 1 month", {"start": "2028-01-31"}, "2028-02-29"),
        ("start - 3 months", {"start": "2026-02-15"}, "2025-11-15"),
        ("start + 1 year", {"start": "2028-02-29"}, "2029-02-28"),
        ("start + 5 working days", {"start": "2026-11-25"}, "2026-12-02"),
        ("start + 1 working day", {"start": "2026-11-27"}, "2026-11-30"),
        ("start - 1 working day", {"start": "2026-11-30"}, "2026-11-27"),
        ("start + 5 working days", {"start": "2026-11-28"}, "2026-12-04"),
        ("received - delivered", {"received": "2026-10-16", "delivered": "2026-09-14"}, "32 days"),
        ("received <= delivered + 30 days", {"received": "2026-10-14", "delivered": "2026-09-14"}, "yes"),
        ("received <= delivered + 30 days", {"received": "2026-10-15", "delivered": "2026-09-14"}, "no"),
        ("opened", {"opened": "2026-11-25T09:30:00+00:00"}, "2026-11-25"),
        ("total * 2 %", {"total": "1,284.50 EUR"}, "25.69"),
        ("total * (100 - 3) / 100", {"total": "1.284,50 €"}, "1245.965"),
        ("2 + 3 * 4 - -1", {}, "15"),
        ("(2 + 3) * 4", {}, "20"),
        ("1 / 3", {}, "0.333333"),
        ("amount > 500", {"amount": "EUR 500.01"}, "yes"),
        ("a = b", {"a": "0.3", "b": "0.30"}, "yes"),
        ("0.1 + 0.2 = 0.3", {}, "yes"),
        ("balance + 1", {"balance": "-12.50 EUR"}, "-11.5"),
        ("end - notice", {"end": "31 December 2026", "notice": "3 months"}, "2026-09-30"),
        ("d + 1 day", {"d": "2199-12-31"}, "2200-01-01"),
    ],
)
def test_it_reckons_as_a_person_would(
    tray: ScriptedTray, expression: str, values: dict[str, str], expected: str
) -> None:
    assert result(tray, expression, **values) == expected


def test_a_result_stands_where_its_first_value_was_read(tray: ScriptedTray) -> None:
    delivered = value("2026-09-14")
    (found,) = called("reckon", tray, {"expression": "d + 30 days", "decimals": 2}, d=delivered).findings
    assert (found.place, found.quote) == (delivered.place, delivered.quote)
    assert found.cells == (("result", "2026-10-14"), ("d", "2026-09-14"))


def test_decimals_round_as_shops_do(tray: ScriptedTray) -> None:
    (found,) = called("reckon", tray, {"expression": "2.675 * 1", "decimals": 2}).findings
    assert dict(found.cells)["result"] == "2.68"


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "9" * 5000, "1e999999", "3/4/2026", "2026-02-30", "99999999999999999999", "=1+1",
        "__import__('os')",
        "inf", "NaN", "١٢٣" * 20,
    ],
)  # fmt: skip
def test_a_value_that_is_no_number_and_no_date_gives_nothing(tray: ScriptedTray, text: str) -> None:
    assert code_of("reckon", tray, {"expression": "x + 1"}, x=value(text)) in ("no_result", "bad_expression")


@pytest.mark.parametrize(
    "expression",
    ["x * x * x * x", "x + 9 years * x", "x / 0", "1 / (x - x)", "x * 999999999999999"],
)
def test_what_gets_too_large_gives_nothing(tray: ScriptedTray, expression: str) -> None:
    code = code_of("reckon", tray, {"expression": expression}, x=value("999999999999999"))
    assert code in ("no_result", "bad_expression")


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_date_beyond_the_calendar_gives_nothing(tray: ScriptedTray, day: str) -> None:
    assert code_of("reckon", tray, {"expression": "d + 100000 years"}, d=value(day)) == "no_result"
    assert code_of("reckon", tray, {"expression": "d - 99999 working days"}, d=value("1900-01-01")) in ("", "no_result")


BAD = [
    "__import__('os').system('x')", "x ** 9", "open('/etc/passwd')", "x if 1 else 2", "lambda: 1", "x; y", "(" * 50,
    "1 +", "x y", "x.y", "'a'", "1" * 300, "x = 1 = 1", "()",
]  # fmt: skip


@pytest.mark.parametrize("expression", BAD)
def test_what_is_not_in_the_grammar_is_a_problem_for_the_operator(tray: ScriptedTray, expression: str) -> None:
    filled = {"x": value("7"), "y": value("7"), "d": value("2026-09-14")}
    assert code_of("reckon", tray, {"expression": expression}, **filled) == "bad_expression"


@pytest.mark.parametrize("expression", ["d + 3", "d <= x", "x * d", "n + 30 days"])
def test_values_of_another_kind_than_the_playbook_meant_give_nothing(tray: ScriptedTray, expression: str) -> None:
    filled = {"x": value("7"), "n": value("12.50"), "d": value("2026-09-14")}
    used = {name: one for name, one in filled.items() if name in expression.split()}
    assert code_of("reckon", tray, {"expression": expression}, **used) == "no_result"


@pytest.mark.parametrize(
    ("expression", "names"),
    [("a + b", ["a"]), ("a", []), ("1 +* $", []), ("1 + 1", ["a"]), ("a +", ["a"]), ("3 days * 2", [])],
)
def test_a_playbook_hears_what_its_expression_lacks(expression: str, names: list[str]) -> None:
    assert [fault for fault in reckon.faults({"expression": expression}, names) if fault.endswith(".")]
    assert list(reckon.faults({"expression": "delivered + 30 days"}, ["delivered"])) == []


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_is_asked_it_ends_with_a_result_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, expression: str, text: str
) -> None:
    tray = ScriptedTray(tmp_path_factory.getbasetemp())
    assert code_of("reckon", tray, {"expression": expression}, x=value(text)) in ("", "no_result", "bad_expression")


@given(st.dates(datetime.date(1950, 1, 1), datetime.date(2150, 1, 1)), st.integers(0, 900))
@settings(max_examples=150, deadline=None)
def test_working_days_are_counted_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, start: datetime.date, count: int
) -> None:
    tray = ScriptedTray(tmp_path_factory.getbasetemp())
    slow, left = start, count
    while left:
        slow += datetime.timedelta(days=1)
        left -= slow.weekday() < 5
    found = result(tray, f"d + {count} working days", d=start.isoformat())
    assert found == slow.isoformat()
    try:
        assert result(tray, f"d + {count} days", d=start.isoformat()) == (start + datetime.timedelta(count)).isoformat()
    except Problem:
        pytest.fail("within the calendar")
