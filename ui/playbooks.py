"""How the work is done: the playbooks in plain words, as a way through the team, and as a text that can be changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.language import _, several
from engine.cards import Problem
from ui import playbook_asked as asked
from ui import strokes, tones
from ui.confirm import Confirm
from ui.elided import Elided
from ui.finding import FindBar
from ui.message import Message
from ui.naming import Naming
from ui.playbook_effects import Effects
from ui.playbook_past import Past
from ui.playbook_rows import goes_by, paragraphs, playbook_row
from ui.playbook_text import PlaybookText
from ui.rooms import Room
from ui.rows import RowList
from ui.status import Modest
from ui.way import Way
from ui.words import Tone, isolated, label
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from app.playbook_editing import Checked, Listed, Opened, Version
    from app.playbook_effect import Foretold

T = TypeVar("T")


class Playbooks(Room):
    def __init__(self, quick: Lane, slow: Lane) -> None:
        super().__init__(quick, slow)
        self.checks = Lane("playbooks", self._problem, self)
        self._name, self._turn, self._did, self._default = "", 0, "", ""
        self._opened: Opened | None = None
        self._checked: Checked | None = None
        self._lay_out()
        self._connect()
        self._show()

    def enter(self) -> None:
        self.refresh()
        self.list.setFocus()

    def seek(self) -> None:
        """Find words in the text that is seen; where that is a picture or a list, in the playbook's own."""
        if self._seen_text() is None:
            self.tabs.setCurrentWidget(self.text)
        if (text := self._seen_text()) is not None:
            self.finding.open(text)

    def leave(self) -> None:
        if self.desk and self.text.clock.isActive():
            from app.playbook_editing import keep_draft

            self.text.clock.stop()
            keep_draft(self.desk, self._name, self.text.written())
        self.checks.close()

    @Slot()
    def refresh(self) -> None:
        """Ask for the playbooks as they are now."""
        self._ask(asked.listed, self._take_list)

    # What can be wished for.

    @Slot()
    def copy(self) -> None:
        """Ask what the copy of the shipped one is to be called, make it one's own, and go to its text."""
        from app.playbook_editing import copied, free_name, name_fault

        name, rows = self._name, [row.value for row in self.list.rows.rows]

        def make(called: str) -> None:
            self._ask(lambda desk: copied(desk, name, called), lambda _none: self._go_to(called))

        if name:
            hint = _("{name} itself lets your copy work in its place. What was learned for a name stays with it.")
            self.naming.ask(
                _("Name of your copy"), _("Copy"), free_name(rows, name), hint.format(name=isolated(name)),
                lambda called: name_fault(rows, name, called), make,
            )  # fmt: skip

    def _go_to(self, name: str) -> None:
        self._name, self._opened, self._checked = name, None, None
        self.tabs.setCurrentWidget(self.text)
        self.refresh()
        self._open()

    @Slot()
    def save(self) -> None:
        name, text = self._name, self.text.written()

        def work(desk: Desk) -> str:
            from app.playbook_editing import save

            save(desk, name, text)
            return desk.settings().playbook

        self._ask(work, lambda default: self._saved(goes_by(_("Saved."), name, default)))

    @Slot()
    def use(self) -> None:
        """Let new files go by the chosen one, as Settings can, too."""
        name = self._name
        said = _("New files go by it from now on.")
        self._ask(
            lambda desk: desk.change_settings(dataclasses.replace(desk.settings(), playbook=name)),
            lambda _none: self._saved(said),
        )

    @Slot()
    def ask_discard(self) -> None:
        from app.playbook_editing import discard

        name = self._name
        self.confirm.ask(
            _("Drop what you wrote in {name} and did not save?").format(name=isolated(name)), _("Drop it"),
            lambda: self._ask(lambda desk: discard(desk, name), lambda _none: self._saved("")),
        )  # fmt: skip

    @Slot()
    def ask_remove(self) -> None:
        from app.playbook_editing import removed

        name, row = self._name, self._row()
        after = _("The shipped one works again.") if row and row.hides else _("Tasks that go by it can't go on.")
        if name == self._default and not (row and row.hides):
            after = _("New files go by it: none can come in until Settings name another playbook.")
        self.confirm.ask(
            _("Remove your playbook {name}? {after} What it said stays as a version.").format(
                name=isolated(name), after=after), _("Remove"),
            lambda: self._ask(lambda desk: removed(desk, name), lambda _none: self._saved("")),
        )  # fmt: skip

    @Slot(object)
    def take_back(self, version: Version) -> None:
        """Let the chosen version be the playbook again; what works now becomes a version."""
        from app.playbook_editing import save

        name, said = self._name, _("Version {number} works again.").format(number=version.number)
        self._ask(lambda desk: save(desk, name, version.text), lambda _none: self._saved(said))

    @Slot()
    def foretell(self) -> None:
        """What the text would change, were it saved."""
        name, then = self._name, self._checked
        book = then.playbook if then and then.sound else None
        if book is None:
            self.effect.say(_("Nothing can be foretold until the text is sound."))
            return
        self.effect.say(_("Going through the log…"))

        def work(desk: Desk) -> Foretold | None:
            from app.playbook_editing import as_it_is
            from app.playbook_effect import foretold

            now = as_it_is(desk, name).playbook
            return foretold(desk, now, book) if now else None

        self._ask(work, self.effect.show_foretold)

    # What is answered.

    def _ask(self, work: Callable[[Desk], T], then: Callable[[T], None]) -> None:
        """Ask on this place's lane; an answer that is about another playbook than the one chosen now is dropped."""
        desk, name = self.desk, self._name
        if desk is not None:
            self.checks.ask(lambda: work(desk), lambda answer: then(answer) if name == self._name else None)

    def _take_list(self, found: tuple[Sequence[Listed], str]) -> None:
        rows, self._default = found
        names = [row.name for row in rows]
        self.list.show_rows([playbook_row(row, self._default) for row in rows])
        if self._name not in names:
            self._name = ""
        place = names.index(self._name) if self._name else 0
        if self.list.currentIndex().row() != place:
            self.list.setCurrentIndex(self.list.rows.index(place))
        self._show()

    @Slot(object)
    def _choose(self, row: Listed) -> None:
        if row.name != self._name:
            self._keep_writing()
            self._name, self._opened, self._checked = row.name, None, None
            self.message.clear()
            self.confirm.leave()
            self.naming.leave()
            self._did = ""
            self._say("", "quiet")
            self._open()

    def _open(self) -> None:
        name = self._name
        self._ask(lambda desk: asked.opened(desk, name), self._take_text)

    def _take_text(self, found: Opened) -> None:
        self._opened = found
        self.text.show_text(found.text if found.draft is None else found.draft, own=found.own)
        self._show_versions(found.versions)
        self.effect.say("")
        self._show()
        self._check(found.draft)

    def _check(self, draft: str | None) -> None:
        """What is wrong with what stands there; it is then told in words, too."""
        name = self._name
        self._turn += 1
        turn = self._turn
        self._say(_("Checking…"), "quiet")
        self._ask(
            lambda desk: asked.told(desk, name, draft),
            lambda told: self._take_check(told) if turn == self._turn else None,
        )

    def _take_check(self, told: asked.Told) -> None:
        checked, sentences, legs, lines = told
        self._checked = checked
        self.text.show_found(checked.complaints, checked.hints)
        self.tabs.setTabText(
            2,
            several("Text ({n:,} fault)", "Text ({n:,} faults)", len(checked.complaints))
            if checked.complaints
            else _("Text"),
        )
        if sentences:
            self.words.setPlainText(paragraphs(sentences))
            self.way.chart.show_legs(legs, lines)
        elif checked.playbook is None:
            self.words.setPlainText(_("It can't be told in words until its text is sound."))
            self.way.chart.show_legs((), ())
        if checked.complaints:
            one = checked.complaints[0]
            self._say(
                several(
                    "{n:,} fault. Line {line}: {sentence}",
                    "{n:,} faults. Line {line}: {sentence}",
                    len(checked.complaints),
                    line=one.line,
                    sentence=one.sentence,
                ),
                "danger",
            )
        else:
            hints = (
                several(" {n:,} hint below its text.", " {n:,} hints below its text.", len(checked.hints))
                if checked.hints
                else ""
            )
            self._say(_("Sound.{hints}").format(hints=hints), "good")
        self._show()
        if self.tabs.currentWidget() is self.effect:
            self.foretell()

    @Slot(str)
    def _written(self, text: str) -> None:
        if self._opened and self._opened.own:
            self._checked, self._did = None, ""
            self._show()
            self._check(text)

    def _keep_writing(self) -> None:
        """What was typed in the last moment is kept as well."""
        if self.text.clock.isActive():
            from app.playbook_editing import keep_draft

            self.text.clock.stop()
            name, text = self._name, self.text.written()
            self._ask(lambda desk: keep_draft(desk, name, text), lambda _none: None)

    def _saved(self, said: str) -> None:
        self._did = said
        self.refresh()
        self._open()

    def _problem(self, problem: Problem) -> None:
        self.message.show_problem(problem.sentence)

    # What is shown.

    @property
    def unsaved(self) -> bool:
        found = self._opened
        return bool(found and found.own and self.text.written() != found.text)

    def _row(self) -> Listed | None:
        row = self.list.rows.rows[self.list.currentIndex().row()] if self.list.currentIndex().isValid() else None
        found: Listed | None = row.value if row else None
        return found

    def _say(self, text: str, tone: Tone) -> None:
        tones.write(self.state, tone)
        self.state.set_text(text)

    def _show(self) -> None:
        found, unsaved = self._opened, self.unsaved
        own = bool(found and found.own)
        default = bool(self._name) and self._name == self._default
        kind = "" if found is None else _("yours") if own else _("shipped, read only")
        kind += _(" · new files go by it") if kind and default else ""
        self.name.set_text(f"{isolated(self._name)} · {kind}" if kind else self._name)
        self.copies.setVisible(not own)
        for button in (self.saves, self.drops, self.removes):
            button.setVisible(own)
        self.saves.setEnabled(unsaved and bool(self._checked and self._checked.sound))
        self.drops.setEnabled(unsaved)
        row = self._row()
        self.uses.setVisible(found is not None and not default)
        self.uses.setEnabled(bool(row) and not (row and row.complaint))
        self.tabs.setTabEnabled(3, own)
        self.done.set_text(_("Not saved yet.") if unsaved else self._did)

    def _show_versions(self, versions: Sequence[Version]) -> None:
        self.past.show_versions(versions)
        count = len(versions)
        self.tabs.setTabText(4, _("Versions ({rows})").format(rows=count) if count else _("Versions"))
        self.tabs.setTabEnabled(4, bool(count))

    @Slot(int)
    def _turned(self, _tab: int) -> None:
        if self.tabs.currentWidget() is self.effect:
            self.foretell()
        self.finding.look_in(self._seen_text())

    def _seen_text(self) -> QPlainTextEdit | None:
        """What can be searched of what is seen."""
        texts = {self.words: self.words, self.text: self.text.text, self.past: self.past.text}
        return texts.get(self.tabs.currentWidget())

    # How it is made and wired.

    def _lay_out(self) -> None:
        self.message, self.confirm, self.naming, self.finding = Message(), Confirm(), Naming(), FindBar()
        heading = label(_("Playbooks"), _("Playbooks"))
        heading.setFont(strokes.bold(self.font()))
        self.list = RowList(_("Playbooks"))
        self.name, self.state, self.done = (
            Elided(_("Playbook")),
            Elided(_("Its state")),
            Modest(_("What was last done")),
        )
        self.name.setFont(strokes.bold(self.font()))
        self.copies, self.saves = QPushButton(_("Copy to edit")), QPushButton(_("Save"))
        self.copies.setToolTip(_("Make a copy that is yours, with the files it names"))
        self.uses = QPushButton(_("Use for new files"))
        self.uses.setToolTip(_("Files that are added from now on go by this playbook; Settings say so, too"))
        self.drops, self.removes = QPushButton(_("Drop changes")), QPushButton(_("Remove"))
        self.removes.setAccessibleName(_("Remove your playbook"))
        self.words = _read_only(_("The playbook in plain words"))
        self.way, self.text = Way(), PlaybookText()
        self.effect, self.past = Effects(), Past()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for widget, title in (
            (self.words, _("In words")), (self.way, _("Way of a task")), (self.text, _("Text")),
            (self.effect, _("Effect")), (self.past, _("Versions")),
        ):  # fmt: skip
            self.tabs.addTab(widget, title)
        top = QHBoxLayout()
        top.addWidget(self.name, 1)
        for button in (self.copies, self.uses, self.saves, self.drops, self.removes):
            button.setAutoDefault(False)
            top.addWidget(button)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(4)
        column.addLayout(top)
        below = QHBoxLayout()
        below.setContentsMargins(0, 4, 0, 4)
        below.addWidget(self.state, 1)
        below.addWidget(self.done)
        column.addLayout(below)
        for part in (self.confirm, self.naming, self.tabs, self.finding):
            column.addWidget(part)
        column.setStretchFactor(self.tabs, 1)
        left = _column(heading, self.list)
        left.layout().setContentsMargins(8, 6, 4, 4)  # type: ignore[union-attr]  # it has one
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(right)
        split.setSizes([270, 930])
        split.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.message)
        layout.addWidget(split, 1)

    def _connect(self) -> None:
        self.list.picked.connect(self._choose)
        self.text.changed.connect(self._written)
        self.text.text.textChanged.connect(self._show)
        self.copies.clicked.connect(self.copy)
        self.saves.clicked.connect(self.save)
        self.drops.clicked.connect(self.ask_discard)
        self.removes.clicked.connect(self.ask_remove)
        self.uses.clicked.connect(self.use)
        self.past.wanted.connect(self.take_back)
        self.tabs.currentChanged.connect(self._turned)


def _read_only(name: str) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setReadOnly(True)
    made.setTabChangesFocus(True)
    made.setAccessibleName(name)
    return made


def _column(*widgets: QWidget) -> QWidget:
    made = QWidget()
    layout = QVBoxLayout(made)
    layout.setContentsMargins(0, 4, 0, 0)
    layout.setSpacing(6)
    for widget in widgets:
        layout.addWidget(widget)
    layout.setStretch(len(widgets) - 1, 1)
    return made
