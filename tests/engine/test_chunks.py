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
    labels = [(7, 19, "row 1"), (20, 34, "table 1 > row 2"), (35, 49, "row 3"), (20, 24, "A2")]
    page = Page(1, text, paths=tuple(labels))
    found = [(chunk.heading, chunk.text) for chunk in chunks(Reading("xlsx", "", (page,)))]
    rows = ["Item | Price", "Tent | 249 EUR", "Stove | 48 EUR", "Prices hold for the season."]
    assert found == [("Prices", row) for row in rows]
