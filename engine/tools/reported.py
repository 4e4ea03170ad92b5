"""Answers a question from the statements of figures in documents: a line of a year, or a measure such as a margin.

It answers only what it can account for to the last word. Every word of the question must be part of the measure or an
instruction, or name whom the document is about; every line must stand in a statement with that title, under the year,
and nowhere with another figure. What else is asked gets no answer here, and somebody else's turn comes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from engine.cards import Place
from engine.measures import Asked, Reckoned, asked, reckoned, unaccounted
from engine.pages import Page, Reading
from engine.planner import parts
from engine.statements import Row, rows
from engine.tools import Finding, Given, NoResult, Result, TableFile, Tray, Values

SENTENCE = "Reckons what a question asks of the statements in documents: a line of a year, or a measure of several."
ACTION = "read"
PARAMETERS = {"files": list}
OPTIONAL: dict[str, type] = {}
VALUES = ("question",)
FILES = ("files",)

LONGEST = 2_000
"""Characters of a question."""
COVER = 3_000
"""Characters at the beginning of a document that say whose it is."""
FIRM = 90
"""Characters of a line on a cover that holds the name of a firm, with its legal form."""
MOST_FILES = 40
_FIRM = re.compile(
    r"\b(?:inc|corp(?:oration)?|company|co|ltd|limited|plc|llc|l\.?p|ag|se|sa|nv|gmbh|group|holdings?)\b", re.I
)
_HEAD = re.compile(r"(?:from|to|date|subject|sent): ", re.I)
_YES_NO = re.compile(r"\W*(?:is|are|was|were|do|does|did|has|have)\b", re.I)
_UP = re.compile(r"improv|increas|\bgr[eo]w", re.I)
_DOWN = re.compile(r"decreas|declin", re.I)
_POSITIVE = re.compile(r"\bpositive\b", re.I)
_YEARLY = re.compile(r"\b10-?K\b|annual report|\b(?:full|twelve)[ -](?:year|months)\b", re.I)
_INTERIM = re.compile(r"\b10-?Q\b|quarterly (?:report|period)|\b(?:first|second|third)[ -]quarter\b", re.I)
_UNITS = ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"))


@dataclass(frozen=True, slots=True)
class _Found:
    """A row with the page that it stands on."""

    row: Row
    page: Page
    file: TableFile
    heading: str


def call(given: Given, values: Values, tray: Tray) -> Result:
    """First the answer, with how it was reckoned; then each row that it rests on: `answer`, `result`, `working`."""
    question = _question(values["question"].text)
    wanted = asked(question) if len(question) <= LONGEST else None
    left = unaccounted(question, wanted) if wanted else None
    if wanted is None or left is None or (_YES_NO.match(question) and not _decides(question, wanted)):
        raise NoResult("no_result", f"{tray.name}: this is no question for one line or measure of a year")
    answers = [
        (value, found)
        for name in given["files"]
        if (answered := _in(tray.file(name), wanted, left, tray))
        for value, found in [answered]
    ]
    if not answers:
        raise NoResult("no_result", f"{tray.name}: no document has all that {wanted.title} needs, told apart")
    value, found = answers[0]
    if any(abs(other.value - value.value) > 0.005 * abs(value.value) for other, _ in answers):
        raise NoResult("no_result", f"{tray.name}: two documents say otherwise of {wanted.title}")
    told = told_of(question, wanted, value)
    working = "; ".join(f"{row.label}: {_cells(row)}" for row in dict.fromkeys(value.rows))
    result = shown(value.value, value.kind)
    first = _finding(found[0], (("answer", told), ("result", result), ("working", working)))
    return Result((first, *(_finding(one, ()) for one in found[1:])), f"{tray.name}: {result}, from {working}")


def gives(values: Collection[str]) -> tuple[str, ...]:
    """The columns of the first finding."""
    return "answer", "result", "working"


def faults(given: Given, values: Collection[str]) -> Iterator[str]:
    """What is wrong with a playbook's row."""
    files = given["files"]
    if not files or len(files) > MOST_FILES or not all(isinstance(one, str) for one in files):
        yield f"needs in `files` the names of 1 to {MOST_FILES} documents."


def _question(text: str) -> str:
    """A message without its head, its greeting and its signature."""
    head, _, rest = text.partition("\n\n")
    body = rest if rest and _HEAD.match(head) else text
    return " ".join(part.text for part in parts(body[: 2 * LONGEST]))


