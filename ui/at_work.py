"""Adds files to a collection, or learns for it: in the background, told step by step, until a person ends it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.language import _, several
from engine.cards import Problem
from ui.collection_cards import Busy, Pace
from ui.words import isolated
from ui.worker import Lane

if TYPE_CHECKING:
    from app.asking import Stop
    from app.desk import Desk
    from app.knowledge import Adding

_STEP = 0.1
"""Seconds between two words about how far it is."""


@dataclass(slots=True)
class Outcome:
    """What came of it, as far as it came: a sentence, and the files that could not be added."""

    sentence: str = ""
    refused: list[tuple[str, str]] = field(default_factory=list)


class AtWork(QObject):
    """One thing at a time. It has a lane of its own: it takes minutes, and the desk's other work must not wait."""

    told = Signal(str, object)
    """The collection, and its Busy; None when that has ended."""
    done = Signal(object)
    """An Outcome."""
    _reached = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lane = Lane("knowledge-at-work", self._failed, self)
        self.name = ""
        self._pace = Pace()
        self._stop: Stop | None = None
        self._reached.connect(self._follow)

    def add(self, desk: Desk, name: str, paths: Sequence[Path]) -> None:
        """Nothing while something else is done."""
        if stop := self._begin(name, _("Looking at the files…")):
            self.lane.ask(lambda: self._adding(desk, name, list(paths), stop), self.done.emit, over=self._end)

    def tune(self, desk: Desk, name: str, questions: Path) -> None:
        """Learn from that file what answers what. Nothing while something else is done."""
        if stop := self._begin(name, _("Reading the questions…")):
            self.lane.ask(lambda: self._tuning(desk, name, questions, stop), self.done.emit, over=self._end)

    @Slot()
    def stop(self) -> None:
        """End it now; what was added stays."""
        if self._stop is not None:
            self._stop.now()

    def close(self) -> None:
        self.stop()
        self.lane.close()

    def _begin(self, name: str, words: str) -> Stop | None:
        from app.asking import Stop

        if self.name:
            return None
        self.name, self._stop, self._pace = name, Stop(), Pace()
        self.told.emit(name, Busy(words))
        return self._stop

    def _end(self) -> None:
        name, self.name, self._stop = self.name, "", None
        self.told.emit(name, None)

    def _failed(self, problem: Problem) -> None:
        stopped = problem.code == "stopped"
        self.done.emit(Outcome(_("Stopped. What served before serves still.") if stopped else problem.sentence))

    @Slot(object)
    def _follow(self, step: Adding | Busy) -> None:
        if not self.name:
            return  # a last word, from before it was stopped
        if isinstance(step, Busy):
            self.told.emit(self.name, step)
            return
        file = (
            _("{number} of {files}: {file}").format(number=step.number, files=step.files, file=isolated(step.file))
            if step.files > 1
            else isolated(step.file)
        )
        self.told.emit(self.name, Busy(file, step.share, self._pace.line(step)))

    def _adding(self, desk: Desk, name: str, paths: list[Path], stop: Stop) -> Outcome:
        """Runs on the lane."""
        from app.knowledge import Added, Refused, add

        outcome, counts, told = Outcome(), [], 0.0
        stopped = ""
        try:
            for step in add(desk, name, paths, stop):
                match step:
                    case Added(_, chunks, _):
                        counts.append(chunks)
                    case Refused(file, problem):
                        outcome.refused.append((file, problem.sentence))
                    case _ if step.done == 0 or time.monotonic() - told > _STEP:
                        told = time.monotonic()
                        self._reached.emit(step)
        except Problem as problem:
            if problem.code != "stopped":
                raise
            stopped = _(" They stay; adding the same files goes on from there.")
        known = sum(not chunks for chunks in counts)
        there = several(" {n:,} was there already.", " {n:,} were there already.", known) if known else ""
        said = several(
            "{documents} added, with {n:,} new passage.{there}", "{documents} added, with {n:,} new passages.{there}",
            sum(counts), documents=several("{n:,} document", "{n:,} documents", len(counts) - known), there=there,
        )  # fmt: skip
        outcome.sentence = _("Stopped. {said}{stopped}").format(said=said, stopped=stopped) if stopped else said
        return outcome

    def _tuning(self, desk: Desk, name: str, file: Path, stop: Stop) -> Outcome:
        """Runs on the lane."""
        from app.knowledge import asked
        from engine.orders import Tune

        outcome = Outcome()
        for row in desk.ask(Tune(name, asked(file)), stop):
            if "progress" in row:
                share = row["done"] / row["total"] if row["total"] else None
                self._reached.emit(Busy(str(row["progress"]), share))
            else:
                outcome.sentence = str(row["sentence"])
        return outcome
