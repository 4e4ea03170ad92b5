"""The codec and the delta: what goes in comes out, and nonsense is a Problem."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Handoff, Problem, TaskCard, Why
from engine.codec import build, changed, changes, decode, encode, plain
from engine.events import EVENTS, Handed
from engine.orders import ORDERS, Predict, Run
from tests.engine.scripted import WORDS, few, values

KINDS = (*ORDERS, *EVENTS, Handoff)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_value_survives_its_line(kind: type) -> None:
    @few
    @given(values(kind))
    def check(value: Any) -> None:
        line = encode(value)
        assert "\n" not in line
        assert decode(line, KINDS) == value

    check()


@few
@given(st.text())
def test_a_line_that_is_no_card_is_a_bad_line_and_never_another_error(line: str) -> None:
    with pytest.raises(Problem) as caught:
        decode(line, ORDERS)
    assert caught.value.code == "bad_line"


def tried(line: str) -> Any:
    """The value of a line, or the Problem that it is; any other error is a bug."""
    try:
        return decode(line, KINDS)
    except Problem as problem:
        return problem if problem.code == "bad_line" else None


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([kind.__name__ for kind in KINDS]), JSON, st.data())
def test_an_object_that_does_not_fit_its_name_is_a_bad_line(name: str, whole: Any, data: st.DataObject) -> None:
    kind = next(kind for kind in KINDS if kind.__name__ == name)
    parts = {part.name: data.draw(JSON) for part in dataclasses.fields(kind) if data.draw(st.booleans())}
    for body in (whole, parts):
        line = json.dumps({"is": name, **body} if isinstance(body, dict) else body)
        assert isinstance(tried(line), (Problem, *KINDS))


def test_a_line_of_a_kind_that_is_not_expected_here_is_refused() -> None:
    with pytest.raises(Problem, match="Predict"):
        decode(encode(Predict("small", ())), EVENTS)


def test_an_unknown_key_is_refused_by_its_name() -> None:
    body = json.loads(encode(Predict("small", ("text",))))
    with pytest.raises(Problem, match="has no surprise"):
        decode(json.dumps({**body, "surprise": 1}), ORDERS)


def test_an_unknown_key_deep_inside_is_refused_too() -> None:
    body = plain(Handoff(TaskCard("t1", "letter.txt", "", "small"), Why("desk", "reader", "")))
    body["card"]["budget"]["money"] = 5
    with pytest.raises(Problem, match="A Budget has no money"):
        build(Handoff, body)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(Problem, match="'texts'"):
        decode('{"is": "Predict", "playbook": "small"}', ORDERS)


@few
@given(values(Handoff), values(Handoff))
def test_applying_the_changes_of_a_leg_gives_what_the_leg_returned(before: Handoff, after: Handoff) -> None:
    delta = json.loads(json.dumps(changes(before, after)))
    assert changed(before, after.why, after.seq, delta) == after


@few
@given(values(Handoff))
def test_a_leg_that_adds_nothing_has_an_empty_delta(handoff: Handoff) -> None:
    assert changes(handoff, handoff.to("person", "Nothing to add.")) == {}


@few
@given(values(Handoff), values(Why))
def test_the_delta_survives_its_line(handoff: Handoff, why: Why) -> None:
    first = Handoff(handoff.card, why)
    event = decode(encode(Handed("t1", handoff.seq, handoff.why, changes(first, handoff))), EVENTS)
    assert changed(first, event.why, event.seq, event.changes) == handoff


def test_passing_on_counts_and_names_the_sender() -> None:
    opened = Handoff(TaskCard("t1", "letter.txt", "", "small"), Why("desk", "reader", "Opened."))
    following = opened.to("extractor", "Read.", code="ok", tokens_out=3)
    assert (following.seq, following.why.sender, following.why.receiver) == (1, "reader", "extractor")
    assert (following.why.code, following.why.tokens_out, following.card) == ("ok", 3, opened.card)


HUGE = json.loads(encode(Run(Handoff(TaskCard("t1", "", "", "small"), Why("desk", "reader", "")))))
HUGE["handoff"]["why"]["score"] = 10**400


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        json.dumps(HUGE),
        '{"is": "Answered", "row": [1]}',
        '{"is": "Search", "collection": "x", "queries": [], "count": true}',
        "9" * 5000,
    ],
    ids=["deep", "huge", "a list for an object", "a truth for a number", "a number beyond reading"],
)
def test_a_line_made_to_break_the_reader_is_a_bad_line(line: str) -> None:
    with pytest.raises(Problem) as caught:
        decode(line, KINDS)
    assert caught.value.code == "bad_line"


def test_half_a_character_is_replaced_so_that_the_value_can_be_written() -> None:
    order = decode('{"is": "Predict", "playbook": "\\ud800", "texts": []}', ORDERS)
    assert encode(order).encode("utf-8")
    assert order.playbook.encode("utf-8")


@pytest.mark.parametrize("name", ["nonsense", "seq", "why"])
def test_a_delta_may_change_only_what_a_leg_may_change(name: str) -> None:
    before = Handoff(TaskCard("t1", "letter.txt", "", "small"), Why("desk", "reader", ""))
    with pytest.raises(Problem):
        changed(before, before.why, 1, {name: 1})
