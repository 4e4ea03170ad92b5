"""The place of the models: a row a role, what each needs, and how one comes, serves and goes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from app import machine, measuring
from app.measuring import Measured
from engine import writers
from engine.cards import Problem
from tests.engine.ggufs import ABOUT, made, written
from tests.ui.fake_desk import FakeDesk
from ui import bringing
from ui.models import Models
from ui.window import Window

Opened = Callable[[], Window]
Place = Callable[[], Models]


@pytest.fixture
def place(qtbot: QtBot, desk: FakeDesk, opened: Opened, tmp_path: Path) -> Place:
    """Opens the window at its models, in a home with what was brought there before."""
    desk.home = tmp_path / "home"

    def entered() -> Models:
        window = opened()
        window.activateWindow()
        window.places.go("models")
        room = window.rooms["models"]
        assert isinstance(room, Models)
        qtbot.waitUntil(lambda: room.list.members.rowCount() > 0)
        return room

    return entered


def brought(home: Path, file: Path, name: str) -> None:
    for _ in writers.importing(home, file, name):
        pass


def names(room: Models) -> list[str]:
    return [room.list.members.index(row).data() for row in range(room.list.members.rowCount())]


def spoken(room: Models, row: int) -> str:
    said: str = room.list.members.index(row).data(Qt.ItemDataRole.AccessibleTextRole)
    return said


def dropped_on(room: Models, *files: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, left, none)
    enter.ignore()
    room.dragEnterEvent(enter)
    if enter.isAccepted():
        room.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, left, none))


def test_there_is_a_row_a_role_also_for_one_that_nobody_serves(place: Place) -> None:
    room = place()
    assert names(room) == ["all-minilm-l6-v2", "smollm2-135m-instruct-q4_1", "Larger model"]
    assert spoken(room, 1).startswith("Drafter, smollm2-135m-instruct-q4_1, In use, Q4_1 · 2,048 tokens · ")
    assert "Nobody yet" in spoken(room, 2)
    assert "All in use together: drafter 272 MB + encoder 250 MB = 522 MB needed" in room.sum.words.text()
    room.list.setCurrentIndex(room.list.members.index(1))
    assert "30 layers × 3 heads × 128 numbers × 2,048 tokens" in room.details.reckoned.text()
    assert room.details.facts["Licence"].text() == "\u2068Apache-2.0\u2069"
    assert not room.details.remove.isVisible()
    room.list.setCurrentIndex(room.list.members.index(2))
    assert "import a GGUF file" in room.details.state.words.text()
    assert not room.details.memory.isVisible()


def test_a_dropped_model_comes_serves_and_goes_by_keyboard(qtbot: QtBot, desk: FakeDesk, place: Place) -> None:
    room = place()
    dropped_on(room, written(desk.home.parent, "new.gguf"))
    qtbot.waitUntil(lambda: "new" in names(room) and room.details.name.text() == "new")
    assert "SHA-256" in room.bringing.words.text()
    assert not room.bringing.bar.isVisible()
    assert room.details.instead.words.text().split(". ")[1].startswith("With it as drafter, all together:")
    room.list.setFocus()
    QTest.keyClick(room.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: spoken(room, 1).startswith("Drafter, new, In use"))
    assert "new is the drafter" in room.bringing.words.text()
    assert [button.text() for button in room.details.buttons if button.isVisible()] == [
        "Go back to the one that came with Baton"
    ]
    QTest.keyClick(room.list, Qt.Key.Key_Return)  # it serves already: Enter does nothing to it
    QTest.keyClick(room.list, Qt.Key.Key_Delete)
    assert not room.details.asking
    room.details.buttons[0].click()
    qtbot.waitUntil(lambda: spoken(room, 1).startswith("Drafter, smollm2"))
    assert room.details.name.text() != "new" or not room.details.line or not room.details.line.entry.serves  # type: ignore[union-attr]
    room.list.choose("new")
    QTest.keyClick(room.list, Qt.Key.Key_Delete)
    assert room.details.asking
    QTest.keyClick(room.details.question.no, Qt.Key.Key_Escape)
    assert not room.details.asking
    assert ("stop", None) not in desk.calls
    QTest.keyClick(room.list, Qt.Key.Key_Delete)
    QTest.keyClick(room.details.question.yes, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "new" not in names(room))
    assert not list((desk.home / "models").glob("*/*"))


def test_a_model_can_be_the_larger_one(qtbot: QtBot, desk: FakeDesk, place: Place) -> None:
    brought(desk.home, written(desk.home.parent), "big")
    room = place()
    room.list.choose("big")
    assert [button.text() for button in room.details.buttons if button.isVisible()] == [
        "Use as drafter",
        "Use as larger model",
    ]
    room.details.buttons[1].click()
    qtbot.waitUntil(lambda: spoken(room, 2).startswith("Larger model, big, In use"))
    assert writers.chosen(desk.home) == {"fallback": "big"}


def test_what_is_no_model_is_said_beside_the_button(qtbot: QtBot, desk: FakeDesk, place: Place) -> None:
    room = place()
    whole = made()
    dropped_on(room, written(desk.home.parent, "cut.gguf", whole[:-10]), written(desk.home.parent, "good.gguf", whole))
    qtbot.waitUntil(lambda: "good" in names(room))
    room.bring([written(desk.home.parent, "cut.gguf", whole[:-10])])
    qtbot.waitUntil(lambda: "10 of its" in room.bringing.words.text())
    assert room.bringing.words.text().startswith("\u2068cut.gguf\u2069: ")
    dropped_on(room, written(desk.home.parent, "letter.pdf"))
    assert not room.bringing.busy


def test_a_copy_that_is_stopped_leaves_nothing(
    qtbot: QtBot, desk: FakeDesk, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "SLICE", 0.0)
    monkeypatch.setattr(writers, "_PIECE", 64)
    room = place()
    room.bring([written(desk.home.parent, "slow.gguf"), written(desk.home.parent, "next.gguf")])
    qtbot.waitUntil(lambda: room.bringing.bar.value() > 0)
    room.bringing.stop.click()
    qtbot.waitUntil(lambda: "Stopped" in room.bringing.words.text())
    assert list((desk.home / "models").iterdir()) == []
    assert not room.bringing.busy


def test_a_model_is_tried_and_what_came_of_it_is_said(
    qtbot: QtBot, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[Measured | Problem | None] = [None, Measured(0.5, 90.0, 30.0, 0), Problem("model_crashed", "It died.")]

    class Tried:
        def __init__(self, _home: Path, name: str) -> None:
            self.name = name

        def outcome(self) -> Measured | Problem | None:
            return ends.pop(0)

    monkeypatch.setattr(measuring, "Trial", Tried)
    room = place()
    assert not room.details.attempt.isVisible()  # the encoder's
    room.list.setCurrentIndex(room.list.members.index(1))
    for said in ("wrote 30 tokens a second", "It died."):
        room.details.attempt.click()
        assert "is being tried" in room.bringing.words.text()
        qtbot.waitUntil(lambda said=said: said in room.bringing.words.text())  # type: ignore[misc]
    assert not room.trying.busy


def test_models_in_memory_are_shown_and_can_be_unloaded(
    qtbot: QtBot, desk: FakeDesk, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = place()
    now = dataclasses.replace(desk.status(), models=("smollm2-135m-instruct-q4_1",))
    monkeypatch.setattr(desk, "status", lambda: now)
    room.ask()
    qtbot.waitUntil(lambda: "In memory" in spoken(room, 1))
    room.unload.click()
    qtbot.waitUntil(lambda: ("unload",) in desk.calls)
    qtbot.waitUntil(lambda: "give their memory back" in room.bringing.words.text())


def test_a_small_machine_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: machine.Memory(400_000_000, 300_000_000))
    room = place()
    assert room.sum.words.text().startswith("Won't fit. All in use together")
    assert "May be slow" in spoken(room, 1)
    assert not room.grab().isNull()


def test_what_an_operators_rows_say_is_shown_word_for_word(desk: FakeDesk, place: Place) -> None:
    texts = ["<img src=file:///etc/passwd>", "<b>x</b> & 'y'", "safe \u202egnp.exe", "x" * 3000]
    desk.home.mkdir()
    (desk.home / "models.toml").write_text(
        "".join(
            f"[[models]]\nid = {toml(text)}\nrole = 'drafter'\nruntime = 'llama'\nfile = {toml(text)}\n"
            f"sha256 = {toml(text)}\nlicence = {toml(text)}\nnote = {toml(text)}\n"
            for text in texts
        ),
        "utf-8",
    )
    room = place()
    assert [names(room)[row] for row in (1, 3, 4, 5)] == texts
    for row, text in zip((1, 3, 4, 5), texts, strict=True):
        room.list.setCurrentIndex(room.list.members.index(row))
        assert room.details.name.text() == text[:400]
        assert room.details.note.text().startswith(text[:399])
        assert "File missing" in spoken(room, row)
        tip = room.list.members.index(row).data(Qt.ItemDataRole.ToolTipRole)
        assert "<img" not in tip
        assert "<b>" not in tip
        assert not [button.text() for button in room.details.buttons if button.isVisible()]
    assert {shown.textFormat() for shown in room.findChildren(QLabel)} == {Qt.TextFormat.PlainText}
    assert not room.grab().isNull()


def toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_everything_that_takes_the_focus_has_a_name(desk: FakeDesk, place: Place) -> None:
    about = ABOUT | {"tokenizer.chat_template": "[INST]", "general.license": ""}
    brought(desk.home, written(desk.home.parent, data=made(about)), "odd")
    room = place()
    room.list.choose("odd")
    assert "mistral, which Baton does not know" in room.details.note.text()
    assert "find out whether you may use it" in room.details.facts["Licence"].text()
    for widget in (room.list, room.details, room.bringing.bar, room.bringing.stop):
        assert widget.accessibleName()
    for button in (room.pick, room.details.remove, *room.details.question.findChildren(type(room.pick))):
        assert button.accessibleName() or button.text()


def test_a_dialog_that_was_left_is_gone(qtbot: QtBot, place: Place) -> None:
    room = place()
    room.pick.click()
    (dialog,) = room.findChildren(QFileDialog)
    assert dialog.nameFilters() == ["Models (*.gguf)"]
    dialog.reject()
    qtbot.waitUntil(lambda: not room.findChildren(QFileDialog))


def test_a_folder_of_models_that_cannot_be_written_is_told_and_the_next_file_is_looked_at(
    qtbot: QtBot, desk: FakeDesk, place: Place
) -> None:
    room = place()
    folder = desk.home / "models"
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("no folder")
    room.bring([written(desk.home.parent, "first.gguf"), written(desk.home.parent, "second.gguf")])
    qtbot.waitUntil(
        lambda: room.bringing.words.text().startswith("\u2068second.gguf\u2069: Nothing can be copied into")
    )
    assert str(folder) in room.bringing.words.text()
    assert not room.bringing.busy
    folder.unlink()
    room.bring([written(desk.home.parent, "third.gguf")])
    qtbot.waitUntil(lambda: "third" in names(room))


@pytest.mark.parametrize("where", ["_begun", "_slice"])
def test_an_import_ends_also_with_an_error_that_nobody_foresaw(
    qtbot: QtBot, desk: FakeDesk, place: Place, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def broken(*_asked: object) -> None:
        raise ValueError("nobody foresaw it")

    room = place()
    with monkeypatch.context() as patched, qtbot.captureExceptions() as raised:
        patched.setattr(bringing, where, broken)
        room.bring([written(desk.home.parent, "new.gguf")])
        qtbot.waitUntil(lambda: bool(raised))
    assert [kind for kind, _error, _trace in raised] == [ValueError]
    assert "Something unexpected went wrong" in room.bringing.words.text()
    assert not room.bringing.stop.isVisible()
    room.bring([written(desk.home.parent, "new.gguf")])
    qtbot.waitUntil(lambda: "new" in names(room))
