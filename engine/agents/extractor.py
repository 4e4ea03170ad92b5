"""Extracts the playbook's fields by their patterns, kinds or choices, each with the words it was read from."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence

from engine import finding
from engine.bench import Bench
from engine.cards import Document, Field, Flag, Handoff
from engine.events import Event
from engine.pages import Page, Reading
from engine.playbook import FieldRule
from engine.rules.amount_over import number

DUTY = "Finds the playbook's fields by pattern, or by kind and place on the page."


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the next leg with the fields found; a field missing is no reason to stop here."""
    yield from ()
    rules, fields = bench.playbook(handoff).fields, of_all(handoff, bench)
    flags = (*handoff.flags, *unsure(rules, fields))
    names = ", ".join(f"{field.name} {field.value}" for field in fields[:4])
    reason = (
        f"Found {len(fields)} of {len(rules)} fields: {names}." if fields else "None of the playbook's fields is in it."
    )
    return handoff.to(bench.next_leg(handoff), reason, fields=fields, flags=flags)


def of_all(handoff: Handoff, bench: Bench) -> tuple[Field, ...]:
    """What all the documents say of the playbook's fields."""
    readings = bench.readings(handoff)
    rules = bench.playbook(handoff).fields
    return tuple(field for rule in rules for field in _of_rule(rule, readings))


def _of_rule(rule: FieldRule, readings: list[tuple[Document, Reading]]) -> Iterable[Field]:
    if rule.kind and finding.several(rule):
        return matches(rule, readings)
    found = finding.chosen(rule, readings) if rule.choices else picked(rule, matches(rule, readings))
    return (found,) if found else ()


def unsure(rules: Sequence[FieldRule], fields: Sequence[Field]) -> Iterator[Flag]:
    """What a person must look at, because the playbook asks for more certainty."""
    asked = {rule.name: rule for rule in rules if rule.sure}
    for field in fields:
        rule = asked.get(field.name)
        if rule and field.score < rule.sure:
            name = rule.title or field.name
            sure = f"{field.score:.2f} sure, and the playbook asks for {rule.sure:.2f}"
            yield Flag("unsure_field", f"{name} may be wrong: {field.value!r:.60} is {sure}.", field.quote, field.place)


def matches(rule: FieldRule, readings: list[tuple[Document, Reading]]) -> Iterator[Field]:
    """All that fits the field's pattern, in reading order; of a kind, the likeliest first."""
    if rule.kind:
        yield from finding.found(rule, readings)
        return
    pattern = re.compile(rule.pattern)
    for document, reading in readings:
        for page in reading.pages:
            for match in pattern.finditer(page.text):
                group = 1 if pattern.groups and match[1] is not None else 0
                if match.end(group) > match.start(group):
                    yield _field(rule.name, document, page, match.start(group), match.end(group))


def picked(rule: FieldRule, found: Iterable[Field]) -> Field | None:
    """The one of them that the rule wants."""
    if rule.pick == "first":
        return next(iter(found), None)
    return max(found, key=lambda field: number(field.value) or 0.0, default=None)


def _field(name: str, document: Document, page: Page, start: int, end: int) -> Field:
    quote = page.text[start:end]
    return Field(name, " ".join(quote.split()), quote, finding.placed(document, page, start, end))
