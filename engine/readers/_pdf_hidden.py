"""Finds the words on a PDF page that a person would not see: each suspicion is checked against the drawn page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat
from typing import Any

import numpy as np

from engine.cards import Box
from engine.pages import Hidden
from engine.readers._pdf_objects import CONTRAST, Shape, Things, colour
from engine.readers._pdf_raw import Paper, object_of
from engine.readers._pdf_sheet import Array, Sheet

_SMALLEST = 1.0  # points; lower text can't be read by a person
_COVERED = 0.6  # of a word
_MOST = 4_000_000  # pairs of a word and a shape
_SCALE = 2.0
_SKETCH = 4_000_000  # pixels
_ABOVE, _BELOW = 0.25, 0.22  # of a line's height: what a letter like x leaves free


def apart(paper: Paper, letters: Any, sheet: Sheet, things: Things) -> Sheet:
    """The sheet without the words that can't be seen; they stand in its `hidden`."""
    boxes = sheet.words["box"]
    if not len(boxes):
        return sheet
    kinds = _out_of_sight(sheet)
    suspects = _suspects(paper, letters, sheet, things)
    if suspects:
        rows = [row for row in suspects if row not in kinds]
        kinds |= {row: suspects[row] for row in _blank(paper, sheet, rows)}
    if not kinds:
        return sheet
    gone = np.zeros(len(boxes), bool)
    gone[list(kinds)] = True
    hidden = (*sheet.hidden, *_told(sheet, dict(sorted(kinds.items()))))
    return replace(sheet.without(gone), hidden=hidden)


def _out_of_sight(sheet: Sheet) -> dict[int, str]:
    """Words off the page, and words too small to be read."""
    boxes = sheet.words["box"]
    x0, y0, x1, y1 = (boxes[:, column] for column in range(4))
    wide, high = x1 - x0, y1 - y0
    inside = x0.min() >= 0 and y0.min() >= 0 and x1.max() <= sheet.width and y1.max() <= sheet.height
    if inside and wide.min() >= _SMALLEST and high.min() >= _SMALLEST:
        return {}
    off = (x1 <= 0) | (y1 <= 0) | (x0 >= sheet.width) | (y0 >= sheet.height)
    low = np.minimum(wide, high) < _SMALLEST
    tiny = [row for row in np.flatnonzero(low).tolist() if len(sheet.word(row)) > 2 and sheet.word(row).isalnum()]
    return dict.fromkeys(tiny, "tiny") | dict.fromkeys(np.flatnonzero(off).tolist(), "outside")


def _suspects(paper: Paper, letters: Any, sheet: Sheet, things: Things) -> dict[int, str]:
    """Words that may not be seen, by how they are painted, or by what lies under or over them."""
    over = _overlaps(paper, sheet, things)
    if not things.odd and over is None:
        return {}
    owners = list(map(object_of, repeat(letters), sheet.first.tolist()))
    found = {} if over is None else _covered(owners, over, things)
    if things.odd:
        found |= {row: things.odd[owner] for row, owner in enumerate(owners) if owner in things.odd}
    return found


