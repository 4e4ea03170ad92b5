"""What would have happened with one threshold lower or higher: worked out from the scores that are stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine import playbook
from engine.cards import Handoff, Judgement, Problem
from engine.events import Handed, fold

STEP = 0.1
"""One threshold lower or higher."""
_TOO_FEW = re.compile(r"only \d+% of its words rest on the source, (\d+)% are needed")


def told(history: Sequence[Handed], place: int, support: float | None = None) -> list[str]:
    """Sentences on the handoff at that place of a task's history; none where no leg decided.

    `support` is the playbook's threshold for a sentence, where it is still known.
    """
    event, state = history[place], fold(history[: place + 1])
    if event.why.sender == "router":
        return list(routed(state))
    if event.why.sender == "verifier" and state.verdict is not None:
        return list(_verified(state.verdict.sentences, support))
    if event.why.score is not None and event.why.threshold is not None and place:
        return [_plain(event.why.score, event.why.threshold)]
    return []


def support(home: Path, name: str) -> float | None:
    """What a sentence needs in the playbook of that name; None where it is gone, or broken."""
    try:
        return playbook.find(home, name).thresholds.support
    except Problem:
        return None


def routed(state: Handoff) -> Iterator[str]:
    """Sentences on the router's handoff that came to this state."""
    route = state.route
    if route is None:
        return
    if route.rule:
        yield f"No threshold decided: {route.rule} did, whatever the score."
        return
    if state.why.score is None:
        yield "No threshold decided: a rule sent it to a person."
        return
    label = route.label or route.runner_up
    for threshold in (route.threshold - STEP, route.threshold + STEP):
        if route.label is None and route.score >= route.threshold:
            yield f"Threshold {_shown(threshold)}: the same. Not the score stopped it: more speaks for no intent."
        elif (route.score >= threshold) == (route.label is not None):
            yield f"Threshold {_shown(threshold)}: the same, with a score of {route.score:.2f}."
        elif route.label is None:
            yield f"Threshold {_shown(threshold)}: {label} would have been taken, and the next leg had worked it."
        else:
            yield f"Threshold {_shown(threshold)}: {label} would not have been sure enough: to a person."
    if route.label is not None or route.score < route.threshold:
        yield f"It turns at {route.score:.2f}: a threshold up to that takes {label}, one above it asks a person."


def _verified(sentences: Sequence[Judgement], support: float | None) -> Iterator[str]:
    needed = [int(found[1]) / 100 for one in sentences if (found := _TOO_FEW.search(one.objection))]
    threshold = needed[0] if needed else support
    if threshold is None:
        yield "The threshold for a sentence is not known any more: the playbook has changed."
        return
    other = sum(1 for one in sentences if one.objection and not _TOO_FEW.search(one.objection))
    for changed in (threshold - STEP, threshold + STEP):
        gained = sum(1 for one in sentences if _TOO_FEW.search(one.objection) and one.score >= changed)
        lost = sum(1 for one in sentences if one.supported and 0 < one.score < changed)
        if not gained and not lost:
            yield f"Support {_shown(changed)}: the same."
        elif gained:
            yield f"Support {_shown(changed)}: {_count(gained)} more would have had words enough from the source."
        else:
            yield f"Support {_shown(changed)}: {_count(lost)} would have been unsupported."
    falls = min((one.score for one in sentences if one.supported and one.score > 0), default=None)
    stands = max((one.score for one in sentences if _TOO_FEW.search(one.objection)), default=None)
    if falls is not None and falls < 1:
        yield f"A support above {falls:.2f} would cost the first sentence that stands now."
    if stands is not None:
        yield f"A support of {stands:.2f} would let the first sentence stand that has too few words from the source."
    if other:
        yield f"No threshold decides on {_count(other)}: a rule objected."


def _plain(score: float, threshold: float) -> str:
    low, high = threshold - STEP, threshold + STEP
    same = "the same" if (score >= low) == (score >= high) else f"it turns at {score:.2f}"
    return f"Threshold {_shown(low)} to {_shown(high)}: {same}, with a score of {score:.2f}."


def _count(sentences: int) -> str:
    return f"{sentences} sentence{'' if sentences == 1 else 's'}"


def _shown(threshold: float) -> str:
    return f"{min(1.0, max(0.0, threshold)):.2f}"
