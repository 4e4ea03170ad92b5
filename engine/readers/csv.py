"""Reads tables of values: each row as it stands in the file."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from engine.cards import Problem
from engine.readers._text import Flow, clean, decode, looks_like_text, named, one_line
from engine.readers._wire import Limits
from engine.store import Reading

KIND = "csv"

_SEPARATORS = ",;\t|"


def recognises(head: bytes, name: str) -> float:
    """By name: commas alone prove nothing."""
    return 0.7 if looks_like_text(head) and named(name, ".csv", ".tsv") else 0.0


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Each row as it stands in the file, labelled with its number; the first is 1."""
    text, unseen = clean(decode(data))
    flow = Flow(limits)
    flow.hide(unseen)
    title = ""
    csv.field_size_limit(limits.characters)
    try:
        for number, values, line in numbered(text):
            if any(value.strip() for value in values):
                title = title or one_line(" | ".join(values))
                flow.add(line, f"row {number}")
    except csv.Error as error:
        raise Problem("damaged", "The rows can't be told apart.") from error
    return Reading(KIND, title, flow.pages())


def numbered(text: str) -> Iterator[tuple[int, list[str], str]]:
    """The rows of a table: number (the first, its header, is 1), values, and the row as it stands in the text."""
    lines = text.split("\n")
    rows = csv.reader((f"{line}\n" for line in lines), _dialect(text))
    begin = 0
    for number, values in enumerate(rows, start=1):
        yield number, values, "\n".join(lines[begin : rows.line_num])
        begin = rows.line_num


def _dialect(text: str) -> type[csv.Dialect]:
    sample = text[:8192]
    try:
        return csv.Sniffer().sniff(sample[: sample.rfind("\n") + 1] or sample, _SEPARATORS)
    except csv.Error:
        return csv.excel
