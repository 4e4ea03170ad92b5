"""Spreadsheets of Excel, new, binary and old: values as people see them, what is hidden, bombs and locks."""

from __future__ import annotations

import io
import struct
from hashlib import md5

import pytest

from engine.readers import _numbers, _ole, xlsx
from engine.readers._file import File
from tests.engine.readers import office
from tests.engine.readers.office import CHART, NAMES, code, hidden, only_page, path, read, record

EXCEL = "openxmlformats-officedocument.spreadsheetml.sheet"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ' + NAMES


def book(
    sheets, *, texts=(), styles: str = "", extra=None, sheet_related=(), workbook: str = "", title: str = ""
) -> bytes:
    """A workbook of these (name, state, sheet's XML)."""
    tabs = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="s{n}"/>' for n, (name, state, _) in enumerate(sheets)
    )
    parts = {
        "xl/workbook.xml": f"<workbook {MAIN}>{workbook}<sheets>{tabs}</sheets></workbook>",
        "xl/styles.xml": f"<styleSheet {MAIN}>{styles}</styleSheet>",
        "xl/sharedStrings.xml": f"<sst {MAIN} count='4000000000'>"
        + "".join(f"<si><t>{text}</t><rPh><t>no</t></rPh></si>" for text in texts)
        + "</sst>",
    }
    related = [(f"s{n}", "worksheet", f"sheets/{n}.xml") for n in range(len(sheets))]
    related += [("y", "styles", "styles.xml"), ("t", "sharedStrings", "sharedStrings.xml")]
    for n, (_, _, xml) in enumerate(sheets):
        parts[f"xl/sheets/{n}.xml"] = xml
    lists = {"xl/workbook.xml": related, "xl/sheets/0.xml": list(sheet_related)}
    return office.ooxml("xl/workbook.xml", EXCEL, {**parts, **(extra or {})}, lists, title)


def sheet(rows: str, before: str = "", after: str = "") -> str:
    return f"<worksheet {MAIN}><dimension ref='A1:XFD1048576'/>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


def one(rows: str, before: str = "", after: str = "", **more) -> bytes:
    return book([("Orders", "visible", sheet(rows, before, after))], **more)


def cell(place: str, value: object, more: str = "") -> str:
    return f'<c r="{place}" {more}><v>{value}</v></c>'


SHARED = 't="s"'
STYLED = [f's="{n}"' for n in range(4)]
TABLE = (
    f'<row r="1">{cell("A1", 0, SHARED)}{cell("B1", 1, SHARED)}</row>'
    f'<row r="3">{cell("A3", 12)}{cell("B3", 4.5)}<c r="D3" t="inlineStr"><is><t>late</t></is></c></row>'
)


def test_rows_and_cells_are_labelled_with_their_places():
    data = one(TABLE, texts=["item", "price"], title="Stock")
    pages, files, title = read(xlsx, data)
    assert xlsx.recognises(File(data, "x.bin")) == ("xlsx", 0.9)
    assert (pages[0].text, title, files) == ("Orders\nitem | price\n12 | 4.5 |  | late", "Stock", [])
    assert path(pages[0], "4.5") == "Sheet Orders > row 3 > B3"
    assert path(pages[0], "late") == "Sheet Orders > row 3 > D3"


def test_each_sheet_begins_a_page_and_an_empty_one_is_none():
    rows = f'<row r="1">{cell("A1", 1)}{cell("B1", 2)}</row>'
    data = book([("One", "visible", sheet(rows)), ("None", "visible", sheet("")), ("Two", "visible", sheet(rows))])
    assert [page.text for page in read(xlsx, data)[0]] == ["One\n1 | 2", "Two\n1 | 2"]


