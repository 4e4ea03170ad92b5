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

from app import query, what_if
from app.asking import Stop
from app.settings import Settings
from app.task_rows import DeskStatus, TaskRow
from engine.cards import Decision, Handoff, Problem, TaskCard, Why
from engine.codec import plain
from engine.events import Event, Handed, Progressed, Started, fold
from engine.orders import Order
from engine.pages import Page
from engine.readers import Picture
from engine.reading import Reached
from engine.toolbox import Proposal
from tests.ui import library, stories

Story = Callable[[TaskCard, str], Iterable[Event]]
INTENTS = [("refund_request", "Refund request"), ("complaint", "Complaint"), ("invoice", "Supplier invoice")]
PLAYBOOKS = {"front-desk": "A shop's front desk"}
PASSWORD = "kettle-1871"
STORIES: dict[str, Story] = {
    "orders": stories.orders_about,
    "damaged": stories.damaged,
    "locked": stories.locked,
    "huge": stories.huge,
    "partly": stories.partly,
    "proposed": stories.proposed,
    "several": stories.several,
}
PAPERS: dict[str, Callable[[], Page]] = {"covert": stories.covert, "mail": stories.mail, "scan": stories.scan}


def told_by(name: str) -> Story:
    return next((story for word, story in STORIES.items() if word in name), stories.refund)


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
        self._ahead: dict[str, Reached] = {}
        self.unread, self.pages_per_second = 0, 0.0
        self.upkeep = ""
        self.attending: Callable[[], None] = lambda: None
        self.asked = 0
        self.library = library.FakeLibrary()
        self.saved: dict[str, str] = {}
        self.most = 1000
        self.home = Path("/nowhere")
        self.set = Settings(reviewer="tester")
        self.roles: tuple[str, ...] = ()
        self.papers: dict[str, tuple[Page, ...]] = {}
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    # Wishes.

    def submit(self, paths: Sequence[Path], playbook: str = "", again: bool = False) -> list[str]:
        self.calls.append(("submit", [Path(path) for path in paths]))
        files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
        tasks = [self.add(file.name, told_by(file.name)) for file in files]
        self._work(tasks)
        return tasks

    def _work(self, tasks: Sequence[str]) -> None:
        if self.pace is not None:
            thread = threading.Thread(target=self.play_all, args=(tasks,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def approve(self, task: str, text: str | None = None, note: str = "") -> None:
        self.calls.append(("approve", task, text, note))
        edited = text is not None and text != (self.handoff(task).draft.text if self.handoff(task).draft else "")  # type: ignore[union-attr]
        self._decide(task, "edited" if edited else "approved", note, (edited and text) or "")

    def reject(self, task: str, note: str = "") -> None:
        self.calls.append(("reject", task, note))
        self._decide(task, "rejected", note)

    def skip(self, task: str, note: str = "") -> None:
        self.calls.append(("skip", task, note))
        self._decide(task, "skipped", note)

    def undo(self, task: str) -> None:
        self.calls.append(("undo", task))
        state = self.handoff(task)
        why = dataclasses.replace(state.why, sender="person", receiver="desk", reason="Taken back.", code="undone")
        self.emit(Handed(task, state.seq + 1, why, {"decision": None}))

    def proposals(self, task: str) -> tuple[Proposal, ...]:
        state = self.handoff(task)
        return (stories.proposal(state),) if any(call.outcome == "proposed" for call in state.calls) else ()

    def allow(self, task: str, tool: str, seen: str = "") -> None:
        self.calls.append(("allow", task, tool, seen))
        waiting = self.proposals(task)
        if not waiting or seen != waiting[0].fingerprint:
            raise Problem("no_proposal", f"No write of {tool!r} waits for anyone in this task.")
        self._stories[task] = iter(stories.allowed(self.handoff(task), "tester"))
        self.emit(next(self._stories[task]))
        self._work([task])

    def what_if(self, task: str, seq: int) -> list[str]:
        return what_if.told(self.history(task), seq, 0.8)

    def export(self, task: str, file: Path) -> None:
        if not file.parent.is_dir():
            raise Problem("not_written", "The case can't be written there. Choose another folder.")
        file.write_bytes(b"PK")

    def refusal(self, role: str) -> str:
        return Settings(reviewer="tester", roles=self.roles).refusal(role)

    def correct(self, task: str, label: str) -> None:
        self.calls.append(("correct", task, label))
        state = self.handoff(task)
        why = Why("person", "router", f"A person set the intent to {label}.", code="corrected")
        self.emit(Handed(task, state.seq + 1, why, {"decision": None, "ending": None, "draft": None, "verdict": None}))
        self._stories[task] = iter(stories.corrected(self.handoff(task), label))
        self._work([task])

    def stop(self, task: str | None = None) -> None:
        self.calls.append(("stop", task))

    def unload(self) -> None:
        self.calls.append(("unload",))

    def resume(self, task: str | None = None) -> None:
        self.calls.append(("resume", task))

    def retry(self, task: str, *, password: str = "", generous: bool = False) -> None:
        self.calls.append(("retry", task, password, generous))
        state = self.handoff(task)
        if state.ending is None:
            raise Problem("not_ended", "This task is still being worked. Wait, or stop it first.")
        why = Why("person", "reader", "A person asked to read it again.", code="read_again")
        self.emit(Handed(task, state.seq + 1, why, {"documents": [], "route": None, "decision": None, "ending": None}))
        self._stories[task] = iter(self._reading(state, password, generous))
        self._work([task])

    def _reading(self, before: Handoff, password: str, generous: bool) -> Iterable[Event]:
        after, name = self.handoff(before.card.id), Path(before.card.source).name
        if before.documents:
            return stories.partly(before.card, name, after)
        if password == PASSWORD or generous:
            return stories.refund(before.card, name, after=after)
        return stories.set_aside(before.card, before.why.code, after)

    # Looking.

    def tasks(self) -> list[TaskRow]:
        with self._lock:
            return list(self._rows.values())

    def inbox(self, most: int = 1000, also: str = "") -> tuple[list[TaskRow], int, int]:
        rows = self.tasks()
        shown = [row for number, row in enumerate(rows) if number >= len(rows) - self.most or row.id == also]
        waiting = sum(row.state in ("finished", "review") and not row.decision for row in rows)
        return shown, len(rows), waiting

    def find(self, words: str, most: int, skipped: int = 0) -> tuple[list[TaskRow], int]:
        """By the last word alone: the query language has tests of its own."""
        query.read(words)
        word = words.split()[-1] if words.split() else ""
        rows = [row for row in reversed(self.tasks()) if ":" in word or word in row.name]
        if word.startswith("status:"):
            rows = [row for row in rows if row.state == word.removeprefix("status:")]
        return rows[skipped : skipped + most], len(rows)

    def settings(self) -> Settings:
        return self.set

    def change_settings(self, wanted: Settings) -> None:
        if "/" in wanted.reviewer:
            raise Problem("bad_settings", "A name has no slash.")
        self.set = wanted

    def views(self) -> dict[str, str]:
        return dict(self.saved)

    def keep_view(self, name: str, words: str) -> dict[str, str]:
        self.saved = self.saved | {name: words} if words else {k: v for k, v in self.saved.items() if k != name}
        return dict(self.saved)

    def history(self, task: str) -> list[Handed]:
        with self._lock:
            return list(self._history[task])

    def handoff(self, task: str) -> Handoff:
        return fold(self.history(task))

    def pages(self, sha256: str) -> int:
        if sha256 in self.papers:
            return len(self.papers[sha256])
        return 3 if sha256 == stories.HANDBOOK else 1

    def page(self, sha256: str, number: int) -> Page | None:
        if sha256 in self.papers:
            return self.papers[sha256][number - 1]
        if sha256 in ("d" * 64, "e" * 64):
            return None
        if sha256 == stories.HANDBOOK:
            return stories.paper(stories.POLICY, number)
        return Page(1, "Receipt\nKettle 48.90\n") if sha256 == "c" * 64 else stories.paper(stories.LETTER)

    def picture(self, sha256: str, number: int, scale: float) -> Picture | None:
        page = self.page(sha256, number)
        return drawn(page, scale) if page and page.width else None

    def intents(self, playbook: str) -> list[tuple[str, str]]:
        return INTENTS

    def playbook_title(self, playbook: str) -> str:
        return PLAYBOOKS.get(playbook, playbook)

    def status(self) -> DeskStatus:
        self.asked += 1
        queued = sum(row.state == "queued" for row in self.tasks())
        models = ("all-MiniLM-L6-v2", "SmolLM2-135M-Instruct") if self._history else ()
        return DeskStatus(self._running, queued, "busy" if self._running else "ready", models,
                          "Network sockets are blocked by the kernel (seccomp).",
                          tuple(self._ahead.values()), self.pages_per_second, self.unread,
                          sum(row.state == "parked" for row in self.tasks()), self.upkeep)  # fmt: skip

    def ask(self, order: Order, stop: Stop | None = None) -> Iterator[dict[str, Any]]:
        self.calls.append(("ask", order))
        return self.library.answer(order, stop)

    def listen(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def attend(self, callback: Callable[[], None]) -> None:
        self.attending = callback

    def keep_up(self, doing: str) -> None:
        """The upkeep begins that, or ends ("")."""
        self.upkeep = doing
        self.attending()

    def close(self) -> None:
        self.calls.append(("close",))
        self._closing.set()
        for thread in self._threads:
            thread.join()

    # The stage.

    def add(self, name: str, story: Story = stories.refund, pages: Sequence[Page] = (), **row: Any) -> str:
        """A queued task that will be worked as the story tells."""
        with self._lock:
            task = f"T-{len(self._rows) + 1:04d}"
            sha256 = hashlib.sha256(task.encode()).hexdigest()
            card = TaskCard(task, f"/inbox/{name}", sha256, "front-desk", 1_300_000, "2025-03-03T14:02:00+00:00")
            whole = TaskRow(
                id=task, source=card.source, name=name, sha256=sha256, playbook="front-desk", state="queued", label="",
                score=0.0, updated=0, reason="", flags=0, duplicate_of="", decision="", code="", within="",
                opened=card.opened,
            )  # fmt: skip
            self._rows[task] = dataclasses.replace(whole, **row)
            self._history[task] = []
            drawn_as = next((paper for word, paper in PAPERS.items() if word in name), None)
            if pages or drawn_as:
                self.papers[sha256] = tuple(pages) or (drawn_as(),)  # type: ignore[misc]
            self._stories[task] = iter(story(card, name))
            self.emit(next(self._stories[task]))
        return task

    def read_ahead(self, task: str, page: int, pages: int) -> None:
        """A reading thread has come to that page; with page 0, it has just begun."""
        name = self._rows[task].name
        with self._lock:
            self._ahead[task] = Reached(name, page, pages)
            self._rows[task] = dataclasses.replace(self._rows[task], state="running")
        self.emit(Progressed(task, f"reading {name}" + (f", page {page} of {pages}" if page else ""), page, pages))

    def was_read(self, task: str) -> None:
        """The file is in the store, and waits for the models."""
        with self._lock:
            del self._ahead[task]
            self._rows[task] = dataclasses.replace(self._rows[task], state="queued")

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
        still = "running" if self._running == task else "queued"
        self._rows[task] = dataclasses.replace(
            row, state=state.ending or still, label=label, score=state.route.score if state.route else 0.0,
            reason=state.why.reason, code=state.why.code, flags=len(state.flags), updated=state.seq,
            requests=len(state.plan),
            decision=state.decision.verb if state.decision else "" if state.seq > row.updated else row.decision,
        )  # fmt: skip
        if state.ending and self._running == task:
            self._running = None

    def _decide(self, task: str, verb: Any, note: str, text: str = "") -> None:
        state = self.handoff(task)
        decision = Decision(verb, "tester", "2025-01-01T00:00:00+00:00", text, note)
        why = dataclasses.replace(state.why, sender="person", receiver="desk", reason=f"{verb} by tester.", score=None)
        self.emit(Handed(task, state.seq + 1, why, {"decision": plain(decision)}))


def worked(desk: FakeDesk, name: str = "letter.pdf") -> str:
    """A task that was worked as its name tells."""
    task = desk.add(name, told_by(name))
    desk.play(task)
    return task


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
