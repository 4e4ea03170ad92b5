"""Unpacks what archives hold, piece by piece and never more than is allowed."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.cards import Problem
from engine.readers._package import GROWN, RATIO
from engine.readers._wire import MIB

_SMALLEST_SLICE, _LARGEST_SLICE = 4 * 1024, 64 * 1024
_MOST_STREAMS = 20_000
_PIECE = MIB
_LARGEST_WINDOW = 27  # bits
ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
"""The module that must be imported before the worker is locked."""
BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its path there, its size (-1: not known), and its bytes, or why there are none."""

    path: str
    size: int
    data: bytes | None
    why: str = ""


LOCKED, DAMAGED, TOO_LARGE, UNKNOWN, LINK, DUST = (
    "locked with a password", "damaged", "too large to be opened", "packed in an unknown way", "a link", "not opened"
)  # fmt: skip


class Budget:
    """What all members together may unpack to."""

    def __init__(self, most: int) -> None:
        self.left = most

    def spend(self, size: int, packed: int) -> None:
        """Take that much off. `packed` is what it was before: far less means that it was made to choke us."""
        if size > GROWN and size > RATIO * max(1, packed):
            raise Problem("bomb", "It grows beyond all measure.")
        if size > self.left:
            raise Problem("too_large", "The files inside hold more than the limit.")
        self.left -= size


def unpacked(kind: str, data: bytes, budget: Budget) -> bytes:
    """The stream in a file of that kind ("gz", "bz2", "xz", "zst"); several, one after the other, are one."""
    out: list[bytes] = []
    size = at = streams = 0
    broken = (_zstd().ZstdError,) if kind == "zst" else ()
    while at == 0 or data.startswith(_MARKS[kind], at):  # what else follows is dust
        streams += 1
        if streams > _MOST_STREAMS:
            raise Problem("too_large", "It is in too many pieces.")
        unpacker = _UNPACKERS[kind]()
        slices = _SMALLEST_SLICE
        while not unpacker.eof:
            fed = data[at : at + slices]
            if not fed:
                raise EOFError
            at += len(fed)
            slices = min(2 * slices, _LARGEST_SLICE)
            for piece in _pieces(unpacker, fed, broken):
                out.append(piece)
                size += len(piece)
                _check(size, at, budget)
        at -= len(unpacker.unused_data)
    budget.spend(size, len(data))
    return b"".join(out)


def _pieces(unpacker: Any, fed: bytes, broken: tuple[type[Exception], ...]) -> Iterator[bytes]:
    """What comes out for what is put in, a bounded piece at a time."""
    while True:
        try:
            piece = unpacker.decompress(fed, _PIECE)
        except broken as error:
            raise ValueError("the stream is broken") from error
        yield piece
        fed = getattr(unpacker, "unconsumed_tail", b"")
        if unpacker.eof or (not fed and getattr(unpacker, "needs_input", True)):
            return


def inflated(method: int, data: bytes, most: int) -> bytes:
    """A zip member's bytes by the number of its packing: stored, deflated or bzip2."""
    if method == 0:
        return data[: most + 1]
    if method == 8:
        return zlib.decompressobj(-15).decompress(data, most + 1)
    if method == 12:
        return bz2.BZ2Decompressor().decompress(data, most + 1)
    raise NotImplementedError(method)


def _check(size: int, fed: int, budget: Budget) -> None:
    if size > GROWN and size > RATIO * fed:
        raise Problem("bomb", "It grows beyond all measure.")
    if size > budget.left:
        raise Problem("too_large", "It unpacks to more than the limit.")


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def _zstd_unpacker() -> Any:
    zstd = _zstd()
    return zstd.ZstdDecompressor(options={int(zstd.DecompressionParameter.window_log_max): _LARGEST_WINDOW})


_UNPACKERS: dict[str, Callable[[], Any]] = {
    "gz": lambda: zlib.decompressobj(31),
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=512 * MIB),
    "zst": _zstd_unpacker,
}
_MARKS = {"gz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\x00", "zst": b"\x28\xb5\x2f\xfd"}
