"""Takes apart the archives of Apple's office files (iwa): packed pieces, messages in them, fields in those."""

from __future__ import annotations

from collections.abc import Iterator

from engine.cards import Problem

_LITERAL = 0
_COPIES = {1: 1, 2: 2, 3: 4}
_MOST_FIELDS = 2_000_000


def unpacked(data: bytes, most: int) -> bytes:
    """An archive's pieces, each packed with Snappy and without its usual frame. Raises Problem."""
    found = bytearray()
    at = 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "little")
        _inflate(data[at + 4 : at + 4 + size], found, most)
        at += 4 + size
    return bytes(found)


def _inflate(data: bytes, found: bytearray, most: int) -> None:
    length, at = number(data, 0)
    end = len(found) + length
    if end > most:
        raise Problem("too_large", "An archive in the document is too large.")
    while at < len(data):
        tag, at = data[at], at + 1
        if tag & 3 == _LITERAL:
            size = (tag >> 2) + 1
            if size > 60:
                width = size - 60
                size, at = int.from_bytes(data[at : at + width], "little") + 1, at + width
            found += data[at : at + size]
            at += size
        else:
            width = _COPIES[tag & 3]
            size = (tag >> 2 & 7) + 4 if width == 1 else (tag >> 2) + 1
            back = int.from_bytes(data[at : at + width], "little") | (tag >> 5 << 8 if width == 1 else 0)
            at += width
            if not 0 < back <= len(found):
                raise Problem("damaged", "An archive in the document is broken.")
            begin = len(found) - back
            for place in range(begin, begin + size, back):  # what is copied may be what was just written
                found += found[place : place + min(back, begin + size - place)]
        if len(found) > end:
            raise Problem("damaged", "An archive in the document is broken.")


def messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each message's own number, its type, and its content."""
    at = 0
    while at < len(data):
        size, at = number(data, at)
        own, types = 0, []
        for field, value in fields(data[at : at + size]):
            if field == 1 and isinstance(value, int):
                own = value
            elif field == 2 and isinstance(value, bytes):
                facts = dict(fields(value))
                types.append((facts.get(1, 0), facts.get(3, 0)))
        at += size
        for sort, length in types:
            if isinstance(sort, int) and isinstance(length, int):
                yield own, sort, data[at : at + length]
                at += length


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Each field's number and value, as protocol buffers write them. What is cut off ends them."""
    at = 0
    for _ in range(_MOST_FIELDS):
        if at >= len(data):
            return
        key, at = number(data, at)
        match key & 7:
            case 0:
                value, at = number(data, at)
                yield key >> 3, value
            case 1:
                at += 8
            case 2:
                size, at = number(data, at)
                yield key >> 3, data[at : at + size]
                at += size
            case 5:
                at += 4
            case _:
                return


def number(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins there, seven bits a byte, and where it ends."""
    found = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        found |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return found, at
