"""Group commit: whoever hands in a job while nobody writes, writes, together with what others handed in meanwhile.

Each waits at a lock of its own, and the turn is handed from thread to thread: nobody wakes in vain.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

Job = TypeVar("Job")

GATHER = 0.0001
"""Seconds that a writer waits for the others of its last group: less than the commit that it saves them."""


@dataclass(slots=True, eq=False)
class _Place(Generic[Job]):
    """A place in the queue; without a job, of somebody who wants to be alone.

    `told`, which only who must wait has, opens when the job was worked, or when it is this one's turn: then `leads`
    is true.
    """

    job: Job | None
    told: threading.Lock | None = None
    leads: bool = False

    def tell(self) -> None:
        if self.told is not None:
            self.told.release()


class GroupCommit(Generic[Job]):
    """A queue with one writer at a time, who is one of those that wait."""

    def __init__(self, commit: Callable[[Sequence[Job]], None]) -> None:
        """`commit` works a group of jobs, and notes in each what came of it. It must not raise but for a bug, or for
        Ctrl+C: then some may go back unworked."""
        self._commit = commit
        self._lock = threading.Lock()
        self._waiting: list[_Place[Job]] = []
        self._group: list[_Place[Job]] = []
        self._usual = 0
        self._busy = False

    def work(self, job: Job) -> None:
        """Returns when the job was worked, by this thread or another."""
        place = _Place(job)
        try:
            self._wait(place)
            if place.leads:
                self._commit(self._gathered())
        finally:  # also when Ctrl+C comes in between: nobody may wait for a writer that has gone
            self._hand_on(place)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody writes meanwhile; what was handed in before is worked first."""
        place: _Place[Job] = _Place(None)
        try:
            self._wait(place)
            yield
        finally:
            self._hand_on(place)

    def _wait(self, place: _Place[Job]) -> None:
        with self._lock:
            self._waiting.append(place)
            if not self._busy:
                place.leads = self._busy = True
                return
            place.told = threading.Lock()
            place.told.acquire()
        place.told.acquire()

    def _gathered(self) -> list[Job]:
        """All jobs that wait, up to somebody who wants to be alone.

        Where several were answered at once, they get a moment to hand in what follows.
        """
        if len(self._waiting) < self._usual:
            time.sleep(GATHER)
        with self._lock:
            count = next((at for at, one in enumerate(self._waiting) if one.job is None), len(self._waiting))
            self._group, self._waiting = self._waiting[:count], self._waiting[count:]
        self._usual = count
        return [one.job for one in self._group if one.job is not None]

    def _hand_on(self, place: _Place[Job]) -> None:
        """Who led tells its group, and the next one that it is its turn."""
        with self._lock:
            if place in self._waiting:  # it was alone, or cut off before its turn
                self._waiting.remove(place)
            if not place.leads:
                return
            for one in self._group:
                if one is not place:
                    one.tell()
            self._group = []
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].tell()
            else:
                self._busy = False
