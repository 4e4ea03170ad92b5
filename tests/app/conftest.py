"""A desk that has worked three samples, made once: other tests start from what it learned, or look at it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import kill

ROOT = Path(__file__).resolve().parents[2]
INBOX = ROOT / "assets" / "samples" / "inbox"
WORKED = ("01-refund-tent.eml", "08-invoice-brightwater.pdf", "22-threat-of-court.eml")


@dataclass(frozen=True)
class Worked:
    """A home in which the samples were triaged, and what `triage --json` said."""

    home: Path
    status: int
    told: dict[str, Any]
    output: str


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    home = tmp_path_factory.mktemp("worked") / "home"
    files = [str(INBOX / name) for name in WORKED]
    done = subprocess.run(
        [sys.executable, "-m", "app", "triage", "--json", *files],
        cwd=ROOT,
        env=os.environ | {"BATON_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return Worked(home, done.returncode, {Path(task["source"]).name: task for task in told}, done.stdout)


@pytest.fixture
def warm(home: Path, worked: Worked) -> Path:
    """This test's home: it has learned what the worked one has, and has no tasks."""
    return kill.warmed(home, worked.home)


@pytest.fixture
def baton(home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command as a person does."""

    def run(*words: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app", *map(str, words)],
            cwd=ROOT,
            env=os.environ | {"BATON_HOME": str(home)},
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run
