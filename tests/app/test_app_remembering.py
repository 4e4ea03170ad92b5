"""The memory follows the log: taken in, made again, forgotten; and what people and later tasks see of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app import log
from app.desk import Desk
from app.log_rows import sqlite
from app.remembering import Remembering
from app.replay import replay
from engine.cards import Problem
from engine.memory import FILE, Memory, Seen
from tests.app.conftest import Letter, faults
from tests.app.ear import Ear
from tests.app.fake_engine import FakeEngine
from tests.app.test_app_log_erase import holding
from tests.engine.scripted import write_small_desk
from tests.engine.test_memory import GOOD, REMEMBERING

Baton = Callable[..., subprocess.CompletedProcess[str]]
QUOTE = "Refunds are paid within 14 days to the card that was used."
CUSTOMER = "umbrella@example.com"
# The letter's name is the customer's; what it was told of is what a file beside the engine says.
SCRIPT = """
    sha256 = baton["card"]["sha256"]
    place = {"document": sha256, "name": name, "page": 1, "start": 6, "end": 26}
    policy = {"document": "a" * 64, "name": "policy.md", "page": 1, "start": 0, "end": 58}
    value = name.partition(".")[0] + "@example.com"
    told = open(HERE + "/told").read().split() if os.path.exists(HERE + "/told") else []
    cells = [[["task", task], ["date", "d"], ["intent", "i"], ["outcome", "o"], ["same", "email"]] for task in told]
    hand("extractor", documents=[{"sha256": sha256, "name": name, "kind": "txt", "pages": 1, "words": 3}])
    hand("router", fields=[{"name": "email", "value": value, "quote": value, "place": place}])
    hand("clerk", route={"label": "refund", "score": 0.9, "threshold": 0.5})
    quote = "Refunds are paid within 14 days to the card that was used."
    found = [{"n": n, "quote": value, "place": place, "score": 1.0, "origin": "tool:earlier", "cells": one}
             for n, one in enumerate(cells, 2)]
    hand("drafter", evidence=[{"n": 1, "quote": quote, "place": policy, "score": 0.9, "origin": "policies"}, *found])
    hand("verifier", draft={"sentences": [{"text": quote, "citations": [1], "author": "a-model"}], "drew_on": told})
    hand("desk", verdict={"outcome": "pass"}, ending="finished")
    say("Finished", card=card)
"""
NUMBER = iter(range(1000))


@pytest.fixture(autouse=True)
def small(home: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that happens at the desk happens a second after the thing before."""
    write_small_desk(home, REMEMBERING)
    engine.acts(SCRIPT)
    times = (f"2026-10-05T08:{n // 60:02}:{n % 60:02}+00:00" for n in range(3600))
    for place in ("app.desk.now", "app.decisions.now"):
        monkeypatch.setattr(place, lambda: next(times))


def worked(desk: Desk, ear: Ear, letter: Letter, name: str = "umbrella.txt", text: str = "") -> str:
    number = next(NUMBER)
    (task,) = desk.submit([letter(f"{number}/{name}", text or f"From: {CUSTOMER}, letter {number}")], "small")
    ear.last_word(task)
    return task


def told_of(engine: FakeEngine, *tasks: str) -> None:
    (engine._package / "told").write_text(" ".join(tasks))


def known(home: Path) -> dict[str, str]:
    """What each remembered case came to."""
    if not (home / FILE).exists():
        return {}
    db = sqlite().connect(str(home / FILE))
    rows = db.execute("select task, verb from cases").fetchall()
    db.close()
    return dict(rows)


def seen(home: Path) -> Seen:
    with Memory(home).writing() as book:
        return book.seen()


def test_what_was_decided_is_known_when_the_next_task_is_worked(
    desk: Desk, ear: Ear, letter: Letter, home: Path
) -> None:
    first = worked(desk, ear, letter)
    desk.approve(first, GOOD)
    second = worked(desk, ear, letter)
    assert known(home)[first] == "edited", "taken in before the second was worked"
    opened = desk.handoff(second).card.opened
    ((case, shared),), count = Memory(home).earlier("small", {"email": CUSTOMER.upper()}, opened, 5)
    assert (case.task, shared, count) == (first, ("email",), 1)
    (key,) = case.keys
    assert (key.document, key.page, key.start) == (case.sha256, 1, 6)
    assert [(pair.quote, pair.sentence, pair.task) for pair in Memory(home).pairs("small", opened, {"refund"})] == [
        (QUOTE, GOOD, first)
    ]


