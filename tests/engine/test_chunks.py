"""Sentences and passages: nothing is lost, nothing overlaps, no sentence is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.chunks import LONGEST, chunks, sentences
from engine.pages import Page, Reading
from tests.engine.scripted import reading

PIECES = st.sampled_from(
    [
        "Refunds",
        "are",
        "paid",
        "Dr. Who",
        "e.g. cards",
        "No. 5",
        "14.5",
        "EUR",
        ".",
        "! ",
        "? ",
        ". ",
        ".) ",
        "\n",
        "\n\n",
        "# Heading\n\n",
        " ",
        "\t",
        "é",
        "“Quote.” ",
        "A. Smith",
        "x" * 300,
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map(" ".join) | st.text(max_size=200)
many = settings(max_examples=150, deadline=None)


def drawn(*lines: tuple[str, float]) -> Reading:
    """A page on paper: each line with its top edge, ten points high."""
    text, words = "", []
    for line, top in lines:
        words.append((len(text), len(text) + len(line), 10.0, top, 200.0, top + 10.0))
        text += line + "\n"
    return Reading("pdf", "", (Page(1, text, 595.0, 842.0, tuple(words)),))


@many
@given(TEXTS)
def test_sentences_are_in_order_inside_the_text_and_hold_all_that_is_printed(text: str) -> None:
    end, printed = 0, ""
    for start, stop in sentences(text):
        assert end <= start < stop <= len(text)
        printed += text[start:stop]
        end = stop
    assert "".join(printed.split()) == "".join(text.split())


@many
@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_passages_are_in_order_inside_their_page_and_quote_it_word_for_word(texts: list[str]) -> None:
    ends = dict.fromkeys(range(1, len(texts) + 1), 0)
    for chunk in chunks(reading(*texts)):
        assert ends[chunk.page] <= chunk.start < chunk.end
        assert texts[chunk.page - 1][chunk.start : chunk.end] == chunk.text
        ends[chunk.page] = chunk.end


@many
@given(
    st.lists(st.sampled_from(["Refunds are paid in 14 days.", "See No. 5 for more.", "Is it new?", "y" * 500 + "."]))
)
def test_no_passage_cuts_a_sentence(parts: list[str]) -> None:
    text = " ".join(parts)
    starts, ends = {start for start, _ in sentences(text)}, {end for _, end in sentences(text)}
    for chunk in chunks(reading(text)):
        assert chunk.start in starts
        assert chunk.end in ends


@many
@given(st.lists(st.sampled_from(["Refunds are paid in 14 days.", "Is it new?", "z" * 500 + "."]), min_size=1))
def test_a_text_of_sentences_is_covered_by_its_passages(parts: list[str]) -> None:
    text = " ".join(parts)
    assert "".join("".join(chunk.text for chunk in chunks(reading(text))).split()) == "".join(text.split())


def test_a_passage_of_several_sentences_stays_below_the_longest() -> None:
    text = "Refunds are paid within 14 days of the return. " * 100
    assert all(len(chunk.text) <= LONGEST for chunk in chunks(reading(text)))


def test_a_heading_goes_with_what_follows_it() -> None:
    found = list(chunks(reading("# Refunds\n\nPaid in 14 days.\n\nBy card only.\n\n# Returns\n\nWithin 30 days.")))
    assert [(chunk.heading, chunk.text) for chunk in found] == [
        ("Refunds", "Paid in 14 days."),
        ("Refunds", "By card only."),
        ("Returns", "Within 30 days."),
    ]


def test_a_heading_at_the_foot_of_a_page_goes_with_the_next_page() -> None:
    assert [chunk.heading for chunk in chunks(reading("# Refunds", "Paid in 14 days."))] == ["Refunds"]


def test_lines_that_stand_apart_on_paper_are_two_passages_and_lines_that_follow_are_one() -> None:
    page = drawn(("Refunds are paid", 100.0), ("within 14 days.", 112.0), ("Returns take 30 days.", 180.0))
    assert [chunk.text for chunk in chunks(page)] == ["Refunds are paid\nwithin 14 days.", "Returns take 30 days."]


def test_a_passage_on_paper_has_the_box_around_its_lines() -> None:
    (chunk,) = chunks(drawn(("Refunds are paid", 100.0), ("within 14 days.", 112.0)))
    assert chunk.box == (10.0, 100.0, 200.0, 122.0)


@pytest.mark.parametrize(
    "one",
    ["See No. 5 of the terms.", "Ask Dr. Bright for help.", "Pay by card, e.g. Visa, at once.", "J. Smith signs."],
)
def test_an_abbreviation_does_not_end_a_sentence(one: str) -> None:
    assert [one[start:end] for start, end in sentences(one)] == [one]


def test_the_number_of_a_line_belongs_to_its_sentence() -> None:
    text = "1. Open the box\n2. Take 3. Then close it.\n3. Wait."
    wanted = ["1. Open the box", "2. Take 3.", "Then close it.", "3. Wait."]
    assert [text[start:end] for start, end in sentences(text)] == wanted


def test_a_closing_quotation_mark_belongs_to_its_sentence() -> None:
    text = 'She said "no." Then she left.'
    assert [text[start:end] for start, end in sentences(text)] == ['She said "no."', "Then she left."]


@pytest.mark.parametrize(
    "text",
    ["Parcels are sent on Monday\n\nStoves are never posted", "Refunds are paid.\n\nParcels are sent on Monday"],
)
def test_a_short_rule_without_its_full_stop_is_kept_though_it_looks_like_a_heading(text: str) -> None:
    assert any("Parcels are sent on Monday" in chunk.text for chunk in chunks(reading(text)))


def test_a_row_of_a_table_is_one_passage_and_no_heading() -> None:
    text = "Prices\nItem | Price\nTent | 249 EUR\nStove | 48 EUR\nPrices hold for the season."
    labels = [(7, 19, "row 1"), (20, 34, "row 2"), (35, 49, "row 3"), (20, 24, "A2")]
    page = Page(1, text, paths=tuple(labels))
    found = [(chunk.heading, chunk.text) for chunk in chunks(Reading("xlsx", "", (page,)))]
    assert found == [
        ("Prices", "Item | Price"),
        ("Prices > Item | Price", "Tent | 249 EUR"),
        ("Prices > Item | Price", "Stove | 48 EUR"),
        ("Prices", "Prices hold for the season."),
    ]


def test_a_table_that_goes_on_over_a_page_keeps_the_names_of_its_columns() -> None:
    pages = (
        Page(1, "Item,Price\nTent,249", paths=((0, 10, "row 1"), (11, 19, "row 2"))),
        Page(2, "Stove,48", paths=((0, 8, "row 3"),)),
    )
    assert [chunk.heading for chunk in chunks(Reading("csv", "", pages))] == ["", "Item,Price", "Item,Price"]


def test_a_table_of_values_alone_has_no_names() -> None:
    page = Page(1, "1 | 2\n3 | 4", paths=((0, 5, "row 1"), (6, 11, "row 2")))
    assert [chunk.heading for chunk in chunks(Reading("xlsx", "", (page,)))] == ["", ""]


def test_numbered_headings_make_a_path_and_end_where_the_next_one_begins() -> None:
    text = (
        "Part 2 Sales\n\n3 Refunds\n\n3.1 Parcels\n\nPostage is paid back.\n\n3.2 Cards\n\nCards take 3 days.\n\n"
        "4 Returns\n\nWithin 30 days.\n\nPart 3 Staff\n\nAsk first."
    )
    assert [(chunk.heading, chunk.text) for chunk in chunks(reading(text))] == [
        ("Part 2 Sales > 3 Refunds > 3.1 Parcels", "Postage is paid back."),
        ("Part 2 Sales > 3 Refunds > 3.2 Cards", "Cards take 3 days."),
        ("Part 2 Sales > 4 Returns", "Within 30 days."),
        ("Part 3 Staff", "Ask first."),
    ]


def test_the_sections_that_a_reader_names_are_the_path() -> None:
    text = "Terms\nRefunds\nPaid in 14 days."
    page = Page(1, text, paths=((0, len(text), "Terms"), (6, len(text), "Refunds"), (14, len(text), "paragraph 3")))
    rest = Page(2, "By card only.", paths=((0, 13, "Terms"), (0, 13, "Refunds")))
    found = list(chunks(Reading("docx", "", (page, rest))))
    assert [(chunk.heading, chunk.text) for chunk in found] == [
        ("Terms > Refunds", "Paid in 14 days."),
        ("Terms > Refunds", "By card only."),
    ]


def test_a_clause_number_right_above_its_text_is_its_heading() -> None:
    text = "3.1 Payment of refunds\nRefunds are paid within 14 days after the goods have arrived here.\n"
    (chunk,) = chunks(reading(text))
    assert (chunk.heading, chunk.text[:16]) == ("3.1 Payment of refunds", "Refunds are paid")


@pytest.mark.parametrize(
    "text",
    [
        "1. Open the box\n2. Take out the stove\n3. Close the box again",
        "3.1 Customers who live in the United\nKingdom may return goods at no cost to them.",
        "3.1 The shop pays the costs of\nReturns from customers abroad when goods are faulty.",
    ],
)
def test_a_line_that_runs_on_is_no_heading(text: str) -> None:
    (chunk,) = chunks(reading(text))
    assert (chunk.heading, chunk.text) == ("", text)


def test_a_heading_with_nothing_below_it_is_a_passage() -> None:
    found = [(chunk.heading, chunk.text) for chunk in chunks(reading("# Terms\n\n## Scope\n\n## Duties\n\nPay."))]
    assert found == [("Terms", "## Scope"), ("Terms > Duties", "Pay.")]


def test_what_a_mail_quotes_is_apart_from_what_it_says() -> None:
    text = (
        "Please pay now.\nOn Mon, 5 Oct 2026, Hanna Brookes wrote:\n> We have paid you.\n> Twice.\nBest wishes\n\n"
        "-----Original Message-----\nWhere is the money?"
    )
    found = [(chunk.heading, chunk.text) for chunk in chunks(reading(text, kind="eml", title="Tent"))]
    quoted = "Tent > On Mon, 5 Oct 2026, Hanna Brookes wrote:"
    assert found[:2] == [("Tent", "Please pay now."), (quoted, "> We have paid you.\n> Twice.")]
    assert found[-1] == ("Tent > -----Original Message-----", "Where is the money?")


def test_headers_and_footers_that_come_on_every_page_are_kept_once() -> None:
    pages = [
        drawn(("Larkfield | Handbook", 20.0), (f"Rule {n} holds.", 100.0), (f"Page {n} of 4", 800.0)) for n in range(4)
    ]
    reading = Reading("pdf", "", tuple(Page(n, page.pages[0].text, 595.0, 842.0, page.pages[0].words)
                                       for n, page in enumerate(pages, start=1)))  # fmt: skip
    found = [(chunk.heading, chunk.text) for chunk in chunks(reading)]
    assert [text for _, text in found] == ["Larkfield | Handbook", "Rule 0 holds.", "Page 0 of 4", "Rule 1 holds.",
                                           "Rule 2 holds.", "Rule 3 holds."]  # fmt: skip
    assert {heading for heading, _ in found} == {""}


LINES = st.lists(
    st.sampled_from(
        [
            "# Terms", "## Scope", "3 Refunds", "3.1 Parcels", "Part 2 Sales", "Refunds are paid in 14 days.",
            "See No. 5 for more. Is it new?", "On Mon, Hanna wrote:", "> We have paid.", "y" * 700 + ".", "", "",
            "a list of\nlines that run\non and on.", "(a) postage; and",
        ]
    ),
    max_size=25,
)  # fmt: skip


@many
@given(LINES)
def test_all_visible_text_is_in_a_passage_or_in_the_path_of_one(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = list(chunks(reading(text)))
    covered = set()
    for chunk in found:
        covered.update(range(chunk.start, chunk.end))
    paths = {part for chunk in found for part in chunk.heading.split(" > ")}
    left = "".join(" " if at in covered and sign != "\n" else sign for at, sign in enumerate(text))
    for line in filter(None, (line.strip() for line in left.split("\n"))):
        assert any(line.lstrip("# ") in path for path in paths)
