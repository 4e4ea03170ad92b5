"""Works a task again, from the stored file in a scratch home, and tells what came out differently."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from app import circumstances
from app.remembering import Remembering
from app.report import outcome
from engine.cards import Problem
from engine.events import LAST_WORDS, Event, Handed, fold
from engine.memory import Memory
from engine.store import Store

LEARNED = ("intents", "index", "encoders", "retrievers", "playbooks", "originals", "readings")
"""Folders of a home that a task is worked with."""
FILES = ("models.toml", "settings.toml")
DATABASES = ("library.db", "intents/intents.db")
COMPARED = ("status", "code", "intent", "fields", "flags", "draft", "verdict")
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Replay:
    """What differs: in what the task was worked with, and in what came out (part, before, now)."""

    circumstances: tuple[str, ...]
    changes: tuple[tuple[str, Any, Any], ...]
    before: dict[str, Any]
    now: dict[str, Any]


def replay(home: Path, history: Sequence[Handed], noted: dict[str, Any] | None) -> Replay:
    """Work that task again. Raises Problem("missing") when its file is not in the store any more.

    Compared is what the machine made of it: up to its first ending, before a person had a say.
    """
    first = next((place for place, event in enumerate(history) if event.changes.get("ending")), None)
    if first is None:
        raise Problem("not_ended", "This task has no ending yet, so there is nothing to compare with.")
    before, then = outcome(history[: first + 1]), fold(history[: first + 1])
    card = before["playbook"]
    with tempfile.TemporaryDirectory(prefix="baton-replay-") as folder:
        scratch = Path(folder) / "home"
        _copy(home, scratch)
        with contextlib.closing(Remembering(home)) as remembering:
            remembering.catch_up().copy(Memory(scratch), then.card.opened)
        file = Path(folder) / (PurePath(before["source"]).name or "document")
        file.write_bytes(Store(home).original(before["sha256"]))
        again = _worked(scratch, file, card)
    now = outcome(again)
    changes = tuple(
        (part, _short(before, part), _short(now, part))
        for part in (*COMPARED, "legs")
        if _short(before, part) != _short(now, part)
    )
    differences = circumstances.differences(noted, circumstances.now(home), card)
    remembered = circumstances.remembered(circumstances.drawn_on(then), circumstances.drawn_on(fold(again)))
    return Replay((*differences, *remembered), changes, before, now)


def _worked(home: Path, file: Path, playbook: str) -> list[Handed]:
    import queue

    from app.desk import Desk

    heard: queue.SimpleQueue[Event] = queue.SimpleQueue()
    desk = Desk(home)
    try:
        desk.listen(heard.put)
        (task,) = desk.submit([file], playbook)
        while True:
            try:
                event = heard.get(timeout=PATIENCE)
            except queue.Empty as silent:
                raise Problem("too_slow", f"The task was not worked within {PATIENCE:.0f} seconds.") from silent
            if isinstance(event, LAST_WORDS) and event.card == task:
                return desk.history(task)
            if isinstance(event, Handed) and event.card == task and event.changes.get("ending") == "quarantined":
                return desk.history(task)
    finally:
        desk.close()


def _short(told: dict[str, Any], part: str) -> Any:
    """A part without what is another one each time: seconds."""
    if part == "legs":
        return [f"{handoff['from']} -> {handoff['to']}" for handoff in told["handoffs"][1:]]
    if part == "draft":
        return {"text": told["draft"]["text"], "authors": [one["author"] for one in told["draft"]["sentences"]]}
    return told[part]


def _copy(home: Path, scratch: Path) -> None:
    scratch.mkdir()
    for name in LEARNED:
        if (home / name).is_dir():
            shutil.copytree(home / name, scratch / name, ignore=shutil.ignore_patterns("*.db", "*.db-*", "*.part"))
    for name in FILES:
        if (home / name).is_file():
            shutil.copy(home / name, scratch / name)
    for name in DATABASES:
        if (home / name).is_file():
            _copy_database(home / name, scratch / name)


def _copy_database(source: Path, target: Path) -> None:
    """With what its write-ahead log still holds."""
    from app.log_rows import sqlite

    target.parent.mkdir(exist_ok=True)
    whole, copy = sqlite().connect(str(source)), sqlite().connect(str(target))
    try:
        whole.backup(copy)
    finally:
        whole.close()
        copy.close()
