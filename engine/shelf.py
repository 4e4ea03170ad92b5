"""Finds what stands on a shelf: every module in one of the engine's folders."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from types import ModuleType

from engine.cards import Problem


def modules(shelf: ModuleType) -> dict[str, ModuleType]:
    """The shelf's modules by name, in order; names with an underscore are its private parts.

    Raises Problem("empty_shelf"): a packager that forgot the files must not look like a firm
    without agents.
    """
    return dict(_found(shelf.__name__, tuple(shelf.__path__)))


@functools.cache
def _found(shelf: str, folders: tuple[str, ...]) -> dict[str, ModuleType]:
    names = [part.name for part in pkgutil.iter_modules(folders) if not part.name.startswith("_")]
    if not names:
        raise Problem("empty_shelf", f"The folder {shelf} is empty: this installation is incomplete.")
    return {name: importlib.import_module(f"{shelf}.{name}") for name in sorted(names)}
