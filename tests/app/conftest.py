"""What the tests of the application start from: a desk with a scripted engine, or one that has worked the samples."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from app import log
from app.desk import Desk
from tests import kill
from tests.app.ear import Ear
from tests.app.fake_engine import WORK, FakeEngine

ROOT = Path(__file__).resolve().parents[2]
INBOX = ROOT / "assets" / "samples" / "front-desk" / "inbox"
Letter = Callable[..., Path]
WORKED = ("01-refund-tent.eml", "08-invoice-brightwater.pdf", "22-threat-of-court.eml")


@dataclass(frozen=True)
class Worked:
    """A home in which the sample inbox was triaged, and what `triage --json` said, by file name.

    Several processes share the home: it is copied (`kept`, `warm`) or read, never worked in.
    """

    home: Path
    status: int
    told: dict[str, Any]
    output: str


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    # Where several processes share the tests, the first that needs it makes it for all: it is a minute of work.
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    home, output, status = (shared / f"worked-{name}" for name in ("home", "output", "status"))
    with FileLock(shared / "worked.lock"):
        if not status.exists():
            done = subprocess.run(
                [sys.executable, "-m", "app", "triage", "--json", str(INBOX)],
                cwd=ROOT,
                env=os.environ | {"BATON_HOME": str(home)},
                capture_output=True,
                text=True,
                timeout=900,
            )
            output.write_text(done.stdout)
            status.write_text(str(done.returncode))
    told = [json.loads(line) for line in output.read_text().splitlines()]
    return Worked(home, int(status.read_text()), {Path(task["source"]).name: task for task in told}, output.read_text())


@pytest.fixture
def kept(home: Path, worked: Worked) -> Path:
    """This test's home: a copy of the worked one."""
    return kill.copied(home, worked.home)


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


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine(tmp_path / "fake", monkeypatch)
    fake.acts(WORK)
    return fake


@pytest.fixture
def desk(home: Path, engine: FakeEngine) -> Iterator[Desk]:
    opened = Desk(home)
    yield opened
    opened.close()


@pytest.fixture
def ear(desk: Desk) -> Ear:
    return Ear(desk)


@pytest.fixture
def letter(tmp_path: Path) -> Letter:
    def write(name: str = "letter.txt", text: str = "Where is my parcel?") -> Path:
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return write


def faults(home: Path) -> list[str]:
    """What is wrong with a home's log; nothing when it is whole."""
    db = log.read(home / "log.db")
    try:
        return list(log.verify(db))
    finally:
        db.close()


def legs(desk: Desk, task: str) -> list[str]:
    return [event.why.receiver for event in desk.history(task)]
