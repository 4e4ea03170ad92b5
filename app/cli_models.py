"""The commands for the models of the team: what there is, and which encoder finds and routes."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app import paths
from app.cli_common import as_json


@click.group()
def models() -> None:
    """The models of the team."""


@models.command("list")
@as_json
def models_list(as_json: bool) -> None:
    """Each model: role, file, checksum, licence, and whether it is there and unchanged."""
    from app.models import rows

    for row in rows(paths.home()):
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            click.echo(
                f"{row['role']:<9} {row['id']:<30} {row['state']:<9} {row['megabytes']:>6} MB  {row['licence']:<12} "
                f"{'in use' if row['default'] else ''}".rstrip()
            )


@models.command("import")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--name", default="", help="How it is called here; else the folder's own name.")
@click.option("--query-prompt", help="What is put before questions, in place of the folder's own prompt.")
@click.option("--document-prompt", help="What is put before passages, in place of the folder's own prompt.")
@as_json
def models_import(
    folder: Path, name: str, query_prompt: str | None, document_prompt: str | None, as_json: bool
) -> None:
    """Copy a sentence-transformers folder into this home, as an encoder that `use` can choose."""
    from app.models import imported

    row = imported(paths.home(), folder, name, query_prompt, document_prompt)
    if as_json:
        click.echo(json.dumps(row, ensure_ascii=False))
        return
    click.echo(
        f"Imported {row['id']}: {row['dimension']} dimensions, {' and '.join(row['pooling'])} pooling, "
        f"at most {row['tokens']} tokens, licence {row['licence']}."
    )
    if row["licence"] == "unknown":
        click.echo("Its model card names no licence: find out whether you may use it.")
    if row["note"]:
        click.echo(row["note"])
    click.echo(f"`baton models use {row['id']}` makes it the encoder of this home.")


@models.command("use")
@click.argument("name", default="")
def models_use(name: str) -> None:
    """Make NAME the encoder of this home; without a NAME, the one that came with Baton.

    Collections are embedded again in the background, and the old vectors serve until that is done.
    """
    from app.models import use

    click.echo(use(paths.home(), name))
