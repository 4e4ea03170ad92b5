"""What would have happened with one threshold lower or higher: worked out from the scores that are stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.language import _, several
from app.rule_words import deciding_rule, rule_name
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
        rule = deciding_rule(route)
        said = (
            _("No threshold decided: the rule {rule} did, whatever the score.")
            if rule
            else _("No threshold decided: a person did, whatever the score.")
        )
        yield said.format(rule=rule_name(rule))
        return
    if state.why.score is None:
        yield _("No threshold decided: a rule sent it to a person.")
        return
    if state.why.code == "rivals":
        yield _("No threshold decided: {runner_up} has {share:.0%} of its score, too near to it.").format(
            runner_up=route.runner_up, share=route.runner_up_score / max(route.score, 1e-9)
        )
        return
    if state.why.code == "novel":
        yield _("No threshold for the score decided: the nearest example is alike to {likeness:.2f} only.").format(
            likeness=route.likeness
        )
        return
    label = route.label or route.runner_up
    for threshold in (route.threshold - STEP, route.threshold + STEP):
        if route.label is None and route.score >= route.threshold:
            yield _("Threshold {threshold}: the same. Not the score stopped it: more speaks for no intent.").format(
                threshold=_shown(threshold)
            )
        elif (route.score >= threshold) == (route.label is not None):
            yield _("Threshold {threshold}: the same, with a score of {score:.2f}.").format(
                threshold=_shown(threshold), score=route.score
            )
        elif route.label is None:
            yield _("Threshold {threshold}: {label} would have been taken, and the next leg had worked it.").format(
                threshold=_shown(threshold), label=label
            )
        else:
            yield _("Threshold {threshold}: {label} would not have been sure enough: to a person.").format(
                threshold=_shown(threshold), label=label
            )
    if route.label is not None or route.score < route.threshold:
        yield _("It turns at {score:.2f}: a threshold up to that takes {label}, one above it asks a person.").format(
            score=route.score, label=label
        )


def _verified(sentences: Sequence[Judgement], support: float | None) -> Iterator[str]:
    needed = [int(found[1]) / 100 for one in sentences if (found := _TOO_FEW.search(one.objection))]
    threshold = needed[0] if needed else support
    if threshold is None:
        yield _("The threshold for a sentence is not known any more: the playbook has changed.")
        return
    other = sum(1 for one in sentences if one.objection and not _TOO_FEW.search(one.objection))
    for changed in (threshold - STEP, threshold + STEP):
        gained = sum(1 for one in sentences if _TOO_FEW.search(one.objection) and one.score >= changed)
        lost = sum(1 for one in sentences if one.supported and 0 < one.score < changed)
        if not gained and not lost:
            yield _("Support {support}: the same.").format(support=_shown(changed))
        elif gained:
            yield several(
                "Support {support}: {n} sentence more would have had words enough from the source.",
                "Support {support}: {n} sentences more would have had words enough from the source.",
                gained, support=_shown(changed),
            )  # fmt: skip
        else:
            yield several(
                "Support {support}: {n} sentence would have been unsupported.",
                "Support {support}: {n} sentences would have been unsupported.", lost, support=_shown(changed),
            )  # fmt: skip
    falls = min((one.score for one in sentences if one.supported and one.score > 0), default=None)
    stands = max((one.score for one in sentences if _TOO_FEW.search(one.objection)), default=None)
    if falls is not None and falls < 1:
        yield _("A support above {falls:.2f} would cost the first sentence that stands now.").format(falls=falls)
    if stands is not None:
        yield _(
            "A support of {stands:.2f} would let the first sentence stand that has too few words from the source."
        ).format(stands=stands)
    if other:
        yield several(
            "No threshold decides on {n} sentence: a rule objected.",
            "No threshold decides on {n} sentences: a rule objected.", other,
        )  # fmt: skip


def _plain(score: float, threshold: float) -> str:
    low, high = threshold - STEP, threshold + STEP
    same = _("the same") if (score >= low) == (score >= high) else _("it turns at {score:.2f}").format(score=score)
    return _("Threshold {low} to {high}: {same}, with a score of {score:.2f}.").format(
        low=_shown(low), high=_shown(high), same=same, score=score
    )


def _shown(threshold: float) -> str:
    return f"{min(1.0, max(0.0, threshold)):.2f}"
