"""Ranks the chunks of one collection for a question: by words and vectors together, and by what tuning learned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine import ranking
from engine._alike import wording
from engine._library_encoders import Encoders
from engine._library_index import Indexes
from engine._library_rows import Collection, Filter, Found, Rows, embedded_text
from engine.cards import Box
from engine.models import TokenEncoder

if TYPE_CHECKING:
    import numpy

    from engine.tuning.fusion import Candidates, Tuned
    from engine.tuning.retriever import Passages

PASSAGE = "passage"
"""The kind of a document without a file: one record, so one hit, however many chunks it has."""
FEW = 1_000
"""A smaller collection can't say how rare a word is: its words count as if it were a part of one of this size."""
SURE = 1e-6
"""Relevance is kept so far from 0 and 1 that its log-odds are numbers."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One chunk that was found. `score` is the chance that it is relevant, in 0..1.

    `also` lists where else the same stands, as (document, page): other names, and passages that say the same.
    """

    chunk: int
    document: str
    name: str
    page: int
    start: int
    end: int
    box: Box | None
    heading: str
    text: str
    score: float
    relevant: bool = True
    also: tuple[tuple[str, int], ...] = ()


class Finder:
    """Searches the collections of one library."""

    def __init__(self, home: Path, encoders: Encoders, rows: Rows, indexes: Indexes) -> None:
        self._home = home
        self._encoders = encoders
        self._rows = rows
        self._indexes = indexes
        self._versions: dict[str, tuple[int, str, Tuned | None]] = {}

    def hits(self, held: Collection, query: str, count: int, limits: Filter) -> list[Hit]:
        """The best chunks, best first; what repeats a better one is only named beside it."""
        tuned = self.tuned(held)
        plain = self._encoders.question_vector(query, held.live)
        found, relevance = self._ranked(held, query, plain, limits)
        if tuned and found:
            asked = self._encoders.question_vector(query, held.live, tuned.encoder) if tuned.encoder else plain
            relevance = tuned.relevance(self._candidates(held, found, relevance), asked, plain).tolist()
        best = sorted(zip(found, relevance, strict=True), key=lambda pair: -pair[1])
        return self._once(best, count)

    def tuned(self, held: Collection) -> Tuned | None:
        """What tuning made of this collection's retriever and still fits its encoder; None = untuned."""
        from engine.tuning.fusion import Versions

        versions, base = Versions(self._home, held.name), self._encoders.sha256(held.live)
        live = versions.live()
        known = self._versions.get(held.name)
        if known is None or known[:2] != (live, base):
            known = self._versions[held.name] = live, base, versions.load(base)
        return known[2]

    def forget(self, held: Collection) -> list[Path]:
        """The folders of what tuning made of this collection."""
        from engine.tuning.fusion import Versions

        self._versions.pop(held.name, None)
        return Versions(self._home, held.name).folders()

    def candidates(self, held: Collection, question: str) -> Candidates:
        """What the untuned search finds, in its order."""
        vector = self._encoders.question_vector(question, held.live)
        found, relevance = self._ranked(held, question, vector, Filter())
        return self._candidates(held, found, relevance)

    def passages(self, held: Collection) -> Passages:
        """All chunks of the collection that have a vector."""
        import numpy as np

        from engine.tuning.retriever import Passages

        found = list(self._rows.embedded(held.id, held.live))
        places = np.array([first if kind == PASSAGE else chunk for chunk, first, kind, _, _ in found], np.int64)
        vectors = np.frombuffer(b"".join(row[4] for row in found), np.float16).astype(np.float32)
        return Passages(places, [row[3] for row in found], vectors.reshape(len(found), -1))

    def places(self, held: Collection) -> dict[str, tuple[int, ...]]:
        """Which places (see `Candidates`) a document has, by its names."""
        return {
            name: (first,) if kind == PASSAGE else tuple(range(first, first + count))
            for name, first, count, kind in self._rows.spans(held.id)
        }

    def _ranked(
        self, held: Collection, query: str, vector: numpy.ndarray, limits: Filter
    ) -> tuple[list[Found], list[float]]:
        """The candidates for a query and their relevance; `vector` is the query's."""
        barred, only = self._rows.barred(held.id, limits), self._rows.allowed(held.id, limits)
        near = self._nearest(held, vector, barred, only)
        words = self._rows.matching(held.id, ranking.words_query(query), ranking.CANDIDATES, barred, only)
        found = {one.chunk: one for one in self._rows.found(list(dict.fromkeys([*near, *words])))}
        far = self._indexes.vectors(held.live, [chunk for chunk in found if chunk not in near])
        likeness = {chunk: float(row @ vector) for chunk, row in far.items()} | near
        candidates = [
            ranking.Candidate(one.chunk, one.place, embedded_text(one.heading, one.text), likeness.get(one.chunk, 0.0))
            for one in found.values()
        ]
        if not candidates:
            return [], []
        background = self._background(held, query, vector)
        ranked = self._reread(held, query, ranking.ranked(query, candidates, background), found, background)
        return [found[one.chunk] for one in ranked], [one.relevance for one in ranked]

    def _reread(
        self,
        held: Collection,
        query: str,
        ranked: list[ranking.Ranked],
        found: dict[int, Found],
        background: ranking.Background,
    ) -> list[ranking.Ranked]:
        """The same after a second look at the best ones, where the encoder can take it."""
        encoder = self._encoders.of(held.live)
        if not isinstance(encoder, TokenEncoder):
            return ranked
        best = [one.chunk for one in ranked[: ranking.READ]]
        texts = [embedded_text(found[chunk].heading, found[chunk].text) for chunk in best]
        asked, *read = encoder.encode_tokens([query, *texts])
        rows = {chunk: vectors for chunk, (_, vectors) in zip(best, read, strict=True)}
        return ranking.reread(query, ranked, asked, rows, background)

    def _nearest(
        self, held: Collection, vector: numpy.ndarray, barred: frozenset[int], only: numpy.ndarray | None
    ) -> dict[int, float]:
        """The chunks with the likest vectors, and how alike they are."""
        index = self._indexes.of(held.id, held.live)
        if index is None:
            return self._indexes.scan(held.id, held.live, vector, ranking.CANDIDATES, barred, only)
        ids, scores = index.search(vector, ranking.CANDIDATES, without=sorted(barred), only=only)
        return {int(chunk): float(score) for chunk, score in zip(ids, scores, strict=True)}

    def _background(self, held: Collection, query: str, vector: numpy.ndarray) -> ranking.Background:
        mean, spread = ranking.background_of(vector, self._indexes.sample(held.id, held.live))
        frequency = self._rows.frequency(held.id, ranking.terms(query))
        words = held.letters / 6 / max(1, held.chunks)
        return ranking.Background(max(FEW, held.chunks), words, frequency, mean, spread)

    def _candidates(self, held: Collection, found: list[Found], relevance: Sequence[float]) -> Candidates:
        import numpy as np

        from engine.tuning.fusion import Candidates

        stored = self._indexes.vectors(held.live, [one.chunk for one in found])
        empty = np.zeros(self._encoders.of(held.live).dimension, np.float32)
        sure = [min(1 - SURE, max(SURE, value)) for value in relevance]
        return Candidates(
            np.array([one.place for one in found], np.int64),
            [embedded_text(one.heading, one.text) for one in found],
            np.stack([stored.get(one.chunk, empty) for one in found]) if found else np.empty((0, len(empty))),
            np.array([math.log(value / (1 - value)) for value in sure]),
        )

    def _once(self, ranked: list[tuple[Found, float]], count: int) -> list[Hit]:
        """The best chunks: a record only once, and passages that say the same only once."""
        kept: dict[tuple[str, ...], tuple[Found, float, list[tuple[str, int]]]] = {}
        records: set[int] = set()
        for found, relevance in ranked:
            if found.kind == PASSAGE and found.place in records:
                continue
            says = wording(found.text)
            if says not in kept and len(kept) == count:
                break
            records.add(found.place)
            if says in kept:
                kept[says][2].append((found.name, found.page))
            else:
                kept[says] = found, relevance, []
        return [
            Hit(
                one.chunk, one.sha256, one.name, one.page, one.start, one.end, one.box, one.heading, one.text,
                relevance, relevance >= ranking.NOTHING,
                tuple(dict.fromkeys((*((name, one.page) for name in self._rows.other_names(one)), *also))),
            )
            for one, relevance, also in kept.values()
        ]  # fmt: skip
