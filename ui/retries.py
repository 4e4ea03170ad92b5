"""Has files read again that could not be read, and tells beside the buttons what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.language import _
from engine.cards import Problem
from ui.case import Case
from ui.retry import Retry
from ui.words import Tone
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from engine.cards import Document, Handoff

_SAME = {
    "": _("It was read again, and it ended the same way."),
    "larger": _("It was read again with larger limits, and it ended the same way."),
    "password": _("That password does not open it."),
}
_ANEW = _("The file was taken in anew. It has a task of its own at the end of the inbox.")


@dataclass(frozen=True, slots=True)
class _Attempt:
    """At which handoff a person tried what, against which reasons."""

    seq: int
    how: str
    codes: tuple[str, ...]


class Retries(QObject):
    """Serves the two places with such buttons: the file that was set aside, and the files in one that was read."""

    def __init__(self, quick: Lane, slow: Lane, tray: Retry, inner: Retry, changed: Callable[[object], None]) -> None:
        super().__init__(tray)
        self.desk: Desk | None = None
        self._quick, self._slow, self._tray, self._inner, self._changed = quick, slow, tray, inner, changed
        self._case = Case()
        self._attempts: dict[str, _Attempt] = {}
        self._said: dict[str, tuple[str, Tone]] = {}
        self._busy: set[str] = set()
        self._typing: set[str] = set()

    def show_case(self, case: Case) -> None:
        """Offer what can be tried for this task."""
        if case.task != self._case.task:
            self.forget()
        self._case = case
        codes = codes_of(case)
        place, other = (self._tray, self._inner) if case.set_aside else (self._inner, self._tray)
        other.show_codes(())
        other.say("")
        place.show_codes(codes)
        place.show_busy(busy=case.task in self._busy)
        if not codes:
            self._said.pop(case.task, None)
        outcome = self._outcome(case, codes)
        place.say(*self._said.get(case.task) or (outcome, "danger"))
        if outcome and case.task in self._typing:
            self._typing.discard(case.task)
            place.type_again()
        self._inner.setVisible(place is self._inner and bool(codes))

    def forget(self) -> None:
        """Empty the password fields."""
        self._tray.forget()
        self._inner.forget()

    @Slot()
    def again(self) -> None:
        self._ask("", lambda desk, task: desk.retry(task))

    @Slot()
    def larger(self) -> None:
        self._ask("larger", lambda desk, task: desk.retry(task, generous=True))

    @Slot(str)
    def unlock(self, password: str) -> None:
        self._typing.add(self._case.task)
        self._ask("password", lambda desk, task: desk.retry(task, password=password))

    def _ask(self, how: str, wish: Callable[[Desk, str], None]) -> None:
        desk, task, handoff = self.desk, self._case.task, self._case.handoff
        if desk is None or handoff is None or task in self._busy:
            return
        self._busy.add(task)
        self._said.pop(task, None)
        self._attempts[task] = _Attempt(handoff.seq, how, codes_of(self._case))
        # What was never taken in is first copied, and that can take a while.
        lane, then = (self._quick, self._asked) if handoff.card.size else (self._slow, self._taken_anew)
        lane.ask(
            lambda: wish(desk, task), lambda _none: then(task), lambda problem: self._failed(task, problem),
            over=lambda: self._over(task),
        )  # fmt: skip
        self.show_case(self._case)

    def _over(self, task: str) -> None:
        self._busy.discard(task)
        self.show_case(self._case)

    def _asked(self, _task: str) -> None:
        self.show_case(self._case)
        self._changed(None)

    def _taken_anew(self, task: str) -> None:
        self._said[task] = (_ANEW, "good")
        self._asked(task)

    def _failed(self, task: str, problem: Problem) -> None:
        self._attempts.pop(task, None)
        self._said[task] = (problem.sentence, "danger")
        self._asked(task)

    def _outcome(self, case: Case, codes: tuple[str, ...]) -> str:
        """What the last attempt came to, where that is no better than before."""
        attempt = self._attempts.get(case.task)
        if attempt is None or case.handoff is None or case.handoff.seq <= attempt.seq or codes != attempt.codes:
            return ""
        return _SAME[attempt.how]


def unread(handoff: Handoff | None) -> list[Document]:
    """The files in a file that could not be read."""
    return list(handoff.unread_inside) if handoff else []


def codes_of(case: Case) -> tuple[str, ...]:
    """The reasons to read again: the file's, else those of the files in it. None once a person has decided."""
    handoff = case.handoff
    if handoff is None or handoff.ending is None or (handoff.decision and handoff.decision.verb != "skipped"):
        return ()
    if case.set_aside:
        return (case.set_aside.code or "unread",)
    return tuple(document.code for document in unread(handoff))
