"""What the engine's tests are made of: scripted models, a small desk on disk, the real models, and all values."""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from engine import agents
from engine.bench import Bench
from engine.cards import Evidence, Handoff, Place, Problem, Route, TaskCard, Why
from engine.fleet import Fleet, catalogue
from engine.models import Brief, Model, Piece
from engine.pages import HIDDEN, Hidden, Page, Reading, Words
from engine.shelf import modules

if TYPE_CHECKING:
    import numpy

PLAYBOOK = """
name = "small"
legs = ["reader", "extractor", "router", "clerk", "librarian", "drafter", "verifier"]
out_of_scope = ["What is the capital of Mongolia?", "Which team won the football cup?", "Write a poem about autumn."]

[collections.policies]
documents = ["policy.md"]

[tools.orders]
tool = "lookup"
given = { file = "orders.csv", key = "order" }
fields = { value = "order_number" }
sentence = "Our records show order {order}: {item}."

[[fields]]
name = "order_number"
pattern = 'LF-[0-9]{5}'

[[rules]]
check = "orders_to_machine"
then = "flag"

[[intents]]
label = "refund"
title = "Refund request"
greeting = "Dear customer,"
opening = "Thank you for your message about order {order_number}."
next_step = "Please reply if we have misunderstood you."
closing = "Kind regards"
search = "when refunds are paid"
examples = ["When is my refund paid?", "Please refund the jacket.", "I want my money back."]

[[intents]]
label = "return"
title = "Return request"
greeting = "Dear customer,"
search = "how goods are returned"
examples = ["How do I return the jacket?", "Please send a return label.", "I want to send the boots back."]
"""
POLICY = """# Refunds

Refunds are paid within 14 days to the card that was used. Postage is refunded only when the goods were faulty.

# Returns

Goods are returned in their box within 30 days, with the return label on the outside.
"""
ORDERS = "order,item\nLF-20417,Ridge tent\nLF-20459,Ember stove\n"
LETTER = "Hello,\n\nwhen is the refund for order LF-20417 paid? Purple hippopotamus.\n\nThanks\nHanna"


class ScriptedEncoder:
    """Bags of words: texts with the same words are alike, others are not. No weights, no surprise."""

    def __init__(self, dimension: int = 256) -> None:
        self.dimension = dimension
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> numpy.ndarray:
        import numpy as np

        self.asked += texts
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in [*re.findall(r"\w+", text.lower()), "always"]:
                vectors[row, zlib.crc32(word.encode()) % self.dimension] += 1.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if len(texts) else vectors

    def encode_queries(self, texts: Sequence[str]) -> numpy.ndarray:
        return self.encode(texts)


class ScriptedWriter:
    """Writes what `answer` makes of each request, and remembers all that it was shown."""

    def __init__(self, answer: Callable[[str], str] = lambda request: request) -> None:
        self._answer = answer
        self.asked: list[tuple[Brief, str, str]] = []

    def stream(self, brief: Brief, request: str, grammar: str, tokens: int) -> Iterator[Piece]:
        self.asked.append((brief, request, grammar))
        for written, word in enumerate(self._answer(request).split(), 1):
            yield Piece(f"{word} ", 10, written)


class ScriptedFleet:
    """Serves the scripted models; a writer that is a Problem can't be loaded. `larger` has the role `fallback`."""

    def __init__(
        self, encoder: ScriptedEncoder, writer: ScriptedWriter | Problem, larger: ScriptedWriter | Problem | None = None
    ) -> None:
        self._encoder = encoder
        self._writers = {"drafter": writer} | ({"fallback": larger} if larger else {})

    def row(self, role: str) -> Model:
        if role not in ("encoder", *self._writers):
            raise Problem("no_model", f"The model catalogue has no model for the role {role}.")
        return Model(f"scripted-{role}", role, "scripted", "", "0" * 64)

    def encoder(self, id: str = "") -> ScriptedEncoder:  # noqa: A002 - as the fleet has it
        return self._encoder

    def encoder_id(self, id: str = "") -> str:  # noqa: A002
        return "0" * 64

    def writer(self, role: str = "drafter") -> ScriptedWriter:
        found = self._writers[role]
        if isinstance(found, Problem):
            raise found
        return found


@contextmanager
def small_bench(
    home: Path,
    writer: ScriptedWriter | Problem | None = None,
    larger: ScriptedWriter | Problem | None = None,
    playbook: str = PLAYBOOK,
) -> Iterator[Bench]:
    """A bench on a home with the small playbook, its policy and its table; the models are scripted."""
    write_small_desk(home, playbook)
    bench = Bench(home)
    bench.fleet = ScriptedFleet(ScriptedEncoder(), writer or ScriptedWriter(), larger)  # type: ignore[assignment]
    try:
        yield bench
    finally:
        bench.close()


