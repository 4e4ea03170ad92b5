"""What was read from a file: its pages, with the place of every word, and the files inside it."""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from engine.cards import Box

Word = tuple[int, int, float, float, float, float]
"""start and end in the page's text, then the box: x0, y0, x1, y1 in points from the top left."""

HIDDEN = {
    "comment": "a comment",
    "deleted": "deleted text (tracked changes)",
    "white": "text in the colour of the paper",
    "tiny": "text too small to see",
    "unpainted": "text that is not painted",
    "outside": "text outside the page",
    "characters": "characters that can't be seen",
    "concealed": "hidden rows, sheets, slides or paragraphs",
    "elsewhere": "text that only another version of this page holds",
}
"""Why a person would not see a text, as they are told it."""

_WORD = struct.Struct("<IIffff")
_COLUMNS = [("start", "<u4"), ("end", "<u4"), ("x0", "<f4"), ("y0", "<f4"), ("x1", "<f4"), ("y1", "<f4")]
_FARTHEST = 1e6
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_LABEL = 300
_FIELDS = {"number", "text", "width", "height", "hidden", "paths", "words", "sure"}


class Words(Sequence[Word]):
    """The words of a page in the order of its text, packed: 24 bytes each, so that 1,000 pages fit in memory."""

    __slots__ = ("packed",)

    def __init__(self, packed: bytes = b"") -> None:
        if len(packed) % _WORD.size:
            raise ValueError("not a whole number of words")
        self.packed = packed

    @classmethod
    def of(cls, rows: Iterable[Sequence[float]]) -> Words:
        """Packed from (start, end, x0, y0, x1, y1) each. Coordinates keep seven digits."""
        return cls(b"".join(_WORD.pack(*row) for row in rows))

    def __len__(self) -> int:
        return len(self.packed) // _WORD.size

    def __iter__(self) -> Iterator[Word]:
        return _WORD.iter_unpack(self.packed)

    @overload
    def __getitem__(self, index: int) -> Word: ...
    @overload
    def __getitem__(self, index: slice) -> Words: ...
    def __getitem__(self, index: int | slice) -> Word | Words:
        if isinstance(index, slice):
            return Words.of(tuple(self)[index])
        position = range(len(self))[index]
        return _WORD.unpack_from(self.packed, position * _WORD.size)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and self.packed == other.packed

    def __hash__(self) -> int:
        return hash(self.packed)

    def __repr__(self) -> str:
        return f"Words.of({list(self)})"


NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Text of a page that a person would not see: why (a key of HIDDEN), the text, and where, if that is known."""

    kind: str
    text: str
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page's visible text, with a box for each word.

    `words` is empty for formats without drawn pages, whose `width` and `height` (in points) are 0.
    `confidences` has one byte (0 to 100) a word where words were recognised from a picture, and is
    empty otherwise. `paths` holds (start, end, label) for what has a structure instead of a paper:
    mail header, sheet, row, cell, slide, heading, paragraph.
    """

    number: int
    text: str
    width: float = 0.0
    height: float = 0.0
    words: Words = NO_WORDS
    confidences: bytes = b""
    hidden: tuple[Hidden, ...] = ()
    paths: tuple[tuple[int, int, str], ...] = ()

    def box(self, start: int, end: int) -> Box | None:
        """The box around all words that touch the span, or None where there are no boxes."""
        touched = [word for word in self.words if word[0] < end and word[1] > start]
        if not touched:
            return None
        return (
            round(min(word[2] for word in touched), 2),
            round(min(word[3] for word in touched), 2),
            round(max(word[4] for word in touched), 2),
            round(max(word[5] for word in touched), 2),
        )

    def path(self, start: int) -> str:
        """The structure around that position, outermost first ("Sheet Orders > row 3 > B3"), or ""."""
        around = [part for part in self.paths if part[0] <= start < part[1]]
        return " > ".join(label for _, _, label in sorted(around, key=lambda part: part[0] - part[1]))

    def confidence(self, start: int, end: int) -> float:
        """How sure the recognition of these words is, in 0..1: that of the least sure one. 1 for printed text."""
        if not self.confidences:
            return 1.0
        sure = [
            sure for word, sure in zip(self.words, self.confidences, strict=True) if word[0] < end > start < word[1]
        ]
        return min(sure, default=100) / 100


