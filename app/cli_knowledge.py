"""The commands for collections: `baton knowledge ...`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from app.cli_common import SOME_FAILED, as_json, opened_desk
from engine.cards import Problem

_one = click.option("--collection", required=True, help="Which collection.")


@click.group()
def knowledge() -> None:
    """Collections of documents that answers rest on."""


@knowledge.command("add")
@_one
@click.argument("files", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@as_json
def knowledge_add(collection: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Add documents, or .jsonl files of {"id","title","text"}. A newer version takes the place of the old one.

    Ctrl+C keeps what is done; the same command goes on from there.
    """
    from tqdm import tqdm

    from app.knowledge import Added, Refused, add

    failed = False
    with (
        opened_desk(resume=False) as desk,
        tqdm(file=sys.stderr, dynamic_ncols=True, leave=False, disable=None) as bar,
    ):
        try:
            for step in add(desk, collection, files):
                match step:
                    case Added(document, chunks, row):
                        click.echo(json.dumps(row, ensure_ascii=False) if as_json else f"{document}: {chunks} chunks")
                    case Refused(file, problem):
                        failed = True
                        print(f"{file}: {problem.sentence}", file=sys.stderr)
                    case _:
                        bar.set_description_str(f"{step.number}/{step.files} {step.file}"[:60])
                        bar.total = step.total
                        bar.update(step.done - bar.n)
        except KeyboardInterrupt:
            print("Stopped. What was added is kept; the same command goes on from there.", file=sys.stderr)
            raise
    sys.exit(SOME_FAILED if failed else 0)


@knowledge.command("search")
@click.option(
    "--collection", "collections", required=True, multiple=True, help="Which collection; more than one may be."
)
@click.option("--k", "count", default=10, show_default=True, type=click.IntRange(1))
@click.option("--kind", "kinds", multiple=True, help='Only documents of this kind: "pdf", "eml", "passage" ...')
@click.option("--language", "languages", multiple=True, help='Only documents in this language: "en", "de" ...')
@click.option(
    "--since", default="", metavar="DATE", help='Only documents of this date or later: "2026-10", "2026-10-05".'
)
@click.option("--until", default="", metavar="DATE", help="Only documents of this date or earlier.")
@as_json
def knowledge_search(as_json: bool, **wanted: Any) -> None:
    """Search; queries on standard input, one a line. Documents without a date don't pass --since and --until."""
    from app.knowledge import answers
    from engine.orders import Search

    queries = tuple(line.strip() for line in sys.stdin if line.strip())
    with opened_desk(resume=False) as desk:
        for row in answers(desk, Search(queries=queries, **wanted)):
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else _found(row))


@knowledge.command("list")
@click.argument("collection", required=False, default="")
@as_json
def knowledge_list(collection: str, as_json: bool) -> None:
    """All collections: how large, with which encoder and index, and what still waits to be embedded.

    With the name of a COLLECTION, the documents in it, as `baton knowledge show` lists them.
    """
    from app.knowledge import answers
    from engine.orders import Known

    with opened_desk(resume=False) as desk:
        found = False
        for row in answers(desk, Known(collection)):
            found = True
            told = _document(row) if collection else _collection(row)
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else told)
        if collection and not found and all(row["name"] != collection for row in answers(desk, Known())):
            said = f"There is no collection {collection!r:.60}. `baton knowledge list` names them all."
            raise Problem("no_collection", said)


@knowledge.command("status")
@as_json
def knowledge_status(as_json: bool) -> None:
    """What waits to be embedded or indexed. Baton does it in the background while it is open."""
    from app.knowledge import answers
    from engine.orders import Known

    with opened_desk(resume=False) as desk:
        waiting = [row for row in answers(desk, Known()) if row["to_embed"] or row["next_encoder"]]
    for row in waiting:
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _collection(row))
    if not waiting and not as_json:
        click.echo("Nothing waits: all passages are embedded.")


