"""Says which task is shown, what it was taken for and how surely, and lets a person correct that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.language import _, several
from app.rule_words import decider
from engine.cards import Handoff, Step
from ui import strokes, tones
from ui.elided import Choice, Elided
from ui.status import Modest
from ui.words import compared, isolated, label, one_line, plain_tip, shortened, sign_of, title

if TYPE_CHECKING:
    from app.task_rows import TaskRow


class Heading(QWidget):
    corrected = Signal(str)
    """A person says it is this intent."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = Modest(_("File"))
        self.name.setFont(strokes.bold(self.font()))
        self.playbook = Elided(_("Playbook"), Qt.TextElideMode.ElideRight)
        self.playbook.setMinimumWidth(80)  # a long name of a file leaves it that much
        self.reviewer = label("", _("Who reviews it"))
        self.state = label("", _("State"))
        self.route = Elided(_("Intent"))
        self.intents = Choice(_("Change intent"), 13)
        self.intents.setPlaceholderText(_("Change intent…"))
        self.intents.setToolTip(_("Say what this really is; the task runs again from the router"))
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.name)
        top.addSpacing(6)
        top.addWidget(self.playbook, 1)
        top.addSpacing(6)
        top.addWidget(self.reviewer)
        top.addSpacing(6)
        top.addWidget(self.state)
        below.addWidget(self.route, 1)
        below.addWidget(self.intents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 2)
        layout.setSpacing(3)
        layout.addLayout(top)
        layout.addLayout(below)
        self._titles: dict[str, str] = {}
        self.intents.activated.connect(self._correct)

    def show_task(self, row: TaskRow | None, handoff: Handoff | None, playbook: str = "") -> None:
        """`playbook` is what the one that works the task calls itself; "" = that is not known yet."""
        self.name.set_text(row.name if row else _("No task chosen"))
        self.playbook.set_text(playbook)
        tip = _("It is worked by the playbook {name}: {title}")
        self.playbook.setToolTip(plain_tip(tip.format(name=row.playbook, title=playbook) if row and playbook else ""))
        tones.write(self.playbook, "quiet")
        role = handoff.reviewer if handoff else ""
        self.reviewer.setText(_("For: {role}").format(role=isolated(shortened(role, 40))) if role else "")
        self.reviewer.setToolTip(
            plain_tip(_("The playbook says who reviews this task: {role}").format(role=role) if role else "")
        )
        sign = sign_of(row) if row else None
        self.state.setText(sign.word if sign else "")
        if sign:
            palette = self.palette()
            paper = palette.color(self.backgroundRole())
            palette.setColor(self.state.foregroundRole(), tones.ink(sign.tone, palette, paper))
            self.state.setPalette(palette)
        self.route.set_text(self._route(row, handoff))
        self.intents.setEnabled(bool(row) and self.intents.count() > 0)

    def show_intents(self, intents: Sequence[tuple[str, str]]) -> None:
        self._titles = dict(intents)
        self.intents.clear()
        for code, words in intents:
            self.intents.addItem(one_line(words), code)
        self.intents.setCurrentIndex(-1)
        self.intents.setEnabled(bool(intents))

    def _route(self, row: TaskRow | None, handoff: Handoff | None) -> str:
        if row is None:
            return ""
        route = handoff.route if handoff else None
        if route is None and row.state == "quarantined":
            return _("Not routed: the file could not be read")
        if route is None:
            return one_line(row.reason) or _("Not routed yet")
        if handoff and len(handoff.plan) > 1 and all(step.outcome != "open" for step in handoff.plan):
            return self._requests(handoff.plan)
        if route.label is None:
            guess = (
                _("; nearest was {title}").format(title=isolated(self._title(route.runner_up)))
                if route.runner_up
                else ""
            )
            return _("No intent: {compared}{guess}").format(
                compared=compared(route.score, route.threshold), guess=guess
            )
        said = f"{isolated(self._title(route.label))}: "
        decided = _("decided by {who}")
        said += decided.format(who=decider(route)) if route.rule else compared(route.score, route.threshold)
        if route.runner_up:
            said += _("; next {title} {runner_up_score:.2f}").format(
                title=isolated(self._title(route.runner_up)), runner_up_score=route.runner_up_score
            )
        return said

    def _requests(self, plan: Sequence[Step]) -> str:
        """All that a message asks for. Each request has a score of its own, beside what decided it: under Why."""
        asked = ", ".join(isolated(self._title(step.label)) if step.label else _("no intent") for step in plan)
        requests = several("{n:,} request", "{n:,} requests", len(plan))
        return _("{requests}: {intents}").format(requests=requests, intents=asked)

    def _title(self, code: str) -> str:
        return self._titles.get(code, title(code))

    @Slot(int)
    def _correct(self, number: int) -> None:
        code = self.intents.itemData(number)
        self.intents.setCurrentIndex(-1)
        if code:
            self.corrected.emit(code)
