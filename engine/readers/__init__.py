"""Turns one file's bytes into pages of text, in a worker of its own that can be killed.

A reader is one file on this shelf. It holds:

    KINDS = ("xlsx", "xls")            the kinds of file it reads, named like their usual endings
    IMPORTS = ("openpyxl",)            what must be imported before the worker is locked
    def recognises(file: File) -> tuple[str, float]    a kind and 0..1, by content first, name second
    def read(file: File, limits: Limits) -> Generator[Part, None, str]

`read` runs inside the worker, where nothing can be opened or imported. It yields pages as they are
made, the files inside the file (`Inner`), and first, if it knows, how many pages there will be
(`Count`); it returns the title. It may raise Problem with one of the codes in `_wire.CODES`: only
the code reaches the host, the sentence for people is `SENTENCES` below. Its text goes through
`_text.clean` or `_text.Flow`. A format with drawn pages may also hold

    def picture(file: File, number: int, scale: float) -> Picture

and one whose pages can be read on their own `SLICED = True`: then `file.first` and `file.last` say
which are wanted. One that is a mere folder for the files inside it holds `FOLDER = True`. Nothing
else names the reader: the shelf finds it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import queue
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from engine.cards import Problem
from engine.pages import Count, Inner, Page, Part, Reading
from engine.readers._file import File
from engine.readers._wire import Kind, Limits, Picture

if TYPE_CHECKING:
    from engine.readers._worker import Worker

__all__ = [
    "GENEROUS", "KILLING", "SENTENCES", "USUAL", "Limits", "Picture", "Step", "Stop", "Unread",
    "barriers", "choose", "folders", "picture", "read", "shelf",
]  # fmt: skip

T = TypeVar("T")

SURE = 0.1
USUAL = Limits()
GENEROUS = Limits(
    seconds=300.0, total_seconds=4 * 3600.0, memory_bytes=4 << 30, pages=50_000, characters=200_000_000, bytes=1 << 30,
    attachments=20_000, unpacked=2 << 30, depth=8, pixels=200_000_000,
)  # fmt: skip
"""What a person may grant a file that the usual limits refused."""

FIRST_SLICE = 4
SLICE = 128
SLICE_WITH_EYES = 4
"""Pages that one worker reads of a long document at least, and those of one that is pictures: a picture
is recognised in the time of a hundred other pages. The first slice tells which it is, and how long."""
EYES_PATIENCE = 4
"""Recognising a page takes that many times the patience with a worker that only reads."""

KILLING = frozenset(("crashed_parser", "too_slow", "out_of_memory"))
"""The codes that say: this file has cost a worker its life."""

# What a person reads when a file is set aside: what happened, and what to do.
SENTENCES = {
    "encrypted": "This file is locked with a password. Enter the password, or save a copy without it and add that.",
    "damaged": "This file is damaged or incomplete. Ask for it again, or open it in its own program and save a copy.",
    "too_large": (
        "This file holds more than Baton reads at once ({pages:,} pages, {characters:,} characters, {mib} MiB, "
        "{attachments:,} files inside, {megapixels} megapixels). Try it with larger limits, or split it."
    ),
    "too_slow": "The reader was silent for longer than {seconds:g} seconds and was stopped. Try it with larger limits.",
    "too_deep": "This file is nested too deeply to be read. Take out the inner part and add it by itself.",
    "bomb": "This file unpacks to far more than it is, as files made to choke a computer do. It was not opened.",
    "unsupported": "Baton can't read this kind of file. Save it as PDF, or in another usual format, and add that.",
    "crashed_parser": "The reader failed on this file. Open the file in its own program and save a copy.",
    "out_of_memory": "Reading this file needs more memory than is allowed. Try it with larger limits, or split it.",
    "empty": "No text was found in this file, neither typed, nor in a picture, nor hidden.",
    "stopped": "Reading was stopped.",
}


class Unread(Problem):
    """A file that was not read: why, and what kind of file it is, as far as that was seen."""

    def __init__(self, code: str, sentence: str, kind: str = "") -> None:
        super().__init__(code, sentence)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Step:
    """One more page was read. `total` is 0 where it is not known."""

    done: int
    total: int


class Stop:
    """Ends a reading from another thread, at once: its workers are killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workers: set[Worker] = set()
        self.called = False

    def now(self) -> None:
        self.called = True
        self.kill()

    def kill(self) -> None:
        """End the workers that run now; others may follow."""
        with self._lock:
            for worker in self._workers:
                worker.kill()

    @contextlib.contextmanager
    def holding(self, worker: Worker) -> Iterator[None]:
        """Within this, `now` kills that worker."""
        with self._lock:
            self._workers.add(worker)
            if self.called:
                worker.kill()
        try:
            yield
        finally:
            with self._lock:
                self._workers.discard(worker)


