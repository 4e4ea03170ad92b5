"""The rungs within an engine: the larger model below the threshold, on dispute and on what is new; else a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import relay
from engine.bench import Bench
from engine.cards import Field, Handoff, Place, Problem, Route, Step, TaskCard, Why
from engine.events import Handed, fold
from engine.playbook import Review
from tests.engine.scripted import (
    PLAYBOOK,
    ScriptedWriter,
    after,
    drafting,
    opened,
    read_letter,
    small_bench,
    stored,
    walk,
)  # fmt: skip

NEVER_SURE = f"{PLAYBOOK}\n[thresholds]\nintent = 0.99\n"
NONSENSE = ScriptedWriter(lambda request: "Purple elephants pay 900 EUR on every Sunday.")


def routed(bench: Bench, text: str = "When is my jacket sent back?") -> Handoff:
    return walk(read_letter(bench, text), bench, lambda handoff: handoff.why.sender == "router")


@pytest.mark.parametrize("trouble", [Problem("model_failed", "It is damaged."), MemoryError()])
def test_a_drafter_that_cannot_work_is_replaced_by_quotes_and_the_failure_is_counted(
    home: Path, trouble: Exception
) -> None:
    def refuse(request: str) -> str:
        raise trouble

    with small_bench(home, ScriptedWriter(refuse)) as bench:
        following = after(drafting("Refunds are paid within 14 days to the card that was used."), "drafter", bench)
        assert following.why.receiver == "quoter"
        assert following.why.code in ("model_failed", "out_of_memory")
        assert "failure 1 of 3" in following.why.reason
        assert bench.health.breaker("scripted-drafter").failures == 1


def test_a_draft_that_stays_disputed_goes_to_the_larger_model_once_and_then_to_the_quoter(home: Path) -> None:
    with small_bench(home, NONSENSE, larger=NONSENSE) as bench:
        state = drafting("Refunds are paid within 14 days to the card that was used.")
        seen = []
        while state.ending is None:
            seen.append(state.why.receiver)
            state = after(state, state.why.receiver, bench)
        assert seen == ["drafter", "verifier", "drafter", "verifier", "senior", "verifier", "quoter", "verifier"]
        assert state.ending == "finished"


def test_what_the_larger_model_writes_stands_when_it_is_supported(home: Path) -> None:
    with small_bench(home, NONSENSE, larger=ScriptedWriter()) as bench:
        state = walk(drafting("Refunds are paid within 14 days to the card that was used."), bench)
        assert state.draft is not None
        assert state.ending == "finished"
        assert state.draft.sentences[-2].author == "scripted-fallback"


def test_without_a_larger_model_a_person_gets_what_nobody_is_sure_of(home: Path) -> None:
    with small_bench(home, playbook=NEVER_SURE) as bench:
        handed = routed(bench)
        assert (handed.why.receiver, handed.why.code, handed.ending) == ("person", "abstained", "review")


def test_below_the_threshold_the_larger_model_is_asked_among_the_likeliest_labels_only(home: Path) -> None:
    larger = ScriptedWriter(lambda request: "return")
    with small_bench(home, larger=larger, playbook=NEVER_SURE) as bench:
        asked = routed(bench)
        assert (asked.why.receiver, asked.why.code) == ("referee", "abstained")
        decided = after(asked, "referee", bench)
        assert decided.route is not None
        assert (decided.route.label, decided.why.receiver) == ("return", "clerk")
        assert "scripted-fallback" in decided.route.rule
        assert set(larger.asked[-1][2].removeprefix("root ::= ").split(" | ")) == {'"refund"', '"return"', '"none"'}


@pytest.mark.parametrize("says", ["none", "holiday", "", "refund or return"])
def test_a_larger_model_that_names_none_of_them_leaves_it_to_a_person(home: Path, says: str) -> None:
    with small_bench(home, larger=ScriptedWriter(lambda request: says), playbook=NEVER_SURE) as bench:
        decided = after(routed(bench), "referee", bench)
        assert (decided.why.receiver, decided.why.code, decided.ending) == ("person", "disputed", "review")


def test_what_is_new_goes_to_the_larger_model_although_the_intent_model_is_sure(home: Path) -> None:
    book = f"{PLAYBOOK}\n[thresholds]\nintent = 0.0\nnovelty = 0.99\n"
    with small_bench(home, larger=ScriptedWriter(lambda request: "refund"), playbook=book) as bench:
        asked = routed(bench, "When is the money for my blue jacket paid?")
        assert (asked.why.receiver, asked.why.code, asked.why.threshold) == ("referee", "novel", 0.99)
    with small_bench(home, playbook=book) as bench:
        asked = routed(bench, "When is the money for my blue jacket paid?")
        assert (asked.why.receiver, asked.why.code) == ("person", "novel")


@pytest.mark.parametrize(("rival", "asks"), [(0.0, True), (1.0, False)])
def test_where_the_runner_up_is_too_near_the_scores_do_not_decide(home: Path, rival: float, asks: bool) -> None:
    book = f"{PLAYBOOK}\n[thresholds]\nintent = 0.0\nrival = {rival}\n"
    with small_bench(home, playbook=book) as bench:
        handed = routed(bench)
        assert handed.route is not None
        assert handed.route.label == "refund"
        assert (handed.why.code, handed.why.receiver == "person") == (("rivals", True) if asks else ("", False))
        assert ("Two intents are nearly as likely: Refund request has" in handed.why.reason) == asks


def test_the_larger_model_may_confirm_the_first_of_two_rivals_but_not_swap_them(home: Path) -> None:
    book = f"{PLAYBOOK}\n[thresholds]\nintent = 0.0\nrival = 0.0\n"
    for says, receiver, code in (("refund", "clerk", "referee"), ("return", "person", "disputed")):
        with small_bench(home, larger=ScriptedWriter(lambda request, says=says: says), playbook=book) as bench:
            asked = routed(bench)
            assert (asked.why.receiver, asked.why.code) == ("referee", "rivals")
            decided = after(asked, "referee", bench)
            assert (decided.why.receiver, decided.why.code) == (receiver, code)


def test_a_larger_model_that_rests_is_not_asked(home: Path) -> None:
    with small_bench(home, larger=ScriptedWriter(), playbook=NEVER_SURE) as bench:
        for _ in range(3):
            bench.health.failed("scripted-fallback", "too_slow")
        assert routed(bench).why.receiver == "person"


def test_the_referee_that_cannot_be_asked_leaves_it_to_a_person_with_the_reason(home: Path) -> None:
    with small_bench(home, larger=Problem("model_failed", "It is damaged."), playbook=NEVER_SURE) as bench:
        asked = routed(bench)
        events = [event for event in relay.run(asked, bench) if isinstance(event, Handed)]
        assert (events[-1].why.sender, events[-1].why.receiver) == ("referee", "person")
        assert events[-1].why.code == "model_failed"
        assert "It is damaged." in events[-1].why.reason


# -- conditions, rules after the models, reviewers --------------------------------------------------


def run(bench: Bench, text: str) -> tuple[list[Handed], Handoff]:
    """A letter's handoffs in the relay, and how it ends."""
    first = opened(sha256=stored(bench, text))
    events = [event for event in relay.run(first, bench) if isinstance(event, Handed)]
    opening = Handed("t1", 0, first.why, {"card": {"id": "t1", "source": "x", "sha256": "", "playbook": "small"}})
    return events, fold([opening, *events])


