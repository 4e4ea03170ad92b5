"""Takes the files out of a 7z archive, also out of one that a password locks."""

from __future__ import annotations

import bz2
import hashlib
import lzma
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.cards import Problem
from engine.readers._file import File
from engine.readers._unpack import BROKEN, DAMAGED, DUST, LOCKED, TOO_LARGE, UNKNOWN, Budget, Member
from engine.readers._wire import MIB, Limits

MARK = b"7z\xbc\xaf\x27\x1c"

_HEAD = struct.Struct("<6x2xIQQI")
_LARGEST_HEADER = 32 * MIB
_MOST_CODERS = 8
_MOST_FILES_PER_MEMBER = 20
_END, _HEADER, _MORE, _EXTRA, _MAIN, _FILES, _PACK, _UNPACK, _SUB, _SIZE, _CRC, _FOLDER, _SIZES, _COUNTS = range(14)
_EMPTY, _NAMES, _ENCODED = 0x0E, 0x11, 0x17

_COPY, _LZMA, _LZMA2, _DELTA = b"\x00", b"\x03\x01\x01", b"\x21", b"\x03"
_DEFLATE, _BZIP2, _AES = b"\x04\x01\x08", b"\x04\x02\x02", b"\x06\xf1\x07\x01"
_BRANCHES = {
    b"\x04": lzma.FILTER_X86, b"\x03\x03\x01\x03": lzma.FILTER_X86, b"\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC, b"\x03\x03\x04\x01": lzma.FILTER_IA64, b"\x07": lzma.FILTER_ARM,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM, b"\x08": lzma.FILTER_ARMTHUMB, b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
}  # fmt: skip
_MOST_CYCLES = 24
_STORED = 60_000


class _Unknown(Exception):
    """Packed in a way that is not known here."""


class _Locked(Exception):
    """The password is missing or wrong."""


@dataclass(slots=True)
class _Coder:
    method: bytes
    properties: bytes
    size: int = 0


@dataclass(slots=True)
class _Stream:
    """A stream in the archive: how it was packed (the last step first undone), and what files it falls into."""

    coders: list[_Coder]
    order: list[int] = field(default_factory=list)
    last: int = 0
    inputs: int = 1
    size: int = 0
    at: int = 0
    packed: int = 0
    crc: int | None = None
    sizes: list[int] = field(default_factory=list)
    crcs: list[int | None] = field(default_factory=list)
    known: bool = True

    @property
    def locked(self) -> bool:
        return any(coder.method == _AES for coder in self.coders)


