"""Playbooks: told in words, drawn as a way, copied to be changed, checked while one types, saved by version."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QListView, QPlainTextEdit
from pytestqt.qtbot import QtBot

import engine.playbook
from app import playbook_editing
from app.playbook_editing import Version
from app.playbook_effect import Effect, Foretold
from app.playbook_words import Edge, Leg
from engine.playbook import Complaint
from tests.engine.scripted import PLAYBOOK, write_small_desk
from tests.ui.conftest import placed
from tests.ui.fake_desk import FakeDesk
from ui.playbook_text import PlaybookText
from ui.playbooks import Playbooks
from ui.way import Way
from ui.window import Window


@pytest.fixture
def room(qtbot: QtBot, desk: FakeDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Playbooks]:
    """The place by itself, where one playbook is shipped."""
    write_small_desk(tmp_path / "shipped")
    for module in (playbook_editing, engine.playbook):
        monkeypatch.setattr(module, "ASSETS", tmp_path / "shipped")
    desk.home = tmp_path / "home"
    room = placed(qtbot, Playbooks)
    room.desk = desk  # type: ignore[assignment]  # it plays one
    room.enter()
    qtbot.waitUntil(lambda: "Sound" in room.state.text)
    yield room
    room.leave()


@pytest.fixture
def mine(qtbot: QtBot, room: Playbooks) -> Playbooks:
    """The same, after the shipped one was copied to work in its place."""
    room.copies.click()
    room.naming.field.setText("small")
    QTest.keyClick(room.naming.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: room._opened is not None and room._opened.own)
    qtbot.waitUntil(lambda: "Sound" in room.state.text)
    return room


def write(qtbot: QtBot, room: Playbooks, text: str, state: str) -> None:
    room.text.text.setPlainText(text)
    qtbot.waitUntil(lambda: state in room.state.text)
    qtbot.waitUntil(lambda: room._checked is not None)


def test_a_playbook_is_told_and_drawn_and_a_shipped_one_is_read_only(room: Playbooks) -> None:
    assert "It tells 2 kinds of request apart" in room.words.toPlainText()
    assert [leg.name for leg in room.way.chart.legs][:3] == ["reader", "extractor", "router"]
    assert "quarantine" in room.way.chart.accessibleDescription()
    assert room.text.text.isReadOnly()
    assert room.text.written() == PLAYBOOK
    assert not room.saves.isVisible()
    room.tabs.setCurrentWidget(room.way)
    assert not room.grab().isNull()


def test_faults_are_listed_while_typing_and_lead_to_their_line(qtbot: QtBot, mine: Playbooks) -> None:
    wrong = mine.text.written().replace('then = "flag"', 'then = "boss"')
    write(qtbot, mine, wrong, "1 fault. Line 21")
    assert not mine.saves.isEnabled()
    assert mine.tabs.tabText(2) == "Text (1 fault)"
    mine.text.found.setFocus()
    QTest.keyClick(mine.text.found, Qt.Key.Key_Down)
    assert mine.text.text.textCursor().blockNumber() == 20
    assert mine.text.found.rows.rows[0].head == "Line 21"
    assert not mine.grab().isNull()


def test_what_is_sound_can_be_saved_and_taken_back(qtbot: QtBot, desk: FakeDesk, mine: Playbooks) -> None:
    before = mine.text.written()
    write(qtbot, mine, before + "# more\n", "Sound")
    assert mine.done.text == "Not saved yet."
    mine.saves.click()
    qtbot.waitUntil(lambda: mine.tabs.tabText(4) == "Versions (1)")
    file = desk.home / "playbooks" / "small.toml"
    assert file.read_text().endswith("# more\n")
    qtbot.waitUntil(lambda: mine.done.text == "Saved. New files go by \u2068front-desk\u2069, not by this one.")
    mine.past.list.setCurrentIndex(mine.past.list.rows.index(0))
    assert mine.past.text.toPlainText() == before
    mine.past.back.click()
    qtbot.waitUntil(lambda: mine.text.written() == before)
    assert file.read_text() == before


def test_a_copy_is_asked_for_its_name_and_a_valid_one_is_proposed(
    qtbot: QtBot, desk: FakeDesk, room: Playbooks
) -> None:
    room.copies.click()
    assert (room.naming.field.text(), room.naming.yes.isEnabled()) == ("small-2", True)
    room.naming.field.setText("No Name")
    assert "lower-case letters" in room.naming.hint.text()
    QTest.keyClick(room.naming.field, Qt.Key.Key_Return)
    assert room.naming.isVisible()
    QTest.keyClick(room.naming.field, Qt.Key.Key_Escape)
    assert not room.naming.isVisible()
    assert not (desk.home / "playbooks").exists()
    room.copies.click()
    QTest.keyClick(room.naming.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [row.value.name for row in room.list.rows.rows] == ["small-2", "small"])
    qtbot.waitUntil(lambda: room.name.text == "\u2068small-2\u2069 · yours")
    qtbot.waitUntil(lambda: "Sound" in room.state.text)
    assert room.list.currentIndex().row() == 0
    assert 'name = "small-2"' in room.text.written()


def test_new_files_go_by_a_playbook_when_a_person_says_so(qtbot: QtBot, desk: FakeDesk, mine: Playbooks) -> None:
    assert mine.uses.isVisible()
    mine.uses.click()
    qtbot.waitUntil(lambda: mine.name.text == "\u2068small\u2069 · yours · new files go by it")
    assert desk.settings().playbook == "small"
    assert mine.done.text == "New files go by it from now on."
    assert not mine.uses.isVisible()
    qtbot.waitUntil(lambda: mine.list.rows.rows[0].tail == "for new files")
    write(qtbot, mine, mine.text.written() + "# more\n", "Sound")
    mine.saves.click()
    qtbot.waitUntil(lambda: mine.done.text == "Saved. New files go by it.")


def test_words_are_found_with_keys_alone(qtbot: QtBot, mine: Playbooks) -> None:
    mine.tabs.setCurrentWidget(mine.way)
    mine.seek()
    bar, text = mine.finding, mine.text.text
    assert mine.tabs.currentWidget() is mine.text
    assert mine.focusWidget() is bar.field

    def at() -> tuple[str, int]:
        return text.textCursor().selectedText(), text.textCursor().blockNumber()

    lines = [number for number, line in enumerate(text.toPlainText().split("\n")) if "[[intents]]" in line]
    assert len(lines) == 2
    text.moveCursor(QTextCursor.MoveOperation.Start)
    QTest.keyClicks(bar.field, "[[INT")
    assert at() == ("[[int", lines[0])
    QTest.keyClicks(bar.field, "ents]]")
    assert at() == ("[[intents]]", lines[0])
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert at() == ("[[intents]]", lines[1])
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert at() == ("[[intents]]", lines[0])
    assert bar.said.text() == "Went on from the beginning."
    QTest.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert at() == ("[[intents]]", lines[1])
    assert bar.said.text() == "Went on from the end."
    QTest.keyClicks(bar.field, "<b>")
    assert bar.said.text() == "Not found: \u2068[[INTents]]<b>\u2069"
    assert at()[1] == lines[1]
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert mine.focusWidget() is text


def test_the_search_looks_in_what_is_seen(mine: Playbooks) -> None:
    mine.tabs.setCurrentWidget(mine.words)
    mine.seek()
    QTest.keyClicks(mine.finding.field, "kinds of request")
    assert mine.words.textCursor().selectedText() == "kinds of request"
    mine.tabs.setCurrentWidget(mine.text)
    QTest.keyClick(mine.finding.field, Qt.Key.Key_Return)
    assert mine.finding.said.text() == "Not found: \u2068kinds of request\u2069"
    mine.tabs.setCurrentWidget(mine.way)
    assert not mine.finding.isVisible()


def test_ctrl_f_opens_the_search_of_the_playbooks_and_esc_closes_it(
    qtbot: QtBot, desk: FakeDesk, tmp_path: Path, opened: Callable[[], Window]
) -> None:
    desk.home = tmp_path / "home"
    window = opened()
    window.places.go("playbooks")
    room = window.rooms["playbooks"]
    assert isinstance(room, Playbooks)
    qtbot.waitUntil(lambda: "Sound" in room.state.text)
    window.activateWindow()
    QTest.keyClick(room.list, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(room.finding.field.hasFocus)
    QTest.keyClick(room.finding.field, Qt.Key.Key_Escape)
    assert not room.finding.isVisible()


def long_text(qtbot: QtBot) -> PlaybookText:
    part = PlaybookText()
    qtbot.addWidget(part)
    part.resize(700, 500)
    part.show()
    part.show_text("\n" * 200, own=True)
    qtbot.wait(20)  # until it is laid out without the list
    return part


def test_a_fault_does_not_cover_the_line_that_is_typed(qtbot: QtBot) -> None:
    part = long_text(qtbot)
    text = part.text
    text.go_to(60)
    high, fault = text.viewport().height(), Complaint(3, "`nane` is no key.")
    lowest = text.cursorForPosition(QPoint(0, high - 4)).blockNumber()
    text.setTextCursor(QTextCursor(text.document().findBlockByNumber(lowest - 1)))
    top = text.firstVisibleBlock().blockNumber()
    part.show_found([fault], ())
    qtbot.waitUntil(lambda: text.viewport().height() < high)
    qtbot.wait(20)
    assert text.firstVisibleBlock().blockNumber() > top
    assert 0 <= text.cursorRect().top() < text.cursorRect().bottom() <= text.viewport().height()
    high, top = text.viewport().height(), text.firstVisibleBlock().blockNumber()
    part.show_found((), ())
    qtbot.wait(20)
    assert [row.text for row in part.found.rows.rows] == ["Nothing is wrong with it."]
    assert (text.viewport().height(), text.firstVisibleBlock().blockNumber()) == (high, top)
    part.found.setCurrentIndex(part.found.rows.index(0))
    part.show_text("", own=True)
    assert part.found.isHidden()


def test_what_one_reads_elsewhere_stays_where_it_is_when_a_fault_is_told(qtbot: QtBot) -> None:
    part = long_text(qtbot)
    part.text.go_to(150)
    part.text.verticalScrollBar().setValue(10)
    high = part.text.viewport().height()
    part.show_found([Complaint(3, "`nane` is no key.")], ())
    qtbot.waitUntil(lambda: part.text.viewport().height() < high)
    qtbot.wait(20)
    assert part.text.firstVisibleBlock().blockNumber() == 10


def test_a_text_stays_as_it_is_to_the_letter(qtbot: QtBot) -> None:
    part = PlaybookText()
    qtbot.addWidget(part)
    part.show_text("12\u00a0km\u2028on\n", own=True)
    assert part.written() == "12\u00a0km\u2028on\n"
    part.text.moveCursor(QTextCursor.MoveOperation.End)
    part.text.insertPlainText("x")
    assert part.written() == "12\u00a0km\non\nx"


def test_the_same_text_once_more_leaves_the_cursor_and_what_can_be_undone(qtbot: QtBot) -> None:
    part = PlaybookText()
    qtbot.addWidget(part)
    part.show_text("one\ntwo\n", own=True)
    part.text.moveCursor(QTextCursor.MoveOperation.End)
    part.text.insertPlainText("three")
    part.show_text("one\ntwo\nthree", own=True)
    assert part.text.textCursor().blockNumber() == 2
    assert part.text.document().isUndoAvailable()
    part.clear()
    assert (part.written(), part.text.isReadOnly(), part.text.document().isUndoAvailable()) == ("", True, False)


def test_what_was_not_saved_is_there_again_and_can_be_dropped(qtbot: QtBot, mine: Playbooks) -> None:
    before = mine.text.written()
    write(qtbot, mine, before + "# more\n", "Sound")
    mine._open()
    qtbot.waitUntil(lambda: mine._checked is not None)
    assert mine.text.written() == before + "# more\n"
    mine.drops.click()
    mine.confirm.yes.click()
    qtbot.waitUntil(lambda: mine.text.written() == before)


def test_a_copy_that_is_removed_lets_the_shipped_one_work_again(qtbot: QtBot, mine: Playbooks) -> None:
    qtbot.waitUntil(lambda: "yours" in mine.list.rows.rows[0].foot)
    mine.removes.click()
    assert "The shipped one works again." in mine.confirm.words.text()
    mine.confirm.yes.click()
    qtbot.waitUntil(mine.copies.isVisible)
    assert mine.list.rows.rows[0].foot == "Sound · shipped · 2 intents"


def test_what_a_change_would_do_is_foretold(qtbot: QtBot, mine: Playbooks) -> None:
    mine.tabs.setCurrentWidget(mine.effect)
    qtbot.waitUntil(lambda: "nothing can be foretold" in mine.effect.said.text())
    mine.effect.show_foretold(Foretold(2, (Effect("T-1", "<b>a.pdf</b>", "refund", "a person decides"),)))
    assert mine.effect.said.text().startswith(
        "Of the last 2 tasks 1 would be decided otherwise. Rules and thresholds are"
    )
    assert mine.effect.list.rows.rows[0].head == "<b>a.pdf</b>"


def test_a_broken_playbook_says_so_in_the_list(qtbot: QtBot, desk: FakeDesk, room: Playbooks) -> None:
    write_small_desk(desk.home, PLAYBOOK.replace('"clerk"', '"<b>clark</b>"'))
    room.refresh()
    qtbot.waitUntil(lambda: room.list.rows.rows[0].foot.startswith("Broken"))
    assert "<b>clark</b>" in room.list.rows.rows[0].text
    assert "<b>" not in room.list.rows.index(0).data(Qt.ItemDataRole.ToolTipRole)


def test_every_control_has_a_name(mine: Playbooks) -> None:
    for kind in (QAbstractButton, QListView, QPlainTextEdit):
        for control in mine.findChildren(kind):
            text = control.text() if isinstance(control, QAbstractButton) else ""
            hidden = control.objectName().startswith("qt_") or control.parent().metaObject().className() == "QTabBar"
            assert control.accessibleName() or text or hidden, control


def test_a_way_is_as_high_as_its_legs(qtbot: QtBot) -> None:
    way = Way()
    qtbot.addWidget(way)
    way.resize(700, 300)
    way.show()
    one = Leg("reader", "Reads.", True, (Edge("reader", "desk", "an archive"), Edge("reader", "router")))
    way.chart.show_legs([one], ["reader"])
    low = way.chart.height()
    way.chart.show_legs([one, Leg("referee", "Asks. " * 40, False, (Edge("referee", "person"),))], ["reader"])
    assert way.chart.height() > low + 60
    assert not way.grab().isNull()


def test_a_way_is_mirrored_where_reading_begins_at_the_right(qtbot: QtBot) -> None:
    way = Way()
    qtbot.addWidget(way)
    way.resize(700, 300)
    way.chart.show_legs([Leg("reader", "Reads.", True, (Edge("reader", "desk", "an archive"),))], ["reader"])
    left = way.chart.grab().toImage()
    way.chart.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    right = way.chart.grab().toImage()
    for x in (60, 330):  # in the box, and not outside it
        assert (
            right.pixelColor(left.width() - 1 - x, 16) == left.pixelColor(x, 16) != way.chart.palette().base().color()
        )
    assert right.pixelColor(right.width() - 6, 16) == way.chart.palette().base().color()


@pytest.fixture
def two(qtbot: QtBot, desk: FakeDesk, mine: Playbooks) -> Playbooks:
    """The same with a second one of one's own below it."""
    text = mine.text.written().replace('name = "small"', 'name = "small-2"')
    (desk.home / "playbooks" / "small-2.toml").write_text(text)
    mine.refresh()
    qtbot.waitUntil(lambda: len(mine.list.rows.rows) == 2)
    return mine


