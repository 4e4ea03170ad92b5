"""Reads Word files: paragraphs and tables in their order, and apart from them what is not shown."""

from __future__ import annotations

import io
import itertools
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.readers._text import Flow, named, one_line
from engine.readers._wire import MIB, Limits
from engine.store import Reading

if TYPE_CHECKING:
    from lxml import etree

KIND = "docx"

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_LOOSE = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_MEMBERS = 4000
_UNPACKED = 256 * MIB
_XML = 64 * MIB
_SIDE = re.compile(r"word/(header|footer|footnotes|endnotes)\d*\.xml")
# What zipfile raises on a bent zip; OSError is a seek to nowhere.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError, ValueError)
_HEADING = re.compile(r"heading ([1-9])")


def recognises(head: bytes, name: str) -> float:
    """A zip that holds a Word document, or is named like one; and Office's own wrapping of locked files."""
    if head.startswith(_ZIP):
        return 0.9 if b"word/" in head else 0.6 if named(name, ".docx", ".docm") else 0.0
    if named(name, ".docx", ".docm"):
        return 0.4 if head.startswith(_OLE) else 0.15
    return 0.0


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """The text in order, headers first and footers and notes last; deletions and comments are hidden."""
    if data.startswith(_OLE):
        raise Problem("encrypted" if _LOCKED in data else "unsupported", "Not a zip, but an OLE file.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            _check(package)
            return _Docx(package, limits).reading()
    except _BROKEN as error:
        raise Problem("damaged", "The zip can't be read.") from error


def _check(package: zipfile.ZipFile) -> None:
    """Refuse bombs before a byte is unpacked: too many, too big, or one lying over another."""
    members = sorted(package.infolist(), key=lambda member: member.header_offset)
    if len(members) > _MEMBERS or sum(member.file_size for member in members) > _UNPACKED:
        raise Problem("too_large", "The zip unpacks to too much.")
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise Problem("damaged", "Office does not pack like this.")
    if any(member.flag_bits & 1 for member in members):
        raise Problem("encrypted", "The zip is locked.")
    for member, after in itertools.pairwise(members):
        if member.header_offset + 30 + member.compress_size > after.header_offset:
            raise Problem("damaged", "Members of the zip overlap.")


class _Docx:
    """One package while it is read."""

    def __init__(self, package: zipfile.ZipFile, limits: Limits) -> None:
        self._package = package
        self._names = set(package.namelist())
        self._flow = Flow(limits)
        self._levels = self._heading_levels()
        self._title = ""

    def reading(self) -> Reading:
        sides = sorted(name for name in self._names if _SIDE.fullmatch(name))
        seen: set[str] = set()
        for name in sides:
            if "header" in name:
                self._side(name, seen)
        body = self._part("word/document.xml").find(f"{_W}body")
        if body is None:
            raise Problem("damaged", "There is no body.")
        self._blocks(body)
        for name in sides:
            if "header" not in name:
                self._side(name, seen)
        if "word/comments.xml" in self._names:
            for paragraph in self._part("word/comments.xml").iter(f"{_W}p"):
                self._flow.hide(self._inline(paragraph))
        return Reading(KIND, self._own_title() or self._title, self._flow.pages())

    def _side(self, name: str, seen: set[str]) -> None:
        """A header, a footer or the notes. First, even and other pages often repeat the same words."""
        label = re.sub(r"s?\d*\.xml", "", name.removeprefix("word/"))
        for paragraph in self._part(name).iter(f"{_W}p"):
            text = self._inline(paragraph).strip()
            if text and f"{label}\n{text}" not in seen:
                seen.add(f"{label}\n{text}")
                self._flow.add(text, label)

    def _blocks(self, parent: etree._Element) -> None:
        """Paragraphs and tables, also those inside content controls and tracked insertions."""
        for block in parent:
            if block.tag == f"{_W}p":
                self._paragraph(block)
            elif block.tag == f"{_W}tbl":
                self._table(block)
            elif block.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml", f"{_W}moveTo"):
                self._blocks(block)

    def _paragraph(self, paragraph: etree._Element) -> None:
        text = self._inline(paragraph)
        level = self._levels.get(_value(paragraph.find(f"{_W}pPr/{_W}pStyle")), 0)
        if level and text.strip():
            self._title = self._title or one_line(text)
            self._flow.heading(text, level)
        else:
            self._flow.add(text)

    def _table(self, table: etree._Element) -> None:
        rows = (row for row in table.iter(f"{_W}tr") if next(row.iterancestors(f"{_W}tbl")) is table)
        for number, row in enumerate(rows, start=1):
            cells = (cell for cell in row.iter(f"{_W}tc") if next(cell.iterancestors(f"{_W}tr")) is row)
            texts = [
                " ".join(part for inner in cell.iter(f"{_W}p") for part in self._inline(inner).split())
                for cell in cells
            ]
            self._flow.add(" | ".join(texts), f"row {number}")

    def _inline(self, paragraph: etree._Element) -> str:
        """The paragraph's visible text; the rest of it is hidden on the way."""
        seen: list[str] = []
        unseen: list[str] = []
        for piece, visible in _pieces(paragraph, paragraph):
            (seen if visible else unseen).append(piece)
        self._flow.hide("".join(unseen))
        return "".join(seen)

    def _part(self, name: str) -> etree._Element:
        from lxml import etree

        member = self._package.getinfo(name)
        if member.file_size > _XML:
            raise Problem("too_large", "A part of the document is too large.")
        with self._package.open(member) as file:
            data = file.read(_XML + 1)
        if b"<!DOCTYPE" in data[:4096] or len(data) > _XML:
            raise Problem("damaged", "A part of the document is not what Office writes.")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        try:
            return etree.fromstring(data.replace(_STRICT, _LOOSE), parser)
        except etree.XMLSyntaxError as error:
            code = "too_deep" if "depth" in str(error) else "damaged"
            raise Problem(code, "A part of the document is broken.") from error

    def _heading_levels(self) -> dict[str, int]:
        """Heading levels by style id. Built-in styles keep their English names in every language."""
        levels = {}
        if "word/styles.xml" in self._names:
            for style in self._part("word/styles.xml").iter(f"{_W}style"):
                name = _value(style.find(f"{_W}name")).lower()
                if found := _HEADING.fullmatch(name):
                    levels[style.get(f"{_W}styleId", "")] = int(found[1])
                elif name == "title":
                    levels[style.get(f"{_W}styleId", "")] = 1
        return levels

    def _own_title(self) -> str:
        if "docProps/core.xml" not in self._names:
            return ""
        return one_line(self._part("docProps/core.xml").findtext(_TITLE) or "")


def _pieces(element: etree._Element, paragraph: etree._Element) -> Iterator[tuple[str, bool]]:
    """The text of one paragraph in order, each piece with whether it is shown."""
    for child in element:
        tag = child.tag
        if tag == f"{_W}t":
            yield child.text or "", _shown(child, paragraph)
        elif tag == f"{_W}delText":
            yield child.text or "", False
        elif tag == f"{_W}tab":
            yield "\t", True
        elif tag in (f"{_W}br", f"{_W}cr"):
            yield "\n", True
        elif tag == f"{_W}noBreakHyphen":
            yield "-", True
        elif tag == f"{_W}p":  # a text box hangs in this paragraph
            yield "\n", True
            yield from _pieces(child, child)
        elif tag in (f"{_W}pPr", f"{_W}rPr", _FALLBACK):
            continue
        elif tag == f"{_W}moveFrom":
            yield from ((piece, False) for piece, _ in _pieces(child, paragraph))
        else:
            yield from _pieces(child, paragraph)


def _shown(text: etree._Element, paragraph: etree._Element) -> bool:
    """Whether a person would see this run: not marked hidden, not tiny, not white on white."""
    run = text.getparent()
    look = run.find(f"{_W}rPr") if run is not None else None
    if look is None:
        return True
    vanish = look.find(f"{_W}vanish")
    if vanish is not None and _value(vanish) not in ("0", "false", "off"):
        return False
    size = _value(look.find(f"{_W}sz"))
    if size.isdecimal() and int(size) <= 2:  # half points
        return False
    return _value(look.find(f"{_W}color")).upper() != "FFFFFF" or _shaded(look, paragraph)


def _shaded(look: etree._Element, paragraph: etree._Element) -> bool:
    """Whether the run, its paragraph or its cell has a ground of another colour than white."""
    cell = next(paragraph.iterancestors(f"{_W}tc"), None)
    places = [look.find(f"{_W}shd"), look.find(f"{_W}highlight"), paragraph.find(f"{_W}pPr/{_W}shd")]
    if cell is not None:
        places.append(cell.find(f"{_W}tcPr/{_W}shd"))
    grounds = [place.get(f"{_W}fill") or _value(place) for place in places if place is not None]
    return any(ground.upper() not in ("", "AUTO", "FFFFFF", "WHITE") for ground in grounds)


def _value(element: etree._Element | None) -> str:
    return element.get(f"{_W}val", "") if element is not None else ""
