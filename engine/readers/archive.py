"""Opens archives like folders: a list of what is inside, and the files themselves."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Generator, Iterator

from engine.cards import Problem
from engine.pages import Inner, Part
from engine.readers import _cms, _mime, _seven, _unpack, _zip
from engine.readers._file import File
from engine.readers._text import Flow, decode, file_name
from engine.readers._unpack import BROKEN, DAMAGED, DUST, LINK, LOCKED, TOO_LARGE, UNKNOWN, Budget, Member, unpacked
from engine.readers._wire import Limits

KINDS = ("zip", "tar", "gz", "bz2", "xz", "zst", "7z", "rar", "p7m")
IMPORTS = (*_zip.IMPORTS, _unpack.ZSTD, "charset_normalizer")
FOLDER = True

_MARKS = {
    b"\x1f\x8b\x08": "gz",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    _seven.MARK: "7z",
    b"Rar!\x1a\x07": "rar",
}
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_SPANNED = b"PK\x07\x08"
_BLOCK = 512
_ENDINGS = {".tgz": ".tar", ".tbz2": ".tar", ".tbz": ".tar", ".txz": ".tar", ".tzst": ".tar", ".svgz": ".svg"}
_OUTER = (".gz", ".bz2", ".xz", ".zst", ".p7m", ".p7s", ".z")
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]+")
_MIME = re.compile(rb"\s*(?:Content-[A-Za-z-]+|MIME-Version):", re.IGNORECASE)
_CODES = {LOCKED: "encrypted", DAMAGED: "damaged", UNKNOWN: "unsupported", TOO_LARGE: "too_large"}
_BROKEN_TAR = (*BROKEN, tarfile.TarError, OverflowError, IndexError, KeyError, AttributeError)


def recognises(file: File) -> tuple[str, float]:
    """By its first bytes. A zip that is something more, such as a Word file, is better known by others."""
    head = file.head
    for mark, kind in _MARKS.items():
        if head.startswith(mark):
            return kind, 1.0
    if _BZIP2.match(head):
        return "bz2", 1.0
    if _is_tar(head):
        return "tar", 0.95
    if file.is_zip or head.startswith(_SPANNED):
        return "zip", 0.5 if file.zip_names or file.named(".zip") or not file.head.startswith(b"PK\x03\x04") else 0.25
    if file.named(".zip") and _zip.has_end(file.data):
        return "zip", 0.5
    return _signed(file)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The files inside, one by one, then a page that lists them with their paths and sizes."""
    kind, _ = recognises(file)
    if kind not in _OPENERS:
        raise Problem("unsupported", "This kind of archive is not read.")
    flow = Flow(limits)
    reasons = set()
    for number, member in enumerate(_OPENERS[kind](file, limits), start=1):
        if number > limits.attachments:
            raise Problem("too_large", "There are more files inside than the limit.")
        path = member.path.replace("\\", "/")
        size = f"{member.size:,} bytes" if member.size >= 0 else ""
        flow.row([part for part in (path, size, member.why) if part], f"file {number}")
        if member.data is not None:
            yield Inner(file_name(path, f"file-{number}"), member.data)
        reasons.add(member.why)
    if "" not in reasons:
        for why, code in (
            (LOCKED, "encrypted"),
            (DAMAGED, "damaged"),
            (UNKNOWN, "unsupported"),
            (TOO_LARGE, "too_large"),
        ):
            if why in reasons:
                raise Problem(code, "No file inside could be opened.")
    yield from flow.pages()
    return ""


def _stream(file: File, limits: Limits) -> Iterator[Member]:
    """What one packed stream holds: a file, or a tar of them."""
    kind, _ = recognises(file)
    try:
        data = unpacked(kind, file.data, Budget(limits.unpacked))
    except BROKEN as error:
        raise Problem("damaged", "It can't be unpacked.") from error
    if _is_tar(data[:_BLOCK]):
        yield from _tar_members(data, limits)
    elif len(data) > limits.bytes:
        raise Problem("too_large", "The file inside is too large.")
    else:
        yield Member(_stored_name(file, kind) or _without_ending(file.name), len(data), data)


def _tar(file: File, limits: Limits) -> Iterator[Member]:
    return _tar_members(file.data, limits)


def _tar_members(data: bytes, limits: Limits) -> Iterator[Member]:
    """The files of a tar. Links and devices are only named."""
    budget = Budget(limits.unpacked)
    found = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
            for entry in archive:
                found += 1
                if found > limits.attachments * 2:
                    raise Problem("too_large", "There are more files inside than the limit.")
                if not entry.isdir():
                    yield _tar_member(archive, entry, budget, limits)
    except _BROKEN_TAR as error:
        if found:
            yield Member("", -1, None, DAMAGED)
            return
        raise Problem("damaged", "The tar can't be read.") from error


def _tar_member(archive: tarfile.TarFile, entry: tarfile.TarInfo, budget: Budget, limits: Limits) -> Member:
    name = decode(entry.name.encode("utf-8", "surrogateescape"))
    if not entry.isreg():
        return Member(name, -1, None, LINK)
    if entry.size > limits.bytes or not entry.size:
        return Member(name, entry.size, None, TOO_LARGE if entry.size else DUST)
    budget.spend(entry.size, _BLOCK if entry.issparse() else entry.size)
    stream = archive.extractfile(entry)
    content = stream.read(entry.size) if stream else b""
    if len(content) < entry.size:
        return Member(name, entry.size, None, DAMAGED)
    return Member(name, entry.size, content)


def _signature(file: File, limits: Limits) -> Iterator[Member]:
    """The file that was signed. A signature without one holds nothing."""
    content = _cms.opened(file.data, limits.unpacked)
    if content:
        name = _without_ending(file.name)
        mail = _MIME.match(content)
        yield Member(
            name if "." in name and not mail else f"{name or 'content'}{'.eml' if mail else ''}", len(content), content
        )


def _signed(file: File) -> tuple[str, float]:
    if _cms.recognised(file.data):
        return "p7m", 1.0
    if file.named(".p7m", ".p7s") and _BASE64.fullmatch(file.head) and _cms.recognised(_mime.from_base64(file.head)):
        return "p7m", 0.9
    return "", 0.0


def _is_tar(head: bytes) -> bool:
    """By its mark; the oldest ones have none, but a sum of the first block's bytes."""
    if len(head) < _BLOCK or not head[0]:
        return False
    if head[257:262] == b"ustar":
        return True
    digits = head[148:156].strip(b" \x00")
    if not digits or not set(digits) <= set(b"01234567"):
        return False
    return sum(head[:148]) + 8 * 32 + sum(head[156:_BLOCK]) == int(digits, 8)


def _stored_name(file: File, kind: str) -> str:
    """The name that gzip keeps of the file that it packed."""
    data = file.head
    if kind != "gz" or len(data) < 12 or not data[3] & 8:
        return ""
    at = 12 + int.from_bytes(data[10:12], "little") if data[3] & 4 else 10
    return decode(data[at : max(at, data.find(b"\x00", at))])


def _without_ending(name: str) -> str:
    lower = name.lower()
    for ending, inner in _ENDINGS.items():
        if lower.endswith(ending):
            return name[: -len(ending)] + inner
    return next((name[: -len(ending)] for ending in _OUTER if lower.endswith(ending)), name)


_OPENERS: dict[str, Callable[[File, Limits], Iterator[Member]]] = {
    "zip": _zip.members,
    "7z": _seven.members,
    "tar": _tar,
    "p7m": _signature,
    **dict.fromkeys(("gz", "bz2", "xz", "zst"), _stream),
}