@pytest.mark.parametrize(
    ("number", "form", "text"),
    [
        (45352.0, "d/m/yyyy", "2024-03-01"),
        (45352.5, "[$-407]dd. mmmm yyyy h:mm", "2024-03-01 12:00"),
        (0.75, "h:mm AM/PM", "18:00"),
        (1.5, "[h]:mm", "36:00:00"),
        (59.0, "yyyy-mm-dd", "1900-02-28"),
        (61.0, "yyyy-mm-dd", "1900-03-01"),
        (-5.0, "yyyy-mm-dd", "-5"),
        (12.0, "General", "12"),
        (0.1 + 0.2, "General", "0.3"),
        (12.0, "", "12"),
        (1234567.891, "#,##0.00", "1234567.89"),
        (2.5, "0", "3"),
        (0.125, "0.0%", "12.5%"),
        (12.5, "#,##0.00\\ [$€-407]", "12.50 €"),
        (-12.5, '"$"#,##0.00_);[Red]("$"#,##0.00)', "($12.50)"),
        (-0.001, "0.00", "0.00"),
        (0.0, '0.00;-0.00;"-"', "-"),
        (123456789.0, "000-00-0000", "123-45-6789"),
        (7.0, '"LF-"00000', "LF-00007"),
        (12345.0, "#,##0,", "12"),
        (1234.0, "00\\.00", "12.34"),
        (5.0, '0"0"', "50"),
        (1e300, "0." + "0" * 290, "1" + "0" * 300 + "." + "0" * 290),
        (5.0, ";;;", ""),
        (float("nan"), "0", ""),
        (1e300, "General", "1e+300"),
        (0.333, "# ?/?", "0.333"),
    ],
)
def test_a_number_is_shown_as_people_see_it(number, form, text):
    assert _numbers.shown(number, form) == text


def test_dates_count_from_1904_where_the_workbook_says_so():
    styles = '<cellXfs><xf numFmtId="14"/></cellXfs>'
    data = one(f'<row r="1">{cell("A1", 0)}</row>', styles=styles, workbook='<workbookPr date1904="1"/>')
    assert only_page(xlsx, data).text == "Orders\n1904-01-01"


def test_a_formula_shows_what_it_last_was_and_itself_if_it_never_was():
    rows = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>SUM(A1:A9)</f></c>'
    rows += '<c r="C1" t="b"><v>1</v></c></row>'
    assert only_page(xlsx, one(rows)).text == "Orders\n2 | =SUM(A1:A9) | TRUE"


def test_hidden_sheets_rows_columns_and_formats_are_concealed():
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode=";;;"/></numFmts>'
        '<fonts><font/><font><color rgb="FFFFFFFF"/></font></fonts>'
        '<fills><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="solid"><fgColor rgb="FF003366"/></patternFill></fill></fills>'
        '<cellXfs><xf fontId="0" fillId="0"/><xf numFmtId="170"/><xf fontId="1" fillId="0"/>'
        '<xf fontId="1" fillId="1"/></cellXfs>'
    )
    rows = (
        f'<row r="1">{cell("A1", 11)}{cell("B1", 12)}{cell("C1", 13)}</row>'
        f'<row r="2" hidden="1">{cell("A2", 21)}</row>'
        f'<row r="3">{cell("A3", 31, STYLED[1])}{cell("C3", 33, STYLED[2])}'
        f"{cell('D3', 34, STYLED[3])}</row>"
    )
    columns = '<cols><col min="2" max="2" hidden="1"/></cols>'
    secret = sheet(f'<row r="1">{cell("A1", 99)}</row>')
    data = book([("Open", "visible", sheet(rows, columns)), ("Deep", "veryHidden", secret)], styles=styles)
    page = only_page(xlsx, data)
    assert page.text == "Open\n11 |  | 13\n |  |  | 34"
    concealed = [("concealed", "12"), ("concealed", "21"), ("concealed", "31"), ("concealed", "99")]
    assert sorted(hidden(page)) == [*concealed, ("white", "33")]


def test_comments_boxes_charts_and_printed_headers_are_read():
    box = "<xdr:sp><xdr:txBody><a:p><a:r><a:t>In a box</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
    drawing = f"<xdr:wsDr {NAMES}>{box}</xdr:wsDr>"
    comment = "<commentList><comment ref='A1'><text><t>Why?</t></text></comment></commentList>"
    comments = f"<comments {MAIN}>{comment}</comments>"
    parts = {"xl/drawings/d.xml": drawing, "xl/comments.xml": comments, "xl/charts/c.xml": CHART}
    parts["xl/drawings/_rels/d.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="c" Type="{office.KIND}chart" Target="../charts/c.xml"/></Relationships>'
    )
    after = '<headerFooter><oddHeader>&amp;L&amp;"Arial"&amp;12Lamp &amp;&amp; Sons</oddHeader></headerFooter>'
    related = [("d", "drawing", "../drawings/d.xml"), ("c", "comments", "../comments.xml")]
    page = only_page(xlsx, one(f'<row r="1">{cell("A1", 1)}</row>', after=after, sheet_related=related, extra=parts))
    assert page.text == "Orders\n1\nIn a box\nDucks\nLake | 2023: 4.4 | 2024: 5\nLamp & Sons"
    assert hidden(page) == [("comment", "Why?")]


