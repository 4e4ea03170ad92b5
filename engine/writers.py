"""Keeps the writing models that came to this home, and which of them serves which role.

Each lies in HOME/models/NAME: the GGUF file, and `model.json` beside it with its SHA-256, how it is asked, and
what a person wants to know. `chosen.json` says who serves. Nothing in such a file is ever run: see `gguf.py`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from engine import gguf
from engine.cards import Problem
from engine.encoders import NAME
from engine.models import Model, llama
from engine.store import write_aside

ROLES = ("drafter", "fallback")
"""What a model that writes can be here: the drafter, and the larger model (`fallback`)."""
NOTE, FILE, CHOSEN = "model.json", "model.gguf", "chosen.json"

USUAL_CONTEXT, LEAST_CONTEXT = 4096, 512
"""Tokens. The drafter's longest brief with its request has some 1,500; a longer context costs memory and brings
nothing."""
SPARE_DISK = 256 << 20
"""Bytes that a copy leaves free on the disk: log and library must go on."""
_PIECE = 4 << 20
_FORGOTTEN = 86_400.0
"""Seconds after which a copy that nobody finished is cleared away."""
_WAIT_FOR_NOTHING = sum(getattr(os, flag, 0) for flag in ("O_NONBLOCK", "O_BINARY"))
_NO_WRITERS = {
    "bert", "clip", "eurobert", "gemma-embedding", "jina-bert-v2", "jina-bert-v3", "modern-bert", "neo-bert",
    "nomic-bert", "nomic-bert-moe", "t5encoder", "wavtokenizer-dec",
}  # fmt: skip


def rows(home: Path) -> Iterator[Model]:
    """A catalogue row for each role that a model of this home was chosen for."""
    for role, name in chosen(home).items():
        yield _row(home / "models" / name / NOTE, role)


def kept(home: Path) -> Iterator[Model]:
    """A row for each model that was imported, for the role it was meant for, chosen or not.

    One whose `model.json` can't be read has no SHA-256, and a note that says so.
    """
    for note in sorted((home / "models").glob(f"*/{NOTE}")):
        if NAME.fullmatch(note.parent.name):
            yield _row(note)


def chosen(home: Path) -> dict[str, str]:
    """The names of the imported models that serve, by role."""
    try:
        said = json.loads((home / "models" / CHOSEN).read_bytes())
        names = {role: said[role] for role in ROLES if isinstance(said.get(role), str)}
    except (FileNotFoundError, ValueError, AttributeError):
        return {}
    return {role: name for role, name in names.items() if _is_kept(home, name)}


def choose(home: Path, role: str, name: str) -> None:
    """Let a model serve a role; "" goes back to what the catalogue has for it. Raises Problem("no_model")."""
    if role not in ROLES:
        raise Problem("no_role", f"There is no role {role!r:.40} for a model that writes: {' or '.join(ROLES)}.")
    if name and not _is_kept(home, name):
        raise _none(name)
    now = {one: other for one, other in chosen(home).items() if one != role} | ({role: name} if name else {})
    write_aside(home / "models" / CHOSEN, json.dumps(now).encode())


def remove(home: Path, name: str) -> None:
    """Delete a model's copy. Raises Problem("in_use") for one that serves, Problem("no_model")."""
    if not _is_kept(home, name):
        raise _none(name)
    if roles := [role for role, serves in chosen(home).items() if serves == name]:
        raise Problem("in_use", f"{name} is in use as {' and '.join(roles)}. Choose another for that first.")
    shutil.rmtree(home / "models" / name)


def name_for(file: Path) -> str:
    """How a model is called here if nobody says otherwise: its file's name, in letters that names may have."""
    return re.sub(r"[^a-z0-9._-]+", "-", file.stem.lower()).strip("-._")[:64] or "model"


def importing(
    home: Path, file: Path, name: str = "", *, role: str = "drafter", context: int = 0, template: str = "",
    sha256: str = "",
) -> Generator[tuple[int, int], None, Model]:  # fmt: skip
    """Copy a GGUF file into this home; yields how many bytes of how many are copied, and returns its row.

    What stops half-way leaves nothing behind, and serves nobody before `choose`. `context` 0 and `template` "" =
    what suits the model; `sha256` is what the publisher says, if known. Raises Problem: bad_name, name_taken,
    bad_model, bad_context, bad_template, disk_full, wrong_checksum.
    """
    name = name or name_for(file)
    place = home / "models" / name
    if not NAME.fullmatch(name):
        raise Problem("bad_name", "A model's name must be lower-case letters, digits, dots and hyphens.")
    if place.exists():
        raise Problem("name_taken", f"This home has a model {name} already. Give another name.")
    with _opened(file) as source:
        size = os.fstat(source.fileno()).st_size
        asked = _asked(gguf.header(source, size), role, context, template)  # before anything is copied
        _room(home, size)
        place.parent.mkdir(parents=True, exist_ok=True)
        _clear(place.parent)
        aside = Path(tempfile.mkdtemp(prefix=".new-", dir=place.parent))
        try:
            found = yield from _copied(source, aside / FILE, size)
            if sha256 and sha256.strip().lower() != found:
                raise Problem(
                    "wrong_checksum",
                    f"The SHA-256 of {file.name} is {found}, not the one you gave. Get the file again from its source.",
                )
            header = gguf.read(aside / FILE)  # of the copy: the source may have changed meanwhile
            said = {"id": name, "sha256": found, "bytes": size, "from": file.name} | asked | _about(header)
            write_aside(aside / NOTE, json.dumps(said, indent=1, ensure_ascii=False).encode())
            aside.rename(place)
        except OSError as error:
            raise _failed(file, error) from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return _row(place / NOTE)


