"""Groups the lines of a log by what they say, whatever numbers and names stand in them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from engine.tools import Finding, Given, NoResult, Result, Tray, Value, Values

SENTENCE = "Groups the lines of a log by their pattern, and counts them."
ACTION = "compute"
PARAMETERS: dict[str, type] = {}
OPTIONAL = {"groups": int}
VALUES = ("text",)

MOST_LINES = 200_000
LONGEST_LINE = 2_000
MOST_WORDS = 120
MOST_ALIKE = 100
"""Groups that begin alike; a line that would make one more joins the nearest."""
MOST_SEEN = 20_000
"""Patterns that are remembered as they stand: most lines repeat one."""
TOLD = 10
ALIKE = 0.5
"""The share of words that must agree for a line to join a group."""
WILD = "<*>"
_EVERY = 1_000

# What differs from line to line of one kind: times, ids, addresses, numbers with their unit. The longest come first.
_VARYING = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|\b0x[0-9a-fA-F]+\b|\b(?=[a-f]{0,63}\d)(?=\d{0,63}[a-f])[0-9a-f]{8,64}\b"
    r"|(?<![A-Za-z])[-+]?\d+(?:[.,:/-]\d+)*(?:[a-zA-Z%]{1,3}\b)?"
)
_LEVEL = re.compile(r"\b(FATAL|CRITICAL|ALERT|ERROR|WARNING|WARN|NOTICE|INFO|DEBUG|TRACE)\b", re.IGNORECASE)


@dataclass(slots=True)
class Group:
    """Lines that say the same: their pattern word by word, how many, and where the first and the last stand."""

    words: list[str]
    count: int = 0
    first: tuple[int, int] = (0, 0)
    last: tuple[int, int] = (0, 0)


class Groups:
    """The groups of the lines so far, by the method of Drain (He et al., 2017): nothing is kept but patterns.

    A line is compared with the groups of as many words that begin with the same word, and joins the
    one with which it shares most words, if that is enough; where they differ the pattern becomes `<*>`.
    """

    def __init__(self) -> None:
        self.all: list[Group] = []
        self._buckets: dict[tuple[int, str], list[Group]] = {}
        self._seen: dict[str, Group] = {}

    def add(self, line: str) -> Group:
        """The group that this line joins."""
        pattern = _VARYING.sub(WILD, line[:LONGEST_LINE])
        group = self._seen.get(pattern)
        if group is None:
            group = self._joined(pattern.split()[:MOST_WORDS])
            if len(self._seen) < MOST_SEEN:
                self._seen[pattern] = group
        group.count += 1
        return group

    def _joined(self, words: list[str]) -> Group:
        first = next((word for word in words if WILD not in word), WILD)
        bucket = self._buckets.setdefault((len(words), first), [])
        best, shared = None, -1.0
        for group in bucket:
            same = sum(map(str.__eq__, group.words, words)) / max(1, len(words))
            if same > shared:
                best, shared = group, same
        if best is None or (shared < ALIKE and len(bucket) < MOST_ALIKE):
            best = Group(words)
            bucket.append(best)
            self.all.append(best)
        elif shared < 1.0:
            best.words = [old if old == new else WILD for old, new in zip(best.words, words, strict=True)]
        return best


def call(given: Given, values: Values, tray: Tray) -> Result:
    """The largest groups (`groups`, else 10): `count`, `lines` in all, `level`, `pattern`, `first` and `last` line."""
    value = values["text"]
    groups, lines = _grouped(value.quote, tray)
    if not groups.all:
        raise NoResult("no_result", f"{tray.name}: there are no lines")
    largest = sorted(groups.all, key=lambda group: -group.count)[: max(1, min(given.get("groups", TOLD), TOLD))]
    sentence = f"{tray.name}: {lines} lines in {len(groups.all)} groups, the largest of {largest[0].count}"
    return Result(tuple(_finding(value, group, lines) for group in largest), sentence)


def gives(values: Collection[str]) -> tuple[str, ...]:
    """The columns of a finding."""
    return "count", "lines", "level", "pattern", "first", "last"


def _grouped(text: str, tray: Tray) -> tuple[Groups, int]:
    groups, at, lines = Groups(), 0, 0
    for number, line in enumerate(text.split("\n")):
        if number >= MOST_LINES:
            raise NoResult("too_large", f"{tray.name}: the log has more than {MOST_LINES:,} lines")
        if number % _EVERY == 0:
            tray.in_time()
        if line.strip():
            group = groups.add(line)
            group.last = (at, at + len(line))
            if group.count == 1:
                group.first = group.last
            lines += 1
        at += len(line) + 1
    return groups, lines


def _finding(value: Value, group: Group, lines: int) -> Finding:
    first, last = (value.quote[start:end] for start, end in (group.first, group.last))
    level = _LEVEL.search(first)
    cells = (
        ("count", str(group.count)), ("lines", str(lines)), ("level", level[0].upper() if level else ""),
        ("pattern", " ".join(group.words)[:300]), ("first", first.strip()[:300]), ("last", last.strip()[:300]),
    )  # fmt: skip
    return Finding(cells, first, value.at(*group.first), f"{group.count} lines")
