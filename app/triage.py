"""Triages files from the command line: submits, shows each handoff, waits for the last words."""

from __future__ import annotations

import datetime
import json
import queue
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from types import FrameType, TracebackType
from typing import Any

from app import intake
from app.decisions import now
from app.desk import Desk
from app.report import line, outcome
from engine.events import LAST_WORDS, Event, Failed, Handed, Progressed

ANEW = "`baton triage --again` works it anew."


def run(desk: Desk, paths: Sequence[Path], playbook: str, again: bool, as_json: bool) -> bool:
    """Work the files; returns whether any of them failed. Ctrl+C stops, keeping what was done."""
    began = "" if as_json else now()
    return work(desk, lambda: desk.submit(paths, playbook, again), _told(as_json), show=not as_json, began=began)


def retry(desk: Desk, task: str, password: str, larger: bool, as_json: bool) -> bool:
    """Read a task's file again and work it; returns whether it failed."""

    def wish() -> list[str]:
        desk.retry(task, password=password, generous=larger)
        return [task]

    return work(desk, wish, _told(as_json), show=not as_json)


def allow(desk: Desk, task: str, tool: str) -> bool:
    """Allow a proposed write and work the task on; returns whether it failed."""

    def wish() -> list[str]:
        desk.allow(task, tool)
        return [task]

    return work(desk, wish, _told(as_json=False))


def watch(desk: Desk, folder: Path, out: Path | None, playbook: str, as_json: bool) -> None:
    """Work what lands in a folder, until Ctrl+C or SIGTERM."""
    from app.watch import Watch

    _stop_on_signal()
    watching = Watch(desk, folder, out, playbook)
    with suppress(KeyboardInterrupt), _Progress(0) as progress:
        print(f"Watching {intake.shown(folder)}. Ctrl+C ends it.", file=sys.stderr, flush=True)
        for round_ in watching.rounds():
            progress.say(_at_work(desk))
            for told in round_:
                name = PurePath(told["source"]).name
                text = json.dumps(told, ensure_ascii=False) if as_json else f"{name}\n{_verdict(told)}"
                progress.write(text)
    watching.close()


def work(
    desk: Desk,
    begin: Callable[[], list[str]],
    told: Callable[[dict[str, Any]], str],
    show: bool = True,
    began: str = "",
) -> bool:
    """Begin, and wait until all that was begun has its last word; whether any of it failed.

    `told` is asked for the text that says how a task came out, "" = none. With `show` each handoff is shown as it
    happens; a task that is older than `began`, and has its last word, is said to be so.
    """
    heard: queue.SimpleQueue[Event] = queue.SimpleQueue()
    desk.listen(heard.put)
    _stop_on_signal()
    waiting = dict.fromkeys(begin())
    names: dict[str, str] = {}
    old: dict[str, str] = {}
    for row in desk.tasks():  # in the order in which they were opened: an archive, then what is in it
        if row.id in waiting or row.within in names:
            names[row.id] = row.name
            waiting[row.id] = None
            if row.opened < began:
                old[row.id] = row.opened
    failed = False
    with _Progress(len(waiting)) as progress:
        for task in [task for task in waiting if desk.handoff(task).ending is not None]:
            if show:
                progress.write("\n".join([f"\n{names[task]}", *map(line, desk.history(task))]))
            if task in old:
                progress.remark(f"{names[task]} was worked before, at {_local(old[task])}: {ANEW}")
            failed |= _ended(desk, task, waiting, progress, told)
        while waiting:
            event = heard.get()
            if isinstance(event, Handed) and event.seq == 0 and event.changes["card"].get("within") in names:
                names[event.card] = PurePath(event.changes["card"]["source"]).name
                waiting[event.card] = None
                progress.expect(len(names))
            if event.card not in waiting:
                continue
            if isinstance(event, Handed) and show:
                _show(event, names[event.card], progress)
            match event:
                case Progressed(card=card, note=note):
                    progress.say(f"{names[card]}: {note}{_pace(desk)}")
                case Failed() if desk.handoff(event.card).ending is None:
                    waiting.pop(event.card)
                    failed = True
                    print(f"baton: {event.sentence}", file=sys.stderr)
                case _ if isinstance(event, LAST_WORDS) or (isinstance(event, Handed) and event.changes.get("ending")):
                    failed |= _ended(desk, event.card, waiting, progress, told)
    return failed


class _Progress:
    """A bar on a terminal, with the current file; a line a task where standard error is not one."""

    def __init__(self, total: int) -> None:
        from tqdm import tqdm

        self._total, self._done = total, 0
        self._bar = tqdm(total=total, unit="task", file=sys.stderr, dynamic_ncols=True, leave=False, disable=None)

    def say(self, note: str) -> None:
        self._bar.set_description_str(note[:100])

    def expect(self, total: int) -> None:
        """More tasks have come: the files in an archive."""
        self._total = total
        self._bar.total = total

    def step(self, name: str) -> None:
        self._done += 1
        self._bar.update()
        if self._bar.disable:
            print(f"[{self._done}/{self._total}] {name}", file=sys.stderr, flush=True)

    def remark(self, text: str) -> None:
        """Text on standard error, with the bar out of the way."""
        self._bar.clear()
        print(f"baton: {text}", file=sys.stderr, flush=True)
        self._bar.refresh()

    def write(self, text: str) -> None:
        """Text on standard output, with the bar out of the way."""
        self._bar.clear()
        print(text, flush=True)
        self._bar.refresh()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()


def _pace(desk: Desk) -> str:
    """How fast files are read, and how many wait."""
    status = desk.status()
    return f" ({status.pages_per_second:.0f} pages/s, {status.unread} files to read)" if status.reading else ""


def _at_work(desk: Desk) -> str:
    """What is read and worked right now."""
    status = desk.status()
    names = ", ".join(at.name for at in status.reading)
    return f"{status.queued + bool(status.running)} under way{f', reading {names}' if names else ''}{_pace(desk)}"


def _show(event: Handed, name: str, progress: _Progress) -> None:
    """A handoff as it happens; the first one after the opening has the file's name above it."""
    if event.seq == 1:
        progress.write(f"\n{name}")
    if event.seq > 0:
        progress.write(line(event))


def _ended(
    desk: Desk, task: str, waiting: dict[str, None], progress: _Progress, told: Callable[[dict[str, Any]], str]
) -> bool:
    """Print a task's outcome; returns whether it failed."""
    came_out = outcome(desk.history(task))
    waiting.pop(task)
    if text := told(came_out):
        progress.write(text)
    progress.step(PurePath(came_out["source"]).name)
    return bool(came_out["status"] == "failed")


def _told(as_json: bool) -> Callable[[dict[str, Any]], str]:
    """How a task's outcome is printed."""
    return (lambda told: json.dumps(told, ensure_ascii=False)) if as_json else _verdict


def _verdict(told: dict[str, Any]) -> str:
    label = told["intent"]["label"] or "no intent"
    spent = told["cost"]
    cost = f"{spent['seconds']:.2f} s, {spent['tokens_in']} tokens read, {spent['tokens_out']} written"
    return f"  = {told['status']}, {label}, {told['task']}: {cost}"


def _local(opened: str) -> str:
    """A time in UTC as the clock here shows it."""
    return datetime.datetime.fromisoformat(opened).astimezone().strftime("%Y-%m-%d %H:%M")


def _stop_on_signal() -> None:
    """SIGTERM ends the command as Ctrl+C does: the next start goes on from the last handoff."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with suppress(ValueError):  # not the main thread: then whoever owns it decides
        signal.signal(signal.SIGTERM, stop)
