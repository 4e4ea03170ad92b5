"""Knowledge: collections as cards, a search that says when nothing is relevant, adding that can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QFileDialog, QLineEdit, QListView, QTableView
from pytestqt.qtbot import QtBot

from app.asking import Stop
from app.knowledge import Adding
from engine.cards import Problem
from engine.events import Started
from engine.orders import Clauses, Known, Order, Remove, RemoveAll, Tune
from tests.ui import library, stories
from tests.ui.conftest import placed
from tests.ui.fake_desk import FakeDesk
from ui.collection_cards import Pace
from ui.knowledge import Knowledge
from ui.window import Window

Opened = Callable[[], Window]
ACCESSIBLE = int(Qt.ItemDataRole.AccessibleTextRole)


@pytest.fixture
def room(qtbot: QtBot, desk: FakeDesk, tmp_path: Path) -> Iterator[Knowledge]:
    """The place by itself, on a desk whose library holds two collections."""
    desk.home = tmp_path / "home"
    room = placed(qtbot, Knowledge)
    room.desk = desk  # type: ignore[assignment]  # it plays one
    room.enter()
    qtbot.waitUntil(lambda: room.holdings.held.rowCount() > 0)
    yield room
    room.leave()


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_text(name)
    return [folder / name for name in names]


def found(qtbot: QtBot, room: Knowledge, words: str) -> None:
    room.passages.query.setText(words)
    QTest.keyClick(room.passages.query, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: room.passages.hits.rows.rowCount() > 0)


def test_collections_are_cards_with_their_state(room: Knowledge) -> None:
    cards = [room.list.collections.index(row).data(ACCESSIBLE) for row in range(2)]
    assert cards[0].startswith(
        "front-desk, Ready, 1 document · 4 passages, \u2068all-MiniLM-L6-v2\u2069 · not tuned, Sear"
    )
    assert cards[1].startswith("earlier-answers, Not complete, 2 documents · 8 passages, 12 passages to be embedded")
    assert room.holdings.held.index(0, 0).data() == "handbook.pdf"
    assert [room.holdings.held.index(0, column).data() for column in (3, 4, 5)] == ["2025-01-04", "3", "4"]
    assert not room.grab().isNull()


def test_a_hit_is_shown_on_its_page(qtbot: QtBot, room: Knowledge) -> None:
    found(qtbot, room, "When is my refund paid?")
    assert room.passages.verdict.text().startswith("2 relevant passages")
    rows = room.passages.hits.rows.rows
    assert rows[0].head == "0.91 · 4 Returns and refunds > 4.2"
    assert rows[1].foot.endswith("also in \u2068handbook-2024.pdf\u2069, page 2")
    room.passages.hits.setFocus()
    QTest.keyClick(room.passages.hits, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: any(mark.strong and mark.box for mark in room.passages.page.marks()))
    qtbot.waitUntil(lambda: room.passages.page.number.text() == "3 of 3")


def test_that_nothing_is_relevant_is_said(qtbot: QtBot, room: Knowledge) -> None:
    found(qtbot, room, "Who won the football cup?")
    assert room.passages.verdict.text() == "Nothing relevant here. These come nearest, and do not answer it:"
    assert [row.head[:4] for row in room.passages.hits.rows.rows] == ["0.12", "0.08"]


def test_dropped_files_are_added_and_those_refused_are_named(qtbot: QtBot, room: Knowledge, tmp_path: Path) -> None:
    room.list.choose("earlier-answers")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in files(tmp_path, "damaged.pdf", "minutes.pdf")])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    room.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, left, none))
    qtbot.waitUntil(lambda: room.holdings.held.rowCount() == 3)
    assert room.holdings.said.text() == "1 document added, with 4 new passages."
    (note,) = room.holdings.notes.rows.rows
    assert note.text == "The file is damaged, and no page of it can be read."
    assert note.head.endswith("damaged.pdf")


def test_stop_ends_the_adding_and_what_was_added_stays(qtbot: QtBot, room: Knowledge, tmp_path: Path) -> None:
    room.add(files(tmp_path, "a.pdf", "held.pdf", "z.pdf"))
    card = room.list.collections.index(0)
    qtbot.waitUntil(lambda: "2 of 3: \u2068held.pdf\u2069" in card.data(ACCESSIBLE))
    assert room.holdings.stop.isVisibleTo(room.holdings)
    assert not room.holdings.files.isEnabled()
    room.holdings.stop.click()
    qtbot.waitUntil(lambda: room.holdings.held.rowCount() == 2)
    assert room.holdings.said.text().startswith("Stopped. 1 document added, with 4 new passages. They stay;")
    assert not room.holdings.stop.isVisibleTo(room.holdings)
    assert room.holdings.files.isEnabled()


def test_removing_asks_in_its_place_first(qtbot: QtBot, room: Knowledge) -> None:
    room.holdings.table.setFocus()
    room.holdings.table.selectRow(0)
    QTest.keyClick(room.holdings.table, Qt.Key.Key_Delete)
    confirm = room.holdings.confirm
    assert confirm.isVisible()
    assert "Take \u2068handbook.pdf\u2069 out of \u2068front-desk\u2069?" in confirm.words.text()
    QTest.keyClick(confirm.no, Qt.Key.Key_Escape)
    assert not confirm.isVisible()
    assert room.holdings.held.rowCount() == 1
    room.holdings.remove.click()
    confirm.yes.click()
    qtbot.waitUntil(lambda: room.holdings.held.rowCount() == 0)
    assert room.holdings.said.text() == "1 document taken out."


def test_a_whole_collection_goes_and_a_new_one_comes(qtbot: QtBot, desk: FakeDesk, room: Knowledge) -> None:
    room.holdings.drop.click()
    room.holdings.confirm.yes.click()
    qtbot.waitUntil(lambda: room.list.collections.rowCount() == 1)
    assert ("ask", RemoveAll("front-desk")) in desk.calls
    room.fresh.click()
    QTest.keyClick(room.name, Qt.Key.Key_Escape)
    assert not room.name.isVisible()
    room.fresh.click()
    QTest.keyClicks(room.name, "contracts")
    QTest.keyClick(room.name, Qt.Key.Key_Return)
    assert room.list.current
    assert room.list.current.name == "contracts"
    assert room.holdings.empty.what.text() == "Nothing in \u2068contracts\u2069 yet"


def test_tuning_says_what_came_of_it(qtbot: QtBot, desk: FakeDesk, room: Knowledge, tmp_path: Path) -> None:
    asked = tmp_path / "asked.jsonl"
    asked.write_text('{"query": "When?", "ids": ["handbook.pdf"]}\n')
    room._take_questions([str(asked)])
    qtbot.waitUntil(lambda: room.holdings.said.text() == "It answers more, and serves now.")
    assert any(isinstance(call[1], Tune) for call in desk.calls if call[0] == "ask")


def test_coverage_names_what_was_never_cited(qtbot: QtBot, room: Knowledge) -> None:
    room.tabs.setCurrentWidget(room.uncovered)
    qtbot.waitUntil(lambda: room.uncovered.summary.text().startswith("No task has drawn on it yet"))
    rows = room.uncovered.list.rows.rows
    never = [row for row in rows if row.margin and row.margin.word == "Never cited"]
    assert [row.text for row in never] == library.QUOTES
    room.uncovered.chosen.emit(never[2].value)
    qtbot.waitUntil(lambda: any(mark.strong for mark in room.passages.page.marks()))


def held_back(desk: FakeDesk, order: Known) -> Callable[[], None]:
    """That question is not answered before the returned wish."""
    answer, go_on = desk.library.answer, threading.Event()

    def later(asked: Order, stop: Stop | None) -> Iterator[dict[str, Any]]:
        if asked == order:
            go_on.wait(30)
        return answer(asked, stop)

    desk.library.answer = later  # type: ignore[method-assign]
    return go_on.set


def card(room: Knowledge, row: int) -> str:
    return str(room.list.collections.index(row).data(ACCESSIBLE))


def test_an_old_state_is_never_told_as_the_current_one(qtbot: QtBot, desk: FakeDesk, room: Knowledge) -> None:
    assert room.freshness.isHidden()
    let_go = held_back(desk, Known())
    room.refresh()
    assert card(room, 1).startswith("earlier-answers, Not complete")
    qtbot.waitUntil(lambda: room.freshness.words.text().startswith("Asking how things stand now"))
    assert card(room, 1).startswith("earlier-answers, Asking…, 2 documents")
    desk.library.collections["earlier-answers"].pop()
    let_go()
    qtbot.waitUntil(lambda: card(room, 1).startswith("earlier-answers, Not complete, 1 document "))
    assert room.freshness.isHidden()


def test_that_no_answer_came_is_said_beside_the_old_states(qtbot: QtBot, desk: FakeDesk, room: Knowledge) -> None:
    def broken(order: Order, stop: Stop | None) -> Iterator[dict[str, Any]]:
        raise Problem("engine_died", "The engine ended unexpectedly.")

    desk.library.answer = broken  # type: ignore[method-assign]
    room.refresh()
    qtbot.waitUntil(lambda: room.message.words.text() == "The engine ended unexpectedly.")
    assert room.freshness.words.text() == "No answer came: what is seen here is from before."
    assert card(room, 0).startswith("front-desk, Asking…")


def test_the_first_answer_is_waited_for_in_words(qtbot: QtBot, desk: FakeDesk, tmp_path: Path) -> None:
    let_go = held_back(desk, Known())
    desk.home = tmp_path
    room = placed(qtbot, Knowledge)
    room.desk = desk  # type: ignore[assignment]  # it plays one
    room.enter()
    qtbot.waitUntil(lambda: room.freshness.words.text() == "Asking for the collections…")
    let_go()
    qtbot.waitUntil(lambda: room.list.collections.rowCount() == 2)
    assert room.freshness.isHidden()
    room.leave()


def test_documents_are_waited_for_in_words(qtbot: QtBot, desk: FakeDesk, room: Knowledge) -> None:
    let_go = held_back(desk, Known("earlier-answers"))
    room.list.choose("earlier-answers")
    assert room.holdings.stack.currentWidget() is room.holdings.empty
    assert room.holdings.empty.what.text() == "Asking for the documents…"
    let_go()
    qtbot.waitUntil(lambda: room.holdings.held.rowCount() == 2)
    assert room.holdings.stack.currentWidget() is room.holdings.table


def test_learning_is_said_and_what_it_changed_comes_by_itself(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = opened()
    window.places.go("knowledge")
    room = window.rooms["knowledge"]
    assert isinstance(room, Knowledge)
    qtbot.waitUntil(lambda: room.list.collections.rowCount() == 2)
    desk.keep_up("learning")
    qtbot.waitUntil(lambda: room.freshness.words.text().startswith("Baton is learning in the background"))
    desk.library.collections["front-desk"].append(library.document("new.pdf", "f" * 64))
    desk.keep_up("")
    qtbot.waitUntil(lambda: card(room, 0).startswith("front-desk, Ready, 2 documents"))
    qtbot.waitUntil(room.freshness.isHidden)


def test_a_task_that_is_worked_is_said_and_coverage_is_from_before_when_it_has_ended(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task = desk.add("letter.pdf")
    window = opened()
    window.places.go("knowledge")
    room = window.rooms["knowledge"]
    assert isinstance(room, Knowledge)
    qtbot.waitUntil(lambda: room.list.collections.rowCount() == 2)
    room.tabs.setCurrentWidget(room.uncovered)
    qtbot.waitUntil(lambda: room.uncovered.list.rows.rowCount() > 0)
    desk.play(task, until=lambda event: isinstance(event, Started))
    qtbot.waitUntil(lambda: room.freshness.words.text() == "A task is being worked, so answers take longer here.")
    desk.play(task)
    qtbot.waitUntil(lambda: room.uncovered.summary.text() == "From before; look again for how things stand now.")


def test_ctrl_f_goes_to_the_search_of_this_place(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = opened()
    window.places.go("knowledge")
    room = window.rooms["knowledge"]
    assert isinstance(room, Knowledge)
    qtbot.waitUntil(room.passages.query.isEnabled)
    window.activateWindow()
    room.list.setFocus()
    QTest.keyClick(room.list, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(room.passages.query.hasFocus)


def test_without_collections_it_says_what_one_is_for(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    desk.library.collections = {}
    window = opened()
    window.places.go("knowledge")
    room = window.rooms["knowledge"]
    assert isinstance(room, Knowledge)
    qtbot.waitUntil(lambda: room.stack.currentWidget() is room.nothing)
    room.nothing.buttons[0].click()
    assert room.name.isVisible()


def test_every_control_has_a_name(room: Knowledge) -> None:
    for kind in (QAbstractButton, QComboBox, QLineEdit, QListView, QTableView):
        for control in room.findChildren(kind):
            if control.objectName().startswith("qt_") or control.parent().metaObject().className() == "QLineEdit":
                continue
            text = control.text() if isinstance(control, QAbstractButton) else ""
            assert control.accessibleName() or text or not control.isVisibleTo(room), control


@pytest.mark.parametrize("text", ["<img src=file:///etc/passwd>", "<b>bold</b> &amp;", "safe \u202egnp.exe"])
def test_names_and_passages_are_plain_text(qtbot: QtBot, desk: FakeDesk, room: Knowledge, text: str) -> None:
    row = library.document(text, "f" * 64, names=[text], title=text)
    desk.library.collections = {text: [row]}
    room.refresh()
    qtbot.waitUntil(lambda: room.list.collections.rowCount() == 1)
    qtbot.waitUntil(lambda: room.holdings.held.rowCount() == 1)
    assert room.list.collections.index(0).data() == text
    assert room.holdings.held.index(0, 0).data() == text
    hit = {"sha256": stories.HANDBOOK, "document": text, "page": 3, "start": 0, "end": 5, "heading": text,
           "quote": text, "score": 0.5, "relevant": True, "also": []}  # fmt: skip
    room.passages.show_found({"hits": [hit]}, 0.1)
    assert room.passages.hits.rows.rows[0].text == text
    tip = int(Qt.ItemDataRole.ToolTipRole)
    for shown in (room.list.collections.index(0), room.holdings.held.index(0, 0), room.passages.hits.rows.index(0)):
        assert "<img" not in shown.data(tip)
        assert "<b>" not in shown.data(tip)
    assert not room.grab().isNull()


def test_speed_and_time_left_are_told_once_they_mean_something() -> None:
    pace = Pace(began=0.0)
    assert pace.line(Adding("a", 1, 2, 20, 40, 0.25), now=1.0) == ""
    assert pace.line(Adding("a", 1, 2, 40, 40, 0.5), now=8.0) == "5.0 passages/s · 8 s left"
    assert pace.line(Adding("b", 2, 2, 20, 40, 0.75), now=12.0) == "5.0 passages/s · 4 s left"


def test_dialogs_that_were_left_are_gone_and_their_files_come_in(qtbot: QtBot, room: Knowledge, tmp_path: Path) -> None:
    for button in (room.holdings.files, room.holdings.folder, room.holdings.tune):
        button.click()
        (dialog,) = room.findChildren(QFileDialog)
        dialog.reject()
        qtbot.waitUntil(lambda: not room.findChildren(QFileDialog))
    room.holdings.files.click()
    (dialog,) = room.findChildren(QFileDialog)
    dialog.selectFile(str(files(tmp_path, "minutes.pdf")[0]))
    dialog.accept()
    qtbot.waitUntil(lambda: room.holdings.held.rowCount() == 2)
    assert not room.findChildren(QFileDialog)


def made(room: Knowledge, name: str) -> None:
    room.name_new()
    room.name.setText(name)
    QTest.keyClick(room.name, Qt.Key.Key_Return)
    assert room.list.current
    assert room.list.current.name == name


def test_a_late_list_of_documents_is_not_shown_under_a_new_collection(
    qtbot: QtBot, desk: FakeDesk, room: Knowledge
) -> None:
    let_go = held_back(desk, Known("earlier-answers"))
    room.list.choose("earlier-answers")
    made(room, "contracts")
    let_go()
    room.asks.ask(room.list.collections.rowCount, lambda _rows: room.setObjectName("answered"))
    qtbot.waitUntil(lambda: room.objectName() == "answered")
    assert room.holdings.held.rowCount() == 0
    assert room.holdings.stack.currentWidget() is room.holdings.empty


def test_a_late_coverage_is_not_shown_under_a_new_collection(qtbot: QtBot, desk: FakeDesk, room: Knowledge) -> None:
    let_go = held_back(desk, Clauses("front-desk"))
    room.tabs.setCurrentWidget(room.uncovered)
    made(room, "contracts")
    let_go()
    room.asks.ask(room.list.collections.rowCount, lambda _rows: room.setObjectName("answered"))
    qtbot.waitUntil(lambda: room.objectName() == "answered")
    assert room.uncovered.summary.text() == "Nothing to look at: this collection is empty."
    assert room.uncovered.list.rows.rowCount() == 0


def test_a_collection_that_is_filled_is_looked_through_for_what_is_never_cited(
    qtbot: QtBot, room: Knowledge, tmp_path: Path
) -> None:
    made(room, "contracts")
    room.tabs.setCurrentWidget(room.uncovered)
    assert room.uncovered.summary.text() == "Nothing to look at: this collection is empty."
    room.add(files(tmp_path, "minutes.pdf"))
    qtbot.waitUntil(lambda: bool(room.list.current and room.list.current.documents))
    qtbot.waitUntil(lambda: room.uncovered.summary.text() != "Nothing to look at: this collection is empty.")


def test_what_could_not_be_added_stays_until_another_collection_is_shown(
    qtbot: QtBot, desk: FakeDesk, room: Knowledge, tmp_path: Path
) -> None:
    made(room, "contracts")
    room.add(files(tmp_path, "damaged.pdf", "minutes.pdf"))
    qtbot.waitUntil(lambda: bool(room.list.current and room.list.current.documents))
    desk.library.collections = dict(sorted(desk.library.collections.items()))
    room.refresh()
    qtbot.waitUntil(lambda: room.list.collections.index(0).data() == "contracts")
    assert room.list.current
    assert room.list.current.name == "contracts"
    assert room.holdings.said.text() == "1 document added, with 4 new passages."
    (note,) = room.holdings.notes.rows.rows
    assert note.head.endswith("damaged.pdf")
    room.list.choose("front-desk")
    assert not room.holdings.said.text()
    assert room.holdings.notes.rows.rowCount() == 0
    room.list.choose("contracts")
    assert not room.holdings.said.text()


def test_where_to_search_follows_only_another_collection(qtbot: QtBot, desk: FakeDesk, room: Knowledge) -> None:
    scope = room.passages.scope
    assert scope.currentData() == "front-desk"
    scope.setCurrentIndex(0)
    for name in ("aa", "zz"):
        desk.library.collections = {name: [library.document("a.pdf", "a" * 64)]} | desk.library.collections
        room.refresh()
        qtbot.waitUntil(lambda name=name: scope.findData(name) > 0)  # type: ignore[misc]
        assert scope.currentText() == "In all collections"
    room.list.choose("earlier-answers")
    assert scope.currentData() == "earlier-answers"
    scope.setCurrentIndex(0)
    room.holdings.drop.click()
    room.holdings.confirm.yes.click()
    qtbot.waitUntil(lambda: scope.findData("earlier-answers") < 0)
    assert scope.currentText() == "In all collections"
    scope.setCurrentIndex(scope.findData("zz"))
    del desk.library.collections["zz"]
    room.list.choose("aa")
    assert scope.currentData() == "aa"


def test_what_is_dropped_while_files_are_added_comes_in_behind_them(
    qtbot: QtBot, desk: FakeDesk, room: Knowledge, tmp_path: Path
) -> None:
    room.add(files(tmp_path, "held.pdf", "damaged.pdf"))
    qtbot.waitUntil(lambda: "held.pdf" in card(room, 0))
    room.add(files(tmp_path, "second.pdf"))
    assert room.holdings.said.text() == ("1 file or folder waits, and is added once what is being done now has ended.")
    room.list.choose("earlier-answers")
    assert not room.holdings.said.text()
    room.add(files(tmp_path, "third.pdf", "fourth.pdf"))
    room.list.choose("front-desk")
    desk.library.go_on.set()
    qtbot.waitUntil(lambda: len(desk.library.collections["earlier-answers"]) == 4)
    assert [row["name"] for row in desk.library.collections["front-desk"]] == [
        "handbook.pdf", "held.pdf", "second.pdf"
    ]  # fmt: skip
    assert room.holdings.said.text() == "\n".join(2 * ["1 document added, with 4 new passages."])
    assert [note.head[-11:] for note in room.holdings.notes.rows.rows] == ["damaged.pdf"]
    qtbot.waitUntil(lambda: not room.work.name)
    room.list.choose("earlier-answers")
    assert room.holdings.said.text() == "2 documents added, with 8 new passages."


def test_stop_also_ends_what_waits_for_the_same_collection(
    qtbot: QtBot, desk: FakeDesk, room: Knowledge, tmp_path: Path
) -> None:
    room.add(files(tmp_path, "held.pdf"))
    qtbot.waitUntil(lambda: "held.pdf" in card(room, 0))
    room.add(files(tmp_path, "second.pdf"))
    room.list.choose("earlier-answers")
    room.add(files(tmp_path, "third.pdf"))
    room.list.choose("front-desk")
    room.holdings.stop.click()
    qtbot.waitUntil(lambda: len(desk.library.collections["earlier-answers"]) == 3)
    assert room.holdings.said.text().startswith("What waited behind it is not added.\nStopped. 0 documents added")
    assert [row["name"] for row in desk.library.collections["front-desk"]] == ["handbook.pdf"]


def test_what_waits_for_a_collection_that_goes_goes_with_it(
    qtbot: QtBot, desk: FakeDesk, room: Knowledge, tmp_path: Path
) -> None:
    room.add(files(tmp_path, "held.pdf"))
    qtbot.waitUntil(lambda: "held.pdf" in card(room, 0))
    room.list.choose("earlier-answers")
    room.add(files(tmp_path, "third.pdf"))
    room.remove_all()
    qtbot.waitUntil(lambda: "earlier-answers" not in desk.library.collections)
    desk.library.go_on.set()
    qtbot.waitUntil(lambda: not room.work.name)
    qtbot.waitUntil(lambda: room.holdings.held.rowCount() == 2)
    assert list(desk.library.collections) == ["front-desk"]


def test_questions_that_come_while_files_are_added_are_answered_with_why_not(
    qtbot: QtBot, room: Knowledge, tmp_path: Path
) -> None:
    room.add(files(tmp_path, "held.pdf"))
    qtbot.waitUntil(lambda: bool(room.work.name))
    room._take_questions([str(tmp_path / "asked.jsonl")])
    assert room.holdings.said.text().startswith("Nothing was learned, as something else is being done.")


def test_what_was_done_to_a_collection_is_said_under_it_alone(qtbot: QtBot, desk: FakeDesk, room: Knowledge) -> None:
    let_go = held_back(desk, Remove("front-desk", ("handbook.pdf",)))
    room.holdings.table.selectRow(0)
    room.holdings.remove.click()
    room.holdings.confirm.yes.click()
    room.list.choose("earlier-answers")
    let_go()
    qtbot.waitUntil(lambda: not desk.library.collections["front-desk"])
    qtbot.waitUntil(lambda: card(room, 0).startswith("front-desk, Empty"))
    assert not room.holdings.said.text()
    room.list.choose("front-desk")
    assert room.holdings.said.text() == "1 document taken out."


@pytest.mark.parametrize("kind", ["list", "search", "coverage", "documents"])
def test_after_an_error_that_nobody_foresaw_the_place_goes_on(
    qtbot: QtBot, desk: FakeDesk, room: Knowledge, kind: str
) -> None:
    answer = desk.library.answer

    def broken(order: Order, stop: Stop | None) -> Iterator[dict[str, Any]]:
        raise OSError(5, "Input/output error")

    desk.library.answer = broken  # type: ignore[method-assign]
    with qtbot.captureExceptions() as raised:
        match kind:
            case "list":
                room.refresh()
            case "search":
                room.passages.ask("When?")
            case "coverage":
                room.cover()
            case _:
                room.list.choose("earlier-answers")
        qtbot.waitUntil(lambda: bool(raised))
    assert [kind for kind, _error, _trace in raised] == [OSError]
    desk.library.answer = answer  # type: ignore[method-assign]
    said = "Something unexpected went wrong; the details are on the error output."
    match kind:
        case "list":
            assert room.message.words.text() == said
            assert room.freshness.words.text() == "No answer came: what is seen here is from before."
            room._ask_again()
            qtbot.waitUntil(room.freshness.isHidden)
        case "search":
            assert room.passages.verdict.text() == said
        case "coverage":
            assert room.uncovered.summary.text() == said
            assert room.uncovered.again.isEnabled()
        case _:
            assert room.message.words.text() == said
