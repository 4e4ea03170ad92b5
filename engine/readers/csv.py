"""Reads tables of values: each row as it stands in the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterator

from engine.cards import Problem
from engine.pages import Part
from engine.readers._file import File
from engine.readers._text import Flow, clean, decode, looks_like_text, one_line
from engine.readers._wire import Limits

KINDS = ("csv", "tsv")
IMPORTS = ("charset_normalizer", "csv")

_SEPARATORS = ",;\t|"
_NAMES = (".csv", ".tsv", ".tab")
_OTHERS = (
    ".md",
    ".markdown",
    ".htm",
    ".html",
    ".xml",
    ".json",
    ".eml",
    ".rtf",
    ".ics",
    ".vcf",
    ".svg",
    ".yaml",
    ".tex",
)
_SAMPLE = 8192
_LINES = 3
_LONGEST_VALUE = 80
_RULE = re.compile(r"\s*\|?[\s|:-]*--[\s|:-]*")


def recognises(file: File) -> tuple[str, float]:
    """By its name, if it holds text; by its rows alone only where they can't be anything else."""
    head = file.head
    if not looks_like_text(head):
        return "", 0.0
    kind = "tsv" if file.named(".tsv", ".tab") else "csv"
    if file.named(*_NAMES):
        return kind, 0.7
    if not file.named(*_OTHERS) and _tabular(decode(head)):
        return kind, 0.5
    return "", 0.0


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """Each row as it stands in the file, labelled with its number; the first is 1."""
    text, unseen = clean(decode(file.data))
    flow = Flow(limits)
    flow.hide(unseen, "characters")
    title = ""
    csv.field_size_limit(limits.characters)
    try:
        for number, values, line in numbered(text):
            if any(value.strip() for value in values):
                title = title or one_line(" | ".join(values))
                flow.add(line, f"row {number}")
    except csv.Error as error:
        raise Problem("damaged", "The rows can't be told apart.") from error
    yield from flow.pages()
    return title


def numbered(text: str) -> Iterator[tuple[int, list[str], str]]:
    """The rows of a table: number (the first, its header, is 1), values, and the row as it stands in the text."""
    lines = text.split("\n")
    rows = csv.reader((f"{line}\n" for line in lines), _dialect(text))
    begin = 0
    for number, values in enumerate(rows, start=1):
        yield number, values, "\n".join(lines[begin : rows.line_num])
        begin = rows.line_num


def _dialect(text: str) -> type[csv.Dialect]:
    sample = text[:_SAMPLE]
    try:
        return csv.Sniffer().sniff(sample[: sample.rfind("\n") + 1] or sample, _SEPARATORS)
    except csv.Error:
        return csv.excel


def _tabular(text: str) -> bool:
    """Whether these lines are rows of values: as many in each, short ones, and no sentences."""
    lines = [line for line in clean(text)[0].split("\n")[:-1] if line.strip()]
    return len(lines) >= _LINES and any(_separated(lines, separator) for separator in _SEPARATORS)


def _separated(lines: list[str], separator: str) -> bool:
    try:
        rows = list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        return False
    columns = len(rows[0])
    if columns < 2 or any(len(row) != columns for row in rows) or any(_RULE.fullmatch(line) for line in lines):
        return False
    values = [value for row in rows for value in row]
    if not all(value.strip() for value in rows[0]) or len(set(rows[0])) < columns:
        return False
    spaced = sum(value.startswith(" ") for row in rows for value in row[1:])
    return spaced * 4 <= len(values) and max(map(len, values)) <= _LONGEST_VALUE
