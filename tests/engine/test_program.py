"""The engine as a program, and its shelves: a new part is one new file, and a bug takes nothing else with it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import engine.cards
from engine.cards import Handoff, Problem, TaskCard, Why
from engine.codec import decode, encode
from engine.events import EVENTS, LAST_WORDS, Asked, Closed, Failed, Finished, Handed, fold
from engine.orders import Add, AddTexts, Clauses, Known, Passage, Predict, Remove, Run, Search, Train
from engine.shelf import modules
from engine.store import Store

ROOT = Path(engine.cards.__file__).parents[1]
RULE = '''"""Looks at the title."""
from engine.rules import Finding
SENTENCE = "Routes by the title of an INI section."
PARAMETERS = {"title": str}
def check(handoff, text, row):
    title = handoff.documents[0].title
    return Finding(f"The title is {title}.", title) if title == row["title"] else None
'''
STAMPER = '''"""Stamps, and chatters."""
import os
from collections.abc import Generator
DUTY = "Stamps what passes."
def work(handoff, bench):
    yield from ()
    print("stray words")
    os.write(1, b"stray bytes")
    return handoff.to("desk", "Stamped.", code="stamped", ending="finished")
'''
STUMBLER = '''"""Has a bug."""
DUTY = "Falls over."
def work(handoff, bench):
    yield from ()
    return 1 // 0
'''
INI = '''"""Reads settings."""
from engine.pages import Page
KINDS = ("ini",)
IMPORTS = ()
def recognises(file):
    return ("ini", 0.9) if file.head.startswith(b"[") and file.named(".ini") else ("", 0.0)
def read(file, limits):
    text = file.data.decode()
    yield Page(1, text)
    return text[1:text.index("]")]
'''
PARTS = {
    "rules/title_is.py": RULE,
    "agents/stamper.py": STAMPER,
    "agents/stumbler.py": STUMBLER,
    "readers/ini.py": INI,
}
PLAYBOOK = """
name = "settings"
legs = ["reader", "extractor", "router", "stamper"]
out_of_scope = ["What is the capital of Mongolia?", "Write a poem."]

[[rules]]
check = "title_is"
title = "server"
then = "intent:server"

[[intents]]
label = "server"
title = "Server settings"
examples = ["[server] port = 80", "[server] host = example"]

[[intents]]
label = "client"
examples = ["[client] colour = blue", "[client] size = 12"]
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the engine with one new file on each of three shelves, and nothing else changed."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "engine", root / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "assets").symlink_to(ROOT / "assets")
    for name, code in PARTS.items():
        (root / "engine" / name).write_text(code, "utf-8")
    return root


def ask(home: Path, orders: Sequence[object], root: Path = ROOT) -> tuple[list[Any], str]:
    """What the program answers to lines (orders, or text as it stands): its events, and its stderr."""
    home.mkdir(parents=True, exist_ok=True)
    lines = [order if isinstance(order, str) else encode(order) for order in orders]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "engine", "--home", str(home)],
        input="\n".join(lines) + "\n",
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=home,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [decode(line, EVENTS) for line in done.stdout.splitlines()], done.stderr


def card(home: Path, receiver: str, data: bytes = b"[server]\nport = 80\n", task: str = "t1") -> Handoff:
    sha256 = Store(home).put(data)
    return Handoff(TaskCard(task, "config.ini", sha256, "settings"), Why("desk", receiver, "Opened."))


def with_playbook(home: Path) -> Path:
    (home / "playbooks").mkdir(parents=True)
    (home / "playbooks" / "settings.toml").write_text(PLAYBOOK, "utf-8")
    return home


def last_words(events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, LAST_WORDS)]


