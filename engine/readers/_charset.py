"""Finds out in which encoding bytes are text, or that they are none."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from engine.readers._charset_guess import PAIRED, guess

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_SAMPLE = 64_000

# Terminal colours and the shifts of ISO 2022 begin with an escape character; that is text all the same.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?]{0,20}[A-Za-z]|\$\(?[@A-D]|[(.][@-Z])")
_CONTROLS = bytes(byte for byte in range(32) if byte < 9 or byte > 13) + b"\x7f"
_HIGH = bytes(range(128, 256))
_SHIFTED = {b"\x1b$B": "iso2022_jp_2", b"\x1b$@": "iso2022_jp_2", b"\x1b$(": "iso2022_jp_ext", b"\x1b$)C": "iso2022_kr"}
# Where the letters of living scripts and their punctuation stand; what lies between is rare in any text.
_WRITTEN = re.compile(
    "[\t-\r -~\xa0-\u06ff\u0900-\u0eff\u10a0-\u10ff\u1e00-\u206f\u20a0-\u22ff\u2500-\u25ff\u3000-\u30ff\u4e00-\u9fff"
    "\uac00-\ud7a3\uff00-\uffef\U0001f300-\U0001faff]+"
)
_EBCDIC = re.compile(r"[\t\n\r\x85 -~ß-öø-ÿ£¬]+")

# Names that mean a wider set than they say, and those that are not an encoding of text at all.
_BETTER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "tis-620": "cp874",
}
_OLD_NAMES = {"iso-8859-8-i": "cp1255", "unicode-1-1-utf-7": "utf-7", "x-mac-roman": "mac_roman", "x-sjis": "cp932"}
_NO_TEXT = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}


def decode(data: bytes, charset: str = "") -> str:
    """The text of those bytes: by their mark, else as declared, else UTF-8 or 16, else by the best guess."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            text = _strictly(data[len(mark) :], name)
            if text is not None and "\x00" not in text and not _is_lie(data[len(mark) :], name):
                return text
            if name.startswith("utf-16") and not data[2:].isascii() and _written(data[len(mark) : _SAMPLE], name) > 0.7:
                return data[len(mark) :].decode(name, "replace")
    for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):  # a mark that lies
        data = data.removeprefix(mark)
    declared = _known(charset)
    found = _unmarked(data, declared)
    if found and (text := _strictly(data, found)) is not None:
        return text
    if declared and (text := _strictly(data, declared)) is not None:
        return text
    return data.decode("utf-8" if _is_bent_utf8(data) else guess(data), "replace")


def looks_like_text(head: bytes) -> bool:
    """Whether these first bytes are text in some encoding: hardly a control character, and no zero bytes between."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name == "utf-8" or _written(head[len(mark) :], name) > 0.9
    return _has_no_controls(head) or bool(_wide(head)) or _is_ebcdic(head)


def _is_lie(data: bytes, charset: str) -> bool:
    """Whether bytes that a mark calls UTF-16 are all those of plain letters, which spell nothing in that."""
    return charset.startswith("utf-16") and len(data) > 8 and data.isascii() and _has_no_controls(data)


def _unmarked(data: bytes, declared: str) -> str:
    """The encoding that shows in the bytes themselves, or "". UTF-8 is hardly ever met by chance."""
    sample = data[:_SAMPLE]
    if b"\x1b$" in sample:
        return next((name for mark, name in _SHIFTED.items() if mark in sample), "")
    if _is_ebcdic(sample):
        return "cp500"
    if not _has_no_controls(sample):
        valid = b"\x00" not in sample and _strictly(data, "utf-8") is not None
        return "utf-8" if valid else _wide(sample)  # some control characters of UTF-8 spell something in UTF-16
    if declared in PAIRED:
        return declared
    return "" if declared == "utf-7" and b"+" in sample else "utf-8"


def _is_bent_utf8(data: bytes) -> bool:
    """Whether a few bytes of UTF-8 went wrong: in any other encoding hardly one of those above ASCII would fit."""
    high = len(data) - len(data.translate(None, _HIGH))
    return data.decode("utf-8", "replace").count("\ufffd") * 10 < high


def _strictly(data: bytes, charset: str) -> str | None:
    """The text, or None where the bytes break the rules of that encoding."""
    try:
        return data.decode(charset)
    except (LookupError, ValueError):
        return None


@lru_cache(64)
def _known(charset: str) -> str:
    """Python's name for a declared encoding, or "" for one that is unknown or not meant for text."""
    charset = charset.strip(" \t\r\n\"'").lower()[:40]
    for name in (_OLD_NAMES.get(charset, charset), charset.removeprefix("x-")):
        try:
            found = codecs.lookup(name).name
            b"a".decode(found)
        except (LookupError, ValueError):
            continue
        return "" if found in _NO_TEXT else _BETTER.get(found, found)
    return ""


def _has_no_controls(data: bytes) -> bool:
    if b"\x1b" in data:
        data = _ESCAPES.sub(b"", data)
    strange = len(data) - len(data.translate(None, _CONTROLS))
    return b"\x00" not in data and (strange * 100 <= len(data) or (strange == 1 and len(data) > 8 and data.isascii()))


def _wide(data: bytes) -> str:
    """UTF-16 or 32 without a mark, known by what they spell, or ""."""
    if len(data) < 64 and data.count(b"\x00") * 4 < len(data):  # almost any few bytes spell something
        return ""
    share, name = max((_written(data, name), name) for name in _WIDE)
    return name if share > 0.96 else ""


def _written(data: bytes, charset: str) -> float:
    """How much of the text in that encoding are characters that people write."""
    unit = 4 if "32" in charset else 2
    data = data[: len(data) // unit * unit]
    try:
        text = data.decode(charset)
    except UnicodeDecodeError as error:
        if error.start + unit < len(data):  # not just a pair that was cut at the end
            return 0.0
        text = data[: error.start].decode(charset)
    if not text:
        return 0.0
    ascii_only = sum(map(len, re.findall(r"[\t-\r -~]+", text)))
    return sum(map(len, _WRITTEN.findall(text))) / len(text) + ascii_only / len(text) / 1000


def _is_ebcdic(data: bytes) -> bool:
    """The mainframes' encoding: its spaces are @ signs, and its letters lie above ASCII's and make no UTF-8."""
    if data.count(b"\x40") * 20 < len(data) or _strictly(data, "utf-8") is not None:
        return False
    text = data[:4000].decode("cp500")
    return sum(map(len, _EBCDIC.findall(text))) > 0.97 * len(text)
