"""The commands for the intent model: train, ask, learn, look at it, and go back."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import paths
from app.cli_common import as_json, opened_desk, playbook_option
from engine.cards import Problem

if TYPE_CHECKING:
    from engine.intents.versions import Book, Version

FILE = click.argument("file", type=click.Path(path_type=Path))
FIRST = 100
"""Candidates of a table that a person still reads; --json gives all."""


@click.group()
def intents() -> None:
    """The intent model."""


@intents.command("train")
@playbook_option
@click.option("--quick", is_flag=True, help="Train the head alone: seconds. Without, the encoder is tuned after it.")
@FILE
@as_json
def intents_train(playbook: str, quick: bool, file: Path, as_json: bool) -> None:
    """Train from FILE.jsonl of {"text","label"}; label null = out of scope, "labels": [...] = several.

    The head is trained first and answers at once; then the encoder is tuned to these intents, which
    goes live if it answers more of what was kept away from it. Ctrl+C keeps the head.
    """
    from app.knowledge import answers, examples
    from engine.orders import Train, TuneIntents

    name = _playbook(playbook)
    texts, labels = examples(file)
    with opened_desk(resume=False) as desk:
        for row in answers(desk, Train(name, texts, labels)):
            _show(row, as_json, _trained_line(row))
        if quick:
            return
        try:
            for row in answers(desk, TuneIntents(name)):
                _show(row, as_json, _trained_line(row))
        except Problem as problem:
            if problem.code not in ("few_examples", "no_tuning"):
                raise
            print(f"Not tuned: {problem.sentence}", file=sys.stderr)
        except KeyboardInterrupt:
            print("Stopped: the head that was trained first answers.", file=sys.stderr)


@intents.command("predict")
@playbook_option
@as_json
def intents_predict(playbook: str, as_json: bool) -> None:
    """Predict; texts on standard input, one a line."""
    from app.knowledge import answers
    from engine.orders import Predict

    texts = tuple(line.rstrip("\n") for line in sys.stdin if line.strip())
    with opened_desk(resume=False) as desk:
        for row in answers(desk, Predict(_playbook(playbook), texts)):
            labels = ", ".join(row["labels"]) or "-"
            _show(row, as_json, f"{labels:<24} {row['score']:.2f}  {row['text'][:100]}")


@intents.command("learn")
@playbook_option
@as_json
def intents_learn(playbook: str, as_json: bool) -> None:
    """Learn what people corrected in tasks that are decided, if it measures well on what was held out."""
    from app.knowledge import answers
    from app.learning import lesson

    with opened_desk(resume=False) as desk:
        for row in answers(desk, lesson(desk, _playbook(playbook))):
            _show(row, as_json, "\n".join(row["told"]))


@intents.command("gold")
@playbook_option
@FILE
@as_json
def intents_gold(playbook: str, file: Path, as_json: bool) -> None:
    """Add the texts of FILE.jsonl to those that only measure. They never train, now or later."""
    from app.knowledge import answers, examples
    from engine.orders import Measure

    texts, labels = examples(file)
    with opened_desk(resume=False) as desk:
        for row in answers(desk, Measure(_playbook(playbook), texts, labels)):
            _show(row, as_json, f"The gold set of {row['playbook']} holds {row['gold']} texts.")


@intents.command("report")
@playbook_option
@click.option("--version", "number", default=0, help="An earlier version; without, the one that answers.")
@as_json
def intents_report(playbook: str, number: int, as_json: bool) -> None:
    """How good it is, class by class; what it mixes up; whether its scores hold; what it has learned since."""
    from app.knowledge import answers
    from engine.orders import Report

    with opened_desk(resume=False) as desk:
        for row in answers(desk, Report(_playbook(playbook), number)):
            _show(row, as_json, "\n".join(_report_lines(row)))


@intents.command("versions")
@playbook_option
@as_json
def intents_versions(playbook: str, as_json: bool) -> None:
    """All versions: from what they were made, when, how good, and which one answers."""
    with _book(playbook) as book:
        for version in book.versions():
            _show(_version_row(version), as_json, _version_line(version))


@intents.command("rollback")
@playbook_option
@click.argument("number", type=int, default=0, metavar="[N]")
def intents_rollback(playbook: str, number: int) -> None:
    """Let version N answer again; without N, the one that answered before."""
    with opened_desk(resume=False), _book(playbook) as book:
        version = book.rollback(number)
        click.echo(f"Version {version.number} of {version.at[:10]} answers now: {version.why}")


@intents.group("labels", invoke_without_command=True)
@playbook_option
@as_json
@click.pass_context
def intents_labels(context: click.Context, playbook: str, as_json: bool) -> None:
    """All labels, with the versions in which they came and went."""
    context.obj = playbook
    if context.invoked_subcommand is not None:
        return
    with _book(playbook) as book:
        for label in book.labels():
            row = {name: getattr(label, name) for name in label.__dataclass_fields__}
            went = "" if label.removed is None else f"removed after version {label.removed}"
            went = f"now called {label.renamed}" if label.renamed else went
            _show(row, as_json, f"{label.name:<32} {label.examples:>6} examples  {went}".rstrip())


@intents_labels.command("remove")
@click.argument("label")
@click.pass_obj
def labels_remove(playbook: str, label: str) -> None:
    """From now on nothing is called LABEL, whatever files, corrections or earlier versions say."""
    with opened_desk(resume=False), _book(playbook) as book:
        book.remove_label(label)
    click.echo(f"{label} is removed. `baton intents labels restore {label}` brings it back.")


@intents_labels.command("restore")
@click.argument("label")
@click.pass_obj
def labels_restore(playbook: str, label: str) -> None:
    """Bring a removed LABEL back; its examples train again with the next version."""
    with opened_desk(resume=False), _book(playbook) as book:
        book.restore_label(label)
    click.echo(f"{label} is back.")


@intents_labels.command("rename")
@click.argument("label")
@click.argument("to")
@click.pass_obj
def labels_rename(playbook: str, label: str, to: str) -> None:
    """Call LABEL otherwise: in all versions, and in what is still to come."""
    with opened_desk(resume=False), _book(playbook) as book:
        book.rename_label(label, to)
    click.echo(f"{label} is called {to} now.")


@contextmanager
def _book(playbook: str) -> Iterator[Book]:
    from engine.intents.versions import Book

    book = Book(paths.home(), _playbook(playbook))
    try:
        yield book
    finally:
        book.close()


def _playbook(named: str) -> str:
    """The playbook named on the command line, else the one that the settings name."""
    from app import settings

    return named or settings.read(paths.home()).playbook


def _show(row: dict[str, Any], as_json: bool, line: str) -> None:
    click.echo(json.dumps(row, ensure_ascii=False) if as_json else line)


def _trained_line(row: dict[str, Any]) -> str:
    if row["stage"] == "tuned" and not row["tuned"]:
        return str(row["told"][-1])
    right = f"{row['accuracy']:.1%} right"
    if "refused" in row:
        right += f", {row['refused']:.1%} of the others refused, at a threshold of {row['threshold']:.2f}"
    if "micro_f1" in row:
        right += f", micro-F1 {row['micro_f1']:.2f}"
    learned = f"Learned {row['labels']} intents from {row['examples']} examples in {row['seconds']:.0f} s"
    notes = "".join(f"\n{sentence}" for sentence in row["told"])
    return f"{learned} (version {row['version']}). On examples it had not seen: {right}.{notes}"


def _version_row(version: Version) -> dict[str, Any]:
    return {name: getattr(version, name) for name in version.__dataclass_fields__ if name != "upto"}


def _version_line(version: Version) -> str:
    mark = "answers" if version.live else ""
    accuracy = version.figures.get("accuracy", 0.0)
    return (
        f"{version.number:>4}  {version.at[:16]}  {version.source:<10} {version.examples:>6} examples  "
        f"{accuracy:.1%} right  {mark:<8} {version.why}"
    )


def _report_lines(row: dict[str, Any]) -> Iterator[str]:
    learned = ", ".join(f"{count} from {source}" for source, count in row["learned"].items()) or "nothing"
    yield f"Version {row['version']}{', which answers' if row['live'] else ''}: {row['why']}"
    yield f"Made from {row['examples']} examples; new in it: {learned}. Measured on {row['texts']} texts ({row['on']})."
    yield f"Right: {row['accuracy']:.1%}. Macro-F1: {row['macro_f1']:.3f}."
    if "micro_f1" in row:
        yield f"Micro-F1: {row['micro_f1']:.3f}."
    else:
        refused = "nothing was out of scope" if row["refused"] is None else f"{row['refused']:.1%} refused"
        yield f"Abstained on {row['abstained']}, wrong on {row['wrong']}; out of scope: {refused}."
        yield f"Calibration error: {row['calibration_error'] or 0:.3f}."
    yield f"\n{'label':<32} {'texts':>6} {'precision':>9} {'recall':>7} {'F1':>6}"
    for one in row["classes"][:FIRST]:
        numbers = f"{one['support']:>6} {one['precision']:>9.3f} {one['recall']:>7.3f} {one['f1']:>6.3f}"
        yield f"{one['label'][:32]:<32} {numbers}"
    for mixed in row.get("confused", [])[:10]:
        yield (
            f"\n{mixed['count']} x {mixed['truth'] or 'out of scope'} taken for {mixed['said']}: "
            f"“{' '.join(mixed['example'].split())}”"
        )
    if row.get("calibration"):
        yield "\nscore       texts  mean score  right"
    for bin_ in row.get("calibration", []):
        yield f"{bin_['from']:.1f} and up  {bin_['count']:>6}  {bin_['score']:>10.3f}  {bin_['right']:.3f}"
