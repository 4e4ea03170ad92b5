"""Holds what the window knows of the task it shows: every baton so far, and the leg that runs now."""

from __future__ import annotations

import time
from collections.abc import Sequence

from engine.cards import Handoff, Why
from engine.codec import changed
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
        self._ahead = False

    @property
    def handoff(self) -> Handoff | None:
        """The newest baton, or None before the first."""
        return self.states[-1] if self.states else None

    @property
    def answer(self) -> str:
        """The text that was approved, else the draft as it was checked; empty while there is neither."""
        if self.handoff is None or self.handoff.ending is None:
            return ""
        approved = self.handoff.decision.text if self.handoff.decision else ""
        return approved or (self.handoff.draft.text if self.handoff.draft else "")

    @property
    def set_aside(self) -> Why | None:
        """Why the file is in quarantine, also after a person has decided on it; None when it is not there."""
        if self.handoff is None or self.handoff.ending != "quarantined":
            return None
        return next((event.why for event in reversed(self.history) if event.changes.get("ending")), None)

    def load(self, history: Sequence[Handed], *, running: bool) -> None:
        """Begin with what is stored. Live events that came meanwhile and are not in it stay."""
        later = [event for event in self.history if not history or event.seq > history[-1].seq]
        self.history, self.states = [], []
        for event in (*history, *later):
            self._add(event)
        if running:
            self._guess()
        else:
            self._rest()

    def take(self, event: Event) -> bool:
        """Apply a live event. False means that handoffs are missing: load again."""
        match event:
            case Started():
                self._start(event.agent)
            case Progressed():
                self._guess()
                self.note, self.done, self.total = event.note, event.done, event.total
            case Typed():
                self.typed += event.text
            case Handed():
                self._rest()
                return self._next(event)
            case _ if isinstance(event, LAST_WORDS):
                self._rest()
        return True

    def settle(self, *, running: bool) -> None:
        """The desk says whether anyone works it. A file that is read ahead waits again when that is done."""
        if running:
            self._guess()
        elif self._ahead:
            self._rest()

    def _guess(self) -> None:
        """Someone works, and nobody said who: it is whoever holds the baton."""
        if not self.agent and self.states and self.states[-1].ending is None:
            self._start(self.history[-1].why.receiver)
            self._ahead = True

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
        self.agent, self.note, self.typed, self._ahead = "", "", "", False
        self.done = self.total = 0