def _opened(file: Path) -> BinaryIO:
    try:
        opened = os.fdopen(os.open(file, os.O_RDONLY | _WAIT_FOR_NOTHING), "rb")
    except OSError as error:
        raise Problem("bad_model", f"{file.name} can't be read: {error.strerror}.") from error
    if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        opened.close()
        raise Problem("bad_model", f"{file.name} is no plain file.")
    return opened


def _asked(said: gguf.Header, role: str, context: int, template: str) -> dict[str, Any]:
    """How the model will be asked. Raises Problem for a file that can't write, or can't be asked like this."""
    if role not in ROLES:
        raise Problem("no_role", f"There is no role {role!r:.40} for a model that writes: {' or '.join(ROLES)}.")
    if said.parts > 1:
        raise _unfit(f"It is one of {said.parts} parts. Join them first (`llama-gguf-split --merge`).")
    if said.architecture in _NO_WRITERS or said.kind in ("adapter", "mmproj", "imatrix"):
        raise _unfit(f"It is no model that writes ({said.kind or said.architecture}).")
    if not said.tokenizer:
        raise _unfit("It has no vocabulary, so no text can be given to it.")
    if template and template not in llama.TEMPLATES:
        raise Problem(
            "bad_template", f"There is no template {template!r:.40}. Baton knows {', '.join(llama.TEMPLATES)}."
        )
    most = said.context or USUAL_CONTEXT
    if context and not LEAST_CONTEXT <= context <= most:
        raise Problem("bad_context", f"The context must be {LEAST_CONTEXT} to {most} tokens for this model.")
    known = said.template if said.template in llama.TEMPLATES else "plain"
    return {"role": role, "context": context or min(most, USUAL_CONTEXT), "template": template or known}


def _about(said: gguf.Header) -> dict[str, Any]:
    return {
        "name": said.name,
        "licence": said.licence or "unknown",
        "architecture": said.architecture,
        "parameters": said.parameters,
        "quantisation": said.quantisation,
        "trained_context": said.context,
        "chat": said.template,
    }


def _room(home: Path, size: int) -> None:
    there = home if home.exists() else next(parent for parent in home.parents if parent.exists())
    free = shutil.disk_usage(there).free
    if free < size + SPARE_DISK:
        raise Problem(
            "disk_full",
            f"The copy needs {size / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free on the disk of {home}. Make room, "
            "or set BATON_HOME to a folder on another disk.",
        )


def _copied(source: BinaryIO, target: Path, size: int) -> Generator[tuple[int, int], None, str]:
    """Copy and hash in one go, to the disk; returns the SHA-256 of what was copied."""
    digest, done = hashlib.sha256(), 0
    source.seek(0)
    with target.open("wb") as copy:
        while done < size and (piece := source.read(min(_PIECE, size - done))):
            digest.update(piece)
            copy.write(piece)
            done += len(piece)
            yield done, size
        copy.flush()
        os.fsync(copy.fileno())
    if done != size:
        raise _unfit("It became shorter while it was copied.")
    return digest.hexdigest()


def _clear(folder: Path) -> None:
    """Take away the copies that a crash left half-made; not those that another Baton makes right now."""
    for aside in folder.glob(".new-*"):
        with suppress(FileNotFoundError):  # done meanwhile
            if time.time() - aside.stat().st_mtime > _FORGOTTEN:
                shutil.rmtree(aside, ignore_errors=True)


def _is_kept(home: Path, name: str) -> bool:
    return bool(NAME.fullmatch(name)) and (home / "models" / name / NOTE).is_file()


def _row(note: Path, role: str = "") -> Model:
    name, file = note.parent.name, str(note.parent / FILE)
    try:
        said = json.loads(note.read_bytes())
        return Model(
            name, role or _one_of(ROLES, said["role"]), "llama", file, str(said["sha256"]), str(said["licence"]),
            int(said["context"]), _one_of(llama.TEMPLATES, said["template"]), _told(said),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        damaged = f"The model {name} has a damaged {NOTE}. Remove it, and import it again."
        return Model(name, role or "drafter", "llama", file, "", "unknown", template="plain", note=damaged)


def _told(said: dict[str, Any]) -> str:
    """What a person wants to know of it, in a sentence or two."""
    what = f"{said['name'] or said['id']}, {said['parameters'] / 1e6:,.0f} million weights, from {said['from']}."
    if said["chat"] in llama.TEMPLATES or said["template"] != "plain":
        return what
    chat = f"the chat form {said['chat']}" if said["chat"] not in ("", "unknown") else "a chat form"
    lacks = f"It was made for {chat}, which Baton does not know" if said["chat"] else "It names no chat form"
    return f"{what} {lacks}: it is asked in plain turns."


def _one_of(known: Any, word: Any) -> str:
    if word not in known:
        raise ValueError(word)
    return str(word)


def _failed(file: Path, error: OSError) -> Problem:
    if error.errno == errno.ENOSPC:
        return Problem("disk_full", f"The disk became full while {file.name} was copied. Make room, and try again.")
    if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
        return Problem("name_taken", "A model of that name came to this home meanwhile. Give another name.")
    return Problem("bad_model", f"{file.name} can't be copied: {error.strerror}.")


def _unfit(why: str) -> Problem:
    return Problem("bad_model", f"This file can't be used as a model. {why}")


def _none(name: str) -> Problem:
    return Problem("no_model", f"This home has no model {name!r:.70}. `baton models list` names them.")
