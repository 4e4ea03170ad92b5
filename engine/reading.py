"""Reads an incoming file and the files inside it, each content once, from the store or by workers."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import PurePath

from engine import office, readers
from engine.cards import Document, Problem
from engine.pages import Reading
from engine.readers import KILLING, Limits, Step, Stop, Unread
from engine.retold import retold
from engine.store import Refusal, Store

DEATHS = 2
"""A file that has cost so many workers their lives is not opened again, unless a person asks for it."""

_BY_NAME = frozenset(("damaged", "unsupported", "empty"))
"""What may be said of a file for its name's ending: with another one, it may be read."""
_NOT_AGAIN = " It has ended its reader twice, so Baton does not open it again by itself."


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the reading is: of which file, and at which page of how many (0: not known)."""

    name: str
    page: int = 0
    pages: int = 0

    def __str__(self) -> str:
        """As people are told it: letter.pdf, page 3 of 12."""
        of = f" of {self.pages}" if self.pages else ""
        return f"{self.name}, page {self.page}{of}" if self.page else self.name


class _Full(Unread):
    """An inner file that is one too many here: that says nothing of it elsewhere."""


@dataclass(slots=True)
class _Tree:
    """One incoming file while it and what is inside it are read."""

    store: Store
    limits: Limits
    password: str
    stop: Stop
    asked: bool
    documents: list[Document] = field(default_factory=list)
    unpacked: int = 0

    def read(self, data: bytes, name: str) -> Generator[Step, None, Reading]:
        return readers.read(data, name, self.put, self.limits, self.password, self.stop)

    def put(self, data: bytes) -> str:
        """Keep an inner file."""
        self.spend(len(data))
        return self.store.put(data)

    def spend(self, size: int) -> None:
        """What all inner files may hold together is bounded, however deep they lie."""
        if self.unpacked + size > self.limits.unpacked:
            raise _Full("too_large", "The files inside the files hold more than Baton reads at once.")
        self.unpacked += size


def read(
    store: Store,
    sha256: str,
    name: str,
    *,
    limits: Limits = readers.USUAL,
    password: str = "",
    stop: Stop | None = None,
    asked: bool = False,
) -> Generator[Reached | Document, None, tuple[Document, ...]]:
    """The incoming document and all documents inside it, read and kept in the store; each is told when it is.

    An inner file that can't be read is listed with the reason, and stops nothing. What was read
    before is not read again, nor what was refused before, unless a person has `asked` for it: with a
    password, say, or with other limits. Raises Problem when the incoming file itself can't be read.
    """
    tree = _Tree(store, limits, password, stop or Stop(), asked)
    yield from _document(tree, sha256, name, ())
    return tuple(tree.documents)


def _document(
    tree: _Tree, sha256: str, name: str, above: tuple[Document, ...]
) -> Generator[Reached | Document, None, None]:
    """A document, then what is inside it."""
    reading = yield from _reading(tree, sha256, name)
    document = Document(
        sha256, name, reading.kind, len(reading.pages), sum(len(page.text.split()) for page in reading.pages),
        reading.title[:200], above[-1].sha256 if above else "", confidence=round(reading.confidence, 3),
    )  # fmt: skip
    tree.documents.append(document)
    yield document
    for inner_name, inner in reading.attachments:
        try:
            _check(tree, inner, (*above, document))
            yield from _document(tree, inner, inner_name, (*above, document))
        except Problem as problem:
            if problem.code == "stopped":
                raise
            kind = problem.kind if isinstance(problem, Unread) else ""
            refused = Document(inner, inner_name, kind, 0, 0, problem.sentence, document.sha256, code=problem.code)
            tree.documents.append(refused)
            yield refused


def _check(tree: _Tree, inner: str, above: tuple[Document, ...]) -> None:
    """Whether to go on into a file inside files."""
    if any(inner == document.sha256 for document in above):
        raise Unread("bomb", "This file holds itself.")
    if len(above) > tree.limits.depth:
        raise Unread("too_deep", readers.SENTENCES["too_deep"])
    if len(tree.documents) > tree.limits.attachments:
        raise Unread("too_large", "There are more files inside the files than Baton reads at once.")


def _reading(tree: _Tree, sha256: str, name: str) -> Generator[Reached, None, Reading]:
    yield Reached(name)
    reading = tree.store.reading(sha256)
    if reading is not None:
        tree.spend(sum(tree.store.size(inner) for _, inner in reading.attachments))
        return reading
    before = tree.store.refusal(sha256)
    if before is not None and not tree.asked and _stands(before, name):
        raise Unread(before.code, before.sentence, before.kind)
    unpacked = tree.unpacked
    try:
        reading = yield from _by_readers(tree, sha256, name)
    except Unread as problem:
        tree.unpacked = unpacked  # what came of it is not read
        if problem.code != "stopped" and not isinstance(problem, _Full):
            _remember(tree.store, sha256, name, problem, before)
        raise
    tree.store.keep(sha256, reading)
    return reading


def _by_readers(tree: _Tree, sha256: str, name: str) -> Generator[Reached, None, Reading]:
    """What the shelf makes of it; of an old office file, what it makes of LibreOffice's conversion."""
    data = tree.store.original(sha256)
    try:
        return (yield from _told(name, tree.read(data, name)))
    except Unread as problem:
        if problem.code != "unsupported" or problem.kind not in office.TARGETS:
            raise
        kind = problem.kind
    converted = office.convert(data, kind, tree.limits, tree.stop)
    reading = yield from _told(name, tree.read(converted, f"{name}.{office.TARGETS[kind]}"))
    return dataclasses.replace(reading, kind=kind)


def _told(name: str, steps: Generator[Step, None, Reading]) -> Generator[Reached, None, Reading]:
    return retold(steps, lambda step: Reached(name, step.done, step.total))


def _stands(before: Refusal, name: str) -> bool:
    """Whether a refusal still says that this file can't be read."""
    if before.code in KILLING:
        return before.deaths >= DEATHS
    return before.code not in _BY_NAME or before.ending == PurePath(name).suffix.lower()


def _remember(store: Store, sha256: str, name: str, problem: Unread, before: Refusal | None) -> None:
    deaths = (before.deaths if before else 0) + (problem.code in KILLING)
    sentence = problem.sentence + (_NOT_AGAIN if deaths >= DEATHS else "")
    ending = PurePath(name).suffix.lower()
    store.refuse(sha256, Refusal(problem.code, sentence, problem.kind, deaths, ending))
