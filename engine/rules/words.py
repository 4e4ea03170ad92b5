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
    found = _any_of(tuple(map(str, row["any"]))).search(untrusted_text)
    return Finding(f"The document contains the words “{found[0]}”.", found[0]) if found else None


@functools.lru_cache(maxsize=256)
def _any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """One of these, as whole words; where none is given, nothing fits."""
    known = "|".join(r"\s+".join(map(re.escape, phrase.split())) for phrase in phrases if phrase.strip())
    return re.compile(rf"(?<!\w)(?:{known})(?!\w)" if known else r"(?!)", re.IGNORECASE)
