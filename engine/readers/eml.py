"""Reads mail: the headers that matter, the words, and the files that came with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from typing import TYPE_CHECKING, Any

from engine.cards import Problem
from engine.readers._text import Flow, clean, decode, file_name, looks_like_text, named, one_line
from engine.readers._wire import Limits
from engine.store import Reading

if TYPE_CHECKING:
    from email.message import Message

KIND = "eml"

HEADERS = ("Subject", "From", "To", "Cc", "Date")
_HEADER = re.compile(
    rb"(?:From|To|Subject|Date|Received|Return-Path|Delivered-To|Message-ID|MIME-Version|Reply-To|X-[\w-]+"
    rb"|Content-Type|DKIM-Signature|ARC-[\w-]+|Authentication-Results|Thread-[\w-]+): ?[^\r\n]*\r?\n",
    re.IGNORECASE,
)
_DEPTH = 30
# What the standard library's mail parser raises on mail that breaks the rules.
_ILL_FORMED = (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError)


@dataclass(slots=True)
class _Mail:
    headers: list[tuple[str, str]]
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    attachments: list[tuple[str, bytes]] = field(default_factory=list)


def recognises(head: bytes, name: str) -> float:
    """By its header lines; by name, when they may follow further down."""
    start = re.sub(rb"\A(?:\xef\xbb\xbf)?(?:From [^\r\n]*\r?\n|\s+)", b"", head)
    found = _HEADER.match(start)
    if found and (named(name, ".eml") or _HEADER.match(_next_line(start, found.end()))):
        return 0.9
    return 0.5 if named(name, ".eml", ".mht", ".mhtml") and looks_like_text(head) else 0.0


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """Subject, From, To and Date as lines, an empty line, then the plain text, or else the HTML as seen.

    Where both are there, what only the HTML says goes to `hidden`.
    """
    from engine.readers.html import Text, look

    mail = _parsed(data)
    if not mail.headers:
        raise Problem("damaged", "There is no header of a mail.")
    if len(mail.attachments) > limits.attachments:
        raise Problem("too_large", "There are more attachments than the limit.")
    flow = Flow(limits)
    for label, value in mail.headers:
        flow.add(f"{label}: {value}", label)
    flow.add("")
    body = "\n\n".join(mail.plain).strip()
    seen = [look(text) for text in mail.html] or [Text()]
    if body:
        flow.add(body)
    else:
        flow.add("\n".join(line for text in seen for line, _ in text.lines))
    for text in seen:
        for line in [*text.hidden, *(_only_there(text.lines, body) if body else ())]:
            flow.hide(line)
    title = next((value for label, value in mail.headers if label == "Subject"), "")
    return Reading(KIND, one_line(title), flow.pages(), tuple(mail.attachments))


def _parsed(data: bytes) -> _Mail:
    """The mail under today's rules; if it breaks them, under the older rules, which forgive more."""
    from email import message_from_bytes, policy

    for rules in (policy.default, policy.compat32):
        try:
            return _mail(message_from_bytes(data, policy=rules))
        except RecursionError as error:
            raise Problem("too_deep", "The parts are nested too deeply.") from error
        except _ILL_FORMED:
            continue
    raise Problem("damaged", "The mail breaks the rules of mail.")


def _mail(message: Message[str, str]) -> _Mail:
    headers = [(label, value) for label in HEADERS if (value := _header(message, label))]
    mail = _Mail(headers)
    for part in _leaves(message, 0):
        kind = part.get_content_type()
        attached = part.get_content_disposition() == "attachment" or bool(part.get_filename())
        if kind in ("text/plain", "text/html") and not attached:
            words = decode(_payload(part), str(part.get_content_charset() or ""))
            (mail.plain if kind == "text/plain" else mail.html).append(words)
        elif attached or not (kind.startswith("image/") and part.get("Content-ID")):  # not a logo in the text
            mail.attachments.append(_attachment(part, len(mail.attachments) + 1))
    return mail


def _leaves(part: Message[str, str], depth: int) -> Iterator[Message[str, str]]:
    """The parts that hold something. A mail inside the mail is one of them, and is not opened."""
    if depth > _DEPTH:
        raise Problem("too_deep", "The parts are nested too deeply.")
    inner: Any = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(inner, list):
        for piece in inner:
            yield from _leaves(piece, depth + 1)
    else:
        yield part


def _payload(part: Message[str, str]) -> bytes:
    payload: Any = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else str(part.get_payload() or "").encode("utf-8", "replace")


def _attachment(part: Message[str, str], number: int) -> tuple[str, bytes]:
    name = str(part.get_filename() or "")
    inner: Any = part.get_payload()
    if part.get_content_type() == "message/rfc822" and isinstance(inner, list) and inner:
        mail = inner[0]
        title = name or f"{one_line(_header(mail, 'Subject'), 80) or f'attachment-{number}'}.eml"
        return file_name(title, f"attachment-{number}.eml"), mail.as_bytes()
    return file_name(name, f"attachment-{number}{_ending(part)}"), _payload(part)


def _ending(part: Message[str, str]) -> str:
    endings = {"text/calendar": ".ics", "text/csv": ".csv", "application/pdf": ".pdf", "text/html": ".html"}
    return endings.get(part.get_content_type(), "")


def _header(message: Message[str, str], label: str) -> str:
    """The header's words on one line."""
    from email.header import decode_header, make_header

    value = message.get(label)
    if value is None:
        return ""
    text = str(value)
    if "=?" in text:  # left encoded by the older rules
        try:
            text = str(make_header(decode_header(text)))
        except _ILL_FORMED:
            pass
    return one_line(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), 1000)


def _only_there(lines: list[tuple[str, int]], body: str) -> list[str]:
    """The HTML lines whose letters and digits are nowhere in the plain text."""
    plain = _key(body)
    return [line for line, _ in lines if (key := _key(line)) and key not in plain]


def _key(text: str) -> str:
    return "".join(char for char in clean(text)[0].casefold() if char.isalnum())


def _next_line(head: bytes, start: int) -> bytes:
    """From the next header line on: a header's later lines begin with a space."""
    return re.sub(rb"\A(?:[ \t][^\r\n]*\r?\n)+", b"", head[start:])
