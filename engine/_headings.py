"""Knows a heading when it sees one, and which headings stand above a passage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_LINE = 90
LONGEST_ABOVE = 60
"""Characters of a heading that stands directly above its text, without a gap."""
SHORTER = 0.75
"""Such a heading ends well before the lines of its text do; a line that runs on does not."""

_LINE = re.compile(r"(?:#{1,6} |\d+(?:\.\d+)*\.? )?[A-Z0-9][^.!?\n]{2,80}")
_PART = re.compile(
    r"(?:(part|title|chapter|section|article|schedule|annex|appendix)\s+(?:[IVXLC]+|\d+|[A-Z])\b)", re.IGNORECASE
)
_NUMBER = re.compile(r"(\d+(?:\.\d+){0,5})\.?[ \t]+(?=[A-Z])")
_OPEN_END = re.compile(r"(?:[,;:(–-]|\b(?:a|an|and|any|as|at|by|for|from|if|in|of|on|or|than|the|to|who|with))$")
_PARTS = ("part", "title", "chapter", "section", "article", "schedule", "annex", "appendix")
_TYPED, _UNNUMBERED = 20.0, 30.0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading by its words. Of two, the one with the lower level stands above the other."""

    level: float
    text: str
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """The headings that are open at a place, outermost first, below `root`."""

    root: tuple[str, ...] = ()
    open: tuple[Heading, ...] = ()

    def path(self, within: Sequence[str], level: float = 99.0) -> tuple[str, ...]:
        """The words of the headings above a place; `within` are the sections that the reader names around it.

        `level` leaves out what a heading of that level ends.
        """
        around = tuple(within)
        typed = [one.text for one in self.open if around[: len(one.within)] == one.within and one.level < level]
        return (*self.root, *around, *typed)

    def opened(self, heading: Heading) -> Outline:
        """The outline below that heading."""
        return Outline(self.root, (*(one for one in self.open if one.level < heading.level), heading))


def heading(text: str) -> Heading | None:
    """What a line that stands by itself says if it is a heading: marked, numbered, or short and without an end."""
    line = text.strip()
    if len(text) > LONGEST_LINE or "\n" in line or not _LINE.fullmatch(line):
        return None
    words = line.lstrip("# ").strip()
    if line.startswith("#"):
        return Heading(float(len(line) - len(line.lstrip("#"))), words)
    return Heading(_level(line), words)


def length_above(lines: Sequence[str]) -> int:
    """How many characters of a paragraph are a heading right above it: its first line's, or 0."""
    if len(lines) < 2:
        return 0
    first, second = lines[0].strip(), lines[1].strip()
    if first.startswith("#") and heading(first):
        return len(lines[0])
    number = _NUMBER.match(first)
    if not (number or _PART.match(first)) or len(first) > LONGEST_ABOVE or not _LINE.fullmatch(first):
        return 0
    if _OPEN_END.search(first) or not re.match(r"[A-Z0-9\"“('‘]", second):
        return 0
    if below := _NUMBER.match(second):  # a heading above its first clause, but no list
        return len(lines[0]) if number and below[1].startswith(f"{number[1]}.") else 0
    return len(lines[0]) if len(first) <= SHORTER * max(map(len, lines[1:])) else 0


def _level(line: str) -> float:
    if part := _PART.match(line):
        return _TYPED - 10 + _PARTS.index(part[1].lower())
    if number := _NUMBER.match(line):
        return _TYPED + number[1].count(".")
    return _UNNUMBERED
