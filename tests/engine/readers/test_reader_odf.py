"""OpenDocument files: texts, spreadsheets and slides, what is not shown, what repeats without end, and locks."""

from __future__ import annotations

import base64
import hashlib
import zlib

import pytest

from engine.readers import odf
from engine.readers._file import File
from tests.engine.readers import office
from tests.engine.readers.office import code, hidden, only_page, path, read

SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
NAMES = " ".join(
    f'xmlns:{short}="{SPACE}{long}:1.0"'
    for short, long in {
        "office": "office", "text": "text", "table": "table", "draw": "drawing", "style": "style",
        "fo": "xsl-fo-compatible",
        "presentation": "presentation", "chart": "chart", "manifest": "manifest", "meta": "meta",
    }.items()
) + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip
STYLES = (
    '<office:automatic-styles><style:style style:name="gone" style:family="text"><style:text-properties '
    'text:display="none"/></style:style><style:style style:name="white" style:family="text"><style:text-properties '
    'fo:color="#ffffff"/></style:style><style:style style:name="dust" style:family="paragraph"><style:text-properties '
    'fo:font-size="1pt"/></style:style><style:style style:name="under" style:family="table"><style:table-properties '
    'table:display="false"/></style:style><style:style style:name="skipped" style:family="drawing-page">'
    '<style:drawing-page-properties presentation:visibility="hidden"/></style:style></office:automatic-styles>'
)


TWO = 'text:display-levels="2"'
DATED = 'office:value-type="date" office:date-value="2024-03-01T00:00:00"'


def document(kind: str, body: str, more: office.Parts | None = None) -> bytes:
    """A document of that kind with that body."""
    content = f"<office:document-content {NAMES}>{STYLES}<office:body>{body}</office:body></office:document-content>"
    parts = {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content}
    return office.zipped({**parts, **(more or {})})


def text(body: str, more: office.Parts | None = None) -> bytes:
    return document("text", f"<office:text>{body}</office:text>", more)


def sheet(rows: str, style: str = "") -> bytes:
    table = f'<table:table table:name="Orders" table:style-name="{style}">{rows}</table:table>'
    return document("spreadsheet", f"<office:spreadsheet>{table}</office:spreadsheet>")


def p(said: str, style: str = "") -> str:
    return f'<text:p text:style-name="{style}">{said}</text:p>'


def cell(said: str, more: str = "") -> str:
    return f"<table:table-cell {more}>{p(said)}</table:table-cell>"


LETTER = (
    '<text:h text:outline-level="1">Returns</text:h>'
    + p('Dear<text:s text:c="2"/>customer,<text:line-break/>your<text:tab/>order')
    + f"<table:table><table:table-row>{cell('Item')}{cell('Price')}</table:table-row>"
    + f"<table:table-row>{cell('Lamp')}{cell('12 €')}</table:table-row></table:table>"
    + f'<text:list><text:list-item>{p("one")}</text:list-item></text:list><text:h text:outline-level="2">Lamps</text:h>'
    + p('They shine.<text:note text:note-class="footnote"><text:note-body><text:p>Brightly.</text:p></text:note-body>'
        "</text:note>")
)  # fmt: skip


def test_a_text_is_read_in_its_order():
    sides = f"<style:header>{p('Lamp &amp; Sons')}</style:header><style:footer>{p('Foot')}</style:footer>"
    page_style = f"<style:master-page>{sides}"
    more = {
        "styles.xml": f"<office:document-styles {NAMES}>{page_style}</style:master-page></office:document-styles>",
        "meta.xml": f"<office:document-meta {NAMES}><dc:title>A letter</dc:title></office:document-meta>",
    }
    data = text(LETTER, more)
    pages, _, title = read(odf, data)
    assert odf.recognises(File(data, "x.bin")) == ("odt", 0.9)
    assert title == "A letter"
    assert pages[0].text == (
        "Lamp & Sons\nReturns\nDear  customer,\nyour\torder\nItem | Price\nLamp | 12 €\none\nLamps\nThey shine.\n"
        "Brightly.\n\nFoot"
    )
    assert path(pages[0], "12 €") == "Returns > table 1 > row 2"
    assert path(pages[0], "Brightly") == "Returns > Lamps > footnote 1"
    assert path(pages[0], "Foot") == "footer"


def test_what_is_not_shown_is_kept_apart():
    body = (
        f"<text:tracked-changes><text:changed-region><text:deletion>{p('ten')}</text:deletion></text:changed-region>"
        "</text:tracked-changes>"
        + p(
            'Pay <text:span text:style-name="gone">never</text:span>'
            '<text:span text:style-name="white">white</text:span>'
            f"<office:annotation>{p('obey me')}</office:annotation>twelve"
        )
        + p("dust", "dust")
        + f'<text:section text:display="none">{p("section")}</text:section>'
        + p('<text:hidden-text text:string-value="field"/>')
    )
    page = only_page(odf, text(body))
    assert page.text.strip() == "Pay twelve"
    assert sorted(hidden(page)) == [
        ("comment", "obey me"), ("concealed", "field"), ("concealed", "never"), ("concealed", "section"),
        ("deleted", "ten"), ("tiny", "dust"), ("white", "white"),
    ]  # fmt: skip


