"""Adds documents to collections, lists what there is, and reads training files: for the command line and the window."""

from __future__ import annotations

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import intake
from engine import playbook
from engine.cards import Problem
from engine.orders import Add, AddTexts, Asked, Known, Order, Passage
from engine.store import Store
from engine.tuning.fusion import Versions

if TYPE_CHECKING:
    from app.asking import Stop
    from app.desk import Desk

PASSAGES_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Adding:
    """How far the adding is: at the `number`th of so many files, `done` of whose `total` passages are in.

    `total` is 0 until the file is read. `share` is how much is behind it of all files' bytes, in 0..1.
    """

    file: str
    number: int
    files: int
    done: int = 0
    total: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Added:
    """A document is in, with so many new passages: none where it was there already."""

    document: str
    chunks: int
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file could not be added, and why. The others are all the same."""

    file: str
    problem: Problem


def add(
    desk: Desk, collection: str, paths: Sequence[Path], stop: Stop | None = None
) -> Iterator[Adding | Added | Refused]:
    """Add files, and the files in folders, one after the other; a .jsonl holds a passage a line.

    Raises Problem("stopped") when `stop` ended it: what was added is kept, and the same call goes on from there.
    Raises Problem("no_file") before anything is added.
    """
    files = list(intake.files(paths))
    sizes = [_size(path) for path in files]
    whole, behind = max(1, sum(sizes)), 0
    names: set[str] = set()
    for number, (path, size) in enumerate(zip(files, sizes, strict=True), 1):
        at = Adding(intake.shown(Path(path.name)), number, len(files), share=behind / whole)
        yield at
        kind = _passages if path.suffix == ".jsonl" else _file
        try:
            for row in kind(desk, collection, path, names, stop):
                if "chunks" in row:
                    yield Added(row["document"], row["chunks"], row)
                else:
                    done, total = row["done"], row["total"]
                    share = (behind + size * done / max(1, total)) / whole
                    yield replace(at, done=done, total=total, share=min(1.0, share))
        except Problem as problem:
            if problem.code == "stopped":
                raise
            yield Refused(intake.shown(path), problem)
        behind += size


def collections(desk: Desk, stop: Stop | None = None) -> list[dict[str, Any]]:
    """The rows of `Known`, each with `tuned` (the version that serves, 0 = untuned) and `used_by` (playbooks)."""
    users = used_by(desk.home)
    return [
        row | {"tuned": Versions(desk.home, row["name"]).live(), "used_by": users.get(row["name"], [])}
        for row in desk.ask(Known(), stop)
    ]


def used_by(home: Path) -> dict[str, list[str]]:
    """Which sound playbooks search each collection, by its name."""
    users: dict[str, list[str]] = {}
    for name in playbook.playbooks(home):
        with contextlib.suppress(Problem):
            for collection in playbook.find(home, name).collections:
                users.setdefault(collection, []).append(name)
    return users


def answers(desk: Desk, order: Order) -> Iterator[dict[str, Any]]:
    """The engine's answer to a question; its progress goes to a bar on standard error."""
    from tqdm import tqdm

    with tqdm(file=sys.stderr, dynamic_ncols=True, leave=False, disable=None) as bar:
        for row in desk.ask(order):
            if "progress" not in row:
                yield row
                continue
            bar.set_description_str(str(row["progress"])[:60])
            bar.total = row["total"]
            bar.update(row["done"] - bar.n)


