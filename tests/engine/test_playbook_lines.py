"""Each complaint names the line that a person must change, whatever TOML allows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine._playbook_lines import Lines
from engine.playbook import examined
from tests.engine.scripted import few

TEXT = '''# a comment with = and [brackets]
name = "x"   # name = "y"

legs = [
    "reader",  # [[rules]]
    "router",
]
about = """
[not.a.table]
key = "value"
"""
pattern = '\\[[a]'
when = 2026-10-05 07:30:00
inline = { a = 1, b = { c = [1, 2] } }

[budget]
tokens = 5
"odd key" = 1
dotted.inner = 2

[collections.policies]
documents = ["a.md", "b.md"]

[[rules]]
check = "words"
any = ["one",
       "two"]

[[rules]]
check = "words"

[[rules.deep]]
x = 1
'''
PLACES = {
    ("name",): 2, ("legs",): 4, ("legs", 0): 5, ("legs", 1): 6, ("about",): 8, ("pattern",): 12, ("when",): 13,
    ("inline", "b", "c", 1): 14, ("budget",): 16, ("budget", "tokens"): 17, ("budget", "odd key"): 18,
    ("budget", "dotted", "inner"): 19, ("collections", "policies", "documents", 1): 22, ("rules", 0): 24,
    ("rules", 0, "any", 1): 27, ("rules", 1): 29, ("rules", 1, "check"): 30, ("rules", 1, "deep", 0, "x"): 33,
}  # fmt: skip


@pytest.mark.parametrize(("way", "line"), PLACES.items(), ids=str)
def test_every_value_is_found_on_its_line(way: tuple[str | int, ...], line: int) -> None:
    value = tomllib.loads(TEXT)
    for part in way:
        value = value[part]  # the way is a real one
    assert Lines(TEXT).of(way) == line


def test_what_does_not_stand_there_is_sought_where_it_belongs() -> None:
    lines = Lines(TEXT)
    assert lines.of(("rules", 1, "then")) == 29
    assert lines.of(("budget", "rounds")) == 16
    assert lines.of(("nowhere",)) == 1


NAMES = st.from_regex(r"[a-z_][a-z0-9_-]{0,5}", fullmatch=True)
VALUES = st.sampled_from(
    ['"a # b"', "'[x]'", "1", "true", '"""\n= [\n"""', '[1, [2, "]"], ]', "{ a = 1 }", "[\n1,\n2\n]"]
)


@few
@given(st.lists(st.tuples(NAMES, VALUES), max_size=8, unique_by=lambda pair: pair[0]), st.lists(NAMES, max_size=3))
def test_any_file_is_walked_to_its_end(pairs: list[tuple[str, str]], tables: list[str]) -> None:
    known = {name for name, _ in pairs}
    own = [name for name in dict.fromkeys(tables) if name not in known]
    text = "".join(f"{name} = {value}\n" for name, value in pairs) + "".join(
        f"[[{name}]]\ninside = 1\n" for name in own
    )
    tomllib.loads(text)
    lines, written = Lines(text), text.split("\n")
    for name, _ in pairs:
        assert written[lines.of((name,)) - 1].startswith(f"{name} =")
    for name in own:
        assert written[lines.of((name, 0, "inside")) - 2] == f"[[{name}]]"


def test_a_mark_at_the_beginning_of_the_file_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_bytes(b'\xef\xbb\xbfname = "small"\n')
    assert all("TOML" not in one.sentence for one in examined(file)[1])
