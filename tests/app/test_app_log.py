"""The log keeps every handoff, in order and once, and finds whatever was done to it behind its back."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from app import log as log_module
from app.group_commit import GroupCommit
from app.log import Checkpoint, Log
from app.log_migrations import MIGRATIONS
from engine.cards import Problem, Why
from engine.events import Handed, fold
from tests.app.handoffs import faults, opening, six_rows, step


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def log(path: Path) -> Iterator[Log]:
    opened = Log(path)
    yield opened
    opened.close()


@pytest.fixture
def written(path: Path) -> Path:
    return six_rows(path)


def cards_of(path: Path) -> list[Any]:
    db = log_module.read(path)
    try:
        return list(log_module.cards(db))
    finally:
        db.close()


def test_what_was_stored_comes_back_in_order(log: Log) -> None:
    events = [opening("A"), step("A", 1, flags=[]), step("A", 2, ending="finished")]
    for event in events:
        log.append(event)
    assert log.history("A") == events
    assert fold(log.history("A")).ending == "finished"
    assert log.history("B") == []


def test_the_list_says_what_the_handoffs_say(log: Log) -> None:
    log.append(opening("A"))
    log.append(opening("B"))
    assert [(row.id, row.state, row.updated) for row in log.cards()] == [("A", "queued", 0), ("B", "queued", 0)]
    log.append(step("A", 1, ending="review"))
    row = log.card("A")
    assert row is not None
    assert (row.state, row.updated, row.reason) == ("review", 1, "Step 1.")
    assert [row.id for row in log.of_content("a" * 64)] == ["A", "B"]
    assert log.card("C") is None


def test_a_handoff_is_stored_once(log: Log) -> None:
    log.append(opening("A"), step("A", 1))
    with pytest.raises(Problem) as caught:
        log.append(step("A", 1, ending="failed"))
    assert caught.value.code == "twice"
    assert fold(log.history("A")).ending is None


def test_an_append_is_all_or_nothing(log: Log) -> None:
    log.append(opening("A"), step("A", 1))
    with pytest.raises(Problem):
        log.append(step("A", 2), step("A", 1))
    assert [event.seq for event in log.history("A")] == [0, 1]


def test_in_a_group_one_bad_append_takes_no_other_with_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are waiting before the writer looks, so that they are committed together."""
    go = threading.Event()
    really_gather = GroupCommit._gathered
    monkeypatch.setattr(GroupCommit, "_gathered", lambda self: (go.wait(10), really_gather(self))[1])
    log = Log(path)
    results: dict[str, str] = {}

    def append(name: str, *events: Handed) -> None:
        try:
            log.append(*events)
            results[name] = "stored"
        except Problem as problem:
            results[name] = problem.code

    jobs = {"A": [opening("A")], "B": [opening("B"), step("B", 1)], "B again": [step("B", 1)], "C": [opening("C")]}
    threads = []
    for number, (name, events) in enumerate(jobs.items(), 1):
        threads.append(threading.Thread(target=append, args=(name, *events)))
        threads[-1].start()
        while len(log._queue._waiting) < number:
            pass
    go.set()
    for thread in threads:
        thread.join(10)
    assert results == {"A": "stored", "B": "stored", "B again": "twice", "C": "stored"}
    assert [row.id for row in log.cards()] == ["A", "B", "C"]
    log.close()
    assert faults(path) == []