def write_small_desk(home: Path, playbook: str = PLAYBOOK) -> None:
    folder = home / "playbooks"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in [("small.toml", playbook), ("policy.md", POLICY), ("orders.csv", ORDERS)]:
        (folder / name).write_text(text, "utf-8")


@functools.cache
def real_fleet() -> Fleet:
    """The shipped models, loaded once for all tests."""
    return Fleet(catalogue(Path("no-home")))


def opened(
    receiver: str = "reader", *, sha256: str = "", source: str = "letter.txt", playbook: str = "small"
) -> Handoff:
    """The baton as the desk opens it."""
    return Handoff(TaskCard("t1", source, sha256, playbook), Why("desk", receiver, "Opened."))


def drafting(*quotes: str, label: str = "refund") -> Handoff:
    """A baton that holds a route, and one piece of evidence a quote, on its way to the drafter."""
    evidence = tuple(
        Evidence(n, quote, Place("a" * 64, "policy.md", 1, 0, len(quote)), 0.9, "policies", "Refunds")
        for n, quote in enumerate(quotes, 1)
    )
    return dataclasses.replace(opened("drafter"), route=Route(label, 0.9, 0.5), evidence=evidence)


def reading(*texts: str, kind: str = "txt", title: str = "") -> Reading:
    """What a reader would have made of a file with these pages."""
    return Reading(kind, title, tuple(Page(number, text) for number, text in enumerate(texts, 1)))


def drained(work: Generator[Any, None, Any]) -> tuple[list[Any], Any]:
    """What a generator yielded, and what it returned."""
    seen = []
    while True:
        try:
            seen.append(next(work))
        except StopIteration as stop:
            return seen, stop.value


def stored(bench: Bench, text: str) -> str:
    """Puts a letter and its reading into the store; returns its hash."""
    sha256 = bench.store.put(text.encode())
    bench.store.keep(sha256, reading(text))
    return sha256


def after(handoff: Handoff, name: str, bench: Bench) -> Handoff:
    """What the agent of that name makes of a baton."""
    following = drained(modules(agents)[name].work(handoff, bench))[1]
    assert isinstance(following, Handoff)
    return following


def read_letter(bench: Bench, text: str = LETTER, source: str = "letter.txt") -> Handoff:
    """A baton whose letter was read."""
    return after(opened(sha256=stored(bench, text), source=source), "reader", bench)


def walk(handoff: Handoff, bench: Bench, stops: Callable[[Handoff], bool] = lambda handoff: False) -> Handoff:
    """Hands on until the ending, or until it is stopped."""
    while handoff.ending is None and not stops(handoff):
        handoff = after(handoff, handoff.why.receiver, bench)
    return handoff


WORDS = st.text(max_size=8)
ROWS = st.dictionaries(WORDS, st.none() | st.booleans() | st.integers(-9, 9) | WORDS | st.lists(WORDS, max_size=2))
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


_PLACES = st.floats(-1e6, 1e6, width=32)
_PRINTED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """Any box on paper."""
    (x0, x1), (y0, y1) = (sorted((draw(_PLACES), draw(_PLACES))) for _ in range(2))
    return x0, y0, x1, y1


@st.composite
def pages(draw: st.DrawFn, number: int = 1) -> Page:
    """Any page that a reader may make."""
    text = draw(_PRINTED)
    ends = draw(st.lists(st.integers(0, len(text)), max_size=12, unique=True).map(sorted))
    words = Words.of((*span, *draw(boxes())) for span in zip(ends[::2], ends[1::2], strict=False))
    sure = st.binary(min_size=len(words), max_size=len(words)).map(lambda data: bytes(byte % 101 for byte in data))
    hidden = st.builds(Hidden, st.sampled_from(list(HIDDEN)), _PRINTED, st.none() | boxes())
    spans = [(start, end) for start in range(len(text)) for end in (start + 1, len(text))]
    paths = st.lists(st.tuples(st.sampled_from(spans), _PRINTED), max_size=3) if spans else st.just([])
    sides = st.floats(0, 1e6)
    return Page(
        number, text, draw(sides), draw(sides), words, draw(st.just(b"") | sure),
        tuple(draw(st.lists(hidden, max_size=2))), tuple((*span, label) for span, label in draw(paths)),
    )  # fmt: skip


def values(kind: Any) -> st.SearchStrategy[Any]:
    """All values of a type of ours."""
    if kind is Page:
        return pages()
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{part.name: values(hints[part.name]) for part in dataclasses.fields(kind)})
    if origin in (types.UnionType, typing.Union):
        return st.none() | values(next(one for one in inside if one is not type(None)))
    if origin is tuple and inside[1:] == (Ellipsis,):
        return st.lists(values(inside[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, inside))
    if origin is Literal:
        return st.sampled_from(inside)
    if origin is dict:
        return ROWS
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    return {str: WORDS, int: st.integers(0, 2**53), bool: st.booleans(), float: numbers}[kind]
