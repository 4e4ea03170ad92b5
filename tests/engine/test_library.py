"""The library: what was added is found, once, where it stands, also after a crash and on a damaged disk."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from engine import _library_index, _library_schema
from engine import library as library_module
from engine.cards import Problem
from engine.chunks import sentences
from engine.library import EMBED_AT_ONCE, Hit, Library, evidence_of
from engine.models import Model
from engine.orders import Passage
from engine.pages import Page, Reading
from tests.engine.scripted import ScriptedEncoder, reading

REFUNDS = "Refunds are paid within 14 days to the card that was used. Postage is refunded for faulty goods."
RETURNS = "Goods are returned in their box within 30 days, with the label outside."
STOVES = "Stoves are tested with gas before they are sold, and never indoors."


class Encoders:
    """A fleet of scripted encoders by name; the first is the default."""

    def __init__(self, **encoders: ScriptedEncoder) -> None:
        self.encoders = encoders or {"first": ScriptedEncoder()}

    def row(self, role: str) -> Model:
        name = next(iter(self.encoders))
        return Model(name, role, "scripted", "", self.encoder_id(name))

    def encoder(self, id: str = "") -> ScriptedEncoder:  # noqa: A002 - as the fleet has it
        return self.encoders[id or next(iter(self.encoders))]

    def encoder_id(self, id: str = "") -> str:  # noqa: A002
        name = id or next(iter(self.encoders))
        if name not in self.encoders:
            raise Problem("no_encoder", "There is none.")
        return hashlib.sha256(f"{name} {self.encoders[name].dimension}".encode()).hexdigest()


Opener = Callable[..., Library]


@pytest.fixture
def open_library(tmp_path: Path) -> Iterator[Opener]:
    """Opens the same library again and again, as engines do."""
    libraries: list[Library] = []

    def opened(**encoders: ScriptedEncoder) -> Library:
        libraries.append(Library(tmp_path, Encoders(**encoders)))  # type: ignore[arg-type]
        return libraries[-1]

    yield opened
    for library in libraries:
        library.close()


@pytest.fixture
def library(open_library: Opener) -> Library:
    return open_library()


def add(library: Library, name: str, text: str | Reading, collection: str = "policies") -> str:
    """Adds a document whole; returns its hash."""
    made = reading(text) if isinstance(text, str) else text
    sha256 = hashlib.sha256(made.text.encode()).hexdigest()
    assert all(done <= total for done, total in library.add(collection, sha256, name, made))
    return sha256


def names(hits: list[Hit]) -> list[str]:
    return [hit.name for hit in hits]


def summary(library: Library) -> list[tuple[str, int, int]]:
    return [(row["name"], row["documents"], row["chunks"]) for row in library.collections()]


def rules(count: int = EMBED_AT_ONCE * 2) -> Reading:
    """More passages than are embedded at once."""
    return reading("\n\n".join(f"Rule {n} says that tents of size {n} are aired." for n in range(count)))


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


def test_a_passage_of_a_known_id_replaces_the_old_one(library: Library) -> None:
    list(library.add_passages("shop", [Passage("a", "", "Tents are sold in May.")]))
    list(library.add_passages("shop", [Passage("a", "", "Tents are sold in June.")]))
    assert [hit.text for hit in library.search("shop", "tents", 9)] == ["Tents are sold in June."]


def test_passages_that_are_there_are_not_embedded_again(open_library: Opener) -> None:
    encoder = ScriptedEncoder()
    passages = [Passage(f"k-{n}", "", f"A tent of size {n}.") for n in range(9)]
    list(open_library(first=encoder).add_passages("shop", passages[:5]))
    list(open_library(first=encoder).add_passages("shop", passages))
    assert len(encoder.asked) == 9


# Crashes and damage


@pytest.mark.parametrize("damage", ["flip", "cut", "delete", "delete note", "garbled note"])
def test_a_damaged_or_lost_index_is_built_again_with_the_same_results(
    open_library: Opener, tmp_path: Path, damage: str
) -> None:
    first = open_library()
    for name, text in [("refunds", REFUNDS), ("returns", RETURNS), ("stoves", STOVES)]:
        add(first, name, text)
    before = first.search("policies", "goods refunded", 3)
    files = sorted(path for path in tmp_path.glob("index/*/*") if path.is_file())
    note = next(path for path in files if path.suffix == ".json")
    rows = max((path for path in files if path != note), key=lambda path: path.stat().st_size)
    whole = rows.read_bytes()
    match damage:
        case "flip":
            rows.write_bytes(whole[:-5] + bytes([whole[-5] ^ 0x40]) + whole[-4:])
        case "cut":
            rows.write_bytes(whole[: len(whole) // 2])
        case "delete":
            rows.unlink()
        case "delete note":
            note.unlink()
        case _:
            note.write_text("{")
    assert open_library().search("policies", "goods refunded", 3) == before


def test_what_came_and_went_since_the_index_was_built_counts_after_a_restart(open_library: Opener) -> None:
    first = open_library()
    add(first, "refunds", REFUNDS)
    add(first, "returns", RETURNS)
    first.search("policies", "refunds", 3)
    add(first, "stoves", STOVES)
    first.remove("policies", "returns")
    assert first.collections()[0]["to_index"] == 2
    again = open_library()
    assert set(names(again.search("policies", "goods refunded, stoves tested", 9))) == {"refunds", "stoves"}


def test_another_engine_sees_what_this_one_added_and_removed(open_library: Opener) -> None:
    one, other = open_library(), open_library()
    add(one, "refunds", REFUNDS)
    assert names(other.search("policies", "refunds", 3)) == ["refunds"]
    add(one, "stoves", STOVES)
    one.remove("policies", "refunds")
    assert names(other.search("policies", "refunds", 3)) == ["stoves"]


def test_a_long_tail_is_merged_by_the_upkeep(
    open_library: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_library_index, "LARGEST_TAIL", 5)
    library = open_library()
    add(library, "refunds", REFUNDS)
    library.search("policies", "refunds", 1)
    assert library.due() == []
    add(library, "rules", rules(8))
    assert library.due() == ["policies"]
    assert list(library.upkeep())[-1][0] == "indexing policies"
    assert (library.due(), library.collections()[0]["to_index"]) == ([], 0)
    assert names(library.search("policies", "rule 7 tents of size 7", 1)) == ["rules"]


def test_a_large_collection_without_an_index_is_searched_all_the_same(
    open_library: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = open_library()
    add(library, "rules", rules(40))
    wanted = open_library().search("policies", "rule 7 tents of size 7", 5)
    (file,) = {path.parent for path in Path(str(library._indexes._folder)).glob("*/*")}
    for path in file.iterdir():
        path.unlink()
    monkeypatch.setattr(_library_index, "AT_ONCE", 10)
    found = open_library().search("policies", "rule 7 tents of size 7", 5)
    assert [hit.text for hit in found][:1] == [hit.text for hit in wanted][:1]
    assert library.due() == ["policies"]


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_after_a_crash_adding_again_completes_without_duplicates(open_library: Opener, steps: int) -> None:
    made = rules()
    crashed = open_library().add("policies", "b" * 64, "rules", made)
    for _ in range(steps):
        next(crashed)
    crashed.close()
    library = open_library()
    assert not library.holds("policies", "b" * 64)
    list(library.add("policies", "b" * 64, "rules", made))
    assert library.holds("policies", "b" * 64)
    assert summary(library) == [("policies", 1, EMBED_AT_ONCE * 2)]
    spans = [(hit.start, hit.end) for hit in library.search("policies", "rule 7 tents of size 7", 999)]
    assert len(spans) == len(set(spans)) >= 50


KILLED = """
import sys, time
from pathlib import Path
from engine.library import Library
from tests.engine.test_library import Encoders, rules
for done, _ in Library(Path(sys.argv[1]), Encoders()).add("policies", "b" * 64, "rules", rules()):
    print(done, flush=True)
    time.sleep(60)
