"""Small files for tests, made byte by byte, so that they are the same on every machine."""

from __future__ import annotations

import io
import zipfile


def pdf(pages: int, words: str = "Page {} says hello", kids: str = "", more: tuple[bytes, ...] = ()) -> bytes:
    """A PDF of so many pages with a line each. `kids` replaces its list of pages, `more` are further objects."""
    named = kids or " ".join(f"{4 + 2 * n} 0 R" for n in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {pages}/Kids[{named}]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number in range(1, pages + 1):
        page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {} 0 R/Resources<</Font<</F 3 0 R>>>>>>"
        objects.append(page.format(len(objects) + 2).encode())
        objects.append(stream(f"BT /F 12 Tf 50 700 Td ({words.format(number)}) Tj ET".encode()))
    return pdf_of([*objects, *more])


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object of a PDF."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), entries, data)


def pdf_of(objects: list[bytes]) -> bytes:
    """A PDF of those objects, the first of which is its catalogue."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, thing in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, thing)
    begin = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, begin))


def zipped(files: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    """A zip. The same files make the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as package:
        for name, data in files.items():
            package.writestr(zipfile.ZipInfo(name), data, packing)
    return out.getvalue()


def docx(body: str, head: str = "") -> bytes:
    """A Word file around that XML. `head` stands before its root: a document type, say."""
    office = "http://schemas.openxmlformats.org"
    types = (
        f'<Types xmlns="{office}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r" Type='
        f'"{office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    document = f'{head}<w:document xmlns:w="{office}/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>'
    parts = {"[Content_Types].xml": types, "_rels/.rels": relations, "word/document.xml": document}
    return zipped({name: text.encode() for name, text in parts.items()}, zipfile.ZIP_DEFLATED)


def paragraph(text: str) -> str:
    """One paragraph of a Word file."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