def test_a_reader_a_rule_and_an_agent_are_each_one_new_file(home: Path, elsewhere: Path) -> None:
    first = card(with_playbook(home), "reader")
    events, _ = ask(home, [Run(first)], elsewhere)
    opening = Handed("t1", 0, first.why, {"card": json.loads(encode(first))["card"]})
    state = fold([opening, *(event for event in events if isinstance(event, Handed))])
    assert state.documents[0].kind == "ini"
    assert state.route is not None
    assert (state.route.label, state.route.rule) == ("server", "rule title_is")
    assert (state.why.sender, state.why.code) == ("stamper", "stamped")
    assert events[-1] == Finished("t1")


def test_stray_prints_go_to_stderr_and_never_between_the_events(home: Path, elsewhere: Path) -> None:
    events, errors = ask(home, [Run(card(home, "stamper"))], elsewhere)
    assert last_words(events) == [Finished("t1")]
    assert "stray words" in errors
    assert "stray bytes" in errors


def test_a_bug_in_an_agent_fails_its_task_and_the_next_order_still_works(home: Path, elsewhere: Path) -> None:
    orders = [Run(card(home, "stumbler", task="t1")), Run(card(home, "stamper", task="t2"))]
    events, errors = ask(home, orders, elsewhere)
    broken, whole = last_words(events)
    assert isinstance(broken, Failed)
    assert (broken.card, broken.code) == ("t1", "bug")
    assert whole == Finished("t2")
    assert "ZeroDivisionError" in errors
    assert "ZeroDivisionError" in broken.sentence


def test_a_bad_line_is_answered_with_its_code_and_the_next_one_still_works(home: Path) -> None:
    events, _ = ask(home, ["not json", '{"is": "Dance"}', "[]", "", Search(("policies",), ())])
    assert [(type(event), event.code) for event in events] == [
        (Closed, "bad_line"),
        (Closed, "bad_line"),
        (Closed, "bad_line"),
        (Closed, ""),
    ]


def test_a_question_that_cannot_be_answered_is_closed_with_its_code(home: Path) -> None:
    events, _ = ask(home, [Predict("no-such-playbook", ("text",))])
    assert [(type(event), event.code) for event in events] == [(Closed, "no_playbook")]


def test_a_file_that_is_gone_from_the_store_ends_in_quarantine_and_not_in_a_bug(home: Path) -> None:
    gone = Handoff(TaskCard("t1", "letter.txt", "c" * 64, "front-desk"), Why("desk", "reader", "Opened."))
    events, _ = ask(home, [Run(gone)])
    assert [(type(word).__name__, word.code) for word in last_words(events)] == [("Quarantined", "missing")]


def test_a_playbook_that_is_gone_goes_to_a_person_with_its_name(home: Path) -> None:
    events, _ = ask(home, [Run(card(home, "extractor"))])
    (word,) = last_words(events)
    assert isinstance(word, Asked)
    assert "settings" in word.question


def test_an_empty_shelf_is_a_problem_and_not_a_firm_without_agents(tmp_path: Path) -> None:
    shelf = ModuleType("engine.agents")
    shelf.__path__ = [str(tmp_path)]
    (tmp_path / "_frame.py").write_text("")
    with pytest.raises(Problem, match=r"engine\.agents") as caught:
        modules(shelf)
    assert caught.value.code == "empty_shelf"


def test_starting_the_program_loads_nothing_heavy() -> None:
    code = "import engine.__main__, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    heavy = {"numpy", "sqlite_utils", "llama_cpp", "faiss", "torch", "sklearn", "tokenizers", "pypdfium2", "lxml"}
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout.split()) & heavy


def test_a_bare_card_is_worked_from_its_beginning(home: Path, elsewhere: Path) -> None:
    playbook = with_playbook(home) / "playbooks" / "settings.toml"
    playbook.write_text(re.sub(r"legs = .*", 'legs = ["stamper"]', PLAYBOOK), "utf-8")
    events, _ = ask(home, [card(home, "").card], elsewhere)
    (handed,) = [event for event in events if isinstance(event, Handed)]
    assert (handed.card, handed.seq, handed.why.sender) == ("t1", 1, "stamper")
    assert events[-1] == Finished("t1")


