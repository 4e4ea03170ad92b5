"""Reads web pages and HTML mail: the text a person would see, and apart from it what they would not."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from engine.cards import Problem
from engine.pages import Part
from engine.readers import _css
from engine.readers._css import Look
from engine.readers._file import File
from engine.readers._markup import check_size, opening
from engine.readers._text import Flow, clean, decode, one_line
from engine.readers._wire import Limits

if TYPE_CHECKING:
    from lxml import etree

KINDS = ("html",)
IMPORTS = ("lxml.etree",)


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"\s*<\?xml[^>]{1,80}encoding\s*=\s*[\"']([\w-]{1,40})")
_BLOCKS = _names(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre section summary table tbody tfoot thead tr "
    "ul"
)
_INLINE = _names("a abbr b big code em font i img link meta script small span strong style title u base map noscript")
_APART = _names("p h1 h2 h3 h4 h5 h6 table ul ol blockquote")
_CELLS = _names("td th")
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_TAG = re.compile(r"<[^<>]*>")
_CONDITION = re.compile(r"\[if [^\]]{0,200}\]>|<!\[endif\]")
# A row of a table of values is one line; one that only lays out the page is as many as it holds.
_LONGEST_ROW = 1000
_UNNUMBERED = -1


class Line(NamedTuple):
    """A line of a page: its heading level (0: none), and the label of a table's row."""

    text: str
    level: int = 0
    label: str = ""


@dataclass(slots=True)
class Text:
    """What a page says, line by line, and what it hides, as (kind, text)."""

    title: str = ""
    lines: list[Line] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)


class _Lines:
    """Gathers pieces of text into lines, seen and unseen apart."""

    def __init__(self) -> None:
        self.text = Text()
        self._seen: list[str] = []
        self._unseen: dict[str, list[str]] = {}
        self._gap = False
        self._row = ""
        self._tables: list[list[int]] = []
        self._lists: list[int] = []
        self._number = ""
        self._count = 0

    def put(self, piece: str | None, look: Look) -> None:
        if not piece or look.skipped:
            return
        why = look.unseen
        pieces = self._unseen.setdefault(why, []) if why else self._seen
        first, *more = piece.split("\n") if look.typed and not self._row else [piece]
        pieces.append(first)
        for line in more:
            self.end()
            if not why:
                self._seen.append(line)
            else:
                self._unseen.setdefault(why, []).append(line)

    def begin(self, tag: str, element: etree._Element) -> None:
        """An element begins here."""
        if self._row:
            if tag in _CELLS and any(map(str.strip, self._seen)):
                self._seen.append(" | ")
            elif tag in _BLOCKS or tag == "br":
                self._seen.append(" ")
            return
        if tag in _BLOCKS or tag == "br":
            self.end()
        if tag in _CELLS and any(map(str.strip, self._seen)):
            self._seen.append(" | ")
        if tag in ("ol", "ul"):
            self._lists.append(_first_number(element) if tag == "ol" else _UNNUMBERED)
        elif tag == "li" and self._lists and self._lists[-1] != _UNNUMBERED:
            self._number = f"{self._lists[-1]}. "
            self._lists[-1] += 1
        elif tag == "table":
            self._count += 1
            self._tables.append([self._count, 0])
        elif tag == "tr" and self._tables:
            self._tables[-1][1] += 1
            if _is_row(element):
                self._row = "table {}, row {}".format(*self._tables[-1])
        self._gap = self._gap or tag in _APART

    def leave(self, tag: str) -> None:
        """An element ends here."""
        if self._row:
            if tag in ("tr", "table"):
                self.end()
                self._row = ""
            elif tag in _BLOCKS:
                self._seen.append(" ")
        elif tag in _BLOCKS:
            self.end(_HEADINGS.get(tag, 0))
        if tag == "table" and self._tables:
            self._tables.pop()
        elif tag in ("ol", "ul") and self._lists:
            self._lists.pop()
        self._gap = self._gap or (tag in _APART and not self._row)

    def end(self, level: int = 0) -> None:
        """The line ends here."""
        line = " ".join("".join(self._seen).split()).removesuffix(" |")
        if line and self._gap and self.text.lines:
            self.text.lines.append(Line(""))
        if line:
            self.text.lines.append(Line(self._number + line, level, self._row))
            self._gap, self._number = False, ""
        for why, pieces in self._unseen.items():
            if unseen := " ".join("".join(pieces).split()):
                self.text.hidden.append((why, unseen))
        self._seen.clear()
        self._unseen.clear()


