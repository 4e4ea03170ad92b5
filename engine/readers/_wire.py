"""Carries what the worker found back to its host, in bounded frames that the host checks.

A frame is one letter, a length, and so many bytes. The host takes every frame for the work of an
attacker: a parser may have been taken over by the document it read.
"""

from __future__ import annotations

import dataclasses
import json
import re
import struct
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, BinaryIO

from engine.cards import Problem
from engine.pages import Count, Inner, Page, Part, Unfit, packed, unpacked

MIB = 1 << 20
WORDS = 2_000_000
MARKS = 1_000_000
"""Labels and hidden texts of one reading, in all: each costs the host a hundred times its bytes on the wire."""
TITLE = 300

# What a worker can say went wrong. Only the code crosses the wire; the sentence is the host's.
CODES = frozenset(
    (
        "encrypted",
        "damaged",
        "too_large",
        "too_deep",
        "bomb",
        "unsupported",
        "crashed_parser",
        "out_of_memory",
        "empty",
        "needs_eyes",  # not a reason for people: repeat the job in a worker that has the OCR models
    )
)

_HEAD = struct.Struct(">cI")
_SIZE = struct.Struct(">II")
_SMALL = 64 * 1024
_PAGE = 8 * MIB
_WHERE = re.compile(r"[\w.:, ]{0,80}", re.ASCII)
_KIND = re.compile(r"[a-z0-9]{1,12}")
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_UNFIT_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost.

    `seconds` is how long a worker may stay silent: each page it hands over is a sign of life.
    `total_seconds` bounds a worker in all, `memory_bytes` is what it may take on top of an idle one.
    `unpacked` bounds the bytes of all files inside the file together, `pixels` one picture.
    `depth` counts files inside files, and is kept by whoever reads those in turn.
    """

    seconds: float = 30.0
    total_seconds: float = 1800.0
    memory_bytes: int = 1024 * MIB
    pages: int = 2000
    characters: int = 10_000_000
    bytes: int = 128 * MIB
    attachments: int = 1000
    unpacked: int = 256 * MIB
    depth: int = 4
    pixels: int = 40_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file turned out to be, and whether its pages can be read in slices, by several workers."""

    kind: str
    sliced: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as pixels: rows from the top, three bytes (red, green, blue) each, without gaps."""

    width: int
    height: int
    rgb: bytes


class Allowance:
    """What may still come of one reading. The worker keeps to it, and says `too_large`; the host sees to it."""

    def __init__(self, limits: Limits) -> None:
        self._pages, self._characters, self._words, self._marks = limits.pages, limits.characters, WORDS, MARKS
        self._files, self._unpacked, self._counts = limits.attachments, limits.unpacked, 1

    @property
    def unpacked(self) -> int:
        """Bytes that the files inside may still have."""
        return self._unpacked

    def covers(self, part: Part) -> bool:
        """Whether one more part is within it; it is spent on that."""
        match part:
            case Page():
                self._pages -= 1
                self._characters -= len(part.text) + sum(len(hidden.text) for hidden in part.hidden)
                self._words -= len(part.words)
                self._marks -= len(part.hidden) + len(part.paths)
            case Inner(_, data):
                self._files -= 1
                self._unpacked -= len(data)
            case Count():
                self._counts -= 1
        left = (self._pages, self._characters, self._words, self._marks, self._files, self._unpacked, self._counts)
        return min(left) >= 0


class BadAnswer(ValueError):
    """The worker's answer breaks the rules, and nothing of it is kept."""


class NoAnswer(Exception):
    """The worker's answer ends too early."""


class Refused(Exception):
    """The worker said, in proper form, why there is no reading."""

    def __init__(self, code: str, where: str) -> None:
        super().__init__(code)
        self.code = code
        self.where = where


def send_kind(out: BinaryIO, kind: Kind) -> None:
    """Write what the file is."""
    _send_json(out, b"K", dataclasses.asdict(kind))
    out.flush()


def send_part(out: BinaryIO, part: Part) -> None:
    """Write one thing that was found. Raises Problem("too_large") when a page would not fit in its frame."""
    match part:
        case Page():
            payload = packed(part)
            if len(payload) > _PAGE:
                raise Problem("too_large", "One page holds too much text.")
            _send(out, b"P", payload)
        case Inner(name, data):
            _send(out, b"A", json.dumps(name).encode() + b"\n" + data)
        case Count(pages):
            _send_json(out, b"N", {"pages": pages})
    out.flush()


def send_end(out: BinaryIO, title: str) -> None:
    """Write that this is all."""
    _send_json(out, b"E", {"title": title})


