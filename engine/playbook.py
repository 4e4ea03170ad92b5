"""Says, for one kind of work, what the team does: a TOML file read, checked and held as values."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.cards import Budget, Problem, build
from engine.fleet import ASSETS
from engine.intents.head import Example

SLOT = re.compile(r"\{(\w+)\}")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Intent:
    """One kind of request, and the frame of what is written for it.

    `frame` is `reply` or `note`. `opening` and `next_step` are the operator's own sentences;
    `{slots}` in them are field names. `quotes` is how many policy sentences the draft rests on.
    """

    label: str
    title: str = ""
    frame: Literal["reply", "note"] = "reply"
    greeting: str = ""
    opening: str = ""
    next_step: str = ""
    closing: str = ""
    search: str = ""
    quotes: int = 2
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field to extract: a match of `pattern`, whose group (if any) is the value.

    `pick` says which match: the first, or the one with the largest number.
    """

    name: str
    pattern: str
    title: str = ""
    intents: tuple[str, ...] = ()
    pick: Literal["first", "largest"] = "first"


@dataclass(frozen=True, slots=True)
class ToolGrant:
    """A tool that the team may have called: one file of `tools/`, tied down to one use.

    `given` fixes parameters, such as the file. `fields` says what fills each of the others: an extracted field,
    `NAME.COLUMN` of an earlier tool, `document` (all its text) or `opened` (the day it came). `legs` may call it;
    `intents` are those that need it, none = all. `sentence` tells each finding in the draft, with columns as slots.
    `expect` holds columns and what they must say, or else a person must look. `seconds` is the most a call may take.
    """

    tool: str
    given: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    legs: tuple[str, ...] = ("clerk",)
    intents: tuple[str, ...] = ()
    sentence: str = ""
    expect: dict[str, str] = field(default_factory=dict)
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of policy documents, and the files that belong to it from the start."""

    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where to stop trusting. `intent` is learned from the examples unless it is set here."""

    intent: float | None = None
    support: float = 0.8


@dataclass(frozen=True, slots=True)
class Playbook:
    """All that the operator decides. Data only: nothing in it is run."""

    name: str
    version: int = 1
    title: str = ""
    about: str = ""
    legs: tuple[str, ...] = ("reader", "extractor", "router", "clerk", "librarian", "drafter", "verifier")
    thresholds: Thresholds = field(default_factory=Thresholds)
    budget: Budget = field(default_factory=Budget)
    collections: dict[str, Collection] = field(default_factory=dict)
    tools: dict[str, ToolGrant] = field(default_factory=dict)
    fields: tuple[FieldRule, ...] = ()
    rules: tuple[dict[str, Any], ...] = ()
    intents: tuple[Intent, ...] = ()
    out_of_scope: tuple[str, ...] = ()
    folder: Path = Path()

    def intent(self, label: str) -> Intent:
        """Raises Problem("no_intent")."""
        for intent in self.intents:
            if intent.label == label:
                return intent
        raise Problem("no_intent", f"The playbook {self.name} has no intent {label}.")

    def examples(self) -> list[Example]:
        """What the intent model learns from."""
        inside: list[Example] = [(text, intent.label) for intent in self.intents for text in intent.examples]
        return inside + [(text, None) for text in self.out_of_scope]

    def path(self, name: str) -> Path:
        """A file that the playbook names, seen from the playbook's own folder."""
        return (self.folder / name).resolve()

    def after(self, leg: str) -> str:
        """The next leg, or `desk` after the last."""
        if leg not in self.legs:
            raise Problem("no_leg", f"The playbook {self.name} has no leg {leg} any more. Start the task again.")
        place = self.legs.index(leg)
        return self.legs[place + 1] if place + 1 < len(self.legs) else "desk"


def playbooks(home: Path) -> dict[str, Path]:
    """All playbooks by name: the operator's own (in the home) hide shipped ones of the same name."""
    found: dict[str, Path] = {}
    for folder in (ASSETS / "playbooks", home / "playbooks"):
        found |= {file.stem: file for file in sorted(folder.glob("*.toml"))}
    return found


def find(home: Path, name: str) -> Playbook:
    """The playbook of that name. Raises Problem("no_playbook") or Problem("bad_playbook")."""
    known = playbooks(home)
    if name not in known:
        raise Problem("no_playbook", f"There is no playbook {name!r:.60}. Known: {', '.join(sorted(known))}.")
    return read(known[name])


