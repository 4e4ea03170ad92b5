"""Calls the tools that a playbook grants: fills them, asks the permission table, bounds them, and says what came of it.

The only door to `tools/`. An agent asks in its own role, which no baton and no playbook can change.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from engine import courier, permissions, tools
from engine._playbook_shape import choose
from engine.bench import Bench
from engine.cards import Call, Evidence, Flag, Handoff, Origin, Place, Problem
from engine.memory import outcome
from engine.pages import Reading
from engine.permissions import Ruling
from engine.playbook import SLOT, Playbook, ToolGrant
from engine.questions import read_stored
from engine.shelf import modules
from engine.tools import Earlier, Finding, NoResult, Result, TableFile, Value, Values
from engine.wording import plainly

MOST_FINDINGS = 12
MOST_CHARACTERS = 64 * 1024
"""What all findings of one call may hold."""
PROPOSED, REFUSED, UNEXPECTED, NOT_FOUND = "write_proposed", "tool_refused", "unexpected", "not_found"
FLAGS = frozenset((PROPOSED, UNEXPECTED, NOT_FOUND))
"""The codes of what a call shows to a person."""

_ANSWERS: Mapping[str, Origin] = {"read": "table", "call": "document", "write": "document"}
"""Where an answer stems from. An address says what somebody else wrote; what is reckoned is as good as its values."""


Misfit = tuple[tuple[str, ...], str]
"""A key of a grant, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A write that waits for a person: what the tool does in plain words, where to, and each value whole.

    `fingerprint` is what an approval of it is for.
    """

    tool: str
    sentence: str
    where: str
    values: tuple[tuple[str, Value], ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Used:
    """One call, done or not: what the log keeps of it, what it found, what a person must see, and a sentence."""

    call: Call
    findings: tuple[Finding, ...]
    flags: tuple[Flag, ...]
    sentence: str
    code: str = ""


def granted(role: str, handoff: Handoff, bench: Bench) -> dict[str, ToolGrant]:
    """What the playbook lets this agent have called for this intent, in the playbook's order."""
    label = handoff.route.label if handoff.route else None
    return {
        name: grant
        for name, grant in bench.playbook(handoff).tools.items()
        if role in grant.legs and (not grant.intents or label in grant.intents)
    }


def missing(grant: ToolGrant, handoff: Handoff, bench: Bench) -> list[str]:
    """What would have to be known to call it, and is not. Where earlier cases are looked up, one key is enough."""
    lacking = [source for source in grant.fields.values() if _value(source, handoff, bench) is None]
    enough = _recalls(_shelf()[grant.tool]) and len(lacking) < len(grant.fields)
    return [] if enough else lacking


def was_called(name: str, handoff: Handoff, bench: Bench) -> bool:
    """Whether it was called for this request; a write that was done for another counts if it had the same values."""
    own = [call for call in handoff.calls if call.tool == name]
    if any(call.outcome != "done" for call in own):
        return True
    return bool(own) and _told(_found(bench.playbook(handoff).tools[name], handoff, bench)) in [
        one.values for one in own
    ]


def use(role: str, name: str, handoff: Handoff, bench: Bench) -> Used:
    """Have a granted tool called, if the table allows it. Raises Problem when the operator must mend something."""
    grant = granted(role, handoff, bench)[name]
    tool = _shelf()[grant.tool]
    values = _found(grant, handoff, bench)
    told = _told(values)
    key = permissions.fingerprint(handoff.card.id, name, grant.given, _whole(values))
    approved = permissions.is_approved(handoff.answers, name, key)
    ruling = permissions.judge(role, tool.ACTION, [value.origin for value in values.values()], approved=approved)
    if not ruling.allowed:
        return _held(name, grant, told, values, ruling)
    tray = _Tray(name, grant, handoff, bench, key)
    try:
        result = tool.call(grant.given, values, tray)
        result = _cut(result) if tool.ACTION == "write" else _bounded(name, result, tray)
    except NoResult as problem:
        if tool.ACTION == "write":
            return _failed(name, told, values, ruling, problem)
        call = Call(name, told, "nothing", ruling.line.number)
        return Used(call, (), tuple(_not_found(grant, values, problem.sentence)), problem.sentence, problem.code)
    origin = _ANSWERS.get(tool.ACTION) or permissions.worst([value.origin for value in values.values()])
    outcome: Any = "done" if tool.ACTION == "write" else "found" if result.findings else "nothing"
    call = Call(name, told, outcome, ruling.line.number, origin)
    flags = _unexpected(grant, result, handoff) if result.findings else _not_found(grant, values, result.sentence)
    return Used(call, result.findings, tuple(flags), result.sentence)


