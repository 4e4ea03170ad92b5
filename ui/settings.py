"""The few things a person may set, and what this computer can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout

from app.language import NAMES, _
from engine.cards import Problem
from ui import strokes, tones
from ui.rooms import Room
from ui.rows import Row, RowList
from ui.words import Sign, label, one_line, push_button
from ui.worker import Lane

if TYPE_CHECKING:
    from app.desk import Desk
    from app.doctor import Check
    from app.settings import Settings as Values

GOOD, BAD = Sign(_("In order"), "check", "good"), Sign(_("Not in order"), "cross", "danger")
WIDEST = 720
Known = tuple["Values", list[tuple[str, str]]]


class Settings(Room):
    _found = Signal(object)
    """One more check was made, on whatever thread."""

    def __init__(self, quick: Lane, slow: Lane) -> None:
        super().__init__(quick, slow)
        self._checks: list[Row] = []
        self._chosen: set[QComboBox] = set()  # what a person has chosen meanwhile stays
        self.reviewer, self.roles, self.playbook = QLineEdit(), QLineEdit(), QComboBox()
        for field, words in (
            (self.reviewer, _("Who reviews here")), (self.roles, _("Your roles")),
            (self.playbook, _("Playbook for new files")),
        ):  # fmt: skip
            field.setAccessibleName(words)
            field.setMaximumWidth(WIDEST)
        self.reviewer.setToolTip(_("This name stands beside each decision in the log."))
        self.roles.setPlaceholderText(_("None: you may decide on everything"))
        self.roles.setToolTip(_("A playbook can say which role reviews what. Several are separated by commas."))
        self.playbook.setToolTip(_("How files are worked that are dropped here."))
        self.language = QComboBox()
        self.language.setAccessibleName(_("Language"))
        self.language.setMaximumWidth(WIDEST)
        self.language.setToolTip(_("A change takes effect when Baton is started the next time."))
        self.language.addItem(_("As the system says"), "")
        for code, name in NAMES.items():
            self.language.addItem(name, code)
        self.keep = push_button(_("Save"))
        self.said = label("", _("What became of your settings"), wrap=True)
        self.home = label("", _("Where everything is kept"), wrap=True)
        self.check = push_button(_("Check this computer"))
        self.check.setToolTip(
            _("SQLite, models and their checksums, playbooks, the log's chain, what locks readers in")
        )
        self.list = RowList(_("What was checked"))
        self.list.show_rows([Row(_("Nothing was checked yet."))])
        self._lay_out()
        for box in (self.playbook, self.language):
            box.activated.connect(lambda _number, box=box: self._touch(box))
        for line in (self.reviewer, self.roles):
            line.textEdited.connect(self._touch)
        self.keep.clicked.connect(self._save)
        self.reviewer.returnPressed.connect(self._save)
        self.roles.returnPressed.connect(self._save)
        self.check.clicked.connect(self._check)
        self._found.connect(self._add)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(10)
        form.addRow(_("Who reviews here"), self.reviewer)
        form.addRow(_("Your roles"), self.roles)
        form.addRow(_("Playbook for new files"), self.playbook)
        form.addRow(_("Language"), self.language)
        form.addRow("", label(_("A change of the language takes effect when Baton is started the next time.")))
        form.addRow(_("Everything is kept in"), self.home)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.keep)
        row.addWidget(self.said, 1)
        form.addRow("", row)
        beside = QHBoxLayout()
        beside.addWidget(_heading(_("This computer")))
        beside.addStretch(1)
        beside.addWidget(self.check)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 18, 24, 12)
        layout.setSpacing(12)
        layout.addWidget(_heading(_("Settings")))
        layout.addLayout(form)
        layout.addSpacing(8)
        layout.addLayout(beside)
        layout.addWidget(self.list, 1)

    def enter(self) -> None:
        self.reviewer.setFocus()
        if desk := self.desk:
            self.home.setText(str(desk.home))
            self.quick.ask(lambda: _known(desk), self._take, self._refused)

    def _take(self, known: Known) -> None:
        values, playbooks = known
        for field, value in ((self.reviewer, values.reviewer), (self.roles, ", ".join(values.roles))):
            if not field.isModified():  # what a person has typed meanwhile stays
                field.setText(value)
        if values.playbook not in dict(playbooks):
            playbooks = [(values.playbook, _("not there any more")), *playbooks]
        wanted = self.playbook.currentData() if self.playbook in self._chosen else values.playbook
        self.playbook.clear()
        for name, title in playbooks:
            self.playbook.addItem(one_line(f"{title} ({name})" if title else name, 80), name)
        self.playbook.setCurrentIndex(max(0, self.playbook.findData(wanted)))
        if self.language not in self._chosen:
            self.language.setCurrentIndex(max(0, self.language.findData(values.language)))

    def _touch(self, what: object) -> None:
        """Something differs from what is saved: what was said of the last saving is no longer so."""
        self.said.clear()
        if isinstance(what, QComboBox):
            self._chosen.add(what)

    @Slot()
    def _save(self) -> None:
        desk = self.desk
        if desk is None or self.playbook.currentData() is None:
            return
        from app.settings import Settings as Values

        roles = tuple(role.strip() for role in self.roles.text().split(",") if role.strip())
        wanted = Values(self.playbook.currentData(), self.reviewer.text().strip(), roles, self.language.currentData())
        self.quick.ask(lambda: desk.change_settings(wanted), lambda _none: self._saved(), self._refused)

    def _saved(self) -> None:
        self._say(_("Saved."))
        self._chosen.clear()
        for field in (self.reviewer, self.roles):
            field.setModified(False)

    @Slot()
    def _check(self) -> None:
        desk = self.desk
        if desk is None:
            return
        self._checks = []
        self.list.show_rows([])
        self.check.setEnabled(False)
        self.check.setText(_("Checking…"))
        self.slow.ask(lambda: self._make_checks(desk), failed=self._refused, over=self._checked)

    def _make_checks(self, desk: Desk) -> None:
        """Runs on the lane: each check is shown as soon as it is made."""
        from app import doctor

        for one in doctor.checks(desk.home):
            self._found.emit(one)

    @Slot(object)
    def _add(self, check: Check) -> None:
        name, good, sentence = check
        self._checks.append(Row(sentence, margin=GOOD if good else BAD, head=name))
        self.list.show_rows(self._checks)

    def _checked(self) -> None:
        self.check.setEnabled(True)
        self.check.setText(_("Check this computer"))

    def _refused(self, problem: Problem) -> None:
        self._say(problem.sentence, bad=True)

    def _say(self, sentence: str, *, bad: bool = False) -> None:
        self.said.setText(sentence)
        tones.write(self.said, "danger" if bad else "good")


def _known(desk: Desk) -> Known:
    """What is set, and which playbooks there are."""
    from app import models

    return desk.settings(), [(row["name"], row["title"]) for row in models.playbook_rows(desk.home)]


def _heading(text: str) -> QLabel:
    made = label(text)
    made.setFont(strokes.bold(made.font()))
    return made
