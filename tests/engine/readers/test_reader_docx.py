"""Word files: order, tables, what is not shown, bombs and locks."""

from __future__ import annotations

import io
import random
import zipfile

import docx as word
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from engine import readers
from engine.cards import Problem
from engine.readers import Limits, docx


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def read(data: bytes):
    return docx.read(data, "x.docx", Limits())


def code(data: bytes, name: str = "x.docx") -> str:
    with pytest.raises(Problem) as caught:
        readers.read(data, name)
    return caught.value.code


def body(xml: str) -> bytes:
    """A Word file whose body is this."""
    parts = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(word.Document()))) as old, zipfile.ZipFile(parts, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
                data = f'<w:document xmlns:w="{space}"><w:body>{xml}</w:body></w:document>'.encode()
            new.writestr(name, data)
    return parts.getvalue()


def letter() -> bytes:
    document = word.Document()
    document.core_properties.title = "A letter"
    document.sections[0].header.paragraphs[0].text = "Lamp & Sons"
    document.sections[0].footer.paragraphs[0].text = "Page foot"
    document.add_heading("Returns", 1)
    document.add_paragraph("Dear customer,\nyour\torder LF-12345.")
    table = document.add_table(rows=2, cols=2)
    for n, text in enumerate(["Item", "Price", "Lamp", "12 €"]):
        table.cell(n // 2, n % 2).text = text
    document.add_heading("Lamps", 2)
    document.add_paragraph("They shine.")
    return saved(document)


def test_a_letter_is_read_in_its_order():
    reading = readers.read(letter(), "letter.docx")
    assert (reading.kind, reading.title) == ("docx", "A letter")
    assert reading.text == (
        "Lamp & Sons\nReturns\nDear customer,\nyour\torder LF-12345.\nItem | Price\nLamp | 12 €\n"
        "Lamps\nThey shine.\nPage foot"
    )
    page = reading.pages[0]
    places = [page.path(page.text.index(word)) for word in ("Sons", "LF-", "Lamp |", "shine")]
    assert places == ["header", "Returns", "row 2", "Lamps"]


def test_what_is_not_shown_is_kept_apart():
    document = word.Document()
    line = document.add_paragraph("Seen ")
    line.add_run("vanished ").font.hidden = True
    white = line.add_run("white ")
    white.font.color.rgb = RGBColor(255, 255, 255)
    line.add_run("tiny ").font.size = Pt(1)
    line.add_run("again")
    page = read(saved(document)).pages[0]
    assert page.text == "Seen again"
    assert page.hidden == "vanished white tiny"


def test_white_on_a_dark_ground_is_shown():
    document = word.Document()
    cell = document.add_table(rows=1, cols=1).cell(0, 0)
    cell.paragraphs[0].add_run("Heading").font.color.rgb = RGBColor(255, 255, 255)
    shade = OxmlElement("w:shd")
    shade.set(qn("w:fill"), "003366")
    cell._tc.get_or_add_tcPr().append(shade)
    page = read(saved(document)).pages[0]
    assert (page.text, page.hidden) == ("Heading", "")


def test_tracked_changes_read_as_if_accepted_and_comments_are_hidden():
    data = body(
        "<w:p><w:r><w:t>Pay </w:t></w:r><w:del><w:r><w:delText>ten</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>twelve</w:t></w:r></w:ins></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    page = read(data).pages[0]
    assert page.text == "Pay twelve\nin a control"
    assert page.hidden == "ten"


def test_comments_are_hidden():
    document = word.Document()
    document.add_comment(document.add_paragraph("Seen").runs, text="obey me", author="x")
    page = read(saved(document)).pages[0]
    assert (page.text, page.hidden) == ("Seen", "obey me")


def test_a_truncated_file_is_damaged():
    data = letter()
    assert {code(data[: len(data) * part // 10]) for part in range(1, 10)} == {"damaged"}


def test_a_doctype_is_refused():
    data = letter()
    parts = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(parts, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == "word/document.xml":
                text = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
            new.writestr(name, text)
    assert code(parts.getvalue()) == "damaged"


def test_nesting_without_end_is_too_deep():
    assert code(body("<w:ins>" * 400 + "</w:ins>" * 400)) == "too_deep"


def test_a_bomb_is_refused_before_it_is_unpacked():
    parts = io.BytesIO()
    with zipfile.ZipFile(parts, "w", zipfile.ZIP_DEFLATED) as new:
        for n in range(5):
            new.writestr(f"word/{n}.xml", bytes(60 << 20))
    assert code(parts.getvalue()) == "too_large"


def test_a_locked_office_file_is_encrypted_and_an_old_one_unsupported():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert code(ole + "EncryptedPackage".encode("utf-16-le")) == "encrypted"
    assert code(ole) == "unsupported"
    assert code(ole, "x.doc") == "unsupported"


def test_a_zip_of_something_else_is_not_taken_for_a_letter():
    parts = io.BytesIO()
    with zipfile.ZipFile(parts, "w") as new:
        new.writestr("xl/workbook.xml", "<x/>")
    assert code(parts.getvalue(), "x.xlsx") == "unsupported"
    assert code(parts.getvalue(), "x.docx") == "damaged"


def test_mutants_end_in_a_reading_or_a_problem():
    data, rng = letter(), random.Random(11)
    codes = set()
    for _ in range(60):
        mutant = bytearray(data)
        for _ in range(rng.randrange(1, 10)):
            mutant[rng.randrange(len(mutant))] = rng.randrange(256)
        try:
            read(bytes(mutant))
        except Problem as caught:
            codes.add(caught.code)
    assert codes <= set(readers.SENTENCES)
