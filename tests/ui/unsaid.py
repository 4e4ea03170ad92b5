"""Walks through the window in the pseudo language, and prints each text that nobody made translatable, as JSON.

A program of its own: the language is chosen before the modules of the window are imported.
"""

from __future__ import annotations

import functools
import gc
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QTabBar,
    QTabWidget,
    QTextEdit,
    QWidget,
)

from app import language

SAID = re.compile(r"⟦[^⟦⟧]*(⟧|$)|^[^⟦⟧]*⟧")
"""What was translated, or a part of it; other such texts may have been filled into it."""
KEYS = frozenset({"Baton", "Esc", "Alt", "SHA-256", "PDF", "English", "Deutsch", "models.toml"})
"""The product's name, keys and codes are the same in each language; languages are called as they call themselves."""
PLANTED = "Nobody marked this"
"""A text that must be found, or nothing is looked at."""
MOST = 40
"""Rows of a list that are looked at."""
QTS = frozenset({"ScrollLeftButton", "ScrollRightButton"})
"""Parts of Qt's own widgets, by their names: their words are translated by Qt."""
MANY = frozenset({"letter.pdf", "orders-about.pdf", "damaged.pdf", "several.eml"})
"""Tasks that are looked at in every view: these are told in ways of their own."""
UNITS = re.compile(r"\b(?:s|min|MB|GB|KiB|MiB|F\d+|Alt\+\d|[0-9a-f]{8,})(?=\W|$)")
"""Units, keys and checksums."""
TERM = re.compile(r"(?<!\S)[a-z]+:[^\s/]\S*")
"""A term of the query language, which is one for all."""


def main() -> int:
    language.use(language.PSEUDO)
    application = QApplication(["baton"])
    gc.disable()
    found = {place: sorted(texts) for place, texts in _walk(application) if texts}
    print(json.dumps(found, ensure_ascii=False))
    return 0


def _walk(application: QApplication) -> Iterator[tuple[str, set[str]]]:
    from tests.ui.fake_desk import FakeDesk, told_by, worked
    from ui import strokes
    from ui.window import Window

    painted: set[str] = set()
    words = strokes.words

    def listening(painter: Any, rect: Any, text: str, *rest: Any, **more: Any) -> None:
        painted.add(text)
        words(painter, rect, text, *rest, **more)

    strokes.words = listening
    desk = FakeDesk()
    with tempfile.TemporaryDirectory() as home:
        desk.home = Path(home)
        window = Window(lambda: desk, Path("/samples/inbox"))
        QLabel(PLANTED, window.bar).setToolTip(PLANTED)
        window.resize(1280, 800)
        window.show()
        window.start()

        def settle(true: Callable[[], bool] = lambda: False, seconds: float = 0.15) -> None:
            end = time.monotonic() + seconds
            while time.monotonic() < end and not true():
                application.processEvents()
                time.sleep(0.005)

        settle(window.panes.nothing.more.isVisible, 20)
        known: dict[int, Callable[[str], bool]] = {}

        def look() -> set[str]:
            painted.clear()
            window.repaint()
            settle()
            count = len(desk.tasks())
            if count not in known:
                known[count] = functools.cache(functools.partial(_is_said, data=_data(desk)))
            said = known[count]
            texts = {text for widget in _seen(window) for text in _texts(widget)} | painted
            return {text for text in texts if not said(text)} | {
                text for widget in _seen(window) for text in _ours(widget) if not _is_said(text, ())
            }

        yield "empty", look()
        worked(desk)
        for name in ("orders-about.pdf", "damaged.pdf", "locked.pdf", "partly.eml", "proposed.pdf", "several.eml",
                     "covert.pdf", "scan.tif"):  # fmt: skip
            desk.play(desk.add(name, told_by(name)))
        desk.play(desk.add("again.pdf", told_by("again.pdf"), duplicate_of=desk.tasks()[0].id))
        window.standing.ask()
        settle(lambda: window.panes.stack.currentWidget() is window.panes.work, 20)
        tabs, ways = window.centre.tabs, window.panes.handoffs.ways
        for row in desk.tasks():
            window.go(row.id)
            settle(lambda row=row: window.case.task == row.id and bool(window.case.history), 5)
            yield f"inbox {row.name}", look()
            if row.name not in MANY:
                continue
            tabs.setCurrentWidget(window.centre.why)
            for number in range(ways.count()):
                ways.setCurrentIndex(number)
                yield f"inbox {row.name}, why and way {number}", look()
            tabs.setCurrentIndex(0)
            ways.setCurrentIndex(0)
        for tray in ("quarantine", "duplicates"):
            window.inbox.trays.go(tray)
            yield f"inbox {tray}", look()
        window.inbox.show_all()
        window.panes.handoffs.open(min(3, len(window.case.states) - 1))
        window.help.toggle()
        yield "card and help", look()
        window.help.hide()
        window.finder.toggle()
        yield "palette", look()
        window.finder.leave()
        for view in window.places.places.places:
            window.places.go(view.key)
            settle(seconds=1.0)
            yield view.key, look()
            for tabs in [one for one in window.findChildren(QTabWidget) if one.isVisible()]:
                for number in range(tabs.count()):
                    tabs.setCurrentIndex(number)
                    yield f"{view.key} tab {number}", look()
        window.close()
        window.close_desk()


