"""Workers get their turn: in the order in which they were asked for, and a person's page before all files."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from engine import readers
from engine.readers import _worker
from engine.readers._slots import Slots
from tests import made


def test_who_waits_longest_comes_first() -> None:
    slots, order = Slots(1), []

    def wait(number: int) -> None:
        with slots:
            order.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(8)]
    with slots:
        for thread in threads:
            thread.start()
            time.sleep(0.01)  # so that they come one after the other
        assert order == []
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_no_more_are_inside_than_there_are_slots() -> None:
    slots, lock, inside, most = Slots(3), threading.Lock(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(50):
            with slots:
                with lock:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.0001)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 3)


def test_an_error_inside_gives_the_slot_back() -> None:
    slots = Slots(1)
    for _ in range(2):
        with pytest.raises(KeyError), slots:
            raise KeyError
    with slots:
        assert True


def test_a_page_is_drawn_while_all_slots_read() -> None:
    drawn: list[readers.Picture] = []
    paper = made.pdf(1)
    with contextlib.ExitStack() as reading:
        for _ in range(_worker.most_at_once()):
            reading.enter_context(_worker.READING)
        thread = threading.Thread(target=lambda: drawn.append(readers.picture(paper, 1, 1.0)), daemon=True)
        thread.start()
        thread.join(timeout=60)
        assert [(picture.width, picture.height) for picture in drawn] == [(612, 792)]