def _overlaps(paper: Paper, sheet: Sheet, things: Things) -> Array | None:
    """Which words (rows) lie mostly within which shapes (columns)."""
    if not things.shapes:
        return None
    boxes = sheet.words["box"]
    if len(things.shapes) * len(boxes) > _MOST:
        things.shapes = sorted(things.shapes, key=_size, reverse=True)[: 1 + _MOST // len(boxes)]
    shapes = paper.sight.boxes(np.array([shape.corners for shape in things.shapes], np.float32))
    wide = np.minimum(boxes[:, None, 2], shapes[None, :, 2]) - np.maximum(boxes[:, None, 0], shapes[None, :, 0])
    high = np.minimum(boxes[:, None, 3], shapes[None, :, 3]) - np.maximum(boxes[:, None, 1], shapes[None, :, 1])
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    over: Array = np.maximum(wide, 0) * np.maximum(high, 0) >= _COVERED * area[:, None]
    return over if over.any() else None


def _size(shape: Shape) -> float:
    left, top, right, bottom = shape.corners
    return (right - left) * (top - bottom)


def _covered(owners: list[int | None], over: Array, things: Things) -> dict[int, str]:
    """Words under something that was painted later, and words of the same colour as what they stand on."""
    places = {thing: place for place, thing in enumerate(things.order)}
    rows = [row for row in np.flatnonzero(over.any(axis=1)).tolist() if owners[row] in places]
    if not rows:
        return {}
    over = over[rows]
    at = np.array([places[owners[row] or 0] for row in rows])[:, None]
    shapes_at = np.array([shape.place for shape in things.shapes])[None, :]
    opaque = np.array([shape.opaque for shape in things.shapes])[None, :]
    under = (over & opaque & (shapes_at > at)).any(axis=1)
    shades = {owner: colour(owner) for owner in {owners[row] for row in rows} if owner}
    own = np.array([shades[owners[row] or 0] for row in rows])[:, None, :]
    grounds = np.array([(shape.red, shape.green, shape.blue) for shape in things.shapes])[None, :, :]
    alike = (over & (shapes_at < at) & (np.abs(own - grounds).max(axis=2) < CONTRAST)).any(axis=1)
    return {row: "unpainted" for row, hit in zip(rows, under, strict=True) if hit} | {
        row: "white" for row, hit in zip(rows, alike, strict=True) if hit
    }


def _blank(paper: Paper, sheet: Sheet, rows: list[int]) -> list[int]:
    """The words where the drawn page shows nothing. So a scan's invisible text over its picture stays."""
    if not rows:
        return []
    boxes = sheet.words["box"][rows]
    low, high = boxes.min(axis=0).tolist(), boxes.max(axis=0).tolist()
    x0, y0, x1, y1 = max(0.0, low[0]), max(0.0, low[1]), min(sheet.width, high[2]), min(sheet.height, high[3])
    scale = min(_SCALE, math.sqrt(_SKETCH / max(1.0, (x1 - x0) * (y1 - y0))))
    dots = paper.drawn((x0, y0, x1, y1), scale, grey=True)
    left, top = math.floor(x0 * scale), math.floor(y0 * scale)
    found = []
    for row, box in zip(rows, boxes.tolist(), strict=True):
        core = _core(box) if any(map(str.isalnum, sheet.word(row))) else box
        across = slice(max(0, int(core[0] * scale) - left), int(core[2] * scale) + 1 - left)
        down = slice(max(0, int(core[1] * scale) - top), int(core[3] * scale) + 1 - top)
        part = dots[down, across]
        if not part.size or int(part.max()) - int(part.min()) < CONTRAST:
            found.append(row)
    return found


def _core(box: list[float]) -> Box:
    """The middle of the word's line, where every letter leaves ink. What frames it may show ink without a word."""
    x0, y0, x1, y1 = box
    if y1 - y0 <= x1 - x0:
        return x0, y0 + _ABOVE * (y1 - y0), x1, y1 - _BELOW * (y1 - y0)
    return x0 + _ABOVE * (x1 - x0), y0, x1 - _ABOVE * (x1 - x0), y1


def _told(sheet: Sheet, kinds: dict[int, str]) -> Iterator[Hidden]:
    """The hidden words, those that follow each other in one."""
    run: list[int] = []
    for row, kind in kinds.items():
        if run and (row != run[-1] + 1 or kind != kinds[run[-1]]):
            yield _one(sheet, kinds[run[0]], run)
            run = []
        run.append(row)
    yield _one(sheet, kinds[run[0]], run)


def _one(sheet: Sheet, kind: str, rows: list[int]) -> Hidden:
    boxes = sheet.words["box"][rows]
    x0, y0 = boxes[:, :2].min(axis=0).tolist()
    x1, y1 = boxes[:, 2:].max(axis=0).tolist()
    box = (round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2))
    return Hidden(kind, " ".join(map(sheet.word, rows)), box)
