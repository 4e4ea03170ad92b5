"""Takes the cells out of a workbook's XML as a stream: what a sheet claims about its size is never believed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.readers import _numbers, _package
from engine.readers._ooxml import Parts
from engine.readers._sheets import CELLS, Cell, Sheet, Styles, column_number
from engine.readers._wire import Limits

if TYPE_CHECKING:
    from lxml import etree

_TAGS = ("{*}row", "{*}col", "{*}rPh", "{*}headerFooter")
_DIGITS = "0123456789"
_MOST = _package.MEMBER


class _Stream:
    """A part's XML while it is unpacked, up to a limit."""

    def __init__(self, source: zipfile.ZipExtFile) -> None:
        self._source = source
        self._left = _MOST
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise Problem("too_large", "A part of the workbook is too large.")
        if not self._begun and (b"<!DOCTYPE" in data or b"<!ENTITY" in data):
            raise Problem("damaged", "A part of the workbook is not what Excel writes.")
        self._begun = True
        return data


def elements(parts: Parts, part: str, tags: Sequence[str]) -> Iterator[etree._Element]:
    """The elements of these names as they end, in order; each is thrown away after it was looked at."""
    from lxml import etree

    with parts.open(part) as source:
        stream = etree.iterparse(
            _Stream(source), tag=tags, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
            remove_pis=True,
        )  # fmt: skip
        try:
            for _, element in stream:
                yield element
                element.clear()  # otherwise taking it out takes time with the square of its children
                parent = element.getparent()
                if parent is not None:
                    parent.remove(element)
        except etree.XMLSyntaxError as error:
            if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
                raise MemoryError from error
            code = "too_deep" if "depth" in str(error) else "damaged"
            raise Problem(code, "A part of the workbook is broken.") from error


def shared_strings(parts: Parts, part: str, limits: Limits) -> list[str]:
    """The texts that cells refer to by number. How many there are is counted, not believed."""
    texts = []
    left = limits.characters
    for entry in elements(parts, part, ("{*}si", "{*}rPh")):
        if _name(entry) == "si":  # reading aids for Japanese are thrown away before
            texts.append(_text(entry))
            left -= len(texts[-1]) + 1
            if left < 0:
                raise Problem("too_large", "There is more text than the limit.")
    return texts


def styles(root: etree._Element) -> Styles:
    """The number format of each style, and whether it is white on white."""
    named = {entry.get("numFmtId", ""): entry.get("formatCode", "") for entry in root.iter("{*}numFmt")}
    whites = [_white(font) for font in root.iterfind("{*}fonts/{*}font")]
    plain = [_unfilled(fill) for fill in root.iterfind("{*}fills/{*}fill")]
    found = Styles()
    for style in root.iterfind("{*}cellXfs/{*}xf"):
        number = style.get("numFmtId", "0")
        built_in = _numbers.BUILT_IN.get(int(number), "") if number.isdecimal() and len(number) < 6 else ""
        found.codes.append(named.get(number, built_in))
        found.white.append(_at(whites, style.get("fontId")) and _at(plain, style.get("fillId")))
    return found


def write(parts: Parts, part: str, sheet: Sheet, texts: Sequence[str], looks: Styles) -> list[tuple[str, str]]:
    """Write the part's cells into the sheet, and return its printed headers and footers as (name, text)."""
    sides: list[tuple[str, str]] = []
    number, left = 0, CELLS
    for element in elements(parts, part, _TAGS):
        name = _name(element)
        if name == "row":
            left -= len(element) + 1
            if left < 0:
                raise Problem("too_large", "There are more cells than anybody reads.")
            number = _natural(element.get("r", "")) or number + 1
            sheet.row(number, _cells(element, texts, looks), hidden=_true(element.get("hidden")))
        elif name == "col" and _true(element.get("hidden")):
            sheet.conceal_columns(*(_natural(element.get(end, "")) for end in ("min", "max")))
        elif name == "headerFooter":
            sides += [(_name(side).lower(), side.text) for side in element if side.text]
    return sides


def _cells(row: etree._Element, texts: Sequence[str], looks: Styles) -> Iterator[Cell]:
    column = 0
    for cell in row:
        column += 1
        if len(cell):
            column = column_number(cell.get("r", "").rstrip(_DIGITS)) or column
            value = _value(cell, texts)
            if value != "":
                yield looks.cell(column, value, _natural(cell.get("s", "0")))
        elif reference := cell.get("r"):
            column = column_number(reference.rstrip(_DIGITS)) or column


def _value(cell: etree._Element, texts: Sequence[str]) -> str | float:
    """A cell's value, "" for none. Of a formula it is what was last computed, or the formula itself."""
    sort = cell.get("t", "n")
    raw, formula = "", ""
    for child in cell:
        name = child.tag[-2:]
        if name == "}v":
            raw = child.text or ""
        elif name == "}f":
            formula = child.text or ""
        elif name == "is":
            return _text(child)
    if not raw:
        return f"={formula}" if formula and sort != "str" else ""
    match sort:
        case "s":
            index = raw.strip()
            known = index.isdecimal() and len(index) < 10 and int(index) < len(texts)
            return texts[int(index)] if known else ""
        case "b":
            return "TRUE" if raw.strip() == "1" else "FALSE"
        case "n":
            try:
                return float(raw)
            except ValueError:
                return raw
        case "d":
            return raw.removesuffix("T00:00:00")
        case _:
            return raw


def _text(element: etree._Element) -> str:
    return "".join(piece.text or "" for piece in element.iter("{*}t"))


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _white(font: etree._Element) -> bool:
    colour = font.find("{*}color")
    return colour is not None and (
        colour.get("rgb", "")[-6:].upper() == "FFFFFF" or (colour.get("theme") == "0" and "tint" not in colour.attrib)
    )


def _unfilled(fill: etree._Element) -> bool:
    pattern = fill.find("{*}patternFill")
    if pattern is None:
        return False
    ground = pattern.find("{*}fgColor")
    if pattern.get("patternType", "none") == "none":
        return True
    return ground is not None and (ground.get("rgb", "")[-6:].upper() == "FFFFFF" or ground.get("theme") == "0")


def _at(flags: Sequence[bool], index: str | None) -> bool:
    return index is not None and index.isdecimal() and len(index) < 9 and int(index) < len(flags) and flags[int(index)]


def _natural(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _true(flag: str | None) -> bool:
    return flag in ("1", "true")
