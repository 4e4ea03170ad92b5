"""Recognises the words in a picture: what they say, where they stand, and how sure that is.

One model marks where lines of text stand, another reads them strip by strip. Both are PP-OCRv6's
small ones, as the rapidocr package carries them; of that package's code nothing is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.cards import Box
from engine.pages import Page, Words
from engine.readers import _ocr_order, _ocr_strips
from engine.readers._ocr_strips import Strip

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, RunOptions
    from PIL import Image

Array = NDArray[Any]

_PACKAGE = "rapidocr"
_FINDER = "PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"
_READER = "PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"

# The finder gets the picture in about so many dots at first, and in more as long as its strips are too low there.
_SIGHT, _CLOSEST = 650_000, 2_600_000
_LOW, _CLEAR, _STEP = 17.0, 22.0, 1.2
_GRID = 32  # it takes multiples of this
_THREAD = 20_000  # dots along: what is so much longer than wide is no page, and takes too much memory
_MEAN, _SPREAD = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], np.float32)

# The reader gets strips of this height, and says something for every eighth pixel along.
_HEIGHT, _COLUMN, _SHORTEST, _LONGEST = 48, 8, 16, 3200
_AT_ONCE = 640  # pixels, the strips that are read together: more are not faster
_SPACE = 0.1  # the reader runs words together, but mostly it has then thought of a space
_SURE = 0.5  # a line below that is no text
_DOUBTFUL = 0.8  # a page may lie upside down if lines of a usual length are read less surely
_SAMPLE, _USUAL = 6, 7.0
_INK = 0.4  # of a strip's strongest contrast
_EDGE, _RIM = 2, 9  # pixels around a word's ink; pixels above and below a strip's letters


class NeedsEyes(Exception):
    """This process has no OCR models: the work is for one that has."""


class Word(NamedTuple):
    """A recognised word with its box in pixels; `confidence` is in 0..1."""

    text: str
    box: Box
    confidence: float


class Line(NamedTuple):
    """The words of one line, from left to right; `apart` when a paragraph or block begins with it."""

    words: tuple[Word, ...]
    apart: bool


class _Eyes(NamedTuple):
    finder: InferenceSession
    frees_memory: RunOptions
    reader: InferenceSession
    letters: tuple[str, ...]


class _Said(NamedTuple):
    """What the reader said of a strip: its letters, with the column of each and how sure that is."""

    letters: list[str]
    columns: Array
    sure: Array
    inked: Array
    """Which of the columns of pixels have ink in them."""

    @property
    def confidence(self) -> float:
        """How sure the letters are on the whole; spaces were never sure."""
        solid = [sure for letter, sure in zip(self.letters, self.sure.tolist(), strict=True) if not letter.isspace()]
        return sum(solid) / len(solid) if solid else 0.0


_own: list[_Eyes] = []
"""This process's models, if it has them."""


def loaded() -> bool:
    """Whether this process has the models."""
    return bool(_own)


def needed() -> None:
    """Raises NeedsEyes in a process without the models."""
    if not _own:
        raise NeedsEyes


def load() -> None:
    """Bring the models into this process. Then nothing more is opened or imported, and no thread is left running."""
    if _own:
        return
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # from 1.29 on, onnxruntime's builds call their maker
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    # The finder is twice as fast with memory that it keeps from step to step, if not from run to run.
    # The reader is not, and its strips have so many lengths that the memory would pile up.
    finder, reader = _session(*_FINDER, keep_memory=True), _session(*_READER, keep_memory=False)
    frees = onnxruntime.RunOptions()
    frees.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    letters = reader.get_modelmeta().custom_metadata_map["character"].split("\n")
    _own.append(_Eyes(finder, frees, reader, ("", *letters, " ")))
    practice = np.full((64, 256, 3), 255, np.uint8)
    practice[24:40, 16:240:3] = 0
    recognise(practice)


def _session(name: str, sha256: str, *, keep_memory: bool) -> InferenceSession:
    import onnxruntime

    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    model = (Path(spec.origin).parent / "models" / name).read_bytes()
    if hashlib.sha256(model).hexdigest() != sha256:
        raise OSError(f"{name} is not the model it should be")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the caller's own thread
    options.enable_cpu_mem_arena = keep_memory
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def page(pixels: Array, width_points: float, height_points: float, number: int) -> Page:
    """A page of that size whose picture this is: its lines, with a box and a confidence for each word."""
    height, width = pixels.shape[:2]
    across, down = width_points / width, height_points / height
    text, words, sure = "", [], []
    for line in recognise(pixels):
        if text:
            text += "\n\n" if line.apart else "\n"
        for place, word in enumerate(line.words):
            text += " " if place else ""
            x0, y0, x1, y1 = word.box
            words.append((len(text), len(text) + len(word.text), x0 * across, y0 * down, x1 * across, y1 * down))
            sure.append(round(100 * word.confidence))
            text += word.text
    return Page(number, text, round(width_points, 2), round(height_points, 2), Words.of(words), bytes(sure))