def read(path: Path) -> Playbook:
    """Read and check one file. Raises Problem("bad_playbook") with the place and the remedy."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem("bad_playbook", f"{path.name} is not valid TOML: {error}.") from error
    try:
        playbook: Playbook = build(Playbook, {**table, "folder": path.parent})
    except Problem as problem:
        raise Problem("bad_playbook", f"{path.name}: {problem.sentence}") from problem
    if playbook.name != path.stem:
        raise Problem("bad_playbook", f"{path.name}: `name` must be {path.stem!r}, as the file.")
    return _checked(playbook, path.name)


def _checked(playbook: Playbook, file: str) -> Playbook:
    for complaint in complaints(playbook):
        raise Problem("bad_playbook", f"{file}: {complaint}")
    return playbook


def complaints(playbook: Playbook) -> Iterator[str]:
    """What is wrong with a playbook, one sentence each, with the remedy."""
    from engine import rules
    from engine.shelf import modules

    if not NAME.fullmatch(playbook.name):
        yield "`name` must be lower-case letters, digits and hyphens."
    for part in dataclasses.fields(playbook.budget):
        if getattr(playbook.budget, part.name) <= 0:
            yield f"`{part.name}` in [budget] must be more than 0."
    yield from _leg_complaints(playbook)
    yield from _file_complaints(playbook)
    labels = [intent.label for intent in playbook.intents]
    yield from _intent_complaints(playbook, labels)
    yield from _field_complaints(playbook, labels)
    yield from _tool_complaints(playbook, labels)
    for number, row in enumerate(playbook.rules, 1):
        yield from _rule_complaints(number, row, modules(rules), labels)


def _leg_complaints(playbook: Playbook) -> Iterator[str]:
    from engine import agents
    from engine.shelf import modules

    for leg in playbook.legs:
        if leg not in modules(agents):
            yield f"the leg {leg!r} does not exist; choose from {', '.join(modules(agents))}."
    if not playbook.legs or len(set(playbook.legs)) < len(playbook.legs):
        yield "`legs` must name at least one leg, and each only once."


def _file_complaints(playbook: Playbook) -> Iterator[str]:
    for name in [name for collection in playbook.collections.values() for name in collection.documents]:
        if not playbook.path(name).is_file():
            yield f"the file {name!r} does not exist."
    for collection, contents in playbook.collections.items():
        names = [Path(name).name for name in contents.documents]
        if len(set(names)) < len(names):
            yield f"two documents of the collection {collection!r} have one name; rename one."


def _intent_complaints(playbook: Playbook, labels: list[str]) -> Iterator[str]:
    names = {rule.name for rule in playbook.fields}
    for intent in playbook.intents:
        for slot in set(SLOT.findall(f"{intent.opening} {intent.next_step}")) - names:
            yield f"the intent {intent.label!r} uses the field {slot!r}, which does not exist."
        if intent.quotes < 1:
            yield f"the intent {intent.label!r} needs `quotes` of 1 or more."
    for label in {label for label in labels if labels.count(label) > 1}:
        yield f"the intent {label!r} is there twice; merge the two."
    for intent in playbook.intents:
        if len(intent.examples) < 2:
            yield f"the intent {intent.label!r} needs at least two examples."
    if len(labels) < 2 or len(playbook.out_of_scope) == 1:
        yield "at least two intents are needed, and no or at least two texts out of scope."


def _field_complaints(playbook: Playbook, labels: list[str]) -> Iterator[str]:
    for rule in playbook.fields:
        for label in set(rule.intents) - set(labels):
            yield f"the field {rule.name!r} names the intent {label!r}, which does not exist."
        try:
            re.compile(rule.pattern)
        except re.error as error:
            yield f"the pattern of field {rule.name!r} is not a regular expression: {error}."


def _tool_complaints(playbook: Playbook, labels: list[str]) -> Iterator[str]:
    from engine.toolbox import complaints as misfits

    known = {rule.name for rule in playbook.fields} | {"document", "opened"}
    earlier: set[str] = set()
    for name, grant in playbook.tools.items():
        for label in set(grant.intents) - set(labels):
            yield f"the tool {name!r} names the intent {label!r}, which does not exist."
        for source in sorted(set(grant.fields.values()) - known):
            if source.partition(".")[0] not in earlier or not source.partition(".")[2]:
                yield f"the tool {name!r} takes {source!r}, which is no field, and no NAME.COLUMN of a tool before it."
        yield from (f"the tool {name!r} {misfit}" for _, misfit in misfits(name, grant, playbook))
        earlier.add(name)


def _rule_complaints(number: int, row: Mapping[str, Any], known: Mapping[str, Any], labels: list[str]) -> Iterator[str]:
    check = known.get(str(row.get("check", "")))
    if check is None:
        yield f"rule {number} names the check {row.get('check')!r}; choose from {', '.join(known)}."
        return
    then = str(row.get("then", ""))
    if then not in ("person", "flag", *(f"intent:{label}" for label in labels)):
        yield f'rule {number} says then = {then!r}; say "person", "flag" or "intent:" and one of the intents.'
    if unknown := row.keys() - {"check", "then", "reason", *check.PARAMETERS}:
        yield f"rule {number} ({row['check']}) has no {', '.join(sorted(unknown))}."
    for name, kind in check.PARAMETERS.items():
        if not isinstance(row.get(name), kind):
            yield f"rule {number} ({row['check']}) needs {name}."
