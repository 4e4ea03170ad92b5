"""Splits a message with several requests into steps, sends each along the legs, and merges what comes back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Generator

from engine import finding, planner
from engine.agents import clerk, extractor
from engine.bench import Bench
from engine.cards import Field, Handoff, Step
from engine.events import Event
from engine.intents.several import SeveralHead

DUTY = "Splits a message that asks for several things, and merges the answers."
EXITS = {"desk": "every request is answered", "person": "some request can't be answered"}
MESSAGES = ("eml", "msg", "txt")


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the next leg with the step that comes next, or with the whole message where it asks for one thing; when
    all steps are done, to the desk with one answer, or to a person with what is left."""
    if not handoff.plan:
        plan = yield from _planned(handoff, bench)
        if not plan:
            return handoff.to(bench.next_leg(handoff), "One request: nothing to split.")
        handoff = dataclasses.replace(handoff, plan=plan)
        reason = f"{len(plan)} requests: {'; '.join(planner.told(plan))}."
    else:
        reason = "The step before is done."
    step = planner.running(handoff)
    if step is None:
        return _answered(_with_all_fields(planner.merged(handoff), bench))
    number = handoff.plan.index(step) + 1
    reason = f"{reason} Now request {number} of {len(handoff.plan)}."
    return handoff.to(
        bench.next_leg(handoff), reason, score=step.score, code="planned", route=None, evidence=(), draft=None,
        verdict=None, calls=clerk.done(handoff), fields=_fields(handoff, step, bench), flags=(), plan=handoff.plan,
    )  # fmt: skip


def _planned(handoff: Handoff, bench: Bench) -> Generator[Event, None, tuple[Step, ...]]:
    """The plan of a message; nothing for what asks for one thing or is no message, or was sorted by a person.

    Of a model that says several labels each must be sure, also where it says only one: that makes a plan of one step.
    """
    reading = bench.message(handoff)
    text = reading.text.partition("\n\n")[2] if reading.kind in ("eml", "msg") else reading.text
    sorted_already = any(answer.about == "intent" for answer in handoff.answers)
    if sorted_already or reading.kind not in MESSAGES or len(text) > planner.LONGEST:
        return ()
    playbook, card = bench.playbook(handoff), handoff.card
    at, most = playbook.thresholds, card.budget.steps
    head = yield from bench.intents.head(playbook.name, card.id)
    request, doubt = planner.bars(at, head)
    if isinstance(head, SeveralHead):
        (said,) = yield from bench.intents.predict(playbook.name, [text], doubt, card.id)
        plan = planner.steps_of_facets(said, " ".join(text.split()), doubt, most)
        return () if len(plan) == 1 and plan[0].score >= request else plan
    parts = planner.parts(text)
    if len(parts) < 2:
        return ()
    told = yield from bench.intents.predict(playbook.name, [part.text for part in parts], at.intent, card.id)
    split = {intent.label for intent in playbook.intents if intent.split}
    plan = planner.steps(list(zip(parts, told, strict=True)), request, doubt, most, split)
    return plan if len(plan) > 1 else ()


def _answered(handoff: Handoff) -> Handoff:
    """One answer to the whole message, and what a person must add to it."""
    plan = handoff.plan
    left = [step for step in plan if step.outcome != "answered"]
    done = len(plan) - len(left)
    if not left:
        reason = f"All {done} requests are answered in one draft. It waits for approval."
        return handoff.to("desk", reason, score=1.0, threshold=1.0, ending="finished")
    missing = "; ".join(f"“{step.text[:60]}”: {step.reason}" for step in left)
    reason = f"{done} of {len(plan)} requests are answered. Left for a person: {missing}"
    return handoff.to(
        "person", reason, score=round(done / len(plan), 4), threshold=1.0, code="partly_answered", ending="review"
    )  # fmt: skip


def _fields(handoff: Handoff, step: Step, bench: Bench) -> tuple[Field, ...]:
    """The fields of a step: what its own sentences say, else what the message says outside of all other steps."""
    others = [one.text for one in handoff.plan if one is not step]
    found = []
    for rule in bench.playbook(handoff).fields:
        if rule.choices and (choice := finding.chosen(rule, bench.readings(handoff))):
            found.append(choice)
        matches = list(extractor.matches(rule, bench.readings(handoff)))
        own = [one for one in matches if _stands(one.value, step.text)]
        shared = [one for one in matches if not any(_stands(one.value, text) for text in others)]
        if picked := extractor.picked(rule, own or shared):
            found.append(picked)
    return tuple(found)


def _stands(value: str, text: str) -> bool:
    """Whether a value stands in a text, and not as a part of another one."""
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def _with_all_fields(handoff: Handoff, bench: Bench) -> Handoff:
    """With what the message says outside of all its requests, too: who reviews it may depend on that."""
    known = {field.value for field in handoff.fields}
    rest = tuple(one for one in extractor.of_all(handoff, bench) if one.value not in known)
    return dataclasses.replace(handoff, fields=(*handoff.fields, *rest))
