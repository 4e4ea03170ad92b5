"""Stores each handoff in the log, and then tells who listens: never the other way round."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from app.log import Log
from engine.cards import Handoff, Problem, Why
from engine.codec import plain
from engine.events import Event, Handed, fold


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
