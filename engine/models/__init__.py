"""Runtimes: how a model file is loaded and asked. One file a runtime; which model fills which role is data.

A runtime is one file on this shelf, named in a row of `assets/models.toml`. It holds:

    def load(row: Model, path: Path) -> Encoder | Writer

`row` has been checked against its SHA-256 before. A runtime never uses anything a model file
brings besides its weights and its vocabulary: no chat template, no code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy

SEED = 1
"""Of every writer. With it, the same model and the same prompt give the same words."""


@dataclass(frozen=True, slots=True)
class Model:
    """A row of the catalogue: which file, for which role, loaded how."""

    id: str
    role: str
    runtime: str
    file: str
    sha256: str
    licence: str = ""
    context: int = 2048
    template: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """The fixed part of a request: what to do, and worked examples of (request, answer).

    `approved` are further examples that change from request to request; a writer reads them anew, and the rest once.
    """

    instruction: str
    examples: tuple[tuple[str, str], ...] = ()
    approved: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece a writer has written. The counts are totals so far."""

    text: str
    tokens_in: int
    tokens_out: int


class Encoder(Protocol):
    """Turns texts into unit vectors whose dot product is their likeness in -1..1."""

    dimension: int

    def encode(self, texts: Sequence[str]) -> numpy.ndarray:
        """Passages: float32, one row a text, each of length 1."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> numpy.ndarray:
        """The same for questions, which some models want to see behind a prompt of their own."""
        ...


@runtime_checkable
class TokenEncoder(Protocol):
    """An encoder that also shows what each token of a text means where it stands."""

    def encode_tokens(self, texts: Sequence[str]) -> list[tuple[list[tuple[int, int]], numpy.ndarray]]:
        """For each text, the spans of its tokens in it, and their vectors: float32 rows of length 1."""
        ...


class Writer(Protocol):
    """Writes text under a grammar, piece by piece."""

    def stream(self, brief: Brief, request: str, grammar: str, tokens: int) -> Iterator[Piece]:
        """Write at most `tokens` tokens. The state after the brief is kept between calls.

        The same arguments give the same text. `grammar` is GBNF, the grammar language of llama.cpp.
        """
        ...
