"""Reads web pages and HTML mail: the text a person would see, and apart from it what they would not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from engine.cards import Problem
from engine.readers._text import Flow, clean, decode, looks_like_text, named, one_line
from engine.readers._wire import Limits
from engine.store import Reading

if TYPE_CHECKING:
    from lxml import etree

KIND = "html"


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MARKUP = re.compile(rb"<(!doctype\s+html|html|head|body|table|div|p)\b[^>]*>", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
_BLOCKS = _names(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre section summary table tbody tfoot thead tr "
    "ul"
)
_APART = _names("p h1 h2 h3 h4 h5 h6 table ul ol blockquote")
_NO_TEXT = _names("script style template head title svg math object iframe noscript")
_CELLS = _names("td th")
_HEADINGS = {f"h{n}": n for n in range(1, 7)}


_COLOUR_HEX = re.compile(r"#(?:([0-9a-f]{6})|([0-9a-f]{3}))(?![0-9a-f])")
_COLOUR_RGB = re.compile(r"rgba?\((\d+)[, ]+(\d+)[, ]+(\d+)")
_CLEAR = re.compile(r"transparent|rgba\(.*[,/] *0?\.?0*%?\)|#[0-9a-f]{6}00|#[0-9a-f]{3}0")
_WHITES = frozenset(("white", "snow", "ivory", "whitesmoke", "ghostwhite", "floralwhite"))
_ALIKE = 24  # shades of 255 that a person can hardly tell apart
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)")
_FAR = -100

# Style sheets: only what is simple. Blocks with conditions (@media) are left out: phones have other rules.
_SHEET_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_AT_BLOCK = re.compile(r"@[\w-]+[^{};]{0,300}\{(?:[^{}]{0,2000}\{[^{}]{0,2000}\}){0,200}[^{}]{0,2000}\}")
_RULE = re.compile(r"([^{}]{1,500})\{([^{}]{0,2000})\}")
_SIMPLE = re.compile(r"[.#]?[\w-]+")
_TAG = re.compile(r"<[^>]*>")

_Colour = tuple[int, int, int]


class _Look(NamedTuple):
    """How text looks at some place of the page. A colour is None where it can't be told."""

    hidden: bool = False
    colour: _Colour | None = (0, 0, 0)
    background: _Colour | None = (255, 255, 255)
    typed: bool = False
    skipped: bool = False

    @property
    def seen(self) -> bool:
        if self.colour is None or self.background is None:
            return not self.hidden
        return not self.hidden and any(abs(a - b) > _ALIKE for a, b in zip(self.colour, self.background, strict=True))


@dataclass(slots=True)
class Text:
    """What a page says, as (line, heading level or 0), and what it hides."""

    title: str = ""
    lines: list[tuple[str, int]] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


class _Lines:
    """Gathers pieces of text into lines, seen and unseen apart."""

    def __init__(self) -> None:
        self.text = Text()
        self._seen: list[str] = []
        self._unseen: list[str] = []
        self._gap = False

    def put(self, piece: str | None, look: _Look) -> None:
        if not piece or look.skipped:
            return
        pieces = self._seen if look.seen else self._unseen
        first, *more = piece.split("\n") if look.typed else [piece]
        pieces.append(first)
        for line in more:
            self.end()
            pieces.append(line)

    def begin(self, tag: str) -> None:
        """An element begins here."""
        if tag in _BLOCKS or tag == "br":
            self.end()
        if tag in _CELLS and any(piece.strip() for piece in self._seen):
            self._seen.append(" | ")
        self._gap = self._gap or tag in _APART

    def leave(self, tag: str) -> None:
        """An element ends here."""
        if tag in _BLOCKS:
            self.end(_HEADINGS.get(tag, 0))
        self._gap = self._gap or tag in _APART

    def end(self, level: int = 0) -> None:
        """The line ends here."""
        line = " ".join("".join(self._seen).split()).removesuffix(" |")
        if line and self._gap and self.text.lines:
            self.text.lines.append(("", 0))
        if line:
            self.text.lines.append((line, level))
            self._gap = False
        if unseen := " ".join("".join(self._unseen).split()):
            self.text.hidden.append(unseen)
        self._seen.clear()
        self._unseen.clear()


def recognises(head: bytes, name: str) -> float:
    """By its tags, else by name."""
    if not looks_like_text(head):
        return 0.0
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return 0.95
    if named(name, ".html", ".htm", ".xhtml"):
        return 0.8
    return 0.3 if start.startswith(b"<") and _MARKUP.search(head) else 0.0


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """The visible text, block by block; headings name the sections below them."""
    found = look(_decoded(data))
    flow = Flow(limits)
    for line, level in found.lines:
        if level:
            flow.heading(line, level)
        else:
            flow.add(line)
    for hidden in found.hidden:
        flow.hide(hidden)
    return Reading(KIND, found.title, flow.pages())


