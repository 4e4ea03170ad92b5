"""An incoming file and all files in it, each content once; what can't be read has a reason and stops nothing."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine import readers, reading
from engine.cards import Document, Problem
from engine.pages import Page, Reading
from engine.readers import Limits, Stop, Unread
from engine.reading import Reached
from engine.store import READING_VERSION, Refusal, Store
from tests.engine.scripted import drained

HASTY = Limits(seconds=0.0)
"""So little patience that every worker is killed."""


def zipped(**files: bytes) -> bytes:
    """A zip; "a_txt" is a.txt. The same files make the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in files.items():
            package.writestr(zipfile.ZipInfo(name.replace("_", ".")), data)
    return out.getvalue()


@pytest.fixture
def store(home: Path) -> Store:
    return Store(home)


def read(store: Store, data: bytes, name: str = "file", **how: Any) -> tuple[Document, ...]:
    documents = drained(reading.read(store, store.put(data), name, **how))[1]
    assert isinstance(documents, tuple)
    return documents


def refused(store: Store, data: bytes, **how: Any) -> Unread:
    with pytest.raises(Unread) as caught:
        read(store, data, **how)
    return caught.value


def tree(documents: tuple[Document, ...]) -> list[tuple[str, str]]:
    return [(document.name, document.code or document.kind) for document in documents]


def test_a_file_and_all_files_in_it_become_documents(store: Store) -> None:
    inner = zipped(c_txt=b"three words here")
    documents = read(store, zipped(a_txt=b"one", b_zip=inner, d_html=b"<!doctype html><p>four"), "all.zip")
    assert tree(documents) == [
        ("all.zip", "zip"),
        ("a.txt", "txt"),
        ("b.zip", "zip"),
        ("c.txt", "txt"),
        ("d.html", "html"),
    ]
    whole, a, b, c, d = documents
    assert (whole.parent, a.parent, b.parent, d.parent, c.parent) == ("", *[whole.sha256] * 3, b.sha256)
    assert (c.pages, c.words, c.confidence) == (1, 3, 0.0)
    for document in documents:
        assert store.reading(document.sha256) is not None


def test_each_document_and_each_page_is_told_as_it_comes(store: Store) -> None:
    told, documents = drained(reading.read(store, store.put(zipped(a_txt=b"one", b_txt=b"two")), "all.zip"))
    assert [at.name for at in told] == [
        "all.zip",
        "all.zip",
        "all.zip",
        "a.txt",
        "a.txt",
        "a.txt",
        "b.txt",
        "b.txt",
        "b.txt",
    ]
    assert [at for at in told if isinstance(at, Document)] == list(documents)
    assert Reached("a.txt", 1, 0) in told


def test_what_was_read_is_not_read_again(store: Store, home: Path) -> None:
    data = zipped(a_txt=b"one", b_txt=b"two")
    first = read(store, data)
    sha256 = store.put(data)
    for original in home.glob("originals/*/*"):
        original.unlink()
    assert drained(reading.read(Store(home), sha256, "file"))[1] == first


def test_a_content_that_comes_twice_is_two_documents_and_read_once(store: Store) -> None:
    told, documents = drained(reading.read(store, store.put(zipped(a_txt=b"same", b_txt=b"same")), "all.zip"))
    assert documents[1].sha256 == documents[2].sha256
    assert [at for at in told if isinstance(at, Reached) and at.page] == [Reached("all.zip", 1), Reached("a.txt", 1)]


# -- refusals -------------------------------------------------------------------------------------


def test_the_incoming_file_that_can_not_be_read_is_a_problem_with_its_code_and_kind(store: Store) -> None:
    problem = refused(store, b"%PDF-1.7 and nothing more")
    assert (problem.code, problem.kind) == ("damaged", "pdf")
    assert problem.sentence == readers.SENTENCES["damaged"]


def test_an_inner_file_that_can_not_be_read_is_listed_with_the_reason_and_stops_nothing(store: Store) -> None:
    documents = read(
        store, zipped(a_pdf=b"%PDF-1.7 and nothing more", b_txt=b" ", c_txt=b"fine", d_bin=bytes(range(256)))
    )
    assert tree(documents)[1:] == [("a.pdf", "damaged"), ("b.txt", "empty"), ("c.txt", "txt"), ("d.bin", "unsupported")]
    assert (documents[1].kind, documents[1].title) == ("pdf", readers.SENTENCES["damaged"])
    assert {document.parent for document in documents[1:]} == {documents[0].sha256}


def test_what_was_refused_once_is_not_opened_again_unless_a_person_asks(store: Store) -> None:
    data = b"word " * 1000
    assert refused(store, data, limits=Limits(characters=100)).code == "too_large"
    again = refused(store, data)
    assert (again.code, again.kind) == ("too_large", "txt")
    assert "100 characters" in again.sentence
    assert tree(read(store, data, asked=True)) == [("file", "txt")]
    assert tree(read(store, data)) == [("file", "txt")]


def test_what_was_refused_for_its_name_may_be_read_under_another_one(store: Store) -> None:
    with pytest.raises(Unread) as caught:
        read(store, b"Just words.", name="report.pdf")
    assert caught.value.code == "damaged"
    assert tree(read(store, b"Just words.", name="report.txt")) == [("report.txt", "txt")]