class _Bytes:
    """Reads the archive's header, number by number. Raises EOFError at its end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise EOFError
        self.at += count
        return self.data[self.at - count : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """A number whose first byte tells how many more follow."""
        first = self.byte()
        extra = next((n for n in range(8) if not first & 0x80 >> n), 8)
        low = int.from_bytes(self.take(extra), "little")
        return low | (first & (0x7F >> extra)) << 8 * extra if extra < 8 else low

    def count(self) -> int:
        """A number of things, each of which must take at least a bit of what is left."""
        count = self.number()
        if count > 8 * (len(self.data) - self.at):
            raise EOFError
        return count

    def bits(self, count: int) -> list[bool]:
        raw = self.take(-(-count // 8))
        return [bool(raw[n // 8] & 0x80 >> n % 8) for n in range(count)]

    def digests(self, count: int) -> list[int | None]:
        defined = [True] * count if self.byte() else self.bits(count)
        return [struct.unpack("<I", self.take(4))[0] if known else None for known in defined]

    def expect(self, mark: int) -> None:
        if self.byte() != mark:
            raise ValueError("another mark was expected")


def members(file: File, limits: Limits) -> Iterator[Member]:
    """The files in the archive. Raises Problem."""
    locked = False
    try:
        header, locked = _header(file)
        streams, files = _contents(header, limits) if header.data else ([], [])
    except _Unknown as error:
        raise Problem("unsupported", "Its directory is packed in an unknown way.") from error
    except _Locked as error:
        raise Problem("encrypted", "Its directory is locked.") from error
    except (*BROKEN, struct.error, IndexError) as error:
        raise Problem("encrypted" if locked else "damaged", "Its directory can't be read.") from error
    budget = Budget(limits.unpacked)
    for stream in streams:
        budget.spend(stream.size, stream.packed)
    yield from _members(file, streams, files, limits)


def _members(file: File, streams: list[_Stream], files: list[tuple[str, bool]], limits: Limits) -> Iterator[Member]:
    names = iter(files)
    for stream in streams:
        data, why = _tried(file, stream)
        at = 0
        for size, crc in zip(stream.sizes, stream.crcs, strict=True):
            name = _next_file(names)
            part = data[at : at + size]
            at += size
            if not why and crc is not None and zlib.crc32(part) != crc:
                why = LOCKED if stream.locked else DAMAGED
            if why or size > limits.bytes or not size:
                yield Member(name, size, None, why or (TOO_LARGE if size else DUST))
            else:
                yield Member(name, size, part)


def _next_file(names: Iterator[tuple[str, bool]]) -> str:
    return next((name for name, filled in names if filled), "")


def _tried(file: File, stream: _Stream) -> tuple[bytes, str]:
    """What a stream unpacks to, or why that is not possible."""
    try:
        return _unpacked(file, stream), ""
    except _Unknown:
        return b"", UNKNOWN
    except _Locked:
        return b"", LOCKED
    except (*BROKEN, struct.error, IndexError):
        return b"", LOCKED if stream.locked else DAMAGED


def _header(file: File) -> tuple[_Bytes, bool]:
    """The archive's directory, which is often packed itself, and whether it was locked."""
    if len(file.data) < 32:
        raise EOFError
    _, offset, size, crc = _HEAD.unpack_from(file.data)
    data = file.data[32 + offset : 32 + offset + size]
    if len(data) < size or zlib.crc32(data) != crc:
        raise ValueError("the directory is broken")
    locked = False
    for _ in range(4):
        header = _Bytes(data)
        if not data or header.byte() != _ENCODED:
            return header, locked
        streams = _streams(header)
        if len(streams) != 1:
            raise ValueError("the directory must be one stream")
        if streams[0].size > _LARGEST_HEADER:
            raise Problem("too_large", "Its directory is too large.")
        locked = locked or streams[0].locked
        try:
            data = _unpacked(file, streams[0])
        except BROKEN as error:
            if locked:
                raise _Locked from error
            raise
        if streams[0].crc is not None and zlib.crc32(data) != streams[0].crc:
            raise _Locked if locked else ValueError("the directory is broken")
    raise ValueError("the directory is packed again and again")


def _contents(header: _Bytes, limits: Limits) -> tuple[list[_Stream], list[tuple[str, bool]]]:
    """The streams, and the files: the name of each, and whether it has bytes in a stream."""
    header.at = 0
    header.expect(_HEADER)
    streams: list[_Stream] = []
    files: list[tuple[str, bool]] = []
    while (mark := header.byte()) != _END:
        if mark == _MORE:
            while header.byte() != _END:
                header.take(header.number())
        elif mark == _EXTRA:
            _streams(header)
        elif mark == _MAIN:
            streams = _streams(header)
        elif mark == _FILES:
            files = _files(header, limits)
        else:
            raise ValueError("an unknown part")
    if sum(len(stream.sizes) for stream in streams) > limits.attachments:
        raise Problem("too_large", "There are more files inside than the limit.")
    return streams, files


def _files(header: _Bytes, limits: Limits) -> list[tuple[str, bool]]:
    count = header.count()
    if count > _MOST_FILES_PER_MEMBER * limits.attachments:
        raise Problem("too_large", "There are more files inside than the limit.")
    names = [""] * count
    empty = [False] * count
    while (mark := header.byte()) != _END:
        part = _Bytes(header.take(header.number()))
        if mark == _EMPTY:
            empty = part.bits(count)
        elif mark == _NAMES and part.byte() == 0:
            found = part.data[1:].decode("utf-16-le", "replace").split("\x00")
            names = [*found[:count], *names[len(found) :]]
    return [(name, not nothing) for name, nothing in zip(names, empty, strict=True)]


