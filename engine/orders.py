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
class Passage:
    """A passage that has no file of its own."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class AddTexts:
    """Add many passages at once. Answers as `Add`, a row a passage."""

    collection: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    """Take documents out of a collection, by name or content hash. Answers {"document","removed"}."""

    collection: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveAll:
    """Take a collection away whole, with what was learned for it. Answers {"collection","removed"} (documents)."""

    collection: str


@dataclass(frozen=True, slots=True)
class Search:
    """Find passages. Answers one row a query: {"query","relevant","hits":[...]}.

    `kinds`, `languages` (ISO 639-1) and dates ("2026-10") narrow it down, where they are given.
    """

    collections: tuple[str, ...]
    queries: tuple[str, ...]
    count: int = 10
    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the ids or names of what answers it."""

    query: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tune:
    """Tune a collection's retriever. Answers its figures; without questions, takes the last tuning back."""

    collection: str
    questions: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the library holds. Answers a row a collection; of one collection, a row a document."""

    collection: str = ""


@dataclass(frozen=True, slots=True)
class Clauses:
    """What a collection says, passage by passage in reading order.

    Answers {"sha256","document","page","start","end","heading","text"}.
    """

    collection: str


@dataclass(frozen=True, slots=True)
class Train:
    """Train a playbook's intent head from texts and the labels of each (none = out of scope). Answers the figures."""

    playbook: str
    texts: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class TuneIntents:
    """Tune an encoder to the examples of a playbook's intents: minutes. Answers the figures, as `Train`."""

    playbook: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a person said a document is about, and in which task."""

    text: str
    label: str
    task: str


@dataclass(frozen=True, slots=True)
class Learn:
    """Learn what people corrected, if it measures well. Answers the figures, as `Train`."""

    playbook: str
    corrections: tuple[Corrected, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """Add texts to those that only measure a playbook's intents. Answers {"playbook","gold"}."""

    playbook: str
    texts: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Measure a version of a playbook's intents, class by class; 0 = the live one."""

    playbook: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Predict:
    """Answers one row a text: {"text","label","score","candidates","labels","threshold","near","against"}."""

    playbook: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Try:
    """Load a model that writes, and measure it. Answers one row: see `trial.tried`."""

    model: str


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Do what was put off until nobody waits: embed again, build indexes. Safe to cut off."""


Order = (
    TaskCard | Run | Add | AddTexts | Remove | RemoveAll | Search | Tune | Known | Clauses | Train | TuneIntents | Learn
    | Measure | Report | Predict | Try | Upkeep
)  # fmt: skip
ORDERS = (
    TaskCard, Run, Add, AddTexts, Remove, RemoveAll, Search, Tune, Known, Clauses, Train, TuneIntents, Learn, Measure,
    Report, Predict, Try, Upkeep,
)  # fmt: skip
