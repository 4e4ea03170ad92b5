"""Offers what a person can do with a task: approve, edit, reject, skip, allow what was proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.language import _
from ui import tones
from ui.words import label, plain_tip, push_button

if TYPE_CHECKING:
    from app.task_rows import TaskRow
    from engine.cards import Handoff

LEAST_NOTE = 140
"""Pixels beside the buttons that are enough for a note."""
_ENDED = ("finished", "review", "quarantined", "failed")
Stage = Literal["task", "edit", "look"]
"""What the bar is about: the task, an edit of its draft, or a second look at a proposed write."""


class DecisionBar(QWidget):
    approve = Signal()
    edit = Signal()
    reject = Signal()
    skip = Signal()
    allow = Signal()
    """Look at a proposed write; and, while looking at it, allow it."""
    back = Signal()
    """Take back what was decided on this task."""
    leave = Signal()
    """Leave the edit, or the second look, without deciding."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.approve_button = push_button(_("Approve (A)"), _("Approve the draft as it stands"))
        self.edit_button = push_button(_("Edit (E)"), _("Edit the draft, then approve it"))
        self.reject_button = push_button(_("Reject (X)"), _("Reject the draft"))
        self.skip_button = push_button(_("Skip (Space)"), _("Leave this task for later"))
        self.allow_button = push_button(_("Allow… (L)"), _("Look at the proposed write, with all that it would send"))
        self.back_button = push_button(_("Take back (Backspace)"), _("Take the decision on this task back"))
        self.leave_button = push_button(_("Cancel (Esc)"), _("Leave everything as it was"))
        self.refusal = label("", _("Why you can't decide on this task"), wrap=True)
        self.refusal.setContentsMargins(2, 0, 0, 0)
        self.note = QLineEdit()
        self.note.setPlaceholderText(_("Note (optional)"))
        self.note.setAccessibleName(_("Note to keep with the decision"))
        self.note.setMaxLength(2000)
        refusable = (
            self.approve_button, self.edit_button, self.reject_button, self.allow_button, self.back_button,
        )  # fmt: skip
        self._tips = {button: button.toolTip() for button in refusable}
        self._held: QWidget | None = None
        self.setAccessibleName(_("Decision"))
        row = self._row = QHBoxLayout()
        row.setSpacing(6)
        for widget in self._buttons():
            row.addWidget(widget)
        row.addWidget(self.note, 1)
        layout = self._rows = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.setSpacing(4)
        layout.addWidget(self.refusal)
        layout.addLayout(row)
        self.approve_button.clicked.connect(self.approve)
        self.edit_button.clicked.connect(self.edit)
        self.reject_button.clicked.connect(self.reject)
        self.skip_button.clicked.connect(self.skip)
        self.allow_button.clicked.connect(self.allow)
        self.back_button.clicked.connect(self.back)
        self.leave_button.clicked.connect(self.leave)
        self.show_task(None, None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room beside the buttons, the note has a line of its own."""
        super().resizeEvent(event)
        self._place_note()

    def _place_note(self) -> None:
        taken = sum(button.sizeHint().width() + 6 for button in self._buttons() if not button.isHidden())
        below = self.width() - taken < LEAST_NOTE
        if below != (self._rows.indexOf(self.note) >= 0):
            (self._row if below else self._rows).removeWidget(self.note)
            if below:
                self._rows.addWidget(self.note)
            else:
                self._row.addWidget(self.note, 1)

    def show_task(
        self, row: TaskRow | None, handoff: Handoff | None, *, stage: Stage = "task", proposed: bool = False,
        refusal: str = "", busy: bool = False,
    ) -> None:  # fmt: skip
        """Offer what can be done with what is shown, the `handoff`.

        `refusal` is why the person here may not decide; while `busy`, their last decision is not answered yet.
        """
        focused = self.window().focusWidget()
        self._offer(row, handoff, stage, proposed, refusal, busy)
        self._keep_focus(focused)

    def _offer(
        self, row: TaskRow | None, handoff: Handoff | None, stage: Stage, proposed: bool, refusal: str, busy: bool
    ) -> None:
        editing, looking = stage == "edit", stage == "look"
        ended = row is not None and row.state in _ENDED
        open_ = ended and row is not None and row.decision in ("", "skipped")
        answered = row is not None and row.state in ("finished", "review")
        self.approve_button.setText(_("Approve edit (Ctrl+Enter)") if editing else _("Approve (A)"))
        self.approve_button.setAccessibleName(self.approve_button.text())
        finished = row is not None and row.state == "finished"
        ready = open_ and not busy and _shows(row, handoff)
        may = ready and not refusal and not looking
        drafted = handoff is not None and handoff.draft is not None
        self.approve_button.setEnabled(may and answered and (drafted or editing or finished))
        self.edit_button.setEnabled(may and answered)
        self.reject_button.setEnabled(may)
        self.skip_button.setEnabled(ready and not looking and not _decided(row, handoff))
        self.allow_button.setEnabled(ready and not refusal and answered and proposed and not editing)
        self.allow_button.setText(_("Allow exactly this (Ctrl+Enter)") if looking else _("Allow… (L)"))
        self.allow_button.setAccessibleName(self.allow_button.text())
        decided = ended and not open_
        self.back_button.setEnabled(decided and not busy and not refusal)
        self.back_button.setVisible(decided)
        self.note.setEnabled(open_ and not looking)
        self.note.setHidden(decided)
        for button in (self.approve_button, self.reject_button):
            button.setHidden(looking or decided)
        for button in (self.edit_button, self.skip_button):
            button.setHidden(editing or looking or decided)
        self.allow_button.setVisible(proposed and open_ and not editing)
        self.leave_button.setVisible(editing or looking)
        self._place_note()
        self._refuse(refusal if open_ else "")

    def _refuse(self, refusal: str) -> None:
        self.refusal.setText(refusal)
        self.refusal.setVisible(bool(refusal))
        palette = self.palette()
        paper = palette.color(self.refusal.backgroundRole())
        palette.setColor(self.refusal.foregroundRole(), tones.ink("caution", palette, paper))
        self.refusal.setPalette(palette)
        for button, tip in self._tips.items():
            button.setToolTip(plain_tip(refusal) or tip)

    def _keep_focus(self, focused: QWidget | None) -> None:
        """A button that rests for a while has the focus again afterwards; else Qt gives it to the note for good."""
        if focused is not None and focused in self._buttons() and not focused.isEnabled():
            self._held = focused
            self.setFocus()
        elif focused is self and self._held and self._held.isEnabled():
            self._held.setFocus()

    def words(self) -> str:
        """The note as it stands."""
        return self.note.text().strip()

    def _buttons(self) -> tuple[QPushButton, ...]:
        return (
            self.approve_button, self.edit_button, self.reject_button, self.skip_button, self.allow_button,
            self.back_button, self.leave_button,
        )  # fmt: skip


def _shows(row: TaskRow | None, handoff: Handoff | None) -> bool:
    """Whether a person sees the newest handoff that the inbox tells of, and can still decide on it."""
    if row is None or handoff is None or handoff.ending is None or handoff.seq < row.updated:
        return False
    return handoff.decision is None or handoff.decision.verb == "skipped"


def _decided(row: TaskRow | None, handoff: Handoff | None) -> bool:
    return bool((row and row.decision) or (handoff and handoff.decision))
