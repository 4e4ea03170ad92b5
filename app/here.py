"""Says in a few lines what this computer brings to the work: cores, memory, and the models that are installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app import machine, models
from app.fit import amount

if TYPE_CHECKING:
    from app.models import Entry

_CALLED = {"fallback": "larger model"}
"""How a role is called, where not by the catalogue's word."""


def told(home: Path) -> list[str]:
    """A line each; nothing that would have to be guessed. Raises Problem("bad_catalogue")."""
    team = models.team(home)
    serving = [entry for entry in team.entries if entry.serves]
    fits = [f"{team.fit.word}: {team.fit.sentence}"] if team.fit.verdict != "unknown" else []
    return [_computer(), *_models(serving), *fits]


def cores() -> int:
    """How many of the processor's cores this process may use; 0 = not known."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 0


def _computer() -> str:
    number, memory = cores(), machine.memory().total
    parts = [f"{number} core{'' if number == 1 else 's'}" if number else "", amount(memory) if memory else ""]
    known = " and ".join(part for part in parts if part)
    return (
        f"This computer: {known}{' of memory' if memory else ''}." if known else "What this computer has is not known."
    )


def _models(serving: list[Entry]) -> Iterator[str]:
    ready = [
        f"{entry.row.id} ({_CALLED.get(entry.row.role, entry.row.role)})" for entry in serving if entry.state == "ready"
    ]
    yield f"Models installed: {', '.join(ready)}." if ready else "No model is installed."
    for entry in serving:
        if entry.state != "ready":
            yield f"{entry.row.id}: {entry.sentence or 'its file is missing.'}"
    if not any(entry.row.role == "fallback" for entry in serving):
        yield "No larger model: what the small ones are not sure of goes to you."
