"""Takes a task's answer out of the window, as plain text."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QPushButton

from app.language import _
from ui.case import Case
from ui.draft import DraftView
from ui.words import key_name

KEY = "Ctrl+Shift+C"


class CopyAnswer(QPushButton):
    copied = Signal(str)
    """This text is wanted on the clipboard."""

    def __init__(self, draft: DraftView) -> None:
        super().__init__(_("Copy answer"))
        self._draft, self._answer = draft, ""
        tip = _("Copy the answer as plain text, to send it with whatever you like ({key})")
        self.setToolTip(tip.format(key=key_name(KEY)))
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # after a click the letters still decide
        self.clicked.connect(self.copy)
        self.show_case(Case())

    def show_case(self, case: Case) -> None:
        self._answer = case.answer
        self.setEnabled(bool(self._answer))

    @Slot()
    def copy(self) -> None:
        """What a person writes right now, where they do: it is what they see. Nothing where no task is seen."""
        text = self._draft.text() or self._answer
        if text and self.isVisible():
            self.copied.emit(text)
