"""A hundred hostile strings in every place of the window: none is read as markup, and none has a file read."""

from __future__ import annotations

import ctypes
import itertools
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6 import QtGui
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QAbstractTableModel, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QAbstractSpinBox, QApplication, QComboBox, QLabel, QTextEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.engine.scripted import PLAYBOOK
from tests.ui.fake_desk import FakeDesk
from tests.ui.library import document
from tests.ui.test_plain_text import hostile_story
from ui.window import Window
from ui.words import plain_tip

_TAGS = (
    '<img src="{0}">', "<img src='{0}' onerror=x>", '<body background="{0}">', '<table background="{0}"><td>x',
    '<link rel="stylesheet" href="{0}">', '<style>@import url("{0}");</style>', '<p style="background:url({0})">x</p>',
    '<object data="{0}">x</object>', '<iframe src="{0}"></iframe>', '<a href="{0}">open</a>', '<input src="{0}">',
    '<svg><image href="{0}"/></svg>', '<html><head></head><body><img src="{0}"></body></html>', "![]({0})",
    "[open]({0})", "[x]: {0}\n![x]", '<?xml version="1.0"?><!DOCTYPE a SYSTEM "{0}"><a/>', "url({0})", "{0}",
    "<!--[if x]><img src={0}><![endif]-->",
)  # fmt: skip
_FORMS = ("{file}", "file://{file}", "file:{file}", "&#102;ile://{file}")
_OTHERS = (
    "\u202egnp.exe", "\u2066mixed\u2069 שלום", "a\u200bb\ufeffc", "𝔘𝔫𝔦 😀", "line\nline\r\nline\ttab",
    "\x1b[31mred\x1b[0m",
    "x" * 10_000, "W" * 300, "%n%s%1$s {0} {card}", "&amp;lt;b&amp;gt; &File &&", "-rf / --help", "C:\\con\\aux.txt",
    "'; drop table cards; --", "${HOME} $(id) `id`", "<|im_start|>system", "\ufffd\ufffe",
    "=cmd|'/c calc'!A1", "<b>bold</b><br/>", "<h1>Big</h1>", "qrc:/x <img src=:/qt-project.org/logos/pysidelogo.png>",
)  # fmt: skip
IN_OPEN = 0x20
TIP = int(Qt.ItemDataRole.ToolTipRole)


def strings(file: Path) -> list[str]:
    """Twenty ways of naming a file, in four spellings, and twenty other tricks."""
    named = [tag.format(form.format(file=file)) for tag, form in itertools.product(_TAGS, _FORMS)]
    return [*named, *_OTHERS]


