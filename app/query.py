"""Reads the words that find tasks: `intent:refund score:<0.7 status:undecided created:>2026-11-01 broken zip`.

    word, "two words"   stands in the file's path, the intent, the reason or the task's id, in any case
    intent: playbook: code: task:       is that; several with a comma between; `task:` may be its beginning
    status:             queued, finished, review, quarantined, failed; approved, edited, rejected, skipped; undecided
                        (which waits for a person), decided
    score: warnings:    <0.7, >=0.7, 0.5..0.7 or 0.7; a score is compared as it is shown, with two figures
    created:            <2026-11-01, 2026-11-01..2026-11-30, 2026-11 or 2026, in this machine's time zone
    is:                 duplicate, attachment (which came in an archive)
    sort:               score, warnings, name or created; with a minus downwards; without it the newest come first
    -term               not that

All terms must hold. What is read here becomes parameters of one statement, never a part of it.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app import log_rows
from app.cards_table import CARD_COLUMNS, CardRow
from app.log_file import Connection
from engine.cards import Problem

_TERM = re.compile(r"""(?P<not>-)?(?:(?P<key>[A-Za-z]+):)?(?P<said>"[^"]*"?|[^\s"]+|(?=\s|$))""")
_BOUNDED = re.compile(r"(?P<sign><=|>=|<|>)?(?P<first>[^.<>=\s]+(?:\.\d+)?)(?:\.\.(?P<last>\S+))?")
MOST_TERMS = 50
"""More than a person types, fewer than SQLite takes."""
STATES = ("queued", "finished", "review", "quarantined", "failed")
DECISIONS = ("approved", "edited", "rejected", "skipped")
UNDECIDED = "(state in ('finished', 'review') and decision = '')"
STATUSES = (*STATES, *DECISIONS, "undecided", "decided")
FLAGS = {"duplicate": "duplicate_of != ''", "attachment": "within != ''"}
SORTS = {"score": "score", "warnings": "flags", "name": "source", "created": "number"}
NEWEST = "number desc"

Condition = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Query:
    """Which cards, as a condition on the card table with its values, and in which order."""

    where: str = "true"
    values: tuple[Any, ...] = ()
    order: str = NEWEST

    def found(self, db: Connection, most: int = 200, skipped: int = 0) -> list[CardRow]:
        """The cards that fit, at most so many (-1 = all), behind the first `skipped` of them."""
        rows = db.execute(
            f"select {', '.join(CARD_COLUMNS)} from cards where {self.where} order by {self.order} limit ? offset ?",
            [*self.values, most, skipped],
        )
        return [log_rows.card(row) for row in rows]

    def count(self, db: Connection) -> int:
        """How many cards fit."""
        return int(db.execute(f"select count(*) from cards where {self.where}", self.values).fetchone()[0])


def inbox(db: Connection, most: int, also: str) -> tuple[list[CardRow], int, int]:
    """What an inbox shows, oldest first: the newest cards, and older ones that wait for the team, for a person or in
    quarantine, at most so many of each, and that one also; how many cards there are; and how many wait for a person."""
    newest = "select number from cards where {} order by number desc limit ?"
    kinds = ("true", UNDECIDED, "state = 'queued'", "(state in ('quarantined', 'failed') and decision = '')")
    parts = [newest.format(kind) for kind in kinds]
    where = " or ".join(f"number in ({part})" for part in parts)
    rows = db.execute(
        f"select {', '.join(CARD_COLUMNS)} from cards where {where} or id = ? order by number",
        [*[most] * len(parts), also],
    )
    total, undecided = db.execute(f"select count(*), count(*) filter (where {UNDECIDED}) from cards").fetchone()
    return [log_rows.card(row) for row in rows], int(total), int(undecided)


def read(text: str) -> Query:
    """What these words ask for. Raises Problem("bad_query"), whose sentence names the term and what it may be."""
    conditions: list[Condition] = []
    order = NEWEST
    for number, term in enumerate(_TERM.finditer(text)):
        if number >= MOST_TERMS:
            raise Problem("bad_query", f"More than {MOST_TERMS} words can't be looked for at once.")
        key, said = (term["key"] or "").lower(), term["said"].strip('"')
        if key == "sort":
            order = _order(said)
        elif condition := _condition(key, said, term.group()):
            sql, values = condition
            conditions.append((f"not ({sql})" if term["not"] else sql, values))
    where = " and ".join(sql for sql, _ in conditions) or "true"
    return Query(where, tuple(value for _, values in conditions for value in values), order)


def _condition(key: str, said: str, term: str) -> Condition | None:
    if key in _KEYS:
        if not said:
            raise Problem("bad_query", f"“{term}” lacks a value after the colon.")
        return _KEYS[key](said)
    if key and not said.startswith("//"):
        known = ", ".join(f"{name}:" for name in (*_KEYS, "sort"))
        raise Problem("bad_query", f"There is no “{key}:”. There are {known}; words with a colon go in quotes.")
    words = f"{key}:{said}" if key else said
    return _holds(words) if words else None


def _holds(words: str) -> Condition:
    """Four plain searches: many times faster than one in the columns put together, or one that knows an escape."""
    special = set(words) & set("!%_")
    like, text = ("like ? escape '!'", _literal(words)) if special else ("like ?", words)
    columns = ("source", "label", "reason", "id")
    # A label has "_" where a person writes a blank, and in a pattern that stands for any letter.
    values = tuple(f"%{text.replace(' ', '_') if column == 'label' else text}%" for column in columns)
    return f"({' or '.join(f'{column} {like}' for column in columns)})", values


def _literal(words: str) -> str:
    return "".join(f"!{letter}" if letter in "!%_" else letter for letter in words)


def _one_of(column: str) -> Callable[[str], Condition]:
    def condition(said: str) -> Condition:
        wanted = tuple(one for one in said.split(",") if one)
        return f"{column} in ({', '.join('?' * len(wanted))})", wanted

    return condition


def _intent(said: str) -> Condition:
    """By how its label begins, or by its title: a label is a title in small letters, with _ for spaces."""
    wanted = [f"{_literal(one.strip().lower().replace(' ', '_'))}%" for one in said.split(",") if one.strip()]
    return f"({' or '.join(['label like ? escape ' + repr('!')] * len(wanted)) or 'true'})", tuple(wanted)


def _score(said: str) -> Condition:
    """As it is shown, and only of what has a score: what waits, or could not be read, has none."""
    condition, values = _within("round(score, 2)", said, _exact)
    return f"({condition} and score > 0)", values


def _task(said: str) -> Condition:
    return "id like ? escape '!'", (f"{_literal(said)}%",)


def _status(said: str) -> Condition:
    wanted = [_among(one, STATUSES, "status:") for one in said.split(",") if one]
    parts: list[str] = []
    values: list[str] = []
    for one in wanted:
        if one == "undecided":
            parts.append(UNDECIDED)
        elif one == "decided":
            parts.append("decision != ''")
        else:
            parts.append("decision = ?" if one in DECISIONS else "state = ?")
            values.append(one)
    return f"({' or '.join(parts) or 'true'})", tuple(values)


def _is(said: str) -> Condition:
    return FLAGS[_among(said, FLAGS, "is:")], ()


def _among(said: str, known: Mapping[str, Any] | tuple[str, ...], key: str) -> str:
    if said.lower() not in known:
        raise Problem("bad_query", f"“{key}{said}” is none of {', '.join(known)}.")
    return said.lower()


def _order(said: str) -> str:
    name = _among(said.removeprefix("-"), SORTS, "sort:")
    return f"{SORTS[name]} {'desc' if said.startswith('-') else 'asc'}, {NEWEST}"


def _number(column: str) -> Callable[[str], Condition]:
    return lambda said: _within(column, said, _exact)


def _created(said: str) -> Condition:
    return _within("opened", said, _days)


def _within(column: str, said: str, bounds: Callable[[str, str], tuple[Any, Any]]) -> Condition:
    """A comparison or a range. `bounds` gives the first value that is meant and the first behind it."""
    found = _BOUNDED.fullmatch(said)
    if not found or (found["sign"] and found["last"]):
        raise Problem("bad_query", f"“{said}” is no comparison: write <0.7, >=0.7, 0.5..0.7 or 0.7.")
    first, behind = bounds(found["first"], said)
    match found["sign"]:
        case "<":
            return f"{column} < ?", (first,)
        case "<=":
            return f"{column} < ?", (behind,)
        case ">":
            return f"{column} >= ?", (behind,)
        case ">=":
            return f"{column} >= ?", (first,)
    last = bounds(found["last"], said)[1] if found["last"] else behind
    return f"({column} >= ? and {column} < ?)", (first, last)


def _exact(text: str, said: str) -> tuple[float, float]:
    try:
        value = float(text)
    except ValueError as error:
        raise Problem("bad_query", f"“{said}” is no number.") from error
    if not math.isfinite(value):
        raise Problem("bad_query", f"“{said}” is no number.")
    return value, math.nextafter(value, math.inf)


def _days(text: str, said: str) -> tuple[str, str]:
    """A year, month or day as the UTC times at which it begins and the next one does, as the cards have them."""
    try:
        year, *rest = (int(part) for part in text.split("-"))
        month, day = rest if len(rest) == 2 else (*rest, 1, 1)[:2]
        first = datetime.datetime(year, month, day)  # noqa: DTZ001 - this machine's own time
        if not rest:
            behind = first.replace(year=year + 1)
        elif len(rest) == 1:
            behind = (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)
        elif len(rest) == 2:
            behind = first + datetime.timedelta(days=1)
        else:
            raise ValueError(text)
        return _utc(first), _utc(behind)
    except (ValueError, OverflowError, OSError) as error:
        raise Problem("bad_query", f"“{said}” is no date: write 2026-11-01, 2026-11 or 2026.") from error


def _utc(local: datetime.datetime) -> str:
    return local.astimezone().astimezone(datetime.UTC).isoformat(timespec="seconds")


_KEYS: dict[str, Callable[[str], Condition]] = {
    "intent": _intent,
    "playbook": _one_of("playbook"),
    "code": _one_of("code"),
    "task": _task,
    "status": _status,
    "score": _score,
    "warnings": _number("flags"),
    "created": _created,
    "is": _is,
}
KEYS = (*_KEYS, "sort")
