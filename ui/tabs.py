"""Tabs whose letters are whole: Qt's Fusion style lowers a tab that is not chosen, and cuts what reaches below."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QTabBar, QTabWidget

LOWERED = 3
"""Pixels by which the style lowers it, and one."""


class _Bar(QTabBar):
    def tabSizeHint(self, index: int) -> QSize:
        size = super().tabSizeHint(index)
        return QSize(size.width(), size.height() + LOWERED)


class Tabs(QTabWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.setTabBar(_Bar())
        for part in (self, self.tabBar()):
            part.setAccessibleName(name)
