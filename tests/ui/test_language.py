"""The window in other languages: nothing is left in English that is no data, and it can be read from the right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from app import language
from tests.ui.fake_desk import FakeDesk, worked
from tests.ui.unsaid import PLANTED
from ui import spoken, strokes
from ui.places import ROOMS
from ui.shape import FRAME
from ui.window import Window

ROOT = Path(__file__).parents[2]
SMALL = 1280
"""Pixels across."""
Opened = Callable[[], Window]


@pytest.fixture
def from_the_right(qapp: QApplication) -> Iterator[None]:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    yield
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def run(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=240,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_text_of_the_window_can_be_translated() -> None:
    """In each place, whatever is open there; but for what stems from documents, the log, the engine and playbooks."""
    found: dict[str, list[str]] = json.loads(run("-m", "tests.ui.unsaid"))
    assert {place for place, texts in found.items() if PLANTED in texts} >= {"inbox", "tasks", "settings", "palette"}
    left = {place: [text for text in texts if text != PLANTED] for place, texts in found.items()}
    assert {place: texts for place, texts in left.items() if texts} == {}


@pytest.mark.parametrize(
    ("asked", "kept", "words"),
    [
        ("de", "", "Freigeben (A) LeftToRight"),
        ("", "de", "Freigeben (A) LeftToRight"),
        ("en", "de", "Approve (A) LeftToRight"),
        ("xx", "de", "Approve (A) LeftToRight"),
    ],
)
def test_the_language_is_the_environments_else_that_of_the_settings(
    tmp_path: Path, asked: str, kept: str, words: str
) -> None:
    (tmp_path / "settings.toml").write_text(f'language = "{kept}"\n')
    program = (
        "import sys; from pathlib import Path; from PySide6.QtWidgets import QApplication; from ui import spoken\n"
        "spoken.choose(Path(sys.argv[1])); application = QApplication([]); spoken.follow(application)\n"
        "from ui.decision import DecisionBar\n"
        "bar = DecisionBar()\n"
        "print(bar.approve_button.text(), application.layoutDirection().name)"
    )
    assert run("-c", program, str(tmp_path), BATON_LANGUAGE=asked).strip() == words


def test_the_whole_program_speaks_the_language_and_so_do_qts_own_dialogs(tmp_path: Path) -> None:
    program = (
        "import sys; from PySide6.QtCore import QCoreApplication; from PySide6.QtWidgets import QApplication\n"
        "from ui.main import main\n"
        "def look(*_):\n"
        "    words = [action.text() for one in QApplication.allWidgets() for action in one.actions()]\n"
        "    print('Dateien hinzufügen…' in words, QCoreApplication.translate('QPlatformTheme', 'Cancel'))\n"
        "    return 0\n"
        "QApplication.exec = look\n"
        "main(['--home', sys.argv[1]])"
    )
    assert run("-c", program, str(tmp_path), BATON_LANGUAGE="de").strip() == "True Abbrechen"


def test_a_home_whose_settings_are_broken_still_opens_in_a_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BATON_LANGUAGE", raising=False)
    (tmp_path / "settings.toml").write_text("language = [")
    try:
        spoken.choose(tmp_path)
        assert language.code() in language.NAMES
    finally:
        language.use("")


@pytest.mark.parametrize(("code", "right"), [("de", False), ("en", False), ("", False), ("ar", True), ("he", True)])
def test_arabic_and_hebrew_begin_at_the_right(code: str, right: bool) -> None:
    assert (spoken.direction(code) == Qt.LayoutDirection.RightToLeft) is right


def test_every_place_fits_a_small_screen_with_large_letters() -> None:
    """In German, whose words are the longest."""
    widths: dict[str, int] = json.loads(run("-m", "tests.ui.widths", "de", BATON_LANGUAGE="de"))
    assert {"inbox", "review", *ROOMS} <= widths.keys()
    assert {place: width for place, width in widths.items() if width > SMALL - FRAME.width()} == {}


def painted(direction: Qt.LayoutDirection) -> tuple[int, int]:
    """The first and last column of what a row paints at the side where reading begins."""
    image = QImage(200, 20, QImage.Format.Format_RGB32)
    painter, option = QPainter(image), QStyleOptionViewItem()
    option.rect, option.direction = QRect(0, 0, 200, 20), direction
    strokes.ground(painter, option)
    image.fill(QColor("white"))
    strokes.shape(painter, QRectF(10, 4, 12, 12), "dot", QColor("black"))
    painter.setLayoutDirection(direction)
    strokes.words(painter, QRectF(30, 0, 100, 20), "mmmm", QFont("DejaVu Sans", 9), QColor("black"))
    painter.end()
    dark = [x for x in range(200) if any(image.pixelColor(x, y).lightness() < 128 for y in range(20))]
    return dark[0], dark[-1]


def test_a_row_is_mirrored_where_reading_begins_at_the_right(qapp: QApplication) -> None:
    left, right = painted(Qt.LayoutDirection.LeftToRight), painted(Qt.LayoutDirection.RightToLeft)
    assert left[0] in range(10, 16)
    assert right[1] in range(184, 190)
    assert abs((left[1] - left[0]) - (right[1] - right[0])) <= 2


@pytest.mark.usefixtures("from_the_right")
def test_the_whole_window_opens_from_the_right(qtbot: QtBot, desk: FakeDesk, opened: Opened) -> None:
    worked(desk)
    window = opened()
    assert QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft
    at = [window.mapFromGlobal(part.mapToGlobal(part.rect().center())).x() for part in (window.places, window.inbox)]
    assert at[0] > at[1] > window.width() / 2
    assert not window.grab().isNull()
