"""How the log's tables came to be, one small function a change. Never edited after a release."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlite_utils import Migrations

if TYPE_CHECKING:
    from sqlite_utils import Database

MIGRATIONS = Migrations("log")


@MIGRATIONS()
def m001_initial(db: Database) -> None:
    db.execute(
        "create table handoffs (id integer primary key, card text not null, seq integer not null, at text not null, "
        "sender text not null, receiver text not null, reason text not null, score real, threshold real, "
        "code text not null, seconds real not null, tokens_in integer not null, tokens_out integer not null, "
        "model text not null, changes text not null, hash text not null, unique (card, seq))"
    )
    db.execute(
        "create table cards (id text primary key, source text not null, sha256 text not null, playbook text not null, "
        "opened text not null, state text not null, label text not null, score real not null, flags integer not null, "
        "reason text not null, updated integer not null, duplicate_of text not null, decision text not null)"
    )
    db.execute("create index cards_by_content on cards (sha256)")
    db.execute("create table head (rows integer not null, hash text not null)")
    db.execute(f"insert into head values (0, '{'0' * 64}')")
    for verb in ("update", "delete"):
        db.execute(
            f"create trigger handoffs_no_{verb} before {verb} on handoffs "
            "begin select raise(abort, 'the log is append-only'); end"
        )


@MIGRATIONS()
def m002_reason_code_and_archive_in_the_list(db: Database) -> None:
    db.execute("alter table cards add column within text not null default ''")  # there were no archives before
    db.execute("create index cards_by_archive on cards (within) where within != ''")
    db.execute("alter table cards add column code text not null default ''")
    db.execute(
        "update cards set code = coalesce((select code from handoffs where handoffs.card = cards.id "
        "order by seq desc limit 1), '')"
    )


@MIGRATIONS()
def m003_one_text_a_row(db: Database) -> None:
    """Rows become a number, a text and a hash; what was written before keeps the hash it has.

    A task gets its salt with the first row that is written from now on.
    """
    db.execute(
        "create table chain (id integer primary key, task integer not null, seq integer not null, body text, "
        "salt blob, hash blob not null, unique (task, seq))"
    )
    db.execute(
        "create table cards_now (number integer primary key, id text not null unique, source text not null, "
        "sha256 text not null, playbook text not null, opened text not null, state text not null, "
        "label text not null, score real not null, flags integer not null, reason text not null, "
        "updated integer not null, duplicate_of text not null, decision text not null, code text not null, "
        "within text not null)"
    )
    db.execute(
        "insert into cards_now select rowid, id, source, sha256, playbook, opened, state, label, score, flags, reason, "
        "updated, duplicate_of, decision, code, within from cards order by rowid"
    )
    numbers = {card: number for number, card in db.execute("select number, id from cards_now").fetchall()}
    for row in db.execute("select * from handoffs order by id").fetchall():
        number, card, seq, *said, changes, kept = row
        task = numbers.setdefault(card, len(numbers) + 1)
        body = _m003_body(said, changes)
        db.execute("insert into chain values (?, ?, ?, ?, null, ?)", [number, task, seq, body, _m003_bytes(kept)])
    db.execute("drop table handoffs")
    db.execute("drop table cards")
    db.execute("alter table cards_now rename to cards")
    db.execute("create index cards_by_content on cards (sha256)")
    db.execute("create index cards_by_archive on cards (within) where within != ''")
    columns = "at sender receiver reason score threshold code seconds tokens_in tokens_out model changes".split()
    shown = ", ".join(f"json_extract(body, '$[{place}]') as {name}" for place, name in enumerate(columns))
    db.execute(
        f"create view handoffs as select chain.id, cards.id as card, seq, {shown}, lower(hex(hash)) as hash "
        "from chain join cards on cards.number = chain.task"
    )
    db.execute(
        "create trigger chain_no_delete before delete on chain begin select raise(abort, 'the log is append-only'); end"
    )
    db.execute(
        "create trigger chain_only_erased before update on chain when not (old.body is not null and new.body is null "
        "and new.id = old.id and new.task = old.task and new.seq = old.seq and new.hash = old.hash) "
        "begin select raise(abort, 'the log is append-only'); end"
    )
    db.execute("pragma user_version = 3")


@MIGRATIONS()
def m004_how_many_requests_in_the_list(db: Database) -> None:
    """What cannot be what we wrote tells of no requests."""
    db.execute("alter table cards add column requests integer not null default 0")
    plan = "case when json_valid(body) then json_array_length(body, '$[11].plan') end"
    db.execute(
        f"update cards set requests = coalesce((select {plan} from chain where task = cards.number "
        f"and {plan} is not null order by seq desc limit 1), 0) "
        "where number in (select task from chain where body like '%\"plan\"%')"
    )
    db.execute("pragma user_version = 4")


def _m003_body(said: list[Any], changes: Any) -> str:
    """What cannot be what we wrote is kept as it is, and found by `verify`."""
    try:
        return _m003_json([*said, json.loads(changes)])
    except (TypeError, ValueError, RecursionError):
        return json.dumps(list(map(str, [*said, changes])))


def _m003_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _m003_bytes(kept: Any) -> bytes:
    try:
        return bytes.fromhex(kept)
    except (TypeError, ValueError):
        return str(kept).encode()
