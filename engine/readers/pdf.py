"""Reads PDF: each page's text with the box of every word, and pages as pictures."""

from __future__ import annotations

import contextlib
import ctypes
import math
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from engine.cards import Box, Problem
from engine.readers._text import clean, file_name, named, one_line
from engine.readers._wire import PIXELS, Limits, Picture
from engine.store import Page, Reading

if TYPE_CHECKING:
    import pypdfium2

KIND = "pdf"

_PASSWORD = 4  # FPDF_ERR_PASSWORD
_NO_FILL = (3, 7)  # text render modes that paint nothing: invisible, and clip only
_WORD = re.compile(r"\S+")
_LINE_HYPHENS = {0x02: "-", 0xFFFE: "-"}  # how PDFium writes a hyphen at a line's end
_SMALLEST = 1.0  # points; lower text can't be read by a person
_WHITISH = 3 * 225
_FAINT = 40  # of 255
_CONTRAST = 20  # shades of 255
_SKETCH = 4_000_000  # pixels


class _Word(NamedTuple):
    """One word of a page. `unseen`: surely not to be seen; `suspect`: perhaps, the pixels must tell."""

    start: int
    end: int
    box: Box
    unseen: bool
    suspect: bool


def recognises(head: bytes, name: str) -> float:
    """By its mark, which may stand a little into the file; by name alone, to say that it is damaged."""
    if b"%PDF-" in head[:1024]:
        return 1.0
    return 0.3 if named(name, ".pdf") else 0.0


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """The pages in order, and the files attached to the document."""
    import pypdfium2

    with _opened(data) as pdf:
        if len(pdf) > limits.pages:
            raise Problem("too_large", "There are more pages than the limit.")
        left = limits.characters
        pages = []
        for n in range(len(pdf)):
            try:
                pages.append(_page(pdf, n))
            except pypdfium2.PdfiumError as error:
                raise Problem("damaged", f"Page {n + 1} can't be loaded.") from error
            left -= len(pages[-1].text) + len(pages[-1].hidden)
            if left < 0:
                raise Problem("too_large", "There is more text than the limit.")
        title = one_line(pdf.get_metadata_value("Title"))
        return Reading(KIND, title, tuple(pages), _attachments(pdf, limits))


def picture(data: bytes, number: int, scale: float) -> Picture:
    """Page `number` as a person would see it on paper, filled-in forms included."""
    import pypdfium2

    with _opened(data) as pdf:
        if not 1 <= number <= len(pdf):
            raise Problem("damaged", f"There is no page {number}.")
        pdf.init_forms()
        try:
            page = pdf[number - 1]
        except pypdfium2.PdfiumError as error:
            raise Problem("damaged", f"Page {number} can't be loaded.") from error
        return _pixels(page, scale)


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    import pypdfium2
    import pypdfium2.raw as raw

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code = "encrypted" if error.err_code == _PASSWORD else "damaged"
        raise Problem(code, "PDFium can't open the file.") from error
    with contextlib.closing(pdf):
        # PDFium repairs what it can. A file whose end is missing would be read in part, in silence.
        cut = b"%%EOF" not in data[-1024:] and not raw.FPDF_DocumentHasValidCrossReferenceTable(pdf)
        if cut or not len(pdf):
            raise Problem("damaged", "The end of the file is missing, or it has no pages.")
        yield pdf


def _page(pdf: pypdfium2.PdfDocument, n: int) -> Page:
    with contextlib.closing(pdf[n]) as page, contextlib.closing(page.get_textpage()) as letters:
        width, height = page.get_size()
        text, origins = _characters(letters)
        words = list(_words(page, letters, text, origins))
        unseen = [word for word in words if word.unseen]
        suspects = [word for word in words if word.suspect and not word.unseen]
        if suspects:
            unseen = sorted([*unseen, *_blank(page, suspects)])
    hidden = " ".join(text[word.start : word.end] for word in unseen)
    text, words = _without(text, words, unseen)
    spans = tuple((word.start, word.end, *word.box) for word in words)
    return Page(n + 1, text, round(width, 2), round(height, 2), spans, hidden)


def _characters(letters: pypdfium2.PdfTextPage) -> tuple[str, list[int]]:
    """The page's text, and for each of its characters PDFium's index of it.

    One by one: PDFium's own text leaves characters out, and its indexes would drift from it.
    """
    import pypdfium2.raw as raw

    text: list[str] = []
    origins: list[int] = []
    codes = [raw.FPDFText_GetUnicode(letters, i) for i in range(raw.FPDFText_CountChars(letters))]
    i = 0
    while i < len(codes):
        char, taken = _character(codes, i)
        char = clean(char)[0] if char != "\r" else ""
        text.append(char)
        origins.extend([i] * len(char))
        i += taken
    return "".join(text), origins


def _character(codes: list[int], i: int) -> tuple[str, int]:
    """The character at that index, and how many indexes it takes: two for a surrogate pair."""
    code = codes[i]
    if 0xD800 <= code < 0xDC00 and i + 1 < len(codes) and 0xDC00 <= codes[i + 1] < 0xE000:
        return chr(0x10000 + ((code - 0xD800) << 10) + (codes[i + 1] - 0xDC00)), 2
    return _LINE_HYPHENS.get(code) or (chr(code) if code < 0x110000 else "\ufffd"), 1