def recognise(pixels: Array) -> tuple[Line, ...]:
    """The lines in the order a person reads them, whichever way the picture (rows, columns, RGB) is turned.

    Raises NeedsEyes.
    """
    needed()
    turns, view = 0, pixels
    strips = _strips(view)
    if _sideways(strips):
        turns, view = 1, np.rot90(pixels)
        strips = _strips(view)
    if _upside_down(view, strips):
        turns, view = turns + 2, np.rot90(view, 2)
        strips = _strips(view)
    height, width = pixels.shape[:2]
    return tuple(_turned_back(line, turns, width, height) for line in _lines(strips, _read(view, strips)))


def _strips(pixels: Array) -> list[Strip]:
    """The strips with text, seen close enough for the finder to tell one line from the next."""
    picture = _picture(pixels)
    dots = picture.width * picture.height
    scale, closest = (min(1.0, math.sqrt(sight / dots)) for sight in (_SIGHT, _CLOSEST))
    while True:
        strips = _found(picture, scale)
        height = float(np.median([strip.height for strip in strips])) * scale if strips else 0.0
        closer = min(closest, scale * min(2.0, _CLEAR / max(height, 1.0)))
        if height >= _LOW or closer < _STEP * scale:
            return strips
        scale = closer


def _found(picture: Image.Image, scale: float) -> list[Strip]:
    from PIL import Image

    width, height = (max(_GRID, round(side * scale / _GRID) * _GRID) for side in picture.size)
    if max(width, height) > _THREAD:
        return []
    small = picture.resize((width, height), Image.Resampling.BILINEAR)
    dots = (np.asarray(small, np.float32)[:, :, ::-1] / 255 - _MEAN) / _SPREAD
    eyes = _own[0]
    chances = np.asarray(eyes.finder.run(None, {"x": dots.transpose(2, 0, 1)[None]}, eyes.frees_memory)[0])[0, 0]
    across, down = picture.width / width, picture.height / height
    found = (strip.scaled(across, down) for strip in _ocr_strips.strips(chances))
    return [strip.inside(*picture.size) for strip in found]


def _picture(pixels: Array) -> Image.Image:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels))


def _sideways(strips: Sequence[Strip]) -> bool:
    steep = sum(strip.length for strip in strips if strip.steep)
    return steep > sum(strip.length for strip in strips) / 2


def _upside_down(pixels: Array, strips: Sequence[Strip]) -> bool:
    """Whether some lines, where they read badly, read better from their other end."""
    sample = sorted(strips, key=lambda strip: abs(strip.length / strip.height - _USUAL))[:_SAMPLE]
    picture = _picture(pixels)
    sure = _confidence(_spoken(picture, sample))
    return sure < _DOUBTFUL and _confidence(_spoken(picture, [strip.flipped() for strip in sample])) > sure


def _confidence(said: Sequence[_Said]) -> float:
    letters = sum(len(one.letters) for one in said)
    return sum(one.confidence * len(one.letters) for one in said) / letters if letters else 0.0


def _read(pixels: Array, strips: list[Strip]) -> list[_Said]:
    """What each strip says. A steep one, text along a margin, is read both ways, and turned the better one."""
    picture = _picture(pixels)
    said = _spoken(picture, strips)
    steep = [place for place, strip in enumerate(strips) if strip.steep]
    flipped = [strips[place].flipped() for place in steep]
    for place, strip, other in zip(steep, flipped, _spoken(picture, flipped), strict=True):
        if other.confidence > said[place].confidence:
            strips[place], said[place] = strip, other
    return said


def _spoken(picture: Image.Image, strips: Sequence[Strip]) -> list[_Said]:
    """What the reader says of each of them. They are read in order of their length, so that few pixels are wasted."""
    crops = [_crop(picture, strip) for strip in strips]
    order = sorted(range(len(crops)), key=lambda place: crops[place].shape[1])
    said: dict[int, _Said] = {}
    while order:
        count = 1
        while count < len(order) and (count + 1) * crops[order[count]].shape[1] <= _AT_ONCE:
            count += 1
        batch, order = order[:count], order[count:]
        said.update(zip(batch, _spoken_together([crops[place] for place in batch]), strict=True))
    return [said[place] for place in range(len(crops))]


