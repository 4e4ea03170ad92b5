"""Cuts what was read into passages that follow its structure and never cut a sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine._headings import Heading, Outline, heading, length_above
from engine.cards import Box
from engine.pages import Page, Reading

LONGEST = 900
"""Characters; about 200 tokens, so that heading and chunk fit the encoder's 256."""
LONGEST_PATH = 300
LONGEST_ABBREVIATION = 12
FURNITURE_PAGES, FURNITURE_LINES = 3, 2
"""A line among the first or last two of so many pages is their header or footer: it is kept once."""

LINES_BELOW = 40
"""So many lines below a heading are looked at to see whether it ends before they do."""

_MAILS = {"eml", "mbox", "msg", "oft", "pst"}
_PARAGRAPH = re.compile(r"(?:[^\n]+\n?)+")
_LINE = re.compile(r"[^\n]+\n?")
_ROW = re.compile(r"(?:^|(.*) > )row (\d+)$")
_NO_SECTION = re.compile(r"(?:^|> )(?:(?:row|paragraph|footnote|endnote|note|comment|formula) ?\d*|[A-Z]{1,3}\d+)$")
_CELLS = re.compile(r" \| |[,;\t]")
_NAME = re.compile(r"\s*[^\W\d_][^\d|]*")
_PAGE = re.compile(
    r"\b(?:page|seite|página|p\.) ?\d+(?: ?(?:of|von|de|sur|/) ?\d+)?|^\W*\d+(?: ?/ ?\d+)?\W*$", re.IGNORECASE
)
_QUOTED = re.compile(r"\s*>")
_QUOTES = re.compile(
    r"(?:(?:On|Am|Le|El|Il|Op)\s.{4,200}(?:wrote|schrieb.{0,80}|a écrit|escribió|ha scritto|schreef) ?:"
    r"|-{2,} ?(?:Original Message|Forwarded message|Ursprüngliche Nachricht|Message d'origine).{0,40})\s*",
    re.DOTALL | re.IGNORECASE,
)
_UPPER = "A-ZÀ-ÖØ-ÞĄĆČĎĐĘĚĞİŁŃŇŐŒŘŚŞŠŤŮŰŹŻŽΑ-ΩЀ-Я"
_SENTENCE = re.compile(rf"\S.*?(?:[.!?](?=[\"'”’»)\]]*\s+[\"'“‘„«¿¡(\[]?[{_UPPER}0-9])[\"'”’»)\]]*|$)", re.DOTALL)
_NUMBER = re.compile(r"(?:^|\n)[ \t]*\d{1,3}\.$")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|No|no|Nr|Mr|Mrs|Ms|Dr|St|Art|Sec|approx|incl|etc|Inc|Ltd|vs)|\b[A-Z])\.$"
)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One passage: its page, its span and box on that page, the headings above it, and its text.

    `heading` reads from the outside in ("3 Refunds > 3.1 Parcels"); a table's row has its columns' names last.
    """

    page: int
    start: int
    end: int
    box: Box | None
    heading: str
    text: str


def sentences(text: str) -> list[Span]:
    """The spans of the sentences in a text, in order. Abbreviations don't end one; the number of a line begins one."""
    spans: list[Span] = []
    numbered = False
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        if spans and (numbered or _ABBREVIATION.search(text[_tail(*spans[-1]) : spans[-1][1]])):
            start = spans.pop()[0]
        tail = _tail(start, end)
        number = _NUMBER.search(text[tail:end])
        numbered = number is not None and (number[0][0] == "\n" or tail == start)
        if number and numbered and tail + number.start() > start:
            spans.append((start, tail + number.start()))
            start = tail + number.start() + 1
        spans.append((start, end))
    return [(start, start + len(text[start:end].rstrip())) for start, end in spans if text[start:end].strip()]


def _tail(start: int, end: int) -> int:
    return max(start, end - LONGEST_ABBREVIATION)


