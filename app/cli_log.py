"""The commands for the log: look into it, prove it, work a task again, hand tasks out, and erase them."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import paths
from app.cli_common import SOME_FAILED, as_json, opened_desk, opened_log
from engine.cards import Problem

if TYPE_CHECKING:
    from app.log import Checkpoint
    from engine.events import Handed

STATES = ("queued", "finished", "review", "quarantined", "failed")
PART = 70
"""Characters of a part that has changed, on a line."""


@click.group()
def log() -> None:
    """Look into the task log."""


@log.command("list")
@click.argument("words", nargs=-1, metavar="[QUERY]...")
@click.option("--state", type=click.Choice(STATES), default=None, help="The same as status:STATE.")
@click.option("--intent", default="", help="The same as intent:LABEL.")
@click.option("--playbook", default="", help="The same as playbook:NAME.")
@click.option("--text", default="", help="Only tasks with that in their id, file, intent or reason.")
@click.option("--most", type=click.IntRange(min=1), default=None, help="Only the newest so many.")
@as_json
def log_list(
    words: tuple[str, ...], state: str | None, intent: str, playbook: str, text: str, most: int | None, as_json: bool
) -> None:
    """All tasks, oldest first, or those that fit.

    QUERY finds them: words of file names, intents and reasons, and terms such as intent:refund status:undecided
    score:<0.7 created:>2026-11-01 is:duplicate -code:words sort:score.
    """
    from app import query

    named = {"status": state or "", "intent": intent, "playbook": playbook}
    terms = [*words, *(f"{key}:{value}" for key, value in named.items() if value), *([f'"{text}"'] if text else [])]
    wanted = query.read(" ".join(terms))
    with opened_log() as db:
        rows = wanted.found(db, most or -1)
    if wanted.order == query.NEWEST:
        rows.reverse()
    for row in rows:
        if as_json:
            click.echo(json.dumps(row._asdict(), ensure_ascii=False))
        else:
            name = Path(row.source).name
            click.echo(f"{row.id}  {row.state:<11} {row.decision or '-':<9} {row.label or '-':<20} {name}")


@log.command("show")
@click.argument("task")
@as_json
def log_show(task: str, as_json: bool) -> None:
    """One task: every handoff with its reason, its cost, what another threshold had done; and the draft."""
    from app import what_if
    from app.report import line, outcome

    events = _history(task)
    told = outcome(events)
    support = what_if.support(paths.home(), told["playbook"])
    otherwise = [what_if.told(events, place, support) for place in range(len(events))]
    if as_json:
        for handoff, sentences in zip(told["handoffs"], otherwise, strict=True):
            handoff["what_if"] = sentences
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"{task}  {told['source']}\n{told['status']}: {told['reason']}\n")
    for event, sentences in zip(events, otherwise, strict=True):
        click.echo(line(event) + (f"  ({event.why.model})" if event.why.model else ""))
        for sentence in sentences:
            click.echo(f"{'':>36}| {sentence}")
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
            f"{len(faults)} fault{'s'[: len(faults) - 1]} in {end.rows} rows."
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
@click.argument("task", required=False)
@click.option("--all", "everything", is_flag=True, help="All tasks; this is what no TASK means as well.")
@click.option(
    "--format", "how", type=click.Choice(["json", "otel", "case"]), default=None,
    help="Outcomes, a line each (json, if you say nothing); OpenTelemetry GenAI spans; or one task with its documents "
    "as a ZIP.",
)  # fmt: skip
@click.option("--rows", is_flag=True, help="Every handoff that can be read, also from a damaged log, a line each.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it here.")
def log_export(task: str | None, everything: bool, how: str | None, rows: bool, out: Path | None) -> None:
    """Hand tasks out: TASK, or all of them."""
    if task and everything:
        raise click.UsageError("Either TASK or --all.")
    if rows and task:
        raise click.UsageError("--rows is for the whole log, so it takes no TASK. Leave one of them out.")
    if rows and how:
        raise click.UsageError("--rows has a format of its own, so it takes no --format. Leave one of them out.")
    if how == "case":
        if not task:
            raise click.UsageError("A case file is one TASK.")
        target = out or Path(f"{task}.zip")
        target.write_bytes(_case(task))
        click.echo(f"Written to {target}.", err=True)
        return
    lines = _rows() if rows else _spans(task) if how == "otel" else _outcomes(task)
    if out is None:
        for text in lines:
            click.echo(text)
    else:
        out.write_text("".join(f"{text}\n" for text in lines), "utf-8")


@log.command("replay")
@click.argument("task")
@as_json
def log_replay(task: str, as_json: bool) -> None:
    """Work TASK again, in a scratch home, and show what came out differently. Status 1 when something did."""
    from app.log import worked_with
    from app.replay import replay

    events = _history(task)
    with opened_log() as db:
        noted = worked_with(db, task)
    found = replay(paths.home(), events, noted)
    if as_json:
        changes = [{"part": part, "before": before, "now": now} for part, before, now in found.changes]
        click.echo(
            json.dumps({"task": task, "worked_with": found.circumstances, "changes": changes}, ensure_ascii=False)
        )
    else:
        for sentence in found.circumstances or ("The same models, playbook, lessons and seed.",):
            click.echo(sentence)
        for part, before, now in found.changes:
            click.echo(f"\n{part}\n" + "\n".join(_difference(before, now)))
        if not found.changes:
            click.echo("It came out the same: ending, intent, fields, flags, draft, verdict and legs.")
    sys.exit(SOME_FAILED if found.changes else 0)


@log.command("related")
@click.argument("task")
@as_json
def log_related(task: str, as_json: bool) -> None:
    """Other cases with the same customer, order or sender as TASK, as the playbook's [memory] says; oldest first."""
    from app.remembering import Remembering, related
    from engine.events import fold
    from engine.memory import outcome

    card = fold(_history(task)).card
    with contextlib.closing(Remembering(paths.home())) as remembering:
        found = related(remembering.catch_up(), card)
    for one in found:
        case = one.case
        if as_json:
            told = {
                "task": case.task, "opened": case.opened, "intent": case.label or None, "status": case.state,
                "decision": case.verb or None, "by": case.by, "at": case.at,
                "shared": [
                    {"key": key.name, "value": key.value, "sha256": key.document, "page": key.page,
                     "bbox": list(key.box) if key.box else None}
                    for key in one.shared
                ],
            }  # fmt: skip
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            shared = ", ".join(f"{key.name} {key.value} (page {key.page})" for key in one.shared)
            click.echo(f"{case.task}  {case.opened[:10]}  {outcome(case):<22} {case.label or '-':<20} {shared}")
    if not found and not as_json:
        click.echo(_alone(card.playbook))


