"""The baton's way as lanes over time: an agent a lane, a bar for each leg, and a slider to go through them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QSlider, QVBoxLayout, QWidget

from app.language import _
from engine.cards import Why
from ui import strokes, tones
from ui.case import Case
from ui.legs import Leg, OneLeg, leg_of, names
from ui.words import PLAIN, Sign, isolated, one_line, seconds

LANE, WIDEST_LANE = 30.0, 46.0
"""Pixels of an agent's lane, at the usual size of letters; and where there is room to spare."""
LEAST = 5.0
"""Pixels of the shortest bar: most legs take a hundredth of what the drafter takes."""
MARGIN = 10.0
END = 26.0
"""Pixels behind the last bar, for its mark."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A leg: whose lane, where in the picture it begins and ends (0 to 1), and to which lane the baton goes then."""

    seq: int
    lane: int
    start: float
    end: float
    to: int | None
    why: Why
    sign: Sign
    live: bool = False


def lanes(whys: Sequence[Why]) -> list[str]:
    """The agents in the order in which they first had the baton."""
    return list(dict.fromkeys(name for why in whys for name in (why.sender or "desk", why.receiver) if name))


def spent(leg: Leg) -> float:
    """Seconds that a leg took, or has taken up to now."""
    return time.monotonic() - leg.since if leg.live else leg.why.seconds


def laid_out(legs: Sequence[Leg], width: float) -> tuple[list[str], list[Bar]]:
    """Lanes and bars for a picture of that many pixels. Each bar has `LEAST` of them, the rest is shared out by time.

    What is counted is each leg's own time, one after the other: what it waited for its turn is nobody's work.
    """
    whys = [leg.why for leg in legs]
    agents = lanes(whys)
    durations = [spent(leg) for leg in legs]
    least = min(LEAST, width / max(1, len(legs)))
    rest, total = max(0.0, width - least * len(legs)), sum(durations) or 1.0
    bars, at = [], 0.0
    for leg, duration in zip(legs, durations, strict=True):
        wide = (least + rest * duration / total) / max(1.0, width)
        lane = agents.index(leg.why.receiver if leg.live else leg.why.sender or "desk")
        to = None if leg.live else agents.index(leg.why.receiver)
        bars.append(Bar(leg.seq, lane, at, at + wide, to, leg.why, leg.sign, leg.live))
        at += wide
    return agents, bars


