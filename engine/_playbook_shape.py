"""Says what in a playbook's tables has an unknown name or a wrong type, before values are made of them."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from engine._playbook_lines import Keys

Found = tuple[Keys, str]
"""Where something is wrong, and the sentence with the remedy."""

OURS = {"folder"}
"""Parts of our values that no file may set."""

_KINDS = {
    str: 'text in quotation marks, such as "abc"',
    int: "a whole number without quotation marks, such as 2",
    float: "a number without quotation marks, such as 0.8",
    bool: "true or false, without quotation marks",
}
_SYNTAX = (
    ("Invalid value", 'text needs quotation marks around it (title = "Front desk"), a number needs none (version = 1)'),
    ("Unterminated string", "a text begins here that does not end: put the closing quotation mark after it"),
    ("Illegal character '\\n'", "a text begins here that does not end: put the closing quotation mark after it"),
    ("Unclosed array", "a list that begins with [ has no end: put ] after its last item, and commas between its items"),
    ("Expected '=' after a key", "a line is a name, the sign = and a value; here the = is missing"),
    ("Expected ']' at the end of a table", "the closing bracket is missing: write [budget], and [[rules]] for a row"),
    ("Expected ']]' at the end of an array", "the closing brackets are missing: write [[rules]], two on each side"),
    ("Cannot overwrite a value", "this name is there twice: keep one of the two"),
    ("Cannot declare", "this heading is there twice: put all its lines under one of the two"),
    ("Unescaped '\\' in a string", "a backslash needs single quotation marks around the text: pattern = '\\d+'"),
    ("Expected newline or end of document", "a line holds one name and one value: put the rest on a line of its own"),
    ("Invalid initial character", "a line begins with a name of letters; text does not go on in the next line"),
)  # fmt: skip

_PATTERNS = (
    ("missing )", "a round bracket ( is opened and not closed: add ), or write \\( for one that stands in the text"),
    (
        "unbalanced parenthesis",
        "a round bracket ) closes none: remove it, or write \\) for one that stands in the text",
    ),
    (
        "unterminated character set",
        "a square bracket [ is opened and not closed: add ], or write \\[ for one in the text",
    ),
    ("nothing to repeat", "before *, + or ? stands nothing to repeat: write \\*, \\+ or \\? for the sign in the text"),
    (
        "multiple repeat",
        "two of the signs *, +, ? and {...} follow each other: keep one, or put \\ before one in the text",
    ),
    ("bad character range", "a range in square brackets runs backwards: write it upwards, as in [A-Z]"),
    ("min repeat greater", "the numbers in {...} run backwards: write the smaller one first, as in {2,5}"),
    ("bad escape", "a backslash stands before a letter to which it gives no meaning: remove it, or write \\\\ for one"),
)


def plainly(error: re.error) -> str:
    """What is wrong with a pattern, for people who know no regular expressions."""
    remedy = next((remedy for start, remedy in _PATTERNS if error.msg.startswith(start)), error.msg)
    return remedy if error.pos is None else f"at its character {error.pos + 1}, {remedy}"


def syntax(error: tomllib.TOMLDecodeError, text: str) -> tuple[int, str]:
    """The line and the sentence for a file that is not TOML."""
    said = str(error)
    place = re.search(r"\(at line (\d+), column \d+\)", said)
    lines = text.splitlines()
    line = int(place[1]) if place else max(1, len(lines))
    if said.startswith("Illegal character '\\n'") or "Unescaped" in said:
        line = min(line, len(lines))
    remedy = next((remedy for start, remedy in _SYNTAX if said.startswith(start)), said.partition(" (at ")[0])
    shown = lines[line - 1].strip()[:60] if 0 < line <= len(lines) else ""
    return line, f"this can't be read as TOML{f' (`{shown}`)' if shown else ''}: {remedy}."


def misfits(kind: Any, data: Any, way: Keys = ()) -> Iterator[Found]:
    """What does not fit the type `kind`: unknown, missing and mistyped parts, each with its remedy."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        yield from misfits(next(one for one in inside if one is not type(None)), data, way)
    elif dataclasses.is_dataclass(kind) and isinstance(kind, type):
        yield from _table(kind, data, way)
    elif origin is tuple:
        yield from _list(inside[0], data, way)
    elif origin is dict:
        yield from _named(inside[1], data, way)
    elif origin is Literal:
        if data not in inside:
            yield way, f"{spelled(way)} is {shown(data)}; {choose(data, inside)}."
    elif kind in _KINDS and not _fits(kind, data):
        yield way, f"{spelled(way)} must be {_KINDS[kind]}; it is {shown(data)}."


