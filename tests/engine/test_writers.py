"""Models that write come into a home whole, serve when they are chosen, and are checked before they are loaded."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from engine import trial, writers
from engine.cards import Problem
from engine.fleet import Fleet, catalogue, locate, verify
from engine.models import Model, llama
from tests.engine.ggufs import ABOUT, made, written


def drained(steps: Any) -> Model:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            row: Model = done.value
            return row


def imported(home: Path, file: Path, name: str = "", **how: Any) -> Model:
    return drained(writers.importing(home, file, name, **how))


def serving(home: Path) -> dict[str, str]:
    return {row.role: row.id for row in reversed(catalogue(home))}


def test_a_model_is_copied_whole_and_serves_once_it_is_chosen(home: Path, tmp_path: Path) -> None:
    file = written(tmp_path, "My Model.Q4_0.gguf")
    row = imported(home, file)
    assert (row.id, row.role, row.runtime, row.licence, row.context) == (
        "my-model.q4_0", "drafter", "llama", "mit", 4096,
    )  # fmt: skip
    assert row.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert row.template == "chatml"
    assert verify(row).read_bytes() == file.read_bytes()
    assert serving(home)["drafter"] != row.id
    writers.choose(home, "drafter", row.id)
    writers.choose(home, "fallback", row.id)
    assert (serving(home)["drafter"], serving(home)["fallback"]) == (row.id, row.id)
    writers.choose(home, "drafter", "")
    writers.choose(home, "fallback", "")
    assert "fallback" not in serving(home)
    assert serving(home)["drafter"] != row.id
    assert [kept.id for kept in writers.kept(home)] == [row.id]


def test_an_imported_model_writes_and_is_measured(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "TOKENS", 3)
    monkeypatch.setattr(trial, "REQUEST", "Snow is white.")
    shipped = next(row for row in catalogue(home) if row.role == "drafter")
    row = imported(home, locate(shipped), "another", context=1024)
    writers.choose(home, "drafter", row.id)
    fleet = Fleet(catalogue(home), home)
    assert (fleet.row("drafter").id, fleet.row("drafter").context) == ("another", 1024)
    found = trial.tried(home, "another")
    assert (found["model"], found["sha256"]) == ("another", shipped.sha256)
    assert found["read_per_second"] > 0
    assert found["written_per_second"] > 0


def test_what_does_not_write_is_not_tried(home: Path) -> None:
    for name in ("nobody", "all-minilm-l6-v2"):
        with pytest.raises(Problem, match="that writes"):
            trial.tried(home, name)


def test_what_is_stopped_half_way_leaves_nothing(home: Path, tmp_path: Path) -> None:
    steps = writers.importing(home, written(tmp_path), "mine")
    assert next(steps)[0] > 0
    steps.close()
    assert list((home / "models").iterdir()) == []


def test_a_disk_that_becomes_full_leaves_nothing_and_is_told(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writers, "write_aside", full)
    with pytest.raises(Problem, match="became full"):
        imported(home, written(tmp_path))
    assert list((home / "models").iterdir()) == []


def test_a_disk_without_room_is_told_before_anything_is_copied(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "SPARE_DISK", 1 << 60)
    with pytest.raises(Problem) as caught:
        imported(home, written(tmp_path))
    assert caught.value.code == "disk_full"
    assert not (home / "models").exists()


@pytest.mark.parametrize(
    ("about", "how", "code", "said"),
    [
        ({}, {"name": "../x"}, "bad_name", "lower-case"),
        ({}, {"role": "router"}, "no_role", "drafter or fallback"),
        ({}, {"context": 9000}, "bad_context", "512 to 4096"),
        ({}, {"template": "jinja"}, "bad_template", "chatml"),
        ({}, {"sha256": "0" * 64}, "wrong_checksum", "not the one you gave"),
        ({"split.count": 3}, {}, "bad_model", "one of 3 parts"),
        ({"general.architecture": "bert"}, {}, "bad_model", "no model that writes"),
        ({"tokenizer.ggml.model": ""}, {}, "bad_model", "no vocabulary"),
    ],
)
def test_what_can_not_serve_is_refused_with_a_reason(
    home: Path, tmp_path: Path, about: dict[str, Any], how: dict[str, Any], code: str, said: str
) -> None:
    with pytest.raises(Problem, match=said) as caught:
        imported(home, written(tmp_path, data=made(ABOUT | about)), **how)
    assert caught.value.code == code
    assert not any((home / "models").glob("*/*"))


def test_a_folder_and_a_file_that_is_not_there_are_no_models(home: Path, tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "none.gguf"):
        with pytest.raises(Problem) as caught:
            imported(home, file)
        assert caught.value.code == "bad_model"


def test_a_model_in_use_is_not_removed_and_another_is(home: Path, tmp_path: Path) -> None:
    row = imported(home, written(tmp_path), "mine")
    with pytest.raises(Problem, match="already"):
        imported(home, written(tmp_path), "mine")
    writers.choose(home, "fallback", "mine")
    with pytest.raises(Problem, match="in use as fallback"):
        writers.remove(home, "mine")
    writers.choose(home, "fallback", "")
    writers.remove(home, "mine")
    assert not Path(row.file).exists()
    for act in (lambda: writers.remove(home, "mine"), lambda: writers.choose(home, "drafter", "mine")):
        with pytest.raises(Problem, match="no model 'mine'"):
            act()


def test_a_copy_that_has_changed_is_not_loaded(home: Path, tmp_path: Path) -> None:
    row = imported(home, written(tmp_path), "mine")
    Path(row.file).write_bytes(b"other")
    with pytest.raises(Problem) as caught:
        verify(row)
    assert caught.value.code == "model_changed"


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"sha256": "x"}', b'{"template": "none"}'])
def test_a_damaged_note_is_told_and_breaks_nothing(home: Path, tmp_path: Path, damage: bytes) -> None:
    imported(home, written(tmp_path), "mine")
    writers.choose(home, "drafter", "mine")
    (home / "models" / "mine" / "model.json").write_bytes(damage)
    assert "damaged" in next(writers.kept(home)).note
    with pytest.raises(Problem, match="not the one"):
        verify(catalogue(home)[0])


def test_a_damaged_choice_is_none(home: Path) -> None:
    (home / "models").mkdir(parents=True)
    for said in (b"", b"[]", json.dumps({"drafter": "../../etc"}).encode(), json.dumps({"drafter": 3}).encode()):
        (home / "models" / "chosen.json").write_bytes(said)
        assert writers.chosen(home) == {}


def test_a_copy_that_a_crash_left_is_cleared_away_one_that_runs_is_not(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "models" / ".new-old").mkdir(parents=True)
    imported(home, written(tmp_path), "first")
    assert (home / "models" / ".new-old").exists()
    monkeypatch.setattr(writers, "_FORGOTTEN", -1.0)
    imported(home, written(tmp_path), "second")
    assert not (home / "models" / ".new-old").exists()


def test_a_chat_form_that_is_not_known_is_asked_plainly_and_said_so(home: Path, tmp_path: Path) -> None:
    file = written(tmp_path, data=made(ABOUT | {"tokenizer.chat_template": "[INST]"}))
    row = imported(home, file, "one")
    assert row.template == "plain"
    assert "mistral, which Baton does not know" in row.note
    assert "Baton does not know" not in imported(home, file, "two", template="chatml").note


def test_every_template_opens_and_closes_each_turn() -> None:
    for marks in llama.TEMPLATES.values():
        assert marks.keys() == {"system", "user", "assistant", "end"}
        assert marks["end"]


@pytest.mark.parametrize("file", ["x" * 5000, "a\0b", "~nobody-of-that-name/x.gguf", "package:"])
def test_a_file_name_that_can_not_be_is_a_missing_file(file: str) -> None:
    with pytest.raises(Problem) as caught:
        locate(Model("m", "drafter", "llama", file, ""))
    assert caught.value.code == "model_missing"
