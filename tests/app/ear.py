"""Listens to a desk, and waits for what a test expects to hear."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from app.desk import Desk
from engine.events import LAST_WORDS, Event

LONG = 60.0


class Ear:
    """Keeps what a desk tells."""

    def __init__(self, desk: Desk) -> None:
        self.heard: list[Event] = []
        self._last_words: list[Event] = []
        self._queue: SimpleQueue[Event] = SimpleQueue()
        self.unlisten = desk.listen(self._queue.put)

    def wait(self, wanted: Callable[[Event], bool], seconds: float = LONG) -> Event:
        """The next event that is wanted."""
        until = time.monotonic() + seconds
        while True:
            try:
                event = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                raise AssertionError(f"Not heard in {seconds} s. Heard: {self.heard[-5:]}") from None
            self.heard.append(event)
            if wanted(event):
                return event
            if isinstance(event, LAST_WORDS):
                self._last_words.append(event)

    def last_word(self, task: str, seconds: float = LONG) -> Event:
        """The next last word on that task. Files are read side by side, so another task's may have come before."""
        for event in self._last_words:
            if event.card == task:
                self._last_words.remove(event)
                return event
        return self.wait(lambda event: isinstance(event, LAST_WORDS) and event.card == task, seconds)