def test_asking_for_a_file_means_those_in_it_too(store: Store) -> None:
    data = zipped(a_txt=b"word " * 1000)
    assert tree(read(store, data, limits=Limits(characters=200)))[1:] == [("a.txt", "too_large")]
    assert tree(read(store, data))[1:] == [("a.txt", "too_large")]
    assert tree(read(store, data, asked=True))[1:] == [("a.txt", "txt")]


def test_a_file_that_killed_its_worker_once_gets_a_second_chance(store: Store) -> None:
    assert refused(store, b"slow", limits=HASTY).code == "too_slow"
    assert tree(read(store, b"slow")) == [("file", "txt")]


def test_a_file_that_killed_its_worker_twice_is_never_opened_again_unasked(store: Store, home: Path) -> None:
    for _ in range(3):
        problem = refused(store, b"slow", limits=HASTY)
    assert problem.sentence.endswith("Baton does not open it again by itself.")
    later = Store(home)
    began = time.monotonic()
    assert refused(later, b"slow").sentence == problem.sentence
    assert time.monotonic() - began < 1
    assert refused(later, b"slow", limits=HASTY, asked=True).code == "too_slow"
    assert refused(later, b"slow").code == "too_slow"
    assert tree(read(later, b"slow", asked=True)) == [("file", "txt")]


def test_an_inner_file_that_killed_its_worker_twice_is_not_opened_with_the_rest(store: Store) -> None:
    for _ in range(2):
        refused(store, b"slow", limits=HASTY)
    documents = read(store, zipped(a_txt=b"slow", b_txt=b"fine"))
    assert tree(documents)[1:] == [("a.txt", "too_slow"), ("b.txt", "txt")]


def test_a_reading_outweighs_a_refusal(store: Store) -> None:
    """A kill may fall between the two files."""
    (document,) = read(store, b"fine")
    store.refuse(document.sha256, Refusal("encrypted", "It was locked.", "txt", 2))
    assert read(store, b"fine") == (document,)


def test_an_original_that_has_rotted_is_said(store: Store, home: Path) -> None:
    sha256 = store.put(b"fine")
    (home / "originals" / sha256[:2] / sha256).write_bytes(b"fime")
    with pytest.raises(Problem) as caught:
        drained(reading.read(store, sha256, "file"))
    assert caught.value.code == "damaged_store"
    assert store.refusal(sha256) is None


# -- bounds ---------------------------------------------------------------------------------------


def test_nesting_ends_at_the_limit_and_what_lies_above_is_kept(store: Store) -> None:
    data = b"at the bottom"
    for _ in range(7):
        data = zipped(a_txt=b"above", x_zip=data)
    documents = read(store, data)
    assert tree(documents)[-1] == ("x.zip", "too_deep")
    assert sum(document.kind == "zip" for document in documents) == 1 + readers.USUAL.depth
    assert store.refusal(documents[-1].sha256) is None  # by itself it is not too deep


def test_a_file_that_holds_itself_is_a_bomb(store: Store) -> None:
    sha256 = store.put(b"PK stands for a zip that holds itself")
    inner = store.put(b"and for one between")
    store.keep(sha256, Reading("zip", "", (Page(1, ""),), (("between.zip", inner),)))
    store.keep(inner, Reading("zip", "", (Page(1, ""),), (("again.zip", sha256),)))
    documents = drained(reading.read(store, sha256, "droste.zip"))[1]
    assert tree(documents) == [("droste.zip", "zip"), ("between.zip", "zip"), ("again.zip", "bomb")]


def test_what_all_inner_files_hold_together_is_bounded_each_time_alike(store: Store) -> None:
    limits = Limits(unpacked=5000)
    first, second = zipped(a_txt=b"x" * 1500), zipped(b_txt=b"y" * 1500)
    data = zipped(c_zip=first, d_zip=second, e_txt=b"fine")
    wanted = [("c.zip", "zip"), ("a.txt", "txt"), ("d.zip", "too_large"), ("e.txt", "txt")]
    for _ in range(2):
        assert tree(read(store, data, limits=limits))[1:] == wanted
    assert tree(read(store, second, limits=limits)) == [("file", "zip"), ("b.txt", "txt")]


def test_many_small_files_inside_are_bounded_too(store: Store) -> None:
    inner = zipped(**{f"n{n}_txt": b"%d" % n for n in range(4)})
    documents = read(store, zipped(a_zip=inner, b_zip=inner, c_txt=b"c"), limits=Limits(attachments=6))
    assert [document.code for document in documents].count("too_large") == 5
    assert len(documents) == 12


# -- stop -----------------------------------------------------------------------------------------


def test_a_stop_ends_the_reading_and_is_not_held_against_the_file(store: Store) -> None:
    stop = Stop()
    data = zipped(**{f"n{n}_txt": b"number %d" % n for n in range(200)})
    began = time.monotonic()
    threading.Timer(0.5, stop.now).start()
    assert refused(store, data, stop=stop).code == "stopped"
    assert time.monotonic() - began < 3
    assert store.refusal(store.put(data)) is None
    assert len(read(store, data)) == 201


def test_a_refusal_knows_which_version_it_is_of(store: Store) -> None:
    refused(store, b"%PDF-1.7 and nothing more")
    found = store.refusal(store.put(b"%PDF-1.7 and nothing more"))
    assert found is not None
    assert (found.version, found.deaths) == (READING_VERSION, 0)
