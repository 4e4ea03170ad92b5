"""Every verb of the command: what it prints, and the status it ends with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import cli
from tests.app.conftest import INBOX, ROOT, WORKED, Worked
from tests.app.contract import TASK, breaches

Baton = Callable[..., subprocess.CompletedProcess[str]]


def verbs(command: click.Command, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield before
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from verbs(inner, (*before, name))


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    """Standard output, which must hold one JSON object a line and nothing else."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("words", list(verbs(cli)), ids=" ".join)
def test_every_verb_has_a_help_text(words: tuple[str, ...]) -> None:
    for option in ("--help", "-h"):
        done = CliRunner().invoke(cli, [*words, option])
        assert done.exit_code == 0
        assert done.output.startswith("Usage:")
        assert len(done.output.splitlines()[2].strip()) > 5


def test_a_verb_that_stands_in_a_group_is_told_with_its_whole_name() -> None:
    done = CliRunner().invoke(cli, ["replay", "T-1"])
    assert done.exit_code == 2
    assert "There is no `baton replay`; did you mean `baton log replay`?" in done.output
    assert "No such command" in CliRunner().invoke(cli, ["dance"]).output


def test_the_verbs_are_those_of_the_contract() -> None:
    assert {"triage", "read", "log", "knowledge", "intents", "models", "playbooks", "review", "doctor"} <= set(
        cli.commands
    )
    assert {"list", "show", "verify", "export", "checkpoint"} <= set(cli.commands["log"].commands)  # type: ignore[attr-defined]
    assert {"list", "approve", "edit", "reject", "skip"} <= set(cli.commands["review"].commands)  # type: ignore[attr-defined]


# -- triage ---------------------------------------------------------------------------------------


def test_triage_prints_one_object_of_the_contract_a_file(worked: Worked) -> None:
    assert worked.status == 0
    assert sorted(worked.told) == sorted(path.name for path in INBOX.iterdir())
    assert len(worked.output.splitlines()) == len(worked.told)
    for task in worked.told.values():
        assert breaches(task, TASK) == []


def test_triage_tells_what_it_found_and_what_it_cost(worked: Worked) -> None:
    refund, invoice, court = (worked.told[name] for name in WORKED)
    assert (refund["status"], refund["intent"]["label"]) == ("finished", "refund_request")
    assert refund["verdict"]["outcome"] == "pass"
    assert refund["cost"]["tokens_out"] > 0
    assert len(refund["cost"]["by_model"]) >= 2
    assert invoice["intent"]["label"] == "supplier_invoice"
    assert (court["status"], [flag["code"] for flag in court["flags"]]) == ("review", ["words"])
    for task in worked.told.values():
        assert [handoff["n"] for handoff in task["handoffs"]] == list(range(len(task["handoffs"])))
        assert all(handoff["reason"] for handoff in task["handoffs"])
        pairs = list(zip(task["handoffs"], task["handoffs"][1:], strict=False))
        assert task["duplicate_of"] or all(before["to"] == after["from"] for before, after in pairs)


def test_triage_again_says_the_same_without_working(kept: Path, worked: Worked, baton: Baton) -> None:
    done = baton("triage", "--json", INBOX)
    assert done.returncode == 0
    assert {Path(str(task["source"])).name: task for task in lines(done)} == worked.told
    assert len(lines(baton("log", "list", "--json"))) == len(worked.told)


def test_what_was_worked_before_is_said_to_be_old(baton: Baton, tmp_path: Path) -> None:
    letter = tmp_path / "nothing.txt"
    letter.write_bytes(b"")
    assert "worked before" not in baton("triage", letter).stderr
    time.sleep(1)  # times are kept to the second
    second = baton("triage", letter)
    assert second.stdout.splitlines()[-1].startswith("  = quarantined")
    assert "baton: nothing.txt was worked before, at 20" in second.stderr
    assert "`baton triage --again` works it anew." in second.stderr
    assert "worked before" not in baton("triage", "--json", letter).stderr
    assert "worked before" not in baton("triage", "--again", letter).stderr


def test_a_path_that_is_not_there_is_said(baton: Baton) -> None:
    done = baton("triage", "--json", "no/such/file")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.endswith("baton: There is no file or folder no/such/file.\n")


