"""Models that hang, write without end, crash or can't load: each ends in the next rung, within its ceiling.

    python -m tests.fallbacks [--leg-seconds 5]

A desk with stub models (`tests/stubs`) works one letter a case, through the real engine program, as the real one
would. Printed: who took over from whom, after how many seconds (the ceiling beside it), with which code and reason.
Then the breaker: how long each of five letters in a row waits for a model that hangs, and that it is tried again.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.desk import Desk
from engine.cards import Handoff
from engine.events import LAST_WORDS, Event, Handed
from engine.orders import Predict
from tests.engine.scripted import LETTER, PLAYBOOK, write_small_desk

NOTICED = 0.5
"""Seconds to end an engine, and to store that."""
STUBS = Path(__file__).parent / "stubs"
ROW = (
    '[[models]]\nid = "{id}"\nrole = "{role}"\nruntime = "stub"\nfile = "{file}"\nsha256 = "{sha}"\nlicence = "none"\n'
)
SURE, NEW = "intent = 0.99", "intent = 0.0\nnovelty = 0.99"
UNCLEAR = "Sculpture gardens open whenever moonlight permits, jacket."


@dataclass(frozen=True)
class Case:
    """What the models do with a letter, and what must become of it: the leg that can't, who takes over, and why."""

    drafter: str
    larger: str
    leg: str
    receiver: str
    code: str
    letter: str = LETTER
    ending: str = "finished"
    thresholds: str = "intent = 0.0"

    @property
    def name(self) -> str:
        return f"{'larger' if self.leg in ('senior', 'referee') else 'small'} model: {self._does}"

    @property
    def _does(self) -> str:
        return self.larger if self.leg in ("senior", "referee") else self.drafter


CASES = (
    Case("fail to load", "", "drafter", "quoter", "model_failed"),
    Case("run out of memory while loading", "", "drafter", "quoter", "out_of_memory"),
    Case("run out of memory while writing", "", "drafter", "quoter", "out_of_memory"),
    Case("hang while loading", "", "drafter", "quoter", "model_hung"),
    Case("hang while writing", "", "drafter", "quoter", "model_hung"),
    Case("write slowly without end", "", "drafter", "quoter", "too_slow"),
    Case("write fast without end", "", "drafter", "quoter", "endless"),
    Case("crash while writing", "", "drafter", "quoter", "model_crashed"),
    Case("write nonsense", "", "verifier", "quoter", "unsupported"),
    Case("write nonsense", "serve", "verifier", "senior", "disputed"),
    Case("write nonsense", "write nonsense", "verifier", "quoter", "unsupported"),
    Case("write nonsense", "hang while writing", "senior", "quoter", "model_hung"),
    Case("write nonsense", "fail to load", "senior", "quoter", "model_failed"),
    Case("serve", "name the intent", "referee", "clerk", "referee", UNCLEAR, "finished", SURE),
    Case("serve", "name none", "referee", "person", "disputed", UNCLEAR, "review", SURE),
    Case("serve", "hang while writing", "referee", "person", "model_hung", UNCLEAR, "review", SURE),
    Case("serve", "fail to load", "referee", "person", "model_failed", UNCLEAR, "review", SURE),
    Case("serve", "", "router", "person", "abstained", UNCLEAR, "review", SURE),
    Case("serve", "name the intent", "router", "referee", "novel", LETTER, "finished", NEW),
    Case("serve", "", "router", "person", "novel", LETTER, "review", NEW),
)


def furnish(home: Path, case: Case, leg_seconds: float) -> None:
    """A home with stub models, and a playbook with that ceiling."""
    budget = f"[budget]\nleg_seconds = {leg_seconds}\n[thresholds]\n{case.thresholds}\n"
    write_small_desk(home, f"{PLAYBOOK}\n{budget}")
    roles = {"encoder": "serve", "drafter": case.drafter} | ({"fallback": case.larger} if case.larger else {})
    (home / "models.toml").write_text("".join(stub(home, role, does) for role, does in roles.items()), "utf-8")


def learned(home: Path) -> Path:
    """A home whose intents were learned; what they were learned into is all the same for every case."""
    furnish(home, CASES[0], 60.0)
    desk = Desk(home)
    try:
        list(desk.ask(Predict("small", ("When is my refund paid?",))))
    finally:
        desk.close()
    return home / "intents"


