"""Opens `library.db`, whatever version wrote it."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlite_utils import Database

TOKENS = "porter unicode61"


def open_library(path: Path) -> Database:
    from sqlite_utils import Database

    path.parent.mkdir(parents=True, exist_ok=True)
    db = Database(path)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute("pragma busy_timeout = 10000")
    _migrations().apply(db)
    return db


def words_table(collection: int) -> str:
    """Each collection has its full text apart: how rare a word is depends on the collection."""
    return f"words_{int(collection)}"


def make_words(db: Database, collection: int) -> None:
    db.execute(
        f"create virtual table {words_table(collection)} using fts5 "
        f"(text, content='', contentless_delete=1, tokenize='{TOKENS}')"
    )
    db.execute(f"create virtual table terms_{int(collection)} using fts5vocab({words_table(collection)}, 'row')")


def drop_words(db: Database, collection: int) -> None:
    db.execute(f"drop table terms_{int(collection)}")
    db.execute(f"drop table {words_table(collection)}")


def _migrations() -> Any:
    from sqlite_utils import Migrations

    migrations = Migrations("library")

    @migrations()
    def m001_initial(db: Database) -> None:
        db.execute(
            "create table documents (id integer primary key, collection text not null, sha256 text not null, "
            "name text not null, encoder text not null, complete integer not null, unique (collection, sha256))"
        )
        db.execute(
            "create table chunks (id integer primary key, document integer not null references documents(id), "
            "page integer not null, start integer not null, stop integer not null, box text not null, "
            "heading text not null, text text not null, vector blob)"
        )
        db.execute("create index chunks_of_document on chunks (document)")
        db.execute(
            "create virtual table words using fts5 "
            "(text, content='', contentless_delete=1, tokenize='porter unicode61')"
        )

    @migrations()
    def m002_collections_and_encoders(db: Database) -> None:
        with db.atomic():
            for name in ("documents", "chunks"):
                db.execute(f"alter table {name} rename to old_{name}")
            for line in filter(str.strip, re.sub(r"--.*", "", _SECOND).split(";")):
                db.execute(line)
            db.execute("insert into library (id) values (?)", [secrets.token_hex(16)])
            _carry_over(db)
            for name in ("words", "old_chunks", "old_documents"):
                db.execute(f"drop table {name}")

    return migrations


_SECOND = """
create table library (id text not null);
create table encoders (
    id integer primary key, sha256 text not null unique, name text not null, dimension integer not null
);
-- `changes` counts the documents that became whole or went. `live` serves, `wanted` will; `own` names a tuned encoder.
create table collections (
    id integer primary key, name text not null unique, changes integer not null default 0,
    documents integer not null default 0, chunks integer not null default 0, letters integer not null default 0,
    live integer references encoders(id), wanted integer references encoders(id), own text not null default ''
);
-- `whole` is the change with which a document became visible, 0 before. `text` is that of a passage without a file.
create table documents (
    id integer primary key, collection integer not null references collections(id), sha256 text not null,
    name text not null, kind text not null, title text not null, language text not null, date text not null,
    added text not null, text text, first integer not null, chunks integer not null,
    whole integer not null default 0, unique (collection, sha256)
);
create index documents_by_change on documents (collection, whole);
create index documents_by_chunk on documents (first);
create index documents_in_order on documents (collection, first);
create index documents_without_file on documents (sha256) where text is not null;
create table names (
    collection integer not null, name text not null, document integer not null references documents(id),
    primary key (collection, name)
) without rowid;
create index names_of_document on names (document);
-- autoincrement: a number never comes again, so that an index may keep what is gone until it is built again.
create table chunks (
    id integer primary key autoincrement, page integer not null, start integer not null, stop integer not null,
    box text not null, heading text not null, text text not null
);
create table vectors (
    encoder integer not null, chunk integer not null, vector blob not null, primary key (encoder, chunk)
) without rowid;
-- All documents up to the change `upto` have vectors of that encoder.
create table coverage (
    collection integer not null, encoder integer not null, upto integer not null, primary key (collection, encoder)
) without rowid;
create table gone (
    collection integer not null, changed integer not null, first integer not null, chunks integer not null
);
create index gone_by_change on gone (collection, changed);
create table indexes (
    collection integer not null, encoder integer not null, stamp text not null, changes integer not null,
    primary key (collection, encoder)
) without rowid;
"""


def _carry_over(db: Database) -> None:
    """What the first version held, with its vectors at half precision."""
    import numpy as np

    for (name,) in db.execute("select distinct collection from old_documents order by 1").fetchall():
        made = db.execute("insert into collections (name) values (?) returning id", [name]).fetchone()
        make_words(db, int(made[0]))
    old = db.execute(
        "select d.id, c.id, d.sha256, d.name, d.encoder, d.complete from old_documents d "
        "join collections c on c.name = d.collection order by d.id"
    ).fetchall()
    for document, collection, sha256, name, encoder, complete in old:
        rows = db.execute(
            "select page, start, stop, box, heading, text, vector from old_chunks where document = ? order by id",
            [document],
        ).fetchall()
        vectors = [np.frombuffer(row[6], np.float32) if row[6] else None for row in rows]
        first = None
        for row, vector in zip(rows, vectors, strict=True):
            chunk = db.execute(
                "insert into chunks (page, start, stop, box, heading, text) values (?, ?, ?, ?, ?, ?) returning id",
                row[:6],
            ).fetchone()[0]
            first = first or chunk
            if complete:
                db.execute(
                    f"insert into {words_table(collection)} (rowid, text) values (?, ?)",
                    [chunk, f"{row[4]}\n{row[5]}"],
                )
            if vector is not None:
                key = _encoder(db, encoder, len(vector))
                db.execute("insert into vectors values (?, ?, ?)", [key, chunk, vector.astype(np.float16).tobytes()])
        change = _counted(db, collection, rows) if complete else 0
        db.execute(
            "insert into documents (id, collection, sha256, name, kind, title, language, date, added, first, chunks, "
            "whole) values (?, ?, ?, ?, '', '', '', '', '', ?, ?, ?)",
            [document, collection, sha256, name, first or 0, len(rows), change],
        )
        if complete:
            db.execute("insert or replace into names values (?, ?, ?)", [collection, name, document])
            key = _encoder(db, encoder, 0)
            db.execute("update collections set live = ?, wanted = ? where id = ?", [key, key, collection])
    # An encoder covers a collection when none of the documents was made with another.
    db.execute(
        "insert into coverage select c.id, c.live, case when count(distinct d.encoder) = 1 then c.changes else 0 end "
        "from collections c join old_documents d on d.collection = c.name and d.complete = 1 "
        "where c.live is not null group by c.id"
    )


def _encoder(db: Database, sha256: str, dimension: int) -> int:
    known = db.execute("select id from encoders where sha256 = ?", [sha256]).fetchone()
    if known:
        return int(known[0])
    made = db.execute(
        "insert into encoders (sha256, name, dimension) values (?, '', ?) returning id", [sha256, dimension]
    )
    return int(made.fetchone()[0])


def _counted(db: Database, collection: int, rows: list[Any]) -> int:
    row = db.execute(
        "update collections set changes = changes + 1, documents = documents + 1, chunks = chunks + ?, "
        "letters = letters + ? where id = ? returning changes",
        [len(rows), sum(len(row[4]) + len(row[5]) for row in rows), collection],
    ).fetchone()
    return int(row[0])
