"""Says, for one kind of work, what the team does: a TOML file read, checked and held as values."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.cards import Budget, Handoff, Problem, Route
from engine.codec import build
from engine.fleet import ASSETS
from engine.intents.head import Example

SLOT = re.compile(r"\{(\w+)\}")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LEFT = ("Thumbs.db", "desktop.ini")
"""What Windows leaves in a folder."""


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """Something wrong with a playbook: the line of the file, and what to do, for people who are no programmers."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Intent:
    """One kind of request, and the frame of what is written for it.

    `frame` is `reply` or `note`. `opening` and `next_step` are the operator's own sentences;
    `{slots}` in them are field names. `quotes` is how many policy sentences the draft rests on. With `split` each
    question of a message is a request of its own. `{request}` in `search` stands for what was asked.
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
    split: bool = False
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field to extract: a match of `pattern`, whose group (if any) is the value; what is of a `kind`; or one of
    `choices`.

    `pick` says which match of the pattern: the first, or the one with the largest number. A kind's value is the one
    that stands beside the words of `near`, the best of them first, and not beside those of `apart`. One that is less
    sure than `sure`, in 0..1, is shown to a person. Of `choices` the first holds of which a word or phrase stands in
    the document; one without words holds where no other does. `ask` is a question that the second reader puts to a
    model; a person looks at a field that it reads otherwise.
    """

    name: str
    pattern: str = ""
    title: str = ""
    intents: tuple[str, ...] = ()
    pick: Literal["first", "largest"] = "first"
    kind: str = ""
    near: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    sure: float = 0.0
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ask: str = ""


@dataclass(frozen=True, slots=True)
class ToolGrant:
    """A tool that the team may have called: one file of `tools/`, tied down to one use.

    `given` fixes parameters, such as the file. `fields` says what fills each of the others: an extracted field,
    `NAME.COLUMN` of an earlier tool, `document` (all its text) or `opened` (the day it came). `legs` may call it;
    `intents` are those that need it, none = all. `sentence` tells each finding in the draft, with columns as slots.
    `expect` holds columns and what they must say, which may be a `{field}`, or else a person must look; where it is
    `needed`, one must look, too, when nothing is found. `reason` is what that person is told. `seconds` is the most a
    call may take.
    """

    tool: str
    given: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    legs: tuple[str, ...] = ("clerk",)
    intents: tuple[str, ...] = ()
    sentence: str = ""
    expect: dict[str, str] = field(default_factory=dict)
    needed: bool = False
    reason: str = ""
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of policy documents, and what belongs to it from the start: files, and folders for their files."""

    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where to stop trusting, all in 0..1.

    `intent` is learned from the examples unless it is set here. `support` is how much of a sentence its
    source must bear out. Below `novelty`, as likeness to the nearest example, a document is too new to be
    left to the small models (0 = never). `evidence` is the chance that the best passage must have of being relevant
    at all, or else nothing is drafted (0 = a likeness is enough). `request` is how sure a further request in a
    message must be to be answered; from `doubt` on, a person is told of it. These two are learned where the examples
    name several intents a text; else they are `planner.REQUEST` and `planner.DOUBT`. Where the runner-up has at least
    `rival` of the best intent's score, scores do not decide between them (1 = only where they are equal).

    `rival` is measured: of what the head answered of BANKING77, CLINC150 and HWU64 (10 examples an intent; the first
    with all of them, too), 3 to 13 % had such a runner-up; of these 52 to 57 % were wrong, of the others 5 to 11 %.
    """

    intent: float | None = None
    support: float = 0.8
    novelty: float = 0.0
    rival: float = 0.7
    evidence: float = 0.0
    request: float | None = None
    doubt: float | None = None

    def undecided(self, route: Route) -> bool:
        """Whether the runner-up is too near; one that is asked for as well is no rival."""
        near = route.runner_up_score >= self.rival * route.score
        return near and all(one.label != route.runner_up for one in route.also)


@dataclass(frozen=True, slots=True)
class Condition:
    """When a leg runs at all: for one of these intents, where all of these fields were found, for these kinds of file.

    What is left empty does not matter.
    """

    intents: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    def unmet(self, handoff: Handoff) -> str:
        """Why the leg has nothing to do here; "" = it has."""
        label = handoff.route.label if handoff.route else None
        if self.intents and label not in self.intents:
            return f"it is only for {', '.join(self.intents)}"
        if self.kinds and not {document.kind for document in handoff.documents[:1]} & set(self.kinds):
            return f"it is only for files of the kind {', '.join(self.kinds)}"
        missing = [name for name in self.fields if handoff.field(name) is None]
        return f"no {' and no '.join(missing)} was found" if missing else ""


