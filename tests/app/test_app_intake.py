"""Taking files in: a folder is its files, nothing but an ordinary file is opened, and names can't pretend."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from app.intake import files, shown, take
from engine.cards import Problem
from engine.readers import Limits

unix = pytest.mark.skipif(sys.platform == "win32", reason="no such files there")


def test_a_folder_means_its_files_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/c.txt", "sub/deeper/d.txt", ".hidden", ".git/config", "z.txt"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    found = [str(path.relative_to(tmp_path)) for path in files([tmp_path])]
    assert found == ["a.txt", "b.txt", "sub/c.txt", "sub/deeper/d.txt", "z.txt"]


@unix
def test_links_in_a_folder_are_left_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "real.txt").write_text("x")
    (inside / "link.txt").symlink_to(outside / "secret.txt")
    (inside / "folder").symlink_to(outside)
    (inside / "broken").symlink_to(tmp_path / "nowhere")
    os.mkfifo(inside / "pipe")
    assert [path.name for path in files([inside])] == ["real.txt"]


def test_named_files_keep_their_order_and_hidden_ones_count(tmp_path: Path) -> None:
    for name in ("b", ".a"):
        (tmp_path / name).write_text("x")
    assert [path.name for path in files([tmp_path / "b", tmp_path / ".a"])] == ["b", ".a"]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        list(files([tmp_path / "nowhere\n.txt"]))
    assert caught.value.code == "no_file"
    assert "nowhere\\n.txt" in caught.value.sentence


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "mail.eml"
    file.write_bytes(b"\x00\xffabc")
    taken = take(file)
    assert (taken.data, taken.problem, taken.source) == (b"\x00\xffabc", None, str(file))


@unix
def test_a_pipe_named_directly_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    problem = take(tmp_path / "pipe").problem
    assert problem is not None
    assert problem.code == "not_a_file"


@unix
def test_a_device_named_directly_is_refused() -> None:
    problem = take(Path("/dev/zero")).problem
    assert problem is not None
    assert problem.code == "not_a_file"


@unix
def test_a_link_named_directly_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    taken = take(tmp_path / "link")
    assert taken.data == b""
    assert taken.problem is not None


def test_a_folder_can_not_be_read_as_a_file(tmp_path: Path) -> None:
    assert take(tmp_path).problem is not None


def test_a_file_that_went_away_meanwhile_is_a_problem(tmp_path: Path) -> None:
    problem = take(tmp_path / "gone.txt").problem
    assert problem is not None
    assert problem.code == "unreadable"


def test_a_large_file_is_refused_and_the_largest_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "fits").write_bytes(b"x" * 1000)
    (tmp_path / "large").write_bytes(b"x" * 1001)
    limits = Limits(bytes=1000)
    assert take(tmp_path / "fits", limits).problem is None
    problem = take(tmp_path / "large", limits).problem
    assert problem is not None
    assert problem.code == "too_large"


def test_a_file_of_terabytes_that_holds_nothing_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(5 << 40)
    began = time.monotonic()
    problem = take(tmp_path / "sparse").problem
    assert problem is not None
    assert (problem.code, time.monotonic() - began < 0.5) == ("too_large", True)


@unix
def test_a_file_that_is_swapped_while_it_is_taken_in_is_the_one_that_was_checked(tmp_path: Path) -> None:
    """The bytes are those of one file that was there, never of a link's target, however fast it is swapped."""
    secret, file, link = tmp_path / "secret", tmp_path / "file", tmp_path / "link"
    secret.write_bytes(b"s" * 1000)
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            file.unlink(missing_ok=True)
            file.write_bytes(b"f" * 1000)
            link.symlink_to(secret)
            link.replace(file)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        found = {take(file).data for _ in range(2000)}
    finally:
        over.set()
        swapping.join()
    assert not any(b"s" in data for data in found)
    assert all(set(data) <= {ord("f")} for data in found)


@unix
def test_a_hard_link_is_an_ordinary_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"text")
    (tmp_path / "b.txt").hardlink_to(tmp_path / "a.txt")
    assert take(tmp_path / "b.txt").data == b"text"


def test_a_name_that_no_system_has_is_a_problem() -> None:
    problem = take(Path("a\0b")).problem
    assert problem is not None
    assert problem.code == "unreadable"


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("two\nlines.txt", "two\\nlines.txt"),
        ("a\u202egpj.exe", "a\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("bell\x07\x1b[31m", "bell\\x07\\x1b[31m"),
        ("Zoë 漢字.txt", "Zoë 漢字.txt"),
    ],
)
def test_a_name_shows_what_it_hides(name: str, seen: str) -> None:
    assert shown(Path(name)) == seen


@unix
def test_a_name_in_no_encoding_can_be_shown_and_stored(tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    try:
        file.write_text("x")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    (found,) = files([tmp_path])
    source = take(found).source
    assert source.endswith("caf\\xe9.txt")
    assert source.encode("utf-8")


def test_a_name_too_long_for_the_disk_is_said() -> None:
    with pytest.raises(Problem) as caught:
        list(files([Path("a" * 300)]))
    assert caught.value.code == "no_file"


def test_a_folder_that_can_not_be_looked_into_is_said_and_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's refusal is played, because root, who runs many builds, is refused nothing."""
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def scandir(path: str) -> Any:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(Problem) as caught:
        list(files([tmp_path]))
    assert caught.value.code == "unreadable"
    assert "closed" in caught.value.sentence
