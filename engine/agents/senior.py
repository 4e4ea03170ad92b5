"""Writes the draft with the larger model (role `fallback`), where the small one and the verifier can't agree."""

from __future__ import annotations

from collections.abc import Generator

from engine.agents.drafter import drafted
from engine.bench import Bench
from engine.cards import Handoff
from engine.events import Event

DUTY = "Puts it into words with the larger model, where the small one's words did not hold."
MODEL = "fallback"
INSTEAD = "quoter"
EXITS = {"verifier": "", "quoter": "that model can't load, fails, or is out of time or tokens"}


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the verifier with a draft; to the quoter when this model can't write it either."""
    return (yield from drafted(handoff, bench, MODEL, "verifier"))
