"""Lists the models, a row each: first who serves which role, then those that wait to be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.language import _, inside
from ui import strokes, tones
from ui.tasks import ROW, Index
from ui.words import Sign, Tone, isolated, one_line, plain_tip

if TYPE_CHECKING:
    from app.models import Entry, Team

ROLES = {
    "encoder": (_("Encoder"), _("Finds passages, and tells what is asked for")),
    "drafter": (_("Drafter"), _("Puts what was found into words")),
    "fallback": (_("Larger model"), _("Is asked where the small ones are not sure")),
}
"""By the catalogue's word: how a role is called, and what it does."""
FIT_TONES: dict[str, Tone] = {"fits": "good", "slow": "caution", "wont": "danger", "unknown": "quiet"}
NOBODY = _("Nobody yet: everything works without one, and more goes to a person.")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list: a role and who serves it (None: nobody), or a model that waits."""

    role: str
    entry: Entry | None
    loaded: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What stays the same while the rest changes."""
        return (self.entry.row.id if self.entry else "", self.role)


def lines(team: Team, loaded: tuple[str, ...]) -> list[Line]:
    """A line a role, in the order of the work; then the others."""
    serving = {one.row.role: one for one in team.entries if one.serves}
    waiting = [one for one in team.entries if not one.serves]
    first = [(role, serving.get(role)) for role in (*ROLES, *(role for role in serving if role not in ROLES))]
    return [Line(role, one, bool(one and one.row.id in loaded)) for role, one in first] + [
        Line(one.row.role, one) for one in waiting
    ]


def role_name(role: str) -> str:
    return ROLES.get(role, (one_line(role, 40), ""))[0]


def sign_of(line: Line) -> Sign:
    """What is so with it, in a word, a shape and a colour."""
    entry = line.entry
    if entry is None:
        return Sign(_("None"), "dash", "quiet")
    if entry.state != "ready":
        return Sign(_("File missing") if entry.state == "missing" else _("Can't be used"), "cross", "danger")
    if not entry.serves:
        return Sign(_("Not in use"), "ring", "quiet")
    return Sign(_("In memory"), "dot", "working") if line.loaded else Sign(_("In use"), "check", "good")


def facts(entry: Entry) -> str:
    """The third line of a row."""
    from app.fit import amount

    context = _("{context:,} tokens").format(context=entry.row.context) if entry.row.runtime == "llama" else ""
    licence = entry.row.licence if entry.row.licence not in ("", "unknown") else _("licence unknown")
    speed = _("{pace:,.0f} tokens/s").format(pace=entry.measured.written_per_second) if entry.measured else ""
    parts = (entry.quantisation, context, isolated(licence), amount(entry.size) if entry.size else "", speed)
    return " · ".join(part for part in parts if part)


class Members(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []

    def show(self, lines: list[Line]) -> None:
        if lines != self.lines:
            self.beginResetModel()
            self.lines = lines
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        entry = line.entry
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.row.id if entry else role_name(line.role)
            case Qt.ItemDataRole.ToolTipRole if entry:
                said = (entry.row.id, entry.sentence, entry.need.sentence if entry.need else "", entry.fit.sentence)
                return plain_tip("\n".join(part for part in said if part))
            case Qt.ItemDataRole.AccessibleTextRole:
                parts = [role_name(line.role), one_line(entry.row.id) if entry else "", sign_of(line).word]
                parts += [facts(entry), entry.fit.word] if entry else [NOBODY]
                return ", ".join(part for part in parts if part)
            case _:
                return line if role == ROW else None


class MemberList(QListView):
    """Arrows go through it; Enter lets a model serve, Del asks to remove it."""

    picked = Signal(object)
    used = Signal()
    unwanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.members = Members(self)
        self.setModel(self.members)
        self.setItemDelegate(_Drawn(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setAccessibleName(_("Models"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._pick)

    def current(self) -> Line | None:
        line: Line | None = self.currentIndex().data(ROW)
        return line

    def show_lines(self, lines: list[Line]) -> None:
        """The current line stays the current one; where it is gone, it is the one at its place."""
        before, place = self.current(), max(0, self.currentIndex().row())
        self.members.show(lines)
        found = [n for n, line in enumerate(lines) if before and line.key == before.key]
        if lines:
            self.setCurrentIndex(self.members.index(found[0] if found else min(place, len(lines) - 1)))

    def choose(self, name: str) -> None:
        """Make that model the current one."""
        for number, line in enumerate(self.members.lines):
            if line.entry and line.entry.row.id == name:
                self.setCurrentIndex(self.members.index(number))
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.used.emit()
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.unwanted.emit()
            case _:
                super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _pick(self, index: QModelIndex) -> None:
        self.picked.emit(index.data(ROW))


class _Drawn(QStyledItemDelegate):
    """Three lines: the role and what it does; the model and whether it fits; its state and what it is."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        small = QFontMetricsF(strokes.smaller(option.font)).height()
        return QSize(200, round(2 * small + QFontMetricsF(option.font).height() + 24))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: Line = index.data(ROW)
        entry, font, palette = line.entry, option.font, option.palette
        small, rect = strokes.smaller(font), QRectF(option.rect)
        low, tall = QFontMetricsF(small).height(), QFontMetricsF(font).height()
        painter.save()
        painter.setClipRect(rect)
        paper = strokes.ground(painter, option)
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), tones.line(palette))
        sign = sign_of(line)
        ink, quiet = tones.ink(sign.tone, palette, paper), tones.ink("quiet", palette, paper)
        left, right, y = rect.left() + 36, rect.right() - 12, rect.top() + 8
        title, duty = ROLES.get(line.role, (role_name(line.role), ""))
        waits = entry is not None and not entry.serves
        above = (
            _("Waits, meant as {role}").format(role=inside(title)) if waits else f"{title} · {duty}" if duty else title
        )
        strokes.words(painter, QRectF(left, y, right - left, low), above, small, quiet)
        y += low + 3
        strokes.shape(painter, QRectF(rect.left() + 13, y + (tall - 12) / 2, 12, 12), sign.shape, ink)
        edge = right
        if entry:
            edge = strokes.chip(
                painter, right, y + tall / 2, entry.fit.word, small, FIT_TONES[entry.fit.verdict], palette
            )
        name = one_line(entry.row.id) if entry else _("None")
        plain = tones.ink("plain" if entry else "quiet", palette, paper)
        strokes.words(painter, QRectF(left, y, edge - left - 8, tall), name, strokes.bold(font), plain,
                      elide=Qt.TextElideMode.ElideMiddle)  # fmt: skip
        y += tall + 3
        wide = QFontMetricsF(small).horizontalAdvance(sign.word) + 2 if entry else 0
        strokes.words(painter, QRectF(left, y, wide, low), sign.word if entry else "", small, ink)
        rest = f"· {facts(entry)}" if entry else NOBODY
        wide += 3 if entry else 0
        strokes.words(painter, QRectF(left + wide, y, right - left - wide, low), rest, small, quiet)
        painter.restore()
