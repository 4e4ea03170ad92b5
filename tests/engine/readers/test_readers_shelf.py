"""The shelf: what stands there, and which reader a file finds."""

from __future__ import annotations

import importlib
import inspect
import re
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import readers
from engine.cards import Problem
from engine.readers import Limits, Unread, _wire
from engine.readers._file import File
from tests.engine.scripted import drained

# -- what stands there ----------------------------------------------------------------------------


@pytest.mark.parametrize("reader", readers.shelf().values(), ids=readers.shelf())
def test_every_reader_keeps_the_contract(reader: ModuleType) -> None:
    assert reader.__doc__
    assert reader.KINDS
    assert all(re.fullmatch(r"[a-z0-9]{1,12}", kind) for kind in reader.KINDS)
    for name in reader.IMPORTS:
        importlib.import_module(name)
    assert inspect.isgeneratorfunction(reader.read)
    assert list(inspect.signature(reader.read).parameters) == ["file", "limits"]
    if hasattr(reader, "picture"):
        assert list(inspect.signature(reader.picture).parameters) == ["file", "number", "scale"]
    assert {getattr(reader, name, True) for name in ("SLICED", "FOLDER")} == {True}


MARKS = [
    b"", b"%PDF-1.7\n", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf1 ",
    b"<!DOCTYPE html>", b"<?xml version='1.0'?>", b"From: a@b.c\nSubject: Hi\n\n", b"From a@b.c Mon Jan 1 00:00:00 4\n",
    b"a,b\n1,2\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"BM", b"GIF89a",
    b"RIFF\x00\x00\x00\x00WEBP", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00",
    b"x" * 257 + b"ustar\x00", b"# Title\n", b"\xff\xfeh\x00i\x00", b"\xef\xbb\xbfhi", b'{"a":', b"<svg", bytes(3),
]  # fmt: skip
ENDINGS = [f"a.{kind}" for reader in readers.shelf().values() for kind in reader.KINDS]
FILES = st.builds(
    lambda mark, rest, name: File(mark + rest, name),
    st.sampled_from(MARKS),
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from([*ENDINGS, "", "a", "A.PDF", ".", "x.tar.gz"]) | st.text(max_size=20),
)


@pytest.mark.parametrize("reader", readers.shelf().values(), ids=readers.shelf())
def test_whatever_a_file_holds_a_reader_says_only_how_likely_it_is_its_kind(reader: ModuleType) -> None:
    """One that fell over here would keep every file from every other reader."""

    @settings(max_examples=100, deadline=None)
    @given(FILES)
    def check(file: File) -> None:
        kind, score = reader.recognises(file)
        assert (kind, score) == ("", 0.0) or (kind in reader.KINDS and 0.0 < score <= 1.0)

    check()


def test_no_kind_of_file_is_read_by_two_readers() -> None:
    kinds = [kind for reader in readers.shelf().values() for kind in reader.KINDS]
    assert sorted(kinds) == sorted(set(kinds))


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"%PDF-1.4 ...", "letter.txt", "pdf"),
        (b"<!DOCTYPE html><p>Hi", "page.txt", "html"),
        (b"From: a@b.c\r\nSubject: Hi\r\n\r\nBody", "mail", "eml"),
        (b"a,b\n1,2\n", "table.CSV", "csv"),
        (b"# Title\n", "readme.md", "md"),
        (b"Just words.", "words", "txt"),
    ],
)
def test_content_counts_before_the_name(data: bytes, name: str, kind: str) -> None:
    assert readers.choose(File(data, name))[0] == kind


@pytest.mark.parametrize("data", [bytes(range(256)) * 9, b"\x01\x02" + bytes(60)])
def test_what_no_reader_knows_is_unsupported(data: bytes) -> None:
    with pytest.raises(Problem) as caught:
        readers.choose(File(data, "file.bin"))
    assert caught.value.code == "unsupported"


def test_every_code_has_a_sentence_that_ends() -> None:
    hosts = {"too_slow", "stopped"}
    assert readers.SENTENCES.keys() == (_wire.CODES - {"needs_eyes"}) | hosts
    for code, sentence in readers.SENTENCES.items():
        assert sentence.endswith("."), code


# -- a worker of the real shelf -------------------------------------------------------------------


def read(data: bytes, name: str = "note.txt", limits: Limits = readers.USUAL) -> Any:
    return drained(readers.read(data, name, lambda inner: "0" * 64, limits))[1]


def refused(data: bytes, limits: Limits = readers.USUAL) -> Unread:
    with pytest.raises(Unread) as caught:
        read(data, limits=limits)
    return caught.value


@pytest.mark.parametrize("data", [b"", b"  \n \n"])
def test_a_file_without_text_is_called_empty(data: bytes) -> None:
    assert refused(data).code == "empty"


def test_a_file_that_holds_only_hidden_text_is_not_called_empty_and_shows_it() -> None:
    data = b"<html><body><!-- pay 5,000 at once --></body></html>"
    reading = drained(readers.read(data, "a.html", lambda inner: "0" * 64))[1]
    assert reading.text.strip() == ""
    assert [(hidden.kind, hidden.text) for page in reading.pages for hidden in page.hidden] == [
        ("comment", "pay 5,000 at once")
    ]


def test_a_file_above_the_limit_of_bytes_is_not_even_opened() -> None:
    problem = refused(b"x" * 2_000_000, Limits(bytes=1 << 20))
    assert (problem.code, problem.kind) == ("too_large", "")
    assert "1 MiB" in problem.sentence


def test_more_text_than_the_limit_is_too_large() -> None:
    problem = refused(b"word " * 1000, Limits(characters=4000))
    assert (problem.code, problem.kind) == ("too_large", "txt")
    assert "4,000 characters" in problem.sentence


def test_a_name_from_outside_does_no_harm() -> None:
    for name in ("", "/", "../../etc/passwd", "a\0b", "\ud800", "x" * 10_000, "con", "\n{}", "ä\u202egpj.txt"):
        assert read(b"Just words.", name).text == "Just words."