def look(untrusted_html: str) -> Text:
    """What a person would see of this page. Nothing is fetched, and no entity is expanded but HTML's own."""
    markup, unseen = clean(untrusted_html)
    lines = _Lines()
    root = _tree(markup)
    if root is not None:
        _walk(root, lines)
        lines.text.title = one_line(root.findtext(".//title") or "")
    if unseen:
        lines.text.hidden.append(unseen)
    return lines.text


def _walk(root: etree._Element, lines: _Lines) -> None:
    from lxml import etree

    sheet = _sheet(root)
    looks = [_Look()]
    for event, element in etree.iterwalk(root, events=("start", "end", "comment")):
        if event == "comment":
            lines.text.hidden.append(" ".join(_TAG.sub(" ", element.text or "").split()))
            lines.put(element.tail, looks[-1])
            continue
        tag = str(element.tag)
        if event == "start":
            lines.begin(tag)
            looks.append(_looks(looks[-1], element, tag, sheet))
            lines.put(element.text, looks[-1])
        else:
            lines.leave(tag)
            looks.pop()
            lines.put(element.tail, looks[-1])
    lines.end()


def _tree(markup: str) -> etree._Element | None:
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_pis=True)
    try:
        root = etree.fromstring(markup.encode(), parser)
    except etree.XMLSyntaxError:  # nothing in it
        return None
    # The parser stops there without a word, and the rest would be lost.
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise Problem("too_deep", "The elements are nested too deeply.")
    return root


def _decoded(data: bytes) -> str:
    declared = _CHARSET.search(data[:4096])
    return decode(data, declared[1].decode() if declared else "")


def _looks(outer: _Look, element: etree._Element, tag: str, sheet: Mapping[str, str]) -> _Look:
    """How text in this element looks, inside one that looks so."""
    rules = [sheet.get(name, "") for name in _selectors(element, tag)] if sheet else []
    style = _declarations(";".join([*rules, element.get("style", "")]).lower())
    background = style.get("background-color") or style.get("background") or element.get("bgcolor", "").lower()
    colour = style.get("color") or element.get("color", "").lower()
    return _Look(
        outer.hidden or "hidden" in element.attrib or _invisible(style) or bool(_CLEAR.fullmatch(colour)),
        _colour(colour) if colour and colour not in ("inherit", "initial") else outer.colour,
        _colour(background) if background and not _see_through(background) else outer.background,
        outer.typed or tag in ("pre", "textarea"),
        outer.skipped or tag in _NO_TEXT,
    )


def _invisible(style: Mapping[str, str]) -> bool:
    def number(name: str, otherwise: float) -> float:
        found = _NUMBER.match(style.get(name, ""))
        return float(found[0]) if found else otherwise

    size = style.get("font-size", "")
    smallest = 0.1 if size.endswith("em") else 15 if size.endswith("%") else 1.5
    clipped = style.get("overflow", "") == "hidden" and min(number("height", 9), number("width", 9)) < 1
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("mso-hide") == "all"
        or number("opacity", 1) < 0.1
        or number("font-size", 12) < smallest
        or number("max-height", 9) < 1
        or clipped
        or number("text-indent", 0) < _FAR
        or ("position" in style and min(number("left", 0), number("top", 0)) < _FAR)
    )


@lru_cache(4096)
def _declarations(style: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in style.replace("!important", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def _selectors(element: etree._Element, tag: str) -> list[str]:
    classes = [f".{name}" for name in element.get("class", "").split()[:20]]
    return [tag, *classes, f"#{element.get('id', '')}"]


def _sheet(root: etree._Element) -> dict[str, str]:
    """The declarations of simple selectors: a tag, a class or an id alone."""
    sheet: dict[str, str] = {}
    for style in root.iter("style"):
        text = _AT_BLOCK.sub("", _SHEET_COMMENT.sub("", style.text or ""))
        for selectors, declarations in _RULE.findall(text):
            for selector in selectors.split(","):
                if _SIMPLE.fullmatch(name := selector.strip()):
                    sheet[name] = f"{sheet.get(name, '')};{declarations}"
    return sheet


def _see_through(background: str) -> bool:
    return background in ("none", "inherit", "initial") or bool(_CLEAR.fullmatch(background))


def _colour(words: str) -> _Colour | None:
    """The colour in a declaration, or None: a picture, or a name that is not of a kind of white."""
    if found := _COLOUR_HEX.search(words):
        digits = found[1] or "".join(digit * 2 for digit in found[2])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _COLOUR_RGB.search(words):
        return min(int(found[1]), 255), min(int(found[2]), 255), min(int(found[3]), 255)
    if words.strip() == "black":
        return 0, 0, 0
    return (255, 255, 255) if words.strip() in _WHITES else None
