"""Lays the window's widgets out in three columns; wires nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.language import _
from ui.closing import Closing
from ui.copying import CopyAnswer
from ui.decision import DecisionBar
from ui.draft import DraftView
from ui.empty import Empty
from ui.fields import Fields
from ui.handoffs import Handoffs
from ui.heading import Heading
from ui.inbox import Inbox
from ui.message import Message
from ui.notices import Notices
from ui.page import SOURCE, PageView
from ui.proposals import Proposals
from ui.quarantine import Quarantine
from ui.retry import Retry
from ui.shape import Faces, Turning
from ui.tabs import Tabs
from ui.why import WhyView

_WIDE = 860
"""From this width of the middle column on, page and draft stand side by side."""


class Panes(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.message, self.closing = Message(), Closing()
        self.inbox, self.handoffs, self.centre = Inbox(), Handoffs(), Centre()
        self.work = QSplitter(Qt.Orientation.Horizontal)
        self.work.setChildrenCollapsible(False)
        for column, width in ((self.inbox, 250), (self.centre, 640), (self.handoffs, 390)):
            self.work.addWidget(column)
            column.setMinimumWidth(width - 50 if width < 400 else 420)
        self.work.setSizes([262, 628, 390])
        for number, share in enumerate((0, 1, 0)):
            self.work.setStretchFactor(number, share)
        self.opening = Empty(_("Opening the desk…"), _("The task log is checked before anything is read or written."))
        self.refused = Empty(_("Baton cannot start"), "", (_("Try again"), _("Quit")))
        self.nothing = Empty(
            _("No documents yet"),
            _("Drop files or folders here. Everything is read and answered on this computer; nothing leaves it."),
            (_("Open the sample inbox"), _("Add files…"), _("Add folder…"), _("See the models")),
        )
        self.stack = QStackedWidget()
        for widget in (self.opening, self.refused, self.nothing, self.work):
            self.stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.message)
        layout.addWidget(self.closing)
        layout.addWidget(self.stack, 1)

    def arrange(self, *, reviewing: bool) -> None:
        """For watching: list, task and handoffs. For deciding: what waits, with page and answer side by side."""
        self.handoffs.setHidden(reviewing)
        self.inbox.arrange(reviewing=reviewing)
        self.centre.show_both_sides(reviewing)
        edge = 6 if reviewing else 0  # there it is the last column
        self.centre.setContentsMargins(0, 0, edge, edge)


class Centre(QWidget):
    """What came in and what is answered: page above draft, or beside it where there is room.

    A file that was set aside has no page: there, its place is the quarantine's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.heading, self.notices, self.page = Heading(), Notices(), PageView()
        self.quarantine, self.retry = Quarantine(), Retry()
        self.retry.setContentsMargins(8, 2, 8, 4)
        self.file = Faces()
        self.file.addWidget(self.page)
        self.file.addWidget(self.quarantine)
        self.source = PageView(SOURCE)
        self.source.pin(True)
        self.source.hide()
        self.both_sides = False
        self.sides = QSplitter(Qt.Orientation.Vertical)
        self.sides.setChildrenCollapsible(False)
        self.sides.addWidget(self.file)
        self.sides.addWidget(self.source)
        self.sides.setSizes([400, 300])
        self.draft, self.fields, self.decision = DraftView(), Fields(), DecisionBar()
        self.why = WhyView()
        self.proposals = Proposals()
        self.tabs = Tabs(_("Draft, fields and why"))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.draft, _("Draft"))
        self.tabs.addTab(self.fields, _("Fields"))
        self.tabs.addTab(self.why, _("Why"))
        self.copies = CopyAnswer(self.draft)
        self.tabs.setCornerWidget(self.copies)
        lower = QWidget()
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(self.tabs, 1)
        below.addWidget(self.proposals)
        below.addWidget(self.decision)
        self.split = Turning(Qt.Orientation.Vertical, [500, 500], [320, 360])
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.sides)
        self.split.addWidget(lower)
        self.split.setSizes(self.split.both[Qt.Orientation.Vertical])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.heading)
        layout.addWidget(self.notices)
        layout.addWidget(self.retry)
        layout.addWidget(self.split, 1)

    def show_both_sides(self, both: bool) -> None:
        """What came in and what the answer rests on, one above the other; or one of them, as a person likes."""
        self.both_sides = both
        self.source.setVisible(both)
        self.page.pin(both)

    @Slot()
    def look_why(self) -> None:
        """Show why it is this intent; not while a person writes, or looks at what would be sent."""
        if self.tabs.isVisible() and not self.draft.editing:
            self.tabs.setCurrentWidget(self.why)
            self.why.options.setFocus()

    def show_source(self, cited: bool) -> None:
        """Where nothing is cited, the page that came in has all the room."""
        self.source.setVisible(self.both_sides and cited)

    @property
    def writing(self) -> bool:
        """Whether a person has begun to write here, or has the cursor where they would."""
        fields = (self.decision.note, self.retry.password, self.quarantine.retry.password)
        if self.draft.editing or any(field.text() for field in fields):
            return True
        focused = self.window().focusWidget()
        if not isinstance(focused, (QLineEdit, QPlainTextEdit)) or focused.isReadOnly():
            return False
        return self.isAncestorOf(focused)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.notices.give(self.height())
        self.split.turn(Qt.Orientation.Horizontal if self.width() >= _WIDE else Qt.Orientation.Vertical)
