"""Questions to engines of their own: several at once, and ended from another thread."""

from __future__ import annotations

import textwrap
import threading
from pathlib import Path

import pytest

from app import engine_process
from app.asking import Asking, Stop
from engine.cards import Problem
from engine.orders import Known

ENGINE = """
import json, os, sys, time
for line in sys.stdin:
    collection = json.loads(line)["collection"]
    print(json.dumps({"is": "Answered", "row": {"process": os.getpid()}}), flush=True)
    if collection == "endless":
        time.sleep(3600)
    print(json.dumps({"is": "Closed", "code": "none" if collection == "none" else "", "sentence": "None."}), flush=True)
"""


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "__init__.py").touch()
    (tmp_path / "engine" / "__main__.py").write_text(textwrap.dedent(ENGINE))
    monkeypatch.setattr(engine_process, "_code", lambda: tmp_path)
    return Asking(tmp_path / "home")


def test_one_engine_stays_and_another_comes_while_it_answers(asking: Asking) -> None:
    (first,) = asking.ask(Known("a"))
    assert list(asking.ask(Known("b"))) == [first]
    with pytest.raises(Problem, match=r"None\."):
        list(asking.ask(Known("none")))
    slow = asking.ask(Known("endless"))
    assert next(slow) == first
    (other,) = asking.ask(Known("c"))
    assert other != first
    asking.close()
    with pytest.raises(Problem, match="Stopped"):
        next(slow)


def test_a_stop_ends_a_question_that_says_nothing(asking: Asking) -> None:
    stop = Stop()
    rows = asking.ask(Known("endless"), stop)
    next(rows)
    threading.Timer(0.05, stop.now).start()
    with pytest.raises(Problem, match="What was done so far is kept"):
        next(rows)
    with pytest.raises(Problem, match="Stopped"):
        next(asking.ask(Known("a"), stop))
    assert len(list(asking.ask(Known("a")))) == 1
    asking.close()
