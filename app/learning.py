"""Gathers what people corrected in decided tasks: lessons for the intent model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine import gist
from engine.orders import Corrected, Learn, Order, Upkeep

if TYPE_CHECKING:
    from app.desk import Desk
    from app.task_rows import TaskRow
    from engine.cards import Handoff

DECIDED = ("approved", "edited", "rejected")
"""What a person decided. A task that was skipped, or waits in the inbox, teaches nothing."""


class Due:
    """What is due when nobody works: each playbook's corrections, until they are learned, and the library's upkeep."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._given: dict[str, Learn] = {}

    def __call__(self) -> Iterator[Order]:
        answered = self._desk.answered()
        for playbook in sorted({row.playbook for row in answered}):
            learn = _lesson(self._desk, playbook, answered)
            if learn.corrections and learn != self._given.get(playbook):
                yield learn
        yield Upkeep()

    def done(self, order: Order) -> None:
        """It came to its end: neither cut off nor refused."""
        if isinstance(order, Learn):
            self._given[order.playbook] = order


def lesson(desk: Desk, playbook: str) -> Learn:
    """All corrections of a playbook's decided tasks, oldest decision first."""
    return _lesson(desk, playbook, desk.answered())


def _lesson(desk: Desk, playbook: str, answered: Sequence[TaskRow]) -> Learn:
    rows = [row for row in answered if row.playbook == playbook and row.decision in DECIDED]
    states = sorted((desk.handoff(row.id) for row in rows if not row.duplicate_of), key=_decided_at)
    return Learn(playbook, tuple(found for state in states for found in corrections(desk, state)))


def corrections(desk: Desk, state: Handoff) -> Iterator[Corrected]:
    """What a person said a decided task is about, if they said it."""
    said = [answer for answer in state.answers if answer.about == "intent"]
    decided = state.decision is not None and state.decision.verb in DECIDED
    document = next((document for document in state.documents if not document.code), None)
    if not (said and decided and document):
        return
    reading = desk.reading(document.sha256)
    if reading is not None:
        yield Corrected(gist.gist(reading), said[-1].value, state.card.id)


def _decided_at(state: Handoff) -> str:
    return state.decision.at if state.decision else ""
