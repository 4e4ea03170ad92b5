"""A message that asks for several things: every request is answered or left to a person, and none is invented."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import planner, relay
from engine.bench import Bench
from engine.cards import Answer, Handoff, Step
from engine.codec import changed
from engine.events import Handed, fold
from engine.intents.model import Said
from engine.planner import Part, parts, steps
from tests.engine.scripted import PLAYBOOK, after, drained, few, opened, small_bench, stored

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = [json.loads(line) for line in (ROOT / "tests/data/several-requests.jsonl").read_text().splitlines()]
PLANNED = (
    PLAYBOOK.replace('"extractor", ', '"extractor", "planner", ')
    + "\n[thresholds]\nintent = 0.0\nrequest = 0.0\ndoubt = 0.0\n"
)


def said(label: str | None, score: float = 0.98, **others: float) -> Said:
    """What an intent model might say of a sentence."""
    candidates = sorted({**({label: score} if label else {}), **others}.items(), key=lambda pair: -pair[1])
    return Said(label, (label,) if label else (), score, 0.86, tuple(candidates), (), None)


def planned(*told: tuple[str, Said], most: int = 4) -> list[tuple[str, str]]:
    """The plan of sentences that stand in a paragraph each."""
    rows = [(Part(text, number, True), what) for number, (text, what) in enumerate(told)]
    return [(step.label, step.outcome) for step in steps(rows, 0.9, 0.5, most)]


# -- the sentences of a message ---------------------------------------------------------------------


def test_greetings_and_signatures_are_no_parts_of_a_message() -> None:
    text = "Dear team,\n\nWhere is my parcel? It is late.\n\n1. Block the card.\n2) Send the bill.\n\nRegards\nJo Marsh"
    found = parts(text)
    assert [part.text for part in found] == ["Where is my parcel?", "It is late.", "Block the card.", "Send the bill."]
    assert [part.paragraph for part in found] == [0, 0, 1, 2]
    assert [part.opens for part in found] == [True, False, True, True]


@pytest.mark.parametrize("text", ["", "\n\n\n", "Hello,", "...", "Kind regards\nJo"])
def test_a_message_that_says_nothing_has_no_parts(text: str) -> None:
    assert parts(text) == []


# -- the plan ---------------------------------------------------------------------------------------


def test_neighbours_with_one_label_are_one_step() -> None:
    rows = [("Where is it?", said("delivery")), ("When does it come?", said("delivery"))]
    assert planned(*rows) == [("delivery", "open")]


def test_each_question_is_a_step_where_the_playbook_splits_the_intent() -> None:
    texts = (
        "How deep is the northern well?",
        "It was dug last year.",
        "Who paid for the new pipe in Mill Lane?",
        "Why?",
    )
    rows = [(Part(text, 0, number == 0), said("question")) for number, text in enumerate(texts)]
    assert [step.text for step in steps(rows, 0.9, 0.5, 4)] == [" ".join(texts)]
    split = steps(rows, 0.9, 0.5, 4, {"question"})
    assert [step.text for step in split] == [" ".join(texts[:2]), " ".join(texts[2:])]


def test_a_sentence_that_says_that_questions_follow_is_none_itself() -> None:
    rows = [
        ("Please let me have two things for Monday's committee.", said(None, 0.2)),
        ("How deep is the northern well?", said("question")),
    ]
    assert planned(*rows) == [("question", "open")]
    assert planned(("Could you answer two questions about the roof?", said(None, 0.2)), rows[1])[0] == ("", "open")


def test_questions_of_a_split_intent_that_stand_apart_stay_apart() -> None:
    rows = [
        (Part("How deep is the northern well?", 0, True), said("question")),
        (Part("Please send me the yearly bill.", 1, True), said("bill")),
        (Part("Who paid for the new pipe in Mill Lane?", 2, True), said("question")),
    ]
    assert [step.label for step in steps(rows, 0.9, 0.5, 4, {"question"})] == ["question", "bill", "question"]


def test_the_same_request_twice_is_one_step() -> None:
    rows = [("Where is it?", said("delivery")), ("A label, please.", said("return")), ("Where?", said("delivery"))]
    assert planned(*rows) == [("delivery", "open"), ("return", "open")]


def test_what_tells_and_does_not_ask_is_no_step() -> None:
    story = [
        (Part("I returned the tent.", 0, True), said("return", 0.94)),
        (Part("When is it paid?", 0, False), said("refund")),
    ]
    assert [step.label for step in steps(story, 0.9, 0.5, 4)] == ["refund"]
    assert steps(story, 0.9, 0.5, 4)[0].text == "I returned the tent. When is it paid?"


def test_what_asks_for_something_unknown_is_a_step_for_a_person() -> None:
    rows = [("Where is my parcel?", said("delivery")), ("What is the capital of Mongolia?", said(None, 0.1))]
    assert planned(*rows) == [("delivery", "open"), ("", "open")]


def test_a_greeting_takes_no_request_with_it() -> None:
    said_so = "Hello, I want to return my tent.\n\nHiking boots arrived broken, please refund them.\n\nKind regards\nJo"
    assert [part.text for part in parts(said_so)] == [
        "I want to return my tent.", "Hiking boots arrived broken, please refund them.",
    ]  # fmt: skip
    assert [part.text for part in parts("Dear Sir or Madam,\nwhere is it?")] == ["where is it?"]
    assert [part.text for part in parts("Hi please refund this, it is late.")] == ["Hi please refund this, it is late."]
    late = "Where is it?\n\nBest wishes\n\nRegards\n\nJo Berger\n\nP.S. My address has changed."
    assert parts(late)[-1].text == "P.S. My address has changed."
    assert "Jo Berger" not in [part.text for part in parts(late)]


@pytest.mark.parametrize("closing", ["Thank you!", "Thanks, Jo", "Thank you.", "Thanks", "Best regards", "Yours, Jo"])
def test_a_closing_is_no_part(closing: str) -> None:
    assert [part.text for part in parts(f"Where is it?\n\n{closing}")] == ["Where is it?"]


def test_two_requests_that_are_likely_and_not_sure_are_two_steps_for_a_person() -> None:
    rows = [("Please change the plate.", said("plate", 0.82)), ("What does a permit cost?", said("permit", 0.83))]
    assert planned(*rows) == [("", "open"), ("", "open")]
    rows[1] = ("Please do it soon?", said("plate", 0.6))
    assert planned(*rows) == [("", "open")]


def test_a_short_question_about_something_else_is_not_lost_behind_a_sure_request() -> None:
    rows = [("Please change the plate.", said("plate")), ("How much is it?", said("permit", 0.7))]
    assert planned(*rows) == [("plate", "open"), ("", "open")]


def test_two_labels_that_are_even_are_decided_by_neither() -> None:
    rows = [("Where is my parcel?", said("delivery")), ("Please take it back now.", said("refund", 0.99, back=0.98))]
    assert planned(*rows) == [("delivery", "open"), ("", "open")]


def test_a_plan_has_no_more_steps_than_the_playbook_allows_and_a_person_gets_the_rest() -> None:
    rows = [(f"Please do {label}?", said(label)) for label in "abcdefg"]
    assert planned(*rows, most=3) == [("a", "open"), ("b", "open"), ("c", "open"), ("", "escalated")]


def test_a_model_that_names_several_labels_of_one_text_gives_a_step_a_label() -> None:
    found = planner.steps_of_facets(said("a", 0.9, b=0.6, c=0.2), "text", 0.5, 4)
    assert [step.label for step in found] == ["a", "b"]


LABELS = ("refund", "return", "delivery")
SAYINGS = st.builds(
    lambda label, score, other: said(label if score > 0.86 else None, score, **{str(other): min(score, 0.97)}),
    st.sampled_from(LABELS), st.floats(0, 1), st.sampled_from(LABELS),
)  # fmt: skip


@few
@given(st.text(max_size=400), st.lists(SAYINGS, min_size=200, max_size=200), st.integers(1, 4))
def test_whatever_a_message_says_its_plan_is_bounded_and_made_of_its_own_sentences(
    text: str, sayings: list[Said], most: int
) -> None:
    found = parts(text)[:200]
    plan = steps(list(zip(found, sayings, strict=False)), 0.9, 0.5, most)
    assert len([step for step in plan if step.outcome == "open"]) <= most
    assert len(plan) <= most + 1
    assert {step.label for step in plan} <= {*LABELS, ""}
    sentences = " ".join(part.text for part in found).split()
    assert Counter(word for step in plan for word in step.text.split()) <= Counter(sentences)


# -- thirty messages, with the real intent model ----------------------------------------------------


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("planner"))


def test_thirty_messages_are_split_into_their_requests_and_into_nothing_else(desk: Bench) -> None:
    lost, invented, unsure = 0, 0, 0
    for row in MESSAGES:
        found = parts(row["text"])
        told = drained(desk.intents.predict("front-desk", [part.text for part in found]))[1]
        plan = steps(list(zip(found, told, strict=True)), 0.9, 0.5, 4)
        true = Counter(label or "" for label in row["requests"])
        made = Counter(step.label for step in plan)
        invented += sum((made - true - Counter({"": 9})).values())
        unsure += max(0, made[""] - true[""])
        lost += max(0, sum(true.values()) - sum(made.values()))
        assert len(plan) <= 4
    assert (lost, invented) == (0, 0)
    assert unsure <= 1


# -- the whole way ----------------------------------------------------------------------------------


def run(bench: Bench, text: str) -> tuple[list[Handed], Handoff]:
    first = opened(sha256=stored(bench, text))
    events = [event for event in relay.run(first, bench) if isinstance(event, Handed)]
    opening = Handed("t1", 0, first.why, {"card": {"id": "t1", "source": "x", "sha256": "", "playbook": "small"}})
    return events, fold([opening, *events])


TWO = (
    "Hello,\n\nWhen is my refund paid? Please refund the jacket of LF-20417, I want my money back.\n\n"
    "How do I return the jacket? Please send a return label, I want to send the boots of LF-20459 back.\n\nThanks\nJo"
)


def test_two_requests_are_worked_one_after_the_other_and_answered_in_one_draft(home: Path) -> None:
    with small_bench(home, playbook=PLANNED) as bench:
        events, state = run(bench, TWO)
        assert [(step.label, step.outcome) for step in state.plan] == [("refund", "answered"), ("return", "answered")]
        assert state.ending == "finished"
        assert [event.why.receiver for event in events].count("planner") == 3
        assert state.draft is not None
        assert state.route is not None
        assert state.verdict is not None
        assert (state.route.label, [one.label for one in state.route.also]) == ("refund", ["return"])
        assert "order LF-20417: Ridge tent" in state.draft.text
        assert "order LF-20459: Ember stove" in state.draft.text
        assert len(state.verdict.sentences) == len(state.draft.sentences)
        numbers = {evidence.n for evidence in state.evidence}
        assert numbers == set(range(1, len(state.evidence) + 1))
        assert {n for sentence in state.draft.sentences for n in sentence.citations} <= numbers


def test_each_citation_of_the_merged_draft_is_the_one_its_step_had(home: Path) -> None:
    with small_bench(home, playbook=PLANNED) as bench:
        state = run(bench, TWO)[1]
        quotes = {evidence.n: evidence.quote for evidence in state.evidence}
        assert state.draft is not None
        merged = {one.text: [quotes[n] for n in one.citations] for one in state.draft.sentences}
        for step in state.plan:
            own = {evidence.n: evidence.quote for evidence in step.evidence}
            assert step.draft is not None
            for sentence in step.draft.sentences:
                assert merged[sentence.text] == [own[n] for n in sentence.citations]


def test_one_request_goes_on_unsplit(home: Path) -> None:
    with small_bench(home, playbook=PLANNED) as bench:
        events, state = run(bench, "When is my refund paid?")
        assert state.plan == ()
        assert next(event.why.reason for event in events if event.why.sender == "planner").startswith("One request")


SAID = {"money back please": ("refund",), "send a label": ("return",), "money and a label": ("refund", "return")}


def test_a_single_label_that_is_not_sure_is_a_step_for_a_person(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the intent model says several labels of one text, one that it says alone is not let through more easily."""
    rows = [(f"{words} {n}", labels) for words, labels in SAID.items() for n in range(6)]
    monkeypatch.setattr(planner, "steps_of_facets", lambda *_: (Step("refund", 0.6, "When is it paid?"),))
    with small_bench(home, playbook=PLANNED.partition("[thresholds]")[0]) as bench:
        drained(bench.intents.train("small", rows))
        baton = after(opened(sha256=stored(bench, "When is it paid?")), "reader", bench)
        baton = dataclasses.replace(baton, why=dataclasses.replace(baton.why, receiver="planner"))
        split = after(baton, "planner", bench)
        assert [(step.label, step.outcome) for step in split.plan] == [("refund", "open")]
        monkeypatch.setattr(planner, "steps_of_facets", lambda *_: (Step("refund", 0.95, "When is it paid?"),))
        assert after(baton, "planner", bench).plan == ()


