"""Opens mailboxes in one file: a list of the mails, and each as a file of its own."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from engine.cards import Problem
from engine.pages import Inner, Part
from engine.readers import _mime
from engine.readers._file import File
from engine.readers._text import Flow, decode, file_name, looks_like_text, one_line
from engine.readers._wire import Limits

KINDS = ("mbox",)
IMPORTS = ("charset_normalizer",)
FOLDER = True

_BEGIN = re.compile(rb"^From [^\n]*\n", re.MULTILINE)
_FIRST = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,100}From [^\r\n]*\r?\n(?:>?[!-9;-~]{1,80}:)")
_LATER = re.compile(rb"\n\r?\nFrom [^\n]*\n>?[!-9;-~]{1,80}:")
_HEADER = re.compile(rb">?[!-9;-~]{1,80}[ \t]*:")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_SENDER = re.compile(r"From\s+(\S*)\s*(.*)")
_WITH_TIME = re.compile(rb"From [^\n]{1,200}?[0-9]:[0-9]{2}")
_ENDINGS = (".mbox", ".mbx")


def recognises(file: File) -> tuple[str, float]:
    """By the lines that begin each mail; one mail alone is a mailbox only by name."""
    if not looks_like_text(file.head):
        return "", 0.0
    if _FIRST.match(file.head):
        if file.named(*_ENDINGS) or _LATER.search(file.data):
            return "mbox", 0.95
        return "", 0.0
    if file.named(*_ENDINGS):
        return "mbox", 0.7 if file.head.lstrip().startswith(b"From ") else 0.3
    return "", 0.0


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """Each mail, then a page that lists them: date, sender, subject."""
    data = file.data
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    flow = Flow(limits)
    count = 0
    for count, (envelope, message) in enumerate(_messages(data), start=1):
        if count > limits.attachments:
            raise Problem("too_large", "There are more mails inside than the limit.")
        message = _with_header(envelope, message)
        mail = _mime.entity(message)
        date, sender, subject = (mail.header(name) for name in (b"date", b"from", b"subject"))
        flow.row((str(count), date, sender, subject), f"mail {count}")
        title = one_line(subject.replace("/", "-"), 80) or f"mail-{count}"
        yield Inner(file_name(f"{title}.eml", f"mail-{count}.eml"), message)
    if not count:
        raise Problem("damaged", "There is no mail inside.")
    yield from flow.pages()
    return ""


def _messages(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Each mail, and the line before it. Such lines within a mail are quoted, or don't follow an empty line."""
    begun: re.Match[bytes] | None = None
    for mark in _BEGIN.finditer(data):
        if begun is None or _is_begin(data, mark):
            if begun is not None:
                yield _message(data, begun, mark.start())
            begun = mark
    if begun is not None:
        yield _message(data, begun, len(data))


def _is_begin(data: bytes, mark: re.Match[bytes]) -> bool:
    if not _HEADER.match(data, mark.end()):
        return False
    return data.endswith((b"\n\n", b"\n\r\n"), 0, mark.start()) or _WITH_TIME.match(mark[0]) is not None


def _message(data: bytes, mark: re.Match[bytes], end: int) -> tuple[str, bytes]:
    body = data[mark.end() : end]
    if end < len(data):  # the empty line that sets the next one apart
        body = body.removesuffix(b"\n").removesuffix(b"\r")
    return decode(mark[0]), _QUOTED.sub(rb"\1", body)


def _with_header(envelope: str, message: bytes) -> bytes:
    """The mail, with its sender and date from the line before it where it does not tell them itself."""
    mail = _mime.entity(message)
    found = _SENDER.match(envelope)
    known = {"From": found[1] or "unknown", "Date": found[2].strip()} if found else {"From": "unknown"}
    added = [f"{label}: {value}\n" for label, value in known.items() if value and not mail.raw(label.lower().encode())]
    gap = b"" if mail.fields or message.startswith((b"\n", b"\r")) else b"\n"
    return "".join(added).encode("utf-8", "replace") + gap + message
