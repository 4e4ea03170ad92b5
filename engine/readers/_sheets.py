"""Writes sheets of cells as text: a page a sheet, a line a row, each cell labelled with its place."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.cards import Problem
from engine.readers import _numbers
from engine.readers._text import Flow
from engine.readers._wire import Limits

GAP = 30
"""So many empty cells in a row are kept, for the sake of the columns; more become one."""
COLUMNS = 16_384
CELLS = 4_000_000
"""The most cells that are looked at, empty ones included."""

_GATHERED = 50_000


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows. `column` counts from 1; `hidden` is a key of HIDDEN, or ""."""

    column: int
    text: str
    hidden: str = ""


@dataclass(slots=True)
class Styles:
    """What a workbook says of its cells' looks: by style, the number format, and whether it writes white on white."""

    codes: list[str] = field(default_factory=list)
    white: list[bool] = field(default_factory=list)
    from_1904: bool = False

    def cell(self, column: int, value: str | float, style: int) -> Cell:
        """That value as people see it, or with why they don't."""
        code = self.codes[style] if 0 <= style < len(self.codes) else ""
        if code in ("", "General") and not (style < len(self.white) and self.white[style]):
            return Cell(column, value if isinstance(value, str) else _numbers.plain(value))
        hidden = "white" if 0 <= style < len(self.white) and self.white[style] else ""
        if isinstance(value, str):
            return Cell(column, value, hidden if _numbers.shows_text(code) else "concealed")
        text = _numbers.shown(value, code, from_1904=self.from_1904)
        return Cell(column, text, hidden) if text else Cell(column, _numbers.plain(value), "concealed")


class Sheet:
    """One sheet while it is written."""

    def __init__(self, flow: Flow, limits: Limits, name: str, *, concealed: bool = False) -> None:
        self._flow = flow
        self._most = limits.characters
        self._name = name
        self._concealed = concealed
        self._begun = False
        self._first = 0
        self._unseen: list[str] = []
        self._unseen_length = 0
        self._covered = bytearray()

    def add(self, text: str, label: str) -> None:
        """A text that lies on the sheet, or is printed around it."""
        if self._concealed:
            self._hide(text)
        elif text.strip():
            self._begin()
            self._flow.add(text, label)

    def line(self, texts: Sequence[str], label: str) -> None:
        """A line of a chart that lies on the sheet."""
        if self._concealed:
            self._hide(" | ".join(texts))
        else:
            self._begin()
            self._flow.row(texts, label)

    def conceal_columns(self, first: int, last: int) -> None:
        """These columns, counted from 1, are hidden."""
        self._covered = self._covered or bytearray(COLUMNS + 1)
        first, last = max(1, first), min(last, COLUMNS)
        if first <= last:
            self._covered[first : last + 1] = b"\x01" * (last + 1 - first)

    def row(self, number: int, cells: Iterable[Cell], *, hidden: bool = False) -> None:
        """One row, numbered from 1; its cells in the order of their columns, empty ones left out."""
        seen: list[Cell] = []
        length = 0
        for cell in cells:
            if not cell.text or cell.text.isspace():
                continue
            length += len(cell.text)
            if length > self._most or len(seen) > COLUMNS:
                raise Problem("too_large", "There is more text in a row than the limit.")
            if self._concealed or hidden or self._covered[cell.column : cell.column + 1] == b"\x01":
                self._hide(cell.text)
            elif cell.hidden:
                self._flow.hide(cell.text, cell.hidden)
            else:
                seen.append(cell)
        if seen:
            self._write(number, seen)

    def end(self) -> None:
        """Nothing more of this sheet."""
        self._flush()

    def _begin(self) -> None:
        """An empty sheet is none: its page begins with the first thing to be seen on it."""
        self._flush()
        if not self._begun:
            self._begun = True
            self._flow.page_break()
            self._flow.heading(self._name, 1, f"Sheet {self._name}")

    def _write(self, number: int, cells: list[Cell]) -> None:
        self._begin()
        self._first = min(self._first or cells[0].column, cells[0].column)
        texts, labels = list[str](), list[str]()
        after = self._first
        for cell in cells:
            gap = cell.column - after
            empty = gap if gap <= GAP else 1
            texts += [""] * empty
            labels += [""] * empty
            texts.append(cell.text)
            labels.append(f"{letters(cell.column)}{number}")
            after = cell.column + 1
        self._flow.row(texts, f"row {number}", labels)

    def _hide(self, text: str) -> None:
        """Hidden cells are told together: one by one they would say nothing."""
        self._unseen.append(text)
        self._unseen_length += len(text)
        if self._unseen_length > _GATHERED:
            self._flush()

    def _flush(self) -> None:
        if self._unseen:
            self._flow.hide(" | ".join(self._unseen), "concealed")
            self._unseen.clear()
            self._unseen_length = 0


@functools.lru_cache(maxsize=COLUMNS)
def letters(column: int) -> str:
    """The name of a column, counted from 1: A, B, ..., Z, AA."""
    name = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


@functools.lru_cache(maxsize=COLUMNS)
def column_number(name: str) -> int:
    """The number of a column, counted from 1; 0 where that is no column's name."""
    number = 0
    for char in name if len(name) < 4 else "":
        if not "A" <= char <= "Z":
            return 0
        number = number * 26 + ord(char) - ord("A") + 1
    return number