def stub(home: Path, role: str, does: str) -> str:
    """A stub model's row of the catalogue, with its files."""
    file = home / f"{role}.stub"
    file.write_text(role, "utf-8")
    file.with_suffix(".does").write_text(does, "utf-8")
    sha = hashlib.sha256(role.encode()).hexdigest()
    return ROW.format(id=f"stub-{role}", role=role, file=file, sha=sha)


def worked(desk: Desk, file: Path, text: str) -> str:
    """The task of a letter, worked to its last word."""
    ended: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, LAST_WORDS):
            ended.append(event.card)

    deaf = desk.listen(hear)
    file.write_text(text, "utf-8")
    (task,) = desk.submit([file], "small")
    until = time.monotonic() + 120
    while task not in ended:
        if time.monotonic() > until:
            raise TimeoutError(f"{file.name} waits for ever: {desk.handoff(task).why}")
        time.sleep(0.005)
    deaf()
    return task


def outcome(home: Path, intents: Path, case: Case, leg_seconds: float) -> tuple[Handed | None, float, Handoff]:
    """The handoff that a case is about, the seconds until it was made, and how the task ended."""
    furnish(home, case, leg_seconds)
    shutil.copytree(intents, home / "intents")
    heard: list[tuple[float, Handed]] = []
    desk = Desk(home)
    try:
        desk.listen(lambda event: heard.append((time.monotonic(), event)) if isinstance(event, Handed) else None)
        task = worked(desk, home / "letter.txt", case.letter)
        state = desk.handoff(task)
    finally:
        desk.close()
    for (before, _), (after, event) in itertools.pairwise(heard):
        if (event.why.sender, event.why.receiver) == (case.leg, case.receiver):
            return event, after - before, state
    return None, 0.0, state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leg-seconds", type=float, default=5.0)
    ceiling = parser.parse_args().leg_seconds
    on_path()
    kept = tempfile.TemporaryDirectory()
    intents, wrong = learned(Path(kept.name)), 0
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            event, seconds, state = outcome(Path(folder), intents, case, ceiling)
        good = event is not None and event.why.code == case.code and state.ending == case.ending
        good = good and seconds <= ceiling + NOTICED
        wrong += not good
        print(f"{'ok ' if good else 'BAD'} {case.name}: {case.leg} -> {case.receiver} in {seconds:.2f} s")
        print(f"      {event.why.code}: {event.why.reason}" if event else f"      never happened: {state.why}")
    print(f"{len(CASES) - wrong} of {len(CASES)} cases end in the right rung; ceiling {ceiling:g} s")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(intents, Path(folder) / "intents")
        breaker(Path(folder), ceiling)
    kept.cleanup()
    sys.exit(1 if wrong else 0)


def breaker(home: Path, ceiling: float) -> None:
    """Five letters for a model that hangs; then it has rested, and is well again."""
    furnish(home, Case("hang while writing", "", "drafter", "quoter", "model_hung"), ceiling)
    desk = Desk(home)
    for number in range(1, 6):
        began = time.monotonic()
        why = leaving(desk, worked(desk, home / f"{number}.txt", f"{LETTER} Number {number}."))
        print(f"letter {number}: {time.monotonic() - began:.2f} s in all. {why.why.code}: {why.why.reason}")
    rested(home)
    (home / "drafter.does").write_text("serve", "utf-8")
    why = leaving(desk, worked(desk, home / "6.txt", f"{LETTER} Number 6."))
    print(f"rested, and well: drafter -> {why.why.receiver}; health.json: {(home / 'health.json').read_text()}")
    desk.close()


def leaving(desk: Desk, task: str) -> Handed:
    """The handoff with which the drafter let go."""
    return next(event for event in desk.history(task) if event.why.sender == "drafter")


def rested(home: Path) -> None:
    """As if the rest of every model were over."""
    file = home / "health.json"
    rows = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({name: row | {"until": 0.0} for name, row in rows.items()}), "utf-8")


def on_path() -> None:
    """Engines that are started from now on know the stub runtime."""
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(STUBS), os.environ.get("PYTHONPATH", "")]))
    os.environ["HF_HUB_OFFLINE"] = "1"


if __name__ == "__main__":
    main()
