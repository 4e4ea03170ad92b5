"""Stops when something that is always needed was not found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding

SENTENCE = "Looks whether a field was found at all."
PARAMETERS = {"field": str}


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """`field`: the field that must be there."""
    return None if handoff.field(row["field"]) else Finding(f"There is no {row['field']} in it.")
