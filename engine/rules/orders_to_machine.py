"""Flags text that gives orders to a machine instead of telling a person something."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding

SENTENCE = "Looks for orders to an AI, in visible and hidden text. It flags; nothing obeys them anyway."
PARAMETERS: dict[str, Any] = {}

_ORDERS = re.compile(
    r"(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}\b(?:previous|prior|above|earlier|all|your|system)\b[^.\n]{0,40}"
    r"\b(?:instructions?|prompts?|rules?|polic(?:y|ies)|guidelines?|directions?)"
    r"|(?:you are|act as|pretend to be)\b[^.\n]{0,30}\b(?:an? AI|assistant|language model|chatbot|in developer mode)"
    r"|(?:AI|assistant|language model|chatbot|automated system|triage system)s?\b[^.\n]{0,40}"
    r"\b(?:must|should|shall|has to|please)\b[^.\n]{0,60}"
    r"\b(?:approve|refund|mark|ignore|send|reply|classify|forward|output|pay)"
    r"|(?:reveal|print|repeat|show)\b[^.\n]{0,30}\b(?:system prompt|your instructions|hidden prompt)"
    r"|<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]|<<SYS>>|^\s*(?:system|assistant)\s*:",
    re.IGNORECASE | re.MULTILINE,
)


def check(handoff: Handoff, text: str, row: Mapping[str, Any]) -> Finding | None:
    """The first order found, with the words around it."""
    found = _ORDERS.search(text)
    if found is None:
        return None
    line_end = text.find("\n", found.end())
    quote = text[found.start() : min(found.start() + 200, line_end if line_end >= 0 else len(text))]
    return Finding("The document gives orders to the machine. They were not followed.", quote.strip())
