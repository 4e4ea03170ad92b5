"""The places of the window, on the left: where one is, and where something waits."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)

from app.language import _
from ui import glyphs, strokes, tones
from ui.kept import KeptRows
from ui.shape import Faces

Index = QModelIndex | QPersistentModelIndex
ICON = 22
_PLACE = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class View:
    """A place of the window. Its key also names its drawing in `glyphs`."""

    key: str
    title: str
    tip: str


VIEWS = (
    View("inbox", _("Inbox"), _("What came in, how it is worked, and every handoff")),
    View("review", _("Review"), _("What waits for a person: the page beside the answer")),
    View("tasks", _("Tasks"), _("All tasks there ever were, and a search through them")),
    View("knowledge", _("Knowledge"), _("What answers rest on: collections, and a search in them")),
    View("models", _("Models"), _("Which model does what, and what it needs")),
    View("playbooks", _("Playbooks"), _("How the work is done, in plain words")),
    View("settings", _("Settings"), _("What is set for this home")),
)


class Places(QAbstractListModel):
    def __init__(self, places: Sequence[View], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.places = tuple(places)
        self.waiting: dict[str, int] = {}

    def wait(self, key: str, number: int) -> None:
        """So many things wait there for a person."""
        if self.waiting.get(key, 0) != number:
            self.waiting[key] = number
            where = self.index(next(n for n, place in enumerate(self.places) if place.key == key))
            self.dataChanged.emit(where, where)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.places)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        place = self.places[index.row()]
        number = self.waiting.get(place.key, 0)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return place.title
            case Qt.ItemDataRole.ToolTipRole:
                return _("{tip} (Alt+{row})").format(tip=place.tip, row=index.row() + 1)
            case Qt.ItemDataRole.AccessibleTextRole:
                return (
                    _("{title}, {number:,} waiting").format(title=place.title, number=number) if number else place.title
                )
            case _:
                return place if role == _PLACE else None


class Navigation(QListView):
    chosen = Signal(str)
    """A person, or `go`, went to this place."""

    def __init__(self, places: Sequence[View]) -> None:
        super().__init__()
        self.places = Places(places, self)
        self.setModel(self.places)
        self.setItemDelegate(_Drawn(self))
        self.setAccessibleName(_("Places"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setFixedWidth(self.sizeHintForColumn(0))
        self.selectionModel().currentChanged.connect(self._choose)

    @property
    def here(self) -> str:
        index = self.currentIndex()
        return self.places.places[index.row()].key if index.isValid() else ""

    def go(self, key: str) -> None:
        self.setCurrentIndex(self.places.index([place.key for place in self.places.places].index(key)))

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.places.places[index.row()].key)


class Shell(QWidget):
    """The navigation and, beside it, the place one is at. Several places may show the same widget."""

    def __init__(self, navigation: Navigation, widget: Callable[[str], QWidget]) -> None:
        """`widget` gives what the place of that key shows."""
        super().__init__()
        self.navigation, self.stack = navigation, Faces()
        self._widget = widget
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(navigation)
        layout.addWidget(self.stack, 1)
        navigation.chosen.connect(self._show)

    @Slot(str)
    def _show(self, key: str) -> None:
        widget = self._widget(key)
        if self.stack.indexOf(widget) < 0:
            self.stack.addWidget(widget)
        self.stack.setCurrentWidget(widget)


class _Drawn(KeptRows):
    """A drawing above its word, and how many things wait there."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        metrics = QFontMetricsF(strokes.smaller(option.font))
        words = [place.title for place in index.model().places]  # type: ignore[attr-defined]
        width = max(metrics.horizontalAdvance(word) for word in words)
        return QSize(round(width) + 22, round(ICON + metrics.height() + 20))

    def said(self, index: Index) -> Hashable:
        place: View = index.data(_PLACE)
        return place, index.model().waiting.get(place.key, 0)  # type: ignore[attr-defined]

    def draw(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        place: View = index.data(_PLACE)
        rect, palette = QRectF(option.rect), option.palette
        painter.save()
        paper = strokes.ground(painter, option)
        here = bool(option.state & QStyle.StateFlag.State_Selected)
        ink = tones.ink("plain" if here else "quiet", palette, paper)
        top = rect.top() + 9
        painter.save()
        strokes.upright(painter, rect)
        glyphs.draw(painter, QRectF(rect.left(), top, rect.width(), ICON), place.key, ink)
        painter.restore()
        small = strokes.smaller(option.font)
        font = strokes.bold(small) if here else small
        width = QFontMetricsF(font).horizontalAdvance(place.title)
        words = QRectF(rect.center().x() - width / 2, top + ICON + 4, width + 2, QFontMetricsF(font).height())
        strokes.words(painter, words, place.title, font, ink)
        number = index.model().waiting.get(place.key, 0)  # type: ignore[attr-defined]
        if number:
            self._badge(painter, rect, top, number, option)
        painter.restore()

    def _badge(self, painter: QPainter, rect: QRectF, top: float, number: int, option: QStyleOptionViewItem) -> None:
        text = f"{number}" if number < 1000 else "999+"
        font = strokes.bold(strokes.smaller(option.font))
        width = QFontMetricsF(font).horizontalAdvance(text) + 8
        height = QFontMetricsF(font).height() + 1
        left = min(rect.center().x() + 5, rect.right() - width - 3)
        badge = QRectF(left, top - 5, width, height)
        wash = tones.wash("caution", option.palette, 0.25)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(wash)
        painter.drawRoundedRect(badge, height / 2, height / 2)
        strokes.words(painter, badge.adjusted(4, 0, 0, 0), text, font, tones.ink("caution", option.palette, wash))
