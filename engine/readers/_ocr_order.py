"""Puts boxes of text into the order in which a person reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.cards import Box

_ROW = 0.5  # of the lower one's height, what two boxes of one row share
_APART = 0.5  # of a row's height, the gap before a new paragraph
_TALL = 2.0  # such a box stands beside several rows and is none of them

# Two columns are read one after the other if they look like prose: enough rows, long, and filled.
# Otherwise what stands side by side is a row of a table.
_ROWS, _LONG, _FILLED = 4, 10.0, 0.6
_BINS = 400
_CROSSING = 0.1  # of the rows may run across the gap between two columns: a title, a footer

Row = tuple[bool, list[int]]
"""Whether it stands apart from the row before, and the boxes in it from left to right, as their numbers."""


def rows(boxes: Sequence[Box]) -> list[Row]:
    """The rows from the first to the last."""
    if not boxes:
        return []
    found: list[Row] = []
    for block in _blocks(boxes, list(range(len(boxes)))):
        height = float(np.median([boxes[n][3] - boxes[n][1] for n in block]))
        bottom: float | None = None
        for row in _rows(boxes, block):
            apart = bottom is None or min(boxes[n][1] for n in row) - bottom > _APART * height
            bottom = max(boxes[n][3] for n in row)
            found.append((apart, row))
    return found


def _rows(boxes: Sequence[Box], block: list[int]) -> list[list[int]]:
    """Boxes side by side are one row."""
    made: list[list[int]] = []
    for n in sorted(block, key=lambda n: boxes[n][1] + boxes[n][3]):
        row = next((row for row in made[:-4:-1] if _beside(boxes, row, n)), None)
        if row is None:
            made.append([n])
        else:
            row.append(n)
    return [sorted(row, key=lambda n: boxes[n][0]) for row in made]


def _beside(boxes: Sequence[Box], row: list[int], n: int) -> bool:
    """Whether the box is on the level of the nearest one of the row, and not above or below any."""
    _, y0, x1, y1 = boxes[n]
    nearest = min(row, key=lambda m: abs(boxes[m][2] - x1))
    top, bottom = boxes[nearest][1], boxes[nearest][3]
    low, high = sorted((y1 - y0, bottom - top))
    if high > _TALL * low or min(y1, bottom) - max(y0, top) < _ROW * low:
        return False
    return all(_across(boxes[n], boxes[m]) < _ROW for m in row)


def _across(one: Box, other: Box) -> float:
    """What the two share of the narrower one's width."""
    narrow = min(one[2] - one[0], other[2] - other[0])
    return (min(one[2], other[2]) - max(one[0], other[0])) / max(narrow, 1e-6)


def _blocks(boxes: Sequence[Box], block: list[int]) -> Iterator[list[int]]:
    """The block in pieces to be read one after the other: what runs across, and the columns between."""
    gap = _gap(boxes, block)
    if gap is None:
        yield block
        return
    left, right = [], []
    for n in sorted(block, key=lambda n: boxes[n][1]):
        if boxes[n][2] <= gap:
            left.append(n)
        elif boxes[n][0] >= gap:
            right.append(n)
        else:
            yield from _sides(boxes, left, right)
            yield [n]
            left, right = [], []
    yield from _sides(boxes, left, right)


def _sides(boxes: Sequence[Box], left: list[int], right: list[int]) -> Iterator[list[int]]:
    for side in (left, right):
        if side:
            yield from _blocks(boxes, side)


def _gap(boxes: Sequence[Box], block: list[int]) -> float | None:
    """Where the gap between two columns of prose is; None where there are none."""
    if len(block) < 2 * _ROWS:
        return None
    sides = np.array([boxes[n] for n in block])
    x0, x1 = sides[:, 0].min(), sides[:, 2].max()
    edges = np.linspace(x0, x1, _BINS + 1)
    covered = ((sides[:, 0, None] < edges[None, 1:]) & (sides[:, 2, None] > edges[None, :-1])).sum(axis=0)
    free = covered <= _CROSSING * covered.max()
    best: tuple[float, float] | None = None
    for start, end in _runs(free):
        middle = float(edges[start] + edges[end]) / 2
        if 0.15 < (middle - x0) / (x1 - x0) < 0.85 and (best is None or end - start > best[0]):
            best = (end - start, middle)
    if best is None or not all(_prose(side) for side in (sides[sides[:, 2] <= best[1]], sides[sides[:, 0] >= best[1]])):
        return None
    return best[1]


def _runs(free: np.typing.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    steps = np.flatnonzero(np.diff(np.concatenate(([False], free, [False])).astype(np.int8)))
    yield from zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True)


def _prose(side: np.typing.NDArray[np.float64]) -> bool:
    """Whether these boxes are the lines of a column of running text."""
    if len(side) < _ROWS:
        return False
    lengths = side[:, 2] - side[:, 0]
    width = side[:, 2].max() - side[:, 0].min()
    height = np.median(side[:, 3] - side[:, 1])
    return bool(width > _LONG * height and np.median(lengths) > _FILLED * width)
