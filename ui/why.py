"""Says why a task was taken for this intent and not for another, and lets a person name the right one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.language import _
from app.rule_words import decider
from ui.options import KEYS, Option, Options, digit_row
from ui.rows import Row, RowList
from ui.words import Sign, label, plain_tip, push_button, title

if TYPE_CHECKING:
    from app.reasons import Choice, Ruled
    from engine.cards import Route

_DECIDED = Sign(_("Taken for"), "check", "good")
_ASKED = Sign(_("A person"), "person", "caution")
_LIKE = Sign(_("Reads like"), "dot", "quiet")
_NEXT = Sign(_("Runner-up"), "dot", "quiet")
_NEAREST = Sign(_("Example"), "dot", "quiet")
_LARGER = Sign(_("Larger model"), "dot", "special")
_OTHERWISE = Sign(_("Threshold"), "dash", "working")
_RULES = {
    "fired": Sign(_("Rule fired"), "diamond", "caution"),
    "near": Sign(_("Rule near"), "diamond", "working"),
    "passed": Sign(_("Rules quiet"), "dash", "quiet"),
}
HINT = _("Taking another intent makes the task run again from the router.")
_LOW = 230
"""Pixels."""
WHOLE = _("It counts for the whole message.")


class Reasons(RowList):
    """A list in which digits belong to whoever is around it, and are no search."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if digit_row(event, ()) is None:
            super().keyPressEvent(event)
        else:
            event.ignore()


class WhyView(QWidget):
    corrected = Signal(str)
    """A person says it is this intent."""
    seen = Signal()
    """It came to be seen: only now is it worth while to find out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._may = False
        self._on_choices: list[Row] = []
        self.said = label("", _("What was decided"), wrap=True)
        self.options = Options(_("Intents this could be, with their scores"))
        self.reasons = Reasons(_("Why this intent and not another"))
        self.reasons.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # the options come first
        self.reasons.setMinimumHeight(60)
        self.take = push_button(_("Take this one instead (Enter)"), HINT, _("Take the chosen intent instead"))
        self.hint = label("", _("What can be done here"), wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        self.said.setContentsMargins(8, 0, 8, 0)
        below = QHBoxLayout()
        below.setContentsMargins(6, 0, 6, 2)
        below.setSpacing(8)
        below.addWidget(self.take)
        below.addWidget(self.hint, 1)
        layout.addWidget(self.said)
        layout.addWidget(self.options)
        layout.addLayout(below)
        layout.addWidget(self.reasons, 1)
        self.options.wanted.connect(self._take)
        self.options.selectionModel().currentChanged.connect(self._offer)
        self.take.clicked.connect(self._take_current)
        self.show_choices([], {}, may=False, waiting="")

    def show_choices(self, choices: Sequence[Choice], titles: Mapping[str, str], *, may: bool, waiting: str) -> None:
        """`titles` are the playbook's intents. `may`: a person can name another now; `waiting` says why they can't,
        or that there is nothing to tell yet."""
        self._may = may
        self.said.setText(waiting)
        self.said.setVisible(bool(waiting))
        self.options.show_options(options(choices, titles) if choices else [])
        self._on_choices = [*_told(choices, titles)]
        self.show_rules([])
        hint = f"{HINT} {WHOLE}" if len(choices) > 1 else HINT
        said = _("1–{keys} or Enter. {hint}").format(keys=KEYS, hint=hint)
        self.hint.setText(said if may and choices else "")
        self._offer()

    def show_rules(self, rules: Sequence[Ruled]) -> None:
        """Below the choices. They are found out aside and may come later, when an intent has been taken already."""
        self.reasons.show_rows([*self._on_choices, *(Row(one.sentence, _RULES[one.standing]) for one in rules)])
        self.reasons.setVisible(bool(self._on_choices or rules))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the intents need the room; the button's tooltip says the same."""
        super().resizeEvent(event)
        self.hint.setHidden(self.height() < _LOW)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = digit_row(event, self.options.rows.options)
        if row is None:
            super().keyPressEvent(event)
        elif row >= 0 and not event.isAutoRepeat():
            self._take(row)

    @Slot()
    def _offer(self, *_index: object) -> None:
        at = self.options.current
        self.take.setEnabled(self._may and at is not None and not at.taken)
        self.take.setVisible(bool(self.options.rows.options))
        self.take.setToolTip(plain_tip(f"{at.title}: {HINT}") if at and not at.taken else HINT)

    @Slot()
    def _take_current(self) -> None:
        self._take(self.options.currentIndex().row())

    @Slot(int)
    def _take(self, row: int) -> None:
        """One correction a handoff: the next may follow when the task has run again."""
        option = self.options.rows.options[row] if 0 <= row < len(self.options.rows.options) else None
        if option and self._may and not option.taken:
            self._may = False
            self._offer()
            self.corrected.emit(option.label)


