"""Compares words as people write them: whatever their case, their spacing and their endings."""

from __future__ import annotations

import functools
import re


def plainly(text: str) -> str:
    """A text without its case, and with single spaces."""
    return " ".join(text.split()).casefold()


def holds(words: str, text: str) -> bool:
    """Whether all of the words stand in the text, each as the beginning of one ("terminat" in "termination")."""
    return all(beginning.search(text) for beginning in _beginnings(words))


@functools.lru_cache(maxsize=1024)
def _beginnings(words: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"(?<!\w){re.escape(word)}", re.IGNORECASE) for word in words.split())
