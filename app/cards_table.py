"""One line a task: what lists, filters and counts need, derived from the handoffs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class CardRow(NamedTuple):
    """A task as lists show it. `state` is queued, finished, review, quarantined or failed.

    `decision` is empty until a person has approved, edited, rejected or skipped it. `updated` is
    the number of its last handoff, `code` that one's reason code. `within` is the task of the archive
    that it came in, or empty. `requests` is how many its message makes, where it makes several; else 0.
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
    requests: int


CARD_COLUMNS = CardRow._fields
BEGINNING = {"state": "queued", "label": "", "score": 0.0, "flags": 0, "decision": "", "requests": 0}
"""What a task's line says before any leg has said otherwise."""


def told(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a handoff's delta says of its task's line. Its number, reason and code come on top of it."""
    line: dict[str, Any] = {}
    if card := changes.get("card"):
        line |= {name: card[name] for name in ("id", "source", "sha256", "playbook")}
        line |= {name: card.get(name, "") for name in ("opened", "duplicate_of", "within")}
    if "ending" in changes:
        line["state"] = changes["ending"] or "queued"
    if "route" in changes:
        route = changes["route"] or {"label": None, "score": 0.0}
        line |= {"label": route["label"] or "", "score": float(route["score"])}
    if "plan" in changes:
        line["requests"] = len(changes["plan"])
    if "flags" in changes:
        line["flags"] = len(changes["flags"])
    if "decision" in changes:
        line["decision"] = changes["decision"]["verb"] if changes["decision"] else ""
    return line
