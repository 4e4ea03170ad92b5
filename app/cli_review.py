"""The commands for what needs a person: the review queue, and the files that were set aside."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from app.cli_common import SOME_FAILED, as_json, opened_desk, opened_log
from engine.cards import Problem


@click.group()
def review() -> None:
    """Approve, edit, reject or skip what waits for a person."""


@review.command("list")
@as_json
def review_list(as_json: bool) -> None:
    """Tasks that wait for a person."""
    from app.log import cards

    with opened_log() as db:
        waiting = [row for row in cards(db) if row.state in ("finished", "review") and row.decision in ("", "skipped")]
    for row in waiting:
        if as_json:
            click.echo(
                json.dumps(
                    {
                        "task": row.id,
                        "source": row.source,
                        "status": row.state,
                        "intent": row.label,
                        "reason": row.reason,
                    }
                )
            )
        else:
            click.echo(f"{row.id}  {row.state:<9} {row.label or '-':<20} {Path(row.source).name}: {row.reason}")


note_option = click.option("--note", default="", help="Why; kept in the log.")


@review.command("approve")
@click.argument("task")
@note_option
def review_approve(task: str, note: str) -> None:
    """Approve the draft as it is."""
    with opened_desk(resume=False) as desk:
        try:
            desk.approve(task, note=note)
        except Problem as problem:
            if problem.code != "no_draft":
                raise
            sentence = f'There is no draft to approve. `baton review edit {task} --text "..."` approves your own text.'
            raise Problem(problem.code, sentence) from problem


@review.command("edit")
@click.argument("task")
@click.option("--text", help="The new text; otherwise it is read from standard input.")
@note_option
def review_edit(task: str, text: str | None, note: str) -> None:
    """Approve another text instead of the draft."""
    with opened_desk(resume=False) as desk:
        desk.approve(task, text=sys.stdin.read() if text is None else text, note=note)


@review.command("allow")
@click.argument("task")
@click.argument("tool")
def review_allow(task: str, tool: str) -> None:
    """Allow a write that the team proposed, with the values it named; then work the task to its last word."""
    from app.triage import allow

    with opened_desk(resume=False) as desk:
        failed = allow(desk, task, tool)
    sys.exit(SOME_FAILED if failed else 0)


@review.command("reject")
@click.argument("task")
@note_option
def review_reject(task: str, note: str) -> None:
    """Reject the draft."""
    with opened_desk(resume=False) as desk:
        desk.reject(task, note=note)


@review.command("skip")
@click.argument("task")
@note_option
def review_skip(task: str, note: str) -> None:
    """Leave it for later."""
    with opened_desk(resume=False) as desk:
        desk.skip(task, note=note)


@review.command("undo")
@click.argument("task")
def review_undo(task: str) -> None:
    """Take a decision back: the task waits again."""
    with opened_desk(resume=False) as desk:
        desk.undo(task)


@click.group()
def quarantine() -> None:
    """Files that were set aside: which, why, and reading them again."""


@quarantine.command("list")
@as_json
def quarantine_list(as_json: bool) -> None:
    """Files that were set aside, with the reason code."""
    from app.log import cards

    with opened_log() as db:
        rows = [row for row in cards(db) if row.state == "quarantined"]
    for row in rows:
        told = {"task": row.id, "source": row.source, "code": row.code, "reason": row.reason}
        line = f"{row.id}  {row.code:<14} {Path(row.source).name}: {row.reason}"
        click.echo(json.dumps(told, ensure_ascii=False) if as_json else line)


@quarantine.command("retry")
@click.argument("task")
@click.option("--larger", is_flag=True, help="With larger limits of time, memory, pages and bytes.")
@click.option("--password", is_flag=True, help="With a password, asked for here or read from standard input.")
@as_json
def quarantine_retry(task: str, larger: bool, password: bool, as_json: bool) -> None:
    """Read a file again, and work it to its last word."""
    from app.triage import retry

    secret = _password() if password else ""
    with opened_desk(resume=False) as desk:
        failed = retry(desk, task, secret, larger, as_json)
    sys.exit(SOME_FAILED if failed else 0)


def _password() -> str:
    """Typed unseen, or a line of standard input: never an argument, which other users of the machine could read."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