@dataclass(frozen=True, slots=True)
class Inner:
    """A file inside a file, as a reader hands it out: an attachment, or a member of an archive."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Count:
    """How many pages there will be; readers that know say so first."""

    pages: int


Part = Page | Inner | Count


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of one file. `attachments` are (name, content hash) of the files inside it."""

    kind: str
    title: str
    pages: tuple[Page, ...]
    attachments: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(page.text for page in self.pages)

    @property
    def confidence(self) -> float:
        """Mean confidence of all recognised words, in 0..1; 0 where nothing was recognised from pictures."""
        count = sum(len(page.confidences) for page in self.pages)
        return sum(sum(page.confidences) for page in self.pages) / count / 100 if count else 0.0


class Unfit(ValueError):
    """Bytes that are not a page as `packed` writes it."""


def packed(page: Page) -> bytes:
    """A page as bytes, for the wire and the disk: a JSON line, then the packed words, then the confidences."""
    head = {
        "number": page.number,
        "text": page.text,
        "width": page.width,
        "height": page.height,
        "hidden": [[hidden.kind, hidden.text, hidden.box] for hidden in page.hidden],
        "paths": page.paths,
        "words": len(page.words),
        "sure": len(page.confidences),
    }
    line = json.dumps(head, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return b"".join((line, b"\n", page.words.packed, page.confidences))


def unpacked(data: bytes) -> Page:
    """The page in those bytes, which may be an attacker's: raises Unfit for what `packed` does not write."""
    end = data.find(b"\n")
    head = _head(data[:end] if end >= 0 else data)
    text = _text(head["text"])
    count, sure = _natural(head["words"]), _natural(head["sure"])
    body = data[end + 1 :]
    _demand(end >= 0 and len(body) == count * _WORD.size + sure and sure in (0, count))
    words, confidences = Words(body[: count * _WORD.size]), body[count * _WORD.size :]
    _check_words(words, len(text))
    _demand(not confidences or max(confidences) <= 100)
    width, height = _measure(head["width"]), _measure(head["height"])
    _demand(_natural(head["number"]) > 0 and width >= 0 and height >= 0)
    return Page(
        head["number"], text, width, height, words, confidences, _hidden(head["hidden"]),
        _paths(head["paths"], len(text)),
    )  # fmt: skip


def _head(line: bytes) -> dict[str, Any]:
    try:
        head = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise Unfit("not JSON") from error
    _demand(isinstance(head, dict) and head.keys() == _FIELDS)
    return dict(head)


def _check_words(words: Words, length: int) -> None:
    """Spans in the text, in its order and apart from each other, each with a box. (No NaN passes a comparison.)"""
    if not words.packed:
        return
    import numpy as np

    rows = np.frombuffer(words.packed, _COLUMNS)
    start, end = rows["start"], rows["end"]
    sound = (start < end).all() and (end[:-1] <= start[1:]).all() and end[-1] <= length
    for low, high in (("x0", "x1"), ("y0", "y1")):
        sound = sound and ((rows[low] >= -_FARTHEST) & (rows[low] <= rows[high]) & (rows[high] <= _FARTHEST)).all()
    _demand(bool(sound))


def _hidden(rows: Any) -> tuple[Hidden, ...]:
    found = []
    for row in _list(rows):
        _demand(len(_list(row)) == 3 and isinstance(row[0], str) and row[0] in HIDDEN)
        found.append(Hidden(row[0], _text(row[1]), None if row[2] is None else _box(row[2])))
    return tuple(found)


def _box(row: Any) -> Box:
    _demand(len(_list(row)) == 4)
    x0, y0, x1, y1 = (_measure(value) for value in row)
    _demand(x0 <= x1 and y0 <= y1)
    return x0, y0, x1, y1


def _paths(rows: Any, length: int) -> tuple[tuple[int, int, str], ...]:
    found = []
    for row in _list(rows):
        _demand(len(_list(row)) == 3)
        start, end, label = _natural(row[0]), _natural(row[1]), _text(row[2])
        _demand(start < end <= length and len(label) <= _LABEL)
        found.append((start, end, label))
    return tuple(found)


def _text(value: Any) -> str:
    _demand(isinstance(value, str) and _UNFIT.search(value) is None)
    return str(value)


def _natural(value: Any) -> int:
    _demand(type(value) is int and 0 <= value < 2**32)
    return int(value)


def _measure(value: Any) -> float:
    _demand(type(value) in (int, float) and abs(value) <= _FARTHEST and math.isfinite(value))
    return float(value)


def _list(value: Any) -> list[Any]:
    _demand(isinstance(value, list))
    return list(value)


def _demand(condition: bool) -> None:
    if not condition:
        raise Unfit("it breaks the rules")
