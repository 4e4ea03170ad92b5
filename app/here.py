"""Says in a few lines what this computer brings to the work: cores, memory, and the models that are installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app import machine, models
from app.fit import amount
from app.language import _, several

if TYPE_CHECKING:
    from app.models import Entry


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
    told = several("{n} core", "{n} cores", number)
    if number and memory:
        return _("This computer: {cores} and {memory} of memory.").format(cores=told, memory=amount(memory))
    if memory:
        return _("This computer: {memory} of memory.").format(memory=amount(memory))
    return _("This computer: {cores}.").format(cores=told) if number else _("What this computer has is not known.")


def _models(serving: list[Entry]) -> Iterator[str]:
    ready = [f"{entry.row.id} ({models.called(entry.row.role)})" for entry in serving if entry.state == "ready"]
    installed = _("Models installed: {models}.").format(models=", ".join(ready))
    yield installed if ready else _("No model is installed.")
    missing = _("its file is missing.")
    for entry in serving:
        if entry.state != "ready":
            yield f"{entry.row.id}: {entry.sentence or missing}"
    if not any(entry.row.role == "fallback" for entry in serving):
        yield _("No larger model: what the small ones are not sure of goes to you.")
