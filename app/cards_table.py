"""One line a task: what lists, filters and counts need, derived from the handoffs."""

from __future__ import annotations

from dataclasses import dataclass

from engine.cards import Handoff


@dataclass(frozen=True, slots=True)
class CardRow:
    """A task as lists show it. `state` is queued, finished, review, quarantined or failed.

    `decision` is empty until a person has approved, edited, rejected or skipped it. `updated` is
    the number of its last handoff, `code` that one's reason code. `within` is the task of the archive
    that it came in, or empty.
    """

    id: str
    source: str
    sha256: str
    playbook: str
    opened: str
    state: str
    label: str
    score: float
    flags: int
    reason: str
    updated: int
    duplicate_of: str
    decision: str
    code: str
    within: str


def card_row(handoff: Handoff) -> CardRow:
    """The task's line, from its state."""
    card, route = handoff.card, handoff.route
    return CardRow(
        id=card.id,
        source=card.source,
        sha256=card.sha256,
        playbook=card.playbook,
        opened=card.opened,
        state=handoff.ending or "queued",
        label=(route.label or "") if route else "",
        score=float(route.score) if route else 0.0,
        flags=len(handoff.flags),
        reason=handoff.why.reason,
        updated=handoff.seq,
        duplicate_of=card.duplicate_of,
        decision=handoff.decision.verb if handoff.decision else "",
        code=handoff.why.code,
        within=card.within,
    )
