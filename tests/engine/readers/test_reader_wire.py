"""What comes back from a worker is checked as the work of an attacker."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import struct
import tracemalloc
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cards import Problem
from engine.pages import Count, Hidden, Inner, Page, Words, packed
from engine.readers import Limits, Picture, _wire
from engine.readers._wire import Allowance, BadAnswer, Kind, NoAnswer, Refused
from tests.engine.scripted import drained, pages

FRAMES = 50_000
SMALL = Limits(pages=3, characters=200, attachments=2, unpacked=300)
ENDINGS = (BadAnswer, NoAnswer, Refused)
Frame = tuple[bytes, bytes]

KIND = (b"K", b'{"kind":"pdf","sliced":false}')
END = (b"E", b'{"title":"x"}')
TEXT = "two words, and a few more"


def stream(*frames: Frame) -> io.BytesIO:
    return io.BytesIO(b"".join(struct.pack(">cI", letter, len(payload)) + payload for letter, payload in frames))


def page(number: int = 1, **changes: Any) -> Frame:
    return b"P", packed(dataclasses.replace(Page(number, TEXT, 10.0, 20.0), **changes))


def inner(name: str = "a", data: bytes = b"abc") -> Frame:
    return b"A", json.dumps(name).encode() + b"\n" + data


def receive(*frames: Frame, limits: Limits = Limits(), first: int = 1) -> tuple[list[Any], str]:  # noqa: B008
    """The parts after the kind, and the title."""
    parts, title = drained(_wire.receive(stream(*frames), limits, first))
    assert isinstance(parts[0], Kind)
    return parts[1:], title


names = st.sampled_from(["a.txt", "b c.pdf", "häßlich.eml", "x" * 255])
inners = st.builds(Inner, names, st.binary(max_size=50))


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 3).flatmap(lambda last: st.tuples(*(pages(number) for number in range(1, last + 1)))),
    st.lists(inners, max_size=3),
    st.booleans(),
)
def test_a_reading_comes_through_unchanged(made: tuple[Page, ...], inside: list[Inner], counted: bool) -> None:
    sent = [*([Count(len(made))] if counted else []), *made, *inside]
    out = io.BytesIO()
    _wire.send_kind(out, Kind("pdf", counted))
    for part in sent:
        _wire.send_part(out, part)
    _wire.send_end(out, "A title")
    out.seek(0)
    assert drained(_wire.receive(out, Limits())) == ([Kind("pdf", counted), *sent], "A title")


def test_each_part_can_be_taken_as_soon_as_it_was_sent() -> None:
    """Pages are progress, and a sign of life."""
    parts = _wire.receive(stream(KIND, page(), (b"P", b"garbage")), Limits())
    assert (next(parts), next(parts).number) == (Kind("pdf", False), 1)  # type: ignore[union-attr]
    with pytest.raises(BadAnswer):
        next(parts)


def test_a_slice_begins_with_its_first_page() -> None:
    assert [part.number for part in receive(KIND, page(7), page(8), END, first=7)[0]] == [7, 8]
    with pytest.raises(BadAnswer):
        receive(KIND, page(1), END, first=7)


def test_a_picture_comes_through_unchanged() -> None:
    out = io.BytesIO()
    _wire.send_picture(out, Picture(2, 1, b"abcdef"))
    assert _wire.receive_picture(io.BytesIO(out.getvalue()), Limits()) == Picture(2, 1, b"abcdef")


def test_words_come_through_unchanged() -> None:
    out = io.BytesIO()
    _wire.send_words(out, "All is well.")
    assert _wire.receive_words(io.BytesIO(out.getvalue())) == "All is well."


def test_a_refusal_comes_through() -> None:
    for before in ((), (KIND,), (KIND, page())):
        with pytest.raises(Refused) as caught:
            receive(*before, (b"X", b'{"code":"encrypted","where":""}'))
        assert caught.value.code == "encrypted"


@pytest.mark.parametrize(
    "frames",
    [
        (page(), END),
        (KIND, KIND, page(), END),
        (KIND, page(), page(), END),
        (KIND, page(2), END),
        (KIND, page(), (b"E", b"")),
        (KIND, page(), (b"E", b'{"title":"x","more":1}')),
        (KIND, page(), (b"E", b'{"title":"%s"}' % (b"x" * 301))),
        (KIND, page(), (b"E", b'{"title":"\\ud800"}')),
        (KIND, (b"A", b'"../../etc/passwd"\nx'), page(), END),
        (KIND, (b"A", b'"..\\\\x"\nx'), END),
        (KIND, (b"A", b'".."\nx'), END),
        (KIND, (b"A", b'" . "\nx'), END),
        (KIND, (b"A", b'""\nx'), END),
        (KIND, (b"A", b'"a\\u0000"\nx'), END),
        (KIND, (b"A", b'"a\\nb"\nx'), END),
        (KIND, (b"A", b'"%s"\nx' % (b"x" * 256)), END),
        (KIND, (b"A", b"no name"), END),
        (KIND, (b"A", b"\nx"), END),
        (KIND, (b"A", b"[]\nx"), END),
        (KIND, (b"P", b"[" * 100_000), END),
        (KIND, (b"P", b"9" * 100_000), END),
        (KIND, (b"P", b"\xff"), END),
        (KIND, (b"P", b""), END),
        (KIND, (b"N", b'{"pages":-1}'), END),
        (KIND, (b"N", b'{"pages":true}'), END),
        (KIND, (b"N", b'{"pages":1e3}'), END),
        (KIND, (b"N", b'{"pages":99999999999}'), END),
        (KIND, (b"N", b'{"pages":2}'), (b"N", b'{"pages":2}'), END),
        (KIND, (b"I", b""), END),
        (KIND, (b"W", b'{"words":""}'), END),
        (KIND, (b"?", b""), END),
        ((b"K", b'{"kind":"","sliced":false}'), END),
        ((b"K", b'{"kind":"PDF","sliced":false}'), END),
        ((b"K", b'{"kind":"../../x","sliced":false}'), END),
        ((b"K", b'{"kind":"averylongkindofname","sliced":false}'), END),
        ((b"K", b'{"kind":"pdf","sliced":1}'), END),
        ((b"K", b'{"kind":"pdf"}'), END),
        ((b"X", b'{"code":"all_well","where":""}'),),
        ((b"X", b'{"code":"stopped","where":""}'),),
        ((b"X", b'{"code":"damaged","where":"Call 555-1234 <b>"}'),),
        ((b"X", b'{"code":["damaged"],"where":""}'),),
        ((b"X", b'{"code":"damaged","where":"%s"}' % (b"x" * 81)),),
        ((b"X", b" " * 70_000),),
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused(frames: tuple[Frame, ...]) -> None:
    with pytest.raises(BadAnswer):
        receive(*frames)


def test_an_answer_that_stops_anywhere_is_none() -> None:
    whole = stream(KIND, page(), inner(), END).getvalue()
    for length in range(len(whole)):
        with pytest.raises(NoAnswer):
            drained(_wire.receive(io.BytesIO(whole[:length]), Limits()))


@pytest.mark.parametrize(
    "limits", [Limits(pages=1), Limits(characters=49), Limits(unpacked=5), Limits(attachments=1)], ids=repr
)
def test_the_host_keeps_the_limits_too(limits: Limits) -> None:
    frames = (KIND, page(), page(2), inner("a"), inner("b"), END)
    assert len(receive(*frames)[0]) == 4
    with pytest.raises(BadAnswer):
        receive(*frames, limits=limits)


def test_hidden_text_counts_as_text() -> None:
    hiding = page(hidden=(Hidden("white", "x" * 100),))
    assert receive(KIND, hiding, END, limits=Limits(characters=len(TEXT) + 100))
    with pytest.raises(BadAnswer):
        receive(KIND, hiding, END, limits=Limits(characters=len(TEXT) + 99))


@pytest.mark.parametrize(
    "many",
    [
        {"paths": ((0, 1, ""),) * 400},
        {"hidden": (Hidden("white", ""),) * 400},
        {"words": Words.of((n, n + 1, 0, 0, 1, 1) for n in range(400))},
    ],
    ids=["labels", "hidden texts", "words"],
)
def test_small_things_in_great_numbers_are_refused_before_they_fill_the_hosts_memory(
    many: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_wire, "MARKS", 1000)
    monkeypatch.setattr(_wire, "WORDS", 1000)
    sent = [page(number, text="x" * 400, **many) for number in range(1, 4)]
    assert len(receive(KIND, *sent[:2], END)[0]) == 2
    with pytest.raises(BadAnswer):
        receive(KIND, *sent, END)


def test_the_worker_keeps_to_what_the_host_demands_and_says_so() -> None:
    """Else a document that is merely large would look like an attack."""
    for part, limits in [
        (Page(1, TEXT), Limits(characters=24)),
        (Page(1, "", paths=((0, 1, "x"),) * (_wire.MARKS + 1)), Limits()),
        (Page(1, TEXT), Limits(pages=0)),
        (Inner("a", b"abc"), Limits(unpacked=2)),
        (Inner("a", b"abc"), Limits(attachments=0)),
    ]:
        assert Allowance(Limits()).covers(dataclasses.replace(part, paths=()) if isinstance(part, Page) else part)
        assert not Allowance(limits).covers(part)


def test_a_page_too_large_for_its_frame_is_not_sent() -> None:
    out = io.BytesIO()
    with pytest.raises(Problem) as caught:
        _wire.send_part(out, Page(1, "x" * (9 << 20)))
    assert (caught.value.code, out.getvalue()) == ("too_large", b"")


def test_a_frame_that_only_claims_to_be_long_costs_nothing() -> None:
    tracemalloc.start()
    with pytest.raises(BadAnswer):
        drained(_wire.receive(io.BytesIO(struct.pack(">cI", b"K", 0xFFFFFFFF)), Limits()))
    with pytest.raises(NoAnswer):
        drained(_wire.receive(io.BytesIO(stream(KIND).getvalue() + struct.pack(">cI", b"A", 200 << 20)), Limits()))
    with pytest.raises(NoAnswer):
        _wire.receive_picture(io.BytesIO(struct.pack(">cI", b"I", 70_000_000) + b"short"), Limits())
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (3, 1), (0xFFFFFFFF, 0xFFFFFFFF), (2, 0)])
def test_a_picture_has_exactly_its_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(BadAnswer):
        _wire.receive_picture(stream((b"I", struct.pack(">II", *size) + b"rgbrgb")), Limits())


def test_a_picture_has_no_more_pixels_than_the_limit() -> None:
    with pytest.raises(BadAnswer):
        _wire.receive_picture(stream((b"I", struct.pack(">II", 2, 1) + b"rgbrgb")), Limits(pixels=1))


# -- fifty thousand frames ------------------------------------------------------------------------


class _Source:
    """A stream of frames that are made when they are asked for; counts those that were looked at."""

    def __init__(self, frames: Iterator[Frame], tail: bytes = b"") -> None:
        self._frames, self._left, self._tail = frames, b"", tail
        self.looked_at = 0

    def read(self, size: int) -> bytes:
        if not self._left:
            frame = next(self._frames, None)
            if frame is None:
                self._left, self._tail = self._tail, b""
            else:
                self._left = struct.pack(">cI", frame[0], len(frame[1])) + frame[1]
                self.looked_at += 1
        given, self._left = self._left[:size], self._left[size:]
        return given


WORD = Words.of([(0, 3, 1, 1, 5, 5), (4, 9, 6, 1, 9, 5)])
GOOD = [
    KIND, END, inner(), (b"N", b'{"pages":2}'), (b"X", b'{"code":"damaged","where":"KeyError, pdf.py:9"}'),
    page(words=WORD, confidences=b"\x10\x20", hidden=(Hidden("white", "x", (0, 0, 1, 1)),), paths=((0, 3, "row 1"),)),
]  # fmt: skip
TOKENS = [token.encode() for token in '[ ] { } , : " \\ NaN 1e999 -1 [[[[ ]]]] "text" "words" \\u0000 \\ud800'.split()]


def mutated(chance: random.Random, payload: bytes) -> bytes:
    data = bytearray(payload)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0 if data:
                data[at % len(data)] = chance.randrange(256)
            case 1 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 2:
                del data[at : at + chance.randrange(1, 20)]
            case 3:
                data[at:at] = data[: chance.randrange(30)]
            case 4:
                data[at:at] = chance.choice(TOKENS)
            case _:
                data[at:at] = chance.randbytes(chance.randrange(1, 9))
    return bytes(data)


def hostile(chance: random.Random) -> Iterator[Frame]:
    """One worker's answer: a good beginning of some length, then frames that were tampered with, some past noticing."""
    if chance.random() < 0.9:
        yield KIND
    number = 0
    while True:
        kind = chance.random()
        if kind < 0.4:  # in order and sound, so that there is more to come
            number += 1
            head, _, words = GOOD[-1][1].partition(b"\n")
            yield b"P", head.replace(b'"number":1', b'"number":%d' % number) + b"\n" + words
        elif kind < 0.5:
            yield inner(data=chance.randbytes(chance.randrange(100)))
        elif kind < 0.6:
            yield chance.choice(GOOD)
        elif kind < 0.63:
            return
        elif kind < 0.9:
            letter, payload = chance.choice(GOOD)
            yield chance.choice((letter, letter, letter, b"K", b"P", b"A", b"I", b"\x00")), mutated(chance, payload)
        else:
            yield bytes([chance.randrange(256)]), chance.randbytes(chance.randrange(200))


