"""Says what a customer asks for, of which of their records: by a table of words, of states and of actions."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.cards import Problem
from engine.tools import Finding, Given, NoResult, Result, TableFile, Tray, Values
from engine.tools._csv import rows
from engine.tools._prose import parts
from engine.wording import holds

SENTENCE = "Says what is asked for, of which of a customer's records, by a table of words, states and actions."
ACTION = "read"
PARAMETERS = {"file": str, "owner": str, "thing": str, "state": str, "actions": str}
OPTIONAL: dict[str, type] = {}
VALUES = ("customer", "text")
FILES = ("file", "actions")

COLUMNS = ("action", "words", "unless", "state", "instead_of")
MOST_RECORDS, MOST_ACTIONS = 200, 60
SHORTEST_NAME = 4
"""Letters of a thing's last word by which it may be called alone ("boots" for "hiking boots")."""

Record = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table of actions: what is done where the words stand, and a record is in that state.

    `words` and `unless` are alternatives, each of words that all must begin words of the sentence. Without a `state` no
    record is needed. Of the rules with one `group` the first that holds is meant.
    """

    action: str
    words: tuple[str, ...]
    unless: tuple[str, ...]
    state: str
    group: str


def call(given: Given, values: Values, tray: Tray) -> Result:
    """A finding for each thing asked for: `action`, `thing`, `state`, and all columns of the record's row.

    `file` is a table in CSV with a row a record, whose column `owner` names the customer, `thing` what it is and
    `state` how far it is. `actions` is another, with the columns action, words, unless, state and instead_of (a name
    that rules share of which only one may hold). A sentence that begins with "if" asks for nothing yet, and what is not
    wanted is not asked for. What is asked for without a thing's name is asked of those that the document names
    elsewhere, else of all records.
    """
    records = _records(given, values["customer"].text, tray)
    if not records:
        return Result((), f"{tray.name}: {values['customer'].text:.80} has no records")
    rules = _rules(tray.file(given["actions"]), tray)
    text = values["text"]
    named = _named(records, text.quote, given["thing"])
    found: dict[tuple[str, ...], Finding] = {}
    for one, part in parts(text.quote):
        tray.in_time()
        own = _named(records, part, given["thing"])
        for rule, record in _asked(part, [own] if own else [named, records], rules, given["state"]):
            cells = (("action", rule.action), *record.items())
            key = (rule.action, *record.values())
            place = text.at(one.start, one.end)
            found.setdefault(key, Finding(cells, text.quote[one.start : one.end], place, rule.action))
    if not found:
        raise NoResult("no_result", f"{tray.name}: nothing that the table knows is asked for")
    actions = ", ".join(dict.fromkeys(key[0] for key in found))
    return Result(tuple(found.values()), f"{tray.name}: {actions}")


def _records(given: Given, customer: str, tray: Tray) -> list[Record]:
    file = tray.file(given["file"])
    some = rows(file.data, tray.reading(file), tray, given["owner"], " ".join(customer.split()))
    records: list[Record] = [dict(cells) for _, (cells, *_) in zip(range(MOST_RECORDS), some, strict=False)]
    for column in ("thing", "state"):
        if records and given[column] not in records[0]:
            raise Problem("bad_table", f"The table has no column {given[column]!r:.80}, which {column} names.")
    return records


def _rules(file: TableFile, tray: Tray) -> list[Rule]:
    found = []
    for _, (cells, *_) in zip(range(MOST_ACTIONS), rows(file.data, tray.reading(file), tray), strict=False):
        row = dict(cells)
        if lacking := [name for name in COLUMNS if name not in row]:
            raise Problem(
                "bad_table", f"The table of actions has no column {lacking[0]}; it needs {', '.join(COLUMNS)}."
            )
        words, unless = (tuple(filter(None, map(str.strip, row[name].split("|")))) for name in ("words", "unless"))
        found.append(Rule(row["action"], words, unless, row["state"], row["instead_of"] or row["action"]))
    return found


def _asked(
    part: str, meant: Sequence[Sequence[Record]], rules: Sequence[Rule], state: str
) -> Iterator[tuple[Rule, Record]]:
    """Each rule that holds, with each record that it is about: of those that are meant first, else of the next."""
    decided: set[str] = set()
    for records in meant:
        for rule in rules:
            if rule.group in decided or not _any(rule.words, part) or _any(rule.unless, part):
                continue
            about = [record for record in records if record[state].casefold() == rule.state.casefold()]
            if about or not rule.state:
                decided.add(rule.group)
                yield from ((rule, record) for record in (about if rule.state else [{}]))


def _named(records: Sequence[Record], text: str, thing: str) -> list[Record]:
    """The records whose thing is named in the text."""
    return [record for record in records if (name := _name(record[thing])) and name.search(text)]


@functools.lru_cache(maxsize=1024)
def _name(thing: str) -> re.Pattern[str] | None:
    """A thing as people call it: by its name or the last word of it, one or more of it."""
    words = thing.split()
    if not words:
        return None
    calls = {thing, thing.replace("-", " "), thing.replace("-", "")}
    if len(words[-1]) >= SHORTEST_NAME:
        calls.add(words[-1])
    calls |= {call.removesuffix("s") for call in calls if len(call) > SHORTEST_NAME}
    spelled = "|".join(re.escape(call).replace("\\ ", r"\s?") for call in sorted(calls, key=len, reverse=True))
    return re.compile(rf"\b(?:{spelled})(?:e?s)?\b", re.IGNORECASE)


def _any(alternatives: Collection[str], text: str) -> bool:
    return any(holds(words, text) for words in alternatives)
