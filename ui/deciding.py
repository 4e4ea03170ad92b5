"""What a person decides on the task that is shown: one decision at a time, and the last ten can be taken back.

An intent they correct is no decision on it: they stay at the task, and see it run again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from app.language import _
from engine.cards import Problem
from engine.events import Handed
from ui.decision import Stage
from ui.words import isolated, key_name, shortened, title

if TYPE_CHECKING:
    from app.desk import Desk
    from ui.window import Window

REST_MS = 400
"""After a decision, for so long there is no other: a key that is pressed twice by mistake comes sooner."""
UNDONE = 10
"""So many decisions can be taken back, the last one first."""
NAME = 40
"""Characters of a file's name in the status bar."""
DONE = {
    "approved": _("Approved: {name}. {key} takes it back."),
    "edited": _("Approved as you edited it: {name}. {key} takes it back."),
    "rejected": _("Rejected: {name}. {key} takes it back."),
    "skipped": _("Skipped for now: {name}. {key} takes it back."),
}


class Deciding(QObject):
    """Offers the decisions that fit what is seen, sends them, and goes on to the next task that waits."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._busy = False
        self._done: deque[str] = deque(maxlen=UNDONE)
        self.left: dict[str, str] = {}
        """What was written of tasks whose edit a person has left: Edit goes on with it."""
        self.rest = QTimer(self, singleShot=True, interval=REST_MS)
        self.rest.timeout.connect(self.show)
        bar, allowing = window.centre.decision, window.allowing
        bar.approve.connect(self.approve)
        bar.edit.connect(self.edit)
        bar.reject.connect(self.reject)
        bar.skip.connect(self.skip)
        bar.allow.connect(self.allow)
        bar.back.connect(self.take_back)
        bar.leave.connect(self.leave)
        allowing.changed.connect(self.show)
        for corrected in (window.centre.heading.corrected, window.centre.why.corrected):
            corrected.connect(self.correct)

    @Slot()
    def show(self) -> None:
        """Offer what can be decided on the task that is seen, by the person here, now."""
        window = self._window
        row, handoff, desk = window.inbox.tasks.row(window.case.task), window.case.handoff, window.desk
        draft, allowing = window.centre.draft, window.allowing
        stage: Stage = "look" if allowing.looking else "edit" if draft.editing else "task"
        window.centre.tabs.setVisible(stage != "look")  # what is to be allowed is seen whole, not in a corner
        window.centre.decision.show_task(
            row, handoff, stage=stage, proposed=allowing.offered, busy=self._busy or self.rest.isActive(),
            refusal=desk.refusal(handoff.reviewer) if desk and handoff else "",
        )  # fmt: skip

    # What can be wished for.

    @Slot()
    def approve(self) -> None:
        centre, task = self._window.centre, self._window.case.task
        text, note = centre.draft.text(), centre.decision.words()
        if centre.decision.approve_button.isEnabled():
            self._decide(lambda desk: desk.approve(task, text=text, note=note))

    @Slot()
    def reject(self) -> None:
        bar, task = self._window.centre.decision, self._window.case.task
        note = bar.words()
        if bar.reject_button.isEnabled():
            self._decide(lambda desk: desk.reject(task, note=note))

    @Slot()
    def skip(self) -> None:
        centre, task = self._window.centre, self._window.case.task
        note = centre.decision.words()
        if centre.decision.skip_button.isEnabled() and not centre.draft.editing:
            self._decide(lambda desk: desk.skip(task, note=note))

    @Slot(str)
    def correct(self, intent: str) -> None:
        window = self._window
        desk, task = window.desk, window.case.task
        if desk and task:
            window.slow.ask(
                lambda: desk.correct(task, intent), lambda _none: self._corrected(task, intent), self._not_corrected
            )

    @Slot()
    def undo(self) -> None:
        """Take the last decision of this session back, and show its task; without any, that on the task shown."""
        if self._done:
            self._take_back(self._done[-1])
        elif self._window.centre.decision.back_button.isEnabled():
            self.take_back()
        else:
            self._window.bar.say(_("There is no decision of this session to take back."))

    @Slot()
    def take_back(self) -> None:
        """Take back what was decided on the task that is shown, whenever that was."""
        if self._window.centre.decision.back_button.isEnabled():
            self._take_back(self._window.case.task)

    def _take_back(self, task: str) -> None:
        desk = self._window.desk
        if desk is None or self._busy:
            return
        if task in self._done:
            self._done.remove(task)
        self._busy = True
        self.show()
        self._window.quick.ask(lambda: desk.undo(task), lambda _: self._undone(task), over=self._answered)

    @Slot()
    def edit(self) -> None:
        centre = self._window.centre
        if centre.decision.edit_button.isEnabled() and not centre.draft.editing:
            centre.tabs.setCurrentWidget(centre.draft)
            centre.draft.begin_edit(self.left.pop(self._window.case.task, None))
            self.show()

    @Slot()
    def leave(self) -> None:
        """Leave the second look, or the edit, with nothing done."""
        if self._window.allowing.looking:
            self._window.inbox.list.setFocus()  # else Qt gives it to the note, where letters are text
            self._window.allowing.leave()
        else:
            self.leave_edit()

    @Slot()
    def allow(self) -> None:
        """Have a proposed write shown whole; once it is, let it be done."""
        if self._window.allowing.looking:
            self._window.inbox.list.setFocus()
            self._window.allowing.allow()
        else:
            self.look()

    @Slot()
    def look(self) -> None:
        if self._window.centre.decision.allow_button.isEnabled():
            self._window.allowing.look()

    @Slot()
    def leave_edit(self) -> None:
        draft = self._window.centre.draft
        if written := draft.changed():
            self.left[self._window.case.task] = written
            self._window.bar.say(_("What you wrote is kept: E goes on with it."))
        draft.end_edit()
        self.show()
        draft.sentences.setFocus()

    @Slot()
    def confirm(self) -> None:
        """Yes, to what is being done: the second look, or the edit."""
        if self._window.allowing.looking:
            self.allow()
        elif self._window.centre.draft.editing:
            self.approve()

    # How it goes on.

    def _decide(self, wish: Callable[[Desk], object]) -> None:
        """One decision at a time; what came of it is asked for with it, so that nobody decides on it twice."""
        window = self._window
        desk, task, following = window.desk, window.case.task, window.inbox.next_undecided()
        if desk is None:
            return

        def work() -> list[Handed]:
            wish(desk)
            return desk.history(task)

        self._busy = True
        self.show()
        window.quick.ask(work, lambda history: self._decided(task, history, following), over=self._answered)

    def _answered(self) -> None:
        self._busy = False
        self.show()

    def _decided(self, task: str, history: list[Handed], following: str) -> None:
        """Only now are note and edit let go: a decision that is refused must not cost a person their words."""
        window = self._window
        self._done.append(task)
        if said := DONE.get(_verb(history), ""):
            window.bar.say(said.format(name=self._name(task), key=key_name("Backspace")))
        window.edits.pop(task, None)
        self.left.pop(task, None)
        window.standing.ask()
        if task != window.case.task:
            return
        window.loaded(task, history)
        window.panes.message.clear()
        window.centre.decision.note.clear()
        window.centre.draft.end_edit()
        self.show()
        if following:
            self.rest.start()
            window.tools.follow.setChecked(False)
            window.go(following)

    def _corrected(self, task: str, intent: str) -> None:
        """To the draft, where it is seen how it is written anew. A digit that is pressed once more names nothing."""
        window, centre = self._window, self._window.centre
        row = window.inbox.tasks.row(task)
        if row:
            words = dict(window.showing.titles.get(row.playbook, ())).get(intent) or title(intent)
            said = _("It is taken as “{intent}” now, and runs again: {name}")
            window.bar.say(said.format(intent=isolated(words), name=isolated(row.name)))
        window.tools.follow.setChecked(False)
        window.standing.ask()
        if task == window.case.task and centre.tabs.currentWidget() is centre.why:
            window.inbox.list.setFocus()
            centre.tabs.setCurrentWidget(centre.draft)

    def _not_corrected(self, problem: Problem) -> None:
        self._window.say_problem(problem)
        self._window.explaining.again()

    def _undone(self, task: str) -> None:
        window = self._window
        window.bar.say(_("Taken back: {name}").format(name=self._name(task)))
        window.tools.follow.setChecked(False)
        window.after_rows(lambda: window.go(task))
        window.standing.ask()

    def _name(self, task: str) -> str:
        """The task's file, as the status bar has room for it."""
        row = self._window.inbox.tasks.row(task)
        return isolated(shortened(row.name if row else task, NAME))


def _verb(history: list[Handed]) -> str:
    """What was decided last; the desk knows whether an approved text was edited."""
    said = next((event.changes["decision"] for event in reversed(history) if "decision" in event.changes), None)
    return str(said["verb"]) if said else ""
