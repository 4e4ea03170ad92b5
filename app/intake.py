"""Takes files in: what a path stands for, read once, without following links."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from engine.cards import Problem
from engine.readers import USUAL, Limits
from engine.store import Store


@dataclass(frozen=True, slots=True)
class Taken:
    """A file's bytes, or the problem that kept it out. `source` is safe to show and to store."""

    source: str
    data: bytes = b""
    problem: Problem | None = None


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files meant: a folder means all files below it, in order, without hidden ones and links.

    Raises Problem("no_file").
    """
    for path in paths:
        try:
            folder, there = path.is_dir(), path.exists() or path.is_symlink()
        except OSError as error:
            raise Problem("no_file", f"{shown(path):.200} can't be opened: {error.strerror}.") from error
        if not there:
            raise Problem("no_file", f"There is no file or folder {shown(path)}.")
        yield from sorted(_below(path)) if folder else [path]


def take(path: Path, limits: Limits = USUAL) -> Taken:
    """Read one file. What can't be read becomes a problem with a reason, not an error."""
    source = shown(path.absolute())
    try:
        return Taken(source, _bytes(path, limits.bytes))
    except Problem as problem:
        return Taken(source, problem=problem)
    except OSError as error:
        return Taken(source, problem=Problem("unreadable", f"The file can't be opened: {error.strerror}."))
    except ValueError:
        return Taken(source, problem=Problem("unreadable", "The file can't be opened: there is no such name."))


def kept(taken: Taken, store: Store) -> tuple[str, int]:
    """The hash and size of a file whose bytes are in the store now. Raises Problem("not_kept")."""
    if taken.problem is not None:
        return hashlib.sha256(taken.source.encode()).hexdigest(), 0
    try:
        return store.put(taken.data), len(taken.data)
    except OSError as error:
        said = (
            f"{PurePath(taken.source).name:.80} can't be kept ({error.strerror or error}). Make room on the disk, and "
            "add the files again: those that are in already are not taken in twice."
        )
        raise Problem("not_kept", said) from error


def shown(path: Path) -> str:
    """A path as text: odd bytes and control characters are escaped, so that it can't pretend."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _below(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder, onerror=_refuse, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(root, name)
            if not name.startswith(".") and not path.is_symlink() and path.is_file():
                yield path


def _refuse(error: OSError) -> None:
    """A folder that can't be looked into is not an empty one."""
    where = shown(Path(error.filename or ""))
    raise Problem("unreadable", f"The folder {where} can't be opened: {error.strerror}.") from error


def _bytes(path: Path, most: int) -> bytes:
    """The bytes of a regular file, from the very file that was checked."""
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Problem("not_a_file", "It is not an ordinary file, but a device, a pipe or a link.")
        if status.st_size > most:  # a sparse file can say terabytes; nothing of it is read
            raise _too_large(most)
        data = file.read(most + 1)
    if len(data) > most:  # it has grown meanwhile
        raise _too_large(most)
    return data


def _too_large(most: int) -> Problem:
    return Problem("too_large", f"The file is larger than {most // 2**20} MiB. Try it with larger limits, or split it.")
