"""The log's commands, as a person types them, on a home that a scripted engine has worked."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app import circumstances, log
from app.desk import Desk
from app.log_rows import sqlite
from app.replay import replay
from engine.cards import Problem
from tests.app.conftest import Letter
from tests.app.ear import Ear
from tests.app.fake_engine import FakeEngine

Baton = Callable[..., subprocess.CompletedProcess[str]]

VERDICT = """
    hand("router", fields=[])
    hand("drafter", route={"label": "refund_request", "score": 0.9, "threshold": 0.5})
    hand("verifier", draft={"sentences": [{"text": "You get it back.", "citations": [], "author": "a-model"}]})
    hand("desk", verdict={"outcome": "pass"}, ending="finished")
    say("Finished", card=card)
"""


@pytest.fixture
def task(engine: FakeEngine, desk: Desk, ear: Ear, letter: Letter) -> str:
    """A finished and approved task; the desk is closed."""
    engine.acts(VERDICT)
    (task,) = desk.submit([letter("../odd: name?.txt".replace("../", ""), "I want my money back for the blue tent.")])
    ear.last_word(task)
    desk.approve(task)
    desk.close()
    return task


def test_the_list_can_be_filtered(task: str, baton: Baton) -> None:
    assert task in baton("log", "list", "--state", "finished", "--intent", "refund_request", "--text", "ODD").stdout
    assert baton("log", "list", "--state", "queued").stdout == ""
    assert baton("log", "list", "--text", "%").stdout == ""


def test_show_says_what_another_threshold_had_done(task: str, baton: Baton) -> None:
    told = json.loads(baton("log", "show", task, "--json").stdout)
    assert "No threshold decided: a rule sent it to a person." in told["handoffs"][2]["what_if"]
    assert "Support 0.70: the same." in baton("log", "show", task).stdout


def test_spans_have_the_pinned_names_and_no_text(task: str, baton: Baton, tmp_path: Path) -> None:
    done = baton("log", "export", task, "--format", "otel", "--out", tmp_path / "spans.json")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "spans.json").read_text()
    (scope,) = json.loads(text)["resourceSpans"][0]["scopeSpans"]
    root, *legs = scope["spans"]
    assert root["name"] == "invoke_workflow front-desk"
    assert [span["name"] for span in legs][:2] == ["invoke_agent reader", "plan router"]
    assert {span["parentSpanId"] for span in legs} == {root["spanId"]}
    assert {span["traceId"] for span in scope["spans"]} == {root["traceId"]}
    assert all(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) for span in scope["spans"])
    assert [event["name"] for event in legs[-1]["events"]] == ["gen_ai.evaluation.result"]
    assert [event["name"] for event in root["events"]] == ["baton.desk", "baton.person"]
    assert "get it back" not in text
    assert "blue tent" not in text


def test_a_case_file_stands_by_itself(task: str, baton: Baton, tmp_path: Path) -> None:
    words = ("log", "export", task, "--format", "case", "--out", tmp_path / "case.zip")
    assert baton(*words).returncode == 0
    first = (tmp_path / "case.zip").read_bytes()
    assert baton(*words).returncode == 0
    assert (tmp_path / "case.zip").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "case.zip") as case:
        assert "documents/01-odd_ name_.txt" in case.namelist()
        assert case.read("documents/01-odd_ name_.txt") == b"I want my money back for the blue tent."
        assert b"You get it back." in case.read("draft.txt")
        told = json.loads(case.read("case.json"))
        assert told["decision"]["verb"] == "approved"
        assert told["log"]["whole"]
        assert len(case.read("handoffs.jsonl").splitlines()) == len(told["handoffs"]) == 6
        assert "approved by" in case.read("READ-ME.txt").decode()


def test_rows_of_a_damaged_log_are_still_handed_out(task: str, baton: Baton, home: Path) -> None:
    db = sqlite().connect(str(home / "log.db"), isolation_level=None)
    db.execute("drop trigger chain_only_erased")
    db.execute("update chain set body = replace(body, 'money', 'honey') where task = 1 and seq = 0")
    db.execute("update chain set body = '[' where task = 1 and seq = 2")
    db.close()
    assert baton("log", "verify").returncode == 1
    rows = [json.loads(text) for text in baton("log", "export", "--rows").stdout.splitlines()]
    assert [(row["task"], row["n"], row["proven"]) for row in rows] == [
        (task, n, True) for n in (0, 1, 3, 4, 5)
    ]  # fmt: skip


def test_rows_are_of_the_whole_log_and_say_so_instead_of_leaving_a_wish_out(task: str, baton: Baton) -> None:
    for words, said in {
        (task, "--rows"): "takes no TASK",
        ("--rows", "--format", "otel"): "takes no --format",
        ("--rows", "--format", "json"): "takes no --format",
        (task, "--rows", "--format", "case"): "takes no TASK",
    }.items():
        done = baton("log", "export", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
    assert baton("log", "export", "--all", "--rows").returncode == 0
    assert json.loads(baton("log", "export", task, "--format", "json").stdout)["task"] == task


def test_erase_asks_first(task: str, baton: Baton) -> None:
    assert baton("log", "erase", task, typed="n\n").returncode != 0
    assert task in baton("log", "list").stdout
    done = baton("log", "erase", task, typed="y\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert baton("log", "list").stdout == ""
    assert baton("log", "verify").returncode == 0
    assert baton("log", "erase", task, "--yes").returncode == 3


def test_a_replay_that_comes_out_the_same_says_so(task: str, home: Path, engine: FakeEngine) -> None:
    db = log.read(home / "log.db")
    events, noted = log.history(db, task), log.worked_with(db, task)
    db.close()
    assert noted is not None
    found = replay(home, events, noted)
    assert (found.changes, found.circumstances) == ((), ())
    engine.acts(VERDICT.replace("You get it back.", "You do not get it back.").replace("0.9,", "0.8,"))
    changed = replay(home, events, noted)
    assert [part for part, _, _ in changed.changes] == ["intent", "draft"]


def test_a_replay_says_when_models_or_playbook_are_others(home: Path) -> None:
    now = circumstances.now(home)
    assert circumstances.differences(now, now, "front-desk") == []
    assert circumstances.differences(None, now, "front-desk")
    other = now | {
        "models": now["models"] | {"drafter": ["big", "f" * 64]},
        "playbooks": {"front-desk": "0"},
        "seed": 2,
    }
    assert circumstances.differences(other, now, "front-desk") == [
        f"The drafter was big, and is {now['models']['drafter'][0]}.",
        "The playbook front-desk has changed.",
        "The seed was 2, and is 1.",
    ]


def test_a_task_without_its_file_is_not_replayed(task: str, home: Path, desk: Desk) -> None:
    db = log.read(home / "log.db")
    events = log.history(db, task)
    db.close()
    for file in (home / "originals").rglob("*"):
        if file.is_file():
            file.unlink()
    with pytest.raises(Problem) as caught:
        replay(home, events, None)
    assert caught.value.code == "missing"
