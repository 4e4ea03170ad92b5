"""What comes back from the child is checked as the work of an attacker."""

from __future__ import annotations

import io
import json
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.readers import Limits, Picture, _wire
from engine.readers._wire import BadAnswer, NoAnswer, Refused
from engine.store import Page, Reading

PAGE = {"number": 1, "text": "two words", "width": 10, "height": 20, "words": [], "hidden": "", "paths": []}
TITLE = (b"T", b'{"title":"x"}')
END = (b"E", b"")
ENDINGS = (BadAnswer, NoAnswer, Refused)


def stream(*frames: tuple[bytes, bytes]) -> io.BytesIO:
    return io.BytesIO(b"".join(struct.pack(">cI", letter, len(payload)) + payload for letter, payload in frames))


def page(**changes: object) -> tuple[bytes, bytes]:
    return b"P", json.dumps({**PAGE, **changes}).encode()


def receive(*frames: tuple[bytes, bytes], limits: Limits = Limits()) -> Reading:  # noqa: B008
    return _wire.receive_reading(stream(*frames), limits, "pdf")


spans = st.lists(st.integers(0, 40), min_size=2, max_size=12, unique=True).map(sorted)
numbers = st.floats(-1e6, 1e6)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=41, max_size=60)


@st.composite
def readings(draw) -> Reading:
    pages = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        ends = draw(spans)
        words = []
        for start, end in zip(ends[::2], ends[1::2], strict=False):
            (x0, x1), (y0, y1) = (sorted((draw(numbers), draw(numbers))) for _ in range(2))
            words.append((start, end, x0, y0, x1, y1))
        paths = tuple((start, end, "label") for start, end, *_ in words)
        pages.append(Page(number, draw(texts), 10.0, 20.0, tuple(words), draw(st.just("") | texts), paths))
    attachments = draw(st.lists(st.tuples(st.sampled_from(["a.txt", "b c.pdf"]), st.binary(max_size=50)), max_size=3))
    return Reading("pdf", "title", tuple(pages), tuple(attachments))


@settings(max_examples=50, deadline=None)
@given(readings())
def test_a_reading_comes_through_unchanged(reading):
    out = io.BytesIO()
    _wire.send_reading(out, reading)
    assert _wire.receive_reading(io.BytesIO(out.getvalue()), Limits(), "pdf") == reading


def test_a_picture_comes_through_unchanged():
    out = io.BytesIO()
    _wire.send_picture(out, Picture(2, 1, b"abcdef"))
    assert _wire.receive_picture(io.BytesIO(out.getvalue())) == Picture(2, 1, b"abcdef")


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 2},
        {"number": True},
        {"text": 5},
        {"text": "\ud800"},
        {"text": "nul \x00"},
        {"hidden": None},
        {"width": math.inf},
        {"height": math.nan},
        {"width": -1},
        {"width": True},
        {"width": 10**400},
        {"words": {}},
        {"words": [[0, 3, 0, 0, 1]]},
        {"words": [[0, 30, 0, 0, 1, 1]]},
        {"words": [[-1, 3, 0, 0, 1, 1]]},
        {"words": [[3, 3, 0, 0, 1, 1]]},
        {"words": [[0, 3, 5, 0, 1, 1]]},
        {"words": [[0, 3, 0, 0, 1, math.inf]]},
        {"words": [[0, 3, 0, 0, 1, "1"]]},
        {"words": [[4, 9, 0, 0, 1, 1], [0, 3, 0, 0, 1, 1]]},
        {"words": [[0, 3, 0, 0, 1, 1], [2, 9, 0, 0, 1, 1]]},
        {"words": [[0.0, 3, 0, 0, 1, 1]]},
        {"paths": [[0, 99, "x"]]},
        {"paths": [[0, 2, 7]]},
        {"paths": [[0, 2, "x" * 1000]]},
        {"extra": 1},
    ],
)
def test_a_page_that_breaks_a_rule_is_refused(changes):
    with pytest.raises(BadAnswer):
        receive(TITLE, page(**changes), END)


