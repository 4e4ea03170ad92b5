"""Foretells what another playbook would have done to tasks that are in the log: by its rules and thresholds alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from app import log
from app.language import _
from app.rule_words import rule_name
from engine.cards import Document, Handoff, Problem, Route
from engine.events import Handed, fold
from engine.pages import Reading
from engine.playbook import Playbook, after
from engine.rules import _fired
from engine.store import Store

if TYPE_CHECKING:
    from app.desk import Desk

TASKS = 100
_NEWEST = "where number in (select number from cards where playbook = ? order by number desc limit ?)"
UNKNOWN = _("can't be told")
PERSON = _("a person decides")


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of one task: as it is now, and as it would be, each in a few words."""

    task: str
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Foretold:
    """`tasks` were gone through; `changed` would end otherwise, or can't be told by what is new. Of `untold` ones
    neither how they end now nor how they would is known: a rule or a person decided, or their text is gone."""

    tasks: int
    changed: tuple[Effect, ...]
    untold: int = 0

    @property
    def sentence(self) -> str:
        if not self.tasks:
            return _("No task was worked by this playbook yet, so nothing can be foretold.")
        unknown = sum(one.after == UNKNOWN for one in self.changed)
        untold = unknown + self.untold
        told = _("Of the last {tasks} tasks {changed} would be decided otherwise").format(
            tasks=self.tasks, changed=len(self.changed) - unknown
        )
        return _("{told}; of {unknown} it can't be told.").format(told=told, unknown=untold) if untold else f"{told}."


def foretold(desk: Desk, now: Playbook, then: Playbook) -> Foretold:
    """What `then` would have made otherwise than `now`, for the newest tasks of that playbook.

    Rules that look at what came in are applied anew; thresholds are held against the scores that are stored. What
    examples, fields, legs or documents would change takes the models, and is not foretold.
    """
    try:
        db = log.read(desk.home / "log.db")
    except Problem as problem:
        if problem.code != "no_log":
            raise
        return Foretold(0, ())
    store, tasks, untold, changed = Store(desk.home), 0, 0, []
    with closing(db):
        for row in log.cards(db, _NEWEST, [now.name, TASKS]):
            history = log.history(db, row.id)
            place = next((n for n, event in enumerate(history) if event.why.sender == "router"), None)
            if place is None:
                continue
            tasks += 1
            old, new = (_outcome(history, place, store, now, book) for book in (now, then))
            untold += old == new == _Outcome(UNKNOWN)
            if old != new:
                changed.append(Effect(row.id, PurePath(row.source).name, _said(old, now, then), _said(new, then, now)))
    return Foretold(tasks, tuple(changed), untold)


class _Outcome(NamedTuple):
    """How a task is decided: in `words`, where `{label}` stands for the intent of that code."""

    words: str
    label: str = ""


def _said(outcome: _Outcome, book: Playbook, other: Playbook) -> str:
    """With the title that `book` gives the intent; or the other one, where only that knows it."""
    code = outcome.label
    if not code:
        return outcome.words
    own = book.intent_title(code)
    return outcome.words.format(label=own if own != code else other.intent_title(code))


def _outcome(history: Sequence[Handed], place: int, store: Store, now: Playbook, book: Playbook) -> _Outcome:
    """How that task would be decided by `book`."""
    before, routed = fold(history[:place]) if place else None, fold(history[: place + 1])
    route = routed.route
    readings = list(_readings(routed, store))
    if before is None or route is None or not readings:
        return _Outcome(UNKNOWN)
    fired = list(_fired.before([row for row in book.rules if not after(row)], before, readings))
    if stop := next((row for row, _ in fired if row["then"] == "person"), None):
        return _Outcome(_("{who}, by the rule {rule}").format(who=PERSON, rule=rule_name(str(stop["check"]))))
    ruled = next((str(row["then"]) for row, _ in fired if str(row["then"]).startswith("intent:")), None)
    label = ruled.removeprefix("intent:") if ruled else _label(route, now, book)
    if label in (PERSON, UNKNOWN):
        return _Outcome(label)
    return _Outcome(_("{label}, unsupported") if _unsupported(fold(history), book) else "{label}", label)


def _label(route: Route, now: Playbook, book: Playbook) -> str:
    """What the stored scores come to."""
    if route.rule:  # then no model was asked, and what it had said is not known
        return UNKNOWN
    threshold = book.thresholds.intent
    if threshold is None:
        if now.thresholds.intent is not None:
            return UNKNOWN  # the learned one is not in the log where another was set
        threshold = route.threshold
    if book.thresholds.novelty and route.likeness < book.thresholds.novelty:
        return PERSON
    if route.score < threshold:
        return PERSON
    if route.label is not None:
        return PERSON if book.thresholds.undecided(route) else route.label
    return PERSON if route.score >= route.threshold else route.runner_up  # not the score had stopped it


def _unsupported(state: Handoff, book: Playbook) -> bool:
    """Whether a sentence that passed would rest on too little of its source."""
    judged = state.verdict.sentences if state.verdict else ()
    return any(one.supported and 0 < one.score < book.thresholds.support for one in judged)


def _readings(state: Handoff, store: Store) -> Iterator[tuple[Document, Reading]]:
    """What was read of the documents; of one whose text is gone, nothing can be told."""
    for document in state.documents:
        if not document.code and (reading := store.reading(document.sha256)) is not None:
            yield document, reading
