"""The stored events are the task: their fold is its state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cards import Handoff, Problem, TaskCard, Why
from engine.codec import changes, decode, encode, plain
from engine.events import EVENTS, LAST_WORDS, Handed, fold
from tests.engine.scripted import few, values

CARD = TaskCard("t1", "letter.txt", "a" * 64, "small")


def opening(why: Why) -> Handed:
    return Handed(CARD.id, 0, why, {"card": plain(CARD)})


@few
@given(values(Why), st.lists(values(Handoff), max_size=3))
def test_the_fold_of_a_history_is_the_last_state(why: Why, states: list[Handoff]) -> None:
    before, history = Handoff(CARD, why), [opening(why)]
    for after in states:
        event = Handed(CARD.id, after.seq, after.why, changes(before, after))
        history.append(decode(encode(event), EVENTS))
        before = after
    assert fold(history) == before


def test_a_history_without_an_opening_is_a_problem() -> None:
    with pytest.raises(Problem) as caught:
        fold([])
    assert caught.value.code == "no_history"


def test_every_last_word_can_be_told_from_what_goes_before() -> None:
    assert {kind.__name__ for kind in LAST_WORDS} == {"Finished", "Asked", "Quarantined", "Failed"}
    assert set(LAST_WORDS) <= set(EVENTS)
