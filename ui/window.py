"""Connects the widgets to the desk: shows what its events say, and sends back a person's wishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMainWindow, QWidget

from app.language import _
from engine.cards import Problem
from engine.events import LAST_WORDS, Event, Handed, Started
from ui.allowing import Allowing
from ui.case import Case
from ui.commands import commands
from ui.copying import KEY
from ui.deciding import Deciding
from ui.explaining import Explaining
from ui.feed import Feed
from ui.files import case_name, choose, dropped, save
from ui.first_run import FirstRun
from ui.following import Following
from ui.keys import Help, ReviewKeys, bind
from ui.navigation import VIEWS, Navigation, Shell
from ui.pages import Pages
from ui.palette import Palette
from ui.panes import Panes
from ui.places import Rooms
from ui.retries import Retries
from ui.rooms import Room
from ui.showing import Showing
from ui.standing import Standing, Standings
from ui.status import Status
from ui.tools import Tools
from ui.words import isolated
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from app.task_rows import DeskStatus


DESK = ("inbox", "review")
"""The places that show the desk's tasks one by one."""


class Window(QMainWindow):
    told = Signal(str)
    """A sentence for the person, from whatever thread."""
    upkept = Signal()
    """What is done in the background has begun or ended, on whatever thread."""

    def __init__(
        self, open_desk: Callable[[], Desk], sample: Path | None = None, *, begin: Sequence[Path] = ()
    ) -> None:
        """`sample` is the sample inbox; what is in `begin` is submitted as soon as the desk is open."""
        super().__init__()
        self.setWindowTitle("Baton")
        self.resize(1280, 800)
        self.setAcceptDrops(True)
        self._open_desk, self._sample, self._begin = open_desk, sample, list(begin)
        self.desk: Desk | None = None
        self._unlisten: Callable[[], None] | None = None
        self.case = Case()
        self._status: DeskStatus | None = None
        self._moving, self._was = False, "inbox"
        self._then: list[tuple[int, Callable[[], None]]] = []
        self.edits: dict[str, str] = {}
        self.panes, self.bar, self.tools = Panes(), Status(), Tools(self)
        self.addToolBar(self.tools)
        self.centre, self.inbox = self.panes.centre, self.panes.inbox
        self.setStatusBar(self.bar)
        self.help = Help(self)
        self.quick = Lane("desk-quick", self.say_problem, self)
        self.slow = Lane("desk-slow", self.say_problem, self)
        self.drawing = Lane("desk-pictures", self.say_problem, self)
        self.rooms = Rooms(self._room)
        self.places = Navigation([view for view in VIEWS if view.key in {*DESK, *self.rooms}])
        self.shell = Shell(self.places, lambda key: self.panes if key in DESK else self.rooms[key])
        self.setCentralWidget(self.shell)
        self.finder = Palette(self, partial(commands, self))
        self.pages = Pages(self.quick, self.drawing, self.centre.page)
        self.sources = Pages(self.quick, self.drawing, self.centre.source)
        self.standing = Standing(self.quick, self)
        self.retries = Retries(self.quick, self.slow, self.centre.quarantine.retry, self.centre.retry, self._changed)
        self.allowing = Allowing(self.quick, self.centre.proposals, self._not_allowed, self._changed)
        self.explaining = Explaining(self.quick, self.centre.why)
        self.first_run = FirstRun(self.slow, self.panes.nothing)
        self.feed = Feed(self)
        self.following = Following(
            self.tools.follow, lambda: self.allowing.looking or self.centre.writing, self.go, self
        )  # fmt: skip
        self.deciding, self.showing = Deciding(self), Showing(self)
        self._connect()
        self.places.go("inbox")
        self.showing.task(fresh=True)

    def start(self) -> None:
        """Open the desk; the window is already there and says so."""
        self.panes.stack.setCurrentWidget(self.panes.opening)
        self.slow.ask(self._open, self._opened, self._refused)

    def close_desk(self) -> None:
        """Let go of the desk; nothing is asked of it afterwards."""
        if self._unlisten:
            self._unlisten()
            self._unlisten = None
        self.standing.close()
        for room in self.rooms.made.values():
            room.leave()
        for lane in (self.quick, self.slow, self.drawing):
            lane.close()
        if self.desk:
            self.desk.close()
            self.desk = None

    # What can be wished for.

    def submit(self, paths: Sequence[Path]) -> None:
        desk = self.desk
        if desk and paths:
            self.bar.say(_("Adding files…"))
            before = self.inbox.tasks.ids()
            self.slow.ask(lambda: desk.submit(list(paths)), lambda tasks: self._submitted(tasks, before))

    def come_forward(self, paths: Sequence[Path]) -> None:
        """Somebody started Baton again, perhaps with files."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        if self.desk:
            self.submit(paths)
        else:
            self._begin += paths

    @Slot()
    def open_sample(self) -> None:
        if self._sample:
            self.submit([self._sample])

    @Slot()
    def add_files(self) -> None:
        choose(self, QFileDialog.FileMode.ExistingFiles, self._take_files)

    @Slot()
    def add_folder(self) -> None:
        choose(self, QFileDialog.FileMode.Directory, self._take_files)

    @Slot()
    def run_again(self) -> None:
        desk, task = self.desk, self.case.task
        if desk and task:
            self.slow.ask(lambda: desk.resume(task), self._changed)

    @Slot()
    def export(self) -> None:
        """Ask where the case of the task that is seen is to be written."""
        if row := self.inbox.tasks.row(self.case.task):
            save(self, _("Export case"), case_name(row.name, row.id), partial(self.export_to, row.id))

    def export_to(self, task: str, name: str) -> None:
        desk = self.desk
        if desk:
            self.bar.say(_("Writing the case…"))
            said = _("Written: {name}").format(name=isolated(Path(name).name))
            self.slow.ask(lambda: desk.export(task, Path(name)), lambda _: self.bar.say(said))

    @Slot()
    def stop(self) -> None:
        desk = self.desk
        if desk and self.tools.stop.isEnabled():
            self.quick.ask(desk.stop, self._changed)

    @Slot()
    def escape(self) -> None:
        """Leave the nearest thing: help, an edit, a text field. It ends nothing that is at work."""
        if self.finder.isVisible():
            self.finder.leave()
        elif self.help.isVisible():
            self.help.hide()
        elif self.allowing.looking or self.centre.draft.editing:
            self.deciding.leave()
        elif self.centre.quarantine.retry.password.hasFocus() or self.centre.retry.password.hasFocus():
            self.retries.forget()
        elif self.inbox.filter.hasFocus():
            self.inbox.leave_filter()

    # What the desk says.

    @Slot(list)
    def _arrived(self, events: list[Event]) -> None:
        mine, missing = False, False
        fresh = self.inbox.tasks.follow(events)
        for event in events:
            if isinstance(event, Started):
                self.following.worked(event.card)
            if event.card == self.case.task:
                mine = True
                missing |= not self.case.take(event)
        if missing:
            self._load()
        task = self.case.task
        self.following.catch_up()
        if mine and task == self.case.task:
            self.showing.task(fresh=False)
        if fresh or any(isinstance(event, (Started, Handed, *LAST_WORDS)) for event in events):
            self.standing.ask()

    def _open(self) -> Desk:
        self.desk = self._open_desk()
        return self.desk

    def _opened(self, desk: Desk) -> None:
        if self.desk is None:
            return  # closed while it was opening
        self._unlisten = desk.listen(self.feed.put)
        desk.attend(self.upkept.emit)
        self.panes.stack.setCurrentWidget(self.panes.nothing)
        self.pages.desk = self.sources.desk = self.standing.desk = self.retries.desk = self.allowing.desk = desk
        self.explaining.desk = desk
        for key, room in self.rooms.made.items():
            room.desk = desk
            if key == self.places.here:
                room.enter()
        self.tools.open_for_work()
        self.standing.ask()
        begin, self._begin = self._begin, []
        self.submit(begin)

    def _refused(self, problem: Problem) -> None:
        self.panes.refused.say(_("Baton cannot start"), problem.sentence)
        self.panes.stack.setCurrentWidget(self.panes.refused)

    def say_problem(self, problem: Problem) -> None:
        self.panes.message.show_problem(problem.sentence)
        self.standing.ask()

    def _not_allowed(self, problem: Problem) -> None:
        """It waits still: ask what it is now."""
        self.say_problem(problem)
        self.allowing.show_case(self.case)

    def _submitted(self, tasks: list[str], before: frozenset[str]) -> None:
        """`before` are the tasks that were in the inbox when the files were given."""
        if not tasks:
            self.bar.say(_("No files found there."))
        elif before.issuperset(tasks):
            self.bar.say(_("Nothing new: these files are in the inbox already."))
        self.standing.ask()

    def _changed(self, _result: object) -> None:
        self.standing.ask()

    @Slot(object)
    def _take_rows(self, told: Standings) -> None:
        rows, status = told.rows, told.status
        self._status = status
        self.inbox.show_rows(rows, told.total)
        self.places.places.wait("review", told.undecided)
        if room := self.rooms.get(self.places.here):
            room.changed()
        self.bar.show_status(status)
        busy = bool(status.running or status.queued or status.reading or status.unread)
        self.tools.stop.setEnabled(busy or any(row.state == "parked" for row in rows))
        self.panes.stack.setCurrentWidget(self.panes.work if rows else self.panes.nothing)
        if not told.total:
            self.first_run.look(self.desk)
        for playbook in {row.playbook for row in rows} - self.showing.titles.keys():
            self.showing.learn(playbook)
        if rows and not self.case.task:
            self.go(status.running or rows[0].id)
        row, agent = self.inbox.tasks.row(self.case.task), self.case.agent
        if row:
            self.case.settle(running=row.state == "running")
        then = [wish for number, wish in self._then if number <= told.number]
        self._then = [one for one in self._then if one[0] > told.number]
        for wish in then:
            wish()
        if then or row != self.showing.row or agent != self.case.agent:
            self.showing.task(fresh=False)

    # What is shown.

    @Slot(str)
    def _went(self, place: str) -> None:
        """To another place: inbox and review are the same desk, arranged for watching or for deciding."""
        self.keys.rest(place not in DESK)
        if place in DESK:
            self.panes.arrange(reviewing=place == "review")
            self.showing.file(fresh=False)
            self.centre.draft.sentences.pick_again()
            self._stand_ready()
            if self._was not in DESK:  # models and playbooks may be others now
                self.first_run.again()
                self.showing.forget()
                self.standing.ask()
        elif self.desk:
            self.rooms[place].enter()
        self._was = place

    def _stand_ready(self) -> None:
        """Letters decide here: they must not go into the filter, where Qt would put the focus."""
        draft = self.centre.draft
        (draft.editor if draft.editing else self.inbox.list).setFocus()

    @Slot(str)
    def _chosen(self, task: str) -> None:
        if task == self.case.task:
            return
        if not self._moving:
            self.tools.follow.setChecked(False)
        if text := self.centre.draft.changed():
            self.edits[self.case.task] = text
        self.case = Case(task)
        self.standing.seen = task
        self.showing.intents()
        self.showing.task(fresh=True)
        self.centre.decision.note.clear()
        self._load()

    @Slot(str)
    def show_task(self, task: str) -> None:
        """Go to that task in the inbox, whatever is filtered there."""
        self.places.go("inbox")
        self.inbox.filter.clear()
        self.inbox.show_all()
        self.inbox.list.setFocus()
        if self.inbox.tasks.row(task):
            self.inbox.choose(task)
        else:  # it is older than what the inbox shows
            self.standing.seen = task
            self.after_rows(lambda: self.inbox.choose(task))
            self.standing.ask()

    def after_rows(self, wish: Callable[[], None]) -> None:
        """Do that when the inbox has its newest rows: what was hidden may be seen again by then."""
        self._then.append((self.standing.number + 1, wish))  # what is on its way was asked before

    def go(self, task: str) -> None:
        """Show that task without taking it for a person's choice."""
        self._moving = True
        self.inbox.choose(task)
        self._moving = False

    def _load(self) -> None:
        desk, task = self.desk, self.case.task
        if desk and task:
            self.quick.ask(lambda: desk.history(task), lambda history: self.loaded(task, history))

    def loaded(self, task: str, history: list[Handed]) -> None:
        if task == self.case.task:
            row = self.inbox.tasks.row(task)
            self.case.load(history, running=bool(row and row.state == "running") or bool(self.case.agent))
            self.showing.task(fresh=False)
            if task in self.edits:
                self.centre.draft.begin_edit(self.edits.pop(task))
                self.deciding.show()

    # How it is wired.

    @Slot()
    def _follow(self) -> None:
        self.following.worked((self._status.running if self._status else None) or "")
        self.following.catch_up()

    def _room(self, kind: type[Room]) -> Room:
        room = kind(self.quick, self.slow)
        room.desk = self.desk
        room.opened.connect(self.show_task)
        return room

    def _connect(self) -> None:
        centre, panes = self.centre, self.panes
        self.feed.arrived.connect(self._arrived)
        for said in (self.told, self.standing.failed):
            said.connect(panes.message.show_problem)
        self.standing.told.connect(self._take_rows)
        self.upkept.connect(self.standing.ask)
        for retry in (centre.quarantine.retry, centre.retry):
            retry.again.connect(self.retries.again)
            retry.larger.connect(self.retries.larger)
            retry.unlock.connect(self.retries.unlock)
        self.places.chosen.connect(self._went)
        self.inbox.chosen.connect(self._chosen)
        centre.page.wanted.connect(self.pages.fetch)
        centre.source.wanted.connect(self.sources.fetch)
        for copied in (panes.handoffs.copied, centre.copies.copied):
            copied.connect(self._copy)
        panes.nothing.first.connect(self.open_sample)
        panes.nothing.second.connect(self.add_files)
        panes.nothing.third.connect(self.add_folder)
        panes.nothing.fourth.connect(partial(self.places.go, "models"))
        panes.refused.first.connect(self.start)
        panes.refused.second.connect(self.close)
        for action, act in (
            (self.tools.files, self.add_files),
            (self.tools.folder, self.add_folder),
            (self.tools.sample, self.open_sample),
            (self.tools.stop, self.stop),
            (self.tools.again, self.run_again),
            (self.tools.export, self.export),
            (self.tools.follow, self._follow),
            (self.tools.keys, self.help.toggle),
        ):
            action.triggered.connect(act)
        decide = self.deciding
        single: dict[str, Callable[[], None]] = {
            "A": decide.approve, "E": decide.edit, "X": decide.reject, "Space": decide.skip, "Backspace": decide.undo,
            "L": decide.look, "W": centre.look_why, "J": self._down, "K": self._up,
        }  # fmt: skip
        self.keys = ReviewKeys(self, single | {"H": centre.page.unseen.flip, "?": self.help.toggle})
        columns = (self.inbox.list, centre.draft.sentences, panes.handoffs.list)
        for key, widget in zip(("Ctrl+1", "Ctrl+2", "Ctrl+3"), columns, strict=True):
            bind(self, key, partial(self._look_at, widget))
        bind(self, "Ctrl+F", self._seek)
        bind(self, KEY, centre.copies.copy)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            bind(self, key, decide.confirm)
        for number, place in enumerate(self.places.places.places, 1):
            bind(self, f"Alt+{number}", partial(self.places.go, place.key))
        bind(self, "Esc", self.escape)
        bind(self, "Ctrl+K", self.finder.toggle)
        bind(self, "Ctrl+Q", self.close)

    @Slot()
    def _seek(self) -> None:
        """To where one searches here: never into a field that is not seen."""
        if room := self.rooms.get(self.places.here):
            room.seek()
        else:
            self.inbox.filter.setFocus()

    def _look_at(self, column: QWidget) -> None:
        if self.places.here not in DESK:
            self.places.go("inbox")
        column.setFocus()

    @Slot()
    def _down(self) -> None:
        self.inbox.step(1)

    @Slot()
    def _up(self) -> None:
        self.inbox.step(-1)

    @Slot(str)
    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.bar.say(_("Copied."))

    @Slot(list)
    def _take_files(self, names: list[str]) -> None:
        self.submit([Path(name) for name in names])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.desk and dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.submit(dropped(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:
        unfinished = len(self.edits) + len(self.deciding.left) + bool(self.centre.draft.changed())
        if self.desk and not self.panes.closing.may(unfinished, self.close):
            self.places.go("inbox")
            self.panes.closing.no.setFocus()
            event.ignore()
            return
        event.accept()
        self.hide()
