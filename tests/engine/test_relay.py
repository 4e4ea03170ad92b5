"""The relay: from hand to hand, and exactly one last word."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine import relay
from engine.bench import Bench
from engine.cards import Budget, Ending, Handoff, Problem, TaskCard, Why
from engine.codec import plain
from engine.events import LAST_WORDS, Asked, Failed, Finished, Handed, Progressed, Quarantined, Started, fold
from tests.engine.scripted import opened

Work = Callable[[Handoff, Bench], Generator[Any, None, Handoff]]


def passes_to(receiver: str, **added: Any) -> Work:
    def work(handoff: Handoff, bench: Bench) -> Generator[Any, None, Handoff]:
        yield Progressed(handoff.card.id, "working")
        return handoff.to(receiver, f"For {receiver}.", **added)

    return work


def raises(error: Exception) -> Work:
    def work(handoff: Handoff, bench: Bench) -> Generator[Any, None, Handoff]:
        yield Progressed(handoff.card.id, "working")
        raise error

    return work


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[Any]]:
    """Runs a baton through a team of scripted agents."""

    def go(handoff: Handoff, **team: Work) -> list[Any]:
        shelf = {name: SimpleNamespace(work=work) for name, work in team.items()}
        monkeypatch.setattr(relay, "modules", lambda _: shelf)
        return list(relay.run(handoff, Bench(tmp_path)))

    return go


@pytest.mark.parametrize(
    ("ending", "word"),
    [("finished", Finished), ("review", Asked), ("quarantined", Quarantined), ("failed", Failed)],
)
def test_a_run_has_exactly_one_last_word_and_it_comes_last(run: Any, ending: Ending, word: type) -> None:
    events = run(opened(), reader=passes_to("router"), router=passes_to("desk", ending=ending))
    assert [type(event) for event in events if isinstance(event, LAST_WORDS)] == [word]
    assert isinstance(events[-1], word)


def test_the_stored_events_fold_to_the_state_in_which_the_run_ended(run: Any) -> None:
    first = opened()
    events = run(first, reader=passes_to("router"), router=passes_to("desk", ending="finished", code="done"))
    handed = [event for event in events if isinstance(event, Handed)]
    state = fold([Handed("t1", 0, first.why, {"card": plain(first.card)}), *handed])
    assert (state.seq, state.ending, state.why.sender, state.why.code) == (2, "finished", "router", "done")


def test_a_run_goes_on_from_the_hand_that_holds_the_baton(run: Any) -> None:
    events = run(opened("router"), reader=raises(AssertionError()), router=passes_to("desk", ending="finished"))
    assert [event.agent for event in events if isinstance(event, Started)] == ["router"]


def test_a_finished_baton_is_not_worked_again(run: Any) -> None:
    assert run(opened().to("desk", "Done.", ending="finished")) == [Finished("t1")]


def test_what_an_agent_cannot_do_goes_to_a_person_with_its_code_and_sentence(run: Any) -> None:
    events = run(opened(), reader=raises(Problem("no_ink", "The pen is empty. Fill it.")))
    why = next(event.why for event in events if isinstance(event, Handed))
    assert (why.sender, why.receiver, why.code, why.reason) == (
        "reader",
        "person",
        "no_ink",
        "The pen is empty. Fill it.",
    )
    assert events[-1] == Asked("t1", "The pen is empty. Fill it.")


def test_a_bug_in_an_agent_is_loud(run: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        run(opened(), reader=raises(ZeroDivisionError()))


def test_a_receiver_who_is_not_in_the_team_fails_the_run_by_name(run: Any) -> None:
    events = run(opened(), reader=passes_to("nobody"))
    assert isinstance(events[-1], Failed)
    assert events[-1].code == "no_agent"
    assert "nobody" in events[-1].sentence


def test_a_task_out_of_time_goes_to_a_person_instead_of_the_next_agent(run: Any) -> None:
    card = TaskCard("t1", "letter.txt", "", "small", budget=Budget(task_seconds=-1.0))
    events = run(Handoff(card, Why("desk", "reader", "Opened.")), reader=raises(AssertionError()))
    assert isinstance(events[-1], Asked)
    assert next(event.why.code for event in events if isinstance(event, Handed)) == "too_slow"


def test_agents_who_hand_to_each_other_for_ever_are_stopped_by_the_task_time(run: Any) -> None:
    card = TaskCard("t1", "letter.txt", "", "small", budget=Budget(task_seconds=0.05))
    events = run(Handoff(card, Why("desk", "a", "Opened.")), a=passes_to("b"), b=passes_to("a"))
    assert isinstance(events[-1], Asked)
