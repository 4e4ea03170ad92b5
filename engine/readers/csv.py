"""Reads tables of values: one line a row."""

from __future__ import annotations

import csv
import io
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
    """Each row as its values between bars, labelled with its number in the file; the first is 1."""
    text, unseen = clean(decode(data))
    flow = Flow(limits)
    flow.hide(unseen)
    title = ""
    csv.field_size_limit(limits.characters)
    try:
        for number, row in numbered(text):
            line = " | ".join(" ".join(value.split()) for value in row)
            if line.strip(" |"):
                title = title or one_line(line)
                flow.add(line, f"row {number}")
    except csv.Error as error:
        raise Problem("damaged", "The rows can't be told apart.") from error
    return Reading(KIND, title, flow.pages())


def numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table with their numbers in the file; the first, its header, is 1."""
    return enumerate(csv.reader(io.StringIO(text), _dialect(text)), start=1)


def _dialect(text: str) -> type[csv.Dialect]:
    sample = text[:8192]
    try:
        return csv.Sniffer().sniff(sample[: sample.rfind("\n") + 1] or sample, _SEPARATORS)
    except csv.Error:
        return csv.excel
