"""Writes the draft without a model: policy sentences quoted word for word, each cited."""

from __future__ import annotations

from collections.abc import Generator

from engine.agents._frame import framed, left_out, policy, quoted, supported
from engine.agents._ordering import flagged, ordering
from engine.bench import Bench
from engine.cards import EXTRACTIVE, Handoff
from engine.events import Event

DUTY = "Quotes the policy word for word where the model's own words did not hold."
EXITS = {"verifier": ""}


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the verifier with a draft whose unsupported sentences are quotes; the others stay as written."""
    yield from ()
    body = [supported(handoff, evidence) or quoted(evidence) for evidence in policy(handoff)]
    verbatim = sum(1 for sentence in body if sentence.author == EXTRACTIVE)
    attempt = handoff.draft.attempt + 1 if handoff.draft else 1
    reason = f"Quoted {verbatim} of {len(body)} policy sentences word for word (extractive drafter, no model)."
    reason += left_out(handoff, bench)
    draft = framed(handoff, bench, body, attempt)
    flags = flagged(handoff, ordering(handoff, policy(handoff), bench))
    return handoff.to("verifier", reason, model=EXTRACTIVE, draft=draft, verdict=None, flags=flags)
