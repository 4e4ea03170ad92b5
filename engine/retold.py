"""Hands on what a long piece of work says of its progress, in the words of whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

Said = TypeVar("Said")
Told = TypeVar("Told")
Result = TypeVar("Result")


def retold(work: Generator[Said, None, Result], tell: Callable[[Said], Told]) -> Generator[Told, None, Result]:
    """Do the work: yields `tell` of all that it yields, and returns what it returns."""
    while True:
        try:
            said = next(work)
        except StopIteration as end:
            result: Result = end.value
            return result
        yield tell(said)