def options(choices: Sequence[Choice], titles: Mapping[str, str]) -> list[Option]:
    """Every intent of the playbook: what was taken first, then what came near, then the others in their order."""
    whole = choices[0] if len(choices) == 1 else None
    scores: dict[str, float] = {}
    notes: dict[str, str] = {}
    for choice in choices:
        route = choice.route
        if route.label and not route.rule:
            scores[route.label] = max(route.score, scores.get(route.label, 0.0))
        if choice.label:
            at = _("request {number}").format(number=choice.request)
            notes[choice.label] = at if choice.request else _("taken")
        for place, one in enumerate(choice.others):
            scores[one.label] = max(one.score, scores.get(one.label, 0.0))
            near = _("runner-up") if choice.label else _("nearest")
            notes.setdefault(one.label, near if place == 0 else _("asked for as well"))
    threshold = whole.route.threshold if whole and not whole.route.rule else None
    order = list(dict.fromkeys([*notes, *scores, *titles]))
    made: list[Option] = []
    for code in order:
        taken = whole is not None and code == whole.label
        number = sum(not one.taken for one in made) + 1
        made.append(Option(
            code, titles.get(code, title(code)), 0 if taken or number > KEYS else number, scores.get(code), threshold,
            notes.get(code, ""), taken,
        ))  # fmt: skip
    return made


def _told(choices: Sequence[Choice], titles: Mapping[str, str]) -> Iterator[Row]:
    for choice in choices:
        if choice.request:
            head = _("Request {number} of {of}").format(number=choice.request, of=choice.of)
            yield Row(f"“{choice.untrusted_words}”", head=head, lines=2)
        yield from _of(choice, titles)


def _of(choice: Choice, titles: Mapping[str, str]) -> Iterator[Row]:
    """One choice in plain words."""
    route = choice.route

    def name(code: str) -> str:
        return titles.get(code, title(code))

    if choice.label is None:
        yield Row(choice.referee or choice.said, _ASKED)
        if route.label and not route.rule:
            yield Row(_has(name(route.label), route), _LIKE)
    elif route.rule:
        said = _("{name}: {who} decided, whatever the scores.")
        yield Row(said.format(name=name(choice.label), who=decider(route)), _DECIDED)
    else:
        yield Row(_has(name(choice.label), route), _DECIDED)
    if choice.referee and choice.label is not None:
        yield Row(choice.referee, _LARGER)
    if route.runner_up and route.label and not route.rule:
        yield Row(_behind(name(route.runner_up), route.score, route.runner_up_score, route.threshold), _NEXT)
    if route.nearest:
        alike = _(", with a likeness of {likeness:.2f}").format(likeness=route.likeness) if route.likeness else ""
        said = _("The nearest known example{alike}: “{example}”")
        yield Row(said.format(alike=alike, example=route.nearest), _NEAREST, lines=4)
    if choice.otherwise:
        yield Row("\n".join(choice.otherwise), _OTHERWISE)


def _has(name: str, route: Route) -> str:
    said = _("{name} has {score:.2f}; {threshold:.2f} is needed.")
    return said.format(name=name, score=route.score, threshold=route.threshold)


def _behind(other: str, first: float, second: float, threshold: float) -> str:
    also = _(" It alone had been enough, too.") if second >= threshold else ""
    if first - second < 0.005:
        return _("{name}: {score:.2f}, as much as the first.{also}").format(name=other, score=second, also=also)
    return _("{name}: {score:.2f}, so {less:.2f} behind.{also}").format(
        name=other, score=second, less=first - second, also=also
    )
