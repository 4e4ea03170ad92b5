"""A small sample of tests/kill.py: whatever is killed, the inbox ends as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

import pytest

from tests import kill
from tests.app.conftest import INBOX, Worked

SAMPLE = ("02-refund-cancelled-filter.eml", "16-school-project.eml", "18-scan-damaged.pdf")


@pytest.mark.skipif(sys.platform != "linux", reason="it finds the processes in /proc")
def test_whatever_is_killed_the_result_is_the_same(worked: Worked, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in SAMPLE:
        shutil.copy(INBOX / name, inbox)
    shutil.copy(INBOX / SAMPLE[0], inbox / "90-copy.eml")
    said: list[str] = []
    kills = {"engine": 2, "app": 1}
    good = kill.campaign(inbox, tmp_path / "homes", kills, random.Random(2026), 3, said.append, worked.home)
    assert good, "\n".join(said)
    assert "engine: 2 kills delivered." in said
    assert "app: 1 kills delivered." in said
