"""PDFs made for tests, by a library or by hand, and what our reader says of them."""

from __future__ import annotations

import random

import pytest

from engine.cards import Problem
from engine.pages import Page, Part, packed, unpacked
from engine.readers import Limits, pdf
from engine.readers._file import File

fpdf = pytest.importorskip("fpdf")

WORDS = "Dear customer your invoice number LF-12345 over 1,234.50 EUR is due (soon) café".split()


def made(*, pages: int = 2, **locks) -> bytes:
    """A letter of 150 words a page."""
    rng = random.Random(7)
    paper = fpdf.FPDF(unit="pt")
    paper.set_font("helvetica", size=11)
    for _ in range(pages):
        paper.add_page()
        paper.multi_cell(0, 14, " ".join(rng.choice(WORDS) for _ in range(150)), align="L")
    paper.set_title("Two pages")
    if locks:
        paper.set_encryption(**locks)
    return bytes(paper.output())


def drawn(*steps) -> bytes:
    """One page on which each step writes or draws something, one below the other."""
    paper = fpdf.FPDF(unit="pt")
    paper.add_page()
    paper.set_font("helvetica", size=12)
    for step in steps:
        step(paper)
        paper.ln(20)
    return bytes(paper.output())


def stream(content: str, entries: str = "") -> str:
    return f"<<{entries}/Length {len(content.encode('latin-1'))}>>stream\n{content}\nendstream"


def by_hand(content: str, *, page: str = "", catalog: str = "", **objects: str) -> bytes:
    """A document of one page, with further objects (o7="<<...>>") as they are given."""
    bodies = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/Resources<</Font<</F1 5 0 R>>"
        f"/Properties<</L1 7 0 R/L2 8 0 R>>>>/Contents 4 0 R{page}>>",
        4: stream(content),
        5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        7: "<</Type/OCG/Name(Draft)>>",
        8: "<</Type/OCG/Name(Final)>>",
        **{int(name[1:]): body for name, body in objects.items()},
    }
    parts, places = [b"%PDF-1.7\n"], {}
    for number, body in sorted(bodies.items()):
        places[number] = sum(map(len, parts))
        parts.append(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    start, size = sum(map(len, parts)), max(bodies) + 1
    rows = (f"{places[n]:010} 00000 n \n" if n in places else "0000000000 00000 f \n" for n in range(1, size))
    table = f"xref\n0 {size}\n0000000000 65535 f \n{''.join(rows)}trailer\n<</Size {size}/Root 1 0 R>>\n"
    return b"".join([*parts, f"{table}startxref\n{start}\n%%EOF\n".encode()])


def lettered(content: str, codes: dict[str, str]) -> bytes:
    """A page whose font says that those letters mean others (UTF-16, as digits)."""
    pairs = " ".join(f"<{ord(letter):02x}> <{meaning}>" for letter, meaning in codes.items())
    table = f"begincmap 1 begincodespacerange <00> <ff> endcodespacerange {len(codes)} beginbfchar {pairs} endbfchar"
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    return by_hand(f"BT /F1 12 Tf 20 250 Td ({content}) Tj ET", o5=font, o6=stream(f"{table} endcmap"))


def parts(data: bytes, limits: Limits | None = None, **about) -> list[Part]:
    return list(pdf.read(File(data, "x.pdf", **about), limits or Limits()))


def pages(data: bytes, **about) -> list[Page]:
    found = [part for part in parts(data, **about) if isinstance(part, Page)]
    assert all(unpacked(packed(page)) == page for page in found)
    return found


def only_page(data: bytes) -> Page:
    (page,) = pages(data)
    return page


def said(page: Page) -> list[str]:
    return [page.text[start:end] for start, end, *_ in page.words]


def problem(data: bytes, **about) -> str:
    with pytest.raises(Problem) as caught:
        parts(data, **about)
    return caught.value.code


def box_of(page: Page, word: str) -> tuple[float, ...]:
    return next(row[2:] for row in page.words if page.text[row[0] : row[1]] == word)


def field(name: str, rect: str, rest: str) -> str:
    """A form's field, for `form`."""
    return f"<</Type/Annot/Subtype/Widget/T({name})/Rect[{rect}]/F 4/DA(/F1 10 Tf 0 g){rest}>>"


def form(**objects: str) -> bytes:
    """Labels on the left, with fields that are filled in by those objects (from o10 on)."""
    labels = "BT /F1 10 Tf 20 250 Td (Name:) Tj 0 -30 Td (Agreed:) Tj 0 -30 Td (Colour:) Tj 0 -30 Td (The end) Tj ET"
    fields = " ".join(f"{name[1:]} 0 R" for name in objects if "/Subtype/Widget" in objects[name])
    catalog = f"/AcroForm<</Fields[{fields}]/DA(/F1 10 Tf 0 g)/DR<</Font<</F1 5 0 R>>>>>>"
    return by_hand(labels, page=f"/Annots[{fields}]", catalog=catalog, **objects)