def _seen(window: QWidget) -> list[QWidget]:
    seen = [one for one in window.findChildren(QWidget) if one.isVisible()]
    return [one for one in seen if not one.objectName().startswith("qt_") and one.objectName() not in QTS]


def _ours(widget: QWidget) -> Iterator[str]:
    """Texts that never hold any data: each is wrapped, whole."""
    if isinstance(widget, QAbstractButton) and type(widget).__module__.startswith("PySide6"):
        yield widget.text()
    if isinstance(widget, QTabBar):
        yield from (widget.tabText(number) for number in range(widget.count()))
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, QComboBox):
        yield widget.placeholderText()
    yield widget.accessibleName()


def _texts(widget: QWidget) -> Iterator[str]:
    """Texts among which data may stand."""
    yield from (_plain(widget.toolTip()), widget.accessibleDescription())
    if isinstance(widget, QLabel):
        yield widget.text()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(number) for number in range(widget.count()))
    if isinstance(widget, QAbstractItemView) and (model := widget.model()) is not None:
        columns = 1 if isinstance(widget, QListView) else model.columnCount(QModelIndex())
        yield from _cells(model, columns)


def _cells(model: QAbstractItemModel, columns: int) -> Iterator[str]:
    role = Qt.ItemDataRole
    for column in range(columns):
        if columns > 1:
            yield str(model.headerData(column, Qt.Orientation.Horizontal, role.DisplayRole) or "")
        for row in range(min(MOST, model.rowCount(QModelIndex()))):
            index = model.index(row, column)
            for kind in (role.DisplayRole, role.ToolTipRole, role.AccessibleTextRole):
                yield _plain(str(model.data(index, kind) or ""))


def _plain(tip: str) -> str:
    if not tip.startswith("<"):
        return tip
    shown = QTextEdit()
    shown.setHtml(tip)
    return shown.toPlainText()


def _data(desk: Any) -> list[str]:
    """What the desk, its log, its library, its playbooks and its models say: words that are no texts of the window."""
    from app import models, playbook_editing
    from engine import agents, playbook
    from engine.shelf import modules
    from tests.ui import stories

    found: list[Any] = [desk.tasks(), desk.status(), desk.library.collections, desk.settings(), str(desk.home)]
    found += [desk.history(row.id) for row in desk.tasks()]
    found += [desk.handoff(row.id) for row in desk.tasks()]
    found += [desk.proposals(row.id) for row in desk.tasks()]
    found += [desk.intents(""), desk.papers, stories.POLICY, stories.LETTER, models.playbook_rows(desk.home)]
    found += [desk.playbook_title(row.playbook) for row in desk.tasks()]
    for listed in playbook_editing.listed(desk):
        found += [listed, playbook.find(desk.home, listed.name)]
    team = models.team(desk.home)
    found += [entry.row for entry in team.entries]
    found += list(modules(agents))
    texts: set[str] = set()
    for one in found:
        _gather(one, texts)
    texts |= {title(text) for text in texts if "_" in text}
    bare = {_bare(text) for text in texts if re.search(r"[^\W\d_]{2}", text)}
    return sorted(bare, key=len, reverse=True)


def title(code: str) -> str:
    """As the window shows a code."""
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]


def _gather(value: Any, texts: set[str]) -> None:
    if isinstance(value, str):
        texts.update((value, *value.split("\n")))
    elif isinstance(value, dict):
        _gather([*value, *value.values()], texts)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for held in value:
            _gather(held, texts)
    elif hasattr(value, "__dataclass_fields__"):
        texts.update(title(name) for name in value.__dataclass_fields__)
        _gather({name: getattr(value, name) for name in value.__dataclass_fields__}, texts)


def _bare(text: str) -> str:
    """In one line, without the marks that fence it off."""
    return " ".join(text.replace("\u2068", "").replace("\u2069", "").replace("\u200b", "").split())


def _is_said(text: str, data: Sequence[str]) -> bool:
    """Whether nothing is left of it but what was translated, and data (the longest first, and in whole words)."""
    while SAID.search(text):
        text = SAID.sub("\n", text)
    text = TERM.sub(" ", _bare(text))
    for one in (*data, *KEYS):
        if one in text:
            text = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", " ", text)
    return not re.search(r"[^\W\d_]{2}", UNITS.sub(" ", text))


if __name__ == "__main__":
    sys.exit(main())
