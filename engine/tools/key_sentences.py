"""Finds the sentences that say most of what a document says: a summary in its own words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from engine.tools import Finding, Given, NoResult, Result, Tray, Values
from engine.tools._prose import Said, said

SENTENCE = "Finds the sentences that say most of what the document says."
ACTION = "compute"
PARAMETERS: dict[str, type] = {}
OPTIONAL = {"count": int}
VALUES = ("text",)

TOLD, MOST_TOLD = 3, 8
MOST_LOOKED_AT = 400
SHORTEST = 4
"""Words of meaning: less is a greeting."""
NEW = 0.5
"""A sentence that shares more than this with one that was chosen says nothing new (cosine of word counts)."""
FIRST = 1.2
"""How much more the first sentence of a document counts: most say there what they are about."""
_WORD = re.compile(r"[^\W\d_]{3,}|\d[\d.,:/-]*\d|\d")
_EMPTY = frozenset(
    "the and for that this with from have has had was were are will would can could you your our she her his him they "
    "them their there here not but all any been being its which who what when where how than then also just very some "
    "said says say about into over out get got please thank thanks dear regards hello".split()
)


def call(given: Given, values: Values, tray: Tray) -> Result:
    """The `count` best (else 3), in the order in which they stand: `text`.

    A sentence is worth what its words occur in all others, by the cosine of their counts (LexRank without the walk:
    Erkan and Radev, 2004); one like a better one is passed over.
    """
    value = values["text"]
    some = [one for one in said(value.quote) if len(_words(one.text)) >= SHORTEST][:MOST_LOOKED_AT]
    if not some:
        raise NoResult("no_result", f"{tray.name}: there is no sentence to choose")
    count = max(1, min(given.get("count", TOLD), MOST_TOLD))
    chosen = sorted(_best(some, count, tray), key=lambda one: one.start)
    found = tuple(
        Finding((("text", one.text),), value.quote[one.start : one.end], value.at(one.start, one.end), one.heading)
        for one in chosen
    )
    return Result(found, f"{tray.name}: {len(found)} of {len(some)} sentences say most of it")


def gives(values: Collection[str]) -> tuple[str, ...]:
    """The columns of a finding."""
    return ("text",)


def faults(given: Given, values: Collection[str]) -> Iterator[str]:
    """What is wrong with a playbook's row."""
    if not 1 <= given.get("count", TOLD) <= MOST_TOLD:
        yield f"needs a `count` between 1 and {MOST_TOLD}."


def _best(some: Sequence[Said], count: int, tray: Tray) -> list[Said]:
    counted = [Counter(_words(one.text)) for one in some]
    common = Counter(word for words in counted for word in words)
    vectors = [
        _unit({word: n * math.log(1 + len(some) / common[word]) for word, n in words.items()}) for words in counted
    ]
    worth: list[float] = []
    for place, vector in enumerate(vectors):
        tray.in_time()
        shared = sum(_cosine(vector, other) for other in vectors) - 1.0
        worth.append((FIRST if place == 0 else 1.0) * (shared + 1e-3))
    chosen: list[int] = []
    for place in sorted(range(len(some)), key=lambda place: -worth[place]):
        if all(_cosine(vectors[place], vectors[other]) <= NEW for other in chosen):
            chosen.append(place)
        if len(chosen) == count:
            break
    return [some[place] for place in chosen]


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _EMPTY]


def _unit(vector: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(one * one for one in vector.values())) or 1.0
    return {word: one / length for word, one in vector.items()}


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return sum(weight * large.get(word, 0.0) for word, weight in small.items())
