"""Draws a task's way through the team: the legs downwards, and beside each where else it hands on, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from app.language import _
from ui import strokes, tones
from ui.words import Tone

if TYPE_CHECKING:
    from app.playbook_words import Edge, Leg

_LEFT, _BOX, _GAP = 16.0, 340.0, 26.0
"""Pixels: before the boxes, a box's width, and between two of them."""
_ARROW, _CHIP = 34.0, 92.0
_ENDS: dict[str, Tone] = {"person": "caution", "quarantine": "special", "desk": "good"}
_COME_IN = _("These come in only where an arrow above leads to them")


class Chart(QWidget):
    """As high as its legs; `lines` are the same in words, for a screen reader."""

    def __init__(self) -> None:
        super().__init__()
        self.legs: tuple[Leg, ...] = ()
        self.lines: tuple[str, ...] = ()
        self.setAccessibleName(_("A task's way through the team"))
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)

    def show_legs(self, legs: Sequence[Leg], lines: Sequence[str]) -> None:
        self.legs, self.lines = tuple(legs), tuple(lines)
        self.setAccessibleDescription("\n".join(lines))
        self.fit()

    def fit(self) -> None:
        """Take the height that the legs need at this width."""
        self.setFixedHeight(round(self._height()) + 16)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(int(_LEFT + _BOX + 300), round(self._height()) + 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        strokes.sided(painter, QRectF(self.rect()), self.layoutDirection())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        quiet = tones.ink("quiet", palette)
        small = strokes.smaller(self.font())
        y, came = 12.0, False
        for place, leg in enumerate(self.legs):
            if not leg.main and not came:
                came = True
                y = self._end(painter, y)
                tall = QFontMetricsF(small).height()
                strokes.words(painter, QRectF(_LEFT, y, self.width(), tall), _COME_IN, strokes.bold(small), quiet)
                y += tall + 8
            rect = QRectF(_LEFT, y, _BOX, self._tall(leg))
            self._box(painter, rect, leg)
            self._ways(painter, rect, leg)
            y = rect.bottom() + _GAP
            following = self.legs[place + 1].main if place + 1 < len(self.legs) else False
            if leg.main:
                self._down(painter, rect, "working" if following or not came else "quiet")
        if not came:
            self._end(painter, y)

    def _end(self, painter: QPainter, y: float) -> float:
        """The desk, where every task that goes the usual way ends; returns where the next thing may stand."""
        rect = QRectF(_LEFT, y, _BOX, QFontMetricsF(self.font()).height() + 12)
        pale = tones.wash("good", self.palette())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pale)
        painter.drawRoundedRect(rect, 5, 5)
        ink = tones.ink("good", self.palette(), pale)
        strokes.words(painter, rect, _("desk: you approve, edit or reject"), strokes.bold(self.font()), ink,
                      Qt.AlignmentFlag.AlignHCenter)  # fmt: skip
        return rect.bottom() + _GAP

    def _box(self, painter: QPainter, rect: QRectF, leg: Leg) -> None:
        palette, font = self.palette(), self.font()
        tone: Tone = "working" if leg.main else "quiet"
        pale = tones.wash(tone, palette, 0.08)
        painter.setPen(QPen(tones.ink(tone, palette), 1.2))
        painter.setBrush(pale)
        painter.drawRoundedRect(rect, 5, 5)
        tall = QFontMetricsF(font).height()
        name = QRectF(rect.left() + 10, rect.top() + 5, rect.width() - 20, tall)
        strokes.words(painter, name, leg.name, strokes.bold(font), tones.ink("plain", palette, pale))
        painter.setPen(tones.ink("plain", palette, pale))
        duty = strokes.wrapped(leg.duty, strokes.smaller(font), rect.width() - 20)
        strokes.paragraph(painter, duty, QPointF(rect.left() + 10, name.bottom() + 2))

    def _ways(self, painter: QPainter, rect: QRectF, leg: Leg) -> None:
        """An arrow a line, to whom, and when."""
        palette, small = self.palette(), strokes.smaller(self.font())
        y, line = rect.top() + 4, self._line()
        for way in _other(leg):
            tone = _ENDS.get(way.receiver, "working")
            middle = y + line / 2
            painter.setPen(QPen(tones.ink("quiet", palette), 1.2))
            painter.drawLine(QPointF(rect.right() + 4, middle), QPointF(rect.right() + _ARROW - 8, middle))
            strokes.shape(painter, QRectF(rect.right() + _ARROW - 14, middle - 5, 10, 10), "arrow",
                          tones.ink("quiet", palette))  # fmt: skip
            left, right = rect.right() + _ARROW, rect.right() + _ARROW + _CHIP
            wide = QFontMetricsF(small).horizontalAdvance(way.receiver) + 12
            strokes.chip(painter, left + wide, middle, way.receiver, small, tone, palette)
            height = self._when_height(way)
            when = strokes.wrapped(way.when, small, self.width() - right - 24)
            painter.setPen(tones.ink("quiet", palette))
            strokes.paragraph(painter, when, QPointF(right + 12, middle - QFontMetricsF(small).height() / 2))
            y += max(line, height + 6)

    def _down(self, painter: QPainter, rect: QRectF, tone: Tone) -> None:
        """To the next leg."""
        ink = tones.ink(tone, self.palette())
        painter.setPen(QPen(ink, 1.6))
        x = rect.center().x()
        painter.drawLine(QPointF(x, rect.bottom() + 3), QPointF(x, rect.bottom() + _GAP - 6))
        strokes.shape(painter, QRectF(x - 5.5, rect.bottom() + _GAP - 15, 11, 11), "down", ink)

    def _height(self) -> float:
        end = QFontMetricsF(self.font()).height() + 12 + _GAP
        apart = 0.0 if all(leg.main for leg in self.legs) else self._line() + 8
        return 12 + sum(self._tall(leg) + _GAP for leg in self.legs) + end + apart

    def _tall(self, leg: Leg) -> float:
        duty = strokes.height(strokes.wrapped(leg.duty, strokes.smaller(self.font()), _BOX - 20))
        box = QFontMetricsF(self.font()).height() + duty + 14
        return max(box, 8 + sum(max(self._line(), self._when_height(way) + 6) for way in _other(leg)))

    def _when_height(self, way: Edge) -> float:
        room = self.width() - (_LEFT + _BOX + _ARROW + _CHIP) - 24
        return strokes.height(strokes.wrapped(way.when, strokes.smaller(self.font()), room)) if way.when else 0.0

    def _line(self) -> float:
        return QFontMetricsF(strokes.smaller(self.font())).height() + 8


class Way(QScrollArea):
    """The chart, scrolled by keys as well."""

    def __init__(self) -> None:
        super().__init__()
        self.chart = Chart()
        self.setWidget(self.chart)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("A task's way through the team"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.chart.fit()


def _other(leg: Leg) -> list[Edge]:
    """What is no plain next step."""
    return [way for way in leg.ways if way.when or not leg.main]
