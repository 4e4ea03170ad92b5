"""Brings the desk's events to the window's thread in batches, so that a burst never freezes it."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from engine.events import Event, Progressed, Typed

PAUSE_MS = 40
TAKEN = 1000
"""Events that are squeezed at once."""
LIMIT = 250
"""Events handed on at once, so that the window is never busy for long; the rest waits until it has drawn."""
NEXT_MS = 4
"""Where more wait than that."""


class Feed(QObject):
    arrived = Signal(list)
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: list[Event] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._deliver)
        self._woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)

    def put(self, event: Event) -> None:
        """Take an event, on whatever thread it happens. One wake-up serves all that come meanwhile."""
        with self._lock:
            self._waiting.append(event)
            first = len(self._waiting) == 1
        if first:
            self._woken.emit()

    @Slot()
    def _wake(self) -> None:
        if not self._timer.isActive():
            self._timer.start(PAUSE_MS)

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            taken, self._waiting = squeezed(self._waiting[:TAKEN]), self._waiting[TAKEN:]
            self._waiting[:0] = taken[LIMIT:]
            more = bool(self._waiting)
        if taken:
            self.arrived.emit(taken[:LIMIT])
        if more:
            self._timer.start(NEXT_MS)


def squeezed(events: Iterable[Event]) -> list[Event]:
    """The same story in fewer events: typed pieces joined, and only the last progress note of each card in a row."""
    out: list[Event] = []
    notes: dict[str, int] = {}
    for event in events:
        last = out[-1] if out else None
        if isinstance(event, Progressed):
            if event.card in notes:
                out[notes[event.card]] = event
                continue
            notes[event.card] = len(out)
        else:
            notes.clear()
        if isinstance(event, Typed) and isinstance(last, Typed) and last.card == event.card:
            out[-1] = Typed(event.card, last.text + event.text)
        else:
            out.append(event)
    return out
