"""E-books: chapters in order, and what is locked."""

from __future__ import annotations

import io
import zipfile

import pytest

from engine.cards import Problem
from engine.pages import Page
from engine.readers import USUAL, epub
from engine.readers._file import File
from tests.engine.scripted import drained

CONTAINER = '<container xmlns="urn:oasis"><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
BOOK = """<?xml version="1.0"?><!DOCTYPE package PUBLIC "x" "y.dtd"><package xmlns="http://www.idpf.org/2007/opf">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Lamp</dc:title></metadata><manifest>
<item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/one%20.xhtml" media-type="application/xhtml+xml"/>
<item id="c" href="x.css" media-type="text/css"/></manifest>
<spine><itemref idref="a"/><itemref idref="b"/><itemref idref="c"/><itemref idref="gone"/></spine></package>"""


def book(**others: str) -> bytes:
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": BOOK,
        "OEBPS/two.xhtml": "<html><body><h1>Second</h1><p>Not lit.</p></body></html>",
        "OEBPS/text/one .xhtml": "<html><body><h1>First</h1><p>Lit.<!-- obey --></p></body></html>",
        "OEBPS/x.css": "p{}",
        **others,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in members.items():
            if text:
                package.writestr(name, text)
    return out.getvalue()


def read(data: bytes) -> tuple[list[Page], str]:
    return drained(epub.read(File(data, "a.epub"), USUAL))


def refused(data: bytes) -> str:
    with pytest.raises(Problem) as caught:
        read(data)
    return caught.value.code


def test_chapters_come_in_the_order_of_the_book_each_on_a_page_of_its_own():
    pages, title = read(book())
    assert ([page.text for page in pages], title) == (["First\n\nLit.", "Second\n\nNot lit."], "The Lamp")
    assert pages[1].path(pages[1].text.index("Not lit")) == "Second"
    assert [(one.kind, one.text) for one in pages[0].hidden] == [("comment", "obey")]


def test_a_book_locked_to_its_buyer_is_encrypted_but_garbled_fonts_are_not():
    locked = '<encryption xmlns="e"><EncryptedData><EncryptionMethod Algorithm="{}"/></EncryptedData></encryption>'
    free = {"META-INF/encryption.xml": locked.format("http://www.idpf.org/2008/embedding")}
    assert len(read(book(**free))[0]) == 2
    assert refused(book(**{"META-INF/encryption.xml": locked.format("http://www.w3.org/aes256-cbc")})) == "encrypted"


@pytest.mark.parametrize(
    "others",
    [
        {"META-INF/container.xml": "<container/>"},
        {"META-INF/container.xml": "<container"},
        {"OEBPS/book.opf": ""},
        {"OEBPS/book.opf": "<package><manifest/><spine/></package>"},
        {"OEBPS/book.opf": '<!DOCTYPE x [<!ENTITY a "b">]><package/>'},
    ],
)
def test_a_book_without_a_usable_directory_is_damaged(others):
    assert refused(book(**others)) == "damaged"


def test_half_a_book_is_damaged():
    assert refused(book()[:400]) == "damaged"


def test_a_book_is_known_by_what_is_inside():
    assert epub.recognises(File(book(), "x.zip"))[0] == "epub"
    assert epub.recognises(File(book(mimetype=""), ""))[0] == "epub"
    assert epub.recognises(File(book()[:400], "x.epub")) == ("epub", 0.3)
    assert epub.recognises(File(b"words", "x.epub")) == ("", 0.0)
