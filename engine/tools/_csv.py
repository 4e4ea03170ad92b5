"""The rows of a table in CSV, each with the place where it stands."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from engine.cards import Problem
from engine.pages import Page, Reading
from engine.readers._text import clean, decode
from engine.readers.csv import numbered
from engine.tools import Tray
from engine.wording import plainly

Cells = tuple[tuple[str, str], ...]
Row = tuple[Cells, Page, int, int]
"""The (column, value) pairs, and the span on the page where the row stands."""

_EVERY = 1000


def rows(data: bytes, reading: Reading, tray: Tray, key: str = "", wanted: str = "") -> Iterator[Row]:
    """The rows whose column `key` is `wanted`, whatever its case and spaces around it; without a key, all of them.

    The CSV reader labels each row with its number; values are read anew, since a row is quoted as it stands. Raises
    Problem("bad_table") when there is no such column.
    """
    table = _sound(numbered(clean(decode(data))[0]))
    columns = [name.strip() for name in next(table, (1, [], ""))[1]]
    if key and key not in columns:
        raise no_column(key, columns)
    labels: dict[str, tuple[Page, int, int]] = {}
    for number, cells, _ in table:
        if number % _EVERY == 0:
            tray.in_time()
        named = dict(zip(columns, cells, strict=False))
        if key and not same(named.get(key, ""), wanted):
            continue
        labels = labels or _labels(reading)
        if at := labels.get(f"row {number}"):
            yield tuple((name, cell.strip()) for name, cell in named.items() if name), *at


def same(cell: str, wanted: str) -> bool:
    return bool(wanted) and plainly(cell) == plainly(wanted)


def no_column(key: str, columns: list[str]) -> Problem:
    return Problem("bad_table", f"The table has no column {key!r:.80}. Its columns are {', '.join(columns):.400}.")


def _sound(table: Iterator[tuple[int, list[str], str]]) -> Iterator[tuple[int, list[str], str]]:
    """The rows. Raises Problem("bad_table") at one that is none, such as behind a quotation mark that never closes."""
    try:
        yield from table
    except csv.Error as error:
        raise Problem("bad_table", f"The table can't be read to its end ({error}). Export it anew.") from error


def _labels(reading: Reading) -> dict[str, tuple[Page, int, int]]:
    return {path: (page, start, end) for page in reading.pages for start, end, path in page.paths}
