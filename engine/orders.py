"""What the engine can be asked to do: one JSON line each, on its standard input.

A bare TaskCard is the simplest order: work it from its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.cards import Handoff, TaskCard


@dataclass(frozen=True, slots=True)
class Run:
    """Work this baton from where it is to its last word."""

    handoff: Handoff


@dataclass(frozen=True, slots=True)
class Add:
    """Add a stored original to a collection. Answers {"document","chunks","seconds"}."""

    collection: str
    sha256: str
    name: str


@dataclass(frozen=True, slots=True)
class AddText:
    """Add a passage that has no file of its own, under an id. Answers as `Add`."""

    collection: str
    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Search:
    """Find passages. Answers one row a query: {"query","hits":[...]}."""

    collection: str
    queries: tuple[str, ...]
    count: int = 10


@dataclass(frozen=True, slots=True)
class Train:
    """Train a playbook's intent head from texts and labels ("" = out of scope). Answers the figures."""

    playbook: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Predict:
    """Answers one row a text: {"text","label","score","candidates"}."""

    playbook: str
    texts: tuple[str, ...]


Order = TaskCard | Run | Add | AddText | Search | Train | Predict
ORDERS = (TaskCard, Run, Add, AddText, Search, Train, Predict)
