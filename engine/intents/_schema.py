"""Opens `intents.db`, whatever version wrote it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite_utils import Database


def open_intents(path: Path) -> Database:
    from sqlite_utils import Database
    from sqlite_utils.utils import sqlite3

    path.parent.mkdir(parents=True, exist_ok=True)
    db = Database(sqlite3.connect(str(path), check_same_thread=False, timeout=10))
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    _migrations().apply(db)
    return db


def _migrations() -> Any:
    from sqlite_utils import Migrations

    migrations = Migrations("intents")

    @migrations()
    def m001_initial(db: Database) -> None:
        with db.atomic():
            for line in filter(str.strip, re.sub(r"--.*", "", _FIRST).split(";")):
                db.execute(line)

    return migrations


_FIRST = """
-- `live` is the version that answers; `source` says whose examples count, the playbook's or a file's; `basis` is
-- the signature of the playbook's examples that were last seen, so that only a change of them trains anew.
create table playbooks (
    name text primary key, live integer not null default 0, source text not null default 'playbook',
    basis text not null default ''
);
-- `added` and `removed` are versions; `by` says who removed it, a person or the playbook.
create table labels (
    playbook text not null, name text not null, added integer not null, removed integer, by text not null default '',
    renamed text not null default '', primary key (playbook, name)
) without rowid;
-- `labels` is one a line; none = out of scope. `source` is playbook, file or correction. `gone`: its source does not
-- hold it any more. `learned` is the version that first learned a correction, 0 = none has yet.
create table examples (
    id integer primary key autoincrement, playbook text not null, hash text not null, text text not null,
    labels text not null, source text not null, task text not null default '', at text not null,
    gone integer not null default 0, learned integer not null default 0
);
create unique index examples_once on examples (playbook, hash, source);
-- Texts that measure and never train.
create table gold (
    playbook text not null, hash text not null, text text not null, labels text not null, source text not null,
    at text not null, primary key (playbook, hash)
);
-- `kind` is one or several (labels a text). `upto` is the newest example there was.
create table versions (
    playbook text not null, number integer not null, kind text not null, source text not null,
    made_from text not null, encoder text not null, tuned text not null, at text not null, examples integer not null,
    upto integer not null, seconds real not null, figures text not null, live integer not null, why text not null,
    primary key (playbook, number)
) without rowid
"""
