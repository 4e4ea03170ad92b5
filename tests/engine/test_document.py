"""What a document says of itself: its language, its date, and which passages repeat each other."""

from __future__ import annotations

import pytest

from engine._alike import wording
from engine._document import dated, language
from engine.pages import Page, Reading
from tests.engine.scripted import reading

GERMAN = "Rückzahlungen erfolgen innerhalb von 14 Tagen auf die Karte, mit der bezahlt worden ist."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Refunds are paid within 14 days to the card that was used, also for faulty goods.", "en"),
        (GERMAN, "de"),
        ("Los reembolsos se pagan en un plazo de 14 días a la tarjeta que se utilizó para la compra.", "es"),
        ("Les remboursements sont versés dans les 14 jours sur la carte utilisée lors de l'achat.", "fr"),
        ("INTRODUCTION", ""),
        ("12345 67890 " * 20, ""),
        ("", ""),
    ],
)
def test_a_language_is_told_where_there_is_enough_to_tell_it(text: str, code: str) -> None:
    assert language(text) == code


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Policy handbook\nEdition of October 2026. For the front desk.", "2026-10"),
        ("Terms\nStand: 5. März 2024\nAlles Weitere folgt.", "2024-03-05"),
        ("Rules\n2025-02-28\n\nAll goods are insured.", "2025-02-28"),
        ("Notice\nMarch 3rd, 2021\nTo all staff", "2021-03-03"),
        ("Bericht\n05.11.2023\n", "2023-11-05"),
        ("Minutes\n31 February 2024\n", ""),
        ("Goods bought before 5 October 2020 are covered by the older terms, which the shop keeps.", ""),
        ("No date at all.", ""),
        ("Order 12.34.5678", ""),
    ],
)
def test_a_date_is_the_documents_own_or_unknown(text: str, date: str) -> None:
    assert dated(reading(text)) == date


def test_a_mail_is_of_the_day_it_was_sent_and_a_title_comes_before_the_page() -> None:
    header = "Date: Tue, 13 Oct 2026 09:03:00 +0200"
    mail = Page(1, f"{header}\n\nEdition of May 2001", paths=((0, len(header), "Date"),))
    assert dated(Reading("eml", "", (mail,))) == "2026-10-13"
    broken = Page(1, "Date: soon\n\nHello", paths=((0, 10, "Date"),))
    assert dated(Reading("eml", "", (broken,))) == ""
    assert dated(reading("Stand: Mai 2001", title="Handbook of June 2025")) == "2025-06"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("REFUNDS are paid, within 14 days, to that card.", True),
        ("Refunds are paid within\n14 days to the card", True),
        ("Refunds are paid within 15 days to the card.", False),
        ("Refunds are paid within 1.4 days to the card.", False),
        ("Refunds are not paid within 14 days to the card.", False),
        ("Refunds are paid within 14 days from the card.", False),
        ("Refunds are paid to the card within 14 days.", False),
        ("Refunds are paid within < 14 days to the card.", False),
    ],
)
def test_only_the_same_words_in_the_same_order_say_the_same(other: str, same: bool) -> None:
    assert (wording("Refunds are paid within 14 days to the card.") == wording(other)) is same
