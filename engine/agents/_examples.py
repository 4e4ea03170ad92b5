"""Chooses which approved sentences the drafter is shown for a policy sentence."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bench import Bench
from engine.cards import Evidence, Handoff
from engine.memory import Pair
from engine.playbook import Playbook

NEAR = 0.7
"""Cosine likeness of two policy sentences below which what was approved for one harms the other: the small model copies
its numbers. With the sample handbook it spoiled 3 of 11 sentences below 0.65, and none of 8 from there on."""


def examples(handoff: Handoff, evidence: Evidence, bench: Bench) -> tuple[Pair, ...]:
    """What people approved for this very sentence; else for those that are most like it, up to the playbook's number.

    Its own is taken up word for word, so that a second one would cost only time. The likest comes last, next to what
    the model is asked.
    """
    playbook, opened = bench.playbook(handoff), handoff.card.opened
    most = playbook.memory.examples
    if not most:
        return ()
    labels = _alike(playbook, (handoff.route.label if handoff.route else None) or "")
    if own := bench.memory.approved(playbook.name, evidence.quote, opened, labels):
        return (own,)
    others = bench.memory.pairs(playbook.name, opened, labels)
    return tuple(reversed(_nearest(evidence.quote, others, bench)[:most])) if others else ()


def _nearest(quote: str, others: Sequence[Pair], bench: Bench) -> list[Pair]:
    """Those for a policy sentence that is like this one, the likest first, the newest of equals first."""
    (scores,) = bench.library.likeness([quote], [pair.quote for pair in others])
    near = [(score, pair) for score, pair in zip(scores, others, strict=True) if score >= NEAR]
    return [pair for _, pair in sorted(near, key=lambda found: -round(found[0], 3))]


def _alike(playbook: Playbook, label: str) -> set[str]:
    """The intents with the same frame: what was approved as a note is no example of a reply."""
    frame = next((intent.frame for intent in playbook.intents if intent.label == label), "")
    return {intent.label for intent in playbook.intents if intent.frame == frame}
