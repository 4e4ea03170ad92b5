"""Draws one handoff after another: who passed to whom, why, by which number, and what it cost."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPalette, QPen
from PySide6.QtWidgets import QListView, QStyleOptionViewItem

from app.language import _, several
from engine.cards import Why
from engine.events import Handed
from ui import strokes, tones
from ui.kept import KeptRows
from ui.rows import Wrapping
from ui.tasks import Index
from ui.words import DOING, Sign, compared, isolated, leg_sign, one_line, plain_tip, seconds, shortened

ROW = int(Qt.ItemDataRole.UserRole)
_LEFT = 36.0
_EXAMPLE = 80
"""Characters of the nearest example that stand in the reason of a handoff."""
_INSIDE = 18.0
"""How much further to the right the legs of one request stand."""
_WORDS = 140
"""Characters of a request's own words in its line; the tooltip has all of them."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One of several requests of a message: which of how many, what it was taken for, its words, what it cost so far.

    `shut` means that its legs are not shown.
    """

    key: tuple[int, int]
    number: int
    of: int
    asked: str
    untrusted_words: str
    handoffs: int
    seconds: float
    shut: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """One line of the story: a handoff that happened, the leg that runs now (`live`), or one of several requests.

    A leg is `inside` when it belongs to the request above it.
    """

    seq: int
    why: Why
    sign: Sign
    live: bool = False
    since: float = 0.0
    note: str = ""
    done: int = 0
    total: int = 0
    inside: bool = False
    request: Ask | None = None


def leg_of(event: Handed) -> Leg:
    """A handoff as a line of the story. Where its reason gives an example's beginning, it says that this goes on."""
    why, nearest = event.why, (event.changes.get("route") or {}).get("nearest", "")
    begun = nearest[:_EXAMPLE]
    if len(nearest) > _EXAMPLE and f"“{begun}”" in why.reason:
        why = replace(why, reason=why.reason.replace(f"“{begun}”", f"“{begun.rstrip()}…”"))
    return Leg(event.seq, why, leg_sign(why, event.seq))