def test_a_cell_at_the_end_of_the_world_is_read_at_once():
    rows = f'<row r="1">{cell("A1", 1)}</row><row r="1048576">{cell("XFD1048576", 2)}</row>'
    page = only_page(xlsx, one(rows))
    assert page.text == "Orders\n1\n | 2"
    assert path(page, "2") == "Sheet Orders > row 1048576 > XFD1048576"


def test_columns_stay_in_line_and_wide_gaps_shrink():
    rows = f'<row r="1">{cell("B1", 1)}{cell("D1", 2)}{cell("ZZ1", 3)}</row><row r="2">{cell("C2", 4)}</row>'
    assert only_page(xlsx, one(rows)).text == "Orders\n1 |  | 2 |  | 3\n | 4"


def test_one_string_used_without_end_is_too_large():
    rows = f"<row>{cell('', 0, SHARED) * 20_000}</row>"
    assert code(xlsx, one(rows, texts=["x" * 30_000])) == "too_large"


def test_a_sheet_named_a_thousand_times_is_read_once():
    rows = f'<row r="1">{cell("A1", 1)}</row>'
    parts = office.parts_of(one(rows))
    again = b'<sheet name="Again" r:id="s0"/>' * 1000
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"</sheets>", again + b"</sheets>")
    assert len(read(xlsx, office.zipped(parts))[0]) == 1


def test_a_document_type_is_refused():
    parts = office.parts_of(one(""))
    parts["xl/sheets/0.xml"] = b'<!DOCTYPE x [<!ENTITY a "b">]>' + parts["xl/sheets/0.xml"]
    assert code(xlsx, office.zipped(parts)) == "damaged"


def test_a_password_opens_a_workbook():
    large = {"xl/media/a.png": office.picture()}
    data = office.locked(one(TABLE, texts=["item", "price"], extra=large), "lamp")
    assert xlsx.recognises(File(data, "x.xlsx")) == ("xlsx", 0.9)
    assert code(xlsx, data) == "encrypted"
    assert "late" in read(xlsx, data, password="lamp")[0][0].text


# -- binary workbooks -----------------------------------------------------------------------------


def binary(sort: int, content: bytes = b"") -> bytes:
    """A record of a binary workbook."""
    head = bytes((sort,)) if sort < 128 else bytes((sort & 0x7F | 0x80, sort >> 7))
    return head + bytes((len(content) & 0x7F | 0x80, len(content) >> 7)) + content


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def row_of(number: int, flags: int = 0) -> bytes:
    return binary(0, struct.pack("<IIHBB", number, 0, 0, 0, flags))


def at(column: int, style: int = 0) -> bytes:
    return struct.pack("<II", column, style)


def binary_book() -> bytes:
    cells = row_of(0) + binary(7, at(0) + struct.pack("<I", 0)) + binary(5, at(1, 1) + struct.pack("<d", 45352.0))
    cells += row_of(2) + binary(2, at(0) + struct.pack("<I", 1234 << 2 | 3)) + binary(4, at(1) + b"\x01")
    cells += binary(6, at(3) + wide("late")) + binary(3, at(4) + b"\x07")
    cells += row_of(5, 0x10) + binary(6, at(0) + wide("no"))
    parts = {
        "xl/workbook.bin": binary(156, struct.pack("<II", 0, 1) + wide("s") + wide("Stock")),
        "xl/sheet.bin": cells,
        "xl/strings.bin": binary(19, b"\x00" + wide("item")),
        "xl/styles.bin": binary(617) + binary(47, struct.pack("<HH", 0, 0)) + binary(47, struct.pack("<HH", 0, 14)),
        "xl/comments.bin": binary(637, b"\x00" + wide("Why?")),
    }
    related = {
        "xl/workbook.bin": [
            ("s", "worksheet", "sheet.bin"), ("t", "sharedStrings", "strings.bin"), ("y", "styles", "styles.bin"),
        ],
        "xl/sheet.bin": [("c", "comments", "comments.bin")],
    }  # fmt: skip
    return office.ooxml("xl/workbook.bin", "ms-excel.sheet.binary.macroEnabled", parts, related)


