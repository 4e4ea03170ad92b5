"""Tells what a playbook does: in plain words, and as the graph of the task's way through the team."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.language import _, several
from app.rule_words import rule_name
from engine import agents, rules, toolbox
from engine.playbook import Playbook, ToolGrant, after
from engine.shelf import modules

OUTSIDE = {
    "person": _("you decide"),
    "quarantine": _("set aside, with the reason"),
    "desk": _("you approve, edit or reject"),
}

GIVEN = {"field": _("field"), "limit": _("limit"), "days": _("days"), "any": _("one of"), "known": _("known")}
"""What a playbook gives to a rule."""

FIRES = {"field_missing": _("if it is missing"), "languages": _("if it is another one")}
"""When a rule stops a task, where that is not when it finds what it looks for."""

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
    exits = {name: _(when) for name, when in getattr(modules(agents)[leg], "EXITS", {}).items()}
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
        only = _(" Only {condition}.").format(condition=_condition(condition, playbook)) if condition else ""
        ways = tuple(edge for edge in edges if edge.sender == name)
        found.append(Leg(name, f"{_duty(name, playbook)}{only}", name in main, ways))
    return tuple(found)


def drawn(playbook: Playbook) -> Iterator[str]:
    """The graph as lines of text: the legs from top to bottom, the exits beside them."""
    desk = f"    {'desk':<11} {OUTSIDE['desk']}"
    yield "    " + _("a file") + "\n      |"
    came = False
    for leg in legs(playbook):
        if not leg.main and not came:
            came = True
            come = _("These come in only where an arrow above leads to them")
            yield f"{desk}\n\n  {come}:\n"
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
    duty: str = _(modules(agents)[leg].DUTY)
    if leg != "extractor":
        return duty
    names = ", ".join(playbook.field_title(rule.name) for rule in playbook.fields)
    return f"{duty.rstrip('.')}: {names}." if names else _("Finds nothing here: this playbook has no [[fields]].")


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
    yield (
        _("{title}, version {version}. {about}")
        .format(title=playbook.title or playbook.name, version=playbook.version, about=playbook.about)
        .strip()
    )
    before, late = [row for row in playbook.rules if not after(row)], [row for row in playbook.rules if after(row)]
    if before:
        yield _("Before any model is asked:")
        yield from (f"  - {_rule(row, playbook)}" for row in before)
    titles = [
        several(
            "{title} ({n} example)", "{title} ({n} examples)", len(intent.examples), title=intent.title or intent.label
        )
        for intent in playbook.intents
    ]
    yield _("It tells {number} kinds of request apart: {titles}.").format(number=len(titles), titles=", ".join(titles))
    if playbook.out_of_scope:
        yield _("{number} examples show what is none of them; a person gets that.").format(
            number=len(playbook.out_of_scope)
        )
    else:
        yield _("No example shows what is none of them: add some as `out_of_scope`, or it can hardly tell.")
    if playbook.fields:
        yield _("It looks for {fields}.").format(fields=", ".join(rule.title or rule.name for rule in playbook.fields))
    if playbook.tools:
        yield _("Tools, and who may have them called:")
        yield from (f"  - {_tool(name, grant, playbook)}" for name, grant in playbook.tools.items())
    yield from _memory(playbook)
    for name in playbook.collections:
        documents = ", ".join(playbook.documents(name)) or _("what was added with `baton knowledge add`")
        yield _("Drafts rest on {name}: {documents}.").format(name=name, documents=documents)
    if late:
        yield _("Before a draft is offered:")
        yield from (f"  - {_rule(row, playbook)}" for row in late)
    yield from _limits(playbook)
    yield from _people(playbook)


def as_data(playbook: Playbook) -> dict[str, Any]:
    """The same for programs."""
    return {
        "name": playbook.name, "version": playbook.version, "title": playbook.title, "legs": list(playbook.legs),
        "intents": [intent.label for intent in playbook.intents], "words": list(told(playbook)),
        "graph": [{"from": edge.sender, "to": edge.receiver, "when": edge.when} for edge in graph(playbook)],
    }  # fmt: skip


def _rule(row: dict[str, Any], playbook: Playbook) -> str:
    what = {name: value for name, value in row.items() if name not in ("check", "then", "reason", "when", "intents")}
    if "field" in what:
        what["field"] = playbook.field_title(str(what["field"]))
    told = "; ".join(f"{GIVEN.get(name, name)}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
                     for name, value in what.items())  # fmt: skip
    then = str(row["then"])
    follows = {"person": _("a person decides"), "flag": _("it is shown to a person")}.get(
        then, _("it is {then}").format(then=playbook.intent_title(then[7:]))
    )
    only = _titles(playbook, row.get("intents", ()))
    about = _(" (only {intents})").format(intents=only) if only else ""
    sentence = _(modules(rules)[row["check"]].SENTENCE).rstrip(".")
    when = FIRES.get(str(row["check"]), _("if it finds something"))
    return _("Rule {rule}{about}: {sentence}{told}; {when}, {follows}.").format(
        rule=rule_name(str(row["check"])), about=about, sentence=sentence, told=f" ({told})" if told else "",
        when=when, follows=follows,
    )  # fmt: skip


def _tool(name: str, grant: ToolGrant, playbook: Playbook) -> str:
    sentence, writing = toolbox.nature(grant.tool)
    only = _(", only {intents}").format(intents=_titles(playbook, grant.intents)) if grant.intents else ""
    values = [f"{parameter}: {value}" for parameter, value in grant.given.items()]
    fields = {rule.name for rule in playbook.fields}  # others come from the document, or from another tool's answer
    values += [
        _("{parameter} from {source}").format(
            parameter=parameter, source=playbook.field_title(source) if source in fields else source
        )
        for parameter, source in grant.fields.items()
    ]
    told = f" ({'; '.join(values)})" if values else ""
    writes = " " + _("A person approves each call.") if writing else ""
    sentence = _(sentence).rstrip(".")
    return f"{name} ({', '.join(grant.legs)}{only}): {sentence}{told}.{writes}"


def _titles(playbook: Playbook, intents: Iterable[str]) -> str:
    return ", ".join(map(playbook.intent_title, intents))


def _memory(playbook: Playbook) -> Iterator[str]:
    if keys := playbook.memory.keys:
        yield _("Cases belong together by their {fields}.").format(fields=", ".join(map(playbook.field_title, keys)))
    if most := playbook.memory.examples:
        yield _(
            "The drafter is shown up to {most} approved sentences for each of its own, once there are some."
        ).format(most=most)


def _limits(playbook: Playbook) -> Iterator[str]:
    budget, at = playbook.budget, playbook.thresholds
    sure = (
        _("a score learned from the examples")
        if at.intent is None
        else _("a score of {intent:g}").format(intent=at.intent)
    )
    yield _("An intent needs {sure}; a sentence must be borne out by its source to {support:.0%}.").format(
        sure=sure, support=at.support
    )
    if at.novelty:
        yield _("What is less than {novelty:g} alike to any example goes to the larger model, or a person.").format(
            novelty=at.novelty
        )
    if at.rival < 1:
        yield _("Where the runner-up has {rival:.0%} of its score, the larger model, or a person, decides.").format(
            rival=at.rival
        )
    if at.evidence:
        yield _("Where no passage has a chance of {evidence:g} to answer it, a person does.").format(
            evidence=at.evidence
        )
    yield (
        _(
            "At most {task_seconds:g} seconds a task and {leg_seconds:g} a leg, {tokens} tokens and {rounds} rounds "
            "a draft, {steps} requests a message."
        ).format(
            task_seconds=budget.task_seconds,
            leg_seconds=budget.leg_seconds,
            tokens=budget.tokens,
            rounds=budget.rounds,
            steps=budget.steps,
        )
    )


def _people(playbook: Playbook) -> Iterator[str]:
    for row in playbook.review:
        about = _(" of {intents}").format(intents=_titles(playbook, row.intents)) if row.intents else ""
        field = playbook.field_title(row.field) if row.field else ""
        amount = _(" where {field} is above {above:g}").format(field=field, above=row.above) if field else ""
        yield _("Tasks{about}{amount} go to: {role}.").format(about=about, amount=amount, role=row.role)
    for one in playbook.automatic:
        yield (
            _(
                "Drafts for {intent} are approved without a person once {cases} decided ones show that at most "
                "{error:.1%} are wrong; {audit:.0%} are looked at all the same."
            ).format(intent=playbook.intent_title(one.intent), cases=one.cases, error=one.error, audit=one.audit)
        )
    if not playbook.automatic:
        yield _("Every draft waits for a person.")


def _condition(condition: Any, playbook: Playbook) -> str:
    fields = ", ".join(map(playbook.field_title, condition.fields))
    parts = [
        _("for {intents}").format(intents=_titles(playbook, condition.intents)) if condition.intents else "",
        _("where {fields} was found").format(fields=fields) if fields else "",
        _("for files of the kind {kinds}").format(kinds=", ".join(condition.kinds)) if condition.kinds else "",
    ]
    return _(" and ").join(part for part in parts if part)
