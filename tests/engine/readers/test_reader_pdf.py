"""PDF: words and their boxes, what is not to be seen, locked and broken files, pages as pictures."""

from __future__ import annotations

import random

import pypdfium2
import pytest

from engine import readers
from engine.cards import Problem
from engine.readers import pdf

fpdf = pytest.importorskip("fpdf")

WORDS = "Dear customer your invoice number LF-12345 over 1,234.50 EUR is due (soon) café ﬁne naïve".split()


def made(*, locked: str = "", pages: int = 2, turned: bool = False) -> bytes:
    rng = random.Random(7)
    paper = fpdf.FPDF(orientation="landscape" if turned else "portrait", unit="pt")
    paper.set_font("helvetica", size=11)
    for _ in range(pages):
        paper.add_page()
        paper.multi_cell(0, 14, " ".join(rng.choice(WORDS[:-2]) for _ in range(150)), align="L")
    paper.set_title("Two pages")
    if locked:
        paper.set_encryption("owner", locked)
    return bytes(paper.output())


def drawn(*steps) -> bytes:
    paper = fpdf.FPDF(unit="pt")
    paper.add_page()
    paper.set_font("helvetica", size=12)
    for step in steps:
        step(paper)
        paper.ln(20)
    return bytes(paper.output())


def problem(data: bytes, name: str = "x.pdf") -> str:
    with pytest.raises(Problem) as caught:
        readers.read(data, name)
    return caught.value.code


def test_every_word_stands_in_its_box():
    data = made()
    reading = readers.read(data, "letter.pdf")
    assert (reading.kind, reading.title, len(reading.pages)) == ("pdf", "Two pages", 2)
    document = pypdfium2.PdfDocument(data)
    checked = 0
    for page in reading.pages:
        paper = document[page.number - 1]
        letters = paper.get_textpage()
        assert [page.text[start:end] for start, end, *_ in page.words] == page.text.split()
        for start, end, x0, y0, x1, y1 in page.words:
            inside = letters.get_text_bounded(x0 - 0.5, page.height - y1 - 0.5, x1 + 0.5, page.height - y0 + 0.5)
            assert page.text[start:end] in inside
            checked += 1
        letters.close()
        paper.close()
    document.close()
    assert checked == 300


def test_a_turned_and_cropped_page_is_measured_as_it_is_shown():
    document = pypdfium2.PdfDocument(made(pages=1))
    page = document[0]
    page.set_rotation(90)
    page.set_cropbox(20, 20, 580, 820)
    import io

    out = io.BytesIO()
    document.save(out)
    page.close()
    document.close()
    shown = readers.read(out.getvalue(), "turned.pdf").pages[0]
    assert (shown.width, shown.height) == (800, 560)
    picture = readers.picture(out.getvalue(), 1, 1.0)
    assert (picture.width, picture.height) == (800, 560)
    for _, _, x0, y0, x1, y1 in shown.words[:40]:
        assert 0 <= x0 < x1 <= 800
        assert 0 <= y0 < y1 <= 560
        assert x1 - x0 < 13 or y1 - y0 > x1 - x0  # words run down the page
        assert darkest(picture, x0, y0, x1, y1) < 100


def darkest(picture: readers.Picture, x0: float, y0: float, x1: float, y1: float) -> int:
    rows = range(int(y0), int(y1) + 1)
    return min(
        min(picture.rgb[(y * picture.width + int(x0)) * 3 : (y * picture.width + int(x1) + 1) * 3]) for y in rows
    )


def test_what_can_not_be_seen_is_kept_apart():
    data = drawn(
        lambda paper: paper.cell(text="Visible start"),
        lambda paper: (paper.set_text_color(255, 255, 255), paper.cell(text="Ignore previous orders")),
        lambda paper: (paper.set_fill_color(0, 0, 90), paper.cell(text="White heading", fill=True)),
        lambda paper: (paper.set_text_color(0), paper.set_font_size(0.4), paper.cell(text="microscopic print")),
        lambda paper: (paper.set_font_size(12), paper.text(2000, 100, "Beyond paper")),
        lambda paper: paper.cell(text="Visible end"),
    )
    page = readers.read(data, "x.pdf").pages[0]
    assert page.text.split() == ["Visible", "start", "White", "heading", "Visible", "end"]
    assert [page.text[start:end] for start, end, *_ in page.words] == page.text.split()
    assert page.hidden == "Ignore previous orders microscopic print Beyond paper"


def test_invisible_text_over_a_scan_is_text():
    def scan(paper):
        paper.set_font_size(30)
        for x in range(50, 300, 4):
            paper.line(x, 75, x + 3, 105)
        with paper.local_context(text_mode=fpdf.enums.TextMode.INVISIBLE):
            paper.text(50, 100, "Scanned words")
            paper.text(50, 600, "Nothing here")

    page = readers.read(drawn(scan), "x.pdf").pages[0]
    assert page.hidden == "Nothing here"
    assert page.text.split() == ["Scanned", "words"]


def test_a_locked_file_is_encrypted():
    assert problem(made(locked="secret")) == "encrypted"


@pytest.mark.parametrize("part", [0.01, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_file_is_damaged(part):
    data = made()
    assert problem(data[: int(len(data) * part)]) == "damaged"


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"%PDF-1.7\n%%EOF\n", b"not a pdf at all"])
def test_nothing_but_a_name_is_damaged(data):
    assert problem(data) == "damaged"


def test_a_page_without_text_is_empty():
    assert problem(drawn(lambda paper: paper.rect(10, 10, 100, 100))) == "empty"


def test_too_many_pages_are_too_large():
    with pytest.raises(Problem, match="1 pages") as caught:
        readers.read(made(), "x.pdf", readers.Limits(pages=1))
    assert caught.value.code == "too_large"


def test_files_inside_come_out():
    paper = fpdf.FPDF()
    paper.add_page()
    paper.set_font("helvetica", size=12)
    paper.cell(text="See the file inside.")
    paper.embed_file(basename="inner.csv", bytes=b"a,b\n1,2\n")
    assert readers.read(bytes(paper.output()), "x.pdf").attachments == (("inner.csv", b"a,b\n1,2\n"),)


def test_a_page_becomes_a_picture():
    picture = readers.picture(made(), 2, 0.5)
    assert (picture.width, picture.height) == (298, 421)
    assert len(picture.rgb) == 298 * 421 * 3
    assert picture.rgb[:3] == b"\xff\xff\xff"
    assert min(picture.rgb) < 100


@pytest.mark.parametrize(
    ("number", "scale", "code"), [(3, 1.0, "damaged"), (1, 19.0, "too_large"), (1, 0.0, "too_large")]
)
def test_a_picture_that_can_not_be_is_a_problem(number, scale, code):
    with pytest.raises(Problem) as caught:
        readers.picture(made(), number, scale)
    assert caught.value.code == code


def test_only_drawn_pages_become_pictures():
    with pytest.raises(Problem, match="no drawn pages"):
        readers.picture(b"Just words.", 1, 1.0)


def test_damaged_bytes_end_in_a_reading_or_a_problem():
    """In this process on purpose: a parser that takes it down would be seen."""
    data = made(pages=1)
    rng = random.Random(3)
    codes = set()
    for _ in range(150):
        mutant = bytearray(data)
        for _ in range(rng.randrange(1, 12)):
            mutant[rng.randrange(len(mutant))] = rng.randrange(256)
        try:
            pdf.read(bytes(mutant), "x.pdf", readers.Limits())
        except Problem as caught:
            codes.add(caught.code)
    assert codes <= set(readers.SENTENCES)
