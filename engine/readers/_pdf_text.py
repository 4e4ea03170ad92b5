"""Takes the text layer off a PDF page: its characters, its words, and the box of each word."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import deque
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as raw

from engine.pages import Hidden
from engine.readers._pdf_raw import Answers, Paper, Sight, loose_box, text_of, unicode_of, unmapped
from engine.readers._pdf_sheet import WORD, Array, Sheet
from engine.readers._text import clean

_WIDE = 0x10000
_HYPHENS = (0x02, 0xFFFE)  # how PDFium writes a hyphen at a line's end
_LINE_ENDS = (0x0B, 0x0C, 0x85, 0x2028, 0x2029)
_SKEW = 0.2  # how far two boxes of one line may differ, of a letter's height
_SAMPLE = 24
_FARTHEST = 1e6
_STRANGE = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")


class Letters(NamedTuple):
    """The characters of a page: `codes` are clean, `origins` are PDFium's indexes of them (None: 0, 1, 2 ...)."""

    codes: Array
    origins: Array | None
    dropped: Array

    @property
    def text(self) -> str:
        if self.codes.dtype == np.uint16:
            return self.codes.tobytes().decode("utf-16-le")
        return self.codes.astype("<u4").tobytes().decode("utf-32-le")


def _tables() -> tuple[Array, Array]:
    """What becomes of each character (0: it goes), and which of them are ink."""
    everything = np.arange(_WIDE, dtype=np.uint16)
    everything[0xD800:0xE000] = 0xFFFD
    kept = {ord(char) for char in clean("".join(map(chr, everything.tolist())))[0]}
    table = np.array([code if code in kept else 0 for code in everything.tolist()], np.uint16)
    for code in kept:
        if unicodedata.category(chr(code)) == "Zs":  # on paper a space is a space
            table[code] = ord(" ")
    table[list(_LINE_ENDS)] = ord("\n")
    table[ord("\r")] = 0  # PDFium ends lines with two characters
    table[list(_HYPHENS)] = ord("-")
    ink = np.array([not chr(code).isspace() for code in range(_WIDE)])
    return table, ink


_CLEAN, _INK = _tables()
_rects = Answers(ctypes.c_float, 4)


def sheet(paper: Paper, letters: Any) -> Sheet:
    """The page's text layer, with all that it says, seen or not."""
    codes = _codes(letters)
    found = _letters(codes)
    starts, ends = _spans(found, codes)
    first, last = starts, ends - 1
    if found.origins is not None:
        first, last = found.origins[first], found.origins[last]
    boxes = _boxes(letters, first, last, paper.sight)
    words = np.empty(len(starts), WORD)
    words["start"], words["end"], words["box"] = starts, ends, boxes
    if not _all_placed(boxes) and not (placed := _placed(boxes)).all():
        words, first = words[placed], first[placed]
    hidden: tuple[Hidden, ...] = ()
    if len(found.dropped):
        note = clean("".join(map(chr, found.dropped.tolist())))[1]
        hidden = (Hidden("characters", note),) if note else ()
    return Sheet(
        paper.index + 1, paper.sight.width, paper.sight.height, found.text, words, first, hidden=hidden
    )  # fmt: skip


