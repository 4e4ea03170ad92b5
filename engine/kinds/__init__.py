"""Kinds of fields: what an amount, a date or a document's number looks like, and where on a page it stands.

A kind is one file on this shelf. It holds:

    SENTENCE = "A date, however it is written."                what it finds, in plain words
    WHERE = Where(near=("date", "dated"))                      how the one that is meant is told from all others
    def find(text: str) -> Iterator[Match]                     all on a page that could be one, in the text's order
    def at_end(text: str) -> Iterator[Match]                   may be left out: the same at a paper's end, which is
                                                               looked at where the opening names fewer than two

A playbook row names the file in `kind`. Which of the matches is meant is weighed by `engine/finding.py`. Nothing else
names the kind: the shelf finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Match:
    """What could be a field's value: where it stands in the text, its value in one way of writing, and how much it
    looks like one by itself, in 0..1."""

    start: int
    end: int
    value: str
    looks: float = 1.0


@dataclass(frozen=True, slots=True)
class Where:
    """Where a kind's value stands.

    `near` are labels beside which it does, the best first, and `apart` those of other things. What stands behind one
    of `ends` is hardly meant. A match with a score below `least` is none. Of several that fit as well the first is
    meant, or the `last`; `early` says that it stands on the first page. `several`: a paper names more than one, and all
    are meant. `inside`: the labels are words, all of which begin words of the match itself, which is none without them.
    Only the first `opening` pages are looked at, up to the one that names two (0 = all pages).
    """

    near: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    least: float = 0.2
    last: bool = False
    early: bool = False
    several: bool = False
    inside: bool = False
    opening: int = 0


class Kind(Protocol):
    """The shape of a module on this shelf."""

    SENTENCE: str
    WHERE: Where

    def find(self, text: str) -> Iterator[Match]: ...
