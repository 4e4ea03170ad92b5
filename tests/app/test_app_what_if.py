"""Another threshold: what is said of it follows from the stored scores, and says so where it did not decide."""

from __future__ import annotations

import pytest

from app.what_if import told
from engine.cards import Judgement, Route, TaskCard, Verdict, Why
from engine.codec import plain
from engine.events import Handed

OPENING = Handed("A", 0, Why("desk", "router", "Opened."), {"card": plain(TaskCard("A", "/a", "a" * 64, "front-desk"))})
FEW = "only 60% of its words rest on the source, 80% are needed"


def routed(route: Route, score: float | None, code: str = "") -> list[str]:
    why = Why("router", "clerk" if route.label else "person", "Routed.", score, route.threshold, code=code)
    return told([OPENING, Handed("A", 1, why, {"route": plain(route)})], 1)


def verified(*sentences: Judgement, support: float | None = 0.8) -> list[str]:
    why = Why("verifier", "desk", "Checked.", 1.0, 1.0)
    return told([OPENING, Handed("A", 1, why, {"verdict": plain(Verdict("pass", sentences))})], 1, support)


@pytest.mark.parametrize(
    ("label", "score", "lower", "higher"),
    [
        ("refund", 0.9, "the same", "the same"),
        ("refund", 0.55, "the same", "refund would not have been sure enough: to a person"),
        (None, 0.45, "refund would have been taken", "the same"),
        (None, 0.2, "the same", "the same"),
        (None, 0.7, "Not the score stopped it", "Not the score stopped it"),
    ],
)
def test_a_route_at_another_threshold(label: str | None, score: float, lower: str, higher: str) -> None:
    below, above, *turns = routed(Route(label, score, 0.5, runner_up="refund"), score)
    assert below.startswith("Threshold 0.40")
    assert lower in below
    assert above.startswith("Threshold 0.60")
    assert higher in above
    at = f"It turns at {score:.2f}: a threshold up to that takes refund, one above it asks a person."
    assert turns == ([] if "Not the score" in lower else [at])


def test_where_the_runner_up_was_too_near_no_threshold_did() -> None:
    near = Route("refund", 0.9, 0.5, runner_up="return", runner_up_score=0.81)
    assert routed(near, 0.9, "rivals") == ["No threshold decided: return has 90% of its score, too near to it."]


def test_where_a_rule_decided_no_threshold_did() -> None:
    assert routed(Route("refund", 1.0, 0.0, rule="rule words"), None) == [
        "No threshold decided: the rule “words” did, whatever the score."
    ]
    assert routed(Route("refund", 0.9, 0.5), None) == ["No threshold decided: a rule sent it to a person."]


def test_a_verdict_at_another_threshold() -> None:
    good, close = Judgement("A.", True, (1,), 1.0), Judgement("B.", True, (1,), 0.85)
    assert verified(good) == ["Support 0.70: the same.", "Support 0.90: the same."]
    assert verified(good, close)[1:] == [
        "Support 0.90: 1 sentence would have been unsupported.",
        "A support above 0.85 would cost the first sentence that stands now.",
    ]
    few = verified(Judgement("C.", False, (1,), 0.75, FEW))
    assert few[0] == "Support 0.70: 1 sentence more would have had words enough from the source."
    assert few[2] == "A support of 0.75 would let the first sentence stand that has too few words from the source."


def test_a_sentence_that_a_rule_refused_is_no_threshold_s_affair() -> None:
    said = verified(Judgement("C.", False, (1,), 0.95, "the number 7 does not stand in the source"))
    assert said[-1] == "No threshold decides on 1 sentence: a rule objected."


def test_a_threshold_that_is_not_known_any_more_is_said() -> None:
    assert verified(Judgement("A.", True, (1,), 0.9), support=None) == [
        "The threshold for a sentence is not known any more: the playbook has changed."
    ]


def test_the_opening_had_no_threshold() -> None:
    assert told([OPENING], 0) == []
