"""What agents work with: the store, the models, the memory, the library and the playbooks of one home."""

from __future__ import annotations

import dataclasses
import math
import time
from pathlib import Path

from engine import playbook as playbook_module
from engine.cards import Document, Handoff, Problem
from engine.fleet import Fleet, catalogue
from engine.gist import gist
from engine.health import Health
from engine.intents.head import Example
from engine.intents.model import Intents
from engine.library import Library
from engine.memory import Memory
from engine.pages import Page, Reading
from engine.planner import parts, running
from engine.playbook import Playbook
from engine.rules import orders_to_machine
from engine.store import Store

MARGIN = 5.0
"""Seconds before a leg's ceiling (at most a tenth of it) at which a model that listens stops: at the ceiling the
desk ends the engine."""


class Bench:
    """One engine's tools, opened when they are first needed. Close it when done."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = Store(home)
        self.fleet = Fleet(catalogue(home), home)
        self.health = Health(home)
        self.memory = Memory(home)
        self.task_ends = math.inf
        """When the task's seconds are spent, by `time.monotonic`; the relay sets it."""
        self._library: Library | None = None
        self._intents: Intents | None = None

    @property
    def library(self) -> Library:
        if self._library is None:
            self._library = Library(self.home, self.fleet)
        return self._library

    @property
    def intents(self) -> Intents:
        if self._intents is None:
            self._intents = Intents(self.home, self.fleet, self._examples)
        return self._intents

    def close(self) -> None:
        if self._library is not None:
            self._library.close()
        if self._intents is not None:
            self._intents.close()

    def playbook(self, handoff: Handoff) -> Playbook:
        """The playbook of the card."""
        return self.playbook_named(handoff.card.playbook)

    def playbook_named(self, name: str) -> Playbook:
        """As its file says now: what an operator forbids is forbidden from the next leg on."""
        return playbook_module.find(self.home, name)

    def file(self, handoff: Handoff, name: str) -> tuple[str, bytes, str]:
        """A file that the playbook names: its own name, its bytes, and its hash in the store.

        Raises Problem("missing_file").
        """
        path = self.playbook(handoff).path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Problem("missing_file", f"The playbook's file {name!r} can't be read: {error.strerror}.") from error
        return path.name, data, self.store.put(data)

    def next_leg(self, handoff: Handoff) -> str:
        """The leg after the one that holds the baton now."""
        return self.playbook(handoff).after(handoff.why.receiver)

    def skipped(self, handoff: Handoff) -> str:
        """Why the leg that holds the baton has nothing to do with it; "" = it has, or nobody says otherwise."""
        try:
            return self.playbook(handoff).skipped(handoff)
        except Problem as problem:
            if problem.code == "no_playbook":  # an agent that needs none may work without one
                return ""
            raise

    def deadline(self, handoff: Handoff) -> float:
        """When a leg that begins its work now must be done, by `time.monotonic`."""
        seconds = handoff.card.budget.leg_seconds
        return min(time.monotonic() + seconds - min(MARGIN, seconds / 10), self.task_ends)

    def readings(self, handoff: Handoff) -> list[tuple[Document, Reading]]:
        """What was read of the card's documents. Raises Problem("not_read") when the store lost one."""
        found = []
        for document in handoff.documents:
            if document.code:  # it could not be read, and is listed to say so
                continue
            reading = self.store.reading(document.sha256)
            if reading is None:
                raise Problem(
                    "not_read", f"What was read of {document.name!r} is gone from the store. Resume to read it again."
                )
            found.append((document, reading))
        return found

    def message(self, handoff: Handoff) -> Reading:
        """The incoming document as the models read it: orders to the machine that the playbook has shown to a person
        are none of what it asks for, if it asks for anything else."""
        _, reading = self.readings(handoff)[0]
        rules = (row for row in self.playbook(handoff).rules if not playbook_module.after(row))
        if not any(row["check"] == "orders_to_machine" for row in rules):
            return reading
        text = orders_to_machine.without(reading.text)
        if text == reading.text or not parts(text):
            return reading
        return dataclasses.replace(reading, title=orders_to_machine.without(reading.title), pages=(Page(1, text),))

    def gist(self, handoff: Handoff) -> str:
        """What the intent model reads of the incoming document; of a message with several requests, the one that is
        worked now."""
        if step := running(handoff):
            return step.text
        return gist(self.message(handoff))

    def threshold(self, playbook: str) -> float | None:
        """The intent threshold that the playbook sets; None = the learned one. A playbook may exist as a head only."""
        if playbook not in playbook_module.playbooks(self.home):
            return None
        return self.playbook_named(playbook).thresholds.intent

    def _examples(self, playbook: str) -> list[Example] | None:
        """A playbook's own examples; None where there is no such playbook."""
        if playbook not in playbook_module.playbooks(self.home):
            return None
        return self.playbook_named(playbook).examples()
