"""`baton eval`: what came out otherwise is told, and the operator's own home stays as it is."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import evaluation
from engine.cards import Problem
from engine.playbook import examined, hints, playbooks
from tests.app.conftest import Worked

Ran = Callable[..., subprocess.CompletedProcess[str]]
NO_DRAFTER = """[[models]]
id = "none"
role = "drafter"
runtime = "llama"
file = "nowhere.gguf"
sha256 = "0"
template = "chatml"
"""
SETS = evaluation.shipped()


def task(name: str, **changes: Any) -> dict[str, Any]:
    """What `triage --json` says of a document."""
    return {
        "task": f"T-{name}", "source": f"/in/{name}", "status": "finished", "code": "", "duplicate_of": "",
        "intent": {"label": "refund", "also": []}, "flags": [], "fields": [{"name": "order", "value": "LF-1"}],
        "draft": {"text": "We pay the refund within\n14 days."},
        "cost": {"seconds": 1.0, "tokens_in": 2, "tokens_out": 3},
    } | changes  # fmt: skip


def misses(wanted: dict[str, Any], **changes: Any) -> tuple[str, ...]:
    (found,) = evaluation.judged({"a.txt": wanted}, [task("a.txt", **changes)])
    assert found.right == (not found.misses)
    return found.misses


def test_what_came_out_as_it_should_is_right() -> None:
    wanted = {"intent": "refund", "status": "finished", "fields": {"order": "LF-1"}, "says": ["WITHIN 14 days"]}
    assert misses(wanted) == ()


@pytest.mark.parametrize(
    ("wanted", "changes", "told"),
    [
        ({"intent": None}, {}, "intent is refund, should be none"),
        ({"status": "review"}, {}, "status is finished, should be review"),
        ({"code": "amount_over"}, {"code": "words"}, "code is words, should be amount_over"),
        ({"fields": {"order": "LF-2"}}, {}, "order is LF-1, should be LF-2"),
        ({"fields": {"sum": "5"}}, {}, "sum is not found, should be 5"),
        ({"fields": {"order": ["LF-1", "LF-2"]}}, {}, "order is LF-1, should be LF-1, LF-2"),
        ({"says": ["30 days"]}, {}, "the draft does not say “30 days”"),
        ({}, {"flags": [{"code": "words"}]}, "flags is words, should be none"),
        ({}, {"intent": {"label": "refund", "also": ["return"]}}, "also is return, should be none"),
        ({"duplicate_of": "b.txt"}, {}, "duplicate_of is none, should be b.txt"),
    ],
)
def test_each_respect_in_which_it_came_out_otherwise_is_told(
    wanted: dict[str, Any], changes: dict[str, Any], told: str
) -> None:
    assert misses(wanted, **changes) == (told,)


def test_a_document_that_was_never_worked_is_missed() -> None:
    (found,) = evaluation.judged({"a.txt": {}}, [])
    assert found.misses == ("it was never worked",)


def test_the_totals_tell_what_would_have_gone_out_wrong() -> None:
    told = [task("a.txt"), task("b.txt", status="review"), task("c.txt")]
    wanted = {"a.txt": {"intent": "refund"}, "b.txt": {"status": "finished"}, "c.txt": {"intent": "return"}}
    report = evaluation.Report("desk", "desk", list(evaluation.judged(wanted, told)))
    totals = report.totals()
    assert (totals["documents"], totals["right"], totals["wrong_unseen"], totals["to_a_person"]) == (3, 1, 1, 1)
    assert (totals["seconds"], totals["tokens_in"], totals["tokens_out"]) == (3.0, 6, 9)
    assert "1 of 3 came out as they should; 1 of the others would have gone out." in report.sentence()
    assert "| c.txt | refund | finished | intent is refund, should be return | 1.0 | 2 | 3 |" in report.markdown()


def test_the_sample_inbox_comes_out_as_its_set_says(worked: Worked) -> None:
    samples = evaluation.read("front-desk", "", worked.home)
    assert (samples.name, samples.playbook) == ("front-desk", "front-desk")
    found = list(evaluation.judged(samples.expected, list(worked.told.values())))
    assert [(one.file, one.misses) for one in found if not one.right] == []
    assert len(found) == 24


def small_set(folder: Path, expected: Any) -> Path:
    (folder / "inbox").mkdir(parents=True)
    (folder / "inbox" / "damaged.pdf").write_bytes(b"%PDF-1.4 nothing more")
    (folder / "expected.json").write_text(expected if isinstance(expected, str) else json.dumps(expected))
    return folder


def test_a_set_of_ones_own_is_worked_and_the_home_stays_empty(tmp_path: Path, home: Path, baton: Ran) -> None:
    folder = small_set(tmp_path / "mine", {"damaged.pdf": {"intent": None, "status": "quarantined"}})
    done = baton("eval", folder, "--json", "--report", tmp_path / "report.md")
    one, totals = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, one["right"], totals["right"]) == (0, True, 1)
    assert "1 of 1 came out as they should." in (tmp_path / "report.md").read_text()
    assert not (home / "log.db").exists()


def test_a_report_that_can_not_be_written_is_told_in_a_sentence(tmp_path: Path, baton: Ran) -> None:
    folder = small_set(tmp_path / "mine", {"damaged.pdf": {"status": "quarantined"}})
    done = baton("eval", folder, "--report", tmp_path / "nowhere" / "report.md")
    assert done.returncode == 3
    assert done.stdout.startswith("right  damaged.pdf")
    assert "The report can't be written to" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_came_out_otherwise_ends_with_one(tmp_path: Path, baton: Ran) -> None:
    done = baton("eval", small_set(tmp_path / "mine", {"damaged.pdf": {"status": "finished"}}))
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == [
        "WRONG  damaged.pdf: quarantined, no intent",
        "       status is quarantined, should be finished",
    ]


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ("{", "is no JSON"),
        ([], "it must be a table of files"),
        ({"b.pdf": {}}, "there is no 'b.pdf'"),
        ({"../expected.json": {}}, "there is no '../expected.json'"),
        ({"damaged.pdf": 1}, "damaged.pdf needs a table"),
        ({"damaged.pdf": {"intend": "x"}}, "damaged.pdf has 'intend'; it may have intent"),
    ],
)
def test_a_set_that_is_wrong_is_told_in_a_sentence(tmp_path: Path, expected: Any, told: str) -> None:
    with pytest.raises(Problem, match=told) as caught:
        evaluation.read(str(small_set(tmp_path / "mine", expected)), "", tmp_path)
    assert caught.value.code == "bad_set"


def test_a_set_that_does_not_exist_names_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"one of .*front-desk") as caught:
        evaluation.read("backdesk", "", tmp_path)
    assert caught.value.code == "no_set"


# -- the desks that come along ------------------------------------------------------------------------


def test_every_shipped_playbook_has_a_set_of_its_own_and_a_page(tmp_path: Path) -> None:
    shipped = playbooks(tmp_path)
    assert sorted(shipped) == SETS
    assert [name for name, path in shipped.items() if not path.with_suffix(".md").is_file()] == []


@pytest.mark.parametrize("name", SETS)
def test_a_shipped_playbook_is_sound_and_needs_no_hint(tmp_path: Path, name: str) -> None:
    path = playbooks(tmp_path)[name]
    assert [str(complaint) for complaint in examined(path)[1]] == []
    assert [str(hint) for hint in hints(path)] == []


@pytest.mark.parametrize("name", SETS)
def test_a_shipped_set_says_of_all_its_documents_what_should_become_of_them(tmp_path: Path, name: str) -> None:
    samples = evaluation.read(name, "", tmp_path)
    assert sorted(samples.expected) == sorted(path.name for path in samples.inbox.iterdir())
    assert samples.playbook == name
    statuses = {wanted["status"] for wanted in samples.expected.values()}
    assert {"finished", "review"} <= statuses


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, evaluation.Report]:
    """All sets but the front desk's (see `worked`), by one engine without a drafter: the quoter takes over."""
    home = tmp_path_factory.mktemp("taught")
    (home / "models.toml").write_text(NO_DRAFTER)
    sets = [evaluation.read(name, "", home) for name in SETS if name != "front-desk"]
    return {report.name: report for report in evaluation.worked(home, sets)}


@pytest.mark.parametrize("name", [name for name in SETS if name != "front-desk"])
def test_a_shipped_set_comes_out_as_it_says_even_where_the_drafter_is_missing(
    reports: dict[str, evaluation.Report], name: str
) -> None:
    """Nothing else changes without it; `make eval` works them all with it."""
    assert {one.file: one.misses for one in reports[name].outcomes if not one.right} == {}
    assert reports[name].totals()["tokens_out"] == 0
