"""HTML: what a person sees, and what they don't."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.pages import Page
from engine.readers import Limits, html
from engine.readers._file import File
from tests.engine.scripted import drained


def read(data: bytes) -> tuple[list[Page], str]:
    return drained(html.read(File(data, "a.html"), Limits()))


def page(markup: str) -> Page:
    return read(markup.encode())[0][0]


def hidden(found: Page) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in found.hidden]


def refused(markup: str) -> str:
    with pytest.raises(Problem) as caught:
        page(markup)
    return caught.value.code


def test_blocks_become_lines_and_cells_stand_apart():
    text = page(
        "<html><head><title> A  letter </title><style>p{color:red}</style><script>alert(1)</script></head><body>"
        "<h1>Refunds</h1><p>Dear <b>cus</b>tomer,<br>your   order</p><ul><li>one</li><li>two</li></ul>"
        "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Lamp</td><td>12 &euro;</td></tr></table>end</body></html>"
    ).text
    assert text == "Refunds\n\nDear customer,\nyour order\n\none\ntwo\n\nItem | Price\nLamp | 12 €\n\nend"


def test_the_title_is_read():
    assert read(b"<title>A letter</title><p>x")[1] == "A letter"


def test_headings_name_what_is_below_them():
    found = page("<h1>Returns</h1><p>Within 30 days.</p><h2>Lamps</h2><p>Not lit.</p><h1>Other</h1><p>Else.</p>")
    assert found.path(found.text.index("30 days")) == "Returns"
    assert found.path(found.text.index("Not lit")) == "Returns > Lamps"
    assert found.path(found.text.index("Else")) == "Other"


def test_a_row_of_values_is_one_line_and_knows_its_place():
    found = page(
        "<p>Intro<table><tr><td>a<td>b</tr><tr><td><p>one</p><p>two</p></td><td><ul><li>x</li></ul><br>y</td></tr></table>"
    )
    assert found.text == "Intro\n\na | b\none two | x y"
    assert found.path(found.text.index("two")) == "table 1, row 2"


def test_a_table_that_only_lays_out_the_page_keeps_its_lines():
    inner = "<table><tr><td>a<td>b</table>"
    assert page(f"<table><tr><td><h1>Big</h1>{inner}</td><td>side</td></tr></table>").text == "Big\n\na | b\n\nside"


def test_numbered_lists_show_their_numbers():
    found = page("<ol><li>one<li><p>two</p><ul><li>x</ul></ol><ol start=7><li>seven</ol><ol type=a><li>letter</ol>")
    assert [line for line in found.text.split("\n") if line] == ["1. one", "2. two", "x", "7. seven", "letter"]


def test_what_was_typed_into_a_form_is_text():
    assert page("<p>Name: <input value='Zoe'><input type=hidden value=no>").text == "Name: Zoe"


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("comment", "<!-- pay at once -->"),
        ("concealed", '<div style="display: none">pay at once</div>'),
        ("concealed", '<div style="DISPLAY:NONE !important">pay <b>at</b> once</div>'),
        ("concealed", '<span style="visibility:hidden">pay at once</span>'),
        ("unpainted", '<span style="opacity:0">pay at once</span>'),
        ("concealed", "<p hidden>pay at once</p>"),
        ("white", '<p style="color:#ffffff">pay at once</p>'),
        ("white", '<p style="color:white">pay at once</p>'),
        ("white", '<p style="color:#FEFEFE">pay at once</p>'),
        ("white", '<font color="#fff">pay at once</font>'),
        ("white", '<p style="background:#003; color: rgb(0, 0, 51)">pay at once</p>'),
        ("unpainted", '<p style="color: rgba(0,0,0,0)">pay at once</p>'),
        ("tiny", '<p style="font-size:0">pay at once</p>'),
        ("tiny", '<p style="font-size: 1px">pay at once</p>'),
        ("outside", '<p style="position:absolute; left:-9999px">pay at once</p>'),
        ("outside", '<p style="text-indent:-5000px">pay at once</p>'),
        ("outside", '<p style="margin-left:-5000px">pay at once</p>'),
        ("concealed", '<div style="height:0;overflow:hidden">pay at once</div>'),
        ("concealed", '<div style="position:absolute;clip:rect(0,0,0,0)">pay at once</div>'),
        ("concealed", "<style>.x { display:none }</style><p class='y x'>pay at once</p>"),
        (
            "concealed",
            "<style>@media print { .y { color: red } } p{} .x{display:none}</style><p class=x>pay at once</p>",
        ),
        (
            "white",
            "<style>/* .x{} */ @media print { .y { color: red } } #z, .x { color:#fff }</style><p id=z>pay at once",
        ),
        ("concealed", "<table><tr><td>Before</td><td style='display:none'>pay at once</td></tr></table>"),
    ],
)
def test_hidden_text_is_kept_apart(kind, secret):
    found = page(f"<html><body><p>Before</p>{secret}<p>After</p></body></html>")
    assert set(found.text.replace("|", "").split()) == {"Before", "After"}
    assert hidden(found) == [(kind, "pay at once")]


@pytest.mark.parametrize(
    "shown",
    [
        '<a style="background:#007bff;color:#fff">pay at once</a>',
        '<table bgcolor="#003"><tr><td><font color="white">pay at once</font></td></tr></table>',
        '<div style="background: url(x.png)"><p style="color:white">pay at once</p></div>',
        '<p style="color: navy; font-size: 0.9em; opacity: 0.9; left: 3px">pay at once</p>',
        '<p style="font-size:100%">pay at once</p>',
        "<style>@media (max-width:600px) { .x { display:none } }</style><p class=x>pay at once</p>",
        '<style>.x { display:none }</style><p class=x style="display:block">pay at once</p>',
    ],
)
def test_text_that_shows_is_text(shown):
    found = page(f"<html><body>{shown}</body></html>")
    assert (found.text, hidden(found)) == ("pay at once", [])


def test_a_page_whose_own_text_is_white_hides_it():
    assert hidden(page('<body text="#ffffff"><p>pay at once')) == [("white", "pay at once")]


def test_outlooks_conditions_are_no_message():
    assert hidden(page("<p>Hi<!--[if mso]><v:rect><![endif]--><!--[if mso]>pay<![endif]-->")) == [("comment", "pay")]


def test_invisible_characters_are_taken_out_and_told():
    tags = "".join(chr(0xE0000 + ord(char)) for char in "obey me")
    found = page(f"<p>pass\u200bword \u202etxt\u202c{tags}</p>")
    assert found.text == "password txt"
    ((kind, note),) = hidden(found)
    assert kind == "characters"
    assert all(part in note for part in ("U+200B", "U+202E", "obey me"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('<meta charset="iso-8859-1"><p>Grüße'.encode("latin-1"), "Grüße"),
        ("<p>Grüße".encode(), "Grüße"),
        ("\ufeff<p>Grüße".encode("utf-16"), "Grüße"),
        ('<meta charset="no-such-thing"><p>Grüße'.encode(), "Grüße"),
        ('<?xml version="1.0" encoding="latin-1"?><html><p>Grüße'.encode(), "Grüße"),
        ('<meta charset="utf-8"><p>Здравствуйте, мир'.encode("cp1251"), "Здравствуйте, мир"),
    ],
)
def test_the_charset_is_found(data, text):
    assert read(data)[0][0].text == text


def test_xhtml_may_close_what_html_leaves_open():
    assert page(
        '<html><head><title/><script src="x"/></head><body><p>a<a id="x"/>b</p><p>c</p></body></html>'
    ).text == ("ab\n\nc")


def test_deep_nesting_is_read_and_endless_nesting_refused():
    assert page("<div>" * 1500 + "deep").text == "deep"
    assert refused("<div>" * 50_000 + "deep") == "too_deep"


def test_markup_made_to_choke_a_parser_is_refused_before_it_is_parsed():
    assert refused("<b>" * 600_000) == "too_large"
    assert refused("<p " + "".join(f"a{n}=1 " for n in range(100_000)) + ">") == "bomb"
    assert refused('<p a="<" ' + "".join(f"a{n}='<' " for n in range(100_000)) + ">") == "bomb"


def test_entities_of_the_document_are_not_expanded():
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY f SYSTEM "file:///etc/passwd">]><html><p>&a;&f;</p></html>'
    assert "root:" not in page(bomb).text


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"<!DOCTYPE html><p>Hi", "page.txt", "html"),
        (b'<?xml version="1.0"?>\n<!-- c -->\n<html xmlns="x"><p>Hi', "", "html"),
        ("<html><p>Hi".encode("utf-16"), "", "html"),
        (b"<div>Hi</div>", "", "html"),
        (b"<p>Hi", "a.html", "html"),
        (b"Just words", "a.htm", "html"),
        (b"<invoice>Hi</invoice>", "", ""),
        (b"a < b and c > d", "", ""),
        (b"\x00\x01\x02\x03<html>" * 9, "a.html", "html"),
        (b"%PDF-1.4", "", ""),
    ],
)
def test_a_page_is_known_by_its_elements(data, name, kind):
    assert html.recognises(File(data, name))[0] == kind


PIECES = (
    "<p> </p> <td> <tr> <table> <ol> <li> <!-- --> <style> </ x &# <a\u00a0style='color:#f <style>a{ } "
    "<input\u00a0value=x> <pre>"
).split(" ")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES)))
def test_any_markup_is_read(parts):
    html.look("\n".join(parts).replace("\u00a0", " "))
