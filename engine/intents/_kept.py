"""Keeps a trained head in one file: arrays and a JSON note, no pickle."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.store import write_aside

if TYPE_CHECKING:
    import numpy

Kept = TypeVar("Kept")


def write(path: Path, note: Mapping[str, Any], arrays: Mapping[str, numpy.ndarray]) -> None:
    """Write the file whole, or not at all."""
    import numpy as np

    body = io.BytesIO()
    np.savez(body, note=np.frombuffer(json.dumps(note).encode(), np.uint8), **arrays)  # type: ignore[arg-type]
    write_aside(path, body.getvalue())


def read(
    path: Path, encoder: str, version: int, made: Callable[[dict[str, Any], dict[str, numpy.ndarray]], Kept]
) -> tuple[Kept, str] | None:
    """What `made` makes of the note and the arrays of the file at `path`, and what it was made from.

    None when there is no file, when it is damaged, and when its note names another encoder or version.
    """
    import zipfile

    import numpy as np

    damage = (ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError, NotImplementedError)
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            note = json.loads(kept["note"].tobytes())
            if note["encoder"] != encoder or note["version"] != version:
                return None
            arrays = {name: kept[name] for name in kept.files if name != "note"}
            return made(note, arrays), str(note["made_from"])
    except (FileNotFoundError, RuntimeError, *damage):
        return None