def choose(word: object, known: Iterable[str]) -> str:
    """What to write instead: the word that was probably meant, and the others."""
    names = list(known)
    near = difflib.get_close_matches(str(word), names, 1, 0.6)
    return f'did you mean "{near[0]}"? There are {", ".join(names)}' if near else f"choose from {', '.join(names)}"


def shown(value: Any) -> str:
    """A value as it stands in the file, cut short."""
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "a table"
    return json.dumps(value, ensure_ascii=False, default=str)[:60]


def spelled(way: Keys) -> str:
    """`budget.rounds`, or `title` of the 2nd [[intents]]."""
    names = [part for part in way if isinstance(part, str)]
    rows = [part for part in way if isinstance(part, int)]
    if not names:
        return "the file"
    if rows and len(names) > 1:
        return f"`{names[-1]}` in [[{names[0]}]] number {rows[0] + 1}"
    if rows:
        return f"number {rows[0] + 1} of `{names[0]}`"
    return f"`{names[-1]}` in [{'.'.join(names[:-1])}]" if len(names) > 1 else f"`{names[0]}`"


def _table(kind: type[Any], data: Any, way: Keys) -> Iterator[Found]:
    if not isinstance(data, dict):
        heading = ".".join(part for part in way if isinstance(part, str))
        yield way, f"{spelled(way)} must be a heading with lines below it: write [{heading}]; it is {shown(data)}."
        return
    hints = typing.get_type_hints(kind)
    parts = {part.name: part for part in dataclasses.fields(kind) if part.name not in OURS}
    for name in data.keys() - parts.keys():
        near = difflib.get_close_matches(name, parts, 1, 0.6)
        remedy = f"did you mean `{near[0]}`?" if near else f"remove the line, or choose from {', '.join(parts)}."
        yield (*way, name), f"there is no {spelled((*way, name))}; {remedy}"
    for name, part in parts.items():
        if name in data:
            yield from misfits(hints[name], data[name], (*way, name))
        elif part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING:
            yield way, f"{spelled((*way, name))} is missing; add a line {name} = {_example(hints[name])}."


def _list(kind: Any, data: Any, way: Keys) -> Iterator[Found]:
    if isinstance(data, (list, tuple)):
        for place, item in enumerate(data):
            yield from misfits(kind, item, (*way, place))
    elif kind is str:
        yield way, f"{spelled(way)} must be a list: write square brackets around it, [{shown(data)}]."
    else:
        name = ".".join(part for part in way if isinstance(part, str))
        yield way, f"{spelled(way)} must be rows: write [[{name}]] above each of them, with two brackets on each side."


def _named(kind: Any, data: Any, way: Keys) -> Iterator[Found]:
    if not isinstance(data, dict):
        name = ".".join(part for part in way if isinstance(part, str))
        yield way, f"{spelled(way)} must be headings with a name of yours: write [{name}.NAME]."
        return
    for name, item in data.items():
        yield from misfits(kind, item, (*way, name))


def _fits(kind: type, data: Any) -> bool:
    if kind is not bool and isinstance(data, bool):
        return False
    if kind is float:
        return isinstance(data, (int, float)) and math.isfinite(data)  # TOML knows inf and nan
    return isinstance(data, kind)


def _example(kind: Any) -> str:
    """A value of that type, as a person would write it."""
    return {str: '"..."', int: "1", float: "0.5"}.get(kind, '["..."]')
