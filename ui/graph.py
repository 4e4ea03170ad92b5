"""Draws the way the baton went as a graph: agents from top to bottom, numbered ways between them, loops apart."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.language import _, several
from ui import strokes, tones
from ui.journey import ENDS, START, Edge, Node, laid_out
from ui.legs import Leg, OneLeg, names
from ui.words import PLAIN, Shape, Tone, isolated, one_line, seconds

GAP, TOP, SIDE = 30.0, 12.0, 24.0
"""Pixels between two nodes, above the first, and from one track to the next."""
PORT = 13.0
"""Pixels between two ways that come to the same side of a node."""
MOST = 3
"""Numbers of handoffs that a way shows; a screen reader and the line below tell all."""
_SHAPES: dict[str, Shape] = {"person": "person", "quarantine": "square", "desk": "check", START: "ring"}
_TONES: dict[str, Tone] = {"person": "caution", "quarantine": "special", "desk": "good", START: "quiet"}


class Picture(QWidget):
    """The graph; arrows go from handoff to handoff, a press on a node or a way goes to one of its handoffs."""

    gone = Signal(int)
    """The place of a leg in the story."""
    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.legs: list[Leg] = []
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("The way the baton went, as a graph"))

    def show_legs(self, legs: Sequence[Leg], current: int) -> None:
        if list(legs) != self.legs:
            self.legs = list(legs)
            self.nodes, self.edges = laid_out(self.legs)
        self.current = current
        told = [f"{n}: {names(leg)}{_marked(leg)}" for n, leg in enumerate(self.legs, 1)]
        at = [_("At {handoff}").format(handoff=told[current])] if 0 <= current < len(told) else []
        self.setAccessibleDescription("\n".join([*at, *told]))
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        rects = self.rects()
        return QSize(300, round(rects[-1].bottom() + TOP) if rects else 60)

    def rects(self) -> list[QRectF]:
        """Where each node stands, seen from the side where reading begins: `placed` says where that is."""
        small, bold = (QFontMetricsF(font(self.font())) for font in (strokes.smaller, strokes.bold))
        widest = max((bold.horizontalAdvance(one_line(node.name, 24)) for node in self.nodes), default=0.0)
        costs = max((small.horizontalAdvance(_cost(node)) for node in self.nodes), default=0.0)
        width = min(max(widest + 42, costs + 42), max(80.0, self.width() - 2 * SIDE))
        tracks = {
            side: max((edge.track + 1 for edge in self.edges if edge.side == side), default=0) for side in (-1, 1)
        }
        slack = self.width() - width - SIDE * (tracks[-1] + tracks[1])
        left = SIDE * tracks[-1] + max(4.0, slack / 2)
        made, y = [], TOP
        for place, node in enumerate(self.nodes):
            ports = max(len(self._ports(place, side)) for side in (-1, 1))
            lines = bold.height() + (small.height() if _cost(node) else 0) + 10
            tall = max(lines, (ports + 1) * PORT)
            made.append(QRectF(left, y, width, tall))
            y += tall + GAP
        return made

    def placed(self, at: QPointF) -> QPointF:
        """Where something seen from the side where reading begins is on this widget; and back again."""
        return QPointF(strokes.read_at(at.x(), self.width(), self.layoutDirection()), at.y())

    def _ports(self, place: int, side: int) -> list[tuple[int, bool]]:
        """The ends of ways at one side of a node, from top to bottom: which way, and whether it goes out there.

        What comes from, or goes, higher up stands higher, so that ways do not cross at the node.
        """
        ends = [(edge.receiver, -edge.track, number, True) for number, edge in enumerate(self.edges)
                if edge.side == side and edge.sender == place]  # fmt: skip
        ends += [(edge.sender, -edge.track, number, False) for number, edge in enumerate(self.edges)
                 if edge.side == side and edge.receiver == place]  # fmt: skip
        return [(number, out) for *_order, number, out in sorted(ends)]

    def path(self, number: int, rects: Sequence[QRectF]) -> tuple[QPainterPath, QPointF, QPointF]:
        """A way's line, where its arrow's tip is, and where its number stands; from where reading begins."""
        edge = self.edges[number]
        a, b = rects[edge.sender], rects[edge.receiver]
        line = QPainterPath()
        if not edge.side:
            line.moveTo(a.center().x(), a.bottom())
            tip = QPointF(b.center().x(), b.top() - 1)
            line.lineTo(tip)
            return line, tip, QPointF(a.center().x() + 10, (a.bottom() + b.top()) / 2)
        x = (a.right() if edge.side > 0 else a.left()) + edge.side * SIDE * (edge.track + 0.75)
        start, end = self._port(number, edge.sender, True, a), self._port(number, edge.receiver, False, b)
        turn = min(8.0, abs(end.y() - start.y()) / 2)
        down = 1 if end.y() > start.y() else -1
        line.moveTo(start)
        line.lineTo(x - edge.side * turn, start.y())
        line.quadTo(QPointF(x, start.y()), QPointF(x, start.y() + down * turn))
        line.lineTo(x, end.y() - down * turn)
        line.quadTo(QPointF(x, end.y()), QPointF(x - edge.side * turn, end.y()))
        line.lineTo(end)
        low, high = sorted((edge.sender, edge.receiver))
        gaps = [(rects[place].bottom() + rects[place + 1].top()) / 2 for place in range(low, high)]
        middle = (start.y() + end.y()) / 2
        if not gaps:  # a loop is too small to stand behind its number
            return line, end, QPointF(x - 13, middle)
        return line, end, QPointF(x, min(gaps, key=lambda gap: abs(gap - middle)))

    def _port(self, number: int, place: int, out: bool, rect: QRectF) -> QPointF:
        side = self.edges[number].side
        ports = self._ports(place, side)
        y = rect.top() + rect.height() * (ports.index((number, out)) + 1) / (len(ports) + 1)
        return QPointF(rect.right() + 1 if side > 0 else rect.left() - 1, y)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        strokes.sided(painter, QRectF(self.rect()), self.layoutDirection())
        rects = self.rects()
        for number in sorted(range(len(self.edges)), key=self._is_current):
            self._way(painter, number, rects)
        for number, edge in enumerate(self.edges):
            self._number(painter, edge, self.path(number, rects)[2])
        for place, rect in enumerate(rects):
            self._node(painter, place, rect)
        if self.hasFocus():
            strokes.focus(painter, QRectF(self.rect()), self.palette())

    def _is_current(self, number: int) -> bool:
        return self.current in self.edges[number].legs

    def _way(self, painter: QPainter, number: int, rects: Sequence[QRectF]) -> None:
        edge, palette = self.edges[number], self.palette()
        line, tip, _label = self.path(number, rects)
        tone = _tone(edge)
        here = self._is_current(number)
        ink = tones.ink("plain" if here else tone, palette)
        style = Qt.PenStyle.DashLine if edge.side < 0 else Qt.PenStyle.SolidLine
        painter.setPen(QPen(ink, 2.6 if here else 1.4, style))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(line)
        self._arrow(painter, tip, edge.side, ink)

    def _arrow(self, painter: QPainter, tip: QPointF, side: int, ink: QColor) -> None:
        """Downwards, or to the side of the node."""
        along = QPointF(0, -7) if not side else QPointF(7.0 * side, 0)
        across = QPointF(4, 0) if not side else QPointF(0, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawPolygon(QPolygonF([tip, tip + along + across, tip + along - across]))

    def _number(self, painter: QPainter, edge: Edge, at: QPointF) -> None:
        """The numbers of the handoffs that went this way; how they differ from a plain step, where there is room."""
        small = strokes.smaller(self.font())
        shown = ", ".join(str(place + 1) for place in edge.legs[:MOST]) + ("…" if len(edge.legs) > MOST else "")
        wordy = shown if edge.sign in PLAIN else f"{shown} {edge.sign.word}"
        metrics = QFontMetricsF(small)
        room = at.x() + SIDE / 2 if edge.side < 0 else self.width() - at.x() + SIDE / 2
        text = wordy if metrics.horizontalAdvance(wordy) + 16 <= room else shown
        width = metrics.horizontalAdvance(text) + 12
        right = at.x() + 9 if edge.side < 0 else at.x() - 9 + width if edge.side else at.x() + width
        strokes.chip(painter, right, at.y(), text, small, _tone(edge), self.palette())

    def _node(self, painter: QPainter, place: int, rect: QRectF) -> None:
        node, palette = self.nodes[place], self.palette()
        tone: Tone = "working" if node.live else _TONES.get(node.key, "working")
        pale = tones.wash(tone, palette, 0.2 if node.live else 0.08)
        edge = next((edge for edge in self.edges if self.current in edge.legs), None)
        here = edge is not None and place in (edge.sender, edge.receiver)
        painter.setPen(QPen(tones.ink("plain" if here else tone, palette), 2.2 if here else 1.2))
        painter.setBrush(pale)
        painter.drawRoundedRect(rect, 5, 5)
        small, bold = strokes.smaller(self.font()), strokes.bold(self.font())
        tall, below = QFontMetricsF(bold).height(), QFontMetricsF(small).height() if _cost(node) else 0.0
        top = rect.center().y() - (tall + below) / 2
        mark = QRectF(rect.left() + 9, top + (tall - 12) / 2, 12, 12)
        shape: Shape = "ring" if node.live else _SHAPES.get(node.key, "dot")
        strokes.shape(painter, mark, shape, tones.ink(tone, palette, pale))
        words = QRectF(mark.right() + 7, top, rect.right() - mark.right() - 13, tall)
        strokes.words(painter, words, one_line(node.name, 24), bold, tones.ink("plain", palette, pale))
        if below:
            spent = QRectF(words.left(), top + tall, words.width() + 4, below)
            strokes.words(painter, spent, _cost(node), small, tones.ink("quiet", palette, pale))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Each press on the same thing goes to its next handoff."""
        rects, at = self.rects(), self.placed(event.position())
        found = [place for place, rect in enumerate(rects) if rect.contains(at)]
        legs: list[int] = []
        if found:
            legs = sorted(n for edge in self.edges if found[0] in (edge.sender, edge.receiver) for n in edge.legs)
        else:
            wide = QPainterPathStroker()
            wide.setWidth(14)
            for number, edge in enumerate(self.edges):
                line, _tip, label = self.path(number, rects)
                near = QRectF(label.x() - 12, label.y() - 10, 24, 20).contains(at)
                if near or wide.createStroke(line).contains(at):
                    legs = list(edge.legs)
        if legs:
            self.gone.emit(next((leg for leg in legs if leg > self.current), legs[0]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len([leg for leg in self.legs if not leg.live]) - 1
        on, back = (Qt.Key.Key_Left, Qt.Key.Key_Right) if self.isRightToLeft() else (Qt.Key.Key_Right, Qt.Key.Key_Left)
        steps = {
            Qt.Key.Key_Down: self.current + 1, on: self.current + 1, Qt.Key.Key_Up: self.current - 1,
            back: self.current - 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last,
        }  # fmt: skip
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or last < 0:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.current)
        elif (step := steps.get(Qt.Key(event.key()))) is not None:
            self.gone.emit(max(0, min(last, step)))
        else:
            super().keyPressEvent(event)


class Graph(QWidget):
    """The picture, and what is to be said of the handoff one stands at."""

    chosen = Signal(int)
    """The number of the handoff that a person went to."""
    opened = Signal(int)
    """A person wants to see the card of this handoff."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._legs: list[Leg] = []
        self._last = True
        self.picture = Picture()
        self.area = QScrollArea()
        self.area.setWidget(self.picture)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.said = OneLeg(_("The handoff at which the graph stands"))
        self.one = self.said.legs
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.said)
        self.setFocusProxy(self.picture)
        self.picture.gone.connect(self._go)
        self.picture.opened.connect(self._open)

    def begin(self) -> None:
        """Another task: at its last handoff."""
        self._last = True

    def show_legs(self, legs: Sequence[Leg]) -> None:
        """The story so far, without lines for requests. Who stands at the end stays at the end."""
        self._legs = list(legs)
        told = sum(not leg.live for leg in self._legs)
        self._show(told - 1 if self._last else min(self.picture.current, told - 1))

    @property
    def seq(self) -> int:
        """The number of the handoff one stands at; -1 = at none."""
        at = self.picture.current
        return self._legs[at].seq if 0 <= at < len(self._legs) else -1

    def go(self, seq: int) -> None:
        """To that handoff, without a word that a person went there."""
        place = next((place for place, leg in enumerate(self._legs) if leg.seq == seq and not leg.live), -1)
        if place >= 0:
            self._stand(place)

    @Slot(int)
    def _go(self, place: int) -> None:
        self._stand(place)
        self.chosen.emit(self._legs[place].seq)

    def _stand(self, place: int) -> None:
        self._last = place == sum(not leg.live for leg in self._legs) - 1
        self._show(place)

    @Slot(int)
    def _open(self, place: int) -> None:
        if 0 <= place < len(self._legs):
            self.opened.emit(self._legs[place].seq)

    def _show(self, place: int) -> None:
        self.picture.show_legs(self._legs, place)
        self.one.show(self._legs[place : place + 1] if place >= 0 else [])
        self._see()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._see()

    def _see(self) -> None:
        """Scroll to both ends of the way one stands at; where there is no room for both, to where it leads."""
        picture, rects = self.picture, self.picture.rects()
        for edge in picture.edges:
            if picture.current in edge.legs:
                for rect in (rects[edge.sender], rects[edge.receiver]):
                    at = picture.placed(rect.center()).toPoint()
                    self.area.ensureVisible(at.x(), at.y(), 0, round(rect.height() / 2 + TOP))


def _cost(node: Node) -> str:
    """How often it had the baton, if not once, and for how long."""
    if not node.times or node.key in (*ENDS, START):
        return ""
    spent = isolated(seconds(node.seconds))
    return several("{n} time, {spent}", "{n} times, {spent}", node.times, spent=spent) if node.times > 1 else spent


def _tone(edge: Edge) -> Tone:
    return "quiet" if edge.sign in PLAIN else edge.sign.tone


def _marked(leg: Leg) -> str:
    return "" if leg.sign in PLAIN else f", {leg.sign.word}"
