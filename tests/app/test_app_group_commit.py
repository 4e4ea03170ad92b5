"""Jobs are worked in groups, in order and once, and nobody waits for a writer that has gone."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from app.group_commit import GroupCommit

JOBS, THREADS = 200, 8


class Writer:
    """Keeps the groups that it worked. It stands at `gate` first, if it is closed."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.at_work = threading.Event()

    def __call__(self, group: Sequence[int]) -> None:
        self.at_work.set()
        assert self.gate.wait(10)
        self.groups.append(list(group))


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def queue(writer: Writer) -> GroupCommit[int]:
    return GroupCommit(writer)


def started(*work: threading.Thread) -> None:
    for thread in work:
        thread.start()


def ended(*work: threading.Thread) -> bool:
    for thread in work:
        thread.join(10)
    return not any(thread.is_alive() for thread in work)


def waiting(queue: GroupCommit[int], count: int) -> None:
    while len(queue._waiting) < count:
        pass


def one_behind_the_other(queue: GroupCommit[int], writer: Writer, threads: Sequence[threading.Thread]) -> None:
    """The first writes, and is held up until all others wait, in this order; then all end."""
    started(threads[0])
    assert writer.at_work.wait(10)
    for number, thread in enumerate(threads[1:], 1):
        started(thread)
        waiting(queue, number)
    writer.gate.set()
    assert ended(*threads)


def test_who_is_alone_works_at_once(queue: GroupCommit[int], writer: Writer) -> None:
    queue.work(1)
    queue.work(2)
    assert writer.groups == [[1], [2]]


def test_what_waits_is_worked_together_and_in_order(queue: GroupCommit[int], writer: Writer) -> None:
    writer.gate.clear()
    threads = [threading.Thread(target=queue.work, args=(job,)) for job in range(5)]
    one_behind_the_other(queue, writer, threads)
    assert writer.groups == [[0], [1, 2, 3, 4]]


def test_every_job_is_worked_once_and_its_thread_sees_it(queue: GroupCommit[int], writer: Writer) -> None:
    unseen: list[int] = []

    def hand_in(first: int) -> None:
        for job in range(first, JOBS, THREADS):
            queue.work(job)
            if not any(job in group for group in writer.groups):
                unseen.append(job)

    threads = [threading.Thread(target=hand_in, args=(first,)) for first in range(THREADS)]
    started(*threads)
    assert ended(*threads)
    assert sorted(job for group in writer.groups for job in group) == list(range(JOBS))
    assert unseen == []


def test_who_wants_to_be_alone_comes_in_turn(queue: GroupCommit[int], writer: Writer) -> None:
    writer.gate.clear()
    alone: list[list[list[int]]] = []

    def be_alone() -> None:
        with queue.alone():
            alone.append([list(group) for group in writer.groups])

    threads = [threading.Thread(target=queue.work, args=(0,)), threading.Thread(target=queue.work, args=(1,)),
               threading.Thread(target=be_alone), threading.Thread(target=queue.work, args=(2,))]  # fmt: skip
    one_behind_the_other(queue, writer, threads)
    assert alone == [[[0], [1]]]
    assert writer.groups == [[0], [1], [2]]


def test_who_is_cut_off_while_it_waits_leaves_the_queue(queue: GroupCommit[int], writer: Writer) -> None:
    writer.gate.clear()
    first = threading.Thread(target=queue.work, args=(0,))
    started(first)
    assert writer.at_work.wait(10)
    told: list[str] = []

    def impatient() -> None:
        try:
            queue.work(1)
        except KeyboardInterrupt:
            told.append("cut off")

    def cut_off(self: GroupCommit[int], place: object) -> None:
        with self._lock:
            self._waiting.append(place)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GroupCommit, "_wait", cut_off)
        second = threading.Thread(target=impatient)
        started(second)
        assert ended(second)
    third = threading.Thread(target=queue.work, args=(2,))
    started(third)
    waiting(queue, 1)
    writer.gate.set()
    assert ended(first, third)
    assert told == ["cut off"]
    assert writer.groups == [[0], [2]]


def test_a_writer_that_is_cut_off_hands_on_its_turn(queue: GroupCommit[int], writer: Writer) -> None:
    with pytest.MonkeyPatch.context() as patch:

        def interrupted(self: GroupCommit[int]) -> list[int]:
            raise KeyboardInterrupt

        patch.setattr(GroupCommit, "_gathered", interrupted)
        with pytest.raises(KeyboardInterrupt):
            queue.work(0)
    other = threading.Thread(target=queue.work, args=(1,))
    started(other)
    assert ended(other)
    assert writer.groups == [[1]]
