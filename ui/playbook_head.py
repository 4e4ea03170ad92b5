"""Names the playbook that is open, with its state and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.language import _
from ui import strokes, tones
from ui.elided import Elided
from ui.status import Modest
from ui.words import Tone, isolated

if TYPE_CHECKING:
    from app.playbook_editing import Opened


class Head(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.state = Elided(_("Playbook")), Elided(_("Its state"))
        self.done = Modest(_("What was last done"))
        self.name.setFont(strokes.bold(self.font()))
        self.copies, self.saves = QPushButton(_("Copy to edit")), QPushButton(_("Save"))
        self.copies.setToolTip(_("Make a copy that is yours, with the files it names"))
        self.uses = QPushButton(_("Use for new files"))
        self.uses.setToolTip(_("Files that are added from now on go by this playbook; Settings say so, too"))
        self.drops, self.removes = QPushButton(_("Drop changes")), QPushButton(_("Remove"))
        self.removes.setAccessibleName(_("Remove your playbook"))
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.name, 1)
        for button in (self.copies, self.uses, self.saves, self.drops, self.removes):
            button.setAutoDefault(False)
            above.addWidget(button)
        below.setContentsMargins(0, 4, 0, 4)
        below.addWidget(self.state, 1)
        below.addWidget(self.done)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(above)
        layout.addLayout(below)

    def say(self, text: str, tone: Tone) -> None:
        """What state it is in."""
        tones.write(self.state, tone)
        self.state.set_text(text)

    def show_playbook(
        self, name: str, found: Opened | None, *, default: bool, sound: bool, unsaved: bool, usable: bool, did: str
    ) -> None:
        """While it is not open (None) nothing can be done with it, and the buttons stay where they are.

        `default` says that new files go by it, `sound` that what is written could be saved, `usable` that what is
        saved works, and `did` what was last done.
        """
        own = found is not None and found.own
        kind = "" if found is None else _("yours") if own else _("shipped, read only")
        kind += _(" · new files go by it") if kind and default else ""
        self.name.set_text(f"{isolated(name)} · {kind}" if kind else name)
        if found is not None:
            self.copies.setVisible(not own)
            for button in (self.saves, self.drops, self.removes):
                button.setVisible(own)
            self.uses.setVisible(not default)
        self.copies.setEnabled(found is not None)
        self.removes.setEnabled(own)
        self.saves.setEnabled(unsaved and sound)
        self.drops.setEnabled(unsaved)
        self.uses.setEnabled(found is not None and usable)
        self.done.set_text(_("Not saved yet.") if unsaved else did)
