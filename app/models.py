"""Lists the models and the playbooks of a home, whether each is sound, and which models serve."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import fit, machine
from app.fit import Fit, Need, weight
from app.language import _, inside
from app.measuring import Measured, measured
from engine import encoders, playbook, writers
from engine.cards import Problem
from engine.codec import plain
from engine.fleet import catalogue, locate, shipped, verify
from engine.models import Model

NONE = Fit("unknown", _("Its file is not there, or can't be read."))


@dataclass(frozen=True, slots=True)
class Entry:
    """One model as lists show it. `state` is ready, missing or changed; `sentence` says what is wrong.

    `serves`: it is the one of its role. `own`: it was imported into this home, and can be removed. `roles` are those
    it could be given. `fit` is its own; `instead`, for one that does not serve, that of the whole set with it.
    """

    row: Model
    state: str
    sentence: str
    serves: bool
    own: bool
    roles: tuple[str, ...]
    size: int
    quantisation: str
    parameters: int
    trained_context: int
    need: Need | None
    fit: Fit
    instead: Fit | None = None
    measured: Measured | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """All models of a home, and whether those that serve fit together."""

    entries: tuple[Entry, ...]
    fit: Fit


def team(home: Path, loaded: Collection[str] = ()) -> Team:
    """Every model, without its checksum being taken: that is done before each loading, and by `rows`.

    `loaded` are the ids of those in memory now: what they hold is free for them. Raises Problem("bad_catalogue").
    """
    served: set[str] = set()
    entries: list[Entry] = []
    own = {row.id for row in (*encoders.rows(home), *writers.kept(home))}
    rows, tried = catalogue(home), measured(home)
    for row in (*rows, *_spare(home, rows)):
        serves = row.role not in served and row in rows
        served |= {row.role} if serves else set()
        entry = _entry(row, serves=serves, own=row.id in own)
        entries.append(dataclasses.replace(entry, measured=tried.get(row.sha256)))
    memory = machine.memory()
    back = sum(one.need.held for one in entries if one.need and one.serves and one.row.id in loaded)
    if memory.free:
        memory = dataclasses.replace(memory, free=min(memory.total, memory.free + back))
    serving = {called(one.row.role): one.need for one in entries if one.serves and one.need}
    judged = tuple(_judged(one, serving, memory) for one in entries)
    return Team(judged, fit.judged(serving, memory))


def rows(home: Path) -> Iterator[dict[str, Any]]:
    """The models' rows, each with `state` (ready, missing or changed), the size of its files, whether it is the
    `default` of its role, and whether it fits into memory."""
    for one in team(home).entries:
        told = plain(one.row) | {
            "state": one.state, "megabytes": round(one.size / 1e6), "sentence": one.sentence, "default": one.serves,
            "imported": one.own, "quantisation": one.quantisation, "parameters": one.parameters,
            "trained_context": one.trained_context, "needs": one.need.total if one.need else 0,
            "fit": one.fit.word, "arithmetic": one.need.sentence if one.need else "",
            "written_per_second": one.measured.written_per_second if one.measured else 0,
        }  # fmt: skip
        try:
            verify(one.row)
        except Problem as problem:
            told |= {"state": _state(problem), "sentence": problem.sentence}
        yield told


def imported(home: Path, folder: Path, name: str, query: str | None, document: str | None) -> dict[str, Any]:
    """Import an encoder: what its `encoder.json` says, without the list of files. Raises Problem."""
    row = encoders.imported(home, folder, name, query=query, document=document)
    said: dict[str, Any] = json.loads(Path(row.file).read_bytes())
    return {key: value for key, value in said.items() if key != "files"}


def free_name(home: Path, file: Path, name: str = "") -> str:
    """How a model from that file will be called. Raises Problem("name_taken") when another one is."""
    name = name or writers.name_for(file)
    rows = catalogue(home)
    if name in {row.id for row in (*rows, *_spare(home, rows))}:
        raise Problem("name_taken", f"There is a model {name} already. Give another name.")
    return name


def use(home: Path, name: str, role: str = "") -> str:
    """Let a model serve; "" or a shipped one's id = what came with Baton. Answers a sentence. Raises Problem.

    Without a role, an encoder serves as encoder, and a model that writes in the role it was imported for.
    """
    role = role or _meant(home, name)
    own = [row.id for row in shipped() if row.role == role]
    if role == "encoder":
        ours = {*own, *(row.id for row in encoders.rows(home))}
        _not_overruled(home, role, ours)
        encoders.choose(home, "" if name in ("", *own) else name)
    else:
        ours = {*own, *(row.id for row in writers.kept(home))}
        _not_overruled(home, role, ours)
        writers.choose(home, role, "" if name in ("", *own) else name)
    first = next((row for row in catalogue(home) if row.role == role), None)
    if first is None:
        return _("This home has no {role}.").format(role=role)
    return _("{name} is the {role} of this home.").format(name=first.id, role=role)


def remove(home: Path, name: str) -> str:
    """Delete the copy of a model that was imported. Answers a sentence. Raises Problem("in_use") for one that serves,
    shipped, or no_model."""
    if any(row.id == name for row in shipped()):
        raise Problem("shipped", f"{name} came with Baton, and stays.")
    if any(row.id == name for row in encoders.rows(home)):
        encoders.remove(home, name)
    else:
        writers.remove(home, name)
    return _("{name} is removed from this home.").format(name=name)


def _spare(home: Path, rows: Collection[Model]) -> list[Model]:
    """The imported models that write and were not chosen for anything: those are no rows of the catalogue."""
    files = {row.file for row in rows}
    return [row for row in writers.kept(home) if row.file not in files]


def _entry(row: Model, *, serves: bool, own: bool) -> Entry:
    state, sentence, size, needs = "ready", "", 0, None
    try:
        size = weight(locate(row))
        needs = fit.need(row)
        if not row.sha256:
            state, sentence = "changed", row.note
    except Problem as problem:
        state, sentence = _state(problem), problem.sentence
    said = fit.header(row)
    return Entry(
        row, state, sentence, serves, own,
        roles=writers.ROLES if own and row.role != "encoder" else (row.role,) if own or row in shipped() else (),
        size=size, quantisation=said.quantisation if said else "", parameters=said.parameters if said else 0,
        trained_context=said.context if said else 0, need=needs, fit=NONE,
    )  # fmt: skip


def _judged(one: Entry, serving: dict[str, Need], memory: machine.Memory) -> Entry:
    if one.need is None:
        return one
    alone = fit.judged({"": one.need}, memory)
    with_it = serving | {called(one.row.role): one.need}
    return dataclasses.replace(one, fit=alone, instead=None if one.serves else fit.judged(with_it, memory))


def called(role: str) -> str:
    """A role as people call it, within a sentence."""
    names = {"encoder": _("Encoder"), "drafter": _("Drafter"), "fallback": _("Larger model")}
    return inside(names[role]) if role in names else role


def _meant(home: Path, name: str) -> str:
    rows = {row.id: row.role for row in (*shipped(), *writers.kept(home))}
    return rows.get(name, "encoder")


def _not_overruled(home: Path, role: str, ours: set[str]) -> None:
    first = next((row for row in catalogue(home) if row.role == role), None)
    if first and first.id not in ours:
        raise Problem(
            "own_catalogue",
            f"models.toml in this home names the {role} {first.id}, which comes before all others. Remove that row.",
        )


def _state(problem: Problem) -> str:
    return "missing" if problem.code == "model_missing" else "changed"


def playbook_rows(home: Path) -> Iterator[dict[str, Any]]:
    """The playbooks, each with the first complaint about it ("" = sound)."""
    for name, path in playbook.playbooks(home).items():
        try:
            book = playbook.read(path)
            yield {
                "name": name,
                "title": book.title,
                "version": book.version,
                "intents": len(book.intents),
                "complaint": "",
            }
        except Problem as problem:
            yield {"name": name, "title": "", "version": 0, "intents": 0, "complaint": problem.sentence}
