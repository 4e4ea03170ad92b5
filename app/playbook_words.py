"""Tells what a playbook does: in plain words, and as the graph of the task's way through the team."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine import agents, rules, toolbox
from engine.playbook import Playbook, after
from engine.shelf import modules

OUTSIDE = {"person": "you decide", "quarantine": "set aside, with the reason", "desk": "you approve, edit or reject"}

COME_IN = ("gate", "referee", "senior", "quoter")
"""Who takes the baton where it is needed, whether or not `legs` names them."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The baton's way from one to another, and when it goes there ("" = as a rule)."""

    sender: str
    receiver: str
    when: str = ""


def graph(playbook: Playbook) -> tuple[Edge, ...]:
    """All ways of a task, leg by leg: the usual one first, then the exits that each agent names itself."""
    team = modules(agents)
    edges: list[Edge] = []
    todo, done = [*playbook.legs], set()
    while todo:
        leg = todo.pop(0)
        if leg in done or leg not in team:
            continue
        done.add(leg)
        exits = _exits(leg, playbook)
        if leg in playbook.legs or leg == "gate":
            following = playbook.after(leg)
            edges.append(Edge(leg, following, exits.pop(following, "")))
            todo.append(following)
        edges += [Edge(leg, receiver, when) for receiver, when in exits.items()]
        todo += exits
    return tuple(edges)


def _exits(leg: str, playbook: Playbook) -> dict[str, str]:
    """Where else than to the next leg it hands on in this playbook: to nobody who is not in it."""
    exits = dict(getattr(modules(agents)[leg], "EXITS", {}))
    if leg == "referee":  # it goes on where the router had gone on
        exits = {playbook.after("router") if name == "clerk" else name: when for name, when in exits.items()}
    return {name: when for name, when in exits.items() if name in {*OUTSIDE, *COME_IN, *playbook.legs}}


@dataclass(frozen=True, slots=True)
class Leg:
    """A stop on a task's way: what it is there for, and where it hands on to. The usual way has no `when`.

    `main` says that every task comes by; the others come in only where an exit leads to them.
    """

    name: str
    duty: str
    main: bool
    ways: tuple[Edge, ...]


def legs(playbook: Playbook) -> tuple[Leg, ...]:
    """The legs from first to last, then those that come in where they are needed."""
    edges = graph(playbook)
    main = [*playbook.legs, *(["gate"] if playbook.end == "gate" else [])]
    order = [*main, *dict.fromkeys(edge.sender for edge in edges if edge.sender not in main)]
    found = []
    for name in order:
        condition = playbook.only.get(name)
        only = f" Only {_condition(condition)}." if condition else ""
        ways = tuple(edge for edge in edges if edge.sender == name)
        found.append(Leg(name, f"{_duty(name, playbook)}{only}", name in main, ways))
    return tuple(found)


def drawn(playbook: Playbook) -> Iterator[str]:
    """The graph as lines of text: the legs from top to bottom, the exits beside them."""
    desk = f"    {'desk':<11} {OUTSIDE['desk']}"
    yield "    a file\n      |"
    came = False
    for leg in legs(playbook):
        if not leg.main and not came:
            came = True
            yield f"{desk}\n\n  These come in only where an arrow above leads to them:\n"
        yield f"    {leg.name:<11} {leg.duty}"
        yield from (
            f"      |---> {way.receiver:<10} {way.when}".rstrip() for way in leg.ways if way.when or not leg.main
        )
        if leg.main:
            yield "      |"
    if not came:
        yield desk


def _duty(leg: str, playbook: Playbook) -> str:
    """What a leg is there for; of the extractor, in this very playbook."""
    duty: str = modules(agents)[leg].DUTY
    if leg != "extractor":
        return duty
    names = ", ".join(playbook.field_title(rule.name) for rule in playbook.fields)
    return f"{duty.rstrip('.')}: {names}." if names else "Finds nothing here: this playbook has no [[fields]]."


def dot(playbook: Playbook) -> Iterator[str]:
    """The graph for Graphviz."""
    yield "digraph playbook {"
    yield f'  label="{playbook.name}, version {playbook.version}"; node [shape=box];'
    for edge in graph(playbook):
        style = f' [label="{edge.when.replace(chr(34), chr(39))}", style=dashed]' if edge.when else ""
        yield f"  {edge.sender} -> {edge.receiver}{style};"
    yield "}"


