"""Reads the incoming file, and what is attached to it, in a child that can be killed."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import PurePath

from engine import readers
from engine.bench import Bench
from engine.cards import Document, Handoff, Problem
from engine.events import Event, Progressed
from engine.store import Reading

DUTY = "Turns the file into pages of text."

UNREADABLE = "unreadable"


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the next leg with the documents, or to quarantine with the reason."""
    card, name = handoff.card, PurePath(handoff.card.source).name
    yield Progressed(card.id, f"reading {name}")
    try:
        documents = []
        for document in _read(card.sha256, name, "", bench, readers.Limits().depth):
            documents.append(document)
            yield Progressed(card.id, f"read {document.name}")
    except Problem as problem:
        return handoff.to("quarantine", problem.sentence, code=problem.code, ending="quarantined")
    words = sum(document.words for document in documents)
    pages = sum(document.pages for document in documents)
    attached = f" and {len(documents) - 1} attached" if len(documents) > 1 else ""
    reason = f"Read {documents[0].kind.upper()}{attached}: {_count(pages, 'page')}, {_count(words, 'word')}."
    return handoff.to(bench.next_leg(handoff), reason, documents=tuple(documents))


def _read(sha256: str, name: str, parent: str, bench: Bench, depth: int) -> Generator[Document, None, None]:
    """The document, then its attachments. One that can't be read is listed as such, and stops nothing."""
    reading = bench.store.reading(sha256)
    if reading is None or reading.kind == UNREADABLE:
        reading = readers.read(bench.store.original(sha256), name)
        bench.store.keep(sha256, reading)
    words = sum(len(page.text.split()) for page in reading.pages)
    yield Document(sha256, name, reading.kind, len(reading.pages), words, reading.title[:200], parent)
    for inner_name, data in reading.attachments if depth > 0 else ():
        yield from _attached(inner_name, data, sha256, bench, depth - 1)


def _attached(name: str, data: bytes, parent: str, bench: Bench, depth: int) -> Generator[Document, None, None]:
    sha256 = bench.store.put(data)
    try:
        yield from _read(sha256, name, parent, bench, depth)
    except Problem as problem:
        bench.store.keep(sha256, Reading(UNREADABLE, problem.sentence, ()))
        yield Document(sha256, name, UNREADABLE, 0, 0, problem.sentence, parent)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
