"""The place of the models: who serves which role, what each needs, and how one comes, serves and goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout

from app.language import _
from engine.cards import Problem
from ui.bringing import Bringing
from ui.files import choose, dropped
from ui.member import Details, Stated
from ui.rooms import Room
from ui.team import MemberList, lines
from ui.trying import Trying
from ui.worker import Lane

if TYPE_CHECKING:
    from app.models import Team

ENDING = ".gguf"
SOON_MS = 1000


class Models(Room):
    def __init__(self, quick: Lane, slow: Lane) -> None:
        super().__init__(quick, slow)
        self.setAcceptDrops(True)
        self.sum, self.pick = Stated(), QPushButton(_("Import model…"))
        self.pick.setToolTip(_("Copy a GGUF file into this home, or drop it anywhere here"))
        self.unload = QPushButton(_("Unload all"))
        self.unload.setToolTip(
            _("Give back the memory of the models as soon as no task is worked; the next loads them")
        )
        self.bringing, self.list, self.details = Bringing(slow), MemberList(), Details()
        top = QHBoxLayout()
        top.setContentsMargins(16, 12, 16, 6)
        top.setSpacing(8)
        top.addWidget(self.sum, 1)
        for button in (self.unload, self.pick):
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.list)
        split.addWidget(self.details)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([640, 520])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.bringing)
        layout.addWidget(split, 1)
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.ask)
        self.pick.clicked.connect(self.choose)
        self.unload.clicked.connect(self.give_back)
        self.bringing.came.connect(self._came)
        self.list.picked.connect(self.details.show_line)
        self.list.used.connect(self.details.use_first)
        self.list.unwanted.connect(self.details.ask)
        self.details.used.connect(self.use)
        self.details.removed.connect(self.remove)
        self.details.tried.connect(self.try_out)
        self.trying = Trying(self)
        self.trying.said.connect(self.bringing.say)
        self.trying.over.connect(self.ask)

    def enter(self) -> None:
        self.ask()
        self.list.setFocus()

    def changed(self) -> None:
        """A task went on: other models may be in memory now. Not at each event."""
        if not self._soon.isActive():
            self._soon.start()

    @Slot()
    def choose(self) -> None:
        """Ask for a file; it blocks nothing."""
        many = QFileDialog.FileMode.ExistingFiles
        choose(self, many, self._take, _("Import a model"), _("Models (*.gguf)"))

    def bring(self, files: list[Path]) -> None:
        if self.desk and files:
            self.bringing.bring(self.desk.home, files)

    @Slot(str, str)
    def use(self, name: str, role: str) -> None:
        """Let it serve; "" = what came with Baton, or nobody."""
        from app import models

        self._do(lambda home: _("{said} The next task is worked with that.").format(said=models.use(home, name, role)))

    @Slot(str)
    def remove(self, name: str) -> None:
        from app import models

        self._do(lambda home: models.remove(home, name))
        self.list.setFocus()

    @Slot()
    def give_back(self) -> None:
        desk = self.desk
        if desk:
            self.quick.ask(
                desk.unload, lambda _none: self._given(_("The models give their memory back.")), self._failed
            )

    @Slot(str)
    def try_out(self, name: str) -> None:
        """Load it beside the team, and measure it."""
        if self.desk:
            self.trying.begin(self.desk.home, name)

    def _do(self, wish: Callable[[Path], str]) -> None:
        desk = self.desk
        if desk:
            self.slow.ask(lambda: wish(desk.home), self._done, self._failed)

    def _given(self, said: str) -> None:
        self.bringing.say(said, "plain")
        self._soon.start()

    def _done(self, said: str) -> None:
        self.bringing.say(said, "good")
        self.ask()

    def _failed(self, problem: Problem) -> None:
        self.bringing.say(problem.sentence, "danger")

    @Slot()
    def ask(self, then: str = "") -> None:
        """What there is now; the model `then` is the current one afterwards."""
        desk = self.desk
        if desk is None:
            return

        def work() -> tuple[Team, tuple[str, ...]]:
            from app import models

            loaded = desk.status().models
            return models.team(desk.home, loaded), loaded

        self.slow.ask(work, lambda found: self._told(*found, then), self._failed)

    def _told(self, team: Team, loaded: tuple[str, ...], then: str) -> None:
        self.sum.say_fit(team.fit, _("All in use together"))
        self.list.show_lines(lines(team, loaded))
        if then:
            self.list.choose(then)

    @Slot(object)
    def _came(self, row: object) -> None:
        self.ask(getattr(row, "id", ""))

    @Slot(list)
    def _take(self, names: list[str]) -> None:
        self.bring([Path(name) for name in names])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.desk and any(file.suffix.lower() == ENDING for file in dropped(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.bring([file for file in dropped(event.mimeData()) if file.suffix.lower() == ENDING])

    def event(self, event: QEvent) -> bool:
        """Esc means the question here, while there is one."""
        override = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and event.key() == Qt.Key.Key_Escape and self.details.asking:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.details.asking:
            self.details.keep()
            self.list.setFocus()
        else:
            super().keyPressEvent(event)
