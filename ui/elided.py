"""Gives up part of a text where room is short: a line of words, and a box of choices."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from ui import strokes
from ui.words import one_line, plain_tip


class Elided(QWidget):
    """One line of plain text that gives up its middle, or what `elide` says; it takes all the room there is."""

    def __init__(self, name: str, elide: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self.text = ""
        self._elide = elide
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str, tip: str = "") -> None:
        """`tip` says more than the text."""
        self.text = text
        self.setAccessibleDescription(tip or text)
        self.setToolTip(plain_tip(tip or text))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(80, round(QFontMetricsF(self.font()).height()) + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ink = self.palette().color(self.foregroundRole())
        strokes.words(painter, QRectF(self.contentsRect()), one_line(self.text), self.font(), ink, elide=self._elide)


class Choice(QComboBox):
    """A box as wide as it may be: Qt cuts off what does not fit in it, here the choice gives up its middle."""

    def __init__(self, name: str, letters: int, none: str = "") -> None:
        """At least so many `letters` of the choice can be read; `none` is said where there is no choice."""
        super().__init__()
        self._none = none  # Qt's own placeholder would make the box as wide as itself
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(letters)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        drawn = QStyleOptionComboBox()
        self.initStyleOption(drawn)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, drawn)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, drawn, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        if not drawn.currentText:
            drawn.palette.setBrush(QPalette.ColorRole.ButtonText, drawn.palette.placeholderText())
        drawn.currentText = self.shown(field.width() - 4)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, drawn)

    def shown(self, width: int) -> str:
        """The choice, or the placeholder, as it fits."""
        text = self.currentText() or self.placeholderText() or self._none
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, width)
