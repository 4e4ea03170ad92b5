"""Draws the small things all lists share: rows, shapes, chips, bars and wrapped plain text."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from ui import tones
from ui.words import Shape, Tone

Marked = tuple[int, int, QColor]
"""start, length and colour of a part of a text, counted as Qt counts."""
_LINE = 1000
"""Characters that are looked at to fill the last line of a text that goes on."""


def smaller(font: QFont) -> QFont:
    made = QFont(font)
    made.setPointSizeF(max(7.0, font.pointSizeF() * 0.92))
    return made


def bold(font: QFont) -> QFont:
    made = QFont(font)
    made.setBold(True)
    return made


def wrapped(text: str, font: QFont, width: float, marks: tuple[Marked, ...] = (), lines: int = 0) -> QTextLayout:
    """Plain text laid out in lines, at most so many of them (0 = all): the last one then says that more follows.

    Ask `height` of it, or draw it.
    """
    whole = _laid_out(text, font, width, marks, lines)
    last = whole.lineAt(lines - 1) if lines and whole.lineCount() == lines else None
    units = text.encode("utf-16-le", "surrogatepass")
    if last is None or not _plain(units[2 * (last.textStart() + last.textLength()) :]).strip():
        return whole
    before, rest = (_plain(part) for part in (units[: 2 * last.textStart()], units[2 * last.textStart() :]))
    line = " ".join(rest[:_LINE].split())
    cut = QFontMetricsF(font).elidedText(f"{line}…", Qt.TextElideMode.ElideRight, max(20.0, width) - 2)
    return _laid_out(f"{before}{cut}", font, width, marks, lines)


def _plain(units: bytes) -> str:
    return units.decode("utf-16-le", "surrogatepass")


def _laid_out(text: str, font: QFont, width: float, marks: tuple[Marked, ...], lines: int) -> QTextLayout:
    layout = QTextLayout(text.replace("\n", "\u2028"), font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    if QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft:
        option.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
    layout.setTextOption(option)
    layout.setFormats([_format(mark, font) for mark in marks])
    layout.beginLayout()
    y = 0.0
    while not (lines and layout.lineCount() >= lines) and (row := layout.createLine()).isValid():
        row.setLineWidth(max(20.0, width))
        row.setPosition(QPointF(0, y))
        y += row.height()
    layout.endLayout()
    return layout


def height(layout: QTextLayout) -> float:
    rows = layout.lineCount()
    return layout.lineAt(rows - 1).y() + layout.lineAt(rows - 1).height() if rows else 0.0


def ground(painter: QPainter, option: QStyleOptionViewItem) -> QColor:
    """Paint what a row stands on, its selection and its focus; returns the ground's colour.

    What is painted after it begins where reading begins: see `sided`.
    """
    state, palette, rect = option.state, option.palette, option.rect
    selected = bool(state & QStyle.StateFlag.State_Selected)
    colour = tones.ground(palette, selected=selected, hovered=bool(state & QStyle.StateFlag.State_MouseOver))
    painter.fillRect(rect, colour)
    if selected:
        edge = QRect(rect.left(), rect.top(), round(2 * tones.edge()), rect.height())
        edge = QStyle.visualRect(option.direction, rect, edge)
        painter.fillRect(edge, palette.color(QPalette.ColorRole.Highlight))
    if state & QStyle.StateFlag.State_HasFocus:
        focus(painter, QRectF(rect), palette)
    sided(painter, QRectF(rect), option.direction)
    return colour


def focus(painter: QPainter, rect: QRectF, palette: QPalette) -> None:
    """The frame just within what has the keyboard's focus."""
    wide = tones.edge()
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), wide))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect.adjusted(wide / 2, wide / 2, -wide / 2, -wide / 2))


def sided(painter: QPainter, rect: QRectF, direction: Qt.LayoutDirection) -> None:
    """From here on left is where reading begins, in any language; until the painter is restored.

    All is mirrored within that rectangle; what must be read is turned back where it stands.
    """
    if direction == Qt.LayoutDirection.RightToLeft:
        _flip(painter, rect)


def read_at(x: float, width: float, direction: Qt.LayoutDirection) -> float:
    """How far from where reading begins that place is, in something so wide; and back again: see `sided`."""
    return width - x if direction == Qt.LayoutDirection.RightToLeft else x


def upright(painter: QPainter, rect: QRectF) -> None:
    """What is painted in that rectangle is turned back, if all around it is mirrored; until the painter is restored."""
    if painter.worldTransform().m11() < 0:
        _flip(painter, rect)


def _flip(painter: QPainter, rect: QRectF) -> None:
    painter.translate(rect.left() + rect.right(), 0)
    painter.scale(-1, 1)


def paragraph(painter: QPainter, layout: QTextLayout, at: QPointF) -> None:
    """Text that was `wrapped`, at that place."""
    painter.save()
    upright(painter, QRectF(at.x(), at.y(), layout.lineAt(0).width() if layout.lineCount() else 0.0, 0))
    layout.draw(painter, at)
    painter.restore()


