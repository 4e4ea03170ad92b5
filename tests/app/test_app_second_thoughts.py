"""What a person decides, and takes back, and decides again."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.desk import Desk
from app.paths import SAMPLE_INBOX
from engine.cards import Problem


def ended(desk: Desk, task: str) -> None:
    """Wait for a task's last word."""
    end = time.monotonic() + 120
    while desk.handoff(task).ending is None:
        assert time.monotonic() < end, "no last word"
        time.sleep(0.05)


@pytest.fixture
def copies(tmp_path: Path) -> tuple[Path, Path]:
    """One mail in two places."""
    data = (SAMPLE_INBOX / "16-school-project.eml").read_bytes()
    first, second = tmp_path / "first.eml", tmp_path / "second.eml"
    first.write_bytes(data)
    second.write_bytes(data)
    return first, second


def test_a_correction_of_a_duplicate_stands(warm: Path, copies: tuple[Path, Path]) -> None:
    desk = Desk(warm)
    try:
        _, copy = desk.submit(copies)
        ended(desk, copy)
        assert desk.handoff(copy).card.duplicate_of
        desk.correct(copy, "complaint")
        ended(desk, copy)
        state = desk.handoff(copy)
    finally:
        desk.close()
    assert state.route is not None
    assert (state.route.label, state.route.rule) == ("complaint", "a person")
    assert state.draft is not None
    assert "customer_name" in {field.name for field in state.fields}


def test_an_empty_edit_approves_nothing(warm: Path, copies: tuple[Path, Path]) -> None:
    desk = Desk(warm)
    try:
        (task,) = desk.submit(copies[:1])
        ended(desk, task)
        with pytest.raises(Problem, match="no draft"):
            desk.approve(task, text="", note="because")
        assert desk.handoff(task).decision is None
    finally:
        desk.close()


def test_a_stop_of_everything_leaves_nothing_queued_and_the_files_go_on_when_they_come_again(warm: Path) -> None:
    desk = Desk(warm)
    inbox = [SAMPLE_INBOX / name for name in ("16-school-project.eml", "22-threat-of-court.eml", "18-scan-damaged.pdf")]
    try:
        tasks = desk.submit(inbox)
        desk.stop()
        for task in tasks:
            ended(desk, task)
        end = time.monotonic() + 30
        while desk.status().queued:  # what was just read is passed on, and then passed over
            assert time.monotonic() < end, "still queued"
            time.sleep(0.02)
        assert desk.submit(inbox) == tasks
        for task in tasks:
            end = time.monotonic() + 120
            while desk.handoff(task).why.code == "stopped" or desk.handoff(task).ending is None:
                assert time.monotonic() < end, "not taken up again"
                time.sleep(0.05)
        codes = [desk.handoff(task).why.code for task in tasks]
    finally:
        desk.close()
    assert codes == ["abstained", "words", "damaged"]
