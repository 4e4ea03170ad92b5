"""Shows what a change of a playbook would do to the tasks of the log, before it goes live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.language import _
from ui.rows import Row, RowList
from ui.words import isolated, label, one_line

if TYPE_CHECKING:
    from app.playbook_effect import Foretold

_NOT_FORETOLD = _("Rules and thresholds are foretold; what other examples, fields or documents would change is not.")
_NOTHING_THERE = _("The playbook that works now is not sound, so there is nothing to hold the text against.")
_WHAT_FOR = _("What your changes would do to the last 100 tasks, before they go live.")


class Effects(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = label(_WHAT_FOR, _("What the changes would do"), wrap=True)
        self.list = RowList(_("Tasks that would change"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.said)
        layout.addWidget(self.list, 1)

    def say(self, text: str) -> None:
        """Why nothing is foretold; "" = what it is for."""
        self.said.setText(text or _WHAT_FOR)
        self.list.show_rows([])

    def show_foretold(self, found: Foretold | None) -> None:
        """None where the playbook that works now is not sound."""
        if found is None:
            self.say(_NOTHING_THERE)
            return
        self.say(f"{found.sentence} {_NOT_FORETOLD}" if found.tasks else found.sentence)
        self.list.show_rows(
            [Row(f"{isolated(one.before)}  →  {isolated(one.after)}", head=one_line(one.name)) for one in found.changed]
        )
