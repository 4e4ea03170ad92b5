"""The values that travel: a task card, the baton that is handed on, and what agents add to it."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points (1/72 inch), measured from the page's top left corner."""

_SIMPLE = frozenset({str, int, float, bool, type(None)})

Ending = Literal["finished", "review", "quarantined", "failed"]
"""How a run ended: ready for approval, needs a person, file set aside, or broken."""

Origin = Literal["playbook", "reviewer", "table", "document", "model"]
"""Where a value stems from, the most trusted first: the operator, a person at the desk, the firm's own tables, an
incoming document, or what a model wrote."""


class Problem(Exception):
    """Something a person can act on: a reason code for the log and a sentence for the screen.

    Everything else that is raised is a bug, and should be loud.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Budget:
    """Ceilings of one task. Seconds are wall-clock; tokens are what a model reads and writes for one draft.

    `rounds` is how often a draft may be written, `steps` how many requests of one message are answered.
    `calls` is how many tools may be called.
    """

    task_seconds: float = 180.0
    leg_seconds: float = 60.0
    tokens: int = 6000
    rounds: int = 2
    steps: int = 4
    calls: int = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said when a run asked, or changed afterwards: `about` names the question."""

    about: str
    value: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class TaskCard:
    """What is asked: one incoming file, by content hash, to be worked by one playbook.

    `within` is the task of the archive it came in, if it came in one.
    """

    id: str
    source: str
    sha256: str
    playbook: str
    size: int = 0
    opened: str = ""
    budget: Budget = field(default_factory=Budget)
    duplicate_of: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: document, page (from 1), box on that page, span in that page's text.

    `box` is None where the format has no pages drawn on paper (mail, text, tables); a quote over
    several lines has one box around all of them. `path` says where in a flowing format
    ("Subject", "row 12").
    """

    document: str
    name: str
    page: int
    start: int
    end: int
    box: Box | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One file that was read: the incoming one, or one inside it (then `parent` is that one's content hash).

    Its text lies in the store under `sha256`; `words` and `pages` are counts. `confidence` is the mean
    of its recognised words in 0..1, and 0 where nothing was recognised from pictures. An inner file
    that could not be read has the reason's `code`, and the sentence for it as its title.
    """

    sha256: str
    name: str
    kind: str
    pages: int
    words: int
    title: str = ""
    parent: str = ""
    confidence: float = 0.0
    code: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person must see: a code, the sentence for the screen, and the words it rests on."""

    code: str
    sentence: str
    quote: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One extracted datum with the words it was read from."""

    name: str
    value: str
    quote: str
    place: Place
    origin: Origin = "document"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage a draft may rest on. `n` is its citation number; `quote` stands word for word at `place`.

    `score` is its relevance in 0..1; `origin` is a collection's name, or `tool:NAME`, and then
    `cells` holds what the tool found as (column, value) pairs.
    """

    n: int
    quote: str
    place: Place
    score: float
    origin: str
    heading: str = ""
    cells: tuple[tuple[str, str], ...] = ()

    @property
    def from_tool(self) -> bool:
        """Whether a tool found it, and not the librarian: a fact for the frame, nothing to put into words."""
        return self.origin.startswith("tool:")


@dataclass(frozen=True, slots=True)
class Call:
    """One tool that was asked for: with which values (name, value, where it stems from), and what came of it.

    `line` is the line of the permission table that decided (`permissions.py`). `origin` is where the
    answer stems from, `evidence` the numbers it has as evidence. A write that a person approved is `done`.
    """

    tool: str
    values: tuple[tuple[str, str, Origin], ...]
    outcome: Literal["found", "nothing", "done", "proposed", "refused"]
    line: int
    origin: Origin = "table"
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A further request in the same message, and the paragraph it stands in."""

    label: str
    score: float
    text: str