def test_an_amount_outside_of_all_requests_is_seen_by_the_rules_and_by_who_reviews(home: Path) -> None:
    field = "[[fields]]\nname = 'amount'\npattern = '(\\d+) EUR'\npick = 'largest'\n"
    rule = "[[rules]]\ncheck = 'amount_over'\nfield = 'amount'\nlimit = 500\nthen = 'person'\n"
    text = TWO.replace("Thanks\nJo", "Thanks\n\nP.S. The tent was 900 EUR.")
    with small_bench(home, playbook=f"{PLANNED}\n{field}\n{rule}") as bench:
        state = run(bench, text)[1]
        assert (state.ending, state.why.code) == ("review", "amount_over")
    review = "[[review]]\nrole = 'manager'\nfield = 'amount'\nabove = 500\n"
    with small_bench(home, playbook=f"{PLANNED}\n{field}\n{review}") as bench:
        assert run(bench, text)[1].reviewer == "manager"


def test_a_team_whose_verifier_is_left_out_works_all_requests_and_says_that_nobody_has_looked(home: Path) -> None:
    with small_bench(home, playbook=f'{PLANNED}\n[only.verifier]\nkinds = ["pdf"]\n') as bench:
        _, state = run(bench, TWO)
        assert [step.outcome for step in state.plan] == ["answered", "answered"]
        assert state.verdict is not None
        assert state.verdict.outcome == "escalate"
        assert {one.objection for one in state.verdict.sentences} == {"no verifier has looked at it"}


