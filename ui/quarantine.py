"""Shows a file that was set aside: why, what is known of it, and what can be tried."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.language import _
from engine.cards import Handoff, TaskCard, Why
from ui import strokes, tones
from ui.retry import Retry
from ui.words import CODES, isolated, label, size

_KEPT = _("The original stays in Baton's store as it came in.")
_NEVER_TAKEN_IN = _("It was not taken in, so nothing of it is in Baton's store.")


class Quarantine(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.what, self.why = label("", _("Why it was set aside"), wrap=True), label("", _("What happened"), wrap=True)
        large = strokes.bold(self.font())
        large.setPointSizeF(large.pointSizeF() * 1.25)
        self.what.setFont(large)
        self.facts, self.kept = (
            label("", _("What is known of the file"), wrap=True),
            label("", _("Where it is"), wrap=True),
        )
        self.retry = Retry()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(8)
        for widget in (self.what, self.why, self.facts, self.retry, self.kept):
            layout.addWidget(widget)
            widget.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        layout.addStretch(1)
        for quiet in (self.facts, self.kept):
            quiet.setFont(strokes.smaller(self.font()))

    def show_file(self, name: str, handoff: Handoff, why: Why) -> None:
        card = handoff.card
        tones.write(self.what, "special")
        for quiet in (self.facts, self.kept):
            tones.write(quiet, "quiet")
        reason = CODES.get(why.code, "")
        self.what.setText(_("Set aside: {reason}").format(reason=reason) if reason else _("Set aside"))
        self.why.setText(why.reason)
        kind = handoff.documents[0].kind if handoff.documents else ""
        self.facts.setText(facts(name, card, kind))
        self.kept.setText(_KEPT if card.size else _NEVER_TAKEN_IN)


def facts(name: str, card: TaskCard, kind: str = "") -> str:
    """What is known of a file that was not read; its kind by what is in it, if that was seen, else by its name."""
    ending = PurePath(name).suffix[1:]
    named = (
        _("{ending} by its name").format(ending=isolated(ending.upper()))
        if ending.isalnum() and len(ending) <= 5
        else _("No known ending")
    )
    parts = [kind.upper() or named]
    if card.size:
        parts.append(size(card.size))
    if card.opened:
        parts.append(_("came in {when:%Y-%m-%d, %H:%M}").format(when=datetime.fromisoformat(card.opened).astimezone()))
    return " · ".join(parts)
