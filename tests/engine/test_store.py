"""The store: by content, whole or not at all, and never by a name from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cards import Problem
from engine.store import Page, Reading, Store
from tests.engine.scripted import few, reading, values


def test_what_is_put_comes_out(home: Path) -> None:
    store = Store(home)
    assert store.original(store.put(b"bytes")) == b"bytes"
    assert store.put(b"bytes") == store.put(b"bytes")


def test_bit_rot_is_noticed(home: Path) -> None:
    sha256 = Store(home).put(b"bytes")
    (home / "originals" / sha256[:2] / sha256).write_bytes(b"bytez")
    with pytest.raises(Problem) as caught:
        Store(home).original(sha256)
    assert caught.value.code == "damaged_store"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", ""])
def test_a_name_from_outside_is_never_a_path(home: Path, name: str) -> None:
    for use in (Store(home).original, Store(home).reading, lambda name: Store(home).keep(name, reading("x"))):
        with pytest.raises(Problem) as caught:
            use(name)
        assert caught.value.code == "bad_hash"


def test_every_reading_survives_the_disk(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = Store(tmp_path_factory.mktemp("home"))

    @few
    @given(
        st.lists(values(Page), max_size=2), st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=9)), max_size=2)
    )
    def check(pages: list[Page], attachments: list[tuple[str, bytes]]) -> None:
        made = Reading("pdf", "Title", tuple(pages), tuple(attachments))
        store.keep("a" * 64, made)
        assert store.reading("a" * 64) == made

    check()


def test_a_garbled_reading_is_none(home: Path) -> None:
    store = Store(home)
    store.keep("a" * 64, reading("text"))
    next(home.glob("readings/*/*.json")).write_text("{")
    assert store.reading("a" * 64) is None


def test_writing_leaves_no_part_behind(home: Path) -> None:
    Store(home).put(b"bytes")
    assert not list(home.rglob("*.part"))


def test_a_reading_of_another_shape_is_none(home: Path) -> None:
    store = Store(home)
    store.keep("a" * 64, reading("text"))
    next(home.glob("readings/*/*.json")).write_text("[]")
    assert store.reading("a" * 64) is None


def test_putting_a_file_again_heals_its_bit_rot(home: Path) -> None:
    store = Store(home)
    sha256 = store.put(b"bytes")
    (home / "originals" / sha256[:2] / sha256).write_bytes(b"bytez")
    assert store.put(b"bytes") == sha256
    assert store.original(sha256) == b"bytes"
