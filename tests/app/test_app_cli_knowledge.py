"""`baton knowledge`: what the contract promises, and what a person reads."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Baton = Callable[..., "subprocess.CompletedProcess[str]"]


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_knowledge_is_added_found_listed_and_removed(baton: Baton, tmp_path: Path) -> None:
    (tmp_path / "garden.md").write_text("# Garden\n\nTomatoes need six hours of sun a day.\n")
    passages = [
        {"id": "k-1", "title": "Bees", "text": "A beehive stands behind the shed."},
        {"id": "k-2", "title": "Bees", "text": "Bees are fed with 2 litres of sugar water."},
    ]
    (tmp_path / "more.jsonl").write_text("".join(json.dumps(row) + "\n" for row in passages))
    added = baton(
        "knowledge", "add", "--collection", "garden", "--json", tmp_path / "garden.md", tmp_path / "more.jsonl"
    )
    assert [(row["document"], row["chunks"]) for row in lines(added)] == [("garden.md", 1), ("k-1", 1), ("k-2", 1)]

    typed = "How much sun do tomatoes need?\nWhere is the beehive?\nWho won the football cup?\n"
    sun, bees, football = lines(
        baton("knowledge", "search", "--collection", "garden", "--k", "2", "--json", typed=typed)
    )
    assert sun["query"] == "How much sun do tomatoes need?"
    hit = sun["hits"][0]
    assert (hit["id"], hit["document"], hit["page"], hit["quote"]) == (
        "garden.md", "garden.md", 1, "Tomatoes need six hours of sun a day.",
    )  # fmt: skip
    assert (bees["hits"][0]["id"], len(bees["hits"])) == ("k-1", 2)
    assert all(0.0 <= hit["score"] <= 1.0 for row in (sun, bees) for hit in row["hits"])
    assert sun["relevant"] is hit["relevant"] is True
    assert (football["relevant"], len(football["hits"])) == (False, 2)

    only = baton("knowledge", "search", "--collection", "garden", "--kind", "md", "--json", typed=typed)
    assert {hit["id"] for row in lines(only) for hit in row["hits"]} == {"garden.md"}

    (row,) = lines(baton("knowledge", "list", "--json"))
    assert (row["name"], row["documents"], row["chunks"], row["to_embed"]) == ("garden", 3, 3, 0)
    shown = baton("knowledge", "show", "--collection", "garden")
    assert "language unknown" in shown.stdout
    assert baton("knowledge", "list", "garden").stdout == shown.stdout
    documents = lines(baton("knowledge", "list", "garden", "--json"))
    assert [row["name"] for row in documents] == ["garden.md", "k-1", "k-2"]
    unknown = baton("knowledge", "list", "gardn")
    assert (unknown.returncode, unknown.stdout) == (3, "")
    assert "There is no collection 'gardn'." in unknown.stderr

    assert lines(baton("knowledge", "remove", "--collection", "garden", "--json", "k-1")) == [
        {"document": "k-1", "removed": 1}
    ]
    assert baton("knowledge", "status").stdout == "Nothing waits: all passages are embedded.\n"
    assert baton("knowledge", "remove", "--collection", "garden").returncode == 2
    assert baton("knowledge", "remove", "--collection", "garden", "--all").stdout == "garden: 2 documents removed\n"
    assert baton("knowledge", "list").stdout == ""


def test_a_wrong_line_is_named_and_what_came_before_it_is_kept(baton: Baton, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "a", "text": "Tents are aired."}\n{"id": \n')
    added = baton("knowledge", "add", "--collection", "shop", tmp_path / "rows.jsonl")
    assert added.returncode == 1
    assert "Line 2 of rows.jsonl is not JSON" in added.stderr
    assert added.stdout == "a: 1 chunks\n"


def test_lines_of_one_id_are_one_record(baton: Baton, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": "Tents are aired."},
        {"id": "b", "text": "Boots are waxed."},
        {"id": "a", "text": "In May."},
    ]  # fmt: skip
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    added = baton("knowledge", "add", "--collection", "shop", "--json", tmp_path / "rows.jsonl")
    assert [(row["document"], row["chunks"]) for row in lines(added)] == [("b", 1), ("a", 2)]


def test_two_files_of_one_name_do_not_replace_each_other_in_one_command(baton: Baton, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "terms.md").write_text(f"Rule {folder} holds for tents.")
    added = baton("knowledge", "add", "--collection", "shop", tmp_path / "a", tmp_path / "b")
    assert (added.returncode, added.stdout) == (1, "terms.md: 1 chunks\n")
    assert "A document named terms.md was added just now" in added.stderr
