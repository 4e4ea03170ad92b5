"""One window for one home: who starts it again is heard, and whoever talks nonsense is not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.fake_desk import FakeDesk
from ui.door import HERE, NAME, Door, knock
from ui.window import Window

Opened = Callable[[], Window]


@pytest.fixture
def near(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a short path: a socket's address has little room."""
    return tmp_path_factory.mktemp("h")


@pytest.fixture
def heard() -> list[list[Path]]:
    return []


@pytest.fixture
def door(near: Path, heard: list[list[Path]], qtbot: QtBot) -> Iterator[Door]:
    opened = Door(near, heard.append)
    yield opened
    opened.close()


def knocked(qtbot: QtBot, home: Path, paths: list[Path]) -> bool:
    """As another process does: the one that is there goes on meanwhile."""
    answers: list[bool] = []
    caller = threading.Thread(target=lambda: answers.append(knock(home, paths)))
    caller.start()
    qtbot.waitUntil(lambda: bool(answers))
    caller.join()
    return answers[0]


def test_nobody_is_there(near: Path) -> None:
    assert not knock(near, [])


def test_who_starts_it_again_is_heard_with_the_files(
    qtbot: QtBot, near: Path, door: Door, heard: list[list[Path]]
) -> None:
    paths = [Path("/in/ä letter.eml"), Path("relative.txt")]
    assert knocked(qtbot, near, paths)
    assert heard == [[Path("/in/ä letter.eml"), Path.cwd() / "relative.txt"]]
    assert (near / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("said", [b"", b"no json\n", b'{"a": 1}\n', b"[1]\n", b"[" * 2_000_000])
def test_whoever_says_something_else_is_not_answered(
    qtbot: QtBot, near: Path, door: Door, heard: list[list[Path]], said: bytes
) -> None:
    answers: list[bytes] = []

    def call() -> None:
        with socket.socket(socket.AF_UNIX) as asker:
            asker.connect(str(near / NAME))
            try:
                asker.sendall(said)
                asker.shutdown(socket.SHUT_WR)
                answers.append(asker.recv(9))
            except OSError:
                answers.append(b"")

    caller = threading.Thread(target=call)
    caller.start()
    qtbot.waitUntil(lambda: bool(answers))
    caller.join()
    assert (answers, heard) == ([b""], [])
    assert knocked(qtbot, near, [])


def test_what_a_killed_window_left_is_no_window(qtbot: QtBot, near: Path, heard: list[list[Path]]) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(near / NAME))
    left.close()
    assert not knock(near, [])
    door = Door(near, heard.append)
    assert knocked(qtbot, near, [])
    door.close()
    assert not (near / NAME).exists()
    assert HERE == b"here\n"


def test_a_home_whose_path_is_too_long_has_no_door(near: Path, heard: list[list[Path]]) -> None:
    deep = near / ("x" * 120)
    Door(deep, heard.append).close()
    assert not knock(deep, [])
    assert not deep.exists()


def test_the_window_comes_forward_and_takes_the_files(
    qtbot: QtBot, desk: FakeDesk, opened: Opened, tmp_path: Path
) -> None:
    window = opened()
    window.showMinimized()
    window.come_forward([tmp_path])
    assert not window.isMinimized()
    qtbot.waitUntil(lambda: ("submit", [tmp_path]) in desk.calls)


def test_files_that_come_before_the_desk_is_open_wait_for_it(qtbot: QtBot, desk: FakeDesk, tmp_path: Path) -> None:
    window = Window(lambda: desk)
    qtbot.addWidget(window)
    window.come_forward([tmp_path])
    assert desk.calls == []
    window.start()
    qtbot.waitUntil(lambda: ("submit", [tmp_path]) in desk.calls)
    window.close()
    window.close_desk()
