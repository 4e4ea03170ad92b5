"""Keeps what the intent model of a playbook learns from, and every version that was made of it.

`intents.db` holds the labels, the examples, the gold set that only measures, and the versions; each
version's head lies in a folder of its own beside it. Four promises:

- A label that was removed never comes back, by no file, no correction and no earlier version, until a
  person restores it. Its examples are kept, and do not train.
- A text in the gold set never trains. Which texts are held out follows from their hashes, so that they
  stay held out.
- The newest word of a person counts where two sources say different things of the same text.
- Any version can be made live again.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import playbook as playbook_module
from engine.cards import Problem
from engine.intents._schema import open_intents
from engine.intents.several import Labelled

HELD_OUT_FROM, HELD_OUT_EVERY = 50, 25
"""Of a label with 50 examples or more, every 25th is held out: with fewer, each one is needed to learn from."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person said a document is about; `task` is where they said it."""

    text: str
    label: str
    task: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a playbook's intent model. `kind` is one or several (labels a text)."""

    number: int
    kind: str
    source: str
    made_from: str
    encoder: str
    tuned: str
    at: str
    examples: int
    upto: int
    seconds: float
    figures: dict[str, Any]
    live: bool
    why: str


@dataclass(frozen=True, slots=True)
class Label:
    """A label, and the versions with which it came and went (None = it is there)."""

    name: str
    added: int
    removed: int | None
    by: str
    renamed: str
    examples: int


@dataclass(frozen=True, slots=True)
class Taught:
    """What became of rows that were handed in, for a person to read: `changed` said otherwise before."""

    rows: int
    changed: int
    removed: dict[str, int]

    def sentences(self) -> list[str]:
        told = [
            f"{count} examples of {label!r} were left out: that label was removed (`baton intents labels restore`)."
            for label, count in sorted(self.removed.items())
        ]
        if self.changed:
            told.append(f"{self.changed} texts had another label before; the newest word of a person counts.")
        return told


