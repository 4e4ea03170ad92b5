"""PowerPoint's old files: slides in their order, notes, what is not shown, what lies inside, and locks."""

from __future__ import annotations

import struct
import zlib

import pytest

from engine.cards import Problem
from engine.readers import _ole, ppt
from engine.readers._file import File
from tests.engine.readers import office
from tests.engine.readers.office import code, hidden, path, read


def atom(sort: int, content: bytes = b"", instance: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4, sort, len(content)) + content


def box(sort: int, *inside: bytes, instance: int = 0) -> bytes:
    content = b"".join(inside)
    return struct.pack("<HHI", instance << 4 | 0xF, sort, len(content)) + content


def said(text: str, use: int = 4) -> bytes:
    return atom(0x0F9F, struct.pack("<I", use)) + atom(0x0FA0, text.encode("utf-16-le"))


def slide(*texts: bytes, note: int = 0, hide: bool = False, comment: str = "") -> bytes:
    facts = atom(0x03EF, bytes(16) + struct.pack("<IHH", note, 0, 0))
    show = atom(0x03F9, bytes(10) + struct.pack("<HI", 4 if hide else 0, 0))
    drawn = box(0x040C, box(0xF002, box(0xF003, *(box(0xF004, box(0xF00D, text)) for text in texts))))
    words = atom(0x0FBA, "Ann".encode("utf-16-le")) + atom(0x0FBA, comment.encode("utf-16-le"), 1)
    return box(0x03EE, facts, show, drawn, box(0x1388, box(0x2EE0, words)) if comment else b"")


def show(
    slides: list[bytes], *, outlines=None, notes: bytes = b"", inside: bytes = b"", token: int = 0xE391C05F
) -> bytes:
    """A presentation; the outline of a slide is what its shapes may refer to."""
    outlines = outlines or [b""] * len(slides)
    listed = b"".join(
        atom(0x03F3, struct.pack("<IIIII", n + 10, 0, 0, 256 + n, 0)) + outline for n, outline in enumerate(outlines)
    )
    noted = box(0x0FF0, atom(0x03F3, struct.pack("<IIIII", 50, 0, 0, 700, 0)), instance=2) if notes else b""
    document = box(0x03E8, box(0x0FF0, listed), noted)
    stream, places = b"", {}
    for number, content in [(1, document), *((n + 10, one) for n, one in enumerate(slides)), (50, notes), (60, inside)]:
        if content:
            places[number] = len(stream)
            stream += content
    directory = b"".join(struct.pack("<II", 1 << 20 | number, place) for number, place in places.items())
    first = len(stream)
    stream += atom(0x1772, directory)
    edit = len(stream)
    stream += atom(0x0FF5, struct.pack("<IIIIIIHH", 0, 0, 0, first, 1, 0, 0, 0))
    user = atom(0x0FF6, struct.pack("<III", 20, token, edit) + bytes(8))
    return _ole.written({"PowerPoint Document": stream, "Current User": user})


def test_slides_are_pages_with_their_titles_first():
    data = show([slide(said("Words\rmore\x0bwords"), said("Our offer", 0)), slide(said("Last"))])
    pages, _, title = read(ppt, data)
    assert ppt.recognises(File(data, "x.bin")) == ("ppt", 0.95)
    assert [page.text for page in pages] == ["Our offer\nWords\nmore\nwords", "Last"]
    assert (title, path(pages[0], "Words")) == ("Our offer", "slide 1: Our offer")
    assert path(pages[1], "Last") == "slide 2"


def test_texts_in_the_outline_are_read_once_where_a_shape_refers_to_them():
    outline = said("Title", 0) + atom(0x0F9F, struct.pack("<I", 1)) + atom(0x0FA8, "Körper".encode("latin-1"))
    referring = atom(0x0F9E, struct.pack("<I", 1))
    assert read(ppt, show([slide(referring)], outlines=[outline]))[0][0].text == "Title\nKörper"


def test_notes_are_labelled_and_hidden_slides_and_comments_kept_apart():
    notes = box(0x03F0, box(0x040C, box(0xF00D, said("Speak up", 2), said("7"))))
    data = show([slide(said("Seen"), note=700, comment="Why?"), slide(said("Secret"), hide=True)], notes=notes)
    pages = read(ppt, data)[0]
    assert [page.text for page in pages] == ["Seen\nSpeak up"]
    assert path(pages[0], "Speak") == "slide 1 > notes"
    assert [one for page in pages for one in hidden(page)] == [("comment", "Why?"), ("concealed", "Secret")]


def test_embedded_files_are_unpacked_and_handed_over():
    inner = _ole.written({"Package": b"PK\x03\x04 book"})
    stored = atom(0x1011, struct.pack("<I", len(inner)) + zlib.compress(inner), 1)
    assert [file.data for file in read(ppt, show([slide(said("x"))], inside=stored))[1]] == [b"PK\x03\x04 book"]


def test_an_embedded_bomb_is_refused():
    stored = atom(0x1011, struct.pack("<I", 9) + zlib.compress(bytes(1 << 20)), 1)
    limits = office.Limits(unpacked=1 << 16)
    with pytest.raises(Problem) as caught:
        read(ppt, show([slide(said("x"))], inside=stored), limits=limits)
    assert caught.value.code == "bomb"


def test_a_locked_presentation_is_encrypted():
    assert code(ppt, show([slide(said("x"))], token=0xF3D1C4DF)) in ("encrypted", "damaged")
    assert code(ppt, _ole.written({"PowerPoint Document": b"", "Current User": b""})) == "damaged"


def test_nesting_without_end_is_too_deep():
    deep = said("x")
    for _ in range(100):
        deep = box(0xF003, deep)
    assert code(ppt, show([slide(deep)])) == "too_deep"


def test_mutants_end_in_a_reading_or_a_problem():
    notes = box(0x03F0, box(0x040C, box(0xF00D, said("Speak up", 2))))
    office.mutants_end_well(ppt, show([slide(said("A", 0), note=700), slide(said("B"))], notes=notes), 150)
