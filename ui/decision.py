"""Offers what a person can do with a draft: approve, edit, reject, skip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

if TYPE_CHECKING:
    from app.desk import TaskRow

_ENDED = ("finished", "review", "quarantined", "failed")


class DecisionBar(QWidget):
    approve = Signal()
    edit = Signal()
    reject = Signal()
    skip = Signal()
    leave = Signal()
    """Leave the edit without deciding."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.approve_button = _button("Approve (A)", "Approve the draft as it stands")
        self.edit_button = _button("Edit (E)", "Edit the draft, then approve it")
        self.reject_button = _button("Reject (X)", "Reject the draft")
        self.skip_button = _button("Skip (Space)", "Leave this task for later")
        self.leave_button = _button("Cancel (Esc)", "Leave the draft as it was")
        self.note = QLineEdit()
        self.note.setPlaceholderText("Note (optional)")
        self.note.setAccessibleName("Note to keep with the decision")
        self.note.setMaxLength(2000)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.setSpacing(6)
        for widget in self._buttons():
            layout.addWidget(widget)
        layout.addWidget(self.note, 1)
        self.approve_button.clicked.connect(self.approve)
        self.edit_button.clicked.connect(self.edit)
        self.reject_button.clicked.connect(self.reject)
        self.skip_button.clicked.connect(self.skip)
        self.leave_button.clicked.connect(self.leave)
        self.show_task(None, drafted=False, editing=False)

    def show_task(self, row: TaskRow | None, *, drafted: bool, editing: bool) -> None:
        """Offer what can be done in this state."""
        ended = row is not None and row.state in _ENDED
        open_ = ended and row is not None and row.decision in ("", "skipped")
        answered = row is not None and row.state in ("finished", "review")
        self.approve_button.setText("Approve edit (Ctrl+Enter)" if editing else "Approve (A)")
        self.approve_button.setAccessibleName(self.approve_button.text())
        finished = row is not None and row.state == "finished"
        self.approve_button.setEnabled(open_ and answered and (drafted or editing or finished))
        self.edit_button.setEnabled(open_ and answered)
        self.reject_button.setEnabled(open_)
        self.skip_button.setEnabled(open_ and row is not None and not row.decision)
        self.note.setEnabled(open_)
        self.edit_button.setHidden(editing)
        self.skip_button.setHidden(editing)
        self.leave_button.setVisible(editing)

    def words(self) -> str:
        """The note as it stands."""
        return self.note.text().strip()

    def _buttons(self) -> tuple[QPushButton, ...]:
        return (self.approve_button, self.edit_button, self.reject_button, self.skip_button, self.leave_button)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(text)
    button.setAutoDefault(False)
    return button
