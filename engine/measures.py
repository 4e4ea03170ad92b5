"""Reckons what a question asks of statements of figures: a line of a year, or a measure of several, such as a margin.

Only what is named is reckoned: `_measure_lines.py` says by which words a question asks for a line, under which labels
that stands, and what the common measures of analysts' textbooks are made of. A question that asks for something else,
or whose lines do not stand in the text, has no answer here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine._measure_lines import INSTRUCTIONS, LINES, MEASURES, Line
from engine.statements import Row

_SHARE = re.compile(
    r"^ ?(?:\(.{1,30}\) ?)?(?:as a (?:%|percent(?:age)?) of |% of |/ ?)(?:total |net )*(?:revenues?|sales)"
    r"|^ (?:% )?margin",
    re.I,
)
_YEARS = re.compile(
    r"\b(?:FY ?|fiscal (?:year )?)?((?:19|20)\d\d)\b|\b(?:FY ?|fiscal (?:year )?)['’]?(\d\d)\b"
    r"|\bQ[1-4] ?['’]?(?:of )?(?:FY)? ?((?:20)?\d\d)",
    re.I,
)
_QUARTER = re.compile(r"\bQ[1-4]|quarter", re.I)
_HALF = re.compile(r"\bH[12]\b|half|six months", re.I)
_AVERAGE = re.compile(r"\b(?:\d|two|three|four|five)[ -]year average", re.I)
_GROWTH = re.compile(
    r"growth rate|(?:year[- ]over[- ]year|% |percent(?:age)? )(?:change|growth)|\bgrowth\b|rate of growth", re.I
)
_CHANGE = re.compile(r"\bchanged?\b|increase[ds]?\b|decrease[ds]?\b|\bgrow\b|grew|improv|declin|\bdrop", re.I)
_OTHER = re.compile(
    r"^\W*(?:which|why|where|who)\b|\bwhat drove\b|\bcompared? (?:to|with) (?!the (?:same|prior|previous))", re.I
)
ALIKE = 0.002
"""How far two rows of one line may lie apart: statements round."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question wants reckoned: an expression over lines, at a year, and what is made of it over the years.

    `kind` is amount, share (of one) or number; `how` is value, change, growth or mean; `title` as the question has it.
    """

    expression: str
    kind: str
    how: str
    years: tuple[int, ...]
    months: int = 12
    title: str = ""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A value with the rows that it was reckoned from, and for a change the values before and after."""

    value: float
    kind: str
    rows: tuple[Row, ...]
    before: float | None = None
    after: float | None = None


def asked(question: str) -> Asked | None:
    """What the question asks for, if it is something that can be reckoned."""
    years = sorted({_year(one) for one in _YEARS.finditer(question)} - {0})
    if not years:
        return None
    found = _measure(question) or _item(question)
    if found is None:
        return None
    expression, kind, title = found
    months = 3 if _QUARTER.search(question) else 6 if _HALF.search(question) else 12
    how = "value"
    if _AVERAGE.search(question):
        how, years = "mean", list(range(years[0], years[-1] + 1))
    elif _GROWTH.search(question):
        how = "growth"
    elif _CHANGE.search(question) and not re.search(r"change in inventory", question):
        how = "change"
    if how == "change" and kind == "amount" and re.search(r"percent|%", question):
        how = "growth"
    if how in ("growth", "change") and len(years) == 1:
        years = [years[0] - 1, years[0]]
    return Asked(expression, kind, how, tuple(years), months, title)


def unaccounted(question: str, asked: Asked) -> list[str] | None:
    """The words of a question that its reckoning leaves out, but for instructions: a name of whom it is about, or what
    would make it another question. None where it plainly asks for something else, or defines the measure otherwise."""
    if _OTHER.search(question) or _vague(question, asked):
        return None
    lines = set(re.findall(r"[a-z_]+", asked.expression)) & LINES.keys()
    rest = question
    for words, expression, _ in MEASURES:
        if expression in asked.expression:
            rest = re.sub(words, " ", rest, flags=re.I)
    for name, line in LINES.items():
        without = re.sub(rf"(?<![A-Za-z])(?:{line.words})(?![A-Za-z])", " ", rest, flags=re.I)
        if without != rest and name not in lines:
            return None
        rest = without
    rest = re.sub(r"\(s\)|\b(?:19|20)\d\d\b|\bFY ?['’]?\d\d(?:\d\d)?\b|\b365\b|\b(?:DIO|DSO|DPO)\b", " ", rest)
    left = re.findall(r"[A-Za-z$&][\w$&'’-]*", rest)
    return [word for word in left if re.sub(r"['’]s?$", "", word.lower()) not in INSTRUCTIONS]


def _vague(question: str, asked: Asked) -> bool:
    """Whether it names several years, or a mean, where the measure has one year."""
    if asked.how != "value" or "average" in asked.expression:
        return False
    return len(asked.years) > 1 or re.search(r"\baverage\b", question, re.I) is not None


