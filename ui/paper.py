"""Draws a page's picture with the places that matter marked on it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QToolTip, QWidget

from app.language import _
from engine.cards import Box
from ui import strokes, tones
from ui.marks import Mark
from ui.words import plain_tip

_MARKER = "#ffe45c"
_INKS: dict[str, str] = {
    "working": "#0b63c5",
    "danger": "#c4232b",
    "good": "#1a7f37",
    "caution": "#b8860b",
    "special": "#7a45c9",
}
"""Paper is white in every scheme, so its marks are the same in every scheme."""


class Sheet(QWidget):
    """The picture itself, at the current zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.image = QImage()
        self.points = (0.0, 0.0)
        self.marks: tuple[Mark, ...] = ()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.image.isNull():
            painter.fillRect(self.rect(), QColor("white"))
        else:
            painter.drawImage(QRectF(self.rect()), self.image)
        for mark in sorted(self.marks, key=lambda mark: mark.strong):
            if mark.box:
                self._mark(painter, mark, self.placed(mark.box))

    def placed(self, box: Box) -> QRectF:
        """Where a box in points lies on this widget."""
        scale = self.width() / self.points[0] if self.points[0] else 1.0
        return QRectF(QPointF(box[0], box[1]) * scale, QPointF(box[2], box[3]) * scale).adjusted(-2, -2, 2, 2)

    def _mark(self, painter: QPainter, mark: Mark, rect: QRectF) -> None:
        """Like a text marker: what lies below is tinted, and print stays black."""
        ink = QColor(_INKS.get(mark.tone, "#0b63c5"))
        if mark.look == "frame":
            self._frame(painter, mark, rect, ink)
            return
        if mark.look == "tint":
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
            painter.fillRect(rect, tones.mixed(QColor("white"), ink, 0.2))
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            return
        pale = QColor(_MARKER) if mark.strong else tones.mixed(QColor("white"), ink, 0.11)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pale)
        painter.drawRoundedRect(rect, 2, 2)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, 2.0 if mark.strong else 1.0))
        painter.drawRoundedRect(rect, 2, 2)
        if mark.strong:
            arrow = QRectF(4, rect.center().y() - 6, 12, 12)
            strokes.shape(painter, arrow, "arrow", ink)

    def _frame(self, painter: QPainter, mark: Mark, rect: QRectF, ink: QColor) -> None:
        """A dashed line on white, so that it is seen on any picture."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 2.4 if mark.strong else 1.4
        painter.setPen(QPen(QColor("white"), width))
        painter.drawRect(rect)
        painter.setPen(QPen(ink, width, Qt.PenStyle.DashLine))
        painter.drawRect(rect)
        if mark.strong:
            strokes.shape(painter, QRectF(4, rect.center().y() - 6, 12, 12), "arrow", ink)

    def event(self, event: QEvent) -> bool:
        """Say what the mark under the mouse is."""
        if isinstance(event, QHelpEvent):
            spot = QPointF(event.pos())
            found = [mark.word for mark in self.marks if mark.box and self.placed(mark.box).contains(spot)]
            QToolTip.showText(event.globalPos(), plain_tip(", ".join(found)), self)
            return True
        return super().event(event)


class Paper(QScrollArea):
    """A scrolled sheet; zoom 0 fits the width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = Sheet()
        self.zoom = 0.0
        self._seen_at = -1
        self.setWidget(self.sheet)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setAccessibleName(_("Picture of the page"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_picture(self, image: QImage, points: tuple[float, float]) -> None:
        """A null image shows blank paper of that size, until the picture is there."""
        self.sheet.image, self.sheet.points = image, points
        self._fit()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        self.sheet.marks = tuple(marks)
        self.sheet.update()
        self._see()

    def set_zoom(self, zoom: float) -> None:
        self.zoom = zoom
        self._fit()

    def _see(self) -> None:
        """Bring the strong mark into view."""
        strong = next((mark.box for mark in self.sheet.marks if mark.strong and mark.box), None)
        if strong:
            spot = self.sheet.placed(strong).center()
            self.ensureVisible(round(spot.x()), round(spot.y()), 60, max(60, self.viewport().height() // 3))
        self._seen_at = self.verticalScrollBar().value() if strong else -1

    def scale(self) -> float:
        """Pixels a point now."""
        wide, tall = self.sheet.points
        if self.zoom or not wide:
            return self.zoom or 1.0
        # Not by the room that the scroll bar leaves now: the bar comes and goes with the sheet's height, and where
        # that made the sheet just low enough for none, they would chase each other for ever.
        room = self.maximumViewportSize()
        fits = max(100, room.width() - 8) / wide
        if tall * fits > room.height():
            fits = max(100, room.width() - self.verticalScrollBar().sizeHint().width() - 8) / wide
        return fits

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The mark stays in view, unless a person has scrolled since it came there."""
        there = self.verticalScrollBar().value() == self._seen_at
        super().resizeEvent(event)
        self._fit()
        if there:
            self._see()

    def _fit(self) -> None:
        wide, tall = self.sheet.points
        if wide:
            self.sheet.resize(QSize(round(wide * self.scale()), round(tall * self.scale())))
            self.sheet.update()
