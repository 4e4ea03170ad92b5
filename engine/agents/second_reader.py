"""Asks a language model for fields that the rules have read: two that disagree are less sure, and a person looks.

The model has no words but the document's: its grammar holds the values that could be meant, also those that the rules
think unlikely. What it picks never takes the place of what the rules picked. Worth its time with a larger model only:
the shipped one of 135 million weights picks the true value of a receipt in two of five cases, and where it agrees with
the rules they are right hardly more often (`tests/bench/extraction.py --second`).
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Generator, Sequence

from engine import finding
from engine.agents import extractor
from engine.bench import Bench
from engine.cards import Document, Field, Flag, Handoff, Problem
from engine.events import Event, Progressed
from engine.health import at_work
from engine.models import Brief, Piece, Writer
from engine.pages import Reading
from engine.playbook import FieldRule
from engine.rules import orders_to_machine

DUTY = "Asks the drafter's model for the fields that have a question; where it reads another value, a person looks."
MODEL = "drafter"

OPTIONS = 6
"""The model chooses among so many values, the likeliest by the rules."""
OPTION = 120
"""Characters of a value that is chosen from; a longer one, such as a clause, is not asked for."""
READ, AROUND = 1_200, 100
"""Characters that it reads, and of the line around each value."""
ANSWER_TOKENS = 40
DISPUTED = 0.5
"""What is left of a score where the two read different values."""
ALONE = 0.3
"""How sure a value is that the rules thought too unlikely, and only the model picks."""
NONE = "not stated"

BRIEF = Brief(
    "Answer the question with words of the document, and nothing else.",
    (
        (
            "Subtotal 41.20\nTax 7.80\nTotal EUR 49.00\nPaid in cash 50.00\n\nWhat is the total to pay?",
            "49.00",
        ),
        ("Ordered on 2 May 2023\nDelivered on 9 May 2023\n\nWhat is the day of delivery?", "9 May 2023"),
        (
            "Harlow & Finch Ltd\nInvoice 2024-17 of 8/1/2024\nDue 8/2/2024\n\nWhat is the number of the invoice?",
            "2024-17",
        ),
    ),
)

Readings = list[tuple[Document, Reading]]


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the next leg, whatever the model says: with a flag for each field that it reads otherwise."""
    playbook, label = bench.playbook(handoff), handoff.route.label if handoff.route else None
    rules = [rule for rule in playbook.fields if rule.ask and (not rule.intents or label in (None, *rule.intents))]
    receiver, readings = bench.next_leg(handoff), bench.readings(handoff)
    if not rules or not readings:
        return handoff.to(receiver, "No field has a question to ask.")
    fields, flags, read, written, model = handoff.fields, handoff.flags, 0, 0, ""
    agreed: list[str] = []
    disputed: list[str] = []
    try:
        with at_work(bench, MODEL) as (model, writer):
            for number, rule in enumerate(rules, 1):
                yield Progressed(handoff.card.id, f"{model} reads {_title(rule)}", number, len(rules))
                second, last = yield from asked(
                    writer, rule, readings, fields, handoff.card.id, bench.deadline(handoff)
                )
                read, written = read + last.tokens_in, written + last.tokens_out
                if _the_same(rule, fields, second):
                    agreed.append(_title(rule))
                else:
                    disputed.append(_title(rule))
                    flags = (*flags, _flag(rule, handoff.field(rule.name), second, model))
                    fields = _doubted(rule, fields, second)
    except Problem as problem:
        reason = f"{problem.sentence} What the rules have read stands without a second reading."
        return handoff.to(receiver, reason, code=problem.code, tokens_in=read, tokens_out=written, model=model)
    told = [f"{', '.join(agreed)} the same"] if agreed else []
    told += [f"{', '.join(disputed)} otherwise, so a person looks"] if disputed else []
    return handoff.to(
        receiver, f"Read a second time by {model}: {'; '.join(told)}.", code="disputed_field" if disputed else "",
        fields=fields, flags=flags, tokens_in=read, tokens_out=written, model=model,
    )  # fmt: skip


def _title(rule: FieldRule) -> str:
    return rule.title or rule.name.replace("_", " ")


