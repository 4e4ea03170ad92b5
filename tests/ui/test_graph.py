"""The way the baton went as a graph: who had it, in which order it went, and what went back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.cards import Why
from engine.events import Started
from tests.ui.fake_desk import FakeDesk, worked
from ui.graph import Graph, Picture
from ui.journey import Edge, laid_out
from ui.legs import Leg
from ui.window import Window
from ui.words import leg_sign

Opened = Callable[[], Window]


def story(*way: str, live: str = "") -> list[Leg]:
    """Handoffs along that way, each of a second."""
    whys = [Why(a if n else "desk", b, "", seconds=1.0) for n, (a, b) in enumerate(pairwise(way))]
    told = [Leg(seq, why, leg_sign(why, seq)) for seq, why in enumerate(whys)]
    return [*told, Leg(len(told), Why("", live, ""), leg_sign(Why("", live, ""), 9), live=True)] if live else told


def ways(legs: list[Leg]) -> list[tuple[str, str, tuple[int, ...], int]]:
    nodes, edges = laid_out(legs)
    return [(nodes[edge.sender].key, nodes[edge.receiver].key, edge.legs, edge.side) for edge in edges]


def test_steps_go_down_what_goes_back_stands_apart_and_the_end_is_not_the_beginning() -> None:
    legs = story("desk", "drafter", "verifier", "drafter", "verifier", "desk")
    assert ways(legs) == [
        ("start", "drafter", (0,), 0),
        ("drafter", "verifier", (1, 3), 0),
        ("verifier", "drafter", (2,), -1),
        ("verifier", "desk", (4,), 0),
    ]
    nodes, _ = laid_out(legs)
    assert [(node.name, node.times, node.seconds) for node in nodes] == [
        ("desk", 0, 0.0), ("drafter", 2, 2.0), ("verifier", 2, 2.0), ("desk", 0, 0.0),
    ]  # fmt: skip


def test_a_fall_back_past_others_goes_beside_them() -> None:
    legs = story("desk", "drafter", "verifier", "drafter", "quoter", "verifier", "person")
    assert ("drafter", "quoter", (3,), 1) in ways(legs)
    assert ("quoter", "verifier", (4,), -1) in ways(legs)
    assert ways(legs)[-1] == ("verifier", "person", (5,), 1)


def test_a_person_who_decides_or_sends_it_back_stands_with_the_ends() -> None:
    legs = story("desk", "router", "verifier", "desk")
    for receiver in ("router", "desk"):
        why = Why("person", receiver, "A person said so.")
        legs.append(Leg(len(legs), why, leg_sign(why, len(legs))))
    nodes, _ = laid_out(legs)
    assert [node.key for node in nodes] == ["start", "router", "verifier", "person", "desk"]
    assert ways(legs)[-2:] == [("person", "router", (3,), -1), ("person", "desk", (4,), 0)]


def test_a_leg_that_hands_on_to_itself_is_a_loop(qtbot: QtBot) -> None:
    picture = Picture()
    qtbot.addWidget(picture)
    picture.resize(340, 400)
    picture.show_legs(story("desk", "reader", "reader", "desk"), 1)
    loop = next(number for number, edge in enumerate(picture.edges) if edge.sender == edge.receiver)
    assert picture.edges[loop].side == -1
    assert picture.path(loop, picture.rects())[0].boundingRect().height() > 5
    assert not picture.grab().isNull()


def test_ways_of_one_side_that_would_meet_have_tracks_of_their_own() -> None:
    _, edges = laid_out(story("desk", "a", "b", "c", "d", "b", "c", "a", "d"))
    kept: dict[int, list[Edge]] = {}
    for edge in edges:
        kept.setdefault(edge.side, []).append(edge)
    for side in (-1, 1):
        for n, one in enumerate(kept.get(side, [])):
            for other in kept[side][n + 1 :]:
                low, high = sorted((one.sender, one.receiver))
                apart = max(other.sender, other.receiver) < low or min(other.sender, other.receiver) > high
                assert apart or one.track != other.track
    assert len(kept[-1]) == 2


def test_whoever_has_it_now_is_seen_and_nothing_is_nothing() -> None:
    nodes, edges = laid_out(story("desk", "reader", live="reader"))
    assert [(node.name, node.live) for node in nodes] == [("desk", False), ("reader", True)]
    assert len(edges) == 1
    assert laid_out([]) == ([], [])


def shown(qtbot: QtBot, window: Window, handoffs: int) -> Graph:
    panel = window.panes.handoffs
    window.activateWindow()
    panel.ways.setCurrentWidget(panel.graph)
    qtbot.waitUntil(lambda: len(panel.graph.picture.legs) == handoffs)
    return panel.graph


def test_keys_go_from_handoff_to_handoff_and_list_and_card_go_with_it(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk)
    window = opened()
    graph = shown(qtbot, window, 10)
    picture, panel = graph.picture, window.panes.handoffs
    assert picture.current == 9
    picture.setFocus()
    assert picture.hasFocus()
    assert picture.accessibleName()
    assert picture.accessibleDescription().startswith("At 10: verifier → desk, Done\n1: desk → reader\n")
    for _ in range(3):
        QTest.keyClick(picture, Qt.Key.Key_Up)
    assert graph.one.legs[0].sign.word == "Sent back"
    assert panel.list.currentIndex().row() == 6
    QTest.keyClick(picture, Qt.Key.Key_Return)
    qtbot.waitUntil(panel.card.isVisible)
    assert panel.card.seq == 6
    QTest.keyClick(picture, Qt.Key.Key_Home)
    assert (picture.current, panel.card.seq) == (0, 0)
    QTest.keyClick(picture, Qt.Key.Key_End)
    assert picture.current == 9
    assert not picture.grab().isNull()


@pytest.mark.parametrize("wide", [300, 420])
def test_nothing_is_drawn_outside_and_no_two_nodes_meet(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, wide: int
) -> None:
    worked(desk, "several.eml")
    graph = shown(qtbot, opened(), 13)
    graph.picture.resize(wide, 900)
    rects = graph.picture.rects()
    assert all(one.bottom() < other.top() for one, other in pairwise(rects))
    assert all(rect.left() >= 0 and rect.right() <= wide for rect in rects)
    for number in range(len(graph.picture.edges)):
        path = graph.picture.path(number, rects)[0].boundingRect()
        assert path.left() >= 0
        assert path.right() <= wide


def test_a_press_on_a_node_goes_through_its_handoffs_and_one_on_a_way_to_that_one(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    worked(desk)
    window = opened()
    graph = shown(qtbot, window, 10)
    picture = graph.picture
    places = {node.key: place for place, node in enumerate(picture.nodes)}
    quoter = picture.rects()[places["quoter"]].center().toPoint()
    for expected in (7, 8, 7):
        QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=quoter)
        assert picture.current == expected
        assert window.panes.handoffs.list.currentIndex().row() == expected
    number = next(n for n, edge in enumerate(picture.edges) if edge.legs == (6,))
    at = picture.path(number, picture.rects())[2].toPoint()
    QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=at)
    assert picture.current == 6
    QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert picture.current == 6


def test_the_graph_is_mirrored_where_reading_begins_at_the_right(qtbot: QtBot) -> None:
    picture = Picture()
    qtbot.addWidget(picture)
    picture.resize(400, 500)
    picture.show_legs(story("desk", "drafter", "verifier", "drafter", "quoter", "verifier", "person"), 0)
    picture.show()
    left = picture.grab().toImage()
    picture.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    right = picture.grab().toImage()
    rects, paper = picture.rects(), picture.palette().base().color()
    back = next(number for number, edge in enumerate(picture.edges) if edge.side < 0)
    at = picture.path(back, rects)[0].pointAtPercent(0.3).toPoint()
    assert left.pixelColor(at) != paper
    assert right.pixelColor(picture.width() - 1 - at.x(), at.y()) != paper
    assert picture.placed(rects[0].center()).x() == pytest.approx(picture.width() - rects[0].center().x())
    gone: list[int] = []
    picture.gone.connect(gone.append)
    for number, edge in enumerate(picture.edges):
        label = picture.placed(picture.path(number, rects)[2]).toPoint()
        QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=label)
        assert gone.pop() in edge.legs
    QTest.keyClick(picture, Qt.Key.Key_Left)
    assert gone == [1]
    QTest.keyClick(picture, Qt.Key.Key_Right)
    assert gone == [1, 0]


def test_a_run_is_followed_until_a_person_looks_back(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    task = desk.add("letter.pdf")
    window = opened()
    desk.play(task, until=lambda event: isinstance(event, Started) and event.agent == "drafter")
    graph = shown(qtbot, window, 6)
    assert [node.name for node in graph.picture.nodes if node.live] == ["drafter"]
    assert graph.picture.current == 4
    graph.picture.setFocus()
    QTest.keyClick(graph.picture, Qt.Key.Key_Left)
    desk.play(task)
    qtbot.waitUntil(lambda: len(graph.picture.legs) == 10)
    assert graph.picture.current == 3
