"""Reads plain text and logs."""

from __future__ import annotations

from engine.cards import Problem
from engine.readers._text import Flow, decode, looks_like_text, named
from engine.readers._wire import Limits
from engine.store import Reading

KIND = "txt"

_NOT_PROSE = (b"{\\rtf", b"%!PS", b"%PDF-")


def recognises(head: bytes, name: str) -> float:
    """Anything that looks like text, more so by name; the last resort of the shelf."""
    if not looks_like_text(head) or head.startswith(_NOT_PROSE):
        return 0.0
    return 0.6 if named(name, ".txt", ".text", ".log") else 0.2


def read(data: bytes, name: str, limits: Limits) -> Reading:
    """The text as it stands."""
    text = decode(data)
    if "\x00" in text:
        raise Problem("unsupported", "This is not text.")
    flow = Flow(limits)
    flow.add(text)
    return Reading(KIND, "", flow.pages())
