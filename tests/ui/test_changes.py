"""The card before and after: what came, went, or became something else, and nothing that only moved."""

from __future__ import annotations

import json
from collections.abc import Callable

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from engine.cards import Handoff, TaskCard, Why
from engine.codec import plain
from tests.ui.fake_desk import FakeDesk, worked
from ui.cardview import CardView
from ui.changes import LONGEST, Change, compared, short
from ui.window import Window

Opened = Callable[[], Window]
HEARD = int(Qt.ItemDataRole.AccessibleTextRole)


def kinds(changes: list[Change] | tuple[Change, ...]) -> dict[str, str]:
    return {change.name: change.kind for change in changes}


def test_parts_are_added_removed_or_changed_and_the_same_is_not_there() -> None:
    before = {"draft": None, "ending": "review", "fields": [{"value": "1"}], "seq": 4, "route": {"score": 0.4}}
    after = {"draft": {"text": "Hello."}, "ending": None, "fields": [{"value": "1"}], "seq": 4, "route": {"score": 0.9}}
    assert kinds(compared(before, after)) == {"Draft": "added", "Ending": "removed", "Route": "changed"}
    route = compared(before, after)[-1]
    assert route.inside == (Change("Score", "changed", 0.4, 0.9),)
    assert compared({"flags": []}, {"flags": None}) == []


def test_what_moved_in_a_list_is_no_change() -> None:
    old = [{"n": 1}, {"n": 2}, {"n": 3}]
    (change,) = compared({"evidence": old}, {"evidence": [{"n": 9}, *old]})
    assert kinds(change.inside) == {"1": "added"}
    (change,) = compared({"evidence": old}, {"evidence": old[1:]})
    assert [(inner.kind, inner.before) for inner in change.inside] == [("removed", {"n": 1})]
    (change,) = compared({"evidence": old}, {"evidence": [{"n": 1}, {"n": 5}, {"n": 3}]})
    assert kinds(change.inside) == {"2": "changed"}
    assert kinds(change.inside[0].inside) == {"N": "changed"}


def test_a_long_list_is_compared_place_by_place() -> None:
    long = [str(number) for number in range(LONGEST + 1)]
    (change,) = compared({"rows": long}, {"rows": [*long[:-1], "other"]})
    assert kinds(change.inside) == {str(LONGEST + 1): "changed"}


def test_a_value_is_told_in_one_cell() -> None:
    assert [short(value) for value in (None, [], [1], [1, 2], 0.5, True, {"quote": "words"}, {})] == [
        "–", "empty", "1 item", "2 items", "0.5", "True", "words", "",
    ]  # fmt: skip


def spoken(card: CardView, parent: QModelIndex | None = None) -> list[str]:
    parent = parent or QModelIndex()
    rows = [card.model.index(row, 0, parent) for row in range(card.model.rowCount(parent))]
    return [str(index.data(HEARD)) for index in rows]


def test_each_part_of_a_card_says_what_became_of_it(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    qtbot.waitUntil(lambda: len(window.case.states) == 10)
    card = window.panes.handoffs.card
    window.panes.handoffs.open(2)
    assert spoken(card) == ["Fields, added", "Why it was passed on, changed"]
    assert spoken(card, card.model.index(0, 0)) == ["1, added", "2, added", "3, added"]
    assert not card.model.item(0).icon().isNull()
    window.panes.handoffs.open(8)
    assert spoken(card)[:2] == ["Draft, changed", "Verdict, removed"]
    window.panes.handoffs.open(0)
    assert spoken(card) == ["Card, added", "Why it was passed on, added"]
    assert not card.grab().isNull()


def test_a_card_is_copied_to_the_letter(qtbot: QtBot) -> None:
    card = CardView()
    qtbot.addWidget(card)
    after = Handoff(TaskCard("T", "/12\u00a0km.pdf", "a" * 64, "small"), Why("a", "b", "one\u2028two\u2029three"))
    card.show_card(None, after)
    with qtbot.waitSignal(card.copied) as copied:
        card.findChildren(QPushButton)[0].click()
    assert json.loads(copied.args[0]) == plain(after)
