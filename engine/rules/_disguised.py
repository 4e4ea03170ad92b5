"""Undoes disguises of text: codes, invisible characters and letters that only look like others."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

RUNS = 64
"""Coded runs of a text that are looked at, and no more: a document of nothing else must not hold the rule up."""
LONGEST_RUN = 8_000
LEAST = 0.9
"""The share of letters, digits, spaces and common signs that what was decoded must have: all else is no text."""

_BASE64 = re.compile(r"(?<![\w+/])[A-Za-z0-9+/_-]{24,8000}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[ :]?){16,2000}(?![0-9A-Fa-f])")
_BINARY = re.compile(r"(?<![01])(?:[01]{8} ?){8,900}(?![01])")
_INVISIBLE = r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_TAGS = "\U000e0000-\U000e007f"
_ODD = re.compile(
    rf"(?<=\w)[{_INVISIBLE}]+(?=\w)|[{_TAGS}\u0300-\u036f\u0180-\u02af\uff01-\uff5e\u24b6-\u24e9\U0001d400-\U0001d7ff]"
    r"|[A-Za-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][A-Za-z]"
)
"""Signs of a disguise. Letters with accents, and words wholly of another alphabet, are how people write."""
_HIDES = re.compile(f"[{_INVISIBLE}]")
_LOOKS_LIKE = str.maketrans(
    "АВЕКМНОРСТУХаеорсухіјѕԁɡһӏԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεικνορτυχıɩɑɪ",
    "ABEKMHOPCTYXaeopcyxijsdghlqwABEZHIKMNOPTYXaeiknoptuxiiai",
)
_ROT13 = re.compile(r"\b(?:vtaber|qvfertneq|sbetrg|bireevqr|olcnff|flfgrz cebzcg|vafgehpgvba)", re.IGNORECASE)
"""`ignore`, `disregard`, `forget`, `override`, `bypass`, `system prompt`, `instruction` in that code."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What a disguised text says, by which disguise; and for each of its characters the place it has in the original,
    or, of a code, where the coded run stands."""

    text: str
    disguise: str
    places: tuple[int, ...] | None
    start: int
    end: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original stands what is between these two places here."""
        return (self.places[start], self.places[end - 1] + 1) if self.places else (self.start, self.end)


def undone(text: str) -> Iterator[Undone]:
    """Each disguised part of a text, as it reads without; nothing of a text that wears none."""
    if not text.isascii() and _ODD.search(text):
        yield _without_odd_letters(text)
    for pattern, disguise, decode in (
        (_BASE64, "base64", _base64),
        (_HEX, "hexadecimal", _hex),
        (_BINARY, "binary", _binary),
    ):
        for _, found in zip(range(RUNS), pattern.finditer(text), strict=False):
            if (said := decode(found[0])) is not None:
                yield Undone(said, disguise, None, *found.span())
    if _ROT13.search(text):
        yield Undone(codecs.encode(text, "rot13"), "ROT13", tuple(range(len(text))), 0, len(text))


def _without_odd_letters(text: str) -> Undone:
    """Nothing invisible, and each letter as the plain one it looks like."""
    letters: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if "\U000e0020" <= sign <= "\U000e007e":
            plain = chr(ord(sign) - 0xE0000)  # a tag: ASCII that no screen shows
        elif sign.isascii():
            plain = sign
        elif _HIDES.match(sign) or unicodedata.category(sign) == "Mn":
            continue
        else:
            plain = unicodedata.normalize("NFKD", sign.translate(_LOOKS_LIKE))[0]
        letters.append(plain)
        places.append(place)
    return Undone("".join(letters), "odd letters", tuple(places), 0, len(text))


def _base64(run: str) -> str | None:
    bare = run.rstrip("=")
    try:
        return _read(
            base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_" if re.search("[-_]", bare) else None)
        )
    except binascii.Error:
        return None


def _hex(run: str) -> str | None:
    return _read(bytes.fromhex(re.sub(r"[ :]", "", run)))


def _binary(run: str) -> str | None:
    bits = run.replace(" ", "")
    return _read(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)))


def _read(data: bytes) -> str | None:
    """The text that these bytes are; None where they are none, as most long numbers and keys."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    plain = sum(sign.isalnum() or sign in " .,:;!?'\"()-\n" for sign in text)
    return text if text and plain >= LEAST * len(text) else None