def evidence(name: str, findings: tuple[Finding, ...], first: int) -> tuple[Evidence, ...]:
    """What was found as evidence, numbered from `first`."""
    return tuple(
        Evidence(n, finding.quote, finding.place, 1.0, f"tool:{name}", finding.heading, finding.cells)
        for n, finding in enumerate(findings, first)
    )


def proposals(handoff: Handoff, bench: Bench) -> tuple[Proposal, ...]:
    """The writes that wait for a person, as far as the playbook still grants them: those of each request, with what
    is known of that one."""
    grants = bench.playbook(handoff).tools
    requests = [
        dataclasses.replace(handoff, calls=step.calls, evidence=step.evidence, fields=step.fields)
        for step in handoff.plan
    ]
    found = {
        (call.tool, one.fingerprint): one
        for request in requests or [handoff]
        for call in request.calls
        if call.outcome == "proposed" and call.tool in grants
        for one in [_proposal(request, call.tool, grants[call.tool], bench)]
    }
    return tuple(found.values())


def proposal(handoff: Handoff, name: str, bench: Bench, seen: str = "") -> Proposal:
    """A write that waits for a person: the one with the fingerprint `seen`, else the first of that tool.

    Raises Problem("no_proposal").
    """
    waiting = [one for one in proposals(handoff, bench) if one.tool == name]
    for one in sorted(waiting, key=lambda one: one.fingerprint != seen):
        return one
    raise Problem("no_proposal", f"No write of {name!r:.60} waits for anyone in this task.")


def _proposal(handoff: Handoff, name: str, grant: ToolGrant, bench: Bench) -> Proposal:
    values = _found(grant, handoff, bench)
    key = permissions.fingerprint(handoff.card.id, name, grant.given, _whole(values))
    return Proposal(name, _shelf()[grant.tool].SENTENCE, _where(grant), tuple(values.items()), key)


def _where(grant: ToolGrant) -> str:
    """Where a write goes."""
    return str(grant.given.get("address", grant.tool))


def complaints(name: str, grant: ToolGrant, playbook: Playbook) -> Iterator[Misfit]:
    """What is wrong with a grant, as the end of a sentence that begins with its name, and at which of its keys."""
    tool = _shelf().get(grant.tool)
    if not name.isidentifier():
        yield (), "must have a name of letters, digits and _."
    if tool is None:
        yield ("tool",), f"names the tool {grant.tool!r}, which does not exist; {choose(grant.tool, _shelf())}."
        return
    yield from _misfits_given(grant, tool, playbook)
    if tool.VALUES is not None and set(tool.VALUES) != grant.fields.keys():
        wanted = f"fields = {{ {tool.VALUES[0]} = ... }}"
        yield ("fields",), f"must say what fills {', '.join(tool.VALUES)}, and nothing else: {wanted}."
    if _recalls(tool):
        yield from _misfits_recalled(grant, playbook)
    yield from _misfits_told(grant)
    for leg in grant.legs:
        if not permissions.could(leg, tool.ACTION):
            yield ("legs",), f'is granted to the {leg}, which may call none: say legs = ["clerk"].'
    if not 0 < grant.seconds <= courier.LONGEST:
        yield ("seconds",), f"needs `seconds` above 0 and up to {courier.LONGEST:.0f}."


