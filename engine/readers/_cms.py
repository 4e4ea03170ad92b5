"""Opens the wrapping of signed files and mails (S/MIME, .p7m) and tells the locked ones apart."""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from engine.cards import Problem
from engine.readers._mime import from_base64

# The kinds of wrapping, by the last bytes of their object identifiers.
_PKCS7 = bytes.fromhex("06092a864886f70d0107")
_SMIME = bytes.fromhex("060b2a864886f70d0109100109")  # compressed data
_SMIME_LOCKED = bytes.fromhex("060b2a864886f70d0109100117")
_DATA, _SIGNED, _LOCKED = 1, 2, (3, 4, 6)
_PEM = re.compile(rb"-----BEGIN (?:PKCS7|PKCS #7 SIGNED DATA|CMS)-----([^-]*)-----END")
_DEPTH = 12
_RATIO = 200
_MOST_PIECES = 100_000
_SEQUENCE, _EXPLICIT = 0x30, 0xA0


class _Node(NamedTuple):
    """One value: its tag, where its content lies, and where the next value begins."""

    tag: int
    start: int
    end: int
    after: int


def recognised(data: bytes) -> bool:
    """Whether this is such a wrapping, bare or in base64 between its marks."""
    head = data[:40]
    return (head[:1] == b"\x30" and (_PKCS7 in head or _SMIME[:-2] in head)) or _PEM.match(
        data.lstrip()[:100_000]
    ) is not None


def opened(data: bytes, most: int) -> bytes:
    """What was signed or packed; b"" where only signatures or certificates are inside.

    Raises Problem: `encrypted` for what only its receiver can open, else `damaged` or `bomb`.
    """
    if found := _PEM.match(data.lstrip()):
        data = from_base64(found[1])
    elif data[:1] != b"\x30":
        data = from_base64(data)
    kind, content = _wrapped(data, _node(data, 0, len(data)))
    if kind in _LOCKED:
        raise Problem("encrypted", "Only its receiver can open it.")
    if kind == _DATA:
        return _octets(data, content, 0) if content else b""
    if content is None:
        return b""
    if kind not in (_SIGNED, 9):
        raise Problem("damaged", "It is an unknown kind of wrapping.")
    for child in _children(data, content):
        if child.tag == _SEQUENCE and (found_inside := _inside(data, child)) is not None:
            return found_inside if kind == _SIGNED else _inflated(found_inside, most)
    return b""


def _inside(data: bytes, node: _Node) -> bytes | None:
    """The bytes of the content that a wrapping holds, or None where this value is no content."""
    if not data.startswith(b"\x06", node.start):
        return None
    oid = _node(data, node.start, node.end)
    if oid.after >= node.end or data[oid.after] != _EXPLICIT:
        return None
    inner = _children(data, _node(data, oid.after, node.end))
    return _octets(data, inner[0], 0) if inner else None


def _wrapped(data: bytes, node: _Node) -> tuple[int, _Node | None]:
    """The kind of a wrapping, and what it wraps."""
    if node.tag != _SEQUENCE:
        raise _damaged()
    children = _children(data, node)
    oid = data[node.start : children[0].after] if children else b""
    if oid == _SMIME_LOCKED:
        return 3, None
    kind = 9 if oid == _SMIME else oid[-1] if oid[:-1] == _PKCS7 else 0
    inner = _children(data, children[1]) if len(children) > 1 else []
    return kind, inner[0] if inner else None


def _children(data: bytes, node: _Node) -> list[_Node]:
    found: list[_Node] = []
    at = node.start
    while at < node.end:
        found.append(_node(data, at, node.end))
        at = found[-1].after
        if len(found) > _MOST_PIECES:
            raise Problem("too_large", "It is in too many pieces.")
    return found


def _octets(data: bytes, node: _Node, depth: int) -> bytes:
    """A string of bytes, which may be written in pieces."""
    if depth > _DEPTH:
        raise Problem("too_deep", "The pieces are nested too deeply.")
    if not node.tag & 0x20:
        return data[node.start : node.end]
    return b"".join(_octets(data, child, depth + 1) for child in _children(data, node))


def _node(data: bytes, at: int, end: int, depth: int = 0) -> _Node:
    """The value that begins there. Its length may be left open: then it goes on to its end mark."""
    if at + 2 > end or data[at] & 0x1F == 0x1F or depth > _DEPTH:
        raise _damaged()
    tag, size, start = data[at], data[at + 1], at + 2
    if size == 0x80:
        within, pieces = start, 0
        while data[within : within + 2] != b"\x00\x00":
            within, pieces = _node(data, within, end, depth + 1).after, pieces + 1
            if pieces > _MOST_PIECES:
                raise Problem("too_large", "It is in too many pieces.")
        return _Node(tag, start, within, within + 2)
    if size > 0x80:
        count = size - 0x80
        size = int.from_bytes(data[start : start + count], "big")
        start += count
    if start + size > end:
        raise _damaged()
    return _Node(tag, start, start + size, start + size)


def _inflated(data: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        out = unpacker.decompress(data, most)
    except zlib.error as error:
        raise _damaged() from error
    if unpacker.unconsumed_tail:
        raise Problem("bomb" if len(out) > _RATIO * len(data) else "too_large", "It unpacks to too much.")
    return out


def _damaged() -> Problem:
    return Problem("damaged", "The wrapping is broken.")
