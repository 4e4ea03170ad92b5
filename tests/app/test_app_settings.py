"""The settings: what a person may set, what stands in for the rest, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import settings
from app.desk import Desk
from app.settings import Settings
from engine.cards import Problem
from tests.app.conftest import Letter
from tests.app.ear import Ear
from tests.app.fake_engine import FakeEngine


def written(home: Path, content: str | bytes) -> Path:
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    return home


def test_without_a_file_each_setting_has_a_good_default(home: Path) -> None:
    assert settings.read(home).playbook == "front-desk"
    assert settings.read(home).reviewer
    assert not home.exists()


def test_what_is_set_counts_and_the_rest_keeps_its_default(home: Path) -> None:
    assert settings.read(written(home, 'reviewer = "Zoë"')) == Settings("front-desk", "Zoë")
    assert settings.read(written(home, 'playbook = "mine"\nreviewer = "Bo"')) == Settings("mine", "Bo")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("playbook = front-desk", "TOML"),
        (b'playbook = "\xff"', "TOML"),
        ('colour = "red"', "colour"),
        ("playbook = 3", "Expected str"),
        ('[reviewer]\nrole = "clerk"', "it may have name and roles"),
        ('[reviewer]\nroles = "clerk"', "Expected a list"),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence_that_names_it(home: Path, content: str | bytes, named: str) -> None:
    with pytest.raises(Problem, match=named) as caught:
        settings.read(written(home, content))
    assert caught.value.code == "bad_settings"
    assert caught.value.sentence.startswith("settings.toml")


def test_a_reviewer_may_have_roles(home: Path) -> None:
    told = settings.read(written(home, '[reviewer]\nname = "Ada"\nroles = ["Senior clerk", "auditor"]'))
    assert (told.reviewer, told.roles) == ("Ada", ("Senior clerk", "auditor"))
    assert told.refusal("senior clerk ") == told.refusal("") == ""
    assert told.refusal("shop manager") == "This task is for: shop manager. Ada reviews as: Senior clerk, auditor."
    assert settings.read(written(home, 'reviewer = "Ada"')).refusal("shop manager") == ""
    assert settings.read(written(home, '[reviewer]\nroles = ["auditor"]')).reviewer


def test_broken_settings_leave_the_desk_closed_and_free(home: Path) -> None:
    with pytest.raises(Problem):
        Desk(written(home, "playbook = 3"))
    (home / "settings.toml").unlink()
    Desk(home).close()


def test_the_reviewer_of_the_settings_stands_beside_each_decision(
    home: Path, letter: Letter, engine: FakeEngine
) -> None:
    desk = Desk(written(home, 'reviewer = "Ada"'))
    ear = Ear(desk)
    (task,) = desk.submit([letter()])
    ear.last_word(task)
    desk.approve(task, text="It comes tomorrow.")
    decision = desk.handoff(task).decision
    desk.close()
    assert decision is not None
    assert decision.by == "Ada"


def test_the_playbook_of_the_settings_is_taken_where_none_is_named(home: Path, letter: Letter) -> None:
    desk = Desk(written(home, 'playbook = "back-desk"'))
    with pytest.raises(Problem, match="back-desk") as caught:
        desk.submit([letter()])
    desk.close()
    assert caught.value.code == "no_playbook"
