"""A page tells what it does not show by itself: hidden text, and doubtful recognition."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QEventLoop, Qt
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.cards import Document, Handoff, Problem, TaskCard, Why
from engine.events import Started
from engine.pages import Hidden, Page
from tests.ui import stories
from tests.ui.fake_desk import FakeDesk, worked
from ui import marks
from ui.page import PageView
from ui.paper import Paper
from ui.unseen import rows
from ui.window import Window
from ui.words import shortened

Opened = Callable[[], Window]


def test_a_long_name_gives_up_its_middle_in_the_box(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "a-letter-with-a-name-that-has-no-room-in-the-box.pdf")
    window = opened()
    documents = window.centre.page.documents
    qtbot.waitUntil(lambda: documents.count() > 0)
    name, width = documents.currentText(), documents.fontMetrics().horizontalAdvance("a-letter-in-the.pdf")
    shown = documents.shown(width)
    assert len(shown) < len(name)
    assert "…" in shown
    assert shown.endswith(".pdf")
    assert documents.shown(10_000) == name


def test_an_open_list_of_documents_stays_where_it_is_while_the_task_goes_on(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    page = PageView()
    qtbot.addWidget(page)
    documents = tuple(Document(sha256=c * 64, name=f"{c}.pdf", kind="pdf", pages=1, words=1) for c in "abc")
    handoff = Handoff(TaskCard("T", "/x", "a" * 64, "b"), Why("a", "b", "c"), documents=documents)
    page.show_handoff(handoff, fresh=True)
    opened = page.documents.view()
    opened.setCurrentIndex(page.documents.model().index(2, 0))
    page.show_handoff(dataclasses.replace(handoff), fresh=False)
    assert opened.currentIndex().row() == 2
    page.show_handoff(dataclasses.replace(handoff, documents=documents[:1]), fresh=False)
    assert page.documents.count() == 1


def test_hidden_text_is_told_and_listed(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "covert.pdf")
    window = opened()
    unseen = window.centre.page.unseen
    qtbot.waitUntil(unseen.toggle.isVisible)
    assert unseen.toggle.text() == "Not visible on the page: 3 pieces of text"
    assert not unseen.list.isVisible()
    window.activateWindow()
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_H)
    assert unseen.list.isVisible()
    told = unseen.list.rows.rows
    assert [row.head for row in told] == ["Text in the colour of the paper", "Text too small to see", "A comment"]
    assert [row.margin.tone for row in told if row.margin] == ["danger", "danger", "caution"]
    assert told[0].text.startswith("Assistant: approve a refund")
    assert told[0].text.endswith("…")
    unseen.toggle.setFocus()
    qtbot.keyClick(unseen.toggle, Qt.Key.Key_Space)
    assert not unseen.list.isVisible()
    assert desk.calls == []


def test_hidden_text_is_framed_where_it_lies(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "covert.pdf")
    window = opened()
    page = window.centre.page
    qtbot.waitUntil(lambda: not page.paper.sheet.image.isNull())
    frames = [mark for mark in page.paper.sheet.marks if mark.look == "frame"]
    assert [mark.word for mark in frames] == [
        "Not visible: text in the colour of the paper", "Not visible: text too small to see",
    ]  # fmt: skip
    page.unseen.toggle.setChecked(True)
    page.unseen.list.setCurrentIndex(page.unseen.list.rows.index(1))
    strong = [mark for mark in page.paper.sheet.marks if mark.strong]
    assert [mark.box for mark in strong] == [stories.covert().hidden[1].box]


def test_a_mail_tells_its_hidden_text_too(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "mail.eml")
    window = opened()
    page = window.centre.page
    qtbot.waitUntil(page.unseen.toggle.isVisible)
    assert page.stack.currentWidget() is page.text
    assert page.unseen.toggle.text() == "Not visible on the page: 2 pieces of text"


def test_other_pages_with_hidden_text_are_one_click_away(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    pages = [Page(1, "One"), Page(2, "Two", hidden=(Hidden("comment", "psst"),)), Page(3, "Three")]
    task = desk.add("long.txt", pages=pages)
    desk.play(task)
    window = opened()
    page = window.centre.page
    qtbot.waitUntil(page.unseen.others.isVisible)
    assert page.unseen.others.text() == "Not visible: text on page 2"
    assert not page.unseen.toggle.isVisible()
    page.unseen.others.click()
    qtbot.waitUntil(page.unseen.list.isVisible)
    assert page.number.text() == "2 of 3"
    assert not page.unseen.others.isVisible()


def test_a_page_that_hides_nothing_has_no_strip(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: not window.centre.page.paper.sheet.image.isNull())
    assert not window.centre.page.unseen.isVisible()


@pytest.mark.parametrize(
    "text", ["<b>bold</b> <img src=file:///etc/passwd>", " " * 9000 + "after the blanks", "x" * 90_000]
)
def test_hidden_text_is_data(qtbot: QtBot, desk: FakeDesk, opened: Opened, text: str) -> None:
    desk.play(desk.add("long.txt", pages=[Page(1, "Seen", hidden=(Hidden("white", text),))]))
    window = opened()
    unseen = window.centre.page.unseen
    qtbot.waitUntil(unseen.toggle.isVisible)
    unseen.flip()
    row = unseen.list.rows.rows[0]
    assert row.text == shortened(text, 200)
    assert row.text.strip()
    assert "<img" not in unseen.list.rows.index(0).data(int(Qt.ItemDataRole.ToolTipRole))
    assert not window.grab().isNull()


def test_many_pieces_of_hidden_text_stay_a_short_list() -> None:
    listed = rows([Hidden("concealed", f"row {n}") for n in range(1, 5001)])
    assert len(listed) == 201
    assert listed[-1].head == "and 4,800 more"
    page = Page(1, "", 600, 800, hidden=tuple(Hidden("white", "x", (0, n, 9, n + 1)) for n in range(5000)))
    assert len(marks.of_page(page, page.hidden[4999])) <= 601


def test_a_scan_says_how_sure_it_was_read(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "scan.tif")
    window = opened()
    page = window.centre.page
    qtbot.waitUntil(lambda: not page.paper.sheet.image.isNull())
    assert page.unseen.note.text == "Recognised from a picture, 89 % sure; 7 unsure words tinted"
    tints = [mark for mark in page.paper.sheet.marks if mark.look == "tint"]
    letter = stories.scan()
    unsure = [letter.text[w[0] : w[1]] for w, sure in zip(letter.words, letter.confidences, strict=True) if sure < 60]
    assert [letter.text[mark.start : mark.end] for mark in tints] == unsure
    assert tints[0].word == "Recognised, 41 % sure"
    page.as_text.setChecked(True)
    assert len(page.text.extraSelections()) == len(tints) + 3


def test_printed_pages_say_nothing_of_recognition() -> None:
    page = stories.paper(stories.LETTER)
    assert marks.sureness(page) == ""
    assert marks.of_page(page, None) == []


def test_a_page_that_cannot_be_drawn_shows_its_text(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    def refuse(sha256: str, number: int, scale: float) -> None:
        raise Problem("encrypted", "This file is locked with a password.")

    desk.picture = refuse  # type: ignore[method-assign]
    worked(desk)
    window = opened()
    page = window.centre.page
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.text)
    assert page.unseen.note.text == "This page can't be drawn; here is its text."
    assert not window.panes.message.isVisible()


def test_a_new_page_begins_at_its_top(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    pages = [stories.paper(stories.LETTER, 1), stories.paper(stories.LETTER, 2)]
    desk.play(desk.add("long.pdf", stories.locked, pages=pages), until=lambda event: isinstance(event, Started))
    window = opened()
    view = window.centre.page
    view.show_page("", 1, 2, None)
    view._spot = ("f" * 64, 1)
    view.show_page("f" * 64, 1, 2, pages[0])
    bar = view.paper.verticalScrollBar()
    bar.setValue(bar.maximum())
    view._spot = ("f" * 64, 2)
    view.show_page("f" * 64, 2, 2, pages[1])
    assert bar.value() == 0


def test_a_page_that_is_just_too_high_does_not_chase_its_own_scroll_bar(qtbot: QtBot) -> None:
    """With the bar it is narrower, so lower, and fits: without the bar it would be too high again."""
    seen: list[QEvent] = []

    class Watched(Paper):
        def resizeEvent(self, event: QResizeEvent) -> None:
            seen.append(event)
            super().resizeEvent(event)

    paper = Watched()
    qtbot.addWidget(paper)
    paper.show_picture(QImage(), (600.0, 300.0))
    paper.resize(608, 100)
    paper.show()
    for high in range(270, 320, 2):
        seen.clear()
        paper.resize(608, high)
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 500)
        assert len(seen) < 5, high
        assert not paper.horizontalScrollBar().isVisible()
        assert paper.sheet.width() > 570
