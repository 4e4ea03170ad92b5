"""Says what would make a sound playbook better, where it stands, and what to write."""

from __future__ import annotations

from collections.abc import Iterator

from engine._playbook_shape import Found
from engine.playbook import Playbook

ENOUGH = 14
"""Examples of an intent from which on the shipped encoder tells it apart reliably."""


def hints(playbook: Playbook) -> Iterator[Found]:
    """It works as it is: nothing of this stops it."""
    searched = "librarian" in playbook.legs and playbook.collections
    for row, intent in enumerate(playbook.intents):
        count = len(intent.examples)
        if count < ENOUGH:
            more = f"with {ENOUGH} or more it is told apart more surely. Add some in other words"
            yield ("intents", row, "examples"), f"the intent {intent.label!r} has {count} examples; {more}."
        if searched and not intent.search.strip():
            name = "title" if intent.title else "label"
            remedy = 'write search = "...", the matter as your documents put it'
            yield ("intents", row, "search"), f"the documents are searched by the {name} of {intent.label!r}; {remedy}."
