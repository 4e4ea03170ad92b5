"""Answers what is asked of the models outside a task: add, search, train, predict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine import reading, trial
from engine.bench import Bench
from engine.codec import plain
from engine.intents import answers
from engine.orders import (
    Add,
    AddTexts,
    Clauses,
    Known,
    Learn,
    Measure,
    Order,
    Predict,
    Remove,
    RemoveAll,
    Report,
    Search,
    Train,
    Try,
    Tune,
    TuneIntents,
    Upkeep,
)
from engine.pages import Reading
from engine.retold import retold


def answer(order: Order, bench: Bench) -> Iterator[dict[str, Any]]:
    """The rows that answer an order. Rows with `progress` say how far a long one is."""
    match order:
        case Add():
            yield from _add(order.collection, order.sha256, order.name, bench)
        case AddTexts():
            for batch in bench.library.add_passages(order.collection, order.passages):
                yield from ({"document": name, "chunks": chunks} for name, chunks in batch)
        case Remove() | RemoveAll():
            yield from _removed(order, bench)
        case Search():
            for query in order.queries:
                yield _searched(order, query, bench)
        case Tune():
            yield from _tune(order, bench)
        case Known():
            library = bench.library
            yield from library.documents(order.collection) if order.collection else library.collections()
        case Clauses():
            yield from bench.library.clauses(order.collection)
        case Learn() | Measure() | Predict() | Report() | Train() | TuneIntents():
            yield from answers.answer(order, bench)
        case Try():
            yield trial.tried(bench.home, order.model)
        case Upkeep():
            # What the library has put off. It may be cut off between any two rows, and goes on the next time.
            yield from map(_progress, bench.library.upkeep())


def read_stored(sha256: str, name: str, bench: Bench) -> Reading:
    """What was read of a stored original, from the store or by reading it now. Raises Problem.

    A passage of the library is kept in the store from the day when something rests on it.
    """
    passage = bench.library.reading(sha256)
    if passage is not None and bench.store.reading(sha256) is None:
        bench.store.put(f"{passage.text}\n{name}".encode())
        bench.store.keep(sha256, passage)
    for _ in reading.read(bench.store, sha256, name):
        continue
    found = bench.store.reading(sha256)
    assert found is not None
    return found


def _add(collection: str, sha256: str, name: str, bench: Bench) -> Iterator[dict[str, Any]]:
    done = 0
    for done, total in bench.library.add(collection, sha256, name, read_stored(sha256, name, bench)):
        yield {"progress": name, "done": done, "total": total}
    yield {"document": name, "chunks": done}


def _removed(order: Remove | RemoveAll, bench: Bench) -> Iterator[dict[str, Any]]:
    if isinstance(order, RemoveAll):
        yield {"collection": order.collection, "removed": bench.library.remove_all(order.collection)}
        return
    for name in order.names:
        yield {"document": name, "removed": bench.library.remove(order.collection, name)}


def _searched(order: Search, query: str, bench: Bench) -> dict[str, Any]:
    hits = bench.library.search(
        order.collections, query, order.count,
        kinds=order.kinds, languages=order.languages, since=order.since, until=order.until,
    )  # fmt: skip
    rows = [
        {
            "id": hit.name,
            "document": hit.name,
            "sha256": hit.document,
            "page": hit.page,
            "start": hit.start,
            "end": hit.end,
            "score": round(hit.score, 4),
            "quote": hit.text,
            "relevant": hit.relevant,
            "heading": hit.heading,
            "also": [{"document": name, "page": page} for name, page in hit.also],
        }
        for hit in hits
    ]
    return {"query": query, "relevant": any(hit.relevant for hit in hits), "hits": rows}


def _tune(order: Tune, bench: Bench) -> Iterator[dict[str, Any]]:
    if not order.questions:
        yield {"collection": order.collection, "version": bench.library.tune_back(order.collection)}
        return
    rows = [{"query": asked.query, "ids": list(asked.ids)} for asked in order.questions]
    made = yield from retold(bench.library.tune(order.collection, rows), _progress)
    yield {"collection": order.collection, "version": made.version, "sentence": made.sentence, **plain(made.figures)}


def _progress(step: tuple[str, int, int]) -> dict[str, Any]:
    note, done, total = step
    return {"progress": note, "done": done, "total": total}
