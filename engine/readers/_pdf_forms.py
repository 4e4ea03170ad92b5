"""Reads what is laid over a PDF page: filled-in form fields, typed-on text, comments, and files pinned to it."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as raw

from engine.cards import Box
from engine.pages import Hidden, Inner
from engine.readers._pdf_objects import FORM
from engine.readers._pdf_raw import Paper, count_in_form, form_object, object_of, page_object, string, type_of
from engine.readers._pdf_sheet import WORD, Array, Piece, Sheet
from engine.readers._text import clean, file_name

_OFF = 2 | 32  # annotation flags: hidden, not to be viewed
_PASSWORD = 1 << 13  # a flag of text fields
_TICKS = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
_VALUES = (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)
_SILENT = (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP)
_TICKED = "[x]"
_MOST = 20_000
_NEAR = 250.0  # points from a label to its field
_SLACK = 3.0


@dataclass(slots=True)
class Mark:
    """One thing laid on the page that a person sees; `said` is its text by its own account."""

    box: Box
    said: str = ""
    tick: bool = False
    ticked: bool = False


@dataclass(slots=True)
class Notes:
    """All that is laid over a page. `drawn` are the numbers of those whose look holds text."""

    marks: list[Mark] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    files: list[Inner] = field(default_factory=list)


def notes(paper: Paper) -> Notes:
    """What is laid over that page."""
    found = Notes()
    for index in range(min(_MOST, raw.FPDFPage_GetAnnotCount(paper.page))):
        note = raw.FPDFPage_GetAnnot(paper.page, index)
        if note:
            try:
                before = len(found.marks)
                _look(found, paper, note)
                if len(found.marks) > before and not found.marks[-1].tick and _has_look(note):
                    found.drawn.append(index)
            finally:
                raw.FPDFPage_CloseAnnot(note)
    return found


def flatten(paper: Paper, found: Notes) -> bool:
    """Make what is laid over the page part of it, so that its text is found like any other. Then load it anew."""
    if not found.drawn:
        return False
    wanted = set(found.drawn)
    for index in reversed(range(raw.FPDFPage_GetAnnotCount(paper.page))):
        if index not in wanted:  # PDFium trips over some that have no look
            raw.FPDFPage_RemoveAnnot(paper.page, index)
    return bool(raw.FPDFPage_Flatten(paper.page, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS)


def inner(attachment: pypdfium2.PdfAttachment, otherwise: str) -> Iterator[Inner]:
    """The attachment's file, if there is one behind its name."""
    with contextlib.suppress(pypdfium2.PdfiumError):
        yield Inner(file_name(string(raw.FPDFAttachment_GetName, attachment), otherwise), bytes(attachment.get_data()))


def settled(paper: Paper, letters: Any, sheet: Sheet, found: Notes, *, flat: bool) -> Sheet:
    """The sheet with the text of marks where it belongs: a field's after its label."""
    laid = _laid(paper, letters, sheet) if flat else np.zeros(len(sheet.words), bool)
    groups = list(_groups(sheet, found.marks, laid))
    base = sheet.without(laid)
    base = replace(base, text=base.text.rstrip())
    groups.sort(key=lambda group: (round(group[0].box[1] / 6), group[0].box[0]))
    return base.with_pieces([_piece(base, mark, rows) for mark, rows in groups])


def _look(found: Notes, paper: Paper, note: Any) -> None:
    kind = raw.FPDFAnnot_GetSubtype(note)
    if kind in _SILENT:
        return
    box = _box(paper, note)
    off = bool(raw.FPDFAnnot_GetFlags(note) & _OFF)
    if kind == raw.FPDF_ANNOT_WIDGET:
        _look_at_field(found, paper, note, box, off)
        return
    if kind == raw.FPDF_ANNOT_FILEATTACHMENT and (pinned := raw.FPDFAnnot_GetFileAttachment(note)):
        found.files += inner(pypdfium2.PdfAttachment(pinned, paper.book.pdf), "attachment")
    said = string(raw.FPDFAnnot_GetStringValue, note, b"Contents")
    if off:
        _hide(found, "concealed", said, box)
    elif kind == raw.FPDF_ANNOT_FREETEXT:
        found.marks.append(Mark(box, said))
    else:
        _hide(found, "comment", said, box)
        if kind == raw.FPDF_ANNOT_STAMP:
            found.marks.append(Mark(box))


def _look_at_field(found: Notes, paper: Paper, note: Any, box: Box, off: bool) -> None:
    form = paper.book.form
    kind = raw.FPDFAnnot_GetFormFieldType(form, note) if form else -1
    if kind in _TICKS:
        if not off:
            found.marks.append(Mark(box, tick=True, ticked=bool(raw.FPDFAnnot_IsChecked(form, note))))
        return
    said = string(raw.FPDFAnnot_GetFormFieldValue, form, note) if kind in _VALUES else ""
    secret = kind == raw.FPDF_FORMFIELD_TEXTFIELD and raw.FPDFAnnot_GetFormFieldFlags(form, note) & _PASSWORD
    if not off:
        found.marks.append(Mark(box, "" if secret else said))
    elif any(map(str.isalpha, said)):  # and not a sum that the form does in secret
        _hide(found, "concealed", said, box)


def _has_look(note: Any) -> bool:
    return bool(raw.FPDFAnnot_GetAP(note, raw.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0) > 2)


