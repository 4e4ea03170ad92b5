"""Reads by OCR what a PDF page holds only as a picture, and fits it in with the page's own text."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import numpy as np

from engine.cards import Box
from engine.pages import Page
from engine.readers import _ocr
from engine.readers._pdf_objects import CONTRAST, Things
from engine.readers._pdf_raw import Paper
from engine.readers._pdf_sheet import WORD, Array, Piece, Sheet
from engine.readers._wire import Limits

_SCALE, _CLOSEST = 200 / 72, 8.0  # pixels a point
_LONG = 1600  # pixels along a picture that is small on the paper: its letters may be small too
_PIXELS = 16_000_000
_FEW = 8  # words: the page has hardly any text
_SOME = 60  # words that are put in order line by line
_BIG = 0.12  # of the page
_SMALL = 0.04
_SPARSE = 0.02  # of a picture: so little of it is words
_OUTLINES = 60  # shapes on a page without a word: letters drawn as lines
_GAP = 2.0  # points between the strips of one scan

_END = -1  # the place after all text
_SHARED = 0.3  # of a recognised word that the page's own text takes up


_Own = tuple[int, int, Box]
"""start, end and box of a line of the page's own text"""


class _Line(NamedTuple):
    """A recognised line; its words count from its own first character. `apart`: a paragraph begins with it."""

    text: str
    words: Array
    sure: Array
    apart: bool


def filled(paper: Paper, sheet: Sheet, things: Things, limits: Limits, *, unreadable: bool) -> Sheet:
    """The sheet with what stands in its pictures. `unreadable`: its text layer is worth nothing.

    Raises _ocr.NeedsEyes where the models are not there.
    """
    if not unreadable and not things.pictures and (len(sheet.words) or things.outlines < _OUTLINES):
        return sheet
    whole = (0.0, 0.0, sheet.width, sheet.height)
    if unreadable:
        nothing = sheet.words[:0]
        sheet, areas = replace(sheet, text="", words=nothing, first=sheet.first[:0], hidden=()), [whole]
    else:
        areas = list(_areas(sheet, paper.sight.boxes(_corners(things)), things.outlines, whole))
    for area in areas:
        sheet = _read(paper, sheet, area, limits)
    return sheet


def _corners(things: Things) -> Array:
    return np.array(things.pictures, np.float32).reshape(-1, 4)


def _areas(sheet: Sheet, pictures: Array, outlines: int, whole: Box) -> Iterator[Box]:
    """The parts of the page whose text, if they have any, is only in a picture."""
    paper = sheet.width * sheet.height
    boxes = [box for box in _clipped(pictures, whole) if box[2] > box[0] and box[3] > box[1]]
    merged = _merged(boxes)
    if len(sheet.words) < _FEW:
        if sum(map(_size, merged)) >= _SMALL * paper or (not len(sheet.words) and outlines >= _OUTLINES):
            yield whole
        return
    words = sheet.words["box"]
    sizes = (words[:, 2] - words[:, 0]) * (words[:, 3] - words[:, 1])
    xs, ys = (words[:, 0] + words[:, 2]) / 2, (words[:, 1] + words[:, 3]) / 2
    for box in merged:
        inside = (xs > box[0]) & (xs < box[2]) & (ys > box[1]) & (ys < box[3])
        if _size(box) >= _BIG * paper and float(sizes[inside].sum()) < _SPARSE * _size(box):
            yield box


def _clipped(boxes: Array, whole: Box) -> Iterator[Box]:
    for x0, y0, x1, y1 in boxes.tolist():
        yield max(x0, whole[0]), max(y0, whole[1]), min(x1, whole[2]), min(y1, whole[3])