def _in(file: TableFile, wanted: Asked, left: list[str], tray: Tray) -> tuple[Reckoned, list[_Found]] | None:
    """What a document has as the answer, if it is about those whom the question names."""
    reading = tray.reading(file)
    cover = reading.text[:COVER]
    interim = _INTERIM.search(cover) and not _YEARLY.search(cover)
    if not _is_about(reading, file, left) or (wanted.months == 12 and interim):
        return None  # a quarter's balance stands under the year, too
    tray.in_time()
    found = [
        _Found(row, page, file, reading.title) for page in reading.pages for row in rows(page.text) if row.statement
    ]
    value = reckoned(wanted, [one.row for one in found])
    if value is None or (value.kind == "amount" and any(row.scale == 1 for row in value.rows)):
        return None
    used = [next(one for one in found if one.row is row) for row in value.rows]
    return value, list({id(one): one for one in used}.values())


def _is_about(reading: Reading, file: TableFile, left: list[str]) -> bool:
    """Whether each word that is left of a question is a name: of the file, or of a firm on the document's cover."""
    firms = [line for line in reading.text[:COVER].splitlines() if len(line) < FIRM and _FIRM.search(line)]
    known = set(re.findall(r"[a-z]+|\d+", " ".join([file.name, reading.title, *firms]).lower()))
    names = [re.sub(r"['’]s?$", "", word) for word in left]
    return all(name[:1].isupper() and set(re.findall(r"[a-z]+|\d+", name.lower())) <= known for name in names)


def _finding(found: _Found, cells: tuple[tuple[str, str], ...]) -> Finding:
    start, end = found.row.start, found.row.end
    quote = found.page.text[start:end].strip()
    start = found.page.text.find(quote, start)
    end = start + len(quote)
    place = Place(
        found.file.sha256,
        found.file.name,
        found.page.number,
        start,
        end,
        found.page.box(start, end),
        found.page.path(start),
    )
    return Finding(cells, quote, place, found.heading)


def told_of(question: str, wanted: Asked, value: Reckoned) -> str:
    """The answer as a sentence; to a question for yes or no it begins with that, where the figures decide it."""
    last = wanted.years[-1]
    lead = {True: "Yes. ", False: "No. ", None: ""}[_decided(question, wanted, value)]
    title = wanted.title[:1].upper() + wanted.title[1:]
    if wanted.how == "mean":
        return f"{title}, mean of {wanted.years[0]} to {last}: {shown(value.value, value.kind)}."
    if value.before is None or value.after is None:
        return f"{lead}{title}, {last}: {shown(value.value, value.kind)}."
    points = wanted.how == "change" and wanted.kind == "share"
    change = f"{100 * value.value:+.1f} percentage points" if points else shown(value.value, value.kind, "+")
    before, after = shown(value.before, wanted.kind), shown(value.after, wanted.kind)
    return f"{lead}{title}: {before} in {wanted.years[0]}, {after} in {last}, a change of {change}."


def _decides(question: str, wanted: Asked) -> bool:
    """Whether figures answer a question for yes or no by themselves: by their sign, or by going up or down."""
    changes = wanted.how in ("change", "growth")
    return bool(_UP.search(question) or _DOWN.search(question)) if changes else bool(_POSITIVE.search(question))


def _decided(question: str, wanted: Asked, value: Reckoned) -> bool | None:
    """Yes or no; None where nobody asked that."""
    if not _YES_NO.match(question) or not _decides(question, wanted):
        return None
    up = wanted.how == "value" or _UP.search(question)
    return value.value > 0 if up else value.value < 0


def shown(value: float, kind: str, sign: str = "") -> str:
    """A value as people write it."""
    if kind == "share":
        return f"{100 * value:{sign}.1f}%"
    if kind == "number":
        return f"{value:{sign}.2f}"
    size, unit = next((one for one in _UNITS[1:] if abs(value) >= one[0]), (1.0, ""))
    return f"{value / size:{sign},.1f} {unit}".removesuffix(" ").replace(".0 ", " ")


def _cells(row: Row) -> str:
    return ", ".join(
        f"{value:,g} ({year})" if year else f"{value:,g}"
        for value, year in zip(row.values, row.years, strict=True)
        if value is not None
    )
