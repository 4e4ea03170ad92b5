"""Reads Word's old files (doc): paragraphs and tables in their order, and apart from them what is not shown."""

from __future__ import annotations

import bisect
import itertools
import re
import struct
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Inner, Part
from engine.readers import _doc_text, _locked, _ole
from engine.readers._doc_text import DROPPED, WHY, Paragraph, Piece, joined
from engine.readers._file import File
from engine.readers._ooxml import within
from engine.readers._text import Flow, one_line
from engine.readers._wire import Limits

if TYPE_CHECKING:
    import olefile

KINDS = ("doc", "dot")
IMPORTS = (*_ole.IMPORTS, *_locked.IMPORTS)

_MARKS = {0xA5EC: True, 0xA5DC: False}
"""How the stream begins since Word 97, and before."""
_WORD_2 = b"\xdb\xa5\x2d\x00"
_COMPLEX, _ENCRYPTED, _SECOND_TABLE, _OBFUSCATED = 0x0004, 0x0100, 0x0200, 0x8000
_PAGE_BREAK = "\x0c"
_PARAGRAPH = re.compile("[^\r\x07\x0c]*[\r\x07\x0c]|[^\r\x07\x0c]+", re.DOTALL)
_SIGNS = {ord("\x0b"): "\n", ord("\x0e"): "\n", ord("\x1e"): "-", ord("\x1f"): None, ord("\xa0"): " "}
_ANCHORS = re.compile("[\x00-\x08\x10-\x1d]")
_FIELD = re.compile("[\x13-\x15]")
_SIDES = ("header", "header", "footer", "footer", "header", "footer")
_SEPARATORS = 6
# The code pages that old Words wrote in, by the language of the program.
_CHARSETS = {
    0x01: "cp1256", 0x04: "cp936", 0x05: "cp1250", 0x08: "cp1253", 0x0D: "cp1255", 0x0E: "cp1250", 0x11: "cp932",
    0x12: "cp949", 0x15: "cp1250", 0x18: "cp1250", 0x19: "cp1251", 0x1A: "cp1250", 0x1B: "cp1250", 0x1E: "cp874",
    0x1F: "cp1254", 0x22: "cp1251", 0x24: "cp1250", 0x25: "cp1257", 0x26: "cp1257", 0x27: "cp1257",
}  # fmt: skip


