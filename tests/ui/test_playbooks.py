"""Playbooks: told in words, drawn as a way, copied to be changed, checked while one types, saved by version."""

from __future__ import annotations

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
