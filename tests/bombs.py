"""Makes the files that are meant to choke a reader: tiny outside, endless, deep or crooked inside."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from tests import made

MIB = 1 << 20
ZEROS = bytes(MIB)
DEEP = 100_000


class Member(NamedTuple):
    """A member of a zip whose directory says whatever it likes."""

    name: bytes
    packed: bytes
    size: int
    method: int = zipfile.ZIP_DEFLATED
    flags: int = 0
    mode: int = 0o644
    crc: int = 0


def deflated(pattern: bytes, times: int) -> bytes:
    """The pattern so many times, packed (raw deflate) without ever being unpacked."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(pattern) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * times + b"\x03\x00"


def zlibbed(pattern: bytes, times: int) -> bytes:
    return b"\x78\x9c" + deflated(pattern, times) + struct.pack(">I", 1)


def gzipped(pattern: bytes, times: int) -> bytes:
    size = len(pattern) * times & 0xFFFFFFFF
    return b"\x1f\x8b\x08" + bytes(7) + deflated(pattern, times) + struct.pack("<II", 0, size)


def raw_zip(members: Iterable[Member], copies: int = 1) -> bytes:
    """A zip as told. With `copies`, the directory names each member so often, all at the same place."""
    out, directory, entries = bytearray(), bytearray(), 0
    for member in members:
        at, sizes = len(out), (member.crc, len(member.packed), member.size, len(member.name), 0)
        out += struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, member.flags, member.method, 0, 0x21, *sizes)
        out += member.name + member.packed
        for _ in range(copies):
            place = (0, 0, 0, member.mode << 16, at)
            head = (b"PK\x01\x02", 0x0314, 20, member.flags, member.method, 0, 0x21)
            directory += struct.pack("<4sHHHHHHIIIHHHHHII", *head, *sizes, *place) + member.name
            entries += 1
    end = (b"PK\x05\x06", 0, 0, entries & 0xFFFF, entries & 0xFFFF, len(directory), len(out), 0)
    return bytes(out + directory + struct.pack("<4sHHHHIIH", *end))


def overlapping() -> bytes:
    """A thousand members that are one and the same ten MiB."""
    return raw_zip([Member(b"a.txt", deflated(ZEROS, 10), 10 * MIB)], copies=1000)


def nest(levels: int, copies: int, bottom: bytes, name: str = "bottom.txt") -> bytes:
    """Zips in zips: `copies` of the next one on each level."""
    data = made.zipped({name: bottom}, zipfile.ZIP_DEFLATED)
    for level in range(levels):
        data = made.zipped({f"{level}-{n}.zip": data for n in range(copies)}, zipfile.ZIP_DEFLATED)
    return data


def sheet(rows: str, head: str = "", packed: bytes = b"", size: int = 0) -> bytes:
    """An Excel file with that sheet; `packed` puts its XML there as it is, of a size that may be a lie."""
    office = "http://schemas.openxmlformats.org"
    main = f'xmlns="{office}/spreadsheetml/2006/main" xmlns:r="{office}/officeDocument/2006/relationships"'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" Type='
        f'"{office}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main}><sheets><sheet name="Orders" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship '
        f'Id="r1" Type="{office}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
    }
    data = f"<worksheet {main}>{head}<sheetData>{rows}</sheetData></worksheet>".encode()
    table = Member(b"xl/worksheets/sheet1.xml", packed, size) if packed else _packed("xl/worksheets/sheet1.xml", data)
    return raw_zip([*(_packed(name, text.encode()) for name, text in parts.items()), table])


