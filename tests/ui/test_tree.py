"""The handoffs as a tree: task, requests, handoffs; whoever goes to one goes to it in the list as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.ui import stories
from tests.ui.fake_desk import FakeDesk, worked
from ui.tree import Tree
from ui.window import Window

Opened = Callable[[], Window]
HEARD = int(Qt.ItemDataRole.AccessibleTextRole)


def shown(qtbot: QtBot, window: Window, handoffs: int) -> Tree:
    panel = window.panes.handoffs
    window.activateWindow()
    panel.ways.setCurrentWidget(panel.tree)
    qtbot.waitUntil(lambda: len([leg for leg in panel.tree.legs if not leg.request]) == handoffs)
    return panel.tree


def half_way(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> tuple[str, Tree]:
    """A message with several requests, at its sixth handoff."""
    task = desk.add("several.eml", stories.several)
    window = opened()
    desk.play(task, until=lambda event: getattr(event, "seq", 0) == 6)
    return task, shown(qtbot, window, 8)


def outline(tree: Tree, parent: QModelIndex | None = None, depth: int = 0) -> list[str]:
    lines: list[str] = []
    for row in range(tree.items.rowCount(parent or QModelIndex())):
        index = tree.items.index(row, 0, parent or QModelIndex())
        lines += [f"{'  ' * depth}{index.data()}", *outline(tree, index, depth + 1)]
    return lines


def test_a_message_with_one_request_is_the_task_and_its_handoffs(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    tree = shown(qtbot, opened(), 10)
    assert outline(tree)[:4] == ["letter.pdf", "  desk → reader", "  reader → extractor", "  extractor → router"]
    root = tree.items.index(0, 0)
    assert [root.siblingAtColumn(column).data() for column in (1, 2)] == ["16.6 s", "992 / 119"]
    routed = tree.items.index(3, 0, root)
    assert tree.reason(routed) == "0.91, reaches 0.62. This reads like a refund request, surely enough."
    assert [routed.siblingAtColumn(column).data() for column in (1, 2)] == ["0.2 s", "94 / 0"]
    sent_back = tree.items.index(6, 0, root)
    assert tree.reason(sent_back).startswith("0.41, below 0.60. Sent back: One sentence")
    assert sent_back.data(HEARD).startswith("verifier → drafter. Sent back. One sentence is not supported")
    assert tree.tall(sent_back) > tree.tall(root)
    assert tree.accessibleName()
    assert not tree.grab().isNull()


def test_each_request_holds_its_handoffs_and_says_what_was_asked(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "several.eml")
    tree = shown(qtbot, opened(), 13)
    lines = outline(tree)
    assert lines[4] == "  1 of 3: \u2068Return request\u2069"
    assert lines[5:8] == ["    router → drafter", "    drafter → verifier", "    verifier → planner"]
    assert lines[-1] == "  planner → person"
    asked = tree.items.index(3, 0, tree.items.index(0, 0))
    assert tree.reason(asked) == f"Answered. “{stories.REQUESTS[0]}”"
    assert stories.REQUESTS[0] in asked.data(HEARD)


def test_arrows_and_enter_go_to_a_handoff_and_open_its_card(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk, "several.eml")
    window = opened()
    tree = shown(qtbot, window, 13)
    panel = window.panes.handoffs
    assert len(panel.legs.legs) == 7  # in the list, all requests are closed
    tree.setFocus()
    tree.go(2)
    for _ in range(2):
        QTest.keyClick(tree, Qt.Key.Key_Down)
    assert tree.seq == 3  # over the line of the request, into it
    assert panel.list.currentIndex().row() == panel.legs.of(3) == 4
    QTest.keyClick(tree, Qt.Key.Key_Return)
    qtbot.waitUntil(panel.card.isVisible)
    assert panel.card.seq == 3
    QTest.keyClick(tree, Qt.Key.Key_Down)
    assert panel.card.seq == 4


def test_what_a_person_closed_and_where_they_stood_stays_while_the_run_goes_on(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task, tree = half_way(qtbot, desk, opened)
    assert tree.legs[-2].live or tree.legs[-1].live or any(leg.live for leg in tree.legs)
    request = tree.items.index(3, 0, tree.items.index(0, 0))
    tree.collapse(request)
    tree.go(1)
    desk.play(task)
    qtbot.waitUntil(lambda: len([leg for leg in tree.legs if not leg.request]) == 13)
    assert tree.seq == 1
    assert not tree.isExpanded(tree.items.index(3, 0, tree.items.index(0, 0)))
    assert tree.isExpanded(tree.items.index(4, 0, tree.items.index(0, 0)))


def test_any_cell_of_a_row_is_its_handoff(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    tree = shown(qtbot, window, 10)
    tree.setCurrentIndex(tree.items.index(4, 2, tree.items.index(0, 0)))
    assert tree.seq == 4
    assert window.panes.handoffs.list.currentIndex().row() == window.panes.handoffs.legs.of(4)


def test_a_note_of_the_leg_at_work_builds_nothing_anew_and_moves_nobody(
    qtbot: QtBot, desk: FakeDesk, opened: Opened
) -> None:
    task, tree = half_way(qtbot, desk, opened)
    request = tree.items.index(3, 0, tree.items.index(0, 0))
    tree.setCurrentIndex(request)
    built: list[bool] = []
    tree.items.rowsInserted.connect(lambda *_: built.append(True))
    noted = [replace(leg, note="at passage 3", done=3, total=9) if leg.live else leg for leg in tree.legs]
    assert noted != tree.legs
    tree.show_legs("several.eml", noted)
    assert not built
    desk.play(task)
    qtbot.waitUntil(lambda: len([leg for leg in tree.legs if not leg.request]) == 13)
    assert built
    assert tree.currentIndex() == tree.items.index(3, 0, tree.items.index(0, 0))