def _size(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _merged(boxes: list[Box]) -> list[Box]:
    """Boxes that touch become one: scans come in strips."""
    found: list[Box] = []
    for box in sorted(boxes, key=lambda box: (box[1], box[0])):
        while near := next((other for other in found if _touch(box, other)), None):
            found.remove(near)
            box = min(box[0], near[0]), min(box[1], near[1]), max(box[2], near[2]), max(box[3], near[3])
        found.append(box)
    return found


def _touch(one: Box, other: Box) -> bool:
    return (
        one[0] <= other[2] + _GAP
        and other[0] <= one[2] + _GAP
        and one[1] <= other[3] + _GAP
        and other[1] <= one[3] + _GAP
    )


def _read(paper: Paper, sheet: Sheet, area: Box, limits: Limits) -> Sheet:
    _ocr.needed()
    scale = max(_SCALE, min(_CLOSEST, _LONG / max(area[2] - area[0], area[3] - area[1])))
    scale = min(scale, math.sqrt(min(_PIXELS, limits.pixels) / _size(area)))
    dots = paper.drawn(area, scale, grey=False)
    if int(dots.max()) - int(dots.min()) < CONTRAST:
        return sheet
    height, width = dots.shape[:2]
    found = _ocr.page(dots, width / scale, height / scale, sheet.number)
    lines = list(_lines(found, sheet, math.floor(area[0] * scale) / scale, math.floor(area[1] * scale) / scale))
    if not lines:
        return sheet
    own = list(_own_lines(sheet))
    places = [_place(own, line) if len(sheet.words) < _SOME else _under(own, area) for line in lines]
    groups = groupby(zip(places, lines, strict=True), key=lambda pair: pair[0])
    return sheet.with_pieces([_block(sheet, at, [line for _, line in group]) for at, group in groups])


def _lines(found: Page, sheet: Sheet, left: float, top: float) -> Iterator[_Line]:
    """The recognised lines, without the words that the page's own text has at the same place."""
    words = np.frombuffer(found.words.packed, WORD).copy()
    words["box"] += np.array([left, top, left, top], np.float32)
    sure = np.frombuffer(found.confidences, np.uint8)
    known = _known(words["box"], sheet.words["box"])
    rows: list[int] = []
    gap = ""
    for row in np.flatnonzero(~known).tolist():
        between = found.text[int(words["end"][rows[-1]]) : int(words["start"][row])] if rows else ""
        if "\n" in between:
            yield _line(found.text, words, sure, rows, gap)
            rows, gap = [], between
        rows.append(row)
    if rows:
        yield _line(found.text, words, sure, rows, gap)


def _line(text: str, words: Array, sure: Array, rows: list[int], gap: str) -> _Line:
    parts, at = [], 0
    line = words[rows].copy()
    for place, row in enumerate(rows):
        word = text[int(words["start"][row]) : int(words["end"][row])]
        parts.append(word)
        line["start"][place], line["end"][place] = at, at + len(word)
        at += len(word) + 1
    return _Line(" ".join(parts), line, sure[rows], "\n\n" in gap)


def _known(boxes: Array, own: Array) -> Array:
    """Which of the boxes the page's own words take up in part."""
    if not len(boxes) or not len(own):
        return np.zeros(len(boxes), bool)
    low, high = boxes.min(axis=0), boxes.max(axis=0)
    own = own[(own[:, 0] < high[2]) & (own[:, 2] > low[0]) & (own[:, 1] < high[3]) & (own[:, 3] > low[1])]
    wide = np.minimum(boxes[:, None, 2], own[None, :, 2]) - np.maximum(boxes[:, None, 0], own[None, :, 0])
    high = np.minimum(boxes[:, None, 3], own[None, :, 3]) - np.maximum(boxes[:, None, 1], own[None, :, 1])
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    shared = (np.maximum(wide, 0) * np.maximum(high, 0)).sum(axis=1)
    return np.asarray(shared > _SHARED * area)


def _place(own: list[_Own], line: _Line) -> int:
    """Where the line belongs: before the first of the page's own that lies lower."""
    middle = float((line.words["box"][:, 1] + line.words["box"][:, 3]).mean()) / 2
    return next((start for start, _, box in own if (box[1] + box[3]) / 2 > middle), _END)


def _under(own: list[_Own], area: Box) -> int:
    """Where a picture's lines belong on a page full of text: before the line after the last one over the picture."""
    above = [
        (box[3], number)
        for number, (_, _, box) in enumerate(own)
        if (box[1] + box[3]) / 2 < area[1] and box[0] < area[2] and box[2] > area[0]
    ]
    number = max(above)[1] + 1 if above else len(own)
    return own[number][0] if number < len(own) else _END


def _block(sheet: Sheet, at: int, lines: list[_Line]) -> Piece:
    """Those lines as one text to be put in at that place."""
    text, words = "\n" if at == _END and sheet.text else "", []
    for number, line in enumerate(lines):
        text += ("\n\n" if line.apart else "\n") if number else ""
        moved = line.words.copy()
        moved["start"] += len(text)
        moved["end"] += len(text)
        words.append(moved)
        text += line.text
    text += "" if at == _END else "\n"
    sure = np.concatenate([line.sure for line in lines])
    return Piece(len(sheet.text) if at == _END else at, text, np.concatenate(words), sure)


def _own_lines(sheet: Sheet) -> Iterator[_Own]:
    """The lines of the page's own text that have words."""
    starts = sheet.words["start"]
    at = 0
    for line in sheet.text.split("\n"):
        first, last = np.searchsorted(starts, [at, at + len(line)])
        if last > first:
            boxes = sheet.words["box"][first:last]
            yield at, at + len(line), (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
        at += len(line) + 1
