"""Takes the text of an old Word file apart: its pieces, and what its tables say about how each character looks."""

from __future__ import annotations

import bisect
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from engine.cards import Problem
from engine.readers._wire import Limits

SEEN, DROPPED, DELETED, CONCEALED, TINY, WHITE = range(6)
WHY = ("", "", "deleted", "concealed", "tiny", "white")
"""Why a character is hidden, by its mark."""

_SECTOR = 512
_RUNS = 500_000
_DEL, _VANISH, _COLOUR, _FULL_COLOUR, _SIZE = 0x0800, 0x083C, 0x2A42, 0x6870, 0x4A43
_GROUNDS = (0x2A0C, 0x4866, 0xCA71)
_IN_TABLE, _ROW_END, _OUTLINE = 0x2416, 0x2417, 0x2640
_LENGTHS = (1, 1, 2, 4, 2, 2, 0, 3)
_LONG = 0xD608
_WHITE = 8
_SMALLEST = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters in a row: `first` to `last` in the text, from byte `place` on, `width` bytes each."""

    first: int
    last: int
    place: int
    width: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    """How a paragraph is laid out. `level` is that of a heading, 0 for none."""

    level: int = 0
    in_table: bool = False
    row_end: bool = False


def pieces(clx: bytes, limits: Limits, *, wide: bool) -> list[Piece]:
    """The pieces in the order of the text, as the piece table tells them."""
    at = 0
    while at < len(clx) and clx[at] == 1:  # formatting, that no paragraph asks for here
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at >= len(clx) or clx[at] != 2:
        raise Problem("damaged", "There is no table of pieces.")
    size = struct.unpack_from("<I", clx, at + 1)[0]
    table = clx[at + 5 : at + 5 + size]
    count = (len(table) - 4) // 12
    places = struct.unpack_from(f"<{count + 1}I", table)
    if places[-1] > limits.characters:
        raise Problem("too_large", "There is more text than the limit.")
    found = []
    for n in range(count):
        place = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * n + 2)[0]
        first, last = places[n], places[n + 1]
        if first >= last:
            continue
        if not wide or place & 0x40000000:
            found.append(Piece(first, last, (place & 0x3FFFFFFF) // 2 if wide else place, 1))
        else:
            found.append(Piece(first, last, place & 0x3FFFFFFF, 2))
    return found


def text(stream: bytes, found: list[Piece], charset: str) -> str:
    """The characters of all pieces, as many as their table says."""
    parts = []
    length = 0
    for piece in found:
        size = piece.last - piece.first
        data = stream[piece.place : piece.place + size * piece.width]
        if piece.first != length or len(data) < size * piece.width:
            raise Problem("damaged", "The pieces do not fit together.")
        if piece.width == 2:
            parts.append(_units(data))
        else:
            parts.append(_bytes(data, charset))
        length = piece.last
    return "".join(parts)


def _units(data: bytes) -> str:
    """UTF-16 with one character a unit, so that positions hold: halves of a pair are joined later."""
    return "".join(map(chr, struct.unpack(f"<{len(data) // 2}H", data[: len(data) & ~1])))


def _bytes(data: bytes, charset: str) -> str:
    decoded = data.decode(charset, "replace")
    return decoded if len(decoded) == len(data) else data.decode("cp1252", "replace")


def joined(text: str) -> str:
    """Text with the halves of pairs joined."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def marks(stream: bytes, table: bytes, found: list[Piece]) -> bytearray:
    """A mark for each character: seen, deleted, concealed and so on."""
    marks = bytearray(found[-1].last if found else 0)
    runs = sorted(_hidden_runs(stream, table))
    begins = [run[0] for run in runs]
    left = _RUNS
    for piece in found:
        end = piece.place + (piece.last - piece.first) * piece.width
        for begin, after, mark in runs[max(0, bisect.bisect_right(begins, piece.place) - 1) :]:
            if begin >= end:
                break
            left -= 1
            if left < 0:
                raise Problem("damaged", "There are more pieces than any text has.")
            first = piece.first + max(0, begin - piece.place) // piece.width
            last = piece.first + (min(after, end) - piece.place) // piece.width
            if first < last:
                marks[first:last] = bytes((mark,)) * (last - first)
    return marks


