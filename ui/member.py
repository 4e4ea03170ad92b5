"""Shows one model: what it is, what it needs, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.language import _, inside
from ui import strokes, tones
from ui.team import FIT_TONES, NOBODY, ROLES, Line, role_name, sign_of
from ui.words import Shape, Tone, isolated, label, one_line, shortened

if TYPE_CHECKING:
    from app.fit import Fit
    from app.models import Entry

FIT_SHAPES: dict[str, Shape] = {"fits": "check", "slow": "diamond", "wont": "cross", "unknown": "ring"}
_FACTS = (
    _("Does"),
    _("Quantisation"),
    _("Weights"),
    _("Context"),
    _("Asked as"),
    _("Licence"),
    _("Size"),
    _("Speed"),
    "SHA-256",
    _("File"),
)
_NOTHING = "–"
_ADVICE = _("This is advice: a model can be used whatever it says.")
_TO_HAVE_ONE = _("To have one, import a GGUF file, or choose one of those that wait, and use it as that.")
_BY_HAND = _("It stands in models.toml of this home, which comes before all others. Change that file to change this.")
Wish = tuple[str, str, str]
"""What a button says, the model that shall serve ("" = what came with Baton, or nobody), and the role."""


class Details(QScrollArea):
    used = Signal(str, str)
    """A model, or "", shall serve a role."""
    removed = Signal(str)
    tried = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.line: Line | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(340)
        self.setAccessibleName(_("About the model"))
        self.name, self.state = label("", _("The model"), wrap=True), Stated()
        large = strokes.bold(self.font())
        large.setPointSizeF(large.pointSizeF() * 1.3)
        self.name.setFont(large)
        self.wrong, self.note = label("", _("What is wrong"), wrap=True), label("", _("What it is"), wrap=True)
        self.facts = {fact: _selectable(fact) for fact in _FACTS}
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(16)
        self.form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for fact, shown in self.facts.items():
            named = label(fact)
            tones.write(named, "quiet")
            self.form.addRow(named, shown)
        self.memory = label(_("Memory"))
        self.memory.setFont(strokes.bold(self.font()))
        self.fit, self.reckoned = Stated(), label("", _("What it needs"), wrap=True)
        self.instead, self.advice = Stated(), label(_ADVICE, wrap=True)
        self.buttons = [QPushButton(_("Use")), QPushButton(_("Use"))]
        self.attempt, self.remove = QPushButton(_("Try it")), QPushButton(_("Remove…"))
        self.attempt.setToolTip(_("Load it beside the team, and measure how fast it reads and writes here"))
        self.question = Question()
        self._lay()
        for number, button in enumerate(self.buttons):
            button.clicked.connect((self.use_first, self._use_second)[number])
        self.attempt.clicked.connect(self._try)
        self.remove.clicked.connect(self.ask)
        self.question.yes.clicked.connect(self._remove)
        self.question.no.clicked.connect(self.keep)
        self.show_line(None)

    @property
    def asking(self) -> bool:
        return self.question.isVisible()

    @Slot(object)
    def show_line(self, line: Line | None) -> None:
        if line is None or self.line is None or line.key != self.line.key:
            self.question.hide()
        self.line = line
        entry = line.entry if line else None
        self.body.setVisible(line is not None)
        if line is None:
            return
        sign = sign_of(line)
        self.name.setText(one_line(entry.row.id) if entry else role_name(line.role))
        self.state.say(sign.shape, sign.tone, sign.word if entry else f"{NOBODY} {_TO_HAVE_ONE}")
        _say(self.wrong, entry.sentence if entry else "", "danger")
        _say(self.note, _said(entry), "plain")
        for fact, text in zip(_FACTS, _facts(line.role, entry), strict=True):
            self.facts[fact].setText(text or _NOTHING)
            self.form.setRowVisible(self.facts[fact], bool(text))
        self._show_fit(entry)
        wishes = wishes_for(line)
        for button, wish in zip(self.buttons, (*wishes, None, None), strict=False):
            button.setVisible(wish is not None)
            button.setText(wish[0] if wish else _("Use"))
        self.attempt.setVisible(bool(entry and entry.row.runtime == "llama" and entry.state == "ready"))
        self.remove.setVisible(bool(entry and entry.own and not entry.serves))

    @Slot()
    def use_first(self) -> None:
        """The first thing that can be done; with a model that serves already, nothing."""
        line, sender = self.line, self.sender()
        if line and line.entry and (sender is self.buttons[0] or not line.entry.serves):
            self._wish(0)

    @Slot()
    def ask(self) -> None:
        """Removing can't be undone, so it takes a second word."""
        entry = self.line.entry if self.line else None
        if entry is None or not self.remove.isVisibleTo(self):
            return
        self.question.show_entry(entry)
        self.ensureWidgetVisible(self.question)
        self.question.no.setFocus()

    @Slot()
    def keep(self) -> None:
        self.question.hide()

    @Slot()
    def _use_second(self) -> None:
        self._wish(1)

    @Slot()
    def _try(self) -> None:
        if self.line and self.line.entry:
            self.tried.emit(self.line.entry.row.id)

    @Slot()
    def _remove(self) -> None:
        self.question.hide()
        if self.line and self.line.entry:
            self.removed.emit(self.line.entry.row.id)

    def _wish(self, number: int) -> None:
        wishes = wishes_for(self.line) if self.line else []
        if number < len(wishes):
            self.used.emit(*wishes[number][1:])

    def _show_fit(self, entry: Entry | None) -> None:
        for widget in (self.memory, self.fit, self.reckoned, self.advice):
            widget.setVisible(entry is not None)
        self.instead.setVisible(bool(entry and entry.instead))
        if entry is None:
            return
        self.fit.say_fit(entry.fit, _("By itself"))
        self.reckoned.setText(entry.need.sentence if entry.need else "")
        if entry.instead:
            self.instead.say_fit(
                entry.instead,
                _("With it as {role}, all together").format(role=inside(role_name(entry.row.role))),
            )

    def _lay(self) -> None:
        body = self.body = QWidget()
        # As high as its wrapped words are at this width, and not as high as they were at the least width.
        body.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(18, 12, 18, 16)
        layout.setSpacing(9)
        row = QHBoxLayout()
        for button in (*self.buttons, self.attempt, self.remove):
            row.addWidget(button)
        row.addStretch(1)
        for widget in (self.name, self.state, self.wrong, self.note):
            layout.addWidget(widget)
        layout.addLayout(row)
        layout.addWidget(self.question)
        layout.addSpacing(4)
        layout.addLayout(self.form)
        layout.addSpacing(4)
        for widget in (self.memory, self.fit, self.reckoned, self.instead, self.advice):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.advice.setFont(strokes.smaller(self.font()))
        tones.write(self.advice, "quiet")
        self.setWidget(body)


