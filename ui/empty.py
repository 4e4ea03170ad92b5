"""Says what a place without content is for, why, and offers the one thing to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.language import _
from ui import strokes, tones
from ui.words import label


class Empty(QWidget):
    first = Signal()
    second = Signal()
    third = Signal()
    fourth = Signal()

    def __init__(self, what: str, why: str, buttons: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.what, self.why = label(what, wrap=True), label(why, wrap=True)
        large = self.what.font()
        large.setPointSizeF(large.pointSizeF() * 1.5)
        large.setBold(True)
        self.what.setFont(large)
        row = QHBoxLayout()
        row.addStretch(1)
        self.buttons = [QPushButton(text) for text in buttons]
        wishes = (self.first, self.second, self.third, self.fourth)
        for button, wish in zip(self.buttons, wishes, strict=False):
            button.clicked.connect(wish)
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(40, 40, 40, 40)
        layout.setSpacing(12)
        layout.addStretch(2)
        for words in (self.what, self.why):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(words)
        layout.addLayout(row)
        self.more = label("", _("What is known of this computer"), wrap=True)
        self.more.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.more.setFont(strokes.smaller(self.font()))
        self.more.hide()
        layout.addWidget(self.more)
        layout.addStretch(3)

    def tell(self, more: str) -> None:
        """What is worth knowing besides, in small letters below the buttons."""
        tones.write(self.more, "quiet")
        self.more.setText(more)
        self.more.setVisible(bool(more))

    def say(self, what: str, why: str) -> None:
        self.what.setText(what)
        self.why.setText(why)
