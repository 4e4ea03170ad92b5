"""Opens one card: what a leg changed in it, part by part, and the whole of it as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QTabWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.language import _, several
from engine.cards import Handoff
from engine.codec import plain
from ui import strokes
from ui.words import label, one_line, plain_tip, title

_MOST = 400
"""Tree rows shown of one change; the JSON beside it always holds everything."""


class CardView(QWidget):
    copied = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = label("", _("Which card is open"))
        self.heading.setFont(strokes.bold(self.font()))
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        copy, close = QPushButton(_("Copy JSON")), QPushButton(_("Close"))
        copy.setAccessibleName(_("Copy this card as JSON"))
        close.setAccessibleName(_("Close the card"))
        self.model = QStandardItemModel(self)
        self.tree = QTreeView()
        self.tree.setModel(self.model)
        self.tree.setAccessibleName(_("What this handoff changed"))
        self.tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.tree.setAlternatingRowColors(True)
        self.tree.setIndentation(14)
        self.json = QPlainTextEdit()
        self.json.setReadOnly(True)
        self.json.setTabChangesFocus(True)
        self.json.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.json.setAccessibleName(_("The whole card as JSON"))
        self.otherwise = label("", _("What another threshold had done"), wrap=True)
        self.otherwise.hide()
        self.seq = -1
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.tree, _("Changes"))
        self.tabs.addTab(self.json, _("Raw JSON"))
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        top.addWidget(copy)
        top.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.otherwise)
        layout.addWidget(self.tabs, 1)
        self.setMinimumHeight(180)
        copy.clicked.connect(self._copy)
        close.clicked.connect(self.closed)

    def show_card(self, before: Handoff | None, after: Handoff) -> None:
        """`before` is None for the handoff that opened the task."""
        why, self.seq = after.why, after.seq
        self.show_otherwise([])
        text = _("Card {seq}: {sender} → {receiver}").format(
            seq=after.seq, sender=one_line(why.sender or "desk"), receiver=one_line(why.receiver)
        )
        self.heading.setText(text)
        self.heading.setToolTip(plain_tip(text))
        self.json.setPlainText(json.dumps(plain(after), ensure_ascii=False, indent=2))
        self.model.clear()
        self.model.setHorizontalHeaderLabels([_("Part"), _("Before"), _("After")])
        budget = [_MOST]
        for name, old, new in _parts(plain(before) if before else {}, plain(after)):
            self.model.appendRow(_branch(title(name), old, new, budget))
        self.model.appendRow(
            _branch(_("Why it was passed on"), plain(before.why) if before else None, plain(why), [_MOST])
        )
        for row in range(self.model.rowCount() - 1):
            self.tree.expand(self.model.index(row, 0))
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Interactive)
        self._share()

    def show_otherwise(self, sentences: Sequence[str]) -> None:
        """What would have happened one threshold lower or higher; nothing where none decided."""
        self.otherwise.setText("\n".join(sentences))
        self.otherwise.setVisible(bool(sentences))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """What is new gets most of the room."""
        self.tree.setColumnWidth(1, max(60, int(0.38 * (self.tree.viewport().width() - self.tree.columnWidth(0)))))

    @Slot()
    def _copy(self) -> None:
        self.copied.emit(self.json.toPlainText())


def _parts(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """The named parts that differ."""
    return [
        (name, before.get(name), value)
        for name, value in after.items()
        if name not in ("seq", "why") and before.get(name) != value
    ]


def _branch(name: str, before: Any, after: Any, budget: list[int]) -> list[QStandardItem]:
    budget[0] -= 1
    first = _item(name)
    if isinstance(before, (dict, list)) or isinstance(after, (dict, list)):
        for child, old, new in _children(before, after):
            if budget[0] <= 0:
                first.appendRow([_item("…"), _item(""), _item(_("see Raw JSON"))])
                break
            first.appendRow(_branch(child, old, new, budget))
    return [first, _item(_short(before)), _item(_short(after))]


def _children(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    olds, news = _named(before), _named(after)
    names = list(dict.fromkeys((*news, *olds)))
    return [(title(name), olds.get(name), news.get(name)) for name in names if olds.get(name) != news.get(name)]


def _named(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value, 1)}
    return {}


def _short(value: Any) -> str:
    """A value in one cell; of a list or an object, what it holds."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return several("{n} item", "{n} items", len(value)) if value else _("empty")
    if isinstance(value, dict):
        told = next(
            (value[key] for key in ("text", "quote", "value", "label", "name", "reason", "id") if value.get(key)), ""
        )
        return str(told)
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _item(text: str) -> QStandardItem:
    item = QStandardItem(one_line(text))
    item.setEditable(False)
    item.setToolTip(plain_tip(text))
    item.setData(text, int(Qt.ItemDataRole.AccessibleTextRole))
    return item