def _words(page: pypdfium2.PdfPage, letters: pypdfium2.PdfTextPage, text: str, origins: list[int]) -> Iterator[_Word]:
    """Every word that has a place on the paper, in the order of the text."""
    width, height = page.get_size()
    to_paper = _transform(page, width, height)
    for match in _WORD.finditer(text):
        first, last = origins[match.start()], origins[match.end() - 1]
        corners = [to_paper(*corner) for corner in _corners(letters, first, last - first + 1)]
        if not corners:
            continue
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        box = (round(min(xs), 2), round(min(ys), 2), round(max(xs), 2), round(max(ys), 2))
        off = box[2] <= 0 or box[3] <= 0 or box[0] >= width or box[1] >= height
        tiny = min(box[2] - box[0], box[3] - box[1]) < _SMALLEST and len(match[0]) > 2 and match[0].isalnum()
        yield _Word(match.start(), match.end(), box, off or tiny, _suspicious(letters, first))


def _corners(letters: pypdfium2.PdfTextPage, first: int, count: int) -> Iterator[tuple[float, float]]:
    """Two corners of each rectangle that these characters fill."""
    import pypdfium2.raw as raw

    rect = [ctypes.c_double() for _ in range(4)]
    for n in range(raw.FPDFText_CountRects(letters, first, count)):
        if raw.FPDFText_GetRect(letters, n, *rect):
            left, top, right, bottom = (value.value for value in rect)
            yield left, top
            yield right, bottom


def _transform(page: pypdfium2.PdfPage, width: float, height: float) -> Callable[[float, float], tuple[float, float]]:
    """From the page's own axes to points from the top left of the paper, turned and cropped as it is shown."""
    import pypdfium2.raw as raw

    fine = 100  # PDFium answers in whole pixels
    x, y = ctypes.c_int(), ctypes.c_int()

    def point(left: float, bottom: float) -> tuple[float, float]:
        raw.FPDF_PageToDevice(page, 0, 0, round(width * fine), round(height * fine), 0, left, bottom, x, y)
        return x.value / fine, y.value / fine

    (x0, y0), (x1, y1), (x2, y2) = point(0, 0), point(1000, 0), point(0, 1000)
    ax, ay, bx, by = (x1 - x0) / 1000, (y1 - y0) / 1000, (x2 - x0) / 1000, (y2 - y0) / 1000
    return lambda left, bottom: (x0 + ax * left + bx * bottom, y0 + ay * left + by * bottom)


def _suspicious(letters: pypdfium2.PdfTextPage, i: int) -> bool:
    """Whether that character is painted white, transparent, or not at all."""
    import pypdfium2.raw as raw

    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    told = raw.FPDFText_GetFillColor(letters, i, red, green, blue, alpha)
    if told and (alpha.value < _FAINT or red.value + green.value + blue.value > _WHITISH):
        return True
    piece = raw.FPDFText_GetTextObject(letters, i)
    return bool(piece) and raw.FPDFTextObj_GetTextRenderMode(piece) in _NO_FILL


def _blank(page: pypdfium2.PdfPage, words: list[_Word]) -> list[_Word]:
    """The words where the drawn page shows nothing. So a scan's invisible text over its picture stays."""
    width, height = page.get_size()
    scale = min(2.0, math.sqrt(_SKETCH / (width * height)))
    with contextlib.closing(page.render(scale=scale, grayscale=True)) as sketch:
        dots = bytes(sketch.buffer)
        return [word for word in words if _even(dots, sketch.stride, sketch.width, sketch.height, word.box, scale)]


def _even(dots: bytes, stride: int, width: int, height: int, box: Box, scale: float) -> bool:
    """Whether that part of a grey picture is of one shade."""
    x0, y0 = max(0, int(box[0] * scale)), max(0, int(box[1] * scale))
    x1, y1 = min(width, int(box[2] * scale) + 1), min(height, int(box[3] * scale) + 1)
    rows = [row for y in range(y0, y1) if (row := dots[y * stride + x0 : y * stride + x1])]
    return not rows or max(map(max, rows)) - min(map(min, rows)) < _CONTRAST


def _without(text: str, words: list[_Word], unseen: list[_Word]) -> tuple[str, list[_Word]]:
    """The text and its words, when those are taken out."""
    if not unseen:
        return text, words
    gone = set(unseen)
    parts, kept = [], []
    at, shift = 0, 0
    for word in words:
        if word in gone:
            parts.append(text[at : word.start])
            at = word.end
            shift += word.end - word.start
        else:
            kept.append(word._replace(start=word.start - shift, end=word.end - shift))
    return "".join([*parts, text[at:]]), kept


def _attachments(pdf: pypdfium2.PdfDocument, limits: Limits) -> tuple[tuple[str, bytes], ...]:
    import pypdfium2

    count = pdf.count_attachments()
    if count > limits.attachments:
        raise Problem("too_large", "There are more attachments than the limit.")
    found = []
    for n in range(count):
        with contextlib.suppress(pypdfium2.PdfiumError):  # a name without a file behind it
            inner = pdf.get_attachment(n)
            found.append((file_name(inner.get_name(), f"attachment-{n + 1}"), bytes(inner.get_data())))
    return tuple(found)


def _pixels(page: pypdfium2.PdfPage, scale: float) -> Picture:
    width, height = page.get_size()
    if math.ceil(width * scale) * math.ceil(height * scale) > PIXELS:
        raise Problem("too_large", "The picture would have too many pixels.")
    with contextlib.closing(page.render(scale=scale, rev_byteorder=True, maybe_alpha=False)) as drawn:
        dots, row = memoryview(drawn.buffer).cast("B"), drawn.width * 3
        rgb = b"".join(dots[y * drawn.stride : y * drawn.stride + row] for y in range(drawn.height))
        return Picture(drawn.width, drawn.height, rgb)