def _spoken_together(crops: Sequence[Array]) -> Iterator[_Said]:
    width = -(-max(crop.shape[1] for crop in crops) // _COLUMN) * _COLUMN
    dots = np.zeros((len(crops), 3, _HEIGHT, width), np.float32)
    for place, crop in enumerate(crops):
        dots[place, :, :, : crop.shape[1]] = crop.transpose(2, 0, 1)[::-1] / np.float32(127.5) - 1
    chances = np.asarray(_own[0].reader.run(None, {"x": dots})[0])
    for crop, says in zip(crops, chances, strict=True):
        yield _letters(says[: -(-crop.shape[1] // _COLUMN)], crop)


def _letters(chances: Array, crop: Array) -> _Said:
    """The likeliest letters: one stands where it is likeliest, and was not so in the column before."""
    best, sure = chances.argmax(axis=1), chances.max(axis=1)
    space = len(_own[0].letters) - 1
    best[(best == 0) & (chances[:, space] > _SPACE)] = space
    columns = np.flatnonzero((best != 0) & np.diff(best, prepend=-1).astype(bool))
    letters = [_own[0].letters[letter] for letter in best[columns]]
    return _Said(letters, columns, sure[columns], _inked(crop))


def _inked(crop: Array) -> Array:
    """Which columns of pixels have ink in them; above and below the letters is the paper."""
    grey = crop.mean(axis=2)
    middle, edges = np.split(grey, [_RIM, _HEIGHT - _RIM])[1], np.concatenate((grey[: _RIM // 2], grey[-_RIM // 2 :]))
    contrast = np.abs(middle - np.median(edges)).max(axis=0)
    return np.asarray(contrast > _INK * contrast.max())


def _crop(picture: Image.Image, strip: Strip) -> Array:
    """The strip as the reader wants it: level, and of its height."""
    from PIL import Image

    width = max(_SHORTEST, min(_LONGEST, round(_HEIGHT * strip.length / strip.height)))
    left, top = -strip.length / 2, -strip.height / 2
    if strip.slope == 0.0:
        box = (strip.x + left, strip.y + top, strip.x - left, strip.y - top)
        return np.asarray(picture.resize((width, _HEIGHT), Image.Resampling.BILINEAR, box=box))
    cos, sin = math.cos(strip.slope), math.sin(strip.slope)
    size = max(1, round(strip.length)), max(1, round(strip.height))
    turn = (cos, -sin, strip.x + left * cos - top * sin, sin, cos, strip.y + left * sin + top * cos)
    level = picture.transform(size, Image.Transform.AFFINE, turn, Image.Resampling.BICUBIC, fillcolor=(255,) * 3)
    return np.asarray(level.resize((width, _HEIGHT), Image.Resampling.BILINEAR))


def _lines(strips: Sequence[Strip], said: Sequence[_Said]) -> Iterator[Line]:
    """All that was said and is sure enough, row by row."""
    sure = [(strip, one) for strip, one in zip(strips, said, strict=True) if one.confidence > _SURE]
    words = [tuple(_words(strip, one)) for strip, one in sure]
    slope = _ocr_strips.common_slope(strips)
    for apart, row in _ocr_order.rows([strip.turned(-slope).box for strip, _ in sure]):
        yield Line(tuple(word for place in row for word in words[place]), apart)


def _words(strip: Strip, said: _Said) -> Iterator[Word]:
    """The words of one strip, each with the box around its ink."""
    groups = _groups(said.letters)
    ends = [0, *(_between(said, one[-1], other[0]) for one, other in pairwise(groups)), len(said.inked)]
    for (start, end), group in zip(pairwise(ends), groups, strict=True):
        ink = start + np.flatnonzero(said.inked[start:end])
        left, right = (ink[0] - _EDGE, ink[-1] + 1 + _EDGE) if len(ink) else (start, end)
        box = strip.part(left / len(said.inked), right / len(said.inked)).box
        text = "".join(said.letters[letter] for letter in group)
        yield Word(text, box, float(said.sure[group].mean()))


def _groups(letters: Sequence[str]) -> list[list[int]]:
    """The letters between spaces, by their numbers."""
    groups: list[list[int]] = [[]]
    for number, letter in enumerate(letters):
        if letter.isspace():
            groups.append([])
        else:
            groups[-1].append(number)
    return [group for group in groups if group]


def _between(said: _Said, last: int, first: int) -> int:
    """The pixel along a strip where the gap between two words is widest, from the letters that stand around it."""
    start, end = (int(said.columns[letter]) * _COLUMN + _COLUMN // 2 for letter in (last, first))
    ink = np.flatnonzero(said.inked[start:end])
    edges = np.concatenate(([0], ink, [end - start]))
    widest = int(np.diff(edges).argmax())
    return start + int(edges[widest] + edges[widest + 1]) // 2


def _turned_back(line: Line, turns: int, width: int, height: int) -> Line:
    """The line in a picture of that size, as it was before it was turned that often by a quarter."""
    return line._replace(
        words=tuple(word._replace(box=_box_back(word.box, turns, width, height)) for word in line.words)
    )


def _box_back(box: Box, turns: int, width: int, height: int) -> Box:
    x0, y0, x1, y1 = box
    match turns:
        case 1:
            x0, y0, x1, y1 = width - y1, x0, width - y0, x1
        case 2:
            x0, y0, x1, y1 = width - x1, height - y1, width - x0, height - y0
        case 3:
            x0, y0, x1, y1 = y0, height - x1, y1, height - x0
    return max(0.0, x0), max(0.0, y0), min(float(width), x1), min(float(height), y1)
