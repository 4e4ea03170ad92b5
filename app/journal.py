"""Stores each handoff in the log, and then tells who listens: never the other way round."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from app.log import Log
from engine.cards import Handoff, Problem, Why
from engine.codec import plain
from engine.events import Event, Handed, fold

TOGETHER = 200
"""Tasks that are stopped in one append."""


class Journal:
    """The log, with listeners. Safe to use from several threads."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._listeners: list[Callable[[Event], None]] = []

    def handoff(self, task: str) -> Handoff:
        """A task's state. Raises Problem("no_task")."""
        history = self.log.history(task)
        if not history:
            raise Problem("no_task", f"There is no task {task!r:.40}.")
        return fold(history)

    def store(self, *events: Handed) -> None:
        """Keep handoffs, all or none; who listens hears of them when they are safe on disk."""
        self.log.append(*events)
        for event in events:
            self.tell(event)

    def hand(self, task: str, sender: str, receiver: str, reason: str, code: str = "", **parts: Any) -> None:
        """Keep a handoff that the desk or a person makes; `parts` are what it changes of the baton."""
        changes = {name: plain(value) for name, value in parts.items()}
        why = Why(sender, receiver, reason, code=code)
        self.store(Handed(task, self.handoff(task).seq + 1, why, changes))

    def stop(self, tasks: Sequence[str], reason: str) -> dict[str, Problem]:
        """A person stopped these tasks: each that has no last word ends in review.

        In few appends, however many they are. Returns those that could not be ended, each with why.
        """
        problems: dict[str, Problem] = {}
        for first in range(0, len(tasks), TOGETHER):
            some = tasks[first : first + TOGETHER]
            try:
                self._stop(some, reason)
            except Problem:
                problems |= self._stop_each(some, reason)  # so that one keeps no other from it
        return problems

    def _stop_each(self, tasks: Sequence[str], reason: str) -> dict[str, Problem]:
        problems = {}
        for task in tasks:
            try:
                self._stop([task], reason)
            except Problem as problem:
                problems[task] = problem
        return problems

    def _stop(self, tasks: Sequence[str], reason: str) -> None:
        going = [state for task in tasks if (state := self.handoff(task)).ending is None]
        if going:
            self.store(*(_stopped(state, reason) for state in going))

    def tell(self, event: Event) -> None:
        """Tell an event that needs no storing, or has been stored."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                sys.excepthook(*sys.exc_info())  # loud, but a listener's bug is not the desk's end

    def listen(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Hear all events from now on. Returns what ends that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)


def _stopped(state: Handoff, reason: str) -> Handed:
    """From the leg that it waited for, which is the one to go on with; from the desk when nobody had begun."""
    sender = state.why.receiver if state.seq else "desk"
    why = Why(sender, "person", reason, code="stopped")
    return Handed(state.card.id, state.seq + 1, why, {"ending": "review"})
