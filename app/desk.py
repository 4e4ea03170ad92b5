"""The one door: submit, stop, answer, approve, correct, look things up, listen. Owns log and engine."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from app import intake, settings
from app.cards_table import CardRow
from app.engine_process import EngineDied, EngineProcess
from app.log import Log
from engine import agents, fence, playbook, readers
from engine.cards import Answer, Decision, Handoff, Problem, TaskCard, Why, changes, plain
from engine.events import Answered, Asked, Closed, Event, Failed, Finished, Handed, Quarantined, fold
from engine.orders import Order, Run
from engine.readers import Picture
from engine.relay import last_word, opened
from engine.shelf import modules
from engine.store import Page, Store

DEATHS = {True: 8, False: 2}
"""How often a leg may lose its engine: to a kill from outside (SIGKILL), or to a crash of its own."""
SIGKILL = 9
SILENCE = 1800.0
"""Seconds: a question may train on thousands of examples before it says anything."""
GRACE = 30.0
"""Seconds beyond a leg's budget before a silent engine counts as hanging."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as lists show it. `state` is queued, running, finished, review, quarantined or failed."""

    id: str
    source: str
    name: str
    sha256: str
    playbook: str
    state: str
    label: str
    score: float
    updated: int
    reason: str
    flags: int
    duplicate_of: str
    decision: str


@dataclass(frozen=True, slots=True)
class DeskStatus:
    """What the status bar says. `engine` is off, starting, ready or busy."""

    running: str | None
    queued: int
    engine: str
    models: tuple[str, ...]
    offline: str


