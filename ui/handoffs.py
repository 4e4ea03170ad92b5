"""Shows each handoff as it happens, and opens the card that was passed on."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListView, QSplitter, QVBoxLayout, QWidget

from app.language import _
from engine.cards import Handoff, Why
from ui import story, strokes
from ui.cardview import CardView
from ui.case import Case
from ui.graph import Graph
from ui.legs import ROW, Ask, Drawn, Leg, Legs, totals
from ui.rows import Wrapping
from ui.tabs import Tabs
from ui.timeline import Timeline
from ui.titles import Titles
from ui.tree import Tree
from ui.words import Sign, label

_TICK_MS = 250


class StoryList(Wrapping):
    """The list of handoffs; left and right close and open a request, as in a tree."""

    shut = Signal(bool)
    """A person wants the current request closed (True) or open."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not event.modifiers():
            back = Qt.Key.Key_Right if self.isRightToLeft() else Qt.Key.Key_Left
            self.shut.emit(event.key() == back)
        else:
            super().keyPressEvent(event)


class Handoffs(QWidget):
    copied = Signal(str)
    opened = Signal(int)
    """The card of this handoff is shown; carries its number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._case = Case()
        self._titles = Titles()
        self._shut_by_person: dict[story.Key, bool] = {}
        self._showing = False
        self._at = -1
        """The number of the handoff that a person stands at, in whichever view; -1 = they went to none."""
        self.legs = Legs(self)
        heading = label(_("Handoffs"), _("Handoffs"))
        heading.setFont(strokes.bold(self.font()))
        self.totals = label("", _("Totals of this task"))
        self.totals.setWordWrap(True)
        self.list = StoryList(_("Handoffs, one after another"))
        self.list.setModel(self.legs)
        self.list.setItemDelegate(Drawn(self.list, self.legs))
        self.list.setLayoutMode(QListView.LayoutMode.Batched)
        self.card = CardView()
        self.card.hide()
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.timeline, self.tree, self.graph = Timeline(), Tree(), Graph()
        self.ways = Tabs(_("Ways to look at the handoffs"))
        self.ways.setDocumentMode(True)
        self.ways.addTab(self.list, _("List"))
        self.ways.addTab(self.timeline, _("Timeline"))
        self.ways.addTab(self.tree, _("Tree"))
        self.ways.addTab(self.graph, _("Graph"))
        self.split.addWidget(self.ways)
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
        self.list.clicked.connect(self._activate)
        self.list.activated.connect(self._activate)
        self.list.shut.connect(self._shut)
        self.list.selectionModel().currentChanged.connect(self._follow)
        self.card.copied.connect(self.copied)
        self.card.closed.connect(self._close)
        for view in (self.timeline, self.tree, self.graph):
            view.chosen.connect(self._scrub)
        for view in (self.tree, self.graph):
            view.opened.connect(self._look)
        self.ways.currentChanged.connect(self._turn_to)

    def show_case(self, case: Case) -> None:
        """Take the story so far; a list that stood at its end stays at its end."""
        if case is not self._case:
            self._close()
            self._at = -1
            self.list.setCurrentIndex(QModelIndex())
            self._shut_by_person.clear()
            for view in (self.timeline, self.tree, self.graph):
                view.begin()
        bar = self.list.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4 or case is not self._case
        self._case = case
        self._tell()
        self.totals.setText(totals(case.history) if case.history else "")
        if case.agent:
            self._clock.start()
        else:
            self._clock.stop()
        if at_end:
            self.list.scrollToBottom()

    def rename(self, playbook: str, titles: Mapping[str, str]) -> None:
        """Learn what that playbook calls its intents."""
        self._titles.learn(playbook, titles)
        self._tell()

    def open(self, number: int) -> None:
        """Show what the handoff of that number changed."""
        states = self._case.states
        if 0 <= number < len(states):
            before: Handoff | None = states[number - 1] if number else None
            self._stand(states[number].seq)
            self.card.show_card(before, states[number])
            self.opened.emit(states[number].seq)
            if self.card.isHidden():
                self.card.show()
            # Later: the list has less room by then.
            row = self.legs.index(self.legs.of(states[number].seq))
            QTimer.singleShot(0, self.list, lambda: self.list.scrollTo(row))

    @Slot()
    def _tell(self, *_way: object) -> None:
        """The story as it stands; a person stays where they were, or comes to the request that closed over it."""
        self._tell_other(self._live())
        at: Leg | None = self.list.currentIndex().data(ROW)
        self._showing = True
        self.legs.show(story.told(self._case, self._live(), self._called(), self._shut_by_person))
        now: Leg | None = self.list.currentIndex().data(ROW)
        if at is not None and not at.live and at != now:
            row = self._row_of(at)
            if row >= 0:
                self.list.setCurrentIndex(self.legs.index(row))
        self._showing = False
        view = self.ways.currentWidget()
        if isinstance(view, (Timeline, Graph)) and self._at >= 0 and view.seq not in (-1, self._at):
            self._scrub(view.seq)  # who stood at the end there went on with it

    @Slot()
    def _turn_to(self, *_way: object) -> None:
        """Another view: one stands at the same handoff there."""
        self._tell_other(self._live())
        self._go_there()
        self._tell()

    def _go_there(self) -> None:
        """The view that is seen, to the handoff that one stands at."""
        view = self.ways.currentWidget()
        if self._at >= 0 and isinstance(view, (Timeline, Tree, Graph)):
            view.go(self._at)

    def _stand(self, seq: int) -> None:
        """List and view stand at that handoff now; the others go there when they are seen."""
        self._at = seq
        self._go_there()
        row = self.legs.of(seq)
        if row >= 0 and row != self.list.currentIndex().row():
            self._showing = True
            self.list.setCurrentIndex(self.legs.index(row))
            self._showing = False

    def _row_of(self, leg: Leg) -> int:
        if leg.request is None and (row := self.legs.of(leg.seq)) >= 0:
            return row
        key = leg.request.key if leg.request else story.key_of(self._case, leg.seq)
        return next((row for row, one in enumerate(self.legs.legs) if one.request and one.request.key == key), -1)

    def _live(self) -> Leg | None:
        case = self._case
        if not case.agent:
            return None
        sign = Sign(_("Working"), "ring", "working")
        why = Why("", case.agent, "")
        return Leg(len(case.history), why, sign, True, case.since, case.note, case.done, case.total)

    @Slot()
    def _tick(self) -> None:
        live = self._live()
        if live:
            self.legs.tick(live)
            if self.ways.currentWidget() is self.timeline:
                self.timeline.show_case(self._case, live)

    def _called(self) -> Mapping[str, str]:
        """What the playbook of this task calls its intents."""
        return self._titles.of(self._case.handoff.card.playbook if self._case.handoff else "")

    def _tell_other(self, live: Leg | None) -> None:
        """To the view that is seen beside the list."""
        case, view = self._case, self.ways.currentWidget()
        if view is self.timeline:
            self.timeline.show_case(case, live)
        elif view in (self.tree, self.graph):
            legs = story.unfolded(case, live, self._called())
            if view is self.tree:
                self.tree.show_legs(case.handoff.card.source if case.handoff else "", legs)
            else:
                self.graph.show_legs([leg for leg in legs if not leg.request])

    @Slot(QModelIndex)
    def _activate(self, index: QModelIndex) -> None:
        """A leg shows its card; a request shows or hides its legs."""
        leg: Leg | None = index.data(ROW)
        if leg is not None and leg.request:
            self._turn(leg.request)
        else:
            self._open(index)

    @Slot(bool)
    def _shut(self, shut: bool) -> None:
        """The request that is current, or that the current leg belongs to."""
        leg: Leg | None = self.list.currentIndex().data(ROW)
        if leg is None or not (leg.request or leg.inside):
            return
        row = next(row for row in range(self.list.currentIndex().row(), -1, -1) if self.legs.legs[row].request)
        ask = self.legs.legs[row].request
        if ask and ask.shut != shut and (shut or leg.request):
            self.list.setCurrentIndex(self.legs.index(row))
            self._turn(ask)

    def _turn(self, ask: Ask) -> None:
        if ask.handoffs:
            self._shut_by_person[ask.key] = not ask.shut
            self._tell()

    def _open(self, index: QModelIndex) -> None:
        leg: Leg | None = index.data(ROW)
        if leg is not None and not leg.live and not leg.request:
            self.open(next(n for n, state in enumerate(self._case.states) if state.seq == leg.seq))

    @Slot(QModelIndex)
    def _follow(self, index: QModelIndex) -> None:
        """A person went to another row of the list."""
        leg: Leg | None = index.data(ROW)
        if self._showing or leg is None or leg.live or leg.request:
            return
        self._at = leg.seq
        if self.card.isVisible():
            self._open(index)

    @Slot(int)
    def _scrub(self, seq: int) -> None:
        """A person went to that handoff in another view: list and card go with it; -1 = to the leg that runs."""
        self._at = seq
        if seq < 0:
            return
        key = story.key_of(self._case, seq)
        if key is not None and self.legs.of(seq) < 0:
            self._shut_by_person[key] = False
            self._tell()
        if (row := self.legs.of(seq)) >= 0:
            self.list.setCurrentIndex(self.legs.index(row))

    @Slot(int)
    def _look(self, seq: int) -> None:
        """Open its card."""
        self._scrub(seq)
        self.open(next((n for n, state in enumerate(self._case.states) if state.seq == seq), -1))

    @Slot()
    def _close(self) -> None:
        self.card.hide()
