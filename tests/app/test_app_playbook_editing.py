"""The operator's own playbooks: copied with their files, checked while written, kept by version."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import engine.playbook
from app import playbook_editing
from app.log import Log
from app.playbook_effect import PERSON, UNKNOWN, foretold
from engine.cards import Document, Judgement, Problem, Route, TaskCard, Verdict, Why
from engine.codec import plain
from engine.events import Handed
from engine.pages import Page, Reading
from engine.playbook import Playbook, read
from engine.store import Store
from tests.engine.scripted import PLAYBOOK, write_small_desk


@pytest.fixture
def desk(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A desk with one playbook that is shipped."""
    write_small_desk(tmp_path / "shipped", PLAYBOOK.replace('"policy.md"', '"../playbooks/policy.md"'))
    for module in (playbook_editing, engine.playbook):
        monkeypatch.setattr(module, "ASSETS", tmp_path / "shipped")
    return SimpleNamespace(home=home)


def test_a_copy_brings_its_files_and_works_in_place_of_the_shipped_one(desk: Any) -> None:
    (shipped,) = playbook_editing.listed(desk)
    assert (shipped.own, shipped.complaint) == (False, "")
    playbook_editing.copied(desk, "small", "small")
    (mine,) = playbook_editing.listed(desk)
    assert (mine.own, mine.hides, mine.complaint, mine.intents) == (True, True, "", 2)
    assert (desk.home / "playbooks" / "small" / "policy.md").exists()
    assert 'documents = ["small/policy.md"]' in playbook_editing.opened(desk, "small").text
    with pytest.raises(Problem, match="You have a playbook of this name already"):
        playbook_editing.copied(desk, "small", "small")


def test_a_copy_may_have_a_name_of_its_own_and_is_sound_beside_the_shipped_one(desk: Any) -> None:
    rows = playbook_editing.listed(desk)
    assert playbook_editing.free_name(rows, "small") == "small-2"
    assert playbook_editing.name_fault(rows, "small", "Großes Buch").startswith("A name has lower-case letters")
    assert playbook_editing.name_fault(rows, "other", "small") == "Another shipped playbook has this name."
    playbook_editing.copied(desk, "small", "small-2")
    mine, shipped = playbook_editing.listed(desk)
    assert (mine.name, mine.own, mine.hides, mine.complaint) == ("small-2", True, False, "")
    assert (shipped.name, shipped.own) == ("small", False)
    text = playbook_editing.opened(desk, "small-2").text
    assert 'name = "small-2"' in text
    assert 'documents = ["small-2/policy.md"]' in text
    assert "[collections.small-2-policies]" in text
    assert playbook_editing.as_it_is(desk, "small-2").sound
    assert playbook_editing.free_name([mine, shipped], "small") == "small-3"


def test_what_is_written_is_checked_kept_as_a_draft_and_saved_with_the_version_before(desk: Any) -> None:
    playbook_editing.copied(desk, "small", "small")
    text = playbook_editing.opened(desk, "small").text
    wrong = playbook_editing.checked(desk, "small", text.replace('then = "flag"', 'then = "boss"'))
    assert not wrong.sound
    assert [one.line for one in wrong.complaints] == [21]
    assert 'then = "boss"' in (playbook_editing.opened(desk, "small").draft or "")
    with pytest.raises(Problem, match="It is not sound: line 21"):
        playbook_editing.save(desk, "small", text.replace('then = "flag"', 'then = "boss"'))
    playbook_editing.save(desk, "small", text + "# more\n")
    after = playbook_editing.opened(desk, "small")
    assert (after.text, after.draft) == (text + "# more\n", None)
    assert [(one.number, one.text) for one in after.versions] == [(1, text)]
    playbook_editing.save(desk, "small", text)
    assert [one.number for one in playbook_editing.opened(desk, "small").versions] == [2, 1]


def test_a_removed_copy_lets_the_shipped_one_work_again_and_stays_as_a_version(desk: Any) -> None:
    playbook_editing.copied(desk, "small", "small")
    playbook_editing.checked(desk, "small", "name = 1")
    playbook_editing.removed(desk, "small")
    (row,) = playbook_editing.listed(desk)
    assert (row.own, row.draft) == (False, False)
    found = playbook_editing.opened(desk, "small")
    assert (found.own, len(found.versions)) == (False, 1)
    with pytest.raises(Problem, match="There is no playbook"):
        playbook_editing.opened(desk, "../small")


def test_only_so_many_versions_stay(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playbook_editing, "KEPT", 2)
    playbook_editing.copied(desk, "small", "small")
    text = playbook_editing.opened(desk, "small").text
    for number in range(4):
        playbook_editing.save(desk, "small", f"{text}# {number}\n")
    assert [one.number for one in playbook_editing.opened(desk, "small").versions] == [4, 3]


def test_what_is_written_back_as_it_was_is_no_draft(desk: Any) -> None:
    playbook_editing.copied(desk, "small", "small")
    text = playbook_editing.opened(desk, "small").text
    playbook_editing.checked(desk, "small", text + "# more\n")
    assert playbook_editing.listed(desk)[0].draft
    assert playbook_editing.checked(desk, "small", text).sound
    assert not (desk.home / "playbooks" / "small.draft").exists()
    (desk.home / "playbooks" / "small.draft").write_text(text)  # left by somebody else
    assert not playbook_editing.listed(desk)[0].draft
    assert playbook_editing.opened(desk, "small").draft is None


