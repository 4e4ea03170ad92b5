"""Knows the window's keys: single letters rest while a text field has the focus."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFormLayout,
    QFrame,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.language import _
from ui import strokes
from ui.words import key_name, label

HELP = (
    ("Ctrl+O", _("Add files")),
    ("Ctrl+K", _("Find a command, a place or a task")),
    ("Ctrl+F", _("Filter the inbox; elsewhere, search there")),
    ("Ctrl+Shift+C", _("Copy the answer as plain text")),
    ("J / K", _("Next / previous task")),
    ("A", _("Approve the draft")),
    ("E", _("Edit the draft; Ctrl+Enter approves the edit")),
    ("X", _("Reject the draft")),
    ("Space", _("Skip for now")),
    ("Backspace", _("Take the last decision back, up to ten")),
    ("W, then 1 … 9", _("Why this intent; take that one instead, and run again")),
    ("L", _("Look at a proposed write; Ctrl+Enter allows it")),
    ("H", _("Show or hide text that is not visible on the page")),
    ("Esc", _("Leave an edit, a question or a text field")),
    ("Ctrl+.", _("Stop what is read and worked")),
    ("↑ / ↓", _("Move in a list: a sentence shows its source, a field its place")),
    ("Enter", _("Open the card of a handoff; open or close a request")),
    ("Enter / Del", _("Models: use the chosen one / remove it")),
    ("← / →", _("Close or open the request that a handoff belongs to")),
    ("Ctrl+1 / 2 / 3", _("Go to inbox / draft / handoffs")),
    ("Alt+1, 2, …", _("Go to the inbox, to what is to be reviewed, and so on")),
    ("? or F1", _("Show or hide this help")),
    ("Ctrl+Q", _("Quit")),
)


STEPS = ("J", "K")
"""Held down, they go on; any other key wishes once, however long it is held."""


def bind(window: QWidget, key: str, wish: Callable[[], object]) -> QShortcut:
    """A key of the whole window."""
    shortcut = QShortcut(QKeySequence(key), window)
    shortcut.setAutoRepeat(key in STEPS)
    shortcut.activated.connect(wish)
    return shortcut


class ReviewKeys(QObject):
    """Keys without Ctrl. They are off while someone types, and Space stays with a focused button."""

    def __init__(self, window: QWidget, wishes: Mapping[str, Callable[[], None]]) -> None:
        super().__init__(window)
        self._resting = False
        self.shortcuts = {key: bind(window, key, wish) for key, wish in wishes.items()}
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus)

    def rest(self, resting: bool) -> None:
        """Off, or on again, whatever has the focus: elsewhere there is no task to decide on."""
        self._resting = resting
        self._focus(None, QApplication.focusWidget())

    @Slot(QWidget, QWidget)
    def _focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        typing = isinstance(new, (QLineEdit, QComboBox)) or (isinstance(new, QPlainTextEdit) and not new.isReadOnly())
        off = typing or self._resting
        for key, shortcut in self.shortcuts.items():
            shortcut.setEnabled(not off and not (key == "Space" and isinstance(new, QAbstractButton)))


class Help(QFrame):
    """The keys, over the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._under = parent
        self.setFrameShape(QFrame.Shape.Box)
        self.setAutoFillBackground(True)
        self.setAccessibleName(_("Keys of this window"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        heading = label(_("Keys"))
        heading.setFont(strokes.bold(self.font()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(heading)
        form = QFormLayout()
        form.setHorizontalSpacing(24)
        for key, meaning in HELP:
            named = label(key_name(key))
            named.setFont(strokes.bold(self.font()))
            form.addRow(named, label(meaning))
        layout.addLayout(form)
        self.hide()

    def toggle(self) -> None:
        if self.isVisible():
            self.hide()
            return
        self.adjustSize()
        parent = self._under
        self.move((parent.width() - self.width()) // 2, max(0, (parent.height() - self.height()) // 3))
        self.show()
        self.raise_()
        self.setFocus()
