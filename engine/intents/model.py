"""Trains, asks and improves the intent models of one home: each playbook's live version answers."""

from __future__ import annotations

import dataclasses
import datetime
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import encoders
from engine.cards import Problem
from engine.events import Event, Progressed
from engine.gist import of_text
from engine.intents import _change, check, head, several
from engine.intents.head import NONE, Example, Head, Near
from engine.intents.several import Labelled, SeveralHead
from engine.intents.space import beside
from engine.intents.versions import Book, Correction, Version
from engine.retold import retold

if TYPE_CHECKING:
    import numpy

    from engine.fleet import Fleet

AT_ONCE = 64
"""Texts that are embedded between two words of progress."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the live version says of one text. `label` is None when it abstains; `labels` are all that apply.

    `near` are the nearest examples, `against` the nearest one of the runner-up.
    """

    label: str | None
    labels: tuple[str, ...]
    score: float
    threshold: float
    candidates: tuple[tuple[str, float], ...]
    near: tuple[Near, ...]
    against: Near | None

    @property
    def nearest(self) -> str:
        return self.near[0].text if self.near else ""


@dataclass(frozen=True, slots=True)
class Trained:
    """A version that was made, and what a person should know of it."""

    version: Version
    labels: int
    sentences: tuple[str, ...]