@dataclass(frozen=True, slots=True)
class Review:
    """Who reviews what: the first row that fits names the role. Empty parts fit everything.

    `field` is an extracted one, of whose values one must be among `any`, or, without those, exceed `above`.
    """

    role: str
    intents: tuple[str, ...] = ()
    field: str = ""
    above: float = 0.0
    any: tuple[str, ...] = ()

    def fits(self, handoff: Handoff) -> bool:
        """A message with several requests fits as soon as one of them does."""
        labels = {handoff.route.label if handoff.route else None, *(step.label for step in handoff.plan)}
        if self.intents and not labels & set(self.intents):
            return False
        if not self.field:
            return True
        from engine.rules.amount_over import number

        values = [found.value for found in handoff.fields if found.name == self.field]
        if self.any:
            return bool({value.casefold() for value in values} & {one.casefold() for one in self.any})
        amounts = map(number, values)
        return any(amount is not None and amount > self.above for amount in amounts)


@dataclass(frozen=True, slots=True)
class Automatic:
    """An intent whose drafts may be approved without a person, once people have shown that they are right.

    The upper end of the error (edited or rejected drafts among at least `cases` that people decided; Wilson,
    95 %) must be at most `error`. A share `audit` goes to a person all the same, drawn by the task's id.
    """

    intent: str
    error: float = 0.05
    cases: int = 100
    audit: float = 0.1


@dataclass(frozen=True, slots=True)
class Recall:
    """What of earlier cases may be drawn on.

    `keys` are fields by whose values cases belong together, such as an order number or a sender. `examples` is how
    many approved sentences the drafter is shown for each of its own, 0 = none.
    """

    keys: tuple[str, ...] = ()
    examples: int = 2


@dataclass(frozen=True, slots=True)
class Playbook:
    """All that the operator decides. Data only: nothing in it is run."""

    name: str
    version: int = 1
    title: str = ""
    about: str = ""
    legs: tuple[str, ...] = ("reader", "extractor", "planner", "router", "clerk", "librarian", "drafter", "verifier")
    thresholds: Thresholds = field(default_factory=Thresholds)
    budget: Budget = field(default_factory=Budget)
    only: dict[str, Condition] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    tools: dict[str, ToolGrant] = field(default_factory=dict)
    fields: tuple[FieldRule, ...] = ()
    memory: Recall = field(default_factory=Recall)
    rules: tuple[dict[str, Any], ...] = ()
    review: tuple[Review, ...] = ()
    automatic: tuple[Automatic, ...] = ()
    intents: tuple[Intent, ...] = ()
    out_of_scope: tuple[str, ...] = ()
    folder: Path = Path()

    def intent(self, label: str) -> Intent:
        """Raises Problem("no_intent")."""
        for intent in self.intents:
            if intent.label == label:
                return intent
        raise Problem("no_intent", f"The playbook {self.name} has no intent {label}.")

    def field_title(self, name: str) -> str:
        """The field's name for people."""
        return next((rule.title for rule in self.fields if rule.name == name and rule.title), name.replace("_", " "))

    def intent_title(self, label: str) -> str:
        """The intent's name for people. A head trained from a file may know labels that the playbook does not."""
        return next((intent.title for intent in self.intents if intent.label == label and intent.title), label)

    def examples(self) -> list[Example]:
        """What the intent model learns from."""
        inside: list[Example] = [(text, intent.label) for intent in self.intents for text in intent.examples]
        return inside + [(text, None) for text in self.out_of_scope]

    def path(self, name: str) -> Path:
        """A file that the playbook names, seen from the playbook's own folder."""
        return (self.folder / name.replace("\0", "")).resolve()

    def documents(self, collection: str) -> tuple[str, ...]:
        """The files of a collection as `path` takes them; for a folder, what lies directly in it, by name."""
        named = self.collections[collection].documents
        return tuple(file for name in named for file in (self._inside(name) if self.path(name).is_dir() else [name]))

    def _inside(self, folder: str) -> list[str]:
        """Nothing hidden, and nothing that a program has put there for itself."""
        try:
            files = sorted(file.name for file in self.path(folder).iterdir() if file.is_file())
        except OSError:
            return []
        own = [name for name in files if not name.startswith((".", "~$")) and name not in LEFT]
        return [f"{folder.rstrip('/')}/{name}" for name in own]

    def after(self, leg: str) -> str:
        """The next leg; after the last, the desk, by way of the gate where there are rules for what was drafted."""
        if leg == "gate":
            return "desk"
        if leg not in self.legs:
            raise Problem("no_leg", f"The playbook {self.name} has no leg {leg} any more. Start the task again.")
        place = self.legs.index(leg)
        return self.legs[place + 1] if place + 1 < len(self.legs) else self.end

    @property
    def end(self) -> str:
        """Who takes the baton after the last leg."""
        return "gate" if any(after(row) for row in self.rules) else "desk"

    def skipped(self, handoff: Handoff) -> str:
        """Why the leg that holds the baton has nothing to do with it; "" = it has."""
        condition = self.only.get(handoff.why.receiver)
        if condition is None or (handoff.plan and handoff.why.receiver == "planner"):  # who began a plan ends it
            return ""
        return condition.unmet(handoff)

    def reviewer(self, handoff: Handoff) -> str:
        """The role of who reviews this task; "" = anybody."""
        return next((row.role for row in self.review if row.fits(handoff)), "")


