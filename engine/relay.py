"""Runs a card: each agent takes the baton and hands on the next, until the last word."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator, Iterator

from engine import agents
from engine.agents import Agent
from engine.bench import Bench
from engine.bounds import bounded
from engine.cards import Handoff, Problem, TaskCard, Why
from engine.events import Asked, Event, Failed, Finished, Handed, LastWord, Quarantined, Started
from engine.planner import collected
from engine.shelf import modules


def run(handoff: Handoff, bench: Bench) -> Iterator[Event]:
    """Work a baton from where it is: events as they happen, and exactly one last word."""
    team = modules(agents)
    ends = bench.task_ends = time.monotonic() + handoff.card.budget.task_seconds
    while handoff.ending is None:
        agent = handoff.why.receiver
        yield Started(handoff.card.id, agent)
        leg_began = time.monotonic()
        if agent == "desk":
            following = collected(handoff.to("desk", "All legs are done.", ending="finished"))
        elif agent not in team:
            following = handoff.to("person", f"There is no agent {agent!r}.", code="no_agent", ending="failed")
        elif leg_began > ends:
            following = _out_of_time(handoff)
        else:
            following = collected((yield from _leg(team[agent], handoff, bench)))
        following, changed = bounded(handoff, _assigned(following, bench))
        following = _timed(following, time.monotonic() - leg_began)
        yield Handed(handoff.card.id, following.seq, following.why, changed)
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


def _leg(agent: Agent, handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """One agent's work, where the playbook has work for it. What it can't do goes to who stands in for it, or to a
    person, with the sentence that says why."""
    try:
        if why := bench.skipped(handoff):
            return handoff.to(
                bench.next_leg(handoff), f"Nothing to do for the {handoff.why.receiver}: {why}.", code="skipped"
            )
        return (yield from agent.work(handoff, bench))
    except Problem as problem:
        code, sentence = problem.code, problem.sentence
    except MemoryError:
        code, sentence = "out_of_memory", "There is not enough memory for this step."
    return given_up(handoff, agent, sentence, code)


def given_up(handoff: Handoff, agent: object, sentence: str, code: str) -> Handoff:
    """The next rung for a leg that can't do its work: who stands in for it (`INSTEAD`), else a person."""
    instead = getattr(agent, "INSTEAD", "person")
    if instead == "person":
        return handoff.to("person", sentence, code=code, ending="review")
    return handoff.to(instead, f"{sentence} The {instead} takes over.", code=code)


def _assigned(handoff: Handoff, bench: Bench) -> Handoff:
    """With the role that reviews it, where the playbook says who does."""
    if handoff.ending not in ("finished", "review"):
        return handoff
    try:
        role = bench.playbook(handoff).reviewer(handoff)
    except Problem:
        return handoff  # the playbook is gone, which is why a person gets it
    if not role:  # a person may have corrected the intent that had one
        return dataclasses.replace(handoff, reviewer="") if handoff.reviewer else handoff
    why = dataclasses.replace(handoff.why, reason=f"{handoff.why.reason} For: {role}.")
    return dataclasses.replace(handoff, why=why, reviewer=role)


def _out_of_time(handoff: Handoff) -> Handoff:
    seconds = handoff.card.budget.task_seconds
    return handoff.to(
        "person", f"The task took longer than its {seconds:.0f} seconds.", code="too_slow", ending="review"
    )


def _timed(handoff: Handoff, seconds: float) -> Handoff:
    return dataclasses.replace(handoff, why=dataclasses.replace(handoff.why, seconds=round(seconds, 4)))
