"""The lanes over time: what they show is the log's, and every handoff can be gone to."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.cards import Why
from engine.events import Handed, Typed
from tests.ui.fake_desk import FakeDesk, worked
from ui.case import Case
from ui.legs import Leg
from ui.timeline import LEAST, Lanes, Timeline, laid_out, lanes
from ui.window import Window
from ui.words import leg_sign

Opened = Callable[[], Window]
WAY = (("desk", "reader", 0.0), ("reader", "drafter", 1.0), ("drafter", "verifier", 8.0), ("verifier", "drafter", 1.0))


def story() -> list[Leg]:
    whys = [Why(sender, receiver, "", seconds=spent) for sender, receiver, spent in WAY]
    return [Leg(seq, why, leg_sign(why, seq)) for seq, why in enumerate(whys)]


def test_lanes_stand_in_the_order_in_which_agents_first_had_the_baton() -> None:
    assert lanes([leg.why for leg in story()]) == ["desk", "reader", "drafter", "verifier"]


def test_bars_follow_each_other_and_are_as_long_as_their_legs_took() -> None:
    agents, bars = laid_out(story(), 420)
    assert [(agents[bar.lane], agents[bar.to or 0]) for bar in bars] == [way[:2] for way in WAY]
    assert [bar.start for bar in bars[1:]] == [bar.end for bar in bars[:-1]]
    assert bars[-1].end == pytest.approx(1.0)
    wide = [round((bar.end - bar.start) * 420) for bar in bars]
    assert wide == [LEAST, LEAST + 40, LEAST + 320, LEAST + 40]


def test_where_nothing_took_time_all_bars_are_alike_and_nothing_is_nothing() -> None:
    _, bars = laid_out([story()[0]] * 3, 9)
    assert [round(bar.end - bar.start, 4) for bar in bars] == [round(1 / 3, 4)] * 3
    assert laid_out([], 100) == ([], [])


def shown(qtbot: QtBot, window: Window) -> Timeline:
    handoffs = window.panes.handoffs
    handoffs.ways.setCurrentWidget(handoffs.timeline)
    qtbot.waitUntil(lambda: bool(handoffs.timeline.lanes.legs))
    return handoffs.timeline


def test_the_slider_goes_through_the_handoffs_and_list_and_card_go_with_it(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk)
    window = opened()
    timeline = shown(qtbot, window)
    qtbot.waitUntil(lambda: len(timeline.lanes.legs) == 10)
    assert timeline.slider.value() == 9
    assert timeline.slider.accessibleDescription() == "10 of 10: verifier → desk"
    window.panes.handoffs.open(9)
    timeline.slider.setFocus()
    for _ in range(3):
        QTest.keyClick(timeline.slider, Qt.Key.Key_Left)
    assert timeline.slider.accessibleDescription() == "7 of 10: verifier → drafter"
    assert timeline.one.legs[0].sign.word == "Sent back"
    assert window.panes.handoffs.card.seq == 6
    assert window.panes.handoffs.list.currentIndex().row() == 6


def test_a_press_on_a_bar_goes_to_its_handoff(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    timeline = shown(qtbot, window)
    qtbot.waitUntil(lambda: len(timeline.lanes.legs) == 10)
    agents, bars, left, width = timeline.lanes._laid()
    bar = next(bar for bar in bars if agents[bar.lane] == "drafter")
    at = QPoint(round(left + (bar.start + bar.end) / 2 * width), round(10 + (bar.lane + 0.5) * timeline.lanes._lane()))
    QTest.mouseClick(timeline.lanes, Qt.MouseButton.LeftButton, pos=at)
    assert timeline.one.legs[0].why.sender == "drafter"
    assert timeline.slider.value() == bar.seq


def test_a_leg_that_runs_is_seen_until_a_person_looks_back(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("letter.pdf")
    window = opened()
    timeline = shown(qtbot, window)
    player = threading.Thread(target=desk.play, args=(task,), kwargs={"until": lambda event: isinstance(event, Typed)})
    player.start()
    qtbot.waitUntil(lambda: bool(timeline.lanes.legs and timeline.lanes.legs[-1].live))
    player.join()
    qtbot.waitUntil(lambda: timeline.lanes.legs[-1].why.receiver == "drafter")
    timeline.slider.setValue(1)
    desk.play(task)
    qtbot.waitUntil(lambda: len(timeline.lanes.legs) == 10)
    assert timeline.slider.value() == 1


def middles(lanes: Lanes) -> list[QPoint]:
    """The middle of each bar, as it stands where reading begins at the left."""
    _, bars, left, width = lanes._laid()
    lane = lanes._lane()
    return [QPoint(int(left + (bar.start + bar.end) / 2 * width), int(10 + (bar.lane + 0.5) * lane)) for bar in bars]


def mirrored(at: QPoint, image: QImage) -> QPoint:
    return QPoint(image.width() - 1 - at.x(), at.y())


def test_time_runs_from_the_right_where_reading_does(qtbot: QtBot) -> None:
    lanes = Lanes()
    qtbot.addWidget(lanes)
    lanes.resize(500, 240)
    lanes.show_legs(story(), 2)
    left = lanes.grab().toImage()
    lanes.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    right = lanes.grab().toImage()
    paper = lanes.palette().base().color()
    for at in middles(lanes):
        assert left.pixelColor(at) != paper
        assert right.pixelColor(mirrored(at, right)) == left.pixelColor(at)


def test_a_press_on_a_bar_chooses_it_also_where_time_runs_from_the_right(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(500, 400)
    timeline.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    timeline.show()
    case = Case("T-1")
    case.history = [Handed("T-1", leg.seq, leg.why, {}) for leg in story()]
    timeline.show_case(case, None)
    image = timeline.lanes.grab().toImage()
    for place, at in enumerate(middles(timeline.lanes)):
        QTest.mouseClick(timeline.lanes, Qt.MouseButton.LeftButton, pos=mirrored(at, image))
        assert timeline.lanes.current == place
    timeline.slider.setFocus()
    QTest.keyClick(timeline.slider, Qt.Key.Key_Right)  # back to where time began
    assert timeline.lanes.current == 2
    assert timeline.slider.layoutDirection() == Qt.LayoutDirection.RightToLeft
