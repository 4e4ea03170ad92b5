"""What a task was worked with: the models and playbooks by their hashes. The log notes it whenever it has changed."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import Any

from engine import playbook
from engine.cards import Handoff, Problem
from engine.fleet import catalogue
from engine.memory import TOLD
from engine.models import SEED

CODE = "worked_with"
FIRST = 1
"""The version that an intent model begins with, when it is first asked."""


def now(home: Path) -> dict[str, Any]:
    """Models by role, playbooks by name, the seed; plain data."""
    models: dict[str, list[str]] = {}
    with contextlib.suppress(Problem):  # whoever needs a model says what is wrong with the list of them
        for row in catalogue(home):
            models.setdefault(row.role, [row.id, row.sha256])
    books = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in playbook.playbooks(home).items()}
    return {"models": models, "playbooks": books, "seed": SEED, "lessons": _lessons(home)}


def differences(before: dict[str, Any] | None, after: dict[str, Any], name: str) -> list[str]:
    """How two of them differ for a task of that playbook, one sentence each."""
    if before is None:
        return ["What this task was worked with was not noted: it is older than that."]
    found = []
    for role in sorted(before["models"].keys() | after["models"].keys()):
        old, new = before["models"].get(role), after["models"].get(role)
        if old != new:
            found.append(f"The {role} was {old[0] if old else 'none'}, and is {new[0] if new else 'none'}.")
    if before["playbooks"].get(name) != after["playbooks"].get(name):
        found.append(f"The playbook {name} has changed.")
    if before["seed"] != after["seed"]:
        found.append(f"The seed was {before['seed']}, and is {after['seed']}.")
    if before["lessons"].get(name, FIRST) != after["lessons"].get(name, FIRST):
        found.append("The intent model has learned since.")
    return found


def drawn_on(state: Handoff) -> set[str]:
    """The earlier cases that a task was told of, and those whose approved sentences its draft was written after."""
    evidence = (*state.evidence, *(found for step in state.plan for found in step.evidence))
    recalled = [dict(one.cells) for one in evidence if tuple(name for name, _ in one.cells) == TOLD]
    return {cells["task"] for cells in recalled} | set(state.draft.drew_on if state.draft else ())


def remembered(before: set[str], after: set[str]) -> list[str]:
    """How it differs what two runs of one task drew on, one sentence each."""
    found = []
    if gone := sorted(before - after):
        found.append(f"It drew on earlier cases that now count for nothing: {', '.join(gone)}.")
    if new := sorted(after - before):
        found.append(f"It draws on earlier cases that it was not told of then: {', '.join(new)}.")
    return found


def _lessons(home: Path) -> dict[str, int]:
    """The version of each playbook's intent model that answers."""
    path = home / "intents" / "intents.db"
    if not path.exists():
        return {}
    from app.log_rows import sqlite

    connection = sqlite().connect(str(path))
    try:
        return dict(connection.execute("select name, live from playbooks"))
    except sqlite().DatabaseError:
        return {}  # not made to its end yet
    finally:
        connection.close()
