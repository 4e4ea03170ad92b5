"""The values that travel: a task card, the baton that is handed on, and what agents add to it."""

from __future__ import annotations

import dataclasses
import operator
from dataclasses import dataclass, field
from typing import Any, Literal

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in points (1/72 inch), measured from the page's top left corner."""

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
    """One extracted datum with the words it was read from, and how sure it is in 0..1 that they are meant."""

    name: str
    value: str
    quote: str
    place: Place
    origin: Origin = "document"
    score: float = 1.0


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


PLAYBOOK, EXTRACTIVE = "playbook", "extractive"
"""The authors of the operator's own sentences, and of what is quoted word for word."""


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
        parts = list(_parts(self))  # what `dataclasses.replace` would do, in a third of the time: it is on every way
        for name, value in {"why": why, "seq": self.seq + 1, **added}.items():
            parts[_PLACES[name]] = value
        return Handoff(*parts)


_PLACES = {part.name: place for place, part in enumerate(dataclasses.fields(Handoff))}
_parts = operator.attrgetter(*_PLACES)