LETTER = "When is my refund paid? Please refund the jacket, I want my money back. It is order LF-20417, in blue."


def test_a_leg_whose_condition_is_not_met_is_skipped_with_the_reason(home: Path) -> None:
    book = f'{PLAYBOOK}\n[thresholds]\nintent = 0.0\n[only.clerk]\nintents = ["return"]\n'
    with small_bench(home, playbook=book) as bench:
        events, state = run(bench, LETTER)
        skipped = next(event.why for event in events if event.why.sender == "clerk")
        assert (skipped.receiver, skipped.code) == ("librarian", "skipped")
        assert skipped.reason == "Nothing to do for the clerk: it is only for return."
        assert not any(evidence.from_tool for evidence in state.evidence)


def test_a_condition_on_a_field_is_met_where_the_field_was_found(home: Path) -> None:
    book = f'{PLAYBOOK}\n[thresholds]\nintent = 0.0\n[only.clerk]\nfields = ["order_number"]\n'
    with small_bench(home, playbook=book) as bench:
        assert any(evidence.origin == "tool:orders" for evidence in run(bench, LETTER)[1].evidence)
        other = run(bench, LETTER.replace("LF-20417", "unknown"))[0]
        assert next(event.why for event in other if event.why.sender == "clerk").code == "skipped"


AFTER = f"""{PLAYBOOK}
[thresholds]
intent = 0.0
[[rules]]
check = "words"
any = ["faulty"]
then = "person"
when = "after"
intents = ["refund"]
reason = "Nobody promises anything about faults in writing."
"""


def test_a_rule_after_the_models_holds_back_the_draft(home: Path) -> None:
    with small_bench(home, playbook=AFTER) as bench:
        events, state = run(bench, f"{LETTER} And the postage, as the goods were faulty?")
        assert [event.why.receiver for event in events][-2:] == ["gate", "person"]
        assert (state.ending, state.why.code) == ("review", "words")
        assert "Nobody promises" in state.why.reason
        assert state.flags[-1].quote == "faulty"
        assert state.draft is not None


def test_a_rule_after_the_models_that_holds_lets_the_draft_pass(home: Path) -> None:
    with small_bench(home, playbook=AFTER.replace('"faulty"', '"guaranteed"')) as bench:
        events, state = run(bench, LETTER)
        assert (events[-1].why.sender, events[-1].why.receiver, state.ending) == ("gate", "desk", "finished")


def test_the_first_review_row_that_fits_names_who_reviews(home: Path) -> None:
    book = (
        f"{PLAYBOOK}\n[thresholds]\nintent = 0.0\n[[fields]]\nname = 'amount'\npattern = '[0-9]+ EUR'\n"
        "[[review]]\nrole = 'shop manager'\nfield = 'amount'\nabove = 200\n"
        "[[review]]\nrole = 'refund desk'\nintents = ['refund']\n"
    )
    with small_bench(home, playbook=book) as bench:
        assert run(bench, LETTER)[1].reviewer == "refund desk"
        dear = run(bench, f"{LETTER} It cost 249 EUR.")[1]
        assert dear.reviewer == "shop manager"
        assert dear.why.reason.endswith("For: shop manager.")


def test_a_message_with_several_requests_is_reviewed_by_who_reviews_any_of_them() -> None:
    card, place = TaskCard("t1", "x", "a" * 64, "small"), Place("a" * 64, "x", 1, 0, 0)
    sums = tuple(Field("amount", value, value, place) for value in ("20 EUR", "249 EUR"))
    state = Handoff(
        card, Why("planner", "desk", "Merged."), fields=sums, route=Route("return", 0.9, 0.5),
        plan=(Step("return", 0.9, "Return."), Step("refund", 0.9, "Refund.")),
    )  # fmt: skip
    assert Review("refund desk", intents=("refund",)).fits(state)
    assert Review("shop manager", field="amount", above=200).fits(state)
    assert not Review("shop manager", field="amount", above=300).fits(state)
