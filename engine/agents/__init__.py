"""The team. Each agent takes the baton, yields what happens while it works, and returns the next baton.

An agent is one file on this shelf, named as it is called in a playbook's `legs`. It holds:

    DUTY = "Finds the passages the answer must rest on."
    def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]

    EXITS = {"person": "no passage is relevant"}     optional: where else than to the next leg it hands on, and when
    MODEL = "drafter"                                optional: the role of the model that it works with
    INSTEAD = "quoter"                               optional: who takes over when it can't; else a person

It passes on with `handoff.to(RECEIVER, REASON, ...)`: the reason is shown to people and must say
what decided, with the score and the threshold where a number did. `bench.next_leg("name")` is the
next leg of the playbook. Nothing else names the agent: the shelf finds it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Protocol

from engine.cards import Handoff
from engine.events import Event

if TYPE_CHECKING:
    from engine.bench import Bench


class Agent(Protocol):
    """The shape of a module on this shelf."""

    DUTY: str

    def work(self, handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]: ...
