"""Adds documents to collections and reads training files, for the command line."""

from __future__ import annotations

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from app import intake
from app.desk import Desk
from engine.cards import Problem
from engine.orders import Add, AddTexts, Asked, Order, Passage
from engine.store import Store

PASSAGES_AT_ONCE = 512


def add(desk: Desk, collection: str, paths: Sequence[Path], as_json: bool) -> bool:
    """Add each file, with progress on standard error; returns whether any failed."""
    failed = False
    names: set[str] = set()
    for path in list(intake.files(paths)):
        try:
            kind = _passages if path.suffix == ".jsonl" else _file
            for row in kind(desk, collection, path, names):
                text = f"{row['document']}: {row['chunks']} chunks"
                click.echo(json.dumps(row, ensure_ascii=False) if as_json else text)
        except Problem as problem:
            failed = True
            print(f"{intake.shown(path)}: {problem.sentence}", file=sys.stderr)
        except KeyboardInterrupt:
            print("Stopped. What was added is kept; the same command goes on from there.", file=sys.stderr)
            raise
    return failed


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


def _file(desk: Desk, collection: str, path: Path, names: set[str]) -> Iterator[dict[str, Any]]:
    """A file as one document."""
    _take_name(path.name, names)
    taken = intake.take(path)
    if taken.problem is not None:
        raise taken.problem
    yield from answers(desk, Add(collection, Store(desk.home).put(taken.data), path.name))


def _passages(desk: Desk, collection: str, path: Path, names: set[str]) -> Iterator[dict[str, Any]]:
    """A passage for each line of a .jsonl, some hundreds at a time, so that the encoder never waits."""
    from tqdm import tqdm

    with tqdm(
        total=_count(path), desc=path.name[:40], unit=" passages", file=sys.stderr, leave=False, disable=None
    ) as bar:
        for batch in _batches(path, names):
            yield from desk.ask(AddTexts(collection, batch))
            bar.update(len(batch))


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


def _count(path: Path) -> int | None:
    """How many lines there are, for a person who watches."""
    if not sys.stderr.isatty() or not path.exists():
        return None
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


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
