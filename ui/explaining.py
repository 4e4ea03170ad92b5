"""Finds out for the panel "Why" what decided a task, once for each handoff and only while it is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.language import _
from ui.case import Case
from ui.why import WhyView
from ui.words import one_line
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from app.reasons import Ruled

NOT_YET = _("Nothing has been decided on this task yet.")
UNREAD = _("The file could not be read, so nothing was decided on what it asks for.")
AT_WORK = _("The task is being worked. Another intent can be named when it is done.")
WAITS = _("The task waits for its turn. Another intent can be named when it is done.")
PARKED = _("The task could not go on, and is parked: “Run again” goes on with it.")


class Explaining(QObject):
    def __init__(self, lane: Lane, view: WhyView) -> None:
        super().__init__(view)
        self.desk: Desk | None = None
        self._lane, self._view = lane, view
        self._case, self._state = Case(), ""
        self._titles: dict[str, str] = {}
        self._shown: object = None
        view.seen.connect(self._tell)

    def show_case(self, case: Case, intents: Sequence[tuple[str, str]], state: str = "") -> None:
        """`state` is the row's, as far as one is known."""
        self._case, self._state = case, state
        self._titles = {code: one_line(words) for code, words in intents}
        if self._view.isVisible():
            self._tell()

    def again(self) -> None:
        """The correction was refused: it can be tried again, or another."""
        self._shown = None
        self.show_case(self._case, list(self._titles.items()), self._state)

    @Slot()
    def _tell(self) -> None:
        from app import reasons

        case, view, handoff, desk = self._case, self._view, self._case.handoff, self.desk
        asked = (case.task, handoff.seq if handoff else -1, self._state, tuple(self._titles.items()))
        if asked == self._shown:
            return
        self._shown = asked
        choices = reasons.choices(case.history, case.states, self._titles)
        may = bool(choices) and handoff is not None and handoff.ending is not None
        if choices:
            waiting = "" if may else {"parked": PARKED, "queued": WAITS}.get(self._state, AT_WORK)
        else:
            waiting = UNREAD if case.set_aside else NOT_YET if case.history else ""

        def show(rules: Sequence[Ruled]) -> None:
            if asked == self._shown:
                view.show_rules(rules)

        view.show_choices(choices, self._titles, may=may, waiting=waiting)
        if choices and desk and handoff:
            self._lane.ask(lambda: reasons.ruled(desk.home, handoff), show)
