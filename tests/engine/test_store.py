"""The store: by content, whole or not at all, and never by a name from outside."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import store as store_module
from engine.cards import Problem
from engine.pages import Page, Reading
from engine.store import Refusal, Store
from tests.engine.scripted import few, reading, values

A = "a" * 64
REFUSAL = Refusal("encrypted", "It is locked.", "pdf", 1)


def kept(home: Path) -> Path:
    """The only reading on the disk."""
    (file,) = home.glob("readings/*/*.reading")
    return file


def test_what_is_put_comes_out(home: Path) -> None:
    store = Store(home)
    assert store.original(store.put(b"bytes")) == b"bytes"
    assert store.put(b"bytes") == store.put(b"bytes") == hashlib.sha256(b"bytes").hexdigest()
    assert (store.size(store.put(b"bytes")), store.size(A)) == (5, 0)


def test_what_is_not_there_is_said(home: Path) -> None:
    with pytest.raises(Problem) as caught:
        Store(home).original(A)
    assert caught.value.code == "missing"
    assert Store(home).reading(A) is None
    assert Store(home).refusal(A) is None


def test_bit_rot_is_noticed(home: Path) -> None:
    sha256 = Store(home).put(b"bytes")
    (home / "originals" / sha256[:2] / sha256).write_bytes(b"bytez")
    with pytest.raises(Problem) as caught:
        Store(home).original(sha256)
    assert caught.value.code == "damaged_store"


def test_putting_a_file_again_heals_its_bit_rot(home: Path) -> None:
    store = Store(home)
    sha256 = store.put(b"bytes")
    (home / "originals" / sha256[:2] / sha256).write_bytes(b"bytez")
    assert store.put(b"bytes") == sha256
    assert store.original(sha256) == b"bytes"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "a" * 62 + "/b", ""])
def test_a_name_from_outside_is_never_a_path(home: Path, name: str) -> None:
    store = Store(home)
    for use in (
        store.original,
        store.reading,
        store.refusal,
        store.size,
        lambda name: store.keep(name, reading("x")),
        lambda name: store.refuse(name, REFUSAL),
    ):
        with pytest.raises(Problem) as caught:
            use(name)
        assert caught.value.code == "bad_hash"
    assert not home.exists()


# -- readings -------------------------------------------------------------------------------------


def test_every_reading_survives_the_disk(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")

    @few
    @given(
        st.lists(values(Page), max_size=2),
        st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=5), st.just(A)), max_size=2),
    )
    def check(pages: list[Page], attachments: list[tuple[str, str]]) -> None:
        made = Reading("pdf", "Title", tuple(pages), tuple(attachments))
        Store(home).keep(A, made)
        assert Store(home).reading(A) == made

    check()


def test_a_reading_is_the_same_bytes_whoever_keeps_it(home: Path, tmp_path: Path) -> None:
    """So that two runs over the same files can be compared."""
    for folder in (home, tmp_path / "other"):
        Store(folder).keep(A, reading("one", "two"))
    assert kept(home).read_bytes() == kept(tmp_path / "other").read_bytes()


def test_a_reading_with_any_byte_changed_or_missing_is_none(home: Path) -> None:
    Store(home).keep(A, reading("text"))
    whole = kept(home).read_bytes()
    for at in range(len(whole)):
        for changed in (whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], whole[:at]):
            kept(home).write_bytes(changed)
            assert Store(home).reading(A) is None
    kept(home).write_bytes(whole)
    assert Store(home).reading(A) == reading("text")


def test_a_reading_of_an_older_baton_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "READING_VERSION", store_module.READING_VERSION - 1)
    Store(home).keep(A, reading("text"))
    assert Store(home).reading(A) is not None
    monkeypatch.undo()
    assert Store(home).reading(A) is None


def test_the_last_readings_stay_in_memory_and_are_not_asked_of_the_disk(home: Path) -> None:
    store = Store(home)
    store.keep(A, reading("text"))
    assert store.reading(A) is store.reading(A)
    store.keep(A, reading("another text"))
    assert store.reading(A) == reading("another text")


def test_readings_in_memory_are_few(home: Path) -> None:
    store = Store(home)
    for n in range(3 * store_module.RECENT):
        store.keep(f"{n:064}", reading(str(n)))
        assert store.reading(f"{n:064}") == reading(str(n))
        assert len(store._recent) <= store_module.RECENT
    store.keep(A, reading(*["page"] * (store_module.RECENT_PAGES + 1)))
    store.reading(A)
    assert list(store._recent) == [A]


# -- refusals -------------------------------------------------------------------------------------


def test_a_refusal_is_kept_until_the_file_was_read(home: Path) -> None:
    Store(home).refuse(A, REFUSAL)
    assert Store(home).refusal(A) == REFUSAL
    Store(home).keep(A, reading("text"))
    assert Store(home).refusal(A) is None


def test_a_refusal_of_an_older_baton_is_none(home: Path) -> None:
    """It may have learned to read such files."""
    Store(home).refuse(A, dataclasses.replace(REFUSAL, version=store_module.READING_VERSION - 1))
    assert Store(home).refusal(A) is None


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"code":1}', b'{"code":"bomb"}', b"\xff"])
def test_a_garbled_refusal_is_none(home: Path, garbage: bytes) -> None:
    Store(home).refuse(A, REFUSAL)
    (file,) = home.glob("readings/*/*.refused")
    file.write_bytes(garbage)
    assert Store(home).refusal(A) is None


# -- whole or not at all --------------------------------------------------------------------------


def test_writing_leaves_no_part_behind(home: Path) -> None:
    store = Store(home)
    store.put(b"bytes"), store.keep(A, reading("x")), store.refuse("b" * 64, REFUSAL)
    assert not list(home.rglob("*.part"))
    assert len([path for path in home.rglob("*") if path.is_file()]) == 3


def test_what_a_killed_writer_left_is_not_taken_for_anything(home: Path) -> None:
    store = Store(home)
    sha256 = store.put(b"bytes")
    store.keep(sha256, reading("text"))
    for file in [path for path in home.rglob("*") if path.is_file()]:
        file.rename(file.with_name(f"{file.name}.1234-5678.part"))
    later = Store(home)
    assert (later.reading(sha256), later.refusal(sha256), later.size(sha256)) == (None, None, 0)
    assert later.put(b"bytes") == sha256
    assert later.original(sha256) == b"bytes"


def test_every_file_is_flushed_before_it_is_in_place(home: Path) -> None:
    seen: list[list[str]] = []
    store = Store(
        home, flush=lambda descriptor: seen.append([path.suffix for path in home.rglob("*") if path.is_file()])
    )
    store.put(b"bytes")
    store.keep(A, reading("x"))
    assert seen == [[".part"], ["", ".part"]] or seen == [[".part"], [".part", ""]]


def test_many_threads_may_put_the_same_file(home: Path) -> None:
    store, made = Store(home), set()
    threads = [threading.Thread(target=lambda: made.add(store.put(b"x" * 100_000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (sha256,) = made
    assert store.original(sha256) == b"x" * 100_000
    assert not list(home.rglob("*.part"))
