"""A new kind of work in twenty lines: the playbook of the README, with the real models, from the file to the draft."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"
LETTERS = {
    "renew.txt": (
        "Hello,\n\nI have not finished the two novels that are due on Friday. Could you extend the loan by a week or "
        "two, please? My card is L-4711.\n\nThanks\nMira"
    ),
    "lost.txt": (
        "Good morning,\n\nmy library card L-2002 was in the purse that was stolen from me yesterday. Please block it. "
        "What does a new card cost?\n\nTom"
    ),
    "lawyer.txt": "Dear library,\n\nif the fine is not taken back, my lawyer will write to you.\n\nIda",
}


def test_twenty_lines_make_a_new_desk(
    home: Path, tmp_path: Path, baton: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    folder = home / "playbooks"
    folder.mkdir(parents=True)
    for name in ("library.toml", "house-rules.md"):
        shutil.copy(DATA / name, folder)
    assert len((folder / "library.toml").read_text("utf-8").splitlines()) == 20
    checked = baton("playbooks", "check", "library")
    assert checked.stdout.startswith("library.toml is sound."), checked.stdout
    for name, text in LETTERS.items():
        (tmp_path / name).write_text(text, "utf-8")
    done = baton("triage", "--json", "--playbook", "library", *(tmp_path / name for name in LETTERS))
    told = {Path(task["source"]).name: task for task in map(json.loads, done.stdout.splitlines())}
    assert {name: (task["status"], task["intent"]["label"]) for name, task in told.items()} == {
        "renew.txt": ("finished", "renewal"),
        "lost.txt": ("finished", "lost_card"),
        "lawyer.txt": ("review", None),
    }
    assert [field["value"] for field in told["lost.txt"]["fields"]] == ["L-2002"]
    quotes = [cited["quote"] for task in told.values() for cited in task["draft"]["citations"]]
    assert any("5 EUR" in quote for quote in quotes)
    assert any("extended twice" in quote for quote in quotes)
    assert "my lawyer" in told["lawyer.txt"]["reason"]


def test_the_readme_shows_these_very_lines() -> None:
    readme = (DATA.parents[1] / "README.md").read_text("utf-8")
    shown = "".join(f"    {line}\n" for line in (DATA / "library.toml").read_text("utf-8").splitlines())
    assert f"\n\n{shown}\n" in readme