def outcome(source: BinaryIO, chance: random.Random) -> str:
    """How one answer ended; whatever came of it is within the limits."""
    found: list[Any] = []
    try:
        match chance.randrange(20):
            case 0:
                _wire.receive_picture(source, SMALL)
            case 1:
                _wire.receive_words(source)
            case _:
                found += _wire.receive(source, SMALL)
        return "taken"
    except ENDINGS as error:
        return type(error).__name__
    finally:
        told = [part for part in found if isinstance(part, Page)]
        files = [part for part in found if isinstance(part, Inner)]
        assert [part.number for part in told] == list(range(1, len(told) + 1))
        assert len(told) <= SMALL.pages
        assert (
            sum(len(part.text) + sum(len(hidden.text) for hidden in part.hidden) for part in told) <= SMALL.characters
        )
        assert len(files) <= SMALL.attachments
        assert sum(len(part.data) for part in files) <= SMALL.unpacked
        assert sum(isinstance(part, Count) for part in found) <= 1


def attack(frames: int, seed: int) -> dict[str, int]:
    """So many frames, and how the answers ended that they came in."""
    chance, ended, looked_at = random.Random(seed), {}, 0
    while looked_at < frames:
        source = _Source(hostile(chance), chance.randbytes(chance.randrange(9)))
        how = outcome(source, chance)  # type: ignore[arg-type]
        ended[how] = ended.get(how, 0) + 1
        looked_at += source.looked_at
    return ended


