"""The day of a receipt."""

from __future__ import annotations

from engine.kinds import Where
from engine.kinds.date import find

__all__ = ["SENTENCE", "WHERE", "find"]

SENTENCE = "The day on which a receipt was printed."
WHERE = Where(
    near=(
        "date", "invoice date", "bill date", "receipt date", "datum", "date/time", "date time", "tanggal", "tarikh",
    ),
    apart=(
        "expiry", "valid until", "due date", "effective", "exp date",
    ),
    least=0.0,
)  # fmt: skip