def after(row: Mapping[str, Any]) -> bool:
    """Whether a rule looks at what was drafted, and not at what came in."""
    return row.get("when") == "after"


def playbooks(home: Path) -> dict[str, Path]:
    """All playbooks by name: the operator's own (in the home) hide shipped ones of the same name."""
    found: dict[str, Path] = {}
    for folder in (ASSETS / "playbooks", home / "playbooks"):
        found |= {file.stem: file for file in sorted(folder.glob("*.toml"))}
    return found


def find(home: Path, name: str) -> Playbook:
    """The playbook of that name, as its file says now. Raises Problem("no_playbook") or Problem("bad_playbook")."""
    for folder in (home / "playbooks", ASSETS / "playbooks"):
        path = folder / f"{name}.toml"
        if path.parent == folder and (seen := _stamp(path)) is not None:
            return _read_once(path, *seen)
    raise Problem("no_playbook", f"There is no playbook {name!r:.60}. Known: {', '.join(sorted(playbooks(home)))}.")


def read(path: Path) -> Playbook:
    """Read and check one file. Raises Problem("bad_playbook") with the line and the remedy."""
    playbook, complaints = examined(path)
    if complaints or playbook is None:
        more = f" ({len(complaints) - 1} more: `baton playbooks check {path.stem}`)" if len(complaints) > 1 else ""
        raise Problem("bad_playbook", f"{path.name}, {complaints[0]}{more}")
    return playbook


def _stamp(path: Path) -> tuple[int, int] | None:
    """Changes with the file; None = there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # a name that no file can have
        return None
    return found.st_mtime_ns, found.st_size


@functools.lru_cache(maxsize=64)
def _read_once(path: Path, changed: int, size: int) -> Playbook:
    """Checking takes longer than a leg of the relay does, and every task asks. One that is broken is read again."""
    return read(path)


def examined(path: Path) -> tuple[Playbook | None, tuple[Complaint, ...]]:
    """The playbook in a file, as far as one can be made of it, and all that is wrong with it, from top to bottom."""
    from engine import _playbook_check as check
    from engine import _playbook_shape as shape
    from engine._playbook_lines import Lines

    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return None, (Complaint(line, "this is not text. Save the file as plain text (UTF-8)."),)
    except OSError as error:
        raise Problem("no_playbook", f"{path.name} can't be read: {error.strerror}.") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, (Complaint(*shape.syntax(error, text)),)
    lines = Lines(text)
    found = list(shape.misfits(Playbook, table))
    playbook: Playbook | None = None
    if not found:
        playbook = build(Playbook, {**table, "folder": path.parent})
        found = list(check.complaints(playbook, path.stem))
    return playbook, tuple(sorted(Complaint(lines.of(way), sentence) for way, sentence in found))


def hints(path: Path) -> tuple[Complaint, ...]:
    """What would make the sound playbook in a file better, from top to bottom. Raises Problem("bad_playbook")."""
    from engine import _playbook_hints
    from engine._playbook_lines import Lines

    playbook, lines = read(path), Lines(path.read_text("utf-8-sig"))
    return tuple(sorted(Complaint(lines.of(way), sentence) for way, sentence in _playbook_hints.hints(playbook)))
