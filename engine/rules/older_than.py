"""Stops when a date lies too far back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding
from engine.rules._dates import days_before

SENTENCE = "Compares an extracted date with the day on which the task was opened."
PARAMETERS = {"field": str, "days": int}


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """`field`: the field that holds the date; `days`: how many days it may lie back."""
    for field, days in days_before(handoff, row["field"]):
        if days > row["days"]:
            return Finding(
                f"{field.value} is {days} days ago, more than the {row['days']} allowed.", field.quote, field.place
            )
    return None
