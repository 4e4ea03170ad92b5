"""The toolbar: what can be done with the inbox and the run; wires nothing."""

from __future__ import annotations

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QToolBar, QWidget

from app.language import _
from ui.words import key_name


class Tools(QToolBar):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(_("Main"), parent)
        self.setMovable(False)
        self.files = self._action(_("Add files…"), _("Add files to the inbox"), "Ctrl+O")
        self.folder = self._action(_("Add folder…"), _("Add all files of a folder"), "Ctrl+Shift+O")
        self.sample = self._action(_("Sample inbox"), _("Add the sample inbox"))
        self.addSeparator()
        self.stop = self._action(_("Stop"), _("Stop what is read, the running task and the queue"), "Ctrl+.")
        self.again = self._action(_("Run again"), _("Go on with this task from its last handoff"))
        self.export = self._action(
            _("Export case…"), _("Write documents, draft, sources and handoffs of this task as a ZIP")
        )
        self.addSeparator()
        self.follow = self._action(_("Follow the run"), _("Always show the task that is being worked"))
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.keys = self._action(_("Keys"), _("Show the keys of this window"), "F1")
        for action in (self.files, self.folder, self.sample, self.stop, self.again, self.export):
            action.setEnabled(False)

    def open_for_work(self) -> None:
        """The desk is open: files can come in."""
        for action in (self.files, self.folder, self.sample):
            action.setEnabled(True)

    def _action(self, text: str, tip: str, key: str = "") -> QAction:
        made = QAction(text, self)
        made.setIconText(text)
        made.setToolTip(f"{tip} ({key_name(key)})" if key else tip)
        made.setShortcut(QKeySequence(key))
        self.addAction(made)
        return made