def _streams(header: _Bytes) -> list[_Stream]:
    """The description of packed streams."""
    packed: list[int] = []
    at = 0
    streams: list[_Stream] = []
    while (mark := header.byte()) != _END:
        if mark == _PACK:
            at, packed = _places(header)
        elif mark == _UNPACK:
            streams = _recipes(header)
        elif mark == _SUB:
            _divide(header, streams)
        else:
            raise ValueError("an unknown part")
    at += 32
    sizes = iter(packed)
    for stream in streams:
        stream.at, stream.packed = at, sum(next(sizes, 0) for _ in range(stream.inputs))
        at += stream.packed
        if not stream.sizes and not stream.crcs:
            stream.sizes, stream.crcs = [stream.size], [stream.crc]
    return streams


def _places(header: _Bytes) -> tuple[int, list[int]]:
    at, count = header.number(), header.count()
    sizes: list[int] = []
    while (mark := header.byte()) != _END:
        if mark == _SIZE:
            sizes = [header.number() for _ in range(count)]
        elif mark == _CRC:
            header.digests(count)
        else:
            raise ValueError("an unknown part")
    return at, sizes


def _recipes(header: _Bytes) -> list[_Stream]:
    header.expect(_FOLDER)
    count = header.count()
    header.expect(0)
    streams = [_recipe(header) for _ in range(count)]
    header.expect(_SIZES)
    for stream in streams:
        for coder in stream.coders:
            coder.size = header.number()
        stream.size = stream.coders[stream.last].size
    while (mark := header.byte()) != _END:
        if mark != _CRC:
            raise ValueError("an unknown part")
        for stream, crc in zip(streams, header.digests(count), strict=True):
            stream.crc = crc
    for stream in streams:
        if stream.known:
            stream.coders = [stream.coders[number] for number in stream.order]
    return streams


def _recipe(header: _Bytes) -> _Stream:
    """One stream's coders. Only chains of them are known here, in which each takes and gives one stream."""
    stream = _Stream([])
    ins = outs = 0
    count = header.number()
    if not 0 < count <= _MOST_CODERS:
        raise ValueError("too many coders")
    for _ in range(count):
        flags = header.byte()
        method = header.take(flags & 0x0F) or _COPY
        inner, outer = (header.number(), header.number()) if flags & 0x10 else (1, 1)
        properties = header.take(header.number()) if flags & 0x20 else b""
        ins, outs = ins + inner, outs + outer
        if max(ins, outs) > _MOST_CODERS * 4:
            raise ValueError("too many coders")
        stream.coders += [_Coder(method, properties) for _ in range(outer)]
    bonds = [(header.number(), header.number()) for _ in range(outs - 1)]
    stream.inputs = max(1, ins - len(bonds))
    if stream.inputs > 1:
        for _ in range(stream.inputs):
            header.number()
    stream.last = next(iter(set(range(outs)) - {giver for _, giver in bonds}), 0)
    stream.known = ins == outs == count
    if stream.known:
        stream.order = _order(bonds, count)
    return stream


def _order(bonds: list[tuple[int, int]], count: int) -> list[int]:
    """In which order the coders undo the packing: each gives its bytes to the one it is bound to."""
    after = {giver: taker for taker, giver in bonds}
    first = set(range(count)) - set(after.values())
    if len(first) != 1 or len(after) != count - 1:
        raise ValueError("the coders form no chain")
    order = [first.pop()]
    while order[-1] in after and len(order) <= count:
        order.append(after[order[-1]])
    if sorted(order) != list(range(count)):
        raise ValueError("the coders form no chain")
    return order


