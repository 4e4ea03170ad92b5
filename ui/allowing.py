"""Has a proposed write allowed: asks the desk what it would send, and sends a person's word after a second look."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from engine.cards import Problem
from ui.case import Case
from ui.proposals import Proposals
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from engine.toolbox import Proposal


class Allowing(QObject):
    changed = Signal()
    """There is something to allow, or no longer; or a person looks at it, or no longer."""

    def __init__(
        self, lane: Lane, pane: Proposals, failed: Callable[[Problem], None], done: Callable[[object], None]
    ) -> None:
        super().__init__(pane)
        self.desk: Desk | None = None
        self.looking = False
        self._lane, self._pane, self._failed, self._done = lane, pane, failed, done
        self._asked: tuple[str, int] | None = None
        self._waiting: tuple[Proposal, ...] = ()
        self._number = 0
        pane.following.connect(self._next)

    @property
    def offered(self) -> bool:
        """Whether a write waits that a person can allow."""
        return bool(self._waiting)

    def show_case(self, case: Case) -> None:
        """Ask what waits in this task, once for each handoff."""
        asked = (case.task, case.handoff.seq) if case.handoff and waits(case) else None
        if asked == self._asked:
            return
        if asked is None or self._asked is None or asked[0] != self._asked[0]:
            self._show(())
        self._asked = asked
        desk = self.desk
        if asked and desk:
            self._lane.ask(lambda: desk.proposals(asked[0]), lambda found: self._take(asked, found))

    @Slot()
    def look(self) -> None:
        """A person wants to allow it: show them all of it first."""
        if self._waiting and not self.looking:
            self.looking = True
            self._draw()
            self._pane.values.setFocus()

    @Slot()
    def leave(self) -> None:
        self.looking = False
        self._draw()

    @Slot()
    def allow(self) -> None:
        """After the second look: let exactly that be done."""
        desk, asked = self.desk, self._asked
        if desk is None or asked is None or not self.looking:
            return
        task, seen = asked[0], self._waiting[self._number]
        self._show(())
        self._lane.ask(lambda: desk.allow(task, seen.tool, seen.fingerprint), self._done, self._refused)

    def _refused(self, problem: Problem) -> None:
        """It waits still, or waits in another form: ask again."""
        self._asked = None
        self._failed(problem)

    def _take(self, asked: tuple[str, int], found: tuple[Proposal, ...]) -> None:
        if asked == self._asked and found != self._waiting:
            self._show(found)

    def _show(self, found: tuple[Proposal, ...]) -> None:
        """What a person looks at never changes under their hand: a new proposal begins with the first look."""
        self._waiting, self._number, self.looking = found, 0, False
        self._draw()

    @Slot()
    def _next(self) -> None:
        self._number = (self._number + 1) % max(1, len(self._waiting))
        self._draw()

    def _draw(self) -> None:
        shown = self._waiting[self._number] if self._waiting else None
        self._pane.show_proposal(shown, self._number + 1, len(self._waiting), looking=self.looking)
        self.changed.emit()


def waits(case: Case) -> bool:
    """Whether a write waits in that task for a person who could still decide."""
    handoff = case.handoff
    if handoff is None or case.agent or handoff.ending not in ("finished", "review"):
        return False
    undecided = handoff.decision is None or handoff.decision.verb == "skipped"
    return undecided and any(call.outcome == "proposed" for call in handoff.calls)