def _hidden_runs(stream: bytes, table: bytes) -> Iterator[tuple[int, int, int]]:
    """Begin and end, in bytes of the stream, of characters that nobody sees; and their mark."""
    for sector in _sectors(stream, table):
        count = sector[-1]
        if 4 * (count + 1) + count > _SECTOR - 1:
            continue
        bounds = struct.unpack_from(f"<{count + 1}I", sector)
        for n in range(count):
            at = 2 * sector[4 * (count + 1) + n]
            if at and bounds[n] < bounds[n + 1]:
                mark = _mark(sector[at + 1 : at + 1 + sector[at]])
                if mark:
                    yield bounds[n], bounds[n + 1], mark


def _mark(properties: bytes) -> int:
    """The mark of characters with these properties."""
    white = ground = False
    mark = SEEN
    for code, value in _properties(properties):
        if code == _DEL and value[0] & 1:
            return DELETED
        if code == _VANISH and value[0] & 1:
            mark = CONCEALED
        elif code == _SIZE and int.from_bytes(value, "little") <= _SMALLEST:
            mark = mark or TINY
        elif code == _COLOUR:
            white = value[0] == _WHITE
        elif code == _FULL_COLOUR:
            white = value[:4] == b"\xff\xff\xff\x00"
        elif code in _GROUNDS:
            ground = ground or any(value)
    return mark or (WHITE if white and not ground else SEEN)


def layouts(stream: bytes, table: bytes) -> tuple[list[int], list[Paragraph]]:
    """Where paragraphs begin in the stream, in order, and how each is laid out."""
    found: list[tuple[int, Paragraph]] = []
    for sector in _sectors(stream, table):
        count = sector[-1]
        if 4 * (count + 1) + 13 * count > _SECTOR - 1:
            continue
        bounds = struct.unpack_from(f"<{count + 1}I", sector)
        for n in range(count):
            at = 2 * sector[4 * (count + 1) + 13 * n]
            found.append((bounds[n], _layout(sector, at) if at else Paragraph()))
    found.sort(key=lambda entry: entry[0])
    return [begin for begin, _ in found], [layout for _, layout in found]


def _layout(sector: bytes, at: int) -> Paragraph:
    size, at = (2 * sector[at] - 1, at + 1) if sector[at] else (2 * sector[at + 1], at + 2)
    if size < 2:
        return Paragraph()
    style = struct.unpack_from("<H", sector, at)[0]
    level = style if 1 <= style <= 9 else 0  # by number, the nine headings are the same in all languages
    in_table = row_end = False
    for code, value in _properties(sector[at + 2 : at + size]):
        if code == _IN_TABLE:
            in_table = bool(value[0])
        elif code == _ROW_END:
            row_end = bool(value[0])
        elif code == _OUTLINE and value[0] < 9:
            level = level or value[0] + 1
    return Paragraph(level, in_table, row_end)


def _sectors(stream: bytes, table: bytes) -> Iterator[bytes]:
    """The pages of properties that a table lists."""
    count = (len(table) - 4) // 8
    seen = set()
    for n in range(max(0, count)):
        number = struct.unpack_from("<I", table, 4 * (count + 1) + 4 * n)[0] & 0x3FFFFF
        sector = stream[number * _SECTOR : (number + 1) * _SECTOR]
        if len(sector) == _SECTOR and number not in seen:
            seen.add(number)
            yield sector


def _properties(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each property's code and value. What is cut off ends them."""
    at = 0
    while at + 2 < len(data):
        code = data[at] | data[at + 1] << 8
        at += 2
        size = _LENGTHS[code >> 13]
        if code == _LONG:
            size = int.from_bytes(data[at : at + 2], "little") + 1
        elif not size:
            size, at = data[at], at + 1
        value = data[at : at + size]
        at += size
        if value:
            yield code, value
