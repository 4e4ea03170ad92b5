"""Whatever was done to the log behind its back is found, in a small log as in one whose links another process walks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from app import log as log_module
from app import log_chain, log_verify
from app.cards_table import CARD_COLUMNS
from app.log import Checkpoint, Log
from tests.app.handoffs import faults, opening, six_rows, step


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def written(path: Path) -> Path:
    return six_rows(path)


@pytest.fixture(params=["small", "large"], autouse=True)
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "large":
        monkeypatch.setattr(log_verify, "LARGE", 1)
    return str(request.param)


@pytest.fixture
def tampered(written: Path) -> Iterator[Callable[..., list[str]]]:
    """Runs statements on a log whose triggers were taken off, and says what verify finds."""
    db = sqlite3.connect(str(written))
    db.execute("drop trigger chain_no_delete")
    db.execute("drop trigger chain_only_erased")

    def after(*statements: str, known: Checkpoint | None = None) -> list[str]:
        for statement in statements:
            db.execute(statement)
        db.commit()
        return faults(written, known)

    yield after
    db.close()


def test_a_whole_log_has_no_faults(written: Path) -> None:
    assert faults(written) == []


@pytest.mark.parametrize(
    "edit",
    ["id = 70", "task = 2, seq = 9", "seq = 9", "body = replace(body, 'Step', 'Stop')", "hash = x'00'",
     "body = null", "salt = x'00'", *(f"body = json_set(body, '$[{place}]', 'other')" for place in range(12))],
)  # fmt: skip
def test_an_edited_value_is_found_in_every_column(edit: str, tampered: Callable[..., list[str]]) -> None:
    assert tampered(f"update chain set {edit} where id = 3")


@pytest.mark.parametrize("row", [1, 3, 6])
def test_a_deleted_row_is_found(row: int, tampered: Callable[..., list[str]]) -> None:
    assert tampered(f"delete from chain where id = {row}")


@pytest.mark.parametrize("place", ["7", "0", "-1"])
def test_an_inserted_row_is_found(place: str, tampered: Callable[..., list[str]]) -> None:
    assert tampered(f"insert into chain select {place}, task, 4, body, salt, hash from chain where id = 6")


def test_two_swapped_rows_are_found(tampered: Callable[..., list[str]]) -> None:
    assert tampered(
        "update chain set id = 99 where id = 2",
        "update chain set id = 2 where id = 3",
        "update chain set id = 3 where id = 99",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "update cards set label = 'refund_request' where id = 'A'",
        "update cards set state = 'finished' where id = 'A'",
        "update cards set decision = 'approved' where id = 'B'",
        "update cards set updated = 2 where id = 'A'",
        "delete from cards where id = 'B'",
        f"insert into cards select 3, 'C', {', '.join(CARD_COLUMNS[1:])} from cards where id = 'B'",
    ],
)
def test_a_list_that_says_otherwise_is_found(statement: str, tampered: Callable[..., list[str]]) -> None:
    assert tampered(statement)


def test_a_cut_tail_is_found_by_the_head(tampered: Callable[..., list[str]]) -> None:
    assert tampered("delete from chain where id > 4")


def test_a_tail_that_was_cut_with_its_head_is_found_by_a_checkpoint(
    written: Path, tampered: Callable[..., list[str]]
) -> None:
    db = log_module.read(written)
    known = log_module.checkpoint(db)
    db.close()
    cut = (
        "delete from chain where id = 6",
        "update head set rows = 5, hash = (select lower(hex(hash)) from chain where id = 5)",
        "update cards set state = 'queued', updated = 2, reason = 'Step 2.' where id = 'A'",
    )
    assert tampered(*cut) == []
    assert faults(written, known) == [f"The log does not agree with the checkpoint of {known.rows} rows."]


def test_a_log_that_has_grown_agrees_with_its_checkpoint(written: Path) -> None:
    db = log_module.read(written)
    known = log_module.checkpoint(db)
    db.close()
    log = Log(written)
    log.append(step("B", 2))
    log.close()
    assert faults(written, known) == []


def test_a_log_that_grows_meanwhile_is_whole(path: Path) -> None:
    log = Log(path)
    log.append(opening("A"))
    enough = threading.Event()

    def fill() -> None:
        seq = 0
        while not enough.is_set():
            log.append(step("A", seq := seq + 1))

    writer = threading.Thread(target=fill)
    writer.start()
    found = [fault for _ in range(10) for fault in faults(path)]
    enough.set()
    writer.join(10)
    log.close()
    assert found == []


@pytest.mark.parametrize(
    "statement",
    [
        "update chain set body = x'00ff' where id = 3",
        "update chain set body = '[1]' where id = 3",
        "update chain set body = '{' where id = 3",
        "update chain set body = json_set(body, '$[11]', json('{\"card\": null}')) where id = 4",
        "update chain set hash = 'x', salt = 'x' where id = 4",
        "update cards set updated = 'x' where id = 'A'",
        "delete from head",
    ],
)
def test_damage_of_any_kind_is_a_sentence_and_no_error(statement: str, tampered: Callable[..., list[str]]) -> None:
    assert tampered(statement)


def test_a_row_whose_number_is_none_is_left_out_of_what_is_saved(written: Path) -> None:
    db = sqlite3.connect(str(written))
    db.execute("drop trigger chain_only_erased")
    db.execute("update chain set seq = x'00' where id = 3")
    db.commit()
    assert [(event.card, event.seq) for event, _ in log_module.salvaged(db)] == [
        ("A", 0), ("A", 1), ("B", 0), ("B", 1), ("A", 3),
    ]  # fmt: skip
    db.close()


def test_who_walks_the_links_of_a_large_log_may_be_cut_off_but_not_unnoticed(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    expected = ["The chain was not checked to its end (exit status 1). Verify the log again."]
    assert log_chain.faults_beside(str(written)) == expected


def test_what_is_no_log_is_a_sentence_beside_as_well(path: Path) -> None:
    path.write_bytes(b"This is not a database. " * 100)
    (said,) = log_chain.faults_beside(str(path))
    assert said.startswith("The log can't be read on from here")
