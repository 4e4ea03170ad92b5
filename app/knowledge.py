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
    for order in _orders(desk.home, collection, paths):
        try:
            for row in answers(desk, order):
                text = f"{row['document']}: {row['chunks']} chunks"
                click.echo(json.dumps(row, ensure_ascii=False) if as_json else text)
        except Problem as problem:
            failed = True
            print(f"{_name(order)}: {problem.sentence}", file=sys.stderr)
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


def _orders(home: Path, collection: str, paths: Sequence[Path]) -> Iterator[Order]:
    store = Store(home)
    for path in intake.files(paths):
        if path.suffix == ".jsonl":
            for number, row in _lines(path):
                yield AddText(
                    collection, str(row.get("id", number)), str(row.get("title") or ""), str(row.get("text") or "")
                )
            continue
        taken = intake.take(path)
        if taken.problem is not None:
            raise taken.problem
        yield Add(collection, store.put(taken.data), path.name)


def _name(order: Order) -> str:
    return order.id if isinstance(order, AddText) else order.name if isinstance(order, Add) else ""


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a .jsonl file with their line numbers. Raises Problem("bad_examples")."""
    if not file.exists():
        raise Problem("no_file", f"There is no file {intake.shown(file)}.")
    with file.open(encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            if text.strip():
                try:
                    row = json.loads(text)
                except ValueError as error:
                    raise Problem("bad_examples", f"Line {number} of {file.name} is not JSON: {error}.") from error
                if not isinstance(row, dict):
                    raise Problem("bad_examples", f"Line {number} of {file.name} is not an object.")
                yield number, row
