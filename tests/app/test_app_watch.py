"""A watched folder: each file that has stopped growing is one task, whatever happens in between."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import watch
from app.desk import Desk
from app.watch import Watch
from tests import made
from tests.app.fake_engine import WORK, FakeEngine

unix = pytest.mark.skipif(sys.platform == "win32", reason="no such files there")

HELD = """
    while not os.path.exists(HERE + "/go"):
        time.sleep(0.01)
    finish()
"""


class Folder:
    """A watched folder, and all that was told of it."""

    def __init__(self, desk: Desk, inbox: Path, out: Path) -> None:
        inbox.mkdir(exist_ok=True)
        self.desk, self.inbox, self.out = desk, inbox, out
        self.told: list[dict[str, Any]] = []
        self.watch = Watch(desk, inbox, out)

    def drop(self, name: str, data: bytes = b"Where is my parcel?") -> Path:
        file = self.inbox / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def look(self) -> None:
        self.told += self.watch.look()

    def until(self, look: Callable[[], object], seconds: float = 30) -> None:
        """Look into the folder, again and again, until that holds."""
        end = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < end, f"it did not happen; told: {self.names}"
            self.look()
            time.sleep(0.01)

    def quiet(self, seconds: float = 0.4) -> None:
        """Look for a while, in which nothing should happen."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def again(self) -> Folder:
        """The same folder watched anew, as after a restart."""
        self.watch.close()
        return Folder(self.desk, self.inbox, self.out)

    @property
    def names(self) -> list[str]:
        return [Path(found["source"]).name for found in self.told]


