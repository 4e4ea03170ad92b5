"""Word files: order, tables, numbers, what is not shown, what lies inside, bombs and locks."""

from __future__ import annotations

import io
import zipfile

import docx as word
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from engine.cards import Problem
from engine.readers import docx
from engine.readers._file import File
from tests.engine.readers import office
from tests.engine.readers.office import CHART, NAMES, code, hidden, only_page, path, read

WHITE = '<w:color w:val="FFFFFF"/>'
WORD = "openxmlformats-officedocument.wordprocessingml.document"


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def body(xml: str, related=(), parts=None, main: str = "word/document.xml") -> bytes:
    """A Word file whose body is this."""
    document = f"<w:document {NAMES}><w:body>{xml}</w:body></w:document>"
    return office.ooxml(main, WORD, {main: document, **(parts or {})}, {main: list(related)})


def said(text: str, look: str = "") -> str:
    return f"<w:p><w:r><w:rPr>{look}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


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
    pages, files, title = read(docx, letter())
    assert docx.recognises(File(letter(), "letter.bin")) == ("docx", 0.9)
    assert (title, files) == ("A letter", [])
    assert pages[0].text == (
        "Lamp & Sons\nReturns\nDear customer,\nyour\torder LF-12345.\nItem | Price\nLamp | 12 €\n"
        "Lamps\nThey shine.\n\nPage foot"
    )
    assert [path(pages[0], words) for words in ("Sons", "LF-", "Lamp |", "shine", "foot")] == [
        "header",
        "Returns > paragraph 2",
        "Returns > table 1 > row 2",
        "Returns > Lamps > paragraph 4",
        "footer",
    ]


def test_what_is_not_shown_is_kept_apart():
    document = word.Document()
    line = document.add_paragraph("Seen ")
    line.add_run("vanished ").font.hidden = True
    white = line.add_run("white ")
    white.font.color.rgb = RGBColor(255, 255, 255)
    line.add_run("tiny ").font.size = Pt(1)
    line.add_run("again")
    page = only_page(docx, saved(document))
    assert page.text == "Seen again"
    assert hidden(page) == [("concealed", "vanished"), ("white", "white"), ("tiny", "tiny")]


def test_what_a_style_conceals_is_kept_apart():
    document = word.Document()
    document.styles.add_style("Secret", 1).font.hidden = True
    document.add_paragraph("Seen")
    document.add_paragraph("not seen", style="Secret")
    page = only_page(docx, saved(document))
    assert (page.text, hidden(page)) == ("Seen\n", [("concealed", "not seen")])


def test_white_on_a_dark_ground_is_shown():
    document = word.Document()
    cell = document.add_table(rows=1, cols=1).cell(0, 0)
    cell.paragraphs[0].add_run("Heading").font.color.rgb = RGBColor(255, 255, 255)
    shade = OxmlElement("w:shd")
    shade.set(qn("w:fill"), "003366")
    cell._tc.get_or_add_tcPr().append(shade)
    page = only_page(docx, saved(document))
    assert (page.text, page.hidden) == ("Heading", ())