class Intents:
    """The intent models of one home. One thread at a time; close it when done."""

    def __init__(self, home: Path, fleet: Fleet, examples: Callable[[str], list[Example] | None]) -> None:
        """`examples` gives those of a playbook; None = there is no playbook of that name, only a model may exist."""
        self._home, self._fleet, self._examples = home, fleet, examples
        self._books: dict[str, Book] = {}
        self._heads: dict[str, tuple[int, frozenset[str], Head | SeveralHead]] = {}
        self._seen: set[str] = set()

    def close(self) -> None:
        for book in self._books.values():
            book.close()

    def book(self, playbook: str) -> Book:
        """The labels, examples and versions of a playbook. Raises Problem("bad_name")."""
        if playbook not in self._books:
            self._books[playbook] = Book(self._home, playbook)
        return self._books[playbook]

    def predict(
        self, playbook: str, texts: Sequence[str], threshold: float | None = None, card: str = ""
    ) -> Generator[Event, None, list[Said]]:
        """What the live version says of each text. `card` is the task that waits, and hears of progress.

        A playbook whose model was never trained, or whose examples have changed, is trained first.
        """
        live = yield from self.head(playbook, card)
        pieces = [of_text(text) for text in texts]
        return self._said(live, pieces, threshold)

    def head(self, playbook: str, card: str = "") -> Generator[Event, None, Head | SeveralHead]:
        """The head that answers for a playbook. Raises Problem("no_playbook") or Problem("few_examples")."""
        book = self.book(playbook)
        if playbook not in self._seen:
            yield from self._follow(book, card)
            self._seen.add(playbook)
        found = self._loaded(book)
        if found is None:  # lost, damaged, or made with another encoder
            yield from self._make(book, card, "The head could not be loaded, and was trained anew.")
            found = self._loaded(book)
        if found is None:
            raise Problem("no_head", f"The intent model of {playbook} can't be kept. Free some disk space.")
        return found

    def train(self, playbook: str, rows: Sequence[Labelled]) -> Generator[Event, None, Trained]:
        """Learn a person's examples, which stand in place of the playbook's. Live at once."""
        book = self.book(playbook)
        rows = [(of_text(text), labels) for text, labels in rows]
        taught = book.teach(rows, "file", check=_enough)
        self._seen.add(playbook)
        made = yield from self._make(book, "", "Trained from a file.")
        return dataclasses.replace(made, sentences=(*taught.sentences(), *made.sentences))

    def tune(self, playbook: str) -> Generator[Event, None, Trained]:
        """Tune an encoder to the live examples (minutes). Live if it wins. Raises Problem("no_tuning")."""
        from engine.tuning.intents import made_from, tune

        book, began = self.book(playbook), time.monotonic()
        rows = book.training()
        if any(len(labels) > 1 for _, labels in rows):
            raise Problem("no_tuning", "Where texts have several labels, the head alone is trained.")
        examples = _single(rows)
        number = book.next_number()
        name = f"{playbook[:40]}-intents-{number}"
        aside = Path(tempfile.mkdtemp(prefix=".tuning-", dir=book.folder))
        try:
            untuned = yield from self._embedded([text for text, _ in examples], "")
            base = self._fleet.encoder_folder()
            work = tune(examples, untuned, base, aside / "encoder", name)
            tuned = yield from retold(work, lambda step: Progressed("", *step))
            if tuned.head is None:
                return Trained(book.version(), len(_named(examples)), (tuned.sentence,))
            _adopt(self._home, aside / "encoder", name, self._fleet.row("encoder").id)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        version = self._version(
            book, number, "one", made_from(self._fleet.encoder_id(), examples), tuned.head, time.monotonic() - began,
            tuned.sentence,
        )  # fmt: skip
        return self._keep(book, version, tuned.head)

    def learn(self, playbook: str, corrections: Sequence[Correction]) -> Generator[Event, None, Trained]:
        """Learn what people corrected, if that makes the answers better, or no worse, on what was held out."""
        book, began = self.book(playbook), time.monotonic()
        yield from self.head(playbook)
        for one in corrections:
            book.teach([(of_text(one.text), (one.label,))], "correction", one.task)
        rows, pending, gold = book.training(), book.pending(), book.gold()
        known = {label for _, labels in rows for label in labels}
        pending = [(text, labels) for text, labels in pending if set(labels) <= known]
        if not pending:
            return Trained(book.version(), len(known), ("There is nothing new to learn.",))
        live = yield from self.head(playbook)
        encoder = live.encoder if isinstance(live, Head) else ""
        vectors = yield from self._embedded([text for text, _ in rows], encoder)
        fixes = yield from self._embedded([text for text, _ in pending], encoder)
        measure = yield from self._embedded([text for text, _ in gold], encoder)
        outcome = check.compare(rows, pending, gold, vectors, fixes, measure)
        if not outcome.passed:
            return Trained(book.version(), len(known), (outcome.sentence,))
        said = dict(rows) | dict(pending)
        made = yield from self._fit(
            book, list(said.items()), encoder, outcome.sentence, began, dataclasses.asdict(outcome), "correction"
        )
        book.learned(pending, made.version.number)
        return dataclasses.replace(made, sentences=(outcome.sentence,))

    def report(self, playbook: str, number: int = 0) -> Generator[Event, None, dict[str, Any]]:
        """The figures of a version, class by class, measured on what its head had not seen."""
        book = self.book(playbook)
        if not number:
            yield from self.head(playbook)
        version = book.version(number)
        found = _load(book, version, self._fleet.encoder_id())
        if found is None:
            raise Problem("no_head", f"The head of version {version.number} is gone, or was made with another encoder.")
        gold = book.gold()
        encoder = found.encoder if isinstance(found, Head) else ""
        vectors = yield from self._embedded([text for text, _ in gold], encoder)
        figures = check.measured(found, gold, vectors)
        book.note_figures(version.number, version.figures | {"measured": figures})
        return {
            "playbook": playbook, "version": version.number, "live": version.live, "why": version.why,
            "at": version.at, "examples": version.examples, "gold": len(gold),
            "learned": book.learned_since(version), **figures,
        }  # fmt: skip

    def _follow(self, book: Book, card: str) -> Generator[Event, None, None]:
        """Train a new version where the playbook's own examples have changed since they were last seen."""
        if book.source() == "file":
            return
        own = self._examples(book.name)
        if own is None:
            raise Problem("no_playbook", f"There is no playbook {book.name!r:.60}, and no intent model of that name.")
        basis = head.signature(self._fleet.encoder_id(), own)
        if basis == book.basis():
            return
        book.follow_playbook(_named(own))
        book.teach([(text, (label,) if label else ()) for text, label in own], "playbook", check=_enough)
        yield from self._make(book, card, "The playbook's examples are new." if book.live() else "The first version.")
        book.note_basis(basis)

    def _make(self, book: Book, card: str, why: str) -> Generator[Event, None, Trained]:
        """A new live version from all that trains now."""
        rows = book.training()
        return (yield from self._fit(book, rows, "", why, time.monotonic(), {}, book.source(), card))

    def _fit(
        self, book: Book, rows: list[Labelled], encoder: str, why: str, began: float, figures: dict[str, Any],
        source: str, card: str = "",
    ) -> Generator[Event, None, Trained]:  # fmt: skip
        vectors = yield from self._embedded([text for text, _ in rows], encoder, card)
        made_from = head.signature(self._fleet.encoder_id(), [(text, "\n".join(labels)) for text, labels in rows])
        made: Head | SeveralHead
        if any(len(labels) > 1 for _, labels in rows):
            kind, made = "several", several.train(vectors, rows)
        else:
            kind, made = "one", head.train(vectors, _single(rows), encoder)
        version = self._version(book, book.next_number(), kind, made_from, made, time.monotonic() - began, why, source)
        return self._keep(book, dataclasses.replace(version, figures=version.figures | figures), made)

    def _version(
        self, book: Book, number: int, kind: str, made_from: str, made: Head | SeveralHead, seconds: float, why: str,
        source: str = "tuning",
    ) -> Version:  # fmt: skip
        figures = dataclasses.asdict(made.figures) | {"threshold": made.threshold}
        at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        tuned = made.encoder if isinstance(made, Head) else ""
        return Version(
            number, kind, source, made_from, self._fleet.encoder_id(), tuned, at, len(made.texts), 0,
            round(seconds, 2), figures, True, why,
        )  # fmt: skip

    def _keep(self, book: Book, version: Version, made: Head | SeveralHead) -> Trained:
        labels = [label for label in made.labels if label != NONE]
        if isinstance(made, Head):
            head.save(made, book.file(version), version.made_from, version.encoder)
        else:
            several.save(made, book.file(version), version.made_from, version.encoder)
        book.record(version, labels)
        return Trained(book.version(version.number), len(labels), (version.why,))

    def _loaded(self, book: Book) -> Head | SeveralHead | None:
        """The live head, as the labels are today: no removed label, and new names."""
        number, removed, names = book.live(), frozenset(book.removed()), book.renamed()
        state = removed | {f"{old}\n{new}" for old, new in names.items()}
        kept = self._heads.get(book.name)
        if kept and kept[:2] == (number, state):
            return kept[2]
        if not number:
            return None
        found = _load(book, book.version(number), self._fleet.encoder_id())
        if found is None:
            return None
        found = _change.renamed(_change.without(found, {*removed, *_olds(removed, names)}), names)
        self._heads[book.name] = (number, state, found)
        return found

    def _said(self, live: Head | SeveralHead, texts: list[str], threshold: float | None) -> list[Said]:
        bar = live.threshold if threshold is None else threshold
        if isinstance(live, SeveralHead):
            vectors = self._fleet.encoder().encode(texts)
            return [
                Said(one.label, labels, one.score, bar, one.candidates, one.near, one.against)
                for one, labels in live.predict(texts, vectors, bar)
            ]
        found = live.predict(self._vectors(texts, live.encoder), threshold)
        return [
            Said(one.label, (one.label,) if one.label else (), one.score, bar, one.candidates, one.near, one.against)
            for one in found
        ]

    def _vectors(self, texts: Sequence[str], encoder: str) -> numpy.ndarray:
        """As a head over that encoder wants them; a tuned encoder's stand beside the untuned ones."""
        untuned = self._fleet.encoder().encode(texts)
        return beside(self._fleet.encoder(encoder).encode(texts), untuned) if encoder else untuned

    def _embedded(self, texts: Sequence[str], encoder: str, card: str = "") -> Generator[Event, None, numpy.ndarray]:
        import numpy as np

        vectors = [np.zeros((0, self._fleet.encoder().dimension * (2 if encoder else 1)), np.float32)]
        for start in range(0, len(texts), AT_ONCE):
            yield Progressed(card, "learning the intents from their examples, once", start, len(texts))
            vectors.append(self._vectors(texts[start : start + AT_ONCE], encoder))
        return np.concatenate(vectors)


def _load(book: Book, version: Version, encoder: str) -> Head | SeveralHead | None:
    kept = (head.load if version.kind == "one" else several.load)(book.file(version), encoder)
    return kept[0] if kept else None


def _olds(removed: frozenset[str], names: dict[str, str]) -> set[str]:
    """What removed labels were called before."""
    return {old for old, new in names.items() if new in removed}


def _enough(rows: list[Labelled]) -> None:
    """Raises Problem("few_examples") before anything is kept."""
    if any(len(labels) > 1 for _, labels in rows):
        return
    if not rows:
        raise Problem("few_examples", "There are no examples to learn from.")
    head.classes(_single(rows))


def _single(rows: Sequence[Labelled]) -> list[Example]:
    return [(text, labels[0] if labels else None) for text, labels in rows]


def _named(examples: Sequence[Example]) -> set[str]:
    return {label for _, label in examples if label}


def _adopt(home: Path, folder: Path, name: str, base: str) -> None:
    if (home / "encoders" / name).exists():  # left by a tuning that was cut off before its version was kept
        encoders.remove(home, name)
    encoders.adopt(home, folder, name, base=base, note="Tuned to intents on this device.")
