"""Adds documents to collections and reads training files, for the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from app import intake
from app.desk import Desk
from engine.cards import Problem
from engine.orders import Add, AddText, Order
from engine.store import Store


def add(desk: Desk, collection: str, paths: Sequence[Path], as_json: bool) -> bool:
    """Add each file, with progress on standard error; returns whether any failed."""
    failed = False
    names: set[str] = set()
    for path in list(intake.files(paths)):
        try:
            for order in _orders(desk.home, collection, path):
                name = order.id if isinstance(order, AddText) else order.name
                if name in names:
                    raise Problem("same_name", f"A document named {name} was added just now. Rename one of the two.")
                names.add(name)
                for row in answers(desk, order):
                    text = f"{row['document']}: {row['chunks']} chunks"
                    click.echo(json.dumps(row, ensure_ascii=False) if as_json else text)
        except Problem as problem:
            failed = True
            print(f"{intake.shown(path)}: {problem.sentence}", file=sys.stderr)
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


def examples(file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts and labels of a training file; "" stands for out of scope. Raises Problem("bad_examples")."""
    texts, labels = [], []
    for number, row in _lines(file):
        text, label = row.get("text"), row.get("label")
        if not isinstance(text, str) or not (label is None or isinstance(label, str)):
            raise Problem(
                "bad_examples", f'Line {number} of {file.name} must be {{"text": "...", "label": "..." or null}}.'
            )
        texts.append(text)
        labels.append(label or "")
    return tuple(texts), tuple(labels)


def _orders(home: Path, collection: str, path: Path) -> Iterator[Add | AddText]:
    """What adding a file asks of the engine: a passage for each line of a .jsonl, else the file."""
    if path.suffix == ".jsonl":
        for number, row in _lines(path):
            name = str(row.get("id", f"{path.name}:{number}"))
            yield AddText(collection, name, str(row.get("title") or ""), str(row.get("text") or ""))
        return
    taken = intake.take(path)
    if taken.problem is not None:
        raise taken.problem
    yield Add(collection, Store(home).put(taken.data), path.name)


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
