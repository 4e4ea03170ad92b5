"""Offers to read a file again: as it is, with larger limits, or with a password."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.language import _
from ui import tones
from ui.words import Tone, label, push_button

LARGER = frozenset(("too_large", "too_slow", "too_deep", "out_of_memory"))
"""Where larger limits may help. Not for a bomb: it would only burst later."""


class Retry(QWidget):
    again = Signal()
    larger = Signal()
    unlock = Signal(str)
    """Carries the password, which is kept nowhere: the field is empty by then."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setPlaceholderText(_("Password of the file"))
        self.password.setAccessibleName(_("Password of the file"))
        self.password.setMaxLength(1000)
        self.password.setFixedWidth(180)
        self.unlock_button = push_button(_("Unlock"), _("Read the file with this password (Enter)"))
        self.again_button = push_button(_("Try again"), _("Read the file once more, with the usual limits"))
        self.larger_button = push_button(
            _("Try with larger limits"), _("Read the file with much more time and memory; other files wait meanwhile")
        )
        self.outcome = label("", _("What came of trying again"), wrap=True)
        row = QHBoxLayout()
        row.setSpacing(6)
        for widget in (self.password, self.unlock_button, self.again_button, self.larger_button):
            row.addWidget(widget)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.outcome)
        self.password.textChanged.connect(self._typed)
        self.password.returnPressed.connect(self._submit)
        self.unlock_button.clicked.connect(self._submit)
        self.again_button.clicked.connect(self.again)
        self.larger_button.clicked.connect(self.larger)
        self.show_codes(())

    def show_codes(self, codes: Collection[str]) -> None:
        """Offer what may help against these reasons; without any, offer nothing."""
        locked = "encrypted" in codes
        if not locked:
            self.forget()
        self.password.setVisible(locked)
        self.unlock_button.setVisible(locked)
        self.again_button.setVisible(bool(codes))
        self.larger_button.setVisible(not LARGER.isdisjoint(codes))

    def show_busy(self, *, busy: bool) -> None:
        """While the desk is asked, it can't be asked again."""
        for widget in (self.password, self.again_button, self.larger_button):
            widget.setEnabled(not busy)
        self.unlock_button.setEnabled(not busy and bool(self.password.text()))

    def say(self, sentence: str, tone: Tone = "danger") -> None:
        """What came of it, beside the buttons."""
        tones.write(self.outcome, tone)
        self.outcome.setText(sentence)
        self.outcome.setVisible(bool(sentence))

    def forget(self) -> None:
        """Nothing of a password stays, not even for an undo."""
        self.password.setText("")

    def type_again(self) -> None:
        """Back to the field, unless a person writes elsewhere by now."""
        if not isinstance(QApplication.focusWidget(), (QLineEdit, QPlainTextEdit)):
            self.password.setFocus()

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.unlock_button.setEnabled(bool(text) and self.password.isEnabled())

    @Slot()
    def _submit(self) -> None:
        password = self.password.text()
        self.forget()
        if password:
            self.unlock.emit(password)
