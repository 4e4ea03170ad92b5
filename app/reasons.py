"""Tells why a task was taken for one intent and not for another, from what its handoffs hold."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app import what_if
from app.language import _, several
from app.rule_words import deciding_rule, rule_name
from engine import playbook, rules
from engine.cards import Handoff, Problem, Route, Step
from engine.events import Handed
from engine.playbook import Playbook
from engine.rules._dates import days_before
from engine.rules.amount_over import number
from engine.shelf import modules

NEAR, NEAR_DAYS = 0.8, 7
"""A rule with a limit was near from this part of the limit on; one with a day, so many days before it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent that was thought of, and its score."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision of the router, at handoff `seq`: on the whole message, or on one of its requests (from 1).

    `label` is what it came to (None: a person decides), after the larger model where that was asked: then `referee` is
    what it said. `others` are the further intents that the handoff holds, the likeliest first. `otherwise` says what
    another threshold had done.
    """

    seq: int
    label: str | None
    route: Route
    said: str
    others: tuple[Candidate, ...]
    otherwise: tuple[str, ...]
    referee: str = ""
    request: int = 0
    of: int = 0
    untrusted_words: str = ""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A hard rule: it `fired`, its limit was `near`, or others (counted in `sentence`) found nothing (`passed`)."""

    standing: Literal["fired", "near", "passed"]
    sentence: str


def choices(history: Sequence[Handed], states: Sequence[Handoff], titles: Mapping[str, str]) -> list[Choice]:
    """What the router decided last: one choice, or one for each request of a message that makes several.

    `states` are the folds of the history, one for each handoff; `titles` is what the playbook calls its intents.
    """
    found: dict[int, Choice] = {}
    before: tuple[Step, ...] = ()
    at = 0
    for event, state in zip(history, states, strict=True):
        if state.plan and not before:
            found.clear()
        if event.why.sender == "router" and state.route is not None:
            at = _request(before)
            found[at] = _choice(event, state, titles, at)
        elif event.why.sender == "referee" and at in found:
            label = None if event.why.receiver == "person" or state.route is None else state.route.label
            found[at] = dataclasses.replace(found[at], label=label, referee=event.why.reason)
        before = state.plan
    return [found[place] for place in sorted(found)] if before else [found[at]] if found else []


def ruled(home: Path, state: Handoff) -> list[Ruled]:
    """Which rules fired, which were near, and how many found nothing; by the playbook as it is now, if it still is."""
    known = modules(rules)
    fired = [flag for flag in state.flags if flag.code in known]
    told = [
        Ruled("fired", _("{rule}: {found}").format(rule=rule_name(flag.code), found=flag.sentence)) for flag in fired
    ]
    decided = deciding_rule(state.route) if state.route else ""
    if decided in known:
        said = _("{rule}: it decided the intent, and no model was asked.")
        told.append(Ruled("fired", said.format(rule=rule_name(decided))))
    try:
        book = playbook.find(home, state.card.playbook)
    except Problem as problem:
        said = _("Which other rules there were is not known any more. {why}")
        return [*told, Ruled("passed", said.format(why=problem.sentence))]
    gone = Counter([*(flag.code for flag in fired), decided])
    quiet = [row for row in book.rules if not _counted(gone, str(row["check"]))]
    near = [(row, sentence) for row in quiet for sentence in _near(row, state, book)]
    told += [Ruled("near", sentence) for _row, sentence in near]
    passed = Counter(str(row["check"]) for row in quiet if not any(row is one for one, _sentence in near))
    if passed:
        names = (f"{rule_name(name)} ({times})" if times > 1 else rule_name(name) for name, times in passed.items())
        told.append(Ruled("passed", _("These found nothing: {names}.").format(names=", ".join(names))))
    return told


def _request(plan: Sequence[Step]) -> int:
    """Which request is worked, from 1; 0 = the whole message."""
    return next((place for place, step in enumerate(plan, 1) if step.outcome == "open"), 0)


def _choice(event: Handed, state: Handoff, titles: Mapping[str, str], at: int) -> Choice:
    route = state.route
    assert route is not None
    named = dataclasses.replace(
        route, label=titles.get(route.label, route.label) if route.label else route.label,
        runner_up=titles.get(route.runner_up, route.runner_up),
    )  # fmt: skip
    step = state.plan[at - 1] if 0 < at <= len(state.plan) else None
    stopped = event.why.receiver == "person" or (step is not None and step.outcome == "escalated")
    others, otherwise = _others(route, stopped=stopped), what_if.routed(dataclasses.replace(state, route=named))
    return Choice(
        event.seq, None if stopped else route.label, route, event.why.reason, tuple(others), tuple(otherwise),
        request=at, of=len(state.plan), untrusted_words=step.text if step else "",
    )  # fmt: skip


def _others(route: Route, *, stopped: bool) -> Iterator[Candidate]:
    """The runner-up, or the nearest where none was taken; then what else the message asks for. Where a person decides
    although one intent was sure enough (`stopped`), that one is the nearest."""
    seen = {"", None} if stopped and not route.rule else {route.label, "", None}
    nearest = route.runner_up_score or (route.score if route.label is None else 0.0)
    first = (route.label or "", route.score)
    for label, score in (first, (route.runner_up, nearest), *((one.label, one.score) for one in route.also)):
        if label not in seen:
            seen.add(label)
            yield Candidate(label, score)


def _counted(gone: Counter[str], check: str) -> bool:
    """Whether a row of that check is one of those that fired: each of them is counted off once."""
    if gone[check] < 1:
        return False
    gone[check] -= 1
    return True


def _near(row: Mapping[str, Any], state: Handoff, book: Playbook) -> Iterator[str]:
    """How near a rule with a limit was, where it was near."""
    named = {"rule": rule_name(str(row["check"])), "field": book.field_title(str(row.get("field", "")))}
    match row["check"]:
        case "amount_over":
            for field in state.fields:
                amount = number(field.value) if field.name == row["field"] else None
                if amount is not None and NEAR * row["limit"] <= amount <= row["limit"]:
                    yield _("{rule}: {field} is {value}; it looks for more than {limit:,}.").format(
                        **named, value=field.value, limit=row["limit"]
                    )
        case "older_than":
            for _field, days in days_before(state, row["field"]):
                if max(0, row["days"] - NEAR_DAYS) <= days <= row["days"]:
                    yield several(
                        "{rule}: {field} is {n} day ago; it looks for more than {days}.",
                        "{rule}: {field} is {n} days ago; it looks for more than {days}.",
                        days, **named, days=row["days"],
                    )  # fmt: skip
        case "due_within":
            for _field, days in days_before(state, row["field"]):
                if row["days"] < -days <= row["days"] + NEAR_DAYS:
                    yield several(
                        "{rule}: {field} is in {n} day; it looks for {days} or less.",
                        "{rule}: {field} is in {n} days; it looks for {days} or less.",
                        -days, **named, days=row["days"],
                    )  # fmt: skip
