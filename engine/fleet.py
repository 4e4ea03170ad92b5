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

from engine import encoders, writers
from engine.cards import Problem
from engine.models import Encoder, Model, Writer

ASSETS = Path(__file__).resolve().parents[1] / "assets"


def catalogue(home: Path) -> tuple[Model, ...]:
    """All rows: the operator's own (`models.toml` in the home) first, then what was chosen of the imported models
    (`baton models use`), the shipped ones, and the other encoders of this home.

    Imported models that write and were not chosen are no rows: else one would serve a role that has no other.

    Raises Problem("bad_catalogue") naming the file and what is wrong.
    """
    rows: list[Model] = []
    if (home / "models.toml").exists():
        rows += _rows(home / "models.toml")
    rows += writers.rows(home)
    own, name = list(encoders.rows(home)), encoders.chosen(home)
    rows += [row for row in own if row.id == name]
    return (*rows, *shipped(), *(row for row in own if row.id != name))


def shipped() -> tuple[Model, ...]:
    """The rows that came with Baton."""
    return tuple(_rows(ASSETS / "models.toml"))


def locate(row: Model) -> Path:
    """Where a row's file lies. Raises Problem("model_missing")."""
    try:
        path = _package_file(row) if row.file.startswith("package:") else Path(row.file).expanduser()
        there = path is not None and path.is_file()
    except (OSError, ValueError, RuntimeError):  # a name too long, with a zero in it, or of nobody's home
        path, there = None, False
    if path is None or not there:
        raise Problem(
            "model_missing", f"The file of model {row.id} is missing ({row.file:.400}). Install it, or name another."
        )
    return path


def verify(row: Model) -> Path:
    """The file's path, after its SHA-256 was compared with the catalogue's.

    llama.cpp and FAISS load damaged files without a word, so this is the only guard.
    Raises Problem("model_missing") or Problem("model_changed").
    """
    path = locate(row)
    if path.name == encoders.NOTE:
        return encoders.checked(path)
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

    def __init__(self, rows: Sequence[Model], home: Path | None = None) -> None:
        """`home` is where encoders that come later are looked for; None = only these rows."""
        self._rows = rows
        self._home = home
        self._loaded: dict[str, Encoder | Writer] = {}
        self._refused: dict[str, Problem] = {}

    def row(self, role: str) -> Model:
        """The catalogue's first row for a role. Raises Problem("no_model")."""
        for row in self._rows:
            if row.role == role:
                return row
        raise Problem("no_model", f"The model catalogue has no model for the role {role}.")

    def encoder(self, id: str = "") -> Encoder:  # noqa: A002 - the word of the catalogue
        """The encoder of that id; "" = the catalogue's default. Raises Problem("no_encoder")."""
        return cast(Encoder, self._serve(self._encoder_row(id)))

    def encoder_id(self, id: str = "") -> str:  # noqa: A002
        """What names this encoder's vectors: the SHA-256 of what they are made with."""
        return self._encoder_row(id).sha256

    def encoder_folder(self, id: str = "") -> Path:  # noqa: A002
        """Where that encoder's files lie, after they were checked. Raises Problem."""
        return verify(self._encoder_row(id)).parent

    def writer(self, role: str = "drafter") -> Writer:
        return cast(Writer, self._serve(self.row(role)))

    def _encoder_row(self, id: str) -> Model:  # noqa: A002
        if not id:
            return self.row("encoder")
        found = next((row for row in self._rows if row.role == "encoder" and row.id == id), None)
        if found is None and self._home is not None:  # one that was tuned since this fleet was made
            found = next((row for row in encoders.rows(self._home) if row.id == id), None)
        if found is None:
            raise Problem("no_encoder", f"There is no encoder {id!r:.70}. `baton models list` names them.")
        return found

    def _serve(self, row: Model) -> Encoder | Writer:
        key = f"{row.role}:{row.id}:{row.sha256}"
        if refused := self._refused.get(key):
            raise Problem(refused.code, refused.sentence)
        if key not in self._loaded:
            try:
                self._loaded[key] = _runtime(row).load(row, verify(row))
            except Problem as problem:
                if problem.code != "model_failed":  # that may be a matter of free memory, and its breaker's affair
                    self._refused[key] = problem
                raise
        return self._loaded[key]


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
