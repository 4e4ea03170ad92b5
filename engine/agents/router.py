"""Routes a card: hard rules first, then the intent model, else it abstains and a person decides."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from engine.agents import extractor
from engine.bench import Bench
from engine.cards import Field, Handoff, Request, Route, Step
from engine.events import Event
from engine.health import larger
from engine.intents.model import Said
from engine.planner import bars, running
from engine.playbook import Playbook, after
from engine.rules import _fired

DUTY = "Decides what the document asks for."
EXITS = {
    "person": "a hard rule stops it, no intent is sure enough, or two are nearly as likely",
    "referee": "no intent is sure enough, two are nearly as likely, or the text is new, and there is a larger model",
}
REQUEST_CHARACTERS = 60
"""A paragraph shorter than this is a greeting or a signature, not a request of its own."""
REQUEST_KEPT = 400
MOST_FURTHER = 2
SURE = 0.95
"""A second request must be this sure, by a calibrated score: a wrong one costs more than a missed one."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Why the intent model alone does not decide: the figure that was too low, or too near, in words and as a code."""

    code: str
    score: float
    threshold: float
    reason: str


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the next leg with a route, or to a person with the rule or the score that stopped it."""
    playbook = bench.playbook(handoff)
    rows = [row for row in playbook.rules if not after(row)]
    # A rule is about the message: what one of its requests says must not hide what stands elsewhere.
    whole = dataclasses.replace(handoff, fields=extractor.of_all(handoff, bench)) if running(handoff) else handoff
    fired = list(_fired.before(rows, whole, bench.readings(handoff)))
    route = _answered(handoff) or _ruled(fired) or (yield from _scored(handoff, bench, playbook))
    fields = of_intent(handoff.fields, playbook, route.label)
    shown = _fired.flags((row, finding) for row, finding in fired if row["then"] in ("person", "flag"))
    flags = (*shown, *extractor.unsure(playbook.fields, fields))
    routed = dataclasses.replace(handoff, route=route, flags=flags, fields=fields)
    stop = next(((row, finding) for row, finding in fired if row["then"] == "person"), None)
    if stop and _answered(handoff) is None:
        row, finding = stop
        return routed.to("person", _fired.reason(row, finding), code=str(row["check"]), ending="review")
    if doubt := _doubt(route, playbook):
        return _doubted(dataclasses.replace(routed, fields=handoff.fields), route, playbook, bench, doubt)
    return _passed_on(routed, route, playbook, bench)


def _scored(handoff: Handoff, bench: Bench, playbook: Playbook) -> Generator[Event, None, Route]:
    """What the intent model says, with its learned threshold or the playbook's."""
    (said,) = yield from bench.intents.predict(
        playbook.name, [bench.gist(handoff)], playbook.thresholds.intent, handoff.card.id
    )
    route = _predicted(said)
    if step := running(handoff):
        head = yield from bench.intents.head(playbook.name, handoff.card.id)
        return _of_step(route, said, step, bars(playbook.thresholds, head)[0])
    if route.label is None or "planner" in playbook.legs:
        return route
    return (yield from _with_further(route, said, handoff, bench))


def _of_step(route: Route, said: Said, step: Step, request: float) -> Route:
    """One of several requests must be surer than a message as a whole; and is what the plan says it is, or nothing."""
    score = said.score if step.label in ("", said.label) else dict(said.candidates).get(step.label, 0.0)
    threshold = max(said.threshold, request)
    sure = step.label in said.labels and score >= threshold
    if sure:
        return dataclasses.replace(route, label=step.label, score=score, threshold=threshold)
    nearest = step.label or route.label or route.runner_up
    return dataclasses.replace(
        route, label=None, score=score, threshold=threshold, runner_up=nearest, runner_up_score=score
    )


def _doubt(route: Route, playbook: Playbook) -> _Doubt | None:
    """Why the intent model alone does not decide; None = it does, or a rule or a person did."""
    at, nearest = playbook.thresholds, playbook.intent_title(route.runner_up)
    if route.label is None:
        low = route.score < route.threshold
        sure = f"has {route.score:.2f} of the {route.threshold:.2f} needed" if low else f"has only {route.score:.2f}"
        outside = "" if low else "; more speaks for none of them"
        reason = f"No intent is sure enough: the nearest, {nearest}, {sure}{outside}."
        return _Doubt("abstained", route.score, route.threshold, reason)
    if route.rule:
        return None
    if route.likeness < at.novelty:
        reason = f"Nothing like it is known: the nearest example is alike to {route.likeness:.2f} of the "
        return _Doubt("novel", route.likeness, at.novelty, f"{reason}{at.novelty:.2f} needed.")
    if at.undecided(route):
        first = f"{playbook.intent_title(route.label)} has {route.score:.2f}, {nearest} {route.runner_up_score:.2f}"
        return _Doubt("rivals", route.score, route.threshold, f"Two intents are nearly as likely: {first}.")
    return None


