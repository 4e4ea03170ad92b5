"""Stops what is written in a language that the desk does not answer in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine._document import language
from engine.cards import Handoff
from engine.rules import Finding

SENTENCE = "Compares the language of the text with a list of codes, such as en, de, fr."
PARAMETERS = {"known": list}


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """`known`: ISO 639-1 codes of the languages that may go on. A text too short to tell goes on, too."""
    mail = bool(handoff.documents) and handoff.documents[0].kind == "eml"
    body = untrusted_text.partition("\n\n")[2] if mail else untrusted_text
    found = language(body)
    if not found or found in {str(code).lower() for code in row["known"]}:
        return None
    return Finding(f"The text is in another language ({found}).", next(iter(body.strip().splitlines()), "")[:120])