def test_an_unknown_option_is_a_mistake_of_use(baton: Baton) -> None:
    for words in (["triage", "--fast", "x"], ["triage"], ["sing"], ["log", "sing"]):
        done = baton(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Usage:")


def test_an_unknown_playbook_is_said(baton: Baton) -> None:
    done = baton("triage", "--playbook", "back-desk", INBOX / WORKED[0])
    assert done.returncode == 3
    assert "front-desk" in done.stderr


def test_quarantine_is_an_outcome_and_no_failure(baton: Baton, tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing follows")
    done = baton("triage", "--json", tmp_path / "broken.pdf")
    (task,) = lines(done)
    assert (done.returncode, task["status"], task["code"]) == (0, "quarantined", "damaged")
    assert breaches(task, TASK) == []


def test_a_failed_task_ends_with_status_one(home: Path, tmp_path: Path) -> None:
    """The engine is replaced by one that crashes."""
    (tmp_path / "engine").mkdir()
    (tmp_path / "note.txt").write_text("Hello.")
    starter = "import sys; from pathlib import Path; from app import cli, engine_process as e;"
    starter += f"e._code = lambda: Path({str(tmp_path)!r}); cli.main()"
    (tmp_path / "engine" / "__main__.py").write_text("import os; os.abort()")
    done = subprocess.run(
        [sys.executable, "-c", starter, "triage", "--json", str(tmp_path / "note.txt")],
        cwd=ROOT,
        env=os.environ | {"BATON_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    (task,) = lines(done)
    assert (done.returncode, task["status"], task["code"]) == (1, "failed", "engine_died")
    assert breaches(task, TASK) == []


def test_a_second_baton_is_turned_away(home: Path, baton: Baton) -> None:
    from app.desk import Desk

    desk = Desk(home)
    done = baton("triage", INBOX / WORKED[0])
    desk.close()
    assert done.returncode == 3
    assert "Another Baton has this desk open" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_triage_at_once_and_the_log_stays_whole(
    number: signal.Signals, warm: Path, baton: Baton, tmp_path: Path
) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "note.txt").write_text("Hello.")
    starter = "import sys; from pathlib import Path; from app import cli, engine_process as e;"
    starter += f"e._code = lambda: Path({str(tmp_path)!r}); cli.main()"
    (tmp_path / "engine" / "__main__.py").write_text(
        f"import time; open({str(tmp_path / 'started')!r}, 'w').close(); time.sleep(3600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter, "triage", str(tmp_path / "note.txt")],
        cwd=ROOT,
        env=os.environ | {"BATON_HOME": str(warm)},
        stderr=subprocess.DEVNULL,
    ) as child:
        while not (tmp_path / "started").exists():
            assert child.poll() is None
        child.send_signal(number)
        assert child.wait(5) != 0
    assert baton("log", "verify").returncode == 0
    (row,) = lines(baton("log", "list", "--json"))
    assert row["state"] == "queued"


# -- the log --------------------------------------------------------------------------------------


def test_the_log_lists_shows_exports_and_verifies(kept: Path, worked: Worked, baton: Baton, tmp_path: Path) -> None:
    listed = lines(baton("log", "list", "--json"))
    assert [row["id"] for row in listed] == [worked.told[name]["task"] for name in sorted(worked.told)]
    (shown,) = lines(baton("log", "show", str(listed[0]["id"]), "--json"))
    otherwise = [handoff.pop("what_if") for handoff in shown["handoffs"]]
    assert any(otherwise)
    assert shown == worked.told[WORKED[0]]
    assert lines(baton("log", "export")) == [worked.told[name] for name in sorted(worked.told)]
    verified = baton("log", "verify", "--json")
    (told,) = lines(verified)
    assert (verified.returncode, told["whole"], told["faults"]) == (0, True, [])
    noted = 1  # the log's own row: with which models and which playbook all this was worked
    assert told["rows"] == sum(len(task["handoffs"]) for task in worked.told.values()) + noted
    assert baton("log", "checkpoint", tmp_path / "end.json").returncode == 0
    assert baton("log", "verify", "--checkpoint", tmp_path / "end.json").returncode == 0


def test_people_can_read_the_log(kept: Path, worked: Worked, baton: Baton) -> None:
    task = worked.told[WORKED[0]]
    shown = baton("log", "show", task["task"]).stdout
    assert task["draft"]["text"] in shown
    assert all(handoff["reason"] in shown for handoff in task["handoffs"])
    assert all(
        f"[{cited['n']}] {cited['document']}, page {cited['page']}" in shown for cited in task["draft"]["citations"]
    )
    assert "The log is whole" in baton("log", "verify").stdout


def test_a_damaged_log_is_found_from_the_command_line(kept: Path, baton: Baton) -> None:
    from sqlite_utils.utils import sqlite3

    db = sqlite3.connect(str(kept / "log.db"))
    db.execute("drop trigger chain_only_erased")
    db.execute("update chain set body = replace(body, 'reader', 'router') where id = 3")
    db.commit()
    db.close()
    done = baton("log", "verify", "--json")
    (told,) = lines(done)
    assert (done.returncode, told["whole"]) == (1, False)
    assert "Row 3" in str(told["faults"])


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04\xff", b"[]", b'{"rows": "all", "hash": ""}', b'{"rows": 1}', b"[" * 100_000]
)
def test_a_file_that_is_no_checkpoint_is_said(baton: Baton, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "end.json").write_bytes(content)
    done = baton("log", "verify", "--checkpoint", tmp_path / "end.json")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "baton: end.json is not a checkpoint that `baton log checkpoint` wrote.\n"


def test_a_home_without_a_log_says_so(baton: Baton) -> None:
    for words in (["log", "list"], ["log", "verify"], ["log", "export"], ["review", "list"]):
        done = baton(*words)
        assert (done.returncode, done.stdout) == (3, "")
        assert "There is no log yet" in done.stderr


def test_an_unknown_task_is_said(kept: Path, baton: Baton) -> None:
    for words in (["log", "show", "T-unknown"], ["review", "approve", "T-unknown"]):
        done = baton(*words)
        assert done.returncode == 3
        assert "There is no task 'T-unknown'" in done.stderr


# -- review ---------------------------------------------------------------------------------------


def test_a_review_from_the_command_line(kept: Path, worked: Worked, baton: Baton) -> None:
    refund, invoice, court = (worked.told[name]["task"] for name in WORKED)
    assert {row["task"] for row in lines(baton("review", "list", "--json"))} >= {refund, court}
    assert baton("review", "approve", refund).returncode == 0
    assert (
        baton("review", "edit", court, "--note", "by hand", typed="Our director will write to you.\n").returncode == 0
    )
    assert baton("review", "reject", invoice, "--note", "paid already").returncode == 0
    told = {row["id"]: row["decision"] for row in lines(baton("log", "list", "--json"))}
    assert {task: verb for task, verb in told.items() if verb} == {
        refund: "approved",
        court: "edited",
        invoice: "rejected",
    }
    assert not {row["task"] for row in lines(baton("review", "list", "--json"))} & {refund, court, invoice}
    (shown,) = lines(baton("log", "show", court, "--json"))
    assert shown["decision"]["text"] == "Our director will write to you.\n"  # type: ignore[index]
    assert baton("log", "verify").returncode == 0


def test_what_was_skipped_waits_again(kept: Path, worked: Worked, baton: Baton) -> None:
    task = worked.told[WORKED[0]]["task"]
    assert baton("review", "skip", task).returncode == 0
    assert task in {row["task"] for row in lines(baton("review", "list", "--json"))}


# -- without tasks --------------------------------------------------------------------------------


def test_read_tells_what_a_file_became(baton: Baton, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# A note\n\nFour words stand here.\n")
    (tmp_path / "odd.bin").write_bytes(bytes(range(256)))
    done = baton("read", "--text", "--json", tmp_path / "note.md", tmp_path / "odd.bin")
    note, odd = lines(done)
    assert done.returncode == 0
    assert (note["kind"], note["status"], note["pages"]) == ("md", "read", 1)
    assert "Four words stand here." in str(note["text"])
    assert (odd["status"], odd["code"]) == ("quarantined", "unsupported")
    assert "Baton can't read this kind of file." in str(odd["reason"])


def test_models_and_playbooks_are_listed(baton: Baton) -> None:
    rows = lines(baton("models", "list", "--json"))
    assert {"encoder", "drafter"} <= {row["role"] for row in rows}
    assert {row["state"] for row in rows} == {"ready"}
    assert "front-desk" in {row["name"] for row in lines(baton("playbooks", "list", "--json"))}


def test_doctor_finds_this_machine_well(kept: Path, baton: Baton) -> None:
    done = baton("doctor", "--json")
    rows = lines(done)
    assert (done.returncode, [row for row in rows if not row["ok"]]) == (0, [])
    assert {"sqlite", "home", "log", "network"} <= {row["check"] for row in rows}


def test_intents_are_learned_and_told(warm: Path, baton: Baton, tmp_path: Path) -> None:
    examples = [
        {"text": f"The {thing} in the garden needs water.", "label": "water"} for thing in "rose lily fern oak".split()
    ]
    examples += [
        {"text": f"Please repair the {thing} of my bicycle.", "label": "bicycle"}
        for thing in "bell chain brake tyre".split()
    ]
    examples += [
        {"text": text, "label": None} for text in ("The moon is far away.", "Two plus two is four.", "He sang.")
    ]
    file = tmp_path / "examples.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in examples))
    trained = baton("intents", "train", file, "--quick", "--json")
    assert trained.returncode == 0, trained.stderr
    assert lines(trained)[-1]["labels"] == 2
    predicted = baton("intents", "predict", "--json", typed="The brake of my bicycle needs repair.\n")
    (row,) = lines(predicted)
    assert predicted.returncode == 0
    assert {"text", "label", "score"} <= row.keys()
    assert row["label"] in ("bicycle", None)


def test_bad_examples_are_said_with_their_line(baton: Baton, tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text('{"text": "fine", "label": null}\n{"text": 7, "label": "x"}\n')
    done = baton("intents", "train", file, "--quick")
    assert done.returncode == 3
    assert "Line 2" in done.stderr
