"""The few things a person may set, in `settings.toml` of the home."""

from __future__ import annotations

import getpass
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.language import NAMES
from engine.cards import Problem
from engine.codec import build
from engine.store import write_aside

LONGEST = 100
"""Characters of a name."""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"


@dataclass(frozen=True, slots=True)
class Settings:
    """`playbook` is used where none is named; `reviewer` is written beside each decision.

    `roles` are the reviewer's. Where none is named, the desk is one person's, who may do all.
    `language` is the window's, such as `de`; "" = as the system says.
    """

    playbook: str = "front-desk"
    reviewer: str = field(default_factory=_user)
    roles: tuple[str, ...] = ()
    language: str = ""

    def refusal(self, role: str) -> str:
        """Why the reviewer may not decide on a task for that role; "" = may."""
        held = {one.strip().casefold() for one in self.roles}
        if not role.strip() or not held or role.strip().casefold() in held:
            return ""
        mine = ", ".join(one.strip() for one in self.roles)
        return f"This task is for: {role}. {self.reviewer} reviews as: {mine}."


def read(home: Path) -> Settings:
    """The home's settings; what is not set has a good default. Raises Problem("bad_settings")."""
    path = home / "settings.toml"
    if not path.exists():
        return Settings()
    try:
        settings: Settings = build(Settings, _flat(tomllib.loads(path.read_text("utf-8"))))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem("bad_settings", f"{path.name} is not valid TOML: {error}.") from error
    except Problem as problem:
        raise Problem("bad_settings", f"{path.name}: {problem.sentence}") from problem
    return settings


def write(home: Path, settings: Settings) -> None:
    """Keep these settings; what the file said before stays beside it. Raises Problem("bad_settings")."""
    path = home / "settings.toml"
    names = (settings.playbook, settings.reviewer, *settings.roles)
    if settings.language not in {"", *NAMES}:
        raise Problem("bad_settings", f"The window speaks {', '.join(NAMES)}, and not {settings.language!r}.")
    if not all(name.strip() and name.isprintable() and len(name) <= LONGEST for name in names):
        raise Problem("bad_settings", f"A name has 1 to {LONGEST} characters, and no line breaks among them.")
    roles = ", ".join(_quoted(role) for role in settings.roles)
    rest = f"roles = [{roles}]\n" if roles else ""
    spoken = f"language = {_quoted(settings.language)}\n" if settings.language else ""
    first = f"playbook = {_quoted(settings.playbook)}\n{spoken}"
    text = f"{first}\n[reviewer]\nname = {_quoted(settings.reviewer)}\n{rest}"
    try:
        if path.exists():
            write_aside(path.with_suffix(".before.toml"), path.read_bytes())
        write_aside(path, text.encode())
    except OSError as error:
        raise Problem("bad_settings", f"{path} can't be written: {error.strerror}.") from error


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own (TOML 1.0)."""
    return json.dumps(text, ensure_ascii=False)


def _flat(table: dict[str, Any]) -> dict[str, Any]:
    """`[reviewer]` with `name` and `roles`, or just `reviewer = "name"`: both say who it is."""
    person = table.get("reviewer")
    if not isinstance(person, dict):
        return table
    if unknown := sorted(person.keys() - {"name", "roles"}):
        raise Problem("bad_settings", f"[reviewer] has no {', '.join(unknown)}; it may have name and roles.")
    rest = {key: value for key, value in table.items() if key != "reviewer"}
    named = {"reviewer": person["name"]} if "name" in person else {}
    return rest | named | ({"roles": person["roles"]} if "roles" in person else {})