def recognises(file: File) -> tuple[str, float]:
    """By its tags, else by name."""
    start = opening(file)
    if start.root == "html" or start.doctype.startswith("html"):
        return "html", 0.95
    if file.named(".html", ".htm", ".xhtml", ".xht", ".shtml") and not start.declared:
        return "html", 0.7 if start.root else 0.3
    known = start.root in _BLOCKS | _INLINE | _HEADINGS.keys() | {"head", "br", "tr", "td"}
    return ("html", 0.6) if known and "xmlns" not in start.attributes and not start.declared else ("", 0.0)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The visible text, block by block; headings name the sections below them."""
    found = look(decoded(file.data))
    flow = Flow(limits)
    flow_into(flow, found)
    yield from flow.pages()
    return found.title


def flow_into(flow: Flow, found: Text) -> None:
    """The lines of a page, its headings and its hidden text."""
    for line, level, label in found.lines:
        if level:
            flow.heading(line, level)
        else:
            flow.add(line, label)
    for why, hidden in found.hidden:
        flow.hide(hidden, why)


def look(untrusted_html: str) -> Text:
    """What a person would see of this page. Nothing is fetched, and no entity is expanded but HTML's own."""
    markup, unseen = clean(untrusted_html)
    lines = _Lines()
    root = _tree(markup)
    if root is not None:
        _walk(root, lines)
        lines.text.title = one_line(root.findtext(".//title") or "")
    if unseen:
        lines.text.hidden.append(("characters", unseen))
    return lines.text


def decoded(data: bytes, charset: str = "") -> str:
    """The page's markup: in the encoding told by its mark, by who sent it, or by itself."""
    declared = _CHARSET.search(data[:4096]) or _XML_CHARSET.match(data)
    return decode(data, charset or (declared[1].decode() if declared else ""))


def _walk(root: etree._Element, lines: _Lines) -> None:
    from lxml import etree

    sheet = _css.sheet(style.text or "" for style in root.iter("style"))
    looks = [Look()]
    for event, element in etree.iterwalk(root, events=("start", "end", "comment")):
        if event == "comment":
            lines.text.hidden.append(
                ("comment", " ".join(_TAG.sub(" ", _CONDITION.sub(" ", element.text or "")).split()))
            )
            lines.put(element.tail, looks[-1])
            continue
        tag = str(element.tag)
        if event == "start":
            lines.begin(tag, element)
            looks.append(_css.looks(looks[-1], element, tag, sheet))
            lines.put(element.get("value") if _is_filled_in(element, tag) else element.text, looks[-1])
        else:
            lines.leave(tag)
            looks.pop()
            lines.put(element.tail, looks[-1])
    lines.end()


def _tree(markup: str) -> etree._Element | None:
    from lxml import etree

    check_size(markup)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_pis=True)
    try:
        root = etree.fromstring(markup.encode(), parser)
    except etree.XMLSyntaxError:  # nothing in it
        return None
    # The parser stops there without a word, and the rest would be lost.
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise Problem("too_deep", "The elements are nested too deeply.")
    return root


def _first_number(numbered: etree._Element) -> int:
    """The number of a list's first entry; lists with letters or without any mark are not numbered here."""
    start = numbered.get("start", "1")
    plain = numbered.get("type", "1") == "1" and "list-style" not in numbered.get("style", "")
    return int(start[:6]) if plain and start.isascii() and start.isdecimal() else _UNNUMBERED


def _is_row(row: etree._Element) -> bool:
    """Whether this row holds values, not parts of the page: two cells or more, no table inside, and little text."""
    if len(row) < 2 or row.find(".//table") is not None:
        return False
    length = 0
    for piece in row.itertext():
        length += len(piece.strip())
        if length > _LONGEST_ROW:
            return False
    return True


def _is_filled_in(element: etree._Element, tag: str) -> bool:
    """Whether its text is what someone typed into a form."""
    return tag == "input" and element.get("type", "text").lower() in ("text", "email", "tel", "number", "date", "url")