def test_a_bare_card_without_its_playbook_fails_by_its_id(home: Path) -> None:
    ((word,), _) = ask(home, [card(home, "").card])
    assert isinstance(word, Failed)
    assert (word.card, word.code) == ("t1", "no_playbook")


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """What one engine answers to an order of each kind: a list of rows, closed, for each."""
    home = tmp_path_factory.mktemp("asked")
    sha256 = Store(home).put(b"# Stoves\n\nStoves are tested with gas before they are sold.")
    texts = [f"The {thing} needs water." for thing in ("rose", "lily", "fern")]
    texts += [f"Please repair the {thing}." for thing in ("bell", "chain", "brake")]
    labels = (("water",),) * 3 + (("bicycle",),) * 3
    orders = [
        AddTexts("shop", (Passage("k-1", "Parcels", "Parcels are sent every Monday."),)),
        Add("shop", sha256, "stoves.md"),
        Search(("shop",), ("When are parcels sent?", "gas tests"), 1),
        Train("garden", tuple(texts), labels),
        Predict("garden", ("Does the oak need water?",)),
        Train("garden", tuple(texts), labels[1:]),
        Add("shop", "c" * 64, "gone.md"),
        Known(),
        Remove("shop", ("k-1",)),
        Known("shop"),
        Clauses("shop"),
        Clauses("nothing"),
    ]
    told: list[list[Any]] = [[]]
    for event in ask(home, orders)[0]:
        told[-1].append(event)
        if isinstance(event, Closed):
            told.append([])
    return told[:-1]


def rows(events: list[Any]) -> list[dict[str, Any]]:
    """The rows of an order that was answered, without its progress."""
    assert events[-1] == Closed()
    return [event.row for event in events[:-1] if "progress" not in event.row]


def test_what_the_library_holds_is_told_and_taken_out(answered: list[list[Any]]) -> None:
    ((collection,), (removed,), (document,)) = map(rows, answered[7:10])
    assert (collection["name"], collection["documents"], collection["to_embed"]) == ("shop", 2, 0)
    assert removed == {"document": "k-1", "removed": 1}
    assert (document["name"], document["kind"], document["pages"]) == ("stoves.md", "md", 1)


def test_a_collection_says_what_it_holds_passage_by_passage(answered: list[list[Any]]) -> None:
    (clause,), nothing = map(rows, answered[10:12])
    assert (clause["document"], clause["heading"], clause["page"]) == ("stoves.md", "Stoves", 1)
    assert clause["text"] == "Stoves are tested with gas before they are sold."
    assert clause["end"] - clause["start"] == len(clause["text"])
    assert nothing == []


def test_a_passage_and_a_document_are_added_and_found(answered: list[list[Any]]) -> None:
    passage, document, found = map(rows, answered[:3])
    assert [(row["document"], row["chunks"]) for row in passage + document] == [("k-1", 1), ("stoves.md", 1)]
    assert all(row["seconds"] >= 0.0 for row in passage + document)
    assert [(row["query"], row["hits"][0]["document"]) for row in found] == [
        ("When are parcels sent?", "k-1"),
        ("gas tests", "stoves.md"),
    ]
    hit = found[0]["hits"][0]
    assert "Parcels are sent every Monday." in hit["quote"]
    assert hit["end"] - hit["start"] == len(hit["quote"])
    assert len(hit["sha256"]) == 64


def test_what_was_trained_is_predicted(answered: list[list[Any]]) -> None:
    (trained,), (said,) = map(rows, answered[3:5])
    assert (trained["playbook"], trained["labels"], trained["examples"]) == ("garden", 2, 6)
    assert any("progress" in event.row for event in answered[3][:-1])
    assert said["candidates"][0]["label"] == "water"
    assert said["label"] in ("water", None)


def test_labels_that_are_missing_and_files_that_are_gone_close_the_order_with_a_code(
    answered: list[list[Any]],
) -> None:
    assert [[event.code for event in events] for events in answered[5:7]] == [["bad_line"], ["missing"]]