def test_a_binary_workbook_is_read():
    data = binary_book()
    page = only_page(xlsx, data)
    assert xlsx.recognises(File(data, "")) == ("xlsb", 0.9)
    assert page.text == "Stock\nitem | 2024-03-01\n12.34 | TRUE |  | late | #DIV/0!"
    assert hidden(page) == [("concealed", "no"), ("comment", "Why?")]
    assert path(page, "late") == "Sheet Stock > row 3 > D3"


def test_a_binary_workbook_that_is_cut_off_is_damaged():
    parts = office.parts_of(binary_book())
    parts["xl/sheet.bin"] = parts["xl/sheet.bin"][:-3]
    assert code(xlsx, office.zipped(parts)) == "damaged"


# -- old workbooks --------------------------------------------------------------------------------


def narrow(text: str) -> bytes:
    """A text of old Excel's: its length, and that it takes a byte a letter."""
    return struct.pack("<HB", len(text), 0) + text.encode("cp1252")


def old_book(*, lock: bytes = b"") -> bytes:
    """The records of an old workbook with a visible and a hidden sheet."""
    font = struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + b"\x05\x00Arial"
    styles = [record(0xE0, struct.pack("<HHHBBBBIIH", 0, form, 0, 0, 0, 0, 0, 0, 0, 0)) for form in (0, 14)]
    begin = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + lock
    begin += record(0x31, font) * 4 + b"".join(styles)
    first = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    first += record(0x204, struct.pack("<HHH", 0, 0, 0) + narrow("item"))
    first += record(0x203, struct.pack("<HHHd", 0, 1, 1, 45352.0)) + record(0x203, struct.pack("<HHHd", 2, 0, 0, 12.0))
    first += record(0x0A)
    second = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    second += record(0x204, struct.pack("<HHH", 0, 0, 0) + narrow("secret")) + record(0x0A)
    names = [(0, b"\x05\x00Stock"), (1, b"\x04\x00Deep")]
    tabs = sum(len(record(0x85, struct.pack("<IBB", 0, state, 0) + name)) for state, name in names)
    place = len(begin) + tabs + len(record(0x0A))
    sheets = [record(0x85, struct.pack("<IBB", place, 0, 0) + names[0][1])]
    sheets.append(record(0x85, struct.pack("<IBB", place + len(first), 1, 0) + names[1][1]))
    return begin + b"".join(sheets) + record(0x0A) + first + second


def in_file(records: bytes) -> bytes:
    return _ole.written({"Workbook": records})


def test_an_old_workbook_is_read():
    data = in_file(old_book())
    page = only_page(xlsx, data)
    assert xlsx.recognises(File(data, "x.doc")) == ("xls", 0.9)
    assert page.text == "Stock\nitem | 2024-03-01\n12"
    assert hidden(page) == [("concealed", "secret")]
    assert path(page, "2024") == "Sheet Stock > row 1 > B1"


def test_an_old_workbook_without_a_file_system_is_read():
    data = old_book()
    assert xlsx.recognises(File(data, "")) == ("xls", 0.8)
    assert only_page(xlsx, data).text.startswith("Stock")


def test_a_password_opens_an_old_workbook():
    from msoffcrypto.method.rc4 import DocumentRC4

    salt, check = bytes(range(16)), b"sixteen letters."

    def ciphered(data: bytes, size: int) -> bytes:
        return DocumentRC4.decrypt("lamp", salt, io.BytesIO(data), blocksize=size).read()

    proof = ciphered(check + md5(check).digest(), 512)
    plain = old_book(lock=record(0x2F, struct.pack("<HHH", 1, 1, 1) + salt + proof))
    coded = bytearray(ciphered(plain, 1024))
    at = 0
    while at < len(plain):
        sort, size = struct.unpack_from("<HH", plain, at)
        open_to_all = 4 + (size if sort in (0x809, 0x2F) else 4 if sort == 0x85 else 0)
        coded[at : at + open_to_all] = plain[at : at + open_to_all]
        at += 4 + size
    data = in_file(bytes(coded))
    assert (code(xlsx, data), code(xlsx, data, "wrong")) == ("encrypted", "encrypted")
    assert read(xlsx, data, password="lamp")[0][0].text == "Stock\nitem | 2024-03-01\n12"


@pytest.mark.parametrize("made", [lambda: one(TABLE, texts=["a", "b"]), binary_book, lambda: in_file(old_book())])
def test_mutants_end_in_a_reading_or_a_problem(made):
    office.mutants_end_well(xlsx, made())
