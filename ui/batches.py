"""Adds batches of files to collections, one after the other, and keeps for each collection what came of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot

from app.language import _, several
from ui.at_work import AtWork, Outcome
from ui.collection_cards import Busy

if TYPE_CHECKING:
    from app.desk import Desk


class Batches(QObject):
    """What comes while something is done waits for its end."""

    def __init__(self, work: AtWork) -> None:
        super().__init__(work)
        self._work, self._ended = work, ""
        self._waiting: deque[tuple[Desk, str, Sequence[Path]]] = deque()
        self._told: dict[str, Outcome] = {}
        work.told.connect(self._end)
        work.done.connect(self._keep)
        # Later: what came of one batch is told before the next begins.
        work.told.connect(self._go_on, Qt.ConnectionType.QueuedConnection)

    def add(self, desk: Desk, name: str, paths: Sequence[Path]) -> None:
        """Now, or behind what is done now."""
        if self._work.name:
            self._waiting.append((desk, name, paths))
            return
        self.forget(name)
        self._work.add(desk, name, paths)

    def tune(self, desk: Desk, name: str, questions: Path) -> None:
        """Now, or not at all: what it learns from may be what is being added."""
        if self._work.name:
            self.tell(name, _("Nothing was learned, as something else is being done. Tune again once it has ended."))
            return
        self.forget(name)
        self._work.tune(desk, name, questions)

    @Slot()
    def stop(self) -> None:
        """End what is done now; what waits for the same collection is not added either."""
        if self._drop(self._work.name):
            self._keep_for(self._work.name, Outcome(_("What waited behind it is not added.")))
        self._work.stop()

    def close(self) -> None:
        self._waiting.clear()
        self._work.close()

    def tell(self, name: str, sentence: str) -> None:
        """This was last done to that collection. What could not be added stays beside it."""
        self._told.setdefault(name, Outcome()).sentence = sentence

    def told(self, name: str) -> Outcome:
        """What was last done to that collection, and what still waits for it."""
        told = self._told.get(name, Outcome())
        n = sum(len(paths) for _desk, of, paths in self._waiting if of == name)
        waits = several(
            "{n:,} file or folder waits, and is added once what is being done now has ended.",
            "{n:,} files or folders wait, and are added once what is being done now has ended.",
            n,
        )
        return Outcome("\n".join(filter(None, (told.sentence, waits if n else ""))), told.refused)

    def forget(self, name: str) -> None:
        """What came of it was read."""
        self._told.pop(name, None)

    def gone(self, name: str) -> None:
        """That collection is no more: nothing is added to it."""
        self._drop(name)
        self.forget(name)

    def _drop(self, name: str) -> bool:
        """Whether something waited."""
        before = len(self._waiting)
        self._waiting = deque(batch for batch in self._waiting if batch[1] != name)
        return len(self._waiting) < before

    @Slot(str, object)
    def _end(self, name: str, busy: Busy | None) -> None:
        if busy is None:
            self._ended = name

    @Slot(object)
    def _keep(self, outcome: Outcome) -> None:
        self._keep_for(self._ended, outcome)

    def _keep_for(self, name: str, outcome: Outcome) -> None:
        """Behind what came of the batches before."""
        told = self._told.setdefault(name, Outcome())
        told.sentence = "\n".join(filter(None, (told.sentence, outcome.sentence)))
        told.refused = [*told.refused, *outcome.refused]

    @Slot(str, object)
    def _go_on(self, _name: str, busy: Busy | None) -> None:
        if busy is None and self._waiting and not self._work.name:
            self._work.add(*self._waiting.popleft())
