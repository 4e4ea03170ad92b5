"""Does what can wait while nobody works: learns corrections, embeds again, rebuilds indexes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine_process import EngineDied, EngineProcess
from engine.cards import Problem
from engine.events import Closed
from engine.orders import Learn, Order

if TYPE_CHECKING:
    from app.journal import Journal
    from app.task_rows import DeskStatus

QUIET = 20.0
"""Seconds without a task before it begins."""
AGAIN = 300.0
"""Seconds between two looks at what there is to do."""
SILENCE = 3600.0
"""Seconds an order may take between two words: training says little."""
NICE = 15


class Upkeep:
    """A thread that waits for quiet, and an engine of low priority that is killed when work arrives.

    All its orders are safe to cut off: they keep what is done, or nothing, and are given again later.
    """

    def __init__(
        self,
        home: Path,
        journal: Journal,
        status: Callable[[], DeskStatus],
        orders: Callable[[], Iterable[Order]],
        done: Callable[[Order], None],
        quiet: float = QUIET,
        told: Callable[[], None] = lambda: None,
    ) -> None:
        """All that the journal tells counts as work; `orders` gives what is due, `done` hears what came to its end.

        `told` is called on the thread of the upkeep whenever `doing` has changed.
        """
        self._home, self._status, self._orders, self._ended, self._quiet = home, status, orders, done, quiet
        self._told = told
        self.doing = ""
        """What is done right now: "learning" or "tidying"; "" = nothing."""
        self._changed = threading.Condition()
        self._closing, self._heard = False, False
        self._engine: EngineProcess | None = None
        self._thread = threading.Thread(target=self._work, name="upkeep", daemon=True)
        self._thread.start()
        self._end_listening = journal.listen(lambda event: self.give_way())

    def give_way(self) -> None:
        """Work has arrived: stop at once, and wait for quiet again."""
        with self._changed:
            self._heard = True
            if self._engine is not None:
                self._engine.kill()
            self._changed.notify_all()

    def close(self) -> None:
        self._end_listening()
        with self._changed:
            self._closing = True
        self.give_way()
        self._thread.join()

    def _work(self) -> None:
        while self._wait_for_quiet():
            with suppress(Problem):  # what is due can't be told just now
                self._look_once()
            with self._changed:
                if not (self._heard or self._closing):
                    self._changed.wait(AGAIN)

    def _look_once(self) -> None:
        """Give the orders that are due, until work arrives. One that is refused is due again at the next look."""
        for order in self._orders():
            with suppress(Problem):
                if not self._done(order):
                    return
                self._ended(order)

    def _wait_for_quiet(self) -> bool:
        """Until nothing has happened for a while; False when it is time to end."""
        with self._changed:
            while not self._closing:
                self._heard = False
                self._changed.wait(self._quiet)
                if not self._disturbed():
                    return True
        return False

    def _disturbed(self) -> bool:
        status = self._status()
        return self._heard or self._closing or status.running is not None or status.queued > 0

    def _done(self, order: Order) -> bool:
        """Whether the order came to its end; False when work arrived. Raises the Problem for which it was refused."""
        with self._changed:
            if self._disturbed():
                return False
            engine = self._engine = EngineProcess(self._home)
            _step_back(engine.pid)
        try:
            self._do("learning" if isinstance(order, Learn) else "tidying")
            for event in engine.ask(order, lambda: SILENCE):
                if isinstance(event, Closed) and event.code:
                    raise Problem(event.code, event.sentence)
        except EngineDied:
            return False
        finally:
            with self._changed:
                self._engine = None
            engine.close()
            self._do("")
        return True

    def _do(self, doing: str) -> None:
        self.doing = doing
        self._told()


def _step_back(process: int) -> None:
    """Let everything else go first, where the system knows how."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, process, NICE)
