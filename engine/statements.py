"""Reads the rows of figures that a text holds, as in a balance sheet: each with its label and the years over it.

Two ways of laying a table out come here: a row to a line ("Inventories 1,240 1,105"), and a cell to a line, as some
PDF tools write it. Nobody says where a table begins: a row is a label with figures after it, and years hold for the
rows below them until others come, or prose does. What can't be told apart stays untold: a row that has other than as
many figures as there are years has no years.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST = 200_000
"""Characters of a text that are looked at."""
MOST_COLUMNS = 12
MOST_TOKENS = 3 * MOST_COLUMNS
"""A figure has a sign of money and a bracket beside it, at most."""
PROSE = 140
"""A line that is longer, and has no figures after it, is prose: the years above it hold no longer."""

_TOKEN = re.compile(
    r"[($€£−-]*(?:\d[\d,]{0,24}(?:\.\d{1,9})?|\.\d{1,9})[)%x]*(?:pts?)?|[$€£%()]{1,4}|[—–−\x96\x97*#-]{1,3}%?"
    r"|N/?[AM]|nm|pts?|\(?[a-z1-9]\)"
)
_CELL = re.compile(
    r"(?P<signs>(?:[(−-] ?|[$€£] ?){0,4})(?P<figure>\d[\d,]{0,24}(?:\.\d{1,9})?|\.\d{1,9})"
    r"|(?P<nil>[—–−\x96\x97-]+|N/?[AM]|nm)"
)
_LEADERS = re.compile(r"\.{3,}|…+")
_NOT_BEFORE = re.compile(
    r"\b(?:of|and|to|at|by|than|from|over|under|in|note|notes|page|item|part|through|until|no)\s*$", re.I
)
_YEAR = re.compile(r"\b(?:FY\s?)?((?:19|20)\d\d)\b(?![,.]\d)")
_VERSUS = re.compile(r"\b(?:19|20)\d\d (?:vs\.?|versus|to|over) (?:19|20)\d\d\b", re.I)
_HEAD = frozenset(
    """january february march april may june july august september october november december jan feb mar apr jun jul
    aug sep sept oct nov dec at as of and the for fiscal year years ended ending end in months month three six nine
    twelve quarter quarters first second third fourth weeks week audited unaudited restated adjusted fy q change
    changes to from vs versus percent percentage increase decrease inc dec note notes"""
    .split()
)  # fmt: skip
_SCALE = re.compile(r"(?:\bin |\(|^\W*)(thousands|millions|billions)\b(?! of (?!dollars|euros))", re.I)
_SCALES = {"thousands": 1e3, "millions": 1e6, "billions": 1e9}
_SPAN = re.compile(r"\b(?:(three|six|nine|twelve) months|(years?|quarters?)(?= ended))", re.I)
_TITLES = (
    ("cash", re.compile(r"statements?of(consolidated)?cashflows?")),
    ("balance", re.compile(r"balancesheets?|statements?of(consolidated)?financialposition")),
    ("income", re.compile(r"statements?of(consolidated)?(net)?(income|operations|earnings)|incomestatements?")),
    ("", re.compile(r"notesto(the)?(condensed)?(consolidated)?financial|statements?of.*(comprehensive|equity)")),
)  # fmt: skip
"""The kinds of statements, by their titles; under another title a row is of none."""
_TITLE = 90
"""Characters of the longest title."""
_MONTHS = {"three": 3, "six": 6, "nine": 9, "twelve": 12, "year": 12, "years": 12, "quarter": 3, "quarters": 3}


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its figures: None where a dash stands for one. `years` is empty where nobody can say, and 0 where a
    column is no year's, as that of a change.

    `months` says how long a time each column covers (0 = not said), `scale` what a figure is to be multiplied with,
    `above` what stood over the label without figures: the name of its part of the table, or the label's beginning.
    `statement` is balance, income or cash where the title of such a statement stands above, else "".
    """

    label: str
    values: tuple[float | None, ...]
    years: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    scale: float = 1.0
    above: str = ""
    statement: str = ""
    start: int = 0
    end: int = 0

    def of(self, year: int, months: int) -> float | None:
        """The figure of a year, for a time of so many months (0 = however long, or of a day); None where there is none,
        or several."""
        found = [n for n, one in enumerate(self.years) if one == year and (not months or self.months[n] in (0, months))]
        return self.values[found[0]] if len(found) == 1 else None


