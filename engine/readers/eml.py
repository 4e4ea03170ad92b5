"""Reads mail: the headers that matter, the words, and the files that came with it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from engine.cards import Problem
from engine.pages import Part
from engine.readers import _cms, _mime, html
from engine.readers._file import File
from engine.readers._mail import HEADERS, Body, Mail, told
from engine.readers._mime import Entity
from engine.readers._text import decode, looks_like_text, one_line
from engine.readers._wire import Limits

KINDS = ("eml", "mht")
IMPORTS = ("lxml.etree", "charset_normalizer")

_DEPTH = 30
_PARTS = 2
"""Parts that are looked at, for each attachment allowed."""

_KNOWN = re.compile(
    rb"(?:From|To|Cc|Subject|Date|Received|Return-Path|Delivered-To|Message-ID|MIME-Version|Reply-To|X-[\w-]+|Comments"
    rb"|Content-Type|DKIM-Signature|ARC-[\w-]+|Authentication-Results|Thread-[\w-]+|Path|Newsgroups|Sender|In-Reply-To"
    rb"|References|List-[\w-]+|Received-SPF|Envelope-to|Delivery-date|Status|Importance|User-Agent"
    rb"|Content-Transfer-Encoding|Snapshot-Content-Location):[^\r\n]*\r?\n",
    re.IGNORECASE,
)
# Lines that a person typing a memo would hardly write.
_TECHNICAL = re.compile(
    rb"^(?:Received|Return-Path|Delivered-To|Message-ID|MIME-Version|Content-Type|DKIM-Signature|X-[\w-]+|ARC-[\w-]+"
    rb"|Authentication-Results|Newsgroups|List-[\w-]+|In-Reply-To):|^(?:From|To|Cc|Sender|Reply-To):[^\n]{0,500}@",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_MORE = re.compile(rb"(?:[ \t][^\r\n]*\r?\n)*")
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?(?:>?From [^\r\n]*\r?\n|\s{1,100})?")
_ARCHIVED = re.compile(rb"^(?:Snapshot-Content-Location:|From: <?Saved by )", re.IGNORECASE | re.MULTILINE)
_WRAPPED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = (
    "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "application/pgp-keys",
    "application/applefile",
)  # fmt: skip
_PASSED_OVER = ("text/css", "text/javascript", "application/javascript", "application/x-javascript", "text/x-amp-html")
_SHOWN = ("message/delivery-status", "message/disposition-notification", "text/rfc822-headers", "text/enriched")
_ENDINGS = {
    "text/calendar": ".ics", "text/csv": ".csv", "text/html": ".html", "text/plain": ".txt", "text/vcard": ".vcf",
    "text/x-vcard": ".vcf", "text/xml": ".xml", "application/xml": ".xml", "application/json": ".json",
    "application/pdf": ".pdf", "application/zip": ".zip", "application/rtf": ".rtf", "text/rtf": ".rtf",
    "application/ms-tnef": ".dat", "message/rfc822": ".eml", "image/jpeg": ".jpg", "image/png": ".png",
    "image/tiff": ".tif", "image/gif": ".gif",
}  # fmt: skip


def recognises(file: File) -> tuple[str, float]:
    """By its header lines; by name, when they may follow further down."""
    head = file.head
    kind = "mht" if file.named(".mht", ".mhtml") or _ARCHIVED.search(head) else "eml"
    named = file.named(".eml", ".mht", ".mhtml", ".emlx")
    before = _BEFORE.match(head)
    found = _KNOWN.match(head, before.end() if before else 0)
    if found and looks_like_text(head):
        more = _MORE.match(head, found.end())
        header = _HEADER_END.split(head[found.start() :], maxsplit=1)[0]
        if named or (_KNOWN.match(head, more.end() if more else found.end()) and _TECHNICAL.search(header)):
            return kind, 0.9
    return (kind, 0.3) if named and looks_like_text(head) else ("", 0.0)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The headers and words of a mail, or the saved web page in an MHT file; then what is attached."""
    whole = _mime.mail(file.data)
    if not whole.fields:
        raise Problem("damaged", "There is no header of a mail.")
    mail = Mail([(label, value) for label in HEADERS if (value := whole.header(label.lower().encode()))])
    opener = _Opener(mail, limits)
    opener.open(whole, 0)
    if opener.locked and not mail.bodies and not mail.attachments:
        raise Problem("encrypted", "Only its receiver can open it.")
    if recognises(file)[0] == "mht":
        mail.headers = [(label, value) for label, value in mail.headers if label in ("Subject", "Date")]
    return (yield from told(mail, limits))


