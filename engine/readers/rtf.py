"""Reads Rich Text: paragraphs, table rows, notes, and apart from them what Word would not show."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field

from engine.cards import Problem
from engine.pages import Part
from engine.readers import html
from engine.readers._file import File
from engine.readers._rtf import (
    BRACE,
    BRACES,
    BYTE,
    CHARACTERS,
    CODE_PAGES,
    DOCUMENT_CHARSETS,
    FONT_CHARSETS,
    FONT_ENDINGS,
    GROUPS,
    NUMBER,
    SIGN,
    SYMBOL,
    SYMBOLS,
    TEXT,
    TOKEN,
    character,
    picture_letters,
)  # fmt: skip
from engine.readers._text import Flow, one_line
from engine.readers._wire import Limits

KINDS = ("rtf",)
IMPORTS = ("lxml.etree",)

_MARK = b"{\\rtf"
_DEPTH = 1000
_MOST_TOKENS = 3_000_000
_HEADING = re.compile(r"heading ([1-9])\b", re.IGNORECASE)
_PALE = 255 - 24
_TINY = 3  # half points
_BACKGROUNDS = frozenset((b"highlight", b"cb", b"chcbpat", b"chshdng", b"cbpat", b"shading"))
_ENDS = frozenset((b"par", b"sect", b"page"))


@dataclass(slots=True)
class _State:
    """What holds within a group, and ends with it."""

    group: str = "text"
    around: str = "text"
    codec: str = ""
    fallback: int = 1
    unseen: str = ""
    vanished: bool = False
    deleted: bool = False
    size: int = 24
    colour: int = 0
    backed: bool = False
    in_table: bool = False
    level: int = 0
    starred: bool = False
    begun: bool = False
    markup: bool = False
    """What this belongs to is a copy for readers that don't know HTML, where the document was made from that."""

    def inner(self) -> _State:
        """For a group within: the same, but that nothing of it has been seen yet."""
        return _State(
            self.group, self.around, self.codec, self.fallback, self.unseen, self.vanished, self.deleted, self.size,
            self.colour, self.backed, self.in_table, self.level, False, False, self.markup,
        )  # fmt: skip


@dataclass(slots=True)
class Document:
    """A document as it was told to a flow. Where it was made from HTML, that is here instead."""

    title: str = ""
    html: list[str] = field(default_factory=list)
    from_html: bool = False


def recognises(file: File) -> tuple[str, float]:
    """By its first word."""
    return ("rtf", 1.0) if file.head.lstrip().removeprefix(b"\xef\xbb\xbf").startswith(_MARK) else ("", 0.0)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """Paragraph by paragraph; headings name the sections below them, and a table's row is one line."""
    flow = Flow(limits)
    document = tell(file.data, flow)
    if document.from_html:
        found = html.look("".join(document.html))
        html.flow_into(flow, found)
        document.title = document.title or found.title
    yield from flow.pages()
    return document.title


def tell(data: bytes, flow: Flow) -> Document:
    """Put what the document says into a flow."""
    start = data.find(_MARK)
    if start < 0:
        raise Problem("damaged", "It does not begin as Rich Text does.")
    reader = _Reader(data, flow)
    reader.run(start)
    return reader.document


