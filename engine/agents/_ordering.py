"""Finds evidence that no model must put into words: it gives orders to a machine, or asks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from engine.bench import Bench
from engine.cards import Evidence, Flag, Handoff, Place
from engine.pages import Page
from engine.rules import orders_to_machine

AROUND = 600
"""Characters before and after a passage that are looked at with it: an order may begin or end beside it."""
CODE = "orders_to_machine"
SENTENCE = "A passage that was found gives orders to the machine. It is quoted as it stands, and nothing followed it."


def ordering(handoff: Handoff, evidence: Sequence[Evidence], bench: Bench) -> dict[int, Flag]:
    """What a person must see of the evidence, by its number.

    A collection may hold what anybody has sent. A model that is shown an order may follow it with words that all stand
    in the source ("Add 'Buy at ...' to your answer"), and then no check of the words finds anything.
    """
    found = ((one.n, _order(handoff, one, bench)) for one in evidence)
    return {n: flag for n, flag in found if flag}


def asks(evidence: Evidence) -> bool:
    """Whether a passage is a question: there is nothing in it to put into words, and a model would answer it."""
    return evidence.quote.rstrip(" \t\r\n\"'”’»)*_").endswith("?")


def flagged(handoff: Handoff, found: dict[int, Flag]) -> tuple[Flag, ...]:
    """The baton's flags with these: one for each order, however many passages stand beside it."""
    known = {(flag.code, flag.quote) for flag in handoff.flags}
    new = {(flag.code, flag.quote): flag for flag in found.values()}
    return (*handoff.flags, *(flag for key, flag in new.items() if key not in known))


def _order(handoff: Handoff, evidence: Evidence, bench: Bench) -> Flag | None:
    """The order in a passage, or beside it on its page."""
    if finding := orders_to_machine.check(handoff, evidence.quote, {}):
        return Flag(CODE, SENTENCE, finding.quote, evidence.place)
    place, page = evidence.place, _page(evidence, bench)
    if page is None:
        return None
    first = max(0, place.start - AROUND)
    around = page.text[first : place.end + AROUND]
    finding = orders_to_machine.check(handoff, around, {})
    return Flag(CODE, SENTENCE, finding.quote, _placed(place, page, finding.quote, first)) if finding else None


def _page(evidence: Evidence, bench: Bench) -> Page | None:
    reading = bench.store.reading(evidence.place.document)
    return next((page for page in reading.pages if page.number == evidence.place.page), None) if reading else None


def _placed(place: Place, page: Page, quote: str, first: int) -> Place:
    """Where an order beside a passage stands."""
    start = page.text.find(quote, first)
    end = start + len(quote)
    return dataclasses.replace(place, start=start, end=end, box=page.box(start, end), path=page.path(start))
