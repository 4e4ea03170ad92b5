"""Reads Excel's old files (xls), through xlrd."""

from __future__ import annotations

import io
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from engine.cards import Problem
from engine.pages import Part
from engine.readers import _locked, _ole
from engine.readers._file import File
from engine.readers._ooxml import within
from engine.readers._sheets import CELLS, Cell, Sheet, Styles
from engine.readers._text import Flow
from engine.readers._wire import Limits

if TYPE_CHECKING:
    import xlrd

IMPORTS = ("xlrd", "xlrd.sheet", "xlrd.formatting", "xlrd.formula", *_ole.IMPORTS)

_MOST_SHEETS = 1000
_STREAMS = ("Workbook", "Book")
# xlrd's colours by number that are white.
_WHITE = (1, 9)
_BROKEN = (*_ole.BROKEN, AssertionError, LookupError, NotImplementedError, UnicodeError, ArithmeticError, EOFError)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """All sheets, then the files that lie in them."""
    try:
        flow = _flow(_records(file), limits)
    except _Locked:
        file = _locked.unlocked(file)
        try:
            flow = _flow(_records(file), limits)
        except _Locked as error:
            raise Problem("encrypted", "The workbook is locked twice.") from error
    yield from flow.pages()
    if not file.is_ole:
        return ""
    with _ole.opened(file) as ole:
        yield from within(_ole.inner_files(ole, "", "MBD"), limits)
        return _ole.title(ole)


def _records(file: File) -> bytes:
    """The workbook's records. (xlrd could find them itself, but trusts every file to be whole.)"""
    if not file.is_ole:
        return file.data
    with _ole.opened(file) as ole:
        return next((data for name in _STREAMS if (data := _ole.stream(ole, name))), b"")


class _Locked(Exception):
    """The workbook is locked with a password."""


def _flow(data: bytes, limits: Limits) -> Flow:
    import xlrd

    flow = Flow(limits)
    try:
        with xlrd.open_workbook(
            file_contents=data, logfile=io.StringIO(), on_demand=True, formatting_info=True, ragged_rows=True,
        ) as book:  # fmt: skip
            if book.nsheets > _MOST_SHEETS:
                raise Problem("too_large", "There are more sheets than anybody reads.")
            styles = _styles(book)
            for number in range(book.nsheets):
                _sheet(flow, limits, book.sheet_by_index(number), styles)
                book.unload_sheet(number)
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise _Locked from error
        raise Problem("damaged", "The workbook can't be read.") from error
    except _BROKEN as error:
        raise Problem("damaged", "The workbook can't be read.") from error
    return flow


def _styles(book: xlrd.Book) -> Styles:
    styles = Styles(from_1904=book.datemode == 1)
    for look in book.xf_list:
        form = book.format_map.get(look.format_key)
        styles.codes.append(form.format_str if form is not None else "")
        font = book.font_list[look.font_index] if look.font_index < len(book.font_list) else None
        white = font is not None and font.colour_index in _WHITE
        styles.white.append(white and look.background is not None and look.background.fill_pattern == 0)
    return styles


def _sheet(flow: Flow, limits: Limits, table: Any, styles: Styles) -> None:
    sheet = Sheet(flow, limits, table.name, concealed=table.visibility != 0)
    for column, look in table.colinfo_map.items():
        if look.hidden:
            sheet.conceal_columns(column + 1, column + 1)
    left = CELLS
    for number in range(table.nrows):
        cells = [_cell(table, number, column, styles) for column in range(table.row_len(number))]
        left -= len(cells) + 1
        if left < 0:
            raise Problem("too_large", "There are more cells than anybody reads.")
        look = table.rowinfo_map.get(number)
        sheet.row(number + 1, cells, hidden=look is not None and bool(look.hidden))
    sheet.end()
    for _, note in sorted(table.cell_note_map.items()):
        flow.hide(note.text, "comment")


def _cell(table: Any, row: int, column: int, styles: Styles) -> Cell:
    import xlrd

    sort, value = table.cell_type(row, column), table.cell_value(row, column)
    style = table.cell_xf_index(row, column)
    if sort in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return Cell(column + 1, "")
    if sort == xlrd.XL_CELL_BOOLEAN:
        value = "TRUE" if value else "FALSE"
    elif sort == xlrd.XL_CELL_ERROR:
        value = xlrd.error_text_from_code.get(value, "#ERROR")
    return styles.cell(column + 1, value, style if style is not None else 0)
