"""Carries what the reading child found back to its parent, in bounded frames that the parent checks.

A frame is one letter, a length, and so many bytes. The parent takes every frame for the work of an
attacker: a parser may have been taken over by the document it read.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

from engine.cards import Problem, plain
from engine.store import Page, Reading

MIB = 1 << 20
PIXELS = 25_000_000
WORDS = 1_000_000
TITLE = 300

# What a reader can say went wrong. Only the code crosses the wire; the sentence is the parent's.
CODES = frozenset(
    ("encrypted", "damaged", "too_large", "too_deep", "unsupported", "crashed_parser", "out_of_memory", "empty")
)

_HEAD = struct.Struct(">cI")
_SMALL = 64 * 1024
_PAGE = 8 * MIB
_FARTHEST = 1e6
_WHERE = re.compile(r"[\w.:, ]{0,80}", re.ASCII)
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_UNFIT_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")
_PAGE_FIELDS = {part.name for part in dataclasses.fields(Page)}


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost.

    `depth` counts files inside files, and is kept by whoever reads the attachments in turn.
    """

    seconds: float = 30.0
    memory_bytes: int = 1024 * MIB
    pages: int = 500
    characters: int = 10_000_000
    bytes: int = 64 * MIB
    attachments: int = 50
    depth: int = 3


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as pixels: rows from the top, three bytes (red, green, blue) each, without gaps."""

    width: int
    height: int
    rgb: bytes


class BadAnswer(ValueError):
    """The child's answer breaks the rules, and nothing of it is kept."""


class NoAnswer(Exception):
    """The child's answer ends too early."""


class Refused(Exception):
    """The child said, in proper form, why there is no reading."""

    def __init__(self, code: str, where: str) -> None:
        super().__init__(code)
        self.code = code
        self.where = where


def send_reading(out: BinaryIO, reading: Reading) -> None:
    """Write a reading's frames. Raises Problem("too_large") when one page would not fit in its frame."""
    _send_json(out, b"T", {"title": reading.title})
    for page in reading.pages:
        if _send_json(out, b"P", plain(page)) > _PAGE:
            raise Problem("too_large", "One page holds too much text.")
    for name, data in reading.attachments:
        _send(out, b"A", json.dumps(name).encode() + b"\n" + data)
    _send(out, b"E", b"")


def send_picture(out: BinaryIO, picture: Picture) -> None:
    """Write a picture's one frame."""
    _send(out, b"I", struct.pack(">II", picture.width, picture.height) + picture.rgb)


def send_refusal(out: BinaryIO, code: str, where: str = "") -> None:
    """Write why there is no reading. `where` names the place in our code where a parser fell over."""
    _send_json(out, b"X", {"code": code, "where": where})


def send_words(out: BinaryIO, words: str) -> None:
    """Write the answer to a question about the child itself."""
    _send_json(out, b"T", {"title": words})
    _send(out, b"E", b"")


def receive_reading(stream: BinaryIO, limits: Limits, kind: str) -> Reading:
    """The reading in the child's frames, checked. Raises BadAnswer, NoAnswer or Refused."""
    title = _title(_expect(stream, b"T", _SMALL))
    pages: list[Page] = []
    attachments: list[tuple[str, bytes]] = []
    characters, words, carried = limits.characters, WORDS, limits.bytes
    while True:
        letter, payload = _frame(stream, {b"P": _PAGE, b"A": _SMALL + carried, b"E": 0, b"X": _SMALL})
        if letter == b"E":
            break
        if letter == b"P":
            _demand(len(pages) < limits.pages and not attachments)
            page = _page(payload, len(pages) + 1)
            pages.append(page)
            characters -= len(page.text) + len(page.hidden)
            words -= len(page.words)
        else:
            attachments.append(_attachment(payload))
            carried -= len(attachments[-1][1])
        _demand(characters >= 0 and words >= 0 and carried >= 0 and len(attachments) <= limits.attachments)
    _demand(len(pages) > 0)
    return Reading(kind, title, tuple(pages), tuple(attachments))


def receive_picture(stream: BinaryIO) -> Picture:
    """The picture in the child's frame, checked. Raises BadAnswer, NoAnswer or Refused."""
    payload = _expect(stream, b"I", 8 + 3 * PIXELS)
    _demand(len(payload) > 8)
    width, height = struct.unpack(">II", payload[:8])
    _demand(width > 0 and height > 0 and len(payload) == 8 + 3 * width * height)
    return Picture(width, height, payload[8:])


