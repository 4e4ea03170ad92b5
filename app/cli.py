"""The `baton` command: every verb of the contract, for people and, with --json, for programs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from app import cli_intents, cli_knowledge, cli_log, cli_models, cli_playbooks, cli_review, paths
from app.cli_common import CANNOT_START, SOME_FAILED, as_json, opened_desk, playbook_option
from engine import courier, fence
from engine.cards import Problem


class Verbs(click.Group):
    """The commands; one that stands in a group and is asked for without it is told with its whole name."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        groups = ((name, group) for name, group in self.commands.items() if isinstance(group, click.Group))
        whole = " or ".join(f"`baton {name} {cmd_name}`" for name, group in groups if cmd_name in group.commands)
        if found is None and whole:
            ctx.fail(f"There is no `baton {cmd_name}`; did you mean {whole}?")
        return found


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="baton-desk")
def cli() -> None:
    """Triage documents offline with a team of small models. Everything stays in BATON_HOME."""


cli.add_command(cli_log.log)
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


@cli.command("eval")
@click.argument("sets", metavar="[SET]...", nargs=-1)
@click.option("--playbook", default="", help="How the work is done, if not by the playbook that is named as the set.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the report here, as Markdown.")
@as_json
def evaluate(sets: tuple[str, ...], playbook: str, report: Path | None, as_json: bool) -> None:
    """Work documents whose outcomes are known, in a home of their own, and say what came out otherwise.

    SET is the name of a shipped set, or a folder with inbox/ and expected.json; without one, all shipped sets.
    """
    from app import evaluation

    samples = [evaluation.read(name, playbook, paths.home()) for name in sets or evaluation.shipped()]
    right = evaluation.run(paths.home(), samples, report, as_json)
    sys.exit(0 if right else SOME_FAILED)


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


def _reading_line(row: dict[str, Any]) -> str:
    what = row["reason"] or f"{row['pages']} pages, {row['words']} words"
    return f"{row['kind']:<6} {row['status']:<12} {Path(row['source']).name}: {what}"
