"""The table look-up: the right row, and the very place where it stands."""

from __future__ import annotations

import pytest

from engine import readers, tools
from engine.cards import Problem
from engine.pages import Reading
from engine.shelf import modules
from engine.tools import lookup
from engine.tools.lookup import Row
from tests.engine.scripted import drained

PLAIN = "order,item\nLF-1,Tent\nLF-2,Stove\n"


def read(data: bytes) -> Reading:
    """What a worker makes of the table."""
    found = drained(readers.read(data, "orders.csv", lambda inner: ""))[1]
    assert isinstance(found, Reading)
    return found


def look(table: str, value: str = "LF-2", encoding: str = "utf-8") -> tuple[Row, str]:
    """The row that was found, and the text at its place."""
    data = table.encode(encoding)
    reading = read(data)
    row = lookup.call(data, reading, "order", value)
    assert row is not None
    return row, reading.pages[row.page - 1].text[row.start : row.end]


@pytest.mark.parametrize("tool", modules(tools).values(), ids=modules(tools))
def test_every_tool_says_what_it_does(tool: object) -> None:
    assert str(tool.SENTENCE).endswith(".")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (PLAIN, (("order", "LF-2"), ("item", "Stove"))),
        ("order;item\nLF-1;Tent\nLF-2;Stove\n", (("order", "LF-2"), ("item", "Stove"))),
        ("order,item\nLF-1,Tent\n,\n\nLF-2,Stove\nLF-3,Mat\n", (("order", "LF-2"), ("item", "Stove"))),
        ("item,order\nshort\nStove,LF-2\n", (("item", "Stove"), ("order", "LF-2"))),
        ('order,item\n"LF-1","Tent\nwith poles"\nLF-2,Stove\n', (("order", "LF-2"), ("item", "Stove"))),
        (" order , item \n LF-2 , Stove \n", (("order", "LF-2"), ("item", "Stove"))),
    ],
    ids=["plain", "semicolons", "empty rows", "a short row", "a cell of two lines", "spaces"],
)
def test_the_row_of_the_key_is_found_with_its_values_and_its_place(
    table: str, values: tuple[tuple[str, str], ...]
) -> None:
    row, text = look(table)
    assert row.values == values
    assert "LF-2" in text
    assert "LF-1" not in text
    assert "LF-3" not in text


def test_a_row_far_down_stands_on_its_own_page() -> None:
    row, text = look("order,item\n" + "".join(f"LF-x{n},{'thing ' * 10}\n" for n in range(3000)) + "LF-2,Stove\n")
    assert row.page > 1
    assert text.startswith("LF-2")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_the_values_are_whole_in_any_usual_encoding(encoding: str) -> None:
    row, text = look("order,item\nLF-2,Gehäuse für Öfen\n", encoding=encoding)
    assert dict(row.values)["item"] == "Gehäuse für Öfen"
    assert "Gehäuse für Öfen" in text


def test_a_key_counts_whatever_its_case_and_spaces() -> None:
    assert dict(look(PLAIN, " lf-2 ")[0].values)["item"] == "Stove"


@pytest.mark.parametrize("value", ["LF-9", "LF", "", "LF-2,Stove"])
def test_a_key_that_is_not_there_has_no_row(value: str) -> None:
    data = PLAIN.encode()
    assert lookup.call(data, read(data), "order", value) is None


def test_a_column_that_is_not_there_is_a_problem_that_names_the_others() -> None:
    data = PLAIN.encode()
    with pytest.raises(Problem, match="order, item") as caught:
        lookup.call(data, read(data), "number", "LF-2")
    assert caught.value.code == "bad_table"
