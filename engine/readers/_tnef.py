"""Opens winmail.dat, the wrapping (TNEF) in which Outlook sends what other programs can't read."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from engine.cards import Problem
from engine.readers import _mapi
from engine.readers._mail import Mail
from engine.readers._mapi import Value
from engine.readers._wire import Limits

MARK = b"\x78\x9f\x3e\x22"

_MESSAGE_SUBJECT, _BODY = 0x8004, 0x800C
_BEGINS_ATTACHMENT, _DATA, _TITLE, _PROPERTIES, _ATTACHED_PROPERTIES = 0x9002, 0x800F, 0x8010, 0x9003, 0x9005
_RECIPIENTS, _CODE_PAGE = 0x9004, 0x9007
_MOST_PROPERTIES = 100_000
_SIZES = {0x0001: 0, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8}
_SIZES |= {0x0040: 8, 0x0048: 16}
_STRING, _UNICODE, _BINARY, _OBJECT = 0x001E, 0x001F, 0x0102, 0x000D
_MANY, _NAMED = 0x1000, 0x8000
_IDENTIFIER = 16


def mail(data: bytes, limits: Limits) -> Mail:
    """The mail in the wrapping."""
    properties: dict[int, Value] = {}
    recipients: list[dict[int, Value]] = []
    files: list[dict[int, Value]] = []
    for kind, value in _attributes(data):
        if kind == _PROPERTIES:
            properties |= _properties(value, 0)[0]
        elif kind == _RECIPIENTS:
            recipients = _rows(value)
        elif kind == _BEGINS_ATTACHMENT:
            files.append({})
            if len(files) > limits.attachments:
                raise Problem("too_large", "There are more attachments than the limit.")
        elif kind == _MESSAGE_SUBJECT:
            properties.setdefault(_mapi.SUBJECT, value)
        elif kind == _BODY:
            properties.setdefault(_mapi.BODY, value)
        elif kind == _CODE_PAGE and len(value) >= 4:
            properties.setdefault(_mapi.CODE_PAGE, struct.unpack_from("<I", value)[0])
        elif files and kind == _ATTACHED_PROPERTIES:
            files[-1] |= _properties(value, 0)[0]
        elif files and kind == _DATA:
            files[-1].setdefault(_mapi.DATA, value)
        elif files and kind == _TITLE:
            files[-1].setdefault(_mapi.SHORT_NAME, value)
    found = _mapi.mail(properties, recipients, limits)
    for file in files:
        content = file.get(_mapi.DATA, b"")
        if isinstance(content, bytes) and content and not _mapi.is_in_the_text(file):
            _attach(found, _mapi.file_name(file), content)
    return found


def _attach(found: Mail, name: str, content: bytes) -> None:
    if content[_IDENTIFIER : _IDENTIFIER + 4] == MARK:  # a mail in the mail, after the word for what it is
        content = content[_IDENTIFIER:]
    found.attach(name, content, ".dat" if content.startswith(MARK) else "")


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The pieces of the file: what each is, and its bytes. A file that breaks off has those before the break."""
    at = 6
    while at + 9 <= len(data):
        kind, _, size = struct.unpack_from("<HHI", data, at + 1)
        value = data[at + 9 : at + 9 + size]
        if len(value) < size:
            return
        yield kind, value
        at += 9 + size + 2


def _rows(data: bytes) -> list[dict[int, Value]]:
    rows: list[dict[int, Value]] = []
    at = 4
    while at + 4 <= len(data) and len(rows) < 1000:
        row, at = _properties(data, at)
        rows.append(row)
    return rows


def _properties(data: bytes, at: int) -> tuple[dict[int, Value], int]:
    """A block of properties, and where it ends. A broken one has those before the break, and ends the data."""
    found: dict[int, Value] = {}
    try:
        count = struct.unpack_from("<I", data, at)[0]
        at += 4
        for _ in range(min(count, _MOST_PROPERTIES)):
            kind, tag = struct.unpack_from("<HH", data, at)
            at += 4
            if tag >= _NAMED:
                at = _after_name(data, at)
            value, at = _value(data, at, kind)
            if value is not None and tag not in found:
                found[tag] = value
    except (struct.error, KeyError):
        return found, len(data)
    return found, at


def _after_name(data: bytes, at: int) -> int:
    """Skip the name that a property has instead of a number."""
    by_text, size = struct.unpack_from("<II", data, at + _IDENTIFIER)
    at += _IDENTIFIER + 8
    return at + (size + 3) // 4 * 4 if by_text else at


def _value(data: bytes, at: int, kind: int) -> tuple[Value | None, int]:
    """A property's value, and where the next one begins. None for a kind that no mail is made of."""
    many = bool(kind & _MANY)
    kind &= ~_MANY
    count = 1
    if many or kind in (_STRING, _UNICODE, _BINARY, _OBJECT):
        count = struct.unpack_from("<I", data, at)[0]
        at += 4
    value: Value | None = None
    for _ in range(min(count, _MOST_PROPERTIES)):
        if kind in (_STRING, _UNICODE, _BINARY, _OBJECT):
            size = struct.unpack_from("<I", data, at)[0]
            raw = data[at + 4 : at + 4 + size]
            value = raw.decode("utf-16-le", "replace").rstrip("\x00") if kind == _UNICODE else raw
            at += 4 + (size + 3) // 4 * 4
        else:
            size = _SIZES[kind]
            raw = data[at : at + size]
            value = int.from_bytes(raw, "little", signed=kind == 0x0003) if kind in (0x0003, 0x000B, 0x0040) else None
            at += size
        if at > len(data):
            raise struct.error
    return None if many else value, at
