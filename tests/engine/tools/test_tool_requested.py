"""What is asked for, of which of a customer's records: as the operator's table of words, states and actions says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.tools.trays import ScriptedTray, called, code_of, value, whole

RECORDS = """owner,order,item,status
ada@harbour.example,W1,Hiking Boots,delivered
ada@harbour.example,W2,Desk Lamp,pending
ada@harbour.example,W3,T-Shirt,pending
ben@harbour.example,W9,Desk Lamp,delivered
"""
ACTIONS = """action,words,unless,state,instead_of
exchange,exchang|swap,,delivered,swap
change items,exchang|swap,,pending,swap
return,return|send back,exchang,delivered,
cancel,cancel,undo,pending,
new address,chang address,,,
"""
GIVEN = {"file": "records.csv", "owner": "owner", "thing": "item", "state": "status", "actions": "actions.csv"}


@pytest.fixture
def tray(tmp_path: Path) -> ScriptedTray:
    (tmp_path / "records.csv").write_text(RECORDS)
    (tmp_path / "actions.csv").write_text(ACTIONS)
    return ScriptedTray(tmp_path)


def asked(tray: ScriptedTray, text: str, customer: str = "ada@harbour.example") -> list[tuple[str, str]]:
    found = called("requested", tray, GIVEN, customer=value(customer), text=whole(text)).findings
    assert all(one.quote == text[one.place.start : one.place.end] for one in found)
    return [(cells["action"], cells.get("order", "")) for cells in (dict(one.cells) for one in found)]


REQUESTS = {
    "I want to exchange the boots.": [("exchange", "W1")],
    "Please swap my desk lamp for a brighter one.": [("change items", "W2")],
    "I want to return the hiking boots; also cancel the tshirt.": [("return", "W1"), ("cancel", "W3")],
    "About the boots. I would like to send them back.": [("return", "W1")],
    "Please cancel everything that is under way.": [("cancel", "W2"), ("cancel", "W3")],
    "Please change my address to 7 Quay Road.": [("new address", "")],
    "I like the boots. Cancel what has not been sent.": [("cancel", "W2"), ("cancel", "W3")],
}


@pytest.mark.parametrize(("text", "wanted"), REQUESTS.items())
def test_the_action_goes_by_the_words_and_by_the_state_of_what_is_meant(
    tray: ScriptedTray, text: str, wanted: list[tuple[str, str]]
) -> None:
    assert asked(tray, text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "If the lamp is late, cancel it.",
        "Please undo cancelling the lamp.",
        "I don't want to cancel the lamp.",
        "When do you open?",
        "",
    ],
)
def test_what_is_only_thought_of_is_not_asked_for(tray: ScriptedTray, text: str) -> None:
    values = {"customer": value("ada@harbour.example"), "text": whole(text)}
    assert code_of("requested", tray, GIVEN, **values) == "no_result"


def test_nobody_elses_records_are_looked_at(tray: ScriptedTray) -> None:
    assert asked(tray, "I want to return the lamp.", "Ben@harbour.example") == [("return", "W9")]
    nobody = called("requested", tray, GIVEN, customer=value("eve@harbour.example"), text=whole("Cancel the lamp."))
    assert (nobody.findings, nobody.sentence) == ((), "orders: eve@harbour.example has no records")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("records.csv", "status", "stage"), ("records.csv", "owner,", "who,"), ("actions.csv", "unless", "but not")],
)
def test_a_table_without_a_needed_column_is_the_operators_to_mend(
    tray: ScriptedTray, file: str, old: str, new: str
) -> None:
    path = tray.folder / file
    path.write_text(path.read_text().replace(old, new, 1))
    values = {"customer": value("ada@harbour.example"), "text": whole("Cancel the lamp.")}
    assert code_of("requested", tray, GIVEN, **values) == "bad_table"


def test_a_text_that_means_to_keep_it_busy_ends(tray: ScriptedTray) -> None:
    for piece in ("cancel the lamp. ", "also ", "cancel", "; "):
        values = {"customer": value("ada@harbour.example"), "text": whole(piece * 10_000)}
        assert code_of("requested", tray, GIVEN, **values) in ("", "no_result")
