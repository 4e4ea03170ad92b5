"""Asks a grant's address, and makes a finding of the answer: a JSON object's scalars, and the text word for word."""

from __future__ import annotations

import json

from engine.tools import Finding, Result, Tray, Values

MOST_CELLS = 40
LONGEST_CELL = 500


def asked(values: Values, tray: Tray) -> Result:
    """The answer as one finding, kept as a note so that it can be cited."""
    answer = tray.ask({name: value.text for name, value in values.items()})
    place, text = tray.note(f"Answer of {tray.name}", answer)
    cells = _cells(text)
    told = ", ".join(f"{name} {value}" for name, value in cells[:3])
    return Result((Finding(cells, text, place, tray.name),), f"{tray.name} answered{': ' if told else ''}{told:.120}")


def _cells(text: str) -> tuple[tuple[str, str], ...]:
    """Lists and objects within are left to who reads the text."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(data, dict):
        return ()
    flat = [(name, value) for name, value in data.items() if isinstance(value, str | int | float | bool)]
    return tuple((name[:LONGEST_CELL], _shown(value)) for name, value in flat[:MOST_CELLS])


def _shown(value: str | float | bool) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.split())[:LONGEST_CELL]
