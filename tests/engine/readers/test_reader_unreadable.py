"""Kinds that are known and not read, and those of other office programs, of which we read the words."""

from __future__ import annotations

import re
import struct

import pytest

from engine.cards import Problem
from engine.readers import _iwa, _ole, iwork, unreadable, works
from engine.readers._file import File
from tests.engine.readers import office
from tests.engine.readers.office import code, only_page, path, read


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"MZ" + bytes(62) + b"PE\0\0", "exe"),
        (b"\x7fELF" + bytes(60), "elf"),
        (b"\xcf\xfa\xed\xfe" + bytes(60), "macho"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x34", "class"),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x02\x00", "macho"),
        (b"\xa7\x0d\r\n" + bytes(20), "pyc"),
        (b"ID3\x04" + bytes(20), "mp3"),
        (b"\x00\x00\x00\x20ftypisom", "mp4"),
        (b"\x00\x00\x00\x20ftypqt  ", "mov"),
        (b"RIFF\x00\x00\x00\x00WAVE", "wav"),
        (b"RIFF\x00\x00\x00\x00AVI ", "avi"),
        (b"SQLite format 3\x00", "sqlite"),
        (b"\x00\x01\x00\x00Standard Jet DB", "mdb"),
        (b"\x00\x01\x00\x00\x00\x0f", "ttf"),
        (b"wOFF\x00\x01", "woff"),
        (b"8BPS\x00\x01", "psd"),
        (b"AC1027\x00", "dwg"),
        (b"CWS\x0a", "swf"),
        (b"!<arch>\ndebian-binary ", "deb"),
        (b"\xed\xab\xee\xdb\x03", "rpm"),
        (bytes(0x8001) + b"CD001", "iso"),
        (b"GGUF\x03", "gguf"),
        (b"PAR1\x15", "parquet"),
        (b"\xffWPC\x10", "wpd"),
        (_ole.written({"VisioDocument": b"x"}), "vsd"),
        (_ole.written({"TBkndTask": b"x"}), "mpp"),
        (_ole.written({"Odd": b"x"}), "ole"),
        (office.zipped({"visio/document.xml": b"x"}), "vsdx"),
        (office.zipped({"META-INF/MANIFEST.MF": b"x", "a/B.class": b"x"}), "jar"),
    ],
)
def test_a_kind_is_known_by_its_marks_and_not_read(data, kind):
    assert unreadable.recognises(File(data, "x"))[0] == kind
    assert code(unreadable, data) == "unsupported"


@pytest.mark.parametrize(
    "data",
    [b"", b"MZ is a text about programs", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic", b"%PDF-1.7", b"PK\x03\x04"],
)
def test_what_others_read_is_left_to_them(data):
    assert unreadable.recognises(File(data, "x")) == ("", 0.0)


def test_kinds_fit_the_contract():
    assert all(re.fullmatch("[a-z0-9]{1,12}", kind) for kind in unreadable.KINDS)


# -- Works and Publisher --------------------------------------------------------------------------


def chunks(text: str) -> bytes:
    coded = text.encode("utf-16-le")
    entry = b"\x18\x00TEXT\x00\x00\x01\x00\x00\x00TEXT" + struct.pack("<II", 64, len(coded))
    return (b"CHNKINK ".ljust(24, b"\x00") + entry).ljust(64, b"\x00") + coded


def test_the_words_of_works_are_read():
    data = _ole.written({"CONTENTS": chunks("Dear customer\rThe lamp\r")})
    page = only_page(works, data)
    assert works.recognises(File(data, "")) == ("wps", 0.9)
    assert (page.text, path(page, "lamp")) == ("Dear customer\nThe lamp\n", "paragraph 2")


def test_older_works_are_unsupported():
    assert code(works, _ole.written({"CONTENTS": b"something older"})) == "unsupported"


# -- Apple's --------------------------------------------------------------------------------------


def number(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes((value & 0x7F | 0x80,)), value >> 7
    return out + bytes((value,))


def field(key: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return number(key << 3) + number(value)
    return number(key << 3 | 2) + number(len(value)) + value


def archive(*messages: tuple[int, int, bytes]) -> bytes:
    """An archive of (own number, type, content), packed as one literal."""
    data = b""
    for own, sort, content in messages:
        head = field(1, own) + field(2, field(1, sort) + field(3, len(content)))
        data += number(len(head)) + head + content
    packed = number(len(data)) + b"\xf4" + struct.pack("<H", len(data) - 1) + data
    return b"\x00" + struct.pack("<I", len(packed))[:3] + packed


def refers(key: int, own: int) -> bytes:
    return field(key, field(1, own))


def test_the_words_of_pages_are_read():
    table = field(1, 1) + field(3, field(1, 1) + field(3, b"Price")) + field(3, field(1, 2) + field(3, b"Item"))
    data = office.zipped(
        {
            "Index/Document.iwa": archive(
                (1, 10000, b""), (2, 2001, field(1, 0) + field(3, "Grüße\nEnde\ufffc".encode()))
            ),
            "Index/Tables/DataList.iwa": archive((3, 6005, table)),
        }
    )
    page = only_page(iwork, data)
    assert iwork.recognises(File(data, "letter")) == ("pages", 0.9)
    assert page.text == "Grüße\nEnde\nItem | Price"


def test_the_slides_of_keynote_come_in_the_order_of_the_show():
    index = office.zipped(
        {
            "Index/Document.iwa": archive(
                (2, 2, field(3, refers(2, 5) + refers(2, 4))), (4, 4, refers(2, 40)), (5, 4, refers(2, 50))
            ),
            "Index/Slide-40.iwa": archive((40, 5, b""), (41, 2001, field(3, b"Second"))),
            "Index/Slide-50.iwa": archive((50, 5, b""), (51, 2001, field(3, b"First"))),
            "Index/MasterSlide-9.iwa": archive((9, 5, b""), (10, 2001, field(3, b"Type here"))),
        }
    )
    data = office.zipped({"Show.key/Index.zip": index})
    assert iwork.recognises(File(data, "x")) == ("key", 0.9)
    assert [page.text for page in read(iwork, data)[0]] == ["First", "Second"]


def test_of_numbers_only_a_picture_in_pdf_helps():
    parts = {"Index/Document.iwa": archive((1, 1, b""))}
    assert code(iwork, office.zipped(parts)) == "unsupported"
    files = read(iwork, office.zipped({**parts, "preview.pdf": b"%PDF-1.7"}), "a.numbers")[1]
    assert [(file.name, file.data) for file in files] == [("Preview.pdf", b"%PDF-1.7")]


def test_what_is_packed_is_unpacked_and_a_bent_archive_is_refused():
    copied = number(9) + b"\x08abc" + bytes((2 | 5 << 2,)) + struct.pack("<H", 3)
    assert _iwa.unpacked(b"\x00" + struct.pack("<I", len(copied))[:3] + copied, 100) == b"abcabcabc"
    bent = number(9) + b"\x08abc" + bytes((2 | 5 << 2,)) + struct.pack("<H", 30)
    with pytest.raises(Problem):
        _iwa.unpacked(b"\x00" + struct.pack("<I", len(bent))[:3] + bent, 100)


@pytest.mark.parametrize("reader", [works, iwork])
def test_mutants_end_in_a_reading_or_a_problem(reader):
    data = {
        works: _ole.written({"CONTENTS": chunks("Dear customer\r")}),
        iwork: office.zipped({"Index/Document.iwa": archive((2, 2001, field(3, b"Words")))}),
    }[reader]
    office.mutants_end_well(reader, data)
