"""What a library outlives: crashes, damage, another encoder, and its own first version."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database

from engine import _library_index, _library_schema
from engine import library as library_module
from engine.library import EMBED_AT_ONCE, Library
from tests.engine.libraries import REFUNDS, RETURNS, STOVES, Encoders, Opener, add, names, rules, summary
from tests.engine.scripted import ScriptedEncoder, reading

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
from tests.engine.libraries import Encoders, rules
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
