"""Identifiers: the good ones pass, and one wrong digit is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.tools import identify
from tests.engine.tools.trays import ScriptedTray, called, value

PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<< L898902C36UTO7408122F1204159ZE184226B<<<<<10"  # of ICAO Doc 9303
)
CARD_1 = "I<UTOD231458907<<<<<<<<<<<<<<< 7408122F1204159UTO<<<<<<<<<<<6 ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
CARD_LONG = "I<UTOD23145890<7349<<<<<<<<<<< 3407127M9507122UTO<<<<<<<<<<<2 STEVENSON<<PETER<JOHN<<<<<<<<<"
CARD_2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<< D231458907UTO7408122F1204159<<<<<<<6"
GOOD = {
    "iban": "DE89 3704 0044 0532 0130 00", "vat": "ATU 13585627", "card": "4111 1111 1111 1111", "bic": "AGRIFRPP882",
    "lei": "213800KUD8LAJWSQ9D15", "isin": "US0378331005", "isbn": "978-0-306-40615-7", "ean": "73513537",
    "mrz": PASSPORT,
}  # fmt: skip


def checked(folder: Path, kind: str, number: str) -> dict[str, str]:
    (found,) = called("identify", ScriptedTray(folder), {"kind": kind}, number=value(number)).findings
    assert found.quote == number
    return dict(found.cells)


@pytest.mark.parametrize("kind", identify.KINDS)
def test_a_good_one_is_valid(tmp_path: Path, kind: str) -> None:
    cells = checked(tmp_path, kind, GOOD[kind])
    assert (cells["valid"], cells["reason"]) == ("yes", "")


@pytest.mark.parametrize("number", [PASSPORT, CARD_1, CARD_LONG, CARD_2])
def test_all_three_sizes_of_travel_document_are_known(number: str) -> None:
    assert identify.mrz_fault(number) == ""


@pytest.mark.parametrize(
    ("kind", "number", "word"),
    [
        ("iban", "DE89 3704 0044 0532 0130 01", "check digits"),
        ("iban", "XX40 0000 1111 2222 3333", "check digits"),
        ("iban", "DE89 3704", "check digits"),
        ("vat", "ATU 13585628", "check digits"),
        ("vat", "US 123456789", "form"),
        ("card", "4111 1111 1111 1112", "check digits"),
        ("card", "0", "digits"),
        ("mrz", PASSPORT.replace("7408122", "7408123"), "date of birth"),
        ("mrz", PASSPORT.replace("1204159", "1204150"), "date of expiry"),
        ("mrz", PASSPORT.replace("L898902C3", "L898902C4"), "document number"),
        ("mrz", PASSPORT[:-1] + "1", "over all of it"),
        ("mrz", PASSPORT[:40], "form"),
        ("mrz", "", "form"),
    ],
)
def test_a_bad_one_is_told_with_what_is_wrong(tmp_path: Path, kind: str, number: str, word: str) -> None:
    cells = checked(tmp_path, kind, number)
    assert cells["valid"] == "no"
    assert word in cells["reason"]


def test_a_card_number_is_not_written_down_a_second_time(tmp_path: Path) -> None:
    result = called("identify", ScriptedTray(tmp_path), {"kind": "card"}, number=value(GOOD["card"]))
    assert dict(result.findings[0].cells)["number"] == "ends in 1111"
    assert "4111" not in result.sentence.replace(" ", "")


@given(st.sampled_from(sorted(GOOD)), st.data())
@settings(max_examples=200, deadline=None)
def test_one_wrong_digit_is_always_found_in_a_card_an_iban_and_a_lei(kind: str, data: st.DataObject) -> None:
    good = GOOD[kind]
    digits = [place for place, char in enumerate(good) if char.isdigit()]
    if kind not in ("card", "iban", "lei", "isin", "isbn") or not digits:
        return
    place = data.draw(st.sampled_from(digits))
    wrong = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != good[place]))
    assert identify._checked(kind, good[:place] + wrong + good[place + 1 :])[1]


@given(st.sampled_from(identify.KINDS), st.text(max_size=400))
@settings(max_examples=400, deadline=None)
def test_no_text_breaks_it(kind: str, text: str) -> None:
    number, reason = identify._checked(kind, text)
    assert isinstance(number, str)
    assert isinstance(reason, str)


def test_a_text_that_is_too_long_is_not_even_looked_at(tmp_path: Path) -> None:
    assert checked(tmp_path, "iban", "9" * 100_000)["reason"] == "it is too long"


def test_the_playbook_hears_of_a_kind_that_is_none() -> None:
    assert "passport" in next(identify.faults({"kind": "passport"}, ["number"]))
    assert list(identify.faults({"kind": "iban"}, ["number"])) == []
