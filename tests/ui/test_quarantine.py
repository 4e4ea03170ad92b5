"""What could not be read says why, and can be read again from the window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from engine.cards import Problem
from tests.ui import stories
from tests.ui.fake_desk import PASSWORD, FakeDesk, worked
from ui.window import Window

Opened = Callable[[], Window]


def test_a_locked_file_is_opened_with_its_password(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk, "locked.pdf")
    window = opened()
    tray = window.centre.quarantine
    qtbot.waitUntil(tray.isVisible)
    assert tray.what.text() == "Set aside: password needed"
    assert tray.why.text() == stories.SET_ASIDE["encrypted"]
    assert "PDF" in tray.facts.text()
    assert "1.2 MiB" in tray.facts.text()
    assert not tray.retry.unlock_button.isEnabled()
    qtbot.keyClicks(tray.retry.password, PASSWORD)
    qtbot.keyClick(tray.retry.password, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ("retry", task, PASSWORD, False) in desk.calls)
    qtbot.waitUntil(window.centre.page.isVisible)
    desk.play(task)
    qtbot.waitUntil(lambda: window.inbox.tasks.row(task).state == "finished")
    assert not window.centre.quarantine.isVisible()
    assert not window.centre.retry.isVisible()


def test_a_password_stays_nowhere(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    first, second = worked(desk, "locked.pdf"), worked(desk, "locked-too.pdf")
    window = opened()
    field = window.centre.quarantine.retry.password
    qtbot.waitUntil(field.isVisible)
    assert field.echoMode() == QLineEdit.EchoMode.Password
    qtbot.keyClicks(field, "secret")
    window.inbox.choose(second)
    qtbot.waitUntil(lambda: window.case.task == second and field.isVisible())
    assert field.text() == ""
    qtbot.keyClicks(field, "secret")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == ""
    field.undo()
    assert field.text() == ""
    qtbot.waitUntil(lambda: ("retry", second, "secret", False) in desk.calls)
    assert "secret" not in repr(vars(window.retries))
    assert ("retry", first, "secret", False) not in desk.calls


def test_escape_empties_the_password_and_stops_nothing(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "locked.pdf")
    window = opened()
    window.activateWindow()
    field = window.centre.quarantine.retry.password
    qtbot.waitUntil(field.isVisible)
    field.setFocus()
    qtbot.keyClicks(field, "secret")
    window.escape()
    assert field.text() == ""
    assert desk.calls == []


def test_a_wrong_password_is_told_beside_the_field(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk, "locked.pdf")
    window = opened()
    retry = window.centre.quarantine.retry
    qtbot.waitUntil(retry.password.isVisible)
    assert not retry.outcome.isVisible()
    retry.password.setText("wrong")
    retry.unlock_button.click()
    qtbot.waitUntil(lambda: bool(desk.calls))
    desk.play(task)
    qtbot.waitUntil(retry.outcome.isVisible)
    assert retry.outcome.text() == "That password does not open it."
    assert retry.password.isEnabled()
    assert not window.panes.message.isVisible()


def test_a_refused_retry_is_told_beside_the_buttons(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "damaged.pdf")

    def refuse(task: str, *, password: str = "", generous: bool = False) -> None:
        raise Problem("missing", "The original is not in the store. Add the file again.")

    desk.retry = refuse  # type: ignore[method-assign]
    window = opened()
    retry = window.centre.quarantine.retry
    qtbot.waitUntil(retry.again_button.isVisible)
    retry.again_button.click()
    qtbot.waitUntil(retry.outcome.isVisible)
    assert retry.outcome.text() == "The original is not in the store. Add the file again."
    assert retry.again_button.isEnabled()
    assert not window.panes.message.isVisible()


@pytest.mark.parametrize(
    ("code", "password", "larger"),
    [("encrypted", True, False), ("damaged", False, False), ("too_large", False, True), ("bomb", False, False)],
)
def test_only_what_may_help_is_offered(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, code: str, password: bool, larger: bool
) -> None:
    task = desk.add("file.bin", lambda card, _name: stories.set_aside(card, code))
    desk.play(task)
    window = opened()
    retry = window.centre.quarantine.retry
    qtbot.waitUntil(retry.again_button.isVisible)
    assert (retry.password.isVisible(), retry.larger_button.isVisible()) == (password, larger)


def test_a_file_can_be_tried_again_after_a_bug_in_trying(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    def broken(task: str, *, password: str = "", generous: bool = False) -> None:
        raise ZeroDivisionError

    worked(desk, "damaged.pdf")
    desk.retry = broken  # type: ignore[method-assign]
    window = opened()
    again = window.centre.quarantine.retry.again_button
    qtbot.waitUntil(again.isVisible)
    with qtbot.captureExceptions() as loud:
        again.click()
        qtbot.waitUntil(lambda: bool(loud))
    assert again.isEnabled()


def test_larger_limits_are_a_wish(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk, "huge.pdf")
    window = opened()
    retry = window.centre.quarantine.retry
    qtbot.waitUntil(retry.larger_button.isVisible)
    retry.larger_button.click()
    retry.larger_button.click()
    qtbot.waitUntil(lambda: not retry.isVisible())
    assert desk.calls == [("retry", task, "", True)]


def test_a_rejected_file_keeps_its_reason_and_offers_nothing(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk, "damaged.pdf")
    desk.reject(task)
    window = opened()
    tray = window.centre.quarantine
    qtbot.waitUntil(tray.isVisible)
    assert tray.why.text() == stories.SET_ASIDE["damaged"]
    assert not tray.retry.again_button.isVisible()


def test_the_inbox_says_why_a_file_is_in_quarantine(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk, "locked.pdf")
    worked(desk, "letter.pdf")
    window = opened()
    tasks = window.inbox.tasks
    sign, rest = tasks.said(tasks.row(task))
    assert (sign.word, rest) == ("Quarantined", "\u2068password needed\u2069")
    window.inbox.filter.setText("password")
    assert window.inbox.sieve.rowCount() == 1
    assert "password needed" in tasks.index(0).data(int(Qt.ItemDataRole.AccessibleTextRole))


def test_the_quarantine_is_reached_with_the_tab_key(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "locked.pdf")
    window = opened()
    retry = window.centre.quarantine.retry
    qtbot.waitUntil(retry.password.isVisible)
    window.activateWindow()
    window.centre.heading.intents.setFocus()
    retry.password.setText("something")
    reached = []
    for _ in range(8):
        window.focusNextChild()
        reached.append(QApplication.focusWidget())
    wanted = [retry.password, retry.unlock_button, retry.again_button]
    assert [widget for widget in reached if widget in wanted] == wanted
    assert reached.index(retry.password) <= 2


def test_files_that_could_not_be_read_are_listed_with_their_reasons(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task = worked(desk, "partly.eml")
    window = opened()
    retry, page = window.centre.retry, window.centre.page
    qtbot.waitUntil(retry.isVisible)
    unread = [row for row in window.centre.notices.rows.rows if row.margin and row.margin.word == "Not read"]
    assert [row.head for row in unread] == ["statement-march.pdf", "photo-of-the-lid.heic"]
    assert unread[0].text == stories.SET_ASIDE["encrypted"]
    assert retry.password.isVisible()
    assert page.documents.itemText(2) == "Attachment: statement-march.pdf (not read)"
    page.documents.activated.emit(2)
    qtbot.waitUntil(lambda: page.empty.text() == f"This file could not be read. {stories.SET_ASIDE['encrypted']}")
    assert page.stack.currentWidget() is page.empty
    retry.password.setText("wrong")
    retry.unlock_button.click()
    qtbot.waitUntil(lambda: ("retry", task, "wrong", False) in desk.calls)
    qtbot.waitUntil(lambda: not retry.isVisible())
    desk.play(task)
    qtbot.waitUntil(retry.outcome.isVisible)
    assert retry.outcome.text() == "That password does not open it."


def test_an_approved_task_offers_no_second_reading(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = worked(desk, "partly.eml")
    desk.approve(task, "Our own words.")
    window = opened()
    qtbot.waitUntil(lambda: window.case.handoff is not None and window.case.handoff.decision is not None)
    assert not window.centre.retry.isVisible()