def chunks(reading: Reading) -> Iterator[Chunk]:
    """The passages of a document, in reading order. Headings go with what follows them.

    All visible text is in a passage or in the path of one, but for what headers and footers repeat.
    """
    outline = Outline((reading.title,) if reading.kind in _MAILS and reading.title else ())
    edges, repeated = _furniture(reading.pages), set[str]()
    columns = _Columns()
    alone: tuple[Chunk, tuple[str, ...]] | None = None
    for page in reading.pages:
        sections = [label for label in page.paths if not _NO_SECTION.search(label[2])]
        rows = {(start, end): label for start, end, label in page.paths if _ROW.search(label)}
        fixed = {**dict.fromkeys(edges.get(page.number, ()), ""), **_headings(page.text, sections), **rows}
        for start, end in _blocks(page, fixed):
            text = page.text[start:end]
            if fixed.get((start, end)) == "":
                if _same(text) not in repeated:
                    repeated.add(_same(text))
                    yield _chunk(page, (start, end), ())
                continue
            within, own = _sections(sections, page.text, start)
            found = None if (start, end) in rows else (Heading(0.0, own, within) if own else _heading(text, within))
            path = outline.path(within, found.level if found and not own else 99.0)
            if alone and path[: len(alone[1])] != alone[1]:
                yield alone[0]  # nothing below says what it says
            alone = None
            if found:
                alone = _chunk(page, (start, end), path), (*path, found.text)
                outline = outline if own else outline.opened(found)
            elif (start, end) in rows:
                columns = columns.after(rows[start, end], text)
                yield _chunk(page, (start, end), (*path, *columns.above(text)))
            else:
                for first, last in _packed(text):
                    yield _chunk(page, (start + first, start + last), path)
    if alone:
        yield alone[0]


def _chunk(page: Page, span: Span, path: Sequence[str]) -> Chunk:
    start, end = span
    around = " > ".join(path)
    if len(around) > LONGEST_PATH:  # the nearest headings say most
        around = "…" + around[-LONGEST_PATH:]
    return Chunk(page.number, start, end, page.box(start, end), around, page.text[start:end])


def _heading(text: str, within: tuple[str, ...]) -> Heading | None:
    if _QUOTES.fullmatch(text):
        return Heading(0.0, " ".join(text.split()), within)
    found = heading(text)
    return Heading(found.level, found.text, within) if found else None


def _headings(text: str, sections: list[tuple[int, int, str]]) -> dict[Span, str]:
    """The lines that open a section, each with what it says."""
    found = {}
    for start, _, label in sections:
        end = (text + "\n").find("\n", start)
        if text[start:end].strip().lstrip("# ") == label:
            found[start, end] = label
    return found


def _sections(sections: list[tuple[int, int, str]], text: str, start: int) -> tuple[tuple[str, ...], str]:
    """The sections around a place, outermost first; and the one that a heading at that place opens, or ""."""
    around = sorted((one for one in sections if one[0] <= start < one[1]), key=lambda one: one[0] - one[1])
    line = text[start : text.find("\n", start) if "\n" in text[start:] else len(text)].strip().lstrip("# ")
    own = next((label for first, _, label in around if first == start and line == label), "")
    within = (label for first, _, label in around if first != start or not line.startswith(label))
    return tuple(within), own


@dataclass(frozen=True, slots=True)
class _Columns:
    """The names of a table's columns, while its rows follow one another."""

    names: str = ""
    table: str = ""
    row: int = 0

    def after(self, label: str, text: str) -> _Columns:
        """What holds with one more row: its own names, if it is the first of a table and has no values."""
        match = _ROW.search(label)
        assert match is not None
        table, number = match[1] or "", int(match[2])
        if table == self.table and number > self.row > 0:
            return _Columns(self.names, table, number)
        cells = _CELLS.split(text)
        named = len(cells) > 1 and all(_NAME.fullmatch(cell) for cell in cells)
        return _Columns(" ".join(text.split()) if named else "", table, number)

    def above(self, text: str) -> tuple[str, ...]:
        return (self.names,) if self.names and self.names != " ".join(text.split()) else ()


