"""Finds a field's value: which of the matches of its kind stands beside the words that name it.

A label ("Invoice number", "Total due") and a value belong together when the value follows in the text, stands to the
right on the same printed line, or below in the same column. Each such neighbourhood has a strength, which falls with
the words or lines between; the label's place in the playbook's list, and how much the match looks like a value of its
kind, weigh in. The weights were chosen on development parts of invoices, receipts and contracts
(`tests/bench/extraction.py`), not learned.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from engine import kinds
from engine.cards import Box, Document, Field, Place
from engine.kinds import Match, Where
from engine.pages import Page, Reading, Word
from engine.playbook import FieldRule
from engine.shelf import modules
from engine.wording import holds

MOST = 300
"""Matches, and labels, of a page that are weighed against each other: more are no form, but a table or an attack."""
MOST_TOLD = 40
"""Values of one field that are handed on, where several are meant."""
BAND = 20.0
"""Points of a page's height whose words are looked at together."""
NEAR = 120
"""Characters between a label and what follows it in the text, at most."""
PER_WORD = 0.75
PER_LINE = 0.7
LATER_LABEL = 0.3
"""What is left of the strength after each word between, and each line break; and by how much the list's last label is
weaker than its first."""
BELOW, PER_ROW, ROWS = 0.75, 0.9, 8
BEFORE = 0.35
"""The strength of a value that stands before its label on one line."""
UNNAMED = 0.15
"""The strength of a value beside which no label stands."""
OTHER = 0.25
"""What is left where another label is as near."""
EARLY = 0.5
"""What is left behind the first page, for what stands at a document's beginning."""
RIVAL = 0.8
"""A second value with this share of the best one's score makes the best one less sure."""
DOUBTED = 0.7

T = TypeVar("T")
Span = tuple[int, int]

