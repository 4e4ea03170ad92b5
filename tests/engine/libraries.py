"""Libraries under test: a fleet of scripted encoders, and documents to add."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from engine.cards import Problem
from engine.library import EMBED_AT_ONCE, Hit, Library
from engine.models import Model
from engine.pages import Reading
from tests.engine.scripted import ScriptedEncoder, reading

REFUNDS = "Refunds are paid within 14 days to the card that was used. Postage is refunded for faulty goods."
RETURNS = "Goods are returned in their box within 30 days, with the label outside."
STOVES = "Stoves are tested with gas before they are sold, and never indoors."


class Encoders:
    """A fleet of scripted encoders by name; the first is the default."""

    def __init__(self, **encoders: ScriptedEncoder) -> None:
        self.encoders = encoders or {"first": ScriptedEncoder()}

    def row(self, role: str) -> Model:
        name = next(iter(self.encoders))
        return Model(name, role, "scripted", "", self.encoder_id(name))

    def encoder(self, id: str = "") -> ScriptedEncoder:  # noqa: A002 - as the fleet has it
        return self.encoders[id or next(iter(self.encoders))]

    def encoder_id(self, id: str = "") -> str:  # noqa: A002
        name = id or next(iter(self.encoders))
        if name not in self.encoders:
            raise Problem("no_encoder", "There is none.")
        return hashlib.sha256(f"{name} {self.encoders[name].dimension}".encode()).hexdigest()


Opener = Callable[..., Library]


def add(library: Library, name: str, text: str | Reading, collection: str = "policies") -> str:
    """Adds a document whole; returns its hash."""
    made = reading(text) if isinstance(text, str) else text
    sha256 = hashlib.sha256(made.text.encode()).hexdigest()
    assert all(done <= total for done, total in library.add(collection, sha256, name, made))
    return sha256


def names(hits: list[Hit]) -> list[str]:
    return [hit.name for hit in hits]


def summary(library: Library) -> list[tuple[str, int, int]]:
    return [(row["name"], row["documents"], row["chunks"]) for row in library.collections()]


def rules(count: int = EMBED_AT_ONCE * 2) -> Reading:
    """More passages than are embedded at once."""
    return reading("\n\n".join(f"Rule {n} says that tents of size {n} are aired." for n in range(count)))
