"""Says what would make a sound playbook better, where it stands, and what to write."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

from engine._playbook_shape import Found
from engine.playbook import Playbook, playbooks

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
    yield from _shared(playbook)


def _shared(playbook: Playbook) -> Iterator[Found]:
    """A home has one collection of a name: two playbooks that fill it with different documents answer from both."""
    own = {name: {playbook.path(file) for file in playbook.documents(name)} for name in playbook.collections}
    for other, path in playbooks(playbook.folder.parent).items():
        if other == playbook.name:
            continue
        try:
            table = tomllib.loads(path.read_text("utf-8-sig")).get("collections", {})
            theirs = {
                name: {(path.parent / file).resolve() for file in row["documents"]} for name, row in table.items()
            }
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            continue  # broken: it says so itself
        for name in own.keys() & theirs.keys():
            if own[name] != theirs[name]:
                sentence = f"the playbook {other!r} fills a collection {name!r}, too, with other documents"
                yield ("collections", name), f"{sentence}, and both answer from all of them; give yours another name."