_FILLERS = frozenset(
    "nr no num number n vom von am of as the is in on dated date du le de la a to für for eur usd".split()
)
_ASIDE = re.compile(r"\([^()]{0,30}\)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match on a page, and how sure it is that it is what the field asks for, in 0..1."""

    document: Document
    page: Page
    match: Match
    score: float


def found(rule: FieldRule, readings: Sequence[tuple[Document, Reading]], least: float | None = None) -> Iterator[Field]:
    """All that could be the field, the likeliest first, each with how sure it is: at least `least`, or what its kind
    says.

    Another value that fits nearly as well makes the best one less sure.
    """
    ranked = candidates(rule, readings, least)[:MOST_TOLD]
    for place, one in enumerate(ranked):
        rivals = () if place or several(rule) else ranked[1:]
        doubted = any(two.match.value != one.match.value and two.score >= RIVAL * one.score for two in rivals)
        yield _field(rule.name, one, round(one.score * (DOUBTED if doubted else 1.0), 4))


def several(rule: FieldRule) -> bool:
    """Whether a paper names several of the kind, and all are meant."""
    return bool(modules(kinds)[rule.kind].WHERE.several)


def candidates(
    rule: FieldRule, readings: Sequence[tuple[Document, Reading]], least: float | None = None
) -> list[Candidate]:
    """All that could be the field, the likeliest first."""
    kind = modules(kinds)[rule.kind]
    where: Where = kind.WHERE
    bar = where.least if least is None else least
    some: list[Candidate] = []
    for document, reading in readings:
        own: list[Candidate] = []
        for page in reading.pages[: where.opening or None]:
            own += [
                Candidate(document, page, match, round(score, 4))
                for match, score in _weighed(rule, kind, page)
                if score >= bar
            ]
            if where.opening and len(own) > 1:
                break
        if where.opening and len(own) < 2 and (at_end := getattr(kind, "at_end", None)):
            known = {one.match.value.casefold() for one in own}
            own += _signed(at_end, document, reading, known)
        some += reversed(own) if where.last else own
    return sorted(some, key=lambda one: -one.score)


def _signed(
    at_end: Callable[[str], Iterator[Match]], document: Document, reading: Reading, known: set[str]
) -> Iterator[Candidate]:
    """What the end of a paper names, each value once."""
    for page in reading.pages:
        for match in itertools.islice(at_end(page.text), MOST):
            if match.value.casefold() not in known:
                known.add(match.value.casefold())
                yield Candidate(document, page, match, match.looks)


def _field(name: str, found: Candidate, sure: float) -> Field:
    page, match = found.page, found.match
    place = placed(found.document, page, match.start, match.end)
    return Field(name, match.value, page.text[match.start : match.end], place, score=sure)


def placed(document: Document, page: Page, start: int, end: int) -> Place:
    """Where that part of a page's text stands."""
    return Place(document.sha256, document.name, page.number, start, end, page.box(start, end), page.path(start))


def _weighed(rule: FieldRule, kind: Any, page: Page) -> Iterator[tuple[Match, float]]:
    where: Where = kind.WHERE
    if where.inside:
        yield from _holding(rule, kind, page)
        return
    matches = _most(kind.find(page.text), where)
    if not matches:
        return
    layout = _Layout(page, where.last)
    words = (*rule.near, *where.near)
    later = EARLY if where.early and page.number > 1 else 1.0
    near = [
        (span, 1 - LATER_LABEL * rank / max(len(words), 1)) for span, rank in _most(_labels(words, page.text), where)
    ]
    others = _most(_labels((*rule.apart, *where.apart), page.text), where)
    apart = [label for label, _ in others if not any(_within(label, good) for good, _ in near)]
    ends = min((label[0] for label, _ in _labels(where.ends, page.text)), default=len(page.text))
    for match in matches:
        at = (match.start, match.end)
        named = max((layout.strength(label, at) * better for label, better in near), default=0.0)
        other = max((layout.strength(label, at) for label in apart), default=0.0)
        if not words:
            named = 1.0
        yield match, later * match.looks * max(named, UNNAMED) * (OTHER if other > named or at[0] > ends else 1.0)


def _holding(rule: FieldRule, kind: Any, page: Page) -> Iterator[tuple[Match, float]]:
    """The matches in which all words of one of the field's labels stand, each as the beginning of a word."""
    for match in kind.find(page.text):
        text = page.text[match.start : match.end]
        best = next((rank for rank, words in enumerate(rule.near) if holds(words, text)), None)
        if best is not None:
            # Less sure and no more than that: a heading may stand in a sentence with the clause below it.
            other = any(holds(words, text) for words in rule.apart)
            yield match, match.looks * (1 - LATER_LABEL * best / len(rule.near)) * (OTHER if other else 1.0)


def chosen(rule: FieldRule, readings: Sequence[tuple[Document, Reading]]) -> Field | None:
    """Which of the field's choices holds: the first of which a word stands in the documents, else the one without."""
    for choice, words in rule.choices.items():
        for document, reading in readings:
            for page in reading.pages:
                if (found := next(_labels(words, page.text), None)) is not None:
                    (start, end), _ = found
                    return Field(rule.name, choice, page.text[start:end], placed(document, page, start, end))
    otherwise = next((choice for choice, words in rule.choices.items() if not words), "")
    document = readings[0][0]
    return (
        Field(rule.name, otherwise, "", Place(document.sha256, document.name, 1, 0, 0), "playbook")
        if otherwise
        else None
    )


def _most(found: Iterator[T], where: Where) -> list[T]:
    """Those that are weighed: the first on the page, or the last."""
    return list(deque(found, MOST) if where.last else itertools.islice(found, MOST))


def _labels(words: Sequence[str], text: str) -> Iterator[tuple[Span, int]]:
    """Where these labels stand, whatever their case and spacing, and their places in the list; in the text's order."""
    spelled = (r"\s{1,30}".join(map(re.escape, label.split())) for label in words)
    found = (
        (match.span(), rank)
        for rank, label in enumerate(spelled)
        for match in re.finditer(rf"(?<![\w-]){label}(?!\w)", text, re.IGNORECASE)
    )
    yield from sorted(found)


def _within(inner: Span, outer: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


class _Layout:
    """Where on the paper things stand; for formats without paper, only the text's order counts."""

    def __init__(self, page: Page, last: bool = False) -> None:
        self._per_row = 1.0 if last else PER_ROW
        self._text = page.text
        self._words: list[Word] = list(page.words)
        self._starts = [word[0] for word in self._words]
        self._boxes: dict[Span, Box | None] = {}
        self._bands: dict[int, list[Word]] = defaultdict(list)
        for word in self._words:
            self._bands[int((word[3] + word[5]) / 2 // BAND)].append(word)

    def strength(self, label: Span, value: Span) -> float:
        """How much a value at that place belongs to the label there, in 0..1."""
        return max(self._after(label, value), self._beside(label, value))

    def _after(self, label: Span, value: Span) -> float:
        """It follows in the text."""
        if value[0] >= label[1] and value[0] - label[1] <= NEAR:
            between = self._text[label[1] : value[0]]
            return float(PER_WORD ** _count(between) * PER_LINE ** between.count("\n"))
        if label[0] >= value[1] and label[0] - value[1] <= NEAR:
            between = self._text[value[1] : label[0]]
            if "\n" not in between:
                return float(BEFORE * PER_WORD ** _count(between))
        return 0.0

    def _beside(self, label: Span, value: Span) -> float:
        """It stands to the right on the same printed line, or below in the same column."""
        a, b = self._box(label), self._box(value)
        if a is None or b is None:
            return 0.0
        height = max(min(a[3] - a[1], b[3] - b[1]), 1.0)
        if _level(a, b, height) and b[0] >= a[2] - 2:
            return self._to_the_right(a, b, height)
        rows = (b[1] - a[3]) / max(a[3] - a[1], 1.0)
        if -0.5 <= rows <= ROWS and b[0] < a[2] and b[2] > a[0]:
            return float(BELOW * self._per_row ** max(rows, 0.0))
        return 0.0

    def _to_the_right(self, a: Box, b: Box, height: float) -> float:
        bands = range(int(a[1] // BAND) - 1, int(a[3] // BAND) + 2)
        between = [
            word
            for word in itertools.chain.from_iterable(self._bands.get(band, ()) for band in bands)
            if word[2] >= a[2] - 2 and word[4] <= b[0] + 2 and _level(a, word[2:], height)
        ]
        said = " ".join(self._text[word[0] : word[1]] for word in sorted(between))
        return float(PER_WORD ** _count(said))

    def _box(self, span: Span) -> Box | None:
        if span not in self._boxes:
            self._boxes[span] = self._around(span)
        return self._boxes[span]

    def _around(self, span: Span) -> Box | None:
        touched = []
        for place in range(max(bisect_left(self._starts, span[0]) - 1, 0), len(self._words)):
            word = self._words[place]
            if word[0] >= span[1]:
                break
            if word[1] > span[0]:
                touched.append(word)
        if not touched:
            return None
        return (
            min(word[2] for word in touched), min(word[3] for word in touched),
            max(word[4] for word in touched), max(word[5] for word in touched),
        )  # fmt: skip


def _level(a: Box, b: Box, height: float) -> bool:
    """Whether two boxes stand on one printed line."""
    return min(a[3], b[3]) - max(a[1], b[1]) > 0.5 * height


def _count(between: str) -> int:
    """The words between two places that are more than joints."""
    words = (word.strip(".,:;#()[]*-–_|\"'") for word in _ASIDE.sub(" ", between.lower()).split())
    return sum(1 for word in words if word and word not in _FILLERS)
