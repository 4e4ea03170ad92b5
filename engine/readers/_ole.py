"""Opens Office's old files, each a small file system, and takes out the files that lie in them."""

from __future__ import annotations

import contextlib
import io
import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Inner
from engine.readers._file import File
from engine.readers._text import file_name, one_line
from engine.readers._wire import MIB

if TYPE_CHECKING:
    import olefile

IMPORTS = ("olefile",)

STREAM = 128 * MIB
# What olefile raises on a bent file, and what reading numbers beyond the end raises.
BROKEN = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, struct.error, OverflowError)

PICTURE = 20_000
"""A picture of fewer bytes is a logo or a line, not a page with words."""
PICTURES = 50

_PICTURE = re.compile(rb"[\x1d\x1e\x2a]\xf0(.{4})", re.DOTALL)
_PROPERTIES = "\x05SummaryInformation"
_MOST_PROPERTIES = 200
_CHARSET, _TITLE = 1, 2
_NARROW, _WIDE = 30, 31
_UTF_16, _UTF_8 = 1200, 65001
_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NATIVE = "\x01Ole10Native"
_KINDS = {"worddocument": ".doc", "workbook": ".xls", "book": ".xls", "powerpoint document": ".ppt"}
_NOISE = {"equation native", "vba", "\x03ocxname"}
# (a formula, a macro, a button)
_SECTOR = 4096
_SMALL_SECTOR = 64
_SMALL = 4096
_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
_IN_HEADER = 109


@contextlib.contextmanager
def opened(file: File) -> Iterator[olefile.OleFileIO]:
    """The file system in the file. What breaks inside counts as damage."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(file.data)) as ole:
            yield ole
    except BROKEN as error:
        raise Problem("damaged", "The old Office file can't be read.") from error


def stream(ole: olefile.OleFileIO, path: str | list[str], most: int = STREAM) -> bytes:
    """One stream's bytes, or b"" where there is none. Raises Problem("too_large")."""
    if not ole.exists(path) or ole.get_type(path) != 2:
        return b""
    if ole.get_size(path) > most:
        raise Problem("too_large", "A part of the document is too large.")
    return bytes(ole.openstream(path).read())


def title(ole: olefile.OleFileIO) -> str:
    """The title in the file's properties, or "". (olefile would believe how many properties there are.)"""
    try:
        data = stream(ole, _PROPERTIES, MIB)
        section = struct.unpack_from("<I", data, 44)[0]
        count = min(struct.unpack_from("<I", data, section + 4)[0], _MOST_PROPERTIES)
        pairs = struct.unpack_from(f"<{2 * count}I", data, section + 8)
        places = {key: section + place for key, place in zip(pairs[::2], pairs[1::2], strict=True)}
        charset = struct.unpack_from("<4xH", data, places[_CHARSET])[0] if _CHARSET in places else 1252
        sort, size = struct.unpack_from("<II", data, places[_TITLE])
        text = data[places[_TITLE] + 8 :][: size * 2 if sort == _WIDE else size]
        wide = sort == _WIDE or charset == _UTF_16
        name = "utf-16-le" if wide else "utf-8" if charset == _UTF_8 else f"cp{charset}"
        return one_line(text.decode(name, "replace").partition("\x00")[0]) if sort in (_WIDE, _NARROW) else ""
    except (*BROKEN, LookupError, Problem):
        return ""


def inner_files(ole: olefile.OleFileIO, folder: str, prefix: str = "") -> Iterator[Inner]:
    """The files in those storages right below `folder` ("" is the root) whose names begin so."""
    depth = 1 if folder else 0
    seen = set()
    for path in ole.listdir(streams=True, storages=False):
        if len(path) > depth + 1 and (not folder or path[0] == folder) and path[depth].startswith(prefix):
            storage = tuple(path[: depth + 1])
            if storage not in seen:
                seen.add(storage)
                inner = unwrapped(Inner(path[depth], rebuilt(ole, list(storage))))
                if inner.data:
                    yield inner


def pictures(data: bytes) -> Iterator[Inner]:
    """The photographs and drawings in a stream of Office's old drawing records, if they can hold words."""
    for number, found in enumerate(_PICTURE.finditer(data), start=1):
        size = struct.unpack("<I", found[1])[0]
        for head in (17, 33):  # one mark or two of sixteen bytes, and one byte
            begin, end = found.end() + head, found.end() + size
            for mark, ending in ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG", "png")):
                if size - head >= PICTURE and data.startswith(mark, begin) and end <= len(data):
                    yield Inner(f"picture {number}.{ending}", data[begin:end])