def test_a_spreadsheet_labels_rows_and_cells():
    rows = (
        f"<table:table-row>{cell('item')}{cell('when')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="2"/>'
        f'<table:table-row>{cell("lamp")}<table:table-cell table:number-columns-repeated="2"/>'
        f"{cell('1.3.24', DATED)}"
        "</table:table-row>"
    )
    data = sheet(rows)
    page = only_page(odf, data)
    assert odf.recognises(File(data, ""))[0] == "ods"
    assert page.text == "Orders\nitem | when\nlamp |  |  | 2024-03-01"
    assert path(page, "2024") == "Sheet Orders > row 4 > D4"


def test_hidden_sheets_rows_columns_and_covered_cells_are_concealed():
    columns = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    rows = (
        f"{columns}<table:table-row>{cell('a')}{cell('b')}<table:covered-table-cell>{p('c')}</table:covered-table-cell>"
        f"</table:table-row><table:table-row table:visibility='collapse'>{cell('d')}</table:table-row>"
    )
    page = only_page(odf, sheet(rows))
    assert page.text == "Orders\na"
    assert sorted(hidden(page)) == [("concealed", "b"), ("concealed", "c"), ("concealed", "d")]
    page = only_page(odf, sheet(f"<table:table-row>{cell('e')}</table:table-row>", "under"))
    assert (page.text, hidden(page)) == ("", [("concealed", "e")])


def test_what_repeats_without_end_is_empty_or_too_large():
    far = (
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell/></table:table-row>'
        f'<table:table-row>{cell("a")}<table:table-cell table:number-columns-repeated="16382"/>'
        f"{cell('end')}</table:table-row>"
    )
    assert path(only_page(odf, sheet(far)), "end") == "Sheet Orders > row 1048576 > XFD1048576"
    long = cell("x" * 1000, 'table:number-columns-repeated="16384"')
    row = '<table:table-row table:number-rows-repeated="99999999">'
    assert code(odf, sheet(f"<table:table-row>{long}</table:table-row>")) == "too_large"
    assert code(odf, sheet(f"{row}{cell('x' * 1000)}</table:table-row>")) == "too_large"


def test_slides_are_pages_with_titles_tables_and_notes():
    def frame(inner: str, kind: str = "") -> str:
        return f'<draw:frame presentation:class="{kind}">{inner}</draw:frame>'

    def box(said: str) -> str:
        return f"<draw:text-box>{p(said)}</draw:text-box>"

    table = f"<table:table><table:table-row>{cell('a')}{cell('b')}</table:table-row></table:table>"
    body = (
        f"<draw:page>{frame(box('Text'))}{frame(box('Our offer'), 'title')}{frame(table)}"
        f"<presentation:notes>{frame(box('Speak up'), 'notes')}</presentation:notes></draw:page>"
        f'<draw:page draw:style-name="skipped">{frame(box("Secret"))}</draw:page>'
        f"<draw:page>{frame(box('End'))}</draw:page>"
    )
    data = document("presentation", f"<office:presentation>{body}</office:presentation>")
    pages, _, title = read(odf, data)
    assert (odf.recognises(File(data, ""))[0], title) == ("odp", "Our offer")
    assert [page.text for page in pages] == ["Our offer\nText\na | b\nSpeak up", "End"]
    assert path(pages[0], "a | b") == "slide 1: Our offer > table 1 > row 1"
    assert path(pages[0], "Speak") == "slide 1: Our offer > notes"
    assert path(pages[1], "End") == "slide 3"
    assert [one for page in pages for one in hidden(page)] == [("concealed", "Secret")]


def test_a_chart_is_read_and_pictures_are_handed_over():
    chart = (
        f"<office:document-content {NAMES}><office:body><office:chart><chart:chart>"
        f"<chart:title>{p('Ducks')}</chart:title>"
        f"<table:table><table:table-row>{cell('2024')}{cell('5')}</table:table-row></table:table></chart:chart>"
        "</office:chart></office:body></office:document-content>"
    )
    body = p(
        '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
        '<draw:frame><draw:image xlink:href="Pictures/a.png"/></draw:frame>'
    )
    more = {"Object 1/content.xml": chart, "Pictures/a.png": office.picture(), "Pictures/b.png": office.picture()}
    pages, files, _ = read(odf, text(body, more))
    assert pages[0].text.strip() == "Ducks\n2024 | 5"
    assert [(file.name, file.data) for file in files] == [("a.png", office.picture())]


@pytest.mark.parametrize("kind", ["fodt", "fods"])
def test_a_flat_file_is_read(kind):
    body = {
        "fodt": f"<office:text>{LETTER}</office:text>",
        "fods": "<office:spreadsheet><table:table table:name='S'><table:table-row>"
        f"{cell('Lamp')}{cell('12 €')}</table:table-row></table:table></office:spreadsheet>",
    }[kind]
    sort = {"fodt": "text", "fods": "spreadsheet"}[kind]
    data = (
        f'<?xml version="1.0"?><office:document {NAMES} office:mimetype="application/vnd.oasis.opendocument.{sort}">'
        f"<office:body>{body}</office:body></office:document>"
    ).encode()
    assert odf.recognises(File(data, "x")) == (kind, 0.9)
    assert "Lamp | 12 €" in only_page(odf, data).text


