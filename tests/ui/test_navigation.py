"""The places of the window: inbox and review are one desk in two arrangements, the others rooms of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.pages import Page
from tests.ui import stories
from tests.ui.fake_desk import FakeDesk, told_by, worked
from ui import glyphs
from ui.navigation import VIEWS
from ui.window import Window

Opened = Callable[[], Window]


def reviewing(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> Window:
    """A window on one task that waits, one that was set aside and one that is queued; the place is Review."""
    worked(desk)
    desk.play_all([desk.add("damaged-scan.pdf", told_by("damaged"))])
    desk.add("later.pdf")
    window = opened()
    qtbot.waitUntil(lambda: window.inbox.tasks.rowCount() == 3)
    window.places.go("review")
    return window


def test_review_shows_what_waits_for_a_person_and_says_how_much(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = reviewing(qtbot, desk, opened)
    assert [window.inbox.sieve.index(row, 0).data() for row in range(window.inbox.sieve.rowCount())] == ["letter.pdf"]
    assert window.inbox.heading.text() == "To review"
    assert not window.panes.handoffs.isVisible()
    index = window.places.places.index(1)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Review, 1 waiting"
    window.places.go("inbox")
    assert window.panes.handoffs.isVisible()
    assert window.inbox.sieve.rowCount() == 3


def test_what_was_decided_leaves_the_review(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = reviewing(qtbot, desk, opened)
    qtbot.waitUntil(window.centre.decision.approve_button.isEnabled)
    window.deciding.approve()
    qtbot.waitUntil(lambda: window.inbox.sieve.rowCount() == 0)
    assert window.places.places.index(1).data(Qt.ItemDataRole.AccessibleTextRole) == "Review"
    qtbot.waitUntil(window.inbox.none.isVisible)
    assert window.inbox.none.text() == "Nothing waits for a decision. What the desk has worked comes here."
    window.places.go("inbox")
    assert not window.inbox.none.isVisible()


def test_the_places_have_keys_and_say_them(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: window.places.here == "review")
    tips = [window.places.places.index(row).data(Qt.ItemDataRole.ToolTipRole) for row in range(2)]
    assert [tip[-7:] for tip in tips] == ["(Alt+1)", "(Alt+2)"]


def test_letters_decide_nothing_where_no_task_is_seen(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = reviewing(qtbot, desk, opened)
    window.inbox.list.setFocus()
    assert window.keys.shortcuts["A"].isEnabled()
    window.keys.rest(True)
    assert not window.keys.shortcuts["A"].isEnabled()
    window.keys.rest(False)
    assert window.keys.shortcuts["A"].isEnabled()


@pytest.mark.parametrize("place", ["review", "inbox"])
def test_letters_decide_right_after_another_place(qtbot: QtBot, desk: FakeDesk, opened: Opened, place: str) -> None:
    worked(desk)
    window = opened()
    window.activateWindow()
    assert window.focusWidget() is not window.inbox.filter
    window.inbox.filter.setFocus()
    window.places.go("tasks")
    window.places.go(place)
    qtbot.waitUntil(window.centre.decision.edit_button.isEnabled)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_E)
    assert window.inbox.filter.text() == ""
    assert window.centre.draft.editing


def test_who_edits_goes_on_after_another_place(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(window.centre.decision.edit_button.isEnabled)
    window.deciding.edit()
    for place in ("tasks", "inbox", "review"):
        window.places.go(place)
    assert window.focusWidget() is window.centre.draft.editor


@pytest.mark.parametrize("name", [view.key for view in VIEWS])
def test_each_place_has_a_drawing_within_its_frame(name: str) -> None:
    image = QImage(24, 24, QImage.Format.Format_ARGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    glyphs.draw(painter, QRectF(2, 2, 20, 20), name, QColor("black"))
    painter.end()
    inked = {(x, y) for x in range(24) for y in range(24) if image.pixelColor(x, y) != QColor("white")}
    assert len(inked) > 40
    assert all(2 <= x < 22 and 2 <= y < 22 for x, y in inked)


def test_the_last_decisions_can_be_taken_back_in_turn(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    tasks = [worked(desk, name) for name in ("a.pdf", "b.pdf")]
    window = opened()
    window.places.go("review")
    for task in tasks:
        window.go(task)
        qtbot.waitUntil(window.centre.decision.approve_button.isEnabled)
        window.deciding.approve()
        qtbot.waitUntil(lambda task=task: desk.tasks()[tasks.index(task)].decision == "approved")
    qtbot.waitUntil(lambda: window.inbox.sieve.rowCount() == 0)
    for task in reversed(tasks):
        window.deciding.undo()
        qtbot.waitUntil(lambda task=task: window.inbox.current() == task)
        assert desk.handoff(task).decision is None
    window.deciding.undo()
    assert window.bar.note.text() == "There is no decision of this session to take back."
    assert [call[1] for call in desk.calls if call[0] == "undo"] == tasks[::-1]


def test_what_was_decided_before_is_seen_and_can_be_taken_back(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk)
    desk.approve(task, text="My own words.\n\nKind regards")
    window = opened()
    bar, draft = window.centre.decision, window.centre.draft
    qtbot.waitUntil(lambda: bool(draft.sentences.rows.rows) and bar.back_button.isEnabled())
    assert bar.back_button.isVisible()
    assert not any(one.isVisible() for one in (bar.approve_button, bar.reject_button, bar.skip_button, bar.note))
    first, second, *rest = draft.sentences.rows.rows
    assert (first.text, first.head) == ("My own words.\n\nKind regards", "Written and approved by \u2068tester\u2069")
    assert second.head == "The draft before that:"
    assert any(row.text == "Dear customer," for row in rest)
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: ("undo", task) in desk.calls and bar.approve_button.isEnabled())
    assert bar.approve_button.isVisible()
    assert not bar.back_button.isVisible()
    assert draft.sentences.rows.rows[0].text == "Dear customer,"


def test_a_sentence_and_the_clause_it_rests_on_are_seen_side_by_side(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk)
    other = worked(desk, "other.pdf")
    window = opened()
    window.places.go("review")
    centre = window.centre
    qtbot.waitUntil(lambda: bool(centre.draft.sentences.rows.rows))
    cited = next(n for n, row in enumerate(centre.draft.sentences.rows.rows) if row.mark == "[2]")
    centre.draft.sentences.setCurrentIndex(centre.draft.sentences.rows.index(cited))
    qtbot.waitUntil(lambda: _strong(window) == ["Source 2"])
    assert centre.source.documents.currentText() == "handbook.pdf"
    qtbot.waitUntil(lambda: bool(centre.page.marks()))
    assert centre.page.tabs.currentIndex() == 0
    assert (centre.page.named.text(), centre.source.named.text()) == ("Incoming", "Source")
    window.go(other)
    qtbot.waitUntil(lambda: window.case.handoff is not None and window.case.handoff.card.id == other)
    assert _strong(window) == ["Source 1"]
    window.places.go("inbox")
    assert not centre.source.isVisible()
    assert centre.page.tabs.isVisible()


def _strong(window: Window) -> list[str]:
    """What stands out on the page of sources."""
    return [mark.word for mark in window.centre.source.marks() if mark.strong]


@pytest.fixture
def long_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cited stands at the end of its page."""
    before = "".join(f"{n}.0 Something that is of no matter here.\n" for n in range(1, 28))
    monkeypatch.setattr(stories, "POLICY", before + stories.POLICY)