def _furniture(pages: Sequence[Page]) -> dict[int, list[Span]]:
    """The headers and footers of drawn pages, by page number: lines at their edges that come again and again."""
    lines = {page.number: _edges(page) for page in pages if page.words}
    counts = Counter(same for found in lines.values() for same in {same for _, same in found})
    often = max(FURNITURE_PAGES, len(lines) // 3)
    return {number: [span for span, same in found if counts[same] >= often] for number, found in lines.items()}


def _edges(page: Page) -> list[tuple[Span, str]]:
    found = [(m.span(), m[0]) for m in _LINE.finditer(page.text) if m[0].strip()]
    outer = found[:FURNITURE_LINES] + found[max(FURNITURE_LINES, len(found) - FURNITURE_LINES) :]
    return [((start, start + len(text.rstrip())), _same(text)) for (start, _), text in outer]


def _same(text: str) -> str:
    """A line without the number of its page: what else differs is said anew."""
    return _PAGE.sub("#", " ".join(text.split()))


def _blocks(page: Page, fixed: dict[Span, str]) -> Iterator[Span]:
    """Spans of paragraphs and headings: by blank lines; where there are boxes, by vertical gaps too.

    Each row of a table, and each line of furniture (`fixed`), is one by itself.
    """
    inside = sorted(fixed)
    for match in _PARAGRAPH.finditer(page.text):
        for start, end in _split_fixed(*match.span(), inside):
            for first, last in [(start, end)] if (start, end) in fixed else _split_drawn(page, start, end):
                for begin, stop in [(first, last)] if (first, last) in fixed else _split_typed(page.text, first, last):
                    if page.text[begin:stop].strip():
                        yield begin, begin + len(page.text[begin:stop].rstrip())


def _split_fixed(start: int, end: int, fixed: list[Span]) -> Iterator[Span]:
    """The rows within a span, and what stands between them."""
    for first, last in fixed:
        if start <= first and last <= end:
            if start < first:
                yield start, first
            yield first, last
            start = last
    if start < end:
        yield start, end


def _split_drawn(page: Page, start: int, end: int) -> Iterator[Span]:
    """Lines of a drawn page belong together while they follow each other closely."""
    lines = [(m.start(), m.end()) for m in _LINE.finditer(page.text[start:end])]
    boxes = [page.box(start + a, start + b) for a, b in lines]
    if not any(boxes):
        yield start, end
        return
    first = 0
    for i in range(1, len(lines)):
        if _apart(boxes[i - 1], boxes[i]):
            yield start + lines[first][0], start + lines[i][0]
            first = i
    yield start + lines[first][0], end


def _apart(above: Box | None, below: Box | None) -> bool:
    if above is None or below is None:
        return True
    height = max(1.0, min(above[3] - above[1], below[3] - below[1]))
    gap = below[1] - above[3]
    return (
        gap > 0.75 * height or gap < -3 * height or abs((above[3] - above[1]) - (below[3] - below[1])) > 0.35 * height
    )


def _split_typed(text: str, start: int, end: int) -> Iterator[Span]:
    """Headings right above their text, and what a mail quotes, are apart from what follows and comes before."""
    lines = _LINE.findall(text[start:end])
    first = at = start
    number = 0
    while number < len(lines):
        rest = lines[number : number + LINES_BELOW]
        length = (length_above(rest) if at == first else 0) or _quoting(rest)
        turns = at > first and bool(_QUOTED.match(lines[number - 1])) != bool(_QUOTED.match(rest[0]))
        if at > first and (length or turns):
            yield first, at
            first = at
        if length:
            yield first, first + length
            first = at = first + length
            while length > 0:
                length -= len(lines[number])
                number += 1
        else:
            at += len(rest[0])
            number += 1
    if first < end:
        yield first, end


def _quoting(lines: Sequence[str]) -> int:
    """How long the line, or two, is that says whom a mail quotes below it."""
    for count in (1, 2):
        if len(lines) > count and _QUOTES.fullmatch("".join(lines[:count])):
            return len("".join(lines[:count]))
    return 0


def _packed(text: str) -> Iterator[Span]:
    """Sentences of a paragraph, packed together up to the longest chunk."""
    start = end = None
    for first, last in sentences(text):
        if start is not None and end is not None and last - start > LONGEST:
            yield start, end
            start = None
        start, end = (first if start is None else start), last
    if start is not None and end is not None:
        yield start, end
