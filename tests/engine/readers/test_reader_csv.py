"""Tables of values: rows as they stand in the file, known by their name or by what they hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.readers import csv
from engine.readers._file import File
from tests.engine.readers.office import hidden, only_page, path, read


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_row_stands_as_in_the_file(separator):
    rows = [["order", "item", "total"], ["LF-12345", "Desk lamp", "12.50"], ["LF-12346", "Cable", "3.00"]]
    data = "\r\n".join(separator.join(row) for row in rows).encode()
    pages, _, title = read(csv, data)
    assert title == "order | item | total"
    assert pages[0].text == data.decode().replace("\r\n", "\n")
    assert path(pages[0], "12346") == "row 3"


def test_quoted_cells_over_two_lines_are_one_row():
    page = only_page(csv, b'a,b\n"one, ""two""\nthree",\n\n,x\n')
    assert page.text == 'a,b\n"one, ""two""\nthree",\n,x'
    assert (path(page, "three"), path(page, ",x")) == ("row 2", "row 4")


def test_the_name_tells_a_table_and_the_encoding_is_found():
    assert csv.recognises(File(b"a,b\n", "x.csv")) == ("csv", 0.7)
    assert csv.recognises(File(b"a\tb\n", "x.TSV")) == ("tsv", 0.7)
    assert csv.recognises(File(b"\x89PNG\r\n\x1a\n" + bytes(range(99)), "x.csv")) == ("", 0.0)
    assert only_page(csv, "name;Größe\nx;Ü\n".encode("utf-16")).text == "name;Größe\nx;Ü"


@pytest.mark.parametrize(
    "text",
    [
        "id,name,total\n1,lamp,12\n2,cable,3\n",
        "id;betrag\n1;12,50\n2;7,00\n3;8,00\n",
        'name\tnote\n"a"\t"b\nc"\nx\ty\nz\tw\n',
    ],
)
def test_rows_that_can_not_be_anything_else_are_a_table_whatever_their_name(text):
    assert csv.recognises(File(text.encode(), "upload")) == ("csv", 0.5)


@pytest.mark.parametrize(
    "text",
    [
        "Dear all, the lamp is broken.\nPlease, help me.\nThank you, Ann\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "Roses are red,\nviolets are blue,\nsugar is sweet,\n",
        "one line, of words\n",
        "a,b\n1,2,3\n4,5\n",
        "Dear Ms Miller,thank you for your order of the third of March which we have sent to you today with the post\n"
        * 3,
        "x = f(a, b)\ny = f(c, d)\nz = f(e, f)\n",
    ],
)
def test_prose_is_no_table(text):
    assert csv.recognises(File(text.encode(), "letter.txt")) == ("", 0.0)


def test_formulas_stay_text_and_invisible_characters_are_told():
    page = only_page(csv, "a,b\n=cmd|x,pass\u200bword\n".encode())
    assert page.text == "a,b\n=cmd|x,password"
    assert hidden(page) == [("characters", "Invisible character U+200B (1)")]


@settings(max_examples=150, deadline=None)
@given(st.text("ab,;\"'\n\t |", max_size=80))
def test_any_table_is_read(text):
    read(csv, text.encode())
    csv.recognises(File(text.encode(), "x"))
