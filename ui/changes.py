"""Compares two cards part by part: what was added, what was removed, what became something else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from app.language import _, several
from ui.words import Sign, title

Kind = Literal["added", "removed", "changed"]
SIGNS: dict[Kind, Sign] = {
    "added": Sign(_("added"), "plus", "good"),
    "removed": Sign(_("removed"), "dash", "danger"),
    "changed": Sign(_("changed"), "unlike", "working"),
}
LONGEST = 200
"""Items of a list that are matched with those before; beyond that each is held against the one in its place."""
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_TELLING = ("text", "quote", "value", "label", "name", "reason", "id")
"""The parts by which an object is told in one line, the best first."""


@dataclass(frozen=True, slots=True)
class Change:
    """A part that differs: both values as plain data (None: there was none), and what differs in them."""

    name: str
    kind: Kind
    before: Any
    after: Any
    inside: tuple[Change, ...] = ()


def compared(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """The parts of two cards that differ, in the order of the new one. An empty part is as good as none."""
    names = dict.fromkeys((*after, *before))
    pairs = [(title(name), before.get(name), after.get(name)) for name in names]
    return [_change(*pair) for pair in pairs if pair[1] != pair[2] and not _both_nothing(pair[1], pair[2])]


def short(value: Any) -> str:
    """A value in one cell; of a list or an object, what it holds."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return several("{n} item", "{n} items", len(value)) if value else _("empty")
    if isinstance(value, dict):
        return str(next((value[key] for key in _TELLING if value.get(key)), ""))
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _change(name: str, before: Any, after: Any) -> Change:
    kind: Kind = "added" if before in _NOTHING else "removed" if after in _NOTHING else "changed"
    return Change(name, kind, before, after, tuple(_inside(before, after)))


def _inside(before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, list) or isinstance(after, list):
        yield from _items(before or [], after or [])
    elif isinstance(before, dict) or isinstance(after, dict):
        yield from compared(before or {}, after or {})


def _items(before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
    """Of two lists, what came, went or was replaced: what only moved up or down is no change."""
    old, new = ([json.dumps(item, sort_keys=True) for item in items] for items in (before, after))
    if max(len(old), len(new)) > LONGEST:
        steps = [("replace", 0, len(old), 0, len(new))]
    else:
        steps = [step for step in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if step[0] != "equal"]
    for _kind, a, b, c, d in steps:
        for place in range(max(b - a, d - c)):
            one = before[a + place] if a + place < b else None
            other = after[c + place] if c + place < d else None
            number = c + place + 1 if other is not None else a + place + 1
            if one != other:
                yield _change(str(number), one, other)


def _both_nothing(before: Any, after: Any) -> bool:
    return before in _NOTHING and after in _NOTHING