def _doubted(doubtful: Handoff, route: Route, playbook: Playbook, bench: Bench, doubt: _Doubt) -> Handoff:
    """To the larger model; where there is none, to a person."""
    told: dict[str, Any] = {
        "score": doubt.score, "threshold": doubt.threshold, "code": doubt.code, "model": bench.fleet.row("encoder").id
    }  # fmt: skip
    if other := larger(bench):
        return doubtful.to("referee", f"{doubt.reason} The larger model, {other}, is asked.", **told)
    left = of_intent(doubtful.fields, playbook, route.label)
    return doubtful.to("person", doubt.reason, fields=left, ending="review", **told)


def _passed_on(routed: Handoff, route: Route, playbook: Playbook, bench: Bench) -> Handoff:
    """To the next leg; the reason says what decided."""
    assert route.label is not None
    if route.rule:
        return routed.to(bench.next_leg(routed), f"{playbook.intent_title(route.label)}: decided by {route.rule}.")
    runner_up, score, threshold = playbook.intent_title(route.runner_up), route.score, route.threshold
    model = bench.fleet.row("encoder").id
    titles = ", and also ".join(
        playbook.intent_title(label) for label in (route.label, *(one.label for one in route.also))
    )
    nearest = f"Nearest example: “{route.nearest[:80]}”"
    reason = f"{titles}. Runner-up {runner_up} at {route.runner_up_score:.2f}. {nearest}"
    return routed.to(bench.next_leg(routed), reason, score=score, threshold=threshold, model=model)


def _answered(handoff: Handoff) -> Route | None:
    """What a person said stands above all rules and models."""
    said = [answer for answer in handoff.answers if answer.about == "intent"]
    return Route(said[-1].value, 1.0, 0.0, rule="a person") if said else None


def _ruled(fired: list[_fired.Fired]) -> Route | None:
    for row, _ in fired:
        then = str(row["then"])
        if then.startswith("intent:"):
            return Route(then.removeprefix("intent:"), 1.0, 0.0, rule=f"rule {row['check']}")
    return None


def _predicted(said: Said) -> Route:
    others = [one for one in said.candidates if one[0] not in said.labels] if said.label else said.candidates
    runner_up, runner_up_score = others[0] if others else ("", 0.0)
    likeness = said.near[0].likeness if said.near else 0.0
    return Route(
        said.label, said.score, said.threshold, runner_up, runner_up_score, nearest=said.nearest, likeness=likeness
    )


def _with_further(route: Route, said: Said, handoff: Handoff, bench: Bench) -> Generator[Event, None, Route]:
    """What else is asked for: by a model that knows several intents a message, or in a part of its own.

    Only messages are looked at: a document is about one thing, however many it mentions.
    """
    scores = dict(said.candidates)
    if len(said.labels) > 1:
        text = bench.gist(handoff)[:REQUEST_KEPT]
        further = tuple(Request(label, scores.get(label, 0.0), text) for label in said.labels[1:])
        return dataclasses.replace(route, also=further[:MOST_FURTHER])
    reading = bench.message(handoff)
    if reading.kind != "eml":
        return route
    parts = requests(reading.text.partition("\n\n")[2])
    if len(parts) < 2:
        return route
    told = yield from bench.intents.predict(handoff.card.playbook, parts, card=handoff.card.id)
    sure = {
        one.label: Request(one.label, one.score, text[:REQUEST_KEPT])
        for one, text in zip(told, parts, strict=True)
        if one.label and one.score >= SURE
    }
    if sure.pop(str(route.label), None) is None:
        return route
    return dataclasses.replace(route, also=tuple(sure.values())[:MOST_FURTHER])


def requests(text: str) -> list[str]:
    """The parts of a message that may each ask for something: paragraphs that are no greeting or signature."""
    return [part for part in text.split("\n\n") if len(part) >= REQUEST_CHARACTERS]


def of_intent(fields: tuple[Field, ...], playbook: Playbook, label: str | None) -> tuple[Field, ...]:
    """Without the fields that the playbook asks for in other intents only."""
    limited = {rule.name: rule.intents for rule in playbook.fields if rule.intents}
    return tuple(field for field in fields if field.name not in limited or label in limited[field.name])
