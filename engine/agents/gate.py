"""Applies the hard rules that look at what was drafted; the playbook has it after its last leg, where there are any."""

from __future__ import annotations

from collections.abc import Generator

from engine.bench import Bench
from engine.cards import Handoff
from engine.events import Event
from engine.playbook import after
from engine.rules import _fired

DUTY = "Holds back a draft that breaks a hard rule."
EXITS = {"person": "a rule for drafts is broken"}


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the desk when all rules hold, else to a person with the rule that stopped it."""
    yield from ()
    rows = [row for row in bench.playbook(handoff).rules if after(row)]
    fired = list(_fired.after(rows, handoff))
    if fired:
        row, finding = next((pair for pair in fired if pair[0]["then"] == "person"), fired[0])
        flags = (*handoff.flags, *_fired.flags(fired))
        return handoff.to(
            "person", _fired.reason(row, finding), code=str(row["check"]), flags=flags, ending="review"
        )  # fmt: skip
    held = f"All {len(rows)} rules for drafts hold" if len(rows) > 1 else "The rule for drafts holds"
    return handoff.to("desk", f"{held}. The draft waits for approval.", ending="finished")
