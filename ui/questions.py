"""Asks on a lane so that every question ends: with its answer, or with a Problem, whatever went wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from app.language import _
from engine.cards import Problem
from ui.worker import Lane

T = TypeVar("T")
_UNEXPECTED = _("Something unexpected went wrong; the details are on the error output.")


def ask(lane: Lane, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[Problem], None]) -> None:
    """A bug is raised on the window's thread all the same; before that, `failed` hears of it, so that nobody waits."""
    ends: list[Callable[[], None]] = []

    def noted() -> None:
        try:
            ends.append(partial(then, work()))
        except Problem as problem:
            ends.append(partial(failed, problem))

    def over() -> None:
        end = ends[0] if ends else partial(failed, Problem("unexpected", _UNEXPECTED))
        end()

    lane.ask(noted, over=over)


class Questions:
    """Of questions of one kind only the latest answer counts; of the kind "", all do."""

    def __init__(self, lane: Lane, failed: Callable[[Problem], None]) -> None:
        self._lane, self._failed = lane, failed
        self._turn = itertools.count(1)
        self._latest: dict[str, int] = {}

    def ask(
        self,
        kind: str,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[Problem], None] | None = None,
    ) -> None:
        turn = self._latest[kind] = next(self._turn)

        def fresh(take: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda answer: take(answer) if not kind or self._latest[kind] == turn else None

        ask(self._lane, work, fresh(then), fresh(failed or self._failed))

    def drop(self, kind: str) -> None:
        """What is on its way of this kind no longer counts: something else is shown."""
        self._latest[kind] = next(self._turn)
