"""Takes the files out of a zip, also out of one that a password locks."""

from __future__ import annotations

import hashlib
import hmac
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator

from engine.cards import Problem
from engine.readers import _package
from engine.readers._file import File
from engine.readers._text import decode
from engine.readers._unpack import DAMAGED, DUST, LOCKED, TOO_LARGE, UNKNOWN, Budget, Member, inflated
from engine.readers._wire import Limits

IMPORTS = ("cryptography.hazmat.primitives.ciphers.algorithms", "cryptography.hazmat.primitives.ciphers.modes")

_END = b"PK\x05\x06"
_TAIL = 65_557
_UTF8 = 0x800
_LOCKED = 0x1
_AES = 99
_AES_FIELD = 0x9901
_SALTS = {1: 8, 2: 12, 3: 16}
_ROUNDS = 1000
_CODE = 10
_MOST_ENTRIES = 10  # folders count, too
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, KeyError, IndexError, struct.error,
    OverflowError,
)  # fmt: skip


def has_end(data: bytes) -> bool:
    """Whether a zip's directory ends here, whatever stands at the beginning."""
    return _END in data[-_TAIL:]


def members(file: File, limits: Limits) -> Iterator[Member]:
    """The files in the zip. Raises Problem, also for one of which a part lies in another file."""
    _check_is_whole(file.data)
    if _claims(file.data) > _MOST_ENTRIES * limits.attachments:
        raise Problem("too_large", "There are more files inside than the limit.")
    try:
        package = zipfile.ZipFile(io.BytesIO(file.data))
    except (*_BROKEN, NotImplementedError) as error:
        raise Problem("damaged", "The zip's directory can't be read.") from error
    files = [member for member in package.infolist() if not member.filename.endswith("/")]
    if len(files) > limits.attachments:
        raise Problem("too_large", "There are more files inside than the limit.")
    _check(package)
    budget = Budget(limits.unpacked)
    names = _names(files)
    for member, name in zip(files, names, strict=True):
        if member.file_size > limits.bytes or not member.file_size or _is_dust(name):
            yield Member(name, member.file_size, None, TOO_LARGE if member.file_size > limits.bytes else DUST)
        else:
            yield _member(package, file, member, name, budget)


def _member(package: zipfile.ZipFile, file: File, member: zipfile.ZipInfo, name: str, budget: Budget) -> Member:
    locked = bool(member.flag_bits & _LOCKED)
    budget.spend(member.file_size, member.compress_size)
    if locked and not file.password:
        return Member(name, member.file_size, None, LOCKED)
    try:
        if member.compress_type == _AES:
            data = _unlocked(file, member)
        else:
            with package.open(member, pwd=file.password.encode() or None) as stream:
                data = stream.read(member.file_size + 1)
    except NotImplementedError:
        return Member(name, member.file_size, None, UNKNOWN)
    except RuntimeError:  # zipfile's word for a wrong password
        return Member(name, member.file_size, None, LOCKED)
    except _BROKEN:
        return Member(name, member.file_size, None, LOCKED if locked else DAMAGED)
    return Member(name, len(data), data)


def _unlocked(file: File, member: zipfile.ZipInfo) -> bytes:
    """A member that WinZip's AES locks. Raises RuntimeError for a wrong password."""
    strength, method = _aes_field(member.extra)
    salt, key = _SALTS[strength], 8 * (strength + 1)
    names = struct.unpack_from("<HH", file.data, member.header_offset + 26)
    start = member.header_offset + 30 + sum(names)
    raw = file.data[start : start + member.compress_size]
    keys = hashlib.pbkdf2_hmac("sha1", file.password.encode(), raw[:salt], _ROUNDS, 2 * key + 2)
    locked, code = raw[salt + 2 : -_CODE], raw[-_CODE:]
    if keys[-2:] != raw[salt : salt + 2]:
        raise RuntimeError("wrong password")
    if not hmac.compare_digest(hmac.new(keys[key : 2 * key], locked, "sha1").digest()[:_CODE], code):
        raise ValueError("the bytes were changed")
    return inflated(method, _counted(keys[:key], locked), member.file_size)[: member.file_size]


def _counted(key: bytes, data: bytes) -> bytes:
    """AES in counter mode, the counter's low byte first, as no library has it: the stream is made block by block."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import ECB

    blocks = -(-len(data) // 16)
    counters = b"".join(number.to_bytes(16, "little") for number in range(1, blocks + 1))
    stream = Cipher(AES(key), ECB()).encryptor().update(counters)[: len(data)]  # noqa: S305  a building block here
    return (int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")).to_bytes(len(data), "little")


def _aes_field(extra: bytes) -> tuple[int, int]:
    """The strength and the packing in WinZip's field of a directory entry."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == _AES_FIELD and size >= 7:
            strength, method = struct.unpack_from("<BH", extra, at + 8)
            return strength, method
        at += 4 + size
    raise NotImplementedError("an unknown lock")


def _check(package: zipfile.ZipFile) -> None:
    try:
        _package.check(package)
    except Problem as problem:
        if problem.code != "unsupported":  # a member packed in an unknown way; the others can be read
            raise


def _claims(data: bytes) -> int:
    """How many members the directory says it has."""
    at = data.rfind(_END, max(0, len(data) - _TAIL))
    return int.from_bytes(data[at + 10 : at + 12], "little") if at >= 0 else 0


def _check_is_whole(data: bytes) -> None:
    """Refuse a piece of a zip that was cut into several files."""
    at = data.rfind(_END, max(0, len(data) - _TAIL))
    if at >= 0 and len(data) >= at + 22:
        disk, first = struct.unpack_from("<HH", data, at + 4)
        if (disk or first) and disk != 0xFFFF:
            raise Problem("damaged", "It is the last part of several.")


def _names(members: list[zipfile.ZipInfo]) -> list[str]:
    """The members' paths. Those not marked as UTF-8 are in one encoding, which is not told."""
    raw = [_raw(member) for member in members]
    old = [name.replace(b"\n", b"") for name in raw if name is not None]
    found = iter(decode(b"\n".join(old)).split("\n"))
    return [member.filename if name is None else next(found, "") for member, name in zip(members, raw, strict=True)]


def _raw(member: zipfile.ZipInfo) -> bytes | None:
    """The bytes of a name that zipfile took for the first PCs' encoding."""
    if member.flag_bits & _UTF8 or member.filename.isascii():
        return None
    try:
        return member.filename.encode("cp437")
    except UnicodeEncodeError:
        return None


def _is_dust(name: str) -> bool:
    """Whether it is one of the files that systems leave in folders, which nobody put there."""
    last = name.rpartition("/")[2]
    return name.startswith("__MACOSX/") or last in (".DS_Store", "Thumbs.db", "desktop.ini")
