"""The commands for the intent model, as a person and as a program use them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import cli_intents
from app.knowledge import examples
from engine.cards import Problem

Baton = Callable[..., subprocess.CompletedProcess[str]]
THINGS = "rose lily fern oak".split()
ROWS: list[dict[str, Any]] = [{"text": f"The {thing} in the garden needs water.", "label": "water"} for thing in THINGS]
ROWS += [
    {"text": f"Please repair the {thing} of my bicycle.", "label": "bicycle"} for thing in "bell chain tyre".split()
]


def written(folder: Path, rows: list[dict[str, Any]], name: str = "rows.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_life_of_a_label_from_training_to_rollback(home: Path, baton: Baton, tmp_path: Path) -> None:
    file = written(tmp_path, ROWS)
    (trained,) = lines(baton("intents", "train", "--playbook", "garden", file, "--quick", "--json"))
    assert (trained["stage"], trained["version"], trained["live"], trained["labels"]) == ("head", 1, True, 2)
    assert trained["seconds"] < 60
    (again,) = lines(baton("intents", "train", "--playbook", "garden", file, "--quick", "--json"))
    assert again["version"] == 2
    versions = lines(baton("intents", "versions", "--playbook", "garden", "--json"))
    assert [(row["number"], row["live"], row["examples"]) for row in versions] == [(1, False, 7), (2, True, 7)]
    assert "Version 1" in baton("intents", "rollback", "--playbook", "garden").stdout
    (report,) = lines(baton("intents", "report", "--playbook", "garden", "--json"))
    assert (report["version"], report["live"], report["texts"]) == (1, True, 7)
    assert {row["label"] for row in report["classes"]} == {"water", "bicycle"}
    assert "rename" in baton("intents", "labels", "--help").stdout
    assert baton("intents", "labels", "--playbook", "garden", "rename", "water", "watering").returncode == 0
    listed = lines(baton("intents", "labels", "--playbook", "garden", "--json"))
    assert {row["name"]: row["renamed"] for row in listed} == {"bicycle": "", "water": "watering", "watering": ""}


def test_several_labels_a_text_are_accepted_in_three_spellings(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "a", "label": "x"},
        {"text": "b", "label": None},
        {"text": "c", "labels": ["x", "y"]},
        {"text": "d", "intents": ["y"]},
        {"text": "e", "label": ["x", "y"]},
        {"text": "f", "label": ""},
    ]
    assert examples(written(tmp_path, rows))[1] == (("x",), (), ("x", "y"), ("y",), ("x", "y"), ())


@pytest.mark.parametrize("label", [7, ["x", 7], {"x": 1}])
def test_what_is_no_label_is_said_with_its_line(tmp_path: Path, label: object) -> None:
    with pytest.raises(Problem) as caught:
        examples(written(tmp_path, [ROWS[0], {"text": "a", "label": label}]))
    assert "Line 2" in caught.value.sentence


def test_a_report_is_told_in_words() -> None:
    row = {
        "version": 2, "live": True, "why": "Trained from a file.", "examples": 9, "learned": {"file": 9}, "texts": 9,
        "on": "examples answered unseen", "accuracy": 0.875, "macro_f1": 0.9, "abstained": 1, "wrong": 0,
        "refused": None, "calibration_error": 0.01,
        "classes": [{"label": "water", "support": 8, "precision": 1.0, "recall": 0.875, "f1": 0.933}],
        "confused": [{"truth": None, "said": "water", "count": 2, "example": "rain\nfalls"}],
        "calibration": [{"from": 0.9, "count": 8, "score": 0.95, "right": 0.875}],
    }  # fmt: skip
    told = "\n".join(cli_intents._report_lines(row))
    for words in (
        "Version 2, which answers",
        "9 from file",
        "Right: 87.5%",
        "2 x out of scope taken for water: “rain falls”",
    ):
        assert words in told
