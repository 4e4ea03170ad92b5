"""Gives the window its shape: the first time one that fits the screen, then the one in which it was left."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections import Counter
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

FRAME = QSize(16, 48)
"""What a window manager draws around a window, at most: it says so only when the window is seen."""
_MOST = 20_000
"""Pixels of a part; the longest file is one of hundreds of parts."""
_WAYS = {Qt.Orientation.Horizontal: "across", Qt.Orientation.Vertical: "down"}


class Faces(QStackedWidget):
    """Asks for the room that its current widget needs; Qt's own asks for what the largest of all needs."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(self.updateGeometry)

    def minimumSizeHint(self) -> QSize:
        widget = self.currentWidget()
        return widget.minimumSizeHint() if widget else QSize()


class Turning(QSplitter):
    """A splitter that is turned where there is room: each way has sizes of its own."""

    def __init__(self, way: Qt.Orientation, across: list[int], down: list[int]) -> None:
        super().__init__(way)
        self.both = {Qt.Orientation.Horizontal: across, Qt.Orientation.Vertical: down}

    def turn(self, way: Qt.Orientation) -> None:
        if way != self.orientation():
            self.both[self.orientation()] = _sizes(self)
            self.setOrientation(way)
            self.setSizes(self.both[way])


class Shape:
    """Where the window stands and how its parts share it, in `window.json` of the home.

    It is a convenience: where the file is damaged or can't be written, the window has its usual shape, and nobody is
    told.
    """

    def __init__(self, home: Path) -> None:
        self._file = home / "window.json"
        self._splits: dict[str, list[int]] = {}
        self._stands = b""
        self._read()

    def give(self, window: QWidget, places: QStackedWidget) -> None:
        """To that window, and to each of its places: those are made when somebody first goes there."""
        self.place(window)
        self.divide(window)

        def made(number: int) -> None:
            if place := places.widget(number):
                self.divide(place)

        places.widgetAdded.connect(made)

    def place(self, window: QWidget) -> None:
        """As it was left, else of the size it has; never larger than its screen, nor away from all screens."""
        usual = window.size()
        left = bool(self._stands) and window.restoreGeometry(QByteArray(self._stands))
        if not (left and (window.isMaximized() or _seen(window.geometry()))):
            window.setWindowState(Qt.WindowState.WindowNoState)
            window.setGeometry(fitting(window.screen().availableGeometry(), usual))

    def divide(self, part: QWidget) -> None:
        """Give the splitters in it the sizes that they were left with."""
        for name, splitter in _splitters(part):
            kept = {way: self._splits.get(f"{name} {word}", []) for way, word in _WAYS.items()}
            kept = {way: sizes for way, sizes in kept.items() if len(sizes) == splitter.count()}
            if isinstance(splitter, Turning):
                splitter.both.update(kept)
            if splitter.orientation() in kept:
                splitter.setSizes(kept[splitter.orientation()])

    def keep(self, window: QWidget) -> None:
        """Remember all that; what was not seen this time stays as it was."""
        self._stands = bytes(window.saveGeometry().data())
        for name, splitter in _splitters(window):
            both = splitter.both if isinstance(splitter, Turning) else {}
            for way, sizes in (both | {splitter.orientation(): _sizes(splitter)}).items():
                self._splits[f"{name} {_WAYS[way]}"] = sizes
        self._write()

    def _read(self) -> None:
        try:
            told = json.loads(self._file.read_bytes())
            self._stands = base64.b64decode(told.get("stands", ""), validate=True)
            self._splits = {str(name): sizes for name, sizes in told.get("parts", {}).items() if _sound(sizes)}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
            self._stands, self._splits = b"", {}

    def _write(self) -> None:
        from engine.store import write_aside

        if not self._file.parent.is_dir():  # a home that could not be opened is not made here
            return
        told = {"stands": base64.b64encode(self._stands).decode(), "parts": self._splits}
        try:
            write_aside(self._file, json.dumps(told, indent=1).encode())
        except OSError:
            return


def fitting(room: QRect, wanted: QSize) -> QRect:
    """Where a window of that size, or of a smaller one, stands within that room, with what is drawn around it."""
    size = wanted.boundedTo(room.size() - FRAME)
    place = QRect(room.topLeft(), size)
    place.moveCenter(room.center())
    place.moveTop(max(place.top(), room.top() + FRAME.height() - FRAME.width() // 2))
    return place


def _seen(stands: QRect) -> bool:
    """Whether a window that stands there is in the middle of some screen, and no larger than it."""
    rooms = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    return any(
        room.contains(stands.center()) and stands.size().boundedTo(room.size()) == stands.size() for room in rooms
    )


def _splitters(part: QWidget) -> list[tuple[str, QSplitter]]:
    """Each by the class of ours that made it, and which of its splitters it is."""
    found: list[tuple[str, QSplitter]] = []
    before: Counter[str] = Counter()
    for splitter in part.findChildren(QSplitter):
        owner = _owner(splitter)
        before[owner] += 1
        found.append((f"{owner} {before[owner]}", splitter))
    return found


def _owner(widget: QWidget) -> str:
    above = widget.parentWidget()
    while above is not None and (isinstance(above, Turning) or not type(above).__module__.startswith("ui.")):
        above = above.parentWidget()
    return type(above).__name__


def _sizes(splitter: QSplitter) -> list[int]:
    """Of all parts: what is hidden now has the size that it will have when it is shown again.

    `sizes()` says 0 for those; Qt's state has them, behind its mark, its version, and how many there are.
    """
    state = splitter.saveState().data()
    return list(struct.unpack_from(f">{splitter.count()}i", state, 12))


def _sound(sizes: Any) -> bool:
    return isinstance(sizes, list) and all(type(size) is int and 0 <= size <= _MOST for size in sizes)
