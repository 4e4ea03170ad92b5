"""Reads the files of queued tasks ahead of the models, several at once, and tells how far it is."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from engine import readers, reading
from engine.cards import Document, Problem
from engine.readers import KILLING, Limits, Stop, _worker
from engine.reading import DEATHS, Reached
from engine.store import Store

WINDOW = 10.0
"""Seconds over which pages are counted for the figure of pages a second."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One task's file to be read. `asked`: a person wants it read again, so a refusal does not stand."""

    task: str
    sha256: str
    name: str
    limits: Limits = readers.USUAL
    password: str = ""
    asked: bool = False


class ReadAhead:
    """The tasks whose files wait to be read, and the threads that see to it.

    `told` hears of every page; `done` gets the task when its file is in the store, with the documents
    in it, or was refused: then there are none. A file that comes twice is read
    once: the second waits for the first.
    """

    def __init__(
        self,
        store: Store,
        told: Callable[[str, Reached], None],
        done: Callable[[str, tuple[Document, ...]], None],
    ) -> None:
        self._store = store
        self._told, self._done = told, done
        self._waiting: dict[str, Wish] = {}
        self._busy: dict[str, Stop] = {}
        self._reached: dict[str, Reached] = {}
        self._contents: set[str] = set()
        self._pages: deque[float] = deque()
        self._changed = threading.Condition()
        self._dropped: set[str] = set()
        self._closing = False
        self._threads: list[threading.Thread] = []
        for _ in range(_worker.most_at_once()):
            self._begin()

    def put(self, wish: Wish) -> None:
        """Queue a task's file, once."""
        with self._changed:
            busy = self._busy.get(wish.task)
            if busy is None or busy.called:  # one that was stopped just now may be wanted again
                self._waiting.setdefault(wish.task, wish)
                self._changed.notify()

    def drop(self, task: str | None) -> list[str]:
        """Stop reading for one task, or for all; returns those that were dropped. Their workers are killed."""
        with self._changed:
            dropped = [waiting for waiting in self._waiting if task in (None, waiting)]
            for waiting in dropped:
                del self._waiting[waiting]
            for busy, stop in self._busy.items():
                if task in (None, busy) and not stop.called:
                    stop.now()
                    dropped.append(busy)
                    self._dropped.add(busy)
        return dropped

    def dropped(self, task: str) -> bool:
        """Whether that task was dropped while its file was being read, or seen to."""
        return task in self._dropped

    def reading(self) -> tuple[Reached, ...]:
        """What is read right now, and how far it is."""
        with self._changed:
            return tuple(at for task, at in self._reached.items() if not self._busy[task].called)

    def tasks(self) -> frozenset[str]:
        """The tasks whose files are read right now."""
        with self._changed:
            return frozenset(task for task in self._reached if not self._busy[task].called)

    @property
    def waiting(self) -> int:
        """How many files still wait."""
        return len(self._waiting)

    @property
    def pages_per_second(self) -> float:
        """Pages read in the last seconds, a second; 0 when nothing is read."""
        now = time.monotonic()
        with self._changed:
            while self._pages and self._pages[0] < now - WINDOW:
                self._pages.popleft()
            since = now - self._pages[0] if self._pages else 0.0
            return len(self._pages) / max(since, 1.0) if any(not stop.called for stop in self._busy.values()) else 0.0

    def close(self) -> None:
        """Kill what reads, and end the threads. What was not read is read when the desk is opened again."""
        with self._changed:
            self._closing = True
            self._waiting.clear()
            for stop in self._busy.values():
                stop.now()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _begin(self) -> None:
        thread = threading.Thread(target=self._work, name=f"read-ahead-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        try:
            while (taken := self._next()) is not None:
                self._see_to(*taken)
        finally:
            with self._changed:
                if not self._closing:  # a bug ends this thread, loudly: another takes its place
                    self._begin()

    def _see_to(self, wish: Wish, stop: Stop) -> None:
        documents: tuple[Document, ...] | None = ()
        try:
            documents = self._read(wish, stop)
        finally:
            with self._changed:
                self._reached.pop(wish.task, None)
            try:
                if documents is not None and not self._closing:
                    self._done(wish.task, documents)
            finally:
                with self._changed:
                    del self._busy[wish.task]
                    self._dropped.discard(wish.task)
                    self._contents.discard(wish.sha256)
                    self._changed.notify_all()

    def _next(self) -> tuple[Wish, Stop] | None:
        """The first file in the queue whose content is not being read already."""
        with self._changed:
            while not self._closing:
                for wish in self._waiting.values():
                    if wish.sha256 not in self._contents:
                        del self._waiting[wish.task]
                        self._contents.add(wish.sha256)
                        stop = self._busy[wish.task] = Stop()
                        return wish, stop
                self._changed.wait()
        return None

    def _read(self, wish: Wish, stop: Stop) -> tuple[Document, ...] | None:
        """The documents; none of them for a refusal, which the store remembers; None when it was stopped."""
        try:
            return self._once(wish, stop)
        except Problem as problem:
            if problem.code == "stopped":
                return None
            refusal = self._store.refusal(wish.sha256)
        except OSError:  # the disk is full, say: the engine meets it again, and tells of it
            return ()
        if refusal is None or refusal.code not in KILLING or refusal.deaths >= DEATHS or wish.asked:
            return ()
        try:  # once more: the machine may have been short of something just then
            return self._once(wish, stop)
        except Problem as problem:
            return None if problem.code == "stopped" else ()
        except OSError:
            return ()

    def _once(self, wish: Wish, stop: Stop) -> tuple[Document, ...]:
        steps = reading.read(
            self._store, wish.sha256, wish.name,
            limits=wish.limits, password=wish.password, stop=stop, asked=wish.asked,
        )  # fmt: skip
        while True:
            try:
                at = next(steps)
            except StopIteration as end:
                documents: tuple[Document, ...] = end.value
                return documents
            if isinstance(at, Document):
                continue
            with self._changed:
                self._reached[wish.task] = at
                if at.page:
                    self._pages.append(time.monotonic())
            self._told(wish.task, at)
