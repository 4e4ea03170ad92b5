"""Lays the window's widgets out in three columns; wires nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSplitter, QStackedWidget, QStatusBar, QTabWidget, QVBoxLayout, QWidget

from ui.decision import DecisionBar
from ui.draft import DraftView
from ui.empty import Empty
from ui.fields import Fields
from ui.handoffs import Handoffs
from ui.heading import Elided, Heading
from ui.inbox import Inbox
from ui.message import Message
from ui.notices import Notices
from ui.page import PageView
from ui.words import count, label, one_line

if TYPE_CHECKING:
    from app.desk import DeskStatus

_WIDE = 860
"""From this width of the middle column on, page and draft stand side by side."""
_ENGINE = {"off": "Engine asleep", "starting": "Engine starting…", "ready": "Engine ready", "busy": "Engine working"}


class Panes(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.message = Message()
        self.inbox, self.handoffs, self.centre = Inbox(), Handoffs(), Centre()
        self.work = QSplitter(Qt.Orientation.Horizontal)
        self.work.setChildrenCollapsible(False)
        for column, width in ((self.inbox, 250), (self.centre, 640), (self.handoffs, 390)):
            self.work.addWidget(column)
            column.setMinimumWidth(width - 50 if width < 400 else 420)
        self.work.setSizes([262, 628, 390])
        for number, share in enumerate((0, 1, 0)):
            self.work.setStretchFactor(number, share)
        self.opening = Empty("Opening the desk…", "The task log is checked before anything is read or written.")
        self.refused = Empty("Baton cannot start", "", ("Try again", "Quit"))
        self.nothing = Empty(
            "No documents yet",
            "Drop files or folders here. Everything is read and answered on this computer; nothing leaves it.",
            ("Open the sample inbox", "Add files…"),
        )
        self.stack = QStackedWidget()
        for widget in (self.opening, self.refused, self.nothing, self.work):
            self.stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.message)
        layout.addWidget(self.stack, 1)


class Centre(QWidget):
    """What came in and what is answered: page above draft, or beside it where there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.heading, self.notices, self.page = Heading(), Notices(), PageView()
        self.draft, self.fields, self.decision = DraftView(), Fields(), DecisionBar()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.draft, "Draft")
        self.tabs.addTab(self.fields, "Fields")
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(self.tabs, 1)
        below.addWidget(self.decision)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.page)
        self.split.addWidget(lower)
        self.split.setSizes([320, 360])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.heading)
        layout.addWidget(self.notices)
        layout.addWidget(self.split, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wanted = Qt.Orientation.Horizontal if self.width() >= _WIDE else Qt.Orientation.Vertical
        if wanted != self.split.orientation():
            self.split.setOrientation(wanted)
            self.split.setSizes([500, 500] if wanted == Qt.Orientation.Horizontal else [320, 360])


class Status(QStatusBar):
    """Engine, models, queue, and what the desk says about being offline."""

    def __init__(self) -> None:
        super().__init__()
        self.note = label("", "What was just done")
        self.offline = Elided("Offline statement")
        self.engine = label("", "Engine state")
        self.models = label("", "Models in memory")
        self.queue = label("", "Tasks waiting")
        self.setSizeGripEnabled(False)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self.note.clear)
        self.addWidget(self.offline, 1)
        self.addWidget(self.note)
        for part in (self.queue, self.models, self.engine):
            self.addPermanentWidget(part)
            part.setContentsMargins(8, 0, 8, 2)
        self.offline.setContentsMargins(8, 0, 8, 2)

    def say(self, text: str) -> None:
        """A passing word that covers nothing; the offline statement always stays."""
        self.note.setText(text)
        self._clock.start(4000)

    def show_status(self, status: DeskStatus) -> None:
        self.offline.set_text(status.offline)
        _set(self.engine, _ENGINE.get(status.engine, status.engine))
        _set(self.queue, f"{count(status.queued, 'task')} waiting" if status.queued else "Nothing waiting")
        names = ", ".join(one_line(name, 40) for name in status.models)
        _set(self.models, f"In memory: {names}" if names else "No model in memory")


def _set(part: QLabel, text: str) -> None:
    if part.text() != text:
        part.setText(one_line(text))
