"""The words that find tasks: each term means what it says, and a wrong one is told."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import log as log_module
from app import query
from app.log import Log
from app.log_file import Connection
from engine.cards import Decision, Flag, Problem, Route
from engine.codec import plain
from tests.app.handoffs import opening, step

ROUTES = {
    "A": ("refund_request", 0.9078, "finished"),
    "B": ("refund_request", 0.55, "review"),
    "C": ("complaint", 0.7, "quarantined"),
    "D": ("", 0.0, "queued"),
}


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Four tasks: two refunds, one of them decided, a complaint from an archive, and one that is queued."""
    path = tmp_path_factory.mktemp("query") / "log.db"
    log = Log(path)
    for day, (task, (label, score, ending)) in enumerate(ROUTES.items(), 1):
        first = opening(task)
        first.changes["card"] |= {
            "source": f"/in/50%_{task.lower()}.eml", "opened": f"2026-11-{day:02d}T12:00:00+00:00",
            "within": "A" if task == "C" else "", "duplicate_of": "A" if task == "B" else "",
        }  # fmt: skip
        log.append(first)
        changes: dict[str, Any] = {"flags": [plain(Flag("words", "A word.", ""))] if task == "B" else []}
        if label:
            changes["route"] = plain(Route(label, score, 0.6))
        if ending != "queued":
            changes["ending"] = ending
        log.append(step(task, 1, **changes))
    log.append(step("A", 2, decision=plain(Decision("approved", "a person", "2026-11-05T12:00:00+00:00", "", ""))))
    log.close()
    opened = log_module.read(path)
    yield opened
    opened.close()


def found(db: Connection, words: str) -> str:
    """The ids, in the order in which they are found."""
    wanted = query.read(words)
    rows = wanted.found(db)
    assert wanted.count(db) == len(rows)
    return "".join(row.id for row in rows)


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("", "DCBA"),
        ("intent:refund_request", "BA"),
        ("intent:refund_request,complaint", "CBA"),
        ("intent:refund", "BA"),
        ('intent:"Refund request"', "BA"),
        ("intent:request", ""),
        ("-intent:refund_request", "DC"),
        ("status:review", "B"),
        ("STATUS:Review,quarantined", "CB"),
        ("status:undecided", "B"),
        ("status:decided", "A"),
        ("status:approved", "A"),
        ("score:<0.7 status:review", "B"),
        ("score:<=0.7", "CB"),
        ("score:>0.7", "A"),
        ("score:>=0.7", "CA"),
        ("score:0.7", "C"),
        ("score:0.5..0.7", "CB"),
        ("score:<0.91", "CB"),
        ("score:0.91", "A"),
        ("score:>0.9", "A"),
        ("warnings:>0", "B"),
        ("is:duplicate", "B"),
        ("is:attachment", "C"),
        ("-is:duplicate -is:attachment", "DA"),
        ("refund", "BA"),
        ('"refund request"', "BA"),
        ("refund -approved status:review", "B"),
        ("50%_b", "B"),
        ("50_", ""),
        ("task:C", "C"),
        ("playbook:nothing", ""),
        ("sort:score", "DBCA"),
        ("sort:-score", "ACBD"),
        ("sort:created status:review,quarantined", "BC"),
        ("sort:name", "ABCD"),
        ("http://somewhere", ""),
        ('"', "DCBA"),
    ],
)
def test_each_term_finds_what_it_says(db: Connection, words: str, ids: str) -> None:
    assert found(db, words) == ids


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("created:2026-11-02", "B"),
        ("created:<2026-11-02", "A"),
        ("created:<=2026-11-02", "BA"),
        ("created:>2026-11-02", "DC"),
        ("created:>=2026-11-02", "DCB"),
        ("created:2026-11-02..2026-11-03", "CB"),
        ("created:2026-11", "DCBA"),
        ("created:2026", "DCBA"),
        ("created:2026-12", ""),
        ("created:<2026", ""),
    ],
)
def test_days_are_those_of_this_machine(db: Connection, monkeypatch: pytest.MonkeyPatch, words: str, ids: str) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert found(db, words) == ids
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_day_begins_when_it_does_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert query.read("created:>=2026-11-02").values == ("2026-11-01T15:00:00+00:00",)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert datetime.datetime.now().astimezone().tzinfo is not None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("label:refund", "There is no “label:”. There are intent:, "),
        ("status:open", "“status:open” is none of queued, "),
        ("is:new", "“is:new” is none of duplicate, attachment"),
        ("sort:size", "“sort:size” is none of score, "),
        ("score:high", "“high” is no number"),
        ("score:<nan", "“<nan” is no number"),
        ("score:<0.5..0.7", "is no comparison"),
        ("created:yesterday", "is no date: write 2026-11-01"),
        ("created:2026-02-31", "is no date"),
        ("created:2026-1-1-1", "is no date"),
        ("intent:", "“intent:” lacks a value"),
        ("a " * 51, "More than 50 words"),
    ],
)
def test_a_term_that_means_nothing_is_told(words: str, told: str) -> None:
    with pytest.raises(Problem) as caught:
        query.read(words)
    assert caught.value.code == "bad_query"
    assert told in caught.value.sentence


@given(st.floats(0.01, 1))
def test_a_score_is_compared_as_it_is_shown(db: Connection, score: float) -> None:
    shown = f"{score:.2f}"
    assert db.execute("select round(?, 2) = ?", [score, float(shown)]).fetchone()[0] == 1


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_query_or_a_sentence(db: Connection, words: str) -> None:
    with contextlib.suppress(Problem):  # a sentence for a person
        wanted = query.read(words)
        assert wanted.count(db) == len(wanted.found(db))


def test_an_inbox_has_the_newest_and_what_waits_or_was_set_aside_and_one_more(db: Connection) -> None:
    rows, total, undecided = query.inbox(db, 1, "")
    assert ([row.id for row in rows], total, undecided) == (["B", "C", "D"], 4, 1)
    assert [row.id for row in query.inbox(db, 1, "A")[0]] == ["A", "B", "C", "D"]
    assert [row.id for row in query.inbox(db, 9, "")[0]] == ["A", "B", "C", "D"]