def gives(grant: ToolGrant) -> tuple[str, ...] | None:
    """The columns of what a granted tool finds; None where only the call shows it, as for a table."""
    named: Callable[[Collection[str]], tuple[str, ...]] | None = getattr(_shelf().get(grant.tool), "gives", None)
    return named(grant.fields.keys()) if named else None


def nature(tool: str) -> tuple[str, bool]:
    """What that tool does, in a sentence, and whether it writes."""
    known = _shelf()[tool]
    return known.SENTENCE, known.ACTION == "write"


def files(tool: str, given: Mapping[str, Any]) -> list[str]:
    """The files beside the playbook that a grant of that tool names; none for a tool that there is not."""
    known = _shelf().get(tool)
    values = (given[key] for key in _file_keys(known) if key in given) if known else ()
    return [name for value in values for name in (value if isinstance(value, list) else [value])]


def _file_keys(tool: ModuleType) -> tuple[str, ...]:
    return getattr(tool, "FILES", ("file",))


def _misfits_given(grant: ToolGrant, tool: ModuleType, playbook: Playbook) -> Iterator[Misfit]:
    allowed = {**tool.PARAMETERS, **tool.OPTIONAL}
    for parameter in tool.PARAMETERS.keys() - grant.given.keys():
        yield ("given",), f"needs {parameter} in `given`."
    for parameter, fixed in grant.given.items():
        key = ("given", parameter)
        if parameter not in allowed:
            yield key, f"has no {parameter!r}; in `given` it may have {', '.join(allowed) or 'nothing'}."
        elif type(fixed) is not allowed[parameter]:
            yield key, f"needs another kind of value for {parameter!r} in `given`."
        elif parameter in _file_keys(tool):
            yield from (
                (key, wrong) for name in files(grant.tool, {parameter: fixed}) if (wrong := _no_file(name, playbook))
            )
        elif parameter == "address" and (wrong := courier.fault(fixed, grant.given.get("public") is True)):
            yield key, f"names the address {fixed!r}, which {wrong}."
    fits = all(type(grant.given.get(parameter)) is kind for parameter, kind in tool.PARAMETERS.items())
    if fits and (checked := getattr(tool, "faults", None)):
        yield from ((("given",), fault) for fault in checked(grant.given, grant.fields.keys()))


def _no_file(name: Any, playbook: Playbook) -> str:
    """What is wrong with a file that a grant names; "" = nothing."""
    if not isinstance(name, str):
        return f"names {name!r:.40} as a file; a file's name is a text."
    path = playbook.path(name)
    if path.is_dir():
        return f"names {name!r}, which is a folder: name a table in it, such as {name.rstrip('/') + '/orders.csv'!r}."
    return "" if path.is_file() else f"names the file {name!r}, which does not exist: there is no {path}."


def _misfits_told(grant: ToolGrant) -> Iterator[Misfit]:
    """A sentence with a slot that nothing fills would never be said."""
    columns = gives(grant)
    if columns is None:
        return
    for slot in dict.fromkeys(SLOT.findall(grant.sentence)):
        if slot not in columns:
            yield ("sentence",), f"has {{{slot}}} in its sentence, which it does not give; {choose(slot, columns)}."
    for column in grant.expect:
        if column not in columns:
            yield (
                ("expect", column),
                f"expects something of {column!r}, which it does not give; {choose(column, columns)}.",
            )


def _misfits_recalled(grant: ToolGrant, playbook: Playbook) -> Iterator[Misfit]:
    if not grant.fields:
        key = next(iter(playbook.memory.keys), "card")
        yield ("fields",), f'must say by which keys it looks: fields = {{ {key} = "{key}" }}.'
    for name in grant.fields:
        if name not in playbook.memory.keys:
            known = ", ".join(playbook.memory.keys) or "nothing"
            yield ("fields", name), f"looks for {name!r}, which is no key: `keys` in [memory] names {known}."


