"""Knows which model serves which role, checks its file before it is loaded, and keeps it in memory."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import tomllib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from engine.cards import Problem
from engine.models import Encoder, Model, Writer

ASSETS = Path(__file__).resolve().parents[1] / "assets"


def catalogue(home: Path) -> tuple[Model, ...]:
    """All rows: the operator's own (`models.toml` in the home) first, then the shipped ones.

    Raises Problem("bad_catalogue") naming the file and what is wrong.
    """
    rows: list[Model] = []
    for file in (home / "models.toml", ASSETS / "models.toml"):
        if file.exists():
            rows += _rows(file)
    return tuple(rows)


def locate(row: Model) -> Path:
    """Where a row's file lies. Raises Problem("model_missing")."""
    path = _package_file(row) if row.file.startswith("package:") else Path(row.file).expanduser()
    if path is None or not path.is_file():
        raise Problem(
            "model_missing", f"The file of model {row.id} is missing ({row.file}). Install it, or name another."
        )
    return path


def verify(row: Model) -> Path:
    """The file's path, after its SHA-256 was compared with the catalogue's.

    llama.cpp and FAISS load damaged files without a word, so this is the only guard.
    Raises Problem("model_missing") or Problem("model_changed").
    """
    path = locate(row)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != row.sha256:
        raise Problem(
            "model_changed",
            f"The file of model {row.id} is not the one in the catalogue (SHA-256 {found[:12]}, expected "
            f"{row.sha256[:12]}). It is not loaded. Install it again, or correct the catalogue.",
        )
    return path


class Fleet:
    """The models of one engine. A model is checked and loaded when its role is first asked for."""

    def __init__(self, rows: Sequence[Model]) -> None:
        self._rows = rows
        self._loaded: dict[str, Encoder | Writer] = {}
        self._refused: dict[str, Problem] = {}

    def row(self, role: str) -> Model:
        """The catalogue's first row for a role. Raises Problem("no_model")."""
        for row in self._rows:
            if row.role == role:
                return row
        raise Problem("no_model", f"The model catalogue has no model for the role {role}.")

    def encoder(self) -> Encoder:
        return cast(Encoder, self._serve("encoder"))

    def writer(self, role: str = "drafter") -> Writer:
        return cast(Writer, self._serve(role))

    def _serve(self, role: str) -> Encoder | Writer:
        if refused := self._refused.get(role):
            raise Problem(refused.code, refused.sentence)
        if role not in self._loaded:
            row = self.row(role)
            try:
                self._loaded[role] = _runtime(row).load(row, verify(row))
            except Problem as problem:
                self._refused[role] = problem
                raise
        return self._loaded[role]


def _runtime(row: Model) -> Any:
    from engine import models
    from engine.shelf import modules

    runtimes = modules(models)
    if row.runtime not in runtimes:
        raise Problem("bad_catalogue", f"Model {row.id} names the runtime {row.runtime}, which does not exist.")
    return runtimes[row.runtime]


def _rows(file: Path) -> list[Model]:
    names = {part.name for part in fields(Model)}
    try:
        table = tomllib.loads(file.read_text("utf-8"))
        return [Model(**{key: value for key, value in row.items() if key in names}) for row in table.get("models", [])]
    except (tomllib.TOMLDecodeError, TypeError, UnicodeDecodeError) as error:
        raise Problem("bad_catalogue", f"The model catalogue {file.name} can't be read: {error}.") from error


def _package_file(row: Model) -> Path | None:
    """A file inside an installed package, found without importing the package."""
    package, _, rest = row.file.removeprefix("package:").partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / rest