class Watch:
    """Counts how often a file is opened, by whomever (inotify; Linux)."""

    def __init__(self, file: Path) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._number = library.inotify_init1(os.O_NONBLOCK)
        assert self._number >= 0
        assert library.inotify_add_watch(self._number, os.fsencode(file), IN_OPEN) >= 0

    def opened(self) -> int:
        try:
            data = os.read(self._number, 65536)
        except BlockingIOError:
            return 0
        count = place = 0
        while place < len(data):
            place += struct.calcsize("iIII") + struct.unpack_from("iIII", data, place)[3]
            count += 1
        return count

    def close(self) -> None:
        os.close(self._number)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A picture that whoever reads markup would open."""
    file = tmp_path / "canary.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    return file


@pytest.fixture
def watch(canary: Path) -> Iterator[Watch]:
    watch = Watch(canary)
    canary.read_bytes()
    assert watch.opened() == 1, "the watch sees what is opened"
    yield watch
    watch.close()


def markup(widget: QWidget) -> list[str]:
    """What this widget, or one inside it, would show as markup though it is not ours."""
    found = []
    for one in [widget, *widget.findChildren(QWidget)]:
        if isinstance(one, QLabel) and one.textFormat() != Qt.TextFormat.PlainText and _rich(one.text()):
            found.append(f"a label: {one.text()[:80]}")
        if isinstance(one, QTextEdit):
            found.append(f"{type(one).__name__} knows markup")
        if not isinstance(one, (QAbstractSpinBox, QComboBox)):
            found += [f"a tip: {one.toolTip()[:80]}"] if _rich(one.toolTip()) else []
        if isinstance(one, QAbstractItemView) and one.model() is not None:
            found += [f"a cell's tip: {tip[:80]}" for tip in _tips(one.model()) if _rich(tip)]
    return found


def _rich(tip: str) -> bool:
    """Whether there may be markup in a tip besides the one element in which `plain_tip` puts escaped text."""
    inside = tip.removeprefix("<span style='white-space:pre-wrap'>").removesuffix("</span>")
    return "<" in inside if inside != tip else bool(QtGui.Qt.mightBeRichText(tip))


def _tips(model: QAbstractItemModel, parent: QModelIndex | None = None) -> Iterator[str]:
    above = parent or QModelIndex()
    flat = isinstance(model, (QAbstractListModel, QAbstractTableModel))
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(above)
    for row, column in itertools.product(range(min(model.rowCount(above), 40)), range(columns)):
        index = model.index(row, column, above)
        if tip := index.data(TIP):
            yield str(tip)
        if not flat and model.hasChildren(index):
            yield from _tips(model, index)


def painted(window: Window) -> None:
    """Have all that is seen drawn, its tips included."""
    QApplication.processEvents()
    assert not window.grab().isNull()


def hostile_home(home: Path, text: str) -> None:
    """A home whose playbook and models are called so."""
    import json

    said = json.dumps("".join(letter for letter in text if letter.isprintable())[:200])
    folder = home / "playbooks"
    folder.mkdir(parents=True, exist_ok=True)
    title = f'name = "small"\ntitle = {said}\nabout = {said}'
    (folder / "small.toml").write_text(PLAYBOOK.replace('name = "small"', title).replace('"Refund request"', said))
    (home / "models.toml").write_text(
        f'[[models]]\nid = {said}\nrole = "fallback"\nruntime = "llama"\nfile = "nowhere.gguf"\nsha256 = "0"\n'
        f'licence = {said}\nnote = {said}\ntemplate = "chatml"\n'
    )


def test_there_are_a_hundred(canary: Path) -> None:
    assert len({*strings(canary)}) == 100


def test_markup_would_be_found(qtbot: QtBot, canary: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    shown, named, text = QLabel("<b>bold</b>", window), QLabel("plain", window), QTextEdit(window)
    named.setToolTip(f"<img src='{canary}'>")
    assert [said.split(":")[0] for said in markup(window)] == ["a label", "a tip", "QTextEdit knows markup"]
    shown.setTextFormat(Qt.TextFormat.PlainText)
    named.setToolTip(plain_tip(f"<img src='{canary}'>"))
    text.setParent(None)
    assert markup(window) == []


def test_no_task_has_its_text_read_as_markup_or_a_file_opened(
    qtbot: QtBot, desk: FakeDesk, opened: Callable[[], Window], canary: Path, watch: Watch
) -> None:
    for text in strings(canary):
        desk.play(desk.add(text, hostile_story(text)))  # type: ignore[arg-type]
    window = opened()
    qtbot.waitUntil(lambda: window.inbox.tasks.rowCount() == 100)
    found = []
    for number in range(100):
        task = window.inbox.tasks.index(number).data(Qt.ItemDataRole.UserRole).id
        window.inbox.choose(task)
        qtbot.waitUntil(lambda task=task: window.case.task == task and window.case.handoff is not None)  # type: ignore[misc]
        centre, panel = window.centre, window.panes.handoffs
        panel.open(len(window.case.states) - 1)
        for tabs in (centre.tabs, panel.ways):
            tabs.setCurrentIndex(number % tabs.count())
        QApplication.processEvents()
        if number % 10 == 0:
            window.places.go("review" if number % 20 else "inbox")
            painted(window)
            found += markup(window)
    assert found == []
    assert watch.opened() == 0


def test_no_other_place_reads_markup_or_opens_a_file(
    qtbot: QtBot, desk: FakeDesk, opened: Callable[[], Window], canary: Path, watch: Watch, tmp_path: Path
) -> None:
    desk.home = tmp_path / "home"
    texts = strings(canary)
    for text in texts[:40]:
        desk.play(desk.add(text, hostile_story(text)))  # type: ignore[arg-type]
    desk.library.collections = {text: [document(text, "d" * 64)] for text in texts}
    desk.saved = {text[:60]: "status:undecided" for text in texts[:20]}
    hostile_home(desk.home, texts[0])
    window = opened()
    found = []
    for text in texts[::20]:
        hostile_home(desk.home, text)
        for place in window.rooms:
            window.places.go(place)
            qtbot.wait(20)
            painted(window)
            found += [f"{place}: {one}" for one in markup(window)]
    window.finder.toggle()
    painted(window)
    found += [f"palette: {one}" for one in markup(window.finder)]
    assert found == []
    assert watch.opened() == 0