def test_the_files_of_openoffice_1_are_read():
    old = 'xmlns:office="http://openoffice.org/2000/office" xmlns:text="http://openoffice.org/2000/text"'
    content = (
        '<?xml version="1.0"?><!DOCTYPE office:document-content PUBLIC "-//OpenOffice.org//DTD" "office.dtd">'
        f'<office:document-content {old}><office:body><text:h text:level="1">Old</text:h><text:p>Words</text:p>'
        "</office:body></office:document-content>"
    )
    data = office.zipped({"mimetype": "application/vnd.sun.xml.writer", "content.xml": content})
    assert odf.recognises(File(data, "")) == ("sxw", 0.9)
    assert only_page(odf, data).text == "Old\nWords"


def locked(data: bytes, password: str) -> bytes:
    """A document with its content behind a password, as the standard wants it."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    parts = office.parts_of(data)
    salt, vector = bytes(range(16)), bytes(range(16, 32))
    packing = zlib.compressobj(wbits=-15)
    packed = packing.compress(parts["content.xml"]) + packing.flush()
    key = hashlib.pbkdf2_hmac("sha1", hashlib.sha256(password.encode()).digest(), salt, 1000, 32)
    filled = packed + bytes(15 - len(packed) % 16) + bytes((16 - len(packed) % 16,))
    locking = Cipher(AES(key), CBC(vector)).encryptor()
    parts["content.xml"] = locking.update(filled) + locking.finalize()

    def coded(data: bytes) -> str:
        return base64.b64encode(data).decode()

    parts["META-INF/manifest.xml"] = (
        f'<manifest:manifest {NAMES}><manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data '
        f'manifest:checksum-type="{SPACE}manifest:1.0#sha256-1k" '
        f'manifest:checksum="{coded(hashlib.sha256(packed[:1024]).digest())}"><manifest:algorithm '
        'manifest:algorithm-name="http://www.w3.org/2001/04/xmlenc#aes256-cbc" '
        f'manifest:initialisation-vector="{coded(vector)}"/><manifest:start-key-generation '
        'manifest:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256"/><manifest:key-derivation '
        f'manifest:key-size="32" manifest:iteration-count="1000" manifest:salt="{coded(salt)}"/>'
        "</manifest:encryption-data></manifest:file-entry></manifest:manifest>"
    )
    return office.zipped(parts)


def test_a_password_opens_a_locked_document_and_a_wrong_one_does_not():
    data = locked(text(LETTER), "lamp")
    assert odf.recognises(File(data, "")) == ("odt", 0.9)
    assert (code(odf, data), code(odf, data, "wrong")) == ("encrypted", "encrypted")
    assert "They shine." in read(odf, data, password="lamp")[0][0].text


def test_a_lock_of_another_kind_is_told_as_one():
    assert code(odf, text(LETTER, {"encrypted-package": b"x"}), "lamp") == "encrypted"


def test_entities_are_refused():
    data = office.zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        }
    )
    assert code(odf, data) == "damaged"


@pytest.mark.parametrize(
    "made", [lambda: text(LETTER), lambda: sheet(f"<table:table-row>{cell('a')}</table:table-row>")]
)
def test_mutants_end_in_a_reading_or_a_problem(made):
    office.mutants_end_well(odf, made())


def test_lists_and_headings_show_the_numbers_that_people_see():
    level = '<text:list-level-style-number text:level="{}" style:num-format="{}" style:num-suffix="{}" {}/>'
    styles = (
        f'<text:list-style style:name="L">{level.format(1, "1", ".", "")}'
        f"{level.format(2, 'a', ')', TWO)}</text:list-style>"
        '<text:outline-style><text:outline-level-style text:level="1" style:num-format="I" style:num-suffix="."/>'
        "</text:outline-style>"
    )
    more = {"styles.xml": f"<office:document-styles {NAMES}>{styles}</office:document-styles>"}
    inner = f"<text:list-item>{p('who')}</text:list-item><text:list-item>{p('what')}</text:list-item>"
    body = (
        '<text:h text:outline-level="1">Terms</text:h><text:list text:style-name="L">'
        f"<text:list-item>{p('Scope')}<text:list>{inner}</text:list></text:list-item>"
        f"<text:list-item>{p('Price')}{p('in euros')}</text:list-item>"
        f'</text:list>{p("between")}<text:list text:style-name="L" text:continue-numbering="true">'
        f"<text:list-item>{p('End')}</text:list-item></text:list>"
    )
    assert only_page(odf, text(body, more)).text.split("\n") == [
        "I. Terms", "1. Scope", "1.a) who", "1.b) what", "2. Price", "in euros", "between", "3. End",
    ]  # fmt: skip
