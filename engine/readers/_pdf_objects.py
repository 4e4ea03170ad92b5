"""Looks over what is painted on a PDF page: texts that might not be seen, areas that cover others, and pictures."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
import pypdfium2.raw as raw

from engine.readers._pdf_raw import (
    Answers,
    Paper,
    bounds_of,
    count_in_form,
    count_marks_of,
    draw_mode_of,
    fill_of,
    form_object,
    mark_name_of,
    mark_of,
    matrix_of,
    page_object,
    stroke_of,
    text_mode_of,
    type_of,
)

TEXT, PATH, IMAGE, SHADING, FORM = range(1, 6)
CONTRAST = 20
"""Shades of 255 that a person does not tell apart."""
MANY = -1000
"""A shade of a picture: no text is of the same."""

_UNPAINTED = (3, 7)  # text modes: invisible, and clip only
_OUTLINED = (1, 5)
_FAINT = 40  # of 255
_OPAQUE = 200
_WHITISH = 3 * 225
_THICK = 4.0  # points; thinner shapes are rules
_MOST = 100_000
_MOST_SHAPES, _MOST_PICTURES = 300, 1000
_DEEPEST = 8
_SAME = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

Matrix = tuple[float, float, float, float, float, float]
Corners = tuple[float, float, float, float]


@dataclass(slots=True)
class Shape:
    """A filled area: left, top, right, bottom in the page's axes, its place in `Things.order`, and its colour."""

    corners: Corners
    place: int
    red: int
    green: int
    blue: int
    opaque: bool


@dataclass(slots=True)
class Things:
    """What is on the page.

    `order` holds PDFium's objects in the order in which they are painted, `odd` has for texts why they
    might not be seen (a key of pages.HIDDEN). `outlines` counts paths and images, `inks` are the colours
    of the texts, `first_text` is the place of the first of them. Of `shapes` only those are kept that
    could make a text unseen.
    """

    order: list[int] = field(default_factory=list)
    odd: dict[int, str] = field(default_factory=dict)
    shapes: list[Shape] = field(default_factory=list)
    pictures: list[Corners] = field(default_factory=list)
    outlines: int = 0
    inks: set[tuple[int, int, int]] = field(default_factory=set)
    first_text: int = -1


_colours = Answers(ctypes.c_uint, 4)
_r, _g, _b, _a = (ctypes.c_uint() for _ in range(4))
_left, _bottom, _right, _top = (ctypes.c_float() for _ in range(4))
_fill, _stroke = ctypes.c_int(), ctypes.c_int()
_matrix = raw.FS_MATRIX()
_name = ctypes.create_string_buffer(16)
_length = ctypes.c_ulong()


def things(paper: Paper, *, layered: bool) -> Things:
    """All that is on the page. `layered`: the document may have layers, some of them switched off."""
    found = Things()
    count = raw.FPDFPage_CountObjects(paper.page)
    objects = list(map(page_object, repeat(paper.page), range(min(count, _MOST))))
    _look(found, objects, _SAME, _DEEPEST, layered)
    found.shapes = [shape for shape in found.shapes if shape.place > found.first_text or _tells(shape, found.inks)]
    return found


def _tells(shape: Shape, inks: set[tuple[int, int, int]]) -> bool:
    """Whether one of the inks would hardly be seen on that shape."""
    return any(
        abs(red - shape.red) < CONTRAST and abs(green - shape.green) < CONTRAST and abs(blue - shape.blue) < CONTRAST
        for red, green, blue in inks
    )


def colour(thing: int) -> tuple[int, int, int]:
    """What that text is painted with."""
    painted = stroke_of if text_mode_of(thing) in _OUTLINED else fill_of
    if not painted(thing, ctypes.byref(_r), ctypes.byref(_g), ctypes.byref(_b), ctypes.byref(_a)):
        return 0, 0, 0
    return _r.value, _g.value, _b.value