"""


def test_an_engine_that_is_killed_while_it_adds_loses_only_what_it_had_not_committed(
    open_library: Opener, tmp_path: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == f"{EMBED_AT_ONCE}\n"
        engine.kill()
    encoder = ScriptedEncoder()
    library = open_library(first=encoder)
    assert library.search("policies", "rule 7", 3) == []
    assert [done for done, _ in library.add("policies", "b" * 64, "rules", rules())] == [EMBED_AT_ONCE]
    assert len(encoder.asked) == EMBED_AT_ONCE
    assert summary(library) == [("policies", 1, EMBED_AT_ONCE * 2)]


def test_after_a_crash_only_what_was_not_embedded_is_embedded(open_library: Opener) -> None:
    encoder = ScriptedEncoder()
    library = open_library(first=encoder)
    crashed = library.add("policies", "b" * 64, "rules", rules())
    next(crashed)
    crashed.close()
    list(library.add("policies", "b" * 64, "rules", rules()))
    assert len(encoder.asked) == EMBED_AT_ONCE * 2


def test_a_version_that_was_never_finished_goes_when_the_next_one_is_whole(library: Library, tmp_path: Path) -> None:
    unfinished = library.add("policies", "b" * 64, "terms", rules())
    next(unfinished)
    unfinished.close()
    add(library, "terms", REFUNDS)
    assert summary(library) == [("policies", 1, 1)]
    db = sqlite3.connect(tmp_path / "library.db")
    assert db.execute("select (select count(*) from chunks), (select count(*) from vectors)").fetchone() == (1, 1)
    db.close()


# Another encoder


def test_the_old_encoder_serves_until_the_new_one_has_all_vectors(
    open_library: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "PASSAGES_AT_ONCE", 8)
    old, new = ScriptedEncoder(), ScriptedEncoder(64)
    library = open_library(first=old, second=new)
    add(library, "rules", rules(20))
    add(library, "refunds", REFUNDS)
    library.use("policies", "second")
    assert library.due() == ["policies"]
    working = library.upkeep()
    next(working)
    asked = len(new.asked)
    assert names(library.search("policies", "refunds paid", 1)) == ["refunds"]
    assert (len(new.asked), library.collections()[0]["next_encoder"]) == (asked, "second")
    working.close()

    again = open_library(first=old, second=new)
    list(again.upkeep())
    assert len(new.asked) == 21  # no chunk twice, though it was cut off
    assert again.due() == []
    (row,) = again.collections()
    assert (row["encoder"], row["next_encoder"], row["to_embed"]) == ("second", "", 0)
    assert names(again.search("policies", "refunds paid", 1)) == ["refunds"]
    assert new.asked[-1] == "refunds paid"


def test_what_is_added_while_an_encoder_changes_is_found_before_and_after(open_library: Opener) -> None:
    library = open_library(first=ScriptedEncoder(), second=ScriptedEncoder(64))
    add(library, "rules", rules(20))
    library.use("policies", "second")
    add(library, "refunds", REFUNDS)
    assert names(library.search("policies", "refunds paid", 1)) == ["refunds"]
    list(library.upkeep())
    assert names(library.search("policies", "refunds paid", 1)) == ["refunds"]
    assert library.collections()[0]["encoder"] == "second"


def test_an_encoder_that_is_gone_is_followed_by_the_default_and_words_serve_meanwhile(
    open_library: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "EMBED_IN_PASSING", 0)
    sha256 = add(open_library(), "refunds", REFUNDS)
    new = open_library(second=ScriptedEncoder(64))
    assert new.holds("policies", sha256)
    assert names(new.search("policies", "refunds paid", 3)) == ["refunds"]
    assert new.collections()[0]["to_embed"] == 1
    list(new.upkeep())
    assert (new.collections()[0]["to_embed"], new.due()) == (0, [])


def test_few_chunks_without_a_vector_are_embedded_in_passing(open_library: Opener) -> None:
    add(open_library(), "refunds", REFUNDS)
    new = open_library(second=ScriptedEncoder(64))
    assert names(new.search("policies", "refunds paid", 3)) == ["refunds"]
    assert new.collections()[0]["to_embed"] == 0


# The first version's file


def test_a_library_of_the_first_version_is_taken_over_with_nothing_lost(open_library: Opener, tmp_path: Path) -> None:
    encoders = Encoders()
    db = Database(tmp_path / "library.db")
    _library_schema._migrations().apply(db, stop_before="m002_collections_and_encoders")
    texts = {"refunds": REFUNDS, "stoves": STOVES}
    for number, (name, text) in enumerate(texts.items(), start=1):
        (vector,) = ScriptedEncoder().encode([text])
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        db.execute(
            "insert into documents values (?, 'policies', ?, ?, ?, 1)", [number, sha256, name, encoders.encoder_id()]
        )
        row = [number, 1, 0, len(text), "[1.0, 2.0, 3.0, 4.0]", "Terms", text, vector.tobytes()]
        db.execute("insert into chunks (document, page, start, stop, box, heading, text, vector) "
                   "values (?, ?, ?, ?, ?, ?, ?, ?)", row)  # fmt: skip
    db.execute("insert into documents values (3, 'policies', ?, 'half', ?, 0)", ["c" * 64, encoders.encoder_id()])
    db.execute("insert into chunks (document, page, start, stop, box, heading, text) "
               "values (3, 1, 0, 15, 'null', '', 'Tents are aired')")  # fmt: skip
    db.conn.commit()
    db.close()

    encoder = ScriptedEncoder()
    library = open_library(first=encoder)
    assert summary(library) == [("policies", 2, 2)]
    (hit,) = library.search("policies", "stoves tested with gas", 1)
    assert (hit.name, hit.text, hit.heading, hit.box) == ("stoves", STOVES, "Terms", (1.0, 2.0, 3.0, 4.0))
    assert encoder.asked == ["stoves tested with gas"]  # its vectors still count
    list(library.add("policies", "c" * 64, "half", reading("Tents are aired")))
    assert names(library.search("policies", "tents aired", 1)) == ["half"]
    assert encoder.asked[1] == "Tents are aired"


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
