"""Keeps the encoders that came to this home: imported from a folder, or tuned on the device.

Each lies in HOME/encoders/NAME as a sentence-transformers folder, with `encoder.json` beside the files:
which files, with which SHA-256, and what a person wants to know (base, licence, dimension, prompts).
Nothing in such a folder is ever run: no pickle, no code, safetensors only.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cards import Problem
from engine.models import Model, _folder
from engine.store import write_aside

if TYPE_CHECKING:
    from engine.models import Encoder

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
NOTE = "encoder.json"
CHOSEN = "chosen.json"

SETTINGS_BYTES = 64 << 20
"""The largest tokenizer.json of the common multilingual encoders has 17 MB."""
WEIGHTS_BYTES = 4 << 30

_TOP = {
    "modules.json", "config.json", "config_sentence_transformers.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt",
    "sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json",
    "sentence_mpnet_config.json", "sentence_xlm-roberta_config.json", "sentence_camembert_config.json",
    "model.safetensors", "README.md",
}  # fmt: skip
_AS_IT_IS = sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
"""Follow no link, wait for no pipe, and change no line end, on systems that have these flags."""
_PART = re.compile(r"[0-9]{1,2}_[A-Za-z0-9]{1,36}")
_LICENCE = re.compile(r"^license:[ \t]*[\"']?([A-Za-z0-9][A-Za-z0-9 .+_-]{0,60})", re.M)


def rows(home: Path) -> Iterator[Model]:
    """A catalogue row for each encoder of this home. One whose `encoder.json` can't be read has no SHA-256."""
    for note in sorted((home / "encoders").glob(f"*/{NOTE}")):
        if NAME.fullmatch(note.parent.name):
            yield _row(note)


def chosen(home: Path) -> str:
    """The name of the encoder that this home uses by default; "" = the catalogue's first."""
    try:
        name = json.loads((home / "encoders" / CHOSEN).read_bytes())["encoder"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ""
    return name if isinstance(name, str) and (home / "encoders" / name / NOTE).is_file() else ""


def choose(home: Path, name: str) -> None:
    """Make an encoder the default of this home; "" goes back to the catalogue's own. Raises Problem("no_encoder").

    The libraries of this home make their vectors again, in the background, as they are next used.
    """
    if name and not (NAME.fullmatch(name) and (home / "encoders" / name / NOTE).is_file()):
        raise Problem("no_encoder", f"This home has no encoder {name!r:.70}. `baton models list` names them.")
    write_aside(home / "encoders" / CHOSEN, json.dumps({"encoder": name}).encode())


def checked(note: Path) -> Path:
    """The encoder's note, after every file was compared with the SHA-256 that was noted.

    Raises Problem("model_missing") or Problem("model_changed").
    """
    said = _noted(note)
    for name, expected in said["files"].items():
        file = note.parent / name
        if not file.is_file():
            raise Problem("model_missing", f"{name} of the encoder {note.parent.name} is missing. Import it again.")
        if _sha256(file) != expected:
            raise Problem(
                "model_changed",
                f"{name} of the encoder {note.parent.name} is not the file that was imported. It is not loaded. "
                "Import it again under another name.",
            )
    return note


def imported(
    home: Path, folder: Path, name: str = "", *, query: str | None = None, document: str | None = None
) -> Model:
    """Copy a sentence-transformers folder into this home, try it, and give its row.

    `query` and `document` are prompts to use in place of the folder's own. Raises Problem with what
    can't be used: bad_name, name_taken, bad_encoder.
    """
    if not folder.is_dir():
        raise Problem("bad_encoder", f"{folder.name} is not a folder.")
    name = name or re.sub(r"[^a-z0-9._-]+", "-", folder.resolve().name.lower()).strip("-._")[:64]
    prompts = {key: text for key, text in (("query", query), ("document", document)) if text is not None}
    return _registered(home, folder, name, prompts, {"base": ""})


def adopt(home: Path, folder: Path, name: str, *, base: str, licence: str = "", note: str = "") -> Model:
    """The same for an encoder that was tuned here: `base` is the id of the one it was made from.

    `folder` is copied and may be removed afterwards. The licence is the base's.
    """
    return _registered(home, folder, name, {}, {"base": base, "licence": licence, "note": note})


def remove(home: Path, name: str) -> None:
    """Forget an encoder. Raises Problem("in_use") for the chosen one, Problem("no_encoder")."""
    if not (NAME.fullmatch(name) and (home / "encoders" / name / NOTE).is_file()):
        raise Problem("no_encoder", f"This home has no encoder {name!r:.70}. `baton models list` names them.")
    if chosen(home) == name:
        raise Problem("in_use", f"The encoder {name} is in use. Choose another first: `baton models use NAME`.")
    shutil.rmtree(home / "encoders" / name)


def _registered(home: Path, folder: Path, name: str, prompts: dict[str, str], told: dict[str, str]) -> Model:
    if not NAME.fullmatch(name):
        raise Problem("bad_name", "An encoder's name must be lower-case letters, digits, dots and hyphens.")
    place = home / "encoders" / name
    if place.exists():
        raise Problem("name_taken", f"This home has an encoder {name} already. Give another name (--name).")
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=place.parent))
    try:
        _copy(folder, aside)
        _prompt(aside, prompts)
        try:
            said = _described(aside, name) | {key: value for key, value in told.items() if value or key == "base"}
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise Problem("bad_encoder", f"{folder.name} can't be used as an encoder: {error}.") from error
        write_aside(aside / NOTE, json.dumps(said, indent=1, ensure_ascii=False).encode())
        _tried(aside / NOTE)
        aside.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return _row(place / NOTE)


