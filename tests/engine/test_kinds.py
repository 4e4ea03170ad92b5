"""What looks like an amount, a date, a number, a firm, a party or a law, and how each is written in the end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import kinds
from engine.kinds import Kind, Where, amount, company, date, governing_law, party, reference
from engine.shelf import modules


def values(kind: Any, text: str) -> list[str]:
    return [match.value for match in kind.find(text)]


@pytest.mark.parametrize("kind", modules(kinds).values(), ids=modules(kinds))
def test_every_kind_keeps_the_contract(kind: Kind) -> None:
    assert kind.SENTENCE.endswith(".")
    assert isinstance(kind.WHERE, Where)
    labels = (*kind.WHERE.near, *kind.WHERE.apart, *kind.WHERE.ends)
    assert all(label == label.lower() and label.strip() == label for label in labels)


@pytest.mark.parametrize(
    ("text", "value"),
    [("Total 1.284,50 EUR", "1284.50"), ("EUR 1,284.50", "1284.50"), ("18 310,63 €", "18310.63"),
     ("1'284.50", "1284.50"), ("$ -5.77", "-5.77"), ("RM 80.90", "80.90"), ("1.284 €", "1284.00"), ("12.5 kg", "12.50"),
     ("1234567.89", "1234567.89"), ("CHF 7", "7.00"), ("5,00-", "-5.00")],
)  # fmt: skip
def test_an_amount_is_read_with_either_decimal_sign(text: str, value: str) -> None:
    assert values(amount, text) == [value]


@pytest.mark.parametrize("text", ["05.03.2018", "19 %", "A4711", "192.168.1.17", "7/2026", "12:30"])
def test_what_is_no_amount_is_left_alone(text: str) -> None:
    assert values(amount, text) == []


def test_an_amount_with_two_decimals_looks_more_like_one_than_a_bare_number() -> None:
    sure, unsure = amount.find("12.50 and 3")
    assert sure.looks > unsure.looks


@pytest.mark.parametrize(
    "text",
    ["2019-03-05", "05.03.2019", "5.3.2019", "5 March 2019", "March 5, 2019", "5th day of March, 2019",
     "5t h day of March 2019", "05-Mar-19", "5. März 2019", "le 5 mars 2019", "5 de marzo de 2019", "05/MAR/2019",
     "20190305", "05032019", "5Mar2019", "05/03/19"],
)  # fmt: skip
def test_a_date_is_read_however_it_is_written(text: str) -> None:
    assert values(date, f"Dated {text} in Basel") == ["2019-03-05"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("3/4/2026", ["2026-04-03"]), ("3/4/2026, paid 11/17/2026", ["2026-03-04", "2026-11-17"]),
     ("3/4/2026, paid 17/11/2026", ["2026-04-03", "2026-11-17"]), ("Gull & Fry, Inc., 3/4/2026", ["2026-03-04"])],
)  # fmt: skip
def test_the_other_dates_of_a_text_say_whether_the_month_comes_first(text: str, found: list[str]) -> None:
    assert values(date, text) == found


@pytest.mark.parametrize("text", ["31.02.2026", "45.13.2026", "version 2.10.4", "1/2", "99999999"])
def test_what_no_calendar_has_is_no_date(text: str) -> None:
    assert values(date, text) == []


def test_a_reference_looks_more_like_one_than_a_date_or_an_amount() -> None:
    looks = {match.value: match.looks for match in reference.find("RE-2015/504 of 05.03.2018 for 12.50 by 47")}
    assert looks["RE-2015/504"] > looks["47"] > looks["05.03.2018"]
    assert "12.50" not in looks or looks["12.50"] < looks["47"]


def test_a_firms_name_goes_over_two_lines_and_ends_before_its_number() -> None:
    text = "QUAYSIDE TACKLE\nSDN BHD (728515-M)\nNo. 4, Harbour Road\nTel: 03-5551234\n"
    best = max(company.find(text), key=lambda match: match.looks)
    assert best.value == "QUAYSIDE TACKLE SDN BHD"
    assert text[best.start : best.end] == "QUAYSIDE TACKLE\nSDN BHD"


def test_without_a_legal_form_the_head_of_the_paper_counts() -> None:
    text = "FERN & OAK STATIONERY\n12 Mill Street\nTAX INVOICE\n"
    assert max(company.find(text), key=lambda match: match.looks).value == "FERN & OAK STATIONERY"


PREAMBLES = {
    'This Agreement is made by and between Gull Ferries, Inc., a Delaware corporation (the "Company"), and Fry & Sons '
    'Ltd., a company organized in England, with offices at 4 Quay Road ("Agent").\nWITNESSETH': [
        "Gull Ferries, Inc.", "Fry & Sons Ltd.",
    ],
    "BETWEEN (1) ALDER HOLDING GMBH (“Lender”); and (2) MARA VOSS, an individual (“Borrower”).\nRECITALS": [
        "ALDER HOLDING GMBH", "MARA VOSS",
    ],
    'entered into between tennis player, JO KERN, (hereinafter referred to as "PLAYER") and kern-shop.com, Inc. '
    '(hereinafter referred to as "SHOP").\nWHEREAS': ["JO KERN", "kern-shop.com, Inc."],
    "between Savings and Loan Trust and Basil Foods LLC.\n\nThe parties agree": [
        "Savings and Loan Trust", "Basil Foods LLC",
    ],
    'Tern Bio, Inc., with a place of business at 7 Hill Street ("Tern") and OLMO B.V having an address at Dam 1 '
    '("Olmo") agree.\n1. Services': ["Tern Bio, Inc.", "OLMO B.V"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "names"), PREAMBLES.items())
def test_the_parties_are_named_before_their_defined_terms(text: str, names: list[str]) -> None:
    assert values(party, text) == names


LAWS = {
    "This Agreement shall be governed by the laws of the State of New York, without regard to conflicts.": "New York",
    "THIS LEASE IS GOVERNED BY THE LAW OF ENGLAND AND WALES.": "England And Wales",
    "The contract is construed in accordance with Ontario law.": "Ontario",
    "Tern Ltd. is organized under the laws of Delaware. This Agreement shall be governed by and construed under the "
    "laws of the Province of Ontario, Canada.": "Ontario, Canada",
    "The laws of the State of Texas shall govern all issues that arise under it.": "Texas",
    "This Agreement and all disputes are governed by and construed in accordance with English law.": "England",
}


@pytest.mark.parametrize(("text", "place"), LAWS.items())
def test_the_law_that_governs_is_surer_than_the_law_of_a_seat(text: str, place: str) -> None:
    assert max(governing_law.find(text), key=lambda match: match.looks).value == place


def test_a_place_without_a_word_of_law_is_none() -> None:
    assert values(governing_law, "The goods are shipped from Texas to France.") == []
    assert values(governing_law, "She teaches English law.") == []


def test_who_signs_is_named_at_the_end() -> None:
    text = (
        "IN WITNESS WHEREOF, the undersigned sign as of 19 May 2026. TERN HOLDING LP By: Olmo L.L.C., its partner\n\n"
        "By: /s/ Jo Kern\nTitle: Director\n\nBasil Foods, Inc.\n\nBy:  /s/ Mara Voss\n\nJo Kern By: himself"
    )
    assert [match.value for match in party.at_end(text)] == ["TERN HOLDING LP", "Basil Foods, Inc."]
    assert all(text[match.start : match.end] == match.value for match in party.at_end(text))


HOSTILE = (
    "1",
    "1,",
    "A" * 60 + "-",
    "( “",
    "and A ",
    "\n",
    "S.A",
    "governed by laws of New York, ",
    "12/",
    "no. ",
    "By: ",
    "Inc. By:",
)


@pytest.mark.parametrize("kind", modules(kinds).values(), ids=modules(kinds))
@given(parts=st.lists(st.sampled_from(HOSTILE) | st.text(max_size=30), max_size=30), times=st.integers(1, 40))
@settings(max_examples=15, deadline=None)
def test_whatever_stands_there_each_match_lies_in_the_text(kind: Kind, parts: list[str], times: int) -> None:
    text = "".join(parts) * times
    for match in kind.find(text):
        assert 0 <= match.start < match.end <= len(text)
        assert match.value
        assert 0 <= match.looks <= 1


@pytest.mark.parametrize("kind", modules(kinds).values(), ids=modules(kinds))
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_text_that_means_to_keep_a_pattern_busy_ends(kind: Kind, piece: str) -> None:
    """A pattern that takes a square of the text's length would take hours."""
    text = piece * (40_000 // len(piece))
    at_end = getattr(kind, "at_end", lambda text: ())
    assert all(match.end <= len(text) for match in (*kind.find(text), *at_end(text)))
