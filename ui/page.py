"""Shows a page of what came in, or of a source it is answered from, with the places that matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QImage, QResizeEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPlainTextEdit,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.language import _
from engine.cards import Document, Evidence, Handoff, Place
from ui import marks, tones
from ui.elided import Choice
from ui.marks import Mark, Spot
from ui.paper import Paper
from ui.unseen import Unseen
from ui.words import label, one_line, plain_tip, same_length, utf16

if TYPE_CHECKING:
    from engine.pages import Hidden, Page

INCOMING, SOURCE = 0, 1
_UNDRAWN = _("This page can't be drawn; here is its text.")
_ZOOMS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)


class PageView(QWidget):
    wanted = Signal(str, int)
    """This page of that document (by content hash) is needed."""

    def __init__(self, side: int = INCOMING, parent: QWidget | None = None) -> None:
        """`side` is what it shows at first."""
        super().__init__(parent)
        self._side = side
        self._handoff: Handoff | None = None
        self._spot: tuple[str, int] = ("", 0)
        self._focus: dict[int, Place | None] = {INCOMING: None, SOURCE: None}
        self._at: dict[int, tuple[str, int]] = {}
        """Where a person went, or a mark led them: until then, each side shows what comes first."""
        self._page: Page | None = None
        self._pages = 0
        self._own: list[Mark] = []
        self._shown: list[Mark] | None = None
        self._undrawn = False
        self._listed: list[tuple[str, str]] = []
        self.tabs = QTabBar()
        self.tabs.addTab(_("Incoming"))
        self.tabs.addTab(_("Source"))
        self.tabs.setAccessibleName(_("Incoming file or source"))
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.documents = Choice(_("Document"), 3, _("No document"))
        self.back, self.forward = _button("‹", _("Previous page")), _button("›", _("Next page"))
        self.number = label("", _("Page number"))
        self.less, self.more, self.fit = (
            _button("−", _("Smaller")), _button("+", _("Larger")), _button(_("Fit"), _("Fit the width")),
        )  # fmt: skip
        self.as_text = QCheckBox(_("Text"))
        self.as_text.setToolTip(_("Show the text that was read from this page"))
        self.named = label((_("Incoming"), _("Source"))[side], _("What this view shows"))
        self.named.hide()
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.tabs)
        top.addWidget(self.named)
        top.addWidget(self.documents, 1)
        for widget in (self.back, self.number, self.forward, self.less, self.more, self.fit, self.as_text):
            top.addWidget(widget)
        self.paper = Paper()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(_("Text of the page"))
        self.empty = label("", _("Why no page is shown"), wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setMargin(16)
        self.stack = QStackedWidget()
        for face in (self.empty, self.paper, self.text):
            self.stack.addWidget(face)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 0)
        layout.setSpacing(4)
        self.unseen = Unseen()
        layout.addLayout(top)
        layout.addWidget(self.unseen)
        layout.addWidget(self.stack, 1)
        self.tabs.currentChanged.connect(self._switch)
        self.documents.activated.connect(self._open)
        self.back.clicked.connect(self._back)
        self.forward.clicked.connect(self._forward)
        self.less.clicked.connect(self._smaller)
        self.more.clicked.connect(self._larger)
        self.fit.clicked.connect(self._fit)
        self.as_text.toggled.connect(self._draw)
        self.unseen.picked.connect(self._uncover)
        self.unseen.turned.connect(self._turn_to)
        self.tabs.setCurrentIndex(side)
        self._blank(_("Choose a task to see its file."))

    def pin(self, pinned: bool) -> None:
        """Show one side only, or let a person switch: where the other has a view of its own."""
        self.tabs.setHidden(pinned)
        self.named.setVisible(pinned)
        if pinned:
            self.tabs.setCurrentIndex(self._side)

    def show_handoff(self, handoff: Handoff | None, *, fresh: bool) -> None:
        """`fresh` says that another task is shown now, and old places mean nothing any more."""
        fresh = fresh or (self._handoff and self._handoff.card.id) != (handoff and handoff.card.id)
        if fresh:
            self._focus, self._at, self._spot = {INCOMING: None, SOURCE: None}, {}, ("", 0)
            self.tabs.setCurrentIndex(self._side)
        old, self._handoff = self._handoff, handoff
        self._list_documents()
        moved = self._where() != self._spot
        if fresh or moved or not self._spot[0] or (old and handoff and old.documents != handoff.documents):
            self._go()
        else:
            self._marks()

    def focus_field(self, place: Place) -> None:
        self._look(INCOMING, place)

    def focus_source(self, evidence: Evidence) -> None:
        self._look(SOURCE, evidence.place)

    def show_page(self, sha256: str, number: int, pages: int, page: Page | None) -> None:
        """The answer to `wanted`. `page` is None where nothing was read."""
        if (sha256, number) != self._spot:
            return
        self._page, self._pages, self._shown, self._undrawn = page, pages, None, False
        self._own = marks.of_page(page, None) if page else []
        self._numbers()
        self.unseen.show_page(page, marks.sureness(page) if page else "")
        if page is None:
            self._blank(self._instead())
            return
        self.text.setPlainText(same_length(page.text))
        self.paper.show_picture(QImage(), (page.width, page.height))
        self.paper.verticalScrollBar().setValue(0)
        self._draw()

    def show_picture(self, sha256: str, number: int, image: QImage | None) -> None:
        """None where the page can't be drawn: then its text is shown."""
        if (sha256, number) != self._spot or self._page is None:
            return
        self._shown, self._undrawn = None, image is None
        if image is not None:
            self.paper.show_picture(image, (self._page.width, self._page.height))
        else:
            self.unseen.show_note(_UNDRAWN)
        self._draw()

    def show_unseen(self, sha256: str, pages: Sequence[int]) -> None:
        """Which pages of that document hold text that is not visible."""
        if sha256 == self._spot[0]:
            self.unseen.show_pages(pages)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.unseen.give(self.height())

    def _tab_documents(self) -> list[tuple[str, str]]:
        """Content hash and name of what this tab can show."""
        if self._handoff is None:
            return []
        if self.tabs.currentIndex() == INCOMING:
            return [(document.sha256, _named(document)) for document in self._handoff.documents]
        return list({item.place.document: item.place.name for item in self._handoff.evidence}.items())

    def _list_documents(self) -> None:
        shown = self._tab_documents()
        current = self._where()[0]
        if shown != self._listed:  # an open list is not closed under a person by each handoff
            self._listed = shown
            self.documents.clear()
            for number, (sha256, name) in enumerate(shown):
                self.documents.addItem(one_line(name), sha256)
                self.documents.setItemData(number, plain_tip(name), int(Qt.ItemDataRole.ToolTipRole))
        self.documents.setCurrentIndex(max(0, self.documents.findData(current)) if shown else -1)
        self.documents.setEnabled(bool(shown))

    def _go(self) -> None:
        """Ask for the page this tab stands on, or say why there is none."""
        spot = self._where()
        if not spot[0]:
            self._spot, self._pages, self._page = ("", 0), 0, None
            self._numbers()
            self.unseen.show_page(None, "")
            self.unseen.show_pages(())
            self._blank(self._instead())
            return
        self.documents.setCurrentIndex(max(0, self.documents.findData(spot[0])))
        if spot == self._spot and self._page is not None:
            self._draw()
            return
        if spot[0] != self._spot[0]:
            self.unseen.show_pages(())
        self._spot, self._page = spot, None
        self.wanted.emit(*spot)

    def _where(self) -> Spot:
        """Where this tab stands: where a person went, else at what comes first."""
        tab, documents = self.tabs.currentIndex(), self._tab_documents()
        if tab in self._at or not documents:
            return self._at.get(tab, ("", 0))
        focus = self._looked_at(tab)
        return (focus.document, max(1, focus.page)) if focus else (documents[0][0], 1)

    def _looked_at(self, tab: int) -> Place | None:
        """The place that stands out: the one that was asked for; among sources, until then, the first that is cited."""
        cited = first_cited(self._handoff) if tab == SOURCE and tab not in self._at else None
        return cited.place if cited else self._focus[tab]

    def _instead(self) -> str:
        """What to say where there is no page."""
        if self.tabs.currentIndex() == SOURCE:
            quotes = [item.quote for item in self._evidence() if item.place == self._looked_at(SOURCE)]
            return (
                _("This source has no page to show. It says: {quote}").format(quote=quotes[0])
                if quotes
                else _("No source was cited yet.")
            )
        if self._handoff is None:
            return _("Choose a task to see its file.")
        unread = [one for one in self._handoff.documents if one.sha256 == self._spot[0] and one.code]
        if unread:
            return _("This file could not be read. {title}").format(title=unread[0].title)
        return _("The page appears here as soon as the file is read.")

    def _evidence(self) -> tuple[Evidence, ...]:
        return self._handoff.evidence if self._handoff else ()

    def _look(self, tab: int, place: Place) -> None:
        self._focus[tab], self._shown = place, None
        self._at[tab] = (place.document, max(1, place.page))
        if self.tabs.currentIndex() != tab:
            self.tabs.setCurrentIndex(tab)
        else:
            self._go()

    @Slot(int)
    def _switch(self, _tab: int) -> None:
        self._list_documents()
        self._go()

    @Slot(int)
    def _open(self, number: int) -> None:
        self._at[self.tabs.currentIndex()] = (self.documents.itemData(number), 1)
        self._go()

    @Slot()
    def _back(self) -> None:
        self._turn(-1)

    @Slot()
    def _forward(self) -> None:
        self._turn(1)

    def _turn(self, by: int) -> None:
        self._turn_to(self._spot[1] + by)

    @Slot(object)
    def _uncover(self, hidden: Hidden | None) -> None:
        """Frame that piece of hidden text strongly, and bring it into view."""
        if self._page is not None:
            self._own, self._shown = marks.of_page(self._page, hidden), None
            self._marks()

    @Slot(int)
    def _turn_to(self, number: int) -> None:
        if 1 <= number <= self._pages:
            self._at[self.tabs.currentIndex()] = (self._spot[0], number)
            self._go()

    @Slot()
    def _smaller(self) -> None:
        self.paper.set_zoom(next((zoom for zoom in reversed(_ZOOMS) if zoom < self.paper.scale() - 0.01), _ZOOMS[0]))

    @Slot()
    def _larger(self) -> None:
        self.paper.set_zoom(next((zoom for zoom in _ZOOMS if zoom > self.paper.scale() + 0.01), _ZOOMS[-1]))

    @Slot()
    def _fit(self) -> None:
        self.paper.set_zoom(0.0)

    def _numbers(self) -> None:
        self.number.setText(_("{page} of {pages}").format(page=self._spot[1], pages=self._pages) if self._pages else "")
        self.back.setEnabled(self._spot[1] > 1)
        self.forward.setEnabled(self._spot[1] < self._pages)

    def _blank(self, why: str) -> None:
        self.empty.setText(why)
        self.stack.setCurrentWidget(self.empty)

    @Slot()
    def _draw(self) -> None:
        """Picture or text, then the marks on it."""
        if self._page is None:
            return
        drawn = self._page.width > 0 and not self._undrawn
        self.as_text.setEnabled(drawn)
        for widget in (self.less, self.more, self.fit):
            widget.setEnabled(drawn and not self.as_text.isChecked())
        picture = drawn and not self.as_text.isChecked()
        self.stack.setCurrentWidget(self.paper if picture else self.text)
        self._marks()

    def marks(self) -> list[Mark]:
        """The places on the current page, the one that was asked for last and strong."""
        tab, handoff = self.tabs.currentIndex(), self._handoff
        made = list(self._own)
        if handoff and tab == SOURCE:
            made += marks.of_sources(handoff, self._spot, self._looked_at(tab))
        elif handoff:
            made += marks.of_incoming(handoff, self._page, self._spot, self._focus[tab])
        return sorted(made, key=lambda mark: mark.strong)

    def _marks(self) -> None:
        if self._page is None:
            return
        found = self.marks()
        if found == self._shown:
            return  # a person who has scrolled away stays there
        self._shown = found
        self.paper.show_marks(found)
        self.text.setExtraSelections([self._selection(mark) for mark in found if mark.end > mark.start])
        strong = next((mark for mark in found if mark.strong and mark.end > mark.start), None)
        if strong:
            cursor = QTextCursor(self.text.document())
            cursor.setPosition(min(utf16(self._page.text, strong.start), self.text.document().characterCount() - 1))
            self.text.setTextCursor(cursor)
            self.text.centerCursor()

    def _selection(self, mark: Mark) -> QTextEdit.ExtraSelection:
        made = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.text.document())
        text = self._page.text if self._page else ""
        last = self.text.document().characterCount() - 1
        cursor.setPosition(min(utf16(text, mark.start), last))
        cursor.setPosition(min(utf16(text, mark.end), last), QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setBackground(tones.wash(mark.tone, self.palette(), 0.4 if mark.strong else 0.16))
        if mark.strong:
            look.setFontUnderline(True)
        made.cursor, made.format = cursor, look
        return made


def first_cited(handoff: Handoff | None) -> Evidence | None:
    """What the draft's first sentence with a citation rests on; while nothing is cited, the first that was found."""
    if handoff is None or not handoff.evidence:
        return None
    cited = [number for one in (handoff.draft.sentences if handoff.draft else ()) for number in one.citations[:1]]
    found = {item.n: item for item in handoff.evidence}
    return next((found[number] for number in cited if number in found), handoff.evidence[0])


def _named(document: Document) -> str:
    name = _("Attachment: {name}").format(name=document.name) if document.parent else document.name
    return _("{name} (not read)").format(name=name) if document.code else name


def _button(text: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
