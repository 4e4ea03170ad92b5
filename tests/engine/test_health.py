"""The breaker: closed, open, half-open, and what each means for who asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import health
from engine.cards import Problem
from engine.health import FAILURES, LONGEST_REST, REST, Health


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test may change."""
    time = [1_000_000.0]
    monkeypatch.setattr(health.time, "time", lambda: time[0])
    return time


@pytest.fixture
def sick(home: Path, now: list[float]) -> Health:
    """A model `m` that has just failed as often as it may."""
    home.mkdir()
    found = Health(home)
    for _ in range(FAILURES):
        found.ask("m")
        found.failed("m", "too_slow")
    return found


def test_a_model_is_asked_until_it_has_failed_three_times_in_a_row(home: Path, now: list[float]) -> None:
    home.mkdir()
    found = Health(home)
    for number in range(1, FAILURES):
        assert f"failure {number} of {FAILURES}" in found.failed("m", "too_slow")
        found.ask("m")
    assert found.breaker("m").state(now[0]) == "closed"
    assert "rests for 300 seconds" in found.failed("m", "too_slow")
    assert found.breaker("m").state(now[0]) == "open"


def test_a_success_in_between_begins_the_count_anew(home: Path, now: list[float]) -> None:
    home.mkdir()
    found = Health(home)
    for _ in range(2 * FAILURES):
        found.failed("m", "too_slow")
        found.served("m")
    found.ask("m")
    assert found.breaker("m").failures == 0


def test_a_model_that_rests_is_not_asked_and_the_sentence_says_why(sick: Health) -> None:
    with pytest.raises(Problem, match=r"m failed 3 times in a row \(last: too_slow\), and rests for 300") as caught:
        sick.ask("m")
    assert caught.value.code == "model_resting"
    sick.ask("another")


def test_after_its_rest_it_is_tried_once(sick: Health, now: list[float]) -> None:
    now[0] += REST
    assert sick.breaker("m").state(now[0]) == "half-open"
    sick.ask("m")
    with pytest.raises(Problem):
        sick.ask("m")


def test_a_trial_that_succeeds_closes_it(sick: Health, now: list[float]) -> None:
    now[0] += REST
    sick.ask("m")
    sick.served("m")
    assert sick.breaker("m").state(now[0]) == "closed"


def test_a_trial_that_takes_the_engine_with_it_doubles_the_rest(sick: Health, now: list[float], home: Path) -> None:
    now[0] += REST
    sick.ask("m")
    later = Health(home)
    now[0] += REST
    assert later.breaker("m").state(now[0]) == "open"
    now[0] += REST
    assert later.breaker("m").state(now[0]) == "half-open"


def test_no_rest_is_longer_than_the_longest(sick: Health, now: list[float]) -> None:
    for _ in range(10):
        now[0] += LONGEST_REST
        sick.ask("m")
        sick.failed("m", "too_slow")
    assert sick.breaker("m").until == now[0] + LONGEST_REST


@pytest.mark.parametrize("code", ["model_missing", "model_changed", "too_long", "over_budget", "no_model"])
def test_what_is_not_the_models_fault_does_not_count(code: str, home: Path) -> None:
    found = Health(home)
    assert found.failed("m", code) == ""
    assert found.breaker("m").failures == 0


@pytest.mark.parametrize("text", ["", "[]", '{"m": 3}', '{"m": {"sick": 1}}', "\x00"])
def test_notes_that_cannot_be_read_count_as_none(text: str, home: Path) -> None:
    home.mkdir()
    (home / "health.json").write_text(text)
    found = Health(home)
    found.ask("m")
    assert "failure 1" in found.failed("m", "too_slow")