def _recalls(tool: ModuleType) -> bool:
    return bool(getattr(tool, "RECALLS", False))


class _Tray:
    """What a tool may reach: the files and the address of its own grant, and a place for notes."""

    def __init__(self, name: str, grant: ToolGrant, handoff: Handoff, bench: Bench, key: str) -> None:
        self.name = name
        self._grant = grant
        self._handoff = handoff
        self._bench = bench
        self._key = key
        self._deadline = time.monotonic() + grant.seconds

    def file(self, name: str) -> TableFile:
        own = self._bench.playbook(self._handoff).path(name)
        file, data, sha256 = self._bench.file(self._handoff, name)
        return TableFile(file, data, sha256, self._bench.store.kept(sha256), own)

    def reading(self, file: TableFile) -> Reading:
        """The file as pages. The first time a worker reads it, which has limits of its own: that time is not the
        call's."""
        began = time.monotonic()
        try:
            return read_stored(file.sha256, file.name, self._bench)
        finally:
            self._deadline += time.monotonic() - began

    def note(self, title: str, text: str) -> tuple[Place, str]:
        from engine.readers._text import clean, one_line

        text = clean(text)[0]
        return self._bench.store.note(one_line(title), text), text

    def ask(self, values: Mapping[str, str]) -> str:
        self.in_time()
        try:
            return courier.ask(self._handoff.card.playbook, self.name, values, self._key, self._grant.seconds)
        except Problem as problem:
            raise NoResult(problem.code, problem.sentence) from problem

    def earlier(self, values: Values, most: int) -> tuple[list[Earlier], int]:
        card, playbook = self._handoff.card, self._bench.playbook(self._handoff)
        wanted = {name: value.text for name, value in values.items()}
        found, count = self._bench.memory.earlier(card.playbook, wanted, card.opened, most)
        told = [
            Earlier(case.task, case.opened[:10], playbook.intent_title(case.label) or "unknown", outcome(case), names)
            for case, names in found
        ]
        return told, count

    def in_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise NoResult("too_slow", f"{self.name} took longer than its {self._grant.seconds:g} seconds")


@functools.cache
def _shelf() -> dict[str, ModuleType]:
    return modules(tools)


def _value(source: str, handoff: Handoff, bench: Bench) -> Value | None:
    """What fills a parameter, from wherever the playbook says; None where there is none."""
    if source == "document":
        return _document(handoff, bench)
    if source == "opened":
        opened = Place(handoff.card.sha256, handoff.card.source, 1, 0, 0, path="opened")
        return Value(handoff.card.opened, "playbook", "", opened) if handoff.card.opened else None
    tool, _, column = source.partition(".")
    if column:
        return _cell(tool, column, handoff)
    field = handoff.field(source)
    return Value(field.value, field.origin, field.quote, field.place) if field else None


def _found(grant: ToolGrant, handoff: Handoff, bench: Bench) -> dict[str, Value]:
    """What is known of what fills its parameters."""
    found = {parameter: _value(source, handoff, bench) for parameter, source in grant.fields.items()}
    return {parameter: value for parameter, value in found.items() if value is not None}


def _told(values: Mapping[str, Value]) -> tuple[tuple[str, str, Origin], ...]:
    """The values as the log keeps them."""
    return tuple((parameter, _short(value), value.origin) for parameter, value in values.items())


def _document(handoff: Handoff, bench: Bench) -> Value:
    """All the visible text of the incoming document."""
    document, reading = bench.readings(handoff)[0]
    place = Place(document.sha256, document.name, 1, 0, 0)
    return Value(reading.text, "document", reading.text, place, reading.pages)


def _cell(tool: str, column: str, handoff: Handoff) -> Value | None:
    """A column of the first thing that an earlier tool found."""
    call = next((call for call in handoff.calls if call.tool == tool and call.evidence), None)
    found = next((one for one in handoff.evidence if call and one.n == call.evidence[0]), None)
    text = dict(found.cells).get(column, "") if found else ""
    return Value(text, call.origin, found.quote, found.place) if call and found and text else None


