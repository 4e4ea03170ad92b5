"""Tells what a mail says, whichever file it came in: its headers, its words, and what was hidden or attached."""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

from engine.cards import Problem
from engine.pages import Inner, Part
from engine.readers._text import Flow, clean, file_name, one_line
from engine.readers._wire import Limits
from engine.readers.html import Line, Text, flow_into, look

HEADERS = ("Subject", "From", "To", "Cc", "Date")

_NUMBER = re.compile(r"\A\d{1,6}\. ")
_LINK = re.compile(r"<?\b(?:https?://|mailto:|www\.)[^\s<>]{1,2000}>?")
# A plain version that says so little beside its HTML only asks to see that.
_STUB = 4
_ENOUGH = 200
# Comparing costs lines times length; what would be compared beyond this counts as hidden.
_MOST_COMPARED = 500_000_000


@dataclass(frozen=True, slots=True)
class Body:
    """One piece of a mail's words, in the versions that came with it."""

    plain: str = ""
    html: str = ""
    other: str = ""
    """A version in yet another format, as text, and what is hidden in it."""
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Mail:
    """What a mail holds. Headers are (label, value), one line each."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    attachments: list[Inner] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return next((value for label, value in self.headers if label == "Subject"), "")

    def attach(self, name: str, data: bytes, ending: str = "") -> None:
        """One more file; without a usable name it gets a number."""
        self.attachments.append(Inner(file_name(name, f"attachment-{len(self.attachments) + 1}{ending}"), data))


def told(mail: Mail, limits: Limits) -> Generator[Part, None, str]:
    """Subject, From, To, Cc and Date as lines, an empty line, then the words; then the attachments.

    Of a body with two versions the plain one is told, unless it is a mere stub; what only the
    other says is hidden "elsewhere".
    """
    if len(mail.attachments) > limits.attachments:
        raise Problem("too_large", "There are more attachments than the limit.")
    if sum(len(inner.data) for inner in mail.attachments) > limits.unpacked:
        raise Problem("too_large", "The attachments hold more than the limit.")
    flow = Flow(limits)
    for label, value in mail.headers:
        flow.add(f"{label}: {value}", label)
    for body in mail.bodies:
        if body.plain.strip() or body.html.strip() or body.other.strip():
            flow.add("")
            _tell(body, flow)
    yield from flow.pages()
    yield from mail.attachments
    return one_line(mail.subject)


def as_file(mail: Mail) -> bytes:
    """The mail as a file of its own, for one that was stored within another without being a file."""
    boundary = b"=_" + hashlib.sha256(repr(mail).encode("utf-8", "replace")).hexdigest()[:40].encode()
    head = [f"{label}: {_encoded(value)}".encode() for label, value in mail.headers]
    parts = [
        _part(f"text/{kind}; charset=utf-8", words.encode("utf-8", "replace"))
        for body in mail.bodies
        for kind, words in (("plain", body.plain or body.other), ("html", body.html))
        if words
    ]
    mixed = [
        _part(f"application/octet-stream; name*=utf-8''{_escaped(name)}", data, attached=True)
        for name, data in ((inner.name, inner.data) for inner in mail.attachments)
    ]
    inner = boundary + b"a"
    texts = b"Content-Type: multipart/alternative; boundary=" + _quoted(inner) + _multipart(inner, parts)
    body = b"Content-Type: multipart/mixed; boundary=" + _quoted(boundary) + _multipart(boundary, [texts, *mixed])
    return b"\r\n".join((*head, b"MIME-Version: 1.0", body))


def _tell(body: Body, flow: Flow) -> None:
    plain = body.plain.strip() or body.other.strip()
    found = look(body.html) if body.html else Text()
    others = body.other.split("\n") if body.other else []
    if body.html and (not plain or _is_stub(plain, found)):
        flow_into(flow, found)
        known = "\n".join(map(_text, found.lines))
        others += plain.split("\n")
    else:
        flow.add(plain)
        flow_into(flow, Text(hidden=found.hidden))
        known = plain
        others += map(_text, found.lines)
    for kind, text in body.hidden:
        flow.hide(text, kind)
    for line in _only_there(others, known):
        flow.hide(line, "elsewhere")


def _text(line: Line) -> str:
    return line.text


def _is_stub(plain: str, found: Text) -> bool:
    length = sum(len(line.text) for line in found.lines)
    return length > _ENOUGH and len(_key(_LINK.sub("", plain))) * _STUB < len(_key(" ".join(map(_text, found.lines))))


def _only_there(lines: Iterable[str], known: str) -> list[str]:
    """The lines (of a table's row the cells) whose letters and digits are nowhere in the text that is known."""
    keys = (_key(known), _key(_LINK.sub("", known)))
    left = _MOST_COMPARED
    found = []
    for line in lines:
        missing = []
        for cell in line.split(" | "):
            key = _key(_NUMBER.sub("", cell))
            left -= len(keys[0])
            if key and (left < 0 or not any(key in text for text in keys)) and _key(_LINK.sub("", cell)):
                missing.append(cell)
        if missing:
            found.append(" | ".join(missing))
    return found


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, clean(text)[0].casefold()))


def _encoded(value: str) -> str:
    """A header's value in plain ASCII, folded."""
    value = one_line(value, 1000)
    if value.isascii():
        return value
    pieces = (value[at : at + 15].encode("utf-8", "replace") for at in range(0, len(value), 15))
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(piece, newline=False).decode()}?=" for piece in pieces)


def _escaped(name: str) -> str:
    return "".join(f"%{byte:02X}" for byte in name.encode("utf-8", "replace"))


def _part(kind: str, data: bytes, *, attached: bool = False) -> bytes:
    lines = [f"Content-Type: {kind}", "Content-Transfer-Encoding: base64"]
    if attached:
        lines.append("Content-Disposition: attachment")
    encoded = binascii.b2a_base64(data, newline=False)
    rows = [encoded[at : at + 76] for at in range(0, len(encoded), 76)]
    return b"\r\n".join((*(line.encode() for line in lines), b"", *rows))


def _multipart(boundary: bytes, parts: list[bytes]) -> bytes:
    return (
        b"\r\n\r\n" + b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--"
    )


def _quoted(boundary: bytes) -> bytes:
    return b'"' + boundary + b'"'
