"""Shows the collections that answers rest on, each as a card: how much it holds, its state, and what is being added."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.language import _, several
from ui import strokes, tones
from ui.tasks import ROW, Index
from ui.words import Sign, isolated, one_line, plain_tip

if TYPE_CHECKING:
    from app.knowledge import Adding

_SOON = 3.0
"""Seconds of adding before a speed or a time left is worth saying."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What the library says of a collection. `tuned` is the version that serves, 0 = untuned."""

    name: str
    documents: int = 0
    chunks: int = 0
    encoder: str = ""
    next_encoder: str = ""
    to_embed: int = 0
    tuned: int = 0
    used_by: tuple[str, ...] = ()

    @property
    def sign(self) -> Sign:
        if not self.documents:
            return Sign(_("Empty"), "ring", "quiet")
        if self.to_embed:
            return Sign(_("Not complete"), "ring", "caution")
        return Sign(_("Ready"), "check", "good")

    @property
    def holds(self) -> str:
        documents = several("{n:,} document", "{n:,} documents", self.documents)
        passages = several("{n:,} passage", "{n:,} passages", self.chunks)
        return f"{documents} · {passages}"

    @property
    def made(self) -> str:
        """How it is searched."""
        if self.to_embed:
            return several("{n:,} passage to be embedded yet", "{n:,} passages to be embedded yet", self.to_embed)
        tuned = _("tuned, version {tuned}").format(tuned=self.tuned) if self.tuned else _("not tuned")
        return f"{isolated(self.encoder)} · {tuned}" if self.encoder else tuned

    @property
    def users(self) -> str:
        """Which playbooks search it."""
        first, *others = self.used_by or ("",)
        if not first:
            return _("No playbook searches it")
        return (
            _("Searched by {first} and {others} more").format(first=isolated(first), others=len(others))
            if others
            else _("Searched by {first}").format(first=isolated(first))
        )


def collection(row: Mapping[str, Any]) -> Collection:
    """From a row of the library's answer."""
    return Collection(
        row["name"], row["documents"], row["chunks"], row["encoder"], row["next_encoder"], row["to_embed"],
        row.get("tuned", 0), tuple(row.get("used_by", ())),
    )  # fmt: skip


class Pace:
    """How fast the adding goes: passages a second, and how long it will still take."""

    def __init__(self, began: float | None = None) -> None:
        self._began = time.monotonic() if began is None else began
        self._behind, self._file, self._last = 0, 0, 0

    def line(self, step: Adding, now: float | None = None) -> str:
        """Both as words; nothing before they mean something."""
        if step.number != self._file:
            self._behind, self._file, self._last = self._behind + self._last, step.number, 0
        self._last = max(self._last, step.done)
        seconds = (time.monotonic() if now is None else now) - self._began
        done = self._behind + self._last
        if seconds < _SOON:
            return ""
        speed = (
            [_("{pace} passages/s").format(pace=f"{done / seconds:,.{0 if done >= 10 * seconds else 1}f}")]
            if done
            else []
        )
        left = (
            [_("{time} left").format(time=_time(seconds * (1 - step.share) / step.share))] if step.share > 0.01 else []
        )
        return " · ".join([*speed, *left])


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@dataclass(frozen=True, slots=True)
class Busy:
    """What is done to a collection just now: in words, how far (0..1, None = not known), and how fast."""

    what: str
    share: float | None = None
    pace: str = ""


