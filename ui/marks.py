"""Says which places on a page matter, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.language import _, several
from engine.cards import Box, Handoff, Place
from engine.pages import HIDDEN, Hidden, Page
from ui.words import Tone, title

UNSURE = 60
"""Recognised words below this confidence, in percent, are tinted."""
_MOST = 600
"""Frames and tints on one page; more of them say nothing more, and cost time."""

Spot = tuple[str, int]
"""A document's content hash, and a page of it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on a page: its box in points, or its span in the text, and what it is.

    A `frame` is dashed around what can't be seen; a `tint` is so faint that it disturbs nobody who reads.
    """

    box: Box | None
    start: int
    end: int
    tone: Tone
    word: str
    strong: bool = False
    look: Literal["marker", "frame", "tint"] = "marker"


def of_sources(handoff: Handoff, spot: Spot, focus: Place | None) -> list[Mark]:
    """The passages on that page which the draft may rest on."""
    return _placed(
        [(item.place, "caution", _("Source {n}").format(n=item.n)) for item in handoff.evidence], spot, focus
    )


def of_incoming(handoff: Handoff, page: Page | None, spot: Spot, focus: Place | None) -> list[Mark]:
    """The fields that were read from that page, and what there is to be warned of."""
    found: list[tuple[Place, Tone, str]] = [(field.place, "working", title(field.name)) for field in handoff.fields]
    found += [(flag.place, "danger", _("Warning")) for flag in handoff.flags if flag.place]
    return _placed(found, spot, focus) + (_unplaced(handoff, page) if page else [])


def of_page(page: Page, focus: Hidden | None) -> list[Mark]:
    """What the page itself tells: words that were recognised with doubt, and where hidden text lies."""
    tints = [
        Mark(word[2:], word[0], word[1], "caution", _("Recognised, {sure} % sure").format(sure=sure), look="tint")
        for word, sure in zip(page.words, page.confidences, strict=False)
        if sure < UNSURE
    ]
    frames = [_frame(hidden, strong=False) for hidden in page.hidden if hidden.box and hidden is not focus]
    chosen = [_frame(focus, strong=True)] if focus and focus.box else []
    return [*tints[:_MOST], *frames[:_MOST], *chosen]


def sureness(page: Page) -> str:
    """How a page was read that has words from a picture; nothing for printed text."""
    if not page.confidences:
        return ""
    mean = sum(page.confidences) // len(page.confidences)
    unsure = sum(sure < UNSURE for sure in page.confidences)
    said = _("Recognised from a picture, {mean} % sure").format(mean=mean)
    return (
        several("{said}; {n:,} unsure word tinted", "{said}; {n:,} unsure words tinted", unsure, said=said)
        if unsure
        else said
    )


def _frame(hidden: Hidden, *, strong: bool) -> Mark:
    return Mark(
        hidden.box, 0, 0, "danger", _("Not visible: {kind}").format(kind=_(HIDDEN[hidden.kind])), strong, "frame"
    )


def _placed(found: list[tuple[Place, Tone, str]], spot: Spot, focus: Place | None) -> list[Mark]:
    return [
        Mark(place.box, place.start, place.end, tone, word, strong=place == focus)
        for place, tone, word in found
        if (place.document, max(1, place.page)) == spot
    ]


def _unplaced(handoff: Handoff, page: Page) -> list[Mark]:
    """Warnings that name words but no place, where those words stand on this page."""
    made = []
    for flag in handoff.flags:
        start = page.text.find(flag.quote) if flag.quote and not flag.place else -1
        if start >= 0:
            end = start + len(flag.quote)
            made.append(Mark(page.box(start, end), start, end, "danger", _("Warning")))
    return made
