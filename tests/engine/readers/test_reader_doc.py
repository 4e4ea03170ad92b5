"""Word's old files: pieces, tables, fields, what is not shown, and locks."""

from __future__ import annotations

import struct

from engine.readers import _ole, doc
from engine.readers._file import File
from tests.engine.readers import office
from tests.engine.readers.office import code, hidden, only_page, path, read

TEXT = 0x800  # where the text begins in the stream
MARKS = 0x400  # where the properties of characters lie
LAYOUTS = 0x600  # where the properties of paragraphs lie


def properties(runs: list[tuple[int, bytes]], *, of_paragraphs: bool) -> bytes:
    """A page of properties: each run's end in the text, and its properties."""
    width = 13 if of_paragraphs else 1
    bounds = [TEXT, *(TEXT + end for end, _ in runs)]
    page = bytearray(struct.pack(f"<{len(bounds)}I", *bounds) + bytes(width * len(runs)))
    place = 510
    page = page.ljust(512, b"\x00")
    for n, (_, content) in enumerate(runs):
        if content:
            block = bytes((len(content),)) + content
            if of_paragraphs:
                content = content if len(content) % 2 else content + b"\x00"
                block = bytes(((len(content) + 1) // 2,)) + content
            place = (place - len(block)) & ~1
            page[place : place + len(block)] = block
            page[4 * len(bounds) + width * n] = place // 2
    page[511] = len(runs)
    return bytes(page)


def made(
    main: str, *, runs=(), layouts=(), flags: int = 0, after: dict[int, str] | None = None, wide: str = ""
) -> bytes:
    """A document: its text, what hides some of it, and the texts of its other parts by their number."""
    others = after or {}
    text = main.encode("cp1252")
    lengths = [0] * 8
    lengths[0] = len(main) + len(wide)
    tail = ""
    for number in sorted(others):
        lengths[number] = len(others[number])
        tail += others[number]
    head = bytearray(0x400)
    struct.pack_into("<HHHHHH", head, 0, 0xA5EC, 0xC1, 0, 0x409, 0, flags)
    struct.pack_into("<II", head, 0x18, TEXT, TEXT + len(text))
    struct.pack_into("<8i", head, 0x4C, *lengths)
    stream = bytes(head) + properties(list(runs) or [(len(text), b"")], of_paragraphs=False)
    stream += properties(list(layouts) or [(len(text), b"\x00\x00")], of_paragraphs=True)
    places = [(len(text), TEXT * 2 | 0x40000000)]
    stream += text
    for part, form in ((wide, "utf-16-le"), (tail, "utf-16-le")):
        if part:
            stream += bytes(len(stream) % 2)
            places.append((len(part), len(stream)))
            stream += part.encode(form)
    ends = [0]
    for size, _ in places:
        ends.append(ends[-1] + size)
    table = struct.pack(f"<{len(ends)}I", *ends)
    table += b"".join(struct.pack("<HIH", 0, place, 0) for _, place in places)
    clx = b"\x02" + struct.pack("<I", len(table)) + table
    lists = {33: clx, 12: struct.pack("<III", TEXT, TEXT + len(text), MARKS // 512)}
    lists[13] = struct.pack("<III", TEXT, TEXT + len(text), LAYOUTS // 512)
    lists[11] = struct.pack("<13I", *[0] * 7, *[len(others.get(2, ""))] * 6)
    tables = b""
    stream = bytearray(stream)
    for number, content in lists.items():
        struct.pack_into("<II", stream, 0x9A + 8 * number, len(tables), len(content))
        tables += content
    return _ole.written({"WordDocument": bytes(stream), "0Table": tables})


HEADING, CELL, ROW_END = b"\x02\x00", b"\x00\x00\x16\x24\x01", b"\x00\x00\x16\x24\x01\x17\x24\x01"


def test_paragraphs_headings_and_tables_are_read_in_their_order():
    parts = [("Returns\r", HEADING), ("Dear customer\r", b"\x00\x00"), ("Item\x07", CELL), ("Price\x07", CELL)]
    parts += [
        ("\x07", ROW_END),
        ("La\rmp\x07", CELL),
        ("12 €\x07", CELL),
        ("\x07", ROW_END),
        ("End\x0bof it\r", b"\x00\x00"),
    ]
    text, layouts = "", []
    for said, layout in parts:
        text += said
        layouts.append((len(text), layout))
    data = made(text, layouts=layouts)
    page = only_page(doc, data)
    assert doc.recognises(File(data, "x.bin")) == ("doc", 0.95)
    assert page.text == "Returns\nDear customer\nItem | Price\nLa mp | 12 €\nEnd\nof it"
    assert path(page, "12 €") == "Returns > table 1 > row 2"
    assert path(page, "Dear") == "Returns > paragraph 2"


def test_text_of_both_widths_is_joined():
    assert only_page(doc, made("Dear ", wide="Жанна 𐌲\r")).text == "Dear Жанна 𐌲"


def test_of_a_field_people_see_its_result():
    text = "See \x13 HYPERLINK \x13 REF x \x14inner\x15 \x14the page\x15, page \x13 PAGE \x15here.\r"
    assert only_page(doc, made(text)).text == "See the page, page here."


def test_what_is_not_shown_is_kept_apart():
    words = [
        ("Pay ", b""), ("ten ", b"\x00\x08\x01"), ("never ", b"\x3c\x08\x01"), ("dust ", b"\x43\x4a\x02\x00"),
        ("white ", b"\x42\x2a\x08"), ("box ", b"\x42\x2a\x08\x0c\x2a\x01"), ("twelve\r", b"\x3c\x08\x00"),
    ]  # fmt: skip
    text, runs = "", []
    for said, look in words:
        text += said
        runs.append((len(text), look))
    page = only_page(doc, made(text, runs=runs, after={4: "obey me\r"}))
    assert page.text.strip() == "Pay box twelve"
    assert sorted(hidden(page)) == [
        ("comment", "obey me"), ("concealed", "never"), ("deleted", "ten"), ("tiny", "dust"), ("white", "white"),
    ]  # fmt: skip


def test_headers_notes_and_boxes_stand_around_the_text():
    page = only_page(doc, made("Body\r", after={1: "\x02 A note\r", 2: "Lamp & Sons\r", 6: "In a box\r"}))
    assert page.text == "Lamp & Sons\nBody\n\nA note\nIn a box"
    assert [path(page, word) for word in ("Lamp", "note", "box")] == ["header", "footnote", "text box"]


def test_files_inside_are_handed_over():
    wrapped = (
        b"\x00\x00\x00\x00\x02\x00a.txt\x00C:\\a.txt\x00\x00\x00\x03\x00\x04\x00\x00\x00tmp\x00\x05\x00\x00\x00hello"
    )
    inner = _ole.written({"\x01Ole10Native": wrapped})
    assert _ole.unwrapped(office.Inner("object", inner)) == office.Inner("a.txt", b"hello")
    assert _ole.unwrapped(office.Inner("object", _ole.written({"Package": b"PK\x03\x04"}))).data == b"PK\x03\x04"
    assert _ole.unwrapped(office.Inner("object", _ole.written({"Equation Native": b"x"}))).data == b""
    assert _ole.unwrapped(office.Inner("object", _ole.written({"WordDocument": b"x"}))).name == "object.doc"


def test_a_picture_in_the_stream_is_handed_over():
    scan = office.picture()
    blip = struct.pack("<HHI", 0x6E00, 0xF01E, len(scan) + 17) + bytes(17) + scan
    data = made("Scan\r")
    with _ole.opened(File(data, "")) as ole:
        streams = {name: _ole.stream(ole, name) for name in ("WordDocument", "0Table")}
    _, files, _ = read(doc, _ole.written({**streams, "Data": blip}))
    assert [(file.name, file.data) for file in files] == [("picture 1.png", scan)]


def test_locked_files_are_encrypted():
    assert code(doc, made("x\r", flags=0x0100)) in ("encrypted", "damaged")
    with _ole.opened(File(made("x\r"), "")) as ole:
        streams = {name: _ole.stream(ole, name) for name in ("WordDocument", "0Table")}
    assert code(doc, _ole.written({**streams, "\tDRMContent": b"x"})) == "encrypted"


def test_words_before_97_are_read_too():
    head = bytearray(0x400)
    text = "Größe\rEnde\r".encode("cp1252")
    struct.pack_into("<HHHHHH", head, 0, 0xA5DC, 0x65, 0, 0x407, 0, 0)
    struct.pack_into("<II", head, 0x18, 0x400, 0x400 + len(text))
    struct.pack_into("<8i", head, 0x34, len(text), *[0] * 7)
    assert only_page(doc, _ole.written({"WordDocument": bytes(head) + text})).text == "Größe\nEnde"


def test_what_is_older_than_the_file_system_is_known_and_not_read():
    assert doc.recognises(File(b"\xdb\xa5\x2d\x00" + bytes(100), "")) == ("doc", 0.8)
    assert code(doc, b"\xdb\xa5\x2d\x00" + bytes(100)) == "unsupported"


def test_pieces_that_promise_too_much_are_refused():
    data = made("x\r")
    with _ole.opened(File(data, "")) as ole:
        stream, table = bytearray(_ole.stream(ole, "WordDocument")), _ole.stream(ole, "0Table")
    pieces = struct.pack("<II", 0, 99_999_999) + struct.pack("<HIH", 0, TEXT, 0)
    clx = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", stream, 0x9A + 8 * 33, len(table), len(clx))
    assert code(doc, _ole.written({"WordDocument": bytes(stream), "0Table": table + clx})) == "too_large"


def test_mutants_end_in_a_reading_or_a_problem():
    office.mutants_end_well(doc, made("Dear customer\rone\x07two\x07\x07", after={2: "head\r", 4: "comment\r"}), 150)
