"""Opens the zips that modern office files are, after a look for bombs, and the XML inside them."""

from __future__ import annotations

import contextlib
import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.readers._file import File
from engine.readers._wire import MIB

if TYPE_CHECKING:
    from lxml import etree

MEMBERS = 10_000
UNPACKED = 512 * MIB
MEMBER = 128 * MIB
RATIO = 200
"""A member that grows more than this, and past `GROWN`, is a bomb: Office's own XML packs to a tenth or a fiftieth."""
GROWN = 32 * MIB

_LOCKED = {"EncryptedPackage", "EncryptionInfo"}
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
# What zipfile raises on a bent zip; OSError is a seek to nowhere.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError, ValueError)


@contextlib.contextmanager
def opened(file: File) -> Iterator[zipfile.ZipFile]:
    """The zip, once its directory was found to be harmless. What breaks inside counts as damage, too."""
    if file.is_ole:
        raise Problem("encrypted" if _LOCKED & file.ole_names else "unsupported", "Not a zip, but an OLE file.")
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as package:
            check(package)
            if file.password:
                package.setpassword(file.password.encode())
            yield package
    except _BROKEN as error:
        raise Problem("damaged", "The zip can't be read.") from error
    except RecursionError:
        raise
    except RuntimeError as error:  # zipfile's word for a missing or a wrong password
        raise Problem("encrypted", "The zip is locked.") from error


def check(package: zipfile.ZipFile) -> None:
    """Refuse bombs before a byte is unpacked: too many members, too big ones, or one lying over another."""
    members = sorted(package.infolist(), key=lambda member: member.header_offset)
    if len(members) > MEMBERS:
        raise Problem("too_large", "The zip has too many members.")
    for member, after in itertools.pairwise(members):
        if member.header_offset + 30 + member.compress_size > after.header_offset:
            raise Problem("bomb", "Members of the zip overlap.")
    if sum(member.file_size for member in members) > UNPACKED:
        raise Problem("bomb" if any(map(_swells, members)) else "too_large", "The zip unpacks to too much.")
    if any(map(_swells, members)):
        raise Problem("bomb", "A member of the zip grows beyond all measure.")
    if any(member.compress_type not in _PACKINGS for member in members):
        raise Problem("unsupported", "A member of the zip is packed in a way that Python does not know.")


def member(package: zipfile.ZipFile, name: str | zipfile.ZipInfo, most: int = MEMBER) -> bytes:
    """A member's bytes. The directory may lie about its size: no more than `most` is unpacked."""
    with package.open(name) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise Problem("too_large", "A member of the zip is too large.")
    return data


def xml(data: bytes) -> etree._Element:
    """The root of a part's XML. Nothing is fetched, no entity is expanded, and no document type is accepted."""
    from lxml import etree

    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data[:4096]:
        raise Problem("damaged", "A part of the document is not what an office program writes.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        raise Problem(
            "too_deep" if "depth" in str(error) else "damaged", "A part of the document is broken."
        ) from error


def _swells(member: zipfile.ZipInfo) -> bool:
    return member.file_size > GROWN and member.file_size > RATIO * max(1, member.compress_size)
