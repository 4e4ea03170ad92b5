"""Collects Python's garbage on the window's thread alone, and thoroughly only while nothing happens.

Python may collect on whatever thread it likes, and a widget that dies off this one takes us with it. A collection of
everything takes a tenth of a second here, which a person sees while they scroll; one of what is new takes a hundredth
of that.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

EVERY_MS = 3000
FEW = 500
"""So few new objects since the last time: nothing happens."""
QUIET = 5
"""Times in a row that nothing happened, before everything is looked through."""
MANY, MOST = 20_000, 2_000_000
"""New objects since everything was last looked through from which on that is worth while, and must not wait."""


class Garbage(QObject):
    def __init__(self, parent: QObject | None = None) -> None:
        """From now on. What is there already, or comes with the desk's modules at the start, stays for good, and is
        never looked through."""
        super().__init__(parent)
        gc.disable()
        self._since = self._quiet = 0
        self._settled = False
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    @Slot()
    def collect(self) -> None:
        if not self._settled:
            self._settled = True
            gc.freeze()
            return
        fresh = gc.get_count()[0]
        gc.collect(1)
        self._since += fresh
        self._quiet = self._quiet + 1 if fresh < FEW else 0
        if (self._quiet >= QUIET and self._since >= MANY) or self._since >= MOST:
            gc.collect()
            self._since = self._quiet = 0