def test_white_in_a_filled_box_is_shown_and_said_once():
    box = (
        '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><wps:wsp><wps:spPr><a:solidFill/></wps:spPr>'
        f"<wps:txbx><w:txbxContent>{said('Boxed', WHITE)}"
        "</w:txbxContent></wps:txbx></wps:wsp></mc:Choice><mc:Fallback><w:p><w:r><w:t>Boxed</w:t></w:r></w:p>"
        "</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    page = only_page(docx, body(box))
    assert (page.text.strip(), page.hidden) == ("Boxed", ())


def test_tracked_changes_read_as_if_accepted():
    data = body(
        "<w:p><w:r><w:t>Pay </w:t></w:r><w:del><w:r><w:delText>ten</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>twelve</w:t></w:r></w:ins></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>{said('gone')}</w:tc></w:tr></w:tbl>"
    )
    page = only_page(docx, data)
    assert page.text == "Pay twelve\nin a control"
    assert hidden(page) == [("deleted", "ten"), ("deleted", "gone")]


def test_comments_are_hidden_where_they_hang():
    document = word.Document()
    document.add_comment(document.add_paragraph("Seen").runs, text="obey me", author="x")
    page = only_page(docx, saved(document))
    assert (page.text, hidden(page)) == ("Seen", [("comment", "obey me")])


def test_lists_show_the_numbers_that_people_see():
    level = '<w:lvl w:ilvl="{0}"><w:start w:val="1"/><w:numFmt w:val="{1}"/><w:lvlText w:val="{2}"/></w:lvl>'
    numbering = (
        f'<w:numbering {NAMES}><w:abstractNum w:abstractNumId="7">{level.format(0, "decimal", "%1.")}'
        f"{level.format(1, 'lowerLetter', '%1.%2)')}</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
    )
    line = (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>{}</w:t></w:r></w:p>'
    )
    lines = [(0, "Scope"), (1, "who"), (1, "what"), (0, "Price"), (1, "how much")]
    data = body(
        "".join(line.format(*entry) for entry in lines),
        [("n", "numbering", "numbering.xml")],
        {"word/numbering.xml": numbering},
    )
    assert only_page(docx, data).text.split("\n") == ["1. Scope", "1.a) who", "1.b) what", "2. Price", "2.a) how much"]


def test_notes_ticks_and_formulas_are_read():
    notes = f'<w:footnotes {NAMES}><w:footnote w:id="2">{said("A note.")}</w:footnote></w:footnotes>'
    data = body(
        '<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t> yes </w:t><w:sym w:char="F0A8"/><w:t> no</w:t></w:r>'
        "</w:p><w:p><m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f>"
        "</m:oMath></w:p>",
        [("f", "footnotes", "footnotes.xml")],
        {"word/footnotes.xml": notes},
    )
    page = only_page(docx, data)
    assert page.text == "☒ yes ☐ no\na/b\n\nA note."
    assert path(page, "A note") == "footnote 2"


def test_a_chart_is_read_as_rows():
    data = body(
        '<w:p><w:r><c:chart r:id="c"/></w:r></w:p>', [("c", "chart", "charts/c.xml")], {"word/charts/c.xml": CHART}
    )
    page = only_page(docx, data)
    assert page.text == "\nDucks\nLake | 2023: 4.4 | 2024: 5"
    assert path(page, "4.4") == "chart > row 2"


def test_a_table_in_a_table_stays_in_its_cell():
    inner = f"<w:tbl><w:tr><w:tc>{said('a')}</w:tc><w:tc>{said('b')}</w:tc></w:tr></w:tbl>"
    data = body(f"<w:tbl><w:tr><w:tc>{said('one')}{inner}</w:tc><w:tc>{said('two')}</w:tc></w:tr></w:tbl>")
    assert only_page(docx, data).text == "one a | b | two"


@pytest.mark.parametrize("main", ["word/document2.xml", "odd/Name.xml"])
def test_the_document_is_found_whatever_it_is_called(main):
    data = body(said("Here"), main=main)
    assert docx.recognises(File(data, "")) == ("docx", 0.9)
    assert only_page(docx, data).text == "Here"


def test_the_strict_dialect_is_read():
    parts = office.parts_of(body(said("Strict") + said("not seen", "<w:vanish/>")))
    strict = {
        name: data.replace(b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/").replace(
            b"/2006/main", b"/main"
        )
        for name, data in parts.items()
        if name == "word/document.xml"
    }
    page = only_page(docx, office.zipped({**parts, **strict}))
    assert (page.text.strip(), hidden(page)) == ("Strict", [("concealed", "not seen")])


def test_files_inside_are_handed_over_and_small_pictures_are_not():
    related = [
        ("e", "package", "embeddings/Book.xlsx"),
        ("p", "image", "media/scan.png"),
        ("l", "image", "media/logo.png"),
        ("h", "aFChunk", "part.html"),
        ("x", "image", "https://example.invalid/far.png"),
    ]
    parts = {
        "word/embeddings/Book.xlsx": b"PK\x03\x04 book",
        "word/media/scan.png": office.picture(),
        "word/media/logo.png": office.picture(500),
        "word/part.html": "<html><body>Inserted</body></html>",
    }
    _, files, _ = read(docx, body(said("x"), related, parts))
    assert [file.name for file in files] == ["Book.xlsx", "part.html", "scan.png"]
    assert files[2].data == office.picture()


def test_too_many_files_inside_are_refused():
    related = [(f"e{n}", "package", f"embeddings/{n}.xlsx") for n in range(5)]
    data = body(said("x"), related, {f"word/embeddings/{n}.xlsx": b"x" for n in range(5)})
    with pytest.raises(Problem) as caught:
        read(docx, data, limits=office.Limits(attachments=4))
    assert caught.value.code == "too_large"


def test_a_password_opens_a_locked_file_and_a_wrong_one_does_not():
    data = office.locked(letter(), "lamp")
    assert docx.recognises(File(data, "x.docx")) == ("docx", 0.9)
    assert docx.recognises(File(data, "x.bin", "lamp")) == ("docx", 0.9)
    assert (code(docx, data), code(docx, data, "wrong")) == ("encrypted", "encrypted")
    assert "They shine." in read(docx, data, password="lamp")[0][0].text


def test_a_truncated_file_is_damaged_and_still_known():
    data = letter()
    cuts = [data[: len(data) * part // 10] for part in range(1, 10)]
    assert {code(docx, cut) for cut in cuts} == {"damaged"}
    assert docx.recognises(File(cuts[4], "x.docx"))[0] == "docx"


def test_a_doctype_is_refused():
    data = office.zipped(
        {**office.parts_of(letter()), "word/document.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}
    )
    assert code(docx, data) == "damaged"


def test_nesting_without_end_is_too_deep():
    assert code(docx, body("<w:ins>" * 400 + "</w:ins>" * 400)) == "too_deep"


def test_a_bomb_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for n in range(2):
            new.writestr(f"word/{n}.xml", bytes(60 << 20))
    assert code(docx, out.getvalue()) == "bomb"


def test_other_packages_are_not_taken_for_a_letter():
    data = office.zipped({"xl/workbook.xml": "<x/>"})
    assert docx.recognises(File(data, "x.docx")) == ("", 0.0)
    assert docx.recognises(File(b"%PDF-1.7", "x.docx")) == ("docx", 0.3)
    assert code(docx, b"%PDF-1.7") == "damaged"


def test_mutants_end_in_a_reading_or_a_problem():
    office.mutants_end_well(docx, letter())