def words(
    painter: QPainter,
    rect: QRectF,
    text: str,
    font: QFont,
    colour: QColor,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    """One line of plain text, shortened where it is too long; what reaches below the rectangle is not cut off."""
    if rect.width() <= 0:
        return
    painter.setFont(font)
    painter.setPen(colour)
    shown = QFontMetricsF(font).elidedText(text, elide, rect.width())
    painter.save()
    upright(painter, rect)  # Qt itself takes "left" for the side where reading begins
    whole = Qt.TextFlag.TextSingleLine | Qt.TextFlag.TextDontClip
    painter.drawText(rect, int(align | Qt.AlignmentFlag.AlignVCenter | whole), shown)
    painter.restore()


def chip(
    painter: QPainter, right: float, middle: float, text: str, font: QFont, tone: Tone, palette: QPalette
) -> float:
    """A word on a pale ground, ending at `right`; returns where it begins."""
    metrics = QFontMetricsF(font)
    width, tall = metrics.horizontalAdvance(text) + 12, metrics.height() + 3
    rect = QRectF(right - width, middle - tall / 2, width, tall)
    pale = tones.wash(tone, palette, 0.16)
    ink = tones.ink(tone, palette, pale)
    painter.setPen(QPen(ink, 1) if tones.strong() else Qt.PenStyle.NoPen)
    painter.setBrush(pale)
    painter.drawRoundedRect(rect, 4, 4)
    words(painter, rect, text, font, ink, Qt.AlignmentFlag.AlignHCenter)
    return rect.left()


def bar(
    painter: QPainter, rect: QRectF, score: float, threshold: float | None, colour: QColor, palette: QPalette
) -> None:
    """A score from 0 to 1, with a tick where the threshold stands."""
    framed = tones.strong()  # a score stands out from an empty frame, and not from a strong grey
    painter.setPen(QPen(tones.line(palette), 1) if framed else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if framed else tones.line(palette))
    painter.drawRoundedRect(rect, 2.5, 2.5)
    painter.setPen(Qt.PenStyle.NoPen)
    part = QRectF(rect)
    part.setWidth(rect.width() * min(1.0, max(0.0, score)))
    painter.setBrush(colour)
    painter.drawRoundedRect(part, 2.5, 2.5)
    if threshold is not None:
        x = rect.left() + rect.width() * min(1.0, max(0.0, threshold))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 2))
        painter.drawLine(QPointF(x, rect.top() - 3), QPointF(x, rect.bottom() + 3))


def shape(painter: QPainter, rect: QRectF, which: Shape, colour: QColor) -> None:
    """One of the small shapes that say a state without colour."""
    painter.save()
    if which == "check":
        upright(painter, rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if which in ("dot", "diamond", "person"):
        painter.setBrush(colour)
    painter.drawPath(_path(which, rect))
    painter.restore()


_LINES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "check": (((0.12, 0.55), (0.4, 0.82), (0.9, 0.2)),),
    "cross": (((0.18, 0.18), (0.82, 0.82)), ((0.82, 0.18), (0.18, 0.82))),
    "dash": (((0.15, 0.5), (0.85, 0.5)),),
    "plus": (((0.15, 0.5), (0.85, 0.5)), ((0.5, 0.15), (0.5, 0.85))),
    "unlike": (((0.15, 0.36), (0.85, 0.36)), ((0.15, 0.64), (0.85, 0.64)), ((0.68, 0.08), (0.32, 0.92))),
    "down": (((0.5, 0.1), (0.5, 0.9)), ((0.15, 0.55), (0.5, 0.9), (0.85, 0.55))),
    "arrow": (((0.1, 0.5), (0.9, 0.5)), ((0.6, 0.2), (0.9, 0.5), (0.6, 0.8))),
}
"""The shapes that are lines and nothing else, across and down in parts of their square."""


def _path(which: Shape, rect: QRectF) -> QPainterPath:
    path = QPainterPath()
    x, y, w, h = rect.x(), rect.y(), rect.width(), rect.height()

    def lines(*points: tuple[float, float]) -> None:
        path.moveTo(x + points[0][0] * w, y + points[0][1] * h)
        for across, down in points[1:]:
            path.lineTo(x + across * w, y + down * h)

    match which:
        case "ring":
            path.addEllipse(rect.adjusted(1, 1, -1, -1))
        case "dot":
            path.addEllipse(rect.adjusted(w / 4, h / 4, -w / 4, -h / 4))
        case "square":
            path.addRect(rect.adjusted(1, 1, -1, -1))
            lines((0.25, 0.75), (0.75, 0.25))
        case "diamond":
            lines((0.5, 0.05), (0.95, 0.5), (0.5, 0.95), (0.05, 0.5), (0.5, 0.05))
        case "person":
            path.addEllipse(QRectF(x + w * 0.33, y + h * 0.04, w * 0.34, h * 0.34))
            lines((0.1, 0.95), (0.22, 0.6), (0.78, 0.6), (0.9, 0.95), (0.1, 0.95))
        case "loop":
            path.arcMoveTo(rect.adjusted(1, 1, -1, -1), 60)
            path.arcTo(rect.adjusted(1, 1, -1, -1), 60, 270)
            lines((0.62, 0.28), (0.76, 0.08), (0.5, 0.02))
        case _:
            for stroke in _LINES[which]:
                lines(*stroke)
    return path


def _format(mark: Marked, font: QFont) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start, made.length = mark[0], mark[1]
    look = QTextCharFormat()
    look.setFont(bold(font))
    look.setForeground(mark[2])
    made.format = look
    return made
