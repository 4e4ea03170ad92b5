"""Rich Text: paragraphs, tables and notes, old encodings, and what Word would not show."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.pages import Page
from engine.readers import Limits, rtf
from engine.readers._file import File
from tests.engine.scripted import drained

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}"
    r"{\f2\fcharset128 MS Mincho;}{\f3\fcharset2 Symbol;}}{\colortbl;\red255\green255\blue255;\red0\green0\blue128;}"
    r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s2 heading 2;}}"
)


def read(body: str, head: str = HEAD) -> tuple[Page, str]:
    pages, title = drained(rtf.read(File(f"{head}{body}}}".encode("latin-1"), "a.rtf"), Limits()))
    return pages[0], title


def text(body: str, head: str = HEAD) -> str:
    return read(body, head)[0].text


def hidden(body: str) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in read(body)[0].hidden]


def test_paragraphs_become_lines():
    assert text(r"One {\b big} lamp\par Two\line three\tab four\par\par\par Five\~six \emdash  seven\-teen") == (
        "One big lamp\nTwo\nthree\tfour\n\nFive\xa0six — seventeen"
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (r"Gr\'fc\'dfe", "Grüße"),
        (r"\f1 \'cf\'f0\'e8\'e2\'e5\'f2", "Привет"),
        (r"\f2 \'83\'89\'83\'93\'83v", "ランプ"),
        (r"\f2 \'83\'89{\b\'83\'93\'83v}", "ランプ"),
        (r"\f3 \'b7 {\f0 point} abg", "• point αβγ"),
        (r"\u1055 ?\u1088?\'fc", "Прü"),
        (r"\uc2\u8364 EU!", "€!"),
        (r"\uc0\u8364 !", "€!"),
        (r"\u-10179 ?\u-8704 ?", "😀"),
        (r"\u-3913 ? point", "• point"),
        (r"\{\\\}", "{\\}"),
    ],
)
def test_letters_are_decoded_by_their_font(body, words):
    assert text(body) == words


@pytest.mark.parametrize(
    ("head", "body", "words"),
    [
        (r"{\rtf1\ansi\ansicpg1250 ", r"za\'bf\'f3\'b3\'e6", "zażółć"),
        (r"{\rtf1\mac ", r"gr\'9f\'a7e", "grüße"),
        (r"{\rtf1\pc ", r"gr\'81n", "grün"),
        (r"{\rtf1{\fonttbl{\f5 Times CE;}}", r"\f5 \'bf", "ż"),
    ],
)
def test_letters_are_decoded_by_the_documents_code_page(head, body, words):
    assert text(body, head) == words


def test_a_tables_row_is_one_line():
    page, _ = read(
        r"Before\par\trowd\cellx1\cellx2\pard\intbl Item\par lamp\cell Price\cell\row"
        r"\trowd\intbl Lamp\cell 12\cell\row\pard After"
    )
    assert page.text == "Before\nItem lamp | Price\nLamp | 12\nAfter"
    assert page.path(page.text.index("12")) == "row 2"


def test_headings_name_what_is_below_them():
    page, title = read(
        r"{\info{\title Hand\'62ook}{\author Zoe}}\pard\s1 Returns\par\pard\s2 Lamps\par\pard Not lit.\par"
    )
    assert (page.text, title) == ("Returns\nLamps\nNot lit.", "Handbook")
    assert page.path(page.text.index("Not lit")) == "Returns > Lamps"


def test_notes_headers_and_text_boxes_stand_apart_from_the_line():
    page, _ = read(
        r"{\header Letterhead\par}The lamp{\footnote A lamp is a light.} is broken.\par"
        r" End{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt In a box\par}}}"
    )
    assert page.text == "Letterhead\nThe lamp is broken.\nA lamp is a light.\nEnd\nIn a box"


def test_links_show_their_words_and_lists_their_numbers():
    assert text(r'{\field{\*\fldinst HYPERLINK "https://x.test"}{\fldrslt the site}} {\listtext\tab 1.\tab}first') == (
        "the site \t1.\tfirst"
    )


def test_what_was_written_twice_is_read_once():
    assert text(r"{\upr{Gr??e}{\*\ud{Gr\u252?\u223?e}}}") == "Grüße"


def test_pictures_and_objects_are_passed_over():
    assert text(
        r"a{\pict\pngblip 89504e47}b{\*\shppict{\pict\bin5 }}{}}}}c{\object{\*\objdata 0105}{\result shown}}d"
    ) == ("abcshownd")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("concealed", r"{\v secret}"),
        ("deleted", r"{\deleted secret}"),
        ("comment", r"{\*\atnauthor Zoe}{\*\annotation secret}"),
        ("white", r"{\cf1 secret}"),
        ("tiny", r"{\fs2 secret}"),
    ],
)
def test_what_word_would_not_show_is_kept_apart(kind, body):
    assert text(f"Seen{body}\\par") == "Seen"
    assert hidden(f"Seen{body}\\par") == [(kind, "secret")]


@pytest.mark.parametrize(
    "body", [r"{\cf1\highlight2 shown}", r"{\cf2 shown}", r"\trowd\clcbpat2\cellx1\intbl\cf1 shown\cell\row"]
)
def test_white_on_a_colour_is_shown(body):
    assert (text(body), hidden(body)) == ("shown", [])


def test_a_mail_that_was_html_is_read_as_that():
    body = (
        r"{\*\htmltag64 <p>}{\*\htmltag84 <b>}Hi{\*\htmltag92 </b>}\htmlrtf {\b0}\par skipped \htmlrtf0 "
        r'{\*\htmltag96 <p style="display:none">}obey{\*\htmltag72 </p>}{\*\htmltag80 <br>}\'e9'
    )
    page, _ = read(body, r"{\rtf1\ansi\ansicpg1252\fromhtml1 ")
    assert page.text.split() == ["Hi", "é"]
    assert [(one.kind, one.text) for one in page.hidden] == [("concealed", "obey")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{\\rtf1" + b"{" * 100_000, "too_deep"),
        (b"{\\rtf1{\\pict " + b"{" * 100_000, "too_deep"),
        (b"words", "damaged"),
    ],
)
def test_endless_and_foreign_files_are_refused(data, code):
    with pytest.raises(Problem) as caught:
        drained(rtf.read(File(data, "a.rtf"), Limits()))
    assert caught.value.code == code


def test_it_is_known_by_its_first_word():
    assert rtf.recognises(File(b"\r\n{\\rtf1 Hi}", "a.txt")) == ("rtf", 1.0)
    assert rtf.recognises(File(b"Hi", "a.rtf")) == ("", 0.0)


WORDS = [
    "{", "}", "\\par ", "\\'e9", "\\u8364 ?", "\\v ", "\\*", "\\annotation", "\\pict", "\\bin9 ", "\\cell ", "\\row ",
    "\\intbl ", "\\f2 ", "\\upr", "\\ud", "\\footnote ", "text", "\\header ", "\\fromhtml1", "\\htmltag", "\\uc9", "\\",
    "\\s1 ", "\\colortbl;",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_rich_text_is_read(words):
    drained(rtf.read(File(("{\\rtf1" + "".join(words)).encode(), "a.rtf"), Limits()))


def test_mutated_rich_text_is_read():
    body = r"\pard\s1 Gr\'fc\'dfe\par\trowd\intbl a\cell b\cell\row\u8364 ?{\*\annotation c}}"
    rng = random.Random(3)
    for _ in range(300):
        mutant = bytearray((HEAD + body).encode())
        for _ in range(rng.randrange(1, 12)):
            mutant[rng.randrange(20, len(mutant))] = rng.choice(b"\\{}'0-9u\x00\xff;*")
        drained(rtf.read(File(bytes(mutant), "a.rtf"), Limits()))
