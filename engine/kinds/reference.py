"""Numbers by which documents, orders and customers are called."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.kinds import Match, Where, amount, date
from engine.kinds._patterns import bounded

SENTENCE = "A document's or an order's number, with its letters and signs: RE-20151008/504."
WHERE = Where()

_REFERENCE = bounded(
    r"(?<![\w.,/@-])(?=[A-Za-z./_#-]{0,12}\d)[A-Za-z0-9]+(?:[./_#-]{1,2}[A-Za-z0-9]+){0,8}(?![\w@]|[.,]\d|\s?[%€$£])"
)


def find(text: str) -> Iterator[Match]:
    """A number with letters or signs looks more like one than a bare number; a date or an amount, hardly."""
    other = {(match.start, match.end) for match in date.find(text)}
    money = {(match.start, match.end) for match in amount.find(text) if match.looks >= 0.9}
    for match in _REFERENCE.finditer(text):
        said = match[0]
        if len(said) > 34 or not any(map(str.isdigit, said)):
            continue
        looks = 1.0 if re.search(r"[A-Za-z./_-]", said) and sum(map(str.isdigit, said)) >= 3 else 0.8
        if said.isdigit():
            looks = 0.9 if len(said) >= 4 else 0.6
        if match.span() in other or match.span() in money:
            looks = 0.15
        yield Match(match.start(), match.end(), said, looks)
