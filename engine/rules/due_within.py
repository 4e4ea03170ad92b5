"""Stops when a date is close, or past: somebody must see it today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding
from engine.rules._dates import days_before

SENTENCE = "Looks whether an extracted date is only some days away from the opening of the task, or past."
PARAMETERS = {"field": str, "days": int}


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """`field`: the field that holds the date; `days`: from how many days ahead on it is urgent."""
    for field, days in days_before(handoff, row["field"]):
        if -days <= row["days"]:
            when = f"in {-days} days" if days < 0 else f"{days} days ago" if days else "today"
            return Finding(f"{field.value} is {when}.", field.quote, field.place)
    return None
