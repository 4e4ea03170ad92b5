"""Knows the encoders that a library has vectors of, by number, and asks the fleet for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.cards import Problem

if TYPE_CHECKING:
    import numpy
    from sqlite_utils import Database

    from engine.fleet import Fleet
    from engine.models import Encoder


class Encoders:
    """The encoders of one library."""

    def __init__(self, db: Database, fleet: Fleet) -> None:
        self._db = db
        self._fleet = fleet

    def of(self, encoder: int) -> Encoder:
        return self._fleet.encoder(self.name(encoder))

    def question_vector(self, query: str, encoder: int, name: str = "") -> numpy.ndarray:
        """A question's vector: that of the encoder of this name, or of this number."""
        vector: numpy.ndarray = self._fleet.encoder(name or self.name(encoder)).encode_queries([query])[0]
        return vector

    def passage_vectors(self, encoder: int, texts: Sequence[str]) -> numpy.ndarray:
        return self.of(encoder).encode(texts)

    def number(self, named: str) -> int:
        """The number of the fleet's encoder of that name; of the default when there is none of that name any more."""
        name = named or self._fleet.row("encoder").id
        try:
            sha256 = self._fleet.encoder_id(name)
        except Problem:
            name = self._fleet.row("encoder").id
            sha256 = self._fleet.encoder_id(name)
        known = self._db.execute("select id, name, dimension from encoders where sha256 = ?", [sha256]).fetchone()
        if known and known[1] == name and known[2]:
            return int(known[0])
        dimension = self._fleet.encoder(name).dimension
        with self._db.atomic():
            made = self._db.execute(
                "insert into encoders (sha256, name, dimension) values (?, ?, ?) on conflict (sha256) do update "
                "set name = excluded.name, dimension = excluded.dimension returning id",
                [sha256, name, dimension],
            ).fetchone()
        return int(made[0])

    def name(self, encoder: int) -> str:
        row = self._db.execute("select name from encoders where id = ?", [encoder]).fetchone()
        return str(row[0]) if row else ""

    def sha256(self, encoder: int) -> str:
        row = self._db.execute("select sha256 from encoders where id = ?", [encoder]).fetchone()
        return str(row[0]) if row else ""

    def available(self, encoder: int) -> bool:
        """Whether the fleet still has the very encoder."""
        row = self._db.execute("select name, sha256 from encoders where id = ?", [encoder]).fetchone()
        try:
            return bool(row) and self._fleet.encoder_id(row[0]) == row[1]
        except Problem:
            return False
