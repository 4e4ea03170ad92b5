"""Finds the passages an answer must rest on: documents become chunks, chunks become evidence.

`library.db` is the truth: documents, chunks with page, box and span, their vectors and full text. A document is
seen when it is whole, in one step, and in that step takes the place of an older one of its name. The indexes are
derived, and are built again when they are lost or damaged.
"""

from __future__ import annotations

import datetime
import hashlib
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine._document import dated, language
from engine._library_encoders import Encoders
from engine._library_index import Indexes
from engine._library_rows import Collection, Filter, Rows, embedded_text
from engine._library_schema import open_library
from engine._library_search import PASSAGE, Finder, Hit
from engine.cards import Evidence, Place, Problem
from engine.chunks import chunks
from engine.orders import Passage
from engine.pages import Page, Reading
from engine.readers._text import clean

if TYPE_CHECKING:
    import numpy

    from engine.fleet import Fleet
    from engine.tuning.fusion import Candidates
    from engine.tuning.retriever import Outcome, Passages, Progress

EMBED_AT_ONCE = 64
"""Chunks of a file: a crash costs no more, and progress comes every second."""
PASSAGES_AT_ONCE = 512
"""Passages without a file come by thousands, and the encoder is fastest with many at once."""
EMBED_IN_PASSING = 256
"""So many chunks without a vector are embedded in the middle of a search; more wait for the upkeep."""
REMEMBERED = 4096
"""Vectors of sentences kept in memory: 6 MB at 384 dimensions."""

__all__ = ["Hit", "Library", "evidence_of", "passage_reading"]


