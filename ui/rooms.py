"""What the places of the window beside the desk itself have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk


class Room(QWidget):
    """What a place shows. It asks the desk on a lane, and says beside what failed why it did."""

    opened = Signal(str)
    """A person wants to see this task whole."""

    def __init__(self, quick: Lane, slow: Lane) -> None:
        """`quick` is for what answers at once, `slow` for what may take seconds."""
        super().__init__()
        self.quick, self.slow = quick, slow
        self.desk: Desk | None = None

    def enter(self) -> None:
        """It is seen now, and the desk is open: ask for what is newest. The focus belongs to its first part."""

    def seek(self) -> None:
        """Go to the field in which one searches here, if there is one."""

    def changed(self) -> None:
        """Something happened at the desk while this place is seen."""

    def leave(self) -> None:
        """The desk closes: end what was asked of it, and the lanes of one's own."""
