"""Reads Outlook's mails: saved ones (.msg, .oft), and the winmail.dat that it sends."""

from __future__ import annotations

import re
import struct
from collections.abc import Generator
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Inner, Part
from engine.readers import _mapi, _ole, _tnef
from engine.readers._file import File
from engine.readers._mail import Mail, as_file, told
from engine.readers._mapi import Value
from engine.readers._text import one_line
from engine.readers._wire import Limits

if TYPE_CHECKING:
    import olefile

KINDS = ("msg", "oft", "tnef", "pst")
IMPORTS = ("olefile", "email.utils", "lxml.etree", "charset_normalizer")

_MAILBOX = b"!BDN"
_TABLE = "__properties_version1.0"
_STREAM = re.compile(r"__substg1\.0_([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})")
_PARTS = _RECIPIENT, _ATTACHMENT = ("__recip_version1.0", "__attach_version1.0")
_DEPTH = 10
_STRING, _UNICODE, _OBJECT = 0x001E, 0x001F, 0x000D
_NUMBERS = {0x0003: "<i", 0x000B: "<H", 0x0014: "<q", 0x0040: "<Q"}

_Path = tuple[str, ...]


def recognises(file: File) -> tuple[str, float]:
    """By the names that only Outlook gives; the others by their first bytes."""
    if _TABLE in file.ole_names and any(map(_STREAM.match, file.ole_names)):
        return "oft" if file.named(".oft") else "msg", 0.95
    if file.head.startswith(_tnef.MARK):
        return "tnef", 1.0
    if file.head.startswith(_MAILBOX):
        return "pst", 1.0
    return ("msg", 0.3) if file.named(".msg") and file.is_ole and not file.ole_names else ("", 0.0)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The headers and words of the mail, then what is attached; a mail in the mail becomes a file of its own."""
    if file.head.startswith(_MAILBOX):
        raise Problem("unsupported", "Outlook's data files are not read.")
    if file.head.startswith(_tnef.MARK):
        return (yield from told(_tnef.mail(file.data, limits), limits))
    with _ole.opened(file) as ole:
        mail = _Storage(ole, limits).mail((), 0)
    return (yield from told(mail, limits))


class _Storage:
    """The mail's streams and storages, by their place."""

    def __init__(self, ole: olefile.OleFileIO, limits: Limits) -> None:
        self._ole = ole
        self._limits = limits
        self._left = limits.unpacked
        self._within: dict[_Path, list[str]] = {}
        for path in ole.listdir(streams=True, storages=True):
            self._within.setdefault(tuple(path[:-1]), []).append(path[-1])

    def mail(self, place: _Path, depth: int) -> Mail:
        if depth > min(_DEPTH, self._limits.depth):
            raise Problem("too_deep", "The mails are nested too deeply.")
        names = self._within.get(place, [])
        recipients = [self._properties((*place, name)) for name in names if name.startswith(_RECIPIENT)]
        mail = _mapi.mail(self._properties(place), recipients, self._limits)
        attachments = [name for name in names if name.startswith(_ATTACHMENT)]
        if len(attachments) > self._limits.attachments:
            raise Problem("too_large", "There are more attachments than the limit.")
        for name in attachments:
            self._attach(mail, (*place, name), depth)
        return mail

    def _attach(self, mail: Mail, place: _Path, depth: int) -> None:
        properties = self._properties(place)
        name = _mapi.file_name(properties)
        content = properties.get(_mapi.DATA, b"")
        stored = (*place, f"__substg1.0_{_mapi.DATA:04X}{_OBJECT:04X}")
        if stored in self._within:
            if _TABLE in self._within[stored]:
                inner = self.mail(stored, depth + 1)
                title = one_line(inner.subject, 80) or name
                mail.attach(f"{title}.eml" if title else "", as_file(inner), ".eml")
                return
            found = _ole.unwrapped(Inner(name or "object", _ole.rebuilt(self._ole, list(stored))))
            name, content = found.name, found.data
        if isinstance(content, bytes) and content and not _mapi.is_in_the_text(properties):
            mail.attach(name, content)

    def _properties(self, place: _Path) -> dict[int, Value]:
        """The properties of a mail, a recipient or an attachment; those without a stream stand in a table."""
        found: dict[int, Value] = {}
        names = self._within.get(place, [])
        if _TABLE in names:
            head = 32 if not place else 8 if place[-1].startswith(_PARTS) else 24
            found |= _numbers(self._stream((*place, _TABLE)), head)
        for name in names:
            if (match := _STREAM.fullmatch(name)) and (*place, name) not in self._within:
                tag, kind = int(match[1], 16), int(match[2], 16)
                if kind & 0x1000 or tag >= 0x8000:
                    continue
                data = self._stream((*place, name))
                found[tag] = data.decode("utf-16-le", "replace") if kind == _UNICODE else data
        return found

    def _stream(self, place: _Path) -> bytes:
        data = _ole.stream(self._ole, list(place), self._left)
        self._left -= len(data)
        return data


def _numbers(table: bytes, head: int) -> dict[int, Value]:
    """The numbers in a table of properties, after its head."""
    found: dict[int, Value] = {}
    for at in range(head, len(table) - 15, 16):
        kind, tag = struct.unpack_from("<HH", table, at)
        if kind in _NUMBERS and tag not in found:
            found[tag] = struct.unpack_from(_NUMBERS[kind], table, at + 8)[0]
    return found
