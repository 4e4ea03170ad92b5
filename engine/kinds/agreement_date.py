"""The date that an agreement itself bears."""

from __future__ import annotations

from engine.kinds import Where
from engine.kinds.date import find

__all__ = ["SENTENCE", "WHERE", "find"]

SENTENCE = "The date on which an agreement was made, as its first lines say."
WHERE = Where(
    near=(
        "made and entered into as of", "made and entered into this", "made and entered into on",
        "is entered into as of", "entered into as of", "entered into this", "entered into on",
        "entered into effective", "made and entered into effective as of", "is made as of", "made as of",
        "made this", "is made on", "made on", "made effective as of", "dated as of", "dated this", "dated",
        "agreement date", "date of agreement", "date of this agreement", "executed as of", "executed this",
        "executed on", "as of", "effective date", "effective as of", "effective", "this", "made", "date", "on",
    ),
    apart=(
        "amended as of", "expire", "expires", "expiration date", "terminate", "until", "ending", "ended", "prior to",
        "certain agreement dated", "filed", "commission on", "form 10-k", "form 8-k", "source", "no later than",
        "on or before", "reference to",
    ),
    least=0.2,
    early=True,
)  # fmt: skip
