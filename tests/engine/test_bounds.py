"""The baton stays small: no agent can make it larger than the stated bounds, and what was cut is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import bounds, relay
from engine.bench import Bench
from engine.bounds import Bound, bounded, size
from engine.cards import (
    Call,
    Document,
    Draft,
    Evidence,
    Field,
    Flag,
    Handoff,
    Judgement,
    Place,
    Request,
    Route,
    Sentence,
    Step,
    Verdict,
)
from engine.codec import changes
from engine.events import Asked, Handed
from engine.permissions import PEOPLES
from tests.engine.scripted import drafting, few, opened

AGENTS = [part.name for part in dataclasses.fields(Handoff) if part.name not in {*PEOPLES, "why", "seq"}]


def kept_of(before: Handoff, after: Handoff) -> Handoff:
    """What is handed on, and said truly."""
    kept, changed = bounded(before, after)
    assert changed == changes(before, kept)
    return kept


@contextmanager
def tight() -> Iterator[None]:
    """Bounds that small values exceed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "LISTS", {name: Bound(3, 2_000) for name in bounds.LISTS})
        patch.setattr(bounds, "WHOLE", {name: Bound(2, 400) for name in bounds.WHOLE})
        for name, most in [("LONGEST_QUOTE", 6), ("LONGEST_REASON", 40), ("LONGEST_NAME", 10), ("LONGEST_TEXT", 5)]:
            patch.setattr(bounds, name, most)
        yield


def within(handoff: Handoff) -> None:
    """Each part, and all of them together, keep the bounds that are stated."""
    for name, bound in {**bounds.LISTS, **bounds.WHOLE}.items():
        part = getattr(handoff, name)
        assert size(part) <= bound.characters, name
        assert not isinstance(part, tuple) or len(part) <= bound.items, name
    assert size(handoff.why) <= bounds.WHY
    most = sum(bound.characters for bound in (*bounds.LISTS.values(), *bounds.WHOLE.values())) + bounds.WHY
    assert size([getattr(handoff, name) for name in (*AGENTS, "why")]) <= most + 20


@st.composite
def legs(draw: st.DrawFn) -> dict[str, Any]:
    """What an agent adds: some parts, each of so many items with texts so long, of letters that JSON writes longer."""
    count, length = st.integers(0, 12), st.integers(0, 90)

    def text() -> str:
        return draw(st.sampled_from('x\0€😀"')) * draw(length)

    def several(make: Callable[[], Any]) -> tuple[Any, ...]:
        return (make(),) * draw(count)

    def where() -> Place:
        return dataclasses.replace(place(3, 3 + draw(length)), name=text(), path=text())

    makers: dict[str, Callable[[], Any]] = {
        "documents": lambda: several(lambda: Document("a" * 64, text(), text(), 1, 1, text())),
        "flags": lambda: several(lambda: Flag(text(), text(), text(), where())),
        "fields": lambda: several(lambda: Field(text(), text(), text(), where())),
        "calls": lambda: several(lambda: Call(text(), ((text(), text(), "model"),), "found", 1)),
        "evidence": lambda: several(
            lambda: Evidence(1, text(), where(), 1.0, text(), text(), several(lambda: (text(), text())))
        ),
        "route": lambda: Route(text(), 0.1, 0.2, also=several(lambda: Request(text(), 0.1, text()))),
        "draft": lambda: Draft(several(lambda: Sentence(text())), 1, text(), text(), several(text)),
        "verdict": lambda: Verdict("pass", several(lambda: Judgement(text(), True)), several(text)),
        "plan": lambda: several(lambda: Step(text(), 0.5, text())),
        "reviewer": text,
    }
    named = draw(st.lists(st.sampled_from(sorted(makers)), max_size=4, unique=True))
    return {"receiver": text(), "reason": text(), **{name: makers[name]() for name in named}}


