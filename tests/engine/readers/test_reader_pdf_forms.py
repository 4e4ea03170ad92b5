"""PDF: what is filled into forms, typed on pages, or stands there only as a picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.pages import Hidden, Inner
from engine.readers import _ocr
from tests.engine.readers.pdfs import box_of, by_hand, drawn, field, form, lettered, only_page, parts, said, stream

ROOT = Path(__file__).resolve().parents[3]


def test_what_was_filled_into_a_form_stands_after_its_label():
    look = "/AP<</N<</Yes 16 0 R/Off 16 0 R>>>>"
    page = only_page(
        form(
            o10=field("name", "70 245 200 262", "/FT/Tx/V(Ada Lovelace)"),
            o11=field("agreed", "70 215 84 229", f"/FT/Btn/V/Yes/AS/Yes{look}"),
            o12=field("other", "120 215 134 229", f"/FT/Btn/V/Off/AS/Off{look}"),
            o13=field("colour", "70 185 200 202", "/FT/Ch/Ff 131072/V(Red)/Opt[(Red)(Blue)]"),
            o16=stream("0 0 9 9 re f", "/Type/XObject/Subtype/Form/BBox[0 0 14 14]"),
        )
    )
    assert page.text == "Name: Ada Lovelace\nAgreed: [x]\nColour: Red\nThe end"
    assert said(page) == page.text.split()
    x0, y0, x1, y1 = box_of(page, "Lovelace")
    assert 70 < x0 < x1 < 200
    assert 300 - 262 < y0 < y1 < 300 - 245 + 2


def test_what_a_field_shows_is_what_counts():
    secret, hidden = 1 << 13, "/F 2"
    page = only_page(
        form(
            o10=field("name", "70 245 200 262", "/FT/Tx/V(Ada)/AP<</N 14 0 R>>"),
            o11=field("pin", "70 215 200 232", f"/FT/Tx/V(Swordfish)/Ff {secret}"),
            o12=field("note", "70 185 200 202", "/FT/Tx/V(Not shown)").replace("/F 4", hidden),
            o14=stream("BT /F1 10 Tf 2 5 Td (Grace) Tj ET", "/Type/XObject/Subtype/Form/BBox[0 0 130 17]/Resources"
            "<</Font<</F1 5 0 R>>>>"),
        )
    )  # fmt: skip
    assert "Name: Grace" in page.text
    assert "Swordfish" not in page.text + repr(page.hidden)
    assert [(hidden.kind, hidden.text) for hidden in page.hidden] == [("concealed", "Not shown")]


def test_typed_on_text_is_text_and_a_comment_is_not():
    notes = [
        "/FreeText/Contents(Paid in May)/DA(/F1 12 Tf 0 g)/Rect[100 100 250 120]",
        "/Text/Contents(Ask Bob)/Rect[300 250 320 270]",
        "/Highlight/Contents(Really?)/QuadPoints[20 262 60 262 20 248 60 248]/Rect[20 248 60 262]",
    ]
    objects = {f"o{n}": f"<</Type/Annot/F 4/Subtype{note}>>" for n, note in enumerate(notes, 10)}
    page = only_page(by_hand("BT /F1 12 Tf 20 250 Td (Bill) Tj ET", page="/Annots[10 0 R 11 0 R 12 0 R]", **objects))
    assert page.text == "Bill\nPaid in May"
    assert said(page) == page.text.split()
    assert [hidden[:2] for hidden in map(row, page.hidden)] == [("comment", "Ask Bob"), ("comment", "Really?")]


def row(hidden: Hidden) -> tuple[str, str, object]:
    return hidden.kind, hidden.text, hidden.box


def test_a_form_that_only_its_own_program_can_draw_gives_what_was_typed_into_it():
    typed = "<xfa:datasets><name>Ada</name></xfa:datasets>"
    data = by_hand(
        "BT /F1 12 Tf 20 250 Td (Please wait...) Tj ET", catalog="/AcroForm<</Fields[]/XFA[(datasets) 10 0 R]>>"
        "/NeedsRendering true", o10=stream(typed),
    )  # fmt: skip
    assert parts(data)[-1] == Inner("form-data.xml", typed.encode())


@pytest.fixture(scope="module")
def eyes() -> None:
    _ocr.load()


def photo(*lines: str, size: tuple[int, int] = (1200, 700)) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    for number, line in enumerate(lines):
        ImageDraw.Draw(picture).text((60, 60 + 120 * number), line, "black", ImageFont.load_default(64))
    return picture


@pytest.mark.usefixtures("eyes")
def test_a_scanned_page_is_recognised():
    data = drawn(lambda paper: paper.image(photo("Invoice 4711", "Total due 88 EUR"), 30, 40, 500))
    page = only_page(data)
    assert page.text == "Invoice 4711\nTotal due 88 EUR"
    assert said(page) == page.text.split()
    assert len(page.confidences) == len(page.words)
    assert min(page.confidences) > 80
    x0, y0, x1, y1 = box_of(page, "Invoice")
    assert (x0, y0) == pytest.approx((30 + 60 * 500 / 1200, 40 + 72 * 500 / 1200), abs=6)
    assert 60 < x1 - x0 < 120
    assert 12 < y1 - y0 < 36  # its letters are 27 points high, with the room above and below them


@pytest.mark.usefixtures("eyes")
def test_a_picture_on_a_page_of_text_is_read_too_and_nothing_twice():
    def step(paper):
        for at in (60, 80, 100, 700):
            paper.text(40, at, f"Printed line at {at} with twenty words or so to fill what is there of it")
        paper.image(photo("Signed by hand"), 40, 150, 500)

    page = only_page(drawn(step))
    lines = [line for line in page.text.split("\n") if line.strip()]
    assert [line.split()[0] for line in lines] == ["Printed", "Printed", "Printed", "Signed", "Printed"]
    assert said(page) == page.text.split()
    assert [sure for word, sure in zip(said(page), page.confidences, strict=True) if word == "Printed"] == [100] * 4


@pytest.mark.usefixtures("eyes")
def test_a_text_layer_of_nonsense_is_recognised_anew():
    data = lettered("The rent is due", dict.fromkeys("Therntisdu", "FFFD"))
    page = only_page(data)
    assert page.text == "The rent is due"
    assert page.confidences


def test_a_scanned_page_needs_eyes():
    """In a process of its own: in this one the models may be loaded."""
    data = drawn(lambda paper: paper.image(photo("Invoice"), 30, 40, 500))
    ask = (
        "import sys; from engine.readers import _ocr, pdf; from engine.readers._file import File\n"
        "from engine.readers import Limits\n"
        "try: list(pdf.read(File(sys.stdin.buffer.read(), 'x'), Limits()))\n"
        "except _ocr.NeedsEyes: print('needs eyes')"
    )
    done = subprocess.run([sys.executable, "-c", ask], input=data, capture_output=True, cwd=ROOT)
    assert done.stdout.decode().strip() == "needs eyes", done.stderr.decode()
