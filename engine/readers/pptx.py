"""Reads slides: a page each, with titles, tables, charts and notes, and apart from them what is not shown."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from engine.pages import Part
from engine.readers import _locked, _ooxml, _package
from engine.readers._file import File
from engine.readers._ooxml import A, Parts, R
from engine.readers._text import Flow, one_line
from engine.readers._wire import Limits

if TYPE_CHECKING:
    from lxml import etree

KINDS = ("pptx", "pptm", "ppsx", "ppsm", "potx", "potm")
IMPORTS = _ooxml.IMPORTS

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SHAPES = {f"{_P}{name}" for name in ("sp", "graphicFrame", "pic", "cxnSp")}
_FURNITURE = ("dt", "sldNum", "sldImg", "hdr")
_TINY = 200
"""Hundredths of a point: letters of two points or less are dust on the wall."""


def recognises(file: File) -> tuple[str, float]:
    """A zip whose list of contents says so; and Office's own wrapping of locked files, by its name."""
    return _ooxml.recognised(file, KINDS)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The slides in the order of the show, then the files that lie in them."""
    if _locked.wrapped(file):
        file = _locked.unlocked(file)
    with _package.opened(file) as package:
        parts = Parts(package)
        show = _Show(parts, limits)
        yield from show.flow.pages()
        yield from _ooxml.inner_files(parts, show.slides, limits)
        return parts.title() or show.first_title


class _Show:
    """One package while it is read."""

    def __init__(self, parts: Parts, limits: Limits) -> None:
        self._parts = parts
        self.flow = Flow(limits)
        self.slides: list[str] = []
        self.first_title = ""
        self._seen: set[str] = set()
        main = parts.main("ppt/presentation.xml")
        root = parts.xml(main)
        size = root.find(f"{_P}sldSz")
        self._size = (_length(size, "cx"), _length(size, "cy"))
        targets = {relation.id: relation.target for relation in parts.related(main)}
        for entry in root.iterfind(f"{_P}sldIdLst/{_P}sldId"):
            part = targets.get(entry.get(f"{R}id", ""), "")
            if part in parts and part not in self.slides:
                self.slides.append(part)
                _Slide(self, part, len(self.slides)).read()

    def first_time(self, part: str) -> bool:
        """Whether there is such a part, and nobody has asked for it yet."""
        new = part in self._parts and part not in self._seen
        self._seen.add(part)
        return new

    @property
    def parts(self) -> Parts:
        return self._parts

    def beside(self, shape: etree._Element) -> bool:
        """Whether a shape lies all outside the slide."""
        width, height = self._size
        box = next(shape.iter(f"{A}xfrm", f"{_P}xfrm"), None)
        if box is None or not width or shape.getparent().tag != f"{_P}spTree":
            return False
        place, size = box.find(f"{A}off"), box.find(f"{A}ext")
        x, y = _length(place, "x"), _length(place, "y")
        return x >= width or y >= height or x + _length(size, "cx") < 0 or y + _length(size, "cy") < 0


class _Slide:
    """One slide while it is read."""

    def __init__(self, show: _Show, part: str, number: int) -> None:
        self._show = show
        self._flow = show.flow
        self._parts = show.parts
        self._number = number
        self._label = f"slide {number}"
        self._related = {relation.id: relation for relation in show.parts.related(part)}
        self._root = show.parts.xml(part)
        self._concealed = self._root.get("show") in ("0", "false")
        self._tables = 0

    def read(self) -> None:
        self._flow.page_break()
        tree = self._root.find(f"{_P}cSld/{_P}spTree")
        shapes = list(_shapes(tree)) if tree is not None else []
        titles = [shape for shape in shapes if _sort(shape) in ("title", "ctrTitle") and not self._unseen(shape)]
        for shape in titles[:1]:
            self._title(shape)
        for shape in shapes:
            if shape not in titles[:1] and _sort(shape) not in _FURNITURE:
                self._shape(shape)
        for relation in self._related.values():
            if relation.kind not in ("notesSlide", "comments") or not self._show.first_time(relation.target):
                continue
            if relation.kind == "notesSlide":
                self._notes(self._parts.xml(relation.target))
            else:
                self._comments(self._parts.xml(relation.target))

    def _title(self, shape: etree._Element) -> None:
        text = one_line(" ".join(text for text, kind in _texts(shape) if not kind))
        self._show.first_title = self._show.first_title or text
        if self._concealed:
            self._flow.hide(text, "concealed")
        elif text:
            self._label = ""
            self._flow.heading(text, 1, f"slide {self._number}: {text}")

    def _shape(self, shape: etree._Element) -> None:
        """A text, a table, a chart or a diagram."""
        why = self._unseen(shape)
        table = next(shape.iter(f"{A}tbl"), None)
        if table is not None:
            self._tables += 1
            for number, row in enumerate(table.iterchildren(f"{A}tr"), start=1):
                cells = [" ".join(_paragraphs(cell)) for cell in row.iterchildren(f"{A}tc")]
                self._line(cells, f"table {self._tables} > row {number}", why)
            return
        for text, kind in _texts(shape):
            self._say(text, self._label, why or kind)
        for reference in shape.iter(_CHART, _DIAGRAM):
            relation = self._related.get(reference.get(f"{R}id") or reference.get(f"{R}dm") or "")
            if relation is None or not self._show.first_time(relation.target):
                continue
            root = self._parts.xml(relation.target)
            if reference.tag == _CHART:
                for number, row in enumerate(_ooxml.chart_rows(root), start=1):
                    self._line(row, f"chart > row {number}", why)
            else:
                for text in _ooxml.paragraphs(root):
                    self._say(text, self._label, why)

    def _unseen(self, shape: etree._Element) -> str:
        """Why nobody sees a shape, or ""."""
        looks = [next(shape.iter(f"{_P}cNvPr"), None)]
        looks += [group.find(f"{_P}nvGrpSpPr/{_P}cNvPr") for group in shape.iterancestors(f"{_P}grpSp")]
        if any(look is not None and look.get("hidden") in ("1", "true") for look in looks):
            return "concealed"
        return "outside" if self._show.beside(shape) else ""

    def _notes(self, root: etree._Element) -> None:
        """What the speaker has written below the slide."""
        for shape in root.iter(f"{_P}sp"):
            if _sort(shape) == "body":
                for text in _paragraphs(shape):
                    self._say(text, self._within("notes"), "")

    def _comments(self, root: etree._Element) -> None:
        for comment in root.iter("{*}cm", "{*}reply"):
            old = "".join(text.text or "" for text in comment.iterchildren(f"{_P}text"))
            new = "\n".join(text for body in comment.iterchildren("{*}txBody") for text in _paragraphs(body))
            self._flow.hide(old or new, "comment")

    def _line(self, cells: list[str], label: str, why: str) -> None:
        if self._concealed or why:
            self._flow.hide(" | ".join(cells), why or "concealed")
        elif any(cells):
            self._flow.row(cells, self._within(label))

    def _say(self, text: str, label: str, why: str) -> None:
        if self._concealed or why:
            self._flow.hide(text, why or "concealed")
        elif text.strip():
            self._flow.add(text, label)

    def _within(self, label: str) -> str:
        return f"{self._label} > {label}" if self._label else label


def _shapes(tree: etree._Element) -> Iterator[etree._Element]:
    """The shapes in their order, those in groups too."""
    for child in tree:
        if child.tag in _SHAPES:
            yield child
        elif child.tag != _FALLBACK:
            yield from _shapes(child)


def _sort(shape: etree._Element) -> str:
    """What kind of place a shape fills in the slide's layout ("title", "body"), or ""."""
    place = next(shape.iter(f"{_P}ph"), None)
    return place.get("type", "body") if place is not None else ""