def held(room: Playbooks) -> threading.Event:
    """The lane is busy until this is set."""
    go = threading.Event()
    room.checks.ask(lambda: go.wait(20))
    return go


def quiet(qtbot: QtBot, room: Playbooks) -> None:
    """Until all that was asked is answered."""
    done: list[int] = []
    qtbot.waitUntil(lambda: not room.text.clock.isActive())
    for number in range(1, 5):  # what is answered asks again
        room.checks.ask(lambda: 1, done.append)
        qtbot.waitUntil(lambda number=number: len(done) == number)  # type: ignore[misc]


def type_at_end(room: Playbooks, text: str) -> None:
    room.text.text.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(room.text.text, text)


def on_disk(desk: FakeDesk, name: str) -> str | None:
    file = desk.home / "playbooks" / name
    return file.read_text("utf-8") if file.exists() else None


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_typed_while_the_lane_is_busy_outlives_the_window(qtbot: QtBot, desk: FakeDesk, two: Playbooks) -> None:
    go = held(two)
    type_at_end(two, "# an hour of work")
    qtbot.waitUntil(lambda: not two.text.clock.isActive())
    written = two.text.written()
    two.list.setCurrentIndex(two.list.rows.index(1))  # what is kept of the first waits, too
    threading.Timer(0.2, go.set).start()
    two.leave()
    assert on_disk(desk, "small.draft") == written
    assert on_disk(desk, "small-2.draft") is None


