"""Lists the models and the playbooks of a home, and whether each is sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine import playbook
from engine.cards import Problem, plain
from engine.fleet import catalogue, locate, verify


def rows(home: Path) -> Iterator[dict[str, Any]]:
    """The catalogue's rows, each with `state` (ready, missing or changed) and the size of its file."""
    for row in catalogue(home):
        told = plain(row) | {"state": "ready", "megabytes": 0, "sentence": ""}
        try:
            told["megabytes"] = round(locate(row).stat().st_size / 1e6)
            verify(row)
        except Problem as problem:
            state = "missing" if problem.code == "model_missing" else "changed"
            told |= {"state": state, "sentence": problem.sentence}
        yield told


def playbook_rows(home: Path) -> Iterator[dict[str, Any]]:
    """The playbooks, each with the first complaint about it ("" = sound)."""
    for name, path in playbook.playbooks(home).items():
        try:
            book = playbook.read(path)
            yield {
                "name": name,
                "title": book.title,
                "version": book.version,
                "intents": len(book.intents),
                "complaint": "",
            }
        except Problem as problem:
            yield {"name": name, "title": "", "version": 0, "intents": 0, "complaint": problem.sentence}
