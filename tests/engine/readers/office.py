"""Office files made by hand for tests, and what our readers say of them."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from types import ModuleType

import pytest

from engine.cards import Problem
from engine.pages import Inner, Page
from engine.readers import Limits, _wire
from engine.readers._file import File
from tests.engine.scripted import drained

KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
PROPERTIES = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
)
CHART = (
    f"<c:chartSpace {NAMES}><c:title><c:tx><c:rich><a:p><a:r><a:t>Ducks</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    "<c:ser><c:tx><c:strRef><c:strCache><c:pt><c:v>Lake</c:v></c:pt></c:strCache></c:strRef></c:tx>"
    "<c:cat><c:strCache><c:pt><c:v>2023</c:v></c:pt><c:pt><c:v>2024</c:v></c:pt></c:strCache></c:cat>"
    "<c:val><c:numCache><c:pt><c:v>4.4000000000000004</c:v></c:pt><c:pt><c:v>5</c:v></c:pt></c:numCache></c:val>"
    "</c:ser></c:chartSpace>"
)

Parts = dict[str, str | bytes]


def read(reader: ModuleType, data: bytes, name: str = "x", password: str = "", limits: Limits | None = None):
    """The pages, the files inside, and the title."""
    found, title = drained(reader.read(File(data, name, password), limits or Limits()))
    return (
        [part for part in found if isinstance(part, Page)],
        [part for part in found if isinstance(part, Inner)],
        title,
    )


def only_page(reader: ModuleType, data: bytes, name: str = "x") -> Page:
    pages = read(reader, data, name)[0]
    assert len(pages) == 1
    return pages[0]


def hidden(page: Page) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in page.hidden]


def path(page: Page, word: str) -> str:
    """The structure around a word."""
    return page.path(page.text.index(word))


def code(reader: ModuleType, data: bytes, password: str = "") -> str:
    """The quarantine code that the reader ends with."""
    with pytest.raises(Problem) as caught:
        read(reader, data, password=password)
    return caught.value.code


def mutants_end_well(reader: ModuleType, data: bytes, count: int = 60) -> None:
    """Whatever is done to the file, the reader reads it or says why not."""
    rng = random.Random(11)
    codes = set()
    for _ in range(count):
        mutant = bytearray(data)
        for _ in range(rng.randrange(1, 10)):
            mutant[rng.randrange(len(mutant))] = rng.randrange(256)
        if rng.random() < 0.2:
            del mutant[rng.randrange(len(mutant)) :]
        codes.add(_ending(reader, bytes(mutant)))
    assert codes <= {"read", *_wire.CODES}


def _ending(reader: ModuleType, data: bytes) -> str:
    try:
        read(reader, data)
    except Problem as caught:
        return caught.code
    return "read"


def parts_of(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def zipped(parts: Parts) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            stored = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            package.writestr(name, data, stored)
    return out.getvalue()


def ooxml(main: str, kind: str, parts: Parts, related: dict[str, list[tuple[str, str, str]]], title: str = "") -> bytes:
    """A modern Office file. `related` has (id, kind, target) by part."""
    contents = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
        f'PartName="/{main}" ContentType="application/vnd.{kind}.main+xml"/></Types>'
    )
    lists = {"": [("d", "officeDocument", main)], **related}
    made: Parts = {"[Content_Types].xml": contents}
    if title:
        lists[""].append(("t", PROPERTIES, "docProps/core.xml"))
        made["docProps/core.xml"] = f'<x xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></x>'
    for part, entries in lists.items():
        folder, _, name = part.rpartition("/")
        rows = "".join(map(_relation, entries))
        made[f"{folder}/_rels/{name}.rels".lstrip("/")] = (
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'
        )
    return zipped({**made, **parts})


def _relation(entry: tuple[str, str, str]) -> str:
    key, kind, target = entry
    far = ' TargetMode="External"' if "://" in target else ""
    return f'<Relationship Id="{key}" Type="{kind if "/" in kind else KIND + kind}" Target="{target}"{far}/>'


def locked(data: bytes, password: str) -> bytes:
    """A modern Office file behind a password. (Tiny ones come out wrong.)"""
    assert len(data) > 5000
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def picture(size: int = 30_000) -> bytes:
    """Bytes that only begin like a picture."""
    return b"\x89PNG\r\n\x1a\n" + random.Random(3).randbytes(size)


def record(sort: int, content: bytes = b"") -> bytes:
    """A record of old Excel: its sort, its size, its content."""
    return struct.pack("<HH", sort, len(content)) + content


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
