"""The one door: submit, stop, answer, approve, correct, look things up, listen. Owns log and engine."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from app import circumstances, intake, log_erase, log_rows, query, settings, views, what_if
from app.asking import Asking, Stop
from app.cards_table import CardRow
from app.decisions import ANEW, Decisions, now, read_documents
from app.journal import Journal
from app.learning import Due
from app.log import Log
from app.log_erase import Erased
from app.readahead import ReadAhead, Wish
from app.remembering import Related, Remembering, related
from app.settings import Settings
from app.shift import Shift
from app.task_rows import DeskStatus, TaskRow, card_id_of, original, task_row
from app.upkeep import QUIET, Upkeep
from engine import agents, fence, playbook, readers
from engine.cards import Document, Handoff, Problem, TaskCard, Why
from engine.codec import plain
from engine.events import Event, Handed, Progressed, fold
from engine.orders import Order
from engine.pages import Page, Reading
from engine.readers import USUAL, Limits, Picture, Unread
from engine.reading import Reached
from engine.relay import opened
from engine.shelf import modules
from engine.store import Store, write_aside

if TYPE_CHECKING:
    from engine.toolbox import Proposal


class Desk:
    """One home, opened for work. Only one process may have it open; raises Problem("in_use") otherwise.

    Tasks that a crash cut off go on at once, unless `resume` is False.

    Listeners are called after what they hear of is safe on disk, on the thread that stored it: the
    relay's for what the engine does, the caller's for what a person decides.
    """

    def __init__(self, home: Path, resume: bool = True) -> None:
        self.home = home
        self._settings = settings.read(home)
        self._tried: dict[str, str] = {}
        self._passwords: dict[str, str] = {}
        self._upkeep: Upkeep | None = None
        self._attending: Callable[[], None] = lambda: None
        with ExitStack() as opened:  # what was opened so far is closed again when the rest can't be
            opened.callback(_only_one(home).release)
            self._log = Log(home / "log.db")
            opened.callback(self._log.close)
            with suppress(Problem):  # the next erasure, or opening, tries again
                log_erase.finish(home, self._log)
            self._store = Store(home)
            self._journal = Journal(self._log)
            self._remembering = Remembering(home)
            opened.callback(self._remembering.close)
            self._shift = Shift(home, self._journal, self._remembering)
            opened.callback(self._shift.close)
            self._decisions = Decisions(home, self._journal, self._shift, lambda: self._settings)
            self._ahead = ReadAhead(self._store, self._reached, self._was_read)
            opened.callback(self._ahead.close)
            self._asking = Asking(home)
            opened.callback(self._asking.close)
            if resume:
                self.resume()
            self._opened = opened.pop_all()

    def submit(
        self, paths: Sequence[Path], playbook: str = "", again: bool = False, limits: Limits = USUAL
    ) -> list[str]:
        """Take files in and queue a task for each; returns their ids, in order.

        The same file from the same place is the same task; the same content from elsewhere becomes
        a duplicate of the first. `again` opens new tasks all the same. The files in an archive get
        tasks of their own, as soon as it is read.
        """
        book = _playbook(self.home, playbook or self._settings.playbook)
        known: dict[str, str] = {}
        self._log.note(circumstances.CODE, circumstances.now(self.home))
        found = list(intake.files(paths))  # all paths are good, or nothing is taken in
        return [self._take(intake.take(path, limits), book, again, known) for path in found]

    def stop(self, task: str | None = None) -> None:
        """Stop one task, or all that is read or worked and the whole queue. What was done so far is kept."""
        dropped = self._ahead.drop(task)
        self._shift.stop(task)
        for one, problem in self._journal.stop(dropped, "Stopped by a person before it was read.").items():
            self._shift.park(one, problem)

    def unload(self) -> None:
        """Give back the memory of the models as soon as there is no task; the next one loads them again."""
        self._shift.unload()

    def resume(self, task: str | None = None) -> None:
        """Go on with a stopped or failed task, or with all that have no last word yet."""
        if task is None:
            for row in self._log.cards_of("queued"):
                self._queue(row)
            return
        state = self.handoff(task)
        if state.ending is None:
            if task != self._shift.running:
                self._put(state)
            return
        if state.ending == "quarantined":
            self.retry(task)
            return
        if state.ending == "finished" or state.decision is not None:
            raise Problem("has_ended", "This task is done; there is nothing to go on with.")
        self._journal.hand(task, "person", self._leg_to_repeat(state), "A person asked to go on.", ending=None)
        self._put(self.handoff(task))

    def retry(self, task: str, *, password: str = "", generous: bool = False) -> None:
        """Read a file again that was set aside, or whose inner files could not be read.

        With a password, which is kept in memory for drawing the pages, and nowhere else; or with
        generous limits.
        """
        state, card = self.handoff(task), self.handoff(task).card
        if state.ending is None:
            raise Problem("not_ended", "This task is still being worked. Wait, or stop it first.")
        if state.ending != "quarantined" and not state.unread_inside:
            raise Problem("was_read", "All of this file was read; there is nothing to read again.")
        limits = readers.GENEROUS if generous else USUAL
        if not card.size:  # nothing of it is kept: what lies there now is another file, and another task
            found = intake.take(Path(card.source), limits)
            if found.problem or not found.data:
                raise found.problem or Problem("empty", "This file is still empty. Ask for it again.")
            (task,) = self.submit([Path(card.source)], card.playbook, again=True, limits=limits)
            self._decisions.note(state, "skipped", "", "", reason=f"Added again, as task {task}.")
            return
        how = " with the password" * bool(password) + " with larger limits" * generous
        self._journal.hand(
            task, "person", _playbook(self.home, card.playbook).legs[0], f"A person asked to read it again{how}.",
            "read_again", documents=(), fields=(), flags=(), route=None, **ANEW,
        )  # fmt: skip
        self._tried[task] = password
        self._ahead.put(Wish(task, card.sha256, PurePath(card.source).name, limits, password, asked=True))

    def correct(self, task: str, label: str) -> None:
        """A person says which intent it is; the task is routed and drafted again."""
        self._decisions.correct(task, label, self._leg_to_route_again(self.handoff(task)))

    def approve(self, task: str, text: str | None = None, note: str = "") -> None:
        """Approve the draft, or the text a person made of it."""
        self._decisions.approve(task, text, note)

    def proposals(self, task: str) -> tuple[Proposal, ...]:
        """The writes that wait for a person, each with all that it would send. Slow."""
        return self._decisions.proposals(task)

    def allow(self, task: str, tool: str, seen: str = "") -> None:
        """Let a proposed write be done (`Decisions.allow`). Raises Problem("no_proposal")."""
        self._decisions.allow(task, tool, seen)

    def reject(self, task: str, note: str = "") -> None:
        self._decisions.reject(task, note)

    def skip(self, task: str, note: str = "") -> None:
        """Leave it undecided for now; it can be decided later."""
        self._decisions.skip(task, note)

    def undo(self, task: str) -> None:
        """Take a decision back: the task waits again, and the log keeps both. Raises Problem("not_decided")."""
        self._decisions.undo(task)

    def refusal(self, role: str) -> str:
        """Why the person at this desk may not decide on a task for that role; "" = may. Answers at once."""
        return self._settings.refusal(role)

    def erase(self, task: str) -> Erased:
        """Destroy a task, its copies and the files in it, everywhere in this home (`log_erase.family` says which)."""
        return log_erase.erase(self.home, self._log, log_erase.family(self._log, task), self._settings.reviewer)

    def family(self, task: str) -> list[str]:
        """The tasks that `erase` would destroy."""
        return [row.id for row in log_erase.family(self._log, task)]

    def tasks(self) -> list[TaskRow]:
        """All tasks, oldest first."""
        return self._rows(self._log.cards())

    def inbox(self, most: int = 1000, also: str = "") -> tuple[list[TaskRow], int, int]:
        """The newest tasks and those that wait, oldest first, and that one also; how many there are in all, and how
        many wait for a person."""
        rows, total, undecided = self._log.inbox(most, also)
        return self._rows(rows), total, undecided

    def find(self, words: str, most: int, skipped: int = 0) -> tuple[list[TaskRow], int]:
        """The tasks that a query finds (`query.read`), so many behind the first `skipped`, and how many in all.

        Raises Problem("bad_query").
        """
        rows, count = self._log.find(query.read(words), most, skipped)
        return self._rows(rows), count

    def settings(self) -> Settings:
        return self._settings

    def change_settings(self, wanted: Settings) -> None:
        """Keep these settings; they hold from now on. Raises Problem("no_playbook"), or what is wrong with it."""
        _playbook(self.home, wanted.playbook)
        settings.write(self.home, wanted)
        self._settings = wanted

    def views(self) -> dict[str, str]:
        """The saved queries, by name. Raises Problem("bad_views")."""
        return views.read(self.home)

    def keep_view(self, name: str, words: str) -> dict[str, str]:
        """Save a query under a name, or, without words, forget the view of that name; answers all that there are."""
        return views.keep(self.home, name, words) if words.strip() else views.remove(self.home, name)

    def answered(self) -> list[TaskRow]:
        """The tasks in which a person said something that the team goes by, oldest first."""
        return self._rows(self._log.saying(log_rows.ANSWERS))

    def row(self, task: str) -> TaskRow | None:
        """One task as lists show it, or None."""
        row = self._log.card(task)
        return self._rows([row])[0] if row else None

    def inside(self, archive: str) -> list[str]:
        """The tasks of the files that came in that archive."""
        return [row.id for row in self._log.within(archive)]

    def related(self, task: str) -> list[Related]:
        """The other cases with the same customer, order or sender, decided or not, oldest first.

        By the playbook's keys. It waits where the memory is being made anew. Raises Problem("no_task").
        """
        return related(self._remembering.catch_up(), self.handoff(task).card)

    def history(self, task: str) -> list[Handed]:
        return self._log.history(task)

    def what_if(self, task: str, seq: int) -> list[str]:
        """What would have happened at that handoff with one threshold lower or higher; nothing where none decided."""
        history = self._log.history(task)
        place = next((place for place, event in enumerate(history) if event.seq == seq), None)
        if place is None:
            return []
        return what_if.told(history, place, what_if.support(self.home, fold(history[:1]).card.playbook))

    def export(self, task: str, file: Path) -> None:
        """Write a task's case file (`log_export.case`), whole or not at all. Slow. Raises Problem("not_written")."""
        from app import log, log_export

        self.handoff(task)
        with closing(log.read(self.home / "log.db")) as db:
            data = log_export.case_file(self.home, db, task)
        try:
            write_aside(file, data)
        except OSError as error:
            said = f"The case can't be written to {intake.shown(file)}: {error.strerror}."
            raise Problem("not_written", f"{said} Choose another folder.") from error

    def handoff(self, task: str) -> Handoff:
        """A task's state. Raises Problem("no_task")."""
        return self._journal.handoff(task)

    def page(self, sha256: str, number: int) -> Page | None:
        """A page of a document that was read, or None."""
        reading = self._store.reading(sha256)
        return next((page for page in reading.pages if page.number == number), None) if reading else None

    def pages(self, sha256: str) -> int:
        reading = self._store.reading(sha256)
        return len(reading.pages) if reading else 0

    def picture(self, sha256: str, number: int, scale: float) -> Picture | None:
        """A page drawn in a child process; None for formats without drawn pages. Slow."""
        reading = self._store.reading(sha256)
        if reading is None or not any(page.width for page in reading.pages):
            return None
        try:
            return readers.picture(
                self._store.original(sha256), number, scale, readers.GENEROUS, self._passwords.get(sha256, "")
            )
        except Unread as problem:
            if problem.code == "encrypted":  # opened with a password that is forgotten by now
                return None
            raise

    def reading(self, sha256: str) -> Reading | None:
        """What was read of a document, or None."""
        return self._store.reading(sha256)

    def intents(self, playbook: str) -> list[tuple[str, str]]:
        """Labels and titles of a playbook's intents."""
        return [(intent.label, intent.title or intent.label) for intent in _playbook(self.home, playbook).intents]

    def playbook_title(self, playbook: str) -> str:
        """What a playbook calls itself; its name, where it says nothing or can't be read."""
        with suppress(Problem):
            return _playbook(self.home, playbook).title or playbook
        return playbook

    def status(self) -> DeskStatus:
        shift, ahead = self._shift, self._ahead
        reading = ahead.reading()
        return DeskStatus(
            shift.running, shift.waiting + ahead.waiting + len(reading), shift.engine, shift.models, fence.in_force(),
            reading, ahead.pages_per_second, ahead.waiting, len(shift.parked),
            self._upkeep.doing if self._upkeep else "",
        )  # fmt: skip

    def listen(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Hear all events from now on. Returns what ends that."""
        return self._journal.listen(callback)

    def ask(self, order: Order, stop: Stop | None = None) -> Iterator[dict[str, Any]]:
        """Put a question to the engine outside any task (search, train, predict). Raises Problem.

        It goes to an engine of its own, which stays for the next question; `stop` ends it from another thread. Who asks
        while another question is answered has an engine started beside it.
        """
        return self._asking.ask(order, stop)

    def look_after(self, quiet: float = QUIET) -> None:
        """From now on, learn from corrections and tidy the library whenever nobody has worked for `quiet` seconds."""
        if self._upkeep is None:
            due = Due(self)
            self._upkeep = Upkeep(self.home, self._journal, self.status, due, due.done, quiet, self._upkept)

    def attend(self, callback: Callable[[], None]) -> None:
        """Hear from now on, on a thread of the desk, when that learning or tidying has begun or ended (`status`)."""
        self._attending = callback

    def close(self) -> None:
        """Stop working and give the home back. Unfinished tasks go on when it is opened again."""
        if self._upkeep is not None:
            self._upkeep.close()
        self._opened.close()

    def _upkept(self) -> None:
        self._attending()

    def _rows(self, rows: Sequence[CardRow]) -> list[TaskRow]:
        running, parked = self._ahead.tasks() | {self._shift.running}, self._shift.parked
        return [task_row(row, running, parked) for row in rows]

    def _take(self, taken: intake.Taken, book: playbook.Playbook, again: bool, known: dict[str, str]) -> str:
        """The task of a file that was taken in, or could not be."""
        sha256, size = intake.kept(taken, self._store)
        before = self._log.of_content(sha256)
        same_place = [row for row in before if row.source == taken.source and row.playbook == book.name]
        if same_place and not again:
            known.setdefault(sha256, same_place[-1].id)
            self._go_on(same_place[-1])
            return same_place[-1].id
        first = known.get(sha256, "") or ("" if again else original(before, book.name))
        # An erased one may have been any of them: the next number that is free.
        ids = (card_id_of(taken.source, sha256, book.name, str(n)) for n in itertools.count(len(same_place)))
        free = next(one for one in ids if self._log.card(one) is None)
        card = TaskCard(free, taken.source, sha256, book.name, size, now(), book.budget, first)
        known.setdefault(sha256, card.id)
        self._open(card, book, taken.problem)
        return card.id

    def _open(self, card: TaskCard, book: playbook.Playbook, problem: Problem | None = None) -> None:
        opening = Handed(card.id, 0, opened(card, book.legs[0]).why, {"card": plain(card)})
        if problem is None:
            self._journal.store(opening)
            self._read(card)
            return
        why = Why("desk", "quarantine", problem.sentence, code=problem.code)
        self._journal.store(opening, Handed(card.id, 1, why, {"ending": "quarantined"}))

    def _read(self, card: TaskCard | CardRow) -> None:
        self._shift.unpark(card.id)
        self._ahead.put(Wish(card.id, card.sha256, PurePath(card.source).name))

    def _reached(self, task: str, at: Reached) -> None:
        """On a reading thread."""
        self._journal.tell(Progressed(task, f"reading {at}", at.page, at.pages))

    def _was_read(self, task: str, documents: tuple[Document, ...]) -> None:
        """On a reading thread: the models' turn. The files in an archive are opened before its own task ends."""
        if password := self._tried.pop(task, ""):
            self._passwords |= {document.sha256: password for document in documents}
        try:
            self._pass_on(task, documents)
        except Problem as problem:
            self._shift.park(task, problem)
        except OSError as error:
            said = f"What was read can't be passed on ({error.strerror or error}). Check the disk, and resume the task."
            self._shift.park(task, Problem("store_unreadable", said))

    def _pass_on(self, task: str, documents: tuple[Document, ...]) -> None:
        """To the models, once all is opened that is in it; not when it was stopped meanwhile."""
        if documents and documents[0].kind in readers.folders():
            self._open_members(self.handoff(task).card, documents)
        if not self._ahead.dropped(task) and self.handoff(task).ending is None:
            self._shift.put(task)

    def _open_members(self, archive: TaskCard, documents: tuple[Document, ...]) -> None:
        """A task for each file in an archive, and in the archives in it, until the archive is stopped.

        Safe to repeat, after a crash or a stop.
        """
        book, folders = _playbook(self.home, archive.playbook), readers.folders()
        places = {documents[0].sha256: archive.source}
        for document in documents[1:]:
            if self._ahead.dropped(archive.id):
                return
            if document.parent not in places:
                continue  # an attachment of a member, and that one's affair
            source = f"{places[document.parent]}/{document.name}"
            if document.kind in folders and not document.code:
                places[document.sha256] = source
                continue
            number = f"{archive.id}/{document.sha256}"
            card_id = card_id_of(source, document.sha256, book.name, number)
            if self._log.card(card_id) is None:
                first = original(self._log.of_content(document.sha256), book.name)
                size = self._store.size(document.sha256)
                card = TaskCard(
                    card_id, source, document.sha256, book.name, size, now(), book.budget, first, archive.id
                )
                self._open(card, book)
                if self._ahead.dropped(archive.id):
                    self.stop(card_id)  # it came in between

    def _go_on(self, row: CardRow) -> None:
        """A file that comes again takes up the task that a stop, or a crash, cut off."""
        if row.state == "queued" and row.id != self._shift.running:
            self._queue(row)
        elif row.state == "review" and row.code == "stopped":
            self.resume(row.id)

    def _queue(self, row: CardRow) -> None:
        """Queue a task that has no last word yet: to be read first, if nobody has worked it.

        One of which that can't be told, because its playbook is broken or gone, is the shift's, which says why.
        """
        if not row.updated:  # as nearly all of a long queue: the desk opens without a look at each
            self._read(row)
            return
        try:
            self._put(self.handoff(row.id))
        except Problem:
            self._shift.put(row.id)

    def _put(self, state: Handoff) -> None:
        if read_documents(state) or state.why.receiver != _playbook(self.home, state.card.playbook).legs[0]:
            self._shift.put(state.card.id)
        else:
            self._read(state.card)

    def _leg_to_repeat(self, state: Handoff) -> str:
        sender = state.why.sender
        if sender == "router":
            return self._leg_to_route_again(state)
        return sender if sender in modules(agents) else _playbook(self.home, state.card.playbook).legs[0]

    def _leg_to_route_again(self, state: Handoff) -> str:
        """The leg that makes the fields: routing drops those that belong to other intents."""
        return "extractor" if "extractor" in _playbook(self.home, state.card.playbook).legs else "router"


def _only_one(home: Path) -> Any:
    """The lock that makes this process the home's only writer; the system frees it if we die."""
    import filelock

    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(home / "desk.lock", timeout=0, thread_local=False)
        lock.acquire()
    except filelock.Timeout as error:  # an OSError, too
        raise Problem(
            "in_use", "Another Baton has this desk open. Close it first, or set BATON_HOME to another folder."
        ) from error
    except OSError as error:
        said = f"The folder {home} can't be written to ({error.strerror or error})."
        raise Problem(
            "home_unwritable", f"{said} Give yourself the right to write there, or set BATON_HOME to another folder."
        ) from error
    return lock


def _playbook(home: Path, name: str) -> playbook.Playbook:
    return playbook.find(home, name)
