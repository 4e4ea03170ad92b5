"""Finds a row in an SQLite file that may be an attacker's: read-only, one table, no view, no function, no extension."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from engine.cards import Problem
from engine.tools import Finding, NoResult, TableFile, Tray

MAGIC = b"SQLite format 3\x00"
_STEPS = 20_000
"""Steps of SQLite's machine between two looks at the clock."""


def find(file: TableFile, table: str, key: str, wanted: str, tray: Tray) -> Finding | None:
    """The first row of `table` whose column `key` is `wanted`, whatever its case.

    What is read is the kept copy, which nobody changes. Raises Problem("bad_table").
    """
    if not table:
        raise Problem("bad_table", f"{file.name} is a database: say which table, with table = ... in `given`.")
    for beside in ("-wal", "-journal"):
        waiting = file.own.with_name(file.own.name + beside)
        if waiting.exists() and waiting.stat().st_size:
            raise Problem("bad_table", f"Another program is writing {file.name}. Close it, or export a copy for Baton.")
    with _opened(file, tray) as db:
        columns = _columns(db, table, file.name)
        if key not in columns:
            raise Problem(
                "bad_table", f"The table has no column {key!r:.80}. Its columns are {', '.join(columns):.400}."
            )
        # Names of this very file, quoted; the value is bound.
        select = f"select {', '.join(map(_quoted, columns))} from {_quoted(table)}"  # noqa: S608
        where = f"where cast({_quoted(key)} as text) = ? collate nocase limit 1"
        found = db.execute(f"{select} {where}", [wanted]).fetchone()
    if found is None:
        return None
    cells = tuple((name, _shown(value)) for name, value in zip(columns, found, strict=True))
    text = " | ".join(f"{name}: {value}" for name, value in cells)
    place, quote = tray.note(f"{file.name}, table {table}", text)
    return Finding(cells, quote, place, f"table {table}")


@contextlib.contextmanager
def _opened(file: TableFile, tray: Tray) -> Iterator[Any]:
    """The database, with all that could act in it switched off."""
    from sqlite_utils.utils import sqlite3

    late = False

    def is_late() -> bool:
        nonlocal late
        try:
            tray.in_time()
        except NoResult:
            late = True
        return late

    uri = f"{file.kept.as_uri()}?mode=ro&immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
            db.enable_load_extension(False)
            db.text_factory = lambda data: data.decode("utf-8", "replace")
            for switch in ("query_only = on", "trusted_schema = off", "cell_size_check = on", "mmap_size = 0"):
                db.execute(f"pragma {switch}")
            db.set_authorizer(
                lambda action, first, *_: (
                    sqlite3.SQLITE_OK
                    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
                    or (action == sqlite3.SQLITE_PRAGMA and first == "table_xinfo")
                    else sqlite3.SQLITE_DENY
                )
            )
            db.set_progress_handler(is_late, _STEPS)
            yield db
    except (sqlite3.DatabaseError, OverflowError, UnicodeError) as error:
        tray.in_time()
        raise Problem("bad_table", f"The database {file.name} can't be read: {error}. Export a new copy.") from error


def _columns(db: Any, table: str, file: str) -> list[str]:
    """The stored columns of a real table. Views, virtual tables and computed columns run what they please."""
    names = [name for (name,) in db.execute("select name from sqlite_master where type = 'table' and rootpage > 0")]
    names = [name for name in names if isinstance(name, str) and not name.lower().startswith("sqlite_")]
    if table not in names:
        raise Problem("bad_table", f"{file} has no table {table!r:.80}. Its tables are {', '.join(names):.400}.")
    described = db.execute(f"pragma table_xinfo({_quoted(table)})")
    return [name for _, name, _, _, _, _, computed in described if not computed]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return "" if value is None else " ".join(str(value).split())
