"""Stops when certain words stand in a document."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding

SENTENCE = "Looks for whole words or phrases, whatever their case."
PARAMETERS = {"any": list}


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """`any`: the words or phrases, of which one is enough."""
    pattern, beginnings = _any_of(tuple(map(str, row["any"])))
    if beginnings and untrusted_text.isascii():  # a plain search is many times faster, and mostly enough
        lower = untrusted_text.lower()
        if not any(word in lower for word in beginnings):
            return None
    found = pattern.search(untrusted_text)
    return Finding(f"The document contains the words “{found[0]}”.", found[0]) if found else None


@functools.lru_cache(maxsize=256)
def _any_of(phrases: tuple[str, ...]) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """One of these, as whole words (where none is given, nothing fits); and the word that each begins with.

    No such words where one of them has letters beyond ASCII, of which capitals are another matter.
    """
    words = [phrase.split() for phrase in phrases if phrase.strip()]
    known = "|".join(r"\s+".join(map(re.escape, phrase)) for phrase in words)
    pattern = re.compile(rf"(?<!\w)(?:{known})(?!\w)" if known else r"(?!)", re.IGNORECASE)
    beginnings = tuple(dict.fromkeys(phrase[0].lower() for phrase in words))
    return pattern, beginnings if "".join(beginnings).isascii() else ()
