"""Speaks to `library.db`: each question and each change in one place, within the caller's transaction."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine._library_schema import drop_words, make_words, words_table
from engine.cards import Box
from engine.chunks import Chunk

if TYPE_CHECKING:
    import numpy
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection's row. `live` and `wanted` are numbers of encoders, 0 while there is none."""

    id: int
    name: str
    changes: int
    documents: int
    chunks: int
    letters: int
    live: int
    wanted: int
    own: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What may be found: not these hashes; only these kinds, languages and dates, where any are given."""

    without: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: str = ""
    until: str = ""

    def where(self) -> tuple[str, list[str]]:
        """As a condition on documents, "" for none, with its values."""
        parts: list[str] = []
        values: list[str] = []
        for column, allowed in (("kind", self.kinds), ("language", self.languages)):
            if allowed:
                parts.append(f"{column} in ({', '.join('?' * len(allowed))})")
                values += allowed
        for sign, date in ((">=", self.since), ("<=", self.until)):
            if date:  # "2026-10" is all of October: compared as far as both say
                parts.append(f"date <> '' and substr(date, 1, {len(date)}) {sign} substr(?, 1, length(date))")
                values.append(date)
        return " and ".join(parts), values


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk with what is needed of its document."""

    chunk: int
    page: int
    start: int
    end: int
    box: Box | None
    heading: str
    text: str
    document: int
    sha256: str
    name: str
    kind: str
    first: int

    @property
    def place(self) -> int:
        """What counts as one hit: a record, by its first chunk, or a chunk of a file."""
        return self.first if self.kind == "passage" else self.chunk


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Documents that come next to be embedded, how many chunks they have, and the change they go up to."""

    ids: tuple[int, ...]
    chunks: int
    upto: int


def embedded_text(heading: str, text: str) -> str:
    """What stands for a chunk in both searches: it is read under its headings, as a person would."""
    return f"{heading}\n{text}" if heading else text


class Rows:
    """The tables of one library."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def collections(self) -> list[str]:
        return [str(name) for (name,) in self._db.execute("select name from collections order by name")]

    def collection(self, name: str) -> Collection | None:
        row = self._db.execute(
            "select id, name, changes, documents, chunks, letters, coalesce(live, 0), coalesce(wanted, 0), own "
            "from collections where name = ?",
            [name],
        ).fetchone()
        return Collection(*row) if row else None

    def made(self, name: str) -> Collection:
        """The collection of that name, which comes to be when it is first named."""
        found = self.collection(name)
        if found is None:
            with self._db.atomic():
                row = self._db.execute("insert into collections (name) values (?) returning id", [name]).fetchone()
                make_words(self._db, int(row[0]))
            found = self.collection(name)
        assert found is not None
        return found

    def own(self, collection: int, encoder: str) -> None:
        self._db.execute("update collections set own = ? where id = ?", [encoder, collection])

    def serve(self, collection: int, live: int, wanted: int) -> None:
        """Note which encoder serves and which will. Vectors of others than these, and the one before, go."""
        before = self._db.execute("select coalesce(live, 0) from collections where id = ?", [collection]).fetchone()[0]
        self._db.execute("update collections set live = ?, wanted = ? where id = ?", [live, wanted, collection])
        for encoder in {live, wanted}:
            self._db.execute("insert or ignore into coverage values (?, ?, 0)", [collection, encoder])
        others = "collection = ? and encoder not in (?, ?, ?)"
        for (old,) in self._db.execute(
            f"select encoder from coverage where {others}", [collection, live, wanted, before]
        ).fetchall():
            self._db.execute(
                "delete from vectors where encoder = ? and chunk in (select c.id from documents d join chunks c "
                "on c.id >= d.first and c.id < d.first + d.chunks where d.collection = ?)",
                [old, collection],
            )
            self._db.execute("delete from coverage where collection = ? and encoder = ?", [collection, old])
            self._db.execute("delete from indexes where collection = ? and encoder = ?", [collection, old])

    def document(self, collection: int, sha256: str, *, whole: bool) -> int | None:
        row = self._db.execute(
            "select id from documents where collection = ? and sha256 = ? and (whole > 0) = ?",
            [collection, sha256, whole],
        ).fetchone()
        return int(row[0]) if row else None

    def documents(self, collection: int) -> Iterator[dict[str, Any]]:
        names = "select json_group_array(name) from names where document = documents.id"
        for row in self._db.query(
            f"select name, ({names}) as names, sha256, kind, title, language, date, chunks, added from documents "
            "where collection = ? and whole > 0 order by whole",
            [collection],
        ):
            yield row | {"names": json.loads(row["names"])}

    def named(self, collection: int, named: str) -> int | None:
        """The document of that name, or of that content hash."""
        row = self._db.execute(
            "select document from names where collection = ? and name = ? "
            "union all select id from documents where collection = ? and sha256 = ? and whole > 0 limit 1",
            [collection, named, collection, named],
        ).fetchone()
        return int(row[0]) if row else None

    def other_names(self, found: Found) -> list[str]:
        rows = self._db.execute(
            "select name from names where document = ? and name <> ? order by name", [found.document, found.name]
        )
        return [str(name) for (name,) in rows]

    def passage(self, sha256: str) -> tuple[str, str] | None:
        """Title and text of a passage that has no file."""
        row = self._db.execute(
            "select title, text from documents where sha256 = ? and text is not null", [sha256]
        ).fetchone()
        if row is None:
            return None
        title, text = str(row[0]), str(row[1])
        return title, text.removeprefix(f"{title}\n\n") if title else text

    def open(self, collection: int, row: dict[str, Any], cut: Sequence[Chunk]) -> int:
        """A document's row, with all its chunks, whose numbers follow one another. It is not yet seen."""
        first = 0
        for chunk in cut:
            made = self._db.execute(
                "insert into chunks (page, start, stop, box, heading, text) values (?, ?, ?, ?, ?, ?)",
                [chunk.page, chunk.start, chunk.end, json.dumps(chunk.box), chunk.heading, chunk.text],
            )
            first = first or int(made.lastrowid or 0)
        values = {"collection": collection, "first": first, "chunks": len(cut), **row}
        made = self._db.execute(
            f"insert into documents ({', '.join(values)}) values ({', '.join('?' * len(values))}) returning id",
            list(values.values()),
        ).fetchone()
        return int(made[0])

    def first(self, document: int) -> int:
        return int(self._db.execute("select first from documents where id = ?", [document]).fetchone()[0])

    def without_vector(self, encoder: int, document: int) -> list[tuple[int, str]]:
        """The chunks of a document that this encoder has not seen, with the text that it should."""
        rows = self._db.execute(
            "select c.id, c.heading, c.text from documents d join chunks c on c.id >= d.first and "
            "c.id < d.first + d.chunks where d.id = ? and not exists "
            "(select 1 from vectors v where v.encoder = ? and v.chunk = c.id) order by c.id",
            [document, encoder],
        )
        return [(int(chunk), embedded_text(heading, text)) for chunk, heading, text in rows]

    def keep(self, encoder: int, chunks: Iterable[int], vectors: numpy.ndarray) -> None:
        import numpy as np

        self._db.conn.executemany(
            "insert or replace into vectors values (?, ?, ?)",
            [(encoder, chunk, row.tobytes()) for chunk, row in zip(chunks, vectors.astype(np.float16), strict=True)],
        )

    def complete(self, held: Collection, opened: Sequence[tuple[int, str]]) -> None:
        """Show documents that have all their vectors of the live encoder, under a name each."""
        full = self._covers(held.id, held.live)
        for document, name in opened:
            words = words_table(held.id)
            self._db.execute(
                f"insert into {words} (rowid, text) select c.id, "
                "case when c.heading = '' then c.text else c.heading || char(10) || c.text end "
                "from documents d join chunks c on c.id >= d.first and c.id < d.first + d.chunks where d.id = ?",
                [document],
            )
            self._db.execute(
                "update collections set changes = changes + 1, documents = documents + 1, "
                "chunks = chunks + (select chunks from documents where id = ?), "
                "letters = letters + (select coalesce(sum(length(c.heading) + length(c.text)), 0) from documents d "
                "join chunks c on c.id >= d.first and c.id < d.first + d.chunks where d.id = ?) where id = ?",
                [document, document, held.id],
            )
            self._db.execute(
                "update documents set whole = (select changes from collections where id = collection), name = ? "
                "where id = ?",
                [name, document],
            )
            self.give_name(held.id, name, document)
        if full:
            self.cover_all(held.id, held.live, embedded=True)

    def give_name(self, collection: int, name: str, document: int) -> None:
        """Give a document a name; one that had it before goes, unless it has others."""
        old = self._db.execute(
            "select document from names where collection = ? and name = ?", [collection, name]
        ).fetchone()
        self._db.execute("insert or replace into names values (?, ?, ?)", [collection, name, document])
        if old and int(old[0]) != document:
            self._unless_named(collection, int(old[0]))
        unfinished = self._db.execute(
            "select id from documents where collection = ? and whole = 0 and name = ? and id <> ?",
            [collection, name, document],
        ).fetchall()
        for (other,) in unfinished:
            self._drop(collection, int(other))

    def take_name(self, collection: int, document: int, named: str) -> int:
        """Take away a document's name, or, by its hash, all of them; returns how many chunks went."""
        self._db.execute(
            "delete from names where document = ? and (name = ? or not exists "
            "(select 1 from names where document = ? and name = ?))",
            [document, named, document, named],
        )
        return self._unless_named(collection, document)

    def forget(self, collection: int) -> None:
        """Delete all rows of a collection, and its full text. (Chunks lie in spans that a document has alone.)"""
        spans = self._db.execute("select first, first + chunks from documents where collection = ?", [collection])
        for span in spans.fetchall():
            for (encoder,) in self._db.execute("select id from encoders").fetchall():
                self._db.execute("delete from vectors where encoder = ? and chunk >= ? and chunk < ?", [encoder, *span])
            self._db.execute("delete from chunks where id >= ? and id < ?", span)
        for table in ("names", "documents", "coverage", "gone", "indexes"):
            self._db.execute(f"delete from {table} where collection = ?", [collection])
        drop_words(self._db, collection)
        self._db.execute("delete from collections where id = ?", [collection])

    def uncovered(self, collection: int, encoder: int) -> int:
        """How many chunks of whole documents this encoder has not been through yet."""
        row = self._db.execute(
            "select coalesce(sum(chunks), 0) from documents where collection = ? and whole > "
            "coalesce((select upto from coverage where collection = ? and encoder = ?), 0)",
            [collection, collection, encoder],
        ).fetchone()
        return int(row[0])

    def next_uncovered(self, collection: int, encoder: int, chunks: int) -> Uncovered | None:
        """The documents that come next for this encoder: about so many chunks of them."""
        rows = self._db.execute(
            "select id, chunks, whole from documents where collection = ? and whole > "
            "coalesce((select upto from coverage where collection = ? and encoder = ?), 0) order by whole limit ?",
            [collection, collection, encoder, chunks],
        ).fetchall()
        taken = [row for row, before in zip(rows, itertools.accumulate((r[1] for r in rows), initial=0), strict=False)
                 if before < chunks]  # fmt: skip
        if not taken:
            return None
        return Uncovered(tuple(row[0] for row in taken), sum(row[1] for row in taken), int(taken[-1][2]))

    def cover(self, collection: int, encoder: int, upto: int) -> None:
        self._db.execute("insert or replace into coverage values (?, ?, ?)", [collection, encoder, upto])

    def cover_all(self, collection: int, encoder: int, *, embedded: bool = False) -> None:
        """Note that this encoder has been through everything, if it has (or all that came was just `embedded`)."""
        if embedded or not self.uncovered(collection, encoder):
            self._db.execute(
                "insert or replace into coverage select id, ?, changes from collections where id = ?",
                [encoder, collection],
            )

    def matching(
        self, collection: int, asked: str, count: int, barred: frozenset[int], allowed: numpy.ndarray | None
    ) -> list[int]:
        """The chunks whose words match best (BM25), best first; `allowed` = None: all that are not barred."""
        if not asked:
            return []
        words = words_table(collection)
        sql = f"select rowid from {words} where {words} match ? order by bm25({words}), rowid"
        if allowed is None:
            rows = self._db.execute(f"{sql} limit ?", [asked, count + len(barred)])
            return [int(chunk) for (chunk,) in rows if chunk not in barred][:count]
        inside = frozenset(allowed.tolist())
        found = (int(chunk) for (chunk,) in self._db.execute(sql, [asked]))
        return list(itertools.islice((one for one in found if one in inside and one not in barred), count))

    def frequency(self, collection: int, terms: Sequence[str]) -> dict[str, int]:
        """In how many chunks each term stands, for those that stand in any."""
        rows = self._db.execute(
            f"select term, doc from terms_{int(collection)} where term in ({', '.join('?' * len(terms))})", list(terms)
        )
        return {str(term): int(count) for term, count in rows}

    def found(self, chunks: Sequence[int]) -> list[Found]:
        """The chunks of these numbers, in their order, with their documents."""
        rows = self._db.execute(
            "select c.id, c.page, c.start, c.stop, c.box, c.heading, c.text, d.id, d.sha256, d.name, d.kind, d.first "
            "from chunks c join documents d on d.id = (select id from documents where first <= c.id and chunks > 0 "
            f"order by first desc limit 1) where c.id in ({', '.join('?' * len(chunks))})",
            list(chunks),
        )
        made = {row[0]: Found(row[0], row[1], row[2], row[3], _box(row[4]), *row[5:]) for row in rows}
        return [made[chunk] for chunk in chunks if chunk in made]

    def embedded(self, collection: int, encoder: int) -> Iterator[tuple[int, int, str, str, bytes]]:
        """Each chunk with a vector: its number, its document's first chunk and kind, its text, its vector."""
        rows = self._db.execute(
            "select c.id, d.first, d.kind, c.heading, c.text, v.vector from documents d "
            "join chunks c on c.id >= d.first and c.id < d.first + d.chunks "
            "join vectors v on v.encoder = ? and v.chunk = c.id where d.collection = ? and d.whole > 0 order by c.id",
            [encoder, collection],
        )
        return ((c, first, kind, embedded_text(heading, text), v) for c, first, kind, heading, text, v in rows)

    def spans(self, collection: int) -> list[tuple[str, int, int, str]]:
        """Each name with its document's first chunk, number of chunks, and kind."""
        return self._db.execute(
            "select n.name, d.first, d.chunks, d.kind from names n join documents d on d.id = n.document "
            "where n.collection = ?",
            [collection],
        ).fetchall()

    def barred(self, collection: int, limits: Filter) -> frozenset[int]:
        """The chunks of the documents that must not be found."""
        rows = self._db.execute(
            f"select first, chunks from documents where collection = ? and sha256 in "
            f"({', '.join('?' * len(limits.without))})",
            [collection, *limits.without],
        )
        return frozenset(chunk for first, count in rows for chunk in range(first, first + count))

    def allowed(self, collection: int, limits: Filter) -> numpy.ndarray | None:
        """The chunks of the documents that may be found, ascending; None = all."""
        import numpy as np

        where, values = limits.where()
        if not where:
            return None
        rows = self._db.execute(
            f"select first, chunks from documents where collection = ? and whole > 0 and {where} order by first",
            [collection, *values],
        ).fetchall()
        spans = [np.arange(first, first + count, dtype=np.int64) for first, count in rows]
        return np.concatenate(spans) if spans else np.empty(0, np.int64)

    def _covers(self, collection: int, encoder: int) -> bool:
        row = self._db.execute(
            "select v.upto = c.changes from coverage v join collections c on c.id = v.collection "
            "where v.collection = ? and v.encoder = ?",
            [collection, encoder],
        ).fetchone()
        return bool(row and row[0])

    def _unless_named(self, collection: int, document: int) -> int:
        if other := self._db.execute("select name from names where document = ? limit 1", [document]).fetchone():
            self._db.execute("update documents set name = ? where id = ?", [other[0], document])
            return 0
        return self._drop(collection, document)

    def _drop(self, collection: int, document: int) -> int:
        """Forget a document and its chunks; returns how many chunks went."""
        first, count, whole = self._db.execute(
            "select first, chunks, whole from documents where id = ?", [document]
        ).fetchone()
        span = [first, first + count]
        if whole:
            letters = self._db.execute(
                "select coalesce(sum(length(heading) + length(text)), 0) from chunks where id >= ? and id < ?", span
            ).fetchone()[0]
            self._db.execute(
                "update coverage set upto = upto + 1 where collection = ? and upto = "
                "(select changes from collections where id = ?)",
                [collection, collection],
            )
            self._db.execute(
                "update collections set changes = changes + 1, documents = documents - 1, chunks = chunks - ?, "
                "letters = letters - ? where id = ?",
                [count, letters, collection],
            )
            self._db.execute(
                "insert into gone select id, changes, ?, ? from collections where id = ?", [first, count, collection]
            )
            self._db.execute(f"delete from {words_table(collection)} where rowid >= ? and rowid < ?", span)
        for (encoder,) in self._db.execute("select id from encoders").fetchall():
            self._db.execute("delete from vectors where encoder = ? and chunk >= ? and chunk < ?", [encoder, *span])
        self._db.execute("delete from chunks where id >= ? and id < ?", span)
        self._db.execute("delete from documents where id = ?", [document])
        return int(count)


def _box(packed: str) -> Box | None:
    box = json.loads(packed)
    return tuple(box) if box else None