class Collections(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Collection] = []
        self.busy: dict[str, Busy] = {}
        self._doubtful = False

    def show(self, rows: Sequence[Collection]) -> None:
        if [row.name for row in rows] == [row.name for row in self.rows]:
            self.rows = list(rows)
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def work(self, name: str, busy: Busy | None) -> None:
        """So far it is; None when that has ended."""
        if busy is None:
            self.busy.pop(name, None)
        else:
            self.busy[name] = busy
        place = self.position(name)
        if place >= 0:
            self.dataChanged.emit(self.index(place), self.index(place))

    @Slot(bool)
    def doubt(self, doubtful: bool) -> None:
        """Whether the states are from before: then none is told as the current one."""
        if doubtful != self._doubtful:
            self._doubtful = doubtful
            if self.rows:
                self.dataChanged.emit(self.index(0), self.index(len(self.rows) - 1))

    def sign(self, row: Collection) -> Sign:
        if row.name in self.busy:
            return Sign(_("Working"), "dot", "working")
        return Sign(_("Asking…"), "ring", "quiet") if self._doubtful and row.documents else row.sign

    def position(self, name: str) -> int:
        return next((n for n, row in enumerate(self.rows) if row.name == name), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def lines(self, row: Collection) -> tuple[str, ...]:
        """What stands below the name."""
        busy = self.busy.get(row.name)
        if busy is None:
            return row.holds, row.made, row.users
        return _("Before: {holds}").format(holds=row.holds), busy.what, busy.pace

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.name
            case Qt.ItemDataRole.ToolTipRole:
                used = (
                    _("Searched by the playbooks {used_by}").format(used_by=", ".join(row.used_by))
                    if row.used_by
                    else row.users
                )
                following = (
                    _("Will be embedded by {next_encoder}").format(next_encoder=row.next_encoder)
                    if row.next_encoder
                    else ""
                )
                return plain_tip("\n".join(part for part in (row.name, row.made, following, used) if part))
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(part for part in (one_line(row.name), self.sign(row).word, *self.lines(row)) if part)
            case _:
                return row if role == ROW else None


class CollectionList(QListView):
    chosen = Signal(str)
    """Another collection is shown than before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.collections = Collections(self)
        self._shown = ""
        self.setModel(self.collections)
        self.setItemDelegate(_Drawn(self))
        self.setAccessibleName(_("Collections"))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._choose)

    @property
    def current(self) -> Collection | None:
        found: Collection | None = self.currentIndex().data(ROW)
        return found

    def show_rows(self, rows: Sequence[Collection]) -> None:
        kept = self.current
        self.collections.show(rows)
        if kept and not self.current:
            self.choose(kept.name)
        if rows and not self.current:
            self.choose(rows[0].name)
        if not rows:
            self._shown = ""

    def choose(self, name: str) -> None:
        place = self.collections.position(name)
        if place >= 0:
            self.setCurrentIndex(self.collections.index(place))

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        row = index.data(ROW)
        if row is not None and row.name != self._shown:
            self._shown = row.name
            self.chosen.emit(row.name)


class _Drawn(QStyledItemDelegate):
    """The name and its state; what it holds; how it is searched, or a bar and how far the adding is."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        small = QFontMetricsF(strokes.smaller(option.font)).height() + 2
        return QSize(120, round(QFontMetricsF(option.font).height() + 3 * small + 26))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Collection = index.data(ROW)
        model: Collections = index.model()  # type: ignore[assignment]
        busy = model.busy.get(row.name)
        sign = model.sign(row)
        rect, font, palette = QRectF(option.rect), option.font, option.palette
        small = strokes.smaller(font)
        painter.save()
        paper = strokes.ground(painter, option)
        ink, quiet = tones.ink(sign.tone, palette, paper), tones.ink("quiet", palette, paper)
        tall, line = QFontMetricsF(font).height(), QFontMetricsF(small).height() + 2
        left, right, y = rect.left() + 32, rect.right() - 10, rect.top() + 8
        strokes.shape(painter, QRectF(rect.left() + 11, y + (tall - 12) / 2, 12, 12), sign.shape, ink)
        room = min(QFontMetricsF(small).horizontalAdvance(sign.word) + 2, (right - left) / 2)
        strokes.words(painter, QRectF(left, y, right - left - room - 6, tall), one_line(row.name), strokes.bold(font),
                      tones.ink("plain", palette, paper), elide=Qt.TextElideMode.ElideMiddle)  # fmt: skip
        strokes.words(painter, QRectF(right - room, y, room, tall), sign.word, small, ink)
        y += tall + 3
        for number, text in enumerate(model.lines(row)):
            strokes.words(painter, QRectF(left, y + number * line, right - left, line), text, small, quiet,
                          elide=Qt.TextElideMode.ElideMiddle)  # fmt: skip
        if busy and busy.share is not None:
            strip = QRectF(left, y + 3 * line + 3, right - left, 5)
            strokes.bar(painter, strip, busy.share, None, tones.ink("working", palette, paper), palette)
        painter.setPen(tones.line(palette))
        painter.drawLine(QPointF(rect.left(), rect.bottom() - 1), QPointF(rect.right(), rect.bottom() - 1))
        painter.restore()