def _hide(found: Notes, kind: str, text: str, box: Box) -> None:
    if text := clean(text)[0].strip():
        found.hidden.append(Hidden(kind, text, box))


def _box(paper: Paper, note: Any) -> Box:
    rect = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(note, ctypes.byref(rect))
    return paper.sight.box(rect.left, rect.top, rect.right, rect.bottom)


def _laid(paper: Paper, letters: Any, sheet: Sheet) -> Array:
    """Which words belong to what was laid over the page: it is the last thing on a flattened page."""
    last = page_object(paper.page, raw.FPDFPage_CountObjects(paper.page) - 1)
    if not last or type_of(last) != FORM:
        return np.zeros(len(sheet.words), bool)
    inside = set(_inside(last, 6))
    owners = map(object_of, repeat(letters), sheet.first.tolist())
    return np.fromiter((owner in inside for owner in owners), bool, len(sheet.words))


def _inside(form: int, depth: int) -> Iterator[int]:
    for inner in map(form_object, repeat(ctypes.c_void_p(form)), range(min(_MOST, count_in_form(form)))):
        yield inner
        if depth and type_of(inner) == FORM:
            yield from _inside(inner, depth - 1)


def _groups(sheet: Sheet, marks: list[Mark], laid: Array) -> Iterator[tuple[Mark, Piece]]:
    """Each mark's text, and what else is laid on the page."""
    rows = np.flatnonzero(laid)
    boxes = sheet.words["box"][rows]
    xs, ys = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    free = np.ones(len(rows), bool)
    for mark in marks:
        x0, y0, x1, y1 = mark.box
        mine = free & (xs >= x0 - 1) & (xs <= x1 + 1) & (ys >= y0 - 1) & (ys <= y1 + 1)
        free &= ~mine
        if mark.tick:
            if mark.ticked:
                yield mark, _all_in(mark.box, _TICKED)
        elif mine.any():
            yield mark, _of_rows(sheet, rows[mine].tolist())
        elif said := clean(mark.said)[0].strip():
            yield mark, _all_in(mark.box, said)
    if free.any():
        left = rows[free].tolist()
        yield Mark(sheet.box(left[0])), _of_rows(sheet, left)


def _of_rows(sheet: Sheet, rows: list[int]) -> Piece:
    """Those words of the sheet, on lines as they were."""
    words = sheet.words[rows].copy()
    text, end = "", 0
    for at, row in enumerate(rows):
        start = int(sheet.words["start"][row])
        if at:
            text += "\n" if "\n" in sheet.text[end:start] else " " if start > end else ""
        end = int(sheet.words["end"][row])
        words["start"][at], words["end"][at] = len(text), len(text) + end - start
        text += sheet.text[start:end]
    return Piece(0, text, words)


def _all_in(box: Box, said: str) -> Piece:
    """That text, of which is only known that it stands in the box."""
    lines = [line.split() for line in said.split("\n")]
    text = "\n".join(map(" ".join, lines))
    words = np.empty(sum(map(len, lines)), WORD)
    at = 0
    for row, word in enumerate(text.split()):
        at = text.index(word, at)
        words["start"][row], words["end"][row], words["box"][row] = at, at + len(word), box
        at += len(word)
    return Piece(0, text, words)


def _piece(base: Sheet, mark: Mark, body: Piece) -> Piece:
    """The text, put after the label of the field that it fills, or at the page's end."""
    row = _beside(base, mark)
    if row is not None and mark.tick and base.words["box"][row][0] > mark.box[0]:
        return Piece(int(base.words["start"][row]), f"{body.text} ", body.words)
    if row is not None:
        return _led(" ", int(base.words["end"][row]), body)
    row = _above(base, mark)
    if row is None:
        return _led("\n" if base.text else "", len(base.text), body)
    end = base.text.find("\n", int(base.words["end"][row]))
    return _led("\n", len(base.text) if end < 0 else end, body)


def _led(by: str, at: int, body: Piece) -> Piece:
    words = body.words.copy()
    words["start"] += len(by)
    words["end"] += len(by)
    return Piece(at, by + body.text, words)


def _beside(base: Sheet, mark: Mark) -> int | None:
    """The word on the same line that says what the mark is about: before it, for a tick first of all after it."""
    boxes = base.words["box"]
    x0, y0, x1, y1 = mark.box
    if not len(boxes):
        return None
    height = np.minimum(boxes[:, 3] - boxes[:, 1], y1 - y0)
    beside = np.minimum(boxes[:, 3], y1) - np.maximum(boxes[:, 1], y0) >= height / 2
    after = boxes[:, 0] - x1
    if mark.tick and (near := beside & (after > -_SLACK) & (after < 10 * _SLACK)).any():
        return int(np.where(near, after, np.inf).argmin())
    before = x0 - boxes[:, 2]
    near = beside & (before > -_SLACK) & (before < _NEAR)
    return int(np.where(near, before, np.inf).argmin()) if near.any() else None


def _above(base: Sheet, mark: Mark) -> int | None:
    """The word just over the mark."""
    boxes = base.words["box"]
    x0, y0, x1, _ = mark.box
    gap = y0 - boxes[:, 3]
    near = (boxes[:, 0] < x1) & (boxes[:, 2] > x0) & (gap > -_SLACK) & (gap < 8 * _SLACK)
    return int(np.where(near, gap, np.inf).argmin()) if near.any() else None
