"""The library: what was added is found, once, where it stands, also after a crash and on a damaged disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.chunks import sentences
from engine.library import EMBED_AT_ONCE, Hit, Library, evidence_of
from engine.pages import Reading
from tests.engine.scripted import ScriptedEncoder, reading

REFUNDS = "Refunds are paid within 14 days to the card that was used. Postage is refunded for faulty goods."
RETURNS = "Goods are returned in their box within 30 days, with the label outside."
STOVES = "Stoves are tested with gas before they are sold, and never indoors."


@pytest.fixture
def open_library(tmp_path: Path) -> Iterator[Callable[[], Library]]:
    """Opens the same library again and again, as engines do."""
    libraries: list[Library] = []

    def opened() -> Library:
        libraries.append(Library(tmp_path, ScriptedEncoder, "scripted"))
        return libraries[-1]

    yield opened
    for library in libraries:
        library.close()


@pytest.fixture
def library(open_library: Callable[[], Library]) -> Library:
    return open_library()


def add(library: Library, name: str, text: str | Reading, collection: str = "policies") -> str:
    """Adds a document whole; returns its hash."""
    made = reading(text) if isinstance(text, str) else text
    sha256 = hashlib.sha256(made.text.encode()).hexdigest()
    assert all(done <= total for done, total in library.add(collection, sha256, name, made))
    return sha256


def names(hits: list[Hit]) -> list[str]:
    return [hit.name for hit in hits]


def long_reading() -> Reading:
    """More passages than are embedded at once."""
    return reading("\n\n".join(f"Rule {n} says that tents of size {n} are aired." for n in range(EMBED_AT_ONCE * 2)))


def test_the_passage_with_the_words_of_the_query_comes_first(library: Library) -> None:
    for name, text in [("refunds", REFUNDS), ("returns", RETURNS), ("stoves", STOVES)]:
        add(library, name, text)
    assert names(library.search("policies", "returned in their box", 3))[0] == "returns"
    assert names(library.search("policies", "stoves tested with gas", 1)) == ["stoves"]


def test_collections_do_not_mix(library: Library) -> None:
    add(library, "refunds", REFUNDS, "policies")
    add(library, "stoves", STOVES, "manuals")
    assert names(library.search("manuals", "refunds are paid", 5)) == ["stoves"]
    assert [(row["name"], row["documents"]) for row in library.collections()] == [("manuals", 1), ("policies", 1)]


def test_an_unknown_collection_has_nothing(library: Library) -> None:
    assert library.search("nowhere", "refunds", 5) == []


def test_adding_the_same_document_again_adds_nothing(library: Library) -> None:
    sha256 = add(library, "refunds", REFUNDS)
    assert library.holds("policies", sha256)
    assert list(library.add("policies", sha256, "refunds", reading(REFUNDS))) == []
    assert [(row["documents"], row["chunks"]) for row in library.collections()] == [(1, 1)]


def test_a_new_version_of_a_name_replaces_the_old_one(library: Library) -> None:
    old = add(library, "terms", REFUNDS)
    new = add(library, "terms", f"{RETURNS}\n\n{STOVES}")
    found = library.search("policies", "refunds paid card", 9)
    assert {hit.document for hit in found} == {new}
    assert not library.holds("policies", old)


def test_a_document_is_not_its_own_evidence(library: Library) -> None:
    letter = add(library, "letter", REFUNDS + " Says the letter.")
    add(library, "refunds", REFUNDS)
    assert names(library.search("policies", "refunds", 5, without=(letter,))) == ["refunds"]


def test_a_query_of_signs_and_quotation_marks_is_only_text(library: Library) -> None:
    add(library, "refunds", REFUNDS)
    for query in ['"', "'; drop table chunks; --", "refunds AND OR NOT", "NEAR(a b)", "*", ""]:
        assert names(library.search("policies", query, 5)) == ["refunds"]


def test_every_hit_stands_word_for_word_at_its_span(library: Library) -> None:
    made = reading(f"# Refunds\n\n{REFUNDS}", f"# Returns\n\n{RETURNS}")
    add(library, "terms", made)
    hits = library.search("policies", "refunds returned", 9)
    assert len(hits) == 2
    for hit in hits:
        assert made.pages[hit.page - 1].text[hit.start : hit.end] == hit.text


@pytest.mark.parametrize("damage", ["flip", "cut", "delete", "delete note", "garbled note"])
def test_a_damaged_or_lost_index_is_built_again_with_the_same_results(
    open_library: Callable[[], Library], tmp_path: Path, damage: str
) -> None:
    first = open_library()
    for name, text in [("refunds", REFUNDS), ("returns", RETURNS), ("stoves", STOVES)]:
        add(first, name, text)
    before = first.search("policies", "goods refunded", 3)
    (index,) = tmp_path.glob("index/*.faiss")
    whole = index.read_bytes()
    match damage:
        case "flip":
            index.write_bytes(whole[:-5] + bytes([whole[-5] ^ 0x40]) + whole[-4:])
        case "cut":
            index.write_bytes(whole[: len(whole) // 2])
        case "delete":
            index.unlink()
        case "delete note":
            index.with_suffix(".json").unlink()
        case _:
            index.with_suffix(".json").write_text("{")
    assert open_library().search("policies", "goods refunded", 3) == before
    assert index.read_bytes() == whole


def test_a_sound_index_is_loaded_and_not_built_again(open_library: Callable[[], Library], tmp_path: Path) -> None:
    library = open_library()
    add(library, "refunds", REFUNDS)
    before = library.search("policies", "refunds", 3)
    (index,) = tmp_path.glob("index/*.faiss")
    written = index.stat().st_mtime_ns
    assert open_library().search("policies", "refunds", 3) == before
    assert index.stat().st_mtime_ns == written


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_after_a_crash_adding_again_completes_without_duplicates(
    open_library: Callable[[], Library], steps: int
) -> None:
    made = long_reading()
    crashed = open_library().add("policies", "b" * 64, "rules", made)
    for _ in range(steps):
        next(crashed)
    crashed.close()
    library = open_library()
    assert not library.holds("policies", "b" * 64)
    list(library.add("policies", "b" * 64, "rules", made))
    assert library.holds("policies", "b" * 64)
    (row,) = library.collections()
    assert (row["documents"], row["chunks"]) == (1, EMBED_AT_ONCE * 2)
    spans = [(hit.start, hit.end) for hit in library.search("policies", "rule 7 tents of size 7", 99)]
    assert len(spans) == len(set(spans)) == len(library.search("policies", "rule 7 tents of size 7", 99))


def test_after_a_crash_only_what_was_not_embedded_is_embedded(tmp_path: Path) -> None:
    encoder = ScriptedEncoder()
    library = Library(tmp_path, lambda: encoder, "scripted")
    crashed = library.add("policies", "b" * 64, "rules", long_reading())
    next(crashed)
    crashed.close()
    list(library.add("policies", "b" * 64, "rules", long_reading()))
    assert len(encoder.asked) == EMBED_AT_ONCE * 2
    library.close()


def test_a_search_while_a_new_version_is_added_finds_no_chunk_that_is_gone(library: Library) -> None:
    add(library, "terms", f"{REFUNDS}\n\n{RETURNS}")
    library.search("policies", "refunds", 3)
    adding = library.add("policies", "f" * 64, "terms", reading(STOVES))
    next(adding)
    assert {hit.document for hit in library.search("policies", "refunds stoves", 9)} <= {"f" * 64}
    adding.close()


def test_a_new_version_with_the_same_chunk_numbers_has_its_own_vectors(library: Library) -> None:
    add(library, "terms", REFUNDS)
    library.search("policies", "refunds", 1)
    add(library, "terms", STOVES)
    (hit,) = library.search("policies", STOVES, 1)
    assert hit.text == STOVES
    assert hit.score == pytest.approx(1.0, abs=1e-5)


def test_a_long_document_that_does_not_count_leaves_room_for_a_short_one(library: Library) -> None:
    long = add(library, "long", "\n\n".join(f"Refund refund refund paid number {n} today." for n in range(60)))
    add(library, "short", "Refund is paid to the card.")
    assert names(library.search("policies", "refund paid", 3, without=(long,))) == ["short"]


def test_vectors_of_another_encoder_do_not_count_and_are_made_again(tmp_path: Path) -> None:
    old = Library(tmp_path, ScriptedEncoder, "old")
    sha256 = add(old, "refunds", REFUNDS)
    old.close()
    new = Library(tmp_path, lambda: ScriptedEncoder(64), "new")
    assert not new.holds("policies", sha256)
    assert [hit.score for hit in new.search("policies", "refunds paid", 3)] == [0.0]
    add(new, "refunds", REFUNDS)
    assert new.search("policies", "refunds paid", 3)[0].score > 0.0
    assert new.holds("policies", sha256)
    new.close()


def test_likeness_is_one_for_the_text_itself(library: Library) -> None:
    ((same, other),) = library.likeness(["refunds are paid"], ["refunds are paid", "boots"])
    assert same == pytest.approx(1.0, abs=1e-6)
    assert 0.0 <= other < same


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([REFUNDS, RETURNS, STOVES, "See No. 5.", "“Why?” Because."]), min_size=1, max_size=5))
def test_every_quote_of_evidence_stands_word_for_word_at_its_span(texts: list[str]) -> None:
    made = reading("# Terms\n\n" + "\n\n".join(texts))
    page = made.pages[0]
    hit = Hit(1, "a" * 64, "terms", 1, 0, len(page.text), None, "", page.text, 0.5)
    for start, end in sentences(page.text):
        evidence = evidence_of(hit, 1, "policies", page.text[start:end], made, 0.5)
        assert page.text[evidence.place.start : evidence.place.end] == evidence.quote


@pytest.mark.parametrize(
    ("quote", "page"),
    [
        ("Refunds are paid within 15 days", 1),
        ("refunds are paid", 1),
        ("Refunds are paid", 2),
        ("Goods are returned", 1),
    ],
)
def test_a_quote_that_is_not_on_the_page_is_refused(quote: str, page: int) -> None:
    made = reading(f"{REFUNDS}\n\n{RETURNS}")
    hit = Hit(1, "a" * 64, "terms", page, 0, len(REFUNDS), None, "", REFUNDS, 0.5)
    with pytest.raises(Problem) as caught:
        evidence_of(hit, 1, "policies", quote, made, 0.5)
    assert caught.value.code == "quote_not_found"
