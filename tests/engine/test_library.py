"""The library: what was added is found, once, where it stands."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.chunks import sentences
from engine.library import EMBED_AT_ONCE, Hit, Library, evidence_of
from engine.orders import Passage
from engine.pages import Page, Reading
from tests.engine.libraries import REFUNDS, RETURNS, STOVES, Opener, add, names, rules, summary
from tests.engine.scripted import ScriptedEncoder, reading


def test_the_passage_with_the_words_of_the_query_comes_first(library: Library) -> None:
    for name, text in [("refunds", REFUNDS), ("returns", RETURNS), ("stoves", STOVES)]:
        add(library, name, text)
    assert names(library.search("policies", "returned in their box", 3))[0] == "returns"
    assert names(library.search("policies", "stoves tested with gas", 1)) == ["stoves"]


def test_collections_do_not_mix_and_can_be_searched_together(library: Library) -> None:
    add(library, "refunds", REFUNDS, "policies")
    add(library, "stoves", STOVES, "manuals")
    assert names(library.search("manuals", "refunds are paid", 5)) == ["stoves"]
    assert summary(library) == [("manuals", 1, 1), ("policies", 1, 1)]
    assert set(names(library.search(["manuals", "policies"], "refunds are paid", 5))) == {"refunds", "stoves"}


def test_an_unknown_collection_has_nothing(library: Library) -> None:
    assert library.search("nowhere", "refunds", 5) == []


def test_a_search_right_after_an_add_sees_it_and_right_after_a_removal_does_not(library: Library) -> None:
    add(library, "refunds", REFUNDS)
    assert names(library.search("policies", "refunds", 5)) == ["refunds"]
    add(library, "stoves", STOVES)
    assert names(library.search("policies", "stoves tested with gas", 1)) == ["stoves"]
    assert library.remove("policies", "stoves") == 1
    assert names(library.search("policies", "stoves tested with gas", 5)) == ["refunds"]
    assert summary(library) == [("policies", 1, 1)]


def test_a_document_is_removed_by_its_hash_with_all_its_names(library: Library) -> None:
    sha256 = add(library, "refunds", REFUNDS)
    add(library, "copy of refunds", REFUNDS)
    assert library.remove("policies", sha256) == 1
    assert library.search("policies", "refunds", 5) == []


def test_what_is_not_there_can_not_be_removed(library: Library) -> None:
    add(library, "refunds", REFUNDS)
    with pytest.raises(Problem, match="no document 'stoves'"):
        library.remove("policies", "stoves")
    with pytest.raises(Problem):
        library.remove("nowhere", "refunds")


def test_a_collection_goes_whole_and_the_others_stay(open_library: Opener, tmp_path: Path) -> None:
    library = open_library()
    add(library, "refunds", REFUNDS)
    add(library, "stoves", STOVES, "manuals")
    assert names(library.search("policies", "refunds are paid", 5)) == ["refunds"]
    assert names(library.search("manuals", "tested with gas", 5)) == ["stoves"]
    key = hashlib.sha256(b"policies").hexdigest()[:16]
    learned = [tmp_path / "retrievers" / key / "1", tmp_path / "encoders" / f"questions-{key}-1"]
    for folder in learned:
        folder.mkdir(parents=True)
    assert library.remove_all("policies") == 1
    assert summary(library) == [("manuals", 1, 1)]
    assert library.search("policies", "refunds are paid", 5) == []
    assert names(library.search("manuals", "tested with gas", 5)) == ["stoves"]
    assert len(list(tmp_path.glob("index/*"))) == 1
    assert not any(folder.exists() for folder in learned)
    add(library, "returns", RETURNS)
    assert names(library.search("policies", "refunds are paid", 5)) == ["returns"]
    with pytest.raises(Problem, match="no collection 'nowhere'"):
        library.remove_all("nowhere")


def test_adding_the_same_document_again_adds_nothing(library: Library) -> None:
    sha256 = add(library, "refunds", REFUNDS)
    assert library.holds("policies", sha256)
    assert list(library.add("policies", sha256, "refunds", reading(REFUNDS))) == []
    assert summary(library) == [("policies", 1, 1)]


def test_the_same_content_under_two_names_is_one_document_that_goes_with_its_last_name(library: Library) -> None:
    add(library, "refunds", REFUNDS)
    add(library, "copy", REFUNDS)
    (hit,) = library.search("policies", "refunds", 5)
    assert (hit.name, hit.also) == ("refunds", (("copy", 1),))
    assert library.remove("policies", "refunds") == 0
    assert names(library.search("policies", "refunds", 5)) == ["copy"]
    assert library.remove("policies", "copy") == 1


def test_a_new_version_of_a_name_replaces_the_old_one(library: Library) -> None:
    old = add(library, "terms", REFUNDS)
    new = add(library, "terms", f"{RETURNS}\n\n{STOVES}")
    found = library.search("policies", "refunds paid card", 9)
    assert {hit.document for hit in found} == {new}
    assert not library.holds("policies", old)


def test_the_old_version_is_found_until_the_new_one_is_whole(library: Library) -> None:
    old = add(library, "terms", f"{REFUNDS}\n\n{RETURNS}")
    adding = library.add("policies", "f" * 64, "terms", rules())
    next(adding)
    assert {hit.document for hit in library.search("policies", "refunds, and rule 1 of tents", 9)} == {old}
    assert list(adding)[-1] == (EMBED_AT_ONCE * 2, EMBED_AT_ONCE * 2)
    assert {hit.document for hit in library.search("policies", "refunds, and rule 1 of tents", 9)} == {"f" * 64}


def test_a_document_is_not_its_own_evidence(library: Library) -> None:
    letter = add(library, "letter", REFUNDS + " Says the letter.")
    add(library, "refunds", REFUNDS)
    assert names(library.search("policies", "refunds", 5, without=(letter,))) == ["refunds"]


def test_a_long_document_that_does_not_count_leaves_room_for_a_short_one(library: Library) -> None:
    long = add(library, "long", "\n\n".join(f"Refund refund refund paid number {n} today." for n in range(300)))
    add(library, "short", "Refund is paid to the card.")
    assert names(library.search("policies", "refund paid", 3, without=(long,))) == ["short"]


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


# What repeats


@pytest.mark.parametrize(
    "other",
    [
        "Refunds are paid within 14 days, to the card that was used: postage is refunded for faulty goods",
        "REFUNDS are paid within 14 days to the card that was used.\nPostage is refunded for faulty goods.",
    ],
)
def test_a_passage_that_says_the_same_is_named_beside_the_first(library: Library, other: str) -> None:
    add(library, "refunds", REFUNDS)
    add(library, "other", other)
    (hit,) = library.search("policies", "when are refunds paid", 5)
    assert {hit.name, hit.also[0][0]} == {"refunds", "other"}


@pytest.mark.parametrize(
    "other",
    [
        REFUNDS.replace("14 days", "15 days"),
        REFUNDS.replace("within", "after"),
        REFUNDS.replace("is refunded", "is not refunded"),
        REFUNDS.replace("14 days", "14 weeks"),
        REFUNDS.replace("14 days to", "fourteen days to"),
    ],
)
def test_a_passage_with_another_number_or_duty_is_another_rule(library: Library, other: str) -> None:
    add(library, "refunds", REFUNDS)
    add(library, "other", other)
    assert set(names(library.search("policies", "when are refunds paid", 5))) == {"refunds", "other"}


# Filters


def test_filters_leave_only_what_is_of_that_kind_language_and_date(library: Library) -> None:
    mail = Page(1, f"Date: Mon, 05 Oct 2026 08:12:00 +0200\n\n{REFUNDS}", paths=((0, 37, "Date"),))
    add(library, "mail", Reading("eml", "", (mail,)))
    add(library, "handbook", reading(REFUNDS.replace("14", "20"), kind="pdf", title="Handbook, edition of May 2024"))
    german = "Rückzahlungen (refunds) erfolgen innerhalb von 14 Tagen auf die Karte, mit der bezahlt worden ist."
    add(library, "handbuch", reading(german, kind="pdf"))

    def found(**limits: object) -> set[str]:
        return set(names(library.search("policies", "refunds", 9, **limits)))  # type: ignore[arg-type]

    assert found() == {"mail", "handbook", "handbuch"}
    assert found(kinds=("pdf",)) == {"handbook", "handbuch"}
    assert found(languages=("de",)) == {"handbuch"}
    assert found(kinds=("eml",), languages=("de",)) == set()
    assert found(since="2025") == {"mail"}
    assert found(until="2024-05") == {"handbook"}
    assert found(since="2024-05-20", until="2026-10-05") == {"mail", "handbook"}
    rows = {row["name"]: (row["language"], row["date"]) for row in library.documents("policies")}
    assert rows == {"mail": ("en", "2026-10-05"), "handbook": ("en", "2024-05"), "handbuch": ("de", "")}


# Passages without a file


def test_passages_are_added_together_and_found_under_their_title(library: Library) -> None:
    passages = [Passage(f"k-{n}", "Tents", f"A tent of size {n} sleeps {n} people.") for n in range(40)]
    added = [row for batch in library.add_passages("shop", passages) for row in batch]
    assert added == [(f"k-{n}", 1) for n in range(40)]
    (hit,) = library.search("shop", "tent of size 17", 1)
    assert (hit.name, hit.heading, hit.text) == ("k-17", "Tents", "A tent of size 17 sleeps 17 people.")
    made = library.reading(hit.document)
    assert made is not None
    assert made.pages[0].text[hit.start : hit.end] == hit.text


def test_a_long_passage_is_one_hit(library: Library) -> None:
    body = "\n\n".join(f"Tents of size {n} are aired after use." for n in range(9))
    list(library.add_passages("shop", [Passage("long", "", body), Passage("short", "", "Tents are sold in May.")]))
    assert sorted(names(library.search("shop", "tents", 9))) == ["long", "short"]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_passage_of_a_known_id_replaces_the_old_one(library: Library, at_once: bool) -> None:
    old, new = Passage("a", "", "Tents are sold in May."), Passage("a", "", "Tents are sold in June.")
    for batch in [[old, new]] if at_once else [[old], [new]]:
        list(library.add_passages("shop", batch))
    assert [hit.text for hit in library.search("shop", "tents", 9)] == ["Tents are sold in June."]


def test_passages_that_are_there_are_not_embedded_again(open_library: Opener) -> None:
    encoder = ScriptedEncoder()
    passages = [Passage(f"k-{n}", "", f"A tent of size {n}.") for n in range(9)]
    list(open_library(first=encoder).add_passages("shop", passages[:5]))
    list(open_library(first=encoder).add_passages("shop", passages))
    assert len(encoder.asked) == 9


# Sentences and evidence


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
