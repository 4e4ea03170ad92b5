"""Shows each handoff as it happens, and opens the card that was passed on."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QListView, QSplitter, QVBoxLayout, QWidget

from engine.cards import Handoff, Why
from ui import strokes
from ui.cardview import CardView
from ui.case import Case
from ui.legs import ROW, Drawn, Leg, Legs, totals
from ui.rows import Wrapping
from ui.words import Sign, label

_TICK_MS = 250


class Handoffs(QWidget):
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._case = Case()
        self.legs = Legs(self)
        heading = label("Handoffs", "Handoffs")
        heading.setFont(strokes.bold(self.font()))
        self.totals = label("", "Totals of this task")
        self.totals.setWordWrap(True)
        self.list = Wrapping("Handoffs, one after another")
        self.list.setModel(self.legs)
        self.list.setItemDelegate(Drawn(self.list))
        self.list.setLayoutMode(QListView.LayoutMode.Batched)
        self.card = CardView()
        self.card.hide()
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.list)
        self.split.addWidget(self.card)
        self.split.setSizes([500, 360])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 6, 8, 4)
        layout.setSpacing(6)
        layout.addWidget(heading)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.totals)
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK_MS)
        self._clock.timeout.connect(self._tick)
        self.list.clicked.connect(self._open)
        self.list.activated.connect(self._open)
        self.list.selectionModel().currentChanged.connect(self._follow)
        self.card.copied.connect(self.copied)
        self.card.closed.connect(self._close)

    def show_case(self, case: Case) -> None:
        """Take the story so far; a list that stood at its end stays at its end."""
        if case is not self._case:
            self._close()
        bar = self.list.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4 or case is not self._case
        self._case = case
        self.legs.show(case.history, self._live())
        self.totals.setText(totals(case.history) if case.history else "")
        if case.agent:
            self._clock.start()
        else:
            self._clock.stop()
        if at_end:
            self.list.scrollToBottom()

    def open(self, number: int) -> None:
        """Show what the handoff in that row changed."""
        states = self._case.states
        if 0 <= number < len(states):
            before: Handoff | None = states[number - 1] if number else None
            self.card.show_card(before, states[number])
            if self.card.isHidden():
                self.card.show()
                self.list.scrollTo(self.legs.index(number))

    def _live(self) -> Leg | None:
        case = self._case
        if not case.agent:
            return None
        sign = Sign("Working", "ring", "working")
        why = Why("", case.agent, "")
        return Leg(len(case.history), why, sign, True, case.since, case.note, case.done, case.total)

    @Slot()
    def _tick(self) -> None:
        live = self._live()
        if live:
            self.legs.tick(live)

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        leg = index.data(ROW)
        if leg is not None and not leg.live:
            self.open(index.row())

    @Slot(QModelIndex)
    def _follow(self, index: QModelIndex) -> None:
        if self.card.isVisible():
            self._open(index)

    @Slot()
    def _close(self) -> None:
        self.card.hide()
