"""Where there is no draft, it says what helps most."""

from __future__ import annotations

import dataclasses

import pytest

from tests.ui.fake_desk import FakeDesk
from ui.words import waiting


@pytest.mark.parametrize(
    ("state", "code", "label", "said"),
    [
        ("review", "abstained", "", "Press W and a digit"),
        ("review", "novel", "complaint", "Press W and a digit"),
        ("review", "rivals", "complaint", "Press W and a digit"),
        ("review", "disputed", "", "Press W and a digit"),
        ("review", "disputed", "complaint", "No draft: a person must decide."),
        ("review", "stopped", "", "“Run again” goes on with it"),
        ("review", "too_slow", "complaint", "“Run again” goes on with it"),
        ("review", "no_evidence", "complaint", "No draft: a person must decide."),
        ("failed", "no_agent", "", "“Run again” goes on from there"),
    ],
)
def test_who_finds_no_draft_is_told_how_to_get_one(
    desk: FakeDesk, state: str, code: str, label: str, said: str
) -> None:
    desk.add("letter.pdf")
    assert said in waiting(dataclasses.replace(desk.tasks()[0], state=state, code=code, label=label))
