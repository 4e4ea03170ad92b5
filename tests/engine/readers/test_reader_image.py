"""Pictures: what kind, which way up, how large on paper, and the words that are recognised in them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.cards import Problem
from engine.pages import Count, Page
from engine.readers import Limits, _ocr, image
from engine.readers._file import File

EXIF_ORIENTATION = 0x0112


@pytest.fixture(scope="module")
def eyes() -> Iterator[None]:
    _ocr.load()
    yield
    _ocr._own.clear()


def drawn(text: str, size: tuple[int, int] = (900, 240), mode: str = "RGB") -> Image.Image:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).text((60, 80), text, "black", ImageFont.load_default(48))
    return picture.convert(mode)


def saved(picture: Image.Image, form: str, **more: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **more)
    return out.getvalue()


def pages(data: bytes, limits: Limits | None = None) -> list[Page]:
    return [part for part in image.read(File(data, "x"), limits or Limits()) if isinstance(part, Page)]


@pytest.mark.parametrize(
    ("form", "kind"),
    [("PNG", "png"), ("JPEG", "jpg"), ("TIFF", "tif"), ("BMP", "bmp"), ("WEBP", "webp"), ("GIF", "gif")],
)
def test_each_kind_is_known_by_its_mark_and_read(eyes: None, form: str, kind: str) -> None:
    data = saved(drawn("Total due 88"), form)
    assert image.recognises(File(data, "x.txt")) == (kind, 1.0)
    (page,) = pages(data)
    assert page.text == "Total due 88"
    assert len(page.confidences) == len(page.words) == 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16", "RGBA", "LA"])
def test_every_way_of_keeping_colours_is_read(eyes: None, mode: str) -> None:
    picture = drawn("Total due 88", mode="L" if mode == "I;16" else mode)
    if mode == "I;16":
        picture = Image.frombytes("I;16", picture.size, b"".join(bytes((0, dot)) for dot in picture.tobytes()))
    assert pages(saved(picture, "TIFF"))[0].text == "Total due 88"


def test_what_is_transparent_counts_as_paper(eyes: None) -> None:
    picture = Image.new("RGBA", (900, 240), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((60, 80), "Black on nothing", "black", ImageFont.load_default(48))
    assert pages(saved(picture, "PNG"))[0].text == "Black on nothing"


def test_a_telephone_held_sideways_is_read_upright_and_its_page_stands_upright(eyes: None) -> None:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6  # turn a quarter to the right to see it upright
    data = saved(drawn("Held sideways").rotate(90, expand=True), "JPEG", exif=exif)
    (page,) = pages(data)
    assert page.text == "Held sideways"
    assert page.width > page.height


def test_a_tiff_has_a_page_for_each_of_its_pictures(eyes: None) -> None:
    data = saved(drawn("Page one"), "TIFF", save_all=True, append_images=[drawn("Page two")])
    parts = list(image.read(File(data, "x"), Limits()))
    assert parts[0] == Count(2)
    assert [part.text for part in parts if isinstance(part, Page)] == ["Page one", "Page two"]


@pytest.mark.parametrize(("dpi", "width"), [(300, 216.0), (72, 8.27 * 72 * 900 / 240), (20_000, 8.27 * 72 * 900 / 240)])
def test_the_page_is_as_wide_as_the_resolution_says_if_that_can_be(eyes: None, dpi: int, width: float) -> None:
    (page,) = pages(saved(drawn("Wide"), "PNG", dpi=(dpi, dpi)))
    assert page.width == pytest.approx(width, rel=0.01)


def test_boxes_and_the_drawn_picture_agree(eyes: None) -> None:
    data = saved(drawn("Where"), "PNG", dpi=(150, 150))
    (page,) = pages(data)
    box = page.box(0, 5)
    assert box is not None
    shown = image.picture(File(data, "x"), 1, 2.0)
    assert (shown.width, shown.height) == (round(page.width * 2), round(page.height * 2))
    picture = Image.frombytes("RGB", (shown.width, shown.height), shown.rgb).convert("L")
    x0, y0, x1, y1 = (round(edge * 2) for edge in box)
    inside, whole = picture.crop((x0, y0, x1, y1)), picture
    dark = [sum(part.histogram()[:128]) for part in (inside, whole)]
    assert dark[0] == dark[1] > 100


@pytest.mark.parametrize("cut", [30, 200])
def test_a_picture_that_is_cut_off_is_damaged(eyes: None, cut: int) -> None:
    data = saved(drawn("Cut"), "PNG")
    with pytest.raises(Problem) as caught:
        pages(data[:cut])
    assert caught.value.code == "damaged"


def test_one_with_too_many_dots_is_refused_by_its_head(eyes: None) -> None:
    data = saved(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(Problem) as caught:
        pages(data)
    assert caught.value.code == "too_large"


def test_a_fax_with_twice_as_many_dots_across_as_down_is_read_in_its_true_shape(eyes: None) -> None:
    fax = drawn("Sent by fax").resize((900, 120))
    (page,) = pages(saved(fax, "TIFF", dpi=(204, 102)))
    assert page.text == "Sent by fax"
    assert page.width / page.height == pytest.approx(900 / 240, rel=0.01)


def test_only_the_wanted_pages_of_a_tiff_are_read(eyes: None) -> None:
    data = saved(drawn("Page one"), "TIFF", save_all=True, append_images=[drawn("Page two"), drawn("Page three")])
    parts = list(image.read(File(data, "x", first=2, last=2), Limits()))
    assert parts[0] == Count(3)
    assert [(part.number, part.text) for part in parts[1:] if isinstance(part, Page)] == [(2, "Page two")]


def test_a_file_that_only_calls_itself_a_picture_is_damaged(eyes: None) -> None:
    assert image.recognises(File(b"nothing of it", "scan.JPG")) == ("jpg", 0.3)
    with pytest.raises(Problem) as caught:
        list(image.read(File(b"nothing of it", "scan.JPG"), Limits()))
    assert caught.value.code == "damaged"


def test_without_the_models_a_worker_that_has_them_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ocr, "_own", [])
    with pytest.raises(_ocr.NeedsEyes):
        pages(saved(drawn("Blind"), "PNG"))
