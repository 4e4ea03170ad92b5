"""Coverage: what no draft ever rested on is named, and so is an intent that finds nothing; with a played engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import coverage
from app.log import Log
from engine.cards import Draft, Evidence, Place, Problem, Route, Sentence, TaskCard, Why
from engine.codec import plain
from engine.events import Handed
from engine.orders import Clauses, Order
from tests.engine.scripted import PLAYBOOK, write_small_desk

HOUSE = PLAYBOOK.replace("collections.policies", "collections.house")
NEW, OLD = "b" * 64, "a" * 64
REFUNDS, RETURNS = "Refunds are paid within 14 days.", "Goods are returned in their box."
PASSAGES = [
    {"sha256": NEW, "document": "policy.md", "page": 1, "start": 90, "end": 98, "heading": "", "text": "Page 1 of 2"},
    {"sha256": NEW, "document": "policy.md", "page": 1, "start": 0, "end": 32, "heading": "Refunds", "text": REFUNDS},
    {"sha256": NEW, "document": "policy.md", "page": 1, "start": 40, "end": 60, "heading": "Refunds", "text": "To it."},
    {"sha256": NEW, "document": "policy.md", "page": 2, "start": 0, "end": 32, "heading": "Returns", "text": RETURNS},
]


BARE = "Of 2 kinds of request that are answered from it, 1 finds no clause."


def ask(order: Order, stop: object = None) -> Iterator[dict[str, Any]]:
    """Finds something for refunds, and nothing else."""
    if isinstance(order, Clauses):
        yield from PASSAGES if order.collection == "house" else ()
        return
    for query in order.queries:  # type: ignore[union-attr]
        yield {"query": query, "relevant": "refunds" in query, "hits": [{"score": 0.8 if "refunds" in query else 0.1}]}


def found(home: Path, collection: str = "house") -> coverage.Coverage:
    return coverage.coverage(SimpleNamespace(home=home, ask=ask), collection)  # type: ignore[arg-type]


def work(home: Path, task: str, place: Place, quote: str, *, cited: bool) -> None:
    """A task of the log that was offered that quote."""
    (home / "log.db").parent.mkdir(exist_ok=True)
    log = Log(home / "log.db")
    card = TaskCard(task, f"/{task}", task * 64, "small")
    draft = Draft((Sentence("So it is.", (1,) if cited else ()),))
    done = {
        "route": plain(Route("refund", 0.9, 0.5)), "evidence": plain((Evidence(1, quote, place, 0.7, "house"),)),
        "draft": plain(draft), "ending": "finished",
    }  # fmt: skip
    log.append(Handed(task, 0, Why("desk", "reader", "Opened."), {"card": plain(card)}))
    log.append(Handed(task, 1, Why("drafter", "desk", "Done."), done))
    log.close()


def test_a_clause_is_cited_where_a_draft_rests_on_it(home: Path) -> None:
    write_small_desk(home, HOUSE)
    work(home, "1", Place(NEW, "policy.md", 1, 0, 32), REFUNDS, cited=True)
    work(home, "2", Place(NEW, "policy.md", 2, 0, 32), RETURNS, cited=False)
    said = found(home)
    assert [(one.heading, one.cited, one.offered) for one in said.clauses] == [("Refunds", 1, 1), ("Returns", 0, 1)]
    assert (said.tasks, [one.heading for one in said.never]) == (2, ["Returns"])
    assert [(one.intent, one.tasks, one.cited, one.bare) for one in said.needs] == [
        ("refund", 2, 1, False), ("return", 0, 0, True),
    ]  # fmt: skip
    assert list(coverage.told(said)) == [
        f"1 of 2 clauses were never cited (in 2 tasks). {BARE}",
        "Never cited:",
        "  Returns (policy.md, page 2, offered to 1 tasks)",
        "Nothing in it speaks to:",
        "  Return request (small, 0 tasks; the best passage has a chance of 0.10)",
    ]
    assert len(list(coverage.rows(said))) == 4


def test_an_older_version_of_a_document_was_cited_where_the_newer_one_says_the_same(home: Path) -> None:
    write_small_desk(home, HOUSE)
    work(home, "1", Place(OLD, "policy.md", 7, 500, 532), REFUNDS.replace(" paid ", "\npaid "), cited=True)
    assert [one.cited for one in found(home).clauses] == [1, 0]


def test_without_a_log_nothing_was_cited(home: Path) -> None:
    write_small_desk(home, HOUSE)
    said = found(home)
    assert (said.tasks, len(said.never), len(said.bare)) == (0, 2, 1)
    assert coverage.summary(said).startswith("No task has drawn on it yet, so none of its 2 clauses was cited.")


@pytest.mark.parametrize(
    ("bare", "every", "said"),
    [
        (0, 14, "All 14 kinds of request that are answered from it find a clause."),
        (0, 1, "The 1 kind of request that is answered from it finds a clause."),
        (3, 14, "Of 14 kinds of request that are answered from it, 3 find no clause."),
        (0, 0, "No playbook answers from it."),
    ],
)
def test_what_finds_no_clause_is_said_without_a_riddle(bare: int, every: int, said: str) -> None:
    needs = tuple(coverage.Need("p", "i", "I", 0, 0, "q", 0.5, n >= bare) for n in range(every))
    clause = coverage.Clause("policy.md", NEW, "Refunds", 1, 0, 32, REFUNDS, cited=1)
    assert coverage.summary(coverage.Coverage("house", 2, (clause,), needs)) == (
        f"Each of its clauses was cited at least once (in 2 tasks). {said}"
    )


def test_an_empty_collection_and_one_that_is_too_large_are_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="There is nothing in a collection 'other'"):
        found(home, "other")
    monkeypatch.setattr(coverage, "MOST_PASSAGES", 3)
    with pytest.raises(Problem, match="not gone through clause by clause"):
        found(home)
