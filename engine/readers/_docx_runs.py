"""Tells the visible words of a Word paragraph from those that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SHAPE = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"
_HEADING = re.compile(r"heading ([1-9])")
_OFF = ("0", "false", "off")
_TINY = 4
"""Half points: letters of two points or less are dust on the paper."""
_CHAIN = 20
_PALE = 0xE0
_CHARACTERS = {
    f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-",
}  # fmt: skip
_SIGNS = {f"{_M}den": "/", f"{_M}sup": "^", f"{_M}sub": "_", f"{_M}rad": "√"}
# Symbols that people tick, in the fonts that they are taken from.
_SYMBOLS = {
    "F0A8": "☐", "F06F": "☐", "F071": "☐", "F0A3": "☐", "F0FE": "☒", "F0FD": "☒", "F053": "☒", "F052": "☑",
    "F0FC": "✓", "F0FB": "✗", "F0B7": "•", "F0A7": "▪", "F0D8": "➢", "F0E0": "→",
}  # fmt: skip


class Looks:
    """What a document's styles say about how text looks."""

    def __init__(self, styles: etree._Element | None) -> None:
        self._styles: dict[str, etree._Element] = {}
        self._known: dict[tuple[str, str], etree._Element | None] = {}
        self.heading_levels: dict[str, int] = {}
        """Levels by style. Built-in styles keep their English names in every language."""
        for style in styles.iter(f"{W}style") if styles is not None else ():
            key, name = style.get(f"{W}styleId", ""), value(style.find(f"{W}name")).lower()
            self._styles[key] = style
            if found := _HEADING.fullmatch(name):
                self.heading_levels[key] = int(found[1])
            elif name == "title":
                self.heading_levels[key] = 1

    def chain(self, key: str) -> Iterator[etree._Element]:
        """A style and those it is based on."""
        for _ in range(_CHAIN):
            style = self._styles.get(key)
            if style is None:
                return
            yield style
            key = value(style.find(f"{W}basedOn"))

    def hidden(self, run: etree._Element | None, paragraph: etree._Element) -> str:
        """Why nobody sees this run (a key of HIDDEN), or ""."""
        if _on(self._property("vanish", run, paragraph)):
            return "concealed"
        size = value(self._property("sz", run, paragraph))
        if size.isdecimal() and int(size) <= _TINY:
            return "tiny"
        if _white(value(self._property("color", run, paragraph))) and not self._shaded(run, paragraph):
            return "white"
        return ""

    def _property(self, name: str, run: etree._Element | None, paragraph: etree._Element) -> etree._Element | None:
        """A property of the run: its own, that of its style, or that of its paragraph's style."""
        places = [run.find(f"{W}rPr")] if run is not None else []
        styles = [value(run.find(f"{W}rPr/{W}rStyle"))] if run is not None else []
        styles.append(value(paragraph.find(f"{W}pPr/{W}pStyle")))
        for place in places:
            found = place.find(f"{W}{name}") if place is not None else None
            if found is not None:
                return found
        return next((found for key in styles if key and (found := self._of_style(key, name)) is not None), None)

    def _of_style(self, key: str, name: str) -> etree._Element | None:
        if (key, name) not in self._known:
            found = (style.find(f"{W}rPr/{W}{name}") for style in self.chain(key))
            self._known[key, name] = next((entry for entry in found if entry is not None), None)
        return self._known[key, name]

    def _shaded(self, run: etree._Element | None, paragraph: etree._Element) -> bool:
        """Whether the run, its paragraph, its cell, its table or its box has a ground of another colour than white."""
        grounds = [paragraph.find(f"{W}pPr/{W}shd"), self._property("shd", run, paragraph)]
        grounds.append(self._property("highlight", run, paragraph))
        styles = self.chain(value(paragraph.find(f"{W}pPr/{W}pStyle")))
        grounds += [style.find(f"{W}pPr/{W}shd") for style in styles]
        for around in paragraph.iterancestors(f"{W}tc", f"{W}tbl", f"{_SHAPE}wsp", f"{W}document"):
            if around.tag == f"{W}tc":
                grounds.append(around.find(f"{W}tcPr/{W}shd"))
            elif around.tag == f"{W}tbl":
                for style in self.chain(value(around.find(f"{W}tblPr/{W}tblStyle"))):
                    grounds += style.iter(f"{W}shd")
            elif around.tag == f"{W}document":
                ground = around.find(f"{W}background")
                if ground is not None and not _white(ground.get(f"{W}color", "FFFFFF")):
                    return True
            elif _filled(around):
                return True
        return any(_colour(ground) for ground in grounds if ground is not None)


def pieces(element: etree._Element, paragraph: etree._Element, looks: Looks) -> Iterator[tuple[str, str]]:
    """The text of one paragraph in order, each piece with why it is hidden, or "".

    ("12", "comment") stands for the place of the comment with that number.
    """
    for child in element:
        tag = child.tag
        if tag == f"{_M}t":
            yield child.text or "", ""
        elif tag == f"{W}t":
            yield child.text or "", looks.hidden(child.getparent(), paragraph)
        elif tag == f"{W}delText":
            yield child.text or "", "deleted"
        elif tag in _CHARACTERS:
            yield _CHARACTERS[tag], ""
        elif tag == f"{W}sym":
            yield _SYMBOLS.get(child.get(f"{W}char", "").upper(), ""), ""
        elif tag == f"{W}checkBox":
            yield _ticked(child), ""
        elif tag == f"{W}commentReference":
            yield child.get(f"{W}id", ""), "comment"
        elif tag == f"{W}p":  # a text box hangs in this paragraph
            yield "\n", ""
            yield from pieces(child, child, looks)
        elif tag in (f"{W}pPr", f"{W}rPr", f"{W}rt", _FALLBACK):
            continue
        elif tag == f"{W}moveFrom":
            for text, kind in pieces(child, paragraph, looks):
                yield text, kind if kind == "comment" else "deleted"
        else:
            if tag in _SIGNS:
                yield _SIGNS[tag], ""
            yield from pieces(child, paragraph, looks)


def value(element: etree._Element | None) -> str:
    """The element's own value, "" where there is none."""
    return element.get(f"{W}val", "") if element is not None else ""


def _on(element: etree._Element | None) -> bool:
    return element is not None and value(element) not in _OFF


def _ticked(box: etree._Element) -> str:
    """A field to be ticked, as people see it."""
    state = box.find(f"{W}checked")
    return "☒ " if _on(state if state is not None else box.find(f"{W}default")) else "☐ "


def _white(colour: str, least: int = 0xFA) -> bool:
    try:
        return len(colour) == 6 and min(bytes.fromhex(colour)) >= least
    except ValueError:
        return False


def _colour(ground: etree._Element) -> bool:
    """Whether white letters are seen on this shading or highlight."""
    shade = ground.get(f"{W}fill") or value(ground)
    return shade.lower() not in ("", "auto", "clear", "nil", "none", "white") and not _white(shade, _PALE)


def _filled(shape: etree._Element) -> bool:
    """Whether a drawn box has a ground of its own."""
    return any(
        fill.tag.endswith(("}solidFill", "}gradFill", "}blipFill", "}pattFill"))
        for look in shape.iterchildren(f"{_SHAPE}spPr")
        for fill in look
    ) or any(reference.get("idx", "0") != "0" for reference in shape.iterfind(f"{_SHAPE}style/{{*}}fillRef"))
