"""Takes the cells out of a binary workbook (xlsb), record by record."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from engine.cards import Problem
from engine.readers import _numbers
from engine.readers._sheets import CELLS, Cell, Sheet, Styles
from engine.readers._wire import Limits

ERRORS = {
    0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A", 43: "#GETTING_DATA",
}  # fmt: skip

_ROW, _LAST_CELL = 0, 11
_SHARED, _FORMAT, _STYLE, _COLUMN, _RICH = 19, 44, 47, 60, 62
_WORKBOOK, _SHEET = 153, 156
_STYLES, _STYLES_END = 617, 618
_COMMENT = 637


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each record's sort and content. A record that is cut off is damage."""
    at = 0
    while at < len(data):
        sort, at = data[at], at + 1
        if sort & 0x80:
            sort, at = sort & 0x7F | _byte(data, at) << 7, at + 1
        size = 0
        for shift in (0, 7, 14, 21):
            byte, at = _byte(data, at), at + 1
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        if at + size > len(data):
            raise Problem("damaged", "A record of the workbook is cut off.")
        yield sort, data[at : at + size]
        at += size


def sheets(workbook: bytes) -> Iterator[tuple[str, str, bool]]:
    """Each sheet's relation, its name, and whether it is hidden."""
    for sort, record in records(workbook):
        if sort == _SHEET:
            relation, at = text(record, 8)
            yield relation, text(record, at)[0], struct.unpack_from("<I", record)[0] != 0


def from_1904(workbook: bytes) -> bool:
    return any(sort == _WORKBOOK and record[:1] and record[0] & 1 for sort, record in records(workbook))


def shared_strings(data: bytes, limits: Limits) -> list[str]:
    """The texts that cells refer to by number."""
    found = []
    left = limits.characters
    for sort, record in records(data):
        if sort == _SHARED:
            found.append(text(record, 1)[0])
            left -= len(found[-1]) + 1
            if left < 0:
                raise Problem("too_large", "There is more text than the limit.")
    return found


def styles(data: bytes) -> Styles:
    """The number format of each style."""
    named: dict[int, str] = {}
    found = Styles()
    inside = False
    for sort, record in records(data):
        if sort == _FORMAT:
            named[struct.unpack_from("<H", record)[0]] = text(record, 2)[0]
        elif sort in (_STYLES, _STYLES_END):
            inside = sort == _STYLES
        elif sort == _STYLE and inside:
            number = struct.unpack_from("<2xH", record)[0]
            found.codes.append(named.get(number, _numbers.BUILT_IN.get(number, "")))
    return found


def comments(data: bytes) -> Iterator[str]:
    for sort, record in records(data):
        if sort == _COMMENT:
            yield text(record, 1)[0]


def write(data: bytes, sheet: Sheet, texts: Sequence[str], looks: Styles) -> None:
    """Write the part's cells into the sheet."""
    number, hidden, left = 0, False, CELLS
    row: list[Cell] = []
    for sort, record in records(data):
        left -= 1
        if left < 0:
            raise Problem("too_large", "There are more cells than anybody reads.")
        if sort == _ROW:
            sheet.row(number, row, hidden=hidden)
            row, number = [], struct.unpack_from("<I", record)[0] + 1
            hidden = len(record) > 11 and bool(record[11] & 0x10)
        elif sort == _COLUMN:
            first, last, flags = struct.unpack_from("<II8xH", record)
            if flags & 1:
                sheet.conceal_columns(first + 1, last + 1)
        elif sort <= _LAST_CELL or sort == _RICH:
            column, style = struct.unpack_from("<II", record)
            value = _value(sort, record, texts)
            if value != "":
                row.append(looks.cell(column + 1, value, style & 0xFFFFFF))
    sheet.row(number, row, hidden=hidden)


def _value(sort: int, record: bytes, texts: Sequence[str]) -> str | float:
    """The cell's value, "" for none; of a formula, what was last computed."""
    match sort:
        case 2:
            return _short_number(struct.unpack_from("<I", record, 8)[0])
        case 3 | 11:
            return ERRORS.get(record[8], "#ERROR")
        case 4 | 10:
            return "TRUE" if record[8] else "FALSE"
        case 5 | 9:
            return float(struct.unpack_from("<d", record, 8)[0])
        case 6 | 8:
            return text(record, 8)[0]
        case 7:
            index = struct.unpack_from("<I", record, 8)[0]
            return texts[index] if index < len(texts) else ""
        case 62:
            return text(record, 9)[0]
    return ""


def _short_number(packed: int) -> float:
    """A number in 30 bits: a whole one or the upper half of a real one, perhaps times 100."""
    if packed & 2:
        number = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        number = struct.unpack("<d", bytes(4) + struct.pack("<I", packed & 0xFFFFFFFC))[0]
    return number / 100 if packed & 1 else number


def text(record: bytes, at: int) -> tuple[str, int]:
    """The text that begins there, and where it ends."""
    length = struct.unpack_from("<I", record, at)[0]
    if length == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * length
    if end > len(record):
        raise Problem("damaged", "A text in the workbook is cut off.")
    return record[at + 4 : end].decode("utf-16-le", "replace"), end


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise Problem("damaged", "A record of the workbook is cut off.")
    return data[at]
