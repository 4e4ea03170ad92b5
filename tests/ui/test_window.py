"""The window shows what the desk's events say, and sends back what a person wishes."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.task_rows import DeskStatus
from engine.cards import Problem
from engine.events import Handed, Progressed, Started, Typed
from tests.ui import stories
from tests.ui.fake_desk import FakeDesk, worked
from ui.files import case_name
from ui.window import Window
from ui.worker import Lane

Opened = Callable[[], Window]
ROOT = Path(__file__).parents[2]


def test_an_empty_desk_offers_the_sample_inbox(qtbot: QtBot, desk: FakeDesk, opened: Opened, tmp_path: Path) -> None:
    window = opened()
    assert window.panes.stack.currentWidget() is window.panes.nothing
    window._sample = tmp_path
    window.panes.nothing.buttons[0].click()
    qtbot.waitUntil(lambda: ("submit", [tmp_path]) in desk.calls)


def test_a_run_is_seen_as_it_happens(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("letter.pdf")
    window = opened()
    player = threading.Thread(target=desk.play, args=(task,), kwargs={"until": lambda event: isinstance(event, Typed)})
    player.start()
    qtbot.waitUntil(lambda: window.centre.draft.live.toPlainText() != "")
    legs = window.panes.handoffs.legs.legs
    assert [leg.why.receiver for leg in legs] == ["reader", "extractor", "router", "librarian", "drafter", "drafter"]
    assert legs[-1].live
    assert legs[-1].note == "Reading the passages"
    assert window.centre.draft.stack.currentWidget() is window.centre.draft.live
    assert not any(named.isVisible() for named, _tone in window.centre.draft.legend)
    assert len(window.centre.fields.model.fields) == 3
    player.join()
    desk.play(task)
    qtbot.waitUntil(lambda: window.inbox.tasks.row(task).state == "finished")
    words = ["Opened", "", "", "", "", "", "Sent back", "Fallback", "", "Done"]
    qtbot.waitUntil(lambda: [leg.sign.word for leg in window.panes.handoffs.legs.legs] == words)
    assert "Verified: 4 of 4 supported" in window.centre.draft.verdict.text()
    assert all(named.isVisible() for named, _tone in window.centre.draft.legend)
    assert "10 handoffs" in window.panes.handoffs.totals.text()
    assert window.bar.offline.text == "Network blocked"


def test_each_sentence_says_who_wrote_it_and_what_is_not_supported(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task = desk.add("letter.pdf")
    desk.play(task, until=lambda event: isinstance(event, Handed) and event.why.code == "unsupported")
    window = opened()
    qtbot.waitUntil(lambda: bool(window.centre.draft.sentences.rows.rows))
    rows = window.centre.draft.sentences.rows.rows
    assert [row.margin.word for row in rows if row.margin][:4] == [
        "Playbook", "Playbook", "SmolLM2-135M-Instruct", "Word for word",
    ]  # fmt: skip
    assert rows[2].foot.startswith("NOT SUPPORTED: “7 days”")
    assert rows[-1].margin is not None
    assert rows[-1].margin.word == "Objection"


def test_a_sentence_leads_to_its_source(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: bool(window.centre.draft.sentences.rows.rows))
    sentences = window.centre.draft.sentences
    sentences.setCurrentIndex(sentences.rows.index(2))
    page = window.centre.page
    qtbot.waitUntil(lambda: not page.paper.sheet.image.isNull() and page.tabs.currentIndex() == 1)
    strong = [mark.word for mark in page.paper.sheet.marks if mark.strong]
    assert strong == ["Source 1"]
    assert page.number.text() == "3 of 3"


def test_a_field_leads_to_its_place(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: len(window.centre.fields.model.fields) == 3)
    rows = window.centre.fields.model
    assert [rows.index(row, 3).data() for row in range(3)] == ["", "0.87", ""]
    window.centre.fields.table.selectRow(1)
    qtbot.waitUntil(lambda: any(mark.strong and mark.word == "Amount" for mark in window.centre.page.marks()))


def test_a_handoff_opens_its_card(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: len(window.panes.handoffs.legs.legs) == 10)
    panel = window.panes.handoffs
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.legs.index(2))
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert panel.card.isVisible()
    parts = [panel.card.model.item(row).text() for row in range(panel.card.model.rowCount())]
    assert parts == ["Fields", "Why it was passed on"]
    assert '"order_number"' in panel.card.json.toPlainText()


def test_a_burst_arrives_in_few_batches(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("letter.pdf")
    window = opened()
    batches: list[int] = []
    window.feed.arrived.connect(lambda events: batches.append(len(events)))
    window.feed.put(Started(task, "drafter"))
    for number in range(2500):
        window.feed.put(Typed(task, f"{number} "))
    for number in range(2500):
        window.feed.put(Progressed(task, f"note {number}", number, 2500))
    qtbot.waitUntil(lambda: window.case.note == "note 2499")
    assert window.centre.draft.live.toPlainText().startswith("0 1 2 ")
    assert window.centre.draft.live.toPlainText().endswith("2499 ")
    assert len(batches) <= 6
    assert sum(batches) <= 12


def test_a_thousand_handoffs_are_few_insertions(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: len(window.panes.handoffs.legs.legs) == 10)
    inserted: list[int] = []
    window.panes.handoffs.legs.rowsInserted.connect(lambda *_: inserted.append(1))
    why = desk.history(task)[-1].why
    for number in range(10, 910):
        window.feed.put(Handed(task, number, why))
    qtbot.waitUntil(lambda: len(window.case.history) == 910)
    assert len(inserted) <= 5


def test_missing_handoffs_are_fetched(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("letter.pdf")
    window = opened()
    qtbot.waitUntil(lambda: len(window.case.history) == 1)
    heard, desk._listeners = desk._listeners, []
    desk.play(task)
    desk._listeners = heard
    window.feed.put(desk.history(task)[-1])
    qtbot.waitUntil(lambda: len(window.case.history) == 10)


def test_decisions_reach_the_desk(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    first, second, third, fourth = (worked(desk, f"letter-{number}.pdf") for number in range(4))
    window = opened()
    bar = window.centre.decision
    qtbot.waitUntil(lambda: window.case.task == first and bar.approve_button.isEnabled())
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: ("approve", first, None, "") in desk.calls and window.case.task == second)
    qtbot.waitUntil(bar.reject_button.isEnabled)
    bar.note.setText("wrong customer")
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: ("reject", second, "wrong customer") in desk.calls and window.case.task == third)
    assert bar.note.text() == ""
    qtbot.waitUntil(bar.skip_button.isEnabled)
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: ("skip", third, "") in desk.calls and window.case.task == fourth)
    qtbot.waitUntil(lambda: bar.edit_button.isEnabled() and bool(window.case.states))
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_E)
    assert window.centre.draft.editing
    window.centre.draft.editor.setPlainText("My own words.")
    qtbot.keyClick(window.centre.draft.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: ("approve", fourth, "My own words.", "") in desk.calls)
    qtbot.waitUntil(lambda: not window.centre.draft.editing)


def test_each_decision_is_confirmed_with_the_files_name_and_how_it_is_taken_back(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    first, second, third, _fourth = (worked(desk, f"letter-{number}.pdf") for number in range(4))
    window = opened()
    bar, note = window.centre.decision, window.bar.note
    window.deciding.rest.setInterval(0)
    for task, key, said in (
        (first, Qt.Key.Key_A, "Approved: \u2068letter-0.pdf\u2069. Backspace takes it back."),
        (second, Qt.Key.Key_X, "Rejected: \u2068letter-1.pdf\u2069. Backspace takes it back."),
        (third, Qt.Key.Key_Space, "Skipped for now: \u2068letter-2.pdf\u2069. Backspace takes it back."),
    ):
        qtbot.waitUntil(lambda task=task: window.case.task == task and bar.approve_button.isEnabled())  # type: ignore[misc]
        window.inbox.list.setFocus()
        qtbot.keyClick(window.inbox.list, key)
        qtbot.waitUntil(lambda said=said: note.text() == said)  # type: ignore[misc]
    qtbot.waitUntil(lambda: bar.edit_button.isEnabled() and bool(window.case.states))
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_E)
    window.centre.draft.editor.setPlainText("My own words.")
    qtbot.keyClick(window.centre.draft.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: note.text().startswith("Approved as you edited it: \u2068letter-3.pdf\u2069."))
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: note.text() == "Taken back: \u2068letter-3.pdf\u2069")


def test_a_long_word_in_the_status_bar_makes_the_window_no_wider(desk: FakeDesk, opened: Opened) -> None:
    worked(desk, f"{'long-name-' * 20}.pdf")
    window = opened()
    before = window.minimumSizeHint().width()
    window.bar.say("Said at length. " * 30)
    assert window.minimumSizeHint().width() == before
    assert window.bar.note.toolTip().count("Said at length.") == 30


def test_a_held_key_decides_once_and_steps_on(desk: FakeDesk, opened: Opened) -> None:
    keys = opened().keys.shortcuts
    assert {key for key, shortcut in keys.items() if shortcut.autoRepeat()} == {"J", "K"}


def test_a_key_pressed_twice_before_the_first_is_answered_decides_once(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    first, second = worked(desk, "one.pdf"), worked(desk, "two.pdf")
    approve, answered = desk.approve, threading.Event()

    def slowly(task: str, text: str | None = None, note: str = "") -> None:
        answered.wait(5)
        approve(task, text, note)

    desk.approve = slowly  # type: ignore[method-assign]
    window = opened()
    bar = window.centre.decision
    qtbot.waitUntil(lambda: window.case.task == first and bar.approve_button.isEnabled())
    window.inbox.list.setFocus()
    for key in (Qt.Key.Key_A, Qt.Key.Key_A, Qt.Key.Key_X, Qt.Key.Key_Space, Qt.Key.Key_E):
        qtbot.keyClick(window.inbox.list, key)
    assert not bar.approve_button.isEnabled()
    answered.set()
    qtbot.waitUntil(lambda: window.case.task == second and bar.approve_button.isEnabled())
    assert desk.calls == [("approve", first, None, "")]


def test_a_key_pressed_twice_by_mistake_leaves_the_next_draft_alone(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    first, second = worked(desk, "one.pdf"), worked(desk, "two.pdf")
    window = opened()
    bar = window.centre.decision
    qtbot.waitUntil(lambda: window.case.task == first and bar.approve_button.isEnabled())
    window.deciding.rest.setInterval(60_000)
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: window.case.task == second and bool(window.case.states))
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_A)
    assert not bar.approve_button.isEnabled()
    window.deciding.rest.start(0)
    qtbot.waitUntil(bar.approve_button.isEnabled)
    assert desk.calls == [("approve", first, None, "")]


def test_a_draft_can_be_approved_only_when_it_is_shown(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    first, second = worked(desk, "one.pdf"), worked(desk, "two.pdf")
    history, arrived = desk.history, threading.Event()

    def slowly(task: str) -> list[Handed]:
        if task == second:
            arrived.wait(5)
        return history(task)

    window = opened()
    bar = window.centre.decision
    qtbot.waitUntil(lambda: window.case.task == first and bar.approve_button.isEnabled())
    desk.history = slowly  # type: ignore[method-assign]
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: window.case.task == second)
    for key in (Qt.Key.Key_A, Qt.Key.Key_X, Qt.Key.Key_Space, Qt.Key.Key_E):
        qtbot.keyClick(window.inbox.list, key)
    assert not window.centre.draft.editing
    arrived.set()
    qtbot.waitUntil(bar.approve_button.isEnabled)
    assert bool(window.centre.draft.sentences.rows.rows)
    assert desk.calls == [("approve", first, None, "")]


def test_the_last_task_is_decided_once_though_the_inbox_does_not_say_so_yet(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task = worked(desk)
    window = opened()
    bar = window.centre.decision
    qtbot.waitUntil(bar.approve_button.isEnabled)
    rows = desk.tasks()
    desk.tasks = lambda: rows  # type: ignore[method-assign]
    heard, desk._listeners = desk._listeners, []
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_A)
    bar.note.setText("until it is answered")
    qtbot.waitUntil(lambda: bar.note.text() == "")
    assert not bar.approve_button.isEnabled()
    assert not bar.skip_button.isEnabled()
    assert desk.calls == [("approve", task, None, "")]
    desk._listeners = heard


def test_the_focus_stays_on_the_button_from_draft_to_draft(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    first, second = worked(desk, "one.pdf"), worked(desk, "two.pdf")
    window = opened()
    bar = window.centre.decision
    qtbot.waitUntil(lambda: window.case.task == first and bar.approve_button.isEnabled())
    bar.approve_button.setFocus()
    qtbot.keyClick(bar.approve_button, Qt.Key.Key_Space)
    assert window.focusWidget() is bar  # not in the note, where letters are text
    qtbot.waitUntil(lambda: window.case.task == second and bar.approve_button.isEnabled())
    assert window.focusWidget() is bar.approve_button
    assert desk.calls == [("approve", first, None, "")]


def test_a_bug_in_a_decision_leaves_the_others_possible(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    def broken(task: str, text: str | None = None, note: str = "") -> None:
        raise ZeroDivisionError

    task = worked(desk)
    desk.approve = broken  # type: ignore[method-assign]
    window = opened()
    qtbot.waitUntil(window.centre.decision.approve_button.isEnabled)
    with qtbot.captureExceptions() as loud:
        window.deciding.approve()
        qtbot.waitUntil(lambda: bool(loud))
    window.deciding.reject()
    qtbot.waitUntil(lambda: desk.calls == [("reject", task, "")])


def test_letters_are_text_in_text_fields(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(window.centre.decision.approve_button.isEnabled)
    window.activateWindow()
    for field in (window.inbox.filter, window.centre.decision.note):
        field.setFocus()
        qtbot.waitUntil(field.hasFocus)
        qtbot.keyClicks(field, "axe jk")
        assert field.text() == "axe jk"
        field.clear()
    window.deciding.edit()
    window.centre.draft.editor.clear()
    qtbot.keyClicks(window.centre.draft.editor, "axe jk ?")
    assert window.centre.draft.editor.toPlainText() == "axe jk ?"
    assert desk.calls == []


def test_a_refused_decision_keeps_the_words(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)

    def refuse(task: str, text: str | None = None, note: str = "") -> None:
        raise Problem("unsupported", "The draft has unsupported sentences.")

    desk.approve = refuse  # type: ignore[method-assign]
    window = opened()
    qtbot.waitUntil(lambda: window.centre.decision.edit_button.isEnabled() and bool(window.case.states))
    window.deciding.edit()
    window.centre.draft.editor.setPlainText("Hours of work.")
    window.deciding.approve()
    qtbot.waitUntil(window.panes.message.isVisible)
    assert window.panes.message.words.text() == "The draft has unsupported sentences."
    assert window.centre.draft.text() == "Hours of work."


def test_what_was_written_is_kept_when_the_edit_is_left(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: window.centre.decision.edit_button.isEnabled() and bool(window.case.states))
    window.activateWindow()
    window.deciding.edit()
    window.centre.draft.editor.setPlainText("Half a sentence")
    qtbot.keyClick(window.centre.draft.editor, Qt.Key.Key_Escape)
    assert not window.centre.draft.editing
    assert window.bar.note.text() == "What you wrote is kept: E goes on with it."
    window.deciding.edit()
    assert window.centre.draft.text() == "Half a sentence"
    window.deciding.approve()
    qtbot.waitUntil(lambda: ("approve", task, "Half a sentence", "") in desk.calls)
    qtbot.waitUntil(lambda: not window.centre.draft.editing)
    assert window.deciding.left == {}


def test_an_edit_waits_while_another_task_is_looked_at(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    first, second = worked(desk, "one.pdf"), worked(desk, "two.pdf")
    window = opened()
    qtbot.waitUntil(lambda: window.case.task == first and bool(window.case.states))
    window.deciding.edit()
    window.centre.draft.editor.setPlainText("Half a sentence")
    window.inbox.choose(second)
    qtbot.waitUntil(lambda: bool(window.case.states) and not window.centre.draft.editing)
    window.inbox.choose(first)
    qtbot.waitUntil(lambda: window.centre.draft.text() == "Half a sentence")


@pytest.mark.parametrize("busy", ["a note", "a field with the focus", "a password", "a second look"])
def test_the_run_does_not_pull_a_person_away_from(busy: str, qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    mine = worked(desk, "locked.pdf" if busy == "a password" else "proposed.pdf")
    other, third = desk.add("other.pdf"), desk.add("third.pdf")
    window = opened()
    window.activateWindow()
    note, password = window.centre.decision.note, window.centre.quarantine.retry.password
    qtbot.waitUntil(note.isEnabled)
    qtbot.waitUntil(password.isVisible if busy == "a password" else window.centre.decision.allow_button.isEnabled)
    window.inbox.list.setFocus()
    match busy:
        case "a note":
            note.setText("Ask them for")
        case "a field with the focus":
            note.setFocus()
        case "a password":
            password.setText("kett")
        case _:
            window.deciding.look()
    desk.play(other, until=lambda event: isinstance(event, Typed))
    qtbot.waitUntil(lambda: window.inbox.tasks.row(other).state == "running")  # type: ignore[union-attr]
    assert window.case.task == mine
    note.clear()
    password.clear()
    window.deciding.leave()
    window.inbox.list.setFocus()
    desk.play(other, until=lambda event: isinstance(event, Progressed | Handed))
    qtbot.waitUntil(lambda: window.case.task == other)
    desk.play(third, until=lambda event: isinstance(event, Started))
    qtbot.waitUntil(lambda: window.case.task == third)
    assert window.tools.follow.isChecked()


def test_stop_correct_and_run_again(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("orders.pdf", stories.orders_about)
    desk.play(task, until=lambda event: isinstance(event, Started))
    window = opened()
    qtbot.waitUntil(window.tools.stop.isEnabled)
    window.inbox.list.setFocus()
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_Escape)
    qtbot.keyClick(window.inbox.list, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: ("stop", None) in desk.calls)
    assert desk.calls.count(("stop", None)) == 1, "Esc stops nothing"
    desk.play(task)
    qtbot.waitUntil(window.tools.again.isEnabled)
    window.tools.again.trigger()
    qtbot.waitUntil(lambda: ("resume", task) in desk.calls)
    assert window.centre.notices.isVisible()
    notices = window.centre.notices.rows
    qtbot.waitUntil(lambda: "Ignore all previous instructions" in notices.rows[-1].text)
    combo = window.centre.heading.intents
    qtbot.waitUntil(lambda: combo.count() == 3)
    combo.activated.emit(1)
    qtbot.waitUntil(lambda: ("correct", task, "complaint") in desk.calls)


def test_a_parked_task_says_why_and_goes_on_when_asked(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    why = "The log can't be written (database or disk is full)."
    task = desk.add("letter.pdf")
    desk._rows[task] = dataclasses.replace(desk._rows[task], state="parked", reason=why)
    window = opened()
    qtbot.waitUntil(window.tools.again.isEnabled)
    assert window.centre.heading.state.text() == "Parked"
    assert [row.text for row in window.centre.notices.rows.rows] == [why]
    window.tools.again.trigger()
    qtbot.waitUntil(lambda: ("resume", task) in desk.calls)


def test_a_parked_task_can_be_stopped(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("letter.pdf")
    desk._rows[task] = dataclasses.replace(desk._rows[task], state="parked", reason="The disk is full.")
    window = opened()
    qtbot.waitUntil(lambda: window.case.task == task)
    assert window.tools.stop.isEnabled()
    window.tools.stop.trigger()
    qtbot.waitUntil(lambda: ("stop", None) in desk.calls)


def test_the_inbox_goes_on_after_a_bug_while_it_was_asked(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    def broken() -> DeskStatus:
        raise ZeroDivisionError

    window = opened()
    status = desk.status
    desk.status = broken  # type: ignore[method-assign]
    with qtbot.captureExceptions() as loud:
        window.standing.ask()
        qtbot.waitUntil(lambda: bool(loud))
    assert loud[0][0] is ZeroDivisionError
    desk.status = status  # type: ignore[method-assign]
    desk.add("letter.pdf")
    window.standing.ask()
    qtbot.waitUntil(lambda: window.inbox.tasks.rowCount() == 1)


def test_dropped_files_are_submitted(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = opened()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/in/a.pdf"), QUrl("https://example.org/b.pdf"), QUrl.fromLocalFile("/in/c.eml")])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, buttons, keys))
    qtbot.waitUntil(lambda: ("submit", [Path("/in/a.pdf"), Path("/in/c.eml")]) in desk.calls)
    qtbot.waitUntil(lambda: window.inbox.tasks.rowCount() == 2)


def test_a_folder_without_files_says_so(qtbot: QtBot, desk: FakeDesk, opened: Opened, tmp_path: Path) -> None:
    window = opened()
    window.submit([tmp_path])
    qtbot.waitUntil(lambda: window.bar.note.text() == "No files found there.")


def test_files_that_are_in_the_inbox_already_get_a_word(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk)
    window = opened()
    submit = desk.submit
    desk.submit = lambda paths: [task]  # type: ignore[method-assign,assignment,misc]
    window.submit([Path("/inbox/letter.pdf")])
    qtbot.waitUntil(lambda: window.bar.note.text() == "Nothing new: these files are in the inbox already.")
    desk.submit = lambda paths: [task, *submit(paths)]  # type: ignore[method-assign,assignment,misc]
    window.submit([Path("/inbox/other.pdf")])
    qtbot.waitUntil(lambda: window.inbox.tasks.rowCount() == 2)
    qtbot.wait(50)
    assert window.bar.note.text() == "Adding files…"


def test_a_desk_that_cannot_open_says_why(qtbot: QtBot) -> None:
    def refuse() -> FakeDesk:
        raise Problem("in_use", "Another Baton has <b>this</b> desk open.")

    window = Window(refuse)  # type: ignore[arg-type]
    qtbot.addWidget(window)
    window.show()
    window.start()
    qtbot.waitUntil(lambda: window.panes.stack.currentWidget() is window.panes.refused)
    assert window.panes.refused.why.text() == "Another Baton has <b>this</b> desk open."
    window.close_desk()


def test_the_inbox_is_filtered_by_words_and_state(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "kettle.pdf")
    desk.add("invoice.pdf")
    window = opened()
    qtbot.waitUntil(lambda: window.inbox.sieve.rowCount() == 2)
    window.inbox.filter.setText("kett")
    assert window.inbox.sieve.rowCount() == 1
    window.inbox.filter.setText("refund request")
    qtbot.waitUntil(lambda: window.inbox.sieve.rowCount() == 1)
    window.inbox.filter.clear()
    states = window.inbox.states
    assert states.itemText(0) == "All (2)"
    states.setCurrentIndex(states.findData("queued"))
    assert window.inbox.sieve.rowCount() == 1


def test_help_shows_the_keys_and_escape_hides_it(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = opened()
    window.tools.keys.trigger()
    assert window.help.isVisible()
    qtbot.keyClick(window.help, Qt.Key.Key_Escape)
    assert not window.help.isVisible()
    assert desk.calls == []


def test_every_control_has_a_name(desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    nameless = [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and widget.window() is window
        and not widget.objectName().startswith("qt_")
        and not (widget.accessibleName() or getattr(widget, "text", str)())
        and type(widget).__name__ not in ("QTabWidget", "QTabBar", "QHeaderView")
    ]
    assert nameless == []


def test_the_page_is_drawn_with_its_marks(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    sheet = window.centre.page.paper.sheet
    qtbot.waitUntil(lambda: not sheet.image.isNull() and len(sheet.marks) == 3)
    assert sheet.image.format() == QImage.Format.Format_RGB888
    assert not window.grab().isNull()


def test_a_signal_closes_the_window_and_the_desk(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from tests.ui.fake_desk import FakeDesk; from ui.main import main; import ui.window\n"
        "desk = FakeDesk()\n"
        "import threading; threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()\n"
        "code = main([], lambda home: desk)\n"
        "print(code, desk.calls)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), "BATON_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stderr.replace("This plugin does not support propagateSizeHints()\n", "") == ""
    assert done.stdout == "0 [('close',)]\n"
    assert (tmp_path / "window.json").exists()  # the shape it was left in


def test_importing_the_window_loads_nothing_heavy() -> None:
    script = "import sys, ui.main, ui.window; print([m for m in %r if m in sys.modules])" % (  # noqa: UP031
        ["torch", "llama_cpp", "faiss", "sentence_transformers", "numpy"],
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n"


def test_what_a_page_asks_while_the_window_goes_is_not_done(qtbot: QtBot) -> None:
    asked: list[str] = []
    lane = Lane("test", lambda problem: asked.append(problem.sentence))
    lane.close()
    lane.ask(lambda: asked.append("asked"))
    assert asked == []


def test_a_case_is_exported_and_what_can_not_be_written_is_told(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, tmp_path: Path
) -> None:
    task = worked(desk)
    window = opened()
    qtbot.waitUntil(window.tools.export.isEnabled)
    window.export_to(task, str(tmp_path / "case.zip"))
    qtbot.waitUntil(lambda: window.bar.note.text() == "Written: \u2068case.zip\u2069")
    assert (tmp_path / "case.zip").exists()
    window.export_to(task, str(tmp_path / "nowhere" / "case.zip"))
    qtbot.waitUntil(lambda: "can't be written there" in window.panes.message.words.text())


def test_a_case_is_to_be_called_as_its_file_and_task(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked(desk, "Complaint of 3:4.eml")
    window = opened()
    qtbot.waitUntil(window.tools.export.isEnabled)
    proposed: list[str] = []
    monkeypatch.setattr("ui.window.save", lambda _parent, _title, name, _take: proposed.append(name))
    window.export()
    assert proposed == ["Complaint of 3 4 T-0001.zip"]


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("letter.pdf", "letter T-1.zip"),
        ('a<b>c:"d"\\e|f?g*.eml', "a b c d e f g T-1.zip"),
        ("line\nbreak\t\u202egnp.exe", "line break gnp T-1.zip"),
        ("..hidden. .txt", "hidden T-1.zip"),
        ("???.pdf", "T-1.zip"),
        ("Größe.tar.gz", "Größe.tar T-1.zip"),
    ],
)
def test_a_cases_name_is_one_on_every_system(name: str, proposed: str) -> None:
    assert case_name(name, "T-1") == proposed


def test_a_cases_name_is_never_too_long_for_a_system() -> None:
    for letter in ("a", "ü", "\U0001f600"):
        name = case_name(f"{letter * 300}.pdf", "T-0123456789")
        assert name.startswith(letter)
        assert name.endswith(" T-0123456789.zip")
        assert len(name.encode()) <= 140


def test_a_filter_that_hides_all_says_so_and_is_left_with_esc(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: window.inbox.tasks.rowCount() > 0)
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(window.inbox.filter, "no such letter")
    assert window.inbox.none.isVisible()
    qtbot.keyClick(window.inbox.filter, Qt.Key.Key_Escape)
    assert not window.inbox.none.isVisible()
    qtbot.keyClick(window.inbox.filter, Qt.Key.Key_Escape)
    assert window.inbox.list.hasFocus()
    assert ("stop", None) not in desk.calls


def test_what_is_typed_never_goes_into_a_field_that_is_not_seen(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    window.activateWindow()
    for place in window.rooms:
        window.places.go(place)
        qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        assert not window.inbox.filter.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert window.places.here == "inbox"
    assert window.inbox.list.hasFocus()


def test_the_window_is_not_closed_over_an_answer_without_asking(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    first, second = worked(desk, "one.pdf"), worked(desk, "two.pdf")
    window = opened()
    qtbot.waitUntil(lambda: window.case.task == first and bool(window.case.states))
    window.deciding.edit()
    assert not window.centre.draft.changed()  # nothing was changed: nothing would be lost
    window.centre.draft.begin_edit("EUR\u00a048")
    assert window.centre.draft.text() == "EUR\u00a048"
    window.centre.draft.editor.setPlainText("Half a sentence")
    window.inbox.choose(second)
    qtbot.waitUntil(lambda: bool(window.case.states) and not window.centre.draft.editing)
    closing = window.panes.closing
    window.places.go("tasks")
    assert not window.close()
    assert window.isVisible()
    assert window.places.here == "inbox"
    assert closing.words.text().startswith("You are writing 1 answer that is not approved yet.")
    qtbot.keyClick(closing.no, Qt.Key.Key_Escape)
    assert not closing.isVisible()
    assert window.edits == {first: "Half a sentence"}
    assert not window.close()
    closing.yes.click()
    assert not window.isVisible()