class Library:
    """One engine's view of `library.db`, and of the index files beside it."""

    def __init__(self, home: Path, fleet: Fleet) -> None:
        self._fleet = fleet
        self._db = open_library(home / "library.db")
        self._rows, self._encoders = Rows(self._db), Encoders(self._db, fleet)
        self._indexes = Indexes(home / "index", self._db)
        self._finder = Finder(home, self._encoders, self._rows, self._indexes)
        self._home = home
        self._remembered: dict[str, numpy.ndarray] = {}

    def close(self) -> None:
        self._db.close()

    def holds(self, collection: str, sha256: str) -> bool:
        """Whether that document is whole in the collection."""
        known = self._rows.collection(collection)
        return known is not None and self._rows.document(known.id, sha256, whole=True) is not None

    def add(self, collection: str, sha256: str, name: str, reading: Reading) -> Iterator[tuple[int, int]]:
        """Chunk, embed and store one document, yielding (chunks done, chunks in all).

        Chunks are committed as they are embedded: after a crash, adding again goes on where it stopped. What is
        there already only gets the further name.
        """
        held = self._serving(self._rows.made(collection))
        if (known := self._rows.document(held.id, sha256, whole=True)) is not None:
            with self._db.atomic():
                self._rows.give_name(held.id, name, known)
            return
        document = self._rows.document(held.id, sha256, whole=False)
        if document is None:
            with self._db.atomic():
                document = self._rows.open(held.id, _described(sha256, name, reading), list(chunks(reading)))
        pending = self._rows.without_vector(held.live, document)
        for start in range(0, len(pending), EMBED_AT_ONCE):
            batch = pending[start : start + EMBED_AT_ONCE]
            vectors = self._encoders.passage_vectors(held.live, [text for _, text in batch])
            with self._db.atomic():
                self._rows.keep(held.live, [chunk for chunk, _ in batch], vectors)
            yield start + len(batch), len(pending)
        with self._db.atomic():
            self._rows.complete(held, [(document, name)])

    def add_passages(self, collection: str, passages: Iterable[Passage]) -> Iterator[list[tuple[str, int]]]:
        """Store many passages that have no file, yielding (id, chunks) of those that are whole, some hundreds at once.

        What is there already is passed over quickly, so after a crash adding again goes on where it stopped. Of two
        with the same id the later one stays.
        """
        held = self._serving(self._rows.made(collection))
        batch: list[tuple[str, str, Reading]] = []
        for passage in passages:
            reading = passage_reading(passage.title, passage.text)
            sha256 = hashlib.sha256(f"{reading.text}\n{passage.id}".encode()).hexdigest()
            batch.append((sha256, passage.id, reading))
            if len(batch) >= PASSAGES_AT_ONCE:
                yield self._add_together(held, batch)
                batch = []
        if batch:
            yield self._add_together(held, batch)

    def remove(self, collection: str, named: str) -> int:
        """Take out the document of that name, or of that content hash; returns how many chunks went.

        Raises Problem("no_document").
        """
        held = self._rows.collection(collection)
        found = self._rows.named(held.id, named) if held else None
        if held is None or found is None:
            raise Problem("no_document", f"There is no document {named!r:.80} in {collection!r:.60}. See its list.")
        with self._db.atomic():
            return self._rows.take_name(held.id, found, named)

    def remove_all(self, collection: str) -> int:
        """Take a collection away: documents, indexes, what tuning made of it; returns how many documents went.

        Raises Problem("no_collection").
        """
        held = self._rows.collection(collection)
        if held is None:
            raise Problem("no_collection", f"There is no collection {collection!r:.60}. See `baton knowledge list`.")
        folders = self._indexes.forget(held.id)
        with self._db.atomic():
            self._rows.forget(held.id)
        for folder in (*folders, *self._finder.forget(held)):  # what is derived goes last: a crash leaves only litter
            shutil.rmtree(folder, ignore_errors=True)
        return held.documents

    def collections(self) -> list[dict[str, Any]]:
        """One row a collection: name, documents, chunks, encoder, index, recall, and what waits to be embedded."""
        rows = []
        for name in self._rows.collections():
            held = self._rows.collection(name)
            assert held is not None
            note = self._indexes.note(held.id, held.live) if held.live else {}
            rows.append(
                {
                    "name": name,
                    "documents": held.documents,
                    "chunks": held.chunks,
                    "encoder": self._encoders.name(held.live),
                    "next_encoder": self._encoders.name(held.wanted) if held.wanted != held.live else "",
                    "index": note.get("kind", ""),
                    "recall": note.get("recall"),
                    "to_embed": self._rows.uncovered(held.id, held.wanted) if held.wanted else held.chunks,
                    "to_index": self._indexes.waiting(held.id, held.live) if held.live else held.chunks,
                }
            )
        return rows

    def documents(self, collection: str) -> Iterator[dict[str, Any]]:
        """One row a document: its names, hash, kind, title, language, date, chunks, pages, and when it was added.

        `pages` is the number of the last page that says something; a passage without a file has one.
        """
        held = self._rows.collection(collection)
        if held is None:
            return
        last = dict(self._db.execute(
            "select d.sha256, max(c.page) from documents d join chunks c on c.id >= d.first "
            "and c.id < d.first + d.chunks where d.collection = ? and d.text is null group by d.id", [held.id],
        ))  # fmt: skip
        for row in self._rows.documents(held.id):
            yield row | {"pages": last.get(row["sha256"], 1)}

    def clauses(self, collection: str) -> Iterator[dict[str, Any]]:
        """What a collection says, passage by passage: document by document as they came, each in reading order."""
        held = self._rows.collection(collection)
        yield from self._db.query(
            "select d.sha256, d.name as document, c.page, c.start, c.stop as end, c.heading, c.text from documents d "
            "join chunks c on c.id >= d.first and c.id < d.first + d.chunks "
            "where d.collection = ? and d.whole > 0 order by d.whole, c.id", [held.id if held else 0],
        )  # fmt: skip

    def reading(self, sha256: str) -> Reading | None:
        """A passage that has no file, as it was added; None for everything else."""
        found = self._rows.passage(sha256)
        return passage_reading(*found) if found else None

    def use(self, collection: str, encoder: str) -> None:
        """Wish for a collection's own encoder ("" = the default again). The old one serves until all is embedded."""
        self._fleet.encoder_id(encoder)
        with self._db.atomic():
            self._rows.own(self._rows.made(collection).id, encoder)
        self._serving(self._rows.made(collection))

    def search(
        self,
        collection: str | Sequence[str],
        query: str,
        count: int,
        *,
        without: Sequence[str] = (),
        kinds: Sequence[str] = (),
        languages: Sequence[str] = (),
        since: str = "",
        until: str = "",
    ) -> list[Hit]:
        """The best chunks for a query, best first: full text and vectors together, the same passage only once.

        `without` are content hashes that don't count: a document is never its own evidence. `kinds` are endings of
        files ("pdf") or "passage"; `languages` ISO codes ("de"); `since` and `until` dates ("2026-10"), which leave
        out documents without a date.
        """
        limits = Filter(tuple(without), tuple(kinds), tuple(languages), since, until)
        hits: list[Hit] = []
        for name in [collection] if isinstance(collection, str) else collection:
            held = self._rows.collection(name)
            if held is not None and held.documents:
                held = self._serving(held)
                if 0 < self._rows.uncovered(held.id, held.live) <= EMBED_IN_PASSING:
                    for _ in self._embedded(held, held.live):
                        continue
                hits += self._finder.hits(held, query, count, limits)
        return sorted(hits, key=lambda hit: -hit.score)[:count]

    def likeness(self, queries: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        """How alike each text is to each query, in 0..1: one list a query."""
        grounds, asked = self._vectors(texts), self._vectors(queries)
        return [[max(0.0, float(score)) for score in row] for row in asked @ grounds.T]

    def tune(self, collection: str, rows: Iterable[Mapping[str, object]]) -> Generator[Progress, None, Outcome]:
        """Learn from {"query","ids"} which passages answer which questions; goes live only if it wins.

        Yields (note, done, of how many). Raises Problem.
        """
        from engine.tuning import retriever

        held = self._whole(collection)
        pairs = retriever.pairs(rows, self._finder.places(held))
        name = self._encoders.name(held.live)
        folder = self._fleet.encoder_folder(name)
        ground = _Ground(self._finder, held)
        return (
            yield from retriever.tune(
                self._home, collection, ground, pairs, self._fleet.encoder_id(name), folder, self._fleet.encoder(name)
            )
        )

    def tune_back(self, collection: str) -> int:
        """Take the last tuning of a collection back; returns the number of the version that serves now, 0 = untuned."""
        from engine.tuning import retriever

        return retriever.rollback(self._home, self._whole(collection).name)

    def due(self) -> list[str]:
        """The collections that `upkeep` has something to do for."""
        return [held.name for held in self._all() if self._steps(held)]

    def upkeep(self) -> Iterator[tuple[str, int, int]]:
        """Embed what waits, for the wanted encoder too, and build long indexes again: (note, done, of how many).

        Stop it at any moment: what was embedded is kept, and the old encoder and index serve until the new are whole.
        """
        for held in self._all():
            for encoder, work in self._steps(held):
                if work == "embed":
                    for done, total in self._embedded(held, encoder):
                        yield f"embedding {held.name}", done, total
                if self._indexes.due(held.id, encoder):
                    for done, total in self._indexes.build(held.id, encoder):
                        yield f"indexing {held.name}", done, total
            self._serving(held)

    def _whole(self, collection: str) -> Collection:
        held = self._rows.collection(collection)
        if held is None or not held.documents:
            raise Problem("no_collection", f"There is no collection {collection!r:.60}. Add documents to it first.")
        return self._serving(held)

    def _all(self) -> list[Collection]:
        found = [self._rows.collection(name) for name in self._rows.collections()]
        return [self._serving(held) for held in found if held is not None and held.documents]

    def _steps(self, held: Collection) -> list[tuple[int, str]]:
        """What is to be done for the live encoder, and for the wanted one."""
        steps = []
        for encoder in dict.fromkeys((held.live, held.wanted)):
            if self._rows.uncovered(held.id, encoder):
                steps.append((encoder, "embed"))
            elif self._indexes.due(held.id, encoder):
                steps.append((encoder, "index"))
        return steps

    def _serving(self, held: Collection) -> Collection:
        """The collection with an encoder that can be asked: the live one, until the wanted one has all vectors."""
        wanted = self._encoders.number(held.own)
        live = held.live if held.live and self._encoders.available(held.live) else wanted
        if live != wanted and not self._rows.uncovered(held.id, wanted) and not self._indexes.due(held.id, wanted):
            live = wanted
        if (live, wanted) != (held.live, held.wanted):
            with self._db.atomic():
                self._rows.serve(held.id, live, wanted)
        return replace(held, live=live, wanted=wanted)

    def _embedded(self, held: Collection, encoder: int) -> Iterator[tuple[int, int]]:
        """Embed all chunks that have no vector of this encoder yet, document by document in the order they came."""
        total, done = self._rows.uncovered(held.id, encoder), 0
        while documents := self._rows.next_uncovered(held.id, encoder, PASSAGES_AT_ONCE):
            pending = [row for document in documents.ids for row in self._rows.without_vector(encoder, document)]
            for start in range(0, len(pending), PASSAGES_AT_ONCE):
                batch = pending[start : start + PASSAGES_AT_ONCE]
                vectors = self._encoders.passage_vectors(encoder, [text for _, text in batch])
                with self._db.atomic():
                    self._rows.keep(encoder, [chunk for chunk, _ in batch], vectors)
                yield min(done + start + len(batch), total), total
            done += documents.chunks
            with self._db.atomic():
                self._rows.cover(held.id, encoder, documents.upto)
        with self._db.atomic():
            self._rows.cover_all(held.id, encoder)

    def _add_together(self, held: Collection, batch: list[tuple[str, str, Reading]]) -> list[tuple[str, int]]:
        """Whole at once: all passages of a batch with their vectors, in one commit."""
        new, last = {}, {name: sha256 for sha256, name, _ in batch}
        for sha256, name, reading in batch:
            if last[name] == sha256 and self._rows.document(held.id, sha256, whole=True) is None:
                new[sha256] = _described(sha256, name, reading, passage=True), list(chunks(reading))
        texts = [embedded_text(chunk.heading, chunk.text) for _, cut in new.values() for chunk in cut]
        vectors = self._encoders.passage_vectors(held.live, texts)
        with self._db.atomic():
            opened, at = [], 0
            for row, cut in new.values():
                document = self._rows.open(held.id, row, cut)
                first = self._rows.first(document)
                self._rows.keep(held.live, range(first, first + len(cut)), vectors[at : at + len(cut)])
                opened.append((document, row["name"]))
                at += len(cut)
            self._rows.complete(held, opened)
        return [(name, len(new[sha256][1]) if sha256 in new else 0) for sha256, name, _ in batch]

    def _vectors(self, texts: Sequence[str]) -> numpy.ndarray:
        """Vectors of short texts. Policy sentences come back with every task, so they are remembered."""
        import numpy as np

        new = [text for text in dict.fromkeys(texts) if text not in self._remembered]
        if len(self._remembered) + len(new) > REMEMBERED:
            self._remembered.clear()
            new = list(dict.fromkeys(texts))
        if new:
            self._remembered.update(zip(new, self._fleet.encoder().encode(new), strict=True))
        return np.stack([self._remembered[text] for text in texts])


@dataclass(frozen=True, slots=True)
class _Ground:
    """One collection, as tuning asks of it."""

    finder: Finder
    held: Collection

    def passages(self) -> Passages:
        return self.finder.passages(self.held)

    def candidates(self, question: str) -> Candidates:
        return self.finder.candidates(self.held, question)


def passage_reading(title: str, text: str) -> Reading:
    """A passage without a file as one page, under its title."""
    title, body = clean(title)[0].strip(), clean(text)[0]
    whole = f"{title}\n\n{body}" if title else body
    return Reading("txt", title, (Page(1, whole, paths=((0, len(whole), title),) if title else ()),))


def evidence_of(hit: Hit, n: int, origin: str, quote: str, reading: Reading, score: float) -> Evidence:
    """Evidence for a quote inside a hit, with the quote's own span and box on its page.

    Raises Problem("quote_not_found") when the quote does not stand there word for word.
    """
    page = next((page for page in reading.pages if page.number == hit.page), None)
    start = page.text.find(quote, hit.start, hit.end) if page else -1
    if page is None or start < 0:
        raise Problem(
            "quote_not_found",
            f"Library and store disagree about page {hit.page} of {hit.name}. Add that document again.",
        )
    end = start + len(quote)
    place = Place(hit.document, hit.name, hit.page, start, end, page.box(start, end), page.path(start))
    return Evidence(n, quote, place, round(score, 4), origin, hit.heading)


def _described(sha256: str, name: str, reading: Reading, passage: bool = False) -> dict[str, Any]:
    return {
        "sha256": sha256,
        "name": name,
        "kind": PASSAGE if passage else reading.kind,
        "title": reading.title,
        "language": language(reading.text),
        "date": "" if passage else dated(reading),
        "added": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "text": reading.text if passage else None,
    }
