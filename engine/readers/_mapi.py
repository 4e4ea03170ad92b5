"""Makes a mail out of Outlook's properties, whichever file they came in."""

from __future__ import annotations

import datetime
import struct
from collections.abc import Mapping, Sequence
from email.utils import format_datetime

from engine.cards import Problem
from engine.readers import _mime, html, rtf
from engine.readers._mail import Body, Mail
from engine.readers._rtf import CODE_PAGES
from engine.readers._text import Flow, decode, one_line
from engine.readers._wire import MIB, Limits

Value = str | bytes | int
Properties = Mapping[int, Value]
"""Values by the number of the property: text, bytes, or a number; a point in time is a number, too."""

SUBJECT, HEADERS = 0x0037, 0x007D
SUBMITTED, DELIVERED = 0x0039, 0x0E06
FROM = ((0x0042, 0x5D02, 0x0065), (0x0C1A, 0x5D01, 0x0C1F))
TO, CC = 0x0E04, 0x0E03
BODY, RTF, HTML = 0x1000, 0x1009, 0x1013
CODE_PAGE, INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE
NAME, SMTP, ADDRESS, RECIPIENT_TYPE = 0x3001, 0x39FE, 0x3003, 0x0C15
DATA, LONG_NAME, SHORT_NAME, CONTENT_ID, CONCEALED = 0x3701, 0x3707, 0x3704, 0x3712, 0x7FFE

_MOST_RTF = 16 * MIB
_PACKED, _PLAIN = b"LZFu", b"MELA"
_BEGINNING = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_WINDOW = 4096


def mail(properties: Properties, recipients: Sequence[Properties], limits: Limits) -> Mail:
    """The mail, without its attachments."""
    sent = _mime.mail(text(properties, HEADERS).encode("utf-8", "replace"))
    found = {
        "Subject": text(properties, SUBJECT) or sent.header(b"subject"),
        "From": _sender(properties, sent.header(b"from")),
        "To": _people(recipients, 1) or text(properties, TO).strip("; ") or sent.header(b"to"),
        "Cc": _people(recipients, 2) or text(properties, CC).strip("; ") or sent.header(b"cc"),
        "Date": sent.header(b"date") or _date(properties),
    }
    headers = [(label, clean) for label, value in found.items() if (clean := one_line(value, 1000))]
    return Mail(headers, [_body(properties, limits)])


def text(properties: Properties, *tags: int) -> str:
    """The first of these properties that is there, as text."""
    for tag in tags:
        value = properties.get(tag, "")
        if isinstance(value, bytes):
            value = decode(value.rstrip(b"\x00"), charset(properties))
        if value and isinstance(value, str):
            return value.rstrip("\x00")
    return ""


def number(properties: Properties, tag: int) -> int:
    value = properties.get(tag, 0)
    return value if isinstance(value, int) else 0


def charset(properties: Properties) -> str:
    """The encoding of text that is not Unicode."""
    return CODE_PAGES.get(number(properties, CODE_PAGE) or number(properties, INTERNET_CODE_PAGE), "")


def file_name(properties: Properties) -> str:
    """An attachment's name; "" for one without."""
    return text(properties, LONG_NAME, SHORT_NAME, NAME)


def is_in_the_text(properties: Properties) -> bool:
    """Whether an attachment is a logo that the HTML shows among its words."""
    return bool(number(properties, CONCEALED) and text(properties, CONTENT_ID))


def unpacked_rtf(data: bytes) -> bytes:
    """The Rich Text in that property, which is packed in a way of its own; b"" where it is broken."""
    if len(data) < 16:
        return b""
    size = struct.unpack_from("<I", data, 4)[0]
    if data[8:12] == _PLAIN:
        return data[16 : 16 + size]
    if data[8:12] != _PACKED:
        return b""
    if size > _MOST_RTF:
        raise Problem("too_large", "The text is too long.")
    return _unpacked(data, size)


def _unpacked(data: bytes, size: int) -> bytes:
    """LZFu: each flag byte says of the next eight items which are bytes and which repeat some from a window."""
    out = bytearray(_BEGINNING)
    wanted = len(out) + size
    at = 16
    while len(out) < wanted and at < len(data):
        flags = data[at]
        at += 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += data[at : at + 1]
                at += 1
                continue
            pair = int.from_bytes(data[at : at + 2], "big")
            at += 2
            # The window is a ring: turn its place into how far back that is.
            back = (len(out) - (pair >> 4)) % _WINDOW
            if back == 0 or at > len(data):
                return bytes(out[len(_BEGINNING) : wanted])
            for _ in range((pair & 15) + 2):
                out.append(out[-back] if back <= len(out) else 0)
    return bytes(out[len(_BEGINNING) : wanted])


def _body(properties: Properties, limits: Limits) -> Body:
    plain = text(properties, BODY)
    page = properties.get(HTML, "")
    if isinstance(page, bytes):
        page = html.decoded(page, CODE_PAGES.get(number(properties, INTERNET_CODE_PAGE), ""))
    packed = properties.get(RTF, b"")
    rich = unpacked_rtf(packed) if isinstance(packed, bytes) and not page else b""
    if b"{\\rtf" not in rich[:100]:
        return Body(plain, str(page))
    flow = Flow(limits)
    document = rtf.tell(rich, flow)
    if document.from_html:
        return Body(plain, "".join(document.html))
    pages = flow.pages()
    hidden = tuple((hidden.kind, hidden.text) for told in pages for hidden in told.hidden)
    return Body(plain, "", "\n".join(told.text for told in pages), hidden)


def _sender(properties: Properties, sent: str) -> str:
    for name, smtp, address in FROM:
        found = _person(text(properties, name), text(properties, smtp) or text(properties, address))
        if "@" in found or (found and not sent):
            return found
    return sent


def _people(recipients: Sequence[Properties], kind: int) -> str:
    found = (
        _person(text(one, NAME), text(one, SMTP, ADDRESS)) for one in recipients if number(one, RECIPIENT_TYPE) == kind
    )
    return ", ".join(filter(None, found))


def _person(name: str, address: str) -> str:
    """A name with its address. Those within a firm's own directory are not worth showing."""
    name = name.strip(" '\"")
    if "@" not in address:
        return name
    return address if name.lower() == address.lower() or not name else f"{name} <{address}>"


def _date(properties: Properties) -> str:
    ticks = number(properties, SUBMITTED) or number(properties, DELIVERED)
    try:
        moment = datetime.datetime(1601, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=ticks // 10)
    except OverflowError:
        return ""
    return format_datetime(moment) if ticks > 0 else ""