@pytest.mark.parametrize(
    ("kind", "where"), [(GroupCommit, "_wait"), (GroupCommit, "_gathered"), (Log, "_store"), (Log, "_insert")]
)
def test_ctrl_c_in_a_writer_keeps_nobody_waiting(
    kind: type, where: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(path)
    log.append(opening("A"))

    def interrupted(*words: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kind, where, interrupted)
        with pytest.raises(KeyboardInterrupt):
            log.append(step("A", 1))
    other = threading.Thread(target=log.append, args=(opening("B"),))
    other.start()
    other.join(10)
    assert not other.is_alive()
    log.close()
    assert [row.id for row in cards_of(path)] == ["A", "B"]
    assert faults(path) == []


def test_several_threads_write_one_chain(log: Log, path: Path) -> None:
    def fill(card: str) -> None:
        log.append(opening(card))
        for seq in range(1, 20):
            log.append(step(card, seq))

    threads = [threading.Thread(target=fill, args=(f"card-{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults(path) == []
    assert all(len(log.history(f"card-{number}")) == 20 for number in range(6))
    assert len(log.cards()) == 6


@pytest.mark.parametrize(
    "statement", ["update chain set body = 'x'", "update chain set seq = 9, body = null", "delete from chain"]
)
def test_the_database_itself_refuses_changes(statement: str, written: Path) -> None:
    db = sqlite3.connect(str(written))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
    db.close()
    assert faults(written) == []


def test_migrations_make_an_empty_file_a_log_and_are_recorded(path: Path) -> None:
    path.touch()
    log = Log(path)
    log.append(opening("A"))
    log.close()
    db = Database(sqlite3.connect(str(path)))
    assert {"chain", "cards", "head"} <= set(db.table_names())
    recorded = next(name for name in db.table_names() if "migrations" in name)
    assert [(row["migration_set"], row["name"]) for row in db[recorded].rows] == [
        ("log", "m001_initial"),
        ("log", "m002_reason_code_and_archive_in_the_list"),
        ("log", "m003_one_text_a_row"),
        ("log", "m004_how_many_requests_in_the_list"),
    ]
    db.close()
    Log(path).close()
    assert faults(path) == []


PLAN = [{"label": label, "score": 0.9, "text": f"About {label}."} for label in ("refund", "return")]


@pytest.fixture
def old(path: Path) -> Path:
    """A log as version 0.1 wrote it: a column for each value, hashes without salt."""
    db = Database(sqlite3.connect(str(path)))
    MIGRATIONS.apply(db, stop_before="m003_one_text_a_row")
    last = "0" * 64
    events = [
        opening("A"),
        step("A", 1, flags=[], plan=PLAN),
        opening("B"),
        step("A", 2, ending="review"),
        step("B", 1),
    ]
    for number, event in enumerate(events, 1):
        why, changes = event.why, json.dumps(event.changes, separators=(",", ":"), sort_keys=True)
        values = [number, event.card, event.seq, "2026-10-01T00:00:00.000+00:00", why.sender, why.receiver, why.reason]
        values += [why.score, why.threshold, why.code, why.seconds, why.tokens_in, why.tokens_out, why.model, changes]
        body = json.dumps([last, *values], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        last = hashlib.sha256(body.encode()).hexdigest()
        db.execute(f"insert into handoffs values ({', '.join('?' * 16)})", [*values, last])
        if event.seq == 0:
            row = [event.card, f"/in/{event.card}.txt", "a" * 64, "front-desk", "2026-11-01T00:00:00+00:00", "queued"]
            columns = [*row, "", 0.0, 0, why.reason, 0, "", "", "", ""]
            db.execute(f"insert into cards values ({', '.join('?' * 15)})", columns)
        else:
            state = event.changes.get("ending") or "queued"
            values = [state, why.reason, event.seq, why.code, event.card]
            db.execute("update cards set state = ?, reason = ?, updated = ?, code = ? where id = ?", values)
    db.execute("update head set rows = ?, hash = ?", [len(events), last])
    db.close()
    return path


def test_an_old_log_is_brought_up_to_date_and_keeps_its_chain(old: Path) -> None:
    db = sqlite3.connect(str(old))
    known = Checkpoint(*db.execute("select rows, hash from head").fetchone())
    db.close()
    log = Log(old)
    assert [event.seq for event in log.history("A")] == [0, 1, 2]
    assert log.history("A")[1] == step("A", 1, flags=[], plan=PLAN)
    assert [row.requests for row in log.cards()] == [2, 0]
    log.append(step("B", 2))
    log.append(opening("C"), step("C", 1))
    assert faults(old, known) == []
    assert [(row.id, row.state, row.updated) for row in log.cards()] == [
        ("A", "review", 2), ("B", "queued", 2), ("C", "queued", 1),
    ]  # fmt: skip
    log.erase(["A"], "me")
    log.close()
    assert faults(old, known) == []


@pytest.mark.parametrize(
    "statement",
    [
        "update handoffs set reason = 'x' where id = 2",
        "update handoffs set changes = '{' where id = 2",
        "update handoffs set hash = 'nonsense' where id = 5",
        "delete from handoffs where id = 3",
        "update handoffs set card = 'Z' where id = 5",
    ],
)
def test_what_was_done_to_an_old_log_is_found_after_it_was_brought_up_to_date(statement: str, old: Path) -> None:
    db = sqlite3.connect(str(old), isolation_level=None)
    db.execute("drop trigger handoffs_no_update")
    db.execute("drop trigger handoffs_no_delete")
    db.execute(statement)
    db.close()
    Log(old).close()
    assert faults(old)


def test_who_only_reads_an_old_log_is_told_what_to_do(old: Path) -> None:
    with pytest.raises(Problem) as caught:
        log_module.read(old)
    assert caught.value.code == "old_log"


@pytest.mark.parametrize(
    ("version", "fits"),
    [((3, 40, 1), False), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 50, 7), True), ((3, 44, 6), True)],
)
def test_an_sqlite_that_can_damage_the_log_is_refused(
    version: tuple[int, int, int], fits: bool, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    if fits:
        Log(path).close()
        return
    with pytest.raises(Problem) as caught:
        Log(path)
    assert caught.value.code == "bad_sqlite"
    assert not path.exists()


def test_garbage_is_no_log(path: Path) -> None:
    path.write_bytes(b"This is not a database. " * 100)
    with pytest.raises(Problem) as caught:
        Log(path)
    assert caught.value.code == "log_damaged"


def test_what_was_appended_survives_a_new_opening(path: Path) -> None:
    for seq in range(1, 4):
        log = Log(path)
        log.append(*([opening("A")] if seq == 1 else []), step("A", seq))
        log.close()
    log = Log(path)
    assert [event.seq for event in log.history("A")] == [0, 1, 2, 3]
    log.close()
    assert faults(path) == []


@pytest.mark.parametrize("reason", ["half a pair \udcff", "no number"])
def test_what_can_not_be_stored_is_refused_and_the_next_one_is_kept(reason: str, log: Log) -> None:
    log.append(opening("A"))
    seconds = float("nan") if reason == "no number" else 0.0
    with pytest.raises(Problem) as caught:
        log.append(Handed("A", 1, Why("person", "desk", reason, seconds=seconds), {}))
    assert caught.value.code == "unstorable"
    log.append(step("A", 1))
    assert len(log.history("A")) == 2


def test_a_handoff_after_a_gap_is_refused(log: Log) -> None:
    log.append(opening("A"))
    with pytest.raises(Problem) as caught:
        log.append(step("A", 5))
    assert caught.value.code == "gap"


def test_a_closed_log_says_so(log: Log) -> None:
    log.append(opening("A"))
    log.close()
    with pytest.raises(Problem) as caught:
        log.append(step("A", 1))
    assert caught.value.code == "closed"


def test_garbage_is_said_to_who_only_reads(path: Path) -> None:
    path.write_bytes(b"This is not a database. " * 100)
    with pytest.raises(Problem) as caught:
        log_module.read(path)
    assert caught.value.code == "log_damaged"