def _look(found: Things, objects: list[int], matrix: Matrix, depth: int, layered: bool) -> None:
    kinds = list(map(type_of, objects))
    texts = [thing for thing, kind in zip(objects, kinds, strict=True) if kind == TEXT]
    if texts:
        _look_at_texts(found, texts, layered)
    if len(texts) == len(objects):
        if texts and found.first_text < 0:
            found.first_text = len(found.order)
        found.order += objects
        return
    for thing, kind in zip(objects, kinds, strict=True):
        found.order.append(thing)
        if kind == FORM:
            if depth and len(found.order) < _MOST:
                inner = list(map(form_object, repeat(ctypes.c_void_p(thing)), range(count_in_form(thing))))
                _look(found, inner, _joined(thing, matrix), depth - 1, layered)
        elif kind == TEXT:
            if found.first_text < 0:
                found.first_text = len(found.order) - 1
        else:
            _look_at_shape(found, thing, kind, matrix)


def _look_at_texts(found: Things, texts: list[int], layered: bool) -> None:
    colours = _colours.rows(len(texts))
    told = list(map(fill_of, texts, *(_colours.pointers(column) for column in range(4))))
    modes = list(map(text_mode_of, texts))
    found.inks.update(map(tuple, colours[:, :3].tolist()))
    white = colours[:, 0] + colours[:, 1] + colours[:, 2] > _WHITISH
    for row in np.flatnonzero(white | (colours[:, 3] < _FAINT)).tolist():
        if told[row] and modes[row] not in _OUTLINED:
            found.odd[texts[row]] = "white" if white[row] else "unpainted"
    if any(modes):
        for thing, mode in zip(texts, modes, strict=True):
            if mode in _UNPAINTED:
                found.odd[thing] = "unpainted"
            elif mode in _OUTLINED:
                shade = colour(thing)
                found.inks.add(shade)
                if sum(shade) > _WHITISH:
                    found.odd[thing] = "white"
    if layered:
        counts = list(map(count_marks_of, texts))
        if any(counts):
            found.odd |= {
                thing: "concealed"
                for thing, count in zip(texts, counts, strict=True)
                if count and _in_layer(thing, count)
            }


def _in_layer(thing: int, count: int) -> bool:
    """Whether a mark says that the text belongs to a layer (optional content)."""
    for n in range(count):
        mark = mark_of(thing, n)
        if mark and mark_name_of(mark, _name, len(_name), ctypes.byref(_length)) and _name.raw[:6] == b"O\0C\0\0\0":
            return True
    return False


def _look_at_shape(found: Things, thing: int, kind: int, matrix: Matrix) -> None:
    found.outlines += kind in (PATH, IMAGE)
    if len(found.shapes) >= _MOST_SHAPES and (kind != IMAGE or len(found.pictures) >= _MOST_PICTURES):
        return
    corners = _corners(thing, matrix)
    if corners is None or min(corners[2] - corners[0], corners[1] - corners[3]) < _THICK:
        return
    if kind == IMAGE:
        found.pictures.append(corners)
    if len(found.shapes) < _MOST_SHAPES and (shape := _shape(thing, kind, corners, len(found.order) - 1)):
        found.shapes.append(shape)


def _shape(thing: int, kind: int, corners: Corners, place: int) -> Shape | None:
    if kind != PATH:
        return Shape(corners, place, MANY, MANY, MANY, opaque=True)
    if not (draw_mode_of(thing, ctypes.byref(_fill), ctypes.byref(_stroke)) and _fill.value):
        return None
    if not fill_of(thing, ctypes.byref(_r), ctypes.byref(_g), ctypes.byref(_b), ctypes.byref(_a)):
        return None
    return Shape(corners, place, _r.value, _g.value, _b.value, opaque=_a.value >= _OPAQUE)


def _corners(thing: int, matrix: Matrix) -> Corners | None:
    told = bounds_of(thing, ctypes.byref(_left), ctypes.byref(_bottom), ctypes.byref(_right), ctypes.byref(_top))
    if not told:
        return None
    left, bottom, right, top = _left.value, _bottom.value, _right.value, _top.value
    if matrix is _SAME:
        return left, top, right, bottom
    a, b, c, d, e, f = matrix
    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
    return min(xs), max(ys), max(xs), min(ys)


def _joined(form: int, outer: Matrix) -> Matrix:
    """How a form's own axes lie on the page."""
    if not matrix_of(form, ctypes.byref(_matrix)):
        return outer
    a, b, c, d, e, f = _matrix.a, _matrix.b, _matrix.c, _matrix.d, _matrix.e, _matrix.f
    p, q, r, s, t, u = outer
    return (
        a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u,
    )  # fmt: skip
