"""How the log's tables came to be, one small function a change. Never edited after a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
