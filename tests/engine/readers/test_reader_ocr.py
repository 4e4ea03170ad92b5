"""OCR: what is recognised, where it stands, in which order; and a process that forks and is locked afterwards."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.readers import _ocr, _ocr_order, _ocr_strips
from engine.readers._ocr_strips import Strip

ROOT = Path(__file__).resolve().parents[3]
LETTER = "Dear Madam,\nyour order 4711 of 3 May\nwas sent this morning.\nKind regards"
LOCKED = """
import os, resource, sys
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from engine.readers import _ocr
picture = Image.new("RGB", (900, 200), "white")
ImageDraw.Draw(picture).text((60, 60), "Behind the fence", "black", ImageFont.load_default(48))
dots = np.asarray(picture)
_ocr.load()
assert len(os.listdir("/proc/self/task")) == 1, "a thread is left running"
if os.fork() == 0:
    size = int(open("/proc/self/statm").read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + (1 << 30),) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    modules = set(sys.modules)
    text = _ocr.page(dots, 648, 144, 1).text
    os._exit(0 if text == "Behind the fence" and set(sys.modules) == modules else 1)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.fixture(scope="module")
def eyes() -> Iterator[None]:
    _ocr.load()
    yield
    _ocr._own.clear()


def drawn(text: str, size: tuple[int, int] = (1000, 500), at: tuple[int, int] = (80, 60)) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).multiline_text(at, text, "black", ImageFont.load_default(40), spacing=20)
    return picture


def read(picture: Image.Image) -> str:
    return _ocr.page(np.asarray(picture), 500, 250, 1).text


def test_lines_are_read_in_order_with_their_spaces(eyes: None) -> None:
    assert read(drawn(LETTER)) == LETTER


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_that_lies_on_its_side_or_head_is_read_all_the_same(eyes: None, degrees: int) -> None:
    assert read(drawn(LETTER).rotate(degrees, expand=True)) == LETTER


@pytest.mark.parametrize("degrees", [-8, -2, 4])
def test_a_page_that_lay_askew_in_the_scanner_is_read(eyes: None, degrees: float) -> None:
    askew = drawn(LETTER).rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    assert read(askew).split() == LETTER.split()


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_each_word_has_its_box_on_the_picture_as_it_was_given(eyes: None, turns: int) -> None:
    picture = drawn("one   thirteen   xylophone", (1000, 200))
    dots = np.rot90(np.asarray(picture), turns)
    (line,) = _ocr.recognise(dots)
    assert [word.text for word in line.words] == ["one", "thirteen", "xylophone"]
    dark = dots.min(axis=2) < 128
    for word in line.words:
        x0, y0, x1, y1 = (round(edge) for edge in word.box)
        assert dark[y0:y1, x0:x1].sum() > 100
        dark = dark.copy()
        dark[y0:y1, x0:x1] = False
    assert dark.sum() == 0
    boxes = [word.box for word in line.words]
    assert not any(_overlap(one, other) for one, other in itertools.combinations(boxes, 2))


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return min(one[2], other[2]) - max(one[0], other[0]) > 4 and min(one[3], other[3]) - max(one[1], other[1]) > 4


def test_the_page_measures_in_points_and_knows_how_sure_each_word_is(eyes: None) -> None:
    page = _ocr.page(np.asarray(drawn("Total 42", (1000, 500))), 500, 250, 3)
    assert (page.number, page.width, page.height, page.text) == (3, 500, 250, "Total 42")
    assert [page.text[word[0] : word[1]] for word in page.words] == ["Total", "42"]
    assert len(page.confidences) == 2
    assert min(page.confidences) > 80
    box = page.box(0, 5)
    assert box is not None
    assert 30 < box[0] < 50
    assert 20 < box[1] < 45


def test_what_stands_apart_is_a_paragraph_of_its_own(eyes: None) -> None:
    assert (
        read(drawn("First part\nof two lines\n\n\nSecond part", (700, 420)))
        == "First part\nof two lines\n\nSecond part"
    )


def test_white_letters_on_a_dark_ground_are_read(eyes: None) -> None:
    dark = Image.fromarray(255 - np.asarray(drawn("Night shift", (700, 200))))
    assert read(dark) == "Night shift"


