"""Has a model tried, and asks now and then what came of it: that may take minutes, and no lane waits for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.language import _
from engine.cards import Problem
from ui.words import Tone, isolated

if TYPE_CHECKING:
    from app.measuring import Trial

_POLL_MS = 200


class Trying(QObject):
    said = Signal(str, str)
    """A sentence, and its tone."""
    over = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._trial: Trial | None = None
        self._clock = QTimer(self, interval=_POLL_MS)
        self._clock.timeout.connect(self._look)

    @property
    def busy(self) -> bool:
        return self._trial is not None

    def begin(self, home: Path, name: str) -> None:
        """Try that model, if none is being tried."""
        from app.measuring import Trial

        if self._trial is not None:
            return
        try:
            self._trial = Trial(home, name)
        except Problem as problem:
            self._say(problem.sentence, "danger")
            return
        self._clock.start()
        self._say(
            _("{name} is being tried: it is loaded, and reads and writes a few sentences…").format(name=isolated(name)),
            "plain",
        )

    @Slot()
    def _look(self) -> None:
        trial = self._trial
        outcome = trial.outcome() if trial else None
        if trial is None or outcome is None:
            return
        self._trial = None
        self._clock.stop()
        if isinstance(outcome, Problem):
            self._say(outcome.sentence, "danger")
        else:
            self._say(_("{name} was {sentence}").format(name=isolated(trial.name), sentence=outcome.sentence), "good")
        self.over.emit()

    def _say(self, sentence: str, tone: Tone) -> None:
        self.said.emit(sentence, tone)
