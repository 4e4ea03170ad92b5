"""Amounts of money, with either decimal sign."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.kinds import Match, Where
from engine.rules.amount_over import number

SENTENCE = "An amount of money, with or without its currency. The value has a point and two decimals: 1284.50."
WHERE = Where()

_SPACE = "[ \u00a0\u202f]"
_CURRENCY = r"(?:€|\$|£|¥|(?:EUR|USD|GBP|CHF|RM|MYR|AUD|CAD|SEK|NOK|DKK|PLN|CZK|JPY|CNY)(?![A-Za-z]))"
_AMOUNT = re.compile(
    rf"(?<![\w.,/-])(?<!\d:)(?P<before>{_CURRENCY}{_SPACE}?)?(?P<sign>[-−–]{_SPACE}?)?(?P<after_sign>{_CURRENCY}{_SPACE}?)?"
    rf"(?P<digits>\d{{1,3}}(?:(?P<group>[.,'’]|{_SPACE})\d{{3}}(?:(?P=group)\d{{3}})*)(?:[.,]\d{{1,4}})?|\d{{1,9}}(?:[.,]\d{{1,4}})?)"
    rf"(?P<minus>-)?(?![\w/]|[.,:-]\d|{_SPACE}?%)(?P<behind>{_SPACE}?{_CURRENCY})?"
)

_DECIMALS = re.compile(r"[.,](\d\d?|\d{4})$")
"""Three digits behind a sign are thousands."""


def find(text: str) -> Iterator[Match]:
    for match in _AMOUNT.finditer(text):
        value, decimals = number(match["digits"]) or 0.0, len((_DECIMALS.search(match["digits"]) or ["", ""])[1])
        if match["sign"] or match["minus"]:
            value = -value
        currency = match["before"] or match["after_sign"] or match["behind"]
        looks = 1.0 if decimals == 2 else 0.5 if currency else 0.4 if decimals else 0.2
        if currency and decimals != 2:
            looks = 0.7
        yield Match(match.start(), match.end(), f"{value:.2f}", looks)
