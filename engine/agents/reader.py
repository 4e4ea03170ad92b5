"""Reads the incoming file, and what is inside it, in workers that can be killed."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import PurePath

from engine import readers, reading
from engine.bench import Bench
from engine.cards import Document, Handoff, Problem
from engine.events import Event, Progressed
from engine.readers import Unread
from engine.reading import Reached

DUTY = "Turns the file into pages of text."
EXITS = {"quarantine": "what can't be read", "desk": "an archive: its files are tasks of their own"}


def work(handoff: Handoff, bench: Bench) -> Generator[Event, None, Handoff]:
    """To the next leg with the documents, or to quarantine with the reason."""
    card, name = handoff.card, PurePath(handoff.card.source).name
    try:
        documents = yield from _told(card.id, reading.read(bench.store, card.sha256, name))
    except Problem as problem:
        kind = problem.kind if isinstance(problem, Unread) else ""
        unread = Document(card.sha256, name, kind, 0, 0, problem.sentence, code=problem.code)
        return handoff.to("quarantine", problem.sentence, code=problem.code, documents=(unread,), ending="quarantined")
    if documents[0].kind in readers.folders():
        inside = _count(len(documents) - 1, "file")
        reason = f"Unpacked {documents[0].kind.upper()}: {inside} inside, each a task of its own."
        return handoff.to("desk", reason, code="unpacked", documents=documents, ending="finished")
    return handoff.to(bench.next_leg(handoff), _reason(documents), documents=documents)


def _told(
    card: str, steps: Generator[Reached | Document, None, tuple[Document, ...]]
) -> Generator[Event, None, tuple[Document, ...]]:
    """The documents; how far the reading is becomes events."""
    while True:
        try:
            at = next(steps)
        except StopIteration as end:
            documents: tuple[Document, ...] = end.value
            return documents
        if isinstance(at, Reached):
            yield Progressed(card, f"reading {at}", at.page, at.pages)


def _reason(documents: tuple[Document, ...]) -> str:
    pages, words = (sum(document.pages for document in documents), sum(document.words for document in documents))
    unread = sum(1 for document in documents if document.code)
    attached = f" and {len(documents) - 1} inside it" if len(documents) > 1 else ""
    seen = "; some of it recognised from pictures" if any(document.confidence for document in documents) else ""
    left = f"; {_count(unread, 'file')} inside could not be read" if unread else ""
    what = f"{_count(pages, 'page')}, {_count(words, 'word')}"
    return f"Read {documents[0].kind.upper()}{attached}: {what}{seen}{left}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
