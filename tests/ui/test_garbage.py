"""Garbage: what is new is looked through each time, everything only when nothing happens, or when it must be."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from ui import garbage
from ui.garbage import Garbage


@pytest.fixture
def looked(qapp: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The generations that were looked through; 2 = everything."""
    seen: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda generation=2: seen.append(generation))
    monkeypatch.setattr(gc, "freeze", lambda: seen.append(-1))
    yield seen
    gc.enable()


def ticked(collector: Garbage, monkeypatch: pytest.MonkeyPatch, *fresh: int) -> None:
    for count in fresh:
        monkeypatch.setattr(gc, "get_count", lambda count=count: (count, 0, 0))
        collector.collect()


def test_while_something_happens_only_what_is_new_is_looked_through(
    looked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Garbage()
    assert not gc.isenabled()
    ticked(collector, monkeypatch, *[garbage.FEW] * 20)
    assert looked == [-1, *[1] * 19]


def test_everything_is_looked_through_when_nothing_happens_and_there_is_enough(
    looked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = Garbage()
    ticked(collector, monkeypatch, 0, garbage.MANY, *[0] * garbage.QUIET)
    assert looked == [-1, *[1] * (garbage.QUIET + 1), 2]
    ticked(collector, monkeypatch, *[0] * 20)
    assert 2 not in looked[looked.index(2) + 1 :]
    ticked(collector, monkeypatch, garbage.MANY, *[0] * garbage.QUIET)
    assert looked[-1] == 2  # what a person opened since then may go again


def test_it_does_not_wait_for_ever(looked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    ticked(Garbage(), monkeypatch, 0, garbage.MOST)
    assert looked == [-1, 1, 2]


def test_a_ring_that_nobody_holds_goes_with_the_next_look(qapp: object) -> None:
    class Ring:
        gone = False

        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            Ring.gone = True

    collector = Garbage()
    collector.collect()
    Ring()
    assert not Ring.gone
    collector.collect()
    gc.enable()
    assert Ring.gone