def _copy(folder: Path, aside: Path) -> None:
    """Copy what an encoder is made of. Other files (code, other formats, pickles) stay where they are."""
    found = [file for file in _entries(folder) if file.name in _TOP]
    for part in _entries(folder):
        if _PART.fullmatch(part.name) and part.is_dir() and not part.is_symlink():
            found += [file for file in _entries(part) if file.name in _TOP]
    if not any(file.name == "model.safetensors" for file in found):
        raise Problem(
            "bad_encoder",
            f"{folder.name} holds no model.safetensors. Baton never loads weights in other forms, since they can "
            "carry code or be read wrongly. Save the model again with safetensors.",
        )
    for file in found:
        _copy_file(file, aside / file.relative_to(folder))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise Problem("bad_encoder", f"{folder.name} can't be read: {error.strerror}.") from error


def _copy_file(source: Path, target: Path) -> None:
    most = WEIGHTS_BYTES if source.suffix == ".safetensors" else SETTINGS_BYTES
    try:
        descriptor = os.open(source, os.O_RDONLY | _AS_IT_IS)
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode) or state.st_size > most:
                raise Problem("bad_encoder", f"{source.name} is no plain file of at most {most >> 20} MB.")
            target.parent.mkdir(exist_ok=True)
            with target.open("wb") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
    except OSError as error:
        raise Problem(
            "bad_encoder",
            f"{source.name} can't be copied: {error.strerror}. Links are not followed: copy the folder with its "
            "files first (`cp -rL`).",
        ) from error


def _prompt(folder: Path, prompts: dict[str, str]) -> None:
    """Write prompts that a person gave into the folder's own settings, where all readers look."""
    if not prompts:
        return
    file = folder / "config_sentence_transformers.json"
    try:
        said = json.loads(file.read_bytes()) if file.exists() else {}
        said["prompts"] = {**(said.get("prompts") or {}), **prompts}
    except (ValueError, TypeError, AttributeError) as error:
        raise Problem("bad_encoder", f"{file.name} can't be read: {error}.") from error
    file.write_text(json.dumps(said, indent=1, ensure_ascii=False), "utf-8")


