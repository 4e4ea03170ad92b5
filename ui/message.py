"""Tells a person what went wrong, in the window and without stopping the work."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.language import _
from ui import tones
from ui.words import label


class Message(QFrame):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = label("", _("Message"), wrap=True)
        close = QPushButton(_("Dismiss"))
        close.setAccessibleName(_("Dismiss the message"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.addWidget(self.words, 1)
        layout.addWidget(close)
        self.setAutoFillBackground(True)
        self.hide()
        close.clicked.connect(self.clear)

    def show_problem(self, sentence: str) -> None:
        palette = self.palette()
        pale = tones.wash("danger", palette)
        palette.setColor(QPalette.ColorRole.Window, pale)
        palette.setColor(QPalette.ColorRole.WindowText, tones.ink("danger", palette, pale))
        self.setPalette(palette)
        self.words.setText(sentence)
        self.show()

    @Slot()
    def clear(self) -> None:
        self.hide()
        self.words.clear()