@pytest.fixture
def folder(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.setattr(watch, "SETTLED", 0.15)
    opened = Folder(desk, tmp_path / "inbox", tmp_path / "out")
    yield opened
    opened.watch.close()


@pytest.fixture
def held(engine: FakeEngine, tmp_path: Path) -> Callable[[], None]:
    """The engine waits at its work until this is called."""
    engine.acts(HELD)
    return (tmp_path / "fake" / "engine" / "go").touch


def test_each_file_that_lands_is_one_task_and_its_outcome_a_file(folder: Folder) -> None:
    folder.drop("a.txt"), folder.drop("sub/deeper/b.txt", b"And my other one?")
    folder.until(lambda: len(folder.told) == 2)
    folder.drop("c.txt", b"Never mind.")
    folder.until(lambda: len(folder.told) == 3)
    folder.quiet()
    assert sorted(folder.names) == ["a.txt", "b.txt", "c.txt"]
    assert {found["status"] for found in folder.told} == {"finished"}
    assert len(folder.desk.tasks()) == 3
    written = {json.loads(file.read_text("utf-8"))["task"]: file.stem for file in folder.out.iterdir()}
    assert written == {found["task"]: found["task"] for found in folder.told}


def test_a_file_that_still_grows_is_waited_for(folder: Folder) -> None:
    file = folder.drop("a.txt", b"")
    for _ in range(20):
        with file.open("ab") as open_file:
            open_file.write(b"word ")
        folder.look()
        time.sleep(0.03)
    assert folder.desk.tasks() == []
    folder.until(lambda: folder.told)
    (task,) = folder.desk.tasks()
    assert folder.desk.handoff(task.id).card.size == 100


def test_a_restart_takes_nothing_twice_and_tells_nothing_twice(folder: Folder) -> None:
    folder.drop("a.txt")
    folder.until(lambda: folder.told)
    later = folder.again()
    later.drop("b.txt", b"And my other one?")
    later.until(lambda: later.told)
    later.quiet()
    later.watch.close()
    assert later.names == ["b.txt"]
    assert len(later.desk.tasks()) == 2


def test_what_was_under_way_at_a_restart_is_told_after_it(folder: Folder, held: Callable[[], None]) -> None:
    folder.drop("a.txt")
    folder.until(folder.desk.tasks)
    later = folder.again()
    later.quiet()
    assert later.told == []
    held()
    later.until(lambda: later.told)
    later.quiet()
    later.watch.close()
    assert later.names == ["a.txt"]


def test_without_its_memory_it_looks_again_and_opens_nothing_twice(folder: Folder, home: Path) -> None:
    folder.drop("a.txt")
    folder.until(lambda: folder.told)
    folder.watch.close()
    for file in home.glob("watch.db*"):
        file.unlink()
    later = folder.again()
    later.quiet()
    later.watch.close()
    assert len(later.desk.tasks()) == 1


def test_a_changed_file_is_another_task_and_both_are_told(folder: Folder, held: Callable[[], None]) -> None:
    """Also when the second one lands while the first one is still worked."""
    folder.drop("a.txt")
    folder.until(folder.desk.tasks)
    folder.drop("a.txt", b"Where are my two parcels?")
    folder.until(lambda: len(folder.desk.tasks()) == 2)
    held()
    folder.until(lambda: len(folder.told) == 2)
    folder.quiet()
    assert len({found["sha256"] for found in folder.told}) == 2
    assert len(list(folder.out.iterdir())) == 2


def test_a_file_that_was_only_touched_is_no_news(folder: Folder) -> None:
    file = folder.drop("a.txt")
    folder.until(lambda: folder.told)
    os.utime(file, (1, 1))
    folder.quiet()
    assert (len(folder.told), len(folder.desk.tasks())) == (1, 1)


def test_a_large_drop_is_taken_in_piece_by_piece(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "AT_ONCE", 4)
    for n in range(60):
        folder.drop(f"{n}.txt", b"letter %d" % n)
    under_way: list[int] = []

    def all_told() -> bool:
        under_way.append(sum(row.state in ("queued", "running") for row in folder.desk.tasks()))
        return len(folder.told) >= 60

    folder.until(all_told, 60)
    folder.quiet()
    assert 1 < max(under_way) <= 4
    assert Counter(folder.names) == Counter(f"{n}.txt" for n in range(60))
    assert len(folder.watch._growing) == 0


@unix
def test_links_pipes_hidden_files_and_its_own_outcomes_are_no_documents(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.txt").write_text("more secrets")
    (folder.inbox / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder.inbox / "folder").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder.inbox / "pipe")
    folder.drop(".hidden"), folder.drop(".git/config"), folder.drop("a.txt")
    own = Folder(folder.desk, folder.inbox, folder.inbox / "out")
    own.until(lambda: own.told)
    own.quiet()
    own.watch.close()
    assert own.names == ["a.txt"]
    assert len(list((folder.inbox / "out").iterdir())) == 1


def test_a_file_that_is_gone_again_stops_nothing(folder: Folder) -> None:
    file = folder.drop("a.txt")
    folder.look()
    time.sleep(0.2)
    settled = folder.watch._settled(set())
    path, status = next(settled)
    file.unlink()
    folder.watch._take(path, status)
    folder.drop("b.txt")
    folder.until(lambda: folder.told)
    assert folder.names == ["b.txt"]


def test_a_folder_that_goes_away_and_comes_back_is_watched_on(folder: Folder) -> None:
    folder.drop("a.txt")
    folder.until(lambda: folder.told)
    shutil.move(folder.inbox, folder.inbox.with_name("pulled out"))
    folder.quiet(0.1)
    shutil.move(folder.inbox.with_name("pulled out"), folder.inbox)
    folder.drop("b.txt", b"And my other one?")
    folder.until(lambda: len(folder.told) == 2)
    assert folder.names == ["a.txt", "b.txt"]


@unix
def test_a_name_from_outside_is_no_path(folder: Folder) -> None:
    for name in ("x\\..\\..\\y.txt", "a\nb.txt", "x" * 200 + ".txt", "ä\u202egpj.txt"):
        folder.drop(name, name.encode())
    Path(os.fsdecode(os.fsencode(folder.inbox) + b"/caf\xe9.txt")).write_text("not UTF-8")
    folder.until(lambda: len(folder.told) == 5)
    assert all(found["source"].isprintable() for found in folder.told)
    assert {file.name for file in folder.out.iterdir()} == {f"{found['task']}.json" for found in folder.told}


def test_an_archive_is_told_with_the_files_in_it_and_once(folder: Folder, engine: FakeEngine) -> None:
    engine.acts(f"""
    if name == "all.zip":
        hand("desk", ending="finished")
        say("Finished", card=card)
        continue
    time.sleep(0.1)
{WORK}""")
    folder.drop("all.zip", made.zipped({"a.txt": b"one", "b.txt": b"two"}))
    folder.until(lambda: folder.told)
    folder.quiet()
    assert sorted(folder.names) == ["a.txt", "all.zip", "b.txt"]
    assert len(list(folder.out.iterdir())) == 3


def test_a_file_that_can_not_be_read_is_told_with_its_reason(folder: Folder, engine: FakeEngine) -> None:
    engine.acts("""
    hand("quarantine", ending="quarantined")
    say("Quarantined", card=card, code="damaged", sentence="It is damaged.")
    """)
    folder.drop("a.pdf", b"%PDF-1.7 and nothing more")
    folder.until(lambda: folder.told)
    assert [found["status"] for found in folder.told] == ["quarantined"]
