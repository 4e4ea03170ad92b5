"""What the intent model reads: all of a message, but of a long document what it calls itself."""

from __future__ import annotations

import pytest

from engine.gist import LONG, OPENING, gist, names, of_text
from engine.pages import Page, Reading

BODY = "The parties agree that the goods are delivered in good order and paid within a month. " * 40
CONTRACT = (
    "Exhibit 10.4\n\nCONFIDENTIAL TREATMENT REQUESTED\n\nEXCLUSIVE DISTRIBUTION AGREEMENT\n\n"
    "This Exclusive Distribution Agreement is made between Lamp Works Inc. and Shop Ltd.\n\n" + BODY
)


def test_a_short_text_stays_as_it_is() -> None:
    assert (
        of_text("Where is  my tent? Our Agreement says two weeks.")
        == "Where is  my tent? Our Agreement says two weeks."
    )


def test_a_long_document_is_known_by_what_it_calls_itself() -> None:
    assert of_text(CONTRACT) == "EXCLUSIVE DISTRIBUTION AGREEMENT\nExclusive Distribution Agreement"


def test_line_breaks_do_not_matter() -> None:
    assert of_text(" ".join(CONTRACT.split())) == of_text(CONTRACT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ACME CORP. AND BETA LTD. JOINT FILING AGREEMENT dated today", "JOINT FILING AGREEMENT"),
        ("Annual Report of the Board. The year was good.", "Annual Report"),
        ("Lease", ""),
        ("the agreement that we made", ""),
        ("", ""),
    ],
)
def test_names_are_capitalised_phrases_that_end_in_a_kind_of_document(text: str, expected: str) -> None:
    assert names(text) == expected


def test_a_long_text_without_a_name_is_known_by_its_opening() -> None:
    assert of_text(BODY) == BODY[:OPENING].strip()


def reading(kind: str, title: str, text: str) -> Reading:
    return Reading(kind, title, (Page(1, text),))


def test_a_mail_is_known_by_its_subject_and_opening_however_long_it_is() -> None:
    mail = reading("eml", "My tent", f"From: a@b.example\nSubject: My tent\n\n{CONTRACT}")
    assert gist(mail).startswith("My tent\nExhibit 10.4")
    assert len(gist(mail)) <= OPENING + len("My tent\n")


def test_a_read_contract_is_known_as_its_text_is() -> None:
    assert gist(reading("pdf", "untitled", CONTRACT)) == of_text(CONTRACT)
    assert gist(reading("pdf", "Letter", "Dear shop, my tent leaks.")) == "Letter\nDear shop, my tent leaks."


def test_a_name_beyond_the_first_page_does_not_count() -> None:
    assert names(BODY * 2 + CONTRACT) == ""
    assert len(BODY) > LONG