@pytest.mark.parametrize(
    "frames",
    [
        (TITLE, END),
        (page(), END),
        (TITLE, TITLE, page(), END),
        (TITLE, page(), page(), END),
        (TITLE, page(), (b"E", b"more")),
        (TITLE, (b"A", b'"a"\nx'), page(), END),
        (TITLE, page(), (b"A", b'"../../etc/passwd"\nx'), END),
        (TITLE, page(), (b"A", b'"..\\\\x"\nx'), END),
        (TITLE, page(), (b"A", b'".."\nx'), END),
        (TITLE, page(), (b"A", b'""\nx'), END),
        (TITLE, page(), (b"A", b"no name"), END),
        (TITLE, page(), (b"A", b"[]\nx"), END),
        (TITLE, (b"P", b"[" * 100_000), END),
        (TITLE, (b"P", b"9" * 100_000), END),
        (TITLE, (b"P", b"\xff"), END),
        (TITLE, (b"I", b""), END),
        (TITLE, (b"?", b""), END),
        ((b"T", b'{"title":"%s"}' % (b"x" * 1000)), page(), END),
        ((b"X", b'{"code":"all_well","where":""}'),),
        ((b"X", b'{"code":"damaged","where":"Call 555-1234 <b>"}'),),
        ((b"X", b'{"code":["damaged"],"where":""}'),),
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused(frames):
    with pytest.raises(BadAnswer):
        receive(*frames)


@pytest.mark.parametrize(
    "limits", [Limits(pages=1), Limits(characters=12), Limits(bytes=5), Limits(attachments=1)], ids=repr
)
def test_the_parent_keeps_the_limits_too(limits):
    frames = (TITLE, page(), page(number=2), (b"A", b'"a"\nabc'), (b"A", b'"b"\nabc'), END)
    assert len(receive(*frames).attachments) == 2
    with pytest.raises(BadAnswer):
        receive(*frames, limits=limits)


def test_a_frame_that_only_claims_to_be_long_costs_nothing():
    with pytest.raises(BadAnswer):
        _wire.receive_reading(io.BytesIO(struct.pack(">cI", b"T", 0xFFFFFFFF)), Limits(), "pdf")
    with pytest.raises(NoAnswer):
        _wire.receive_picture(io.BytesIO(struct.pack(">cI", b"I", 70_000_000) + b"short"))


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (3, 1), (0xFFFFFFFF, 0xFFFFFFFF), (2, 0)])
def test_a_picture_has_exactly_its_pixels(size):
    with pytest.raises(BadAnswer):
        _wire.receive_picture(stream((b"I", struct.pack(">II", *size) + b"rgbrgb"[:6])))


def test_a_refusal_comes_through():
    with pytest.raises(Refused) as caught:
        receive((b"X", b'{"code":"encrypted","where":""}'))
    assert caught.value.code == "encrypted"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from([*PAGE, "title", "code"]), inner),
    max_leaves=12,
)
payloads = st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode())
pages = st.dictionaries(st.sampled_from(list(PAGE)), json_values, max_size=3).map(lambda changes: page(**changes))
frames = st.tuples(st.sampled_from([b"T", b"P", b"A", b"E", b"I", b"X", b"\x00"]), payloads)


@settings(max_examples=300, deadline=None)
@given(st.lists(frames | pages | st.just(TITLE) | st.just(END), max_size=6), st.binary(max_size=8))
def test_hostile_frames_end_in_a_reading_or_in_a_known_refusal(sent, rest):
    data = stream(*sent).getvalue() + rest
    for receive_any in (
        lambda source: _wire.receive_reading(source, Limits(pages=3, characters=100, bytes=100), "pdf"),
        _wire.receive_picture,
        _wire.receive_words,
    ):
        try:
            receive_any(io.BytesIO(data))
        except ENDINGS:
            pass
