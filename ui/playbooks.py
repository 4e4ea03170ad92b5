"""How the work is done: the playbooks in plain words, as a way through the team, and as a text that can be changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from app.language import _
from engine.cards import Problem
from ui import playbook_asked as asked
from ui import strokes
from ui.confirm import Confirm
from ui.finding import FindBar
from ui.message import Message
from ui.naming import Naming
from ui.playbook_drafts import Drafts
from ui.playbook_effects import Effects
from ui.playbook_head import Head
from ui.playbook_past import Past
from ui.playbook_rows import goes_by, paragraphs, playbook_row, text_title, verdict, versions_title
from ui.playbook_text import PlaybookText
from ui.rooms import Room
from ui.rows import RowList
from ui.tabs import Tabs
from ui.way import Way
from ui.words import isolated, label
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
        self.drafts = Drafts(self.checks, self._problem)
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
        """What the lane was still to keep is dropped with it: it is kept here, once nobody else writes."""
        self.checks.close()
        if self.desk:
            self.drafts.close(self.desk, self._unkept())
        self.text.clock.stop()

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
        self._turn_to(name)
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

        self._ask(work, lambda default: self._works(text, goes_by(_("Saved."), name, default)))

    @Slot()
    def use(self) -> None:
        """Let new files go by the chosen one, as Settings can, too."""
        name, said = self._name, _("New files go by it from now on.")
        self._ask(
            lambda desk: desk.change_settings(dataclasses.replace(desk.settings(), playbook=name)),
            lambda _none: self._saved(said),
        )

    @Slot()
    def ask_discard(self) -> None:
        asked_for = _("Drop what you wrote in {name} and did not save?").format(name=isolated(self._name))
        self.confirm.ask(asked_for, _("Drop it"), self._discard)

    def _discard(self) -> None:
        """It is gone at once; what is typed from then on is new."""
        from app.playbook_editing import discard

        name = self._name
        if self._opened:
            self.text.clock.stop()
            self.text.show_text(self._opened.text, own=True)
            self._ask(lambda desk: discard(desk, name), lambda _none: self._saved(""))

    @Slot()
    def ask_remove(self) -> None:
        name, row = self._name, self._row()
        after = _("The shipped one works again.") if row and row.hides else _("Tasks that go by it can't go on.")
        if name == self._default and not (row and row.hides):
            after = _("New files go by it: none can come in until Settings name another playbook.")
        self.confirm.ask(
            _("Remove your playbook {name}? {after} What it said stays as a version.").format(
                name=isolated(name), after=after), _("Remove"), self._remove,
        )  # fmt: skip

    def _remove(self) -> None:
        """It is closed at once; then what the list says is opened: the shipped one of that name, or another."""
        from app.playbook_editing import removed

        name, desk = self._name, self.desk
        if desk is not None:
            self._turn_to(name)
            self.checks.ask(lambda: removed(desk, name), over=lambda: self._ask(asked.listed, self._take_left))

    @Slot(object)
    def take_back(self, version: Version) -> None:
        """Let the chosen version be the playbook again; what works now becomes a version."""
        if not self.unsaved:
            self._take_back(version)
            return
        lost = _("Take version {number} back? What you wrote in {name} and did not save is dropped.")
        asked_for = lost.format(number=version.number, name=isolated(self._name))
        self.confirm.ask(asked_for, _("Take it back"), lambda: self._take_back(version))

    def _take_back(self, version: Version) -> None:
        from app.playbook_editing import save

        name, before, said = self._name, self.text.written(), _("Version {number} works again.")
        self.text.clock.stop()

        def taken(_none: None) -> None:
            if self.text.written() == before:  # else somebody writes on
                self.text.show_text(version.text, own=True)
            self._works(version.text, said.format(number=version.number))

        def refused(problem: Problem) -> None:
            self._problem(problem)
            self._check(self.text.written())  # which is kept again, in place of the version that was tried

        self._ask(lambda desk: save(desk, name, version.text), taken, refused)

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

    def _ask(
        self, work: Callable[[Desk], T], then: Callable[[T], None], failed: Callable[[Problem], None] | None = None
    ) -> None:
        """Ask on this place's lane; an answer that is about another playbook than the one chosen now is dropped.

        A problem is said all the same, unless there is something else to do about it.
        """
        desk, name = self.desk, self._name

        def mine(answer: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda value: answer(value) if name == self._name else None

        if desk is not None:
            self.checks.ask(lambda: work(desk), mine(then), mine(failed) if failed else None)

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

    def _take_left(self, found: tuple[Sequence[Listed], str]) -> None:
        """The list, of which the chosen one may be gone; if it is not, it is opened anew."""
        name = self._name
        self._take_list(found)
        if self._name == name:
            self._open()

    @Slot(object)
    def _choose(self, row: Listed) -> None:
        if row.name != self._name:
            self._keep_writing()
            self.message.clear()
            self._turn_to(row.name)
            self._open()

    def _turn_to(self, name: str) -> None:
        """Nothing of the one before is seen or can be done any more, and nothing of this one until it is open."""
        self._name, self._opened, self._checked, self._did = name, None, None, ""
        self.confirm.leave()
        self.naming.leave()
        self.text.clear()
        self.words.clear()
        self.way.chart.show_legs((), ())
        self.effect.say("")
        self._show_versions(())
        self.tabs.setTabText(2, text_title(0))
        self.head.say("", "quiet")
        self._show()

    def _open(self) -> None:
        name = self._name
        self._ask(lambda desk: asked.opened(desk, name), self._take_text, self._not_opened)

    def _take_text(self, found: Opened) -> None:
        """What was typed and is not saved stays as it stands; else the text is the one that is found."""
        first, left = self._opened is None, self.unsaved
        self._opened = found
        if first:
            kept = self.drafts.taken(found.name)
            draft = found.draft if kept is None else kept
            self.text.show_text(found.text if draft is None else draft, own=found.own)
        elif not left:
            self.text.show_text(found.text, own=found.own)
        self._show_versions(found.versions)
        self.effect.say("")
        self._show()
        self._check(self.text.written() if self.unsaved else None)

    def _not_opened(self, problem: Problem) -> None:
        """The list says what is there now; another one may be chosen by that, and the problem is said all the same."""

        def listed(found: tuple[Sequence[Listed], str]) -> None:
            self._take_list(found)
            self._problem(problem)

        self._problem(problem)
        self.head.say(problem.sentence, "danger")
        self._ask(asked.listed, listed)

    def _check(self, draft: str | None) -> None:
        """What is wrong with what stands there; it is then told in words, too."""
        name = self._name
        self._turn += 1
        turn = self._turn
        self.head.say(_("Checking…"), "quiet")
        self._ask(
            lambda desk: asked.told(desk, name, draft),
            lambda told: self._take_check(told) if turn == self._turn else None,
            lambda problem: self.head.say(problem.sentence, "danger") if turn == self._turn else None,
        )

    def _take_check(self, told: asked.Told) -> None:
        checked, sentences, legs, lines = told
        self._checked = checked
        self.text.show_found(checked.complaints, checked.hints)
        self.tabs.setTabText(2, text_title(len(checked.complaints)))
        if sentences:
            self.words.setPlainText(paragraphs(sentences))
            self.way.chart.show_legs(legs, lines)
        elif checked.playbook is None:
            self.words.setPlainText(_("It can't be told in words until its text is sound."))
            self.way.chart.show_legs((), ())
        self.head.say(*verdict(checked))
        self._show()
        if (row := self._row()) and row.draft != self.unsaved:
            self.refresh()
        if self.tabs.currentWidget() is self.effect:
            self.foretell()

    @Slot(str)
    def _written(self, text: str) -> None:
        if self._opened and self._opened.own:
            self._checked, self._did = None, "" if self.unsaved else self._did
            self._show()
            self._check(text)

    def _unkept(self) -> tuple[str, str] | None:
        """The playbook that is written, and what stands there, as long as that may not be kept."""
        found = self._opened
        written = found and found.own and (self.unsaved or self.text.clock.isActive())
        return (found.name, self.text.written()) if found and written else None

    def _keep_writing(self) -> None:
        """What was typed in the last moment is kept as well."""
        if self.desk and (unkept := self._unkept()):
            self.drafts.keep(self.desk, *unkept)

    def _works(self, text: str, said: str) -> None:
        """That text is the playbook now."""
        if self._opened:
            self._opened = dataclasses.replace(self._opened, text=text, draft=None)
            self._saved(said)

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

    def _show(self) -> None:
        found, row = self._opened, self._row()
        self.head.show_playbook(
            self._name, found,
            default=bool(self._name) and self._name == self._default,
            sound=bool(self._checked and self._checked.sound), unsaved=self.unsaved,
            usable=row is not None and not row.complaint, did=self._did,
        )  # fmt: skip
        if found is not None:
            self.tabs.setTabEnabled(3, found.own)
            self.tabs.setTabEnabled(4, bool(found.versions))

    def _show_versions(self, versions: Sequence[Version]) -> None:
        self.past.show_versions(versions)
        self.tabs.setTabText(4, versions_title(len(versions)))

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
        self.head = head = Head()
        self.name, self.state, self.done = head.name, head.state, head.done
        self.copies, self.uses, self.saves = head.copies, head.uses, head.saves
        self.drops, self.removes = head.drops, head.removes
        self.words = QPlainTextEdit()
        self.words.setReadOnly(True)
        self.words.setTabChangesFocus(True)
        self.words.setAccessibleName(_("The playbook in plain words"))
        self.way, self.text = Way(), PlaybookText()
        self.effect, self.past = Effects(), Past()
        self.tabs = Tabs(_("What the playbook says"))
        self.tabs.setDocumentMode(True)
        for widget, title in (
            (self.words, _("In words")), (self.way, _("Way of a task")), (self.text, _("Text")),
            (self.effect, _("Effect")), (self.past, _("Versions")),
        ):  # fmt: skip
            self.tabs.addTab(widget, title)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(6, 6, 6, 4)
        column.setSpacing(4)
        for part in (head, self.confirm, self.naming, self.tabs, self.finding):
            column.addWidget(part)
        column.setStretchFactor(self.tabs, 1)
        left = QWidget()
        beside = QVBoxLayout(left)
        beside.setContentsMargins(8, 6, 4, 4)
        beside.setSpacing(6)
        beside.addWidget(heading)
        beside.addWidget(self.list, 1)
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