class _Reader:
    def __init__(self, data: bytes, flow: Flow) -> None:
        self._data = data
        self._flow = flow
        self._states: list[_State] = []
        self._now = _State()
        self._bytes: list[bytes] = []
        self._left_out = 0
        self._skipped = 0
        self._line: list[str] = []
        self._cells: list[str] = []
        self._notes: list[str] = []
        self._hidden: dict[str, list[str]] = {}
        self._rows = 0
        self._shaded = False
        self._default = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._default_font = 0
        self._colours: list[tuple[int, int, int]] = []
        self._mixing = [0, 0, 0]
        self._levels: dict[int, int] = {}
        self._style = 0
        self._high = 0
        self._blank = True
        self.document = Document()

    def run(self, at: int) -> None:
        for _ in range(_MOST_TOKENS):
            found = TOKEN.match(self._data, at)
            if found is None:
                break
            at = self._take(found)
            if not self._states and found[5]:
                break
        else:
            raise Problem("too_large", "There are too many control words.")
        self._flush()
        self._break_line()
        self._end_row()

    def _take(self, found: re.Match[bytes]) -> int:
        """One token; returns where the next one begins."""
        kind = found.lastindex
        if kind == TEXT:
            self._now.begun = True
            text = found[TEXT]
            if self._left_out:
                text, self._left_out = text[self._left_out :], max(0, self._left_out - len(text))
            self._bytes.append(text)
        elif kind == BYTE:
            if self._left_out:
                self._left_out -= 1
            else:
                self._bytes.append(bytes((int(found[BYTE], 16),)))
        elif kind is not None:
            if self._bytes:
                self._flush()
            self._left_out = 0
            if kind == BRACE:
                self._open() if found[BRACE] == b"{" else self._close()
            elif kind == SIGN:
                self._symbol(found[SIGN])
            elif found[1] == b"bin":
                return found.end() + max(0, int(found[2] or 0))
            else:
                self._word(found[1], int(found[2]) if kind == NUMBER else None)
        return self._group_end(found.end()) if self._now.group == "skip" else found.end()

    def _open(self) -> None:
        if len(self._states) >= _DEPTH:
            raise Problem("too_deep", "The groups are nested too deeply.")
        self._states.append(self._now)
        self._now = self._now.inner()

    def _close(self) -> None:
        if not self._states:
            return
        ended, self._now = self._now, self._states.pop()
        if ended.group == "apart" != self._now.group:
            self._break_line()
        elif ended.group == "note" != self._now.group:
            self._notes.append("\n")

    def _group_end(self, at: int) -> int:
        """Where the brace stands that ends a group of which nothing is wanted."""
        depth = 0
        while found := BRACES.search(self._data, at):
            at = found.end()
            self._skipped += 1
            if found[1] is not None:
                at += int(found[1])
            elif found[0] == b"{":
                depth += 1
            elif found[0] == b"}":
                if depth == 0:
                    return found.start()
                depth -= 1
            if depth > _DEPTH:
                raise Problem("too_deep", "The groups are nested too deeply.")
            if self._skipped > _MOST_TOKENS:
                raise Problem("too_large", "There are too many control words.")
        return len(self._data)

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._now.starred = True
        elif symbol in b"\r\n":
            self._end_paragraph()
        elif symbol in SYMBOLS:
            self._put(SYMBOLS[symbol])

    def _word(self, word: bytes, number: int | None) -> None:
        now = self._now
        if not now.begun:
            now.begun = True
            if group := GROUPS.get(word) or ("skip" if now.starred else ""):
                self._begin(group, word)
                return
        if word in CHARACTERS:
            self._put(CHARACTERS[word])
        elif word == b"u" and number is not None:
            self._unicode(number)
        elif word == b"uc":
            now.fallback = max(0, min(number or 0, 10))
        elif word in _ENDS:
            self._end_paragraph()
        elif word == b"cell":
            self._end_cell()
        elif word == b"row":
            self._end_row()
        elif now.group in ("fonts", "colours", "styles"):
            self._define(word, number or 0)
        else:
            self._format(word, number)

    def _begin(self, group: str, word: bytes) -> None:
        """A group of a special kind begins."""
        now = self._now
        if word == b"ud":
            group = now.around
        elif now.group == "twice":
            group = "skip"
        elif word == b"upr":
            now.around = now.group
        elif group == "comment":
            now.unseen = group = "comment"
        if group == "apart":
            self._break_line()
        now.group = group if not (now.group == "note" and group == "text") else "note"

    def _format(self, word: bytes, number: int | None) -> None:
        """How the text looks from here on, as far as that tells whether it is seen."""
        now = self._now
        match word:
            case b"f":
                self._font = number or 0
                now.codec = self._fonts.get(self._font, "")
            case b"plain":
                now.codec = self._fonts.get(self._default_font, "")
                now.vanished = now.deleted = now.backed = False
                now.size, now.colour = 24, 0
            case b"v":
                now.vanished = number != 0
            case b"deleted":
                now.deleted = number != 0
            case b"fs":
                now.size = 24 if number is None else number
            case b"cf":
                now.colour = number or 0
            case _ if word in _BACKGROUNDS:
                now.backed = bool(number)
            case b"htmlrtf":
                now.markup = number != 0
            case _:
                self._lay_out(word, number or 0)

    def _lay_out(self, word: bytes, number: int) -> None:
        """What the paragraph is from here on, or the document."""
        now = self._now
        match word:
            case b"pard":
                now.in_table, now.level = False, 0
            case b"intbl":
                now.in_table = True
            case b"s":
                now.level = self._levels.get(number, 0)
            case b"outlinelevel":
                now.level = number + 1 if 0 <= number < 9 else 0
            case b"trowd":
                self._shaded = False
            case b"clcbpat" | b"clshdng" | b"clcfpat":
                self._shaded = self._shaded or bool(number)
            case b"ansicpg":
                self._default = CODE_PAGES.get(number, self._default)
            case b"mac" | b"pc" | b"pca":
                self._default = DOCUMENT_CHARSETS[word]
            case b"deff":
                self._default_font = number
            case b"fromhtml":
                self.document.from_html = True

    def _define(self, word: bytes, number: int) -> None:
        """One word in the tables of fonts, colours and styles."""
        if word == b"f":
            self._font = number
        elif word == b"fcharset" and number in FONT_CHARSETS:
            self._fonts[self._font] = FONT_CHARSETS[number]
        elif word == b"cpg" and number in CODE_PAGES:
            self._fonts[self._font] = CODE_PAGES[number]
        elif word in (b"red", b"green", b"blue"):
            self._mixing[(b"red", b"green", b"blue").index(word)] = number
        elif word == b"s":
            self._style = number
        elif word == b"outlinelevel" and 0 <= number < 9:
            self._levels[self._style] = number + 1

    def _unicode(self, number: int) -> None:
        char = character(number)
        if "\ud800" <= char <= "\udbff":
            self._high = number & 0xFFFF
        elif "\udc00" <= char <= "\udfff" and self._high:
            self._put(chr(0x10000 + ((self._high - 0xD800) << 10) + ((number & 0xFFFF) - 0xDC00)))
            self._high = 0
        else:
            self._put(char)
        self._left_out = self._now.fallback

    def _flush(self) -> None:
        """The bytes that have come together, as text in their font's encoding."""
        if not self._bytes:
            return
        data = b"".join(self._bytes)
        self._bytes.clear()
        now = self._now
        codec = now.codec or self._default
        if now.group == "fonts":
            name = data.decode("cp1252", "replace").partition(";")[0]
            for ending, charset in FONT_ENDINGS.items():
                if name.endswith(ending):
                    self._fonts.setdefault(self._font, charset)
        elif now.group == "colours":
            for _ in range(min(data.count(b";"), 1000)):
                self._colours.append((self._mixing[0], self._mixing[1], self._mixing[2]))
                self._mixing = [0, 0, 0]
        elif now.group == "styles":
            if heading := _HEADING.match(data.decode("cp1252", "replace").strip()):
                self._levels[self._style] = int(heading[1])
        elif now.group == "title":
            self.document.title = one_line(self.document.title + data.decode(self._default, "replace"))
        else:
            self._put(picture_letters(data) if codec == SYMBOL else data.decode(codec, "replace"))

    def _put(self, text: str) -> None:
        now = self._now
        if self.document.from_html:
            if now.group in ("text", "htmltag") and not now.markup:
                self.document.html.append(text)
        elif now.group == "title":
            self.document.title = one_line(self.document.title + text)
        elif now.group not in ("text", "apart", "note", "comment"):
            return
        elif unseen := self._unseen(now):
            self._hidden.setdefault(unseen, []).append(text)
        else:
            (self._notes if now.group == "note" else self._line).append(text)

    def _unseen(self, now: _State) -> str:
        """Why text in this state is not seen, or ""."""
        if now.unseen or now.deleted or now.vanished:
            return now.unseen or ("deleted" if now.deleted else "concealed")
        if now.size < _TINY:
            return "tiny"
        pale = now.colour and now.colour < len(self._colours) and min(self._colours[now.colour]) >= _PALE
        return "white" if pale and not now.backed and not (now.in_table and self._shaded) else ""

    def _end_paragraph(self) -> None:
        now = self._now
        if self.document.from_html:
            self._put("\n")
        elif now.group in ("note", "comment") or now.in_table:
            self._put("\n" if now.group == "note" else " ")
        elif now.group in ("text", "apart"):
            self._end_line()

    def _break_line(self) -> None:
        """The line ends here, if one has begun."""
        if any(map(str.strip, self._line)):
            self._end_line()

    def _end_line(self) -> None:
        text = "".join(self._line)
        self._line.clear()
        if self._cells and text.strip():
            self._end_row()
        if text.strip() and self._now.level:
            self._flow.heading(" ".join(text.split()), self._now.level)
        elif text.strip() or (not self._cells and not self._blank):
            self._flow.add(text.rstrip())
        self._blank = not text.strip()
        self._tell_apart()

    def _end_cell(self) -> None:
        if self._now.group in ("text", "apart"):
            self._cells.append("".join(self._line))
            self._line.clear()

    def _end_row(self) -> None:
        if "".join(self._line).strip():
            self._end_cell()
        if self._cells:
            self._rows += 1
            self._flow.row(self._cells, f"row {self._rows}")
            self._blank = False
            self._cells.clear()
        self._tell_apart()

    def _tell_apart(self) -> None:
        """What hangs on the line that has just ended: notes, and what is not seen."""
        for note in "".join(self._notes).split("\n"):
            if note.strip():
                self._flow.add(note.strip(), "note")
        self._notes.clear()
        for kind, pieces in self._hidden.items():
            self._flow.hide("".join(pieces), kind)
        self._hidden.clear()