class Book:
    """The intents of one playbook. Safe beside other processes; close it when done."""

    def __init__(self, home: Path, name: str) -> None:
        """Raises Problem("bad_name"): a name from outside must not lead elsewhere."""
        if not playbook_module.NAME.fullmatch(name):
            raise Problem("bad_name", "A playbook's name must be lower-case letters, digits and hyphens.")
        self.name = name
        self.folder = home / "intents" / name
        self._db = open_intents(home / "intents" / "intents.db")

    def close(self) -> None:
        self._db.close()

    # What it learns from ---------------------------------------------------------------------------

    def teach(
        self,
        rows: Sequence[Labelled],
        source: str,
        task: str = "",
        check: Callable[[list[Labelled]], None] = lambda training: None,
    ) -> Taught:
        """Take examples in. Those of a playbook or a file replace what that source said before.

        `check` sees all that would train; what it raises undoes everything.
        """
        removed, rows = self.removed(), self._as_named(rows)
        with self._db.atomic():
            before = {row[0]: row[1] for row in self._rows("select hash, labels from examples where not gone")}
            if source != "correction":
                self._make_state()
                self._run("update examples set gone = 1 where playbook = ? and source = ?", self.name, source)
                self._run("update playbooks set source = ? where name = ?", source, self.name)
            for text, labels in rows:
                self._put(text, labels, source, task)
            self._hold_out()
            check(self.training())
        changed = sum(before.get(key_of(text), _line(labels)) != _line(labels) for text, labels in rows)
        lost = Counter(label for _, labels in rows for label in labels if label in removed)
        return Taught(len(rows), changed, dict(lost))

    def training(self) -> list[Labelled]:
        """What trains now, each text once: never gold, never a removed label, no correction before its check.

        A label with a single example can't be learned, and waits for a second one.
        """
        rows = self._chosen(lambda source, learned: source != "correction" or learned > 0)
        counts = Counter(label for _, labels in rows for label in labels or ("",))
        alone = {label for label, count in counts.items() if count < 2}
        return [(text, labels) for text, labels in rows if not alone & set(labels or ("",))]

    def pending(self) -> list[Labelled]:
        """Corrections that no version has learned yet."""
        return self._chosen(lambda source, learned: source == "correction" and learned == 0)

    def learned(self, rows: Iterable[Labelled], number: int) -> None:
        """Note which version first learned these corrections."""
        with self._db.atomic():
            for text, _ in rows:
                self._run(
                    "update examples set learned = ? where playbook = ? and hash = ? and source = 'correction' "
                    "and learned = 0",
                    number, self.name, key_of(text),
                )  # fmt: skip

    def measure_by(self, rows: Sequence[Labelled]) -> int:
        """Add a person's texts to the gold set; from now on they never train. Returns how many it holds."""
        with self._db.atomic():
            for text, labels in self._as_named(rows):
                self._hold(key_of(text), text, _line(labels), "file")
        return len(self.gold())

    def gold(self) -> list[Labelled]:
        """What only measures; without removed labels."""
        removed = self.removed()
        rows = self._rows("select text, labels from gold")
        return [(text, labels) for text, labels in _readable(rows, self._names()) if not set(labels) & removed]

    def _chosen(self, wanted: Callable[[str, int], bool]) -> list[Labelled]:
        """Each text that is not gold, with what was said of it last; a person's word stands above the playbook's."""
        own, removed = self.source(), self.removed()
        held = {row[0] for row in self._rows("select hash from gold")}
        found: dict[str, tuple[str, str]] = {}
        for key, text, labels, source, learned in self._rows(
            "select hash, text, labels, source, learned from examples where not gone",
            order="source = 'playbook' desc, at, id",
        ):
            if key not in held and source in (own, "correction") and wanted(source, learned):
                found[key] = (text, labels)
        return [
            (text, tuple(label for label in labels if label not in removed))
            for text, labels in _readable(found.values(), self._names())
            if not labels or set(labels) - removed
        ]

    def _put(self, text: str, labels: tuple[str, ...], source: str, task: str) -> None:
        self._run(
            "insert into examples (playbook, hash, text, labels, source, task, at) values (?, ?, ?, ?, ?, ?, ?) "
            "on conflict (playbook, hash, source) do update set labels = excluded.labels, task = excluded.task, "
            "gone = 0, at = case when labels = excluded.labels then at else excluded.at end, "
            "learned = case when labels = excluded.labels then learned else 0 end",
            self.name, key_of(text), text, _line(labels), source, task, _now(),
        )  # fmt: skip
        if source == "file":
            self._run(
                "update gold set labels = ? where playbook = ? and hash = ?", _line(labels), self.name, key_of(text)
            )

    def _hold_out(self) -> None:
        """Fill up the gold set: of each large label those with the lowest hashes.

        Never from corrections: a flood of wrong ones would measure itself.
        """
        held = {row[0] for row in self._rows("select hash from gold")}
        own, by_label = self.source(), dict[str, list[tuple[str, str, str]]]()
        for key, text, labels, source in self._rows("select hash, text, labels, source from examples where not gone"):
            if source == own:
                by_label.setdefault(labels, []).append((key, text, labels))
        for rows in by_label.values():
            if len(rows) < HELD_OUT_FROM:
                continue
            missing = len(rows) // HELD_OUT_EVERY - sum(row[0] in held for row in rows)
            for key, text, labels in sorted(row for row in rows if row[0] not in held)[: max(0, missing)]:
                self._hold(key, text, labels, "held out")

    def _hold(self, key: str, text: str, labels: str, source: str) -> None:
        self._run(
            "insert into gold values (?, ?, ?, ?, ?, ?) on conflict do update set labels = excluded.labels "
            "where excluded.source = 'file'",
            self.name, key, text, labels, source, _now(),
        )  # fmt: skip

    # Labels ----------------------------------------------------------------------------------------

    def labels(self) -> list[Label]:
        counts = Counter(label for _, labels in self.training() for label in labels)
        rows = self._rows("select name, added, removed, by, renamed from labels", order="name")
        return [Label(name, added, removed, by, renamed, counts[name]) for name, added, removed, by, renamed in rows]

    def removed(self) -> set[str]:
        return {row[0] for row in self._rows("select name from labels where removed is not null and renamed = ''")}

    def remove_label(self, label: str, by: str = "person") -> None:
        """From now on nothing is called that. Raises Problem("no_label")."""
        self._known(label)
        self._run(
            "update labels set removed = ?, by = ? where playbook = ? and name = ?", self.live(), by, self.name, label
        )

    def restore_label(self, label: str) -> None:
        """Undo the removal of a label: its examples train again with the next version. Raises Problem("no_label")."""
        self._known(label)
        self._run(
            "update labels set removed = null, by = '', renamed = '' where playbook = ? and name = ?", self.name, label
        )

    def rename_label(self, label: str, to: str) -> None:
        """Call it otherwise, in all versions and for all that comes. Raises Problem("no_label", "label_there")."""
        self._known(label)
        if any(known.name == to for known in self.labels()):
            raise Problem("label_there", f"There is a label {to!r:.60} already. Remove one of the two instead.")
        with self._db.atomic():
            self._run(
                "update labels set removed = ?, renamed = ? where playbook = ? and name = ?",
                self.live(), to, self.name, label,
            )  # fmt: skip
            self._run("insert into labels (playbook, name, added) values (?, ?, ?)", self.name, to, self.live())

    def renamed(self) -> dict[str, str]:
        """Names that are not used any more, and what they became."""
        return self._names()

    def follow_playbook(self, labels: set[str]) -> None:
        """Labels that the playbook dropped are removed; those that it alone had removed may come back."""
        for label in self.labels():
            if label.removed is None and label.name not in labels:
                self.remove_label(label.name, by="playbook")
            elif label.by == "playbook" and label.name in labels:
                self.restore_label(label.name)

    def _known(self, label: str) -> None:
        if not any(known.name == label for known in self.labels()):
            raise Problem("no_label", f"There is no label {label!r:.60}. `baton intents labels` names them all.")

    def _names(self) -> dict[str, str]:
        steps = {row[0]: row[1] for row in self._rows("select name, renamed from labels where renamed != ''")}
        for _ in range(len(steps)):  # a name may have changed more than once
            steps = {name: steps.get(to, to) for name, to in steps.items()}
        return steps

    def _as_named(self, rows: Sequence[Labelled]) -> list[Labelled]:
        """The rows with today's names of their labels."""
        names = self._names()
        return [(text, tuple(sorted({names.get(label, label) for label in labels}))) for text, labels in rows]

    # Versions --------------------------------------------------------------------------------------

    def live(self) -> int:
        """The version that answers; 0 = none yet."""
        return int(self._state()[0])

    def source(self) -> str:
        """Whose examples count: `playbook` or `file`."""
        return str(self._state()[1])

    def basis(self) -> str:
        """The signature of the playbook's examples when they were last looked at."""
        return str(self._state()[2])

    def note_basis(self, basis: str) -> None:
        self._make_state()
        self._run("update playbooks set basis = ? where name = ?", basis, self.name)

    def versions(self) -> list[Version]:
        """All versions, oldest first."""
        rows = self._db.query("select * from versions where playbook = ? order by number", [self.name])
        return [self._version(row) for row in rows]

    def version(self, number: int = 0) -> Version:
        """One version; 0 = the live one. Raises Problem("no_version")."""
        number = number or self.live()
        found = next((version for version in self.versions() if version.number == number), None)
        if found is None:
            raise Problem("no_version", f"There is no version {number} of the intents of {self.name}.")
        return found

    def next_number(self) -> int:
        return max((version.number for version in self.versions()), default=0) + 1

    def file(self, version: Version) -> Path:
        return self.folder / str(version.number) / ("head.npz" if version.kind == "one" else "several.npz")

    def record(self, version: Version, labels: Iterable[str]) -> None:
        """Keep a version whose head is saved. If it is live, it answers from now on."""
        upto = next(iter(self._rows("select coalesce(max(id), 0) from examples")), (0,))[0]
        row = dataclasses.asdict(version) | {"figures": json.dumps(version.figures), "upto": upto}
        with self._db.atomic():
            self._make_state()
            self._db.table("versions").insert({"playbook": self.name, **row})
            for label in labels:
                self._run(
                    "insert or ignore into labels (playbook, name, added) values (?, ?, ?)",
                    self.name, label, version.number,
                )  # fmt: skip
            if version.live:
                self._go_live(version.number)

    def note_figures(self, number: int, figures: dict[str, Any]) -> None:
        """Keep what a report measured of a version."""
        self._run(
            "update versions set figures = ? where playbook = ? and number = ?", json.dumps(figures), self.name, number
        )

    def rollback(self, number: int = 0) -> Version:
        """Make an earlier version live again; 0 = the one that was made before the live one, and was live."""
        live = self.live()
        if not number:
            before = [one.number for one in self.versions() if one.number < live and one.figures.get("went_live")]
            if not before:
                raise Problem("no_version", f"There is no version before version {live} to go back to.")
            number = before[-1]
        found = self.version(number)
        if not self.file(found).exists():
            raise Problem("no_version", f"The files of version {number} are gone; it can't answer any more.")
        with self._db.atomic():
            self._go_live(number)
        return self.version(number)

    def learned_since(self, version: Version) -> dict[str, int]:
        """How many examples of which source came with that version: since the one made before it."""
        before = max((other.upto for other in self.versions() if other.number < version.number), default=0)
        rows = self._db.execute(
            "select source, count(*) from examples where playbook = ? and case source when 'correction' "
            "then learned = ? else id > ? and id <= ? end group by source",
            [self.name, version.number, before, version.upto],
        )
        return dict(rows.fetchall())

    def _go_live(self, number: int) -> None:
        figures = self.version(number).figures | {"went_live": True}
        self._run("update versions set live = 0 where playbook = ?", self.name)
        self._run("update versions set live = 1 where playbook = ? and number = ?", self.name, number)
        self._run("update playbooks set live = ? where name = ?", number, self.name)
        self.note_figures(number, figures)

    @staticmethod
    def _version(row: dict[str, Any]) -> Version:
        parts = {name: value for name, value in row.items() if name != "playbook"}
        return Version(**parts | {"figures": json.loads(row["figures"]), "live": bool(row["live"])})

    # The database ----------------------------------------------------------------------------------

    def _state(self) -> tuple[Any, ...]:
        row = self._db.execute("select live, source, basis from playbooks where name = ?", [self.name]).fetchone()
        return tuple(row or (0, "playbook", ""))

    def _make_state(self) -> None:
        self._run("insert or ignore into playbooks (name) values (?)", self.name)

    def _run(self, statement: str, *values: Any) -> None:
        with self._db.atomic():
            self._db.execute(statement, list(values))

    def _rows(self, query: str, order: str = "") -> list[tuple[Any, ...]]:
        """The rows of this playbook that a query finds."""
        query += (" and" if " where " in query else " where") + " playbook = ?"
        return list(self._db.execute(query + (f" order by {order}" if order else ""), [self.name]).fetchall())


def key_of(text: str) -> str:
    """Names a text by its words: spaces and line breaks don't make it another."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()


def _line(labels: Sequence[str]) -> str:
    return "\n".join(sorted(labels))


def _readable(rows: Iterable[tuple[str, str]], names: dict[str, str]) -> list[Labelled]:
    """Rows of the database with their labels apart, under today's names."""
    return [
        (text, tuple(sorted({names.get(label, label) for label in labels.split("\n") if label})))
        for text, labels in rows
    ]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
