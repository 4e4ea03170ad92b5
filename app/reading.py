"""Reads files without models or tasks, for `baton read`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePath
from typing import Any

from app import intake
from engine import reading
from engine.cards import Document, Problem
from engine.readers import Stop, Unread, _worker
from engine.store import Store

AHEAD = 2
"""Files that are read, or wait with their rows, for each worker: what is in memory does not grow with their number."""

Row = dict[str, Any]


def rows(paths: Iterable[Path], with_text: bool) -> Iterator[Row]:
    """What each file became, and each file inside it: one object of the contract a document, in order.

    Several files are read at a time. Ending the iteration ends the workers.
    """
    stop = Stop()
    waiting: deque[Future[list[Row]]] = deque()
    most = AHEAD * _worker.most_at_once()
    with _Figures() as figures, ThreadPoolExecutor(most, "read") as pool:
        try:
            for path in paths:
                waiting.append(pool.submit(_rows, path, with_text, stop, figures))
                if len(waiting) >= most:
                    yield from figures.counted(waiting.popleft().result())
            while waiting:
                yield from figures.counted(waiting.popleft().result())
        finally:
            stop.now()
            pool.shutdown(cancel_futures=True)


def _rows(path: Path, with_text: bool, stop: Stop, figures: _Figures) -> list[Row]:
    taken = intake.take(path)
    if taken.problem is not None:
        return [_refused(taken.source, taken.problem)]
    with tempfile.TemporaryDirectory(prefix="baton-read-", ignore_cleanup_errors=True) as folder:
        store = Store(Path(folder), flush=_never)
        source, sha256 = taken.source, store.put(taken.data)
        del taken  # up to 128 MiB, which the store will hand out again
        return list(_read(source, sha256, store, with_text, stop, figures))


def _read(place: str, sha256: str, store: Store, with_text: bool, stop: Stop, figures: _Figures) -> Iterator[Row]:
    names = {sha256: place}
    began = time.monotonic()
    try:
        for said in reading.read(store, sha256, PurePath(place).name, stop=stop):
            if not isinstance(said, Document):
                figures.reached(said)
                continue
            now, seconds = time.monotonic(), time.monotonic() - began
            began = now
            names.setdefault(said.sha256, said.name)
            source = said.name if said.parent else place
            yield _row(source, names.get(said.parent, ""), said, seconds, store, with_text)
    except Problem as problem:
        kind = problem.kind if isinstance(problem, Unread) else ""
        yield _refused(place, problem, kind, sha256, time.monotonic() - began)


def _row(source: str, parent: str, document: Document, seconds: float, store: Store, with_text: bool) -> Row:
    row = {
        "source": source, "parent": parent, "sha256": document.sha256, "kind": document.kind,
        "status": "quarantined" if document.code else "read", "code": document.code,
        "reason": document.title if document.code else "", "pages": document.pages, "words": document.words,
        "ocr": document.confidence > 0, "confidence": document.confidence, "seconds": round(seconds, 3),
    }  # fmt: skip
    if with_text and not document.code:
        found = store.reading(document.sha256)
        row["text"] = found.text if found else ""
    return row


def _refused(source: str, problem: Problem, kind: str = "", sha256: str = "", seconds: float = 0.0) -> Row:
    refused = Document(sha256, source, kind, 0, 0, problem.sentence, code=problem.code)
    return _row(source, "", refused, seconds, Store(Path()), with_text=False)


def _never(descriptor: int) -> None:
    """What a crash may take with it needs no flush."""


class _Figures:
    """The current file and page, and pages a second, on a terminal's last line."""

    def __init__(self) -> None:
        from tqdm import tqdm

        self._bar = tqdm(unit="page", file=sys.stderr, dynamic_ncols=True, leave=False, disable=None)

    def reached(self, at: reading.Reached) -> None:
        self._bar.set_description_str(str(at)[-80:], refresh=False)
        self._bar.update(1 if at.page else 0)

    def counted(self, found: list[Row]) -> Iterator[Row]:
        """The rows, written with the bar out of the way."""
        self._bar.clear()
        yield from found

    def __enter__(self) -> _Figures:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()
