"""Opens one card: what a leg changed in it, part by part, and the whole of it as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPixmap, QResizeEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.language import _
from engine.cards import Handoff
from engine.codec import plain
from ui import strokes, tones
from ui.changes import SIGNS, Change, Kind, compared, short
from ui.tabs import Tabs
from ui.words import Sign, label, one_line, plain_tip, written

_MOST = 400
"""Tree rows shown of one change; the JSON beside it always holds everything."""
_MARK = 14
"""Pixels of the shape that says what became of a part."""


class CardView(QWidget):
    copied = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons: dict[tuple[Kind, int], QIcon] = {}
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
        self.tree.setIconSize(QSize(_MARK, _MARK))
        self.json = QPlainTextEdit()
        self.json.setReadOnly(True)
        self.json.setTabChangesFocus(True)
        self.json.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.json.setAccessibleName(_("The whole card as JSON"))
        self.otherwise = label("", _("What another threshold had done"), wrap=True)
        self.otherwise.hide()
        self.seq = -1
        self.tabs = Tabs(_("What the card says"))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.tree, _("Changes"))
        self.tabs.addTab(self.json, _("Raw JSON"))
        self.legend = label(_("+ added   − removed   ≠ changed"), _("What the shapes before the parts mean"))
        self.legend.setFont(strokes.smaller(self.font()))
        self.tabs.setCornerWidget(self.legend)
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
            seq=after.seq + 1, sender=one_line(why.sender or "desk"), receiver=one_line(why.receiver)
        )
        self.heading.setText(text)  # numbered as in the graph: the first handoff is 1
        self.heading.setToolTip(plain_tip(text))
        text = json.dumps(plain(after), ensure_ascii=False, indent=2)
        for end in "\u2028\u2029":  # they would break a line within a string, and what is copied were no JSON
            text = text.replace(end, f"\\u{ord(end):04x}")
        self.json.setPlainText(text)
        self.model.clear()
        self.model.setHorizontalHeaderLabels([_("Part"), _("Before"), _("After")])
        old, new = plain(before) if before else {}, plain(after)
        reasons = [{_("Why it was passed on"): card.pop("why", None)} for card in (old, new)]
        budget = [_MOST]
        for change in compared({**old, "seq": None}, {**new, "seq": None}):
            self.model.appendRow(self._branch(change, budget))
        for change in compared(*reasons):
            self.model.appendRow(self._branch(change, [_MOST]))
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

    def _branch(self, change: Change, budget: list[int]) -> list[QStandardItem]:
        budget[0] -= 1
        first = _item(change.name)
        sign = SIGNS[change.kind]
        first.setIcon(self._icon(change.kind))
        told = f"{change.name}, {sign.word}"
        first.setToolTip(plain_tip(told))
        first.setData(told, int(Qt.ItemDataRole.AccessibleTextRole))
        for inner in change.inside:
            if budget[0] <= 0:
                first.appendRow([_item("…"), _item(""), _item(_("see Raw JSON"))])
                break
            first.appendRow(self._branch(inner, budget))
        return [first, _item(short(change.before)), _item(short(change.after))]

    def _icon(self, kind: Kind) -> QIcon:
        """What became of a part, as a shape; drawn once for each kind and palette."""
        key = (kind, self.palette().cacheKey())
        if key not in self._icons:
            self._icons[key] = self._mark(SIGNS[kind])
        return self._icons[key]

    def _mark(self, sign: Sign) -> QIcon:
        drawn = QPixmap(2 * _MARK, 2 * _MARK)
        drawn.setDevicePixelRatio(2)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        rect = QRectF(1.5, 1.5, _MARK - 3, _MARK - 3)
        strokes.shape(painter, rect, sign.shape, tones.ink(sign.tone, self.palette()))
        painter.end()
        return QIcon(drawn)

    @Slot()
    def _copy(self) -> None:
        self.copied.emit(written(self.json.document()))


def _item(text: str) -> QStandardItem:
    item = QStandardItem(one_line(text))
    item.setEditable(False)
    item.setToolTip(plain_tip(text))
    item.setData(text, int(Qt.ItemDataRole.AccessibleTextRole))
    return item
