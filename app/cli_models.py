"""The commands for the models of the team: what there is, what comes from outside, and which one serves."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from pathlib import Path

import click

from app import paths
from app.cli_common import as_json
from engine.codec import plain
from engine.models import Model


@click.group()
def models() -> None:
    """The models of the team."""


@models.command("list")
@as_json
def models_list(as_json: bool) -> None:
    """Each model: role, file, checksum, licence, whether it is there and unchanged, and whether it fits into memory."""
    from app.models import rows, team

    for row in rows(paths.home()):
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            click.echo(
                f"{row['role']:<9} {row['id']:<30} {row['state']:<9} {row['megabytes']:>6} MB  {row['licence']:<12} "
                f"{row['quantisation'] or '-':<8} {row['fit']:<12} {'in use' if row['default'] else ''}".rstrip()
            )
    if not as_json:
        fit = team(paths.home()).fit
        click.echo(f"All in use together: {fit.sentence} {fit.word}.")


@models.command("fit")
@as_json
def models_fit(as_json: bool) -> None:
    """What each model needs in memory, and whether those in use fit together. It is advice, and forbids nothing."""
    from app.models import team

    found = team(paths.home())
    if as_json:
        models = [
            {"id": one.row.id, "role": one.row.role, "default": one.serves, "fit": one.fit.word,
             "needs": one.need.total if one.need else 0, "arithmetic": one.need.sentence if one.need else one.sentence}
            for one in found.entries
        ]  # fmt: skip
        click.echo(json.dumps({"fit": found.fit.word, "sentence": found.fit.sentence, "models": models}))
        return
    for one in found.entries:
        click.echo(f"{one.row.role} {one.row.id}{' (in use)' if one.serves else ''}: {one.fit.word}.")
        click.echo(f"    {one.need.sentence if one.need else one.sentence}")
        if one.instead:
            click.echo(f"    With it as {one.row.role}, all together: {one.instead.sentence} {one.instead.word}.")
    click.echo(f"All in use together: {found.fit.sentence} {found.fit.word}.")


@models.command("import")
@click.argument("source", metavar="FILE.gguf|DIR", type=click.Path(path_type=Path, exists=True))
@click.option("--name", default="", help="How it is called here; else as the file, or the folder.")
@click.option("--role", type=click.Choice(["drafter", "fallback"]), help="Let it serve at once, in this role.")
@click.option("--context", default=0, metavar="TOKENS", help="How much text it keeps in mind; more needs more memory.")
@click.option("--template", default="", help="The form in which it is asked, in place of the one its file points to.")
@click.option("--sha256", default="", help="The checksum that its publisher gives; another file is refused.")
@click.option("--query-prompt", help="What is put before questions, in place of the folder's own prompt.")
@click.option("--document-prompt", help="What is put before passages, in place of the folder's own prompt.")
@as_json
def models_import(
    source: Path, name: str, role: str | None, context: int, template: str, sha256: str, query_prompt: str | None,
    document_prompt: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Copy a model into this home, so that `use` can choose it.

    A GGUF file is a model that writes; a sentence-transformers folder is an encoder.
    """
    if source.is_dir():
        if role or context or template or sha256:
            raise click.UsageError("--role, --context, --template and --sha256 are for GGUF files.")
        _import_encoder(source, name, query_prompt, document_prompt, as_json)
        return
    if query_prompt is not None or document_prompt is not None:
        raise click.UsageError("--query-prompt and --document-prompt are for encoders.")
    from app.models import free_name, use
    from engine import writers

    name = free_name(paths.home(), source, name)
    row = _copied(
        writers.importing(
            paths.home(), source, name, role=role or "drafter", context=context, template=template, sha256=sha256
        )
    )
    said = use(paths.home(), row.id, role) if role else ""
    if as_json:
        click.echo(json.dumps(plain(row), ensure_ascii=False))
        return
    click.echo(f"Imported {row.id}: {row.note}")
    click.echo(f"SHA-256 {row.sha256}, licence {row.licence}, context {row.context:,} tokens, asked as {row.template}.")
    if row.licence == "unknown":
        click.echo("Its file names no licence: find out whether you may use it.")
    click.echo(said or f"`baton models use {row.id} --role drafter` (or fallback) lets it serve.")


def _copied(steps: Generator[tuple[int, int], None, Model]) -> Model:
    """The imported model; meanwhile, a bar on standard error."""
    from tqdm import tqdm

    with tqdm(
        file=sys.stderr, unit="B", unit_scale=True, dynamic_ncols=True, leave=False, disable=None, desc="copying"
    ) as bar:
        while True:
            try:
                done, bar.total = next(steps)
            except StopIteration as end:
                row: Model = end.value
                return row
            bar.update(done - bar.n)


def _import_encoder(folder: Path, name: str, query: str | None, document: str | None, as_json: bool) -> None:
    from app.models import imported

    row = imported(paths.home(), folder, name, query, document)
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
@click.option("--role", type=click.Choice(["encoder", "drafter", "fallback"]), help="What it is to do.")
def models_use(name: str, role: str | None) -> None:
    """Let NAME serve: an encoder, or a model that writes in the role that --role names.

    Without a NAME, what came with Baton serves again (without --role: the encoder). A desk that is open goes over to
    it with its next task. Collections are embedded again in the background with another encoder, and the old vectors
    serve until that is done.
    """
    from app.models import use

    click.echo(use(paths.home(), name, role or ""))


@models.command("bench")
@click.argument("name")
@as_json
def models_bench(name: str, as_json: bool) -> None:
    """Load NAME, a model that writes, in an engine of its own: whether it works, how fast it is here, its memory."""
    from app.measuring import measure

    found = measure(paths.home(), name)
    click.echo(json.dumps({"model": name} | plain(found)) if as_json else f"{name} was {found.sentence}")


@models.command("remove")
@click.argument("name")
def models_remove(name: str) -> None:
    """Delete this home's copy of a model that was imported. One that serves stays until another does."""
    from app.models import remove

    click.echo(remove(paths.home(), name))