class Legs(QAbstractListModel):
    """All handoffs of the shown task, in the order of the story."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.legs: list[Leg] = []
        self.last_outside = -1
        """The last row that belongs to no request: down to it goes the main rail."""

    def show(self, story: Sequence[Leg]) -> None:
        """Take the story so far. What is already there stays, so that a burst costs one insertion."""
        legs = list(story)
        self.last_outside = max((row for row, leg in enumerate(legs) if not leg.inside), default=-1)
        kept = self._same(legs)
        if kept < len(self.legs):
            self.beginRemoveRows(QModelIndex(), kept, len(self.legs) - 1)
            del self.legs[kept:]
            self.endRemoveRows()
        if kept < len(legs):
            self.beginInsertRows(QModelIndex(), kept, len(legs) - 1)
            self.legs = legs
            self.endInsertRows()

    def _same(self, legs: Sequence[Leg]) -> int:
        pairs = zip(self.legs, legs, strict=False)
        return next((n for n, (old, new) in enumerate(pairs) if old != new), min(len(self.legs), len(legs)))

    def tick(self, live: Leg) -> None:
        """The running leg's note or clock moved on."""
        row = next((row for row in range(len(self.legs) - 1, -1, -1) if self.legs[row].live), None)
        if row is not None:
            self.legs[row] = replace(live, inside=self.legs[row].inside)
            self.dataChanged.emit(self.index(row), self.index(row))

    def of(self, seq: int) -> int:
        """The row of that handoff; -1 where it is not shown."""
        return next((row for row, leg in enumerate(self.legs) if leg.seq == seq and not leg.live), -1)

    def inside(self, row: int) -> bool:
        """Whether that row belongs to a request."""
        return 0 <= row < len(self.legs) and self.legs[row].inside

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.legs)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        leg = self.legs[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return f"{names(leg)}: {leg.why.reason}"
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(_whole(leg.request, leg) if leg.request else leg.why.reason)
            case Qt.ItemDataRole.AccessibleTextRole if leg.request:
                state = _("its handoffs are closed") if leg.request.shut else _("its handoffs follow")
                return ". ".join(part for part in (_whole(leg.request, leg), leg.sign.word, spent(leg), state) if part)
            case Qt.ItemDataRole.AccessibleTextRole:
                return ". ".join(
                    part for part in (names(leg), leg.sign.word, leg.why.reason, number(leg), cost(leg)) if part
                )
            case _:
                return leg if role == ROW else None


def names(leg: Leg) -> str:
    if leg.request:
        return _("Request {number} of {of}: {asked}").format(
            number=leg.request.number, of=leg.request.of, asked=isolated(leg.request.asked)
        )
    if leg.live:
        return _("{receiver} is working").format(receiver=one_line(leg.why.receiver))
    return f"{one_line(leg.why.sender or 'desk')} → {one_line(leg.why.receiver)}"


def number(leg: Leg) -> str:
    """The score against its threshold, where a number decided."""
    return "" if leg.why.score is None else compared(leg.why.score, leg.why.threshold)


def cost(leg: Leg) -> str:
    """Model and tokens; empty for a leg without a model."""
    if leg.request:
        return spent(leg)
    why = leg.why
    parts = [isolated(why.model)] if why.model else []
    if why.tokens_in or why.tokens_out:
        parts.append(
            _("{tokens_in:,} tokens in, {tokens_out:,} out").format(tokens_in=why.tokens_in, tokens_out=why.tokens_out)
        )
    return " · ".join(parts)


def spent(leg: Leg) -> str:
    """What one of several requests cost so far."""
    ask = leg.request
    return f"{_handoffs(ask.handoffs)} · {seconds(ask.seconds)}" if ask and ask.handoffs else ""


def _handoffs(number: int) -> str:
    return several("{n:,} handoff", "{n:,} handoffs", number)


def _whole(ask: Ask, leg: Leg) -> str:
    """All that is to be said of a request."""
    return "\n".join(part for part in (names(leg), f"“{ask.untrusted_words}”", leg.why.reason) if part)


def totals(history: Sequence[Handed]) -> str:
    """What the whole task cost so far."""
    spent = sum(event.why.seconds for event in history)
    tokens_in = sum(event.why.tokens_in for event in history)
    tokens_out = sum(event.why.tokens_out for event in history)
    tokens = _("{tokens_in:,} tokens in, {tokens_out:,} out").format(tokens_in=tokens_in, tokens_out=tokens_out)
    return f"{_handoffs(len(history))} · {seconds(spent)} · {tokens}"


class Drawn(KeptRows):
    """A rail with a shape for each handoff, and beside it names, reason, number and cost."""

    def __init__(self, view: QListView, model: Legs) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self._sizes: dict[Hashable, QSize] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Worked out once: the list asks for all rows whenever one comes."""
        leg: Leg = index.data(ROW)
        key = (leg, self._view.viewport().width(), option.font.key())
        if key not in self._sizes:
            if len(self._sizes) > 2 * self._model.rowCount() + 100:
                self._sizes.clear()
            self._sizes[key] = self._size(leg, option.font)
        return self._sizes[key]

    def _size(self, leg: Leg, font: QFont) -> QSize:
        small = strokes.smaller(font)
        width = self._view.viewport().width() - _left(leg) - 12
        line = QFontMetricsF(small).height()
        tall = 8 + QFontMetricsF(font).height() + 3 + strokes.height(strokes.wrapped(_reason(leg), small, width))
        tall += (line + 5) * (leg.why.score is not None) + (line + 3) * bool(cost(leg)) + 9 * bool(leg.total)
        return QSize(80, round(tall + 9))

    def said(self, index: Index) -> Hashable:
        leg: Leg = index.data(ROW)
        row = index.row()
        return None if leg.live else (leg, self._first(row, leg), self._last(row, leg), self._rails(row, leg))

    def draw(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        leg: Leg = index.data(ROW)
        rect, font, palette = QRectF(option.rect), option.font, option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(rect)
        paper = strokes.ground(painter, option)
        if leg.request:
            painter.fillRect(rect.adjusted(3, 2, -2, -2), tones.wash(leg.sign.tone, palette, 0.07))
        first, last = self._first(index.row(), leg), self._last(index.row(), leg)
        if self._rails(index.row(), leg):
            painter.setPen(QPen(tones.line(palette), 2))
            painter.drawLine(QPointF(rect.left() + 18, rect.top()), QPointF(rect.left() + 18, rect.bottom()))
        self._rail(painter, rect, leg, paper, palette, first=first, last=last, tall=_tall(font))
        left, right, y = rect.left() + _left(leg), rect.right() - 12, rect.top() + 8
        self._head(painter, QRectF(left, y, right - left, _tall(font)), leg, font, palette, paper)
        y += _tall(font) + 3
        small = strokes.smaller(font)
        reason = strokes.wrapped(_reason(leg), small, right - left)
        painter.setPen(tones.ink("plain", palette, paper))
        strokes.paragraph(painter, reason, QPointF(left, y))
        y += strokes.height(reason)
        self._numbers(painter, QRectF(left, y, right - left, rect.bottom() - y), leg, small, palette, paper)
        painter.restore()

    def _rails(self, row: int, leg: Leg) -> bool:
        """Whether the main rail goes by, on the left of this one's."""
        return leg.inside and row < self._model.last_outside

    def _first(self, row: int, leg: Leg) -> bool:
        """Whether the rail begins here."""
        return not self._model.inside(row - 1) if leg.inside else row == 0

    def _last(self, row: int, leg: Leg) -> bool:
        """Whether the rail ends here."""
        return not self._model.inside(row + 1) if leg.inside else row >= self._model.last_outside

    def _rail(
        self,
        painter: QPainter,
        rect: QRectF,
        leg: Leg,
        paper: Any,
        palette: QPalette,
        *,
        first: bool,
        last: bool,
        tall: float,
    ) -> None:
        x, middle = rect.left() + _left(leg) - 18, rect.top() + 8 + tall / 2
        painter.setPen(QPen(tones.line(palette), 2))
        if not first:
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, middle - 9))
        if not last:
            painter.drawLine(QPointF(x, middle + 9), QPointF(x, rect.bottom()))
        ink = tones.ink(leg.sign.tone, palette, paper)
        strokes.shape(painter, QRectF(x - 7, middle - 7, 14, 14), leg.sign.shape, ink)

    def _head(self, painter: QPainter, rect: QRectF, leg: Leg, font: QFont, palette: QPalette, paper: Any) -> None:
        small = strokes.smaller(font)
        beside = _beside(leg)
        width = QFontMetricsF(small).horizontalAdvance(beside) + 2
        quiet = tones.ink("working" if leg.live else "quiet", palette, paper)
        strokes.words(painter, QRectF(rect.right() - width, rect.top(), width, rect.height()), beside, small, quiet)
        end = rect.right() - width - 6
        if leg.sign.word:
            end = strokes.chip(painter, end, rect.center().y(), leg.sign.word, small, leg.sign.tone, palette) - 6
        room = QRectF(rect.left(), rect.top(), end - rect.left(), rect.height())
        strokes.words(painter, room, names(leg), strokes.bold(font), tones.ink("plain", palette, paper))

    def _numbers(self, painter: QPainter, rect: QRectF, leg: Leg, small: QFont, palette: QPalette, paper: Any) -> None:
        y, line = rect.top() + 4, QFontMetricsF(small).height()
        if leg.why.score is not None:
            reached = leg.why.threshold is None or leg.why.score >= leg.why.threshold
            ink = tones.ink("good" if reached else "caution", palette, paper)
            strip = QRectF(rect.left(), y + line / 2 - 3, min(120.0, rect.width() * 0.4), 6)
            strokes.bar(painter, strip, leg.why.score, leg.why.threshold, ink, palette)
            beside = QRectF(strip.right() + 10, y, rect.right() - strip.right() - 10, line)
            strokes.words(painter, beside, number(leg), small, ink)
            y += line + 4
        if leg.total:
            strip = QRectF(rect.left(), y + 2, rect.width(), 4)
            strokes.bar(painter, strip, leg.done / leg.total, None, tones.ink("working", palette, paper), palette)
            y += 9
        if cost(leg):
            quiet = tones.ink("quiet", palette, paper)
            strokes.words(painter, QRectF(rect.left(), y, rect.width(), line), cost(leg), small, quiet)


def _left(leg: Leg) -> float:
    return _LEFT + _INSIDE * leg.inside


def _beside(leg: Leg) -> str:
    """At the right end of the first line: how long it took; of a request, whether its legs are shown."""
    if leg.request:
        return ("▸" if leg.request.shut else "▾") if leg.request.handoffs else ""
    return seconds(time.monotonic() - leg.since if leg.live else leg.why.seconds)


def _reason(leg: Leg) -> str:
    if leg.request:
        quoted = f"“{shortened(leg.request.untrusted_words, _WORDS)}”"
        return f"{quoted}\n{shortened(leg.why.reason, 2 * _WORDS)}" if leg.why.reason else quoted
    if not leg.live:
        return leg.why.reason
    return leg.note or DOING.get(leg.why.receiver, _("At work."))


def _tall(font: QFont) -> float:
    return QFontMetricsF(font).height()


class OneLeg(Wrapping):
    """The handoff that one stands at, told as in the list: it is read, and never gone to."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.legs = Legs(self)
        self.setModel(self.legs)
        self.setItemDelegate(Drawn(self, self.legs))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(round(QFontMetricsF(self.font()).height() * 7))