@pytest.mark.usefixtures("long_policy")
def test_a_review_begins_at_the_passage_that_is_cited_first(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    other = worked(desk, "other.pdf")
    window = opened()
    window.places.go("review")
    paper = window.centre.source.paper

    def seen() -> bool:
        strong = [mark.box for mark in paper.sheet.marks if mark.strong and mark.box]
        top = paper.verticalScrollBar().value()
        view = paper.viewport().rect().translated(0, top)
        return bool(strong) and view.contains(paper.sheet.placed(strong[0]).toRect()) and top > 0

    qtbot.waitUntil(lambda: not paper.sheet.image.isNull() and seen())
    assert _strong(window) == ["Source 1"]
    window.go(other)
    qtbot.waitUntil(lambda: window.case.task == other and not paper.sheet.image.isNull() and seen())
    for wide, high in ((1500, 900), (1100, 600), (1280, 800)):
        window.resize(wide, high)
        qtbot.waitUntil(lambda: window.width() == wide and seen())  # noqa: B023
    paper.verticalScrollBar().setValue(5)
    window.resize(1300, 820)
    qtbot.waitUntil(lambda: window.width() == 1300)
    assert not seen()  # a person who has scrolled away stays there


@pytest.mark.usefixtures("long_policy")
def test_a_source_without_pictures_begins_at_the_passage_too(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    desk.papers[stories.HANDBOOK] = tuple(Page(n, stories.POLICY) for n in (1, 2, 3))
    worked(desk)
    window = opened()
    window.places.go("review")
    text = window.centre.source.text
    qtbot.waitUntil(lambda: text.isVisible() and "The refund is paid" in text.textCursor().block().text())
    qtbot.waitUntil(lambda: text.viewport().rect().contains(text.cursorRect()))
    assert text.verticalScrollBar().value() > 0


@pytest.mark.usefixtures("long_policy")
def test_who_has_turned_a_page_stays_there_and_who_has_not_goes_with_the_draft(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk)
    window = opened()
    window.places.go("review")
    source = window.centre.source
    qtbot.waitUntil(lambda: _strong(window) == ["Source 1"] and source.number.text() == "3 of 3")
    handoff = window.case.handoff
    assert handoff is not None
    assert handoff.draft is not None
    cites_second = dataclasses.replace(handoff.draft, sentences=handoff.draft.sentences[2:])
    source.show_handoff(dataclasses.replace(handoff, draft=cites_second), fresh=False)
    assert _strong(window) == ["Source 2"]
    source.back.click()
    qtbot.waitUntil(lambda: source.number.text() == "2 of 3")
    source.show_handoff(handoff, fresh=False)
    assert source.number.text() == "2 of 3"


def test_a_sentence_that_is_chosen_already_shows_its_clause_in_the_review(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk)
    window = opened()
    centre = window.centre
    qtbot.waitUntil(lambda: bool(centre.draft.sentences.rows.rows))
    cited = next(n for n, row in enumerate(centre.draft.sentences.rows.rows) if row.mark)
    centre.draft.sentences.setCurrentIndex(centre.draft.sentences.rows.index(cited))
    window.places.go("review")
    qtbot.waitUntil(lambda: any(mark.strong for mark in centre.source.marks()))
    window.places.go("inbox")
    qtbot.waitUntil(lambda: any(mark.strong for mark in centre.page.marks()))