class Desk:
    """One home, opened for work. Only one process may have it open; raises Problem("in_use") otherwise.

    Tasks that a crash cut off go on at once, unless `resume` is False.

    Listeners are called on the desk's own thread, after what they hear of is safe on disk.
    """

    def __init__(self, home: Path, resume: bool = True) -> None:
        self.home = home
        self._settings = settings.read(home)
        self._lock = _only_one(home)
        self._log = Log(home / "log.db")
        self._store = Store(home)
        self._listeners: list[Callable[[Event], None]] = []
        self._queue: deque[str] = deque()
        self._changed = threading.Condition()
        self._engine: EngineProcess | None = None
        self._answering: EngineProcess | None = None
        self._running: str | None = None
        self._leg = ""
        self._stopped: set[str] = set()
        self._closing = False
        self._models: tuple[str, ...] = ()
        self._relay = threading.Thread(target=self._work, name="relay", daemon=True)
        self._relay.start()
        if resume:
            self.resume()

    # -- wishes ---------------------------------------------------------------------------------

    def submit(self, paths: Sequence[Path], playbook: str = "", again: bool = False) -> list[str]:
        """Take files in and queue a task for each; returns their ids, in order.

        The same file from the same place is the same task; the same content from elsewhere becomes
        a duplicate of the first. `again` opens new tasks all the same.
        """
        book = _playbook(self.home, playbook or self._settings.playbook)
        known: dict[str, str] = {}
        ids = []
        for path in intake.files(paths):
            taken = intake.take(path)
            ids.append(self._open(taken, book, again, known))
        return ids

    def stop(self, task: str | None = None) -> None:
        """Stop one task, or the running one and the whole queue. What was done so far is kept."""
        with self._changed:
            if task is None:
                self._queue.clear()
                task = self._running
            if task is None:
                return
            if task == self._running:
                self._stopped.add(task)
                if self._engine is not None:
                    self._engine.kill()
                return
            if task not in self._queue:
                return
            self._queue.remove(task)
        self._hand(task, "desk", "person", "Stopped by a person before it began.", "stopped", ending="review")

    def resume(self, task: str | None = None) -> None:
        """Go on with a stopped or failed task, or with all that have no last word yet."""
        if task is None:
            for row in self._log.cards():
                if row.state == "queued":
                    self._enqueue(row.id)
            return
        state = self.handoff(task)
        if state.ending is None:
            self._enqueue(task)
            return
        if state.ending == "finished" or state.decision is not None:
            raise Problem("has_ended", "This task is done; there is nothing to go on with.")
        self._hand(task, "person", self._leg_to_repeat(state), "A person asked to go on.", ending=None)
        self._enqueue(task)

    def correct(self, task: str, label: str) -> None:
        """A person says which intent it is; the task is routed and drafted again."""
        state = self.handoff(task)
        _playbook(self.home, state.card.playbook).intent(label)
        if not state.documents:
            raise Problem("not_read", "The file could not be read, so there is nothing to route.")
        answer = Answer("intent", label, self._settings.reviewer)
        self._hand(
            task, "person", "router", f"A person set the intent to {label}.", "corrected",
            answers=(*state.answers, answer), evidence=(), draft=None, verdict=None, decision=None, ending=None,
        )  # fmt: skip
        self._enqueue(task)

    def approve(self, task: str, text: str | None = None, note: str = "") -> None:
        """Approve the draft, or the text a person made of it."""
        state = self._reviewable(task)
        draft = state.draft.text if state.draft else ""
        if not (text or draft).strip():
            raise Problem("no_draft", "There is no draft to approve. Write a text, reject or skip.")
        edited = text is not None and text.strip() != draft.strip()
        if not edited and not note and not (state.verdict and state.verdict.outcome == "pass"):
            raise Problem(
                "unsupported", "The draft has unsupported sentences. Edit it, or give a reason for approving it."
            )
        self._decide(state, "edited" if edited else "approved", text if edited and text else draft, note)

    def reject(self, task: str, note: str = "") -> None:
        self._decide(self._reviewable(task), "rejected", "", note)

    def skip(self, task: str, note: str = "") -> None:
        """Leave it undecided for now; it can be decided later."""
        self._decide(self._reviewable(task), "skipped", "", note)

    # -- looking --------------------------------------------------------------------------------

    def tasks(self) -> list[TaskRow]:
        """All tasks, oldest first."""
        running = self._running
        return [_task_row(row, running) for row in self._log.cards()]

    def history(self, task: str) -> list[Handed]:
        return self._log.history(task)

    def handoff(self, task: str) -> Handoff:
        """A task's state. Raises Problem("no_task")."""
        history = self._log.history(task)
        if not history:
            raise Problem("no_task", f"There is no task {task!r:.40}.")
        return fold(history)

    def page(self, sha256: str, number: int) -> Page | None:
        """A page of a document that was read, or None."""
        reading = self._store.reading(sha256)
        return next((page for page in reading.pages if page.number == number), None) if reading else None

    def pages(self, sha256: str) -> int:
        reading = self._store.reading(sha256)
        return len(reading.pages) if reading else 0

    def picture(self, sha256: str, number: int, scale: float) -> Picture | None:
        """A page drawn in a child process; None for formats without drawn pages. Slow."""
        reading = self._store.reading(sha256)
        if reading is None or reading.kind != "pdf":
            return None
        return readers.picture(self._store.original(sha256), number, scale)

    def intents(self, playbook: str) -> list[tuple[str, str]]:
        """Labels and titles of a playbook's intents."""
        return [(intent.label, intent.title or intent.label) for intent in _playbook(self.home, playbook).intents]

    def status(self) -> DeskStatus:
        engine = self._engine
        state = "off" if engine is None else "busy" if self._running else "ready"
        return DeskStatus(self._running, len(self._queue), state, self._models, fence.in_force())

    def listen(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Hear all events from now on. Returns what ends that."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    def ask(self, order: Order) -> Iterator[dict[str, Any]]:
        """Put a question to the engine outside any task (search, train, predict). Raises Problem.

        It goes to an engine of its own, which stays for the next question.
        """
        if self._answering is None or not self._answering.alive():
            self._answering = EngineProcess(self.home)
        try:
            for event in self._answering.ask(order, silence=SILENCE):
                if isinstance(event, Answered):
                    yield event.row
                elif isinstance(event, Closed) and event.code:
                    raise Problem(event.code, event.sentence)
        except EngineDied as died:
            raise Problem("engine_died", "The engine ended unexpectedly; see engine.log in the home folder.") from died

    def close(self) -> None:
        """Stop working and give the home back. Unfinished tasks go on when it is opened again."""
        with self._changed:
            self._closing = True
            if self._engine is not None:
                self._engine.kill()
            self._changed.notify_all()
        self._relay.join()
        for engine in (self._engine, self._answering):
            if engine is not None:
                engine.close()
        self._log.close()
        self._lock.release()

    # -- the relay's thread ---------------------------------------------------------------------

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                self._finish(task)
            except Problem as problem:
                self._tell(Failed(task, problem.code, problem.sentence))
                continue
            finally:
                with self._changed:
                    self._running = None
                    self._stopped.discard(task)
            state = self.handoff(task)
            if state.ending is not None:
                self._tell(last_word(state))

    def _next(self) -> str | None:
        with self._changed:
            while not self._queue and not self._closing:
                self._changed.wait()
            if self._closing:
                return None
            self._running = self._queue.popleft()
            return self._running

    def _finish(self, task: str) -> None:
        """Work a task to its last word, through as many engines as that takes."""
        deaths = 0
        while (state := self.handoff(task)).ending is None and not self._closing:
            if state.card.duplicate_of:
                self._copy(state)
                return
            try:
                self._run(state)
            except EngineDied as died:
                self._forget_engine()
                if self._is_closing():
                    return
                if task in self._stopped:
                    self._hand(task, self._leg, "person", "Stopped by a person.", "stopped", ending="review")
                    return
                deaths = deaths + 1 if self.handoff(task).seq == state.seq else 1
                if deaths >= DEATHS[died.signal == SIGKILL and not died.silent]:
                    self._give_up(self.handoff(task), died)

    def _is_closing(self) -> bool:
        """Asked anew: another thread may have begun to close meanwhile."""
        return self._closing

    def _run(self, state: Handoff) -> None:
        """Let an engine work it; every handoff is stored before anyone hears of it."""
        if self._engine is None or not self._engine.alive():
            self._forget_engine()
            self._engine = EngineProcess(self.home)
        self._leg = state.why.receiver
        with self._changed:
            if self._closing or state.card.id in self._stopped:
                self._engine.kill()
        for event in self._engine.ask(Run(state), silence=state.card.budget.leg_seconds + GRACE):
            match event:
                case Handed():
                    self._log.append(event)
                    self._leg = event.why.receiver
                    self._note_model(event.why.model)
                case Failed() if self.handoff(event.card).ending is None:
                    self._hand(event.card, self._leg, "person", event.sentence, event.code, ending="failed")
                    return
                case Finished() | Asked() | Quarantined() | Failed() | Closed() | Answered():
                    return
            self._tell(event)

    def _give_up(self, state: Handoff, died: EngineDied) -> None:
        """The next rung down: quotes instead of a model that takes the engine with it, else a person."""
        how = "said nothing for too long" if died.silent else "died"
        leg = state.why.receiver
        if leg == "drafter":
            reason = f"The engine {how} while the model wrote. The extractive drafter takes over."
            self._hand(state.card.id, leg, "quoter", reason, "model_crashed")
        else:
            self._hand(state.card.id, leg, "person", f"The engine {how} in {leg}.", "engine_died", ending="failed")

    def _copy(self, state: Handoff) -> None:
        """A duplicate ends as its original did; that one is worked first if it has not ended."""
        original = self.handoff(state.card.duplicate_of)
        if original.ending is None:
            self._finish(original.card.id)
            original = self.handoff(original.card.id)
            if original.ending is None:
                return
        name = PurePath(original.card.source).name
        same = dataclasses.replace(original, card=state.card, decision=None, answers=())
        same_as = f"The same content as {name} (task {original.card.id})"
        why = Why(
            "desk", "desk", f"{same_as}: its outcome stands, nothing is done twice.", code="duplicate",
        )  # fmt: skip
        self._store_handed(Handed(state.card.id, state.seq + 1, why, changes(state, same)))

    def _forget_engine(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
            self._models = ()

    def _note_model(self, model: str) -> None:
        if model and model not in self._models and model != "extractive":
            self._models = (*self._models, model)

    # -- small parts ----------------------------------------------------------------------------

    def _open(self, taken: intake.Taken, book: playbook.Playbook, again: bool, known: dict[str, str]) -> str:
        sha256 = (
            self._store.put(taken.data) if taken.problem is None else hashlib.sha256(taken.source.encode()).hexdigest()
        )
        before = self._log.of_content(sha256)
        same_place = [row for row in before if row.source == taken.source and row.playbook == book.name]
        if same_place and not again:
            known.setdefault(sha256, same_place[-1].id)
            return same_place[-1].id
        first = known.get(sha256, "") or ("" if again else _original(before, book.name))
        card = TaskCard(
            _card_id(taken.source, sha256, book.name, len(same_place)), taken.source, sha256, book.name,
            len(taken.data), _now(), book.budget, first,
        )  # fmt: skip
        known.setdefault(sha256, card.id)
        opening = Handed(card.id, 0, opened(card, book.legs[0]).why, {"card": plain(card)})
        if taken.problem is None:
            self._store_handed(opening)
            self._enqueue(card.id)
        else:
            why = Why("desk", "quarantine", taken.problem.sentence, code=taken.problem.code)
            self._store_handed(opening, Handed(card.id, 1, why, {"ending": "quarantined"}))
        return card.id

    def _enqueue(self, task: str) -> None:
        with self._changed:
            if task not in self._queue and task != self._running:
                self._queue.append(task)
                self._changed.notify_all()

    def _reviewable(self, task: str) -> Handoff:
        state = self.handoff(task)
        if state.ending is None:
            raise Problem("not_ended", "This task is still being worked. Wait, or stop it first.")
        return state

    def _decide(self, state: Handoff, verb: Any, text: str, note: str) -> None:
        decision = Decision(verb, self._settings.reviewer, _now(), text, note)
        self._hand(state.card.id, "person", "desk", f"{verb.capitalize()} by {decision.by}.", verb, decision=decision)

    def _leg_to_repeat(self, state: Handoff) -> str:
        sender = state.why.sender
        return sender if sender in modules(agents) else _playbook(self.home, state.card.playbook).legs[0]

    def _hand(self, task: str, sender: str, receiver: str, reason: str, code: str = "", **parts: Any) -> None:
        """A handoff that the desk or a person makes."""
        state = self.handoff(task)
        why = Why(sender, receiver, reason, code=code)
        self._store_handed(Handed(task, state.seq + 1, why, {name: plain(value) for name, value in parts.items()}))

    def _store_handed(self, *events: Handed) -> None:
        self._log.append(*events)
        for event in events:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            listener(event)


def _only_one(home: Path) -> Any:
    """The lock that makes this process the home's only writer; the system frees it if we die."""
    import filelock

    home.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(home / "desk.lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise Problem(
            "in_use", "Another Baton has this desk open. Close it first, or set BATON_HOME to another folder."
        ) from error
    return lock


def _playbook(home: Path, name: str) -> playbook.Playbook:
    return playbook.find(home, name)


def _original(rows: list[CardRow], book: str) -> str:
    return next((row.id for row in rows if not row.duplicate_of and row.playbook == book), "")


def _card_id(source: str, sha256: str, book: str, number: int) -> str:
    """The same file from the same place is the same task, also after a crash in the middle of opening it."""
    return "T-" + hashlib.sha256(f"{source}\0{sha256}\0{book}\0{number}".encode("utf-8", "replace")).hexdigest()[:10]


def _task_row(row: CardRow, running: str | None) -> TaskRow:
    return TaskRow(
        row.id, row.source, PurePath(row.source).name, row.sha256, row.playbook,
        "running" if row.id == running else row.state,
        row.label, row.score, row.updated, row.reason, row.flags, row.duplicate_of, row.decision,
    )  # fmt: skip


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