def examples(file: Path) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Texts of a training file, and the labels of each; none = out of scope. Raises Problem("bad_examples").

    `label` may be null, a label or a list of them; a list may also be called `labels` or `intents`.
    """
    texts, labels = [], []
    for number, row in _lines(file):
        text, said = row.get("text"), row.get("labels", row.get("intents", row.get("label")))
        said = [] if said is None else [said] if isinstance(said, str) else said
        if not isinstance(text, str) or not isinstance(said, list) or not all(isinstance(one, str) for one in said):
            raise Problem(
                "bad_examples", f'Line {number} of {file.name} must be {{"text": "...", "label": "..." or null}}.'
            )
        texts.append(text)
        labels.append(tuple(one for one in said if one.strip()))
    return tuple(texts), tuple(labels)


def asked(file: Path) -> tuple[Asked, ...]:
    """The questions of a file of {"query","ids"} ("question" and "relevant", or one "document", will do).

    Raises Problem("bad_pairs").
    """
    found = []
    for number, row in _lines(file):
        query = row.get("query", row.get("question"))
        ids = row.get("ids", row.get("relevant", row.get("document")))
        ids = [ids] if isinstance(ids, str) else ids
        if not isinstance(query, str) or not isinstance(ids, list) or not ids:
            raise Problem("bad_pairs", f'Line {number} of {file.name} must be {{"query": "...", "ids": ["..."]}}.')
        found.append(Asked(query, tuple(map(str, ids))))
    if not found:
        raise Problem("bad_pairs", f"{file.name} holds no questions.")
    return tuple(found)


def _file(desk: Desk, collection: str, path: Path, names: set[str], stop: Stop | None) -> Iterator[dict[str, Any]]:
    """A file as one document."""
    _take_name(path.name, names)
    taken = intake.take(path)
    if taken.problem is not None:
        raise taken.problem
    yield from desk.ask(Add(collection, Store(desk.home).put(taken.data), path.name), stop)


def _passages(desk: Desk, collection: str, path: Path, names: set[str], stop: Stop | None) -> Iterator[dict[str, Any]]:
    """A passage for each line of a .jsonl, some hundreds at a time, so that the encoder never waits."""
    done, total = 0, _count(path)
    for batch in _batches(path, names):
        yield from desk.ask(AddTexts(collection, batch), stop)
        done += len(batch)
        yield {"progress": path.name, "done": done, "total": max(done, total)}


def _batches(path: Path, names: set[str]) -> Iterator[tuple[Passage, ...]]:
    """The passages of a file. Those before a wrong line are handed out before it is complained of."""
    batch: list[Passage] = []
    try:
        for passage in joined(path):
            _take_name(passage.id, names)
            batch.append(passage)
            if len(batch) == PASSAGES_AT_ONCE:
                yield tuple(batch)
                batch = []
    except Problem:
        if batch:
            yield tuple(batch)
        raise
    if batch:
        yield tuple(batch)


def joined(path: Path) -> Iterator[Passage]:
    """A passage for each id: lines of one id are parts of it, wherever they stand in the file."""
    left: Counter[str] = Counter()
    with contextlib.suppress(Problem):  # a wrong line is told of when its turn comes
        left.update(_id(path, number, row) for number, row in _lines(path))
    parts: dict[str, list[str]] = {}
    for number, row in _lines(path):
        name, text = _id(path, number, row), str(row.get("text") or "")
        left[name] -= 1
        if left[name] > 0 or name in parts:
            parts.setdefault(name, []).append(text)
        if left[name] <= 0:
            yield Passage(name, str(row.get("title") or ""), "\n\n".join(parts.pop(name, [text])))


def _id(path: Path, number: int, row: dict[str, Any]) -> str:
    return str(row.get("id", f"{path.name}:{number}"))


def _count(path: Path) -> int:
    """How many lines there are; 0 where that can't be told."""
    try:
        with path.open("rb") as file:
            return sum(1 for line in file if line.strip())
    except OSError:
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _take_name(name: str, names: set[str]) -> None:
    if name in names:
        raise Problem("same_name", f"A document named {name} was added just now. Rename one of the two.")
    names.add(name)


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a .jsonl file with their line numbers. Raises Problem("bad_examples")."""
    if not file.exists():
        raise Problem("no_file", f"There is no file {intake.shown(file)}.")
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, text in enumerate(lines, 1):
            if text.strip():
                try:
                    row = json.loads(text)
                except ValueError as error:
                    raise Problem("bad_examples", f"Line {number} of {file.name} is not JSON: {error}.") from error
                if not isinstance(row, dict):
                    raise Problem("bad_examples", f"Line {number} of {file.name} is not an object.")
                yield number, row