def _the_same(rule: FieldRule, fields: Sequence[Field], second: Field | None) -> bool:
    """Whether both find nothing, or the model's value is one of the field's."""
    values = {field.value.casefold() for field in fields if field.name == rule.name}
    return second.value.casefold() in values if second else not values


def _doubted(rule: FieldRule, fields: tuple[Field, ...], second: Field | None) -> tuple[Field, ...]:
    """The fields with less trust in the first reading; where there is none, with the second, which is hardly sure."""
    if second and all(field.name != rule.name for field in fields):
        return (*fields, dataclasses.replace(second, score=ALONE))
    return tuple(
        dataclasses.replace(field, score=round(field.score * DISPUTED, 4)) if field.name == rule.name else field
        for field in fields
    )


def _flag(rule: FieldRule, first: Field | None, second: Field | None, model: str) -> Flag:
    """What a person must look at. The values are data, and shown as such."""
    by_rules = f"{first.value!r:.60}" if first else "nothing"
    by_model = f"{second.value!r:.60}" if second else "that it is not stated"
    sentence = f"{_title(rule)} may be wrong: the rules read {by_rules}, the model {model} reads {by_model}."
    shown = first or second
    assert shown is not None
    return Flag("disputed_field", sentence, shown.quote, shown.place)


def _options(rule: FieldRule, readings: Readings, fields: Sequence[Field]) -> list[Field]:
    """The values that could be meant, the likeliest by the rules first, each once; what the rules took is among them.

    Of closed choices, each that has words in the document.
    """
    if rule.choices:
        closed = (dataclasses.replace(rule, choices={name: words}) for name, words in rule.choices.items() if words)
        some = [field for one in closed if (field := finding.chosen(one, readings))]
    else:
        unlikely_too = finding.found(rule, readings, least=0.0) if rule.kind else extractor.matches(rule, readings)
        some = [*(field for field in fields if field.name == rule.name), *unlikely_too]
    options: dict[str, Field] = {}
    for field in some:
        if len(field.quote) <= OPTION:
            options.setdefault(field.value.casefold(), field)
    return list(options.values())[:OPTIONS]


def asked(
    writer: Writer, rule: FieldRule, readings: Readings, fields: Sequence[Field], task: str, deadline: float
) -> Generator[Event, None, tuple[Field | None, Piece]]:
    """Which of the values in the document the model picks for a field, None = none of them; and what that cost.

    Raises Problem("too_slow") after `deadline`, by `time.monotonic`, or Problem("endless").
    """
    options = _options(rule, readings, fields)
    spelled = {field.value if rule.choices else " ".join(field.quote.split()): field for field in options}
    if not spelled:  # nothing in the document could be it, so there is nothing to choose from
        return None, Piece("", 0, 0)
    grammar = "root ::= " + " | ".join(json.dumps(value, ensure_ascii=False) for value in [*spelled, NONE])
    piece, answer = Piece("", 0, 0), ""
    for piece in writer.stream(BRIEF, f"{_lines(options, readings)}\n\n{rule.ask}", grammar, ANSWER_TOKENS):
        answer += piece.text
        yield Progressed(task, "a second reading")
        if time.monotonic() > deadline:
            raise Problem("too_slow", "The model did not read the fields in time.")
        if piece.tokens_out > 2 * ANSWER_TOKENS:
            raise Problem("endless", "The model wrote on and on instead of one value.")
    return spelled.get(" ".join(answer.split())), piece


def _lines(options: Sequence[Field], readings: Readings) -> str:
    """The printed lines in which the values stand, in the order of the document."""
    texts = {(document.sha256, page.number): page.text for document, reading in readings for page in reading.pages}
    lines: dict[str, None] = {}
    for field in sorted(options, key=lambda one: (one.place.page, one.place.start)):
        text = texts.get((field.place.document, field.place.page), "")
        start, end = field.place.start, field.place.end
        begins = max(text.rfind("\n", 0, start) + 1, start - AROUND)
        ends = text.find("\n", end)
        lines[" ".join(text[begins : min(ends if ends >= 0 else len(text), end + AROUND)].split())] = None
    return orders_to_machine.without("\n".join(lines))[:READ]