def test_what_was_typed_last_outlives_the_window(qtbot: QtBot, desk: FakeDesk, mine: Playbooks) -> None:
    go = held(mine)
    type_at_end(mine, "# an hour of work")
    qtbot.waitUntil(lambda: not mine.text.clock.isActive())
    type_at_end(mine, "!")
    threading.Timer(0.2, go.set).start()
    mine.leave()
    assert (on_disk(desk, "small.draft") or "").endswith("# an hour of work!")


def test_on_a_full_disk_it_is_said_what_is_not_kept_and_one_writes_on(
    qtbot: QtBot, desk: FakeDesk, two: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet(qtbot, two)
    with monkeypatch.context() as disk:
        disk.setattr(playbook_editing, "write_aside", full)
        type_at_end(two, "# a")
        qtbot.waitUntil(lambda: two.state.text.startswith("What you wrote in 'small' can't be kept: No space left"))
        assert not two.saves.isEnabled()
        assert not two.text.text.isReadOnly()
        two.list.setCurrentIndex(two.list.rows.index(1))
        qtbot.waitUntil(lambda: "What you wrote in 'small' can't" in two.message.words.text())
        qtbot.waitUntil(lambda: two.name.text.startswith("\u2068small-2\u2069"))
        two.list.setCurrentIndex(two.list.rows.index(0))
        qtbot.waitUntil(lambda: two.text.written().endswith("# a"))
        qtbot.waitUntil(lambda: two.state.text.startswith("What you wrote in 'small' can't be kept"))
    type_at_end(two, "b")
    qtbot.waitUntil(lambda: "Sound" in two.state.text)
    assert (on_disk(desk, "small.draft") or "").endswith("# ab")
    monkeypatch.setattr(playbook_editing, "write_aside", full)
    type_at_end(two, "c")
    two.leave()
    assert (on_disk(desk, "small.draft") or "").endswith("# ab")


def test_a_version_is_taken_back_over_what_is_unsaved_only_when_a_person_says_so(
    qtbot: QtBot, desk: FakeDesk, mine: Playbooks
) -> None:
    before = mine.text.written()
    type_at_end(mine, "# two")
    quiet(qtbot, mine)
    mine.saves.click()
    quiet(qtbot, mine)
    type_at_end(mine, " long unsaved work")
    quiet(qtbot, mine)
    mine.past.list.setCurrentIndex(mine.past.list.rows.index(0))
    mine.past.back.click()
    assert mine.confirm.isVisible()
    assert "Take version 1 back?" in mine.confirm.words.text()
    mine.confirm.no.click()
    quiet(qtbot, mine)
    assert mine.text.written() == on_disk(desk, "small.draft") == before + "# two long unsaved work"
    mine.past.back.click()
    mine.confirm.yes.click()
    qtbot.waitUntil(lambda: mine.text.written() == before)
    quiet(qtbot, mine)
    assert (on_disk(desk, "small.toml"), on_disk(desk, "small.draft")) == (before, None)
    assert mine.done.text == "Version 1 works again."


def test_a_version_that_is_not_sound_is_refused_and_leaves_no_draft(
    qtbot: QtBot, desk: FakeDesk, mine: Playbooks
) -> None:
    before = mine.text.written()
    mine.take_back(Version(1, "2026-01-01T00:00:00+00:00", "name = 1"))
    qtbot.waitUntil(lambda: "It is not sound" in mine.message.words.text())
    quiet(qtbot, mine)
    assert (mine.text.written(), on_disk(desk, "small.toml"), on_disk(desk, "small.draft")) == (before, before, None)


def test_what_is_typed_right_after_save_stays_with_its_cursor(qtbot: QtBot, desk: FakeDesk, mine: Playbooks) -> None:
    type_at_end(mine, "# more")
    quiet(qtbot, mine)
    go = held(mine)
    mine.saves.click()
    QTest.keyClicks(mine.text.text, " at once")
    go.set()
    qtbot.waitUntil(lambda: mine.tabs.tabText(4) == "Versions (1)")
    quiet(qtbot, mine)
    text = mine.text.text
    assert mine.text.written().endswith("# more at once")
    assert text.textCursor().blockNumber() == text.blockCount() - 1
    assert text.document().isUndoAvailable()
    assert (on_disk(desk, "small.toml") or "").endswith("# more")
    assert (on_disk(desk, "small.draft") or "").endswith("# more at once")
    assert mine.done.text == "Not saved yet."
    mine.saves.click()
    quiet(qtbot, mine)
    assert mine.done.text.startswith("Saved.")
    assert text.document().isUndoAvailable()


def test_nothing_can_be_done_with_a_playbook_until_it_is_open(qtbot: QtBot, desk: FakeDesk, two: Playbooks) -> None:
    type_at_end(two, "# more")
    quiet(qtbot, two)
    go = held(two)
    two.list.setCurrentIndex(two.list.rows.index(1))
    assert two.name.text == "small-2"
    assert (two.text.written(), two.words.toPlainText(), two.way.chart.legs) == ("", "", ())
    assert two.text.text.isReadOnly()
    assert two.saves.isVisible()
    assert not any(one.isEnabled() for one in (two.saves, two.drops, two.removes, two.uses, two.copies))
    QTest.keyClicks(two.text.text, "typed")
    go.set()
    quiet(qtbot, two)
    assert two.name.text == "\u2068small-2\u2069 · yours"
    assert 'name = "small-2"' in two.text.written()
    assert two.removes.isEnabled()
    assert on_disk(desk, "small-2.draft") is None
    assert (on_disk(desk, "small.draft") or "").endswith("# more")


def test_where_a_playbook_can_t_be_opened_the_one_that_is_seen_is_another(
    qtbot: QtBot, desk: FakeDesk, two: Playbooks
) -> None:
    quiet(qtbot, two)
    (desk.home / "playbooks" / "small-2.toml").unlink()
    two.list.setCurrentIndex(two.list.rows.index(1))
    qtbot.waitUntil(lambda: len(two.list.rows.rows) == 1)
    quiet(qtbot, two)
    assert two.message.words.text() == "There is no playbook 'small-2' any more."
    assert two.name.text == "\u2068small\u2069 · yours"
    assert 'name = "small"' in two.text.written()
    assert "Sound" in two.state.text


def test_a_copy_of_another_name_is_removed_without_a_complaint(qtbot: QtBot, two: Playbooks) -> None:
    two.list.setCurrentIndex(two.list.rows.index(1))
    quiet(qtbot, two)
    two.removes.click()
    two.confirm.yes.click()
    qtbot.waitUntil(lambda: len(two.list.rows.rows) == 1)
    quiet(qtbot, two)
    assert two.message.words.text() == ""
    assert two.name.text == "\u2068small\u2069 · yours"
    assert 'name = "small"' in two.text.written()


def test_what_is_typed_and_undone_is_not_unsaved(qtbot: QtBot, desk: FakeDesk, mine: Playbooks) -> None:
    type_at_end(mine, "x")
    quiet(qtbot, mine)
    assert "· not saved" in mine.list.rows.rows[0].foot
    QTest.keyClick(mine.text.text, Qt.Key.Key_Backspace)
    quiet(qtbot, mine)
    assert (mine.unsaved, on_disk(desk, "small.draft")) == (False, None)
    assert "· not saved" not in mine.list.rows.rows[0].foot


def test_saved_twice_there_is_one_version(qtbot: QtBot, mine: Playbooks) -> None:
    type_at_end(mine, "# more")
    quiet(qtbot, mine)
    mine.saves.click()
    mine.saves.click()
    quiet(qtbot, mine)
    assert mine.tabs.tabText(4) == "Versions (1)"
    assert mine.done.text.startswith("Saved.")


def test_a_version_that_is_seen_stays_when_changes_are_dropped(qtbot: QtBot, mine: Playbooks) -> None:
    before = mine.text.written()
    type_at_end(mine, "# two")
    quiet(qtbot, mine)
    mine.saves.click()
    quiet(qtbot, mine)
    mine.past.list.setCurrentIndex(mine.past.list.rows.index(0))
    type_at_end(mine, " more")
    quiet(qtbot, mine)
    mine.drops.click()
    mine.confirm.yes.click()
    quiet(qtbot, mine)
    assert mine.text.written() == before + "# two"
    assert mine.past.text.toPlainText() == before
    assert mine.past.back.isEnabled()