@dataclass(frozen=True, slots=True)
class Route:
    """Which intent, how sure (calibrated, 0..1), against which threshold, and what decided.

    `label` is None when the router abstained. `rule` names the hard rule that decided, if one did.
    `nearest` is the playbook example most like this document, and `likeness` how like (cosine). `also` holds
    further requests.
    """

    label: str | None
    score: float
    threshold: float
    runner_up: str = ""
    runner_up_score: float = 0.0
    rule: str = ""
    nearest: str = ""
    also: tuple[Request, ...] = ()
    likeness: float = 0.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a draft, the evidence numbers it cites, and who wrote it.

    `author` is a model's id, `extractive` for a word-for-word quote, or `playbook` for the
    operator's own frame text.
    """

    text: str
    citations: tuple[int, ...] = ()
    author: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was written, sentence by sentence. `attempt` counts from 1.

    `drew_on` are the tasks whose approved sentences a model was shown as examples for it.
    """

    sentences: tuple[Sentence, ...]
    attempt: int = 1
    greeting: str = ""
    closing: str = ""
    drew_on: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        body = " ".join(sentence.text for sentence in self.sentences)
        return "\n\n".join(part for part in (self.greeting, body, self.closing) if part)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether one sentence is supported, by which evidence numbers, how well, or why not."""

    text: str
    supported: bool
    evidence: tuple[int, ...] = ()
    score: float = 0.0
    objection: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verifier's word on a whole draft."""

    outcome: Literal["pass", "revise", "escalate"]
    sentences: tuple[Judgement, ...] = ()
    objections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a message that makes several, and what became of it.

    `label` is empty where no intent is sure. What the legs made of it is kept here until all steps are merged.
    """

    label: str
    score: float
    text: str
    outcome: Literal["open", "answered", "escalated"] = "open"
    reason: str = ""
    draft: Draft | None = None
    verdict: Verdict | None = None
    calls: tuple[Call, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    fields: tuple[Field, ...] = ()
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person did with a task. `text` is the approved text, `at` an ISO time in UTC.

    `role` is the one in which they did it, where the playbook names who reviews the task.
    """

    verb: Literal["approved", "edited", "rejected", "skipped"]
    by: str
    at: str
    text: str = ""
    note: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why the baton is passed on, and what the leg that ended cost.

    `score` against `threshold` decided, where a number did; `code` is a reason code for the log.
    """

    sender: str
    receiver: str
    reason: str
    score: float | None = None
    threshold: float | None = None
    code: str = ""
    seconds: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    model: str = ""


@dataclass(frozen=True, slots=True)
class Handoff:
    """The baton: all that is known about a task, and why it is passed on.

    State travels as this structure, never as a transcript. Agents do not change it; they return
    the next one. `seq` counts handoffs from 0 (the desk opening the card). `reviewer` is the role that
    the playbook names for it, `plan` the steps of a message that asks for several things.
    """

    card: TaskCard
    why: Why
    seq: int = 0
    documents: tuple[Document, ...] = ()
    flags: tuple[Flag, ...] = ()
    fields: tuple[Field, ...] = ()
    route: Route | None = None
    calls: tuple[Call, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    draft: Draft | None = None
    verdict: Verdict | None = None
    answers: tuple[Answer, ...] = ()
    ending: Ending | None = None
    decision: Decision | None = None
    reviewer: str = ""
    plan: tuple[Step, ...] = ()

    @property
    def unread_inside(self) -> tuple[Document, ...]:
        """The files inside the incoming one that could not be read."""
        return tuple(document for document in self.documents if document.code and document.parent)

    def field(self, name: str) -> Field | None:
        """The first extracted field of that name, or None."""
        return next((found for found in self.fields if found.name == name), None)

    def to(
        self,
        receiver: str,
        reason: str,
        *,
        score: float | None = None,
        threshold: float | None = None,
        code: str = "",
        tokens_in: int = 0,
        tokens_out: int = 0,
        model: str = "",
        **added: Any,
    ) -> Handoff:
        """The next baton: `added` replaces the named parts, and the current holder is its sender.

        The relay fills in the seconds.
        """
        why = Why(self.why.receiver, receiver, reason, score, threshold, code, 0.0, tokens_in, tokens_out, model)
        return dataclasses.replace(self, why=why, seq=self.seq + 1, **added)


def changes(before: Handoff, after: Handoff) -> dict[str, Any]:
    """What one leg added, as plain data: the log's delta. `why` and `seq` stand beside it, in the event."""
    return {
        name: plain(value)
        for name in _travelling()
        if (value := getattr(after, name)) is not (old := getattr(before, name)) and value != old
    }


def changed(before: Handoff, why: Why, seq: int, delta: dict[str, Any]) -> Handoff:
    """The fold's one step: the baton after a leg's delta was applied."""
    return dataclasses.replace(before, why=why, seq=seq, **parts(delta))


def parts(delta: dict[str, Any]) -> dict[str, Any]:
    """The parts of the baton that a delta holds, as values. Raises Problem("bad_line") when it can't be one."""
    builders = _travelling()
    if unknown := delta.keys() - builders.keys():
        raise Problem("bad_line", f"A Handoff has no {', '.join(sorted(unknown))}.")
    return {name: builders[name](value) for name, value in delta.items()}


@functools.cache
def _travelling() -> dict[str, Callable[[Any], Any]]:
    """What builds each part of the baton that a leg may add to."""
    return {name: _builder(hint) for name, hint in _hints(Handoff).items() if name not in ("why", "seq")}