def test_a_decision_that_changes_changes_what_is_known(desk: Desk, ear: Ear, letter: Letter, home: Path) -> None:
    task = worked(desk, ear, letter)
    desk.approve(task, GOOD)
    assert Remembering(home).catch_up().pairs("small", "3", {"refund"}) != []
    desk.reject(task)
    assert Remembering(home).catch_up().pairs("small", "3", {"refund"}) == []
    assert known(home) == {task: "rejected"}
    desk.correct(task, "refund")
    ear.last_word(task)
    Remembering(home).catch_up()
    assert known(home) == {task: ""}


def test_an_automatic_approval_is_a_fact_and_teaches_nothing(desk: Desk, ear: Ear, letter: Letter, home: Path) -> None:
    from engine.cards import Decision

    task = worked(desk, ear, letter)
    decision = Decision("approved", "automatic", "2026-10-05T09:00:00+00:00", GOOD)
    desk._journal.hand(task, "desk", "desk", "Approved without a person.", "automatic", decision=decision)
    memory = Remembering(home).catch_up()
    assert memory.earlier("small", {"email": CUSTOMER}, "3", 5)[1] == 1
    assert memory.pairs("small", "3", {"refund"}) == []


def test_a_copy_is_no_case_and_has_those_of_its_original(desk: Desk, ear: Ear, letter: Letter, home: Path) -> None:
    task = worked(desk, ear, letter, text="From: umbrella@example.com, twice")
    copy = worked(desk, ear, letter, text="From: umbrella@example.com, twice")
    other = worked(desk, ear, letter)
    Remembering(home).catch_up()
    assert set(known(home)) == {task, other}
    assert [one.case.task for one in desk.related(copy)] == [task, other]


@pytest.mark.parametrize("loss", ["gone", "older", "of another log", "garbage"])
def test_a_memory_that_is_lost_or_behind_is_made_again(
    desk: Desk, ear: Ear, letter: Letter, home: Path, loss: str
) -> None:
    first = worked(desk, ear, letter)
    desk.approve(first, GOOD)
    before = Remembering(home).catch_up() and (home / FILE).read_bytes()
    second = worked(desk, ear, letter)
    desk.reject(second)
    if loss == "of another log":
        with Memory(home).writing() as book:
            book.mark(Seen(3, "ab" * 32))
    else:
        for path in home.glob(f"{FILE}*"):
            path.unlink()
        if loss != "gone":
            (home / FILE).write_bytes(before if loss == "older" else b"nonsense" * 1000)
    third = worked(desk, ear, letter)
    Remembering(home).catch_up()
    assert known(home) == {first: "edited", second: "rejected", third: ""}
    db = log.read(home / "log.db")
    end = log.checkpoint(db)
    db.close()
    assert (seen(home).row, seen(home).hash) == (end.rows, end.hash)


