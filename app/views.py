"""Queries that a person has given a name, kept in `views.json`."""

from __future__ import annotations

import json
from pathlib import Path

from app import query
from app.language import _
from engine.cards import Problem
from engine.store import write_aside

FILE = "views.json"
LONGEST = 60
"""Characters of a name."""
MOST = 50


def read(home: Path) -> dict[str, str]:
    """The queries by name, in the order in which they were saved. Raises Problem("bad_views")."""
    try:
        rows = json.loads((home / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Problem(
            "bad_views", _("The saved views in {file} can't be read: {error}.").format(file=home / FILE, error=error)
        ) from error
    if not isinstance(rows, dict) or not all(isinstance(words, str) for words in rows.values()):
        raise Problem(
            "bad_views", _("The saved views in {file} are no table of names and queries.").format(file=home / FILE)
        )
    return rows


def keep(home: Path, name: str, words: str) -> dict[str, str]:
    """Save a query under a name, in place of another of that name. Raises Problem("bad_view") or "bad_query"."""
    name = " ".join(name.split())
    known = read(home)
    if not name or len(name) > LONGEST:
        raise Problem("bad_view", _("The name of a view has 1 to {most} characters.").format(most=LONGEST))
    if name not in known and len(known) >= MOST:
        raise Problem("bad_view", _("There are {most} views already. Remove one of them first.").format(most=MOST))
    query.read(words)
    return _write(home, known | {name: words.strip()})


def remove(home: Path, name: str) -> dict[str, str]:
    """Forget a view; nothing happens where there is none of that name."""
    known = read(home)
    known.pop(name, None)
    return _write(home, known)


def _write(home: Path, rows: dict[str, str]) -> dict[str, str]:
    try:
        write_aside(home / FILE, json.dumps(rows, ensure_ascii=False, indent=1).encode())
    except OSError as error:
        said = _("The views can't be saved ({why}). Make room on the disk, and try again.")
        raise Problem("not_kept", said.format(why=error.strerror or error)) from error
    return rows
