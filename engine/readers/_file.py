"""A file as its reader gets it: the bytes, and what can be known of them before they are read."""

from __future__ import annotations

import functools
import io
import zipfile

HEAD = 8192

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_NAMES = 20_000
# What zipfile raises on a bent zip; OSError is a seek to nowhere.
_BROKEN = (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, OSError, ValueError)


class File:
    """One file's bytes, with the last part of its name, which proves nothing.

    `password` opens it, if a person gave one. `first` and `last` are the pages wanted, counted from 1
    (`last` 0: to the end), for readers that can begin in the middle.
    """

    def __init__(self, data: bytes, name: str, password: str = "", first: int = 1, last: int = 0) -> None:
        self.data = data
        self.name = name
        self.password = password
        self.first = first
        self.last = last

    @property
    def head(self) -> bytes:
        """The first 8192 bytes."""
        return self.data[:HEAD]

    def named(self, *endings: str) -> bool:
        """Whether its name ends so, in any case."""
        return self.name.lower().endswith(endings)

    @property
    def is_ole(self) -> bool:
        """Whether it is Office's old file system in a file."""
        return self.data.startswith(_OLE)

    @property
    def is_zip(self) -> bool:
        return self.data.startswith((_ZIP, _EMPTY_ZIP))

    @functools.cached_property
    def zip_names(self) -> frozenset[str]:
        """The names in a zip's directory; none where it is no zip, or a bent one."""
        if not self.is_zip:
            return frozenset()
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as package:
                return frozenset(member.filename for member in package.infolist()[:_MOST_NAMES])
        except _BROKEN:
            return frozenset()

    @functools.cached_property
    def ole_names(self) -> frozenset[str]:
        """The names of all streams and storages in an OLE file ("WordDocument"); none where it is none."""
        if not self.is_ole:
            return frozenset()
        import olefile

        try:
            with olefile.OleFileIO(io.BytesIO(self.data)) as ole:
                found = ole.listdir(streams=True, storages=True)
        except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError):
            return frozenset()
        return frozenset(part for path in found for part in path)
