"""How many days lie between the date in a field and the day on which the task was opened."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from engine._document import dates
from engine.cards import Field, Handoff


def days_before(handoff: Handoff, name: str) -> Iterator[tuple[Field, int]]:
    """For each whole date in fields of that name: by how many days it lies before the task's opening (less
    than 0 = after it). Nothing where the card does not say when it was opened."""
    if not handoff.card.opened:
        return
    opened = datetime.date.fromisoformat(handoff.card.opened[:10])
    for field in handoff.fields:
        for date in dates(field.value) if field.name == name else ():
            if len(date) == len("2026-10-05"):
                yield field, (opened - datetime.date.fromisoformat(date)).days
