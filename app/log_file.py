"""The file of the log: how it is opened and brought up to date, and in plain words what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.log_rows import sqlite
from engine.cards import Problem

Connection = Any
"""An open database of that library, which ships no types."""
VERSION = 4
"""The migrations that a log has had."""
PAGE = 8192
"""Bytes a page of a new log. A task of 2 KB takes about 3.5: on pages of 4096 it would leave much of one empty."""


def connect(path: Path) -> Connection:
    connection = sqlite().connect(str(path), check_same_thread=False, timeout=10)
    connection.execute(f"pragma page_size = {PAGE}")
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma fullfsync = on")
    connection.execute("pragma checkpoint_fullfsync = on")
    return connection


def opened(path: Path) -> Connection:
    """The log with the tables of today. The library that brings them is loaded only where they are not."""
    refuse_bad_sqlite()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = connect(path)
        if version(connection) != VERSION:
            from sqlite_utils import Database

            from app.log_migrations import MIGRATIONS

            MIGRATIONS.apply(Database(connection))
            settle(path.parent)
    except sqlite().DatabaseError as error:
        raise damaged(path, error) from error
    return connection


def settle(folder: Path) -> None:
    """Bring a folder's entries to the disk: a rollback journal that comes back after a power cut would undo the log."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def version(connection: Connection) -> int:
    """The number of the last migration that went into the log."""
    return int(connection.execute("pragma user_version").fetchone()[0])


def damaged(path: Path, error: Exception) -> Problem:
    """Why the log can't be opened."""
    if isinstance(error, sqlite().OperationalError):
        said = f"The log can't be opened ({error}). Free some disk space, or check the disk; nothing was lost."
        return Problem("log_full", said)
    return Problem("log_damaged", f"The log {path.name} can't be opened: {error}. Put a backup in its place.")


def failed(error: Exception) -> Problem:
    """Why a handoff can't be written."""
    if isinstance(error, sqlite().OperationalError):
        said = f"The log can't be written ({error}). Free some disk space, or check the disk; nothing was lost."
        return Problem("log_full", said)
    said = (
        f"The log can't be written: {error}. `baton log verify` says where, `baton log export --rows` saves the rest."
    )
    return Problem("log_damaged", said)


@contextmanager
def reading() -> Iterator[None]:
    """What is asked of the log here raises a Problem when it can't be read."""
    try:
        yield
    except sqlite().DatabaseError as error:
        raise unreadable(error) from error


def unreadable(error: Exception) -> Problem:
    """Why the log can't be read."""
    if isinstance(error, sqlite().OperationalError):
        return Problem("log_unreadable", f"The log can't be read ({error}). Check the disk, and try again.")
    said = f"The log can't be read: {error}. `baton log verify` says where, `baton log export --rows` saves the rest."
    return Problem("log_damaged", said)


def refuse_bad_sqlite() -> None:
    """SQLite 3.7.0 to 3.51.2 can corrupt a WAL database (sqlite.org/wal.html, the WAL-reset bug)."""
    version = sqlite().sqlite_version_info
    if (3, 7, 0) <= version < (3, 51, 3) and version not in ((3, 44, 6), (3, 50, 7)):
        found = ".".join(map(str, version))
        raise Problem("bad_sqlite", f"SQLite {found} can damage the log. Install pysqlite3 0.6.1 or newer.")
