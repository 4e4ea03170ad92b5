"""What can happen while a card is worked, in the past tense; each run has exactly one last word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.cards import Handoff, Problem, TaskCard, Why
from engine.codec import build, changed


@dataclass(frozen=True, slots=True)
class Started:
    """An agent took the baton. Live only."""

    card: str
    agent: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """A leg that takes time says where it is: `done` of `total` (0 = unknown), `note` in plain words. Live only."""

    card: str
    note: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Typed:
    """A model wrote a piece of text. Live only: what counts is the draft in the handoff."""

    card: str
    text: str


@dataclass(frozen=True, slots=True)
class Handed:
    """The baton was passed on. `changes` is what the leg added to it (`codec.changes`). Stored."""

    card: str
    seq: int
    why: Why
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """Last word: a verified draft waits for approval, or there was nothing to draft."""

    card: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Last word: a person must decide. Their answer starts the run again from the last handoff."""

    card: str
    question: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Last word: the file was set aside, with a reason code."""

    card: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Last word: the run broke. `code` is `bug` when it was our fault."""

    card: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply to a question about models, knowledge or intents: one row, one plain object."""

    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Closed:
    """The reply to such a question is complete. `code` is empty when all went well."""

    code: str = ""
    sentence: str = ""


LastWord = Finished | Asked | Quarantined | Failed
Event = Started | Progressed | Typed | Handed | LastWord
EVENTS = (Started, Progressed, Typed, Handed, Finished, Asked, Quarantined, Failed, Answered, Closed)
LAST_WORDS = (Finished, Asked, Quarantined, Failed)


def fold(history: Iterable[Handed]) -> Handoff:
    """A card's state from its stored events. The live window, crash recovery and replay all use this.

    Raises Problem("no_history") when there is no opening event.
    """
    handoff: Handoff | None = None
    for event in history:
        if handoff is None:
            handoff = Handoff(build(TaskCard, event.changes.get("card")), event.why, event.seq)
        else:
            handoff = changed(handoff, event.why, event.seq, event.changes)
    if handoff is None:
        raise Problem("no_history", "This task has no opening in the log.")
    return handoff
