"""Asks the larger model (role `fallback`) which intent it is, where the intent model alone is not sure."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Generator
from typing import Any

from engine.agents.router import of_intent
from engine.bench import Bench
from engine.cards import Handoff, Problem, Route
from engine.events import Event, Progressed
from engine.health import at_work
from engine.intents.model import Said
from engine.models import Brief, Piece, Writer
from engine.playbook import Playbook

DUTY = "Asks the larger model, where the intent model is not sure or has seen nothing like it."
MODEL = "fallback"
INSTEAD = "person"
EXITS = {"clerk": "both models name the same intent", "person": "they do not, or the larger one can't be asked"}
CANDIDATES = 3
"""The larger model chooses among so many: what the intent model holds for likeliest. A document that talks it into
something else gets nowhere."""
NONE = "none"
EXAMPLES = 2
EXAMPLE_CHARACTERS, READ = 200, 700
ANSWER_TOKENS = 24


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the leg after the router with a route on which both models agree, else to a person."""
    playbook, before = bench.playbook(handoff), handoff.route
    (said,) = yield from bench.intents.predict(
        playbook.name, [bench.gist(handoff)], playbook.thresholds.intent, handoff.card.id
    )
    scores = dict(said.candidates[:CANDIDATES])
    with at_work(bench, MODEL) as (model, writer):
        yield Progressed(handoff.card.id, f"{model} reads it", 1, 1)
        label, last = yield from _asked(writer, handoff, bench, playbook, said)
    cost: dict[str, Any] = {"tokens_in": last.tokens_in, "tokens_out": last.tokens_out, "model": model}
    doubted = before.label if before else None
    if label == NONE or (doubted and label != doubted):
        says = "none of them" if label == NONE else playbook.intent_title(label)
        reason = f"The larger model reads it as {says}; the intent model does not. A person decides."
        return handoff.to(
            "person", reason, score=scores.get(label, 0.0), threshold=said.threshold, code="disputed",
            ending="review", **cost,
        )  # fmt: skip
    score = scores.get(label, 0.0)
    route = Route(label, score, said.threshold, rule=f"the larger model {model}", nearest=said.nearest)
    reason = f"The larger model reads it as {playbook.intent_title(label)}, and the intent model has it at {score:.2f}."
    routed = dataclasses.replace(handoff, route=route, fields=of_intent(handoff.fields, playbook, label))
    return routed.to(playbook.after("router"), reason, score=score, threshold=said.threshold, code="referee", **cost)


def _asked(
    writer: Writer, handoff: Handoff, bench: Bench, playbook: Playbook, said: Said
) -> Generator[Event, None, tuple[str, Piece]]:
    """One of the candidates' labels, or `none`: the grammar has no other words. Raises Problem("too_slow")."""
    labels = [label for label, _ in said.candidates[:CANDIDATES]]
    grammar = "root ::= " + " | ".join(json.dumps(label, ensure_ascii=False) for label in [*labels, NONE])
    untrusted_text, deadline = bench.gist(handoff)[:READ], bench.deadline(handoff)
    piece, answer = Piece("", 0, 0), ""
    for piece in writer.stream(_brief(playbook, labels), untrusted_text, grammar, ANSWER_TOKENS):
        answer += piece.text
        yield Progressed(handoff.card.id, "the larger model decides")
        if time.monotonic() > deadline:
            raise Problem("too_slow", "The larger model did not decide in time. A person decides.")
        if piece.tokens_out > 2 * ANSWER_TOKENS:
            raise Problem("endless", "The larger model wrote on and on instead of one word. A person decides.")
    label = answer.strip()
    return (label if label in labels else NONE), piece


def _brief(playbook: Playbook, labels: list[str]) -> Brief:
    """What the intents are, with examples of each. Raises no Problem: a label without an intent has no examples."""
    intents = [intent for intent in playbook.intents if intent.label in labels]
    known = "; ".join(f"{intent.label} = {intent.title or intent.label}" for intent in intents)
    shown = tuple((text[:EXAMPLE_CHARACTERS], one.label) for one in intents for text in one.examples[:EXAMPLES])
    outside = tuple((text[:EXAMPLE_CHARACTERS], NONE) for text in playbook.out_of_scope[:EXAMPLES])
    return Brief(f"Sort a message: {known}; {NONE} = none of these. Answer with one of these words.", shown + outside)
