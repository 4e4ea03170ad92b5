"""Finds the passages an answer must rest on: documents become chunks, chunks become evidence.

`library.db` is the truth: documents, chunks with page, box and span, their vectors and full text.
The FAISS index is derived from it, carries a hash, and is built again when it is lost or damaged.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Evidence, Place, Problem
from engine.chunks import Chunk, chunks
from engine.pages import Reading
from engine.store import write_aside

if TYPE_CHECKING:
    import faiss
    import numpy
    from sqlite_utils import Database

    from engine.models import Encoder

EMBED_AT_ONCE = 32
RANK_CONSTANT = 60
"""Reciprocal rank fusion's constant (Cormack, Clarke and Buettcher, SIGIR 2009)."""
CANDIDATES = 40
REMEMBERED = 4096
"""Vectors of sentences kept in memory: 6 MB at 384 dimensions."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Hit:
    """One chunk that was found. `score` is its likeness to the query in 0..1."""

    chunk: int
    document: str
    name: str
    page: int
    start: int
    end: int
    box: tuple[float, float, float, float] | None
    heading: str
    text: str
    score: float


class Library:
    """One engine's view of `library.db`, and of the index files beside it."""

    def __init__(self, home: Path, encoder: Callable[[], Encoder], encoder_id: str) -> None:
        """`encoder_id` names the encoder: vectors of another one don't count, and are made again."""
        self._folder = home / "index"
        self._encoder = encoder
        self._encoder_id = encoder_id
        self._db = _open(home / "library.db")
        self._indexes: dict[str, faiss.Index] = {}
        self._remembered: dict[str, numpy.ndarray] = {}
        self._version = 0

    def close(self) -> None:
        self._db.close()

    def holds(self, collection: str, sha256: str) -> bool:
        """Whether that document was added whole to the collection."""
        found = self._db.execute(
            "select 1 from documents where collection = ? and sha256 = ? and encoder = ? and complete = 1",
            [collection, sha256, self._encoder_id],
        )
        return found.fetchone() is not None

    def add(self, collection: str, sha256: str, name: str, reading: Reading) -> Iterator[tuple[int, int]]:
        """Chunk, embed and store one document, yielding (chunks done, chunks in all).

        Chunks are committed as they are embedded: after a crash, adding again goes on where it stopped.
        """
        if self.holds(collection, sha256):
            return
        document = self._opened(collection, sha256, name, reading)
        pending = list(
            self._db.execute("select id, text, heading from chunks where document = ? and vector is null", [document])
        )
        for start in range(0, len(pending), EMBED_AT_ONCE):
            batch = pending[start : start + EMBED_AT_ONCE]
            vectors = self._encoder().encode([f"{heading}\n{text}".strip() for _, text, heading in batch])
            with self._db.atomic():
                for (chunk, _, _), vector in zip(batch, vectors, strict=True):
                    self._db.execute("update chunks set vector = ? where id = ?", [vector.tobytes(), chunk])
            yield start + len(batch), len(pending)
        with self._db.atomic():
            self._db.execute("update documents set complete = 1 where id = ?", [document])
        self._indexes.pop(collection, None)

    def collections(self) -> list[dict[str, Any]]:
        """One row a collection: name, documents, chunks."""
        rows = self._db.query(
            "select d.collection as name, count(distinct d.id) as documents, count(c.id) as chunks "
            "from documents d left join chunks c on c.document = d.id group by d.collection order by 1"
        )
        return list(rows)

    def search(self, collection: str, query: str, count: int, *, without: Sequence[str] = ()) -> list[Hit]:
        """The best chunks for a query, best first: full text and vectors, fused by rank.

        `without` are content hashes whose chunks don't count: a document is never its own evidence.
        """
        vector = self._encoder().encode([query])[0]
        near = self._nearest(collection, vector, without)
        fused: dict[int, float] = {}
        for ranking in (list(near), self._matching(collection, query, without)):
            for rank, chunk in enumerate(ranking):
                fused[chunk] = fused.get(chunk, 0.0) + 1 / (RANK_CONSTANT + rank + 1)
        best = sorted(fused, key=lambda chunk: (-fused[chunk], chunk))
        hits = (self._hit(chunk, vector) for chunk in best)
        return list(itertools.islice((hit for hit in hits if hit.document not in without), count))

    def likeness(self, queries: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        """How alike each text is to each query, in 0..1: one list a query."""
        grounds, asked = self._vectors(texts), self._vectors(queries)
        return [[max(0.0, float(score)) for score in row] for row in asked @ grounds.T]

    def _vectors(self, texts: Sequence[str]) -> numpy.ndarray:
        """Vectors of short texts. Policy sentences come back with every task, so they are remembered."""
        import numpy as np

        new = [text for text in dict.fromkeys(texts) if text not in self._remembered]
        if len(self._remembered) + len(new) > REMEMBERED:
            self._remembered.clear()
            new = list(dict.fromkeys(texts))
        if new:
            self._remembered.update(zip(new, self._encoder().encode(new), strict=True))
        return np.stack([self._remembered[text] for text in texts])

    def _opened(self, collection: str, sha256: str, name: str, reading: Reading) -> int:
        """The document's row, with all its chunks, in one commit. A newer version of a name replaces it."""
        known = self._db.execute(
            "select id, encoder from documents where collection = ? and sha256 = ?", [collection, sha256]
        ).fetchone()
        self._indexes.pop(collection, None)
        if known:
            if known[1] != self._encoder_id:
                self._unlearn(int(known[0]))
            return int(known[0])
        with self._db.atomic():
            self._forget(collection, name)
            row = self._db.execute(
                "insert into documents (collection, sha256, name, encoder, complete) "
                "values (?, ?, ?, ?, 0) returning id",
                [collection, sha256, name, self._encoder_id],
            ).fetchone()
            for chunk in chunks(reading):
                self._insert(int(row[0]), chunk)
        return int(row[0])

    def _unlearn(self, document: int) -> None:
        """Another encoder's vectors are worth nothing to this one."""
        with self._db.atomic():
            self._db.execute("update chunks set vector = null where document = ?", [document])
            self._db.execute(
                "update documents set encoder = ?, complete = 0 where id = ?", [self._encoder_id, document]
            )

    def _insert(self, document: int, chunk: Chunk) -> None:
        row = self._db.execute(
            "insert into chunks (document, page, start, stop, box, heading, text) "
            "values (?, ?, ?, ?, ?, ?, ?) returning id",
            [document, chunk.page, chunk.start, chunk.end, json.dumps(chunk.box), chunk.heading, chunk.text],
        ).fetchone()
        self._db.execute("insert into words (rowid, text) values (?, ?)", [row[0], f"{chunk.heading}\n{chunk.text}"])

    def _forget(self, collection: str, name: str) -> None:
        old = "select id from documents where collection = ? and name = ?"
        self._db.execute(
            f"delete from words where rowid in (select id from chunks where document in ({old}))", [collection, name]
        )
        self._db.execute(f"delete from chunks where document in ({old})", [collection, name])
        self._db.execute("delete from documents where collection = ? and name = ?", [collection, name])

    def _nearest(self, collection: str, vector: numpy.ndarray, without: Sequence[str]) -> dict[int, float]:
        index = self._index(collection)
        if index.ntotal == 0:
            return {}
        scores, ids = index.search(vector[None, :], min(CANDIDATES + self._size(collection, without), index.ntotal))
        return {int(i): float(s) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0}

    def _matching(self, collection: str, query: str, without: Sequence[str]) -> list[int]:
        words = {word.lower() for word in _WORD.findall(query) if len(word) > 2}
        if not words:
            return []
        rows = self._db.execute(
            "select w.rowid from words w join chunks c on c.id = w.rowid join documents d on d.id = c.document "
            "where words match ? and d.collection = ? order by bm25(words), w.rowid limit ?",
            [
                " OR ".join(f'"{word}"' for word in sorted(words)),
                collection,
                CANDIDATES + self._size(collection, without),
            ],
        )
        return [int(row[0]) for row in rows]

    def _size(self, collection: str, documents: Sequence[str]) -> int:
        """How many chunks these documents have in the collection: so many more must be looked at."""
        marks = ", ".join("?" * len(documents))
        row = self._db.execute(
            "select count(*) from chunks c join documents d on d.id = c.document "
            f"where d.collection = ? and d.sha256 in ({marks})",
            [collection, *documents],
        ).fetchone()
        return int(row[0])

    def _hit(self, chunk: int, query: numpy.ndarray) -> Hit:
        import numpy as np

        row = self._db.execute(
            "select d.sha256, d.name, c.page, c.start, c.stop, c.box, c.heading, c.text, "
            "case when d.encoder = ? then c.vector end "
            "from chunks c join documents d on d.id = c.document where c.id = ?",
            [self._encoder_id, chunk],
        ).fetchone()
        box = json.loads(row[5])
        score = float(np.frombuffer(row[8], np.float32) @ query) if row[8] else 0.0
        return Hit(
            chunk, row[0], row[1], row[2], row[3], row[4], tuple(box) if box else None, row[6], row[7], max(0.0, score)
        )

    def _index(self, collection: str) -> faiss.Index:
        version = int(self._db.execute("pragma data_version").fetchone()[0])
        if version != self._version:  # another engine has written
            self._indexes.clear()
            self._version = version
        if collection not in self._indexes:
            stamp = self._stamp(collection)
            self._indexes[collection] = self._load(collection, stamp) or self._rebuild(collection, stamp)
        return self._indexes[collection]

    def _stamp(self, collection: str) -> str:
        """What the index was made from: changes whenever a chunk with a vector comes or goes."""
        rows = self._db.execute(
            "select d.sha256, count(c.id), coalesce(min(c.id), 0), coalesce(max(c.id), 0) from documents d "
            "join chunks c on c.document = d.id where d.collection = ? and d.encoder = ? and c.vector is not null "
            "group by d.id order by 1",
            [collection, self._encoder_id],
        ).fetchall()
        return hashlib.sha256(json.dumps([self._encoder_id, rows]).encode()).hexdigest()

    def _files(self, collection: str) -> tuple[Path, Path]:
        key = hashlib.sha256(collection.encode()).hexdigest()[:16]
        return self._folder / f"{key}.faiss", self._folder / f"{key}.json"

    def _load(self, collection: str, stamp: str) -> faiss.Index | None:
        """The index from disk, only if it is the very file that was written for these chunks."""
        import faiss
        import numpy as np

        index_file, note_file = self._files(collection)
        try:
            data, note = index_file.read_bytes(), json.loads(note_file.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        if note != {"stamp": stamp, "sha256": hashlib.sha256(data).hexdigest()}:
            return None
        return faiss.deserialize_index(np.frombuffer(data, np.uint8))

    def _rebuild(self, collection: str, stamp: str) -> faiss.Index:
        import faiss
        import numpy as np

        rows = self._db.execute(
            "select c.id, c.vector from chunks c join documents d on d.id = c.document "
            "where d.collection = ? and d.encoder = ? and c.vector is not null order by c.id",
            [collection, self._encoder_id],
        ).fetchall()
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(self._encoder().dimension))
        if rows:
            vectors = np.stack([np.frombuffer(vector, np.float32) for _, vector in rows])
            index.add_with_ids(vectors, np.array([row[0] for row in rows], np.int64))
        data = faiss.serialize_index(index).tobytes()
        index_file, note_file = self._files(collection)
        write_aside(index_file, data)
        note = {"stamp": stamp, "sha256": hashlib.sha256(data).hexdigest()}
        write_aside(note_file, json.dumps(note).encode())
        return index


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


def _open(path: Path) -> Database:
    from sqlite_utils import Database

    path.parent.mkdir(parents=True, exist_ok=True)
    db = Database(path)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute("pragma busy_timeout = 10000")
    _migrations().apply(db)
    return db


def _migrations() -> Any:
    from sqlite_utils import Migrations

    migrations = Migrations("library")

    @migrations()
    def m001_initial(db: Database) -> None:
        db.execute(
            "create table documents (id integer primary key, collection text not null, sha256 text not null, "
            "name text not null, encoder text not null, complete integer not null, unique (collection, sha256))"
        )
        db.execute(
            "create table chunks (id integer primary key, document integer not null references documents(id), "
            "page integer not null, start integer not null, stop integer not null, box text not null, "
            "heading text not null, text text not null, vector blob)"
        )
        db.execute("create index chunks_of_document on chunks (document)")
        db.execute(
            "create virtual table words using fts5 "
            "(text, content='', contentless_delete=1, tokenize='porter unicode61')"
        )

    return migrations
