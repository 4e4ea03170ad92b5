"""Tells the visible words of an OpenDocument paragraph from those that nobody sees."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree

_SPACES = re.compile(r"[ \t\r\n]+")
_CHAIN = 20
_MOST_SPACES = 1000
_TINY = 2.0
_POINTS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75}
# What stands in a paragraph without being a part of it: it is read by itself, or by nobody.
_APART = {
    "text:note", "office:annotation", "draw:frame", "draw:custom-shape", "draw:rect", "draw:g", "text:ruby-text",
    "text:tracked-changes", "svg:title", "svg:desc", "office:binary-data", "text:bibliography-source",
}  # fmt: skip
_CHARACTERS = {"text:tab": "\t", "text:tab-stop": "\t", "text:line-break": "\n"}


@functools.lru_cache(maxsize=4000)
def _short(tag: str) -> str:
    space, _, name = tag[1:].rpartition("}")
    words = space.removesuffix(":1.0").replace("-compatible", "").split("/" if "://" in space else ":")
    return f"{'draw' if words[-1] == 'drawing' else words[-1]}:{name}"


def short(element: etree._Element) -> str:
    """An element's name as people write it ("text:p"), also in files older than the standard."""
    return _short(element.tag) if isinstance(element.tag, str) else ""


def attribute(element: etree._Element | None, name: str) -> str:
    """An attribute by the last part of its name, "" where there is none."""
    if element is not None:
        for key, value in element.items():
            if key.rpartition("}")[2] == name:
                return str(value)
    return ""


class Looks:
    """What a document's styles say about how text looks."""

    def __init__(self) -> None:
        self._styles: dict[tuple[str, str], etree._Element] = {}
        self._known: dict[tuple[str, str, str], str] = {}

    def learn(self, root: etree._Element) -> None:
        """Add the styles in a part of the document."""
        for style in root.iter("{*}style"):
            self._styles[attribute(style, "family"), attribute(style, "name")] = style

    def property(self, family: str, name: str, wanted: str) -> str:
        """A property that a style has or inherits, "" for none."""
        key = family, name, wanted
        if key not in self._known:
            self._known[key] = self._find(family, name, wanted)
        return self._known[key]

    def _find(self, family: str, name: str, wanted: str) -> str:
        for _ in range(_CHAIN):
            style = self._styles.get((family, name))
            if style is None:
                return ""
            for properties in style:
                if found := attribute(properties, wanted):
                    return found
            name = attribute(style, "parent-style-name")
        return ""

    def hidden(self, styles: tuple[tuple[str, str], ...]) -> str:
        """Why nobody sees text in these (family, name) styles, innermost first (a key of HIDDEN), or ""."""
        if self._first(styles, "display") == "none":
            return "concealed"
        if 0 < _points(self._first(styles, "font-size")) <= _TINY:
            return "tiny"
        if self._first(styles, "color").lower() in ("#ffffff", "#fefefe"):
            grounds = (self.property(family, name, "background-color") for family, name in styles)
            if all(ground.lower() in ("", "transparent", "#ffffff") for ground in grounds):
                return "white"
        return ""

    def _first(self, styles: tuple[tuple[str, str], ...], wanted: str) -> str:
        return next((found for family, name in styles if (found := self.property(family, name, wanted))), "")


Piece = tuple[str, str]
"""A text, and why it is hidden, or ""."""


def pieces(
    element: etree._Element, looks: Looks, styles: tuple[tuple[str, str], ...] = (), *, painted: bool = False
) -> Iterator[Piece]:
    """The text of one paragraph in order. `painted` ones may be white: nobody knows what lies below them."""
    family = "text" if short(element) in ("text:span", "text:a") else "paragraph"
    styles = ((family, attribute(element, "style-name")), *styles)
    why = looks.hidden(styles)
    if why == "white" and painted:
        why = ""
    if element.text:
        yield _SPACES.sub(" ", element.text), why
    for child in element:
        name = short(child)
        if name == "text:s":
            count = attribute(child, "c")
            yield " " * min(int(count) if count.isdecimal() and len(count) < 9 else 1, _MOST_SPACES), why
        elif name in _CHARACTERS:
            yield _CHARACTERS[name], why
        elif name in ("text:hidden-text", "text:hidden-paragraph"):
            yield attribute(child, "string-value") or "".join(child.itertext()), "concealed"
        elif name not in _APART:
            inner = pieces(child, looks, styles, painted=painted) if len(child) or child.text else iter(())
            yield from inner
        if child.tail:
            yield _SPACES.sub(" ", child.tail), why


def _points(length: str) -> float:
    """A length in points, 0 for none."""
    number, unit = length[:-2], length[-2:]
    try:
        return float(number) * _POINTS.get(unit, 0.0)
    except ValueError:
        return 0.0