def test_what_works_already_is_saved_once(desk: Any) -> None:
    playbook_editing.copied(desk, "small", "small")
    text = playbook_editing.opened(desk, "small").text
    for _ in range(2):
        playbook_editing.save(desk, "small", text + "# more\n")
    (version,) = playbook_editing.opened(desk, "small").versions
    assert version.text == text


def test_on_a_full_disk_what_is_written_is_refused_in_words(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    playbook_editing.copied(desk, "small", "small")
    text = playbook_editing.opened(desk, "small").text
    playbook_editing.keep_draft(desk, "small", text + "# more\n")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(playbook_editing, "write_aside", full)
    with pytest.raises(Problem, match="What you wrote in 'small' can't be kept: No space left on device"):
        playbook_editing.checked(desk, "small", text + "# much more\n")
    assert playbook_editing.checked(desk, "small", text + "# more\n").sound, "what is kept need not be written again"
    with pytest.raises(Problem, match="can't be kept as a version"):
        playbook_editing.save(desk, "small", text + "# more\n")
    found = playbook_editing.opened(desk, "small")
    assert (found.text, found.draft, found.versions) == (text, text + "# more\n", ())


def small(home: Path, text: str = PLAYBOOK) -> Playbook:
    write_small_desk(home, text)
    return read(home / "playbooks" / "small.toml")


def task(desk: Any, name: str, route: Route, said: str, judged: float = 1.0) -> None:
    """A task of the log that was routed so."""
    store, log = Store(desk.home), Log(desk.home / "log.db")
    sha256 = store.put(said.encode())
    store.keep(sha256, Reading("txt", "", (Page(1, said),)))
    document = Document(sha256, name, "txt", 1, 3)
    end = "verifier" if route.label else "person"
    log.append(Handed(name, 0, Why("desk", "reader", "Opened."),
                      {"card": plain(TaskCard(name, f"/{name}", sha256, "small"))}),
               Handed(name, 1, Why("reader", "router", "Read."), {"documents": plain((document,))}),
               Handed(name, 2, Why("router", end, "Routed."), {"route": plain(route)}),
               Handed(name, 3, Why("verifier", "desk", "Checked."),
                      {"verdict": plain(Verdict("pass", (Judgement("So.", True, (1,), judged),)))}))  # fmt: skip
    log.close()


def test_other_rules_and_thresholds_are_held_against_the_last_tasks(desk: Any, tmp_path: Path) -> None:
    now = small(desk.home)
    task(desk, "sure.txt", Route("refund", 0.9, 0.5), "When is it paid?")
    task(desk, "close.txt", Route(None, 0.45, 0.5, runner_up="return"), "How do I return it?")
    task(desk, "court.txt", Route("refund", 0.9, 0.5), "We go to court.")
    task(desk, "weak.txt", Route("return", 0.9, 0.5), "A box.", judged=0.82)
    task(desk, "ruled.txt", Route("refund", 1.0, 0.0, rule="rule words"), "A jacket.")
    assert foretold(desk, now, now).changed == ()
    rule = '[[rules]]\ncheck = "words"\nany = ["to court"]\nthen = "person"\n'
    levels = "[thresholds]\nintent = 0.4\nsupport = 0.9\n"
    then = small(tmp_path / "then", PLAYBOOK + rule + levels)
    found = foretold(desk, now, then)
    assert found.sentence == "Of the last 5 tasks 3 would be decided otherwise; of 1 it can't be told."
    assert {one.name: (one.before, one.after) for one in found.changed} == {
        "close.txt": (PERSON, "Return request"),
        "court.txt": ("Refund request", f"{PERSON}, by the rule “words”"),
        "weak.txt": ("Return request", "Return request, unsupported"),
    }
    back = foretold(desk, then, now)
    assert {one.after for one in back.changed} == {UNKNOWN}
    assert "can't be told" in back.sentence


def test_what_is_foretold_has_the_titles_of_the_intents(desk: Any, tmp_path: Path) -> None:
    now = small(desk.home)
    task(desk, "close.txt", Route(None, 0.45, 0.5, runner_up="return"), "How do I return it?")
    task(desk, "court.txt", Route("refund", 0.9, 0.5), "We go to court.")
    task(desk, "weak.txt", Route("refund", 0.9, 0.5), "A box.", judged=0.82)
    rule = '[[rules]]\ncheck = "words"\nany = ["to court"]\nthen = "intent:return"\n'
    text = PLAYBOOK.replace('title = "Return request"', 'title = "It {comes} back"')
    then = small(tmp_path / "then", text + rule + "[thresholds]\nintent = 0.4\nsupport = 0.9\n")
    assert {one.name: (one.before, one.after) for one in foretold(desk, now, then).changed} == {
        "close.txt": (PERSON, "It {comes} back"),
        "court.txt": ("Refund request", "It {comes} back"),
        "weak.txt": ("Refund request", "Refund request, unsupported"),
    }


def test_another_title_alone_changes_nothing(desk: Any, tmp_path: Path) -> None:
    now = small(desk.home)
    task(desk, "sure.txt", Route("refund", 0.9, 0.5), "When is it paid?")
    then = small(tmp_path / "then", PLAYBOOK.replace('title = "Refund request"', 'title = "Money back"'))
    assert foretold(desk, now, then).changed == ()


def test_without_tasks_nothing_is_foretold(desk: Any) -> None:
    now = small(desk.home)
    assert "nothing can be foretold" in foretold(desk, now, now).sentence
