"""The commands for playbooks: which there are, what one does, and what is wrong with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app import paths
from app.cli_common import SOME_FAILED, as_json
from engine.cards import Problem

if TYPE_CHECKING:
    from engine.playbook import Complaint, Playbook

as_dot = click.option("--dot", "as_dot", is_flag=True, help="Only the graph, for Graphviz.")


@click.group()
def playbooks() -> None:
    """The playbooks: what the operator has decided."""


@playbooks.command("list")
@as_json
def playbooks_list(as_json: bool) -> None:
    """All playbooks, and whether each is sound."""
    from app.models import playbook_rows

    for row in playbook_rows(paths.home()):
        click.echo(
            json.dumps(row, ensure_ascii=False)
            if as_json
            else f"{row['name']:<20} {row['intents']:>3} intents  {row['complaint'] or row['title']}"
        )


@playbooks.command("show")
@click.argument("name", metavar="NAME_OR_FILE")
@as_dot
@as_json
def playbooks_show(name: str, as_dot: bool, as_json: bool) -> None:
    """What a playbook does: in plain words, and the way of a task through the team."""
    from engine.playbook import read

    _tell(read(_file(name)), (), as_dot, as_json)


@playbooks.command("check")
@click.argument("name", metavar="NAME_OR_FILE")
@as_dot
@as_json
def playbooks_check(name: str, as_dot: bool, as_json: bool) -> None:
    """All that is wrong with a playbook, each with its line and what to do; else what it does, and could do better."""
    from engine.playbook import examined, hints

    file = _file(name)
    playbook, complaints = examined(file)
    if not complaints and playbook is not None:
        if not (as_json or as_dot):
            click.echo(f"{file.name} is sound.\n")
        _tell(playbook, hints(file), as_dot, as_json)
        return
    for one in complaints:
        told = {"file": file.name, "line": one.line, "complaint": one.sentence}
        click.echo(json.dumps(told, ensure_ascii=False) if as_json else f"{file.name}, {one}")
    sys.exit(SOME_FAILED)


def _file(name: str) -> Path:
    """The file of a playbook that is named, or is a file itself. Raises Problem("no_playbook")."""
    from engine.playbook import playbooks as all_of

    known = all_of(paths.home())
    file = known.get(name, Path(name))
    if not file.is_file():
        raise Problem("no_playbook", f"There is no playbook {name!r:.60}. Known: {', '.join(sorted(known))}.")
    return file.resolve()


def _tell(playbook: Playbook, hints: Sequence[Complaint], as_dot: bool, as_json: bool) -> None:
    from app import playbook_words as words

    if as_json:
        told = [{"line": one.line, "hint": one.sentence} for one in hints]
        click.echo(json.dumps(words.as_data(playbook) | ({"hints": told} if told else {}), ensure_ascii=False))
    elif as_dot:
        click.echo("\n".join(words.dot(playbook)))
    else:
        better = (
            ["It works as it is. What would make it better:", *(f"  - {one}" for one in hints), ""] if hints else []
        )
        click.echo("\n".join([*better, *words.told(playbook), "", *words.drawn(playbook)]))
