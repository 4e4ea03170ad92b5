"""Stops when an amount is above a limit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding

SENTENCE = "Compares an extracted amount with a limit."
PARAMETERS = {"field": str, "limit": (int, float)}

_NUMBER = re.compile(r"\d[\d.,'’\s]*")


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """`field`: the field that holds the amount; `limit`: the largest amount that may go on."""
    for field in handoff.fields:
        if field.name == row["field"]:
            amount = number(field.value)
            if amount is not None and amount > row["limit"]:
                return Finding(f"{field.value} is more than the limit of {row['limit']:g}.", field.quote, field.place)
    return None


def number(text: str) -> float | None:
    """The first number in a text, read with either decimal sign: "1.284,50" and "1,284.50" are one.

    A single sign followed by exactly three digits separates thousands.
    """
    found = _NUMBER.search(text)
    if found is None:
        return None
    digits = re.sub(r"[\s'’]", "", found[0]).rstrip(".,")
    last = max(digits.rfind("."), digits.rfind(","))
    signs = set(digits) & {".", ","}
    decimal = last >= 0 and (len(signs) == 2 or len(digits) - last - 1 != 3)
    whole, part = (digits[:last], digits[last + 1 :]) if decimal else (digits, "")
    whole = re.sub(r"[.,]", "", whole)
    return float(f"{whole or 0}.{part or 0}")
