"""Chooses which approved sentences the drafter is shown for a policy sentence."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bench import Bench
from engine.cards import Evidence, Handoff
from engine.memory import Pair, same

NEAR = 0.7
"""Cosine likeness of two policy sentences below which what was approved for one harms the other: the small model copies
its numbers. With the sample handbook it spoiled 3 of 11 sentences below 0.65, and none of 8 from there on."""


def examples(handoff: Handoff, evidence: Evidence, bench: Bench) -> tuple[Pair, ...]:
    """What people approved for this very sentence; else for those that are most like it, up to the playbook's number.

    Its own is taken up word for word, so that a second one would cost only time. The likest comes last, next to what
    the model is asked.
    """
    playbook = bench.playbook(handoff)
    most = playbook.memory.examples
    if not most:
        return ()
    frame = _frame(handoff, bench, (handoff.route.label if handoff.route else None) or "")
    known = bench.memory.pairs(playbook.name, handoff.card.opened)
    fitting = [pair for pair in known if _frame(handoff, bench, pair.label) == frame]
    quote = same(evidence.quote)
    own = next((pair for pair in fitting if same(pair.quote) == quote), None)
    if own or not fitting:
        return (own,) if own else ()
    return tuple(reversed(_nearest(evidence.quote, fitting, bench)[:most]))


def _nearest(quote: str, others: Sequence[Pair], bench: Bench) -> list[Pair]:
    """Those for a policy sentence that is like this one, the likest first, the newest of equals first."""
    (scores,) = bench.library.likeness([quote], [pair.quote for pair in others])
    near = [(score, pair) for score, pair in zip(scores, others, strict=True) if score >= NEAR]
    near.sort(key=lambda found: -round(found[0], 3))
    newest: dict[str, Pair] = {}
    for _, pair in near:
        newest.setdefault(same(pair.quote), pair)
    return list(newest.values())


def _frame(handoff: Handoff, bench: Bench, label: str) -> str:
    """Whether the customer is answered, or a note written: what was approved for one is no example for the other."""
    intents = bench.playbook(handoff).intents
    return next((intent.frame for intent in intents if intent.label == label), "")
