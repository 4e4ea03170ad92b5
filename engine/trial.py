"""Tries a model that writes: whether it loads, how fast it reads and writes here, and what memory it takes."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from engine import writers
from engine.cards import Problem
from engine.fleet import catalogue, verify
from engine.models import Brief, llama

BRIEF = Brief(
    "You rewrite a rule as one clear sentence to the customer. Keep every number and every condition.",
    (("A ticket above 90 EUR is stamped by the head.", "A ticket above 90 EUR is stamped by the head."),),
)
REQUEST = "Parcels are insured up to a value of 100 EUR, unless the customer has refused insurance in writing. " * 4
TOKENS = 32
GRAMMAR = "root ::= [A-Za-z0-9 ,.]{400,800}"
"""Long enough that no model is done before the tokens are."""


def tried(home: Path, name: str) -> dict[str, Any]:
    """Load that model, let it read and write a little. Raises Problem for what does not load, or no_model.

    Answers seconds for loading, tokens read and written a second, and bytes that this process grew by (0 where the
    system doesn't say). It belongs into an engine of its own: a damaged model takes the process with it.
    """
    row = next((row for row in (*catalogue(home), *writers.kept(home)) if row.id == name), None)
    if row is None or row.runtime != "llama":
        raise Problem("no_model", f"There is no model {name!r:.70} that writes. `baton models list` names them.")
    path, before, began = verify(row), _memory(), time.monotonic()
    writer = llama.load(row, path)
    loaded = time.monotonic()
    pieces, read, first = 0, 0, 0.0
    for piece in writer.stream(BRIEF, REQUEST, GRAMMAR, TOKENS):
        first = first or time.monotonic()
        pieces, read = piece.tokens_out, piece.tokens_in
    ended = time.monotonic()
    if pieces < 2:
        raise Problem("model_failed", f"{name} loads, but it wrote nothing when it was asked to.")
    return {
        "model": name,
        "sha256": row.sha256,
        "load_seconds": round(loaded - began, 2),
        "read_per_second": round((writer.brief_tokens + read) / (first - loaded), 1),
        "written_per_second": round((pieces - 1) / (ended - first), 1),
        "memory": max(0, _memory() - before),
    }


def _memory() -> int:
    """Bytes that this process holds in memory, as Linux says; 0 elsewhere."""
    try:
        said = re.search(r"^VmRSS:\s+(\d+) kB$", Path("/proc/self/status").read_text("ascii", "replace"), re.M)
    except OSError:
        return 0
    return int(said[1]) << 10 if said else 0
