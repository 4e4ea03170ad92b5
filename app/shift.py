"""Works the queue on a thread of its own, one task after the other, through as many engines as that takes."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any

from app.automatic import Approval
from app.engine_process import SIGKILL, EngineDied, EngineProcess
from app.journal import Journal
from app.remembering import Remembering
from engine import agents, permissions
from engine.cards import Handoff, Problem, Why
from engine.codec import changes
from engine.events import Answered, Asked, Closed, Event, Failed, Finished, Handed, Progressed, Quarantined, Started
from engine.fleet import catalogue
from engine.health import Health
from engine.models import Model
from engine.orders import Run
from engine.relay import given_up, last_word
from engine.shelf import modules

CRASHES = 2
"""How often a leg may take its engine with it."""
KILLS = 8
"""How often a leg may lose its engine to a kill from outside (SIGKILL: a person, or the system when
memory runs out), once the task's budget of seconds is spent on that as well."""
STARTING = 30.0
"""Seconds beyond its leg's ceiling that a new engine may take until it is heard for the first time."""
FORGETTING = ("memory_unreadable", "memory_damaged")
"""What keeps the desk from remembering, but from nothing else: it is made of the log, and can be made again."""
IDLE = 900.0
"""Seconds without a task after which the models give their memory back. To load them again takes some seconds."""
SETTLING = 2.0
"""Seconds after the opening in which the window comes first, unless there is a task."""


class Clock:
    """How long the running leg may still take.

    The ceiling counts from when the leg got the baton; the engine itself means to be done a little earlier
    (`bench.MARGIN`), so that only what does not listen is ended here. Work that is counted ("learning
    handbook, 3 of 9") and goes on starts it anew: it has an end. Words that a model types do not, or one that
    writes without end would never meet its ceiling.
    """

    def __init__(self, seconds: float, starting: float = 0.0) -> None:
        self._seconds = seconds
        self._starting = starting
        self._since = self._leg_since = time.monotonic()
        self._counted: tuple[str, int] = ("", 0)

    def left(self) -> float:
        """Seconds until the leg is ended."""
        return self._since + self._seconds + self._starting - time.monotonic()

    def spent(self) -> float:
        """Seconds since the leg got the baton."""
        return time.monotonic() - self._leg_since

    def hears(self, event: Event | Answered | Closed) -> None:
        self._starting = 0.0
        match event:
            case Handed() | Started():
                self._since = self._leg_since = time.monotonic()
            case Progressed(note=note, done=done, total=total) if total and (note, done) != self._counted:
                self._since, self._counted = time.monotonic(), (note, done)


