"""The trays of the inbox: what each holds, how many, and how one goes from one to another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.ui import stories
from tests.ui.fake_desk import FakeDesk, worked
from ui.inbox import Inbox
from ui.window import Window

Opened = Callable[[], Window]
HEARD = int(Qt.ItemDataRole.AccessibleTextRole)


@pytest.fixture
def window(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> Window:
    """Ready: a letter and its copy; for a person: a case; set aside: a scan; rejected already: another scan."""
    worked(desk, "letter.pdf")
    worked(desk, "orders-about.pdf")
    worked(desk, "damaged.pdf")
    desk.reject(worked(desk, "damaged-too.pdf"))
    desk.play(desk.add("letter-again.pdf", duplicate_of="T-0001"))
    shown = opened()
    shown.activateWindow()
    qtbot.waitUntil(lambda: shown.inbox.tasks.rowCount() == 5)
    return shown


def names(inbox: Inbox) -> list[str]:
    return [inbox.sieve.index(row, 0).data() for row in range(inbox.sieve.rowCount())]


def test_each_tray_says_how_many_it_holds_and_shows_them(window: Window) -> None:
    inbox = window.inbox
    assert [chip.accessibleName() for chip in inbox.trays.chips] == [
        "All, 5 tasks", "To review, 3 tasks", "Quarantine, 1 task", "Duplicates, 1 task",
    ]  # fmt: skip
    assert window.places.places.waiting["review"] == 3
    inbox.trays.go("review")
    assert names(inbox) == ["letter.pdf", "orders-about.pdf", "letter-again.pdf"]
    inbox.trays.go("quarantine")
    assert names(inbox) == ["damaged.pdf"]
    assert inbox.sieve.index(0, 0).data(HEARD) == "damaged.pdf, Quarantined, \u2068damaged\u2069"
    inbox.trays.go("")
    assert len(names(inbox)) == 5


def test_a_copy_names_the_task_that_it_repeats(window: Window) -> None:
    inbox = window.inbox
    whole = inbox.tasks.index(4).data(HEARD)
    assert whole == "letter-again.pdf, Ready to approve, \u2068duplicate\u2069 · \u2068Refund request\u2069"
    inbox.trays.go("duplicates")
    assert names(inbox) == ["letter-again.pdf"]
    assert inbox.sieve.index(0, 0).data(HEARD) == "letter-again.pdf, Copy of, \u2068letter.pdf\u2069, Ready to approve"
    tip = inbox.sieve.index(0, 0).data(int(Qt.ItemDataRole.ToolTipRole))
    assert "Copy of \u2068letter.pdf\u2069" in tip
    assert not inbox.grab().isNull()


def test_a_copy_of_what_is_older_than_the_list_names_its_number(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    desk.add("letter.pdf", stories.refund, duplicate_of="T-9999")
    inbox = opened().inbox
    inbox.trays.go("duplicates")
    assert inbox.sieve.index(0, 0).data(HEARD).startswith("letter.pdf, Copy of, \u2068T-9999\u2069")


def test_an_unknown_reason_of_a_file_set_aside_is_told_in_its_own_words(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk, "damaged.pdf")
    row = desk.tasks()[0]
    desk._rows[row.id] = row.__class__(
        **{name: getattr(row, name) for name in row.__slots__} | {"code": "new", "reason": "It hums."}
    )
    inbox = opened().inbox
    assert inbox.tasks.index(0).data(HEARD) == "damaged.pdf, Quarantined, \u2068It hums.\u2069"


def test_arrows_go_from_tray_to_tray_and_tab_comes_to_the_one_that_is_open(qtbot: QtBot, window: Window) -> None:
    inbox = window.inbox
    inbox.filter.setFocus()
    QTest.keyClick(inbox.filter, Qt.Key.Key_Tab)
    chips = inbox.trays.chips
    assert chips[0].hasFocus()
    QTest.keyClick(chips[0], Qt.Key.Key_Down)
    assert inbox.trays.here == "quarantine"
    QTest.keyClick(chips[2], Qt.Key.Key_Right)
    assert inbox.trays.here == "duplicates"
    assert names(inbox) == ["letter-again.pdf"]


def test_a_state_and_a_tray_do_not_hide_each_other_s_tasks(window: Window) -> None:
    inbox = window.inbox
    inbox.trays.go("quarantine")
    inbox.states.setCurrentIndex(inbox.states.findData("rejected"))
    assert inbox.trays.here == ""
    assert names(inbox) == ["damaged-too.pdf"]
    inbox.trays.go("duplicates")
    assert inbox.states.currentIndex() == 0
    assert names(inbox) == ["letter-again.pdf"]


def test_a_tray_is_looked_into_at_its_first_task(qtbot: QtBot, window: Window) -> None:
    window.inbox.choose("T-0001")
    window.inbox.trays.go("quarantine")
    window.inbox.trays.go("duplicates")
    assert window.inbox.current() == "T-0005"
    qtbot.waitUntil(lambda: window.case.task == "T-0005")
    window.inbox.trays.go("review")
    assert window.inbox.current() == "T-0005"


def test_who_comes_to_a_task_from_elsewhere_finds_it_whatever_tray_was_open(window: Window) -> None:
    window.inbox.trays.go("quarantine")
    window.show_task("T-0001")
    assert window.inbox.trays.here == ""
    assert window.inbox.current() == "T-0001"


def test_the_review_has_no_trays_of_its_own(window: Window) -> None:
    window.inbox.trays.go("quarantine")
    window.places.go("review")
    assert window.inbox.trays.isHidden()
    assert names(window.inbox) == ["letter.pdf", "orders-about.pdf", "letter-again.pdf"]
    window.places.go("inbox")
    assert not window.inbox.trays.isHidden()


def test_all_chips_fit_a_narrow_column(window: Window) -> None:
    """The column is never narrower than this."""
    trays = window.inbox.trays
    assert window.inbox.minimumWidth() == 200
    trays.resize(188, trays.height())
    for chip in trays.chips:
        assert chip.fontMetrics().horizontalAdvance(f"{chip.tray.name} 99") <= 188 / 2 - 4
