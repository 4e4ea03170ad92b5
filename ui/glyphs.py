"""Line drawings for the places of the window, in whatever colour and size they are wanted: no picture files."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

Stroke = tuple[tuple[float, float], ...]
SIZE = 20.0
"""Units of the grid that the strokes are drawn on."""
_STROKES: dict[str, tuple[Stroke, ...]] = {
    "inbox": (
        ((7, 11), (3, 11), (5, 4), (15, 4), (17, 11), (13, 11), (12, 13), (8, 13), (7, 11)),
        ((3, 11), (3, 16), (17, 16), (17, 11)),
    ),
    "review": (((4, 3), (13, 3), (16, 6), (16, 17), (4, 17), (4, 3)), ((7, 11), (9, 13.5), (13, 8))),
    "tasks": (
        ((3, 4), (17, 4), (17, 16), (3, 16), (3, 4)), ((3, 8), (17, 8)), ((3, 12), (17, 12)), ((8, 8), (8, 16)),
    ),
    "knowledge": (
        ((10, 5.5), (6, 4), (3, 4), (3, 15), (6, 15), (10, 16.5), (14, 15), (17, 15), (17, 4), (14, 4), (10, 5.5)),
        ((10, 5.5), (10, 16.5)),
    ),
    "models": (
        ((6, 6), (14, 6), (14, 14), (6, 14), (6, 6)),
        ((8, 6), (8, 3)), ((12, 6), (12, 3)), ((8, 14), (8, 17)), ((12, 14), (12, 17)),
        ((6, 8), (3, 8)), ((6, 12), (3, 12)), ((14, 8), (17, 8)), ((14, 12), (17, 12)),
    ),
    "playbooks": (
        ((3, 3), (8, 3), (8, 7), (3, 7), (3, 3)), ((12, 13), (17, 13), (17, 17), (12, 17), (12, 13)),
        ((12, 3), (17, 3), (17, 7), (12, 7), (12, 3)), ((8, 5), (12, 5)), ((14.5, 7), (14.5, 13)),
    ),
    "settings": (
        ((3, 5), (10, 5)), ((14, 5), (17, 5)), ((12, 3), (12, 7)),
        ((3, 10), (5, 10)), ((9, 10), (17, 10)), ((7, 8), (7, 12)),
        ((3, 15), (11, 15)), ((15, 15), (17, 15)), ((13, 13), (13, 17)),
    ),
}  # fmt: skip
NAMES = tuple(_STROKES)


def draw(painter: QPainter, rect: QRectF, name: str, ink: QColor) -> None:
    """The drawing of that name, as large as fits into the rectangle's middle. Raises KeyError."""
    side = min(rect.width(), rect.height())
    corner = QPointF(rect.center().x() - side / 2, rect.center().y() - side / 2)
    path = QPainterPath()
    for stroke in _STROKES[name]:
        points = [QPointF(x, y) * (side / SIZE) + corner for x, y in stroke]
        path.moveTo(points[0])
        for point in points[1:]:
            path.lineTo(point)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(ink, max(1.2, side / 14))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.restore()
