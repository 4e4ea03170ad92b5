"""Says whether what is seen of the library is how things stand now, and what keeps its answers waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.language import _
from ui import tones
from ui.words import label

if TYPE_CHECKING:
    from app.task_rows import DeskStatus

OLD_MS = 400
"""What is asked for so long may be another by now; before that, a word about it would only flicker."""
_ASKING = _("Asking for the collections…")
_OLD = _("Asking how things stand now: what is seen here is from before.")
_FAILED = _("No answer came: what is seen here is from before.")
_BUSY = {
    "working": _("A task is being worked, so answers take longer here."),
    "learning": _("Baton is learning in the background, so answers take longer here."),
    "tidying": _("Baton is tidying the collections in the background: their states may change."),
}


class Freshness(QWidget):
    """Hidden while nobody works and the last answer is there."""

    doubted = Signal(bool)
    """What is seen may be old; or it is as things stand, again."""
    settled = Signal()
    """Something has ended that may have changed the collections."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.asking = False
        """Whether a question is on its way."""
        self._answered, self._old, self._failed = False, False, False
        self._at_work: tuple[str | None, str] = (None, "")
        self.words = label("", _("Whether this is how things stand now"), wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.words)
        self._clock = QTimer(self, singleShot=True, interval=OLD_MS)
        self._clock.timeout.connect(self._doubt)
        self.hide()

    def ask(self) -> None:
        """A question is on its way."""
        if not self.asking:
            self.asking = True
            self._clock.start()

    def answer(self) -> None:
        """It came: what is seen is how things stand."""
        self._answered = True
        self._end(old=False)

    def fail(self) -> None:
        """It will not come."""
        self._end(old=self._answered)

    def show_status(self, status: DeskStatus) -> None:
        before, self._at_work = self._at_work, (status.running, status.upkeep)
        self._show()
        if any(before) and before != self._at_work:
            self.settled.emit()

    def _end(self, *, old: bool) -> None:
        self._clock.stop()
        self.asking, self._old, self._failed = False, old, old
        self._show()
        self.doubted.emit(old)

    @Slot()
    def _doubt(self) -> None:
        self._old = True
        self._show()
        self.doubted.emit(True)

    def _show(self) -> None:
        running, upkeep = self._at_work
        old = "" if not self._old else _FAILED if self._failed and not self.asking else _OLD
        parts = [old if self._answered else _ASKING if self._old else ""]
        parts.append(_BUSY["working"] if running else _BUSY.get(upkeep, ""))
        text = "\n".join(part for part in parts if part)
        tones.write(self.words, "caution" if self._old else "quiet")
        self.words.setText(text)
        self.setVisible(bool(text))
