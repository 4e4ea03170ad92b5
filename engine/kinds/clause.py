"""A clause of an agreement, told by words that stand in one of its sentences."""

from __future__ import annotations

from collections.abc import Iterator

from engine.chunks import sentences
from engine.kinds import Match, Where

SENTENCE = "The sentence in which all of your words stand, such as a clause of an agreement."
WHERE = Where(inside=True)

SHORTEST, LONGEST = 40, 3000
"""Characters: less is a heading, more is no sentence."""


def find(text: str) -> Iterator[Match]:
    """Every sentence, as it stands."""
    for start, end in sentences(text):
        if SHORTEST <= end - start <= LONGEST:
            yield Match(start, end, " ".join(text[start:end].split()))