@settings(few, max_examples=120)
@given(st.lists(legs(), min_size=1, max_size=4))
def test_no_agent_makes_a_baton_larger_than_the_bounds(added: list[dict[str, Any]]) -> None:
    handoff = opened()
    with tight():
        for leg in added:
            handoff = kept_of(handoff, handoff.to(**leg))
            within(handoff)


def test_every_part_that_an_agent_can_add_has_a_bound() -> None:
    assert {*bounds.LISTS, *bounds.WHOLE} == set(AGENTS)
    assert bounds.LARGEST < 24_000_000


def place(start: int, end: int) -> Place:
    return Place("a" * 64, "letter.txt", 1, start, end)


def test_a_list_is_cut_at_its_end_and_a_flag_says_so_to_the_end() -> None:
    before = opened("clerk")
    found = tuple(Evidence(n, f"Row {n}", place(0, 5), 1.0, "tool:orders") for n in range(1, 1001))
    after = kept_of(before, before.to("librarian", "Found.", evidence=found))
    assert after.evidence == found[: bounds.LISTS["evidence"].items]
    (flag,) = after.flags
    assert (flag.code, "256 of 1,000 evidence" in flag.sentence) == ("cut", True)
    routed = kept_of(after, after.to("drafter", "The flags of before are gone.", flags=(Flag("words", "Look."),)))
    assert [one.code for one in routed.flags] == ["words", "cut"]


def test_a_long_quote_still_stands_at_its_place() -> None:
    before = opened("extractor")
    long = Field("item", "x" * 20_000, "x" * 20_000, place(5, 20_005))
    (kept,) = kept_of(before, before.to("router", "Found.", fields=(long,))).fields
    assert len(kept.quote) == kept.place.end - kept.place.start == bounds.LONGEST_QUOTE


def test_texts_are_shortened_where_a_list_is_too_large() -> None:
    before = opened("reader")
    found = tuple(Document("a" * 64, f"{n}{'x' * 40_000}", "txt", 1, 1) for n in range(500))
    after = kept_of(before, before.to("extractor", "Read.", documents=found))
    assert len(after.documents) == 500
    assert {len(document.name) for document in after.documents} == {bounds.LONGEST_TEXT}
    assert "shortened documents" in after.flags[0].sentence


@pytest.mark.parametrize(
    "added",
    [
        {"draft": Draft((Sentence("x" * 200_000, (1,), "a-model"),))},
        {"plan": tuple(Step("refund", 0.9, "Please.") for _ in range(17))},
        {"reviewer": "x" * 5_000},
    ],
)
def test_what_cannot_be_cut_is_refused_and_a_person_decides(added: dict[str, Any]) -> None:
    before = drafting("Refunds are paid within 14 days.")
    after = kept_of(before, before.to("verifier", "Wrote.", **added))
    assert (after.ending, after.why.receiver, after.why.code) == ("review", "person", "too_large")
    assert (after.draft, after.plan, after.reviewer, after.evidence) == (None, (), "", before.evidence)
    assert next(iter(added)) in after.why.reason


def test_the_relay_keeps_the_bounds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from types import SimpleNamespace

    def work(handoff: Handoff, bench: Bench) -> Iterator[Any]:
        yield from ()
        return handoff.to("desk", "y" * 9_000, draft=Draft((Sentence("x" * 999_999),)))

    monkeypatch.setattr(relay, "modules", lambda _: {"reader": SimpleNamespace(work=work)})
    events = list(relay.run(opened(), Bench(tmp_path)))
    (handed,) = [event for event in events if isinstance(event, Handed)]
    assert (handed.why.code, handed.changes) == ("too_large", {"ending": "review"})
    assert isinstance(events[-1], Asked)


def test_an_endless_reason_ends() -> None:
    before = opened()
    why = kept_of(before, before.to("router", "because " * 9_000, model="m" * 9_000)).why
    assert (len(why.reason), len(why.model), why.reason[-1]) == (2_000, 200, "…")
