"""Offers the trays of the inbox as small buttons: all of it, what waits, what was set aside, what came twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QPushButton, QSizePolicy, QWidget

from app.language import _, several
from ui import strokes, tones


@dataclass(frozen=True, slots=True)
class Tray:
    """Part of the inbox: its key, its name, and what is in it."""

    key: str
    name: str
    tip: str


TRAYS = (
    Tray("", _("All"), _("Everything that came in")),
    Tray("review", _("To review"), _("What waits for a person")),
    Tray("quarantine", _("Quarantine"), _("Files that were set aside, each with the reason")),
    Tray("duplicates", _("Duplicates"), _("Files that came in before, each with the task that it repeats")),
)


class Chip(QPushButton):
    """A small button that stays pressed: its name, and how many there are. The one that holds is marked by a line
    around it and bold words."""

    def __init__(self, tray: Tray, parent: QWidget | None = None) -> None:
        super().__init__(tray.name, parent)
        self.tray, self.number = tray, 0
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setToolTip(tray.tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.fontMetrics().height() + 8)
        self.count(0)

    def count(self, number: int) -> None:
        self.number = number
        tasks = several("{n:,} task", "{n:,} tasks", number)
        self.setAccessibleName(f"{self.tray.name}, {tasks}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self.palette()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        here = self.isChecked()
        pale = tones.ground(palette, selected=here, hovered=self.underMouse())
        painter.setPen(QPen(self._edge(palette, here), 2.0 if self.hasFocus() else 1.2 if here else 1.0))
        painter.setBrush(pale)
        rect = self.rect().toRectF().adjusted(1.5, 1.5, -1.5, -1.5)
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        small = strokes.smaller(self.font())
        font = strokes.bold(small) if here else small
        ink = tones.ink("plain" if here or self.number else "quiet", palette, pale)
        strokes.words(painter, rect.adjusted(6, 0, -6, 0), f"{self.tray.name} {self.number:,}", font, ink,
                      Qt.AlignmentFlag.AlignHCenter)  # fmt: skip

    def _edge(self, palette: QPalette, here: bool) -> QColor:
        return palette.color(QPalette.ColorRole.Highlight) if here or self.hasFocus() else tones.line(palette)


class Trays(QWidget):
    """The chips, two beside each other. Arrows go from one to the next, and the one they come to is looked into."""

    chosen = Signal(str)
    """The key of a tray."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Trays of the inbox"))
        self.group = QButtonGroup(self)
        self.group.setExclusive(True)
        self.chips = [Chip(tray) for tray in TRAYS]
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for place, chip in enumerate(self.chips):
            self.group.addButton(chip)
            layout.addWidget(chip, place // 2, place % 2)
        self.chips[0].setChecked(True)
        self.group.buttonToggled.connect(self._toggled)

    @property
    def here(self) -> str:
        """The key of the tray that is looked into."""
        return next(chip.tray.key for chip in self.chips if chip.isChecked())

    def go(self, key: str) -> None:
        next(chip for chip in self.chips if chip.tray.key == key).setChecked(True)

    def show_counts(self, counts: Mapping[str, int]) -> None:
        for chip in self.chips:
            chip.count(counts.get(chip.tray.key, 0))

    @Slot()
    def _toggled(self, _chip: object, checked: bool) -> None:
        if checked:
            self.chosen.emit(self.here)
