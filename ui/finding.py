"""Finds words in the text that is seen: asked for with Ctrl+F, gone through with Enter, left with Esc."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QTextCursor, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QWidget

from app.language import _
from ui import tones
from ui.aside import Aside
from ui.words import isolated, label, push_button, shortened

_SAID = 40
"""Characters of what was not found."""


class FindBar(Aside):
    """Hidden until words are looked for. Where the text ends, it goes on from the other end, and says so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text: QPlainTextEdit | None = None
        self.field = _Field()
        self.before = push_button(_("Previous"), _("Find the one before (Shift+Enter)"), _("Find the one before"))
        self.after = push_button(_("Next"), _("Find the next one (Enter)"), _("Find the next one"))
        self.said = label("", _("What was found"))
        self.close_button = push_button(_("Close"), _("Back to the text (Esc)"), _("Leave the search"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(6)
        layout.addWidget(self.field, 1)
        for widget in (self.before, self.after, self.said, self.close_button):
            layout.addWidget(widget)
        self.field.textEdited.connect(self._typed)
        self.field.onwards.connect(self.find_next)
        self.field.backwards.connect(self.find_before)
        self.after.clicked.connect(self.find_next)
        self.before.clicked.connect(self.find_before)
        self.close_button.clicked.connect(self.leave)

    def open(self, text: QPlainTextEdit) -> None:
        """Look in that text, at first for what is selected in it."""
        self.look_in(text)
        chosen = text.textCursor().selectedText()
        if chosen and "\u2029" not in chosen:
            self.field.setText(chosen)
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    def look_in(self, text: QPlainTextEdit | None) -> None:
        """Another text is seen now; where there is none, there is nothing to look in."""
        self._text = text
        self._say("")
        if text is None:
            self.hide()

    @Slot()
    def leave(self) -> None:
        """What was found stays selected."""
        super().leave()
        if self._text is not None:
            self._text.setFocus()

    @Slot()
    def find_next(self) -> None:
        self._find(QTextDocument.FindFlag(0), QTextCursor.MoveOperation.Start, _("Went on from the beginning."))

    @Slot()
    def find_before(self) -> None:
        self._find(QTextDocument.FindFlag.FindBackward, QTextCursor.MoveOperation.End, _("Went on from the end."))

    @Slot()
    def _typed(self) -> None:
        """What is found already stays, as long as it fits what is typed."""
        if self._text is not None:
            cursor = self._text.textCursor()
            cursor.setPosition(cursor.selectionStart())
            self._text.setTextCursor(cursor)
            self.find_next()

    def _find(self, flags: QTextDocument.FindFlag, again: QTextCursor.MoveOperation, around: str) -> None:
        words, text = self.field.text(), self._text
        self._say("")
        if text is None or not words or text.find(words, flags):
            return
        kept = text.textCursor()
        text.moveCursor(again)
        if text.find(words, flags):
            self._say(around)
        else:
            text.setTextCursor(kept)
            self._say(_("Not found: {words}").format(words=isolated(shortened(words, _SAID))), found=False)

    def _say(self, sentence: str, *, found: bool = True) -> None:
        tones.write(self.said, "quiet" if found else "caution")
        self.said.setText(sentence)
        self.field.setAccessibleDescription(sentence)


class _Field(QLineEdit):
    onwards = Signal()
    backwards = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(_("Find in this text"))
        self.setAccessibleName(_("Find in this text"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.backwards.emit()
        else:
            self.onwards.emit()