@dataclass(slots=True)
class _Table:
    """What has been read so far: the head over the rows, and the row that is being read."""

    years: list[int] = field(default_factory=list)
    spans: list[int] = field(default_factory=list)
    changes: bool = False
    scale: float = 1.0
    in_head: bool = False
    titled: bool = False
    statement: str = ""
    label: str = ""
    above: str = ""
    start: int = 0
    end: int = 0
    cells: list[float | None] = field(default_factory=list)

    def head(self, years: list[int], spans: list[int], changes: bool) -> None:
        if not self.in_head and (years or spans):
            if not years or not self.spans or self.years:
                self.spans = []  # else the time stood a line above its years
            self.years, self.changes = [], False
        if self.titled and years:  # what stood before the scale were the years of the title
            self.years, self.titled = [], False
        self.in_head = True
        self.years += years
        self.spans += spans
        self.changes |= changes

    def begin(self, label: str, start: int) -> None:
        self.above, self.label, self.start, self.cells = self.label, label, start, []
        self.in_head = self.titled = False

    def row(self) -> Iterator[Row]:
        """The row that has been read, if it is one."""
        count = len(self.cells)
        if self.label and 0 < count <= MOST_COLUMNS and any(cell is not None for cell in self.cells):
            years = self._years(count)
            each = count // len(self.spans) if self.spans and count % len(self.spans) == 0 else 0
            months = tuple(self.spans[n // each] if each else 0 for n in range(count))
            yield Row(
                self.label,
                tuple(self.cells),
                years,
                months,
                self.scale,
                self.above,
                self.statement,
                self.start,
                self.end,
            )
            self.label = ""  # what a row with figures is called is no beginning of the next one's label
        self.cells = []

    def _years(self, count: int) -> tuple[int, ...]:
        years = self.years
        if len(years) > count > 1 and all(years[:count]) and not any(years[count:]):
            years = years[:count]  # of a row that has no figures for changes
        if len(years) > count > 1 and len(set(years[-count:])) == len(set(years)):
            years = years[-count:]  # the years of the title, and then those of the columns
        if len(years) < count and self.changes and len(years) > 1:
            years = years + [0] * (count - len(years))
        return tuple(years) if len(years) == count else ()


def rows(text: str) -> Iterator[Row]:
    """All rows of figures of a text, in their order."""
    table, position = _Table(), 0
    for raw in text[:LONGEST].splitlines(keepends=True):
        start, position = position, position + len(raw)
        line = " ".join(_LEADERS.sub(" ", raw).split())
        if not line:
            continue
        if scale := _SCALE.search(line[:PROSE]):
            table.scale = _SCALES[scale[1].lower()]
            table.titled = table.in_head
        table.statement = _titled(line, table.statement)
        if head := _headed(line):
            yield from table.row()
            table.head(*head)
            continue
        label, cells = _parted(line)
        if label:
            yield from table.row()
            if not cells and len(label) > PROSE:
                table.years, table.spans = [], []
            if not (table.in_head and scale):
                table.begin(label, start)
        table.cells += cells
        table.in_head &= not cells
        table.end = position
    yield from table.row()


def _titled(line: str, before: str) -> str:
    """The kind of statement that goes on after a line."""
    if len(line) > _TITLE or re.search(r"\.{4}|(?<!\d)\d{1,3}$|\bsee\b|\baccompanying\b", line):
        return before  # an index, or a mention
    letters = re.sub(r"\([^()]*\)|[^a-z]", "", line.lower())
    return next((kind for kind, title in _TITLES if title.search(letters) and len(letters) < 80), before)


def _headed(line: str) -> tuple[list[int], list[int], bool] | None:
    """The years, lengths of time and whether changes stand in a line that holds nothing else; None if it does."""
    if len(line) > PROSE:
        return None
    rest = _YEAR.sub(" ", line)
    words = re.findall(r"[A-Za-z]+", rest.lower())
    if any(word not in _HEAD for word in words) or any(int(n) > 31 for n in re.findall(r"\d+", rest)):
        return None
    years = [int(year) for year in _YEAR.findall(_VERSUS.sub(" 0 ", line))]
    years += [0] * len(_VERSUS.findall(line))
    if not years and not words:
        return None
    spans = [_MONTHS[(one[1] or one[2]).lower()] for one in _SPAN.finditer(line)]
    return years, spans, bool(re.search(r"%|\bch|\binc|\bvs|\bper", rest, re.I))


def _parted(line: str) -> tuple[str, list[float | None]]:
    """The label of a line and the figures after it."""
    words = line.split(" ")
    at = len(words)
    while at and len(words) - at < MOST_TOKENS and _TOKEN.fullmatch(words[at - 1]):
        at -= 1
    label, tail = " ".join(words[:at]), " ".join(words[at:])
    if label and (not tail or _NOT_BEFORE.search(label[-12:])):
        return line, []
    return re.sub(r"[\s.…:]+$", "", label), list(_figures(tail))


def _figures(text: str) -> Iterator[float | None]:
    for cell in _CELL.finditer(text):
        if cell["nil"]:
            yield None
        else:
            figure = float(cell["figure"].replace(",", ""))
            yield -figure if re.search(r"[(−-]", cell["signs"]) else figure
