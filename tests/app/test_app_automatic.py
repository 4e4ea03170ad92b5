"""A draft is approved without a person only where people have shown that such drafts are right; some are audited."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import automatic
from app.automatic import Measured, drawn
from app.desk import Desk
from engine.events import Finished
from tests.app.conftest import Letter, faults
from tests.app.ear import Ear
from tests.app.fake_engine import FakeEngine
from tests.engine.scripted import PLAYBOOK, write_small_desk

BOOK = f'{PLAYBOOK}\n[[automatic]]\nintent = "refund"\nerror = 0.2\ncases = 30\naudit = 0.01\n'
DRAFTS = """
    route = {"label": name.partition("-")[0], "score": 0.99, "threshold": 0.5}
    forged = "forged" in name
    sentence = {"text": "Paid within 14 days.", "author": "a-model" if forged else "playbook"}
    said = {"text": "Paid within 14 days.", "supported": True}
    hand("desk", ending="finished", route=route, draft={"sentences": [sentence]},
         verdict={"outcome": "pass", "sentences": [said]})
    say("Finished", card=card)
"""


@pytest.fixture
def busy(home: Path, engine: FakeEngine, letter: Letter, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk on which people have approved thirty refunds, and nobody is audited."""
    write_small_desk(home, BOOK)
    engine.acts(DRAFTS)
    monkeypatch.setattr(automatic, "drawn", lambda seal, share: False)
    desk = Desk(home)
    for number in range(30):
        desk.approve(finished(desk, letter(f"refund-{number}.txt", f"refund {number}")))
    yield desk
    desk.close()


def finished(desk: Desk, file: Path) -> str:
    """The task of a letter whose draft waits."""
    ear = Ear(desk)
    (task,) = desk.submit([file], "small")
    assert ear.last_word(task) == Finished(task)
    return task


def test_after_enough_right_drafts_the_next_is_approved_without_a_person(
    busy: Desk, letter: Letter, home: Path
) -> None:
    state = busy.handoff(finished(busy, letter("refund-31.txt", "one more")))
    assert state.decision is not None
    assert (state.decision.verb, state.decision.by, state.why.code) == ("approved", "automatic", "automatic")
    assert state.decision.text == "Paid within 14 days."
    assert "0 of 30 decided drafts for refund were wrong: at most 11.4 %" in state.why.reason.replace("%", " %")
    assert faults(home) == []


def test_the_desk_does_not_take_the_engines_word_for_it(busy: Desk, letter: Letter) -> None:
    state = busy.handoff(finished(busy, letter("refund-forged.txt", "forged")))
    assert state.verdict is not None
    assert state.verdict.outcome == "pass"
    assert state.decision is None
    assert (state.why.code, state.why.reason) == (
        "unsupported", "“Paid within 14 days.”: it cites no evidence. A person decides.",
    )  # fmt: skip


def test_another_class_waits_for_a_person(busy: Desk, letter: Letter) -> None:
    assert busy.handoff(finished(busy, letter("return-1.txt", "another"))).decision is None


def test_what_the_playbook_gives_to_somebody_waits_for_them(busy: Desk, letter: Letter, home: Path) -> None:
    write_small_desk(home, f'{BOOK}\n[[review]]\nrole = "senior clerk"\nintents = ["refund"]\n')
    assert busy.handoff(finished(busy, letter("refund-31.txt", "one more"))).decision is None


def test_errors_that_people_find_end_it(busy: Desk, letter: Letter) -> None:
    for number in range(3):
        task = finished(busy, letter(f"refund-bad-{number}.txt", f"bad {number}"))
        busy.reject(task)
    assert busy.handoff(finished(busy, letter("refund-after.txt", "after"))).decision is None


def test_an_approval_of_its_own_counts_for_nothing(busy: Desk, letter: Letter) -> None:
    for number in range(3):
        finished(busy, letter(f"refund-own-{number}.txt", f"own {number}"))
    approval = automatic.Approval(busy.home, busy._journal)
    assert approval.measured("small", "refund") == Measured(30, 0)


def test_what_is_drawn_for_an_audit_waits_for_a_person_with_the_reason(
    busy: Desk, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic, "drawn", lambda seal, share: len(seal) == 32)
    state = busy.handoff(finished(busy, letter("refund-audit.txt", "audit")))
    assert state.decision is None
    assert (state.why.code, state.ending) == ("audit", "finished")


@pytest.mark.parametrize("drawn_for_an_audit", [False, True])
def test_what_a_person_decides_while_the_desk_measures_stands(
    busy: Desk, letter: Letter, home: Path, monkeypatch: pytest.MonkeyPatch, drawn_for_an_audit: bool
) -> None:
    measuring = automatic.Approval.measured

    def slow(approval: automatic.Approval, playbook: str, intent: str) -> Measured:
        found = measuring(approval, playbook, intent)
        (row,) = [row for row in busy.tasks() if not row.decision]
        busy.reject(row.id, "not this one")
        return found

    monkeypatch.setattr(automatic.Approval, "measured", slow)
    monkeypatch.setattr(automatic, "drawn", lambda seal, share: drawn_for_an_audit)
    state = busy.handoff(finished(busy, letter("refund-31.txt", "one more")))
    assert state.decision is not None
    assert (state.decision.verb, state.decision.note, state.why.sender) == ("rejected", "not this one", "person")
    assert faults(home) == []


def test_too_few_decided_drafts_prove_nothing(home: Path, engine: FakeEngine, letter: Letter) -> None:
    write_small_desk(home, BOOK)
    engine.acts(DRAFTS)
    desk = Desk(home)
    for number in range(4):
        desk.approve(finished(desk, letter(f"refund-{number}.txt", f"refund {number}")))
    assert desk.handoff(finished(desk, letter("refund-5.txt", "five"))).decision is None
    desk.close()


@pytest.mark.parametrize(
    ("cases", "wrong", "upper"), [(0, 0, 1.0), (30, 0, 0.1135), (100, 0, 0.0370), (100, 5, 0.1118), (10, 10, 1.0)]
)
def test_the_upper_end_of_the_error_is_wilsons(cases: int, wrong: int, upper: float) -> None:
    assert Measured(cases, wrong).upper == pytest.approx(upper, abs=0.0002)


def test_an_audit_draws_its_share_and_the_same_tasks_again() -> None:
    seals = [hashlib.sha256(b"%d" % number).digest() for number in range(20_000)]
    share = sum(drawn(seal, 0.1) for seal in seals) / len(seals)
    assert share == pytest.approx(0.1, abs=0.01)
    assert [drawn(seal, 0.1) for seal in seals[:100]] == [drawn(seal, 0.1) for seal in seals[:100]]