def test_a_memory_that_was_cut_off_while_it_was_made_goes_on(
    desk: Desk, ear: Ear, letter: Letter, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [worked(desk, ear, letter) for _ in range(3)]
    desk.close()
    (home / FILE).unlink()
    monkeypatch.setattr("app.remembering.BATCH", 2)
    steps = iter([True, True, True, False])
    Remembering(home).catch_up(lambda: next(steps))
    assert seen(home).row == 6
    rows = seen(home).row
    Remembering(home).catch_up()
    assert seen(home).row > rows
    assert set(known(home)) == set(tasks)


def test_a_desk_that_dies_between_log_and_memory_catches_up(desk: Desk, ear: Ear, letter: Letter, home: Path) -> None:
    task = worked(desk, ear, letter)
    before = (home / FILE).read_bytes()
    desk.approve(task, GOOD)
    desk.close()
    for path in home.glob(f"{FILE}*"):
        path.unlink()
    (home / FILE).write_bytes(before)  # as if the process had been killed right after the log was written
    again = Desk(home)
    try:
        second = worked(again, Ear(again), letter)
        assert known(home)[task] == "edited"
        assert again.handoff(second).ending == "finished"
    finally:
        again.close()


def test_other_keys_of_the_playbook_count_for_what_was_worked_before(
    desk: Desk, ear: Ear, letter: Letter, home: Path
) -> None:
    first, second = worked(desk, ear, letter), worked(desk, ear, letter)
    assert [one.case.task for one in desk.related(first)] == [second]
    write_small_desk(home, REMEMBERING.replace('"order_number", "email"]', '"order_number"]').replace(
        ', email = "email"', ""))  # fmt: skip
    assert desk.related(first) == []
    (home / "playbooks" / "small.toml").write_text("name =")
    assert desk.related(first) == [], "a broken playbook changes nothing"
    write_small_desk(home, REMEMBERING)
    assert [one.case.task for one in desk.related(first)] == [second]


def test_a_playbook_that_is_broken_when_the_desk_opens_loses_no_related_case(
    desk: Desk, ear: Ear, letter: Letter, home: Path
) -> None:
    first, second = worked(desk, ear, letter), worked(desk, ear, letter)
    Remembering(home).catch_up()
    desk.close()
    (home / "playbooks" / "small.toml").write_text("name =")
    again = Desk(home)
    try:
        assert [one.case.task for one in again.related(first)] == [second]
    finally:
        again.close()
    assert seen(home).keys["small"] == ("order_number", "email")


def test_a_desk_whose_memory_can_not_be_opened_works_on_without_it(
    desk: Desk, ear: Ear, letter: Letter, home: Path
) -> None:
    desk.close()
    for path in home.glob(f"{FILE}*"):
        path.unlink()
    (home / FILE).mkdir()
    again = Desk(home)
    try:
        task = worked(again, Ear(again), letter)
        assert again.handoff(task).ending == "finished"
        with pytest.raises(Problem) as caught:
            again.related(task)
        assert caught.value.code == "memory_unreadable"
        assert FILE in caught.value.sentence
    finally:
        again.close()


def test_a_log_that_can_not_be_read_parks_the_task_and_it_goes_on_when_it_can(
    desk: Desk, ear: Ear, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.events import Failed

    def broken(*given: object) -> None:
        raise sqlite().OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr("app.log.log_rows.of_task", broken)
        (task,) = desk.submit([letter("umbrella.txt", "Anything")], "small")
        failed = ear.last_word(task)
    assert isinstance(failed, Failed)
    assert failed.code == "log_unreadable"
    assert (desk.tasks()[0].state, desk.tasks()[0].reason) == ("parked", failed.sentence)
    desk.resume()
    ear.last_word(task)
    assert desk.handoff(task).ending == "finished"


@pytest.mark.parametrize("broken", ["checkpoint", "history"])
def test_a_log_that_can_not_be_taken_in_is_said_and_no_fault_of_the_memory(
    desk: Desk, ear: Ear, letter: Letter, home: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    task = worked(desk, ear, letter)
    desk.approve(task, GOOD)

    def fails(*given: object) -> None:
        raise sqlite().OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(log, broken, fails)
        with pytest.raises(Problem) as caught:
            Remembering(home).catch_up() if broken == "history" else desk._remembering.catch_up()
    assert caught.value.code == "log_unreadable"
    desk.related(task)
    assert known(home) == {task: "edited"}


def test_a_full_disk_stops_no_more_than_the_task(
    desk: Desk, ear: Ear, letter: Letter, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.events import Failed

    def full(*given: object) -> None:
        raise Problem("memory_full", "The disk is full.")

    worked(desk, ear, letter)
    taking = Remembering._take_some
    monkeypatch.setattr(Remembering, "_take_some", full)
    (task,) = desk.submit([letter("umbrella.txt", "Anything")], "small")
    assert ear.last_word(task) == Failed(task, "memory_full", "The disk is full.")
    assert desk.handoff(task).ending is None
    monkeypatch.setattr(Remembering, "_take_some", taking)
    desk.resume()
    ear.last_word(task)
    assert desk.handoff(task).ending == "finished"


# Erasing


def test_an_erased_case_leaves_no_trace_in_the_memory_and_who_cites_it_is_named(
    desk: Desk, ear: Ear, letter: Letter, home: Path, engine: FakeEngine
) -> None:
    told = worked(desk, ear, letter)
    desk.approve(told, GOOD)
    sha256 = desk.handoff(told).card.sha256
    told_of(engine, told)
    citing = worked(desk, ear, letter, name="other.txt", text="Another letter")
    told_of(engine)
    bystander = worked(desk, ear, letter, name="third.txt", text="A third letter")
    assert any(name.startswith(FILE) for name in holding(home, CUSTOMER))
    assert any(name.startswith(FILE) for name in holding(home, GOOD))
    erased = desk.erase(told)
    assert (erased.tasks, erased.cited_by, erased.traces) == ((told,), (citing,), ())
    assert holding(home, CUSTOMER, "umbrella.txt", GOOD, sha256) == []
    assert [name for name in holding(home, told) if not name.startswith("log.db")] == []
    assert desk.related(citing) == []
    assert set(known(home)) == {citing, bystander}
    assert desk.erase(citing).cited_by == ()
    assert holding(home, told, citing) == []
    assert faults(home) == []


def test_a_case_that_was_erased_from_the_log_only_is_forgotten_when_the_memory_catches_up(
    desk: Desk, ear: Ear, letter: Letter, home: Path
) -> None:
    task, other = worked(desk, ear, letter), worked(desk, ear, letter, name="other.txt", text="Another")
    desk._log.erase([task], "Ida")
    Remembering(home).catch_up()
    assert set(known(home)) == {other}
    assert not [name for name in holding(home, CUSTOMER) if name.startswith(FILE)]


def test_an_engine_reads_on_while_the_memory_is_emptied(desk: Desk, ear: Ear, letter: Letter, home: Path) -> None:
    task = worked(desk, ear, letter)
    memory = Remembering(home).catch_up()
    with memory._reading() as db:
        assert db is not None
        assert db.execute("select count(*) from cases").fetchone() == (1,)
        memory.forget([task])
        assert db.execute("select count(*) from cases").fetchone() == (0,)
    assert not [name for name in holding(home, CUSTOMER) if name.startswith(FILE)]


# What people see


def test_related_cases_are_listed_with_what_they_share(
    desk: Desk, ear: Ear, letter: Letter, home: Path, baton: Baton
) -> None:
    first, second = worked(desk, ear, letter), worked(desk, ear, letter)
    desk.approve(first, GOOD)
    worked(desk, ear, letter, name="other.txt", text="Another letter")
    (related,) = desk.related(second)
    assert (related.case.task, related.case.verb, [key.name for key in related.shared]) == (first, "edited", ["email"])
    shown = baton("log", "related", second)  # while the desk is open in this process
    assert shown.returncode == 0, shown.stderr
    (line,) = shown.stdout.splitlines()
    assert line.split()[:4] == [first, "2026-10-05", "edited", "refund"]
    assert f"email {CUSTOMER} (page 1)" in line
    told = json.loads(baton("log", "related", second, "--json").stdout)
    assert (told["task"], told["decision"], told["shared"][0]["key"]) == (first, "edited", "email")
    assert told["shared"][0]["sha256"] == desk.handoff(first).card.sha256
    assert baton("log", "related", "T-none").returncode == 3


def test_where_no_other_case_is_known_the_reason_is_told(
    desk: Desk, ear: Ear, letter: Letter, home: Path, baton: Baton
) -> None:
    task = worked(desk, ear, letter)
    alone = baton("log", "related", task)
    assert alone.stdout == "No other case shares a key with it (order_number, email).\n"
    write_small_desk(home)
    keyless = baton("log", "related", task)
    assert "The playbook small names no keys" in keyless.stdout
    assert 'heading [memory] and below it keys = ["order_number"]' in keyless.stdout


def test_a_replay_is_told_what_was_known_then_and_says_what_has_changed_since(
    desk: Desk, ear: Ear, letter: Letter, home: Path, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = worked(desk, ear, letter)
    desk.approve(first, GOOD)
    told_of(engine, first)
    second = worked(desk, ear, letter)
    desk.approve(second)
    third = worked(desk, ear, letter)
    desk.approve(third)
    history = desk.history(second)
    desk.close()
    scratch_knew: list[dict[str, str]] = []
    copied = Memory.copy

    def copy(self: Memory, target: Memory, before: str) -> None:
        copied(self, target, before)
        scratch_knew.append(known(target._path.parent))

    monkeypatch.setattr(Memory, "copy", copy)
    same = replay(home, history, None)
    assert scratch_knew == [{first: "edited"}]
    assert not [sentence for sentence in same.circumstances if "earlier cases" in sentence]
    told_of(engine, third)
    found = replay(home, history, None).circumstances
    assert f"It drew on earlier cases that now count for nothing: {first}." in found
    assert f"It draws on earlier cases that it was not told of then: {third}." in found
