"""Stops mail from certain senders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding

SENTENCE = "Looks for an address or a domain in the From line of a mail."
PARAMETERS = {"any": list}


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """`any`: parts of an address, such as "@example.com"."""
    sender = re.search(r"^From: (.*)$", untrusted_text, re.MULTILINE)
    if sender is None:
        return None
    hit = next((part for part in row["any"] if str(part).lower() in sender[1].lower()), None)
    return Finding(f"The sender matches {hit}.", sender[1]) if hit else None
