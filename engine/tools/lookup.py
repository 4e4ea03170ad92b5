"""Looks a row up in a table by its key."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from engine.cards import Place, Problem
from engine.pages import Page, Reading
from engine.readers._sheets import column_number
from engine.readers._text import clean, decode
from engine.readers.csv import numbered
from engine.tools import Finding, Given, Result, TableFile, Tray, Values, _sqlite

SENTENCE = "Looks a row up by its key, in a table of CSV, Excel, OpenDocument or SQLite."
ACTION = "read"
PARAMETERS = {"file": str, "key": str}
OPTIONAL = {"sheet": str, "table": str}
VALUES = ("value",)

Cells = tuple[tuple[str, str], ...]
Row = tuple[Cells, Page, int, int]
"""The (column, value) pairs, and the span on the page where the row stands."""

_ROW = re.compile(r"row \d+")
_CELL = re.compile(r"([A-Z]{1,3})\d+")
_SHEET = "Sheet "
_EVERY = 1000


def call(given: Given, values: Values, tray: Tray) -> Result:
    """The first row whose column `key` is `value`, whatever its case and spaces around it.

    `sheet` names the sheet of a workbook (else the first that has the column), `table` the table of a
    database. Raises Problem("bad_table") when there is no such column, sheet or table.
    """
    wanted = " ".join(values["value"].text.split())
    file = tray.file(given["file"])
    if file.data.startswith(_sqlite.MAGIC):
        finding = _sqlite.find(file, str(given.get("table", "")), given["key"], wanted, tray)
    else:
        finding = _in_reading(file, given, wanted, tray)
    if finding is None:
        return Result((), f"{wanted:.80} is not in {tray.name}")
    return Result((finding,), f"{wanted:.80} found in {tray.name}")


def _in_reading(file: TableFile, given: Given, wanted: str, tray: Tray) -> Finding | None:
    reading = tray.reading(file)
    if reading.kind in ("csv", "tsv"):
        row = _in_csv(file.data, reading, given["key"], wanted, tray)
    else:
        row = _in_sheets(reading, str(given.get("sheet", "")), given["key"], wanted, tray)
    if row is None:
        return None
    cells, page, start, end = row
    place = Place(file.sha256, file.name, page.number, start, end, None, page.path(start))
    return Finding(cells, page.text[start:end], place, reading.title)


def _in_csv(data: bytes, reading: Reading, key: str, wanted: str, tray: Tray) -> Row | None:
    """The CSV reader labels each row with its number; values are read anew, since a row is quoted as it stands."""
    rows = _sound(numbered(clean(decode(data))[0]))
    columns = [name.strip() for name in next(rows, (1, [], ""))[1]]
    if key not in columns:
        raise _no_column(key, columns)
    place = columns.index(key)
    for number, cells, _ in rows:
        if number % _EVERY == 0:
            tray.in_time()
        if place < len(cells) and _same(cells[place], wanted):
            values = tuple((name, cell.strip()) for name, cell in zip(columns, cells, strict=False) if name)
            return _placed(values, f"row {number}", reading)
    return None


def _sound(rows: Iterator[tuple[int, list[str], str]]) -> Iterator[tuple[int, list[str], str]]:
    """The rows. Raises Problem("bad_table") at one that is none, such as behind a quotation mark that never closes."""
    try:
        yield from rows
    except csv.Error as error:
        raise Problem("bad_table", f"The table can't be read to its end ({error}). Export it anew.") from error


def _placed(values: Cells, label: str, reading: Reading) -> Row | None:
    for page in reading.pages:
        for start, end, path in page.paths:
            if path == label:
                return values, page, start, end
    return None


def _in_sheets(reading: Reading, sheet: str, key: str, wanted: str, tray: Tray) -> Row | None:
    """The first row of a sheet names its columns. Only what people see is looked at: no hidden row, no formula."""
    columns: dict[int, str] = {}
    current, seen = "", set[str]()
    for name, page, start, end, cells in _rows(reading):
        tray.in_time()
        if sheet and name != sheet:
            continue
        if name != current:
            current, columns = name, {number: text for number, text in cells.items() if text}
            seen |= set(columns.values())
            continue
        at = next((number for number, column in columns.items() if column == key), None)
        if at is not None and _same(cells.get(at, ""), wanted):
            return tuple((column, cells.get(number, "")) for number, column in columns.items()), page, start, end
    if key not in seen:
        raise _no_column(key, sorted(seen))
    return None


def _rows(reading: Reading) -> Iterator[tuple[str, Page, int, int, dict[int, str]]]:
    """Each row of each sheet: the sheet's name, its page and span, and its cells by the number of the column."""
    for page in reading.pages:
        name, row, cells = "", None, dict[int, str]()
        for start, end, label in sorted(page.paths, key=lambda path: (path[0], -path[1])):
            if label.startswith(_SHEET):
                name = label.removeprefix(_SHEET)
            elif _ROW.fullmatch(label):
                if row is not None:
                    yield name, page, *row, cells
                row, cells = (start, end), {}
            elif row is not None and start < row[1] and (cell := _CELL.fullmatch(label)):
                cells[column_number(cell[1])] = page.text[start:end].strip()
        if row is not None:
            yield name, page, *row, cells


def _same(cell: str, wanted: str) -> bool:
    return bool(wanted) and " ".join(cell.split()).casefold() == wanted.casefold()


def _no_column(key: str, columns: list[str]) -> Problem:
    return Problem("bad_table", f"The table has no column {key!r:.80}. Its columns are {', '.join(columns):.400}.")
