"""Asks, in the place where something was wished that can't be undone, whether it is meant."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.language import _
from ui import tones
from ui.aside import Aside
from ui.words import label


class Confirm(Aside):
    """Hidden until something is asked. Esc leaves it, as does the second button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wish: Callable[[], None] | None = None
        self.words = label("", _("What would be done"), wrap=True)
        self.yes, self.no = QPushButton(_("Do it")), QPushButton(_("Leave it"))
        self.no.setAccessibleName(_("Leave it as it is"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 5, 8, 5)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.yes)
        layout.addWidget(self.no)
        self.setAutoFillBackground(True)
        self.yes.clicked.connect(self._agree)
        self.no.clicked.connect(self.leave)

    def ask(self, sentence: str, verb: str, wish: Callable[[], None]) -> None:
        """`wish` is done when a person agrees; the focus goes to the button that does nothing."""
        palette = QPalette()
        pale = tones.wash("caution", palette)
        palette.setColor(QPalette.ColorRole.Window, pale)
        palette.setColor(QPalette.ColorRole.WindowText, tones.ink("plain", palette, pale))
        self.setPalette(palette)
        self._wish = wish
        self.words.setText(sentence)
        self.yes.setText(verb)
        self.show()
        self.no.setFocus()

    @Slot()
    def leave(self) -> None:
        self._wish = None
        super().leave()

    @Slot()
    def _agree(self) -> None:
        wish = self._wish
        self.leave()
        if wish is not None:
            wish()
