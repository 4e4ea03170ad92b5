"""What is being read is seen while it is read, and nothing is asked when nothing happens."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.task_rows import DeskStatus
from engine.events import Handed, Progressed
from engine.reading import Reached
from tests.ui import stories
from tests.ui.fake_desk import FakeDesk
from ui.feed import squeezed
from ui.status import ReadingLine, Status
from ui.tasks import Tasks
from ui.window import Window
from ui.words import size

Opened = Callable[[], Window]


def test_the_status_bar_says_what_is_read(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    first, second = desk.add("contract.pdf"), desk.add("minutes.pdf")
    window = opened()
    line = window.bar.reading
    assert not line.isVisible()
    desk.unread, desk.pages_per_second = 118, 34.2
    desk.read_ahead(first, 12, 300)
    qtbot.waitUntil(line.isVisible)
    assert line.text == "Reading \u2068contract.pdf\u2069, page 12 of 300 · 34 pages/s · 118 files left"
    assert line.accessibleDescription() == line.text
    assert window.tools.stop.isEnabled()
    desk.read_ahead(second, 0, 0)
    qtbot.waitUntil(lambda: ", page 12 of 300 and 1 more · " in line.text)
    desk.was_read(first)
    desk.was_read(second)
    qtbot.waitUntil(lambda: line.text == "118 files to read")
    desk.unread = 0
    qtbot.waitUntil(lambda: not line.isVisible())
    assert line.text == ""


STATUS = DeskStatus(None, 0, "off", (), "")


@pytest.mark.parametrize(
    ("status", "engine", "queued", "tip"),
    [
        (STATUS, "Engine at rest", "Queue empty", "starts by itself"),
        (replace(STATUS, engine="ready"), "Engine ready", "Queue empty", "waits for a task"),
        (replace(STATUS, running="T-1", engine="busy", queued=2), "Engine working", "2 tasks queued", "on a task"),
        (replace(STATUS, running="T-1"), "Engine starting…", "Queue empty", "the task goes on where it was"),
        (replace(STATUS, upkeep="learning"), "Learning in the background", "Queue empty", "what you corrected"),
        (replace(STATUS, upkeep="tidying"), "Tidying in the background", "Queue empty", "makes way"),
        (replace(STATUS, queued=1, parked=3), "Engine at rest", "1 task queued · 3 parked", "by itself"),
    ],
)
def test_the_status_bar_says_what_the_engine_does_and_what_that_means(
    qtbot: QtBot, status: DeskStatus, engine: str, queued: str, tip: str
) -> None:
    bar = Status()
    qtbot.addWidget(bar)
    bar.show_status(status)
    assert (bar.engine.text(), bar.queue.text()) == (engine, queued)
    assert tip in bar.engine.toolTip()
    assert ("Run again" in bar.queue.toolTip()) is bool(status.parked)
    assert "loaded when a task needs them" in bar.models.toolTip()


def test_learning_in_the_background_is_seen_as_it_begins_and_ends(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = opened()
    desk.keep_up("learning")
    qtbot.waitUntil(lambda: window.bar.engine.text() == "Learning in the background")
    desk.keep_up("")
    qtbot.waitUntil(lambda: window.bar.engine.text() == "Engine ready")


def test_the_inbox_says_at_which_page_a_file_is(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    first, second = desk.add("contract.pdf"), desk.add("minutes.pdf")
    window = opened()
    tasks = window.inbox.tasks

    def said(task: str) -> tuple[str, str]:
        sign, rest = tasks.said(tasks.row(task))
        return sign.word, rest

    desk.read_ahead(second, 12, 300)
    qtbot.waitUntil(lambda: said(second) == ("Reading", "page 12 of 300"))
    assert said(first) == ("Queued", "")
    desk.read_ahead(second, 13, 0)
    qtbot.waitUntil(lambda: said(second) == ("Reading", "page 13"))
    assert "Reading, page 13" in tasks.index(1).data(int(Qt.ItemDataRole.AccessibleTextRole))
    desk.was_read(second)
    qtbot.waitUntil(lambda: said(second) == ("Queued", ""))


def test_what_a_model_reads_is_not_taken_for_the_file(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("letter.pdf")
    window = opened()
    desk.play(task, until=lambda event: isinstance(event, Progressed) and event.note == "Reading the passages")
    qtbot.waitUntil(lambda: window.case.note == "Reading the passages")
    tasks = window.inbox.tasks
    qtbot.waitUntil(lambda: tasks.said(tasks.row(task))[0].word == "Working")


def test_a_file_read_ahead_shows_a_live_leg_and_then_waits_again(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("contract.pdf")
    window = opened()
    legs = window.panes.handoffs.legs
    qtbot.waitUntil(lambda: len(legs.legs) == 1)
    desk.read_ahead(task, 12, 300)
    qtbot.waitUntil(lambda: len(legs.legs) == 2)
    assert (legs.legs[1].live, legs.legs[1].why.receiver) == (True, "reader")
    qtbot.waitUntil(lambda: window.inbox.tasks.row(task).state == "running")
    desk.was_read(task)
    qtbot.waitUntil(lambda: len(legs.legs) == 1)
    assert window.case.agent == ""


def test_an_idle_desk_is_not_asked_again_and_again(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("contract.pdf")
    window = opened()
    qtbot.waitUntil(lambda: not window.standing.asking)
    asked = desk.asked
    qtbot.wait(1200)
    assert desk.asked == asked
    desk.read_ahead(task, 1, 300)
    qtbot.waitUntil(lambda: desk.asked >= asked + 4)
    desk.was_read(task)
    qtbot.waitUntil(lambda: not window.bar.reading.isVisible())
    asked = desk.asked
    qtbot.wait(1200)
    assert desk.asked <= asked + 1


def test_a_burst_of_wishes_is_few_questions(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = opened()
    asked = desk.asked
    for _ in range(500):
        window.standing.ask()
    qtbot.waitUntil(lambda: not window.standing.asking and desk.asked > asked)
    qtbot.wait(200)
    assert desk.asked <= asked + 3


def test_a_long_name_leaves_the_figures_whole(qtbot: QtBot) -> None:
    line = ReadingLine()
    qtbot.addWidget(line)
    name = "the-contract-" * 30 + "final.pdf"
    line.show_reading(DeskStatus(None, 0, "off", (), "", (Reached(name, 12, 300),), 34.2, 118))
    text = line.shown(line.minimumSizeHint().width())
    assert text.endswith(", page 12 of 300 · 34 pages/s · 118 files left")
    assert "…" in text
    assert line.sizeHint().width() < 700


def test_stop_is_offered_while_anything_is_read(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    window = opened()
    stop: QAction = window.tools.stop
    assert not stop.isEnabled()
    desk.unread = 3
    window.standing.ask()
    qtbot.waitUntil(stop.isEnabled)
    stop.trigger()
    qtbot.waitUntil(lambda: ("stop", None) in desk.calls)


def test_files_read_side_by_side_are_still_few_events() -> None:
    told = [Progressed(card, f"page {n}", n, 500) for n in range(1, 501) for card in ("1", "2")]
    assert squeezed(told) == told[-2:]
    handed = Handed("1", 1, stories.Pen(None).now.why)  # type: ignore[arg-type]
    assert squeezed([told[0], handed, told[2]]) == [told[0], handed, told[2]]


def test_one_changed_row_in_five_thousand_is_one_row_drawn_again(desk: FakeDesk) -> None:
    desk.add("file.pdf")
    row = desk.tasks()[0]
    many = [dataclasses.replace(row, id=f"T-{n}") for n in range(5000)]
    tasks = Tasks()
    tasks.show(many)
    drawn: list[tuple[int, int]] = []
    tasks.dataChanged.connect(lambda top, bottom: drawn.append((top.row(), bottom.row())))
    many[7] = dataclasses.replace(many[7], state="running")
    many[4000] = dataclasses.replace(many[4000], state="running")
    many[4001] = dataclasses.replace(many[4001], state="running")
    tasks.show(many)
    assert drawn == [(7, 7), (4000, 4001)]
    assert tasks.position("T-4999") == 4999


@pytest.mark.parametrize(
    ("length", "said"),
    [(1, "1 byte"), (1023, "1,023 bytes"), (1536, "1.5 KiB"), (20 << 20, "20 MiB"), (3 << 30, "3.0 GiB")],
)
def test_sizes_are_told_in_the_units_of_the_limits(length: int, said: str) -> None:
    assert size(length) == said