def test_what_can_not_be_answered_is_left_to_a_person_beside_what_can(home: Path) -> None:
    with small_bench(home, playbook=PLANNED) as bench:
        read = after(opened(sha256=stored(bench, TWO)), "reader", bench)
        plan = (Step("refund", 0.9, "When is my refund paid?"), Step("", 0.1, "What is the capital of Mongolia?"))
        state = read.to("planner", "A plan.", plan=plan)
        for event in relay.run(state, bench):
            if isinstance(event, Handed):
                state = changed(state, event.why, event.seq, event.changes)
        assert (state.ending, state.why.code) == ("review", "partly_answered")
        assert [step.outcome for step in state.plan] == ["answered", "escalated"]
        assert "What is the capital of Mongolia?" in state.why.reason
        assert state.draft is not None
        assert state.verdict is not None
        assert state.verdict.outcome == "escalate"


def test_a_hard_rule_stops_the_whole_message(home: Path) -> None:
    rule = '[[rules]]\ncheck = "words"\nany = ["my lawyer"]\nthen = "person"\n'
    with small_bench(home, playbook=f"{PLANNED}\n{rule}") as bench:
        events, state = run(bench, TWO.replace("How do I", "My lawyer asks. How do I"))
        assert (events[-1].why.sender, events[-1].why.receiver, state.ending) == ("router", "person", "review")


def test_what_a_person_sorted_is_not_split_again(home: Path) -> None:
    with small_bench(home, playbook=PLANNED) as bench:
        first = dataclasses.replace(opened(sha256=stored(bench, TWO)), answers=(Answer("intent", "return", "Jo"),))
        handed = [event for event in relay.run(first, bench) if isinstance(event, Handed)]
        assert len(handed) > 3
        assert "plan" not in {name for event in handed for name in event.changes}