def told(playbook: Playbook) -> Iterator[str]:
    """What the playbook says, a sentence a line."""
    yield f"{playbook.title or playbook.name}, version {playbook.version}. {playbook.about}".strip()
    before, late = [row for row in playbook.rules if not after(row)], [row for row in playbook.rules if after(row)]
    if before:
        yield "Before any model is asked:"
        yield from (f"  - {_rule(row)}" for row in before)
    titles = [f"{intent.title or intent.label} ({len(intent.examples)} examples)" for intent in playbook.intents]
    yield f"It tells {len(titles)} kinds of request apart: {', '.join(titles)}."
    if playbook.out_of_scope:
        yield f"{len(playbook.out_of_scope)} examples show what is none of them; a person gets that."
    else:
        yield "No example shows what is none of them: add some as `out_of_scope`, or it can hardly tell."
    if playbook.fields:
        yield f"It looks for {', '.join(rule.title or rule.name for rule in playbook.fields)}."
    if playbook.tools:
        yield "Tools, and who may have them called:"
        yield from (f"  - {toolbox.explained(name, grant)}" for name, grant in playbook.tools.items())
    yield from _memory(playbook)
    for name in playbook.collections:
        documents = ", ".join(playbook.documents(name)) or "what was added with `baton knowledge add`"
        yield f"Drafts rest on {name}: {documents}."
    if late:
        yield "Before a draft is offered:"
        yield from (f"  - {_rule(row)}" for row in late)
    yield from _limits(playbook)
    yield from _people(playbook)


def as_data(playbook: Playbook) -> dict[str, Any]:
    """The same for programs."""
    return {
        "name": playbook.name, "version": playbook.version, "title": playbook.title, "legs": list(playbook.legs),
        "intents": [intent.label for intent in playbook.intents], "words": list(told(playbook)),
        "graph": [{"from": edge.sender, "to": edge.receiver, "when": edge.when} for edge in graph(playbook)],
    }  # fmt: skip


def _rule(row: dict[str, Any]) -> str:
    what = {name: value for name, value in row.items() if name not in ("check", "then", "reason", "when", "intents")}
    told = "; ".join(f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
                     for name, value in what.items())  # fmt: skip
    then = str(row["then"])
    follows = {"person": "a person decides", "flag": "it is shown to a person"}.get(then, f"it is {then[7:]}")
    about = f" (only {', '.join(row['intents'])})" if row.get("intents") else ""
    sentence = modules(rules)[row["check"]].SENTENCE.rstrip(".")
    return f"{row['check']}{about}: {sentence}{f' ({told})' if told else ''}; if it finds something, {follows}."


def _memory(playbook: Playbook) -> Iterator[str]:
    if keys := playbook.memory.keys:
        yield f"Cases belong together by their {', '.join(map(playbook.field_title, keys))}."
    if most := playbook.memory.examples:
        yield f"The drafter is shown up to {most} approved sentences for each of its own, once there are some."


def _limits(playbook: Playbook) -> Iterator[str]:
    budget, at = playbook.budget, playbook.thresholds
    sure = "a score learned from the examples" if at.intent is None else f"a score of {at.intent:g}"
    yield f"An intent needs {sure}; a sentence must be borne out by its source to {at.support:.0%}."
    if at.novelty:
        yield f"What is less than {at.novelty:g} alike to any example goes to the larger model, or a person."
    if at.evidence:
        yield f"Where no passage has a chance of {at.evidence:g} to answer it, a person does."
    yield (
        f"At most {budget.task_seconds:g} seconds a task and {budget.leg_seconds:g} a leg, {budget.tokens} tokens and "
        f"{budget.rounds} rounds a draft, {budget.steps} requests a message."
    )


def _people(playbook: Playbook) -> Iterator[str]:
    for row in playbook.review:
        about = f" of {', '.join(row.intents)}" if row.intents else ""
        amount = f" where {row.field} is above {row.above:g}" if row.field else ""
        yield f"Tasks{about}{amount} go to: {row.role}."
    for one in playbook.automatic:
        yield (
            f"Drafts for {one.intent} are approved without a person once {one.cases} decided ones show that at most "
            f"{one.error:.1%} are wrong; {one.audit:.0%} are looked at all the same."
        )
    if not playbook.automatic:
        yield "Every draft waits for a person."


def _condition(condition: Any) -> str:
    parts = [
        f"for {', '.join(condition.intents)}" if condition.intents else "",
        f"where {', '.join(condition.fields)} was found" if condition.fields else "",
        f"for files of the kind {', '.join(condition.kinds)}" if condition.kinds else "",
    ]
    return " and ".join(part for part in parts if part)
