"""What the place of the collections asks of the library, on its lane: what is imported for it takes a few frames."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.asking import Stop
    from app.coverage import Coverage
    from app.desk import Desk
    from engine.cards import Evidence

Rows = list[dict[str, Any]]


def collections(desk: Desk, stop: Stop) -> Rows:
    from app import knowledge

    return knowledge.collections(desk, stop)


def documents(desk: Desk, name: str, most: int, stop: Stop) -> Rows:
    """The first ones of a collection."""
    from engine.orders import Known

    return list(itertools.islice(desk.ask(Known(name), stop), most))


def found(desk: Desk, names: tuple[str, ...], words: str, most: int, stop: Stop) -> dict[str, Any]:
    """What these words find in the collections."""
    from engine.orders import Search

    (row,) = desk.ask(Search(names, (words,), most), stop)
    return row


def removed(desk: Desk, name: str, documents: tuple[str, ...], stop: Stop) -> Rows:
    from engine.orders import Remove

    return list(desk.ask(Remove(name, documents), stop))


def removed_whole(desk: Desk, name: str, stop: Stop) -> Rows:
    from engine.orders import RemoveAll

    return list(desk.ask(RemoveAll(name), stop))


def tuned_back(desk: Desk, name: str, stop: Stop) -> int:
    """The version that serves after the last tuning was taken back."""
    from engine.orders import Tune

    return int(list(desk.ask(Tune(name), stop))[-1]["version"])


def coverage(desk: Desk, name: str, stop: Stop) -> tuple[Coverage, str]:
    """What of a collection is never used, and that in a sentence."""
    from app import coverage

    seen = coverage.coverage(desk, name, stop)
    return seen, coverage.summary(seen)


def placed(desk: Desk, evidence: Evidence) -> Evidence:
    """With the box of its place; without one where the page has no words in places."""
    place = evidence.place
    page = desk.page(place.document, place.page)
    box = page.box(place.start, place.end) if page else None
    return dataclasses.replace(evidence, place=dataclasses.replace(place, box=box))
