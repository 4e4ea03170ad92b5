"""Dates, however they are written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from engine.kinds import Match, Where
from engine.kinds._patterns import bounded
from engine.months import MONTHS, NAMES

SENTENCE = "A date, however it is written. The value is year, month and day: 2026-11-30."
WHERE = Where()

_YEAR = r"(?:(?:19|20)\d\d|\d\d)"
_ORDINAL = r"(?:\s?s\s?t|\s?n\s?d|\s?r\s?d|\s?t\s?h|er|\.|º|°)?"
_DATE = bounded(
    rf"(?<![\w./-])(?:"
    rf"(?P<y1>(?:19|20)\d\d)(?P<s1>[-/.])(?P<m1>\d\d?)(?P=s1)(?P<d1>\d\d?)"
    rf"|(?P<a2>\d\d?)(?P<s2>[/.-])[ ]?(?P<b2>\d\d?)(?P=s2)[ ]?(?P<y2>{_YEAR})"
    rf"|(?P<d3>\d\d?)\s?{_ORDINAL}(?:\s+day)?(?:\s+of|\s+de)?[\s,/-]+(?P<m3>{NAMES})\b\.?(?:,|\s+de|-)?[\s,/-]*(?P<y3>{_YEAR})"
    rf"|(?P<m4>{NAMES})\b\.?\s*(?P<d4>\d\d?){_ORDINAL}\s*,?\s+(?P<y4>(?:19|20)\d\d)"
    rf"|(?P<d5>\d\d?)(?P<m5>{NAMES})(?P<y5>{_YEAR})"
    rf"|(?P<y6>20\d\d)(?P<m6>0[1-9]|1[0-2])(?P<d6>[0-3]\d)|(?P<d7>[0-3]\d)(?P<m7>0[1-9]|1[0-2])(?P<y7>20\d\d)"
    rf")(?![\w/]|[.-]\d)",
    re.IGNORECASE,
)


_AMERICAN = bounded(r"\bInc\b|\bLLC\b|\bL\.L\.C\b|\bCorp\b|\bU\.S\.|\bState of\b|\bUSD\b|US\$")


def find(text: str) -> Iterator[Match]:
    """In dates such as 3/4/2026 the day comes first, unless another date in the text can only be read otherwise, or
    the text names American firms or states and no date says otherwise."""
    matches = list(_DATE.finditer(text))
    american = _month_first(matches, text)
    for match in matches:
        if value := _day(match, american):
            yield Match(match.start(), match.end(), value, 0.5 if match[0].isdigit() else 1.0)


def _month_first(matches: list[re.Match[str]], text: str) -> bool:
    pairs = [(int(match["a2"]), int(match["b2"])) for match in matches if match["a2"]]
    days_first = sum(1 for first, second in pairs if first > 12 >= second)
    months_first = sum(1 for first, second in pairs if second > 12 >= first)
    if not days_first and not months_first:
        return bool(pairs) and _AMERICAN.search(text) is not None
    return months_first > days_first


def _day(match: re.Match[str], american: bool) -> str:
    """Empty for one that no calendar has."""
    parts = {key[0]: value for key, value in match.groupdict().items() if value}
    year = int(parts["y"])
    if year < 100:
        year += 2000 if year < 70 else 1900
    if "a" in parts:
        first, second = int(parts["a"]), int(parts["b"])
        day, month = (second, first) if second > 12 or (american and first <= 12) else (first, second)
    else:
        named = parts["m"].lower()
        day, month = int(parts["d"]), MONTHS[named] if named in MONTHS else int(named)
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return ""
