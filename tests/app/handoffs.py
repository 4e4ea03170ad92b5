"""Handoffs for the log's tests, a log of six of them, and what verify says of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app import log as log_module
from app.log import Checkpoint, Log
from engine.cards import TaskCard, Why
from engine.codec import plain
from engine.events import Handed


def opening(card: str) -> Handed:
    kept = TaskCard(card, f"/in/{card}.txt", "a" * 64, "front-desk", 3, "2026-11-01T00:00:00+00:00")
    return Handed(card, 0, Why("desk", "reader", "Opened."), {"card": plain(kept)})


def step(card: str, seq: int, **changes: Any) -> Handed:
    why = Why("reader", "router", f"Step {seq}.", 0.5, 0.25, "note", 0.125, 3, 4, "a-model")
    return Handed(card, seq, why, changes)


def six_rows(path: Path) -> Path:
    """A closed log of two tasks."""
    log = Log(path)
    log.append(opening("A"), step("A", 1), step("A", 2))
    log.append(opening("B"), step("B", 1))
    log.append(step("A", 3, ending="review"))
    log.close()
    return path


def faults(path: Path, known: Checkpoint | None = None) -> list[str]:
    db = log_module.read(path)
    try:
        return list(log_module.verify(db, known))
    finally:
        db.close()