class Question(QFrame):
    """Whether a model shall really go."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.words = label("", _("What removing does"), wrap=True)
        self.yes, self.no = QPushButton(_("Remove")), QPushButton(_("Keep it"))
        self.yes.setAccessibleName(_("Remove the model for good"))
        row = QHBoxLayout()
        row.addWidget(self.yes)
        row.addWidget(self.no)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)
        layout.addLayout(row)
        self.hide()

    def show_entry(self, entry: Entry) -> None:
        from app.fit import amount

        name = isolated(entry.row.id)
        self.words.setText(
            _(
                "Remove {name}? Its copy of {size} in this home is deleted. "
                "The file that it was imported from stays where it is."
            ).format(name=name, size=amount(entry.size))
        )
        self.show()


class Stated(QWidget):
    """A sentence behind a small shape, both in a tone."""

    def __init__(self) -> None:
        super().__init__()
        self._mark, self.words = Mark(), label("", wrap=True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.words, 1)

    def say(self, shape: Shape, tone: Tone, text: str) -> None:
        self._mark.show_shape(shape, tone)
        tones.write(self.words, tone)
        self.words.setText(text)

    def say_fit(self, fit: Fit, what: str) -> None:
        self.say(FIT_SHAPES[fit.verdict], FIT_TONES[fit.verdict], f"{fit.word}. {what}: {fit.sentence}")


class Mark(QWidget):
    """One of the small shapes."""

    def __init__(self) -> None:
        super().__init__()
        self._shape: Shape = "ring"
        self._tone: Tone = "quiet"
        self.setFixedSize(self.sizeHint())

    def show_shape(self, shape: Shape, tone: Tone) -> None:
        self._shape, self._tone = shape, tone
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(14, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paper = self.palette().color(self.backgroundRole())
        strokes.shape(painter, QRectF(1, 3, 12, 12), self._shape, tones.ink(self._tone, self.palette(), paper))
        painter.end()


def wishes_for(line: Line) -> list[Wish]:
    """What can be done with a model, the likeliest first."""
    entry = line.entry
    if entry is None or not entry.roles:
        return []
    if not entry.serves:
        roles = sorted(entry.roles, key=lambda role: role != entry.row.role)
        return [(_("Use as {role}").format(role=inside(role_name(role))), entry.row.id, role) for role in roles]
    if not entry.own:
        return []
    back = _("Stop using it") if line.role == "fallback" else _("Go back to the one that came with Baton")
    return [(back, "", line.role)]


def _facts(role: str, entry: Entry | None) -> tuple[str, ...]:
    """In the order of `_FACTS`; "" for what there is none of."""
    title, duty = ROLES.get(role, (role_name(role), ""))
    does = f"{title}. {duty}." if duty else title
    if entry is None:
        return (does, *[""] * (len(_FACTS) - 1))
    from app.fit import amount

    row, writes = entry.row, entry.row.runtime == "llama"
    trained = (
        _(" of the {trained_context:,} it was made for").format(trained_context=entry.trained_context)
        if entry.trained_context
        else ""
    )
    return (
        does if entry.serves else _("Nothing now; it was meant as {role}").format(role=inside(title)),
        entry.quantisation,
        _("{parameters:,.0f} million").format(parameters=entry.parameters / 1e6) if entry.parameters else "",
        _("{context:,} tokens{trained}").format(context=row.context, trained=trained) if writes else "",
        isolated(row.template) if writes else "",
        isolated(row.licence) if row.licence not in ("", "unknown")
        else _("Not named by its file: find out whether you may use it"),
        amount(entry.size) if entry.size else "",
        _("When it was tried here: {sentence}").format(sentence=entry.measured.sentence) if entry.measured else "",
        _broken(row.sha256),
        _broken(row.file),
    )  # fmt: skip


def _said(entry: Entry | None) -> str:
    if entry is None:
        return ""
    by_hand = "" if entry.roles or not entry.serves else f" {_BY_HAND}"
    note = "" if entry.row.note == entry.sentence else shortened(_(entry.row.note), 400)
    return f"{note}{by_hand}".strip()


def _broken(text: str) -> str:
    """A long word with places where a line may end."""
    line = one_line(text)
    return "\u200b".join(line[at : at + 8] for at in range(0, len(line), 8))


def _selectable(name: str) -> QLabel:
    made = label(_NOTHING, name, wrap=True)
    made.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return made


def _say(widget: QLabel, text: str, tone: Tone) -> None:
    tones.write(widget, tone)
    widget.setText(text)
    widget.setVisible(bool(text))