def recognises(file: File) -> tuple[str, float]:
    """An old Office file with a stream of Word's."""
    if "WordDocument" in file.ole_names:
        return "dot" if file.named(".dot") else "doc", 0.95
    if file.head.startswith(_WORD_2):
        return "doc", 0.8
    named = next((kind for kind in KINDS if file.named(f".{kind}")), "")
    return named, 0.3 if named else 0.0


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The text in order, headers first and footers and notes last, then the files that lie in it."""
    if file.head.startswith(_WORD_2):
        raise Problem("unsupported", "It is older than Office's file system.")
    with _ole.opened(file) as ole:
        stream = _ole.stream(ole, "WordDocument")
        protected = "\tDRMContent" in file.ole_names
        flags = struct.unpack_from("<H", stream, 10)[0]
    locked = bool(flags & _ENCRYPTED)
    if protected or (locked and flags & _OBFUSCATED):
        raise Problem("encrypted", "The document is locked in a way that no password opens here.")
    if locked:
        file = _locked.unlocked(file)
    with _ole.opened(file) as ole:
        document = _Doc(ole, limits)
        yield from document.flow.pages()
        yield from within(_files(ole), limits)
        return _ole.title(ole) or document.first_heading


def _files(ole: olefile.OleFileIO) -> Iterator[Inner]:
    yield from _ole.inner_files(ole, "ObjectPool", "_")
    pictures = (picture for name in ("WordDocument", "Data") for picture in _ole.pictures(_ole.stream(ole, name)))
    yield from itertools.islice(pictures, _ole.PICTURES)


class _Doc:
    """One document while it is read."""

    def __init__(self, ole: olefile.OleFileIO, limits: Limits) -> None:
        self.flow = Flow(limits)
        self.first_heading = ""
        self._stream = _ole.stream(ole, "WordDocument")
        self._paragraphs = self._tables = self._row = 0
        mark, _, language, flags = struct.unpack_from("<HH2xH2xH", self._stream)
        if mark not in _MARKS:
            raise Problem("damaged", "It does not begin like a Word document.")
        self._new = _MARKS[mark]
        name = "1Table" if flags & _SECOND_TABLE else "0Table"
        self._table = _ole.stream(ole, name) if self._new else self._stream
        self._pieces = self._find_pieces(flags, limits)
        charset = "cp1252" if self._new else _CHARSETS.get(language & 0x3FF, "cp1252")
        self._text = _doc_text.text(self._stream, self._pieces, charset)
        self._firsts = [piece.first for piece in self._pieces]
        empty = bytearray(len(self._text)), list[int](), list[Paragraph]()
        self._marks, self._begins, self._layouts = empty
        if self._new:
            self._marks = _doc_text.marks(self._stream, self._listed(12), self._pieces)
            self._begins, self._layouts = _doc_text.layouts(self._stream, self._listed(13))
        self._drop_field_codes()
        self._read()

    def _find_pieces(self, flags: int, limits: Limits) -> list[Piece]:
        if self._new or flags & _COMPLEX:
            return _doc_text.pieces(self._listed(33), limits, wide=self._new)
        begin, end = struct.unpack_from("<II", self._stream, 0x18)
        size = min(max(0, end - begin), len(self._stream))
        return [Piece(0, size, begin, 1)] if size else []

    def _listed(self, number: int) -> bytes:
        """One of the tables that the file's head lists."""
        if self._new:
            place, size = struct.unpack_from("<II", self._stream, 0x9A + 8 * number)
        else:
            place, size = struct.unpack_from("<II", self._stream, 0x58 + 8 * number)
        return self._table[place : place + size]

    def _drop_field_codes(self) -> None:
        """Between the signs 13 and 14 stands a field's code, between 14 and 15 what people see of it."""
        opened: list[int] = []
        for found in _FIELD.finditer(self._text):
            if found[0] == "\x13":
                opened.append(found.start())
            elif opened and (found[0] == "\x14" or self._marks[opened[-1]] != DROPPED):
                begin = opened[-1]
                self._marks[begin : found.end()] = bytes((DROPPED,)) * (found.end() - begin)
            if found[0] == "\x15" and opened:
                opened.pop()

    def _read(self) -> None:
        lengths = struct.unpack_from("<8i", self._stream, 0x4C if self._new else 0x34)
        ends = list(itertools.accumulate(max(0, length) for length in lengths))
        main, notes, headers, macros, comments, endnotes, _, header_boxes = ends
        for side, text in self._headers(notes, headers):
            if side == "header":
                self.flow.add(text, side)
        self._body(0, main)
        sides = [text for side, text in self._headers(notes, headers) if side == "footer"]
        others = [(main, notes, "footnote"), (comments, endnotes, "endnote"), (endnotes, header_boxes, "text box")]
        if sides or any(first < last for first, last, _ in others):
            self.flow.heading("", 1)  # these are in no section
        for text in sides:
            self.flow.add(text, "footer")
        for first, last, label in others:
            for text in self._lines(first, last):
                self.flow.add(text, label)
        for text in self._lines(macros, comments):
            self.flow.hide(text, "comment")

    def _headers(self, first: int, last: int) -> list[tuple[str, str]]:
        """Headers and footers, each once. The first six stories are lines above notes."""
        table = self._listed(11)
        bounds: tuple[int, ...] = (*[0] * _SEPARATORS, 0, last - first)
        if self._new:
            bounds = struct.unpack_from(f"<{len(table) // 4}I", table)
        found: dict[tuple[str, str], None] = {}
        for n, (begin, end) in enumerate(itertools.pairwise(bounds)):
            if n >= _SEPARATORS and begin < end <= last - first:
                for text in self._lines(first + begin, first + end):
                    found[_SIDES[n % len(_SIDES)], text] = None
        return list(found)

    def _lines(self, first: int, last: int) -> Iterator[str]:
        for found in _PARAGRAPH.finditer(self._text, first, min(last, len(self._text))):
            text = self._seen(found.start(), found.end()).strip()
            if text:
                yield text

    def _body(self, first: int, last: int) -> None:
        cells: list[str] = []
        cell: list[str] = []
        for found in _PARAGRAPH.finditer(self._text, first, min(last, len(self._text))):
            text = self._seen(found.start(), found.end())
            layout = self._layout(found.end() - 1)
            ending = found[0][-1]
            if ending == "\x07":
                if layout.row_end or (not self._layouts and not text and not cell and cells):
                    self._finish_row(cells)
                    cells, cell = [], []
                else:
                    cells.append(" ".join([*cell, text]))
                    cell = []
            elif layout.in_table:
                cell.append(text)
            else:
                if cells or cell:
                    self._finish_row([*cells, *cell])
                    cells, cell = [], []
                self._row = 0
                self._paragraph(text, layout.level)
        if cells or cell:
            self._finish_row([*cells, *cell])

    def _finish_row(self, cells: list[str]) -> None:
        if not self._row:
            self._tables += 1
        self._row += 1
        if any(cell.strip() for cell in cells):
            self.flow.row(cells, f"table {self._tables} > row {self._row}")

    def _paragraph(self, text: str, level: int) -> None:
        if not text.strip():
            self.flow.add("")
            return
        self._paragraphs += 1
        if level:
            self.first_heading = self.first_heading or one_line(text)
            self.flow.heading(text, level)
        else:
            self.flow.add(text, f"paragraph {self._paragraphs}")

    def _layout(self, position: int) -> Paragraph:
        """How the paragraph that ends there is laid out."""
        number = bisect.bisect_right(self._firsts, position) - 1
        if number < 0 or not self._begins:
            return Paragraph()
        piece = self._pieces[number]
        place = piece.place + (position - piece.first) * piece.width
        return self._layouts[max(0, bisect.bisect_right(self._begins, place) - 1)]

    def _seen(self, first: int, last: int) -> str:
        """The visible text between two positions, without the sign at its end; the rest is hidden on the way."""
        marks = self._marks[first:last]
        if marks.count(0) == len(marks):
            return _plain(self._text[first:last])
        seen, at = [], first
        for mark, group in itertools.groupby(marks):
            size = sum(1 for _ in group)
            text = _plain(self._text[at : at + size])
            at += size
            if not mark:
                seen.append(text)
            elif WHY[mark]:
                self.flow.hide(text, WHY[mark])
        return "".join(seen)


def _plain(text: str) -> str:
    """Without the signs that end paragraphs, and those that pictures and notes hang on."""
    return joined(_ANCHORS.sub("", text.rstrip("\r\x07\x0c")).translate(_SIGNS))
