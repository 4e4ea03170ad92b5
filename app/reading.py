"""Reads files without models or tasks, for `baton read`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import intake
from engine import readers
from engine.cards import Problem


def rows(path: Path, with_text: bool) -> Iterator[dict[str, Any]]:
    """What a file became, and each file inside it: one object of the contract a document."""
    taken = intake.take(path)
    if taken.problem is not None:
        yield _row(taken.source, "", b"", problem=taken.problem)
        return
    yield from _read(taken.source, "", taken.data, with_text, readers.Limits().depth)


def _read(source: str, parent: str, data: bytes, with_text: bool, depth: int) -> Iterator[dict[str, Any]]:
    began = time.monotonic()
    try:
        reading = readers.read(data, Path(source).name)
    except Problem as problem:
        yield _row(source, parent, data, problem=problem, seconds=time.monotonic() - began)
        return
    row = _row(source, parent, data, seconds=time.monotonic() - began)
    row |= {"kind": reading.kind, "pages": len(reading.pages), "words": len(reading.text.split())}
    if with_text:
        row["text"] = reading.text
    yield row
    for name, inner in reading.attachments if depth > 0 else ():
        yield from _read(name, source, inner, with_text, depth - 1)


def _row(source: str, parent: str, data: bytes, problem: Problem | None = None, seconds: float = 0.0) -> dict[str, Any]:
    return {
        "source": source,
        "parent": parent or None,
        "sha256": hashlib.sha256(data).hexdigest(),
        "kind": "",
        "status": "quarantined" if problem else "read",
        "reason": f"{problem.code}: {problem.sentence}" if problem else "",
        "pages": 0,
        "words": 0,
        "ocr": False,
        "seconds": round(seconds, 3),
    }
