"""Reads Word files: paragraphs and tables in their order, and apart from them what is not shown."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Part
from engine.readers import _locked, _ooxml, _package
from engine.readers._docx_lists import Lists
from engine.readers._docx_runs import Looks, W, pieces, value
from engine.readers._file import File
from engine.readers._ooxml import Parts, R
from engine.readers._text import Flow, one_line
from engine.readers._wire import Limits

if TYPE_CHECKING:
    from lxml import etree

KINDS = ("docx", "docm", "dotx", "dotm")
IMPORTS = _ooxml.IMPORTS

_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_NESTS = {f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "customXml", "moveTo", "smartTag")}
_NESTS |= {f"{_MC}AlternateContent", f"{_MC}Choice"}


def recognises(file: File) -> tuple[str, float]:
    """A zip whose list of contents says so; and Office's own wrapping of locked files, by its name."""
    return _ooxml.recognised(file, KINDS)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The text in order, headers first and footers and notes last; deletions and comments are hidden."""
    if _locked.wrapped(file):
        file = _locked.unlocked(file)
    with _package.opened(file) as package:
        document = _Docx(Parts(package), limits)
        yield from document.flow.pages()
        yield from _ooxml.inner_files(document.parts, [document.main], limits)
        return document.title


class _Docx:
    """One package while it is read."""

    def __init__(self, parts: Parts, limits: Limits) -> None:
        self.parts = parts
        self.flow = Flow(limits)
        self.main = parts.main("word/document.xml")
        self._related = {relation.id: relation for relation in parts.related(self.main)}
        styles = self._sides("styles")
        self._looks = Looks(parts.xml(styles[0]) if styles else None)
        lists = self._sides("numbering")
        self._lists = Lists(parts.xml(lists[0]) if lists else None, self._looks)
        self._first_heading = ""
        self._paragraphs = self._tables = 0
        self._drawn: set[str] = set()
        self._comments = self._read_comments()
        self._read()
        self.title = parts.title() or self._first_heading

    def _read(self) -> None:
        body = self.parts.xml(self.main).find(f"{W}body")
        if body is None:
            raise Problem("damaged", "There is no body.")
        seen: set[str] = set()
        for name in self._sides("header"):
            self._side(name, "header", seen)
        self._blocks(body)
        if self._sides("footer") + self._sides("footnotes") + self._sides("endnotes"):
            self.flow.heading("", 1)  # these are in no section
        for name in self._sides("footer"):
            self._side(name, "footer", seen)
        for kind in ("footnote", "endnote"):
            for name in self._sides(f"{kind}s"):
                self._notes(name, kind)
        for text in self._comments.values():
            self.flow.hide(text, "comment")

    def _sides(self, kind: str) -> list[str]:
        """The parts that the document refers to as this."""
        found = {relation.target for relation in self._related.values() if relation.kind == kind}
        return sorted(part for part in found if part in self.parts)

    def _side(self, name: str, label: str, seen: set[str]) -> None:
        """A header or a footer. First, even and other pages often repeat the same words."""
        for text in self._lines(self.parts.xml(name)):
            if text.strip() and f"{label}\n{text}" not in seen:
                seen.add(f"{label}\n{text}")
                self.flow.add(text.strip(), label)

    def _notes(self, name: str, kind: str) -> None:
        for note in self.parts.xml(name).iter(f"{W}{kind}"):
            text = " ".join(line.strip() for line in self._lines(note)).strip()
            if text:
                self.flow.add(text, f"{kind} {note.get(f'{W}id', '')}".strip())

    def _read_comments(self) -> dict[str, str]:
        """The comments by their numbers."""
        found: dict[str, str] = {}
        for name in self._sides("comments"):
            for comment in self.parts.xml(name).iter(f"{W}comment"):
                found[comment.get(f"{W}id", str(len(found)))] = "\n".join(self._lines(comment))
        return found

    def _blocks(self, parent: etree._Element) -> None:
        """Paragraphs and tables, also those inside content controls and tracked insertions."""
        for block in parent:
            if block.tag == f"{W}p":
                self._paragraph(block)
            elif block.tag == f"{W}tbl":
                self._table(block)
            elif block.tag in _NESTS:
                self._blocks(block)

    def _paragraph(self, paragraph: etree._Element) -> None:
        text = self._text(paragraph)
        style = value(paragraph.find(f"{W}pPr/{W}pStyle"))
        level = self._looks.heading_levels.get(style, 0)
        if level and text.strip():
            self._first_heading = self._first_heading or one_line(text)
            self._paragraphs += 1
            self.flow.heading(text, level)
        elif text.strip():
            self._paragraphs += 1
            self.flow.add(text, f"paragraph {self._paragraphs}")
        else:
            self.flow.add("")
        self._drawings(paragraph)

    def _drawings(self, paragraph: etree._Element) -> None:
        """The words of charts and diagrams, which have parts of their own."""
        for reference in paragraph.iter(f"{_CHART}chart", f"{_DIAGRAM}relIds"):
            relation = self._related.get(reference.get(f"{R}id") or reference.get(f"{R}dm") or "")
            if relation is None or relation.target not in self.parts or relation.target in self._drawn:
                continue
            self._drawn.add(relation.target)
            root = self.parts.xml(relation.target)
            if relation.kind == "chart":
                for number, row in enumerate(_ooxml.chart_rows(root), start=1):
                    self.flow.row(row, f"chart > row {number}")
            else:
                for text in _ooxml.paragraphs(root):
                    if text.strip():
                        self.flow.add(text, "diagram")

    def _table(self, table: etree._Element) -> None:
        self._tables += 1
        for number, row in enumerate(_inside(table, f"{W}tr"), start=1):
            cells = [self._cell(cell) for cell in _inside(row, f"{W}tc")]
            if row.find(f"{W}trPr/{W}del") is not None:
                self.flow.hide(" | ".join(cells), "deleted")
            elif row.find(f"{W}trPr/{W}hidden") is not None:
                self.flow.hide(" | ".join(cells), "concealed")
            elif any(cells):
                self.flow.row(cells, f"table {self._tables} > row {number}")
        for paragraph in table.iter(f"{W}p"):
            self._drawings(paragraph)

    def _cell(self, cell: etree._Element) -> str:
        return " ".join(text for text in self._lines(cell) if text.strip())

    def _lines(self, parent: etree._Element) -> Iterator[str]:
        """The text of the blocks in a part or a cell, a line for each paragraph and each row of a table."""
        for block in parent:
            if block.tag == f"{W}p":
                yield self._text(block)
            elif block.tag == f"{W}tbl":
                for row in _inside(block, f"{W}tr"):
                    yield " | ".join(self._cell(cell) for cell in _inside(row, f"{W}tc"))
            elif block.tag in _NESTS:
                yield from self._lines(block)

    def _text(self, paragraph: etree._Element) -> str:
        """The paragraph's visible text, with its number in a list; the rest of it is hidden on the way."""
        mark = self._lists.mark(paragraph)
        seen: list[str] = []
        unseen: dict[str, list[str]] = {}
        for text, kind in pieces(paragraph, paragraph, self._looks):
            if kind == "comment":
                self.flow.hide(self._comments.pop(text, ""), "comment")
            elif kind:
                unseen.setdefault(kind, []).append(text)
            else:
                seen.append(text)
        for kind, texts in unseen.items():
            self.flow.hide("".join(texts), kind)
        text = "".join(seen)
        return mark + text if text.strip() else text


def _inside(parent: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The rows of a table or the cells of a row, also those in content controls, but not those of an inner table."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in _NESTS:
            yield from _inside(child, tag)
