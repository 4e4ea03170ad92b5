"""A playbook's text with the numbers of its lines, and below what is wrong with it: with its line and its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QSplitter, QTextEdit, QVBoxLayout, QWidget

from app.language import _
from ui import strokes, tones
from ui.rows import Row, RowList
from ui.words import Sign, written

if TYPE_CHECKING:
    from engine.playbook import Complaint

QUIET_MS = 300
"""After the last letter that was typed."""
_WRONG = Sign("", "cross", "danger")
_BETTER = Sign("", "dot", "quiet")
_RIGHT = Sign("", "check", "good")


class Lined(QPlainTextEdit):
    """Plain text in a fixed font, with the numbers of its lines on the left."""

    def __init__(self) -> None:
        super().__init__()
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF())
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.setFont(font)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.setTabChangesFocus(True)
        self.numbers = _Numbers(self)
        self.blockCountChanged.connect(self.widen)
        self.updateRequest.connect(self._scrolled)
        self.widen()

    def go_to(self, line: int) -> None:
        """The cursor at the beginning of that line (from 1), in the middle of what is seen."""
        block = self.document().findBlockByNumber(max(0, min(line, self.blockCount()) - 1))
        self.setTextCursor(QTextCursor(block))
        self.centerCursor()

    def mark(self, lines: Sequence[int]) -> None:
        """Tint these lines."""
        look = QTextCharFormat()
        look.setBackground(tones.wash("danger", self.palette()))
        look.setProperty(QTextFormat.Property.FullWidthSelection, True)
        found = []
        for line in sorted(set(lines)):
            made = QTextEdit.ExtraSelection()
            made.cursor = QTextCursor(self.document().findBlockByNumber(min(line, self.blockCount()) - 1))
            made.format = look
            found.append(made)
        self.setExtraSelections(found)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The line with the cursor stays in sight, where it was: what opens below must not cover what is typed."""
        seen = self.cursorRect().bottom() <= event.oldSize().height()
        super().resizeEvent(event)
        if seen and self.cursorRect().bottom() > self.viewport().height():
            self.ensureCursorVisible()
        inside = self.contentsRect()
        self.numbers.setGeometry(QRect(inside.left(), inside.top(), self.numbers.wide(), inside.height()))

    @Slot()
    def widen(self) -> None:
        """Room for the numbers."""
        self.setViewportMargins(self.numbers.wide(), 0, 0, 0)

    @Slot(QRect, int)
    def _scrolled(self, _rect: QRect, _by: int) -> None:
        self.numbers.update()

    def draw_numbers(self, painter: QPainter, top: float, bottom: float) -> None:
        """The numbers of the lines between these heights."""
        ink = tones.ink("quiet", self.palette())
        block = self.firstVisibleBlock()
        y = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and y <= bottom:
            tall = self.blockBoundingRect(block).height()
            if y + tall >= top:
                rect = QRectF(0, y, self.numbers.width() - 6, QFontMetricsF(self.font()).height())
                text = f"{block.blockNumber() + 1}"
                strokes.words(painter, rect, text, self.font(), ink, Qt.AlignmentFlag.AlignRight)
            block, y = block.next(), y + tall


class _Numbers(QWidget):
    def __init__(self, text: Lined) -> None:
        super().__init__(text)
        self._text = text

    def wide(self) -> int:
        digits = max(3, len(f"{self._text.blockCount()}"))
        return round(QFontMetricsF(self._text.font()).horizontalAdvance("9") * digits) + 14

    def sizeHint(self) -> QSize:
        return QSize(self.wide(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = self._text.palette()
        painter.fillRect(event.rect(), tones.mixed(tones.ground(palette), tones.ink("plain", palette), 0.03))
        self._text.draw_numbers(painter, event.rect().top(), event.rect().bottom())


class PlaybookText(QWidget):
    changed = Signal(str)
    """What stands there now, a moment after the last letter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = Lined()
        self.text.setAccessibleName(_("The playbook's text"))
        self.found = RowList(_("What is wrong with it, or would make it better"))
        self.clock = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._writing, self._given, self._shown = False, "", ""
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.text)
        split.addWidget(self.found)
        split.setStretchFactor(0, 1)
        split.setSizes([460, 120])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self.text.textChanged.connect(self._typed)
        self.clock.timeout.connect(self._tell)
        self.found.picked.connect(self._go)

    def show_text(self, text: str, *, own: bool) -> None:
        """This text; one's own can be changed. Where it stands there already, cursor and undo stay as they are."""
        if text != self.written():
            self.text.blockSignals(True)
            self.text.setPlainText(text)
            self.text.blockSignals(False)
            self.text.widen()
            self.text.numbers.update()
            self.clock.stop()
            self._given, self._shown = text, written(self.text.document())
            self._writing = False
            self.show_found((), ())
        self.text.setReadOnly(not own)
        self.text.setAccessibleDescription("" if own else _("Read only: copy the playbook to change it."))
        if not own:  # a cursor all the same: a person reads by keys, too
            keys = Qt.TextInteractionFlag.TextSelectableByKeyboard | Qt.TextInteractionFlag.TextSelectableByMouse
            self.text.setTextInteractionFlags(keys)

    def show_found(self, complaints: Sequence[Complaint], hints: Sequence[Complaint]) -> None:
        rows = [Row(one.sentence, _WRONG, _("Line {line}").format(line=one.line), value=one.line) for one in complaints]
        rows += [
            Row(one.sentence, _BETTER, _("Line {line}: could be better").format(line=one.line), value=one.line)
            for one in hints
        ]
        if not rows and self._writing:  # a list that came and went with each letter would move the text
            rows = [Row(_("Nothing is wrong with it."), _RIGHT)]
        self.found.show_rows(rows)
        self.found.setVisible(bool(rows))
        self._writing = bool(rows) and not self.text.isReadOnly()
        self.text.mark([one.line for one in complaints])

    def clear(self) -> None:
        """No text, and none that can be written."""
        self.show_text("", own=False)
        self.clock.stop()
        self.text.setAccessibleDescription("")

    def written(self) -> str:
        """What stands there; as long as nobody changed it, as it was given: some letters end a line in Qt's eyes."""
        now = written(self.text.document())
        return self._given if now == self._shown else now

    @Slot()
    def _typed(self) -> None:
        if not self.text.isReadOnly():
            self.clock.start()

    @Slot()
    def _tell(self) -> None:
        self.changed.emit(self.written())

    @Slot(object)
    def _go(self, line: int | None) -> None:
        """To where it stands; the list keeps the focus, so that the next one is a key away."""
        if line is not None:
            self.text.go_to(line)
