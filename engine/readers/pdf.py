"""Reads PDF: each page's text with the box of every word, filled-in forms, pictures of text, and files inside."""

from __future__ import annotations

import contextlib
import ctypes
import math
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Count, Inner, Page, Part
from engine.readers._file import File
from engine.readers._text import one_line
from engine.readers._wire import Limits, Picture

if TYPE_CHECKING:
    import pypdfium2

    from engine.readers._pdf_raw import Book

KINDS = ("pdf",)
IMPORTS = ("numpy", "pypdfium2", "pypdfium2.raw", "engine.readers._pdf_page")
SLICED = True

_PASSWORD = 4  # FPDF_ERR_PASSWORD
_DRAWN = 25_000_000  # pixels of a page as a picture


def recognises(file: File) -> tuple[str, float]:
    """By its mark, which may stand a little into the file; by name alone, to say that it is damaged."""
    if file.data.startswith(b"%PDF-"):
        return "pdf", 1.0
    if b"%PDF-" in file.head[:1024] and b"startxref" in file.data:
        return "pdf", 0.8
    return ("pdf", 0.3) if file.named(".pdf") else ("", 0.0)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The wanted pages in order, each at once; with the first one also the files inside, and the title."""
    import pypdfium2
    import pypdfium2.raw as raw

    from engine.readers import _pdf_forms, _pdf_page, _pdf_raw

    with _opened(file) as book:
        count = len(book.pdf)
        if count > limits.pages:
            raise Problem("too_large", "There are more pages than the limit.")
        yield Count(count)
        spent = _Spent(limits)
        first, last = max(1, file.first), min(file.last or count, count)
        unread = 0
        for number in range(first, last + 1):
            try:
                page, pinned = _pdf_page.read(book, number - 1, limits)
            except Problem:
                page, pinned = Page(number, ""), []
                unread += 1
            spent.on_text(page)
            yield page
            yield from spent.on_files(pinned)
        if first <= last and unread == last + 1 - first and not _any_loads(book):
            raise Problem("damaged", "None of the pages can be loaded.")
        if first > 1:
            return ""
        for n in range(min(book.pdf.count_attachments(), limits.attachments + 1)):
            with contextlib.suppress(pypdfium2.PdfiumError):  # a name without a file behind it
                yield from spent.on_files(_pdf_forms.inner(book.pdf.get_attachment(n), f"attachment-{n + 1}"))
        yield from spent.on_files(_form_data(book.pdf))
        return one_line(_pdf_raw.string(raw.FPDF_GetMetaText, book.pdf, b"Title"))


def picture(file: File, number: int, scale: float) -> Picture:
    """Page `number` as a person would see it on paper, filled-in forms included."""
    from engine.readers._pdf_raw import paper

    with _opened(file) as book:
        if not 1 <= number <= len(book.pdf):
            raise Problem("damaged", f"There is no page {number}.")
        with paper(book, number - 1) as page:
            width, height, _ = page.sight
            if math.ceil(width * scale) * math.ceil(height * scale) > _DRAWN:
                raise Problem("too_large", "The picture would have too many pixels.")
            dots = page.drawn((0.0, 0.0, width, height), scale, grey=False)
        return Picture(dots.shape[1], dots.shape[0], dots.tobytes())


class _Spent:
    """Counts text and files against the limits. Raises Problem("too_large")."""

    def __init__(self, limits: Limits) -> None:
        self._characters, self._files, self._bytes = limits.characters, limits.attachments, limits.unpacked

    def on_text(self, page: Page) -> None:
        self._characters -= len(page.text) + sum(len(hidden.text) for hidden in page.hidden)
        if self._characters < 0:
            raise Problem("too_large", "There is more text than the limit.")

    def on_files(self, files: Iterable[Inner]) -> Iterator[Inner]:
        for inner in files:
            self._files -= 1
            self._bytes -= len(inner.data)
            if self._files < 0 or self._bytes < 0:
                raise Problem("too_large", "There are more or larger files inside than the limits.")
            yield inner


@contextlib.contextmanager
def _opened(file: File) -> Iterator[Book]:
    """The document. Raises Problem("encrypted") or Problem("damaged")."""
    import pypdfium2
    import pypdfium2.raw as raw

    from engine.readers._pdf_raw import opened

    try:
        pdf = pypdfium2.PdfDocument(file.data, password=file.password or None)
    except pypdfium2.PdfiumError as error:
        raise Problem(_cause(file.data, error.err_code), "PDFium can't open the file.") from error
    with contextlib.closing(pdf):
        # PDFium repairs what it can. A file whose end is missing would be read in part, in silence.
        cut = b"%%EOF" not in file.data[-1024:] and not raw.FPDF_DocumentHasValidCrossReferenceTable(pdf)
        if cut or not len(pdf):
            raise Problem("damaged", "The end of the file is missing, or it has no pages.")
        with opened(pdf, layered=b"/OCG" in file.data or b"/ObjStm" in file.data) as book:
            yield book


def _cause(data: bytes, error: int) -> str:
    """Why it can't be opened. PDFium takes a compression that it does not know for a lock."""
    if error == _PASSWORD and b"/Encrypt" in data:
        return "encrypted"
    return "unsupported" if b"/BrotliDecode" in data else "damaged"


def _any_loads(book: Book) -> bool:
    from engine.readers._pdf_raw import paper

    for index in range(len(book.pdf)):
        with contextlib.suppress(Problem), paper(book, index):
            return True
    return False


def _form_data(pdf: pypdfium2.PdfDocument) -> Iterator[Inner]:
    """What was typed into a form that only its maker's own program can draw (XFA): its pages say just that."""
    import pypdfium2.raw as raw

    if pdf.get_formtype() != raw.FORMTYPE_XFA_FULL:
        return
    size = ctypes.c_ulong()
    for index in range(raw.FPDF_GetXFAPacketCount(pdf)):
        name = ctypes.create_string_buffer(64)
        raw.FPDF_GetXFAPacketName(pdf, index, name, len(name))
        if name.value == b"datasets" and raw.FPDF_GetXFAPacketContent(pdf, index, None, 0, size):
            data = ctypes.create_string_buffer(size.value)
            raw.FPDF_GetXFAPacketContent(pdf, index, data, len(data), size)
            yield Inner("form-data.xml", data.raw)
