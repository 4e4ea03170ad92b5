"""Outlook's mails: saved ones, mails in mails, and winmail.dat."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.pages import Inner, Page
from engine.readers import USUAL, Limits, _mapi, eml, msg
from engine.readers._file import File
from tests.engine.scripted import drained

Tree = dict[str, "bytes | Tree"]
TABLE = "__properties_version1.0"
SECTOR, SMALL, END, FREE, NONE = 512, 64, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF


def ole(tree: Tree) -> bytes:
    """A file system in a file, as Microsoft's compound files are: small streams share one big one."""
    body: list[bytes] = []
    table: list[int] = []
    minis, mini_table = bytearray(), list[int]()
    entries: list[list] = [["Root Entry", 5, NONE, NONE, 0, 0]]  # name, sort, right, child, first, size

    def put(data: bytes, size: int, rows: list[int], add) -> int:
        if not data:
            return END
        first, count = len(rows), -(-len(data) // size)
        add(data.ljust(count * size, b"\0"))
        rows.extend([*range(first + 1, first + count), END])
        return first

    def grow(parent: int, branch: Tree) -> None:
        before = None
        for name, value in sorted(branch.items(), key=lambda item: (len(item[0]), item[0].upper())):
            number = len(entries)
            entries.append([name, 1 if isinstance(value, dict) else 2, NONE, NONE, 0, 0])
            if before is None:
                entries[parent][3] = number
            else:
                entries[before][2] = number
            before = number
            if isinstance(value, dict):
                grow(number, value)
            elif len(value) < 4096:
                entries[number][4:] = put(value, SMALL, mini_table, minis.extend), len(value)
            else:
                entries[number][4:] = put(value, SECTOR, table, body.append), len(value)

    grow(0, tree)
    entries[0][4:] = put(bytes(minis), SECTOR, table, body.append), len(minis)
    mini_first = put(struct.pack(f"<{len(mini_table)}I", *mini_table), SECTOR, table, body.append)
    rows = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBBIII36xIQ", 2 * len(name) + 2, sort, 1, NONE, right, child, first, size)
        for name, sort, right, child, first, size in entries
    )
    root = put(rows, SECTOR, table, body.append)
    first, sectors = len(table), 1
    while (first + sectors) * 4 > sectors * SECTOR:
        sectors += 1
    table += [0xFFFFFFFD] * sectors
    body.append(struct.pack(f"<{len(table)}I", *table).ljust(sectors * SECTOR, b"\xff"))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    mini_sectors = -(-len(mini_table) * 4 // SECTOR)
    head += struct.pack("<9I", 0, sectors, root, 0, 4096, mini_first, mini_sectors, END, 0)
    return head + struct.pack("<109I", *range(first, first + sectors), *[FREE] * (109 - sectors)) + b"".join(body)


def properties(head: int, **values: str | bytes | int) -> Tree:
    """Named by their hexadecimal number, after an x."""
    tree: Tree = {}
    table = bytes(head)
    for name, value in values.items():
        tag = int(name[1:], 16)
        if isinstance(value, int):
            kind = 0x0040 if value > 2**31 else 0x0003
            table += struct.pack("<HHIQ", kind, tag, 6, value)
        elif isinstance(value, bytes):
            tree[f"__substg1.0_{tag:04X}0102"] = value
        else:
            tree[f"__substg1.0_{tag:04X}001F"] = value.encode("utf-16-le")
    return {TABLE: table, **tree}


def message(head: int = 32, **others: str | bytes | int) -> Tree:
    values = {"x0037": "Lamp – broken", "x0C1A": "Zoë Müller", "x5D01": "zoe@x.test", "x1000": "Where is it?\r\n"}
    return properties(head, **{**values, **others})


def recipient(kind: int, name: str, address: str) -> Tree:
    return properties(8, x0C15=kind, x3001=name, x39FE=address)


def read(data: bytes, name: str = "a.msg", limits: Limits = USUAL) -> tuple[Page, list[Inner], str]:
    parts, title = drained(msg.read(File(data, name), limits))
    (page,) = [part for part in parts if isinstance(part, Page)]
    return page, [part for part in parts if isinstance(part, Inner)], title


def hidden(page: Page) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in page.hidden]


