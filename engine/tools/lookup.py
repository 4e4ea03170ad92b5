"""Looks a row up in a table by its key."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from engine.cards import Problem
from engine.store import Reading

SENTENCE = "Looks a row up in a CSV table by its key."


@dataclass(frozen=True, slots=True)
class Row:
    """The row that was found: its values by column, and its span in the table's text."""

    values: Mapping[str, str]
    start: int
    end: int


def call(data: bytes, reading: Reading, key: str, value: str) -> Row | None:
    """The first row whose `key` column is `value`, or None.

    `reading` is what the CSV reader made of the same bytes: a row stands there on the line of its
    number. Raises Problem("bad_table").
    """
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace"))))
    if rows and key not in rows[0]:
        raise Problem("bad_table", f"The table has no column {key!r}. Its columns are {', '.join(rows[0])}.")
    for number, row in enumerate(rows):
        if row[key].strip().lower() == value.strip().lower():
            start, end = _line(reading.pages[0].text, number + 1)
            return Row({name: cell or "" for name, cell in row.items() if name}, start, end)
    return None


def _line(text: str, number: int) -> tuple[int, int]:
    start = 0
    for _ in range(number):
        start = text.index("\n", start) + 1
    end = text.find("\n", start)
    return start, len(text) if end < 0 else end
