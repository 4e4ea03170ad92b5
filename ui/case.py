"""Holds what the window knows of the task it shows: every baton so far, and the leg that runs now."""

from __future__ import annotations

import time
from collections.abc import Sequence

from engine.cards import Handoff, changed
from engine.events import LAST_WORDS, Event, Handed, Progressed, Started, Typed, fold


class Case:
    """The fold of one task's events, kept step by step so that each handoff can be looked at."""

    def __init__(self, task: str = "") -> None:
        self.task = task
        self.history: list[Handed] = []
        self.states: list[Handoff] = []
        self.agent = ""
        self.since = 0.0
        self.note = ""
        self.done = self.total = 0
        self.typed = ""

    @property
    def handoff(self) -> Handoff | None:
        """The newest baton, or None before the first."""
        return self.states[-1] if self.states else None

    def load(self, history: Sequence[Handed], *, running: bool) -> None:
        """Begin with what is stored. Live events that came meanwhile and are not in it stay."""
        later = [event for event in self.history if not history or event.seq > history[-1].seq]
        self.history, self.states = [], []
        for event in (*history, *later):
            self._add(event)
        if running and not self.agent and self.history and self.states[-1].ending is None:
            self._start(self.history[-1].why.receiver)
        if not running:
            self._rest()

    def take(self, event: Event) -> bool:
        """Apply a live event. False means that handoffs are missing: load again."""
        match event:
            case Started():
                self._start(event.agent)
            case Progressed():
                self.note, self.done, self.total = event.note, event.done, event.total
            case Typed():
                self.typed += event.text
            case Handed():
                self._rest()
                return self._next(event)
            case _ if isinstance(event, LAST_WORDS):
                self._rest()
        return True

    def _next(self, event: Handed) -> bool:
        expected = self.history[-1].seq + 1 if self.history else 0
        if event.seq == expected:
            self._add(event)
        return event.seq <= expected

    def _add(self, event: Handed) -> None:
        if not self.states:
            self.states.append(fold([event]))
        else:
            self.states.append(changed(self.states[-1], event.why, event.seq, event.changes))
        self.history.append(event)

    def _start(self, agent: str) -> None:
        self._rest()
        self.agent, self.since = agent, time.monotonic()

    def _rest(self) -> None:
        self.agent, self.note, self.typed = "", "", ""
        self.done = self.total = 0
