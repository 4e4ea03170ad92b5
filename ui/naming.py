"""Asks, in the place where something is made, what it is to be called."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from app.language import _
from ui import tones
from ui.aside import Aside
from ui.words import label, push_button


class Naming(Aside):
    """Hidden until a name is asked for. Enter takes what stands there; Esc leaves it, as does the second button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wish: Callable[[str], None] | None = None
        self._fault: Callable[[str], str] = lambda _name: ""
        self.field = QLineEdit()
        self.hint = label("", _("What the name means"), wrap=True)
        self.yes, self.no = push_button(""), push_button(_("Cancel (Esc)"))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.addWidget(self.field, 0, 0)
        layout.addWidget(self.yes, 0, 1)
        layout.addWidget(self.no, 0, 2)
        layout.addWidget(self.hint, 1, 0, 1, 3)
        layout.setColumnStretch(0, 1)
        self.field.textChanged.connect(self._judge)
        self.field.returnPressed.connect(self._agree)
        self.yes.clicked.connect(self._agree)
        self.no.clicked.connect(self.leave)

    def ask(
        self, what: str, verb: str, proposed: str, hint: str, fault: Callable[[str], str], wish: Callable[[str], None]
    ) -> None:
        """`fault` says what is wrong with a name, "" = nothing; only with one of those `wish` is done."""
        self._wish, self._fault, self._hint = wish, fault, hint
        self.field.setAccessibleName(what)
        self.yes.setText(verb)
        self.yes.setAccessibleName(verb)
        self.field.setText(proposed)
        self._judge()
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    @Slot()
    def leave(self) -> None:
        self._wish = None
        super().leave()

    @Slot()
    def _judge(self) -> None:
        """What is wrong is said while one types."""
        fault = self._fault(self.field.text().strip())
        self.yes.setEnabled(not fault)
        self.hint.setText(fault or self._hint)
        tones.write(self.hint, "danger" if fault else "quiet")

    @Slot()
    def _agree(self) -> None:
        wish, name = self._wish, self.field.text().strip()
        if wish is not None and not self._fault(name):
            self.leave()
            wish(name)
