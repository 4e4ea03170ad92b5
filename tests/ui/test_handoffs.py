"""One handoff is chosen, in whichever view: all others stand at it when they are seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from engine.events import Typed
from tests.ui.fake_desk import FakeDesk, worked
from ui.handoffs import Handoffs
from ui.legs import ROW
from ui.window import Window

Opened = Callable[[], Window]
VIEWS = ("list", "timeline", "tree", "graph")


def at(panel: Handoffs, view: str) -> int:
    """Where that view, once it is seen, stands."""
    panel.ways.setCurrentWidget(getattr(panel, view))
    if view == "list":
        leg = panel.list.currentIndex().data(ROW)
        return -1 if leg is None or leg.request or leg.live else int(leg.seq)
    return int(getattr(panel, view).seq)


def choose(panel: Handoffs, view: str, seq: int) -> None:
    """As a person does with the view's own keys."""
    panel.ways.setCurrentWidget(getattr(panel, view))
    match view:
        case "list":
            panel.list.setCurrentIndex(panel.legs.index(panel.legs.of(seq)))
        case "timeline":
            panel.timeline.slider.setValue(seq)
        case "tree":
            panel.tree.go(seq)
        case _:
            panel.graph.picture.gone.emit(seq)


def shown(qtbot: QtBot, window: Window, task: str) -> Handoffs:
    window.go(task)
    qtbot.waitUntil(lambda: window.case.task == task and window.case.handoff is not None)
    return window.panes.handoffs


@pytest.mark.parametrize("chosen", VIEWS)
def test_what_is_chosen_in_one_view_is_chosen_in_all(qtbot: QtBot, desk: FakeDesk, opened: Opened, chosen: str) -> None:
    task, other = worked(desk), worked(desk, "other.pdf")
    window = opened()
    panel = shown(qtbot, window, task)
    for seq in (4, 1, 6):
        choose(panel, chosen, seq)
        assert {view: at(panel, view) for view in VIEWS} == dict.fromkeys(VIEWS, seq)
    panel.open(3)
    assert panel.card.seq == 3
    assert {view: at(panel, view) for view in VIEWS} == dict.fromkeys(VIEWS, 3)
    choose(panel, chosen, 5)
    assert panel.card.seq == 5
    shown(qtbot, window, other)
    assert at(panel, "list") == -1
    assert at(panel, "timeline") == at(panel, "graph") == len(window.case.states) - 1


@pytest.mark.parametrize("chosen", ["timeline", "tree", "graph"])
def test_a_handoff_of_a_request_that_is_closed_in_the_list_is_the_same_one(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, chosen: str
) -> None:
    task = worked(desk, "several.eml")
    panel = shown(qtbot, opened(), task)
    inside = 4
    assert panel.legs.of(inside) < 0
    choose(panel, chosen, inside)
    assert {view: at(panel, view) for view in VIEWS} == dict.fromkeys(VIEWS, inside)


@pytest.mark.parametrize("view", ["timeline", "graph"])
def test_who_stands_at_the_end_goes_on_with_the_run_in_all_views(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, view: str
) -> None:
    task = desk.add("letter.pdf")
    desk.play(task, until=lambda event: isinstance(event, Typed))
    panel = shown(qtbot, opened(), task)
    panel.ways.setCurrentWidget(getattr(panel, view))
    choose(panel, view, len(desk.history(task)) - 1)
    stays = len(desk.history(task)) - 1
    desk.play(task)
    last = len(desk.history(task)) - 1
    qtbot.waitUntil(lambda: len(panel.timeline._legs) == last + 1 if view == "timeline" else panel.graph.seq == last)
    there = {one: at(panel, one) for one in VIEWS}
    assert there == dict.fromkeys(VIEWS, stays if view == "timeline" else last)