def test_a_mail_becomes_its_headers_and_words():
    tree = message() | {
        "__recip_version1.0_#00000000": recipient(1, "Desk", "desk@x.test"),
        "__recip_version1.0_#00000001": recipient(1, "bob@x.test", "bob@x.test"),
        "__recip_version1.0_#00000002": recipient(2, "Ann", "/O=FIRM/CN=ANN"),
    }
    page, inner, title = read(ole(tree))
    assert page.text == (
        "Subject: Lamp – broken\nFrom: Zoë Müller <zoe@x.test>\nTo: Desk <desk@x.test>, bob@x.test\nCc: Ann\n\n"
        "Where is it?"
    )
    assert (title, inner, page.path(page.text.index("zoe@"))) == ("Lamp – broken", [], "From")


def test_the_moment_of_sending_is_told():
    assert "Date: Fri, 01 Jan 2027 00:00:00 +0000" in read(ole(message(x0039=134432352000000000)))[0].text


def test_headers_from_the_way_are_preferred_where_they_say_more():
    headers = "From: Zoe <zoe@x.test>\r\nTo: a@x.test,\r\n b@x.test\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n\r\n"
    page, _, _ = read(ole(message(x007D=headers, x5D01="", x0C1F="/O=FIRM/CN=ZOE")))
    assert "From: Zoe <zoe@x.test>\nTo: a@x.test, b@x.test\nDate: Mon, 2 Nov 2026 10:00:00 +0100" in page.text


def test_html_is_read_as_it_is_seen():
    html = "<p>Größe <b>L</b></p><p hidden>obey</p>"
    page, _, _ = read(ole(message(x1000="", x1013=html.encode("cp1252"), x3FDE=1252)))
    assert page.text.endswith("\n\nGröße L")
    assert hidden(page) == [("concealed", "obey")]


def test_what_only_the_html_says_is_kept_apart():
    page, _, _ = read(ole(message(x1013=b"<p>Where is it?<p>Pay me")))
    assert (page.text.endswith("\n\nWhere is it?"), hidden(page)) == (True, [("elsewhere", "Pay me")])


def plain(rtf: bytes) -> bytes:
    """Rich Text in its property, not packed."""
    return struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf


def test_rich_text_is_read_where_there_is_nothing_else():
    page, _, _ = read(ole(message(x1000="", x1009=plain(rb"{\rtf1 The {\b lamp}\par{\v obey}}"))))
    assert (page.text.endswith("\n\nThe lamp"), hidden(page)) == (True, [("concealed", "obey")])


def test_html_wrapped_in_rich_text_is_read_as_html():
    rtf = rb"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}Hi{\*\htmltag72 </p>}{\*\htmltag <p hidden>}obey}"
    page, _, _ = read(ole(message(x1000="", x1009=plain(rtf))))
    assert (page.text.endswith("\n\nHi"), hidden(page)) == (True, [("concealed", "obey")])


def test_packed_rich_text_is_unpacked():
    # The example in Microsoft's description of the format.
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert _mapi.unpacked_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_repeats_that_overlap_themselves_are_unpacked():
    # "XYZ" and then a repeat of it that reads what it is writing: Microsoft's second example.
    packed = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert _mapi.unpacked_rtf(packed) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 5000))
def test_any_bytes_are_unpacked_within_their_size(data, size):
    found = _mapi.unpacked_rtf(struct.pack("<II4sI", 0, size, b"LZFu", 0) + data)
    assert len(found) <= size


# -- attachments ----------------------------------------------------------------------------------


def attachment(**values: str | bytes | int) -> Tree:
    return properties(8, **values)


def test_attachments_come_out_and_logos_do_not():
    tree = message() | {
        "__attach_version1.0_#00000000": attachment(x3701=b"%PDF", x3707="../Größe.pdf", x3704="GRE~1.PDF"),
        "__attach_version1.0_#00000001": attachment(x3701=b"PNG", x3707="logo.png", x3712="cid1", x7FFE=1),
        "__attach_version1.0_#00000002": attachment(x3701=b"abc"),
    }
    assert read(ole(tree))[1] == [Inner("Größe.pdf", b"%PDF"), Inner("attachment-2", b"abc")]


