"""Says who may have a tool called, for what, and with values from where: a fixed table that no playbook changes.

A playbook grants tools; the table says what a grant can be good for at all. The least trusted of the
values decides, so that a value from a document or a model can take a right away and never give one.
What the table calls `proposed` is done when a person has approved those very values, and not before.
"""

from __future__ import annotations

import hashlib
import json
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.cards import Answer, Origin

Action = Literal["read", "compute", "call", "write"]
"""What a tool does: looks into a file of the operator's, reckons, asks a listed address, or changes something there."""

ACTIONS: tuple[Action, ...] = typing.get_args(Action)
ORIGINS: tuple[Origin, ...] = typing.get_args(Origin)
PEOPLES = frozenset(("card", "answers", "decision"))
"""The parts of a baton that only the desk writes, for a person. An engine that hands on others is not believed."""

_ANY: tuple[str, ...] = ()
_CHECKED = ("playbook", "reviewer", "table", "document")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: for these roles, actions and origins (none = all) this outcome, and why."""

    number: int
    roles: tuple[str, ...]
    actions: tuple[str, ...]
    origins: tuple[str, ...]
    outcome: Literal["allowed", "proposed", "refused"]
    sentence: str

    def meets(self, role: str, action: str, origin: str) -> bool:
        asked = ((self.roles, role), (self.actions, action), (self.origins, origin))
        return all(not named or one in named for named, one in asked)


TABLE = (
    Line(1, _ANY, _ANY, ("model",), "refused", "what a model wrote reaches no tool"),
    Line(2, ("clerk",), ("read", "compute"), _CHECKED, "allowed", "the clerk may look things up and reckon"),
    Line(3, ("clerk",), ("call",), _CHECKED, "allowed", "the clerk may ask an address that the playbook lists"),
    Line(4, ("clerk",), ("write",), _CHECKED, "proposed", "a write is done when a person has approved its values"),
    Line(5, _ANY, _ANY, _ANY, "refused", "nobody but the clerk calls a tool"),
)
"""The first line that meets a case decides it."""

_WORST = {"allowed": 0, "proposed": 1, "refused": 2}


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether it may be done, and the line of the table that says so."""

    allowed: bool
    line: Line

    @property
    def sentence(self) -> str:
        return f"line {self.line.number} of the permission table: {self.line.sentence}"


def judge(role: str, action: str, origins: Iterable[str], *, approved: bool = False) -> Ruling:
    """The ruling on one call. `origins` are those of its values; without any it rests on the playbook alone.

    `approved`: a person has approved this very call (`is_approved`). That turns what is proposed into
    what is allowed, and nothing else.
    """
    lines = [_line(role, action, origin) for origin in origins] or [_line(role, action, "playbook")]
    line = max(lines, key=lambda each: _WORST[each.outcome])
    return Ruling(line.outcome == "allowed" or (line.outcome == "proposed" and approved), line)


def could(role: str, action: str) -> bool:
    """Whether a playbook may grant it at all: whether the best of values would not be refused."""
    return _line(role, action, "playbook").outcome != "refused"


def worst(origins: Iterable[Origin]) -> Origin:
    """The least trusted of them: what is made of several values is no better than that one."""
    return max(origins, key=ORIGINS.index, default="playbook")


def fingerprint(task: str, tool: str, given: Mapping[str, Any], values: Collection[Sequence[str]]) -> str:
    """What an approval is for: this tool in this task, with what the playbook fixed and with these values."""
    told = json.dumps([task, tool, given, [list(value) for value in values]], sort_keys=True, default=str)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def approval(tool: str, fingerprint: str, by: str) -> Answer:
    """What the desk records when a person approves a proposed write."""
    return Answer(f"tool:{tool}", fingerprint, by)


def is_approved(answers: Iterable[Answer], tool: str, fingerprint: str) -> bool:
    """Whether a person, by name, has approved exactly this."""
    return any(
        answer.about == f"tool:{tool}" and answer.value == fingerprint and bool(answer.by.strip()) for answer in answers
    )


def forged(changes: Mapping[str, Any]) -> list[str]:
    """The parts that an engine changed though only a person may."""
    return sorted(PEOPLES & changes.keys())


def _line(role: str, action: str, origin: str) -> Line:
    """An origin that nobody knows counts as the worst."""
    known = origin if origin in ORIGINS else ORIGINS[-1]
    return next(line for line in TABLE if line.meets(role, action, known))