def test_fifty_thousand_frames_of_hostile_workers_end_in_a_reading_or_in_a_known_refusal() -> None:
    ended = attack(FRAMES, seed=2026)
    assert (
        min(ended.get(how, 0) for how in ("taken", *(kind.__name__ for kind in ENDINGS))) > 100
    )  # it tried more than one way


def test_the_hosts_memory_does_not_grow_with_hostile_frames() -> None:
    attack(200, seed=1)
    tracemalloc.start()
    attack(1000, seed=2)
    before = tracemalloc.get_traced_memory()[0]
    attack(4000, seed=3)
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert now - before < 64 << 10
    assert peak - before < 2 << 20


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=6) | st.dictionaries(st.sampled_from(["number", "text", "code"]), inside),
    max_leaves=12,
)
payloads = st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode())
heads = st.dictionaries(
    st.sampled_from("number text width height hidden paths words sure".split()), json_values, max_size=3
)
changed = heads.map(lambda changes: (b"P", json.dumps({**json.loads(page()[1]), **changes}).encode() + b"\n"))
frames = st.tuples(st.sampled_from([b"K", b"P", b"A", b"E", b"N", b"I", b"X", b"W", b"\x00"]), payloads)


@settings(max_examples=300, deadline=None)
@given(st.lists(frames | changed | st.just(KIND) | st.just(END), max_size=6), st.binary(max_size=8), st.integers(0, 19))
def test_frames_that_nobody_thought_of_end_so_too(sent: list[Frame], rest: bytes, seed: int) -> None:
    assert outcome(io.BytesIO(stream(*sent).getvalue() + rest), random.Random(seed))
