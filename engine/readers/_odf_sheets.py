"""Writes the sheets of an OpenDocument spreadsheet: what is repeated a million times is empty, or too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.readers._odf_text import Looks, attribute, pieces, short
from engine.readers._sheets import COLUMNS, Cell, Sheet
from engine.readers._text import Flow
from engine.readers._wire import Limits

if TYPE_CHECKING:
    from lxml import etree

_GROUPS = {
    "table:table-header-rows", "table:table-row-group", "table:table-rows", "table:table-columns",
    "table:table-header-columns", "table:table-column-group",
}  # fmt: skip
_CELLS = ("table:table-cell", "table:covered-table-cell")


Found = Callable[["etree._Element"], None]


def write(table: etree._Element, flow: Flow, limits: Limits, looks: Looks, found: Found) -> None:
    """One sheet. `found` is told of each comment and each frame that lies on it."""
    name = attribute(table, "name")
    concealed = looks.property("table", attribute(table, "style-name"), "display") == "false"
    sheet = Sheet(flow, limits, name, concealed=concealed)
    column = number = 1
    for child in _rows(table):
        if short(child) == "table:table-column":
            count = repeated(child, "number-columns-repeated")
            if attribute(child, "visibility") in ("collapse", "filter"):
                sheet.conceal_columns(column, column + count - 1)
            column += count
            continue
        count = repeated(child, "number-rows-repeated")
        cells = list(_cells(child, limits, looks))
        hidden = attribute(child, "visibility") in ("collapse", "filter")
        for row in range(number, number + (count if cells else 0)):
            sheet.row(row, cells, hidden=hidden)
        number += count
    sheet.end()
    for child in table.iter("{*}annotation", "{*}frame", "{*}custom-shape"):
        found(child)


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    """The columns and rows, also those in groups."""
    for child in table:
        name = short(child)
        if name in ("table:table-row", "table:table-column"):
            yield child
        elif name in _GROUPS:
            yield from _rows(child)


def _cells(row: etree._Element, limits: Limits, looks: Looks) -> Iterator[Cell]:
    column = 1
    length = 0
    for cell in row:
        if short(cell) not in _CELLS:
            continue
        count = repeated(cell, "number-columns-repeated")
        text = shown(cell, looks)
        length += len(text) * count
        if length > limits.characters or (text and count > COLUMNS):
            raise Problem("too_large", "There is more text in a row than the limit.")
        if text:
            why = looks.hidden((("table-cell", attribute(cell, "style-name")),))
            if short(cell) == "table:covered-table-cell":  # a merged cell lies over it
                why = "concealed"
            for place in range(column, column + count):
                yield Cell(place, text, why)
        column += count


def shown(cell: etree._Element, looks: Looks) -> str:
    """What a cell shows; dates as ISO writes them."""
    if attribute(cell, "value-type") == "date" and (date := attribute(cell, "date-value")):
        return date.removesuffix("T00:00:00").replace("T", " ")
    lines = [
        "".join(text for text, _ in pieces(child, looks, painted=True))
        for child in cell
        if short(child) in ("text:p", "text:h")
    ]
    if not lines:
        return attribute(cell, "string-value") or attribute(cell, "value") or attribute(cell, "boolean-value")
    return " ".join(lines)


def repeated(element: etree._Element, name: str) -> int:
    """How often an element stands there."""
    count = attribute(element, name)
    return max(1, int(count)) if count.isdecimal() and len(count) < 9 else 1