def _divide(header: _Bytes, streams: list[_Stream]) -> None:
    """What files the streams fall into. The last one's size is what is left."""
    counts = [1] * len(streams)
    mark = header.byte()
    if mark == _COUNTS:
        counts = [header.count() for _ in streams]
        if sum(counts) > 8 * len(header.data):
            raise EOFError
        mark = header.byte()
    for stream, count in zip(streams, counts, strict=True):
        stream.sizes = [header.number() for _ in range(count - 1)] if mark == _SIZE else []
        if count:
            stream.sizes.append(stream.size - sum(stream.sizes))
        if len(stream.sizes) != count or (count and stream.sizes[-1] < 0):
            raise ValueError("the sizes don't add up")
        stream.crcs = [stream.crc] if count == 1 else [None] * count
    if mark == _SIZE:
        mark = header.byte()
    while mark != _END:
        if mark != _CRC:
            raise ValueError("an unknown part")
        unknown = [stream for stream in streams if not (len(stream.sizes) == 1 and stream.crc is not None)]
        found = iter(header.digests(sum(len(stream.sizes) for stream in unknown)))
        for stream in unknown:
            stream.crcs = [next(found) for _ in stream.sizes]
        mark = header.byte()


def _unpacked(file: File, stream: _Stream) -> bytes:
    if not stream.known:
        raise _Unknown
    data = file.data[stream.at : stream.at + stream.packed]
    if len(data) < stream.packed:
        raise EOFError
    for coder in stream.coders:
        data = _undone(coder, data, file.password)
        if len(data) != coder.size:
            raise EOFError
    return data


def _undone(coder: _Coder, data: bytes, password: str) -> bytes:
    """The bytes before this step of the packing."""
    method, properties, size = coder.method, coder.properties, coder.size
    if method == _COPY:
        return data[:size]
    if method in (_LZMA, _LZMA2):
        return _raw(_lzma_filter(method, properties, size), data, size)
    if method == _DELTA:
        return _raw({"id": lzma.FILTER_DELTA, "dist": properties[0] + 1}, data, size, stored=True)
    if method in _BRANCHES:
        return _raw({"id": _BRANCHES[method]}, data, size, stored=True)
    if method == _DEFLATE:
        return zlib.decompressobj(-15).decompress(data, size)
    if method == _BZIP2:
        return bz2.BZ2Decompressor().decompress(data, size)
    if method == _AES:
        return _decrypted(properties, data, password)[:size]
    raise _Unknown


def _raw(step: dict[str, int], data: bytes, size: int, *, stored: bool = False) -> bytes:
    """`stored`: a filter, which the library knows only in a chain with LZMA2; that then holds plain bytes."""
    chain = [step]
    if stored:
        pieces = (data[at : at + _STORED] for at in range(0, len(data), _STORED))
        data = b"".join(b"\x01" + (len(piece) - 1).to_bytes(2, "big") + piece for piece in pieces) + b"\x00"
        chain.append({"id": lzma.FILTER_LZMA2, "dict_size": _STORED + 4096})
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain).decompress(data, max(1, size))[:size]


def _lzma_filter(method: bytes, properties: bytes, size: int) -> dict[str, int]:
    """No window need be larger than what comes out."""
    if method == _LZMA2:
        bits = properties[0]
        window = 0xFFFFFFFF if bits >= 40 else (2 | bits & 1) << bits // 2 + 11
        return {"id": lzma.FILTER_LZMA2, "dict_size": max(4096, min(window, size))}
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    window = max(4096, min(int.from_bytes(properties[1:5], "little"), size))
    return {"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": lc, "lp": lp, "pb": pb}


def _decrypted(properties: bytes, data: bytes, password: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    if not password:
        raise _Locked
    first, second = properties[0], properties[1] if len(properties) > 1 else 0
    salt_size, iv_size = (first >> 7 & 1) + (second >> 4), (first >> 6 & 1) + (second & 0x0F)
    salt, iv = properties[2 : 2 + salt_size], properties[2 + salt_size : 2 + salt_size + iv_size]
    key = _key(password.encode("utf-16-le", "replace"), salt, first & 0x3F)
    return Cipher(AES(key), CBC(iv.ljust(16, b"\x00")[:16])).decryptor().update(data[: len(data) // 16 * 16])


def _key(password: bytes, salt: bytes, cycles: int) -> bytes:
    if cycles == 0x3F:
        return (salt + password)[:32].ljust(32, b"\x00")
    if cycles > _MOST_CYCLES:
        raise _Unknown
    digest = hashlib.sha256()
    for number in range(1 << cycles):
        digest.update(salt + password + number.to_bytes(8, "little"))
    return digest.digest()
