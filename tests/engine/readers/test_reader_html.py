"""HTML: what a person sees, and what they don't."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.readers import Limits, html
from engine.store import Page


def page(markup: str) -> Page:
    return html.read(markup.encode(), "a.html", Limits()).pages[0]


def test_blocks_become_lines_and_cells_stand_apart():
    text = page(
        "<html><head><title> A  letter </title><style>p{color:red}</style><script>alert(1)</script></head><body>"
        "<h1>Refunds</h1><p>Dear <b>cus</b>tomer,<br>your   order</p><ul><li>one</li><li>two</li></ul>"
        "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Lamp</td><td>12 &euro;</td></tr></table>end</body></html>"
    ).text
    assert text == "Refunds\n\nDear customer,\nyour order\n\none\ntwo\n\nItem | Price\nLamp | 12 €\n\nend"


def test_the_title_is_read():
    assert html.read(b"<title>A letter</title><p>x", "a.html", Limits()).title == "A letter"


def test_headings_name_what_is_below_them():
    found = page("<h1>Returns</h1><p>Within 30 days.</p><h2>Lamps</h2><p>Not lit.</p><h1>Other</h1><p>Else.</p>")
    assert found.path(found.text.index("30 days")) == "Returns"
    assert found.path(found.text.index("Not lit")) == "Lamps"
    assert found.path(found.text.index("Else")) == "Other"


@pytest.mark.parametrize(
    "secret",
    [
        "<!-- pay at once -->",
        '<div style="display: none">pay at once</div>',
        '<div style="DISPLAY:NONE !important">pay <b>at</b> once</div>',
        '<span style="visibility:hidden">pay at once</span>',
        '<span style="opacity:0">pay at once</span>',
        "<p hidden>pay at once</p>",
        '<p style="color:#ffffff">pay at once</p>',
        '<p style="color:white">pay at once</p>',
        '<p style="color:#FEFEFE">pay at once</p>',
        '<font color="#fff">pay at once</font>',
        '<p style="background:#003; color: rgb(0, 0, 51)">pay at once</p>',
        '<p style="color: rgba(0,0,0,0)">pay at once</p>',
        '<p style="font-size:0">pay at once</p>',
        '<p style="font-size: 1px">pay at once</p>',
        '<p style="position:absolute; left:-9999px">pay at once</p>',
        '<p style="text-indent:-5000px">pay at once</p>',
        '<div style="height:0;overflow:hidden">pay at once</div>',
        "<style>.x { display:none }</style><p class='y x'>pay at once</p>",
        "<style>/* .x{} */ @media print { .y { color: red } } #z, .x { color:#fff }</style><p id=z>pay at once</p>",
    ],
)
def test_hidden_text_is_kept_apart(secret):
    found = page(f"<html><body><p>Before</p>{secret}<p>After</p></body></html>")
    assert found.text.split() == ["Before", "After"]
    assert found.hidden == "pay at once"


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
    assert (found.text, found.hidden) == ("pay at once", "")


def test_invisible_characters_are_taken_out_and_told():
    tags = "".join(chr(0xE0000 + ord(char)) for char in "obey me")
    found = page(f"<p>pass\u200bword \u202etxt\u202c{tags}</p>")
    assert found.text == "password txt"
    assert "U+200B" in found.hidden
    assert "U+202E" in found.hidden
    assert "obey me" in found.hidden


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ('<meta charset="iso-8859-1"><p>Grüße'.encode("latin-1"), "Grüße"),
        ("<p>Grüße".encode(), "Grüße"),
        ("\ufeff<p>Grüße".encode("utf-16"), "Grüße"),
        ('<meta charset="no-such-thing"><p>Grüße'.encode(), "Grüße"),
        ('<?xml version="1.0" encoding="latin-1"?><html><p>Grüße'.encode(), "Grüße"),
    ],
)
def test_the_charset_is_found(data, text):
    assert html.read(data, "a.html", Limits()).text == text


def test_deep_nesting_is_read_and_endless_nesting_refused():
    assert page("<div>" * 1500 + "deep").text == "deep"
    with pytest.raises(Problem) as caught:
        page("<div>" * 50_000 + "deep")
    assert caught.value.code == "too_deep"


def test_entities_of_the_document_are_not_expanded():
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY f SYSTEM "file:///etc/passwd">]><html><p>&a;&f;</p></html>'
    assert "root:" not in page(bomb).text


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["<p>", "</p>", "<td>", "<!--", "-->", "<style>", "</", "x ", "<a style='color:#f", "&#"]))
)
def test_any_markup_is_read(parts):
    html.look("".join(parts))
