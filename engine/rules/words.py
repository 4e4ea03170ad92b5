"""Stops when certain words stand in a document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding

SENTENCE = "Looks for whole words or phrases, whatever their case."
PARAMETERS = {"any": list}


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """`any`: the words or phrases, of which one is enough."""
    phrases = "|".join(r"\s+".join(map(re.escape, str(phrase).split())) for phrase in row["any"] if str(phrase).strip())
    if not phrases:
        return None
    found = re.search(rf"(?<!\w)(?:{phrases})(?!\w)", untrusted_text, re.IGNORECASE)
    return Finding(f"The document contains the words “{found[0]}”.", found[0]) if found else None