def _held(
    name: str, grant: ToolGrant, told: tuple[tuple[str, str, Origin], ...], values: Mapping[str, Value], ruling: Ruling
) -> Used:
    """What is not done: refused for good, or put before a person."""
    number = ruling.line.number
    if ruling.line.outcome == "refused":
        return Used(Call(name, told, "refused", number), (), (), f"{name} was refused by {ruling.sentence}", REFUSED)
    shown = ", ".join(f"{parameter} {value.text:.60}" for parameter, value in values.items())
    sentence = f"{name} would send {shown or 'nothing'} to {_where(grant)}. Nothing was sent: a person must allow it."
    first = next(iter(values.values()), None)
    flag = Flag(PROPOSED, sentence, first.quote if first else "", first.place if first else None)
    reason = f"{name} is proposed and not done, by {ruling.sentence}"
    return Used(Call(name, told, "proposed", number), (), (flag,), reason, PROPOSED)


def _failed(
    name: str, told: tuple[tuple[str, str, Origin], ...], values: Mapping[str, Value], ruling: Ruling, why: NoResult
) -> Used:
    """A write that a person allowed, and that did not go through: it waits for them again."""
    sentence = f"{name} was allowed, and did not go through: {why.sentence}. Look whether it was done; allow it again."
    first = next(iter(values.values()), None)
    flag = Flag(PROPOSED, sentence, first.quote if first else "", first.place if first else None)
    return Used(Call(name, told, "proposed", ruling.line.number), (), (flag,), why.sentence, why.code)


def _cut(result: Result) -> Result:
    """What a write has answered, as far as it can be kept: done is done, however much or late it says so."""
    findings = result.findings[:MOST_FINDINGS]
    if _size(findings) > MOST_CHARACTERS:
        findings = tuple(dataclasses.replace(one, cells=()) for one in findings)
    return dataclasses.replace(result, findings=findings if _size(findings) <= MOST_CHARACTERS else ())


def _size(findings: tuple[Finding, ...]) -> int:
    return sum(len(one.quote) + sum(len(column) + len(cell) for column, cell in one.cells) for one in findings)


def _bounded(name: str, result: Result, tray: _Tray) -> Result:
    tray.in_time()
    findings = result.findings[:MOST_FINDINGS]
    if _size(findings) > MOST_CHARACTERS:
        raise NoResult("too_large", f"{name} found more than the {MOST_CHARACTERS:,} characters that a call may bring")
    return dataclasses.replace(result, findings=findings)


def _unexpected(grant: ToolGrant, result: Result, handoff: Handoff) -> Iterator[Flag]:
    """What the playbook expects otherwise, for a person to see. A field that was not found is compared with nothing."""
    for finding in result.findings[:1]:
        cells = dict(finding.cells)
        for column, expected in grant.expect.items():
            wanted, slot = expected, SLOT.fullmatch(expected)
            if slot:
                field = handoff.field(slot[1])
                wanted = field.value if field else cells.get(column, "")
            if plainly(cells.get(column, "")) != plainly(wanted):
                sentence = grant.reason or f"{result.sentence} ({column} should be {wanted:.80})."
                yield Flag(UNEXPECTED, sentence, finding.quote, finding.place)


def _not_found(grant: ToolGrant, values: Mapping[str, Value], sentence: str) -> Iterator[Flag]:
    """What the playbook needs and could not be found, for a person to see."""
    if grant.needed:
        first = next(iter(values.values()), None)
        yield Flag(
            NOT_FOUND, grant.reason or f"{sentence}.", first.quote if first else "", first.place if first else None
        )


def _short(value: Value) -> str:
    return value.text if len(value.text) <= 200 else f"{value.text[:200]}… ({len(value.text):,} characters)"


def _whole(values: Mapping[str, Value]) -> list[tuple[str, str, str]]:
    return [(parameter, value.text, value.origin) for parameter, value in values.items()]
