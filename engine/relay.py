"""Runs a card: each agent takes the baton and hands on the next, until the last word."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator, Iterator

from engine import agents
from engine.bench import Bench
from engine.cards import Handoff, Problem, TaskCard, Why, changes
from engine.events import Asked, Event, Failed, Finished, Handed, LastWord, Quarantined, Started
from engine.shelf import modules


def run(handoff: Handoff, bench: Bench) -> Iterator[Event]:
    """Work a baton from where it is: events as they happen, and exactly one last word."""
    team = modules(agents)
    began = time.monotonic()
    while handoff.ending is None:
        agent = handoff.why.receiver
        yield Started(handoff.card.id, agent)
        leg_began = time.monotonic()
        if agent == "desk":
            following = handoff.to("desk", "All legs are done.", ending="finished")
        elif agent not in team:
            following = handoff.to("person", f"There is no agent {agent!r}.", code="no_agent", ending="failed")
        elif leg_began - began > handoff.card.budget.task_seconds:
            following = _out_of_time(handoff)
        else:
            following = yield from _leg(team[agent].work(handoff, bench), handoff)
        following = _timed(following, time.monotonic() - leg_began)
        yield Handed(handoff.card.id, following.seq, following.why, changes(handoff, following))
        handoff = following
    yield last_word(handoff)


def opened(card: TaskCard, first_leg: str) -> Handoff:
    """The baton of a card that nobody has worked yet."""
    return Handoff(card, Why("desk", first_leg, "Opened."))


def last_word(handoff: Handoff) -> LastWord:
    """The event that ends a run, from a baton that has its ending."""
    card, why = handoff.card.id, handoff.why
    match handoff.ending:
        case "finished":
            return Finished(card)
        case "quarantined":
            return Quarantined(card, why.code, why.reason)
        case "failed":
            return Failed(card, why.code, why.reason)
        case _:
            return Asked(card, why.reason)


def _leg(work: Generator[Event, None, Handoff], handoff: Handoff) -> Generator[Event, None, Handoff]:
    """One agent's work; what it can't do goes to a person, with the sentence that says why."""
    try:
        return (yield from work)
    except Problem as problem:
        return handoff.to("person", problem.sentence, code=problem.code, ending="review")


def _out_of_time(handoff: Handoff) -> Handoff:
    seconds = handoff.card.budget.task_seconds
    return handoff.to(
        "person", f"The task took longer than its {seconds:.0f} seconds.", code="too_slow", ending="review"
    )


def _timed(handoff: Handoff, seconds: float) -> Handoff:
    return dataclasses.replace(handoff, why=dataclasses.replace(handoff.why, seconds=round(seconds, 4)))
