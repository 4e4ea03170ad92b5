"""The shelf, and the child that reads: found, chosen, bounded, killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import engine.readers
from engine import readers
from engine.cards import Problem
from engine.readers import Limits

ENGINE = Path(engine.readers.__file__).parents[1]
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and resource limits are POSIX")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word on a parent's death is Linux")

READER = """
from __future__ import annotations
from engine.readers import Limits
from engine.store import Page, Reading
KIND = "parrot"
def recognises(head: bytes, name: str) -> float:
    return 1.0 if head.startswith(b"PARROT") else 0.0
def read(data: bytes, name: str, limits: Limits) -> Reading:
    {body}
    return Reading(KIND, name, (Page(1, data.decode()),))
"""
ASK = """
import sys
from engine import readers
from engine.cards import Problem
try:
    reading = readers.read(b"PARROT says hello", "bird.xyz", readers.Limits(seconds={seconds}, memory_bytes=300 << 20))
    print("read", reading.kind, reading.text)
except Problem as problem:
    print(problem.code, problem.sentence)
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A copy of the engine, to put a new reader in."""
    shutil.copytree(ENGINE, tmp_path / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def ask(root: Path, body: str, seconds: float = 20) -> str:
    (root / "engine" / "readers" / "parrot.py").write_text(READER.format(body=body))
    script = ASK.format(seconds=seconds)
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], env=environment, cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize("reader", readers.shelf().values(), ids=readers.shelf())
def test_every_reader_keeps_the_contract(reader):
    assert reader.__name__.rpartition(".")[2] == reader.KIND
    assert callable(reader.read)
    for head, name in [(b"", ""), (b"\x00\xff" * 50, "x"), (b"plain words", "note"), (b"%PDF-1.7", "A.PDF")]:
        assert 0.0 <= reader.recognises(head, name) <= 1.0
    assert reader.__doc__


def test_the_whole_shelf_is_there():
    assert list(readers.shelf()) == ["csv", "docx", "eml", "html", "md", "pdf", "txt"]


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"%PDF-1.4 ...", "letter.txt", "pdf"),
        (b"<!DOCTYPE html><p>Hi", "page.txt", "html"),
        (b"From: a@b.c\r\nSubject: Hi\r\n\r\nBody", "mail", "eml"),
        (b"a,b\n1,2\n", "table.CSV", "csv"),
        (b"# Title\n", "readme.md", "md"),
        (b"Just words.", "words", "txt"),
        (b"PK\x03\x04" + bytes(26) + b"word/document.xml", "x.zip", "docx"),
    ],
)
def test_content_counts_before_the_name(data, name, kind):
    assert kind == readers.choose(data, name).KIND


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", b"{\\rtf1 hello}", bytes(range(256)) * 9])
def test_what_no_reader_knows_is_unsupported_and_the_sentence_says_what_is(data):
    with pytest.raises(Problem, match="csv, docx, eml, html, md, pdf, txt") as caught:
        readers.choose(data, "file.txt.bin")
    assert caught.value.code == "unsupported"


@pytest.mark.parametrize("data", [b"", b"  \n \n"])
def test_a_file_without_text_is_called_empty(data):
    with pytest.raises(Problem) as caught:
        readers.read(data, "note.txt")
    assert caught.value.code == "empty"


def test_a_file_above_the_limit_of_bytes_is_not_even_opened():
    with pytest.raises(Problem, match="1 MiB") as caught:
        readers.read(b"x" * 2_000_000, "note.txt", Limits(bytes=1 << 20))
    assert caught.value.code == "too_large"


def test_more_text_than_the_limit_is_too_large():
    with pytest.raises(Problem) as caught:
        readers.read(b"word " * 1000, "note.txt", Limits(characters=4000))
    assert caught.value.code == "too_large"


def test_every_code_has_a_sentence_that_ends():
    for code, sentence in readers.SENTENCES.items():
        assert sentence.endswith("."), code


def test_a_new_reader_is_one_new_file(elsewhere):
    assert ask(elsewhere, "pass") == "read parrot PARROT says hello"


def test_a_reader_that_hangs_is_killed_at_its_limit(elsewhere):
    start = time.monotonic()
    answer = ask(elsewhere, "while True: pass", seconds=0.5)
    assert answer.startswith("too_slow Reading this file took longer than 0.5 seconds")
    assert time.monotonic() - start < 5


@posix_only
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("data = bytes(10 << 30)", "out_of_memory"),
        ("data = b''.join(bytes(1 << 20) for _ in range(2000))", "out_of_memory"),
        ("import ctypes; ctypes.string_at(0)", "crashed_parser"),
        ("import os; os._exit(7)", "crashed_parser"),
        ("import sys; sys.setrecursionlimit(100); f = lambda: f(); f()", "too_deep"),
        ("raise Problem", "crashed_parser"),
        ("return Reading(KIND, name, ())", "crashed_parser"),
        ("return Reading(KIND, name, (Page(1, 'ab', words=((0, 9, 0, 0, 1, 1),)),))", "crashed_parser"),
        ("from engine.cards import Problem; raise Problem('encrypted', data.decode())", "encrypted This file is"),
    ],
)
def test_a_reader_that_falls_costs_one_file(elsewhere, body, code):
    assert ask(elsewhere, body).startswith(code)


def test_a_crash_names_the_place_but_no_word_of_the_document(elsewhere):
    answer = ask(elsewhere, "raise KeyError(data.decode())")
    assert answer.endswith("(KeyError, parrot.py:9.)")
    assert "PARROT" not in answer


def test_a_reader_that_prints_does_not_disturb_its_answer(elsewhere):
    assert ask(elsewhere, "print('noise'); import os; os.write(1, b'noise')").startswith("read parrot")


@linux_only
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("import socket; socket.socket()", "crashed_parser"),
        ("import os; os.fork()", "crashed_parser"),
        ("import os; os.execv('/bin/true', ['true'])", "crashed_parser"),
        ("import os; os.write(os.open('precious', os.O_WRONLY), b'x')", "crashed_parser"),
    ],
)
def test_a_reader_reaches_no_network_starts_no_program_and_writes_no_file(elsewhere, body, code):
    (elsewhere / "precious").write_text("as it was")
    answer = ask(elsewhere, body)
    assert answer.startswith(code)
    assert (elsewhere / "precious").read_text() == "as it was"
    assert "Error, parrot.py" in answer or "Error, socket.py" in answer


@linux_only
def test_the_child_ends_with_its_parent(elsewhere):
    (elsewhere / "engine" / "readers" / "parrot.py").write_text(READER.format(body="import time; time.sleep(60)"))
    environment = {**os.environ, "PYTHONPATH": str(elsewhere)}
    with subprocess.Popen([sys.executable, "-P", "-c", ASK.format(seconds=60)], env=environment) as parent:
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
        child = int(wait_for(children.read_text))
        wait_for(lambda: threads(child) > 1)  # it is at its work
        parent.send_signal(signal.SIGKILL)
    wait_for(lambda: not running(child))


def wait_for(look):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen within ten seconds")


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
