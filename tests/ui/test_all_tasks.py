"""The list of all tasks: a query finds them, buttons build it, and several are decided on at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.qtbot import QtBot

from app import views
from engine.cards import Problem
from tests.ui.conftest import placed
from tests.ui.fake_desk import FakeDesk, told_by, worked
from ui.all_tasks import PAGE, AllTasks
from ui.window import Window

Opened = Callable[[], Window]


@pytest.fixture
def entered(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> Callable[[], tuple[Window, AllTasks]]:
    """Opens the window and goes to the list."""

    def enter() -> tuple[Window, AllTasks]:
        window = opened()
        window.places.go("tasks")
        room = window.rooms["tasks"]
        assert isinstance(room, AllTasks)
        qtbot.waitUntil(lambda: room.found.total == len(desk.tasks()))
        return window, room

    return enter


Entered = Callable[[], tuple[Window, AllTasks]]


def names(room: AllTasks) -> list[str]:
    return [row.name for row in room.found.rows]


def choose(room: AllTasks, *numbers: int) -> None:
    flags = QItemSelectionModel.SelectionFlag
    room.table.clearSelection()
    for number in numbers:
        room.table.selectionModel().select(room.found.index(number, 0), flags.Select | flags.Rows)


def test_the_newest_come_first_and_say_their_state_in_words(qtbot: QtBot, desk: FakeDesk, entered: Entered) -> None:
    worked(desk, "letter.pdf")
    desk.play(desk.add("damaged.pdf", told_by("damaged")))
    _, room = entered()
    assert names(room) == ["damaged.pdf", "letter.pdf"]
    cells = [[room.found.index(row, column).data() for column in range(5)] for row in range(2)]
    assert cells[0][1] == "Quarantined"
    assert cells[1][1:] == ["Ready to approve", "front-desk", "Refund request", "0.91"]
    assert room.count.text() == "2 tasks"


def test_words_find_tasks_and_a_wrong_term_is_told_beside_them(qtbot: QtBot, desk: FakeDesk, entered: Entered) -> None:
    for name in ("letter.pdf", "invoice.pdf"):
        desk.add(name)
    _, room = entered()
    room.query.setText("invoice")
    qtbot.waitUntil(lambda: names(room) == ["invoice.pdf"])
    room.query.setText("label:invoice")
    qtbot.waitUntil(room.fault.isVisible)
    assert room.fault.text().startswith("There is no “label:”")
    assert names(room) == ["invoice.pdf"]
    room.query.clear()
    qtbot.waitUntil(lambda: len(names(room)) == 2)
    assert not room.fault.isVisible()


def test_a_button_puts_its_term_into_the_query_and_takes_it_out(qtbot: QtBot, desk: FakeDesk, entered: Entered) -> None:
    desk.add("letter.pdf")
    _, room = entered()
    chips = {chip.text(): chip for chip in room.chips}
    room.query.setText("letter")
    chips["Quarantine"].click()
    assert room.query.text() == "letter status:quarantined"
    chips["Failed"].click()
    assert room.query.text() == "letter status:failed"
    assert [text for text, chip in chips.items() if chip.isChecked()] == ["Failed"]
    chips["Failed"].click()
    assert room.query.text() == "letter"


def test_more_come_when_a_person_scrolls_to_them(qtbot: QtBot, desk: FakeDesk, entered: Entered) -> None:
    for number in range(PAGE + 5):
        desk.add(f"letter-{number}.pdf")
    _, room = entered()
    qtbot.waitUntil(lambda: len(room.found.rows) == PAGE)
    assert room.count.text() == f"{PAGE} of {PAGE + 5} tasks"
    room.table.scrollToBottom()
    qtbot.waitUntil(lambda: len(room.found.rows) == PAGE + 5)
    assert names(room)[-1] == "letter-0.pdf"
    assert not room.found.canFetchMore(room.found.index(-1, -1))


def test_a_task_is_opened_in_the_inbox(qtbot: QtBot, desk: FakeDesk, entered: Entered) -> None:
    first = worked(desk, "first.pdf")
    worked(desk, "second.pdf")
    window, room = entered()
    room.table.selectRow(1)
    room.table.setFocus()
    qtbot.keyClick(room.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.places.here == "inbox")
    qtbot.waitUntil(lambda: window.inbox.current() == first)


def test_several_are_decided_on_together_and_what_could_not_be_is_told(
    qtbot: QtBot, desk: FakeDesk, entered: Entered
) -> None:
    tasks = [worked(desk, name) for name in ("a.pdf", "b.pdf")]
    desk.add("queued.pdf")
    _, room = entered()
    assert not room.together.buttons[0].isEnabled()
    choose(room, 0, 1, 2)
    assert room.together.said.text() == "3 tasks chosen."
    room.together.buttons[0].click()
    qtbot.waitUntil(lambda: room.together.said.text().startswith("2 tasks approved."))
    assert "1 could not be approved: 1 is “Queued”." in room.together.said.text()
    assert {call[1] for call in desk.calls if call[0] == "approve"} == set(tasks)
    qtbot.waitUntil(lambda: not room.together.buttons[1].isEnabled())  # nothing is left to reject
    assert room.together.said.text().startswith("2 tasks approved.")
    back = next(one for one in room.together.buttons if one.text() == "Take back")
    back.click()
    qtbot.waitUntil(lambda: room.together.said.text().startswith("2 decisions taken back."))
    assert "1 has no decision to take back: 1 is “Queued”." in room.together.said.text()
    assert {call[1] for call in desk.calls if call[0] == "undo"} == set(tasks)
    qtbot.waitUntil(lambda: not back.isEnabled())


def test_what_fails_among_several_does_not_stop_the_others(
    qtbot: QtBot, desk: FakeDesk, entered: Entered, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [worked(desk, name) for name in ("a.pdf", "b.pdf")]
    reject = desk.reject

    def refusing(task: str, note: str = "") -> None:
        if task == tasks[1]:
            raise Problem("stale", "Somebody else was quicker.")
        reject(task, note)

    monkeypatch.setattr(desk, "reject", refusing)
    _, room = entered()
    choose(room, 0, 1)
    room.together.buttons[1].click()
    qtbot.waitUntil(lambda: "1 failed" in room.together.said.text())
    assert room.together.said.text().startswith("1 task rejected.")
    assert "Somebody else was quicker." in room.together.said.text()


def test_deciding_on_many_can_be_stopped(
    qtbot: QtBot, desk: FakeDesk, entered: Entered, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        worked(desk, name)
    _, room = entered()
    skip = desk.skip

    def slow(task: str, note: str = "") -> None:
        room.together._stop.set()  # a person presses Stop while the first one is decided on
        skip(task, note)

    monkeypatch.setattr(desk, "skip", slow)
    choose(room, 0, 1, 2)
    room.together.buttons[2].click()
    qtbot.waitUntil(lambda: "Stopped" in room.together.said.text())
    assert room.together.said.text() == "1 task skipped. Stopped; 2 were left as they are."


def test_what_came_of_it_stands_there_until_something_else_is_chosen(
    qtbot: QtBot, desk: FakeDesk, entered: Entered
) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        worked(desk, name)
    _, room = entered()
    choose(room, 0, 1)
    room.together.buttons[2].click()
    qtbot.waitUntil(lambda: room.together.said.text() == "2 tasks skipped.")
    room.found.beginResetModel()
    room.found.endResetModel()  # the rows have come anew, and nothing is chosen any more
    assert room.together.said.text() == "2 tasks skipped."
    choose(room, 2)
    assert room.together.said.text() == "1 task chosen."


def test_closing_the_window_ends_deciding_on_many(
    qtbot: QtBot, desk: FakeDesk, entered: Entered, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        worked(desk, name)
    window, room = entered()
    skip, begun, closing = desk.skip, threading.Event(), threading.Event()

    def slow(task: str, note: str = "") -> None:
        begun.set()
        assert closing.wait(30)
        skip(task, note)

    monkeypatch.setattr(desk, "skip", slow)
    monkeypatch.setattr(room.together._stop, "set", lambda: (type(closing).set(room.together._stop), closing.set()))
    choose(room, 0, 1, 2)
    room.together.buttons[2].click()
    assert begun.wait(30)
    window.close_desk()
    assert [call[0] for call in desk.calls].count("skip") == 1


def test_a_query_is_saved_under_a_name_and_forgotten(qtbot: QtBot, desk: FakeDesk, entered: Entered) -> None:
    desk.add("letter.pdf")
    _, room = entered()
    room.save.click()
    assert room.fault.text().startswith("There is no query to save yet")
    room.query.setText("status:review")
    room.name.setText("Mine")
    room.save.click()
    qtbot.waitUntil(lambda: room.views.currentText() == "Mine")
    room.query.clear()
    room.save.click()  # nothing to save, and nothing to forget either
    assert room.views.findText("Mine") == 1
    room._view(1)
    assert room.query.text() == "status:review"
    room.forget.click()
    qtbot.waitUntil(lambda: room.views.count() == 1)


def test_views_are_kept_in_the_home_and_bad_ones_are_told(tmp_path: Path) -> None:
    assert views.read(tmp_path) == {}
    assert views.keep(tmp_path, "  My   view ", " status:review ") == {"My view": "status:review"}
    assert views.read(tmp_path) == {"My view": "status:review"}
    with pytest.raises(Problem, match="1 to 60 characters"):
        views.keep(tmp_path, " ", "x")
    with pytest.raises(Problem, match="There is no “label:”"):
        views.keep(tmp_path, "Bad", "label:x")
    assert views.remove(tmp_path, "My view") == {}
    (tmp_path / views.FILE).unlink()
    (tmp_path / views.FILE).mkdir()
    with pytest.raises(Problem, match="can't be read"):
        views.read(tmp_path)
    (tmp_path / views.FILE).rmdir()
    (tmp_path / views.FILE).write_text("[1]")
    with pytest.raises(Problem, match="no table of names"):
        views.read(tmp_path)


def test_a_task_that_is_too_old_for_the_inbox_is_shown_there_when_it_is_wanted(
    qtbot: QtBot, desk: FakeDesk, entered: Entered
) -> None:
    old = worked(desk, "old.pdf")
    for number in range(3):
        desk.add(f"new-{number}.pdf")
    desk.most = 2
    window, room = entered()
    assert window.inbox.tasks.position(old) < 0
    assert window.inbox.older.text() == "2 older tasks: under Tasks (Alt+3)"
    room.opened.emit(old)
    qtbot.waitUntil(lambda: window.inbox.current() == old)
    qtbot.waitUntil(lambda: window.centre.heading.name.text != "" and window.case.handoff is not None)
    assert window.inbox.older.text() == "1 older task: under Tasks (Alt+3)"


def test_where_there_is_nothing_it_says_so_and_what_to_do(qtbot: QtBot, desk: FakeDesk) -> None:
    room = placed(qtbot, AllTasks)
    room.desk = desk  # type: ignore[assignment]
    room.enter()
    qtbot.waitUntil(lambda: room.stack.currentWidget() is room.none)
    worked(desk)
    room.query.setText("status:failed")
    qtbot.waitUntil(lambda: room.stack.currentWidget() is room.missed)
    room.missed.buttons[0].click()
    qtbot.waitUntil(lambda: room.stack.currentWidget() is room.table)
    assert room.found.total == 1
