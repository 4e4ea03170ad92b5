"""Opens PDFs and their pages, and asks PDFium without ctypes' usual ceremony: a page of text asks it a thousand times.

This module and its neighbours load numpy and PDFium: `pdf.py` imports them inside its functions.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
from collections.abc import Callable, Iterator
from ctypes import byref, c_int, c_void_p
from typing import Any, NamedTuple

import numpy as np
import pypdfium2
import pypdfium2.raw as raw

from engine.cards import Box, Problem

_FARTHEST = 1e6
_LONGEST = 1 << 20  # bytes
_UPRIGHT = np.array([1, -1, 1, -1], np.float32)


def _quick(function: Any, answer: Any, *arguments: Any) -> Callable[..., Any]:
    """The same function without checks of its arguments, and without giving other threads a turn.

    Arguments that are not named must be ctypes values, or integers that fit in an int.
    """
    address = ctypes.cast(function, c_void_p).value
    assert address
    return ctypes.PYFUNCTYPE(answer, *arguments)(address)


text_of = _quick(raw.FPDFText_GetText, c_int)
loose_box = _quick(raw.FPDFText_GetLooseCharBox, None)
unicode_of = _quick(raw.FPDFText_GetUnicode, ctypes.c_uint)
unmapped = _quick(raw.FPDFText_HasUnicodeMapError, c_int)
object_of = _quick(raw.FPDFText_GetTextObject, c_void_p)
page_object = _quick(raw.FPDFPage_GetObject, c_void_p)
form_object = _quick(raw.FPDFFormObj_GetObject, c_void_p)
count_in_form = _quick(raw.FPDFFormObj_CountObjects, c_int, c_void_p)
type_of = _quick(raw.FPDFPageObj_GetType, c_int, c_void_p)
matrix_of = _quick(raw.FPDFPageObj_GetMatrix, c_int, c_void_p)
bounds_of = _quick(raw.FPDFPageObj_GetBounds, c_int, c_void_p)
fill_of = _quick(raw.FPDFPageObj_GetFillColor, c_int, c_void_p)
stroke_of = _quick(raw.FPDFPageObj_GetStrokeColor, c_int, c_void_p)
text_mode_of = _quick(raw.FPDFTextObj_GetTextRenderMode, c_int, c_void_p)
count_marks_of = _quick(raw.FPDFPageObj_CountMarks, c_int, c_void_p)
mark_of = _quick(raw.FPDFPageObj_GetMark, c_void_p, c_void_p)
mark_name_of = _quick(raw.FPDFPageObjMark_GetName, c_int, c_void_p)
draw_mode_of = _quick(raw.FPDFPath_GetDrawMode, c_int, c_void_p)


class Answers:
    """Room for rows of numbers that PDFium writes into, and for the pointers to it, kept from page to page."""

    def __init__(self, kind: Any, columns: int) -> None:
        self._kind, self._columns = kind, columns
        self._pointers: list[list[Any]] = []
        self._array: np.ndarray[Any, Any] = np.empty((0, columns))

    def rows(self, count: int) -> np.ndarray[Any, Any]:
        """The first so many rows, all zero."""
        if count > len(self._array) or not self._pointers:
            self._grow(max(count, 2 * len(self._array), 1024))
        found = self._array[:count]
        found.fill(0)
        return found

    def pointers(self, column: int = 0) -> list[Any]:
        """What to hand to PDFium so that it writes into that column, for each row."""
        return self._pointers[column]

    def _grow(self, count: int) -> None:
        room = (self._kind * (count * self._columns))()
        self._array = np.frombuffer(room, dtype=np.dtype(self._kind)).reshape(count, self._columns)
        size = ctypes.sizeof(self._kind)
        self._pointers = [
            [byref(room, (row * self._columns + column) * size) for row in range(count)]
            for column in range(self._columns)
        ]


class Sight(NamedTuple):
    """How a page is shown: its size in points (0: not at all), and the way from its own axes to the paper's."""

    width: float
    height: float
    matrix: tuple[float, float, float, float, float, float]

    def boxes(self, rects: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Rows of left, top, right, bottom in the page's axes as rows of x0, y0, x1, y1 on the paper."""
        a, b, c, d, e, f = self.matrix
        if a == 1:  # upright, as nearly all are
            turned = rects * _UPRIGHT
            turned += (e, f, e, f)
            return turned
        x, y = rects[:, 0::2], rects[:, 1::2]
        xs, ys = a * x + c * y + e, b * x + d * y + f
        found = np.empty((len(rects), 4), np.float32)
        np.minimum(xs[:, 0], xs[:, 1], out=found[:, 0])
        np.minimum(ys[:, 0], ys[:, 1], out=found[:, 1])
        np.maximum(xs[:, 0], xs[:, 1], out=found[:, 2])
        np.maximum(ys[:, 0], ys[:, 1], out=found[:, 3])
        return found

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """One such row, whatever the numbers: it comes from a hand that may have written anything."""
        corners = np.nan_to_num(np.array([left, top, right, bottom], np.float64)).clip(-_FARTHEST, _FARTHEST)
        ordered = np.array([[*np.sort(corners[0::2]), *np.sort(corners[1::2])]])[:, [0, 3, 1, 2]]
        x0, y0, x1, y1 = self.boxes(ordered)[0].clip(-_FARTHEST, _FARTHEST).round(2).tolist()
        return x0, y0, x1, y1


class Book(NamedTuple):
    """An opened document. `form` is PDFium's handle of its fields, if it has any; `layered`: it may have layers."""

    pdf: pypdfium2.PdfDocument
    form: Any
    layered: bool


class Paper:
    """One loaded page."""

    def __init__(self, book: Book, index: int, page: Any) -> None:
        self.book, self.index, self.page = book, index, page
        self.sight = _sight(page)

    @contextlib.contextmanager
    def letters(self) -> Iterator[Any]:
        """Its text as PDFium sees it. Raises Problem("damaged")."""
        letters = raw.FPDFText_LoadPage(self.page)
        if not letters:
            raise Problem("damaged", f"The text of page {self.index + 1} can't be loaded.")
        try:
            yield letters
        finally:
            raw.FPDFText_ClosePage(letters)

    def drawn(self, box: Box, scale: float, *, grey: bool) -> np.ndarray[Any, Any]:
        """A part of the page as a person would see it, at `scale` pixels a point: rows of pixels (red, green, blue)."""
        x0, y0 = math.floor(box[0] * scale), math.floor(box[1] * scale)
        width, height = max(1, math.ceil(box[2] * scale) - x0), max(1, math.ceil(box[3] * scale) - y0)
        depth = 1 if grey else 3
        kind = raw.FPDFBitmap_Gray if grey else raw.FPDFBitmap_BGR
        dots = np.full((height, width * depth), 255, np.uint8)
        bitmap = raw.FPDFBitmap_CreateEx(width, height, kind, dots.ctypes.data_as(c_void_p), width * depth)
        if not bitmap:
            raise MemoryError
        try:
            whole = (-x0, -y0, math.ceil(self.sight.width * scale), math.ceil(self.sight.height * scale), 0)
            how = raw.FPDF_ANNOT | (raw.FPDF_GRAYSCALE if grey else raw.FPDF_REVERSE_BYTE_ORDER)
            raw.FPDF_RenderPageBitmap(bitmap, self.page, *whole, how)
            if self.book.form:
                raw.FPDF_FFLDraw(self.book.form, bitmap, self.page, *whole, how)
        finally:
            raw.FPDFBitmap_Destroy(bitmap)
        return dots if grey else dots.reshape(height, width, 3)


@contextlib.contextmanager
def opened(pdf: pypdfium2.PdfDocument, *, layered: bool) -> Iterator[Book]:
    """The document, its form made ready. No script of it is run."""
    if raw.FPDF_GetFormType(pdf) == raw.FORMTYPE_NONE:
        yield Book(pdf, None, layered)
        return
    config = raw.FPDF_FORMFILLINFO(version=2)
    form = raw.FPDFDOC_InitFormFillEnvironment(pdf, config)
    try:
        yield Book(pdf, form, layered)
    finally:
        if form:
            raw.FPDFDOC_ExitFormFillEnvironment(form)


@contextlib.contextmanager
def paper(book: Book, index: int) -> Iterator[Paper]:
    """That page (from 0), loaded. Raises Problem("damaged")."""
    page = raw.FPDF_LoadPage(book.pdf, index)
    if not page:
        raise Problem("damaged", f"Page {index + 1} can't be loaded.")
    try:
        if book.form:
            raw.FORM_OnAfterLoadPage(page, book.form)
        yield Paper(book, index, page)
    finally:
        if book.form:
            raw.FORM_OnBeforeClosePage(page, book.form)
        raw.FPDF_ClosePage(page)


def string(ask: Any, *about: Any) -> str:
    """PDFium's answer in words: asked once for its length, and once more."""
    size = min(ask(*about, None, 0), _LONGEST)
    if size <= 2:
        return ""
    room = (ctypes.c_ushort * (size // 2 + 1))()
    ask(*about, room, size)
    return bytes(room)[: size - 2].decode("utf-16-le", "replace")


def _sight(page: Any) -> Sight:
    box = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, byref(box))
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    matrix = (
        (1, 0, 0, -1, -left, top),
        (0, 1, 1, 0, -bottom, -left),
        (-1, 0, 0, 1, right, -bottom),
        (0, -1, -1, 0, top, right),
    )[raw.FPDFPage_GetRotation(page) % 4]
    width, height = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
    if not (0 < width < _FARTHEST and 0 < height < _FARTHEST):
        width = height = 0.0
    return Sight(width, height, matrix)
