"""Files are read ahead of the models, several at once: none is lost, none is read twice, a stop stops."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.readahead import ReadAhead, Wish
from engine.cards import Document
from engine.readers import Limits, _worker
from engine.reading import Reached
from engine.store import Store
from tests import made

LONG = made.pdf(1200)
"""Two seconds of reading."""
HASTY = Limits(seconds=0.0)
"""So little patience that every worker is killed."""


class Ahead:
    """Reads ahead, and keeps what it tells."""

    def __init__(self, home: Path, flush: Callable[[int], None] = os.fsync) -> None:
        self.store = Store(home, flush)
        self.told: list[tuple[str, Reached]] = []
        self.done: dict[str, tuple[Document, ...]] = {}
        self.order: list[str] = []
        self.work = ReadAhead(self.store, lambda task, at: self.told.append((task, at)), self._was_read)

    def put(self, task: str, data: bytes, name: str = "", **how: object) -> str:
        sha256 = self.store.put(data)
        self.work.put(Wish(task, sha256, name or f"{task}.txt", **how))  # type: ignore[arg-type]
        return sha256

    def wait(self, *tasks: str, seconds: float = 30) -> None:
        wait_for(lambda: self.done.keys() >= set(tasks), seconds)

    def pages(self, task: str) -> int:
        """How many pages of that task were told: pages that a worker has read."""
        return sum(1 for other, at in self.told if other == task and at.page)

    def _was_read(self, task: str, documents: tuple[Document, ...]) -> None:
        self.done[task] = documents
        self.order.append(task)


def wait_for(look: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def ahead(home: Path) -> Iterator[Ahead]:
    opened = Ahead(home)
    yield opened
    opened.work.close()


def test_each_file_is_read_into_the_store_and_its_task_told_with_its_documents(ahead: Ahead) -> None:
    wanted = {f"T-{n}": ahead.put(f"T-{n}", b"letter %d" % n) for n in range(10)}
    ahead.wait(*wanted)
    for task, sha256 in wanted.items():
        (document,) = ahead.done[task]
        assert (document.sha256, document.kind, document.words) == (sha256, "txt", 2)
        reading = ahead.store.reading(sha256)
        assert reading is not None
        assert reading.text == f"letter {task[2:]}"
    assert sorted(ahead.order) == sorted(wanted)
    assert {task for task, at in ahead.told if at == Reached(f"{task}.txt", 1)} == wanted.keys()


def test_a_refused_file_is_told_too_and_the_store_knows_why(ahead: Ahead) -> None:
    sha256 = ahead.put("T-1", b"%PDF-1.7 and nothing more")
    ahead.wait("T-1")
    refusal = ahead.store.refusal(sha256)
    assert ahead.done == {"T-1": ()}
    assert refusal is not None
    assert (refusal.code, refusal.kind) == ("damaged", "pdf")


def test_the_files_inside_a_file_are_documents_of_its_task(ahead: Ahead) -> None:
    ahead.put("T-1", made.zipped({"a.txt": b"one", "b.pdf": b"%PDF-1.7 and nothing more"}))
    ahead.wait("T-1")
    assert [(found.name, found.code) for found in ahead.done["T-1"]] == [
        ("T-1.txt", ""),
        ("a.txt", ""),
        ("b.pdf", "damaged"),
    ]


def test_a_content_that_comes_twice_is_read_once(ahead: Ahead) -> None:
    for task in ("T-1", "T-2", "T-3"):
        ahead.put(task, LONG)
    ahead.wait("T-1", "T-2", "T-3")
    assert sorted(ahead.pages(task) for task in ahead.done) == [0, 0, 1200]
    assert len({found.sha256 for documents in ahead.done.values() for found in documents}) == 1


def test_a_task_is_queued_once(ahead: Ahead) -> None:
    for _ in range(3):
        ahead.put("T-1", LONG)
        ahead.put("T-2", LONG)
    ahead.wait("T-1", "T-2")
    time.sleep(0.1)
    assert sorted(ahead.order) == ["T-1", "T-2"]


def test_while_it_reads_it_tells_what_and_how_fast_and_what_waits(ahead: Ahead) -> None:
    for n in range(6):
        ahead.put(f"T-{n}", LONG + b"%%%d" % n, f"{n}.pdf")
    wait_for(lambda: ahead.work.pages_per_second > 10)
    at_work = ahead.work.reading()
    assert 1 <= len(at_work) <= _worker.most_at_once()
    assert all(at.pages == 1200 and at.name.endswith(".pdf") for at in at_work if at.page)
    assert ahead.work.tasks() <= {f"T-{n}" for n in range(6)}
    assert 0 < ahead.work.waiting <= 6 - len(at_work)
    ahead.work.drop(None)
    wait_for(lambda: not ahead.work.reading())
    assert (ahead.work.waiting, ahead.work.pages_per_second, ahead.work.tasks()) == (0, 0.0, frozenset())


# -- workers that die -----------------------------------------------------------------------------


def test_a_file_that_kills_its_worker_is_tried_twice_and_no_more(ahead: Ahead) -> None:
    sha256 = ahead.put("T-1", b"slow", limits=HASTY)
    ahead.wait("T-1")
    refusal = ahead.store.refusal(sha256)
    assert refusal is not None
    assert (ahead.done["T-1"], refusal.code, refusal.deaths) == ((), "too_slow", 2)
    ahead.put("T-2", b"slow")
    ahead.wait("T-2")
    assert (ahead.done["T-2"], ahead.store.refusal(sha256)) == ((), refusal)
    assert not [at for _, at in ahead.told if at.page]


def test_a_person_may_ask_for_it_all_the_same(ahead: Ahead) -> None:
    sha256 = ahead.put("T-1", b"slow", limits=HASTY)
    ahead.wait("T-1")
    ahead.put("T-2", b"slow", asked=True)
    ahead.wait("T-2")
    assert len(ahead.done["T-2"]) == 1
    assert ahead.store.refusal(sha256) is None


def test_asking_again_is_one_try(ahead: Ahead) -> None:
    sha256 = ahead.put("T-1", b"slow", limits=HASTY, asked=True)
    ahead.wait("T-1")
    refusal = ahead.store.refusal(sha256)
    assert refusal is not None
    assert refusal.deaths == 1


def test_a_full_disk_costs_one_file_and_no_thread(home: Path) -> None:
    full = [False]

    def flush(descriptor: int) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")

    ahead = Ahead(home, flush)
    waiting = [ahead.store.put(b"letter %d" % n) for n in range(8)]
    full[0] = True
    for n, sha256 in enumerate(waiting):
        ahead.work.put(Wish(f"T-{n}", sha256, "a.txt"))
    ahead.wait(*(f"T-{n}" for n in range(8)))
    assert set(ahead.done.values()) == {()}
    full[0] = False
    ahead.put("T-9", b"one more letter")
    ahead.wait("T-9")
    ahead.work.close()
    assert len(ahead.done["T-9"]) == 1


# -- stop -----------------------------------------------------------------------------------------


def test_a_stop_means_one_task_and_at_once(ahead: Ahead) -> None:
    sha256 = ahead.put("T-1", LONG)
    ahead.put("T-2", b"a letter")
    wait_for(lambda: ahead.pages("T-1") > 3)
    began = time.monotonic()
    assert ahead.work.drop("T-1") == ["T-1"]
    wait_for(lambda: "T-1" not in ahead.work.tasks())
    assert time.monotonic() - began < 1
    ahead.wait("T-2")
    assert (ahead.order, ahead.store.reading(sha256), ahead.store.refusal(sha256)) == (["T-2"], None, None)


def test_a_stop_means_those_that_wait_too(ahead: Ahead) -> None:
    for n in range(8):
        ahead.put(f"T-{n}", LONG + b"%%%d" % n)
    wait_for(lambda: len(ahead.work.tasks()) == min(8, _worker.most_at_once()))
    assert sorted(ahead.work.drop(None)) == [f"T-{n}" for n in range(8)]
    wait_for(lambda: not ahead.work.tasks(), 2)
    assert (ahead.work.waiting, ahead.order) == (0, [])


def test_stopping_what_is_not_there_stops_nothing(ahead: Ahead) -> None:
    ahead.put("T-1", LONG)
    assert ahead.work.drop("T-2") == []
    ahead.wait("T-1")


def test_what_is_wanted_again_while_it_is_being_stopped_is_read(ahead: Ahead) -> None:
    """A person may press Stop, and then Resume, faster than a worker ends."""
    for _ in range(5):
        ahead.put("T-1", LONG)
        wait_for(lambda: ahead.pages("T-1") > 3)
        ahead.told.clear()
        ahead.work.drop("T-1")
    ahead.put("T-1", LONG)
    ahead.wait("T-1")
    assert ahead.done["T-1"][0].pages == 1200


def test_a_copy_is_read_when_the_first_one_was_stopped(ahead: Ahead) -> None:
    ahead.put("T-1", LONG)
    ahead.put("T-2", LONG)
    wait_for(lambda: ahead.pages("T-1") > 3)
    ahead.work.drop("T-1")
    ahead.wait("T-2")
    assert (ahead.order, ahead.done["T-2"][0].pages) == (["T-2"], 1200)


def test_closing_ends_all_at_once_and_the_next_start_reads_what_was_left(home: Path) -> None:
    ahead, threads = Ahead(home), threading.active_count()
    for n in range(6):
        ahead.put(f"T-{n}", LONG + b"%%%d" % n)
    wait_for(lambda: any(at.page for _, at in ahead.told))
    began = time.monotonic()
    ahead.work.close()
    assert time.monotonic() - began < 1.5
    assert threading.active_count() < threads
    assert (ahead.done, list(home.glob("readings/*/*"))) == ({}, [])
    later = Ahead(home)
    later.put("T-1", LONG + b"%1")
    later.wait("T-1")
    later.work.close()
    assert later.done["T-1"][0].pages == 1200


def test_readers_live_on_when_what_was_read_can_not_be_passed_on(ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    loud: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: loud.append(args.exc_type))
    noted = ahead._was_read

    def broken(task: str, documents: tuple[Document, ...]) -> None:
        if task.startswith("T-bad"):
            raise RuntimeError("a bug")
        noted(task, documents)

    ahead.work._done = broken
    readers = _worker.most_at_once()
    for number in range(readers + 1):
        ahead.put(f"T-bad-{number}", b"letter %d" % number)
    wait_for(lambda: len(loud) == readers + 1)
    ahead.put("T-good", b"letter 0")
    ahead.put("T-bad-0", b"letter 0")
    ahead.wait("T-good")
    wait_for(lambda: len(loud) == readers + 2)
    wait_for(lambda: not ahead.work._busy)
    assert (ahead.work.waiting, ahead.work.reading(), ahead.work._contents) == (0, (), set())