class Lanes(QWidget):
    """The picture. A press on a bar makes it the current one."""

    pressed = Signal(int)
    """The place of a leg in the story."""

    def __init__(self) -> None:
        super().__init__()
        self.legs: list[Leg] = []
        self.current = -1
        self.setAccessibleName(_("Lanes of the agents"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)

    def show_legs(self, legs: Sequence[Leg], current: int) -> None:
        self.legs, self.current = list(legs), current
        shown = self.legs[current] if 0 <= current < len(self.legs) else None
        self.setAccessibleDescription(f"{names(shown)}, {seconds(shown.why.seconds)}" if shown else "")
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        rows = len(lanes([leg.why for leg in self.legs])) + 1
        return QSize(200, round(rows * self._least_lane() + 2 * MARGIN))

    def _least_lane(self) -> float:
        return max(LANE, QFontMetricsF(self.font()).height() + 12)

    def _lane(self) -> float:
        rows = len(lanes([leg.why for leg in self.legs])) + 1
        return max(self._least_lane(), min(WIDEST_LANE, (self.height() - 2 * MARGIN) / rows))

    def _left(self, agents: Sequence[str]) -> float:
        metrics = QFontMetricsF(strokes.smaller(self.font()))
        widest = max((metrics.horizontalAdvance(one_line(name, 20)) for name in agents), default=0.0)
        return MARGIN + widest + 12

    def _laid(self) -> tuple[list[str], list[Bar], float, float]:
        agents = lanes([leg.why for leg in self.legs])
        left = self._left(agents)
        width = max(60.0, self.width() - left - END)
        return agents, laid_out(self.legs, width)[1], left, width

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        strokes.sided(painter, QRectF(self.rect()), self.layoutDirection())  # time runs as reading does
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        paper = palette.color(QPalette.ColorRole.Base)
        painter.fillRect(self.rect(), paper)
        agents, bars, left, width = self._laid()
        small, lane = strokes.smaller(self.font()), self._lane()
        for number, name in enumerate(agents):
            middle = MARGIN + (number + 0.5) * lane
            painter.setPen(QPen(tones.line(palette), 1))
            painter.drawLine(QPointF(left, middle), QPointF(self.width() - MARGIN, middle))
            words = QRectF(MARGIN, middle - lane / 2, left - MARGIN - 8, lane)
            strokes.words(painter, words, one_line(name, 20), small, tones.ink("quiet", palette, paper))
        for number, bar in enumerate(bars):
            self._bar(painter, bar, left, width, lane, current=number == self.current)
        if bars:
            total = sum(map(spent, self.legs))
            below = QRectF(left, MARGIN + len(agents) * lane, width, lane)
            quiet = tones.ink("quiet", palette, paper)
            strokes.words(painter, below, isolated("0 s"), small, quiet)
            strokes.words(painter, below, isolated(seconds(total)), small, quiet, Qt.AlignmentFlag.AlignRight)

    def _bar(self, painter: QPainter, bar: Bar, left: float, width: float, lane: float, *, current: bool) -> None:
        palette = self.palette()
        paper = palette.color(QPalette.ColorRole.Base)
        ink = tones.ink(bar.sign.tone, palette, paper)
        middle = MARGIN + (bar.lane + 0.5) * lane
        rect = QRectF(left + bar.start * width, middle - 7, max(3.0, (bar.end - bar.start) * width - 1), 14)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 2) if current else Qt.PenStyle.NoPen)
        painter.setBrush(tones.wash(bar.sign.tone, palette, 0.5) if bar.live else ink)
        painter.drawRoundedRect(rect, 3, 3)
        if bar.to is None:
            return
        x, end = rect.right() + 1, MARGIN + (bar.to + 0.5) * lane
        if bar.to != bar.lane:
            tip = end - 8 if end > middle else end + 8
            painter.setPen(QPen(ink, 2.2 if current else 1.2))
            painter.drawLine(QPointF(x, middle), QPointF(x, tip))
            self._arrow(painter, x, tip, 1 if end > middle else -1)
        if bar.sign not in PLAIN:
            strokes.shape(painter, QRectF(x + 4, end - 6, 12, 12), bar.sign.shape, ink)

    def _arrow(self, painter: QPainter, x: float, y: float, way: int) -> None:
        painter.setBrush(painter.pen().color())
        painter.drawPolygon(
            QPolygonF([QPointF(x, y + 2 * way), QPointF(x - 3, y - 3 * way), QPointF(x + 3, y - 3 * way)])
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        _, bars, left, width = self._laid()
        share = (strokes.read_at(event.position().x(), self.width(), self.layoutDirection()) - left) / width
        lane = int((event.position().y() - MARGIN) // self._lane())
        near = [(abs((bar.start + bar.end) / 2 - share), bar.lane != lane, place) for place, bar in enumerate(bars)]
        if near:
            inside = [place for place, bar in enumerate(bars) if bar.start <= share <= bar.end and bar.lane == lane]
            self.pressed.emit(inside[0] if inside else min(near)[2])


class Timeline(QWidget):
    """Lanes, a slider that goes through them, and what is to be said of the leg it stands at."""

    chosen = Signal(int)
    """The number of the handoff that a person went to; -1 = to the leg that runs now."""

    def __init__(self) -> None:
        super().__init__()
        self._legs: list[Leg] = []
        self._last = True
        self.lanes = Lanes()
        scroll = QScrollArea()
        scroll.setWidget(self.lanes)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(_("Go through the handoffs"))
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setTickInterval(1)
        self.said = OneLeg(_("The handoff at which the slider stands"))
        self.one = self.said.legs
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.slider)
        layout.addWidget(self.said)
        self.slider.valueChanged.connect(self._moved)
        self.lanes.pressed.connect(self.slider.setValue)

    def show_case(self, case: Case, live: Leg | None) -> None:
        """The story so far. A slider at its end stays at its end; elsewhere it stays at its handoff."""
        told = [leg_of(event) for event in case.history]
        self._legs = [*told, live] if live else told
        at = len(self._legs) - 1 if self._last else min(self.slider.value(), len(self._legs) - 1)
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(self._legs) - 1))
        self.slider.setValue(max(0, at))
        self.slider.blockSignals(False)
        self.slider.setEnabled(len(self._legs) > 1)
        self._show(max(0, at))

    def begin(self) -> None:
        """Another task: the slider goes to the end again."""
        self._last = True

    @property
    def seq(self) -> int:
        """The number of the handoff at which the slider stands; -1 = at none."""
        told = self._legs[self.slider.value() : self.slider.value() + 1]
        return told[0].seq if told and not told[0].live else -1

    def go(self, seq: int) -> None:
        """To that handoff, without a word that a person went there."""
        place = next((place for place, leg in enumerate(self._legs) if leg.seq == seq and not leg.live), -1)
        if place >= 0:
            self._last = place == len(self._legs) - 1
            self.slider.blockSignals(True)
            self.slider.setValue(place)
            self.slider.blockSignals(False)
            self._show(place)

    @Slot(int)
    def _moved(self, place: int) -> None:
        self._last = place == len(self._legs) - 1
        self._show(place)
        if place < len(self._legs):
            self.chosen.emit(self.seq)

    def _show(self, place: int) -> None:
        self.lanes.show_legs(self._legs, place)
        self.one.show(self._legs[place : place + 1])
        if place < len(self._legs):
            said = _("{place} of {legs}: {names}").format(
                place=place + 1, legs=len(self._legs), names=names(self._legs[place])
            )
            self.slider.setAccessibleDescription(said)
