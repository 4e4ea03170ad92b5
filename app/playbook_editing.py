"""Lists playbooks, and changes the operator's own: copied with their documents, checked while written, kept by version.

They lie in HOME/playbooks: NAME.toml is what works; NAME.draft is what is being written, until it is saved; what was
there before lies in .versions/NAME, numbered.
"""

from __future__ import annotations

import datetime
import itertools
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.language import _
from engine import playbook, toolbox
from engine.cards import Problem
from engine.fleet import ASSETS
from engine.playbook import Complaint, Playbook
from engine.store import write_aside

if TYPE_CHECKING:
    from app.desk import Desk

_NAMED = re.compile(r"""^(name\s*=\s*)(?:"[^"\n]*"|'[^'\n]*')""", re.MULTILINE)
"""Where a playbook says its own name: no table stands before it."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
KEPT = 50
"""Versions of one playbook that stay."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A playbook as lists show it. `complaint` is the first thing wrong with it; `hides` says that one is shipped, too.

    `draft` says that something was written that is not saved.
    """

    name: str
    title: str
    own: bool
    hides: bool
    complaint: str
    intents: int
    draft: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A playbook's text, what was written since (None = nothing), and the versions before, the newest first."""

    name: str
    text: str
    own: bool
    draft: str | None
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    saved: str
    """When it gave way to the next one (ISO, UTC)."""
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a text, and the playbook that it makes, as far as it does. `hints` are for a sound one."""

    playbook: Playbook | None
    complaints: tuple[Complaint, ...]
    hints: tuple[Complaint, ...] = ()

    @property
    def sound(self) -> bool:
        return self.playbook is not None and not self.complaints


def listed(desk: Desk) -> list[Listed]:
    """All playbooks, the operator's own first."""
    shipped = {path.stem for path in (ASSETS / "playbooks").glob("*.toml")}
    found = []
    for name, path in playbook.playbooks(desk.home).items():
        own = path.parent == _folder(desk.home)
        draft = own and _drafted(desk.home, name)
        try:
            book = playbook.find(desk.home, name)
            found.append(Listed(name, book.title, own, own and name in shipped, "", len(book.intents), draft))
        except Problem as problem:
            found.append(Listed(name, "", own, own and name in shipped, problem.sentence, 0, draft))
    return sorted(found, key=lambda one: (not one.own, one.name))


def opened(desk: Desk, name: str) -> Opened:
    """Raises Problem("no_playbook")."""
    path = _path(desk.home, name)
    own = path.parent == _folder(desk.home)
    written = _read(_draft(desk.home, name)) if own and _drafted(desk.home, name) else None
    return Opened(name, _read(path), own, written, tuple(_versions(desk.home, name)))


def checked(desk: Desk, name: str, text: str) -> Checked:
    """What is wrong with a text that is to be the operator's playbook of that name.

    It is written beside that, as the draft: file names in it count from there, and a crash does not cost it.
    Raises Problem("not_kept").
    """
    keep_draft(desk, name, text)
    draft = _draft(desk.home, name)
    return _examined(draft if draft.exists() else _own(desk.home, name))


def keep_draft(desk: Desk, name: str, text: str) -> None:
    """Keep what was written, without a look at it; what the playbook itself says is no draft of it.

    Raises Problem("not_kept"), with what was kept before still there.
    """
    try:
        if _text(_own(desk.home, name)) == text:
            discard(desk, name)
        elif _text(_draft(desk.home, name)) != text:
            write_aside(_draft(desk.home, name), text.encode("utf-8", "replace"))
    except OSError as error:
        said = _("What you wrote in {name} can't be kept: {reason}. Make room on the disk and write on.")
        raise Problem("not_kept", said.format(name=f"{name!r:.60}", reason=error.strerror or error)) from error


def as_it_is(desk: Desk, name: str) -> Checked:
    """The same for a playbook as it stands. Raises Problem("no_playbook")."""
    return _examined(_path(desk.home, name))


def save(desk: Desk, name: str, text: str) -> None:
    """Let that text work from the next task on; what was there before becomes a version.

    Where it works already, nothing is done. Raises Problem("bad_playbook") when it is not sound: a task would have to
    stop at it; and Problem("not_kept").
    """
    found = checked(desk, name, text)
    if not found.sound:
        raise Problem("bad_playbook", f"It is not sound: {found.complaints[0]}")
    if (draft := _draft(desk.home, name)).exists():
        _keep(desk.home, name)
        draft.replace(_own(desk.home, name))


def discard(desk: Desk, name: str) -> None:
    """Drop what was written and not saved."""
    _draft(desk.home, name).unlink(missing_ok=True)


def free_name(rows: Sequence[Listed], name: str) -> str:
    """What a copy of the playbook of that name may be called."""
    stem = name[:58] if playbook.NAME.fullmatch(name) else "playbook"
    names = (f"{stem}-{number}" for number in itertools.count(2))
    return next(free for free in names if not name_fault(rows, name, free))