def garbled(letters: Any, page: Sheet) -> bool:
    """Whether most of the text layer is no writing: its fonts do not say which character a shape is."""
    if not page.text.isascii():
        strange = len(_STRANGE.findall(page.text))
        if strange and 2 * strange > len("".join(page.text.split())):
            return True
    asked = page.first[:: 1 + len(page.first) // _SAMPLE].tolist()
    return bool(2 * sum(map(unmapped, repeat(letters), asked)) > len(asked))


def _codes(letters: Any) -> Array:
    """The character at each of PDFium's indexes.

    Its text as a whole leaves some characters out, and others take two units: then one by one.
    """
    count = raw.FPDFText_CountChars(letters)
    if count <= 0:
        return np.empty(0, np.uint16)
    units = np.empty(2 * count + 2, np.uint16)
    taken = text_of(letters, 0, count, ctypes.c_void_p(units.ctypes.data)) - 1
    units = units[: max(taken, 0)]
    if taken == count and not ((units & 0xF800) == 0xD800).any():
        return units
    return np.fromiter(map(unicode_of, repeat(letters), range(count)), np.uint32, count)


def _letters(codes: Array) -> Letters:
    if codes.dtype == np.uint16:
        clean_codes = _CLEAN[codes]
        kept = clean_codes != 0
        return _kept(codes, clean_codes, kept)
    high, low = (codes & 0xFFFFFC00) == 0xD800, (codes & 0xFFFFFC00) == 0xDC00
    pairs = np.flatnonzero(high[:-1] & low[1:])
    whole = codes.copy()
    whole[pairs] = 0x10000 + ((codes[pairs] - 0xD800) << 10) + (codes[pairs + 1] - 0xDC00)
    clean_codes = np.where(whole < _WIDE, _CLEAN[np.minimum(whole, _WIDE - 1)], whole).astype(np.uint32)
    clean_codes[(whole >= 0x110000) | ((whole >= 0xE0000) & (whole <= 0xE01EF))] = 0
    clean_codes[pairs + 1] = 0
    whole[pairs + 1] = ord("\r")  # a second half is no loss to be noted
    return _kept(whole, clean_codes, clean_codes != 0)


def _kept(codes: Array, clean_codes: Array, kept: Array) -> Letters:
    if kept.all():
        return Letters(clean_codes, None, codes[:0])
    gone = codes[~kept]
    return Letters(clean_codes[kept], np.flatnonzero(kept), gone[(gone != ord("\r")) & (gone < 0x110000)])


def _spans(letters: Letters, codes: Array) -> tuple[Array, Array]:
    """Where words begin and end. A word that goes on after a hyphen at a line's end is two: each has its own box."""
    count = len(letters.codes)
    inside = np.zeros(count + 2, bool)
    inside[1:-1] = _INK[letters.codes] if letters.codes.dtype == np.uint16 else _ink(letters.codes)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = edges[0::2], edges[1::2]
    hyphens = (codes == _HYPHENS[0]) | (codes == _HYPHENS[1])
    if hyphens.any():
        if letters.origins is not None:
            hyphens = hyphens[letters.origins]
        cuts = np.flatnonzero(hyphens) + 1
        cuts = cuts[inside[cuts + 1] & (cuts < count)]
        starts, ends = np.sort(np.concatenate((starts, cuts))), np.sort(np.concatenate((ends, cuts)))
    return starts, ends


def _ink(codes: Array) -> Array:
    return np.where(codes < _WIDE, _INK[np.minimum(codes, _WIDE - 1)], True)


def _boxes(letters: Any, first: Array, last: Array, sight: Sight) -> Array:
    """The box of each word: around its first and its last letter, or around all where that could miss some."""
    found = _letter_boxes(letters, [*first.tolist(), *last.tolist()])
    one, other = found[: len(first)], found[len(first) :]
    rects, high = np.minimum(one, other), np.maximum(one, other)
    differ = high - rects
    rects[:, 1:3] = high[:, 1:3]
    wide, tall = rects[:, 2] - rects[:, 0], rects[:, 1] - rects[:, 3]
    plain = differ[:, 1] + differ[:, 3] <= _SKEW * tall
    if not plain.all():
        plain |= differ[:, 0] + differ[:, 2] <= _SKEW * wide
    plain &= (wide > 0) & (tall > 0)
    if not plain.all():
        for row in np.flatnonzero(~plain).tolist():
            rects[row] = _around(_letter_boxes(letters, list(range(int(first[row]), int(last[row]) + 1))))
    return sight.boxes(rects)


def _letter_boxes(letters: Any, indexes: list[int]) -> Array:
    """left, top, right, bottom of each of those letters, with the room that its line takes."""
    found = _rects.rows(len(indexes))
    deque(map(loose_box, repeat(letters), indexes, _rects.pointers()), 0)
    return found


def _around(rects: Array) -> Array:
    """One rectangle around all those that are not empty; an empty one where all are."""
    solid = rects[(rects[:, 2] > rects[:, 0]) & (rects[:, 1] > rects[:, 3])]
    if not len(solid):
        return np.zeros(4, np.float32)
    low, high = solid.min(axis=0), solid.max(axis=0)
    return np.array([low[0], high[1], high[2], low[3]], np.float32)


def _all_placed(boxes: Array) -> bool:
    """Whether all boxes are places, asked quickly: their sizes are known to be positive unless they are empty."""
    return bool(
        len(boxes) and boxes.min() > -_FARTHEST and boxes.max() < _FARTHEST and (boxes[:, 3] > boxes[:, 1]).all()
    )


def _placed(boxes: Array) -> Array:
    """Which boxes are places that a word can have. (No NaN passes a comparison.)"""
    sane = (np.abs(boxes) < _FARTHEST).all(axis=1)
    return sane & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
