"""Says what language a document is written in, and of what date it is, when it says so itself."""

from __future__ import annotations

import datetime
import email.utils
import functools
import re
from collections.abc import Iterator
from typing import Any

from engine.months import MONTHS, NAMES
from engine.pages import Page, Reading

LETTERS = 60
"""Fewer say nothing sure about a language."""
READ = 1200
"""Characters of the first page; the language is told from as many of the whole text."""

_DATES = re.compile(
    rf"\b(?P<y1>(?:19|20)\d\d)-(?P<m1>\d\d)-(?P<d1>\d\d)\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.|er)?(?:\s+(?:of|de))?\s+(?P<m2>{NAMES})\.?,?(?:\s+de)?\s+(?P<y2>(?:19|20)\d\d)\b"
    rf"|\b(?P<m3>{NAMES})\.?\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y3>(?:19|20)\d\d)\b"
    rf"|\b(?P<m4>{NAMES})\.?\s+(?P<y4>(?:19|20)\d\d)\b"
    rf"|\b(?P<d5>\d{{1,2}})\.(?P<m5>\d{{1,2}})\.(?P<y5>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"(?:\b(?:date|dated|datum|stand|fecha|effective|edition|version|revised|revision|updated|issued|as of|as at|"
    r"in force|published|vom|du|fait le)\b[^.\n]{0,40})$",
    re.IGNORECASE,
)


def language(text: str) -> str:
    """The language's ISO 639-1 code, or "" when the text is too short to tell."""
    part = text[:READ]
    if sum(map(str.isalpha, part)) < LETTERS:
        return ""
    found = str(_identifier().classify(part)[0])
    return found if len(found) == 2 else ""


def dated(reading: Reading) -> str:
    """The document's own date as "2026-10-05", or "2026-10" where only the month is given, or "".

    A mail's is the one it was sent; else the title's, else one on the first page that is called its date or stands
    alone on a line. Dates in running text are about something else.
    """
    page = reading.pages[0] if reading.pages else Page(1, "")
    header = next((page.text[start:end] for start, end, label in page.paths if label == "Date"), "")
    if sent := _sent(header.partition(":")[2].strip()):
        return sent
    return next(_found(reading.title, anywhere=True), "") or next(_found(page.text[:READ], anywhere=False), "")


def dates(text: str) -> Iterator[str]:
    """All dates in a text, as `dated` writes them, in the order in which they stand."""
    return _found(text, anywhere=True)


def day(text: str) -> datetime.date | None:
    """The one day that this text names, and nothing else besides; 3/4/2026 is two days, so it is none."""
    match = _DATES.fullmatch(text.strip())
    found = _iso({key[0]: value for key, value in match.groupdict().items() if value}) if match else ""
    return datetime.date.fromisoformat(found) if len(found) == len("2026-10-05") else None


def _sent(header: str) -> str:
    try:
        return email.utils.parsedate_to_datetime(header).date().isoformat() if header else ""
    except ValueError:
        return ""


def _found(text: str, anywhere: bool) -> Iterator[str]:
    for match in _DATES.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : (text + "\n").find("\n", match.end())]
        own = anywhere or len(line.strip()) <= len(match[0]) + 25 or _SAYS_SO.search(text[: match.start()][-60:])
        if own and (date := _iso({key[0]: value for key, value in match.groupdict().items() if value})):
            yield date


def _iso(parts: dict[str, str]) -> str:
    month = MONTHS.get(parts["m"].lower()) or int(parts["m"])
    try:
        day = datetime.date(int(parts["y"]), month, int(parts.get("d", 1))).isoformat()
    except ValueError:
        return ""
    return day if "d" in parts else day[:7]


@functools.cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)
