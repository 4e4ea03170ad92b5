"""Opens Office files that are locked with a password, if the password is known."""

from __future__ import annotations

import binascii
import functools
import io
import zipfile
from types import SimpleNamespace
from xml.parsers.expat import ExpatError

from engine.cards import Problem
from engine.readers import _ole
from engine.readers._file import File

IMPORTS = (
    "msoffcrypto.format.ooxml",
    "msoffcrypto.format.doc97",
    "msoffcrypto.format.ppt97",
    "msoffcrypto.format.xls97",
    "cryptography.hazmat.backends.openssl.backend",
    "xml.dom.expatbuilder",
)

_WRAPPED = {"EncryptedPackage", "EncryptionInfo"}
_EXCEL_ASKS_NOBODY = "VelvetSweatshop"
# What msoffcrypto raises on a bent file, besides its own exceptions.
_BROKEN = (
    *_ole.BROKEN, AssertionError, EOFError, LookupError, NotImplementedError, ExpatError, binascii.Error,
    zipfile.BadZipFile,
)  # fmt: skip


def wrapped(file: File) -> bool:
    """Whether this is a modern Office file inside the wrapping of a locked one."""
    return file.is_ole and file.ole_names >= _WRAPPED


def peeled(file: File) -> File:
    """The file without such a wrapping, if there is one and its password is right; otherwise the file itself."""
    if not wrapped(file):
        return file
    try:
        return unlocked(file)
    except Problem:
        return file


def unlocked(file: File) -> File:
    """A locked file without its lock. Raises Problem("encrypted") where the password is missing or wrong."""
    data, code = _opened(file.data, file.password)
    if code:
        raise Problem(code, "The lock of this file does not open.")
    return File(data, file.name, first=file.first, last=file.last)


@functools.lru_cache(maxsize=1)
def _opened(data: bytes, password: str) -> tuple[bytes, str]:
    """The unlocked bytes, or why there are none; remembered, because a file's kind is asked for before it is read."""
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, ParseError

    _keep_in_memory()
    code = "encrypted"
    for word in (password, _EXCEL_ASKS_NOBODY) if password else (_EXCEL_ASKS_NOBODY,):
        out = io.BytesIO()
        try:
            office = msoffcrypto.OfficeFile(io.BytesIO(data))
            office.load_key(password=word)
            office.decrypt(out)
        except (DecryptionError, FileFormatError):  # the latter: an older lock
            code = "encrypted"
            continue
        except (*_BROKEN, ParseError):
            code = "damaged"
            continue
        if out.getvalue()[:2] in (b"PK", b"\xd0\xcf"):
            return out.getvalue(), ""
    return b"", code


def _keep_in_memory() -> None:
    """Let msoffcrypto put its temporary files into memory: behind the fence there are no others."""
    from msoffcrypto.format import doc97, ppt97, xls97

    memory = SimpleNamespace(TemporaryFile=io.BytesIO)
    for module in (doc97, ppt97, xls97):
        module.tempfile = memory