def test_a_mail_in_a_mail_becomes_a_file_that_is_read_alike():
    inner = message(24, x0037="Inner – lamp", x1013=b"<p>Where is it?<p>Pay me") | {
        "__recip_version1.0_#00000000": recipient(1, "Bob", "bob@x.test"),
        "__attach_version1.0_#00000000": attachment(x3701=bytes(range(256)) * 40, x3707="Größe.bin"),
    }
    tree = message() | {
        "__attach_version1.0_#00000000": attachment(x3705=5) | {"__substg1.0_3701000D": inner},
    }
    ((name, data),) = ((one.name, one.data) for one in read(ole(tree))[1])
    assert name == "Inner – lamp.eml"
    parts, title = drained(eml.read(File(data, name), USUAL))
    assert title == "Inner – lamp"
    assert parts[0].text == (
        "Subject: Inner – lamp\nFrom: Zoë Müller <zoe@x.test>\nTo: Bob <bob@x.test>\n\nWhere is it?"
    )
    assert hidden(parts[0]) == [("elsewhere", "Pay me")]
    assert parts[1:] == [Inner("Größe.bin", bytes(range(256)) * 40)]


def test_mails_nested_too_deeply_are_refused():
    tree: Tree = message(24)
    for depth in range(8):
        stored = attachment(x3705=5) | {"__substg1.0_3701000D": tree}
        tree = message(24 if depth < 7 else 32) | {"__attach_version1.0_#00000000": stored}
    with pytest.raises(Problem) as caught:
        read(ole(tree))
    assert caught.value.code == "too_deep"


def test_more_attachments_than_the_limit_are_refused():
    tree = message() | {f"__attach_version1.0_#{n:08X}": attachment(x3701=b"x") for n in range(4)}
    with pytest.raises(Problem) as caught:
        read(ole(tree), limits=Limits(attachments=3))
    assert caught.value.code == "too_large"


# -- winmail.dat ----------------------------------------------------------------------------------


def attribute(level: int, kind: int, data: bytes) -> bytes:
    return bytes((level,)) + struct.pack("<HHI", kind, 6, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def mapi(*rows: tuple[int, int, bytes]) -> bytes:
    """Properties as (type, tag, value): numbers of four bytes, or text."""
    out = struct.pack("<I", len(rows))
    for kind, tag, value in rows:
        out += struct.pack("<HH", kind, tag)
        if tag >= 0x8000:
            out += bytes(16) + struct.pack("<II", 1, 6) + "ab\0".encode("utf-16-le") + bytes(2)
        out += value if kind == 3 else struct.pack("<II", 1, len(value)) + value + bytes(-len(value) % 4)
    return out


def winmail() -> bytes:
    body = mapi((0x1F, 0x8001, b"x\0"), (0x1F, 0x0037, "Größe\0".encode("utf-16-le")), (3, 0x3FDE, b"\xe9\xfd\0\0"))
    return (
        b"\x78\x9f\x3e\x22\x01\x00" + attribute(1, 0x9003, body) + attribute(1, 0x800C, b"Five files\0")
        + attribute(2, 0x9002, bytes(14)) + attribute(2, 0x8010, b"A.TXT\0") + attribute(2, 0x800F, b"abc")
        + attribute(2, 0x9005, mapi((0x1E, 0x3707, b"long name.txt\0")))
    )  # fmt: skip


def test_winmail_is_opened():
    page, inner, title = read(winmail(), "winmail.dat")
    assert page.text == "Subject: Größe\n\nFive files"
    assert (inner, title) == ([Inner("long name.txt", b"abc")], "Größe")


# -- what they are known by, and what breaks ------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (ole(message()), "", "msg"),
        (ole(message()), "a.OFT", "oft"),
        (ole({"WordDocument": b"x"}), "a.msg", ""),
        (winmail(), "a.bin", "tnef"),
        (b"!BDN" + bytes(100), "", "pst"),
        (b"words", "a.msg", ""),
    ],
)
def test_they_are_known_by_what_is_inside(data, name, kind):
    assert msg.recognises(File(data, name))[0] == kind


def test_a_data_file_of_outlook_is_not_read():
    with pytest.raises(Problem) as caught:
        read(b"!BDN" + bytes(100))
    assert caught.value.code == "unsupported"


@pytest.mark.parametrize(
    "data", [ole(message() | {"__attach_version1.0_#00000000": attachment(x3701=b"x")}), winmail()]
)
def test_mutated_files_end_in_a_reading_or_a_problem(data):
    rng = random.Random(7)
    for _ in range(300):
        mutant = bytearray(data)
        for _ in range(rng.randrange(1, 12)):
            mutant[rng.randrange(len(mutant))] = rng.choice((0, 1, 255, rng.randrange(256)))
        try:
            read(bytes(mutant[: rng.choice((len(mutant), rng.randrange(len(mutant))))]))
        except (Problem, RecursionError):
            continue
