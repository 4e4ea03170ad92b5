"""Signed files (.p7m): what was signed comes out, and what is locked is told apart."""

from __future__ import annotations

import base64
import random

import pytest

from engine.cards import Problem
from engine.pages import Inner, Page
from engine.readers import USUAL, archive
from engine.readers._file import File
from tests.engine.scripted import drained


def inside(data: bytes, name: str) -> list[Inner]:
    return [part for part in drained(archive.read(File(data, name), USUAL))[0] if not isinstance(part, Page)]


def refused(data: bytes, name: str) -> str:
    with pytest.raises(Problem) as caught:
        inside(data, name)
    return caught.value.code


def kind(data: bytes, name: str) -> str:
    return archive.recognises(File(data, name))[0]


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return bytes((tag, len(content))) + content


def open_ended(tag: int, *contents: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(contents) + b"\0\0"


def pkcs7(kind: int, content: bytes, wrap=der) -> bytes:
    return wrap(0x30, bytes.fromhex("06092a864886f70d0107") + bytes((kind,)), wrap(0xA0, content) if content else b"")


def signed(content: bytes) -> bytes:
    return pkcs7(2, der(0x30, der(2, b"\1"), der(0x31), pkcs7(1, der(4, content)), der(0x31)))


def test_a_signed_file_comes_out_of_its_signature():
    assert inside(signed(b"<a/>"), "invoice.xml.p7m") == [Inner("invoice.xml", b"<a/>")]
    pieces = open_ended(0x24, der(4, b"<a"), der(4, b"/>"))
    body = open_ended(0x30, der(2, b"\1"), der(0x31), pkcs7(1, pieces, open_ended), der(0x31))
    assert inside(pkcs7(2, body, open_ended), "invoice.xml.p7m") == [Inner("invoice.xml", b"<a/>")]
    assert inside(signed(b"Content-Type: text/plain\n\nHi"), "smime.p7m")[0].name == "smime.eml"


def test_base64_around_a_signature_makes_no_difference():
    text = base64.encodebytes(signed(b"<a/>"))
    assert (kind(text, "invoice.xml.p7m"), kind(text, "a.txt")) == ("p7m", "")
    assert inside(text, "invoice.xml.p7m") == [Inner("invoice.xml", b"<a/>")]
    assert inside(b"-----BEGIN PKCS7-----\n" + text + b"-----END PKCS7-----\n", "a.xml") == [Inner("a.xml", b"<a/>")]


def test_what_only_its_receiver_can_open_is_encrypted():
    assert refused(pkcs7(3, der(0x30)), "a.p7m") == "encrypted"


def test_a_signature_alone_holds_nothing():
    data = pkcs7(2, der(0x30, der(2, b"\1"), der(0x31), pkcs7(1, b""), der(0x31)))
    assert inside(data, "a.p7s") == []


@pytest.mark.parametrize(
    "data", [signed(b"abc")[:-20], b"\x30\x80" + signed(b"x")[2:13] + b"\xa0\x80" + b"\x30\x80" * 1000]
)
def test_a_broken_signature_is_damaged(data):
    assert refused(data, "a.p7m") == "damaged"


def test_mutated_signatures_end_in_a_reading_or_a_problem():
    rng = random.Random(13)
    for _ in range(300):
        mutant = bytearray(signed(b"Content-Type: text/plain\n\nHi"))
        for _ in range(rng.randrange(1, 6)):
            mutant[rng.randrange(len(mutant))] = rng.choice((0, 0x30, 0x80, 255, rng.randrange(256)))
        if kind(bytes(mutant), "a.p7m") == "p7m":
            try:
                inside(bytes(mutant), "a.p7m")
            except Problem:
                continue
