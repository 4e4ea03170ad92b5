"""Puts questions to engines of their own: one that stays for the next, and another while several ask at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from app.engine_process import EngineDied, EngineProcess
from engine.cards import Problem
from engine.events import Answered, Closed
from engine.orders import Order

SILENCE = 1800.0
"""Seconds: a question may train on thousands of examples before it says anything."""


class Stop:
    """Ends what is asked, from any thread: the engine that answers is killed, and no other is asked any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engines: set[EngineProcess] = set()
        self._wished = False

    def wished(self) -> bool:
        """Whether somebody has asked for it."""
        return self._wished

    def now(self) -> None:
        """Safe to repeat, and when nothing is asked."""
        with self._lock:
            self._wished = True
            for engine in self._engines:
                engine.kill()

    @contextmanager
    def holding(self, engine: EngineProcess) -> Iterator[None]:
        """This engine answers meanwhile. Raises Problem("stopped") when it is too late for that."""
        with self._lock:
            if self._wished:
                raise stopped()
            self._engines.add(engine)
        try:
            yield
        finally:
            with self._lock:
                self._engines.discard(engine)


class Asking:
    """The engines of one home that answer questions. Safe to use from several threads."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._idle: EngineProcess | None = None
        self._closed = Stop()

    def ask(self, order: Order, stop: Stop | None = None) -> Iterator[dict[str, Any]]:
        """The rows that answer. Raises Problem: the engine's own, "stopped", or "engine_died"."""
        stop = stop or Stop()
        if stop.wished():
            raise stopped()
        engine = self._taken()
        try:
            with (
                self._closed.holding(engine),
                stop.holding(engine),
                closing(engine.ask(order, lambda: SILENCE)) as events,
            ):
                for event in events:
                    if isinstance(event, Answered):
                        yield event.row
                    elif isinstance(event, Closed) and event.code:
                        raise Problem(event.code, event.sentence)
        except EngineDied as died:
            if stop.wished() or self._closed.wished():
                raise stopped() from died
            raise Problem("engine_died", "The engine ended unexpectedly; see engine.log in the home folder.") from died
        finally:
            self._give_back(engine)

    def close(self) -> None:
        """End all engines; who still listens hears that it was stopped."""
        self._closed.now()
        with self._lock:
            idle, self._idle = self._idle, None
        if idle is not None:
            idle.close()

    def _taken(self) -> EngineProcess:
        with self._lock:
            idle, self._idle = self._idle, None
        if idle is not None and idle.alive():
            return idle
        if idle is not None:
            idle.close()
        return EngineProcess(self._home)

    def _give_back(self, engine: EngineProcess) -> None:
        """One is kept; it holds models in memory, so the others end."""
        with self._lock:
            keep = self._idle is None and not self._closed.wished() and engine.alive()
            if keep:
                self._idle = engine
        if not keep:
            engine.close()


def stopped() -> Problem:
    return Problem("stopped", "Stopped. What was done so far is kept.")
