"""Shows what in a collection no answer ever rested on, and which intents find nothing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.language import _, several
from engine.cards import Evidence
from ui.rows import Row, RowList
from ui.words import Sign, isolated, label, one_line

if TYPE_CHECKING:
    from app.coverage import Clause, Coverage, Need

_BARE = Sign(_("No clause"), "ring", "danger")
_NEVER = Sign(_("Never cited"), "dot", "caution")


class Uncovered(QWidget):
    wanted = Signal()
    """A person wants it worked out now."""
    chosen = Signal(object)
    """A person went to a clause; carries its Evidence, without a box."""
    searched = Signal(str)
    """A person went to an intent without a clause: this is what it looks for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary = label("", _("How far the collection is used"), wrap=True)
        self.again = QPushButton(_("Look again"))
        self.again.setAutoDefault(False)
        self.list = RowList(_("Clauses never cited, and intents without a clause"))
        top = QHBoxLayout()
        top.addWidget(self.summary, 1)
        top.addWidget(self.again)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.list, 1)
        self.again.clicked.connect(self.wanted)
        self.list.picked.connect(self._pick)

    def show_waiting(self) -> None:
        self.summary.setText(_("Going through the log and the collection…"))
        self.again.setEnabled(False)
        self.list.show_rows([])

    def doubt(self) -> None:
        """Something happened since: what is seen is from before."""
        if self.list.rows.rowCount() and self.again.isEnabled():
            self.summary.setText(_("From before; look again for how things stand now."))

    def say(self, sentence: str) -> None:
        """Why there is nothing to show."""
        self.summary.setText(sentence)
        self.again.setEnabled(True)
        self.list.show_rows([])

    def show_coverage(self, found: Coverage, summary: str) -> None:
        """`summary` is both figures in a sentence."""
        self.say(summary)
        self.list.show_rows([*map(_bare, found.bare), *map(_never, found.never)])

    @Slot(object)
    def _pick(self, value: Evidence | str) -> None:
        if isinstance(value, str):
            self.searched.emit(value)
        else:
            self.chosen.emit(value)


def _bare(need: Need) -> Row:
    tasks = several("{n:,} task had it", "{n:,} tasks had it", need.tasks) if need.tasks else _("no task had it yet")
    foot = _("{playbook} · {tasks} · the best passage has a chance of {score:.2f}").format(
        playbook=isolated(need.playbook), tasks=tasks, score=need.score
    )
    return Row(one_line(need.title), _BARE, foot=foot, value=need.query)


def _never(clause: Clause) -> Row:
    offered = (
        several(" · offered to {n:,} task, and not cited", " · offered to {n:,} tasks, and not cited", clause.offered)
        if clause.offered
        else ""
    )
    where = _("{document}, page {page}").format(document=isolated(clause.document), page=clause.page)
    evidence = Evidence(1, clause.text, clause.place, 0.0, "coverage", clause.heading)
    text = " ".join(clause.text.split())
    return Row(text, _NEVER, one_line(clause.heading), foot=where + offered, value=evidence, lines=2)
