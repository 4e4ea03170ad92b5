"""Has a model tried in an engine of its own, and keeps what was measured."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.engine_process import EngineDied, EngineProcess
from app.language import _
from engine.cards import Problem
from engine.events import Answered, Closed
from engine.orders import Try
from engine.store import write_aside

PATIENCE = 600.0
"""Seconds: a large model is read from a slow disk, and then reads at a token a second."""
_FILE = "measured.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """How a model did when it was tried here: seconds to load, tokens a second, bytes that the engine grew by (0 =
    the system does not say)."""

    load_seconds: float
    read_per_second: float
    written_per_second: float
    memory: int

    @property
    def sentence(self) -> str:
        grew = _("; the engine grew by {memory:,.0f} MB").format(memory=self.memory / 1e6) if self.memory else ""
        return _(
            "ready after {load_seconds:.1f} seconds, read {read_per_second:,.0f} and wrote {written_per_second:,.0f} "
            "tokens a second{grew}."
        ).format(
            load_seconds=self.load_seconds,
            read_per_second=self.read_per_second,
            written_per_second=self.written_per_second,
            grew=grew,
        )


def measure(home: Path, name: str) -> Measured:
    """Try it now; what was measured is kept for that very file. Raises Problem: no_model, model_crashed and so on."""
    return _asked(EngineProcess(home), home, name)


class Trial:
    """The same on a thread of its own, which dies with this process: `outcome` says what came of it."""

    def __init__(self, home: Path, name: str) -> None:
        """Raises Problem("no_engine")."""
        self.name = name
        self._engine = EngineProcess(home)
        self._outcome: Measured | Problem | None = None
        threading.Thread(target=self._work, args=(home,), name="trial", daemon=True).start()

    def outcome(self) -> Measured | Problem | None:
        """None while it is being tried."""
        return self._outcome

    def stop(self) -> None:
        """End it; the outcome is a Problem soon."""
        self._engine.kill()

    def _work(self, home: Path) -> None:
        try:
            self._outcome = _asked(self._engine, home, self.name)
        except Problem as problem:
            self._outcome = problem
        finally:  # a bug is loud on its thread; who waits for the outcome hears of it here
            if self._outcome is None:
                self._outcome = Problem(
                    "unexpected", _("Something unexpected went wrong; the details are on the error output.")
                )


def _asked(engine: EngineProcess, home: Path, name: str) -> Measured:
    row: dict[str, Any] = {}
    try:
        for event in engine.ask(Try(name), lambda: PATIENCE):
            if isinstance(event, Answered):
                row = event.row
            elif isinstance(event, Closed) and event.code:
                raise Problem(event.code, event.sentence)
    except EngineDied as died:
        why = (
            _("there was not enough memory")
            if died.starved
            else _("it took too long")
            if died.late
            else _("see engine.log")
        )
        raise Problem(
            "model_crashed",
            _("{name} did not survive being tried ({why}). Don't let it serve.").format(name=name, why=why),
        ) from died
    finally:
        engine.close()
    del row["model"]
    sha256 = str(row.pop("sha256"))
    found, kept = Measured(**row), home / "models" / _FILE
    try:
        write_aside(kept, json.dumps(_kept(home) | {sha256: row}, indent=1).encode())
    except OSError as error:
        raise Problem(
            "not_kept",
            _("{name} was {sentence} That can't be kept in {file}: {why}. See to that file, then try again.").format(
                name=name, sentence=found.sentence, file=kept, why=error.strerror
            ),
        ) from error
    return found


def measured(home: Path) -> dict[str, Measured]:
    """What was measured here, by the SHA-256 of the model's file."""
    found = {}
    for sha256, row in _kept(home).items():
        try:
            found[sha256] = Measured(**{key: value + 0 for key, value in row.items()})
        except (TypeError, ValueError, AttributeError):
            continue  # of another version, or damaged: it can be measured again
    return found


def _kept(home: Path) -> dict[str, Any]:
    try:
        said = json.loads((home / "models" / _FILE).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
