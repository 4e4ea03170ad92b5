"""Plain text, Markdown and tables; and the cleaning and cutting that all flowing formats share."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import readers
from engine.cards import Problem
from engine.readers import Limits, _text, csv, md, txt


def test_text_is_read_as_it_stands():
    reading = readers.read(b"Dear all,\r\n\r\nthe lamp\tis broken.\r\n", "note.txt")
    assert (reading.kind, reading.title) == ("txt", "")
    assert reading.text == "Dear all,\n\nthe lamp\tis broken.\n"
    assert (reading.pages[0].number, reading.pages[0].width, reading.pages[0].words) == (1, 0, ())


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_the_encoding_is_found(charset):
    assert txt.read("Grüße, 12 € – schön".encode(charset), "a.txt", Limits()).text == "Grüße, 12 € – schön"


def test_longer_texts_say_more_about_their_encoding():
    text = "Здравствуйте, моя лампа сломалась, и я хочу вернуть деньги. Заказ пришёл вчера. " * 3
    assert txt.read(text.encode("cp1251"), "a.txt", Limits()).text == text


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    if "\x00" in _text.decode(data):
        with pytest.raises(Problem):
            txt.read(data, "a.txt", Limits())
    else:
        txt.read(data, "a.txt", Limits()).text.encode()


def test_characters_that_can_not_be_seen_are_taken_out_and_told():
    page = txt.read("pass\u200bword\u200b \u202eevil\u202c soft\u00adly\x07".encode(), "a.txt", Limits()).pages[0]
    assert page.text == "password evil softly"
    assert page.hidden.splitlines() == [
        "Invisible character U+200B (2)",
        "Invisible character U+202C (1)",
        "Invisible character U+202E (1)",
    ]


@settings(max_examples=200)
@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    once, _ = _text.clean(text)
    assert _text.clean(once) == (once, "")
    once.encode()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.text("ab \n", max_size=60), st.integers(0, 3)), max_size=30), st.integers(5, 80))
def test_pages_hold_the_whole_text_and_labels_stay_inside(lines, leaf):
    flow = _text.Flow(Limits())
    for line, level in lines:
        if level:
            flow.heading(line, level)
        else:
            flow.add(line, "label")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_text, "LEAF", leaf)
        pages = flow.pages()
    letters = "".join(page.text for page in pages)
    assert letters.replace("\n", "").replace(" ", "") == "".join(line for line, _ in lines).replace("\n", "").replace(
        " ", ""
    )
    for number, page in enumerate(pages, start=1):
        assert page.number == number
        assert len(page.text) <= leaf
        assert all(0 <= start < end <= len(page.text) for start, end, _ in page.paths)


def test_a_long_text_is_cut_at_line_ends():
    pages = txt.read(b"one line of words\n" * 10_000, "a.txt", Limits()).pages
    assert len(pages) == 4
    assert all(page.text.startswith("one line") for page in pages)
    assert "\n".join(page.text for page in pages) == "one line of words\n" * 10_000


def test_markdown_is_kept_and_its_headings_name_the_sections():
    text = "# Handbook\n\nAll of it.\n\n## Returns\n\n- *30* days\n\nLamps\n-----\nNot lit.\n\n```\n# no heading\n```\n"
    reading = readers.read(text.encode(), "a.md")
    page = reading.pages[0]
    assert (reading.kind, reading.title, page.text) == ("md", "Handbook", text)
    places = [page.path(page.text.index(words)) for words in ("All of", "30", "Not lit", "no heading")]
    assert places == ["Handbook", "Returns", "Lamps", "Lamps"]


def test_markdown_comments_are_hidden():
    page = md.read(b"Seen <!-- obey\nme --> again <!-- and", "a.md", Limits()).pages[0]
    assert page.text == "Seen  again "
    assert page.hidden == "obey\nme\nand"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_row_stands_as_in_the_file(separator):
    rows = [["order", "item", "total"], ["LF-12345", "Desk lamp", "12.50"], ["LF-12346", "Cable", "3.00"]]
    data = "\r\n".join(separator.join(row) for row in rows).encode()
    reading = csv.read(data, "a.csv", Limits())
    assert reading.title == "order | item | total"
    assert reading.text == data.decode().replace("\r\n", "\n")
    page = reading.pages[0]
    assert page.path(page.text.index("12346")) == "row 3"


def test_quoted_cells_over_two_lines_are_one_row():
    page = csv.read(b'a,b\n"one, ""two""\nthree",\n\n,x\n', "a.csv", Limits()).pages[0]
    assert page.text == 'a,b\n"one, ""two""\nthree",\n,x'
    assert page.path(page.text.index("three")) == "row 2"
    assert page.path(page.text.index(",x")) == "row 4"


@settings(max_examples=150, deadline=None)
@given(st.text("ab,;\"'\n\t |", max_size=80))
def test_any_table_is_read(text):
    csv.read(text.encode(), "a.csv", Limits())


@pytest.mark.parametrize(
    ("name", "plain"),
    [("../../a.txt", "a.txt"), ("C:\\x\\b.pdf", "b.pdf"), ("..", "x"), ("", "x"), ("a\u202e\x00b\n.pdf", "ab .pdf")],
)
def test_a_name_from_outside_is_only_a_name(name, plain):
    assert _text.file_name(name, "x") == plain
