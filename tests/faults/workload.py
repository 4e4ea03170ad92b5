"""What the fault tests write into a log, and what must hold of it afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from app import log as log_module
from app.log import Log
from app.log_rows import sqlite
from engine.cards import Problem, TaskCard, Why
from engine.codec import plain
from engine.events import Handed, fold

LEGS = 6


def handoffs(card: str) -> list[Handed]:
    """All of one task: its opening and six legs."""
    opening = TaskCard(card, f"/in/{card}.txt", "a" * 64, "front-desk", 3, "2026-11-01")
    why = Why("desk", "reader", "Opened.")
    legs = [
        Handed(card, seq, Why("reader", "router", f"Leg {seq} of {card}. " + "x" * 97 * seq), {"flags": []})
        for seq in range(1, LEGS)
    ]
    last = Handed(card, LEGS, Why("verifier", "desk", "All done."), {"ending": "finished"})
    return [Handed(card, 0, why, {"card": plain(opening)}), *legs, last]


def work(log: Log, cards: Iterable[str], told: Callable[[Handed], None] = lambda event: None) -> None:
    """Write the tasks' handoffs that are missing, one by one; `told` hears of each that is safe."""
    for card in cards:
        for event in handoffs(card)[len(log.history(card)) :]:
            log.append(event)
            told(event)


def work_together(log: Log, cards: Iterable[str], told: Callable[[Handed], None]) -> None:
    """The same with a thread for each task."""
    threads = [threading.Thread(target=work, args=(log, [card], told)) for card in cards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def wrong(path: Path, safe: Iterable[tuple[str, int]], cards: Iterable[str]) -> list[str]:
    """What a log that was cut off must not be: broken, or without a handoff that was safe, or with one twice."""
    try:
        Log(path).close()
        db = log_module.read(path)
    except Problem as problem:
        return [problem.sentence]
    try:
        return list(log_module.verify(db)) + list(_lost_or_doubled(db, safe, cards))
    except (sqlite().DatabaseError, Problem) as error:
        return [f"It can't be read: {error}."]
    finally:
        db.close()


def _lost_or_doubled(db: Any, safe: Iterable[tuple[str, int]], cards: Iterable[str]) -> Iterator[str]:
    kept = set()
    for card in cards:
        stored, wanted = log_module.history(db, card), handoffs(card)
        kept |= {(card, event.seq) for event in stored}
        if stored != wanted[: len(stored)]:
            yield f"Task {card} holds {[event.seq for event in stored]}."
    yield from (f"Lost: task {card}, handoff {seq}." for card, seq in safe if (card, seq) not in kept)


def finished(path: Path, cards: Iterable[str]) -> list[str]:
    """Go on where the log ends, to the end; what is wrong then."""
    log = Log(path)
    work(log, cards)
    ends = [fold(log.history(card)).ending for card in cards]
    log.close()
    return wrong(path, [(card, seq) for card in cards for seq in range(LEGS + 1)], cards) + [
        f"A task ended as {ending}." for ending in ends if ending != "finished"
    ]
