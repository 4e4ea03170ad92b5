"""A playbook is checked before it is used, and a complaint names the place and the remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine import playbook
from engine.cards import Problem
from engine.playbook import examined, find, playbooks, read
from tests.engine.scripted import PLAYBOOK, write_small_desk


def without(start: str, end: str) -> str:
    """The small playbook without the lines from `start` up to `end`."""
    first = PLAYBOOK.index(start)
    return PLAYBOOK[:first] + PLAYBOOK[PLAYBOOK.index(end, first) + len(end) :]


RULE = '[[rules]]\ncheck = "orders_to_machine"\nthen = "flag"'
BROKEN = {
    "bad TOML": (PLAYBOOK.replace('name = "small"', "name = small", 1), "TOML"),
    "an unknown key": (PLAYBOOK.replace('name = "small"', 'name = "small"\ncolour = "red"', 1), "colour"),
    "an unknown key of an intent": (PLAYBOOK.replace('title = "Return request"', 'titel = "Return"'), "titel"),
    "an unknown leg": (PLAYBOOK.replace('"clerk"', '"juggler"'), "juggler"),
    "an unknown check": (PLAYBOOK.replace("orders_to_machine", "moon_phase"), "moon_phase"),
    "a missing parameter": (PLAYBOOK.replace(RULE, RULE.replace("orders_to_machine", "words")), "any"),
    "a parameter of the wrong type": (
        PLAYBOOK.replace(RULE, '[[rules]]\ncheck = "amount_over"\nthen = "flag"\nfield = "x"\nlimit = "much"'),
        "limit",
    ),
    "a bad pattern": (PLAYBOOK.replace("LF-[0-9]{5}", "LF-([0-9]{5}"), "order_number"),
    "an intent twice": (PLAYBOOK.replace('label = "return"', 'label = "refund"'), "'refund' is there twice"),
    "one example": (
        without(', "Please send a return label."', '"I want to send the boots back."'),
        "'return' needs at least two examples",
    ),
    "a bad then": (PLAYBOOK.replace('then = "flag"', 'then = "intent:holiday"'), "intent:holiday"),
    "a wrong type": (PLAYBOOK.replace('name = "small"', 'name = "small"\nversion = "one"', 1), "whole number"),
    "a then that forgets its intent:": (PLAYBOOK.replace('then = "flag"', 'then = "refund"'), "then = 'refund'"),
    "a budget of nothing": (f"{PLAYBOOK}\n[budget]\nleg_seconds = -60.0\n", "leg_seconds"),
    "a frame that is none": (PLAYBOOK.replace('title = "Return request"', 'frame = "notes"'), '"notes"'),
    "a slot without a field": (PLAYBOOK.replace('title = "Return request"', 'opening = "Dear {nmae}."'), "'nmae'"),
    "a check that is no word": (PLAYBOOK.replace('check = "orders_to_machine"', 'check = ["x"]'), "['x']"),
    "an unknown key of a rule": (PLAYBOOK.replace('then = "flag"', 'then = "flag"\nlimt = 5'), "limt"),
    "a leg twice": (PLAYBOOK.replace('"extractor", ', '"reader", '), "only once"),
    "no legs": (re.sub(r"legs = .*", "legs = []", PLAYBOOK), "at least one leg"),
    "one intent": (PLAYBOOK[: PLAYBOOK.rindex("[[intents]]")], "at least two intents"),
    "one text out of scope": (re.sub(r"out_of_scope = .*", 'out_of_scope = ["What?"]', PLAYBOOK), "out of scope"),
    "an unknown intent of a field": (
        PLAYBOOK.replace("pattern = 'LF-[0-9]{5}'", "pattern = 'LF'\nintents = ['refnud']"),
        "refnud",
    ),
    "an unknown pick": (PLAYBOOK.replace("pattern = 'LF-[0-9]{5}'", "pattern = 'LF'\npick = 'last'"), '"last"'),
    "a document that is not there": (PLAYBOOK.replace("policy.md", "gone.md"), "gone.md"),
    "two documents of one name": (
        PLAYBOOK.replace('["policy.md"]', '["policy.md", "../playbooks/policy.md"]'),
        "'policies' have one name",
    ),
    "nothing to rest on": (
        without("[collections.policies]", '["policy.md"]').replace("sentence = ", "# "),
        "there is nothing a draft could rest on: add a heading [collections.rules]",
    ),
    "a drafter with nothing to write about": (
        PLAYBOOK.replace('"clerk", "librarian", ', ""),
        "the leg 'drafter' has nothing to write about: put before it \"librarian\"",
    ),
    "a drafter whom nobody checks": (
        PLAYBOOK.replace('"drafter", "verifier"', '"drafter"'),
        "nobody checks what the leg 'drafter' writes: put \"verifier\" after it",
    ),
    "another name than the file's": (PLAYBOOK.replace('name = "small"', 'name = "mine"', 1), "'small'"),
    "a bad name": (PLAYBOOK.replace('name = "small"', 'name = "../Small"', 1), "`name`"),
}


@pytest.mark.parametrize("path", playbooks(Path("no-home")).values(), ids=playbooks(Path("no-home")))
def test_the_shipped_playbooks_are_sound(path: Path) -> None:
    playbook = read(path)
    assert examined(path) == (playbook, ())
    assert playbook.name == path.stem
    for file in [name for collection in playbook.collections for name in playbook.documents(collection)]:
        assert playbook.path(file).is_file()


@pytest.mark.parametrize(("text", "named"), BROKEN.values(), ids=BROKEN)
def test_a_broken_playbook_is_refused_with_a_sentence_that_names_the_thing(
    tmp_path: Path, text: str, named: str
) -> None:
    write_small_desk(tmp_path, text)
    with pytest.raises(Problem) as caught:
        read(tmp_path / "playbooks" / "small.toml")
    assert caught.value.code == "bad_playbook"
    assert re.match(r"small\.toml, line \d+: ", caught.value.sentence)
    told = [str(complaint) for complaint in examined(tmp_path / "playbooks" / "small.toml")[1]]
    assert told[0] in caught.value.sentence
    assert any(named in sentence for sentence in told)


def test_tools_whose_sentences_tell_what_they_found_are_enough_to_rest_on(tmp_path: Path) -> None:
    write_small_desk(tmp_path, without("[collections.policies]", '["policy.md"]'))
    assert read(tmp_path / "playbooks" / "small.toml").collections == {}


def test_a_folder_stands_for_the_files_in_it(tmp_path: Path) -> None:
    write_small_desk(tmp_path, PLAYBOOK.replace("policy.md", "rules"))
    folder, file = tmp_path / "playbooks" / "rules", tmp_path / "playbooks" / "small.toml"
    folder.mkdir()
    (folder / ".DS_Store").write_bytes(b"\0")
    (complaint,) = examined(file)[1]
    assert "there is no file in the folder 'rules' that could be read" in complaint.sentence
    for name in ("b.md", "a.md", "~$b.docx", "Thumbs.db"):
        (folder / name).write_text("x")
    (folder / "older").mkdir()
    assert read(file).documents("policies") == ("rules/a.md", "rules/b.md")


def test_two_documents_of_one_name_are_found_in_folders_too(tmp_path: Path) -> None:
    write_small_desk(tmp_path, PLAYBOOK.replace('"policy.md"', '"policy.md", "rules"'))
    (tmp_path / "playbooks" / "rules").mkdir()
    (tmp_path / "playbooks" / "rules" / "policy.md").write_text("x")
    (complaint,) = examined(tmp_path / "playbooks" / "small.toml")[1]
    assert "have one name" in complaint.sentence


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_bytes(b"name = \xff")
    with pytest.raises(Problem) as caught:
        read(path)
    assert caught.value.code == "bad_playbook"


def test_an_unknown_playbook_is_a_problem_that_names_the_known_ones(home: Path) -> None:
    with pytest.raises(Problem, match="front-desk") as caught:
        find(home, "nothing")
    assert caught.value.code == "no_playbook"


def test_the_operators_own_playbook_hides_the_shipped_one(home: Path) -> None:
    write_small_desk(home)
    own = home / "playbooks" / "front-desk.toml"
    own.write_text(PLAYBOOK.replace('name = "small"', 'name = "front-desk"\ntitle = "Mine"', 1))
    assert find(home, "front-desk").title == "Mine"


def test_a_playbook_is_read_again_when_its_file_has_changed_and_only_then(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_small_desk(home)
    file, reads = home / "playbooks" / "small.toml", []
    monkeypatch.setattr(playbook, "examined", lambda path: reads.append(path) or examined(path))
    assert find(home, "small") is find(home, "small")
    assert reads == [file]
    file.write_text(PLAYBOOK.replace('name = "small"', 'name = "small"\ntitle = "Another"', 1))
    assert find(home, "small").title == "Another"
    file.write_text("name =")
    for _ in range(2):  # what is broken is looked at each time: its remedy may lie in another file
        with pytest.raises(Problem) as caught:
            find(home, "small")
        assert caught.value.code == "bad_playbook"
    file.unlink()
    with pytest.raises(Problem) as caught:
        find(home, "small")
    assert caught.value.code == "no_playbook"
    assert reads == [file] * 4


@pytest.mark.parametrize("name", ["", ".", "..", "../playbooks/small", "a/small", "small.toml", "small\0", "x" * 300])
def test_what_names_no_playbook_finds_no_file(home: Path, name: str) -> None:
    write_small_desk(home)
    with pytest.raises(Problem) as caught:
        find(home, name)
    assert caught.value.code == "no_playbook"


def test_the_legs_follow_each_other_and_end_at_the_desk(home: Path) -> None:
    write_small_desk(home)
    playbook = find(home, "small")
    leg, walked = playbook.legs[0], []
    while leg != "desk":
        walked.append(leg)
        leg = playbook.after(leg)
    assert tuple(walked) == playbook.legs


def test_after_a_leg_that_is_no_more_comes_a_problem_and_not_the_end(home: Path) -> None:
    write_small_desk(home)
    with pytest.raises(Problem) as caught:
        find(home, "small").after("quoter")
    assert caught.value.code == "no_leg"


def test_the_examples_hold_every_intent_and_what_belongs_to_none(home: Path) -> None:
    write_small_desk(home)
    assert {label for _, label in find(home, "small").examples()} == {"refund", "return", None}


def test_an_intent_that_is_not_there_is_a_problem(home: Path) -> None:
    write_small_desk(home)
    with pytest.raises(Problem) as caught:
        find(home, "small").intent("holiday")
    assert caught.value.code == "no_intent"
