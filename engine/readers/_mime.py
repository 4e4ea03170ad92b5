"""Takes a mail apart into its headers and its parts, by looking at its bytes once and without believing them."""

from __future__ import annotations

import binascii
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote_to_bytes

from engine.readers._text import decode, one_line

_MOST_FIELDS = 2000
_LONGEST_FIELD = 16_000
_LONGEST_HEADER = 1000

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*+)(?:\n|\Z)")
_ENVELOPE = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,100}(?:>?From [^\n]*\n)?")
_NEXT_LINE = re.compile(rb"\r?\n(?=[ \t])")
_EMPTY_LINE = re.compile(rb"\r?\n")
_PARAMETER = re.compile(r';\s*([^\s=;"*]{1,60})(?:\*(\d{1,3}))?(\*)?\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)')
_ENCODED = re.compile(rb"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_BACKSLASHED = re.compile(r"\\(.)")
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


@dataclass(frozen=True)
class Entity:
    """A mail, or a part of one: its header fields as they stand, and where in the data its body lies."""

    data: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    start: int
    end: int
    usual: str = "text/plain"

    def raw(self, name: bytes) -> bytes:
        """The first field of that name (in lower case), on one line."""
        return next((value for known, value in self.fields if known == name), b"")

    def header(self, name: bytes) -> str:
        """The field's words on one line, decoded."""
        return one_line(words(self.raw(name)), _LONGEST_HEADER)

    @cached_property
    def _typed(self) -> tuple[str, dict[str, str]]:
        return parameters(self.raw(b"content-type"))

    @cached_property
    def _disposed(self) -> tuple[str, dict[str, str]]:
        return parameters(self.raw(b"content-disposition"))

    @property
    def kind(self) -> str:
        """Its content type ("text/html"), as far as it says one."""
        return self._typed[0] if "/" in self._typed[0] else self.usual

    @property
    def disposition(self) -> str:
        return self._disposed[0]

    @property
    def filename(self) -> str:
        return self._disposed[1].get("filename", "") or self._typed[1].get("name", "")

    def parameter(self, name: str) -> str:
        """A parameter of its content type, or ""."""
        return self._typed[1].get(name, "")

    @property
    def body(self) -> bytes:
        """The body as it stands."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        """The body without its transfer encoding."""
        encoding = self.raw(b"content-transfer-encoding").strip().lower()
        if encoding == b"base64":
            return from_base64(self.body)
        if encoding == b"quoted-printable":
            return binascii.a2b_qp(self.body)
        if encoding in (b"uuencode", b"x-uuencode", b"x-uue", b"uue"):
            return _from_uu(self.body)
        return self.body

    def parts(self) -> Iterator[Entity]:
        """The parts of a multipart body. None where its boundary is nowhere to be found."""
        boundary = self._typed[1].get("boundary", "").rstrip().encode("utf-8", "replace")
        if not boundary:
            return
        usual = "message/rfc822" if self.kind == "multipart/digest" else "text/plain"
        line = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
        # The body's first line may be a boundary: let the match see the line end before it.
        begin = -1
        for mark in line.finditer(self.data, max(0, self.start - 1), self.end):
            if begin >= 0:
                yield entity(self.data, begin, mark.start(), usual)
            begin = -1 if mark[1] else mark.end() + (2 if self.data.startswith(b"\r", mark.end()) else 1)
            if mark[1]:
                return
        if 0 <= begin < self.end:
            yield entity(self.data, begin, self.end, usual)


def entity(data: bytes, start: int = 0, end: int | None = None, usual: str = "text/plain") -> Entity:
    """The mail or part between those places: header fields up to the first empty line, or the first that is none."""
    end = len(data) if end is None else max(start, end)
    at = start
    fields: list[tuple[bytes, bytes]] = []
    while found := _FIELD.match(data, at, end):
        at = found.end()
        if len(fields) < _MOST_FIELDS:
            value = _NEXT_LINE.sub(b"", found[2][: 2 * _LONGEST_FIELD])[:_LONGEST_FIELD]
            fields.append((found[1].lower(), value.strip()))
    gap = _EMPTY_LINE.match(data, at, end)
    return Entity(data, tuple(fields), gap.end() if gap else at, end, usual)


def mail(data: bytes) -> Entity:
    """The same for a whole mail, which may begin with the line that a mailbox puts before it."""
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")  # as old Macs ended their lines
    envelope = _ENVELOPE.match(data)
    return entity(data, envelope.end() if envelope else 0)


def words(raw: bytes) -> str:
    """A header's text, its encoded words decoded. What one character needs may stand in two words."""
    pieces: list[str] = []
    waiting: tuple[str, bytes] = ("", b"")
    at = 0
    for found in _ENCODED.finditer(raw):
        between = raw[at : found.start()]
        charset, content = found[1].decode("ascii", "replace").lower(), found[3]
        content = from_base64(content) if found[2] in b"bB" else binascii.a2b_qp(content, header=True)
        if between.strip() or not at or charset != waiting[0]:
            pieces.append(decode(waiting[1], waiting[0]))
            waiting = (charset, b"")
        if between.strip() or not at:
            pieces.append(decode(between))
        waiting = (charset, waiting[1] + content)
        at = found.end()
    return "".join((*pieces, decode(waiting[1], waiting[0]), decode(raw[at:])))


def parameters(raw: bytes) -> tuple[str, dict[str, str]]:
    """A field's value in lower case, and its parameters, those put together that were written in pieces."""
    text = raw.decode("latin-1")
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(text):
        value = found[4].strip()
        if value.startswith('"'):
            value = _BACKSLASHED.sub(r"\1", value[1:].removesuffix('"'))
        pieces.setdefault(found[1].lower(), []).append((int(found[2] or 0), bool(found[3]), value))
    return text.partition(";")[0].strip().lower(), {name: _joined(found) for name, found in pieces.items()}


def from_base64(data: bytes) -> bytes:
    """The bytes in base64, whatever stands between its letters, up to where it ends."""
    letters = data.translate(None, _NOT_BASE64).partition(b"=")[0]
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    if not any(extended for _, extended, _ in pieces):
        return words("".join(value for _, _, value in sorted(pieces)).encode("latin-1"))
    charset = ""
    data = b""
    for number, extended, value in sorted(pieces):
        if extended and number == 0 and value.count("'") > 1:
            charset, _, value = value.split("'", 2)
        data += unquote_to_bytes(value.encode("latin-1")) if extended else value.encode("latin-1")
    return decode(data, charset)


def _from_uu(data: bytes) -> bytes:
    """The bytes between the lines "begin" and "end", up to the first line that is none of them."""
    lines = iter(io.BytesIO(data))
    for line in lines:
        if line.startswith(b"begin "):
            break
    out = []
    for line in lines:
        size = (line[0] - 32) & 63
        try:
            out.append(binascii.a2b_uu(line[: 1 + (size + 2) // 3 * 4]))
        except binascii.Error:
            break
        if not size:
            break
    return b"".join(out)