@dataclass(frozen=True, slots=True)
class _Job:
    """One file to be read, and how."""

    data: bytes
    name: str
    limits: Limits
    password: str
    put: Callable[[bytes], str]
    stop: Stop
    eyes: threading.Event = field(default_factory=threading.Event)


@dataclass(slots=True)
class _Found:
    """What one worker found."""

    kind: Kind = field(default_factory=lambda: Kind(""))
    title: str = ""
    total: int = 0
    pages: list[Page] = field(default_factory=list)
    attachments: list[tuple[str, str]] = field(default_factory=list)


@functools.cache
def shelf() -> dict[str, ModuleType]:
    """The readers by file name, looked up once: behind the fence nothing can be. Raises Problem("empty_shelf")."""
    from engine.shelf import modules

    return modules(sys.modules[__name__])


def folders() -> frozenset[str]:
    """The kinds that are mere folders for the files inside them, as archives are."""
    return frozenset(kind for reader in shelf().values() if getattr(reader, "FOLDER", False) for kind in reader.KINDS)


def choose(file: File) -> tuple[str, ModuleType]:
    """The file's kind, and the reader that recognises it best. Raises Problem("unsupported") when none does.

    It looks into the file: only for the worker.
    """
    guesses = ((*reader.recognises(file), reader) for reader in shelf().values())
    kind, score, reader = max(guesses, key=lambda guess: float(guess[1]))
    if score < SURE:
        raise Problem("unsupported", "No reader knows it.")
    return kind, reader


def read(
    data: bytes,
    name: str,
    put: Callable[[bytes], str],
    limits: Limits = USUAL,
    password: str = "",
    stop: Stop | None = None,
) -> Generator[Step, None, Reading]:
    """What the file says, read by workers within the limits; each page is told as it comes.

    The files inside it are given to `put`, which keeps them and answers their content hash. Long
    documents are read in slices by as many workers as the machine has slots; what comes out does
    not depend on how many. Raises Unread with a quarantine code, or `stopped`.
    """
    if len(data) > limits.bytes:
        raise _unread("too_large", limits)
    if not data:
        raise Unread("empty", "This file is empty. Ask for it again.")
    job = _Job(data, name[-255:], limits, password, put, stop or Stop())
    found = _Found()
    yield from _slice(job, found, 1, FIRST_SLICE)
    if found.kind.sliced and found.total > len(found.pages):
        yield from _rest(job, found)
    if not found.attachments and not any(page.text.strip() or page.hidden for page in found.pages):
        raise _unread("empty", limits, kind=found.kind.kind)
    return Reading(found.kind.kind, found.title, tuple(found.pages), tuple(found.attachments))


def picture(data: bytes, number: int, scale: float, limits: Limits = USUAL, password: str = "") -> Picture:
    """Page `number` (from 1) drawn at `scale` pixels a point. Raises Unread, also for formats without drawn pages."""
    from engine.readers._wire import receive_picture

    if not data or len(data) > GENEROUS.bytes or not 0 < scale <= 20:
        raise _unread("too_large" if data else "empty", limits)
    job = _Job(data, "", limits, password, _nothing, Stop())
    return _ask(_request(job, "picture", number=number, scale=scale), job, lambda out: receive_picture(out, limits))


def barriers() -> list[tuple[str, bool, str]]:
    """What a worker can't do, as a worker found when it tried: what, whether it is kept from it, by what means."""
    from engine.readers._wire import BadAnswer, receive_words

    job = _Job(b"", "", USUAL, "", _nothing, Stop())
    told = json.loads(_ask(_request(job, "fence"), job, receive_words))
    if not all(isinstance(row, list) and len(row) == 3 for row in told):
        raise BadAnswer("not a list of barriers")
    return [(str(name), bool(holds), str(means)) for name, holds, means in told]


