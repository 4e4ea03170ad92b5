"""Chooses which approved sentences the drafter is shown for a policy sentence."""

from __future__ import annotations

from collections.abc import Sequence

from engine.bench import Bench
from engine.cards import Evidence, Handoff
from engine.memory import Pair, same

NEAR = 0.6
"""Cosine likeness of two policy sentences below which what was approved for one teaches nothing for the other."""


def examples(handoff: Handoff, evidence: Evidence, bench: Bench) -> tuple[Pair, ...]:
    """What people approved for this very sentence, then for the likest others, up to the playbook's number.

    They come in the order in which a model reads them: the best one last, next to the request.
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
    others = [pair for pair in fitting if same(pair.quote) != quote]
    best = [own] if own else []
    if others and len(best) < most:
        best += _nearest(quote, others, bench)[: most - len(best)]
    return tuple(reversed(best))


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
