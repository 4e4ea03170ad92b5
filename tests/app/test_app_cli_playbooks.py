"""The commands for playbooks: what one does, in words and as a graph, and what is wrong with it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.playbook_words import graph, told
from engine.playbook import find, read
from tests.engine.scripted import PLAYBOOK, write_small_desk

Baton = Callable[..., subprocess.CompletedProcess[str]]
DATA = Path(__file__).resolve().parents[1] / "data"


def test_check_explains_a_sound_playbook_and_draws_its_graph(home: Path, baton: Baton) -> None:
    rows = '[[review]]\nrole = "refund desk"\nintents = ["refund"]\n[only.clerk]\nintents = ["refund"]\n'
    late = '[[rules]]\ncheck = "words"\nany = ["guaranteed"]\nthen = "person"\nwhen = "after"\n'
    write_small_desk(home, f"{PLAYBOOK}\n{rows}{late}")
    done = baton("playbooks", "check", "small")
    assert done.returncode == 0
    for words in (
        "small.toml is sound.", "2 kinds of request apart", "Tasks of Refund request go to: refund desk.",
        "Only for Refund request.", "Rule “words”: Looks for whole words",
        "Before a draft is offered:", "one of: guaranteed", "gate", "|---> quoter",
        "Finds the playbook's fields by pattern, or by kind and place on the page: order number.",
    ):  # fmt: skip
        assert words in done.stdout
    order = [
        done.stdout.index(f"\n    {leg:<11} ") for leg in ("reader", "router", "clerk", "verifier", "gate", "desk")
    ]
    assert order == sorted(order)


def test_the_tools_of_a_playbook_are_told_with_what_they_are_given(home: Path) -> None:
    sentences = list(told(find(home, "refunds")))
    looks = "Looks a row up by its key, in a table of CSV, Excel, OpenDocument or SQLite"
    file = "file: ../samples/refunds/knowledge"
    assert f"  - orders (clerk): {looks} ({file}/orders.csv; key: order; value from Order number)." in sentences
    assert (
        f"  - return_answer (clerk, only Return request, Exchange): {looks} ({file}/window.csv; key: in_time; "
        "value from return_in_time.result)." in sentences
    )


def test_a_rule_that_looks_for_what_is_missing_says_so(home: Path) -> None:
    rows = '[[rules]]\ncheck = "field_missing"\nfield = "order_number"\nthen = "person"\n'
    rows += '[[rules]]\ncheck = "languages"\nknown = ["en"]\nthen = "person"\n'
    write_small_desk(home, f"{PLAYBOOK}\n{rows}")
    missing, language = [line for line in told(find(home, "small")) if line.endswith("a person decides.")]
    assert missing.endswith("was found at all (field: order number); if it is missing, a person decides.")
    assert language.endswith("(known: en); if it is another one, a person decides.")


def test_check_tells_all_that_is_wrong_with_its_lines(home: Path, baton: Baton) -> None:
    write_small_desk(home, PLAYBOOK.replace('then = "flag"', 'then = "boss"').replace('"clerk"', '"clark"'))
    done = baton("playbooks", "check", "small")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["small.toml, line 3", "small.toml, line 21"]
    rows = [json.loads(line) for line in baton("playbooks", "check", "small", "--json").stdout.splitlines()]
    assert [row["line"] for row in rows] == [3, 21]


def test_check_hints_that_two_playbooks_fill_one_collection_with_different_documents(home: Path, baton: Baton) -> None:
    write_small_desk(home)
    other = PLAYBOOK.replace('name = "small"', 'name = "other"')
    (home / "playbooks" / "other.toml").write_text(other, "utf-8")
    told = json.loads(baton("playbooks", "check", "other", "--json").stdout)
    assert not any("fills a collection" in hint["hint"] for hint in told["hints"]), "the same documents are no harm"
    (home / "playbooks" / "rules.md").write_text("# Rules\n\nGoods are returned within 7 days.\n")
    (home / "playbooks" / "other.toml").write_text(other.replace("policy.md", "rules.md"), "utf-8")
    told = json.loads(baton("playbooks", "check", "other", "--json").stdout)
    (hint,) = [hint["hint"] for hint in told["hints"] if "fills a collection" in hint["hint"]]
    assert "'small' fills a collection 'policies', too, with other documents" in hint


def test_check_hints_at_what_would_make_a_sound_playbook_better(home: Path, baton: Baton) -> None:
    write_small_desk(home, PLAYBOOK.replace('search = "how goods are returned"', 'search = ""'))
    done = baton("playbooks", "check", "small")
    assert done.returncode == 0
    assert "the intent 'refund' has 3 examples; with 14 or more it is told apart more surely." in done.stdout
    assert "line 37: the documents are searched by the title of 'return'; write search" in done.stdout
    told = json.loads(baton("playbooks", "check", "small", "--json").stdout)
    assert [hint["line"] for hint in told["hints"]] == [31, 37, 38]
    assert "better:" not in baton("playbooks", "check", "front-desk").stdout


def test_a_file_that_is_no_playbook_of_this_home_can_be_checked(home: Path, baton: Baton, tmp_path: Path) -> None:
    for name in ("library.toml", "house-rules.md"):
        shutil.copy(DATA / name, tmp_path)
    assert "is sound" in baton("playbooks", "check", tmp_path / "library.toml").stdout
    missing = baton("playbooks", "check", tmp_path / "nothing.toml")
    assert missing.returncode == 3
    assert "front-desk" in missing.stderr


def test_show_as_data_and_as_a_graph_for_graphviz(home: Path, baton: Baton) -> None:
    told = json.loads(baton("playbooks", "show", "front-desk", "--json").stdout)
    assert told["legs"][0] == "reader"
    assert {"from": "reader", "to": "extractor", "when": ""} in told["graph"]
    drawn = baton("playbooks", "show", "front-desk", "--dot").stdout
    assert drawn.startswith("digraph")
    assert "reader -> extractor;" in drawn


@pytest.mark.parametrize("name", ["front-desk"])
def test_every_way_of_the_graph_leads_to_the_team_or_to_an_end(home: Path, name: str) -> None:
    edges = graph(find(home, name))
    ends = {"desk", "person", "quarantine"}
    assert {edge.receiver for edge in edges} <= ends | {edge.sender for edge in edges}
    assert ends <= {edge.receiver for edge in edges}


def test_the_graph_leads_to_no_leg_that_the_playbook_does_not_have(home: Path) -> None:
    sorting = PLAYBOOK.replace('legs = ["reader", "extractor", "router", "clerk", "librarian", "drafter", "verifier"]',
                               'legs = ["reader", "router"]')  # fmt: skip
    write_small_desk(home, sorting)
    edges = graph(find(home, "small"))
    assert {edge.receiver for edge in edges} == {"quarantine", "desk", "router", "person", "referee"}
    assert "desk" in {edge.receiver for edge in edges if edge.sender == "referee"}


def test_every_handoff_of_a_worked_task_is_a_way_of_the_graph(home: Path) -> None:
    from engine import relay
    from engine.events import Handed
    from tests.engine.scripted import LETTER, ScriptedWriter, opened, small_bench, stored

    nonsense = ScriptedWriter(lambda request: "Purple elephants pay 900 EUR on every Sunday.")
    sure = f"{PLAYBOOK}\n[thresholds]\nintent = 0.0\n"
    with small_bench(home, nonsense, larger=nonsense, playbook=sure) as bench:
        first = opened(sha256=stored(bench, LETTER))
        handed = [event.why for event in relay.run(first, bench) if isinstance(event, Handed)]
    ways = {(edge.sender, edge.receiver) for edge in graph(read(home / "playbooks" / "small.toml"))}
    assert {(why.sender, why.receiver) for why in handed} <= ways
    assert ("verifier", "senior") in {(why.sender, why.receiver) for why in handed}
