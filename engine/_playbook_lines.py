"""Says on which line of a TOML file each of its values stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

Keys = tuple[str | int, ...]
"""The way to a value: names of tables and keys, and places in lists (from 0)."""

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*|[\[\]{},=\n]|[^\s\"'\#\[\]{},=]+|[ \t\r]+",
    re.DOTALL,
)


class Lines:
    """The lines of one text that is known to be sound TOML: a locator, which judges nothing."""

    def __init__(self, text: str) -> None:
        self._found: dict[Keys, int] = {(): 1}
        self._tokens = _tokens(text)
        self._at = 0
        self._rows: dict[Keys, int] = {}
        table: Keys = ()
        while self._at < len(self._tokens):
            if self._next() == "[":
                table = self._header()
            elif self._next() == "\n":
                self._at += 1
            else:
                self._pair(table)

    def of(self, keys: Sequence[str | int]) -> int:
        """The line (from 1) of a value; of what holds it, where it does not stand there itself."""
        way = tuple(keys)
        while way not in self._found:
            way = way[:-1]
        return self._found[way]

    def _next(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _take(self) -> tuple[str, int]:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _header(self) -> Keys:
        """`[a.b]` or `[[a.b]]`: the table that the next lines belong to."""
        _, line = self._take()
        rows = self._next() == "["
        self._at += rows
        names = self._names("]")
        self._at += rows
        way: Keys = ()
        for place, name in enumerate(names):
            way = (*way, name)
            if rows and place == len(names) - 1:
                self._rows[way] = self._rows.get(way, -1) + 1
                self._found.setdefault(way, line)
            if way in self._rows:
                way = (*way, self._rows[way])
        self._found[way] = line
        return way

    def _pair(self, table: Keys) -> None:
        line = self._tokens[self._at][1]
        way = (*table, *self._names("="))
        self._found[way] = line
        self._value(way)

    def _names(self, end: str) -> list[str]:
        """The parts of a key, up to the sign that ends it."""
        parts: list[str] = []
        while (token := self._take()[0]) != end:
            parts += [token[1:-1]] if token[0] in "\"'" else [part for part in token.split(".") if part]
        return parts

    def _value(self, way: Keys) -> None:
        match self._take()[0]:
            case "[":
                self._list(way)
            case "{":
                self._inline(way)
            case _:
                while self._next() not in ("\n", ",", "]", "}", ""):  # a date and its time are two words
                    self._at += 1

    def _list(self, way: Keys) -> None:
        place = 0
        while (token := self._next()) != "]":
            if token in (",", "\n"):
                self._at += 1
                continue
            self._found[(*way, place)] = self._tokens[self._at][1]
            self._value((*way, place))
            place += 1
        self._at += 1

    def _inline(self, way: Keys) -> None:
        while (token := self._next()) != "}":
            if token in (",", "\n"):
                self._at += 1
            else:
                self._pair(way)
        self._at += 1


def _tokens(text: str) -> list[tuple[str, int]]:
    """The signs, names and values of a text with the line of each, without comments and spaces."""
    found, line = [], 1
    for token in _TOKEN.findall(text):
        if token[0] not in "# \t\r":
            found.append((token, line))
        line += token.count("\n")
    return found
