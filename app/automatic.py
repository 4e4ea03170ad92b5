"""Approves drafts of a class without a person, where people have shown on enough of them that they are right."""

from __future__ import annotations

import datetime
import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.journal import Journal
from engine.cards import Decision, Handoff, Problem, Why
from engine.codec import plain
from engine.events import Handed
from engine.memory import AUTOMATIC
from engine.playbook import Automatic, find
from engine.store import Store

Z = 1.96
"""Standard deviations: 95 % between both ends of the interval."""
DECIDED = ("approved", "edited", "rejected")
CODE = AUTOMATIC


@dataclass(frozen=True, slots=True)
class Measured:
    """How many drafts of a class people decided, and how many were wrong: edited, rejected or sorted elsewhere."""

    cases: int
    wrong: int

    @property
    def upper(self) -> float:
        """The largest share of wrong ones that this is still likely with (Wilson 1927)."""
        if not self.cases:
            return 1.0
        share, n = self.wrong / self.cases, self.cases
        middle = share + Z * Z / (2 * n)
        spread = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
        return min(1.0, (middle + spread) / (1 + Z * Z / n))


class Approval:
    """The desk's own approvals. What people decided is read from the log, and remembered task by task."""

    def __init__(self, home: Path, journal: Journal) -> None:
        self._home = home
        self._journal = journal
        self._store = Store(home)
        self._known: dict[tuple[str, int], tuple[str, bool]] = {}

    def consider(self, state: Handoff) -> None:
        """Approve a finished task, or note that it was drawn for an audit, where its playbook has a row for it."""
        row = self._row(state)
        if row is None:
            return
        if objection := self._objection(state):
            self._hand(state, "person", objection, "unsupported")
            return
        measured = self.measured(state.card.playbook, row.intent)
        seen = f"{measured.wrong} of {measured.cases} decided drafts for {row.intent} were wrong"
        told = f"{seen}: at most {measured.upper:.1%} (Wilson, 95 %)"
        if measured.cases < row.cases or measured.upper > row.error:
            return
        if drawn(self._journal.log.seal(state.card.id), row.audit):
            reason = f"Drawn for an audit ({row.audit:.0%} of the drafts for {row.intent}). {told}."
            self._hand(state, "person", reason, "audit")
            return
        reason = f"Approved without a person. {told}, and {row.error:.1%} are allowed."
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        text = state.draft.text if state.draft else ""
        decision = Decision("approved", CODE, at, text, reason)
        self._hand(state, "desk", reason, CODE, decision=plain(decision))

    def _hand(self, state: Handoff, receiver: str, reason: str, code: str, **changes: Any) -> None:
        """Keep what follows on the state that was looked at, and nothing when a person was faster."""
        why = Why("desk", receiver, reason, code=code)
        try:
            self._journal.store(Handed(state.card.id, state.seq + 1, why, changes))
        except Problem as problem:
            if problem.code != "twice":
                raise

    def measured(self, playbook: str, intent: str) -> Measured:
        """What people made of the drafts that were first routed to this intent."""
        wrong: list[bool] = []
        for task, updated, decision, last in self._journal.log.decided(playbook, DECIDED, CODE):
            key = (task, updated)
            if key not in self._known:
                first = self._first_label(task)
                self._known[key] = first, decision != "approved" or last != first
            label, was_wrong = self._known[key]
            wrong += [was_wrong] if label == intent else []
        return Measured(len(wrong), sum(wrong))

    def _objection(self, state: Handoff) -> str:
        """What the desk itself finds wrong, whatever the engine said: a quote that does not stand on its page, or a
        sentence that its quotes do not bear out. "" = nothing."""
        from engine.agents.verifier import judge  # with numpy, which the window need not wait for

        assert state.draft is not None
        for evidence in state.evidence:
            reading, place = self._store.reading(evidence.place.document), evidence.place
            page = next((page for page in reading.pages if page.number == place.page), None) if reading else None
            if page is None or page.text[place.start : place.end] != evidence.quote:
                return f"The quote “{evidence.quote[:60]}” does not stand in {place.name}. A person decides."
        support = find(self._home, state.card.playbook).thresholds.support
        judged = [judge(sentence, state, support) for sentence in state.draft.sentences]
        return next(
            (f"“{one.text[:60]}”: {one.objection}. A person decides." for one in judged if not one.supported), ""
        )

    def _first_label(self, task: str) -> str:
        for event in self._journal.log.history(task):
            if label := (event.changes.get("route") or {}).get("label"):
                return str(label)
        return ""

    def _row(self, state: Handoff) -> Automatic | None:
        """The playbook's row for a task that may be approved at all: one request, no doubt, nothing
        flagged, and nobody named who reviews it."""
        passed = state.draft is not None and state.verdict is not None and state.verdict.outcome == "pass"
        if state.ending != "finished" or state.decision or state.plan or state.flags or not passed:
            return None
        try:
            playbook = find(self._home, state.card.playbook)
        except Problem:
            return None  # it is gone, or broken: then a person decides
        if playbook.reviewer(state):
            return None  # the playbook names who looks at it
        label = state.route.label if state.route else None
        return next((row for row in playbook.automatic if row.intent == label), None)


def drawn(seal: bytes, share: float) -> bool:
    """Whether a task is among the share that a person looks at, by the hash of its first row in the log.

    Who sends a letter can't foresee that hash, which has a random salt; the log shows afterwards that it was fair.
    """
    number = int.from_bytes(hashlib.sha256(b"audit" + seal).digest()[:8], "big")
    return number / 2**64 < share
