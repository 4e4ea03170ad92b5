"""Playbooks: told in words, drawn as a way, copied to be changed, checked while one types, saved by version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QListView, QPlainTextEdit
from pytestqt.qtbot import QtBot

import engine.playbook
from app import playbook_editing
from app.playbook_effect import Effect, Foretold
from app.playbook_words import Edge, Leg
from tests.engine.scripted import PLAYBOOK, write_small_desk
from tests.ui.conftest import placed
from tests.ui.fake_desk import FakeDesk
from ui.playbooks import Playbooks
from ui.way import Way


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
    """The same, after the shipped one was copied."""
    room.copies.click()
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
    assert mine.done.text() == "Not saved yet."
    mine.saves.click()
    qtbot.waitUntil(lambda: mine.tabs.tabText(4) == "Versions (1)")
    file = desk.home / "playbooks" / "small.toml"
    assert file.read_text().endswith("# more\n")
    assert mine.done.text() == "Saved. The next task goes by it."
    mine.versions.setCurrentIndex(mine.versions.rows.index(0))
    assert mine.old.toPlainText() == before
    mine.backs.click()
    qtbot.waitUntil(lambda: mine.text.written() == before)
    assert file.read_text() == before


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
    qtbot.waitUntil(lambda: "nothing can be foretold" in mine.told.text())
    mine._take_effect(Foretold(2, (Effect("T-1", "<b>a.pdf</b>", "refund", "a person decides"),)))
    assert mine.told.text().startswith("Of the last 2 tasks 1 would be decided otherwise. Rules and thresholds are")
    assert mine.effects.rows.rows[0].head == "<b>a.pdf</b>"


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