def unwrapped(inner: Inner) -> Inner:
    """What an embedded object holds: the file in the wrapping, or itself where it is no wrapping.

    No data means that there is nothing to be read, such as in a formula.
    """
    if not inner.data.startswith(_MARK):
        return inner
    try:
        with opened(File(inner.data, "")) as ole:
            names = {path[0].lower(): path[0] for path in ole.listdir() if len(path) == 1}
            folders = {path[0].lower() for path in ole.listdir()}
            if not folders or _NOISE & folders:
                return Inner(inner.name, b"")
            if _NATIVE.lower() in names:
                return _native(stream(ole, names[_NATIVE.lower()]), inner.name)
            for wrapping in ("package", "embeddedodf", "contents"):
                data = stream(ole, names[wrapping]) if wrapping in names else b""
                if data.startswith((b"PK\x03\x04", b"%PDF", _MARK)):
                    return Inner(inner.name, data)
            for name, ending in _KINDS.items():
                if name in names and "." not in inner.name:
                    return Inner(inner.name + ending, inner.data)
    except Problem:
        pass
    return inner


def _native(data: bytes, otherwise: str) -> Inner:
    """The file in a stream "Ole10Native": its label, two paths, its size, and its bytes."""
    try:
        label, at = _string(data, 6)
        path, at = _string(data, at)
        at += 8 + struct.unpack_from("<I", data, at + 4)[0]
        size = struct.unpack_from("<I", data, at)[0]
        found = data[at + 4 : at + 4 + size]
        if found:
            return Inner(file_name(label or path, otherwise), found)
    except (ValueError, struct.error):
        pass
    return Inner(otherwise, data[4:])


def _string(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\x00", at, at + 1024)
    return data[at:end].decode("cp1252", "replace"), end + 1


def rebuilt(ole: olefile.OleFileIO, storage: list[str]) -> bytes:
    """A storage of this file as a file of its own; b"" where that would be too large."""
    found = {}
    for path in ole.listdir():
        if path[: len(storage)] == storage and len(path) == len(storage) + 1:
            found[path[-1]] = stream(ole, path)
    return written(found)


def written(streams: dict[str, bytes]) -> bytes:
    """A new file that holds these streams, all at its root; b"" where they are larger than its one table."""
    body: list[bytes] = []
    table: list[int] = []

    def put(data: bytes) -> int:
        """The first sector of the data's chain."""
        if not data:
            return _END
        first, count = len(table), -(-len(data) // _SECTOR)
        body.append(data.ljust(count * _SECTOR, b"\x00"))
        table.extend([*range(first + 1, first + count), _END])
        return first

    entries, small, small_table = [], bytearray(), list[int]()
    for name, data in sorted(streams.items(), key=lambda item: (len(item[0]), item[0].upper())):
        if len(data) >= _SMALL:
            entries.append(_entry(name, 2, put(data), len(data)))
            continue
        first, count = len(small_table), -(-len(data) // _SMALL_SECTOR)
        small += data.ljust(count * _SMALL_SECTOR, b"\x00")
        small_table += [*range(first + 1, first + count), _END] if count else []
        entries.append(_entry(name, 2, first if count else _END, len(data)))
    entries = [_entry("Root Entry", 5, put(bytes(small)), len(small), child=1 if entries else _NONE), *entries]
    for number in range(1, len(entries) - 1):  # each entry's right neighbour is the next one
        entries[number] = entries[number][:72] + struct.pack("<I", number + 1) + entries[number][76:]
    small_first = put(struct.pack(f"<{len(small_table)}I", *small_table))
    entries += [_entry("", 0, 0, 0)] * (-len(entries) % (_SECTOR // 128))
    root = put(b"".join(entries))
    first = len(table)
    sectors = 1
    while (first + sectors) * 4 > sectors * _SECTOR:
        sectors += 1
    if sectors > _IN_HEADER:
        return b""
    table += [_FAT] * sectors
    table += [_FREE] * (sectors * _SECTOR // 4 - len(table))
    body.append(struct.pack(f"<{len(table)}I", *table))
    places = [*range(first, first + sectors), *[_FREE] * (_IN_HEADER - sectors)]
    head = _MARK + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 4, 0xFFFE, 12, 6)
    small_sectors = -(-len(small_table) * 4 // _SECTOR)
    head += struct.pack("<IIIIIIIII", 1, sectors, root, 0, _SMALL, small_first, small_sectors, _END, 0)
    return (head + struct.pack(f"<{_IN_HEADER}I", *places)).ljust(_SECTOR, b"\x00") + b"".join(body)


def _entry(name: str, sort: int, first: int, size: int, child: int = _NONE) -> bytes:
    """One line of the directory."""
    coded = name[:31].encode("utf-16-le")
    words = (len(coded) + 2 if name else 0, sort, 1, _NONE, _NONE, child)
    return coded.ljust(64, b"\x00") + struct.pack("<HBBIII36xIQ", *words, first, size)
