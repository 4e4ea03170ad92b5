"""Tells on a new and empty inbox how files are worked and with what, as soon as that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.language import _
from ui.empty import Empty
from ui.words import isolated
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from engine.cards import Problem


class FirstRun(QObject):
    def __init__(self, lane: Lane, empty: Empty) -> None:
        super().__init__(empty)
        self._lane, self._empty = lane, empty
        self._asked = False

    def again(self) -> None:
        """Something may have changed since: a model may have come."""
        self._asked = False

    def look(self, desk: Desk | None) -> None:
        """Find out once; until then, and where it can't be found out, nothing stands there."""
        if self._asked or desk is None:
            return
        self._asked = True

        def found() -> list[str]:
            from app import here

            title = desk.playbook_title(desk.settings().playbook)
            goes_by = _("New files go by the playbook “{title}”; in Settings you can choose another.")
            return [goes_by.format(title=isolated(title)), *here.told(desk.home), _(desk.status().offline)]

        self._lane.ask(found, lambda lines: self._empty.tell("\n".join(lines)), self._failed)

    def _failed(self, problem: Problem) -> None:
        self._empty.tell(problem.sentence)
