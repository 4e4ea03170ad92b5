"""Tools that an agent may have called when its playbook grants them, and the permission table allows it.

A tool is one file on this shelf. It holds:

    SENTENCE = "Looks a row up in a table by its key."   what it does, in plain words
    ACTION = "read"                          read, compute, call or write: see `permissions.py`
    PARAMETERS = {"file": str, "key": str}   what the playbook must fix, with types
    OPTIONAL = {"sheet": str}                what it may fix
    VALUES = ("value",)                      what fields fill; None: the playbook names them itself
    def call(given: Given, values: Values, tray: Tray) -> Result
    def faults(given: Given, values: Collection[str]) -> Iterator[str]     may be left out
    def gives(values: Collection[str]) -> tuple[str, ...]      may be left out: the columns of what it finds
    FILES = ("file", "words")                may be left out: which of these name files beside the playbook; else `file`
    RECALLS = True                           may be left out: its values are keys of [memory], and one is enough

`given` has been checked against the types. `values` stem from documents: they select a row or a
number, and never say what a tool touches. Files, notes and addresses come from the tray, which knows
the playbook; a tool opens nothing by itself. It raises NoResult when the values give nothing, and
Problem when the operator must mend something. A tool that takes time asks `tray.in_time()`. `faults`
says what else is wrong with a playbook's row, as the end of a sentence; `gives` names the slots that a
playbook's sentence may have, where that is known beforehand. Nothing else names the tool: the shelf
finds it, and only `toolbox.py` calls it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from engine.cards import Origin, Place, Problem
from engine.pages import Page, Reading
from engine.permissions import Action


class NoResult(Problem):
    """These values give nothing. It says why in a sentence, and stops nothing."""


@dataclass(frozen=True, slots=True)
class Value:
    """What fills a parameter: its text, where it stems from, and the words at the place it was read from.

    `pages` are there when it is the whole text of a document: then `at` finds the place of a part.
    """

    text: str
    origin: Origin
    quote: str
    place: Place
    pages: tuple[Page, ...] = ()

    def at(self, start: int, end: int) -> Place:
        """The place of a part of the quote, on the page where it begins."""
        for page in self.pages:
            if start <= len(page.text):
                end = min(end, len(page.text))
                box, path = page.box(start, end), page.path(start)
                return Place(self.place.document, self.place.name, page.number, start, end, box, path)
            start, end = start - len(page.text) - 1, end - len(page.text) - 1
        place = self.place
        return Place(place.document, place.name, place.page, place.start + start, place.start + end, path=place.path)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: (column, value) pairs, and the words at the place that they rest on."""

    cells: tuple[tuple[str, str], ...]
    quote: str
    place: Place
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call: the findings, and a sentence for people without its full stop."""

    findings: tuple[Finding, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that the playbook names: its bytes as they are kept, and where; `own` is the operator's own copy."""

    name: str
    data: bytes
    sha256: str
    kept: Path
    own: Path


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier case, in words for people: its task, the day it came, what it was about and what was decided.

    `same` are the parameters whose values it shares.
    """

    task: str
    date: str
    intent: str
    outcome: str
    same: tuple[str, ...]


class Tray(Protocol):
    """What a tool may reach: one grant of one playbook, in one task."""

    name: str
    """What the playbook calls this grant."""

    def file(self, name: str) -> TableFile:
        """Raises Problem("missing_file")."""
        ...

    def reading(self, file: TableFile) -> Reading:
        """What the readers make of it, in their fenced workers. Raises Problem."""
        ...

    def note(self, title: str, text: str) -> tuple[Place, str]:
        """Keeps a text that stands in no file, so that it can be cited: its place, and the text as it is kept."""
        ...

    def ask(self, values: Mapping[str, str]) -> str:
        """What the grant's address answers. Raises NoResult."""
        ...

    def earlier(self, values: Values, most: int) -> tuple[list[Earlier], int]:
        """The newest decided cases of this playbook that share one of these values, and how many there are in all."""
        ...

    def in_time(self) -> None:
        """Raises NoResult("too_slow") when the call has taken longer than the grant allows."""
        ...


Given = Mapping[str, Any]
Values = Mapping[str, Value]


class Tool(Protocol):
    """The shape of a module on this shelf."""

    SENTENCE: str
    ACTION: Action
    PARAMETERS: Mapping[str, Any]
    OPTIONAL: Mapping[str, Any]
    VALUES: tuple[str, ...] | None

    def call(self, given: Given, values: Values, tray: Tray) -> Result: ...