def _paragraphs(element: etree._Element) -> Iterator[str]:
    for text, kind in _texts(element):
        if not kind:
            yield text


def _texts(element: etree._Element) -> Iterator[tuple[str, str]]:
    """The paragraphs in a shape, each in its visible and, with why, its invisible part."""
    for paragraph in element.iter(f"{A}p"):
        seen: list[str] = []
        for piece in paragraph.iter(f"{A}t", f"{A}br"):
            kind = "" if piece.tag == f"{A}br" else _hidden(piece)
            if kind:
                yield piece.text or "", kind
            else:
                seen.append("\n" if piece.tag == f"{A}br" else piece.text or "")
        if text := "".join(seen).strip("\n"):
            yield text, ""


def _hidden(piece: etree._Element) -> str:
    """Why nobody sees a run: it is dust, or all transparent; or ""."""
    run = piece.getparent()
    look = run.find(f"{A}rPr") if run is not None else None
    if look is None:
        return ""
    size = look.get("sz", "")
    if size.isdecimal() and len(size) < 9 and int(size) <= _TINY:
        return "tiny"
    opaque = look.find(f"{A}solidFill/*/{A}alpha")
    return "unpainted" if opaque is not None and opaque.get("val", "") in ("0", "0%") else ""


def _length(element: etree._Element | None, name: str) -> int:
    text = element.get(name, "") if element is not None else ""
    digits = text.removeprefix("-")
    return int(text) if digits.isdecimal() and len(digits) < 12 else 0
