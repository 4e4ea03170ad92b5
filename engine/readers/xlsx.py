"""Reads spreadsheets of Excel, new and old: cells as people see them, and apart from them what is hidden."""

from __future__ import annotations

import re
import struct
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Part
from engine.readers import _locked, _ooxml, _package, _xls, _xlsb, _xlsx_cells
from engine.readers._file import File
from engine.readers._ooxml import Parts, R
from engine.readers._sheets import Sheet, Styles
from engine.readers._text import Flow
from engine.readers._wire import Limits

if TYPE_CHECKING:
    from lxml import etree

KINDS = ("xlsx", "xlsm", "xltx", "xltm", "xlam", "xlsb", "xls")
IMPORTS = (*_ooxml.IMPORTS, *_xls.IMPORTS)

_MAIN = ("xl/workbook.xml", "xl/workbook.bin")
# How a sheet begins that is older than Office's file system.
_BEGINNINGS = (
    b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00", b"\x09\x08\x10\x00",
)  # fmt: skip
_CODES = re.compile(r'&(?:"[^"]*"|\d{1,3}|K[0-9A-Fa-f+-]{6}|[A-Za-z])')
_THREADED = "[Threaded comment]"


def recognises(file: File) -> tuple[str, float]:
    """A zip whose list of contents says so; an old file with a stream of sheets; a locked one by its name."""
    if file.ole_names & {"Workbook", "Book", "WORKBOOK", "BOOK"} and "WordDocument" not in file.ole_names:
        return "xls", 0.9
    if file.head.startswith(_BEGINNINGS):
        return "xls", 0.8
    return _ooxml.recognised(file, KINDS)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """All sheets in the order of their tabs, then the files that lie in them."""
    if _locked.wrapped(file):
        file = _locked.unlocked(file)
    if file.is_ole or file.head.startswith(_BEGINNINGS):
        return (yield from _xls.read(file, limits))
    with _package.opened(file) as package:
        parts = Parts(package)
        try:
            workbook = _Workbook(parts, limits)
            yield from workbook.flow.pages()
        except (struct.error, IndexError) as error:  # of a binary workbook
            raise Problem("damaged", "A part of the workbook is broken.") from error
        yield from _ooxml.inner_files(parts, workbook.owners, limits)
        return parts.title()


class _Workbook:
    """One package while it is read."""

    def __init__(self, parts: Parts, limits: Limits) -> None:
        self._parts = parts
        self._limits = limits
        self.flow = Flow(limits)
        self.owners: list[str] = []
        """The parts whose files are to be handed out: sheets, and the drawings on them."""
        self._seen: set[str] = set()
        main = parts.main(*_MAIN)
        self._related = {relation.id: relation for relation in parts.related(main)}
        self._binary = main.lower().endswith(".bin")
        self._texts = self._shared_strings()
        self._styles = self._read_styles()
        tabs = list(_xlsb.sheets(parts.data(main)) if self._binary else self._sheets(parts.xml(main)))
        if self._binary:
            self._styles.from_1904 = _xlsb.from_1904(parts.data(main))
        for key, name, hidden in tabs:
            relation = self._related.get(key)
            if relation is not None and self._first_time(relation.target):
                self._sheet(relation.target, name, hidden)

    def _first_time(self, part: str) -> bool:
        """Whether there is such a part, and nobody has asked for it yet."""
        new = part in self._parts and part not in self._seen
        self._seen.add(part)
        return new

    def _sheets(self, root: etree._Element) -> Iterator[tuple[str, str, bool]]:
        """Each sheet's relation, its name, and whether it is hidden."""
        for properties in root.iter("{*}workbookPr"):
            self._styles.from_1904 = properties.get("date1904") in ("1", "true")
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            yield sheet.get(f"{R}id", ""), sheet.get("name", ""), sheet.get("state", "visible") != "visible"

    def _shared_strings(self) -> list[str]:
        part = self._part("sharedStrings")
        if not part:
            return []
        if self._binary:
            return _xlsb.shared_strings(self._parts.data(part), self._limits)
        return _xlsx_cells.shared_strings(self._parts, part, self._limits)

    def _read_styles(self) -> Styles:
        part = self._part("styles")
        if not part:
            return Styles()
        return _xlsb.styles(self._parts.data(part)) if self._binary else _xlsx_cells.styles(self._parts.xml(part))

    def _part(self, kind: str) -> str:
        found = (part.target for part in self._related.values() if part.kind == kind and part.target in self._parts)
        return next(found, "")

    def _sheet(self, part: str, name: str, hidden: bool) -> None:
        sheet = Sheet(self.flow, self._limits, name, concealed=hidden)
        sides: list[tuple[str, str]] = []
        if self._binary:
            _xlsb.write(self._parts.data(part), sheet, self._texts, self._styles)
        else:
            sides = _xlsx_cells.write(self._parts, part, sheet, self._texts, self._styles)
        self.owners.append(part)
        related = [relation for relation in self._parts.related(part) if self._first_time(relation.target)]
        for relation in related:
            if relation.kind == "drawing":
                self.owners.append(relation.target)
                self._drawing(relation.target, sheet)
        for side, text in sides:
            sheet.add(_CODES.sub(" ", text.replace("&&", "&")).strip(), "footer" if "footer" in side else "header")
        sheet.end()
        for relation in related:
            if relation.kind in ("comments", "threadedComment"):
                self._comments(relation.target)

    def _drawing(self, part: str, sheet: Sheet) -> None:
        """The words in the boxes and the charts that lie on a sheet."""
        for text in _ooxml.paragraphs(self._parts.xml(part)):
            sheet.add(text, "text box")
        for relation in self._parts.related(part):
            if relation.kind == "chart" and self._first_time(relation.target):
                for number, row in enumerate(_ooxml.chart_rows(self._parts.xml(relation.target)), start=1):
                    sheet.line(row, f"chart > row {number}")

    def _comments(self, part: str) -> None:
        if part.lower().endswith(".bin"):
            for text in _xlsb.comments(self._parts.data(part)):
                self.flow.hide(text, "comment")
            return
        for comment in self._parts.xml(part).iter("{*}comment", "{*}threadedComment"):
            text = "".join(piece.text or "" for piece in comment.iter("{*}t", "{*}text"))
            if not text.startswith(_THREADED):  # what follows is a copy for older programs
                self.flow.hide(text, "comment")