def plain(value: Any) -> Any:
    """A value as dicts, lists, strings and numbers, ready for JSON."""
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if (names := _parts(cast(Hashable, kind))) is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def build(kind: Any, data: Any) -> Any:
    """A value of type `kind` from plain data; the inverse of `plain`.

    Raises Problem("bad_line") when the data does not fit the type.
    """
    return _builder(kind)(data)


def encode(value: Any) -> str:
    """One JSON line for the wire and for fixtures, in ASCII; `is` names the value's class."""
    return json.dumps({"is": type(value).__name__, **plain(value)}, separators=(",", ":"))


def decode(line: str, kinds: tuple[type, ...]) -> Any:
    """The value of one line, which must be one of `kinds`. Raises Problem("bad_line")."""
    try:
        data = _whole_characters(json.loads(line), line)
    except (ValueError, RecursionError) as error:
        raise Problem("bad_line", f"A line is not JSON: {error}.") from error
    name = data.pop("is", None) if isinstance(data, dict) else None
    kind = next((kind for kind in kinds if kind.__name__ == name), None)
    if kind is None:
        raise Problem("bad_line", f"A line holds {name!r:.40}, not one of {', '.join(k.__name__ for k in kinds)}.")
    return build(kind, data)


def _whole_characters(data: Any, line: str) -> Any:
    """Without halves of characters, which JSON can spell and no file or database can hold."""
    if "\\ud" not in line.lower():
        return data
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))


@functools.cache
def _builder(kind: Hashable) -> Callable[[Any], Any]:
    """What builds values of that type. Types are looked into once: a log of many tasks is built value by value."""
    origin, items = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return functools.partial(_build_dataclass, kind, {name: _builder(hint) for name, hint in _hints(kind).items()})
    if origin in (types.UnionType, typing.Union):
        other = _builder(next(item for item in items if item is not type(None)))
        return lambda data: None if data is None else other(data)
    if origin is tuple:
        endless = len(items) == 2 and items[1] is Ellipsis
        parts = [_builder(item) for item in items[: 1 if endless else None]]
        return functools.partial(_build_list if endless else _build_tuple, parts)
    if origin is dict:
        return functools.partial(_build_dict, _builder(items[1]))
    if origin is Literal:
        return functools.partial(_build_literal, items)
    if kind is float:
        return _build_float
    if isinstance(kind, type) and origin is None and kind is not Any:
        return functools.partial(_build_plain, kind)
    return lambda data: data


def _build_dataclass(kind: type[Any], builders: dict[str, Callable[[Any], Any]], data: Any) -> Any:
    if not isinstance(data, dict):
        raise Problem("bad_line", f"A {kind.__name__} must be an object.")
    if unknown := data.keys() - builders.keys():
        raise Problem("bad_line", f"A {kind.__name__} has no {', '.join(sorted(unknown))}.")
    try:
        return kind(**{name: builders[name](value) for name, value in data.items()})
    except TypeError as error:
        raise Problem("bad_line", f"A {kind.__name__} is incomplete: {error}.") from error


def _build_float(data: Any) -> float:
    if not isinstance(data, (int, float)) or isinstance(data, bool):
        raise Problem("bad_line", f"Expected float, got {type(data).__name__}.")
    try:
        found = float(data)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Problem("bad_line", "A number is too large, or is none.")
    return found


def _build_plain(kind: type[Any], data: Any) -> Any:
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise Problem("bad_line", f"Expected {kind.__name__}, got {type(data).__name__}.")
    return data


def _build_literal(known: tuple[Any, ...], data: Any) -> Any:
    if data not in known:
        raise Problem("bad_line", f"{data!r:.40} is none of {', '.join(map(str, known))}.")
    return data


def _build_dict(builder: Callable[[Any], Any], data: Any) -> dict[Any, Any]:
    if not isinstance(data, dict):
        raise Problem("bad_line", f"Expected an object, got {type(data).__name__}.")
    return {key: builder(item) for key, item in data.items()}


def _build_list(parts: list[Callable[[Any], Any]], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise Problem("bad_line", "Expected a list.")
    return tuple(map(parts[0], data))


def _build_tuple(parts: list[Callable[[Any], Any]], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise Problem("bad_line", "Expected a list.")
    if len(parts) != len(data):
        raise Problem("bad_line", f"Expected {len(parts)} values, got {len(data)}.")
    return tuple(part(item) for part, item in zip(parts, data, strict=True))


@functools.cache
def _parts(kind: Hashable) -> tuple[str, ...] | None:
    """The names of a dataclass's parts; None for any other type."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(part.name for part in dataclasses.fields(kind))


@functools.cache
def _hints(kind: Hashable) -> dict[str, Any]:
    """The types of a dataclass's parts. (Every class is hashable; the type checker has to be told.)"""
    return typing.get_type_hints(kind)
