"""A table of whole rows in plain text: its selection is a tint, as in all lists, so that colours on it keep meaning."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QPalette
from PySide6.QtWidgets import QAbstractItemView, QTableView

from ui import tones


class Table(QTableView):
    def __init__(self, model: QAbstractItemModel, name: str) -> None:
        """`name` is what a screen reader calls it."""
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(round(QFontMetricsF(self.font()).height()) + 10)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.tint()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.ApplicationPaletteChange, QEvent.Type.FontChange):
            self.tint()

    def tint(self) -> None:
        """Take the colours from the palette as it is now."""
        palette = QPalette(QGuiApplication.palette())
        palette.setColor(QPalette.ColorRole.Highlight, tones.ground(palette, selected=True))
        palette.setColor(QPalette.ColorRole.HighlightedText, palette.color(QPalette.ColorRole.Text))
        self.setPalette(palette)
