"""Checks a machine and a home, and says honestly what is in force and what is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from app import log, log_file, models
from engine import fence, readers
from engine.cards import Problem

Check = tuple[str, bool, str]


def checks(home: Path) -> Iterator[Check]:
    """Name, whether it is well, and the sentence. A check that can't be made is not well."""
    yield "python", sys.version_info >= (3, 11), f"Python {sys.version.split()[0]}."
    yield _sqlite()
    yield _home(home)
    yield from _log(home)
    yield from _models(home)
    for row in models.playbook_rows(home):
        yield f"playbook {row['name']}", not row["complaint"], row["complaint"] or f"{row['intents']} intents, sound."
    yield _reader()
    yield _enforced("network", fence.in_force)
    yield from _worker()


def _sqlite() -> Check:
    from sqlite_utils.utils import sqlite3

    version = ".".join(map(str, sqlite3.sqlite_version_info))
    try:
        log_file.refuse_bad_sqlite()
    except Problem as problem:
        return "sqlite", False, problem.sentence
    return "sqlite", True, f"SQLite {version}."


def _home(home: Path) -> Check:
    there = home if home.exists() else next(parent for parent in home.parents if parent.exists())
    good = os.access(there, os.W_OK)
    return "home", good, f"{home} is {'writable' if good else 'not writable: choose another with BATON_HOME'}."


def _log(home: Path) -> Iterator[Check]:
    if not (home / "log.db").exists():
        yield "log", True, "Nothing has been triaged here yet."
        return
    try:
        db = log.read(home / "log.db")
    except Problem as problem:
        yield "log", False, problem.sentence
        return
    try:
        faults = list(log.verify(db))
        yield "log", not faults, faults[0] if faults else f"The chain of {log.checkpoint(db).rows} rows is whole."
    finally:
        db.close()


def _models(home: Path) -> Iterator[Check]:
    try:
        for row in models.rows(home):
            good = row["state"] == "ready"
            sentence = f"{row['id']}, {row['megabytes']} MB, checksum right." if good else row["sentence"]
            yield f"model {row['role']}", good, sentence
    except Problem as problem:
        yield "models", False, problem.sentence


def _enforced(name: str, ask: Callable[[], str]) -> Check:
    """What keeps a process off the network, as that process says itself."""
    try:
        sentence = ask()
    except Problem as problem:
        return name, False, problem.sentence
    return name, not sentence.startswith("Not enforced"), sentence


def _reader() -> Check:
    data = b"# Hello\n\nThis is a test.\n"
    try:
        for _ in (steps := readers.read(data, "test.md", _nothing)):
            steps.close()
    except Problem as problem:
        return "readers", False, problem.sentence
    return "readers", True, "Files are read in worker processes with limits."


def _worker() -> Iterator[Check]:
    """What a worker that reads documents can't do, as one found when it tried."""
    try:
        for name, holds, means in readers.barriers():
            yield f"worker {name}", holds, f"Kept out: {means}." if holds else f"Not kept out: {means}."
    except Problem as problem:
        yield "worker", False, problem.sentence


def _nothing(data: bytes) -> str:
    raise AssertionError("there is no file inside")