def send_picture(out: BinaryIO, picture: Picture) -> None:
    """Write a picture's one frame."""
    _send(out, b"I", _SIZE.pack(picture.width, picture.height) + picture.rgb)


def send_refusal(out: BinaryIO, code: str, where: str = "") -> None:
    """Write why there is no reading. `where` names the place in our code where a parser fell over."""
    _send_json(out, b"X", {"code": code, "where": where})


def send_words(out: BinaryIO, words: str) -> None:
    """Write the answer to a question about the worker itself."""
    _send_json(out, b"W", {"words": words})


def receive(stream: BinaryIO, limits: Limits, first: int = 1) -> Generator[Kind | Part, None, str]:
    """The checked parts of a reading as they come, its kind first; returns the title.

    Pages come in order, from number `first`. Raises BadAnswer, NoAnswer or Refused.
    """
    yield _kind(_frame(stream, {b"K": _SMALL})[1])
    number, allowance = first, Allowance(limits)
    while True:
        letter, payload = _frame(stream, {b"P": _PAGE, b"A": _SMALL + allowance.unpacked, b"N": _SMALL, b"E": _SMALL})
        part: Part
        match letter:
            case b"E":
                return _text(_object(payload, {"title"})["title"], TITLE)
            case b"N":
                part = _count(payload)
            case b"P":
                part = _page(payload, number)
                number += 1
            case _:
                part = _inner(payload)
        _demand(allowance.covers(part))
        yield part


def receive_picture(stream: BinaryIO, limits: Limits) -> Picture:
    """The picture in the worker's frame, checked. Raises BadAnswer, NoAnswer or Refused."""
    payload = _frame(stream, {b"I": _SIZE.size + 3 * limits.pixels})[1]
    _demand(len(payload) > _SIZE.size)
    width, height = _SIZE.unpack(payload[: _SIZE.size])
    _demand(width > 0 and height > 0 and len(payload) == _SIZE.size + 3 * width * height)
    return Picture(width, height, payload[_SIZE.size :])


def receive_words(stream: BinaryIO) -> str:
    """The worker's answer to a question about itself, checked. Raises BadAnswer, NoAnswer or Refused."""
    return _text(_object(_frame(stream, {b"W": _SMALL})[1], {"words"})["words"], _SMALL)


def exactly(stream: BinaryIO, size: int) -> bytes:
    """That many bytes. Raises NoAnswer when the stream ends before; memory grows only with what came."""
    parts = []
    while size:
        part = stream.read(min(size, MIB))
        if not part:
            raise NoAnswer
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _send_json(out: BinaryIO, letter: bytes, value: dict[str, Any]) -> None:
    _send(out, letter, json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())


def _send(out: BinaryIO, letter: bytes, payload: bytes) -> None:
    out.write(_HEAD.pack(letter, len(payload)))
    out.write(payload)


def _frame(stream: BinaryIO, sizes: dict[bytes, int]) -> tuple[bytes, bytes]:
    """The next frame: its letter must be one of these and its payload no longer than allowed for it."""
    letter, size = _HEAD.unpack(exactly(stream, _HEAD.size))
    _demand(size <= (_SMALL if letter == b"X" else sizes.get(letter, -1)))
    payload = exactly(stream, size)
    if letter == b"X":
        raise _refusal(payload)
    return letter, payload


def _refusal(payload: bytes) -> Refused:
    data = _object(payload, {"code", "where"})
    code, where = _text(data["code"], 40), _text(data["where"], 80)
    _demand(code in CODES and _WHERE.fullmatch(where) is not None)
    return Refused(code, where)


def _kind(payload: bytes) -> Kind:
    data = _object(payload, {"kind", "sliced"})
    kind = _text(data["kind"], 12)
    _demand(_KIND.fullmatch(kind) is not None and isinstance(data["sliced"], bool))
    return Kind(kind, data["sliced"])


def _count(payload: bytes) -> Count:
    pages = _object(payload, {"pages"})["pages"]
    _demand(type(pages) is int and 0 <= pages < 2**31)
    return Count(pages)


def _page(payload: bytes, number: int) -> Page:
    try:
        page = unpacked(payload)
    except Unfit as error:
        raise BadAnswer(str(error)) from error
    _demand(page.number == number)
    return page


def _inner(payload: bytes) -> Inner:
    end = payload.find(b"\n", 0, _SMALL)
    _demand(end > 0)
    name = _text(_json(payload[:end]), 255)
    _demand(name.strip(". ") != "" and _UNFIT_NAME.search(name) is None)
    return Inner(name, payload[end + 1 :])


def _text(value: Any, most: int) -> str:
    _demand(isinstance(value, str) and len(value) <= most and _UNFIT.search(value) is None)
    return str(value)


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
