"""The quick ones of tests/traps.py: whatever a file is meant to do, it is read or has its reason, and that is all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import Store
from tests import traps
from tests.trap_table import hostile_names
from tests.trap_table import traps as all_traps

PATIENCE = 20.0
"""A machine that tests run on may be busy; the script is strict."""
SLOW = {"flate_chain.pdf", "picture.pdf", "form.pdf", "zeros.bz2", "zeros.xz", "many_lines.csv"}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="many of these files can't be made there")
Arena = tuple[Path, Path, Store]


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with traps.arena(tmp_path_factory.mktemp("traps")) as made:
        yield made


@pytest.mark.parametrize(
    "group",
    ["I3", "I4", "I5", "I6", "I7", "I8"],
    ids=["bombs", "disguises", "names", "links", "charsets", "deep and outside"],
)
def test_each_trap_ends_as_it_must(group: str, arena: Arena) -> None:
    folder, secret, store = arena
    quick = [trap for trap in all_traps(secret) if trap.group == group and trap.name not in SLOW]
    results = [traps.spring(trap, folder, store, PATIENCE) for trap in quick]
    assert [result.line() for result in results if result.complaint] == []
    assert traps.strays(secret.parent) == []
    assert secret.read_text() == traps.SECRET


def test_there_are_two_hundred_names_and_forty_charsets(tmp_path: Path) -> None:
    assert len(set(hostile_names())) == 200
    charsets = [trap for trap in all_traps(tmp_path) if trap.group == "I7" and not trap.name.startswith("charset_")]
    assert len(charsets) >= 40


def test_a_trap_that_ends_otherwise_is_told(arena: Arena) -> None:
    """Else the script would pass whatever happens."""
    folder, _, store = arena
    for trap, complaint in [
        (traps.Trap("", "a.txt", lambda: b"fine", traps.REFUSED), "expected bomb"),
        (traps.Trap("", "b.txt", traps.SECRET.encode, frozenset((traps.READ,))), "none of its business"),
        (traps.Trap("", "c.txt", lambda: b"slow", frozenset((traps.READ,)), seconds=0.0), "longer than"),
        (traps.Trap("", "d.txt", lambda: b"x", frozenset((traps.READ,)), check=lambda _: "no x"), "no x"),
        (traps.Trap("", "e.txt", lambda: b"y", frozenset((traps.READ,)), frozenset(("bomb",))), "bomb inside"),
    ]:
        result = traps.spring(trap, folder, store)
        assert complaint in result.complaint
        assert result.line().startswith("FAIL")