class Shift:
    """The tasks that wait, the one that runs, and the engine that runs it.

    After a crash a task goes on from its last stored handoff: a leg may run twice, its effect is
    recorded once.
    """

    def __init__(self, home: Path, journal: Journal, remembering: Remembering) -> None:
        self._home = home
        self._journal = journal
        self._remembering = remembering
        self._queue: deque[str] = deque()
        self._changed = threading.Condition()
        self._engine: EngineProcess | None = None
        self._team: dict[str, Model] = {}
        self._stopped: set[str] = set()
        self._closing = self._resting = False
        self._leg = ""
        self._clock = Clock(0.0)
        self._approval = Approval(home, journal)
        self.parked: dict[str, str] = {}
        """Tasks that could not go on (the disk is full, say), each with the sentence that says why, until resumed."""
        self.running: str | None = None
        self.models: tuple[str, ...] = ()
        self._thread = threading.Thread(target=self._work, name="relay", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many tasks are queued."""
        return len(self._queue)

    @property
    def engine(self) -> str:
        """`off`, `busy` or `ready`."""
        return "off" if self._engine is None else "busy" if self.running else "ready"

    def put(self, task: str) -> None:
        """Queue a task, once."""
        with self._changed:
            self.parked.pop(task, None)
            if task not in self._queue:
                self._queue.append(task)
                self._changed.notify_all()

    def stop(self, task: str | None) -> None:
        """Stop one task, or the running one and all that wait, within the blink of an eye: by a kill."""
        with self._changed:
            waiting = [one for one in self._queue if task in (None, one)]
            self._queue = deque(one for one in self._queue if task not in (None, one))
            parked = [one for one in self.parked if task in (None, one)]
            for one in parked:
                del self.parked[one]
            stopping = None
            if self.running is not None and task in (None, self.running):
                stopping = self.running
                self._stopped.add(stopping)
                if self._engine is not None:
                    self._engine.kill()
        # The original of a copy may run while it waits as well, and is stopped there.
        waiting = [one for one in waiting if one != stopping]
        problems = self._journal.stop(waiting, "Stopped by a person before it began.")
        problems |= self._journal.stop(parked, "Stopped by a person.")
        for one, problem in problems.items():
            self.park(one, problem)

    def unload(self) -> None:
        """Give back the memory of the models as soon as there is no task; the next task loads them again."""
        with self._changed:
            self._resting = True
            self._changed.notify_all()

    def unpark(self, task: str) -> None:
        """It was taken up again elsewhere: its file is read once more."""
        with self._changed:
            self.parked.pop(task, None)

    def close(self) -> None:
        """End the engine and the thread. What is unfinished goes on when the desk is opened again."""
        with self._changed:
            self._closing = True
            if self._engine is not None:
                self._engine.kill()
            self._changed.notify_all()
        self._thread.join()
        self._forget_engine()

    def _work(self) -> None:
        with self._changed:
            if not self._queue and not self._closing:
                self._changed.wait(SETTLING)
        with contextlib.suppress(Problem):  # before each task it is tried again, and said
            self._remembering.catch_up(lambda: not self._closing)
        while (task := self._next()) is not None:
            try:
                self._work_one(task)
            except Problem as problem:
                self.park(task, problem)

    def _work_one(self, task: str) -> None:
        try:
            self._remember()
            self._finish(task)
        finally:
            with self._changed:
                self.running = None
                self._stopped.discard(task)
        state = self._journal.handoff(task)
        with suppress(Problem):  # what can't be approved, because the disk is full, waits for a person
            self._approval.consider(state)
        if state.ending is not None:
            self._journal.tell(last_word(state))

    def _remember(self) -> None:
        """Take in what happened; where only the memory is broken, it is worked without."""
        try:
            self._remembering.catch_up(lambda: not self._closing)
        except Problem as problem:
            if problem.code not in FORGETTING:
                raise

    def park(self, task: str, problem: Problem) -> None:
        """Leave a task that can't go on where the log has it, and say why, until it is resumed or stopped."""
        with self._changed:
            if task not in self._queue and task != self.running:  # somebody may have asked for it again meanwhile
                self.parked[task] = problem.sentence
        self._journal.tell(Failed(task, problem.code, problem.sentence))

    def _next(self) -> str | None:
        with self._changed:
            while not self._queue and not self._closing:
                if self._resting:
                    self._resting = False
                    self._forget_engine()
                waited = self._changed.wait(IDLE if self._engine is not None else None)
                self._resting |= not waited and not self._queue
            if self._closing:
                return None
            self.running = self._queue.popleft()
            return self.running

    def _finish(self, task: str) -> None:
        """Work a task to its last word, through as many engines as that takes."""
        kills, crashes, since = 0, 0, time.monotonic()
        while (state := self._journal.handoff(task)).ending is None and not self._closing:
            # One that a person has sent on has documents of its own, or gets them.
            if state.card.duplicate_of and not state.documents and state.why.code != "read_again":
                self._copy(state)
                return
            try:
                self._run(state)
            except EngineDied as died:
                self._forget_engine()
                if self._is_closing():
                    return
                if task in self._stopped:
                    if self._journal.handoff(task).ending is None:
                        self._journal.hand(
                            task, self._leg, "person", "Stopped by a person.", "stopped", ending="review"
                        )
                    return
                if (now := self._journal.handoff(task)).seq > state.seq:
                    kills, crashes, since = 0, 0, time.monotonic()
                killed = died.signal == SIGKILL and not died.late
                kills, crashes = kills + killed, crashes + (not killed)
                too_long = time.monotonic() - since > state.card.budget.task_seconds
                if died.late or died.starved or crashes >= CRASHES or (kills >= KILLS and too_long):
                    self._give_up(now, died)
                    kills, crashes = 0, 0

    def _is_closing(self) -> bool:
        """Asked anew: another thread may have begun to close meanwhile."""
        return self._closing

    def _run(self, state: Handoff) -> None:
        """Let an engine work it; every handoff is stored before anyone hears of it."""
        team = _team(self._home)
        new = self._engine is None or not self._engine.alive() or team != self._team
        if self._engine is None or new:
            self._forget_engine()
            self._engine, self._team = EngineProcess(self._home), team
        self._leg = state.why.receiver
        with self._changed:
            if self._closing or state.card.id in self._stopped:
                self._engine.kill()
        clock = self._clock = Clock(state.card.budget.leg_seconds, STARTING if new else 0.0)
        for event in self._engine.ask(Run(state), clock.left):
            clock.hears(event)
            match event:
                case Answered():
                    continue
                case Closed(code=code, sentence=sentence):
                    raise Problem(code or "bad_answer", sentence or "The engine refused this task.")
                case _ if forgery := _forgery(event, state.card.id):
                    self._journal.hand(state.card.id, self._leg, "person", forgery, "forged", ending="failed")
                    self._forget_engine()
                    return
                case Handed():
                    self._journal.log.append(event)
                    self._leg = event.why.receiver
                    self._note_model(event.why.model)
                case Failed() if self._journal.handoff(event.card).ending is None:
                    self._journal.hand(event.card, self._leg, "person", event.sentence, event.code, ending="failed")
                    return
                case Finished() | Asked() | Quarantined() | Failed():
                    if self._journal.handoff(event.card).ending is None:
                        raise Problem("bad_answer", "The engine ended this task without saying how.")
                    return
            self._journal.tell(event)

    def _give_up(self, state: Handoff, died: EngineDied) -> None:
        """The next rung down: who stands in for the leg that takes the engine with it, else a person."""
        leg = state.why.receiver
        agent = modules(agents).get(leg)
        if died.late:
            code, what = (
                "model_hung",
                f"was ended after {state.card.budget.leg_seconds:g} seconds in {leg}, the ceiling",
            )
        elif died.starved:
            code, what = "out_of_memory", f"was ended by the system in {leg}, because memory ran out"
        else:
            code, what = "model_crashed", f"died in {leg}"
        if not hasattr(agent, "INSTEAD"):
            reason = f"The engine {what}."
            self._journal.hand(state.card.id, leg, "person", reason, "engine_died", ending="failed")
            return
        down = given_up(state, agent, f"The engine {what}.{self._noted(agent, code)}", code)
        why = dataclasses.replace(down.why, seconds=round(self._clock.spent(), 4))
        self._journal.store(Handed(state.card.id, down.seq, why, changes(state, down)))

    def _noted(self, agent: Any, code: str) -> str:
        """What that means for the health of the model that the leg works with, as a sentence."""
        rows = (row for row in catalogue(self._home) if row.role == agent.MODEL)
        model = next(rows, None)
        return Health(self._home).failed(model.id, code) if model else ""

    def _copy(self, state: Handoff) -> None:
        """A duplicate ends as its original did; that one is worked first if it has not ended."""
        original = self._journal.handoff(state.card.duplicate_of)
        if original.ending is None:
            if not self._finish_instead(original.card.id):
                reason = "Stopped by a person before it began."
                self._journal.hand(state.card.id, "desk", "person", reason, "stopped", ending="review")
                return
            original = self._journal.handoff(original.card.id)
            if original.ending is None:
                return
        name = PurePath(original.card.source).name
        same = dataclasses.replace(original, card=state.card, decision=None, answers=())
        same_as = f"The same content as {name} (task {original.card.id})"
        why = Why(
            "desk", "desk", f"{same_as}: its outcome stands, nothing is done twice.", code="duplicate",
        )  # fmt: skip
        self._journal.store(Handed(state.card.id, state.seq + 1, why, changes(state, same)))

    def _finish_instead(self, original: str) -> bool:
        """Work the original of a duplicate; it is what runs meanwhile, and what a stop means.

        False when the copy was stopped before that: then the original is left alone.
        """
        with self._changed:
            copy = self.running
            if copy in self._stopped:
                return False
            self.running = original
        try:
            self._finish(original)
        finally:
            with self._changed:
                self.running = copy
                self._stopped.discard(original)
        return True

    def _forget_engine(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
            self.models = ()

    def _note_model(self, model: str) -> None:
        if model and model not in self.models and model != "extractive":
            self.models = (*self.models, model)


def _team(home: Path) -> dict[str, Model]:
    """Who serves each role: an engine keeps the models that it began with, so another choice is for another engine.

    Of a broken catalogue the engine itself tells.
    """
    with suppress(Problem):
        return {row.role: row for row in reversed(catalogue(home))}
    return {}


def _forgery(event: Event, task: str) -> str:
    """What an engine said that it can't say: about another task, or what only a person may; "" if nothing."""
    if event.card != task:
        return "The engine spoke of another task. This one was stopped."
    if isinstance(event, Handed) and (parts := permissions.forged(event.changes)):
        return f"The engine changed {', '.join(parts)}, which only a person may. The task was stopped."
    return ""
