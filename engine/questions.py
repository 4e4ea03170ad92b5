"""Answers what is asked of the models outside a task: add, search, train, predict."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from engine import reading
from engine.bench import Bench
from engine.cards import Problem
from engine.events import Event, Progressed
from engine.orders import Add, AddText, Order, Predict, Search, Train
from engine.pages import Page, Reading
from engine.readers._text import clean
from engine.router import Head, Prediction


def answer(order: Order, bench: Bench) -> Iterator[dict[str, Any]]:
    """The rows that answer an order. Rows with `progress` say how far a long one is."""
    match order:
        case Add():
            yield from _add(order.collection, order.sha256, order.name, bench)
        case AddText():
            yield from _add_text(order, bench)
        case Search():
            for query in order.queries:
                hits = bench.library.search(order.collection, query, order.count)
                rows = [
                    {
                        "id": hit.name,
                        "document": hit.name,
                        "page": hit.page,
                        "score": round(hit.score, 4),
                        "quote": hit.text,
                    }
                    for hit in hits
                ]
                yield {"query": query, "hits": rows}
        case Train():
            yield from _train(order, bench)
        case Predict():
            head = yield from _told(bench.head(order.playbook))
            vectors = bench.fleet.encoder().encode(order.texts)
            for text, said in zip(order.texts, head.predict(vectors, bench.threshold(order.playbook)), strict=True):
                yield _predicted(text, said)


def read_stored(sha256: str, name: str, bench: Bench) -> Reading:
    """What was read of a stored original, from the store or by reading it now. Raises Problem."""
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


def _add_text(order: AddText, bench: Bench) -> Iterator[dict[str, Any]]:
    title, body = clean(order.title)[0], clean(order.text)[0]
    text = f"{title}\n\n{body}" if title else body
    passage = Reading("txt", title, (Page(1, text),))
    sha256 = bench.store.put(f"{text}\n{order.id}".encode())  # the id behind, so that spans hold if it is read again
    bench.store.keep(sha256, passage)
    done = [chunks for chunks, _ in bench.library.add(order.collection, sha256, order.id, passage)]
    yield {"document": order.id, "chunks": max(done, default=0)}


def _train(order: Train, bench: Bench) -> Iterator[dict[str, Any]]:
    if len(order.texts) != len(order.labels):
        raise Problem("bad_line", "As many labels as texts are needed.")
    examples = [(text, label or None) for text, label in zip(order.texts, order.labels, strict=True)]
    head = yield from _told(bench.train(order.playbook, examples))
    yield {
        "playbook": order.playbook,
        "labels": sum(1 for label in head.labels if label),
        "examples": len(head.texts),
        "accuracy": round(head.accuracy, 4),
        "refused": round(head.refused, 4),
        "threshold": head.threshold,
    }


def _predicted(text: str, said: Prediction) -> dict[str, Any]:
    return {
        "text": text,
        "label": said.label,
        "score": said.score,
        "candidates": [{"label": label, "score": score} for label, score in said.candidates],
    }


def _told(work: Generator[Event, None, Head]) -> Generator[dict[str, Any], None, Head]:
    """Work whose progress is told as rows."""
    while True:
        try:
            event = next(work)
        except StopIteration as stop:
            head: Head = stop.value
            return head
        if isinstance(event, Progressed):
            yield {"progress": event.note, "done": event.done, "total": event.total}
