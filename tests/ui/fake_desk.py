"""Plays a desk: the same door as the real one, with scripted runs and a list of what was asked of it."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from app.desk import DeskStatus, TaskRow
from engine.cards import Decision, Handoff, TaskCard, plain
from engine.events import Event, Handed, Started, fold
from engine.readers import Picture
from engine.store import Page
from tests.ui import stories

Story = Callable[[TaskCard, str], Iterable[Event]]
INTENTS = [("refund_request", "Refund request"), ("complaint", "Complaint"), ("invoice", "Supplier invoice")]


def told_by(name: str) -> Story:
    if "orders" in name:
        return stories.orders_about
    return stories.damaged if "damaged" in name else stories.refund


class FakeDesk:
    """Nothing moves until `play` is called, unless `pace` is set: then submitted files are worked at that pace."""

    def __init__(self, pace: float | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.pace = pace
        self._lock = threading.RLock()
        self._rows: dict[str, TaskRow] = {}
        self._history: dict[str, list[Handed]] = {}
        self._stories: dict[str, Iterator[Event]] = {}
        self._listeners: list[Callable[[Event], None]] = []
        self._running: str | None = None
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    # Wishes.

    def submit(self, paths: Sequence[Path], playbook: str = "", again: bool = False) -> list[str]:
        self.calls.append(("submit", [Path(path) for path in paths]))
        files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
        tasks = [self.add(file.name, told_by(file.name)) for file in files]
        if self.pace is not None:
            thread = threading.Thread(target=self.play_all, args=(tasks,), daemon=True)
            self._threads.append(thread)
            thread.start()
        return tasks

    def approve(self, task: str, text: str | None = None, note: str = "") -> None:
        self.calls.append(("approve", task, text, note))
        edited = text is not None and text != (self.handoff(task).draft.text if self.handoff(task).draft else "")  # type: ignore[union-attr]
        self._decide(task, "edited" if edited else "approved", note)

    def reject(self, task: str, note: str = "") -> None:
        self.calls.append(("reject", task, note))
        self._decide(task, "rejected", note)

    def skip(self, task: str, note: str = "") -> None:
        self.calls.append(("skip", task, note))
        self._decide(task, "skipped", note)

    def correct(self, task: str, label: str) -> None:
        self.calls.append(("correct", task, label))

    def stop(self, task: str | None = None) -> None:
        self.calls.append(("stop", task))

    def resume(self, task: str | None = None) -> None:
        self.calls.append(("resume", task))

    # Looking.

    def tasks(self) -> list[TaskRow]:
        with self._lock:
            return list(self._rows.values())

    def history(self, task: str) -> list[Handed]:
        with self._lock:
            return list(self._history[task])

    def handoff(self, task: str) -> Handoff:
        return fold(self.history(task))

    def pages(self, sha256: str) -> int:
        return 3 if sha256 == stories.HANDBOOK else 1

    def page(self, sha256: str, number: int) -> Page | None:
        if sha256 == stories.HANDBOOK:
            return stories.paper(stories.POLICY, number)
        return Page(1, "Receipt\nKettle 48.90\n") if sha256 == "c" * 64 else stories.paper(stories.LETTER)

    def picture(self, sha256: str, number: int, scale: float) -> Picture | None:
        page = self.page(sha256, number)
        return drawn(page, scale) if page and page.width else None

    def intents(self, playbook: str) -> list[tuple[str, str]]:
        return INTENTS

    def status(self) -> DeskStatus:
        queued = sum(row.state == "queued" for row in self.tasks())
        models = ("all-MiniLM-L6-v2", "SmolLM2-135M-Instruct") if self._history else ()
        return DeskStatus(self._running, queued, "busy" if self._running else "ready", models,
                          "Offline: no network code runs, and the system filter would stop it.")  # fmt: skip

    def listen(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def close(self) -> None:
        self.calls.append(("close",))
        self._closing.set()
        for thread in self._threads:
            thread.join()

    # The stage.

    def add(self, name: str, story: Story = stories.refund, **row: Any) -> str:
        """A queued task that will be worked as the story tells."""
        with self._lock:
            task = f"T-{len(self._rows) + 1:04d}"
            sha256 = hashlib.sha256(task.encode()).hexdigest()
            card = TaskCard(task, f"/inbox/{name}", sha256, "front-desk", 1000)
            whole = TaskRow(task, card.source, name, sha256, "front-desk", "queued", "", 0.0, 0, "", 0, "", "")
            self._rows[task] = dataclasses.replace(whole, **row)
            self._history[task] = []
            self._stories[task] = iter(story(card, name))
            self.emit(next(self._stories[task]))
        return task

    def play(self, task: str, *, until: Callable[[Event], bool] | None = None) -> None:
        """Work a task, to its last word or up to that event."""
        for event in self._stories[task]:
            shares = {"Started": 0.0, "Typed": 0.4}
            if self._closing.wait((self.pace or 0) * shares.get(type(event).__name__, 1.0)):
                return
            self.emit(event)
            if until and until(event):
                return

    def play_all(self, tasks: Sequence[str]) -> None:
        for task in tasks:
            self.play(task)

    def emit(self, event: Event) -> None:
        """Store it first, then tell it, as the desk does."""
        with self._lock:
            if isinstance(event, Started):
                self._running = event.card
                self._rows[event.card] = dataclasses.replace(self._rows[event.card], state="running")
            if isinstance(event, Handed):
                self._history[event.card].append(event)
                self._fold(event.card)
        for listener in tuple(self._listeners):
            listener(event)

    def _fold(self, task: str) -> None:
        state, row = self.handoff(task), self._rows[task]
        label = state.route.label or "" if state.route else ""
        self._rows[task] = dataclasses.replace(
            row, state=state.ending or row.state, label=label, score=state.route.score if state.route else 0.0,
            reason=state.why.reason, flags=len(state.flags), updated=state.seq,
            decision=state.decision.verb if state.decision else row.decision,
        )  # fmt: skip
        if state.ending:
            self._running = None

    def _decide(self, task: str, verb: Any, note: str) -> None:
        state = self.handoff(task)
        decision = Decision(verb, "tester", "2025-01-01T00:00:00+00:00", "", note)
        why = dataclasses.replace(state.why, sender="person", receiver="desk", reason=f"{verb} by tester.", score=None)
        self.emit(Handed(task, state.seq + 1, why, {"decision": plain(decision)}))


def drawn(page: Page, scale: float) -> Picture:
    """The page as a picture in plain RGB."""
    image = QImage(round(page.width * scale), round(page.height * scale), QImage.Format.Format_RGB888)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.scale(scale, scale)
    font = QFont("DejaVu Sans")
    font.setPixelSize(10)
    painter.setFont(font)
    painter.setPen(QColor("black"))
    for start, end, x0, y0, _x1, y1 in page.words:
        rect = QRectF(x0, y0, 200, y1 - y0)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignVCenter), page.text[start:end])
    painter.end()
    rows = [bytes(image.constScanLine(y))[: 3 * image.width()] for y in range(image.height())]
    return Picture(image.width(), image.height(), b"".join(rows))


def wait_for(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """For scripts without pytest-qt: let time pass until something holds."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
