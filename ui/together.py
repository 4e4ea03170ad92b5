"""Decides on several tasks at once, one after the other, and stops when a person says so."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.language import _, several
from engine.cards import Problem
from ui import tones
from ui.tasks import undecided
from ui.words import can_run_again, isolated, label, sign_of
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from app.task_rows import TaskRow

Verb = Callable[["Desk", str], object]
VERBS: tuple[tuple[str, str, Verb], ...] = (
    (_("Approve"), "approved", lambda desk, task: desk.approve(task)),
    (_("Reject"), "rejected", lambda desk, task: desk.reject(task)),
    (_("Skip"), "skipped", lambda desk, task: desk.skip(task)),
    (_("Take back"), "taken back", lambda desk, task: desk.undo(task)),
    (_("Run again"), "run again", lambda desk, task: desk.resume(task)),
)
"""What can be done, what it is called here once it is done, and how."""


class Together(QWidget):
    done = Signal()
    """Something was decided, all of it or a part."""
    _reached = Signal(int, int)

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self.desk: Desk | None = None
        self._lane, self._stop = lane, threading.Event()
        self._rows: list[TaskRow] = []
        self._working = False
        self._just: frozenset[str] = frozenset()
        """What was chosen at the last decision: as long as nothing else is chosen, what came of it stands there."""
        self.said = label("", _("What is chosen, and what was done"), wrap=True)
        self.buttons = [QPushButton(words) for words, _, _ in VERBS]
        self.stop = QPushButton(_("Stop"))
        self.stop.setToolTip(_("Stop after the task that is decided on now; what was done stays"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for button, (words, past, verb) in zip(self.buttons, VERBS, strict=True):
            button.setAccessibleName(_("{verb} all tasks that are chosen").format(verb=words))
            button.setAutoDefault(False)
            button.clicked.connect(lambda _on=False, past=past, verb=verb: self._begin(past, verb))
            layout.addWidget(button)
        layout.addWidget(self.stop)
        layout.addWidget(self.said, 1)
        self.stop.clicked.connect(self._stop.set)
        self._reached.connect(self._say_reached)
        self.show_rows([])

    def leave(self) -> None:
        """The desk closes: what was not decided yet stays undecided."""
        self._stop.set()

    def show_rows(self, rows: Sequence[TaskRow]) -> None:
        """What is chosen now."""
        self._rows = list(rows)
        if not self._working and not (self._just and self._just.issuperset(row.id for row in rows)):
            self._just = frozenset()
            self._say(
                several("{n:,} task chosen.", "{n:,} tasks chosen.", len(rows))
                if rows
                else _("Choose tasks to decide on them together.")
            )
        self._offer()

    def _offer(self) -> None:
        for button, fits in zip(self.buttons, map(self._fitting, VERBS), strict=True):
            button.setEnabled(bool(fits) and not self._working)
        self.stop.setVisible(self._working)

    def _fitting(self, verb: tuple[str, str, Verb]) -> list[TaskRow]:
        """The chosen tasks with which that can be done."""
        match verb[1]:
            case "run again":
                return [row for row in self._rows if can_run_again(row)]
            case "taken back":
                return [row for row in self._rows if row.decision]
            case "approved":
                return [row for row in self._rows if row.state == "finished" and undecided(row)]
            case _:
                return [row for row in self._rows if undecided(row)]

    def _begin(self, past: str, verb: Verb) -> None:
        desk = self.desk
        rows = self._fitting(next(one for one in VERBS if one[1] == past))
        if desk is None or not rows:
            return
        left = [row for row in self._rows if row not in rows]
        self._working = True
        self._just = frozenset(row.id for row in self._rows)
        self._stop.clear()
        self._offer()

        def work() -> tuple[int, list[str]]:
            decided, faults = 0, []
            for number, row in enumerate(rows):
                if self._stop.is_set():
                    break
                self._reached.emit(number + 1, len(rows))
                try:
                    verb(desk, row.id)
                    decided += 1
                except Problem as problem:
                    faults.append(f"{isolated(row.name)}: {problem.sentence}")
            return decided, faults

        self._lane.ask(work, lambda told: self._ended(past, left, len(rows), *told), over=self._over)

    def _over(self) -> None:
        self._working = False
        self._offer()

    def _ended(self, past: str, left: list[TaskRow], wanted: int, decided: int, faults: list[str]) -> None:
        parts = [_told(past, decided)[0]]
        if left:
            could_not = _told(past, len(left))[1]
            parts.append(_("{could_not}: {states}.").format(could_not=could_not, states=_states(left)))
        if faults:
            parts.append(_("{faults} failed; the first: {first}").format(faults=len(faults), first=faults[0]))
        if decided + len(faults) < wanted:
            parts.append(_("Stopped; {left} were left as they are.").format(left=wanted - decided - len(faults)))
        self._say(" ".join(parts))
        tones.write(self.said, "danger" if faults else "plain")
        self.done.emit()

    @Slot(int, int)
    def _say_reached(self, number: int, total: int) -> None:
        self._say(_("{number} of {total}…").format(number=number, total=total))

    def _say(self, text: str) -> None:
        self.said.setText(text)
        tones.write(self.said, "plain")


def _told(past: str, tasks: int) -> tuple[str, str]:
    """That it was done with so many, and that it could not be."""
    match past:
        case "approved":
            return (
                several("{n:,} task approved.", "{n:,} tasks approved.", tasks),
                several("{n:,} could not be approved", "{n:,} could not be approved", tasks),
            )
        case "rejected":
            return (
                several("{n:,} task rejected.", "{n:,} tasks rejected.", tasks),
                several("{n:,} could not be rejected", "{n:,} could not be rejected", tasks),
            )
        case "skipped":
            return (
                several("{n:,} task skipped.", "{n:,} tasks skipped.", tasks),
                several("{n:,} could not be skipped", "{n:,} could not be skipped", tasks),
            )
        case "taken back":
            return (
                several("{n:,} decision taken back.", "{n:,} decisions taken back.", tasks),
                several("{n:,} has no decision to take back", "{n:,} have no decision to take back", tasks),
            )
        case _:
            return (
                several("{n:,} task run again.", "{n:,} tasks run again.", tasks),
                several("{n:,} could not be run again", "{n:,} could not be run again", tasks),
            )


def _states(rows: Sequence[TaskRow]) -> str:
    """In which states those are, in the words that stand in the table."""
    counted = Counter(sign_of(row).word for row in rows)
    said = (several("{n:,} is “{state}”", "{n:,} are “{state}”", n, state=state) for state, n in counted.items())
    return ", ".join(said)
