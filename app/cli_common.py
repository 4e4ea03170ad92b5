"""What all groups of commands share: their options, the desk, and the log for reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from app import paths

if TYPE_CHECKING:
    from app.desk import Desk

CANNOT_START = 3
SOME_FAILED = 1

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
playbook_option = click.option(
    "--playbook", default="", help="How the work is done; `baton playbooks list` names them."
)


@contextmanager
def opened_desk(resume: bool = True) -> Iterator[Desk]:
    from app.desk import Desk

    desk = Desk(paths.home(), resume=resume)
    try:
        yield desk
    finally:
        desk.close()


@contextmanager
def opened_log() -> Iterator[Any]:
    from app.log import read as open_log

    db = open_log(paths.home() / "log.db")
    try:
        yield db
    finally:
        db.close()
