"""Shows the task that is worked: not while a person writes, and no faster than an eye can follow."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QAction

REST_MS = 400
"""A task that has come to be shown stays for so long. Small ones are worked in a twentieth of that, and to show each
would keep the window from all else."""


class Following(QObject):
    def __init__(
        self, wanted: QAction, busy: Callable[[], bool], show: Callable[[str], None], parent: QObject | None = None
    ) -> None:
        """`wanted` is checked while a person wants to follow. While they are `busy` at what they see, that waits."""
        super().__init__(parent)
        self._wanted, self._busy, self._show = wanted, busy, show
        self._next = ""
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.catch_up)

    def worked(self, task: str) -> None:
        """This is the task that is worked now; `catch_up` shows it."""
        self._next = task

    @Slot()
    def catch_up(self) -> None:
        if self._rest.isActive() or self._busy():
            return
        task, self._next = self._next, ""
        if task and self._wanted.isChecked():
            self._rest.start()
            self._show(task)