class _Opener:
    """Puts the parts of a mail where they belong."""

    def __init__(self, mail: Mail, limits: Limits) -> None:
        self._mail = mail
        self._limits = limits
        self._parts = 0
        self.locked = False

    def open(self, part: Entity, depth: int, *, wanted: bool = False) -> None:
        """One part. `wanted`: it is a version of the words, also if it bears a file's name."""
        self._parts += 1
        if depth > _DEPTH:
            raise Problem("too_deep", "The parts are nested too deeply.")
        if self._parts > _PARTS * self._limits.attachments:
            raise Problem("too_large", "There are more parts than the limit.")
        kind = part.kind
        if kind.startswith("multipart/"):
            self._open_many(part, kind, depth)
        elif kind in _WRAPPED:
            self._unwrap(part, depth)
        elif kind in _SIGNATURES or kind in _PASSED_OVER:
            return
        elif _is_words(part, kind, wanted):
            words = part.content
            charset = part.parameter("charset")
            if kind == "text/html":
                self._mail.bodies.append(Body(html=html.decoded(words, charset)))
            else:
                self._mail.bodies.append(Body(_unfolded(decode(words, charset), part)))
        elif not _is_in_the_text(part, kind):
            self._attach(part, kind)

    def _open_many(self, part: Entity, kind: str, depth: int) -> None:
        parts = list(self._within_limits(part.parts()))
        if not parts:
            self._mail.bodies.append(Body(decode(part.body)))
        elif kind == "multipart/encrypted":
            self.locked = True
            if depth:
                self._mail.attach("", part.body)
        elif kind == "multipart/alternative":
            self._open_versions(parts, depth)
        else:
            for piece in parts:
                self.open(piece, depth + 1)

    def _within_limits(self, parts: Iterator[Entity]) -> Iterator[Entity]:
        most = _PARTS * self._limits.attachments
        for number, part in enumerate(parts):
            if number > most:
                raise Problem("too_large", "There are more parts than the limit.")
            yield part

    def _open_versions(self, parts: list[Entity], depth: int) -> None:
        """The same words in several versions become one body."""
        before, self._mail.bodies = self._mail.bodies, []
        for piece in parts:
            self.open(piece, depth + 1, wanted=piece.kind in ("text/plain", "text/html"))
        plain = "\n\n".join(body.plain for body in self._mail.bodies if body.plain.strip())
        page = "\n".join(body.html for body in self._mail.bodies if body.html)
        self._mail.bodies = [*before, Body(plain, page)]

    def _unwrap(self, part: Entity, depth: int) -> None:
        """A signed mail is read like any other; one that is locked stays as it is."""
        try:
            content = _cms.opened(part.content, self._limits.unpacked)
        except Problem as problem:
            if problem.code == "bomb":
                raise
            self.locked = self.locked or problem.code == "encrypted"
            if depth:
                self._mail.attach(part.filename, part.content, ".p7m")
            elif problem.code != "encrypted":
                raise
            return
        if content:
            self.open(_mime.entity(content), depth + 1)

    def _attach(self, part: Entity, kind: str) -> None:
        name = part.filename
        if kind in ("message/rfc822", "message/global", "message/news"):
            title = one_line(_mime.mail(part.content).header(b"subject"), 80)
            self._mail.attach(name or (f"{title}.eml" if title else ""), part.content, ".eml")
        else:
            self._mail.attach(name, part.content, _ENDINGS.get(kind, ""))


def _is_words(part: Entity, kind: str, wanted: bool) -> bool:
    if kind not in ("text/plain", "text/html", *_SHOWN):
        return False
    return part.disposition != "attachment" and (wanted or not part.filename)


def _is_in_the_text(part: Entity, kind: str) -> bool:
    """Whether it is a logo or a decoration that the HTML shows among its words."""
    placed = part.raw(b"content-id") or part.raw(b"content-location")
    return bool(
        kind.startswith(("image/", "font/")) and placed and part.disposition != "attachment" and not part.filename
    )


def _unfolded(text: str, part: Entity) -> str:
    """Lines that were broken only for the way ("format=flowed") are whole again."""
    if part.parameter("format").lower() != "flowed":
        return text
    gap = "" if part.parameter("delsp").lower() == "yes" else " "
    lines: list[str] = []
    open_line = False
    for line in text.replace("\r\n", "\n").split("\n"):
        line = line.removeprefix(" ")
        quoted = line.startswith(">")
        if open_line and not quoted and line:
            lines[-1] += gap + line.rstrip(" ")
        else:
            lines.append(line.rstrip(" ") if line != "-- " else line)
        open_line = line.endswith(" ") and not quoted and line != "-- " and bool(line.strip())
    return "\n".join(lines)
