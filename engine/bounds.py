"""Keeps the baton small: whatever an agent hands on, no part of it grows beyond a stated size.

Lists are cut at their end, and a flag says so; it stays until a person has the task. What makes no sense when a piece
of it is missing, such as a draft, is refused whole: then a person gets the task as it was before that leg.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.cards import Flag, Handoff
from engine.codec import changes, plain

CUT, REFUSED = "cut", "too_large"
LONGEST_QUOTE = 16_000
"""Characters of one quote. A longer one ends there, and so does the place where it stands."""
LONGEST_REASON, LONGEST_NAME = 2_000, 200
LONGEST_TEXT = 1_000
"""Characters of any other text in a list that would be too large otherwise."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that one part of the baton may hold: items of a list, and characters of it all as JSON."""

    items: int
    characters: int


LISTS = {
    "documents": Bound(50_000, 16_000_000),
    "flags": Bound(64, 256_000),
    "fields": Bound(256, 512_000),
    "calls": Bound(64, 128_000),
    "evidence": Bound(256, 1_000_000),
}
WHOLE = {
    "route": Bound(1, 64_000),
    "draft": Bound(1, 128_000),
    "verdict": Bound(1, 512_000),
    "plan": Bound(16, 4_000_000),
    "ending": Bound(1, 100),
    "reviewer": Bound(1, 4_000),
}
WHY = 16_000
"""Characters of why it was handed on, as JSON."""
LARGEST = sum(bound.characters for bound in (*LISTS.values(), *WHOLE.values())) + WHY
"""Characters of all that agents can make of a baton, as JSON. The rest stems from people and the desk."""


def bounded(before: Handoff, after: Handoff) -> tuple[Handoff, dict[str, Any]]:
    """What a leg hands on, within the bounds, and what it changed; `before` is what it got, and keeps them already."""
    flags = (*after.flags, *(flag for flag in before.flags if flag.code == CUT and flag not in after.flags))
    after = dataclasses.replace(_reasonable(after), flags=flags) if flags != after.flags else _reasonable(after)
    changed = changes(before, after)
    if fault := next(filter(None, (_refused(name, changed[name]) for name in WHOLE if name in changed)), ""):
        reason = f"The {before.why.receiver} handed on {fault}. A person decides."
        refused = before.to("person", reason, code=REFUSED, ending="review")
        return refused, changes(before, refused)
    cut: dict[str, Any] = {
        name: found
        for name in LISTS
        if name in changed and (found := _cut(name, getattr(after, name), changed[name])) is not None
    }
    if not cut:
        return after, changed
    told = dataclasses.replace(after, **cut)
    sentences = (_sentence(before, name, len(getattr(after, name)), len(cut[name])) for name in cut)
    told = dataclasses.replace(told, flags=_with(told.flags, sentences))
    return told, changes(before, told)


def size(value: Any) -> int:
    """Characters as JSON."""
    return _length(plain(value))


def _length(data: Any) -> int:
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":")))


def _reasonable(after: Handoff) -> Handoff:
    """With a reason that can be read, and names that are some."""
    why = after.why
    if len(why.reason) <= LONGEST_REASON and _length(plain(why)) <= WHY:
        return after
    short = dataclasses.replace(
        why, sender=_ending(why.sender, LONGEST_NAME), receiver=_ending(why.receiver, LONGEST_NAME),
        reason=_ending(why.reason, LONGEST_REASON), code=_ending(why.code, LONGEST_NAME),
        model=_ending(why.model, LONGEST_NAME),
    )  # fmt: skip
    return dataclasses.replace(after, why=short)


def _ending(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _refused(name: str, part: Any) -> str:
    """What is too much of a part that can't be cut; "" = nothing."""
    bound, found = WHOLE[name], _length(part)
    if found > bound.characters:
        return f"a {name} of {found:,} characters, where {bound.characters:,} are the most"
    if isinstance(part, list) and len(part) > bound.items:
        return f"a {name} of {len(part)} steps, where {bound.items} are the most"
    return ""


def _cut(name: str, items: tuple[Any, ...], data: Any) -> tuple[Any, ...] | None:
    """A list within its bounds; None when it is already. `data` is the list as plain data."""
    bound = LISTS[name]
    kept = tuple(map(_quotable, items[: bound.items]))
    if (_length(data) if kept == items else size(kept)) > bound.characters:
        kept = tuple(map(_short, kept))
        room, fits = bound.characters, 0
        for item in kept:
            room -= size(item) + 1
            fits += room > 0
        kept = kept[:fits]
    return None if kept == items else kept


def _quotable(item: Any) -> Any:
    """With a quote that is not too long, and still stands at its place word for word."""
    quote = getattr(item, "quote", "")
    if len(quote) <= LONGEST_QUOTE:
        return item
    place = item.place
    if place is not None and place.end - place.start == len(quote):
        place = dataclasses.replace(place, end=place.start + LONGEST_QUOTE)
    return dataclasses.replace(item, quote=quote[:LONGEST_QUOTE], place=place)


def _short(value: Any) -> Any:
    """With all texts cut but for quotes, which are word for word."""
    if isinstance(value, str):
        return _ending(value, LONGEST_TEXT)
    if isinstance(value, tuple):
        return tuple(map(_short, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [part.name for part in dataclasses.fields(value) if part.name != "quote"]
        return dataclasses.replace(value, **{name: _short(getattr(value, name)) for name in parts})
    return value


def _sentence(before: Handoff, name: str, found: int, kept: int) -> str:
    what = f"{kept:,} of {found:,} {name}" if kept < found else f"shortened {name}"
    return f"The {before.why.receiver} found more than a task can carry: it has {what}. Look at the document itself."


def _with(flags: tuple[Flag, ...], sentences: Iterable[str]) -> tuple[Flag, ...]:
    """The flags, and these sentences among them even where there are too many."""
    new = tuple(Flag(CUT, sentence) for sentence in sentences if not any(flag.sentence == sentence for flag in flags))
    new = new[: LISTS["flags"].items]
    own = sum(size(flag) + 1 for flag in new) + 1
    room, kept = LISTS["flags"].characters - own, list[Flag]()
    for flag in flags[: LISTS["flags"].items - len(new)]:
        room -= size(flag) + 1
        if room > 0:
            kept.append(flag)
    return (*kept, *new)
