"""Flags text that gives orders to a machine instead of telling a person something."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.cards import Handoff
from engine.rules import Finding

SENTENCE = "Looks for orders to an AI, in visible and hidden text. It flags; nothing obeys them anyway."
PARAMETERS: dict[str, Any] = {}
LONGEST_QUOTE = 200

_ORDERS = (
    (
        (
            r"\b(?:ignore|disregard|forget|override|bypass)\b[^.]{0,40}\b(?:previous|prior|above|earlier|all|your|system)\b"
            r"[^.]{0,40}"
            r"\b(?:instructions?|prompts?|rules?|polic(?:y|ies)|guidelines?|directions?)\b"
        ),
        ("ignore", "disregard", "forget", "override", "bypass"),
    ),
    (
        r"\b(?:you are|act as|pretend to be)\b[^.]{0,30}\b(?:an? AI|language model|chatbot|in developer mode)\b",
        ("you are", "act as", "pretend to be"),
    ),
    (
        (
            r"\b(?:AI|(?<!shop )(?<!sales )(?<!store )assistant|language model|chatbot|automated system|triage system)"
            r"s?\b"
            r"[^.]{0,40}"
            r"\b(?:must|should|shall|has to|please)\b[^.]{0,60}"
            r"\b(?:approve|refund|mark|ignore|send|reply|classify|forward|output|pay)\b"
        ),
        ("must", "should", "shall", "has to", "please"),
    ),
    (
        r"\b(?:reveal|print|repeat|show)\b[^.]{0,30}\b(?:system prompt|your instructions|hidden prompt)\b",
        ("prompt", "your instructions"),
    ),
    (r"<\|?(?:im_start|im_end|system|endoftext)\|?>|\[/?INST\]|<<SYS>>", ("<", "[")),
    (
        r"^[ \t]*(?:system|assistant)[ \t]*:[ \t]*(?:you|ignore|approve|always|never|do not|mark|reply)\b",
        ("system", "assistant"),
    ),
)
"""Patterns, and words of which a text that fits holds one: a plain search for those is many times faster."""
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE | re.MULTILINE), words) for pattern, words in _ORDERS)


def check(handoff: Handoff, untrusted_text: str, row: Mapping[str, Any]) -> Finding | None:
    """The first order found, with the words around it."""
    lower = untrusted_text.lower() if untrusted_text.isascii() else None  # elsewhere "ı" is an "i" to a pattern
    likely = [pattern for pattern, words in _PATTERNS if lower is None or any(word in lower for word in words)]
    orders = [found for pattern in likely if (found := pattern.search(untrusted_text))]
    if not orders:
        return None
    found = min(orders, key=re.Match.start)
    line_end = untrusted_text.find("\n", found.end())
    quote = untrusted_text[found.start() : line_end if line_end >= 0 else len(untrusted_text)][:LONGEST_QUOTE]
    return Finding("The document gives orders to the machine. They were not followed.", quote.strip())
