"""`baton read`: what each file became, in order, without models, tasks or traces."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import intake
from app.reading import rows
from tests import made

Baton = Callable[..., subprocess.CompletedProcess[str]]
FIELDS = set("source parent sha256 kind status code reason pages words ocr confidence seconds".split())


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.txt").write_text("Four words stand here.")
    (folder / "b.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    inner = made.zipped({"e.txt": b"at the bottom"})
    (folder / "c.zip").write_bytes(made.zipped({"d.md": b"# A title\n", "f.zip": inner, "g.bin": bytes(range(256))}))
    (folder / "h.pdf").write_bytes(made.pdf(3))
    return folder


def told(inbox: Path, with_text: bool = False) -> list[dict[str, Any]]:
    return list(rows(intake.files([inbox]), with_text))


def names(found: list[dict[str, Any]]) -> list[str]:
    return [Path(row["source"]).name for row in found]


def test_each_file_and_each_file_in_it_is_a_row_in_order(inbox: Path) -> None:
    found = told(inbox)
    assert names(found) == ["a.txt", "b.pdf", "c.zip", "d.md", "f.zip", "e.txt", "g.bin", "h.pdf"]
    assert all(row.keys() == FIELDS for row in found)
    a, b, c, d, f, e, g, h = found
    assert (a["kind"], a["status"], a["code"], a["reason"], a["pages"], a["words"]) == ("txt", "read", "", "", 1, 4)
    assert (b["kind"], b["status"], b["code"], b["words"]) == ("pdf", "quarantined", "damaged", 0)
    assert b["reason"].endswith(".")
    assert (g["status"], g["code"], g["parent"]) == ("quarantined", "unsupported", str(inbox / "c.zip"))
    assert (c["parent"], d["parent"], e["parent"]) == ("", str(inbox / "c.zip"), "f.zip")
    assert (h["pages"], h["words"], h["ocr"], h["confidence"]) == (3, 12, False, 0.0)
    assert f["kind"] == "zip"


def test_the_text_is_told_if_it_is_wanted(inbox: Path) -> None:
    found = dict(zip(names(told(inbox)), told(inbox, with_text=True), strict=True))
    assert found["a.txt"]["text"] == "Four words stand here."
    assert found["e.txt"]["text"] == "at the bottom"
    assert found["h.pdf"]["text"] == "Page 1 says hello\nPage 2 says hello\nPage 3 says hello"
    assert {name for name, row in found.items() if "text" not in row} == {"b.pdf", "g.bin"}


def test_what_can_not_be_opened_is_a_row_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    paths = [tmp_path / "pipe", tmp_path / "link", tmp_path / "real"]
    assert [(row["code"], row["sha256"] == "") for row in rows(paths, with_text=True)] == [
        ("not_a_file", True),
        ("unreadable", True),
        ("", False),
    ]


def test_it_leaves_nothing_behind(inbox: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    before = sorted(tmp_path.rglob("*"))
    told(inbox)
    assert sorted(tmp_path.rglob("*")) == before
    assert not home.exists()


def test_it_may_be_ended_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    for n in range(8):
        (tmp_path / f"{n}.pdf").write_bytes(made.pdf(1 if n == 0 else 1500))
    work = rows(sorted(tmp_path.glob("*.pdf")), with_text=False)
    assert next(work)["pages"] == 1
    began = time.monotonic()
    work.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 1.5
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_order_is_that_of_the_files_whatever_takes_longer(tmp_path: Path) -> None:
    for n in range(30):
        (tmp_path / f"{n:02}.pdf").write_bytes(made.pdf(300 if n % 7 == 0 else 1, words=f"{n} of {{}}"))
    assert names(told(tmp_path)) == [f"{n:02}.pdf" for n in range(30)]


# -- the command ----------------------------------------------------------------------------------


def test_the_command_tells_a_row_a_document(inbox: Path, baton: Baton, home: Path) -> None:
    done = baton("read", "--json", "--text", inbox)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert names(found) == ["a.txt", "b.pdf", "c.zip", "d.md", "f.zip", "e.txt", "g.bin", "h.pdf"]
    assert not home.exists()


def test_people_can_read_it_too(inbox: Path, baton: Baton) -> None:
    done = baton("read", inbox)
    assert "a.txt: 1 pages, 4 words" in done.stdout
    assert "b.pdf: This file is damaged or incomplete." in done.stdout


def test_a_path_that_is_not_there_is_said(inbox: Path, baton: Baton) -> None:
    done = baton("read", "--json", inbox / "a.txt", inbox / "nowhere.txt")
    assert done.returncode == 3
    assert "There is no file or folder" in done.stderr
