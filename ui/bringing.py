"""Brings model files into this home, one after the other, and tells how far it is and what went wrong."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from app.language import _
from engine.cards import Problem
from ui import tones
from ui.questions import ask
from ui.words import Tone, isolated, label, shortened
from ui.worker import Lane

if TYPE_CHECKING:
    from engine.models import Model

SLICE = 0.15
"""Seconds that a copy takes the lane for; then others come first."""
_WHOLE = 1000
Steps = Generator[tuple[int, int], None, "Model"]


class Bringing(QWidget):
    """A line with what happens, a bar and a Stop. It is not seen while there is nothing to say."""

    came = Signal(object)
    """This row is in the home now."""

    def __init__(self, lane: Lane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lane, self._home = lane, Path()
        self._waiting: deque[Path] = deque()
        self._file: Path | None = None
        self._steps: Steps | None = None
        self._stopping = False
        self.words = label("", _("What becomes of the import"), wrap=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, _WHOLE)
        self.bar.setFixedWidth(220)
        self.bar.setAccessibleName(_("How much of the model is copied"))
        self.stop = QPushButton(_("Stop"))
        self.stop.setAccessibleName(_("Stop the import"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 2, 16, 6)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.stop)
        self.stop.clicked.connect(self.give_up)
        self._show()
        self.hide()

    @property
    def busy(self) -> bool:
        return self._file is not None

    def bring(self, home: Path, files: Iterable[Path]) -> None:
        """Copy these into that home, after those that still wait."""
        self._home = home
        self._waiting.extend(files)
        if not self.busy:
            self._next()

    @Slot()
    def give_up(self) -> None:
        """Stop the copy, and forget those that wait. What was copied of it is removed."""
        self._waiting.clear()
        self._stopping = self.busy

    def say(self, sentence: str, tone: Tone) -> None:
        tones.write(self.words, tone)
        self.words.setText(sentence)
        self._show()

    def _next(self) -> None:
        if not self._waiting:
            return
        self._file, self._steps, self._stopping = self._waiting.popleft(), None, False
        self.bar.setValue(0)
        self.say(_("Checking {named}…").format(named=self._named()), "plain")
        home, file = self._home, self._file
        ask(self._lane, lambda: _begun(home, file), self._begin, self._failed)

    def _begin(self, steps: Steps) -> None:
        self._steps = steps
        self.say(_("Copying {named}…").format(named=self._named()), "plain")
        self._go_on()

    def _go_on(self) -> None:
        steps = self._steps
        if steps is None:
            return
        if self._stopping:
            ask(self._lane, steps.close, self._stopped, self._failed)
        else:
            home = self._home
            ask(self._lane, lambda: _slice(home, steps), self._copied, self._failed)

    def _copied(self, reached: tuple[int, int] | Model) -> None:
        if isinstance(reached, tuple):
            done, size = reached
            self.bar.setValue(round(_WHOLE * done / size))
            self._go_on()
            return
        words = _("{id} is here, whole, and noted with its SHA-256. It serves once you choose Use.").format(
            id=isolated(reached.id)
        )
        if reached.licence == "unknown":
            words += _(" Its file names no licence: find out whether you may use it.")
        self._over(words, "good")
        self.came.emit(reached)

    def _stopped(self, _none: None) -> None:
        self._over(_("Stopped. Nothing of it was kept."), "plain")

    def _failed(self, problem: Problem) -> None:
        self._over(f"{self._named()}: {problem.sentence}", "danger")

    def _over(self, sentence: str, tone: Tone) -> None:
        self._file, self._steps, self._stopping = None, None, False
        self.say(sentence, tone)
        self._next()

    def _named(self) -> str:
        return isolated(shortened(self._file.name, 60)) if self._file else ""

    def _show(self) -> None:
        self.bar.setVisible(self.busy)
        self.stop.setVisible(self.busy)
        self.setVisible(bool(self.words.text()))


def _begun(home: Path, file: Path) -> Steps:
    """On the lane's thread."""
    from app.models import free_name
    from engine import writers

    try:
        return writers.importing(home, file, free_name(home, file))
    except OSError as error:
        raise _barred(home, error) from error


def _slice(home: Path, steps: Steps) -> tuple[int, int] | Model:
    """Go on for a moment: how far it is then, or what came of it."""
    until = time.monotonic() + SLICE
    while True:
        try:
            reached = next(steps)
        except StopIteration as done:
            row: Model = done.value
            return row
        except OSError as error:
            raise _barred(home, error) from error
        if time.monotonic() > until:
            return reached


def _barred(home: Path, error: OSError) -> Problem:
    """Before the copy begins, the folder that it goes to may be one where nobody may write, or gone."""
    folder, why = isolated(str(home / "models")), isolated(error.strerror or str(error))
    return Problem(
        "no_room",
        _("Nothing can be copied into {folder}: {why}. See to that folder, then import it again.").format(
            folder=folder, why=why
        ),
    )
