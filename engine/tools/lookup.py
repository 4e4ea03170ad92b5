"""Looks a row up in a table by its key."""

from __future__ import annotations

from dataclasses import dataclass

from engine.cards import Problem
from engine.pages import Reading
from engine.readers._text import clean, decode
from engine.readers.csv import numbered

SENTENCE = "Looks a row up in a CSV table by its key."


@dataclass(frozen=True, slots=True)
class Row:
    """The row that was found: its (column, value) pairs, and its span in the table's text."""

    values: tuple[tuple[str, str], ...]
    page: int
    start: int
    end: int


def call(data: bytes, reading: Reading, key: str, value: str) -> Row | None:
    """The first row whose `key` column is `value`, or None.

    `reading` is what the CSV reader made of the same bytes: it labels each row with its number.
    Raises Problem("bad_table") when there is no such column.
    """
    rows = numbered(clean(decode(data))[0])
    columns = [name.strip() for name in next(rows, (1, [], ""))[1]]
    if key not in columns:
        raise Problem("bad_table", f"The table has no column {key!r}. Its columns are {', '.join(columns)}.")
    place = columns.index(key)
    for number, cells, _ in rows:
        if place < len(cells) and cells[place].strip().lower() == value.strip().lower():
            values = tuple((name, cell.strip()) for name, cell in zip(columns, cells, strict=False) if name)
            return _placed(values, f"row {number}", reading)
    return None


def _placed(values: tuple[tuple[str, str], ...], label: str, reading: Reading) -> Row | None:
    for page in reading.pages:
        for start, end, path in page.paths:
            if path == label:
                return Row(values, page.number, start, end)
    return None
