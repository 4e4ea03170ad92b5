"""Shows a write that waits for a person: in a line, and on a second look each value whole, with where it stems from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.language import _
from ui import tones
from ui.rows import Row, RowList
from ui.words import Sign, Tone, isolated, label, shortened, where

if TYPE_CHECKING:
    from engine.cards import Origin
    from engine.toolbox import Proposal

_MOST = 400
"""Pixels for address and values; more of them are scrolled."""
_LEAST = 96

STEMS: dict[Origin, Sign] = {
    "playbook": Sign(_("Playbook"), "dot", "quiet"),
    "reviewer": Sign(_("A person"), "person", "quiet"),
    "table": Sign(_("Your table"), "dot", "good"),
    "document": Sign(_("From outside"), "dot", "caution"),
    "model": Sign(_("A model"), "dot", "special"),
}
"""Where a value stems from, for the margin; from outside come the document and what an address answered."""
_WITHIN: dict[Origin, str] = {
    "playbook": _("playbook"),
    "reviewer": _("a person"),
    "table": _("your table"),
    "document": _("from outside"),
    "model": _("a model"),
}
"""The same within a sentence."""


class Proposals(QFrame):
    picked = Signal(object)
    """A person went to a value; carries the place where it stands."""
    following = Signal()
    """Another one waits as well, and a person wants to see it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = label("", _("A write that waits for you"), wrap=True)
        self.what = label("", _("What the tool does"), wrap=True)
        self.values = RowList(_("What would be sent, each value with where it stems from"))
        self.other = QPushButton(_("Next"))
        self.other.setAccessibleName(_("Show the next write that waits"))
        self.other.setAutoDefault(False)
        for words in (self.line, self.what):  # an address without a gap must not widen the column
            words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        top = QHBoxLayout()
        top.addWidget(self.line, 1)
        top.addWidget(self.other)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 5, 8, 5)
        layout.setSpacing(4)
        layout.addLayout(top)
        for part in (self.what, self.values):
            layout.addWidget(part)
        layout.addStretch(1)
        self.setAutoFillBackground(True)
        self.values.picked.connect(self._pick)
        self.other.clicked.connect(self.following)
        self.show_proposal(None)

    def show_proposal(self, proposal: Proposal | None, number: int = 1, of: int = 1, *, looking: bool = False) -> None:
        """That write, the `number`th that waits; `looking` shows all that a person must see before they allow it."""
        self.setVisible(proposal is not None)
        self._tint("caution" if looking else "working")
        for part in (self.what, self.values):
            part.setVisible(looking)
        self.other.setVisible(of > 1 and not looking)
        if proposal is None:
            return
        self.other.setText(_("Next ({number} of {of})").format(number=number, of=of))
        self.line.setText(asked(proposal) if looking else offered(proposal))
        sentence = _(proposal.sentence)
        self.what.setText(f"{isolated(proposal.tool)}: {sentence}")
        target = Row(proposal.where, STEMS["playbook"], head="to")
        self.values.show_rows([target, *_values(proposal)])
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where room is short, the list gives way and scrolls: nothing is cut off."""
        tall = max(40, self.values.tall(_MOST))
        self.values.setMinimumHeight(min(tall, _LEAST))
        self.values.setMaximumHeight(tall)

    def _tint(self, tone: Tone) -> None:
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, tones.wash(tone, QPalette(), 0.1))
        self.setPalette(palette)

    @Slot(object)
    def _pick(self, place: object) -> None:
        self.picked.emit(place)


def offered(proposal: Proposal) -> str:
    """A write that waits, in a line."""
    values = ", ".join(
        f"{name} {isolated(shortened(value.text, 40))} ({_WITHIN[value.origin]})" for name, value in proposal.values
    )
    target = isolated(shortened(proposal.where, 60))
    return _("Waits for you: {tool} would send {values} to {target}.").format(
        tool=isolated(proposal.tool), values=values or _("nothing"), target=target
    )


def asked(proposal: Proposal) -> str:
    """What is asked of a person on their second look."""
    if not proposal.values:
        return _("Allow this? It is sent once, without any values, and can't be taken back.")
    return _("Allow this? Exactly these values are sent, once, and can't be taken back.")


def _values(proposal: Proposal) -> list[Row]:
    return [
        Row(
            value.text,
            STEMS[value.origin],
            head=name,
            foot=_("From {place}").format(place=where(value.place)),
            value=value.place,
        )
        for name, value in proposal.values
    ]
