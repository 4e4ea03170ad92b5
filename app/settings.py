"""The few things a person may set, in `settings.toml` of the home."""

from __future__ import annotations

import getpass
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from engine.cards import Problem, build


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"


@dataclass(frozen=True, slots=True)
class Settings:
    """`playbook` is used where none is named; `reviewer` is written beside each decision."""

    playbook: str = "front-desk"
    reviewer: str = field(default_factory=_user)


def read(home: Path) -> Settings:
    """The home's settings; what is not set has a good default. Raises Problem("bad_settings")."""
    path = home / "settings.toml"
    if not path.exists():
        return Settings()
    try:
        settings: Settings = build(Settings, tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem("bad_settings", f"{path.name} is not valid TOML: {error}.") from error
    except Problem as problem:
        raise Problem("bad_settings", f"{path.name}: {problem.sentence}") from problem
    return settings
