"""Whatever a model does wrong, the task goes to the next rung, and the handoff says why.

The real engine works here, with stub models. `python -m tests.fallbacks` works all cases, and measures the ceilings.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from app.desk import Desk
from tests import fallbacks
from tests.fallbacks import CASES, Case

LEG_SECONDS = 5.0
NEED_AN_ENGINE = [case for case in CASES if case.code in ("model_hung", "model_crashed", "too_slow", "referee")]
"""What can't be seen without one; the rungs within an engine are tested beside their agents."""


@pytest.fixture(scope="session")
def intents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PYTHONPATH", str(fallbacks.STUBS))
        return fallbacks.learned(tmp_path_factory.mktemp("learned"))


@pytest.fixture(autouse=True)
def _stubs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(fallbacks.STUBS), os.environ.get("PYTHONPATH", "")]))


@pytest.mark.parametrize("case", NEED_AN_ENGINE, ids=lambda case: f"{case.name}, {case.leg} to {case.receiver}")
def test_a_model_that_does_wrong_ends_in_the_next_rung(case: Case, home: Path, intents: Path) -> None:
    event, _, state = fallbacks.outcome(home, intents, case, LEG_SECONDS)
    assert event is not None, state.why
    assert (event.why.code, state.ending) == (case.code, case.ending)
    assert len(event.why.reason) > 20


def test_a_model_that_fails_three_times_in_a_row_rests_and_is_tried_again(home: Path, intents: Path) -> None:
    fallbacks.furnish(home, CASES[0], LEG_SECONDS)
    shutil.copytree(intents, home / "intents")
    desk = Desk(home)
    codes = [
        fallbacks.leaving(desk, fallbacks.worked(desk, home / f"{n}.txt", f"{fallbacks.LETTER} {n}")).why.code
        for n in range(4)
    ]
    fallbacks.rested(home)
    (home / "drafter.does").write_text("serve")
    why = fallbacks.leaving(desk, fallbacks.worked(desk, home / "5.txt", f"{fallbacks.LETTER} 5")).why
    desk.close()
    assert codes == ["model_failed"] * 3 + ["model_resting"]
    assert (why.receiver, (home / "health.json").read_text()) == ("verifier", "{}")
