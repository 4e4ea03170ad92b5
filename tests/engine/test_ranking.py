"""Ranking: words, pairs and meaning against chance; what it says about relevance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysqlite3 import dbapi2 as sqlite3

from engine.ranking import (
    NOTHING,
    READ,
    Background,
    Candidate,
    Ranked,
    background_of,
    ranked,
    relevance_of,
    reread,
    terms,
    words_query,
)

RARE = {"refund": 20, "travel": 15, "notice": 30, "period": 60, "day": 200}
CHANCE = Background(chunks=2_000, words=40, frequency=RARE, mean=0.1, spread=0.1)
FILLER = "The customer signs the form and keeps one copy for the files of the branch."


def _order(query: str, *candidates: Candidate) -> list[int]:
    return [one.chunk for one in ranked(query, candidates, CHANCE)]


def test_a_query_asks_for_its_telling_words_only() -> None:
    assert words_query("What is the notice period?") == '"notice" OR "period"'


def test_a_query_of_nothing_but_small_words_asks_for_those() -> None:
    assert words_query("who are you") == '"who" OR "are" OR "you"'
    assert words_query("?!") == ""


@given(st.text(max_size=80))
def test_no_text_makes_a_query_that_sqlite_refuses(text: str) -> None:
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table words using fts5(text, tokenize='porter unicode61')")
    query = words_query(text)
    if query:
        db.execute("select rowid from words where words match ?", [query]).fetchall()
    db.close()


def test_terms_are_stemmed_as_sqlite_stems_them() -> None:
    text = "Refunds of cancelled flights, travellers' notices, Überweisungen and résumés: relational policies 2.1(a)"
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table words using fts5(text, tokenize='porter unicode61')")
    db.execute("create virtual table terms using fts5vocab(words, 'row')")
    db.execute("insert into words values (?)", [text])
    known = {row[0] for row in db.execute("select term from terms")}
    db.close()
    assert set(terms(text)) <= known


def test_words_alone_and_meaning_alone_both_find() -> None:
    by_words = Candidate(1, 1, "\nThe notice period is three months.", 0.1)
    by_meaning = Candidate(5, 5, "\nHow long before leaving must one tell the employer?", 0.6)
    neither = Candidate(9, 9, f"\n{FILLER}", 0.1)
    assert _order("notice period", by_words, by_meaning, neither)[-1] == 9


def test_words_that_stand_together_count_more_than_words_apart() -> None:
    together = Candidate(1, 1, f"\nThe notice period ends in May. {FILLER}", 0.3)
    apart = Candidate(5, 5, f"\nThe period ends in May. {FILLER} A notice hangs there.", 0.3)
    assert _order("notice period", apart, together) == [1, 5]


def test_a_passage_beside_a_good_one_gains() -> None:
    good = Candidate(10, 1, "\nTravel refund: the notice period is ten days.", 0.7)
    beside = Candidate(11, 1, f"\n{FILLER}", 0.3)
    elsewhere = Candidate(3, 2, f"\n{FILLER}", 0.3)
    assert _order("travel refund notice period", elsewhere, beside, good) == [10, 11, 3]


def test_a_clear_answer_is_relevant_and_a_chance_likeness_is_not() -> None:
    answer = Candidate(1, 1, "\nTravel refund: the notice period is ten days.", 0.75)
    chance = Candidate(5, 5, f"\n{FILLER}", 0.15)
    found = ranked("travel refund notice period", [answer, chance], CHANCE)
    assert found[0].relevance > 0.5
    assert found[1].relevance < NOTHING


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=3))
def test_relevance_rises_with_the_score_and_stays_a_probability(scores: list[float]) -> None:
    low, high, best = sorted(scores)
    assert 0 <= relevance_of(low, best) <= relevance_of(high, best) <= relevance_of(best, best) <= 1


def test_a_second_reading_puts_the_passage_first_whose_words_fit() -> None:
    found = [Ranked(1, 1, 0.5, 5.0), Ranked(2, 2, 0.5, 4.9), Ranked(3, 3, 0.5, 4.8)]
    asked = ([(0, 6), (7, 13)], np.eye(2, 4, dtype=np.float32))
    read = {1: np.eye(4, dtype=np.float32)[2:], 2: np.eye(4, dtype=np.float32)[:2]}
    again = reread("travel refund", found, asked, read, CHANCE)
    assert [one.chunk for one in again] == [2, 1, 3]
    assert [one.score for one in again] == sorted((one.score for one in again), reverse=True)


def test_small_words_do_not_count_in_a_second_reading() -> None:
    found = [Ranked(1, 1, 0.5, 5.0), Ranked(2, 2, 0.5, 5.0)]
    asked = ([(0, 3), (4, 10)], np.eye(2, dtype=np.float32))
    read = {1: np.eye(2, dtype=np.float32)[:1], 2: np.eye(2, dtype=np.float32)[1:]}
    assert reread("the refund", found, asked, read, CHANCE)[0].chunk == 2


def test_a_second_reading_loses_none() -> None:
    found = [Ranked(n, n, 0.5, -float(n)) for n in range(READ + 5)]
    asked = ([(0, 6)], np.ones((1, 1), np.float32))
    read = {n: np.zeros((1, 1), np.float32) for n in range(READ)}
    assert {one.chunk for one in reread("refund", found, asked, read, CHANCE)} == set(range(READ + 5))


def test_chance_is_measured_where_there_is_enough_and_assumed_where_there_is_not() -> None:
    vector = np.array([1.0, 0.0], np.float32)
    mean, spread = background_of(vector, np.empty((0, 2), np.float32))
    assert (mean, spread) == pytest.approx((0.1, 0.1))
    angles = np.random.default_rng(0).normal(1.2, 0.05, 5_000)
    sample = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    mean, spread = background_of(vector, sample)
    assert (mean, spread) == pytest.approx((float((sample @ vector).mean()), float((sample @ vector).std())), rel=0.05)
