"""A page is a value that comes back as it was: from its bytes, from its packed words, and by its places."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pages import Hidden, Page, Reading, Unfit, Words, packed, unpacked
from tests.engine.scripted import boxes, few, pages

LINE = Page(
    1,
    "total 99.50 EUR",
    595.0,
    842.0,
    Words.of([(0, 5, 10, 20, 40, 30), (6, 11, 50, 19, 80, 31), (12, 15, 90, 20, 99, 30)]),
)


@few
@given(st.integers(1, 10**6).flatmap(pages))
def test_every_page_comes_back_from_its_bytes(page: Page) -> None:
    again = unpacked(packed(page))
    assert again == page
    assert packed(again) == packed(page)


@few
@given(st.integers(1, 3).flatmap(pages), st.data())
def test_a_changed_byte_never_makes_more_than_an_unfit_page_or_another_one(page: Page, data: st.DataObject) -> None:
    whole = bytearray(packed(page))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        other = unpacked(bytes(whole))
    except Unfit:
        return
    assert unpacked(packed(other)) == other


@few
@given(st.binary(max_size=200))
def test_bytes_that_are_no_page_are_unfit(data: bytes) -> None:
    with pytest.raises(Unfit):
        unpacked(data)


def head(**changes: Any) -> bytes:
    fields = {
        "number": 1,
        "text": "two words",
        "width": 10,
        "height": 20,
        "hidden": [],
        "paths": [],
        "words": 0,
        "sure": 0,
    }
    return json.dumps({**fields, **changes}).encode() + b"\n"


def test_the_page_that_the_rules_are_tried_on_keeps_them_all() -> None:
    assert unpacked(head()) == Page(1, "two words", 10.0, 20.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 0}, {"number": True}, {"number": 1.0}, {"number": "1"}, {"number": 2**32},
        {"text": 5}, {"text": None}, {"text": "\ud800"}, {"text": "nul \x00"},
        {"width": math.inf}, {"height": math.nan}, {"width": -1}, {"width": True}, {"width": 10**400}, {"width": 2e6},
        {"words": 1}, {"words": -1}, {"words": []}, {"sure": 1}, {"words": 2**31},
        {"hidden": None}, {"hidden": "white"}, {"hidden": [["unheard of", "x", None]]},
        {"hidden": [[["white"], "x", None]]},
        {"hidden": [["white", 5, None]]}, {"hidden": [["white", "\x00", None]]}, {"hidden": [["white", "x"]]},
        {"hidden": [["white", "x", [0, 0, 1]]]}, {"hidden": [["white", "x", [5, 0, 1, 1]]]},
        {"hidden": [["white", "x", [0, 0, 1, math.nan]]]}, {"hidden": [["white", "x", 7]]},
        {"paths": {}}, {"paths": [[0, 99, "x"]]}, {"paths": [[0, 2, 7]]}, {"paths": [[3, 3, "x"]]}, {"paths": [[0, 2]]},
        {"paths": [[-1, 2, "x"]]}, {"paths": [[0, True, "x"]]}, {"paths": [[0, 2, "x" * 301]]}, {"paths": [None]},
        {"extra": 1},
    ],
)  # fmt: skip
def test_a_page_that_breaks_a_rule_is_unfit(changes: dict[str, Any]) -> None:
    with pytest.raises(Unfit):
        unpacked(head(**changes))


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"{}\n", b"[]\n", b"null\n", b"9" * 10_000 + b"\n", b"[" * 100_000, head()[:-1]]
)
def test_what_is_no_page_at_all_is_unfit(line: bytes) -> None:
    with pytest.raises(Unfit):
        unpacked(line)


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 30, 0, 0, 1, 1)],
        [(3, 3, 0, 0, 1, 1)],
        [(4, 3, 0, 0, 1, 1)],
        [(0, 3, 5, 0, 1, 1)],
        [(0, 3, 0, 5, 1, 1)],
        [(0, 3, 0, 0, 1, math.inf)],
        [(0, 3, math.nan, 0, 1, 1)],
        [(0, 3, 0, 0, 1, math.nan)],
        [(0, 3, -2e6, 0, 1, 1)],
        [(4, 9, 0, 0, 1, 1), (0, 3, 0, 0, 1, 1)],
        [(0, 3, 0, 0, 1, 1), (2, 9, 0, 0, 1, 1)],
    ],
)
def test_words_stand_in_the_text_in_its_order_and_apart_each_in_a_box(rows: list[tuple[float, ...]]) -> None:
    with pytest.raises(Unfit):
        unpacked(head(words=len(rows)) + Words.of(rows).packed)


def test_a_word_is_no_surer_than_certain() -> None:
    word = Words.of([(0, 3, 0, 0, 1, 1)]).packed
    assert unpacked(head(words=1, sure=1) + word + bytes([100])).confidences == bytes([100])
    with pytest.raises(Unfit):
        unpacked(head(words=1, sure=1) + word + bytes([101]))


@few
@given(st.integers(1, 3).flatmap(pages))
def test_words_are_a_sequence_of_what_went_in(page: Page) -> None:
    rows = list(page.words)
    assert len(page.words) == len(rows)
    assert [page.words[n] for n in range(len(rows))] == rows
    assert list(page.words[1:]) == rows[1:]
    assert Words.of(rows) == page.words
    assert hash(Words.of(rows)) == hash(page.words)


def test_words_end_where_they_end() -> None:
    with pytest.raises(IndexError):
        LINE.words[3]
    assert LINE.words[-1][:2] == (12, 15)
    with pytest.raises(ValueError, match="whole number of words"):
        Words(b"x" * 25)


@given(boxes())
def test_the_box_of_a_word_is_what_the_word_has(box: tuple[float, float, float, float]) -> None:
    found = Page(1, "word", 10, 10, Words.of([(0, 4, *box)])).box(0, 4)
    assert found == pytest.approx(box, abs=0.006)


def test_the_box_of_a_span_holds_every_word_that_it_touches() -> None:
    assert LINE.box(0, 15) == (10, 19, 99, 31)
    assert LINE.box(7, 8) == (50, 19, 80, 31)
    assert LINE.box(5, 6) is None
    assert Page(1, "mail").box(0, 4) is None


def test_a_path_goes_from_the_outside_in() -> None:
    page = Page(1, "a | b", paths=((4, 5, "B3"), (0, 5, "Sheet Orders"), (0, 1, "A3"), (0, 5, "row 3")))
    assert page.path(0) == "Sheet Orders > row 3 > A3"
    assert page.path(4) == "Sheet Orders > row 3 > B3"
    assert page.path(2) == "Sheet Orders > row 3"
    assert page.path(5) == ""


def test_a_span_is_as_sure_as_its_least_sure_word() -> None:
    assert LINE.confidence(0, 15) == 1.0
    seen = Page(1, LINE.text, 595.0, 842.0, LINE.words, bytes([90, 41, 100]))
    assert (seen.confidence(0, 15), seen.confidence(0, 5), seen.confidence(11, 12)) == (0.41, 0.9, 1.0)


def test_a_reading_is_as_sure_as_its_recognised_words_are_on_the_whole() -> None:
    seen = Page(1, LINE.text, 595.0, 842.0, LINE.words, bytes([90, 40, 80]))
    assert Reading("pdf", "", (seen, LINE)).confidence == pytest.approx(0.7)
    assert Reading("pdf", "", (LINE,)).confidence == 0.0


def test_the_text_of_a_reading_is_that_of_its_pages_without_what_is_hidden() -> None:
    page = Page(2, "seen", hidden=(Hidden("white", "unseen"),))
    assert Reading("html", "", (LINE, page)).text == "total 99.50 EUR\nseen"
