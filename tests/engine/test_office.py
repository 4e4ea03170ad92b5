"""Old office files and LibreOffice: a stand-in for it shows what it gets, and what it can't reach."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from engine import office, reading
from engine.cards import Problem
from engine.readers import Limits, Stop, Unread
from engine.store import Store

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere LibreOffice can't be fenced and is not used")

CONVERT = 'printf "converted: " > in.docx; cat in.wpd >> in.docx'


def installed(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A LibreOffice that is a shell script; the last argument but none matters to it."""
    program = folder / "office" / "program" / "soffice.bin"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    wrapper = program.with_name("soffice")
    wrapper.symlink_to(program)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def test_what_libreoffice_writes_is_what_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, CONVERT, monkeypatch)
    assert office.convert(b"words", "wpd", Limits(), Stop()) == b"converted: words"


def test_it_is_started_again_when_it_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, f"if [ -e profile ]; then {CONVERT}; else touch profile; exit 81; fi", monkeypatch)
    assert office.convert(b"twice", "wpd", Limits(), Stop()) == b"converted: twice"


def test_it_sees_no_file_of_ours_and_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("not for it")
    attempts = (
        f"cat {secret} > out 2>&1; echo changed > {secret}; "
        f"{sys.executable} -c 1 2>/dev/null && echo python >> out; "
        "echo end >> out; cp out in.docx"
    )
    installed(tmp_path, attempts, monkeypatch)
    told = office.convert(b"", "wpd", Limits(), Stop()).decode()
    assert "not for it" not in told
    assert told.endswith("end\n")
    assert secret.read_text() == "not for it"


def test_one_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "sleep 60", monkeypatch)
    stop = Stop()
    stop.now()
    with pytest.raises(Unread) as caught:
        office.convert(b"", "wpd", Limits(), stop)
    assert caught.value.code == "stopped"


def test_one_that_makes_nothing_leaves_the_file_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "exit 1", monkeypatch)
    with pytest.raises(Unread) as caught:
        office.convert(b"", "wpd", Limits(), Stop())
    assert (caught.value.code, caught.value.kind) == ("damaged", "wpd")


def test_without_it_the_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "program", lambda: "")
    store = Store(tmp_path)
    sha256 = store.put(b"\xffWPC" + bytes(600))  # WordPerfect's mark
    with pytest.raises(Problem, match="LibreOffice") as caught:
        list(reading.read(store, sha256, "letter.wpd"))
    assert caught.value.code == "unsupported"
