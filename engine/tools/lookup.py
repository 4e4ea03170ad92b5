"""Looks a row up in a table by its key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.cards import Place
from engine.pages import Page, Reading
from engine.readers._sheets import column_number
from engine.tools import Finding, Given, Result, TableFile, Tray, Values, _sqlite
from engine.tools._csv import Row, no_column, rows, same

SENTENCE = "Looks a row up by its key, in a table of CSV, Excel, OpenDocument or SQLite."
ACTION = "read"
PARAMETERS = {"file": str, "key": str}
OPTIONAL = {"sheet": str, "table": str}
VALUES = ("value",)

_ROW = re.compile(r"row \d+")
_CELL = re.compile(r"([A-Z]{1,3})\d+")
_SHEET = "Sheet "


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
        row = next(rows(file.data, reading, tray, given["key"], wanted), None)
    else:
        row = _in_sheets(reading, str(given.get("sheet", "")), given["key"], wanted, tray)
    if row is None:
        return None
    cells, page, start, end = row
    place = Place(file.sha256, file.name, page.number, start, end, None, page.path(start))
    return Finding(cells, page.text[start:end], place, reading.title)


def _in_sheets(reading: Reading, sheet: str, key: str, wanted: str, tray: Tray) -> Row | None:
    """The first row of a sheet names its columns. Only what people see is looked at: no hidden row, no formula."""
    columns: dict[int, str] = {}
    current, seen = "", set[str]()
    for name, page, start, end, cells in _of_sheets(reading):
        tray.in_time()
        if sheet and name != sheet:
            continue
        if name != current:
            current, columns = name, {number: text for number, text in cells.items() if text}
            seen |= set(columns.values())
            continue
        at = next((number for number, column in columns.items() if column == key), None)
        if at is not None and same(cells.get(at, ""), wanted):
            return tuple((column, cells.get(number, "")) for number, column in columns.items()), page, start, end
    if key not in seen:
        raise no_column(key, sorted(seen))
    return None


def _of_sheets(reading: Reading) -> Iterator[tuple[str, Page, int, int, dict[int, str]]]:
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
