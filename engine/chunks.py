"""Cuts what was read into passages that follow its structure and never cut a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.cards import Box
from engine.pages import Page, Reading

LONGEST = 900
"""Characters; about 200 tokens, so that heading and chunk fit the encoder's 256."""

LONGEST_ABBREVIATION = 12

_PARAGRAPH = re.compile(r"(?:[^\n]+\n?)+")
_HEADING = re.compile(r"(?:#{1,6} |\d+(?:\.\d+)*\.? )?[A-Z0-9][^.!?\n]{2,80}")
_ROW = re.compile(r"(?:^|> )row \d+$")
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=[\"')\]]*\s+[\"'(\[]?[A-Z0-9])[\"')\]]*|$)", re.DOTALL)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|No|no|Nr|Mr|Mrs|Ms|Dr|St|Art|Sec|approx|incl|etc|Inc|Ltd|vs)|\b[A-Z])\.$"
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One passage: its page, its span and box on that page, the heading above it, and its text."""

    page: int
    start: int
    end: int
    box: Box | None
    heading: str
    text: str


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences in a text, in order. Abbreviations and initials do not end one."""
    spans: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        start, end = match.start(), match.end()
        if spans and _ABBREVIATION.search(text[max(spans[-1][0], spans[-1][1] - LONGEST_ABBREVIATION) : spans[-1][1]]):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return [(start, start + len(text[start:end].rstrip())) for start, end in spans if text[start:end].strip()]


def chunks(reading: Reading) -> Iterator[Chunk]:
    """The passages of a document, in reading order. Headings go with what follows them."""
    heading, alone = "", None
    for page in reading.pages:
        rows = _rows(page)
        for start, end in _paragraphs(page, rows):
            text = page.text[start:end]
            if (start, end) not in rows and _is_heading(text):
                if alone and not _marked(alone.text):
                    yield alone
                heading, alone = text.lstrip("# ").strip(), _chunk(page, start, end, "")
                continue
            alone = None
            for first, last in _packed(text):
                yield _chunk(page, start + first, start + last, heading)
    if alone and not _marked(alone.text):
        yield alone


def _chunk(page: Page, start: int, end: int, heading: str) -> Chunk:
    return Chunk(page.number, start, end, page.box(start, end), heading, page.text[start:end])


def _marked(text: str) -> bool:
    """Whether a heading says itself that it is one; a mere short line may be a rule without its full stop."""
    return text.startswith("#")


def _is_heading(text: str) -> bool:
    return len(text) <= 90 and "\n" not in text.strip() and _HEADING.fullmatch(text.strip()) is not None


def _rows(page: Page) -> set[tuple[int, int]]:
    """The spans of table rows."""
    return {(start, end) for start, end, label in page.paths if _ROW.search(label)}


def _paragraphs(page: Page, rows: set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans of paragraphs: by blank lines; where there are boxes, by headings and vertical gaps too.

    Each row of a table is one by itself.
    """
    for match in _PARAGRAPH.finditer(page.text):
        for start, end in _split_rows(*match.span(), rows):
            for first, last in [(start, end)] if (start, end) in rows else _split_drawn(page, start, end):
                if page.text[first:last].strip():
                    yield first, first + len(page.text[first:last].rstrip())


def _split_rows(start: int, end: int, rows: set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The rows within a span, and what stands between them."""
    for first, last in sorted(row for row in rows if start <= row[0] and row[1] <= end):
        if start < first:
            yield start, first
        yield first, last
        start = last
    if start < end:
        yield start, end


def _split_drawn(page: Page, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Lines of a drawn page belong together while they follow each other closely."""
    lines = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+\n?", page.text[start:end])]
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


def _packed(text: str) -> Iterator[tuple[int, int]]:
    """Sentences of a paragraph, packed together up to the longest chunk."""
    start = end = None
    for first, last in sentences(text):
        if start is not None and end is not None and last - start > LONGEST:
            yield start, end
            start = None
        start, end = (first if start is None else start), last
    if start is not None and end is not None:
        yield start, end
