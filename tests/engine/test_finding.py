"""Which of a page's values a field means: the one beside its label, as it is printed or as it follows in the text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import finding
from engine.cards import Document
from engine.pages import Page, Reading, Words
from engine.playbook import FieldRule
from tests.engine.scripted import PLAYBOOK, after, read_letter, small_bench

LINE = 12.0
LETTER = 6.0


def printed(*lines: str, number: int = 1) -> Page:
    """A page on which each letter has its place: columns of the lines stand under each other."""
    text, words = "", []
    for row, line in enumerate(lines):
        for word in re.finditer(r"\S+", line):
            x0, x1 = word.start() * LETTER, word.end() * LETTER
            words.append((len(text) + word.start(), len(text) + word.end(), x0, row * LINE, x1, row * LINE + 10.0))
        text += line + "\n"
    return Page(number, text, 595.0, 842.0, Words.of(words))


def said(kind: str, *pages: Page, near: tuple[str, ...] = (), apart: tuple[str, ...] = ()) -> list[tuple[str, float]]:
    document = Document("a" * 64, "paper.pdf", "pdf", len(pages), 10)
    rule = FieldRule("it", kind=kind, near=near, apart=apart)
    return [(field.value, field.score) for field in finding.found(rule, [(document, Reading("pdf", "", pages))])]


def best(kind: str, *pages: Page, near: tuple[str, ...] = (), apart: tuple[str, ...] = ()) -> str:
    return said(kind, *pages, near=near, apart=apart)[0][0]


INVOICE = printed(
    "Quay Chandlers Ltd            Invoice",
    "Invoice number      QC-2026/118",
    "Order number        PO-77120",
    "Invoice date        05.03.2026",
    "Due date            04.04.2026",
    "Rope 30 m                            120.00",
    "Anchor                               310.50",
    "Net total                            430.50",
    "VAT 20 %                              86.10",
    "Total due                            516.60",
)


def test_an_invoice_is_read_by_its_labels() -> None:
    assert best("invoice_number", INVOICE) == "QC-2026/118"
    assert best("invoice_date", INVOICE) == "2026-03-05"
    assert best("invoice_total", INVOICE) == "516.60"


def test_a_value_may_stand_below_its_heading() -> None:
    page = printed(
        "Article      Net       VAT       Endbetrag",
        "Rope         10.00     2.00      12.00",
        "all          50.00     10.00     60.00",
    )
    assert best("invoice_total", page) == "60.00"


def test_the_playbooks_own_labels_go_before_those_of_the_kind() -> None:
    page = printed("Deckungssumme   5.000.000,00", "Gesamtbetrag    59,50", "Selbstbehalt    300,00")
    assert best("amount", page, near=("selbstbehalt",)) == "300.00"
    assert best("invoice_total", page) == "59.50"


def test_a_value_beside_another_label_is_not_meant() -> None:
    page = printed("Paid 12.00", "Total 30.00")
    assert said("amount", page, near=("total", "paid"))[1][0] == "12.00"
    assert [value for value, _ in said("amount", page, near=("total",), apart=("paid",))] == ["30.00"]


def test_two_values_that_fit_as_well_make_each_other_doubtful() -> None:
    alone = said("amount", printed("Total 30.00"), near=("total",))[0]
    doubted = said("amount", printed("Total 30.00", "Total 31.00"), near=("total",))[0]
    agreed = said("amount", printed("Total 30.00", "Total 30.00"), near=("total",))[0]
    assert alone[1] == agreed[1] > doubted[1]


def test_without_its_label_a_number_is_not_found() -> None:
    assert said("invoice_number", printed("We shipped 4711 boxes.")) == []


def test_a_tax_table_at_the_end_is_not_the_total_of_a_receipt() -> None:
    page = printed("TOTAL      73.00", "CASH      100.00", "CHANGE     27.00", "GST SUMMARY", "TOTAL      68.87")
    assert best("receipt_total", page) == "73.00"


def test_in_running_text_a_value_follows_its_words() -> None:
    text = "This Agreement is made and entered into as of the\n1st day of June, 2004, to expire on 31 May 2009."
    assert best("agreement_date", Page(1, text)) == "2004-06-01"


def test_the_first_pages_name_the_parties() -> None:
    cover = Page(1, "SUPPLY AGREEMENT")
    first = Page(2, 'between Gull Ltd ("Seller") and Fry Ltd ("Buyer").\nRECITALS')
    later = Page(3, 'between Other Ltd ("Other") and Else Ltd ("Else").\nRECITALS')
    assert [value for value, _ in said("party", cover, first, later)] == ["Gull Ltd", "Fry Ltd"]


def test_parties_make_each_other_no_doubt() -> None:
    page = Page(1, 'between Gull Ltd ("Seller") and Fry Ltd ("Buyer").\nRECITALS')
    assert [sure for _, sure in said("party", page)] == [0.9, 0.9]


def test_of_equals_the_incoming_paper_counts_and_not_what_is_attached_to_it() -> None:
    papers = [
        (Document(letter * 64, f"{letter}.pdf", "pdf", 1, 10), Reading("pdf", "", (printed("Total due 516.60"),)))
        for letter in "ab"
    ]
    first = next(finding.found(FieldRule("total", kind="invoice_total"), papers))
    assert first.place.name == "a.pdf"


def test_a_field_says_where_it_stands() -> None:
    document = Document("a" * 64, "paper.pdf", "pdf", 1, 10)
    (field, *_) = finding.found(FieldRule("total", kind="invoice_total"), [(document, Reading("pdf", "", (INVOICE,)))])
    assert INVOICE.text[field.place.start : field.place.end] == field.quote == "516.60"
    assert field.place.box == (37 * LETTER, 9 * LINE, 43 * LETTER, 9 * LINE + 10)


def test_a_page_full_of_labels_and_values_is_weighed_as_far_as_there_is_an_end_to_it() -> None:
    page = printed(*["Total 1.00 total 2.00 total 3.00"] * 1500)
    assert best("invoice_total", page) == "3.00"


BY_KIND = """
[[fields]]
name = "bought"
title = "Day of purchase"
kind = "receipt_date"
near = ["bought on"]
sure = 0.9
"""


@pytest.mark.parametrize(
    ("letter", "flagged"), [("I bought on 3 May 2026 a kettle.", False), ("A kettle, on 3 May 2026, was bought.", True)]
)
def test_a_field_that_is_less_sure_than_the_playbook_asks_is_shown_to_a_person(
    home: Path, letter: str, flagged: bool
) -> None:
    with small_bench(home, playbook=PLAYBOOK + BY_KIND) as bench:
        handoff = after(read_letter(bench, letter), "extractor", bench)
    field = handoff.field("bought")
    assert field is not None
    assert field.value == "2026-05-03"
    assert [flag.code for flag in handoff.flags] == (["unsure_field"] if flagged else [])
    if flagged:
        assert "Day of purchase may be wrong: '2026-05-03'" in handoff.flags[0].sentence


def test_that_a_field_is_unsure_is_still_told_after_routing_and_only_once(home: Path) -> None:
    with small_bench(home, playbook=PLAYBOOK + BY_KIND) as bench:
        found = after(
            read_letter(bench, "When is my refund paid?\nA kettle, on 3 May 2026, was bought."), "extractor", bench
        )
        routed = after(found, "router", bench)
        again = after(routed, "router", bench)
    for handoff in (routed, again):
        assert [flag.code for flag in handoff.flags] == ["unsure_field"]


# -- clauses, and closed choices ----------------------------------------------------------------------

CONTRACT = Page(
    1,
    "1. Term. This agreement runs for two years from the date above.\n\n"
    "2. Assignment. Neither party may assign this agreement without the prior written consent of the other party.\n\n"
    "3. Insurance. The supplier shall maintain insurance of at least 1,000,000 EUR during the term.\n",
)


def test_a_clause_is_the_sentence_in_which_all_words_of_a_label_stand() -> None:
    assert best("clause", CONTRACT, near=("assign consent",)).startswith("Neither party may assign")
    assert best("clause", CONTRACT, near=("insur maint",)).startswith("The supplier shall maintain insurance")


def test_a_clause_of_which_a_word_is_missing_is_none() -> None:
    assert said("clause", CONTRACT, near=("assign affiliate", "surance")) == []


def test_an_earlier_label_is_surer_and_one_of_another_clause_less_sure() -> None:
    (first,) = said("clause", CONTRACT, near=("assign consent", "assign"))
    (second,) = said("clause", CONTRACT, near=("assign affiliate", "assign"))
    (apart,) = said("clause", CONTRACT, near=("assign consent",), apart=("written consent",))
    assert first[1] == 1.0
    assert first[1] > second[1] > apart[1]


def chosen(*texts: str, **choices: tuple[str, ...]) -> tuple[str, str, str] | None:
    document = Document("a" * 64, "note.txt", "txt", len(texts), 10)
    pages = tuple(Page(number, text) for number, text in enumerate(texts, 1))
    found = finding.chosen(FieldRule("it", choices=choices), [(document, Reading("txt", "", pages))])
    return (found.value, found.quote, found.origin) if found else None


def test_the_first_choice_of_which_a_word_stands_holds() -> None:
    urgent, high = ("down", "no heating"), ("deadline",)
    text = "There is a deadline, and No\nheating at all."
    assert chosen(text, urgent=urgent, high=high, normal=()) == ("urgent", "No\nheating", "document")
    assert chosen("A deadline.", urgent=urgent, high=high, normal=()) == ("high", "deadline", "document")


def test_the_choice_without_words_holds_otherwise_and_rests_on_the_playbook() -> None:
    assert chosen("Downstairs.", urgent=("down",), normal=()) == ("normal", "", "playbook")
    assert chosen("Downstairs.", urgent=("down",), high=("deadline",)) is None