def name_fault(rows: Sequence[Listed], name: str, called: str) -> str:
    """Why a copy of the playbook of that name can't be called so; "" = it can.

    With the name of the one that it is a copy of it works in its place.
    """
    if not playbook.NAME.fullmatch(called):
        return _("A name has lower-case letters, digits and hyphens, such as “front-desk”, and no more than 64.")
    known = {row.name: row.own for row in rows}
    if known.get(called):
        return _("You have a playbook of this name already.")
    return _("Another shipped playbook has this name.") if called in known and called != name else ""


def copied(desk: Desk, name: str, called: str) -> None:
    """Make a shipped playbook the operator's own, with the files that it names, under a name that may be the same.

    Under another name its documents have collections of their own: a home has one collection of a name, and both
    playbooks would answer from what either of them names. Raises Problem("bad_name") when it can't be called so.
    """
    if fault := name_fault(listed(desk), name, called):
        raise Problem("bad_name", fault)
    path, target = _path(desk.home, name), _own(desk.home, called)
    text = _NAMED.sub(lambda line: f'{line[1]}"{called}"', _read(path), count=1)
    files = _folder(desk.home) / called
    for named in dict.fromkeys(_named(tomllib.loads(text), path.parent)):
        source = (path.parent / named).resolve()
        kept = next(free for free in _names(source.name) if not (files / free).exists())
        files.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, files / kept)
        for mark in "\"'":
            text = text.replace(f"{mark}{named}{mark}", f"{mark}{called}/{kept}{mark}")
    write_aside(target, (text if called == name else _apart(text, name, called)).encode())


def _apart(text: str, name: str, called: str) -> str:
    """The text with other names for the collections whose documents it names."""
    for collection, one in tomllib.loads(text).get("collections", {}).items():
        if one.get("documents") and _BARE.fullmatch(collection):
            own = called if collection == name else f"{called}-{collection}"
            heading = rf"""^(\[\s*collections\s*\.\s*)["']?{re.escape(collection)}["']?(?=\s*\])"""
            text = re.sub(heading, rf"\g<1>{own}", text, flags=re.MULTILINE)
    return text


def removed(desk: Desk, name: str) -> None:
    """Take the operator's own playbook away; what it said stays as its last version. Its files stay, too."""
    _keep(desk.home, name)
    discard(desk, name)
    _own(desk.home, name).unlink(missing_ok=True)


def _examined(path: Path) -> Checked:
    book, complaints = playbook.examined(path)
    found = Checked(book, complaints)
    return Checked(book, complaints, playbook.hints(path)) if found.sound else found


def _named(table: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """The files and folders that a playbook names, as it names them, where they lie beside it."""
    names: list[Any] = [name for one in table.get("collections", {}).values() for name in one.get("documents", ())]
    for grant in table.get("tools", {}).values():
        names += toolbox.files(grant.get("tool", ""), grant.get("given", {}))
    yield from (name for name in names if isinstance(name, str) and (folder / name).exists())


def _names(name: str) -> Iterator[str]:
    """A file's name, and others for it where that is taken."""
    yield name
    yield from (f"{number}-{name}" for number in itertools.count(2))


def _keep(home: Path, name: str) -> None:
    """What works now, as a version; unless it is the last one already."""
    path = _own(home, name)
    if not path.exists():
        return
    before, text = list(_versions(home, name)), _read(path)
    if before and before[0].text == text:
        return
    number = before[0].number + 1 if before else 1
    try:
        write_aside(_folder(home) / ".versions" / name / f"{number}.toml", text.encode("utf-8", "replace"))
    except OSError as error:
        said = _("What {name} says now can't be kept as a version: {reason}. Make room on the disk and try again.")
        raise Problem("not_kept", said.format(name=f"{name!r:.60}", reason=error.strerror or error)) from error
    for old in before[KEPT - 1 :]:
        (_folder(home) / ".versions" / name / f"{old.number}.toml").unlink(missing_ok=True)


def _versions(home: Path, name: str) -> Iterator[Version]:
    folder = _folder(home) / ".versions" / name
    files = [path for path in folder.glob("*.toml") if path.stem.isdecimal()]
    for path in sorted(files, key=lambda path: -int(path.stem)):
        saved = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.UTC)
        yield Version(int(path.stem), saved.isoformat(timespec="seconds"), _read(path))


def _folder(home: Path) -> Path:
    return home / "playbooks"


def _own(home: Path, name: str) -> Path:
    return _folder(home) / f"{name}.toml"


def _draft(home: Path, name: str) -> Path:
    return _folder(home) / f"{name}.draft"


def _drafted(home: Path, name: str) -> bool:
    """Whether there is a draft that says something else than the playbook."""
    draft = _draft(home, name)
    return draft.exists() and _text(draft) != _text(_own(home, name))


def _path(home: Path, name: str) -> Path:
    """Of a playbook that is there; a name that a person did not choose from the list is no path."""
    path = playbook.playbooks(home).get(name)
    if path is None:
        raise Problem("no_playbook", f"There is no playbook {name!r:.60} any more.")
    return path


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig", "replace")
    except OSError as error:
        raise Problem("no_playbook", f"{path.name} can't be read: {error.strerror}.") from error


def _text(path: Path) -> str | None:
    """What is there to be read, to hold it against another text."""
    try:
        return path.read_text("utf-8-sig", "replace")
    except OSError:
        return None
