"""Keeps the vectors of one index as rows of a file, small and near exact."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.store import write_aside

if TYPE_CHECKING:
    import numpy

FORMAT = 1
NOTE = "index.json"
"""The one file whose replacement brings a new index to life: it names the others, with their SHA-256."""
AT_ONCE = 16384
"""Rows held as float32 at a time: 25 MB at 384 dimensions."""
INT8_MOST = 127


class Rows:
    """Vectors by their position, 0 first.

    As float16 they are what `library.db` keeps. As int8, each with a scale of its own, a dot product of unit
    vectors is off by 0.0004 (standard deviation, MiniLM's vectors): the ten best of a million are right to 99.2 %.
    """

    def __init__(self, codes: numpy.ndarray, scales: numpy.ndarray | None = None) -> None:
        """`codes` (count, dimension) is float32, float16 or int8; int8 comes with `scales` (count), float32."""
        self._codes = codes
        self._scales = scales

    def __len__(self) -> int:
        return len(self._codes)

    def vectors(self, positions: numpy.ndarray) -> numpy.ndarray:
        """The vectors at these positions, float32, in their order."""
        import numpy as np

        taken: numpy.ndarray = self._codes[positions].astype(np.float32)
        if self._scales is not None:
            taken *= self._scales[positions, None]
        return taken

    def likeness(self, vector: numpy.ndarray, positions: numpy.ndarray | None = None) -> numpy.ndarray:
        """Dot products with one float32 vector: of the rows at `positions`, or of all of them. float32."""
        import numpy as np

        if positions is None:
            positions = np.arange(len(self._codes)) if self._codes.dtype != np.float32 else None
        if positions is None:
            return dots(self._codes, vector)
        parts = []
        for start in range(0, len(positions), AT_ONCE):
            here = positions[start : start + AT_ONCE]
            scores = dots(self._codes[here].astype(np.float32), vector)
            parts.append(scores if self._scales is None else scores * self._scales[here])
        return np.concatenate(parts) if parts else np.empty(0, np.float32)


def dots(rows: numpy.ndarray, vector: numpy.ndarray) -> numpy.ndarray:
    """Dot products of contiguous float32 rows with one vector, in the calling thread alone.

    NumPy would share the rows out among all cores, and wait for a core that is busy with something else.
    """
    import faiss
    import numpy as np

    count, dimension = rows.shape
    found = np.empty(count, np.float32)
    if count:
        pointers = [faiss.swig_ptr(array) for array in (found, vector, rows)]
        faiss.fvec_inner_products_ny(*pointers, dimension, count)  # type: ignore[attr-defined] # the stubs lack it
    return found


def squeezed(vectors: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """float32 vectors as (int8 codes, float32 scales): the largest number of each vector becomes 127."""
    import numpy as np

    scales = np.abs(vectors).max(axis=1) / INT8_MOST
    scales[scales == 0] = 1.0
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def write_note(folder: Path, note: dict[str, Any]) -> None:
    """Bring the files that the note names to life."""
    write_aside(folder / NOTE, json.dumps(note | {"check": _check(note)}, indent=1).encode())


def read_note(folder: Path) -> dict[str, Any] | None:
    """The note of a folder, or None when there is none, or it is not as it was written."""
    try:
        note = json.loads((folder / NOTE).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(note, dict) or note.pop("check", "") != _check(note) or note["format"] != FORMAT:
        return None
    return note


def _check(note: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(note, sort_keys=True).encode()).hexdigest()


def checked(path: Path, sha256: str) -> numpy.ndarray | None:
    """The bytes of a file (uint8), mapped into memory; None when it is not there, or not as it was written.

    The mapped bytes are the ones hashed. So they are in memory then, and no search waits for a page.
    """
    import numpy as np

    try:
        data = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
    except FileNotFoundError:
        return None
    return np.asarray(data) if hashlib.sha256(data.data).hexdigest() == sha256 else None


def sweep(folder: Path, keep: Sequence[str]) -> None:
    """Remove all files of a folder but its note and those to keep."""
    for path in folder.iterdir():
        if path.name == NOTE or path.name in keep:
            continue
        try:
            path.unlink()
        except PermissionError:  # Windows: another engine still reads it; the next build removes it
            continue
