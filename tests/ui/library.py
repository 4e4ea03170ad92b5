"""Plays the library that answers orders for the fake desk: two collections, of which one holds a handbook."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from app.asking import Stop, stopped
from engine.cards import Problem
from engine.orders import Add, Clauses, Known, Order, Remove, RemoveAll, Search, Tune
from tests.ui import stories

QUOTES = [line for line in stories.POLICY.split("\n") if line[:2] == "4."]


def document(name: str, sha256: str, **said: Any) -> dict[str, Any]:
    row = {"name": name, "names": [name], "sha256": sha256, "kind": "pdf", "title": "", "language": "en",
           "date": "2025-01-04", "chunks": 4, "pages": 3, "added": "2026-11-02T08:15:00+00:00"}  # fmt: skip
    return row | said


def passage(quote: str) -> dict[str, Any]:
    start = stories.POLICY.index(quote)
    return {"sha256": stories.HANDBOOK, "document": "handbook.pdf", "page": 3, "start": start,
            "end": start + len(quote), "heading": f"4 Returns and refunds > {quote[:3]}"}  # fmt: skip


class FakeLibrary:
    """`files` can be added as fast as they come; one that is named as `held` waits until it is stopped or let go."""

    def __init__(self) -> None:
        self.collections: dict[str, list[dict[str, Any]]] = {
            "front-desk": [document("handbook.pdf", stories.HANDBOOK)],
            "earlier-answers": [
                document("answers-2025.jsonl", "d" * 64, kind="passage", language="de", date="", pages=1),
                document("letters-of-the-year-2024-about-parcels-that-came-late.docx", "e" * 64, kind="docx"),
            ],
        }
        self.tuned: dict[str, str] = {}
        self.go_on = threading.Event()

    def answer(self, order: Order, stop: Stop | None) -> Iterator[dict[str, Any]]:
        if stop and stop.wished():
            raise stopped()
        match order:
            case Known(""):
                yield from (self._row(name, held) for name, held in self.collections.items())
            case Known(collection):
                yield from self.collections.get(collection, [])
            case Add(collection, sha256, name):
                yield from self._add(collection, sha256, name, stop)
            case Remove(collection, names):
                held = self.collections[collection]
                self.collections[collection] = [row for row in held if row["name"] not in names]
                yield from ({"document": name, "removed": 4} for name in names)
            case RemoveAll(collection):
                yield {"collection": collection, "removed": len(self.collections.pop(collection))}
            case Search(_, queries):
                yield from map(_found, queries)
            case Clauses(collection):
                if collection == "front-desk":
                    yield from (passage(quote) | {"text": quote} for quote in QUOTES)
            case Tune(collection):
                yield {"progress": "learning", "done": 1, "total": 2}
                yield {"collection": collection, "version": 1, "sentence": "It answers more, and serves now."}
            case _:
                raise AssertionError(f"nobody plays {order}")

    def _row(self, name: str, held: list[dict[str, Any]]) -> dict[str, Any]:
        return {"name": name, "documents": len(held), "chunks": sum(row["chunks"] for row in held),
                "encoder": "all-MiniLM-L6-v2", "next_encoder": "", "index": "", "recall": None,
                "to_embed": 12 if name == "earlier-answers" else 0, "to_index": 0}  # fmt: skip

    def _add(self, collection: str, sha256: str, name: str, stop: Stop | None) -> Iterator[dict[str, Any]]:
        if "damaged" in name:
            raise Problem("damaged", "The file is damaged, and no page of it can be read.")
        yield {"progress": name, "done": 2, "total": 4}
        while "held" in name and not self.go_on.wait(0.01):
            if stop and stop.wished():
                raise stopped()
        self.collections.setdefault(collection, []).append(document(name, sha256))
        yield {"document": name, "chunks": 4, "seconds": 0.1}


def _found(query: str) -> dict[str, Any]:
    """Questions about refunds find something; others find only what is nearest."""
    known = "refund" in query.casefold()
    scores = (0.91, 0.74, 0.31) if known else (0.12, 0.08)
    hits = [
        passage(quote) | {"id": "handbook.pdf", "quote": quote, "score": score, "relevant": score > 0.4,
                          "also": [{"document": "handbook-2024.pdf", "page": 2}] if score == 0.74 else []}
        for score, quote in zip(scores, (QUOTES[1], QUOTES[2], QUOTES[0]), strict=False)
    ]  # fmt: skip
    return {"query": query, "relevant": known, "hits": hits}
