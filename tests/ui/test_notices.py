"""What a person must know first is said once."""

from __future__ import annotations

import dataclasses

import pytest
from pytestqt.qtbot import QtBot

from engine.cards import Flag, Place
from tests.ui.fake_desk import FakeDesk, worked
from ui.notices import Notices

ORDERS = "The document gives orders to the machine. They were not followed."
COURT = "A court is mentioned."
AT = Place("a" * 64, "letter.eml", 1, 0, 5)


@pytest.mark.parametrize(
    ("reason", "flags", "rows"),
    [
        (f"All hold, but a person must look: {ORDERS}", [Flag("orders", ORDERS, "ignore all", AT)], ["“ignore all”"]),
        (f"All hold, but a person must look: {ORDERS}", [Flag("orders", ORDERS, "", AT)], []),
        (f"Rule words: {COURT}", [Flag("words", f"{COURT} It says lawsuit.", "lawsuit", AT)],
         ["It says lawsuit.\n“lawsuit”"]),
        (f"Rule words: {COURT} For: legal.", [Flag("words", f"{COURT} It says lawsuit.")], ["It says lawsuit."]),
        ("Too slow.", [Flag("orders", ORDERS, quote) for quote in ("ignore", "obey", "obey")],
         [f"{ORDERS}\n“ignore”", "“obey”"]),
    ],
)  # fmt: skip
def test_a_warning_is_said_once(qtbot: QtBot, desk: FakeDesk, reason: str, flags: list[Flag], rows: list[str]) -> None:
    handoff = dataclasses.replace(desk.handoff(worked(desk)), flags=tuple(flags), reviewer="legal")
    row = dataclasses.replace(desk.tasks()[0], state="review", reason=reason)
    notices = Notices()
    qtbot.addWidget(notices)
    notices.show_task(row, handoff)
    first, *others = notices.rows.rows
    assert first.text == reason
    assert [other.text for other in others] == rows
    assert rows or first.value == AT, "where it stands can be gone to all the same"
    notices.show_task(dataclasses.replace(row, decision="approved"), handoff)
    assert notices.rows.rows[0].text.startswith(flags[0].sentence), "without the reason the warning says all of it"
