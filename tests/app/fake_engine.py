"""A scripted engine: the desk starts it as it starts the real one, and it does what a test says."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from app import engine_process

PREAMBLE = '''
import json, os, signal, sys, time

def say(kind, **parts):
    print(json.dumps({"is": kind, **parts}), flush=True)

def hand(receiver, **changes):
    """Pass the baton on, as the leg that holds it."""
    global leg, seq
    seq += 1
    why = {"sender": leg, "receiver": receiver, "reason": f"From {leg} to {receiver}."}
    say("Handed", card=card, seq=seq, why=why, changes=changes)
    leg = receiver

def finish():
    hand("desk", ending="finished")
    say("Finished", card=card)

def die(number):
    os.kill(os.getpid(), number)
    time.sleep(60)

def started():
    """How many engines there have been, this one included."""
    with open(HERE + "/starts", "a+") as file:
        file.write("x")
        file.seek(0)
        return len(file.read())

HERE = os.path.dirname(os.path.abspath(__file__))
starts = started()
for line in sys.stdin:
    baton = json.loads(line)["handoff"]
    card, seq, leg = baton["card"]["id"], baton["seq"], baton["why"]["receiver"]
    name = os.path.basename(baton["card"]["source"])
'''

WORK = """
    for receiver in "extractor router clerk librarian drafter verifier".split():
        if leg != "verifier":
            hand(receiver)
    finish()
"""
SLOW = """
    if starts == 1 and name == "slow.txt":
        hand("drafter")
        time.sleep(3600)
    finish()
"""


class FakeEngine:
    """The folder that holds the program. `acts` is what it does with each baton."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._package = folder / "engine"
        self._package.mkdir(parents=True)
        (self._package / "__init__.py").touch()
        monkeypatch.setattr(engine_process, "_code", lambda: folder)

    def acts(self, script: str) -> None:
        (self._package / "__main__.py").write_text(PREAMBLE + textwrap.indent(textwrap.dedent(script), "    "))

    def starts(self) -> int:
        """How many engines were started."""
        kept = self._package / "starts"
        return len(kept.read_text()) if kept.exists() else 0
