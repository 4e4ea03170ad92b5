"""Who reviews what: only someone with the role that the playbook names decides, and the log says in which role."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.desk import Desk
from app.report import outcome
from engine.cards import Problem
from tests.app.conftest import Letter, faults
from tests.app.ear import Ear
from tests.app.fake_engine import FakeEngine
from tests.app.test_app_desk import DRAFTED
from tests.app.test_app_settings import written
from tests.engine.scripted import PLAYBOOK, write_small_desk

FOR_THE_MANAGER = f"{PLAYBOOK}\n[[review]]\nrole = 'shop manager'\n"
Opened = Callable[[str], tuple[Desk, str]]
Baton = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def opened(home: Path, engine: FakeEngine, letter: Letter) -> Iterator[Opened]:
    """A desk with those settings, and a task with a supported draft that is for the shop manager."""
    desks: list[Desk] = []
    engine.acts(DRAFTED)

    def open_(settings: str) -> tuple[Desk, str]:
        write_small_desk(home, FOR_THE_MANAGER)
        desk = Desk(written(home, settings))
        desks.append(desk)
        ear = Ear(desk)
        (task,) = desk.submit([letter("good.txt")], playbook="small")
        ear.last_word(task)
        return desk, task

    yield open_
    for desk in desks:
        desk.close()


def test_who_does_not_hold_the_role_decides_nothing(opened: Opened) -> None:
    desk, task = opened('[reviewer]\nname = "Bo"\nroles = ["clerk"]')
    for wish in (desk.approve, desk.reject, lambda task: desk.allow(task, "orders")):
        with pytest.raises(Problem) as caught:
            wish(task)
        assert caught.value.code == "not_your_review"
        assert caught.value.sentence == "This task is for: shop manager. Bo reviews as: clerk."
    assert desk.handoff(task).decision is None
    desk.skip(task)  # that decides nothing
    assert desk.refusal("shop manager") == caught.value.sentence


def test_a_decision_is_taken_back_and_the_log_keeps_both(home: Path, opened: Opened) -> None:
    desk, task = opened('[reviewer]\nname = "Bo"\nroles = ["shop manager"]')
    with pytest.raises(Problem) as caught:
        desk.undo(task)
    assert caught.value.code == "not_decided"
    before = desk.tasks()[0].reason
    desk.approve(task)
    assert desk.tasks()[0].decision == "approved"
    desk.undo(task)
    row = desk.tasks()[0]
    assert (row.state, row.decision, row.code) == ("finished", "", "undone")
    assert row.reason.startswith("Bo took back what was approved as shop manager. Before that: ")
    assert row.reason.endswith(before), "why a person was asked is not forgotten"
    assert [event.why.code for event in desk.history(task)][-2:] == ["approved", "undone"]
    desk.reject(task)
    assert desk.tasks()[0].decision == "rejected"
    desk.close()
    assert faults(home) == []


def test_a_case_is_written_whole_or_its_folder_is_named(opened: Opened, tmp_path: Path) -> None:
    desk, task = opened('[reviewer]\nname = "Bo"')
    desk.export(task, tmp_path / "case.zip")
    with zipfile.ZipFile(tmp_path / "case.zip") as case:
        assert {"READ-ME.txt", "case.json", "handoffs.jsonl", "draft.txt"} <= {*case.namelist()}
    desk.approve(task, text="My own words.")
    desk.export(task, tmp_path / "edited.zip")
    with zipfile.ZipFile(tmp_path / "edited.zip") as case:
        told = case.read("READ-ME.txt").decode()
        assert "Answer, as Bo wrote and approved it\nMy own words.\n\nDraft\n" in told
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match="Choose another folder") as caught:
        desk.export(task, tmp_path / "file" / "case.zip")
    assert caught.value.code == "not_written"


def test_who_may_not_decide_takes_nothing_back(opened: Opened) -> None:
    desk, task = opened('[reviewer]\nname = "Bo"\nroles = ["clerk"]')
    with pytest.raises(Problem) as caught:
        desk.undo(task)
    assert caught.value.code == "not_your_review"


def test_the_command_line_says_the_same(opened: Opened, baton: Baton) -> None:
    desk, task = opened('[reviewer]\nname = "Bo"\nroles = ["clerk"]')
    desk.close()
    done = baton("review", "approve", task)
    assert (done.returncode, done.stdout) == (3, "")
    assert "This task is for: shop manager. Bo reviews as: clerk." in done.stderr


def test_who_approves_where_nothing_was_drafted_is_told_how_to_answer(
    desk: Desk, ear: Ear, letter: Letter, engine: FakeEngine, home: Path, baton: Baton
) -> None:
    write_small_desk(home)
    (task,) = desk.submit([letter()], playbook="small")
    ear.last_word(task)
    assert desk.handoff(task).draft is None
    desk.close()
    done = baton("review", "approve", task)
    assert done.returncode == 3
    assert f'There is no draft to approve. `baton review edit {task} --text "..."` approves' in done.stderr


@pytest.mark.parametrize("roles", ['\nroles = ["clerk", "Shop manager"]', ""])
def test_who_holds_it_or_works_alone_decides_and_the_log_says_as_whom(home: Path, opened: Opened, roles: str) -> None:
    desk, task = opened(f'[reviewer]\nname = "Ada"{roles}')
    desk.approve(task)
    decision = desk.handoff(task).decision
    assert decision is not None
    assert (decision.verb, decision.by, decision.role) == ("approved", "Ada", "shop manager")
    assert desk.history(task)[-1].why.reason == "Approved by Ada as shop manager."
    assert outcome(desk.history(task))["decision"]["role"] == "shop manager"
    assert faults(home) == []


PLANNED = """
    if leg == "reader":
        document = {"sha256": baton["card"]["sha256"], "name": name, "kind": "txt", "pages": 1, "words": 3}
        field = {"name": "order_number", "value": "LF-20417", "quote": "LF-20417", "place": {
            "document": document["sha256"], "name": name, "page": 1, "start": 0, "end": 0}}
        call = {"tool": "refund", "values": [["order", "LF-20417", "document"]], "outcome": "proposed", "line": 4}
        step = {"label": "refund", "score": 0.9, "text": "Refund?", "outcome": "answered", "reason": "Done.",
                "calls": [call], "fields": [field]}
        hand("planner", documents=[document], fields=[field], plan=[step, step], calls=[call])
    finish()
"""
REFUNDS = """
[tools.refund]
tool = "send_to_address"
given = { address = "http://127.0.0.1:9/refunds" }
fields = { order = "order_number" }
"""


@pytest.mark.parametrize(("verb", "leg"), [("correct", "extractor"), ("allow", "planner")])
def test_a_message_with_several_requests_is_worked_anew(
    home: Path, desk: Desk, ear: Ear, engine: FakeEngine, letter: Letter, verb: str, leg: str
) -> None:
    engine.acts(PLANNED)
    write_small_desk(home, PLAYBOOK.replace("[[fields]]", f"{REFUNDS}[[fields]]", 1))
    (task,) = desk.submit([letter()], playbook="small")
    ear.last_word(task)
    assert len(desk.handoff(task).plan) == 2
    getattr(desk, verb)(task, "refund")  # the intent's name, and the tool's
    ear.last_word(task)
    wish = next(event for event in desk.history(task) if event.why.sender == "person")
    assert (wish.why.receiver, desk.handoff(task).plan) == (leg, ())


def test_what_another_threshold_had_done_is_told_for_one_handoff(opened: Opened) -> None:
    desk, task = opened('reviewer = "Ada"')
    assert desk.what_if(task, 0) == []
    assert desk.what_if(task, 99) == []
