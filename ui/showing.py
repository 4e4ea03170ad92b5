"""Shows the task that a person stands at, in every column of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.language import _
from engine.cards import Place
from ui.words import can_run_again, waiting

if TYPE_CHECKING:
    from app.task_rows import TaskRow
    from ui.window import Window


class Showing(QObject):
    """Tells all columns of the task; a sentence, a field or an open card leads to what it rests on."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.row: TaskRow | None = None
        """As it was shown last; None = there was no such task."""
        self.titles: dict[str, list[tuple[str, str]]] = {}
        """What each playbook calls its intents, as far as it was asked."""
        self.playbooks: dict[str, str] = {}
        """What each playbook calls itself, as far as that is known."""
        centre = window.centre
        for places in (centre.notices.picked, centre.fields.chosen, centre.proposals.picked):
            places.connect(self._point)
        centre.draft.cited.connect(self._cite)
        window.panes.handoffs.opened.connect(self._wonder)

    def task(self, *, fresh: bool) -> None:
        window, centre = self._window, self._window.centre
        case, row = window.case, window.inbox.tasks.row(window.case.task)
        self.row, handoff = row, case.handoff
        centre.heading.show_task(row, handoff, self.playbooks.get(row.playbook, "") if row else "")
        centre.notices.show_task(row, handoff)
        self.file(fresh=fresh)
        centre.draft.show_handoff(handoff, fresh=fresh, waiting=waiting(row))
        centre.draft.show_typed(case.typed)
        centre.copies.show_case(case)
        fields = handoff.fields if handoff else ()
        centre.fields.show_fields(fields)
        centre.tabs.setTabText(1, _("Fields ({fields})").format(fields=len(fields)) if fields else _("Fields"))
        window.panes.handoffs.show_case(case)
        window.allowing.show_case(case)
        window.explaining.show_case(case, self._titles(row), row.state if row else "")
        window.tools.again.setEnabled(can_run_again(row))
        window.tools.export.setEnabled(handoff is not None and handoff.ending is not None)
        window.deciding.show()

    def file(self, *, fresh: bool) -> None:
        """Its page; or, where it was set aside, why."""
        case, centre = self._window.case, self._window.centre
        centre.show_source(bool(case.handoff and case.handoff.evidence))
        for view in (centre.page, centre.source) if centre.both_sides else (centre.page,):
            view.show_handoff(case.handoff, fresh=fresh)
        row, why = self._window.inbox.tasks.row(case.task), case.set_aside
        if why and case.handoff:
            centre.quarantine.show_file(row.name if row else "", case.handoff, why)
        centre.file.setCurrentWidget(centre.quarantine if why else centre.page)
        self._window.retries.show_case(case)

    def intents(self) -> None:
        """What the task could be corrected to."""
        self._window.centre.heading.show_intents(self._titles(self._window.inbox.tasks.row(self._window.case.task)))

    def learn(self, playbook: str) -> None:
        """Ask once what that playbook calls itself and its intents."""
        desk, quick = self._window.desk, self._window.quick
        self.titles[playbook] = []
        if desk:
            quick.ask(lambda: desk.playbook_title(playbook), lambda title: self._named(playbook, title))
            quick.ask(lambda: desk.intents(playbook), lambda titles: self._learned(playbook, titles))

    def forget(self) -> None:
        """A playbook may have been changed: ask anew for each that is met."""
        self.titles.clear()

    def _named(self, playbook: str, title: str) -> None:
        self.playbooks[playbook] = title
        self.task(fresh=False)

    def _learned(self, playbook: str, titles: list[tuple[str, str]]) -> None:
        self.titles[playbook] = list(titles)
        self._window.inbox.tasks.rename(playbook, dict(titles))
        self._window.panes.handoffs.rename(playbook, dict(titles))
        self.intents()
        self.task(fresh=False)

    def _titles(self, row: TaskRow | None) -> list[tuple[str, str]]:
        return self.titles.get(row.playbook, []) if row else []

    @Slot(int)
    def _wonder(self, seq: int) -> None:
        """A card is open: ask what another threshold had done there."""
        desk, task = self._window.desk, self._window.case.task
        if desk and task:
            self._window.quick.ask(lambda: desk.what_if(task, seq), lambda told: self._otherwise(task, seq, told))

    def _otherwise(self, task: str, seq: int, sentences: list[str]) -> None:
        card = self._window.panes.handoffs.card
        if task == self._window.case.task and card.isVisible() and card.seq == seq:
            card.show_otherwise(sentences)

    @Slot(int)
    def _cite(self, number: int) -> None:
        handoff, centre = self._window.case.handoff, self._window.centre
        found = next((item for item in handoff.evidence if item.n == number), None) if handoff else None
        if found:
            (centre.source if centre.both_sides else centre.page).focus_source(found)

    @Slot(object)
    def _point(self, place: Place | None) -> None:
        if place is not None:
            self._window.centre.page.focus_field(place)