@knowledge.command("show")
@_one
@as_json
def knowledge_show(collection: str, as_json: bool) -> None:
    """The documents of a collection: kind, language, date, chunks."""
    from app.knowledge import answers
    from engine.orders import Known

    with opened_desk(resume=False) as desk:
        for row in answers(desk, Known(collection)):
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else _document(row))


@knowledge.command("remove")
@_one
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--all", "whole", is_flag=True, help="The whole collection, with what was learned for it.")
@as_json
def knowledge_remove(collection: str, names: tuple[str, ...], whole: bool, as_json: bool) -> None:
    """Take documents out, by name or SHA-256. Searches no longer find them from now on."""
    from app.knowledge import answers
    from engine.orders import Remove, RemoveAll

    if whole == bool(names):
        raise click.UsageError("Name documents, or say --all.")
    order = RemoveAll(collection) if whole else Remove(collection, names)
    with opened_desk(resume=False) as desk:
        for row in answers(desk, order):
            what = f"{row['removed']} documents" if whole else f"{row['removed']} chunks"
            text = f"{row.get('document', collection)}: {what} removed"
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else text)


@knowledge.command("tune")
@_one
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--back", is_flag=True, help="Take the last tuning back.")
@as_json
def knowledge_tune(collection: str, file: Path | None, back: bool, as_json: bool) -> None:
    """Learn from FILE.jsonl of {"query","ids"} what answers what.

    It goes live only if it wins on questions that were set aside.
    """
    from app.knowledge import answers, asked
    from engine.orders import Tune

    if back == (file is not None):
        raise click.UsageError("Name a file of questions, or --back.")
    questions = asked(file) if file else ()
    with opened_desk(resume=False) as desk:
        for row in answers(desk, Tune(collection, questions)):
            text = row.get("sentence") or f"Version {row['version']} serves now (0 is the untuned one)."
            click.echo(json.dumps(row, ensure_ascii=False) if as_json else text)


@knowledge.command("coverage")
@click.argument("collection")
@as_json
def knowledge_coverage(collection: str, as_json: bool) -> None:
    """Which clauses of a collection no task ever cited, and which intents find no clause in it.

    With --json all clauses and intents, each with its figures.
    """
    from app.coverage import coverage, rows, told

    with opened_desk(resume=False) as desk:
        found = coverage(desk, collection)
    lines = (json.dumps(row, ensure_ascii=False) for row in rows(found)) if as_json else told(found)
    for line in lines:
        click.echo(line)


def _found(row: dict[str, Any]) -> str:
    lines = [row["query"]]
    if not row["relevant"]:
        lines.append("  Nothing relevant here." + (" The nearest:" if row["hits"] else ""))
    for hit in row["hits"]:
        lines.append(
            f"  {hit['score']:.2f}  {hit['document']}, page {hit['page']}: {' '.join(hit['quote'].split())[:160]}"
        )
        if hit["also"]:
            lines.append(
                "        also in " + ", ".join(f"{one['document']}, page {one['page']}" for one in hit["also"])
            )
    return "\n".join(lines)


def _collection(row: dict[str, Any]) -> str:
    index = row["index"] or "no index yet"
    recall = f", recall {row['recall']:.3f}" if row["recall"] else ""
    waits = f", {row['to_embed']} chunks wait for {row['next_encoder'] or row['encoder']}" if row["to_embed"] else ""
    return (
        f"{row['name']:<24} {row['documents']:>8} documents {row['chunks']:>9} chunks  {row['encoder']}  "
        f"{index}{recall}{waits}"
    )


def _document(row: dict[str, Any]) -> str:
    names = ", ".join([row["name"], *(name for name in row["names"] if name != row["name"])])
    return (
        f"{names:<40} {row['kind'] or '?':<8} {row['language'] or 'language unknown':<16} "
        f"{row['date'] or 'date unknown':<12} {row['chunks']:>6} chunks  {row['sha256'][:12]}"
    )
