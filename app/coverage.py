"""Says which clauses of a collection no task has ever rested on, and which intents find no clause in it."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import log
from app.language import _, several
from engine import playbook
from engine.cards import Draft, Evidence, Handoff, Place, Problem
from engine.events import fold
from engine.orders import Clauses, Search
from engine.playbook import Intent

if TYPE_CHECKING:
    from app.asking import Stop
    from app.desk import Desk
    from app.log_file import Connection

MOST_TASKS = 5_000
"""Only the newest so many tasks are looked at: what was cited before that is as good as forgotten."""
MOST_PASSAGES = 20_000
"""A collection with more of them is no set of policies, and nobody could go through its clauses."""
FEWEST_WORDS = 6
"""What stands under no heading and says less is a title or the number of a page, and no clause."""
REQUEST = "{request}"
"""Stands in an intent's `search` for what was asked."""


@dataclass(slots=True)
class Clause:
    """What stands under one heading of a document: where it begins, and how many tasks cited or were offered it.

    `text` is its first passage. A task that was offered a clause has it among its evidence; it cites the clause when
    its draft rests on it.
    """

    document: str
    sha256: str
    heading: str
    page: int
    start: int
    end: int
    text: str
    cited: int = 0
    offered: int = 0
    passages: list[tuple[int, int, int, str]] = field(default_factory=list, repr=False)

    @property
    def place(self) -> Place:
        return Place(self.sha256, self.document, self.page, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Need:
    """An intent that is answered from the collection: its tasks, how many of them cited a clause, and what is found.

    `query` is what it looks for, `score` the chance of the best passage for that to be relevant, in 0..1, and
    `relevant` whether that is enough.
    """

    playbook: str
    intent: str
    title: str
    tasks: int
    cited: int
    query: str
    score: float
    relevant: bool

    @property
    def bare(self) -> bool:
        """Nothing in the collection speaks to it, and no task's draft ever rested on something in it."""
        return not self.relevant and not self.cited


@dataclass(frozen=True, slots=True)
class Coverage:
    """`tasks` are those of the log that were offered something of the collection."""

    collection: str
    tasks: int
    clauses: tuple[Clause, ...]
    needs: tuple[Need, ...]

    @property
    def never(self) -> list[Clause]:
        return [clause for clause in self.clauses if not clause.cited]

    @property
    def bare(self) -> list[Need]:
        return [need for need in self.needs if need.bare]


def coverage(desk: Desk, collection: str, stop: Stop | None = None) -> Coverage:
    """How far a collection is used, and how far it goes. Raises Problem("no_collection"), ("too_many") or ("stopped").

    A document that was replaced by a newer version is still cited where the newer one says the same, word for word.
    """
    clauses = list(_clauses(desk.ask(Clauses(collection), stop)))
    if not clauses:
        raise Problem(
            "no_collection", f"There is nothing in a collection {collection!r:.60}. Add documents to it first."
        )
    found = _Found(clauses)
    labels: Counter[tuple[str, str]] = Counter()
    rested: Counter[tuple[str, str]] = Counter()
    tasks = 0
    with _log(desk.home) as db:
        labels.update(_labels(db))
        for state in _states(db, collection):
            tasks += 1
            if found.count(collection, state) and state.route and state.route.label:
                rested[state.card.playbook, state.route.label] += 1
    intents = list(_intents(desk.home, collection, {name for name, _ in labels}))
    needs = tuple(_needs(desk, collection, intents, labels, rested, stop))
    return Coverage(collection, tasks, tuple(clauses), needs)


def rows(found: Coverage) -> Iterator[dict[str, Any]]:
    """The same for programs: a row a clause, then a row an intent."""
    for clause in found.clauses:
        yield {
            "clause": clause.heading, "document": clause.document, "page": clause.page, "text": clause.text,
            "cited": clause.cited, "offered": clause.offered,
        }  # fmt: skip
    for need in found.needs:
        yield {
            "intent": need.intent, "playbook": need.playbook, "tasks": need.tasks, "cited": need.cited,
            "score": round(need.score, 4), "relevant": need.relevant,
        }  # fmt: skip


def told(found: Coverage) -> Iterator[str]:
    """The same for people: what is missing, a line each."""
    yield summary(found)
    if found.never:
        yield "Never cited:"
    for clause in found.never:
        offered = f", offered to {clause.offered} tasks" if clause.offered else ""
        yield f"  {clause.heading or _short(clause.text)} ({clause.document}, page {clause.page}{offered})"
    if found.bare:
        yield "Nothing in it speaks to:"
    for need in found.bare:
        yield f"  {need.title} ({need.playbook}, {need.tasks} tasks; the best passage has a chance of {need.score:.2f})"


def summary(found: Coverage) -> str:
    """Both figures in a sentence."""
    bare = _unanswered(len(found.bare), len(found.needs))
    if not found.tasks:
        none = _("No task has drawn on it yet, so none of its {all} clauses was cited.").format(all=len(found.clauses))
        return f"{none} {bare}"
    if not found.never:
        said = _("Each of its clauses was cited at least once (in {tasks} tasks).").format(tasks=found.tasks)
        return f"{said} {bare}"
    never = _("{never} of {all} clauses were never cited (in {tasks} tasks).").format(
        never=len(found.never), all=len(found.clauses), tasks=found.tasks
    )
    return f"{never} {bare}"


def _unanswered(bare: int, every: int) -> str:
    """How many kinds of request it has nothing to say about."""
    if not every:
        return _("No playbook answers from it.")
    if not bare:
        return several("The {n:,} kind of request that is answered from it finds a clause.",
                       "All {n:,} kinds of request that are answered from it find a clause.", every)  # fmt: skip
    return several("Of {every:,} kinds of request that are answered from it, {n:,} finds no clause.",
                   "Of {every:,} kinds of request that are answered from it, {n:,} find no clause.",
                   bare, every=every)  # fmt: skip


def _clauses(passages: Iterable[dict[str, Any]]) -> Iterator[Clause]:
    """The passages that follow one another under one heading are one clause."""
    clause: Clause | None = None
    for count, row in enumerate(passages, 1):
        if count > MOST_PASSAGES:
            said = f"A collection of more than {MOST_PASSAGES:,} passages is not gone through clause by clause."
            raise Problem("too_many", f"{said} Keep your policies in a collection of their own.")
        if not row["heading"] and len(row["text"].split()) < FEWEST_WORDS:
            continue
        if clause is None or (clause.sha256, clause.heading) != (row["sha256"], row["heading"]):
            if clause is not None:
                yield clause
            clause = Clause(
                row["document"], row["sha256"], row["heading"], row["page"], row["start"], row["end"], row["text"]
            )
        clause.passages.append((row["page"], row["start"], row["end"], " ".join(row["text"].split())))
    if clause is not None:
        yield clause


class _Found:
    """Which clause a piece of evidence stands in. Tasks cite the same sentences again and again."""

    def __init__(self, clauses: list[Clause]) -> None:
        self._by_document: dict[str, list[Clause]] = {}
        self._known: dict[tuple[Place, str], list[Clause]] = {}
        for clause in clauses:
            for key in {clause.sha256, clause.document}:
                self._by_document.setdefault(key, []).append(clause)

    def count(self, collection: str, state: Handoff) -> bool:
        """Count a task's evidence; returns whether its draft rests on the collection."""
        offered, cited = _evidence(collection, state)
        for clause in _each_once(clause for evidence in offered for clause in self._clauses(evidence)):
            clause.offered += 1
        for clause in _each_once(clause for evidence in cited for clause in self._clauses(evidence)):
            clause.cited += 1
        return bool(cited)

    def _clauses(self, evidence: Evidence) -> list[Clause]:
        key = evidence.place, evidence.quote
        if key not in self._known:
            self._known[key] = list(self._standing(evidence.place, " ".join(evidence.quote.split())))
        return self._known[key]

    def _standing(self, place: Place, quote: str) -> Iterator[Clause]:
        same = self._by_document.get(place.document)
        for clause in same or self._by_document.get(place.name, []):
            for page, start, end, text in clause.passages:
                if quote in text if same is None else page == place.page and start < place.end and place.start < end:
                    yield clause
                    break


def _each_once(clauses: Iterable[Clause]) -> Iterator[Clause]:
    yield from {id(clause): clause for clause in clauses}.values()


def _evidence(collection: str, state: Handoff) -> tuple[list[Evidence], list[Evidence]]:
    """What of the collection a task was offered, and what its draft cites; also before its requests are merged."""
    offered, cited = [], []
    parts: list[tuple[tuple[Evidence, ...], Draft | None]] = [(state.evidence, state.draft)]
    for evidence, draft in [*parts, *((step.evidence, step.draft) for step in state.plan)]:
        numbers = {n for sentence in draft.sentences for n in sentence.citations} if draft else set()
        mine = [one for one in evidence if one.origin == collection]
        offered += mine
        cited += [one for one in mine if one.n in numbers]
    return offered, cited


@contextmanager
def _log(home: Path) -> Iterator[Connection | None]:
    """The log for reading; None where nothing was ever triaged."""
    try:
        db = log.read(home / "log.db")
    except Problem as problem:
        if problem.code != "no_log":
            raise
        yield None
        return
    with closing(db):
        yield db


def _states(db: Connection | None, collection: str) -> Iterator[Handoff]:
    """The newest tasks that were offered something of the collection, as they stand."""
    words = f'"origin":{json.dumps(collection, ensure_ascii=False)}'
    where = (
        "where number > (select coalesce(max(number), 0) from cards) - ? and exists "
        "(select 1 from chain where task = cards.number and instr(body, ?))"
    )
    for row in log.cards(db, where, [MOST_TASKS, words]) if db else ():
        yield fold(log.history(db, row.id))


def _labels(db: Connection | None) -> Counter[tuple[str, str]]:
    """How many of the newest tasks each playbook's intents had."""
    if db is None:
        return Counter()
    where = "where label != '' and number > (select coalesce(max(number), 0) from cards) - ?"
    return Counter((row.playbook, row.label) for row in log.cards(db, where, [MOST_TASKS]))


def _needs(
    desk: Desk,
    collection: str,
    intents: Sequence[tuple[str, Intent]],
    tasks: Counter[tuple[str, str]],
    rested: Counter[tuple[str, str]],
    stop: Stop | None,
) -> Iterator[Need]:
    """Each intent with what its search finds in the collection."""
    queries = tuple(_query(intent) for _, intent in intents)
    answers = desk.ask(Search((collection,), queries, 1), stop) if queries else iter(())
    for (name, intent), query, answer in zip(intents, queries, answers, strict=True):
        key, title = (name, intent.label), intent.title or intent.label
        score = answer["hits"][0]["score"] if answer["hits"] else 0.0
        yield Need(name, intent.label, title, tasks[key], rested[key], query, score, answer["relevant"])


def _intents(home: Path, collection: str, worked: set[str]) -> Iterator[tuple[str, Intent]]:
    """The intents that are answered from it: of the playbooks that were worked with here, and of the operator's own.

    Where there is none of these, of all that would search it: those shipped share names, but not their documents.
    """
    books = []
    for name, path in playbook.playbooks(home).items():
        with contextlib.suppress(Problem):  # a broken playbook works no task
            book = playbook.find(home, name)
            if collection in book.collections and "librarian" in book.legs:
                books.append((name in worked or path.parent == home / "playbooks", book))
    used = [book for mine, book in books if mine] or [book for _, book in books]
    for book in used:
        yield from ((book.name, intent) for intent in book.intents)


def _query(intent: Intent) -> str:
    """What the librarian looks for; where that is the request itself, an example of one."""
    example = intent.examples[0] if intent.examples else intent.title
    return (intent.search or intent.title or intent.label).replace(REQUEST, " ".join(example.split())[:300])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79].rstrip()}…"