@log.command("erase")
@click.argument("task")
@click.option("--yes", is_flag=True, help="Do not ask.")
def log_erase(task: str, yes: bool) -> None:
    """Destroy TASK, its copies and the files in it: log, documents and lessons. It can't be undone."""
    with opened_desk(resume=False) as desk:
        family = desk.family(task)
        if not yes:
            more = f" and with it {', '.join(family[1:])}" if len(family) > 1 else ""
            click.confirm(f"Erase {task}{more} for ever?", abort=True)
        erased = desk.erase(task)
    click.echo(f"Erased: {', '.join(erased.tasks)}. {erased.rows} handoffs, {erased.files} files. The chain goes on.")
    if erased.cited_by:
        tasks = ", ".join(erased.cited_by)
        click.echo(f"Still said in {tasks}: that there was this case, its day, intent and outcome. Erase them as well?")
    for path in erased.traces:
        click.echo(f"Its words still stand in {path.relative_to(paths.home())}, which something else needs.")
    sys.exit(SOME_FAILED if erased.traces else 0)


def _alone(name: str) -> str:
    """Why no other case is known to belong to it: none does, or its playbook names no keys."""
    from engine.playbook import find

    try:
        playbook = find(paths.home(), name)
    except Problem:
        return "No other case shares a key with it."
    if playbook.memory.keys:
        return f"No other case shares a key with it ({', '.join(playbook.memory.keys)})."
    field = next((rule.name for rule in playbook.fields), "customer")
    return (
        f"The playbook {name} names no keys, so no cases belong together. Add to it a heading [memory] and below it "
        f'keys = ["{field}"], or other names of its [[fields]].'
    )


def _history(task: str) -> list[Handed]:
    from app.log import history

    with opened_log() as db:
        events = history(db, task)
    if not events:
        raise Problem("no_task", f"There is no task {task!r:.40}. `baton log list` names them all.")
    return events


def _outcomes(task: str | None) -> Iterator[str]:
    from app.log import cards, history
    from app.report import outcome

    if task:
        yield json.dumps(outcome(_history(task)), ensure_ascii=False)
        return
    with opened_log() as db:
        for row in cards(db):
            yield json.dumps(outcome(history(db, row.id)), ensure_ascii=False)


def _rows() -> Iterator[str]:
    from app.log import salvaged
    from app.report import handed

    with opened_log() as db:
        for event, proven in salvaged(db):
            told = {"task": event.card, **handed(event), "changes": event.changes, "proven": proven}
            yield json.dumps(told, ensure_ascii=False)


def _spans(task: str | None) -> Iterator[str]:
    from importlib.metadata import version

    from app.log import cards, stored
    from app.log_export import spans

    if task:
        _history(task)
    with opened_log() as db:
        names = [task] if task else [row.id for row in cards(db)]
        yield json.dumps(spans([stored(db, name) for name in names], version("baton-desk")), ensure_ascii=False)


def _case(task: str) -> bytes:
    from app.log_export import case_file

    _history(task)
    with opened_log() as db:
        return case_file(paths.home(), db, task)


def _difference(before: Any, now: Any) -> Iterator[str]:
    """Two values, line by line."""
    import difflib

    old, new = (json.dumps(value, ensure_ascii=False, indent=1).splitlines() for value in (before, now))
    for text in difflib.unified_diff(old, new, lineterm="", n=0):
        if not text.startswith(("---", "+++", "@@")):
            yield f"  {text[:1]} {text[1:].strip()[:PART]}"


def _checkpoint(file: Path) -> Checkpoint:
    from app.log import Checkpoint
    from engine.codec import build

    try:
        known: Checkpoint = build(Checkpoint, json.loads(file.read_text("utf-8")))
    except (ValueError, RecursionError, Problem) as error:
        raise Problem(
            "bad_checkpoint", f"{file.name} is not a checkpoint that `baton log checkpoint` wrote."
        ) from error
    return known