def _rest(job: _Job, found: _Found) -> Generator[Step, None, None]:
    """All slices but the first, several at once."""
    from engine.readers._worker import most_at_once

    share = -(-(found.total - len(found.pages)) // most_at_once())
    size = SLICE_WITH_EYES if any(page.confidences for page in found.pages) else max(SLICE, share)
    starts = range(len(found.pages) + 1, found.total + 1, size)
    slices = [_Found() for _ in starts]
    heard: queue.SimpleQueue[Future[None] | None] = queue.SimpleQueue()
    done = len(found.pages)

    def work(part: _Found, first: int) -> None:
        last = min(first + size - 1, found.total)
        for _ in _slice(job, part, first, last):
            heard.put(None)
        if len(part.pages) != last - first + 1:
            raise _unread("crashed_parser", job.limits, "another number of pages than it said", found.kind.kind)

    with ThreadPoolExecutor(most_at_once(), "slice") as pool:
        try:
            running = {pool.submit(work, part, first) for part, first in zip(slices, starts, strict=True)}
            for future in tuple(running):
                future.add_done_callback(heard.put)
            while running:
                ended = heard.get()
                if ended is None:
                    done += 1
                    yield Step(min(done, found.total), found.total)
                    continue
                running.discard(ended)
                ended.result()
                if sum(len(page.text) for part in slices for page in part.pages) > job.limits.characters:
                    raise _unread("too_large", job.limits, kind=found.kind.kind)
        finally:
            if running:
                job.stop.kill()
                pool.shutdown(cancel_futures=True)
    for part in slices:
        found.pages += part.pages


def _slice(job: _Job, found: _Found, first: int, last: int) -> Generator[Step, None, None]:
    """Those pages, read by a worker; by one with the OCR models, once a page was found to need them."""
    try:
        yield from _parts(job, found, first, last)
    except Unread as problem:
        if problem.code != "needs_eyes":
            raise
        job.eyes.set()
        found.pages.clear()
        found.attachments.clear()
        yield from _parts(job, found, first, last)


def _parts(job: _Job, found: _Found, first: int, last: int) -> Generator[Step, None, None]:
    from engine.readers._wire import receive

    with _asked(_request(job, "read", first=first, last=last), job, found) as (worker, patience):
        parts = receive(worker.stdout, job.limits, first)
        while True:
            worker.allow(patience)
            try:
                part: Kind | Part = next(parts)
            except StopIteration as end:
                found.title = end.value
                return
            match part:
                case Kind():
                    found.kind = part
                case Count(pages):
                    found.total = pages
                    if pages > job.limits.pages:
                        raise _unread("too_large", job.limits, kind=found.kind.kind)
                case Page():
                    found.pages.append(part)
                    yield Step(len(found.pages), found.total)
                case Inner(name, data):
                    found.attachments.append((name, job.put(data)))


def _ask(request: dict[str, Any], job: _Job, receive: Callable[[BinaryIO], T]) -> T:
    """The worker's checked answer to a request that has one."""
    try:
        with _asked(request, job, _Found()) as (worker, patience):
            worker.allow(patience)
            return receive(worker.stdout)
    except Unread as problem:
        if problem.code != "needs_eyes":
            raise
    job.eyes.set()
    return _ask(request, job, receive)


@contextlib.contextmanager
def _asked(request: dict[str, Any], job: _Job, found: _Found) -> Iterator[tuple[Worker, float]]:
    """A worker that has the request and the file, and how long it may be silent.

    What goes wrong with it, or with its answer, becomes Unread. However this ends, it has ended before.
    """
    from engine.readers._wire import BadAnswer, NoAnswer, Refused
    from engine.readers._worker import BESIDE, READING, started

    slots = READING if request["wish"] == "read" else BESIDE
    eyes = job.eyes.is_set()
    patience = job.limits.seconds * (EYES_PATIENCE if eyes else 1)
    with started(slots, eyes=eyes, limits=job.limits) as worker, job.stop.holding(worker):
        worker.allow(patience)
        _send(worker.stdin, json.dumps(request).encode() + b"\n")
        _send(worker.stdin, job.data)
        unread = functools.partial(_unread, limits=job.limits, kind=found.kind.kind)
        try:
            yield worker, patience
        except Refused as refused:
            if refused.code == "needs_eyes" and eyes:
                raise unread("crashed_parser") from refused
            raise _unread(refused.code, job.limits, refused.where, found.kind.kind) from refused
        except BadAnswer as error:
            raise _unread("crashed_parser", job.limits, "an answer that breaks the rules", found.kind.kind) from error
        except NoAnswer as error:
            code = "stopped" if job.stop.called else _cause(worker.wait(), worker.late)
            raise _unread(code, job.limits, kind=found.kind.kind) from error


def _request(job: _Job, wish: str, first: int = 1, last: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "wish": wish, "name": job.name, "password": job.password, "first": first, "last": last,
        "limits": dataclasses.asdict(job.limits), "size": len(job.data), **more,
    }  # fmt: skip


def _send(pipe: Any, data: bytes) -> None:
    """All of the data, unless the worker is gone: then its answer, or the lack of one, says why."""
    view = memoryview(data)
    with contextlib.suppress(OSError):
        while view:
            view = view[pipe.write(view) :]


def _cause(status: int, late: bool) -> str:
    """Why a worker ended without an answer, by its exit status (negative: the signal that ended it)."""
    if late or -status == getattr(signal, "SIGXCPU", None):
        return "too_slow"
    if -status == getattr(signal, "SIGKILL", None):
        return "out_of_memory"  # not our kill, so the system's: it was short of memory
    return "crashed_parser"


def _unread(code: str, limits: Limits, where: str = "", kind: str = "") -> Unread:
    sentence = SENTENCES.get(code, "")
    if "{" in sentence:
        more = {"mib": limits.bytes >> 20, "megapixels": limits.pixels // 1_000_000}
        sentence = sentence.format(**dataclasses.asdict(limits), **more)
    return Unread(code, f"{sentence} ({where}.)" if where else sentence, kind)


def _nothing(data: bytes) -> str:
    raise AssertionError("nothing is unpacked here")
