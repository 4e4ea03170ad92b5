"""Lists the models and the playbooks of a home, and whether each is sound."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine import encoders, playbook
from engine.cards import Problem
from engine.codec import plain
from engine.fleet import catalogue, locate, shipped, verify


def rows(home: Path) -> Iterator[dict[str, Any]]:
    """The catalogue's rows, each with `state` (ready, missing or changed), the size of its files, and
    whether it is the `default` of its role."""
    served: set[str] = set()
    for row in catalogue(home):
        told = plain(row) | {"state": "ready", "megabytes": 0, "sentence": "", "default": row.role not in served}
        served.add(row.role)
        try:
            told["megabytes"] = round(_size(locate(row)) / 1e6)
            verify(row)
        except Problem as problem:
            state = "missing" if problem.code == "model_missing" else "changed"
            told |= {"state": state, "sentence": problem.sentence}
        yield told


def imported(home: Path, folder: Path, name: str, query: str | None, document: str | None) -> dict[str, Any]:
    """Import an encoder: what its `encoder.json` says, without the list of files. Raises Problem."""
    row = encoders.imported(home, folder, name, query=query, document=document)
    said: dict[str, Any] = json.loads(Path(row.file).read_bytes())
    return {key: value for key, value in said.items() if key != "files"}


def use(home: Path, name: str) -> str:
    """Make an encoder the default; "" or a shipped one's id = the shipped one. Answers a sentence. Raises Problem."""
    own = [row.id for row in shipped() if row.role == "encoder"]
    ours = {*own, *(row.id for row in encoders.rows(home))}
    first = next(row for row in catalogue(home) if row.role == "encoder")
    if first.id not in ours:
        raise Problem(
            "own_catalogue",
            f"models.toml in this home names the encoder {first.id}, which comes before all others. Remove that row.",
        )
    encoders.choose(home, "" if name in ("", *own) else name)
    first = next(row for row in catalogue(home) if row.role == "encoder")
    return f"{first.id} is the encoder of this home."


def _size(path: Path) -> int:
    """Bytes of a model's file; of an encoder's whole folder."""
    files = path.parent.rglob("*") if path.name == encoders.NOTE else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


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
