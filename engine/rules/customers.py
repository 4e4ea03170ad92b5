"""Stops what comes from, or is about, certain customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding
from engine.wording import plainly

SENTENCE = "Compares an extracted field with a list: customer numbers, names, addresses."
PARAMETERS = {"field": str, "any": list}


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """`field`: the field that names the customer; `any`: the customers, whole and in either case."""
    known = {plainly(str(name)) for name in row["any"]}
    for field in handoff.fields:
        if field.name == row["field"] and plainly(field.value) in known:
            return Finding(f"{field.value} is on the list of this rule.", field.quote, field.place)
    return None