def receive_words(stream: BinaryIO) -> str:
    """The child's answer to a question about itself, checked. Raises BadAnswer, NoAnswer or Refused."""
    words = _title(_expect(stream, b"T", _SMALL))
    _expect(stream, b"E", 0)
    return words


def exactly(stream: BinaryIO, size: int) -> bytes:
    """That many bytes. Raises NoAnswer when the stream ends before; memory grows only with what came."""
    parts = []
    while size:
        part = stream.read(min(size, MIB))
        if not part:
            raise NoAnswer
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _send_json(out: BinaryIO, letter: bytes, value: dict[str, Any]) -> int:
    payload = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    _send(out, letter, payload)
    return len(payload)


def _send(out: BinaryIO, letter: bytes, payload: bytes) -> None:
    out.write(_HEAD.pack(letter, len(payload)))
    out.write(payload)


def _expect(stream: BinaryIO, letter: bytes, most: int) -> bytes:
    return _frame(stream, {letter: most, b"X": _SMALL})[1]


def _frame(stream: BinaryIO, sizes: dict[bytes, int]) -> tuple[bytes, bytes]:
    """The next frame: its letter must be one of these and its payload no longer than allowed for it."""
    letter, size = _HEAD.unpack(exactly(stream, _HEAD.size))
    _demand(letter in sizes and size <= sizes[letter])
    payload = exactly(stream, size)
    if letter == b"X":
        raise _refusal(payload)
    return letter, payload


def _refusal(payload: bytes) -> Refused:
    data = _object(payload, {"code", "where"})
    code, where = _text(data["code"], 40), _text(data["where"], 80)
    _demand(code in CODES and _WHERE.fullmatch(where) is not None)
    return Refused(code, where)


def _title(payload: bytes) -> str:
    return _text(_object(payload, {"title"})["title"], TITLE)


def _page(payload: bytes, number: int) -> Page:
    data = _object(payload, _PAGE_FIELDS)
    text, hidden = _text(data["text"], _PAGE), _text(data["hidden"], _PAGE)
    _demand(type(data["number"]) is int and data["number"] == number)
    width, height = _measure(data["width"]), _measure(data["height"])
    _demand(width >= 0 and height >= 0)
    return Page(number, text, width, height, _words(data["words"], text), hidden, _paths(data["paths"], text))


def _words(rows: Any, text: str) -> tuple[tuple[int, int, float, float, float, float], ...]:
    """Spans in the text, in its order and apart from each other, each with its box."""
    words = []
    before = 0
    for row in _list(rows):
        _demand(len(_list(row)) == 6)
        start, end = _span(row[0], row[1], len(text))
        x0, y0, x1, y1 = (_measure(value) for value in row[2:])
        _demand(start >= before and x0 <= x1 and y0 <= y1)
        before = end
        words.append((start, end, x0, y0, x1, y1))
    return tuple(words)


def _paths(rows: Any, text: str) -> tuple[tuple[int, int, str], ...]:
    paths = []
    for row in _list(rows):
        _demand(len(_list(row)) == 3)
        paths.append((*_span(row[0], row[1], len(text)), _text(row[2], TITLE)))
    return tuple(paths)


def _attachment(payload: bytes) -> tuple[str, bytes]:
    end = payload.find(b"\n", 0, _SMALL)
    _demand(end > 0)
    name = _text(_json(payload[:end]), 255)
    _demand(name.strip(". ") != "" and _UNFIT_NAME.search(name) is None)
    return name, payload[end + 1 :]


def _span(start: Any, end: Any, length: int) -> tuple[int, int]:
    _demand(type(start) is int and type(end) is int and 0 <= start < end <= length)
    return start, end


def _measure(value: Any) -> float:
    _demand(type(value) in (int, float) and abs(value) <= _FARTHEST and math.isfinite(value))
    return float(value)


def _text(value: Any, most: int) -> str:
    _demand(isinstance(value, str) and len(value) <= most and _UNFIT.search(value) is None)
    return str(value)


def _list(value: Any) -> list[Any]:
    _demand(isinstance(value, list))
    return list(value)


def _object(payload: bytes, fields: set[str]) -> dict[str, Any]:
    data = _json(payload)
    _demand(isinstance(data, dict) and data.keys() == fields)
    return dict(data)


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload.decode())
    except (ValueError, RecursionError) as error:
        raise BadAnswer("not JSON") from error


def _demand(condition: bool) -> None:
    if not condition:
        raise BadAnswer("the answer breaks the rules")
