"""Tells what the look of a page does not: text that can't be seen on it, and how surely it was recognised."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.language import _, several
from engine.pages import HIDDEN, Hidden, Page
from ui import strokes, tones
from ui.elided import Elided
from ui.rows import Row, RowList
from ui.words import Sign, Tone, shortened

_TALL = 108
"""Pixels that the list gets in a small window. It may take a quarter of a large one; the rest is scrolled."""
_LONG = 200
_MOST = 200
_HARMLESS = ("comment", "deleted", "concealed", "elsewhere")
"""What people hide every day; the rest is hidden from people."""


class Unseen(QWidget):
    picked = Signal(object)
    """A person went to a piece of hidden text; carries the Hidden."""
    turned = Signal(int)
    """A person wants to see the hidden text of that page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._pages: tuple[int, ...] = ()
        self._most = _TALL
        self.toggle, self.others = (
            _button(_("Text that is not visible")),
            _button(_("Pages with text that is not visible")),
        )
        self.toggle.setCheckable(True)
        self.toggle.setToolTip(_("Show or hide the text that can't be seen on this page (H)"))
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.others.setToolTip(_("Go to the next page with text that is not visible"))
        self.note = Elided(_("How this page was read"))
        self.note.setFont(strokes.smaller(self.font()))
        self.list = RowList(_("Text that is not visible on this page"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        top = QHBoxLayout()
        top.setSpacing(4)
        for widget in (self.toggle, self.others):
            top.addWidget(widget)
        top.addWidget(self.note, 1)
        top.addStretch(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self.list)
        self.toggle.toggled.connect(self._open)
        self.others.clicked.connect(self._turn)
        self.list.picked.connect(self.picked)
        self.show_page(None, "")

    def show_page(self, page: Page | None, note: str) -> None:
        """`note` says how the page was read, where that is worth a word."""
        hidden = page.hidden if page else ()
        self._number = page.number if page else 0
        self.list.show_rows(rows(hidden))
        tone: Tone = "caution" if all(one.kind in _HARMLESS for one in hidden) else "danger"
        said = several(
            "Not visible on the page: {n:,} piece of text",
            "Not visible on the page: {n:,} pieces of text", len(hidden),
        ) if hidden else ""  # fmt: skip
        _name(self.toggle, said)
        for button in (self.toggle, self.others):
            tones.write(button, tone if hidden else "danger")
        _ground(self.list, tone)
        self._others()
        self._open(self.toggle.isChecked())
        self.show_note(note)

    def show_note(self, note: str) -> None:
        self.note.set_text(note)
        self.note.setHidden(not note)
        self._room()

    def show_pages(self, pages: Sequence[int]) -> None:
        """The pages of this document that hold text which is not visible."""
        self._pages = tuple(pages)
        self._others()
        self._room()

    @Slot()
    def flip(self) -> None:
        """Open the list of hidden text, or close it; where there is none, nothing happens."""
        if not self.toggle.isHidden():
            self.toggle.toggle()

    def give(self, room: int) -> None:
        """So many pixels are there for page and list: hidden text cannot push the page off the window."""
        self._most = max(_TALL, room // 4)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _others(self) -> None:
        pages = [number for number in self._pages if number != self._number]
        listed = ", ".join(map(str, pages[:4])) + (" …" if len(pages) > 4 else "")
        if self.toggle.isHidden():
            said = several(
                "Not visible: text on page {pages}", "Not visible: text on pages {pages}", len(pages), pages=listed
            )
        else:
            said = several("Also on page {pages}", "Also on pages {pages}", len(pages), pages=listed)
        said = said if pages else ""

        _name(self.others, said)

    @Slot(bool)
    def _open(self, opened: bool) -> None:
        self.toggle.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.list.setVisible(opened and not self.toggle.isHidden())
        self._fit()
        self._room()

    @Slot()
    def _turn(self) -> None:
        """To the next such page, and from the last to the first."""
        others = [number for number in self._pages if number != self._number]
        if others:
            self.toggle.setChecked(True)
            self.turned.emit(next((number for number in others if number > self._number), others[0]))

    def _room(self) -> None:
        self.setHidden(self.toggle.isHidden() and self.others.isHidden() and self.note.isHidden())

    def _fit(self) -> None:
        tall = self.list.tall(self._most)
        if tall != self.list.maximumHeight():
            self.list.setFixedHeight(tall)


def rows(hidden: Sequence[Hidden]) -> list[Row]:
    """Each piece of hidden text: why it can't be seen, and what it says."""
    made = [_row(one) for one in hidden[:_MOST]]
    if len(hidden) > _MOST:
        made.append(Row("", head=_("and {others:,} more").format(others=len(hidden) - _MOST)))
    return made


def _row(hidden: Hidden) -> Row:
    why = _(HIDDEN[hidden.kind])
    sign = Sign("", "diamond", "caution" if hidden.kind in _HARMLESS else "danger")
    text = hidden.text.replace("\n", " · ") if hidden.kind == "characters" else hidden.text
    return Row(shortened(text, _LONG), sign, head=why[:1].upper() + why[1:], value=hidden)


def _button(name: str) -> QToolButton:
    made = QToolButton()
    made.setAccessibleName(name)
    made.setAutoRaise(True)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made


def _name(button: QToolButton, said: str) -> None:
    """What it says, or nothing to say and no button."""
    if said:
        button.setText(said)
        button.setAccessibleName(said)
    button.setHidden(not said)


def _ground(view: RowList, tone: Tone) -> None:
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, tones.wash(tone, palette, 0.1))
    view.setPalette(palette)