def reckoned(asked: Asked, rows: Sequence[Row]) -> Reckoned | None:
    """The value asked for; None where a line is missing, or can't be told from another."""
    used: list[Row] = []

    def at(year: int) -> float:
        def line(name: str, before: int) -> float:
            return _line(name, year - before, asked, rows, used)

        return _Expression(asked.expression, line).value()

    try:
        values = [at(year) for year in (asked.years if asked.how == "mean" else asked.years[-1:])]
        before = at(asked.years[0]) if asked.how in ("growth", "change") else None
        value = _made(asked.how, values, before)
    except (LookupError, ZeroDivisionError):
        return None
    scales = {row.scale for row in used}
    if len(scales) > 1 and 1.0 in scales:
        return None  # of one of them nobody says in what it is counted
    kind = "share" if asked.how == "growth" else asked.kind
    return Reckoned(value, kind, tuple(used), before, None if before is None else values[-1])


def _made(how: str, values: Sequence[float], before: float | None) -> float:
    if before is None:
        return sum(values) / len(values)
    change = values[-1] - before
    return change / abs(before) if how == "growth" else change


def _year(match: re.Match[str]) -> int:
    year = int(match[1] or match[2] or match[3])
    return year if year > 1900 else 2000 + year if year < 60 else 0


def _measure(question: str) -> tuple[str, str, str] | None:
    for words, expression, kind in MEASURES:
        if match := re.search(words, question, re.I):
            return expression, kind, match[0]
    return None


def _item(question: str) -> tuple[str, str, str] | None:
    """The line that the question names first, or its share of the revenue."""
    found = [(match.start(), -len(match[0]), name, match) for name, line in LINES.items()
             if (match := re.search(rf"\b(?:{line.words})\b", question, re.I))]  # fmt: skip
    if not found:
        return None
    _, _, name, match = min(found, key=lambda one: one[:2])
    if name != "revenue" and _SHARE.match(question[match.end() :]):
        return f"{name} / revenue", "share", f"{match[0]} as a share of revenue"
    return name, "share" if name == "tax_rate" else "amount", match[0]


def squeezed(label: str) -> str:
    """A label's letters: brackets, notes and spaces are written or not, as a tool has it."""
    plain = re.sub(r"\([^()]*\)|\bnotes?\s*\d+", "", label)
    return re.sub(r"[^a-z]", "", plain.lower())


def _line(name: str, year: int, asked: Asked, rows: Iterable[Row], used: list[Row]) -> float:
    """The figure of a line. Raises LookupError where there is none, or several that differ."""
    found: list[tuple[tuple[bool, int], float, Row]] = []
    line = LINES[name]
    for row in rows:
        value = row.of(year, 0 if line.statement == "balance" else asked.months)
        rank = _rank(line, row, squeezed(asked.title)) if value is not None else None
        if value is not None and rank is not None:
            elsewhere = bool(row.statement and line.statement and row.statement != line.statement)
            found.append(((elsewhere, rank), value / 100 if name == "tax_rate" else value * row.scale, row))
    if not found:
        raise LookupError(name)
    best = min(key for key, _, _ in found)
    some = [(value, row) for key, value, row in found if key == best]
    value, row = some[0]
    if any(abs(abs(other) - abs(value)) > ALIKE * abs(value) for other, _ in some):
        raise LookupError(name)
    used.append(row)
    return abs(value) if line.unsigned else value


def _rank(line: Line, row: Row, title: str) -> int | None:
    """How good a label is for a line, the lowest is the best: what is asked for by the label itself is no other line,
    such as net sales where there is a total revenue, too. None where it is another line's."""
    texts = squeezed(row.label), squeezed(f"{row.above} {row.label}")
    for rank, pattern in enumerate(line.labels):
        if any(re.fullmatch(pattern, text) for text in texts):
            return -1 if texts[0] == title else rank
    return None


class _Expression:
    """Works out a measure's expression; `line` gives the figure of a line so many years before."""

    def __init__(self, text: str, line: Callable[[str, int], float]) -> None:
        self._tokens = re.findall(r"[a-z_]+|\d+|[-+*/()]", text)
        self._line = line

    def value(self) -> float:
        left = self._product()
        while self._tokens and self._tokens[0] in "+-":
            left = left + self._product() if self._tokens.pop(0) == "+" else left - self._product()
        return left

    def _product(self) -> float:
        left = self._atom()
        while self._tokens and self._tokens[0] in "*/":
            left = left * self._atom() if self._tokens.pop(0) == "*" else left / self._atom()
        return left

    def _atom(self) -> float:
        first = self._tokens.pop(0)
        if first == "(":
            value = self.value()
            self._tokens.pop(0)
            return value
        if first.isdigit():
            return float(first)
        if first in ("average", "change"):
            _, name, _ = (self._tokens.pop(0) for _ in range(3))
            now, before = self._line(name, 0), self._line(name, 1)
            return (now + before) / 2 if first == "average" else now - before
        return self._line(first, 0)
