"""What a person decides on a task, and what becomes of it. Who may decide is asked of the playbook and the settings."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.journal import Journal
from app.settings import Settings
from app.shift import Shift
from engine import permissions, playbook
from engine.cards import Answer, Decision, Document, Handoff, Problem

if TYPE_CHECKING:
    from engine.toolbox import Proposal

ANEW: Mapping[str, Any] = {
    "plan": (), "evidence": (), "draft": None, "verdict": None, "decision": None, "ending": None,
}  # fmt: skip
"""What the team makes again after a person has said something new."""


class Decisions:
    """Each is one handoff from the person on; what the team must do again goes back to it by way of the shift."""

    def __init__(self, home: Path, journal: Journal, shift: Shift, held: Callable[[], Settings]) -> None:
        """`held` tells the settings as they are now."""
        self._home, self._journal, self._shift, self._settings = home, journal, shift, held

    def correct(self, task: str, label: str, leg: str) -> None:
        """A person says which intent it is; the task goes on from that leg, routed and drafted again."""
        state = self._reviewable(task)
        playbook.find(self._home, state.card.playbook).intent(label)
        if not read_documents(state):
            raise Problem("not_read", "The file could not be read, so there is nothing to route.")
        answer = Answer("intent", label, self._settings().reviewer)
        self._journal.hand(
            task, "person", leg, f"A person set the intent to {label}.", "corrected",
            answers=(*state.answers, answer), **ANEW,
        )  # fmt: skip
        self._shift.put(task)

    def approve(self, task: str, text: str | None = None, note: str = "") -> None:
        """Approve the draft, or the text a person made of it."""
        state, role = self._reviewable_here(task)
        draft = state.draft.text if state.draft else ""
        text = draft if text is None else text
        if not text.strip():
            raise Problem("no_draft", "There is no draft to approve. Write a text, reject or skip.")
        edited = text.strip() != draft.strip()
        if not edited and not note and not (state.verdict and state.verdict.outcome == "pass"):
            raise Problem(
                "unsupported", "The draft has unsupported sentences. Edit it, or give a reason for approving it."
            )
        self.note(state, "edited" if edited else "approved", text if edited else draft, note, role)

    def proposals(self, task: str) -> tuple[Proposal, ...]:
        """The writes that wait for a person, each with all that it would send. Slow."""
        from engine import toolbox
        from engine.bench import Bench

        with closing(Bench(self._home)) as bench:
            return toolbox.proposals(self._journal.handoff(task), bench)

    def allow(self, task: str, tool: str, seen: str = "") -> None:
        """A person allows a write that the team proposed, with these very values; the task goes on from that leg.

        `seen` is the fingerprint of the proposal that they looked at. Raises Problem("no_proposal") when no such
        write waits, or what it would send has changed.
        """
        from engine import toolbox
        from engine.agents.clerk import kept
        from engine.bench import Bench

        state, role = self._reviewable_here(task)
        with closing(Bench(self._home)) as bench:
            key = toolbox.proposal(state, tool, bench, seen).fingerprint
        if seen and seen != key:
            raise Problem("no_proposal", f"What {tool} would send has changed since you looked at it. Look again.")
        answer = permissions.approval(tool, key, self._settings().reviewer)
        # A message with several requests is worked anew: the answers to the others would be lost on the way.
        leg = "planner" if state.plan else playbook.find(self._home, state.card.playbook).tools[tool].legs[0]
        self._journal.hand(
            task, "person", leg, f"{self._settings().reviewer} allowed {tool}{_as(role)}, as proposed.", "allowed",
            answers=(*state.answers, answer), **{**ANEW, "evidence": kept(state)},
        )  # fmt: skip
        self._shift.put(task)

    def reject(self, task: str, note: str = "") -> None:
        state, role = self._reviewable_here(task)
        self.note(state, "rejected", "", note, role)

    def skip(self, task: str, note: str = "") -> None:
        """Leave it undecided for now; it can be decided later."""
        self.note(self._reviewable(task), "skipped", "", note)

    def undo(self, task: str) -> None:
        """Take a decision back: the task waits again, and the log keeps both. Raises Problem("not_decided")."""
        state, role = self._reviewable_here(task)
        if state.decision is None:
            raise Problem("not_decided", "Nobody has decided on this task, so there is nothing to take back.")
        reason = f"{self._settings().reviewer} took back what was {state.decision.verb}{_as(role)}."
        undecided = (event for event in reversed(self._journal.log.history(task)) if "decision" not in event.changes)
        if before := next(undecided, None):
            reason += f" Before that: {before.why.reason}"
        self._journal.hand(task, "person", "desk", reason, "undone", decision=None)

    def note(self, state: Handoff, verb: Any, text: str, note: str, role: str = "", reason: str = "") -> None:
        """Keep a decision with the words, the note and the role that go with it."""
        decision = Decision(verb, self._settings().reviewer, now(), text, note, role)
        reason = reason or f"{verb.capitalize()} by {decision.by}{_as(role)}."
        self._journal.hand(state.card.id, "person", "desk", reason, verb, decision=decision)

    def _reviewable(self, task: str) -> Handoff:
        state = self._journal.handoff(task)
        if state.ending is None:
            raise Problem("not_ended", "This task is still being worked. Wait, or stop it first.")
        return state

    def _reviewable_here(self, task: str) -> tuple[Handoff, str]:
        """A task that can be decided, and the role in which the person at this desk does. Raises
        Problem("not_your_review")."""
        state = self._reviewable(task)
        role = self._role(state)
        if refusal := self._settings().refusal(role):
            raise Problem("not_your_review", refusal)
        return state, role

    def _role(self, state: Handoff) -> str:
        """Who reviews it: what the engine says counts only where the playbook can't be asked."""
        try:
            return playbook.find(self._home, state.card.playbook).reviewer(state)
        except Problem:
            return state.reviewer


def read_documents(state: Handoff) -> tuple[Document, ...]:
    """The documents of a task that were read."""
    return tuple(document for document in state.documents if not document.code)


def _as(role: str) -> str:
    """In which role somebody did something, where the playbook names one."""
    return f" as {role}" if role else ""


def now() -> str:
    """The time in UTC, ISO, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
