"""What agents work with: the store, the models, the library and the playbooks of one home."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from engine import playbook as playbook_module
from engine.cards import Document, Handoff, Problem
from engine.events import Event, Progressed
from engine.fleet import Fleet, catalogue
from engine.library import EMBED_AT_ONCE, Library
from engine.pages import Reading
from engine.playbook import Playbook
from engine.router import Example, Head, load, save, signature, train
from engine.store import Store

GIST_CHARACTERS = 700
"""Title and opening carry what a document is about; more dilutes the vector."""


class Bench:
    """One engine's tools, opened when they are first needed. Close it when done."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = Store(home)
        self.fleet = Fleet(catalogue(home))
        self._library: Library | None = None
        self._playbooks: dict[str, Playbook] = {}
        self._heads: dict[str, Head] = {}

    @property
    def library(self) -> Library:
        if self._library is None:
            self._library = Library(self.home, self.fleet.encoder, self.fleet.row("encoder").sha256)
        return self._library

    def close(self) -> None:
        if self._library is not None:
            self._library.close()

    def playbook(self, handoff: Handoff) -> Playbook:
        """The playbook of the card."""
        return self.playbook_named(handoff.card.playbook)

    def playbook_named(self, name: str) -> Playbook:
        if name not in self._playbooks:
            self._playbooks[name] = playbook_module.find(self.home, name)
        return self._playbooks[name]

    def file(self, handoff: Handoff, name: str) -> tuple[str, bytes, str]:
        """A file that the playbook names: its own name, its bytes, and its hash in the store.

        Raises Problem("missing_file").
        """
        path = self.playbook(handoff).path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Problem("missing_file", f"The playbook's file {name!r} can't be read: {error.strerror}.") from error
        return path.name, data, self.store.put(data)

    def next_leg(self, handoff: Handoff) -> str:
        """The leg after the one that holds the baton now."""
        return self.playbook(handoff).after(handoff.why.receiver)

    def readings(self, handoff: Handoff) -> list[tuple[Document, Reading]]:
        """What was read of the card's documents. Raises Problem("not_read") when the store lost one."""
        found = []
        for document in handoff.documents:
            if document.code:  # it could not be read, and is listed to say so
                continue
            reading = self.store.reading(document.sha256)
            if reading is None:
                raise Problem(
                    "not_read", f"What was read of {document.name!r} is gone from the store. Resume to read it again."
                )
            found.append((document, reading))
        return found

    def gist(self, handoff: Handoff) -> str:
        """What the intent model reads: title and opening of the incoming document."""
        _, reading = self.readings(handoff)[0]
        return gist(reading)

    def head(self, playbook: str, card: str = "") -> Generator[Event, None, Head]:
        """The playbook's intent head: trained here when there is none, or its examples have changed.

        A head that a person trained from a file (`baton intents train`) stands first. `card` is the
        task that waits for it, and hears of the progress.
        """
        if playbook not in self._heads:
            kept = load(self._head_file(playbook, ".trained"), self.fleet.row("encoder").sha256)
            self._heads[playbook] = kept[0] if kept else (yield from self._own_head(playbook, card))
        return self._heads[playbook]

    def threshold(self, playbook: str) -> float | None:
        """The intent threshold that the playbook sets; None = the learned one. A playbook may exist as a head only."""
        if playbook not in playbook_module.playbooks(self.home):
            return None
        return self.playbook_named(playbook).thresholds.intent

    def train(self, playbook: str, examples: list[Example]) -> Generator[Event, None, Head]:
        """Train and keep a head from a person's examples. It replaces the playbook's own."""
        head = yield from self._trained(examples, "")
        encoder = self.fleet.row("encoder").sha256
        save(head, self._head_file(playbook, ".trained"), signature(encoder, examples), encoder)
        self._heads[playbook] = head
        return head

    def _own_head(self, name: str, card: str) -> Generator[Event, None, Head]:
        examples = self.playbook_named(name).examples()
        encoder = self.fleet.row("encoder").sha256
        made_from, path = signature(encoder, examples), self._head_file(name)
        kept = load(path, encoder)
        if kept and kept[1] == made_from:
            return kept[0]
        head = yield from self._trained(examples, card)
        save(head, path, made_from, encoder)
        return head

    def _head_file(self, playbook: str, kind: str = "") -> Path:
        """Where a playbook's head lies. A name from outside must not lead elsewhere."""
        if not playbook_module.NAME.fullmatch(playbook):
            raise Problem("bad_name", "A playbook's name must be lower-case letters, digits and hyphens.")
        return self.home / "intents" / f"{playbook}{kind}.npz"

    def _trained(self, examples: list[Example], card: str) -> Generator[Event, None, Head]:
        import numpy as np

        if not examples:
            raise Problem("few_examples", "There are no examples to learn from.")
        vectors = []
        for start in range(0, len(examples), EMBED_AT_ONCE):
            yield Progressed(card, "learning the intents from their examples, once", start, len(examples))
            vectors.append(self.fleet.encoder().encode([text for text, _ in examples[start : start + EMBED_AT_ONCE]]))
        return train(np.concatenate(vectors), examples)


def gist(reading: Reading) -> str:
    """Title, then the opening of the text without the title's repetition and mail headers."""
    body = reading.text
    _header, _, rest = body.partition("\n\n")
    if reading.kind == "eml" and rest:
        body = rest
    return f"{reading.title}\n{body[:GIST_CHARACTERS]}".strip()
