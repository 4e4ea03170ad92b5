"""Rows of figures, however a tool lays the table out: labels, figures, years, scale and the statement above."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.statements import Row, rows

LINES = """Fenwick Mills, Inc.
CONSOLIDATED BALANCE SHEETS
(In thousands)
As of December 31, 2021 2020
Cash and cash equivalents........ $ 1,250 $ 980
Notes payable (300) —
Total assets $ 9,400 $ 8,800
"""
CELLS = """CONSOLIDATED STATEMENTS OF CASH FLOWS
(Millions)
2021
2020
2019
Net cash provided by operating
activities
$
41
$
(12)
$
33
"""


def test_a_row_to_a_line_is_read_with_its_years_and_scale() -> None:
    cash, notes, total = rows(LINES)
    assert (cash.label, cash.values, cash.years) == ("Cash and cash equivalents", (1250.0, 980.0), (2021, 2020))
    assert (notes.values, notes.of(2020, 0)) == ((-300.0, None), None)
    assert (total.of(2021, 12), total.scale, total.statement) == (9400.0, 1e3, "balance")
    assert LINES[total.start : total.end].strip() == "Total assets $ 9,400 $ 8,800"


def test_a_cell_to_a_line_is_read_as_one_row() -> None:
    (row,) = rows(CELLS)
    assert (f"{row.above} {row.label}", row.values) == (
        "Net cash provided by operating activities",
        (41.0, -12.0, 33.0),
    )
    assert (row.years, row.statement, row.scale) == ((2021, 2020, 2019), "cash", 1e6)


def test_a_year_that_stands_twice_is_told_apart_by_its_months() -> None:
    text = "Three months ended June 30, Six months ended June 30,\n2021 2020 2021 2020\nSales 10 9 21 18\n"
    (row,) = rows(text)
    assert (row.of(2021, 3), row.of(2021, 6), row.of(2021, 12), row.of(2021, 0)) == (10.0, 21.0, None, None)


def test_a_row_with_other_than_as_many_figures_has_no_years() -> None:
    (row,) = rows("2021 2020\nOther income 7\n")
    assert (row.values, row.years, row.of(2021, 12)) == ((7.0,), (), None)


def test_figures_in_prose_and_in_a_label_are_no_columns() -> None:
    prose = "We opened a mill in 2021 and closed 3 of 12\n"
    told = f"2021 2020\nReceivables, net of allowances of $17 and $18\n450\n460\n{prose}"
    (row,) = [row for row in rows(told) if row.years]
    assert (row.values, "allowances" in row.label) == ((450.0, 460.0), True)


def test_the_years_of_a_title_and_those_of_changes_are_no_columns_of_their_own() -> None:
    head = "At January 2, 2022 and January 3, 2021\n(in millions)\n2021\n2020\n2021 vs. 2020\n"
    text = f"{head}Sales\n10\n9\n1\nMills\n3\n2\n"
    assert [row.years for row in rows(text)] == [(2021, 2020, 0), (2021, 2020)]


def test_a_word_in_prose_is_no_scale() -> None:
    text = "(in thousands)\n2021 2020\nSales 10 9\nWe bake for millions of people.\nMills 3 2\n"
    assert [row.scale for row in rows(text)] == [1e3, 1e3]


def test_years_hold_no_longer_than_to_the_next_prose() -> None:
    text = "2021 2020\nSales 10 9\n" + "We sell flour to bakers. " * 8 + "\nMills 3 2\n"
    assert [row.years for row in rows(text)] == [(2021, 2020), ()]


@given(st.text(alphabet="$(1, 2)%-—.\nab2021", max_size=400))
def test_any_text_is_read(text: str) -> None:
    for row in rows(text):
        assert isinstance(row, Row)
        assert row.label
        assert len(row.months) == len(row.values)
        assert len(row.years) in (0, len(row.values))
        assert 0 <= row.start < row.end <= len(text)