def _described(folder: Path, name: str) -> dict[str, Any]:
    """What encoder.json says. Raises ValueError, KeyError or OSError where the folder is no encoder."""
    plan = _folder.read(folder)
    if "auto_map" in plan.config:
        raise ValueError("it needs program code of its own (auto_map in config.json)")
    if not (folder / plan.network / "tokenizer.json").exists():
        raise ValueError("it has no tokenizer.json")
    card = folder / "README.md"
    files = {str(file.relative_to(folder).as_posix()): _sha256(file) for file in sorted(folder.rglob("*"))
             if file.is_file() and file.name != card.name}  # fmt: skip
    return {
        "id": name,
        "sha256": _digest(files),
        "base": "",
        "licence": _licence(card.read_text("utf-8", "replace")) if card.exists() else "unknown",
        "runtime": "bert" if plan.fast else "sentence",
        "dimension": plan.dimension,
        "pooling": list(plan.pooling),
        "tokens": plan.tokens,
        "prompts": {"query": plan.query, "document": plan.document},
        "note": "" if plan.fast else f"Run by sentence-transformers itself (it has {plan.why}), which is slower.",
        "files": files,
    }


def _licence(card: str) -> str:
    """The licence that a model card's front matter names; "unknown" if none."""
    _, _, rest = card.partition("---\n")
    found = _LICENCE.search(rest.partition("\n---")[0]) if card.startswith("---\n") else None
    return found[1].strip() if found else "unknown"


def _tried(note: Path) -> None:
    """Load a new encoder and let it embed something: what is registered works. Raises Problem("bad_encoder")."""
    import numpy as np

    from engine.models import bert, sentence

    row = _row(note)
    encoder: Encoder = (bert if row.runtime == "bert" else sentence).load(row, note)
    found = encoder.encode(["A sentence.", "Another, longer sentence about something else."])
    said = int(_noted(note)["dimension"])
    if said == 0:  # a network whose settings don't name its width: believe what it gave
        write_aside(note, json.dumps(_noted(note) | {"dimension": int(found.shape[1])}, indent=1).encode())
    elif found.shape != (2, said):
        raise Problem("bad_encoder", f"Its vectors have {found.shape[1]} numbers where its settings say {said}.")
    if not np.isfinite(found).all() or abs(float(found[0] @ found[1])) > 1 - 1e-6:
        raise Problem("bad_encoder", "Its vectors are the same for different texts, or no numbers at all.")


def _row(note: Path) -> Model:
    try:
        said = _noted(note)
    except Problem as problem:
        return Model(note.parent.name, "encoder", "bert", str(note), "", "unknown", note=problem.sentence)
    told = f"Made from {said['base']}." if said.get("base") else str(said.get("note", ""))
    return Model(
        note.parent.name if not note.parent.name.startswith(".") else said["id"],
        "encoder",
        str(said["runtime"]),
        str(note),
        str(said["sha256"]),
        str(said["licence"]),
        note=told,
    )


def _noted(note: Path) -> dict[str, Any]:
    """What an encoder.json says, if it is whole and its SHA-256 is that of its list of files."""
    try:
        said: dict[str, Any] = json.loads(note.read_bytes())
        files = said["files"]
        whole = said["sha256"] == _digest(files) and "model.safetensors" in {Path(name).name for name in files}
        whole = whole and said["runtime"] in ("bert", "sentence") and "licence" in said and "dimension" in said
        whole = whole and all(not Path(name).is_absolute() and ".." not in Path(name).parts for name in files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Problem("model_changed", f"The encoder {note.parent.name} has a damaged {NOTE}.") from error
    if not whole:
        raise Problem("model_changed", f"The encoder {note.parent.name} has a damaged {NOTE}.")
    return said


def _digest(files: dict[str, str]) -> str:
    """Names the encoder's vectors: any change to weights, vocabulary, pooling or prompts changes it."""
    return hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
