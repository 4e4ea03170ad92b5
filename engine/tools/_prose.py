"""What a document says, sentence by sentence and item by item, without the head of a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.chunks import sentences

LONGEST = 400
"""Characters of what is told as one sentence."""
_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")
_HEADER = re.compile(r"[A-Z][A-Za-z-]{1,30}: ?[^\n]*(?:\n(?:[A-Z][A-Za-z-]{1,30}: ?|[ \t])[^\n]*)*\Z")
_PARTS = re.compile(r";|,? (?:and )?\balso\b,?|, and then ")
_CONDITION = re.compile(r"^(?:but |and )?(?:if|unless|in case|when)\b", re.IGNORECASE)
_UNWANTED = re.compile(
    r"\b(?:not|never|don['’]t|doesn['’]t|didn['’]t|wouldn['’]t) (?:\w+ )?(?:want|wish|like|ask|need|intend)\b[^,;]*?"
    r"(?=[,;]|\bbut\b|$)",
    re.IGNORECASE,
)
_ITEM = re.compile(r"^[ \t]{0,12}(?:[-*•–☐☑□]|\[[ xX]\]|\d{1,2}[.)])[ \t]{1,6}", re.MULTILINE)
_HEADING = re.compile(r"[ \t#*]{0,6}([A-Za-z][\w /&-]{1,40}?)[ *]{0,4}:?[ \t*]*\Z")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence or an item of a list, its span in the text, and the heading right above it ("" = none)."""

    start: int
    end: int
    text: str
    heading: str = ""
    item: bool = False


def said(text: str) -> Iterator[Said]:
    """All that is said, in the text's order."""
    heading = ""
    for number, paragraph in enumerate(_PARAGRAPH.finditer(text)):
        if number == 0 and "\n" in paragraph[0] and _HEADER.match(paragraph[0]):
            continue
        parts = list(_items(paragraph[0]))
        if len(parts) == 1 and not parts[0][2] and (alone := _HEADING.match(paragraph[0])):
            heading = alone[1]
            continue
        for start, end, item in parts:
            if not item and (above := _HEADING.match(paragraph[0][start:end])) and len(parts) > 1:
                heading = above[1]
                continue
            yield from _cut(text, paragraph.start() + start, paragraph.start() + end, heading, item)


def parts(text: str) -> Iterator[tuple[Said, str]]:
    """What may ask for something, or claim it: each sentence, cut where it goes on to another matter.

    What begins with a condition ("if") does neither yet; what is not wanted is left out.
    """
    for one in said(text):
        for part in _PARTS.split(one.text):
            if not _CONDITION.match(part.strip()):
                yield one, _UNWANTED.sub("", part)


def _items(paragraph: str) -> Iterator[tuple[int, int, bool]]:
    """The items of a list, and what stands before the first of them."""
    marks = [(match.start(), match.end()) for match in _ITEM.finditer(paragraph)]
    first = marks[0][0] if marks else len(paragraph)
    if paragraph[:first].strip():
        yield 0, len(paragraph[:first].rstrip()), False
    for place, (_, start) in enumerate(marks):
        end = marks[place + 1][0] if place + 1 < len(marks) else len(paragraph)
        if paragraph[start:end].strip():
            yield start, start + len(paragraph[start:end].rstrip()), True


def _cut(text: str, start: int, end: int, heading: str, item: bool) -> Iterator[Said]:
    for a, b in [(0, end - start)] if item else sentences(text[start:end]):
        whole = " ".join(text[start + a : start + b].split())
        if whole and len(whole) <= LONGEST:
            yield Said(start + a, start + b, whole, heading, item)
