"""What answers rest on: the collections, a search in them, their documents, and what is never used of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
)

from app.language import _, several
from engine.cards import Evidence, Problem
from ui import library_asked as asked
from ui.at_work import AtWork, Outcome
from ui.batches import Batches
from ui.collection_cards import Busy, Collection, collection
from ui.files import choose, dropped
from ui.holdings import Holdings
from ui.message import Message
from ui.pages import Pages
from ui.passages import FOUND, Passages
from ui.questions import Questions
from ui.rooms import Room
from ui.shelf import Shelf, no_collections
from ui.tabs import Tabs
from ui.uncovered import Uncovered
from ui.worker import Lane

if TYPE_CHECKING:
    from app.asking import Stop
    from app.coverage import Coverage
    from app.desk import Desk

MOST = 10_000
"""Documents that are listed; of a larger collection only the first ones."""
SOON_MS = 2000
"""Tasks may end one after the other: they are not asked about one by one."""
_ADD = _("Add to the collection")
_TUNE = _('Questions and their answers: a .jsonl of {"query","ids"}')
T = TypeVar("T")


class Knowledge(Room):
    def __init__(self, quick: Lane, slow: Lane) -> None:
        super().__init__(quick, slow)
        # Lanes of its own: an engine takes seconds to start, and the desk's other work must not wait for it.
        self.asks = Lane("knowledge-asks", self._problem, self)
        self.drawing = Lane("knowledge-pictures", self._problem, self)
        self._leaving: Stop | None = None
        self.questions, self.places = Questions(self.asks, self._problem), Questions(quick, self._problem)
        self.work = AtWork(self)
        self.batches = Batches(self.work)
        self._new: list[str] = []
        self._answered = False
        self._at = ""
        self._seen: tuple[str, Coverage] | None = None
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._lay_out()
        self.pages = Pages(self.quick, self.drawing, self.passages.page)
        self._connect()
        self._show()

    def seek(self) -> None:
        self.passages.query.setFocus()

    def enter(self) -> None:
        self.pages.desk = self.desk
        self._seen = None
        self.changed()
        self.refresh()
        (self.list if self.stack.currentIndex() else self.nothing.buttons[0]).setFocus()

    def changed(self) -> None:
        if desk := self.desk:
            self.quick.ask(desk.status, self.freshness.show_status)

    def leave(self) -> None:
        self._soon.stop()
        if self._leaving is not None:
            self._leaving.now()
        self.batches.close()
        for lane in (self.asks, self.drawing):
            lane.close()

    @Slot()
    def refresh(self) -> None:
        """Ask for the collections as they are now."""
        if self.desk is None:
            return
        self.freshness.ask()
        self._ask("list", asked.collections, self._take_collections, self._not_listed)

    # What can be wished for.

    def add(self, paths: Sequence[Path]) -> None:
        """Add files and folders to the chosen collection, behind what is done now."""
        if self.desk and self.list.current and paths:
            self.batches.add(self.desk, self.list.current.name, paths)
            self._say()

    @Slot()
    def add_files(self) -> None:
        choose(self, QFileDialog.FileMode.ExistingFiles, self._take_files, _ADD)

    @Slot()
    def add_folder(self) -> None:
        choose(self, QFileDialog.FileMode.Directory, self._take_files, _ADD)

    @Slot()
    def tune(self) -> None:
        choose(self, QFileDialog.FileMode.ExistingFile, self._take_questions, _TUNE)

    @Slot(str, object)
    def search(self, words: str, names: tuple[str, ...]) -> None:
        began = time.monotonic()
        self.passages.show_waiting()

        self._ask(
            "search", lambda desk, stop: asked.found(desk, names, words, FOUND, stop),
            lambda row: self.passages.show_found(row, time.monotonic() - began),
            lambda problem: self.passages.show_failed(problem.sentence),
        )  # fmt: skip

    @Slot(object)
    def remove(self, names: tuple[str, ...]) -> None:
        if chosen := self.list.current:
            name = chosen.name
            said = several("{n:,} document taken out.", "{n:,} documents taken out.", len(names))
            self._ask(
                "", lambda desk, stop: asked.removed(desk, name, names, stop), lambda _rows: self._changed(name, said)
            )

    @Slot()
    def remove_all(self) -> None:
        chosen = self.list.current
        if chosen is None:
            return
        name = chosen.name
        if name in self._new:
            self._new.remove(name)
        self.batches.gone(name)
        if not chosen.documents:
            self._changed(name)
            return
        self._ask("", lambda desk, stop: asked.removed_whole(desk, name, stop), lambda _rows: self._changed(name))

    @Slot()
    def tune_back(self) -> None:
        if chosen := self.list.current:
            name, said = chosen.name, _("Version {version} serves now (0 is the untuned one).")
            self._ask(
                "", lambda desk, stop: asked.tuned_back(desk, name, stop),
                lambda version: self._changed(name, said.format(version=version)),
            )  # fmt: skip

    @Slot()
    def cover(self) -> None:
        """Work out what of the chosen collection is never used."""
        chosen = self.list.current
        if chosen is None or not chosen.documents:
            self._seen = None
            self.questions.drop("coverage")
            self.uncovered.say(_("Nothing to look at: this collection is empty."))
            return
        name = chosen.name
        self._seen = None
        self.uncovered.show_waiting()

        def take(answer: tuple[Coverage, str]) -> None:
            self._seen = name, answer[0]
            self.uncovered.show_coverage(*answer)

        self._ask(
            "coverage", lambda desk, stop: asked.coverage(desk, name, stop), take,
            lambda problem: self.uncovered.say(problem.sentence),
        )  # fmt: skip

    @Slot()
    def name_new(self) -> None:
        """Ask for the name of a collection to be."""
        self.stack.setCurrentIndex(1)
        self.name.show()
        self.name.setFocus()

    # What the library says.

    def _ask(
        self,
        what: str,
        work: Callable[[Desk, Stop], T],
        then: Callable[[T], None],
        failed: Callable[[Problem], None] | None = None,
    ) -> None:
        """Ask on the lane; of questions of one kind only the latest answer counts."""
        from app.asking import Stop

        desk = self.desk
        if desk is not None:
            stop = self._leaving = self._leaving or Stop()
            self.questions.ask(what, lambda: work(desk, stop), then, failed)

    def _take_collections(self, rows: list[dict[str, Any]]) -> None:
        found, before = [collection(row) for row in rows], self.list.current
        known = {one.name for one in found if one.documents}
        self._new = [name for name in self._new if name not in known]
        self.list.show_rows(
            [*(one for one in found if one.name not in self._new), *(Collection(name) for name in self._new)]
        )
        self._answered = True
        self.freshness.answer()
        self.message.clear()
        self._show()
        self._list_documents()
        now = self.list.current
        if before and now and before.name == now.name and now.documents and not before.documents:
            self._look_covered()  # it said that there is nothing to look at

    def _not_listed(self, problem: Problem) -> None:
        self.freshness.fail()
        self._problem(problem)

    @Slot()
    def _settled(self) -> None:
        """What was worked or learned may have changed the collections, and what of them is used."""
        self._seen = None
        self.uncovered.doubt()
        if not self._soon.isActive():
            self._soon.start()

    @Slot()
    def _ask_again(self) -> None:
        """One question at a time."""
        if self.freshness.asking:
            self._soon.start()
        else:
            self.refresh()

    @Slot(str)
    def _chosen(self, name: str) -> None:
        self.batches.forget(self._at)
        if self.list.collections.position(self._at) >= 0:
            self.passages.follow()  # else the one before has gone, and nobody chose this one
        self._at = name
        self._show()
        self._list_documents()
        self._look_covered()

    def _list_documents(self) -> None:
        chosen = self.list.current
        if chosen is None or not chosen.documents:
            self.questions.drop("documents")
            self.holdings.show_documents([])
            return
        name = chosen.name
        self._ask(
            "documents", lambda desk, stop: asked.documents(desk, name, MOST, stop), self.holdings.show_documents,
            self._no_documents,
        )  # fmt: skip

    def _no_documents(self, problem: Problem) -> None:
        self.holdings.show_documents([])
        self._problem(problem)

    def _show(self) -> None:
        """What can be done now, with what there is."""
        rows, chosen = self.list.collections.rows, self.list.current
        if not self.name.isVisible():
            self.stack.setCurrentIndex(0 if self._answered and not rows else 1)
        full = [row.name for row in rows if row.documents]
        self.passages.show_collections(full, chosen.name if chosen else "")
        self.holdings.show_collection(chosen, at_work=self.work.name)
        self._say()
        self.tabs.setTabText(
            0,
            _("Documents ({documents:,})").format(documents=chosen.documents)
            if chosen and chosen.documents
            else _("Documents"),
        )

    def _changed(self, name: str, said: str = "") -> None:
        self.batches.tell(name, said)
        self._done()

    def _problem(self, problem: Problem) -> None:
        if problem.code != "stopped":
            self.message.show_problem(problem.sentence)

    # What is done in the background.

    def _say(self) -> None:
        """What was last done to the chosen collection, and how much of it is not listed."""
        chosen = self.list.current
        told = self.batches.told(chosen.name) if chosen else Outcome()
        first = _("The first {most:,} of {documents:,} documents.")
        part = first.format(most=MOST, documents=chosen.documents) if chosen and chosen.documents > MOST else ""
        self.holdings.show_said("\n".join(filter(None, (told.sentence, part))))
        self.holdings.show_notes(told.refused)

    @Slot()
    def _done(self) -> None:
        self._seen = None
        self._say()
        self.refresh()

    @Slot(str, object)
    def _follow(self, name: str, busy: Busy | None) -> None:
        before = self.list.collections.busy.get(name)
        self.list.collections.work(name, busy)
        if (before is None) != (busy is None):
            self._show()

    @Slot(list)
    def _take_questions(self, names: list[str]) -> None:
        if self.desk and self.list.current and names:
            self.batches.tune(self.desk, self.list.current.name, Path(names[0]))
            self._say()

    # Where a passage stands.

    @Slot(object)
    def _find(self, evidence: Evidence) -> None:
        """Show the page of a passage; its box is the page's to say."""
        if desk := self.desk:
            self.places.ask("place", lambda: asked.placed(desk, evidence), self.passages.show_place)

    @Slot(int)
    def _look_covered(self, _tab: int = 0) -> None:
        """What is not seen is not worked out."""
        chosen = self.list.current
        if self.tabs.currentWidget() is self.uncovered and not (self._seen and chosen and self._seen[0] == chosen.name):
            self.cover()

    # How it is made and wired.

    def _lay_out(self) -> None:
        self.message = Message()
        shelf = Shelf()
        self.fresh, self.name, self.list, self.freshness = shelf.fresh, shelf.name, shelf.list, shelf.freshness
        self.passages, self.holdings, self.uncovered = Passages(), Holdings(), Uncovered()
        self.tabs = Tabs(_("Documents and coverage"))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.holdings, _("Documents"))
        self.tabs.addTab(self.uncovered, _("Coverage"))
        self.right = QSplitter(Qt.Orientation.Vertical)
        self.right.setChildrenCollapsible(False)
        self.right.addWidget(self.passages)
        self.right.addWidget(self.tabs)
        self.right.setSizes([430, 300])
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(shelf)
        split.addWidget(self.right)
        split.setSizes([270, 930])
        split.setStretchFactor(1, 1)
        self.nothing = no_collections()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.nothing)
        self.stack.addWidget(split)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.message)
        layout.addWidget(self.stack, 1)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        self.work.told.connect(self._follow)
        self.work.done.connect(self._done)
        self.nothing.first.connect(self.name_new)
        self.fresh.clicked.connect(self.name_new)
        self.name.returnPressed.connect(self._make)
        self.list.chosen.connect(self._chosen)
        self.freshness.doubted.connect(self.list.collections.doubt)
        self.freshness.settled.connect(self._settled)
        self._soon.timeout.connect(self._ask_again)
        self.passages.asked.connect(self.search)
        for chosen in (self.passages.chosen, self.uncovered.chosen):
            chosen.connect(self._find)
        self.passages.page.wanted.connect(self.pages.fetch)
        self.tabs.currentChanged.connect(self._look_covered)
        self.uncovered.wanted.connect(self.cover)
        self.uncovered.searched.connect(self.passages.ask)
        holdings = self.holdings
        holdings.files_wished.connect(self.add_files)
        holdings.folder_wished.connect(self.add_folder)
        holdings.stop_wished.connect(self.batches.stop)
        holdings.removed.connect(self.remove)
        holdings.dropped_whole.connect(self.remove_all)
        holdings.tune_wished.connect(self.tune)
        holdings.tuned_back.connect(self.tune_back)

    @Slot()
    def _make(self) -> None:
        """A collection is there for the library once something is in it."""
        name = self.name.text().strip()
        self.name.clear()
        self.name.hide()
        if not name:
            self._show()
            return
        if self.list.collections.position(name) < 0:
            self._new.append(name)
            self.list.show_rows([*self.list.collections.rows, Collection(name)])
        self.list.choose(name)
        self._show()
        self.list.setFocus()

    @Slot(list)
    def _take_files(self, names: list[str]) -> None:
        self.add([Path(name) for name in names])

    def event(self, event: QEvent) -> bool:
        """Elsewhere these keys filter the inbox and stop the run."""
        if isinstance(event, QKeyEvent) and (wish := self._key(event)):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                wish()
                return True
        return super().event(event)

    def _key(self, event: QKeyEvent) -> Callable[[], None] | None:
        if event.matches(QKeySequence.StandardKey.Find):
            return self.passages.seek
        return self._no_name if event.key() == Qt.Key.Key_Escape and self.name.isVisible() else None

    def _no_name(self) -> None:
        self.name.clear()
        self._make()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.desk and self.list.current and dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.add(dropped(event.mimeData()))
