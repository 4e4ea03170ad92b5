"""The place for settings: what is set is shown and kept, and this computer is checked, check by check."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import doctor, settings
from engine.cards import Problem
from tests.ui.fake_desk import FakeDesk
from ui.settings import Settings
from ui.window import Window

Opened = Callable[[], Window]


@pytest.fixture
def room(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> Settings:
    window = opened()
    window.places.go("settings")
    found = window.rooms["settings"]
    assert isinstance(found, Settings)
    qtbot.waitUntil(lambda: found.playbook.count() > 0)
    return found


def test_what_is_set_is_shown_and_what_is_changed_is_kept(qtbot: QtBot, desk: FakeDesk, room: Settings) -> None:
    assert (room.reviewer.text(), room.roles.text(), room.playbook.currentData()) == ("tester", "", "front-desk")
    room.reviewer.setText("Bo")
    room.roles.setText(" clerk, , shop manager ")
    room.playbook.setCurrentIndex(room.playbook.findData("refunds"))
    room.keep.click()
    qtbot.waitUntil(lambda: room.said.text() == "Saved.")
    assert desk.settings() == settings.Settings("refunds", "Bo", ("clerk", "shop manager"))


def test_a_language_is_chosen_among_those_there_are(qtbot: QtBot, desk: FakeDesk, room: Settings) -> None:
    offered = [room.language.itemText(number) for number in range(room.language.count())]
    assert offered == ["As the system says", "English", "Deutsch"]
    assert room.language.currentData() == ""
    room.language.setCurrentIndex(2)
    room.keep.click()
    qtbot.waitUntil(lambda: room.said.text() == "Saved.")
    assert desk.settings().language == "de"


def test_what_a_person_has_chosen_stays_until_it_is_saved(qtbot: QtBot, desk: FakeDesk, room: Settings) -> None:
    room.language.setCurrentIndex(2)
    room.language.activated.emit(2)
    room.playbook.setCurrentIndex(room.playbook.findData("refunds"))
    room.playbook.activated.emit(room.playbook.currentIndex())
    room.enter()
    told: list[int] = []
    room.quick.ask(lambda: 1, told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert (room.language.currentData(), room.playbook.currentData()) == ("de", "refunds")
    room.keep.click()
    qtbot.waitUntil(lambda: room.said.text() == "Saved.")
    assert (desk.settings().language, desk.settings().playbook) == ("de", "refunds")
    room.reviewer.setFocus()
    QTest.keyClicks(room.reviewer, "Bo")
    assert room.said.text() == ""


def test_a_playbook_that_is_gone_is_shown_as_the_one_that_is_set(qtbot: QtBot, desk: FakeDesk, room: Settings) -> None:
    desk.set = dataclasses.replace(desk.set, playbook="gone-one")
    room.enter()
    qtbot.waitUntil(lambda: room.playbook.currentData() == "gone-one")
    assert room.playbook.currentText() == "not there any more (gone-one)"


def test_what_can_not_be_kept_is_told_beside_it(qtbot: QtBot, desk: FakeDesk, room: Settings) -> None:
    room.reviewer.setText("a/b")
    room.keep.click()
    qtbot.waitUntil(lambda: room.said.text() == "A name has no slash.")
    assert desk.settings().reviewer == "tester"


def test_each_check_is_shown_with_its_sentence(qtbot: QtBot, room: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def checks(_home: Path) -> Iterator[doctor.Check]:
        yield "sqlite", True, "SQLite 3."
        yield "log", False, "Row 3 was changed."

    monkeypatch.setattr(doctor, "checks", checks)
    room.check.click()
    qtbot.waitUntil(lambda: len(room.list.rows.rows) == 2)
    assert [(row.head, row.margin and row.margin.word) for row in room.list.rows.rows] == [
        ("sqlite", "In order"), ("log", "Not in order"),
    ]  # fmt: skip
    qtbot.waitUntil(room.check.isEnabled)


def test_settings_are_written_as_they_are_read_and_the_file_before_stays(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('reviewer = "Old" # mine\n')
    wanted = settings.Settings("refunds", 'Ba"r \\ Ü', ("clerk",), "de")
    settings.write(tmp_path, wanted)
    assert settings.read(tmp_path) == wanted
    assert "# mine" in (tmp_path / "settings.before.toml").read_text()
    settings.write(tmp_path, settings.Settings(reviewer="Bo"))
    assert settings.read(tmp_path) == settings.Settings(reviewer="Bo")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Problem, match="1 to 100 characters"):
        settings.write(tmp_path, settings.Settings(reviewer=name))
    assert not (tmp_path / "settings.toml").exists()


def test_a_language_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="The window speaks en, de, and not 'xx'"):
        settings.write(tmp_path, settings.Settings(reviewer="Bo", language="xx"))
    assert not (tmp_path / "settings.toml").exists()