def rows_without_end(claimed: int) -> bytes:
    """A billion rows; the directory says that they are `claimed` bytes."""
    main = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    row = b"<row/>"
    rows = row * (MIB // len(row))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    begin = packer.compress(main) + packer.flush(zlib.Z_FULL_FLUSH)
    return sheet("", packed=begin + deflated(rows, 10**9 // (MIB // len(row))), size=claimed)


def opendocument(content: str, kind: str, head: str = "") -> bytes:
    """An OpenDocument file (kind: text, spreadsheet) with that body."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{name}="{space}:{name}:1.0"' for name in ("office", "text", "table"))
    body = f"<office:document-content {spaces}><office:body><office:{kind}>{content}</office:{kind}></office:body>"
    mimetype = f"application/vnd.oasis.opendocument.{kind}".encode()
    content = f"{head}{body}</office:document-content>".encode()
    first = Member(b"mimetype", mimetype, len(mimetype), zipfile.ZIP_STORED, crc=zlib.crc32(mimetype))
    return raw_zip([first, _packed("content.xml", content)])


def laughs(root: str = "lolz", reference: str = "&lol9;") -> tuple[str, str]:
    """The billion laughs: a document type with the entities, and what asks for them."""
    lines = ['<!ENTITY lol "lol">', '<!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">']
    lines += [f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(2, 10)]
    return f"<!DOCTYPE {root} [{''.join(lines)}]>", reference


def quadratic() -> bytes:
    """One large entity, asked for again and again."""
    return f'<!DOCTYPE a [<!ENTITY x "{"x" * 100_000}">]><a>{"&x;" * 100_000}</a>'.encode()


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A black and white PNG that claims that size."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", data or zlib.compress(b"")) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def whole_png(width: int, height: int) -> bytes:
    """One that keeps its word, and is a hundredth of a percent as large."""
    row = (width + 7) // 8 + 1
    data = zlib.compressobj(9)
    return png(width, height, b"".join(data.compress(bytes(row * 1000)) for _ in range(height // 1000)) + data.flush())


def tiff(width: int, height: int) -> bytes:
    """A TIFF of one strip that claims that size."""
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 100)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + struct.pack("<I", 0) + bytes(100)


def tiff_loop() -> bytes:
    """A TIFF whose first picture is followed by itself."""
    one = bytearray(tiff(8, 8))
    one[-104:-100] = struct.pack("<I", 8)
    return bytes(one)


def bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IIIIiiHHIIiiII", 154, 0, 54, 40, width, height, 1, 24, 0, 100, 0, 0, 0, 0) + bytes(100)


def jpeg(width: int, height: int) -> bytes:
    frame = struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0" + frame + b"\xff\xd9"


def tar(*members: tuple[str, bytes, str, bytes]) -> bytes:
    """A tar of (name, type, target of a link, data)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, target, data in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tar_that_lies() -> bytes:
    """A tar with a member of eight exabytes."""
    head = bytearray(tar(("a.txt", tarfile.REGTYPE, "", b"x")))
    head[124:136] = b"\x80" + (2**63 - 1).to_bytes(11, "big")
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\x00 " % sum(head[:512])
    return bytes(head)


def bzipped() -> bytes:
    return bz2.compress(bytes(45 * MIB)) * 100


def xzipped() -> bytes:
    return lzma.compress(bytes(45 * MIB), preset=1) * 100


# -- PDFs -----------------------------------------------------------------------------------------


def flate_chain() -> bytes:
    """A page whose content is a GiB of blanks, packed twice."""
    inner = zlibbed(b" " * MIB, 1024)
    return _one_page(made.stream(zlib.compress(inner, 9), b"/Filter[/FlateDecode/FlateDecode]"))


def picture_bomb() -> bytes:
    """A page that is one picture of 50,000 by 50,000 points."""
    entries = b"/Subtype/Image/Width 50000/Height 50000/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
    return _one_page(made.stream(b"600 0 0 700 0 0 cm /X Do"), made.stream(zlibbed(ZEROS, 2400), entries))


def form_that_draws_itself() -> bytes:
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>"
    return _one_page(made.stream(b"/X Do"), made.stream(b"/X Do /X Do", entries))


def page_tree_in_a_circle() -> bytes:
    trees = [b"<</Type/Pages/Count 9/Kids[3 0 R 3 0 R]>>", b"<</Type/Pages/Count 9/Kids[2 0 R]>>"]
    return made.pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", *trees])


def page_tree_that_lies() -> bytes:
    return made.pdf(1).replace(b"/Count 1/", b"/Count 2147483647/")


def deep_page_tree(levels: int = 5000) -> bytes:
    trees = [b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (n + 3) for n in range(levels)]
    return made.pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", *trees, b"<</Type/Page/MediaBox[0 0 9 9]>>"])


def table_that_follows_itself() -> bytes:
    whole = made.pdf(1)
    return whole.replace(b"/Root 1 0 R>>", b"/Root 1 0 R/Prev %s>>" % whole.rpartition(b"startxref\n")[2].split()[0])


def deep_pdf_array() -> bytes:
    return _one_page(made.stream(b"[" * DEEP), b"[" * DEEP)


def immense_page() -> bytes:
    return made.pdf(1).replace(b"[0 0 612 792]", b"[0 0 1e9 1e9]")


def _one_page(content: bytes, thing: bytes = b"null") -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
    tree = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    return made.pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", tree, page, content, thing])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _packed(name: str, data: bytes) -> Member:
    return Member(name.encode(), zlib.compress(data, 9)[2:-4], len(data), crc=zlib.crc32(data))