def test_small_print_on_a_large_sheet_is_looked_at_closely(eyes: None) -> None:
    sheet = Image.new("RGB", (2340, 1650), "white")
    words = "The goods remain our property until they are paid in full."
    ImageDraw.Draw(sheet).multiline_text(
        (200, 200), "\n".join([words] * 8), "black", ImageFont.load_default(18), spacing=5
    )
    assert read(sheet).split("\n") == [words] * 8


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_an_empty_sheet_has_no_words(eyes: None, shade: int) -> None:
    assert _ocr.recognise(np.full((700, 500, 3), shade, np.uint8)) == ()


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (33, 20)])
def test_the_smallest_pictures_are_no_trouble(eyes: None, size: tuple[int, int]) -> None:
    assert _ocr.recognise(np.zeros((*size, 3), np.uint8)) == ()


def test_noise_is_no_text(eyes: None) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (600, 600, 3), np.uint8)
    assert sum(len(line.words) for line in _ocr.recognise(noise)) < 5


def test_without_the_models_nothing_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ocr, "_own", [])
    assert not _ocr.loaded()
    with pytest.raises(_ocr.NeedsEyes):
        _ocr.recognise(np.zeros((9, 9, 3), np.uint8))


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_a_forked_process_recognises_without_opening_or_importing_anything() -> None:
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", LOCKED], env=os.environ | one_thread, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files by what stands in them")
def test_the_runtime_carries_no_client_that_reports_to_its_maker() -> None:
    from importlib.util import find_spec

    spec = find_spec("onnxruntime")
    assert spec is not None
    assert spec.origin is not None
    for library in Path(spec.origin).parent.rglob("*.so*"):
        assert b"events.data.microsoft.com" not in library.read_bytes(), library


def test_two_columns_of_prose_are_read_one_after_the_other() -> None:
    title = (0.0, 0.0, 400.0, 12.0)
    left = [(0.0, y, 190.0, y + 10.0) for y in range(20, 140, 12)]
    right = [(210.0, y, 400.0, y + 10.0) for y in range(20, 140, 12)]
    mixed = [title, *(box for pair in zip(left, right, strict=True) for box in pair)]
    order = [mixed[n] for _, row in _ocr_order.rows(mixed) for n in row]
    assert order == [title, *left, *right]


def test_a_table_is_read_row_by_row() -> None:
    names = [(0.0, y, 80.0, y + 10.0) for y in range(0, 120, 12)]
    prices = [(300.0, y + 1.0, 330.0, y + 11.0) for y in range(0, 120, 12)]
    rows = _ocr_order.rows([*prices, *names])
    assert [row for _, row in rows] == [[n + 10, n] for n in range(10)]
    assert [apart for apart, _ in rows] == [True] + [False] * 9


def test_a_strip_keeps_its_place_when_it_is_cut_turned_and_scaled() -> None:
    strip = Strip(100.0, 50.0, 80.0, 10.0, 0.0)
    assert strip.box == (60.0, 45.0, 140.0, 55.0)
    assert strip.part(0.5, 1.0).box == (100.0, 45.0, 140.0, 55.0)
    assert strip.flipped().part(0.0, 0.5).box == pytest.approx((100.0, 45.0, 140.0, 55.0))
    assert strip.scaled(2.0, 3.0).box == (120.0, 135.0, 280.0, 165.0)
    assert strip.turned(np.pi / 2).box == pytest.approx((-55.0, 60.0, -45.0, 140.0))
    assert strip.inside(120, 52).box == (60.0, 45.0, 120.0, 52.0)


def test_patches_of_likely_dots_become_strips_with_one_slope() -> None:
    chances = np.zeros((120, 300), np.float32)
    chances[20:26, 20:220] = chances[60:66, 40:260] = 0.9
    chances[100:102, 5:8] = 0.9  # a speck
    found = _ocr_strips.strips(chances)
    assert [(round(strip.x), round(strip.y), strip.slope) for strip in found] == [(120, 23, 0.0), (150, 63, 0.0)]


def test_a_thread_of_a_picture_is_no_page_and_costs_no_memory(eyes: None) -> None:
    assert _ocr.recognise(np.full((8, 4_000_000, 3), 255, np.uint8)) == ()
