"""Learning a collection's search from questions whose passages are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.cards import Problem
from engine.fleet import Fleet, catalogue, locate
from engine.models import Encoder
from engine.tuning.fusion import Candidates, Tuned, Versions
from engine.tuning.retriever import FEWEST, Outcome, Pair, Passages, pairs, rollback, tune

THINGS = (
    "parental leave", "company cars", "travel expenses", "the canteen", "visitor badges", "laptop repairs",
    "meeting rooms", "sick notes", "the parking deck", "training courses", "pension plans", "home office",
    "overtime pay", "safety shoes", "mobile phones", "fire drills",
)  # fmt: skip
SLANG = (
    "zorblat", "quimmel", "frandle", "wexpot", "tuggins", "mervin", "dolbix", "hasprek",
    "yondle", "plifter", "grumsel", "vaxom", "kettrin", "bosquil", "nimward", "orphil",
)  # fmt: skip
ASPECTS = ("the deadline", "the costs", "the contact person", "the application form")
FORMS = ("What is {} for {}?", "Where do I find {} of {}?")


@dataclass(frozen=True)
class Office:
    """A small collection: passages in plain words, found by their vectors alone."""

    encoder: Encoder
    texts: Sequence[str]
    vectors: np.ndarray

    def passages(self) -> Passages:
        return Passages(np.arange(len(self.texts)), self.texts, self.vectors)

    def candidates(self, question: str) -> Candidates:
        logits = 8 * (self.vectors @ self.encoder.encode_queries([question])[0]) - 4
        order = np.argsort(-logits)
        return Candidates(order, [self.texts[i] for i in order], self.vectors[order], logits[order])


def base() -> Fleet:
    return Fleet(catalogue(Path("no-home")))


@pytest.fixture(scope="module")
def office() -> Office:
    encoder = base().encoder()
    texts = [f"{thing.capitalize()}: {aspect} is written here." for thing in THINGS for aspect in ASPECTS]
    return Office(encoder, texts, encoder.encode(texts))


def questions() -> Iterator[Pair]:
    """People ask in words of their own, which the passages don't have."""
    for n, word in enumerate(SLANG):
        for m, aspect in enumerate(ASPECTS):
            for form in FORMS:
                yield Pair(form.format(aspect, word), ((len(ASPECTS) * n + m,),))


def tuned(home: Path, office: Office, given: Sequence[Pair]) -> Outcome:
    fleet, said = base(), []
    folder = locate(fleet.row("encoder")).parent

    def whole() -> Iterator[tuple[str, int, int]]:
        steps = tune(home, "office", office, given, fleet.encoder_id(), folder, office.encoder)
        said.append((yield from steps))

    assert all(done <= count for _, done, count in whole())
    return said[0]


@pytest.fixture(scope="module")
def learned(office: Office, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    home = tmp_path_factory.mktemp("home")
    return home, tuned(home, office, list(questions()))


def live(home: Path) -> Tuned | None:
    return Versions(home, "office").load(base().encoder_id())


def test_people_s_own_words_are_learned_and_go_live(learned: tuple[Path, Outcome]) -> None:
    home, outcome = learned
    assert outcome.version == 1
    assert outcome.figures.precision_after > outcome.figures.precision_before + 0.1
    assert [row["live"] for row in Versions(home, "office").report()] == [True]


def test_a_search_with_the_live_version_finds_what_the_words_mean(
    office: Office, learned: tuple[Path, Outcome]
) -> None:
    home, _ = learned
    version = live(home)
    assert version is not None
    asked = "Tell me the costs: tuggins"
    vector = Fleet(catalogue(home), home).encoder(version.encoder).encode_queries([asked])[0]
    found = office.candidates(asked)
    plain = office.encoder.encode_queries([asked])[0]
    relevance = version.relevance(found, vector, plain)
    assert 0 <= relevance.min() <= relevance.max() <= 1
    best = [found.texts[i] for i in np.argsort(-relevance)[:4]]
    assert any(text.startswith("Visitor badges") for text in best)
    assert not any(text.startswith("Visitor badges") for text in found.texts[:4])


def test_pairs_that_belong_to_nobody_do_not_go_live(office: Office, tmp_path: Path) -> None:
    given = list(questions())
    mixed = np.random.default_rng(1).permutation(len(given))
    wrong = [Pair(pair.question, given[i].answers) for pair, i in zip(given, mixed, strict=True)]
    outcome = tuned(tmp_path, office, wrong)
    assert outcome.version == 0
    assert "stays" in outcome.sentence
    assert live(tmp_path) is None
    assert not list((tmp_path / "encoders").glob("*"))


def test_a_rollback_brings_back_what_served_before(learned: tuple[Path, Outcome]) -> None:
    home, outcome = learned
    assert rollback(home, "office") == 0
    assert live(home) is None
    with pytest.raises(Problem) as nothing:
        rollback(home, "office")
    assert nothing.value.code == "nothing_to_roll_back"
    Versions(home, "office").go(outcome.version)
    assert live(home) is not None


def test_vectors_of_another_encoder_are_searched_untuned(learned: tuple[Path, Outcome]) -> None:
    home, _ = learned
    assert Versions(home, "office").load("of another encoder") is None


def test_a_version_that_rotted_on_disk_is_refused(learned: tuple[Path, Outcome]) -> None:
    home, _ = learned
    file = next(home.glob("retrievers/*/1/tuned.npz"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-20] + bytes(20))
    with pytest.raises(Problem) as damaged:
        live(home)
    file.write_bytes(whole)
    assert damaged.value.code == "damaged_retriever"


def test_too_few_pairs_are_refused_with_the_number_that_is_needed(office: Office, tmp_path: Path) -> None:
    with pytest.raises(Problem) as few:
        tuned(tmp_path, office, list(questions())[: FEWEST - 1])
    assert few.value.code == "few_pairs"
    assert str(FEWEST) in few.value.sentence


def test_a_file_of_pairs_names_passages_by_one_id_or_several() -> None:
    rows: list[dict[str, object]] = [
        {"query": "a b", "ids": ["x", "y"]},
        {"query": "c", "document": "y"},
        {"query": "a  b", "document": "z"},
    ]
    read = pairs(rows, {"x": (1, 2), "y": (3,), "z": (4,)})
    assert read == [Pair("a b", ((1, 2), (3,), (4,))), Pair("c", ((3,),))]


def test_passages_that_the_collection_lacks_are_named() -> None:
    with pytest.raises(Problem) as unknown:
        pairs([{"query": "a", "ids": ["x"]}], {"y": (1,)})
    assert unknown.value.code == "unknown_passages"
    assert "'x'" in unknown.value.sentence


@pytest.mark.parametrize(
    "row", [{}, {"query": ""}, {"query": "a"}, {"query": "a", "ids": []}, {"query": 3, "ids": ["x"]}]
)
def test_a_line_that_is_no_pair_is_refused_with_its_number(row: dict[str, object]) -> None:
    with pytest.raises(Problem) as bad:
        pairs([row], {"x": (1,)})
    assert bad.value.code == "bad_pairs"
    assert "Line 1" in bad.value.sentence
