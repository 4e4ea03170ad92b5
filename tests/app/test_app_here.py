"""What this computer has for the work is told as it is, and nothing is guessed."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from app import here, machine, models
from app.fit import Fit
from app.machine import Memory
from app.models import Team


def test_a_new_home_tells_of_cores_memory_and_the_models_that_came_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "memory", lambda: Memory(16_000_000_000, 10_000_000_000))
    monkeypatch.setattr(here, "cores", lambda: 4)
    lines = here.told(tmp_path)
    assert lines[0] == "This computer: 4 cores and 16.0 GB of memory."
    assert lines[1] == "Models installed: all-minilm-l6-v2 (encoder), smollm2-135m-instruct-q4_1 (drafter)."
    assert lines[2] == "No larger model: what the small ones are not sure of goes to you."
    assert lines[3].startswith("Fits: drafter 272 MB + encoder ")
    assert lines[3].endswith("10.0 GB of 16.0 GB free.")
    assert not list(tmp_path.iterdir())


def test_what_is_not_known_is_not_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: Memory(0, 0))
    monkeypatch.setattr(here, "cores", lambda: 0)
    lines = here.told(tmp_path)
    assert lines[0] == "What this computer has is not known."
    assert len(lines) == 3
    monkeypatch.setattr(here, "cores", lambda: 1)
    assert here.told(tmp_path)[0] == "This computer: 1 core."


def test_a_model_whose_file_is_gone_is_not_called_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = models.team(tmp_path)
    gone = [
        dataclasses.replace(one, state="missing", sentence="Its file is gone.") if one.row.role == "drafter" else one
        for one in whole.entries
    ]
    monkeypatch.setattr(models, "team", lambda _home: Team(tuple(gone), Fit("unknown", "")))
    assert here.told(tmp_path)[1:3] == [
        "Models installed: all-minilm-l6-v2 (encoder).", "smollm2-135m-instruct-q4_1: Its file is gone.",
    ]  # fmt: skip
    monkeypatch.setattr(models, "team", lambda _home: Team((), Fit("unknown", "")))
    assert here.told(tmp_path)[1] == "No model is installed."


def test_the_cores_are_those_that_this_process_may_use() -> None:
    assert 1 <= here.cores() <= (os.cpu_count() or 1)
