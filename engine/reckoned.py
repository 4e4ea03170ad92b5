"""Says how far an answer is borne out by figures: those it states, those it reckons from them, and the one asked for.

Words can be right where a figure is not: another year's, another line's, or the result of a slip. So each figure of an
answer is looked for in the source, in thousands or millions or rounded as people write it; else it must follow from
figures before it that were found, by one step of arithmetic. And where the question is one that `measures.py` can
reckon by itself, the answer must come to the same. An answer that doubts itself is doubted, too. How much each of
these counts (`WEIGHTS`) is set by reason, not learned: no set of answers is free to learn from.
`tests/bench/finance.py` measures it: the area under the curve is .83 on FinanceBench, where the gold answer is not
seen, .97 on its questions for a metric.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.measures import Reckoned, asked, reckoned
from engine.statements import Row, rows
from engine.support import EMPTY, content

LONGEST = 20_000
"""Characters of an answer that are looked at."""
MOST = 400
"""Figures of an answer that are looked at."""
MOST_THERE = 3_000
"""Figures of a source that are looked at."""
POOL = 10
"""Figures before another one that it may have been reckoned from: people write it near them."""
DERIVED = 0.8
"""What a figure counts that follows from others: less than one that stands there, since chance finds some, too."""

LOOKED_FROM, TELLING = 40, 3
"""Figures of a source from which others may follow, and the digits that such a figure needs to tell something."""

WEIGHTS = {"figures": 2.5, "words": 3.0, "names": 1.0, "topic": 2.0, "agrees": 2.0, "most": 1.0, "doubts": -1.0}
BIAS = -5.0

_FIGURE = re.compile(r"(?<![A-Za-z\d.,])\d[\d,]{0,24}(?:\.\d{1,9})?")
_NAME = re.compile(r"\b[A-Z][\w-]+")
_MOST = re.compile(r"\b(?:highest|largest|biggest|greatest|most)\b", re.I)
_LEAST = re.compile(
    r"\b(?:lowest|smallest|least|worst|(?:biggest|largest) (?:drop|decline|decrease|fall|loss)|dragged)\b", re.I
)
_TOTAL = re.compile(r"total|sub-?total|revenues$|net |worldwide", re.I)
_DOUBTS = re.compile(
    r"\bnot (?:directly |explicitly |specifically )?(?:provided|available|disclosed|stated|given|mention)|\bcannot\b"
    r"|\bunable\b|\bassum|\bwithout (?:more|further|additional)\b|\bestimat|\bappears?\b|\bdifficult to\b"
    r"|\bwould need\b",
    re.I,
)
_UNIT = re.compile(r"[ \t]?(?:\(?(?:in )?(?:USD|U\.?S\.? dollars?) )?(thousand|million|billion|[MB]n?\b)", re.I)
_UNITS = {"t": 1e3, "m": 1e6, "b": 1e9}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a text: its value as it is written, its decimals, and where it stands."""

    value: float
    decimals: int
    start: int
    end: int

    def is_year(self, text: str) -> bool:
        return (
            self.decimals == 0
            and 1900 <= self.value <= 2100
            and self.end - self.start == 4
            and "," not in text[self.start : self.end]
        )

    def half(self) -> float:
        """Half a unit of its last place, and a little more: both ways of rounding a five are right."""
        return 0.51 * 10.0**-self.decimals

    def tells(self, text: str) -> bool:
        """Whether it says something: no year, and not one digit, which stands everywhere."""
        return not self.is_year(text) and len(text[self.start : self.end].strip("0,.")) >= 2


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer is to rest on, read once."""

    text: str
    rows: tuple[Row, ...]
    figures: tuple[Figure, ...]
    stems: frozenset[str]


def source(*texts: str) -> Source:
    """The texts together, each with its own tables."""
    whole = "\n\n".join(texts)
    return Source(
        whole.lower(),
        tuple(row for text in texts for row in rows(text)),
        tuple(figures(whole)),
        frozenset(content(whole)),
    )


def figures(text: str) -> Iterator[Figure]:
    for match in itertools.islice(_FIGURE.finditer(text), MOST_THERE):
        digits = match[0].rstrip(",").replace(",", "")
        decimals = len(digits.partition(".")[2])
        yield Figure(float(digits), decimals, match.start(), match.start() + len(match[0].rstrip(",")))


def same(figure: Figure, value: float) -> bool:
    """Whether a figure is that value, rounded, in whatever thousands, and of whatever sign."""
    value = abs(value)
    if value == 0:
        return figure.value == 0
    for power in (0, 3, 6, 9, -3, -6, -9):
        tolerance = min(figure.half() * 10.0**power, 0.03 * value) if power or figure.decimals else 0.51
        if abs(figure.value * 10.0**power - value) <= max(tolerance, 1e-9 * value):
            return True
    return False


def follows(figure: Figure, pool: Sequence[float]) -> bool:
    """Whether a figure is the sum, difference, share, change or mean of two or three of the others."""
    half = figure.half() + 1e-9
    for a, b in itertools.permutations(pool, 2):
        results = [a - b, a + b, (a + b) / 2, a * b / 100]
        if b:
            results += [a / b, 100 * a / b, 100 * (a - b) / b]
        if any(abs(abs(one) - figure.value) <= half for one in results):
            return True
    return any(
        abs(total - figure.value) <= half
        for some in itertools.combinations(pool, 3)
        for total in (sum(some), sum(some) / 3)
    )


@dataclass(frozen=True, slots=True)
class Weighed:
    """What speaks for an answer: shares in 0..1, and `agrees` and `most` in -1..1 (0 = nobody can say)."""

    figures: float
    words: float
    names: float
    topic: float
    agrees: float
    most: float
    doubts: float

    @property
    def chance(self) -> float:
        """In 0..1; an order, and only roughly a probability."""
        total = BIAS + sum(weight * getattr(self, name) for name, weight in WEIGHTS.items())
        return 1 / (1 + math.exp(-total))


def weighed(answer: str, question: str, source: Source) -> Weighed:
    """What the source says for and against an answer to a question."""
    answer = answer[:LONGEST]
    said = [one for one in itertools.islice(figures(answer), MOST) if one.tells(answer)]
    found = list(_found(said, source))
    stems, asks = list(content(answer)), frozenset(content(question))
    names = [one for one in _NAME.findall(answer) if one.lower() not in EMPTY]
    known = source.text + question.lower()
    wanted = asked(question)
    value = reckoned(wanted, source.rows) if wanted else None
    return Weighed(
        _mean(found, 0.5),
        _mean([one in source.stems or one in asks for one in stems], 0.0),
        _mean([one.lower() in known for one in names], 0.5),
        len(asks & set(stems)) / max(1, len(asks)),
        agrees(answer, value) if value else 0.0,
        most(answer, question, said, source),
        float(_DOUBTS.search(answer) is not None),
    )


def _found(said: Sequence[Figure], source: Source) -> Iterator[float]:
    """For each figure of an answer, how well it is found."""
    pool: list[float] = []
    for one in said:
        stands = any(same(one, there.value) or (there.value > 9 and same(there, one.value)) for there in source.figures)
        share = 1.0 if stands else DERIVED * follows(one, pool[-POOL:])
        if share:
            pool.append(one.value)
        yield share


def reckoning(text: str, source: str) -> str:
    """How each figure of a text that does not stand in the source follows from two that do ("24.5 = 49 / 2"); "" where
    one does not, or is so short that some two figures always give it. It explains, and supports nothing: two figures
    can be beside the point, and give the right number."""
    there = [one for one in figures(source) if not one.is_year(source)][:LOOKED_FROM]
    told = []
    for one in figures(text):
        if any(one.value == other.value for other in there) or one.is_year(text):
            continue
        digits = re.sub(r"\D", "", text[one.start : one.end]).lstrip("0")
        if len(digits if one.decimals else digits.rstrip("0")) < TELLING:
            return ""
        step = next(_steps(one, source, there), "")
        if not step:
            return ""
        told.append(f"{text[one.start : one.end]} = {step}")
    return ", ".join(told)


def _steps(figure: Figure, source: str, there: Sequence[Figure]) -> Iterator[str]:
    for a, b in itertools.permutations(there, 2):
        for sign, value in (
            ("+", a.value + b.value), ("-", a.value - b.value), ("/", a.value / b.value if b.value else math.nan),
            ("/", 100 * a.value / b.value if b.value else math.nan),
        ):  # fmt: skip
            if abs(value - figure.value) <= figure.half():
                yield f"{source[a.start : a.end]} {sign} {source[b.start : b.end]}"


def agrees(answer: str, value: Reckoned) -> float:
    """1 where the answer comes to the value that was reckoned, .5 where that stands within it, -1 where others do."""
    said = [one for one in figures(answer) if not one.is_year(answer)]
    if not said:
        return -0.6
    hits = [_is(one, value, answer) for one in said]
    return 1.0 if any(hits[:2]) or any(hits[-3:]) else 0.5 if any(hits) else -1.0


def _is(figure: Figure, value: Reckoned, text: str) -> bool:
    match value.kind:
        case "share":
            return abs(figure.value - 100 * abs(value.value)) <= figure.half()
        case "number":
            return abs(figure.value - abs(value.value)) <= figure.half() and (
                figure.decimals > 0 or abs(value.value) > 20
            )
    unit = _UNIT.match(text, figure.end)
    if unit and any(row.scale > 1 for row in value.rows):
        size = _UNITS[unit[1][0].lower()]
        return abs(figure.value * size - abs(value.value)) <= max(figure.half() * size, 1e-9)
    return same(figure, value.value)


def most(answer: str, question: str, said: Sequence[Figure], source: Source) -> float:
    """Where a question asks which line has the most or the least: 1 if the line that the answer names with its figure
    has, -1 if another one of that table and column has; 0 where nobody asked that, or nothing like it stands there."""
    way = _LEAST.search(question) or _MOST.search(question)
    if way is None or not re.search(r"\b(?:which|what)\b", question, re.I):
        return 0.0
    best, asks = min if way.re is _LEAST else max, set(content(question))
    labels = [set(content(row.label)) for row in source.rows]
    for one in said:
        around = set(content(answer[max(0, one.start - 200) : one.end + 100]))
        for n, label in enumerate(labels):
            if not label or label <= asks or not label <= around:
                continue
            for column, value in enumerate(source.rows[n].values):
                if value and same(one, value):
                    return 1.0 if value == best(_column(source.rows, n, column)) else -1.0
    return 0.0


def _column(rows: Sequence[Row], at: int, column: int) -> list[float]:
    """The figures of a column around a row, as far as the table goes; its totals left out."""
    own, found = rows[at], []
    first = last = at
    while first > 0 and _beside(rows[first - 1], own):
        first -= 1
    while last + 1 < len(rows) and _beside(rows[last + 1], own):
        last += 1
    for row in rows[first : last + 1]:
        value = row.values[column]
        if value is not None and (row is own or not _TOTAL.match(row.label)):
            found.append(value)
    return found


def _beside(row: Row, own: Row) -> bool:
    return len(row.values) == len(own.values) and row.years == own.years and row.scale == own.scale


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
