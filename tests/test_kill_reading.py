"""A small sample of tests/kill_reading.py: killed at any moment, the store ends as if nothing had happened."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests import kill_reading


@pytest.mark.skipif(sys.platform != "linux", reason="it finds the processes in /proc")
def test_whenever_the_reading_is_killed_the_store_ends_the_same(tmp_path: Path) -> None:
    said: list[str] = []
    folder = kill_reading.make(tmp_path / "folder", 3)
    good = kill_reading.campaign(folder, tmp_path / "homes", 4, 4, random.Random(2026), said.append)
    assert good, "\n".join(said)
    assert said[-1] == "4 kills delivered."
