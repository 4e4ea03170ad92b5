"""Turns values into plain data and JSON, and back: for the log, for the wire between desk and engine, for files."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import operator
import types
import typing
from collections.abc import Callable, Hashable
from typing import Any, Literal, cast

from engine.cards import Handoff, Problem, Why

_SIMPLE = frozenset({str, int, float, bool, type(None)})


def changes(before: Handoff, after: Handoff) -> dict[str, Any]:
    """What one leg added, as plain data: the log's delta. `why` and `seq` stand beside it, in the event."""
    names, of = _parts_of()
    return {
        name: plain(value)
        for name, value, old in zip(names, of(after), of(before), strict=True)
        if value is not old and value != old
    }


def changed(before: Handoff, why: Why, seq: int, delta: dict[str, Any]) -> Handoff:
    """The fold's one step: the baton after a leg's delta was applied."""
    return dataclasses.replace(before, why=why, seq=seq, **parts(delta))


def parts(delta: dict[str, Any]) -> dict[str, Any]:
    """The parts of the baton that a delta holds, as values. Raises Problem("bad_line") when it can't be one."""
    builders = _travelling()
    if unknown := delta.keys() - builders.keys():
        raise Problem("bad_line", f"A Handoff has no {', '.join(sorted(unknown))}.")
    return {name: builders[name](value) for name, value in delta.items()}


@functools.cache
def _travelling() -> dict[str, Callable[[Any], Any]]:
    """What builds each part of the baton that a leg may add to."""
    return {name: _builder(hint) for name, hint in _hints(Handoff).items() if name not in ("why", "seq")}


@functools.cache
def _parts_of() -> tuple[tuple[str, ...], Callable[[Handoff], tuple[Any, ...]]]:
    """The names of those parts, and what takes them from a baton in one step."""
    names = tuple(_travelling())
    return names, operator.attrgetter(*names)


def plain(value: Any) -> Any:
    """A value as dicts, lists, strings and numbers, ready for JSON."""
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if (names := _parts(cast(Hashable, kind))) is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def build(kind: Any, data: Any) -> Any:
    """A value of type `kind` from plain data; the inverse of `plain`.

    Raises Problem("bad_line") when the data does not fit the type.
    """
    return _builder(kind)(data)


def encode(value: Any) -> str:
    """One JSON line for the wire and for fixtures, in ASCII; `is` names the value's class."""
    return json.dumps({"is": type(value).__name__, **plain(value)}, separators=(",", ":"))


def decode(line: str, kinds: tuple[type, ...]) -> Any:
    """The value of one line, which must be one of `kinds`. Raises Problem("bad_line")."""
    try:
        data = _whole_characters(json.loads(line), line)
    except (ValueError, RecursionError) as error:
        raise Problem("bad_line", f"A line is not JSON: {error}.") from error
    name = data.pop("is", None) if isinstance(data, dict) else None
    kind = next((kind for kind in kinds if kind.__name__ == name), None)
    if kind is None:
        raise Problem("bad_line", f"A line holds {name!r:.40}, not one of {', '.join(k.__name__ for k in kinds)}.")
    return build(kind, data)


def _whole_characters(data: Any, line: str) -> Any:
    """Without halves of characters, which JSON can spell and no file or database can hold."""
    if "\\ud" not in line.lower():
        return data
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))


@functools.cache
def _builder(kind: Hashable) -> Callable[[Any], Any]:
    """What builds values of that type. Types are looked into once: a log of many tasks is built value by value."""
    origin, items = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        builders = {name: _builder(hint) for name, hint in hints.items()}
        return functools.partial(
            _build_dataclass, kind, builders, {name: hints[name] for name in hints if hints[name] in (str, int, bool)}
        )
    if origin in (types.UnionType, typing.Union):
        other = _builder(next(item for item in items if item is not type(None)))
        return lambda data: None if data is None else other(data)
    if origin is tuple:
        endless = len(items) == 2 and items[1] is Ellipsis
        parts = [_builder(item) for item in items[: 1 if endless else None]]
        return functools.partial(_build_list if endless else _build_tuple, parts)
    if origin is dict:
        return functools.partial(_build_dict, _builder(items[1]))
    if origin is Literal:
        return functools.partial(_build_literal, items)
    if kind is float:
        return _build_float
    if isinstance(kind, type) and origin is None and kind is not Any:
        return functools.partial(_build_plain, kind)
    return lambda data: data


def _build_dataclass(
    kind: type[Any], builders: dict[str, Callable[[Any], Any]], simple: dict[str, type[Any]], data: Any
) -> Any:
    """`simple` are the parts whose value is taken as it is, if it is of that very type."""
    if not isinstance(data, dict):
        raise Problem("bad_line", f"A {kind.__name__} must be an object.")
    if unknown := data.keys() - builders.keys():
        raise Problem("bad_line", f"A {kind.__name__} has no {', '.join(sorted(unknown))}.")
    try:
        return kind(**{
            name: value if type(value) is simple.get(name) else builders[name](value) for name, value in data.items()
        })  # fmt: skip
    except TypeError as error:
        raise Problem("bad_line", f"A {kind.__name__} is incomplete: {error}.") from error


def _build_float(data: Any) -> float:
    if not isinstance(data, (int, float)) or isinstance(data, bool):
        raise Problem("bad_line", f"Expected float, got {type(data).__name__}.")
    try:
        found = float(data)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Problem("bad_line", "A number is too large, or is none.")
    return found


def _build_plain(kind: type[Any], data: Any) -> Any:
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise Problem("bad_line", f"Expected {kind.__name__}, got {type(data).__name__}.")
    return data


def _build_literal(known: tuple[Any, ...], data: Any) -> Any:
    if data not in known:
        raise Problem("bad_line", f"{data!r:.40} is none of {', '.join(map(str, known))}.")
    return data


def _build_dict(builder: Callable[[Any], Any], data: Any) -> dict[Any, Any]:
    if not isinstance(data, dict):
        raise Problem("bad_line", f"Expected an object, got {type(data).__name__}.")
    return {key: builder(item) for key, item in data.items()}


def _build_list(parts: list[Callable[[Any], Any]], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise Problem("bad_line", "Expected a list.")
    return tuple(map(parts[0], data))


def _build_tuple(parts: list[Callable[[Any], Any]], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise Problem("bad_line", "Expected a list.")
    if len(parts) != len(data):
        raise Problem("bad_line", f"Expected {len(parts)} values, got {len(data)}.")
    return tuple(part(item) for part, item in zip(parts, data, strict=True))


@functools.cache
def _parts(kind: Hashable) -> tuple[str, ...] | None:
    """The names of a dataclass's parts; None for any other type."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(part.name for part in dataclasses.fields(kind))


@functools.cache
def _hints(kind: Hashable) -> dict[str, Any]:
    """The types of a dataclass's parts. (Every class is hashable; the type checker has to be told.)"""
    return typing.get_type_hints(kind)
