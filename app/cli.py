"""The `baton` command: every verb of the contract, for people and, with --json, for programs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import cli_intents, cli_knowledge, cli_models, cli_playbooks, cli_review, paths
from app.cli_common import CANNOT_START, SOME_FAILED, as_json, opened_desk, opened_log, playbook_option
from engine import courier, fence
from engine.cards import Problem

if TYPE_CHECKING:
    from app.log import Checkpoint


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="baton-desk")
def cli() -> None:
    """Triage documents offline with a team of small models. Everything stays in BATON_HOME."""


cli.add_command(cli_review.review)
cli.add_command(cli_review.quarantine)
cli.add_command(cli_models.models)
cli.add_command(cli_knowledge.knowledge)
cli.add_command(cli_intents.intents)
cli.add_command(cli_playbooks.playbooks)


def main() -> None:
    """Run a command. A Problem becomes one clear sentence, and exit status 3."""
    courier.start(paths.home())
    fence.no_network()
    try:
        cli(prog_name="baton")
    except Problem as problem:
        print(f"baton: {problem.sentence}", file=sys.stderr)
        sys.exit(CANNOT_START)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(SOME_FAILED)
    finally:
        courier.stop()


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@playbook_option
@click.option("--again", is_flag=True, help="Open new tasks for files that were triaged before.")
@as_json
def triage(files: tuple[Path, ...], playbook: str, again: bool, as_json: bool) -> None:
    """Work each file, and each file in a folder, to its last word."""
    from app.triage import run

    with opened_desk() as desk:
        failed = run(desk, files, playbook, again, as_json)
    sys.exit(SOME_FAILED if failed else 0)


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--text", "with_text", is_flag=True, help="Include the text that was read.")
@as_json
def read(files: tuple[Path, ...], with_text: bool, as_json: bool) -> None:
    """Read files without any model: what each became, attachments too."""
    from app.intake import files as named
    from app.reading import rows

    for row in rows(named(files), with_text):
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _reading_line(row))


@cli.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write each outcome here, a file a task.")
@playbook_option
@as_json
def watch(folder: Path, out: Path | None, playbook: str, as_json: bool) -> None:
    """Triage what lands in DIR, for ever; each file once, when it has stopped growing. Ctrl+C ends it."""
    from app.triage import watch as watch_folder

    with opened_desk() as desk:
        desk.look_after()
        watch_folder(desk, folder.resolve(), out.resolve() if out else None, playbook, as_json)


@cli.group()
def log() -> None:
    """Look into the task log."""


@log.command("list")
@as_json
def log_list(as_json: bool) -> None:
    """All tasks."""
    from app.log import cards

    with opened_log() as db:
        for row in cards(db):
            if as_json:
                click.echo(
                    json.dumps({name: getattr(row, name) for name in row.__dataclass_fields__}, ensure_ascii=False)
                )
            else:
                click.echo(
                    f"{row.id}  {row.state:<11} {row.decision or '-':<9} {row.label or '-':<20} {Path(row.source).name}"
                )


@log.command("show")
@click.argument("task")
@as_json
def log_show(task: str, as_json: bool) -> None:
    """One task: every handoff with its reason, its cost, and the draft."""
    from app.log import history
    from app.report import line, outcome

    with opened_log() as db:
        events = history(db, task)
    if not events:
        raise Problem("no_task", f"There is no task {task!r:.40}. `baton log list` names them all.")
    told = outcome(events)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"{task}  {told['source']}\n{told['status']}: {told['reason']}\n")
    for event in events:
        click.echo(line(event))
    spent = told["cost"]
    click.echo(f"\n  in all {spent['seconds']:.2f} s, {spent['tokens_in']} tokens read, {spent['tokens_out']} written")
    if told["draft"]["text"]:
        click.echo(f"\n{told['draft']['text']}\n")
    for cited in told["draft"]["citations"]:
        click.echo(f"  [{cited['n']}] {cited['document']}, page {cited['page']}: {' '.join(cited['quote'].split())}")


@log.command("verify")
@click.option(
    "--checkpoint", type=click.Path(path_type=Path, exists=True), help="A checkpoint that was exported earlier."
)
@as_json
def log_verify(checkpoint: Path | None, as_json: bool) -> None:
    """Prove that no row was edited, deleted, inserted or moved."""
    from app import log as log_module

    known = _checkpoint(checkpoint) if checkpoint else None
    with opened_log() as db:
        faults = list(log_module.verify(db, known))
        end = log_module.checkpoint(db)
    if as_json:
        click.echo(json.dumps({"whole": not faults, "rows": end.rows, "hash": end.hash, "faults": faults}))
    else:
        for fault in faults:
            click.echo(fault)
        click.echo(
            f"{len(faults)} faults in {end.rows} rows."
            if faults
            else f"The log is whole: {end.rows} rows, chain {end.hash[:16]}."
        )
    sys.exit(SOME_FAILED if faults else 0)


@log.command("checkpoint")
@click.argument("file", type=click.Path(path_type=Path))
def log_checkpoint(file: Path) -> None:
    """Write the log's end to FILE. Keep it elsewhere: it proves later that nothing was cut off."""
    from app import log as log_module

    with opened_log() as db:
        end = log_module.checkpoint(db)
    file.write_text(json.dumps({"rows": end.rows, "hash": end.hash}) + "\n")


@log.command("export")
def log_export() -> None:
    """Every task with its handoffs, one JSON object a line."""
    from app.log import cards, history
    from app.report import outcome

    with opened_log() as db:
        for row in cards(db):
            click.echo(json.dumps(outcome(history(db, row.id)), ensure_ascii=False))


@cli.command()
@as_json
def doctor(as_json: bool) -> None:
    """Check this machine and this home: what works, what does not, and what to do."""
    from app.doctor import checks

    sound = True
    for name, good, sentence in checks(paths.home()):
        sound &= good
        click.echo(
            json.dumps({"check": name, "ok": good, "sentence": sentence})
            if as_json
            else f"{'ok ' if good else 'BAD'}  {name}: {sentence}"
        )
    sys.exit(0 if sound else SOME_FAILED)


@cli.command()
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def desktop(arguments: tuple[str, ...]) -> None:
    """Open the window."""
    os.execvp(sys.executable, [sys.executable, "-P", "-m", "ui", *arguments])


def _checkpoint(file: Path) -> Checkpoint:
    from app.log import Checkpoint
    from engine.cards import build

    try:
        known: Checkpoint = build(Checkpoint, json.loads(file.read_text("utf-8")))
    except (ValueError, RecursionError, Problem) as error:
        raise Problem(
            "bad_checkpoint", f"{file.name} is not a checkpoint that `baton log checkpoint` wrote."
        ) from error
    return known


def _reading_line(row: dict[str, Any]) -> str:
    what = row["reason"] or f"{row['pages']} pages, {row['words']} words"
    return f"{row['kind']:<6} {row['status']:<12} {Path(row['source']).name}: {what}"
