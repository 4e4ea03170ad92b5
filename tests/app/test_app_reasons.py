"""Why a task was taken for an intent: what is told follows from its handoffs, request by request."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.reasons import Candidate, Ruled, choices, ruled
from engine.cards import Field, Flag, Handoff, Place, Request, Route, TaskCard, Why
from engine.events import Handed, fold
from tests.ui import stories

CARD = TaskCard("A", "/a.eml", "a" * 64, "desk", opened="2026-11-20T09:00:00+00:00")
TITLES = {"refund_request": "Refund request"}
RULES = """
[[rules]]
check = "words"
any = ["lawyer"]
then = "person"
[[rules]]
check = "words"
any = ["hospital"]
then = "person"
[[rules]]
check = "amount_over"
field = "amount"
limit = 50
then = "person"
[[rules]]
check = "older_than"
field = "bought"
days = 30
then = "person"
[[rules]]
check = "due_within"
field = "due"
days = 2
then = "person"
"""


def told(story: list[Handed]) -> tuple[list[Handed], list[Handoff]]:
    return story, [fold(story[: place + 1]) for place in range(len(story))]


def scripted(name: str) -> tuple[list[Handed], list[Handoff]]:
    return told([event for event in getattr(stories, name)(CARD, "a.eml") if isinstance(event, Handed)])


def routed(route: Route, receiver: str = "librarian", score: float | None = 0.4) -> tuple[list[Handed], list[Handoff]]:
    pen = stories.Pen(CARD)
    return told([pen.open(), pen.hand("router", "Read."), pen.hand(receiver, "Routed.", score=score, route=route)])


def test_a_message_with_one_request_is_one_choice_with_what_it_was_not() -> None:
    (choice,) = choices(*scripted("refund"), TITLES)
    assert (choice.label, choice.seq, choice.request) == ("refund_request", 3, 0)
    assert choice.others == (Candidate("complaint", 0.05),)
    assert choice.otherwise[0] == "Threshold 0.52: the same, with a score of 0.91."
    assert choice.otherwise[-1].endswith("takes Refund request, one above it asks a person.")


def test_a_message_with_several_requests_is_a_choice_for_each() -> None:
    found = choices(*scripted("several"), TITLES)
    labels = ["return_request", "refund_request", None]
    assert [(one.request, one.of, one.label) for one in found] == [(n, 3, label) for n, label in enumerate(labels, 1)]
    assert found[1].untrusted_words == stories.REQUESTS[1]


def test_the_larger_model_has_the_last_word_and_what_else_is_asked_for_is_named() -> None:
    route = Route(None, 0.4, 0.62, "refund_request", 0.4, also=(Request("complaint", 0.96, "I complain."),))
    history, states = routed(route, "referee")
    pen = stories.Pen(CARD, states[-1])
    agreed = pen.hand(
        "librarian", "The larger model says so, too.", route=Route("refund_request", 0.4, 0.62, rule="it")
    )
    (choice,) = choices(*told([*history, agreed]), TITLES)
    assert (choice.label, choice.referee) == ("refund_request", "The larger model says so, too.")
    assert choice.others == (Candidate("refund_request", 0.4), Candidate("complaint", 0.96))
    disputed = stories.Pen(CARD, states[-1]).hand("person", "They do not agree.", ending="review")
    (choice,) = choices(*told([*history, disputed]), TITLES)
    assert (choice.label, choice.referee) == (None, "They do not agree.")


@pytest.mark.parametrize("code", ["rivals", "novel", "words"])
def test_where_a_person_decides_on_a_sure_intent_that_one_is_the_nearest(code: str) -> None:
    pen = stories.Pen(CARD)
    begun = [pen.open(), pen.hand("router", "Read.")]
    route = Route("exchange", 0.9, 0.62, "refund_request", 0.8)
    stopped = pen.hand("person", "Not left to the model.", score=0.9, code=code, ending="review", route=route)
    (choice,) = choices(*told([*begun, stopped]), TITLES)
    assert choice.label is None
    assert choice.others == (Candidate("exchange", 0.9), Candidate("refund_request", 0.8))


def test_a_corrected_task_tells_of_what_the_person_said() -> None:
    history, states = routed(Route("complaint", 0.7, 0.62, "refund_request", 0.2))
    pen = stories.Pen(CARD, states[-1])
    said = Route("refund_request", 1.0, 0.0, rule="a person")
    again = [pen.hand("person", "Checked.", ending="review")]
    pen.now = pen.now.to("router", "")
    again.append(pen.hand("librarian", "Refund request: decided by a person.", route=said))
    (choice,) = choices(*told([*history, *again]), TITLES)
    assert choice.label == "refund_request"
    assert choice.otherwise == ("No threshold decided: a person did, whatever the score.",)
    assert choices([], [], TITLES) == []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "playbooks").mkdir()
    examples = {
        "refund_request": '["I want my money back", "Please refund my order"]',
        "complaint": '["It is bad", "I am angry"]',
    }
    intents = "".join(f'[[intents]]\nlabel = "{label}"\nexamples = {texts}\n' for label, texts in examples.items())
    fields = "".join(f'[[fields]]\nname = "{name}"\npattern = "{name} (.+)"\n' for name in ("bought", "due", "amount"))
    fields += 'title = "Sum in all"\n'
    body = f'name = "desk"\nversion = 1\nlegs = ["reader", "extractor", "router"]\n{RULES}'
    (tmp_path / "playbooks" / "desk.toml").write_text(f"{body}{fields}{intents}")
    return tmp_path


def state(*values: tuple[str, str], flags: tuple[Flag, ...] = (), rule: str = "") -> Handoff:
    place = Place("a" * 64, "a.eml", 1, 0, 1)
    fields = tuple(Field(name, value, value, place) for name, value in values)
    why = Why("router", "desk", "")
    return Handoff(CARD, why, 1, fields=fields, flags=flags, route=Route("refund_request", 1.0, 0.0, rule=rule))


def test_rules_that_fired_were_near_or_found_nothing(home: Path) -> None:
    flags = (Flag("words", "“lawyer” stands in it."), Flag("hidden_text", "No rule says so."))
    values = (("amount", "EUR 48.90"), ("bought", "2026-10-25"), ("due", "2026-11-25"))
    assert ruled(home, state(*values, flags=flags)) == [
        Ruled("fired", "“words”: “lawyer” stands in it."),
        Ruled("near", "“amount over”: Sum in all is EUR 48.90; it looks for more than 50."),
        Ruled("near", "“older than”: bought is 26 days ago; it looks for more than 30."),
        Ruled("near", "“due within”: due is in 5 days; it looks for 2 or less."),
        Ruled("passed", "These found nothing: “words”."),
    ]


def test_what_is_far_from_every_limit_is_not_near(home: Path) -> None:
    values = (("amount", "EUR 12"), ("bought", "2026-11-18"), ("due", "2027-02-01"))
    assert ruled(home, state(*values)) == [
        Ruled("passed", "These found nothing: “words” (2), “amount over”, “older than”, “due within”.")
    ]


def test_a_rule_that_decided_the_intent_fired_and_a_lost_playbook_is_said(home: Path) -> None:
    assert ruled(home, state(rule="rule words"))[0].standing == "fired"
    (home / "playbooks" / "desk.toml").unlink()
    (told,) = ruled(home, state())
    assert told.standing == "passed"
    assert "not known any more" in told.sentence
