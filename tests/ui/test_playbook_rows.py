"""A playbook's row says what it is, how much it tells apart, and whether new files go by it."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.playbook_editing import Listed
from ui.playbook_rows import playbook_row
from ui.rows import RowList

SHIPPED = Listed("front-desk", "A shop's front desk", False, False, "", 6, False)


@pytest.mark.parametrize(
    ("row", "foot"),
    [
        (SHIPPED, "Sound · shipped · 6 intents"),
        (dataclasses.replace(SHIPPED, own=True), "Sound · yours · 6 intents"),
        (dataclasses.replace(SHIPPED, own=True, draft=True), "Sound · yours · 6 intents · not saved"),
        (dataclasses.replace(SHIPPED, own=True, intents=1), "Sound · yours · 1 intent"),
    ],
)
def test_a_copy_says_as_much_as_a_shipped_one(row: Listed, foot: str) -> None:
    assert playbook_row(row).foot == foot


@pytest.mark.parametrize("complaint", ["", "Line 3 is no table."])
def test_the_one_for_new_files_says_so_where_it_has_room_and_aloud(qtbot: QtBot, complaint: str) -> None:
    made = playbook_row(dataclasses.replace(SHIPPED, complaint=complaint), "front-desk")
    assert "for new files" not in made.foot
    assert made.tail == "for new files"
    assert playbook_row(SHIPPED, "refunds").tail == ""
    seen = RowList("Playbooks")
    qtbot.addWidget(seen)
    seen.show_rows([made])
    assert "for new files" in seen.rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
