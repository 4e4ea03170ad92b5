"""Triages files from the command line: submits, shows each handoff, waits for the last words."""

from __future__ import annotations

import json
import queue
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from types import FrameType
from typing import TYPE_CHECKING, Any

from app.desk import Desk
from app.report import line, outcome
from engine.events import LAST_WORDS, Event, Failed, Handed, Progressed, Started

if TYPE_CHECKING:
    from tqdm import tqdm


def run(desk: Desk, paths: Sequence[Path], playbook: str, again: bool, as_json: bool) -> bool:
    """Work the files; returns whether any of them failed. Ctrl+C stops, keeping what was done."""
    heard: queue.SimpleQueue[Event] = queue.SimpleQueue()
    desk.listen(heard.put)
    _stop_on_signal(desk)
    ids = desk.submit(paths, playbook, again)
    waiting = dict.fromkeys(ids)
    failed = False
    with _bar(len(waiting)) as bar:
        for task in [task for task in waiting if desk.handoff(task).ending is not None]:
            failed |= _ended(desk, task, waiting, bar, as_json)
        while waiting:
            event = heard.get()
            if event.card not in waiting:
                continue
            match event:
                case Progressed(note=note):
                    bar.set_description_str(note[:60])
                case Started(card=card) if desk.handoff(card).seq == 0:
                    bar.set_description_str(PurePath(desk.handoff(card).card.source).name[:60])
                case Failed() if desk.handoff(event.card).ending is None:
                    waiting.pop(event.card)
                    failed = True
                    bar.write(f"baton: {event.sentence}", file=sys.stderr)
                case _ if isinstance(event, LAST_WORDS) or (isinstance(event, Handed) and event.changes.get("ending")):
                    failed |= _ended(desk, event.card, waiting, bar, as_json)
    return failed


def _ended(desk: Desk, task: str, waiting: dict[str, None], bar: tqdm[Any], as_json: bool) -> bool:
    """Print a task's outcome; returns whether it failed."""
    history = desk.history(task)
    told = outcome(history)
    waiting.pop(task)
    if as_json:
        print(json.dumps(told, ensure_ascii=False), flush=True)
    else:
        with _cleared(bar):
            _print(told, [line(event) for event in history])
    bar.update()
    return bool(told["status"] == "failed")


def _print(told: dict[str, Any], lines: list[str]) -> None:
    label = told["intent"]["label"] or "no intent"
    print(f"\n{PurePath(told['source']).name}: {told['status']}, {label}", flush=True)
    for text in lines:
        print(text, flush=True)


def _bar(total: int) -> tqdm[Any]:
    from tqdm import tqdm

    return tqdm(total=total, unit="task", file=sys.stderr, dynamic_ncols=True, leave=False, disable=total == 0)


@contextmanager
def _cleared(bar: tqdm[Any]) -> Iterator[None]:
    bar.clear()
    yield
    bar.refresh()


def _stop_on_signal(desk: Desk) -> None:
    """Ctrl+C and SIGTERM end the command as a crash would: the next start goes on from the last handoff."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with suppress(ValueError):  # not the main thread: then whoever owns it decides
        signal.signal(signal.SIGTERM, stop)
