"""Keeps the index of each collection abreast of `library.db`: what came and went since it was built is caught up."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import vectors

if TYPE_CHECKING:
    import numpy
    from sqlite_utils import Database

AT_ONCE = 20_000
"""So many vectors are indexed in a moment, in the middle of a search; more wait for the upkeep."""
LARGEST_TAIL, TAIL_SHARE = 5_000, 20
"""A tail longer than this, and than a twentieth of the index, is merged by the upkeep."""
ROWS = 4_096
SAMPLE = 1_024
"""Vectors that say what likeness is usual in a collection."""


@dataclass
class _Open:
    """An index in memory: which build it is, up to which change it is caught up, and a sample of its vectors."""

    index: vectors.Index
    stamp: str
    seen: int
    sample: numpy.ndarray | None = None


class Indexes:
    """The indexes of one library, in `folder`, one for each collection and encoder."""

    def __init__(self, folder: Path, db: Database) -> None:
        self._folder = folder
        self._db = db
        self._open: dict[tuple[int, int], _Open] = {}

    def of(self, collection: int, encoder: int) -> vectors.Index | None:
        """The index with all that is embedded now; None when there is none yet, and too much to build it at once."""
        found = self._caught_up(collection, encoder)
        if found is None and self.waiting(collection, encoder) <= AT_ONCE:
            for _ in self.build(collection, encoder):
                continue
            found = self._caught_up(collection, encoder)
        return found.index if found else None

    def sample(self, collection: int, encoder: int) -> numpy.ndarray:
        """Up to SAMPLE vectors of the collection, float32 rows, always the same until the index is built again."""
        import numpy as np

        held = self._open.get((collection, encoder))
        if held is None:
            return np.empty((0, self._dimension(encoder)), np.float32)
        if held.sample is None:
            ids = held.index.ids
            if len(ids) > SAMPLE:
                ids = np.sort(np.random.default_rng(0).choice(ids, SAMPLE, replace=False))
            found = self.vectors(encoder, [int(one) for one in ids])
            held.sample = np.stack(list(found.values())) if found else np.empty((0, self._dimension(encoder)))
            held.sample = held.sample.astype(np.float32)
        return held.sample

    def vectors(self, encoder: int, chunks: list[int]) -> dict[int, numpy.ndarray]:
        """The stored vectors of these chunks, float32, for those that have one."""
        import numpy as np

        marks = ", ".join("?" * len(chunks))
        rows = self._db.execute(
            f"select chunk, vector from vectors where encoder = ? and chunk in ({marks})", [encoder, *chunks]
        )
        return {int(chunk): np.frombuffer(vector, np.float16).astype(np.float32) for chunk, vector in rows}

    def scan(
        self, collection: int, encoder: int, vector: numpy.ndarray, count: int,
        barred: Collection[int] = (), only: numpy.ndarray | None = None,
    ) -> dict[int, float]:  # fmt: skip
        """The nearest chunks by looking at every vector in the database: slow, but right while there is no index."""
        import numpy as np

        best: list[tuple[float, int]] = []
        for ids, rows in self._batches(collection, encoder):
            scores = rows.astype(np.float32) @ vector
            stays = ~np.isin(ids, list(barred)) & (True if only is None else np.isin(ids, only))
            near = np.flatnonzero(stays)[np.argsort(-scores[stays])[:count]]
            best = sorted([*best, *((float(scores[n]), int(ids[n])) for n in near)], reverse=True)[:count]
        return {chunk: score for score, chunk in best}

    def waiting(self, collection: int, encoder: int) -> int:
        """How many chunks came or went since the index was built; all of them when there is no index."""
        row = self._built(collection, encoder)
        since = int(row[1]) if row and self._caught_up(collection, encoder) else 0
        upto = self._upto(collection, encoder)
        came = self._db.execute(
            "select coalesce(sum(chunks), 0) from documents where collection = ? and whole > ? and whole <= ?",
            [collection, since, upto],
        ).fetchone()[0]
        went = self._db.execute(
            "select coalesce(sum(chunks), 0) from gone where collection = ? and changed > ?", [collection, since]
        ).fetchone()[0]
        return int(came) + (int(went) if since else 0)

    def due(self, collection: int, encoder: int) -> bool:
        """Whether the index is missing, or its tail so long that searches feel it."""
        held = self._caught_up(collection, encoder)
        tail = self.waiting(collection, encoder)
        return tail > AT_ONCE if held is None else tail > max(LARGEST_TAIL, len(held.index) // TAIL_SHARE)

    def build(self, collection: int, encoder: int) -> Iterator[tuple[int, int]]:
        """Index all vectors anew, yielding (done, all). The old index serves until the new one is whole."""
        stamp, upto = secrets.token_hex(16), self._upto(collection, encoder)
        count = self._db.execute("select chunks from collections where id = ?", [collection]).fetchone()[0]
        batches = self._batches(collection, encoder, upto)
        yield from vectors.build(self._place(collection, encoder), stamp, batches, int(count), self._dimension(encoder))
        with self._db.atomic():
            self._db.execute("insert or replace into indexes values (?, ?, ?, ?)", [collection, encoder, stamp, upto])
            self._db.execute(
                "delete from gone where collection = ? and changed <= "
                "(select min(changes) from indexes where collection = ?)",
                [collection, collection],
            )
        self._open.pop((collection, encoder), None)

    def forget(self, collection: int) -> list[Path]:
        """Close the indexes of a collection; gives their folders, which nothing needs once its rows are gone."""
        encoders = [encoder for (encoder,) in self._db.execute("select id from encoders")]
        for encoder in encoders:
            self._open.pop((collection, encoder), None)
        return [self._place(collection, encoder) for encoder in encoders]

    def note(self, collection: int, encoder: int) -> dict[str, Any]:
        """How the index was built: kind, recall and so on; empty when there is none."""
        held = self._caught_up(collection, encoder)
        return held.index.note if held else {}

    def _caught_up(self, collection: int, encoder: int) -> _Open | None:
        built = self._built(collection, encoder)
        if built is None:
            return None
        stamp, changes = built
        held = self._open.get((collection, encoder))
        if held is None or held.stamp != stamp:
            index = vectors.load(self._place(collection, encoder), stamp)
            if index is None:
                return None
            held = self._open[collection, encoder] = _Open(index, stamp, changes)
        upto = self._upto(collection, encoder)
        if held.seen < upto:
            self._catch_up(collection, encoder, held, upto)
        return held

    def _catch_up(self, collection: int, encoder: int, held: _Open, upto: int) -> None:
        import numpy as np

        for ids, rows in self._batches(collection, encoder, upto, held.seen):
            held.index.add(ids, rows.astype(np.float32))
        went = self._db.execute(
            "select first, chunks from gone where collection = ? and changed > ?", [collection, held.seen]
        ).fetchall()
        for first, chunks in went:
            held.index.remove(np.arange(first, first + chunks, dtype=np.int64))
        held.seen = upto

    def _batches(
        self, collection: int, encoder: int, upto: int | None = None, since: int = 0
    ) -> Iterator[tuple[numpy.ndarray, numpy.ndarray]]:
        """(ids, float16 rows) of the whole documents that came after a change, ids ascending."""
        import numpy as np

        # The plus keeps SQLite from the index on `whole`: all vectors in another order would have to be sorted first.
        whole = "d.whole" if since else "+d.whole"
        rows = self._db.execute(
            "select v.chunk, v.vector from documents d join vectors v on v.encoder = ? and v.chunk >= d.first and "
            f"v.chunk < d.first + d.chunks where d.collection = ? and {whole} > ? and {whole} <= ? order by d.first",
            [encoder, collection, since, self._upto(collection, encoder) if upto is None else upto],
        )
        while batch := rows.fetchmany(ROWS):
            data = b"".join(vector for _, vector in batch)
            matrix = np.frombuffer(data, np.float16).reshape(len(batch), -1)
            yield np.fromiter((chunk for chunk, _ in batch), np.int64, len(batch)), matrix

    def _built(self, collection: int, encoder: int) -> tuple[str, int] | None:
        row = self._db.execute(
            "select stamp, changes from indexes where collection = ? and encoder = ?", [collection, encoder]
        ).fetchone()
        return (str(row[0]), int(row[1])) if row else None

    def _upto(self, collection: int, encoder: int) -> int:
        row = self._db.execute(
            "select upto from coverage where collection = ? and encoder = ?", [collection, encoder]
        ).fetchone()
        return int(row[0]) if row else 0

    def _dimension(self, encoder: int) -> int:
        return int(self._db.execute("select dimension from encoders where id = ?", [encoder]).fetchone()[0])

    def _place(self, collection: int, encoder: int) -> Path:
        """A folder for one library, collection and encoder; names from outside are no paths."""
        library = self._db.execute("select id from library").fetchone()[0]
        sha256 = self._db.execute("select sha256 from encoders where id = ?", [encoder]).fetchone()[0]
        return self._folder / hashlib.sha256(f"{library}\0{collection}\0{sha256}".encode()).hexdigest()[:24]
