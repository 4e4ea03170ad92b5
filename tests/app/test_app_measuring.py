"""A model is tried in an engine of its own, and what was measured is kept for that very file."""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app import engine_process
from app.measuring import Measured, Trial, measure, measured
from engine.cards import Problem

GOOD = """
print(json.dumps({"is": "Answered", "row": {"model": "m", "sha256": "f" * 64, "load_seconds": 0.5,
    "read_per_second": 90.0, "written_per_second": 30.5, "memory": 2000000}}), flush=True)
print(json.dumps({"is": "Closed"}), flush=True)
"""
Acts = Callable[[str], None]


def came(trial: Trial) -> Measured | Problem | None:
    for _ in range(1000):
        if trial.outcome() is not None:
            break
        time.sleep(0.01)
    return trial.outcome()


@pytest.fixture
def acts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Acts:
    """Stands in for the engine: what it does with an order."""
    folder = tmp_path / "fake" / "engine"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.setattr(engine_process, "_code", lambda: folder.parent)

    def write(script: str) -> None:
        body = textwrap.indent(script, "    ")
        (folder / "__main__.py").write_text(f"import json, os, sys, time\nfor line in sys.stdin:\n{body}")

    return write


def test_what_was_measured_is_kept(home: Path, acts: Acts) -> None:
    acts(GOOD)
    found = measure(home, "m")
    assert found == Measured(0.5, 90.0, 30.5, 2_000_000)
    assert found.sentence == ("ready after 0.5 seconds, read 90 and wrote 30 tokens a second; the engine grew by 2 MB.")
    assert measured(home) == {"f" * 64: found}
    (home / "models" / "measured.json").write_text('{"a": {"x": 1}, "b": 3, "c": {"load_seconds": "x"}}')
    assert measured(home) == {}


def test_a_model_that_takes_the_engine_with_it_is_told(home: Path, acts: Acts) -> None:
    acts("os.abort()")
    with pytest.raises(Problem, match="m did not survive") as caught:
        measure(home, "m")
    assert caught.value.code == "model_crashed"
    assert measured(home) == {}


def test_a_trial_runs_beside_and_can_be_stopped(home: Path, acts: Acts) -> None:
    acts("time.sleep(600)")
    trial = Trial(home, "m")
    assert trial.outcome() is None
    trial.stop()
    assert isinstance(came(trial), Problem)


def test_what_was_measured_and_cannot_be_kept_is_told(home: Path, acts: Acts) -> None:
    acts(GOOD)
    home.mkdir()
    (home / "models").write_text("no folder")
    said = came(Trial(home, "m"))
    assert isinstance(said, Problem)
    assert said.code == "not_kept"
    assert said.sentence.startswith("m was ready after 0.5 seconds, read 90 and wrote 30 tokens a second")
    assert str(home / "models" / "measured.json") in said.sentence


def test_a_trial_ends_also_with_an_error_that_nobody_foresaw(
    home: Path, acts: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts(GOOD.replace('"sha256"', '"sha"'))
    raised: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    said = came(Trial(home, "m"))
    assert isinstance(said, Problem)
    assert said.sentence == "Something unexpected went wrong; the details are on the error output."
    while not raised:
        time.sleep(0.01)
    assert raised[0].exc_type is KeyError
