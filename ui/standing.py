"""Asks the desk how things stand: soon after something happened, and now and then while files are read."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from engine.cards import Problem
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from app.task_rows import DeskStatus, TaskRow

STEADY_MS = 500
"""While files are read, figures move without anything else happening."""
_SHARE = 5
"""The desk is asked for at most a fifth of the time, however many tasks it has to list."""


@dataclass(frozen=True, slots=True)
class Standings:
    """What the inbox shows, how many tasks there are in all and how many wait for a person, and the desk's status.

    `number` says which question it answers.
    """

    rows: list[TaskRow]
    total: int
    undecided: int
    status: DeskStatus
    number: int = 0


class Standing(QObject):
    told = Signal(object)
    """`Standings`."""
    failed = Signal(str)

    def __init__(self, lane: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk: Desk | None = None
        self.asking = False
        self.number = 0
        """Of the question that was asked last."""
        self.seen = ""
        """The task that is seen: it is told of however old it is."""
        self._lane = lane
        self._again = False
        self._rest_until = 0.0
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self.ask)

    @Slot()
    def ask(self) -> None:
        """One question at a time; whatever happens meanwhile is one more question."""
        desk = self.desk
        if desk is None:
            return
        if self.asking:
            self._again = True
            return
        wait = round(1000 * (self._rest_until - time.monotonic()))
        if wait > 0:
            self._later(wait)
            return
        self._clock.stop()
        self.asking = True
        self.number += 1
        seen, number = self.seen, self.number
        self._lane.ask(lambda: _question(desk, seen, number), self._take, self._no_answer, self._over)

    def close(self) -> None:
        self.desk = None
        self._clock.stop()

    def _over(self) -> None:
        self.asking = False

    def _take(self, answer: tuple[Standings, float]) -> None:
        standings, seconds = answer
        status = standings.status
        if self.desk is None:
            return
        began = time.monotonic()
        self.told.emit(standings)
        seconds += time.monotonic() - began
        self._rest_until = time.monotonic() + _SHARE * seconds
        if self._again:
            self._again = False
            self.ask()
        elif status.reading or status.unread:
            self._later(max(STEADY_MS, round(1000 * _SHARE * seconds)))

    def _no_answer(self, problem: Problem) -> None:
        self._again = False
        self.failed.emit(problem.sentence)

    def _later(self, milliseconds: int) -> None:
        """At the latest then."""
        if not self._clock.isActive() or self._clock.remainingTime() > milliseconds:
            self._clock.start(milliseconds)


def _question(desk: Desk, seen: str, number: int) -> tuple[Standings, float]:
    """Runs on the lane."""
    began = time.monotonic()
    rows, total, undecided = desk.inbox(also=seen)
    return Standings(rows, total, undecided, desk.status(), number), time.monotonic() - began
