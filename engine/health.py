"""Remembers which models fail, and lets one that fails again and again rest: a circuit breaker a model."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.cards import Problem

if TYPE_CHECKING:
    from engine.bench import Bench
    from engine.models import Writer

FAILURES = 3
"""So many in a row open the breaker."""
REST, LONGEST_REST = 300.0, 3600.0
"""Seconds that a model rests after it opened; twice as long after each trial that fails, up to the longest."""
FAULTS = ("model_failed", "model_crashed", "model_hung", "out_of_memory", "too_slow", "endless")
"""The reason codes that are a model's own fault. A missing or changed file is the operator's, and helped at once."""

State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """One model's health: failures in a row, the last one's reason code, and until when it rests (Unix time).

    *closed*: it is asked. *open*: it rests, and nobody waits for it. *half-open*: it has rested, and the next
    task tries it, once.
    """

    failures: int = 0
    why: str = ""
    rest: float = 0.0
    until: float = 0.0

    def state(self, now: float) -> State:
        if self.failures < FAILURES:
            return "closed"
        return "open" if now < self.until else "half-open"


class Health:
    """The breakers of one home, in `health.json`: an engine that a model took with it has not forgotten.

    Only the engine that works tasks writes it; the desk does when that engine is dead.
    """

    def __init__(self, home: Path) -> None:
        self._file = home / "health.json"

    def breaker(self, model: str) -> Breaker:
        return self._read().get(model, Breaker())

    def ask(self, model: str) -> None:
        """May it be asked now? Raises Problem("model_resting"). A trial is paid in advance: if it takes the engine
        with it, the model rests all the same."""
        now, breaker = time.time(), self.breaker(model)
        match breaker.state(now):
            case "open":
                raise Problem("model_resting", resting(model, breaker, now))
            case "half-open":
                self._keep(model, _rested(breaker, now))

    def failed(self, model: str, code: str) -> str:
        """Note a failure; answers the sentence for the handoff, "" where it was not the model's fault."""
        if code not in FAULTS:
            return ""
        now, before = time.time(), self.breaker(model)
        after = Breaker(before.failures + 1, code, before.rest, before.until)
        if after.failures == FAILURES:
            after = _rested(after, now)
        self._keep(model, after)
        if after.failures < FAILURES:
            return f" That is failure {after.failures} of {FAILURES} before {model} is left to rest."
        return f" {resting(model, after, now)}"

    def served(self, model: str) -> None:
        """It has done its work: what was is forgotten."""
        if self.breaker(model) != Breaker():
            self._keep(model, None)

    def _read(self) -> dict[str, Breaker]:
        try:
            return {str(model): Breaker(**said) for model, said in json.loads(self._file.read_bytes()).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}  # nothing was noted, or not legibly: then every model gets its chance

    def _keep(self, model: str, breaker: Breaker | None) -> None:
        rows = {name: asdict(one) for name, one in self._read().items() if name != model}
        if breaker is not None:
            rows[model] = asdict(breaker)
        aside = self._file.with_suffix(f".{os.getpid()}")
        aside.write_text(json.dumps(rows, indent=1))
        aside.replace(self._file)


def resting(model: str, breaker: Breaker, now: float) -> str:
    """The sentence for a model that is not asked."""
    return (
        f"{model} failed {breaker.failures} times in a row (last: {breaker.why}), and rests for "
        f"{max(0.0, breaker.until - now):.0f} seconds more (circuit open)."
    )


@contextmanager
def at_work(bench: Bench, role: str) -> Iterator[tuple[str, Writer]]:
    """The id and the writer of a role's model, if it may be asked; what becomes of it is noted.

    Raises Problem: what was raised inside, with what it means for the model's health.
    """
    model = bench.fleet.row(role).id
    bench.health.ask(model)
    try:
        yield model, bench.fleet.writer(role)
    except MemoryError as error:
        sentence = f"There is not enough memory for {model}."
        raise Problem("out_of_memory", sentence + bench.health.failed(model, "out_of_memory")) from error
    except Problem as problem:
        raise Problem(problem.code, problem.sentence + bench.health.failed(model, problem.code)) from problem
    bench.health.served(model)


def larger(bench: Bench) -> str:
    """The id of the larger model (role `fallback`), or "" where the catalogue has none, or it rests."""
    try:
        model = bench.fleet.row("fallback").id
    except Problem:
        return ""
    return "" if bench.health.breaker(model).state(time.time()) == "open" else model


def _rested(breaker: Breaker, now: float) -> Breaker:
    rest = min(LONGEST_REST, breaker.rest * 2) if breaker.rest else REST
    return Breaker(breaker.failures, breaker.why, rest, now + rest)
