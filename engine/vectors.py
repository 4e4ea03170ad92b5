"""Finds the nearest vectors of one collection, exactly in a small one and with a measured recall in a large one.

An index is files derived from `library.db`, in a folder of its own. `build` makes them beside the old ones and
replaces its note last; `load` opens them, if they are the very files that were written. FAISS loads a damaged
file without a word and answers wrongly from it, so every file carries its SHA-256.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine._vectors_build import FLAT_BELOW, build
from engine._vectors_rows import Rows, checked, dots, read_note

if TYPE_CHECKING:
    import faiss
    import numpy

__all__ = ["FLAT_BELOW", "Index", "build", "load"]

FEW = 10_000
FEW_SHARE = 20
"""A filter that leaves so few vectors, or one in twenty, is searched exactly: some milliseconds at most."""
WIDER = 4
"""So many times further is looked when a filter leaves only a part of the vectors, and again if that is too little."""
MOSTLY = 0.9


class Index:
    """The vectors of one collection: those of the files, and beside them those that came or went since.

    For one thread at a time. What `add` and `remove` do is kept in memory only; `library.db` has the truth.
    """

    def __init__(self, ids: numpy.ndarray, rows: Rows, lists: faiss.Index | None, note: dict[str, Any]) -> None:
        """`ids` ascend and name the `rows`; `lists` find candidates among them (None: all rows are looked at).

        `note` says how it was built: kind, count, dimension, probes, depth, and the recall that was measured.
        """
        import numpy as np

        self.note = note
        self._ids = ids
        self._rows = rows
        self._lists = lists
        self._alive = np.ones(len(ids), np.bool_)
        self._gone = 0
        self._new_ids = np.empty(0, np.int64)
        self._new = np.empty((0, note["dimension"]), np.float32)

    def __len__(self) -> int:
        return len(self._ids) - self._gone + len(self._new_ids)

    @property
    def tail(self) -> int:
        """How many vectors came or went since it was built. When they are many, it is time to build again."""
        return self._gone + len(self._new_ids)

    @property
    def ids(self) -> numpy.ndarray:
        """The ids of all vectors, int64, ascending."""
        import numpy as np

        return np.sort(np.concatenate([self._ids[self._alive], self._new_ids]))

    def vectors(self, ids: Collection[int] | numpy.ndarray) -> numpy.ndarray:
        """The vectors of these ids, float32, in their order. Raises KeyError for one that is not here."""
        import numpy as np

        found = np.empty((len(ids), self.note["dimension"]), np.float32)
        for n, key in enumerate(_array(ids)):
            new = np.flatnonzero(self._new_ids == key)
            positions = self._positions(np.array([key]))
            if not len(new) and not len(positions):
                raise KeyError(int(key))
            found[n] = self._new[new[0]] if len(new) else self._rows.vectors(positions)[0]
        return found

    def add(self, ids: Collection[int] | numpy.ndarray, vectors: numpy.ndarray) -> None:
        """Add vectors (count, dimension) under their ids: the next search sees them. A known id is replaced."""
        import numpy as np

        self.remove(ids)
        self._new_ids = np.concatenate([self._new_ids, _array(ids)])
        self._new = np.concatenate([self._new, vectors.astype(np.float32)])

    def remove(self, ids: Collection[int] | numpy.ndarray) -> None:
        """Forget these ids; those that are not here don't matter."""
        import numpy as np

        asked = _array(ids)
        positions = self._positions(asked)
        self._alive[positions] = False
        self._gone += len(positions)
        stays = ~np.isin(self._new_ids, asked)
        if not stays.all():
            self._new_ids, self._new = self._new_ids[stays], self._new[stays]

    def search(
        self,
        vector: numpy.ndarray,
        count: int,
        *,
        without: Collection[int] | numpy.ndarray = (),
        only: Collection[int] | numpy.ndarray | None = None,
    ) -> tuple[numpy.ndarray, numpy.ndarray]:
        """The nearest vectors, best first: (ids int64, dot products float32), `count` of them or all there are.

        `without` are ids that don't count; with `only`, no others do. Raises ValueError on another dimension.
        """
        import numpy as np

        asked = np.ascontiguousarray(vector, np.float32)
        if asked.shape != (self.note["dimension"],):
            raise ValueError(f"a vector of shape {asked.shape} in an index of {self.note['dimension']} dimensions")
        barred = _array(without)
        allowed = None if only is None else np.setdiff1d(_array(only), barred)
        positions = self._candidates(asked, count, barred, allowed)
        scores = self._rows.likeness(asked, positions)
        ids = self._ids if positions is None else self._ids[positions]
        if positions is None:  # all rows were looked at
            stays = self._alive & ~np.isin(ids, barred) if len(barred) else self._alive
            ids, scores = ids[stays], scores[stays]
        new = self._tail_ids(barred, allowed)
        if len(new):
            ids = np.concatenate([ids, self._new_ids[new]])
            scores = np.concatenate([scores, dots(np.ascontiguousarray(self._new[new]), asked)])
        return _best(ids, scores, count)

    def _candidates(
        self, vector: numpy.ndarray, count: int, barred: numpy.ndarray, allowed: numpy.ndarray | None
    ) -> numpy.ndarray | None:
        """Positions of rows that may be among the best; None = any row may. None of them is gone or filtered out."""
        import numpy as np

        if allowed is not None:
            positions = self._positions(allowed)
            if self._lists is None or len(positions) <= max(FEW, len(self._ids) // FEW_SHARE):
                return positions
            stays = np.zeros(len(self._ids), np.bool_)
            stays[positions] = True
            return self._listed(vector, count, stays, self.note["probes"] * WIDER)
        if self._lists is None:
            return None
        stays = self._alive
        if len(barred):
            stays = stays.copy()
            stays[self._positions(barred)] = False
        return self._listed(vector, count, stays, self.note["probes"])

    def _listed(self, vector: numpy.ndarray, count: int, stays: numpy.ndarray, probes: int) -> numpy.ndarray:
        """Candidates from the nearest lists: as many that stay as were found to be needed when it was built."""
        import faiss
        import numpy as np

        assert self._lists is not None
        faiss.omp_set_num_threads(1)  # one question gains nothing from a second core, and must not wait for it
        settings, number = faiss.SearchParametersIVF(), self.note["lists"]
        depth = needed = max(self.note["depth"], 2 * count)
        while True:
            settings.nprobe, depth = min(probes, number), min(depth, len(self._ids))
            positions = self._lists.search(vector[None], depth, params=settings)[1][0]
            seen = positions[positions >= 0]
            found = seen[stays[seen]]
            whole = len(found) >= max(count, MOSTLY * len(seen))  # too little was left out to look any further
            end = len(seen) == len(self._ids) or (len(seen) < depth and (whole or probes >= number))
            if end or len(found) >= needed:
                return np.asarray(found[:needed])
            if len(seen) < depth:
                probes *= WIDER
            else:
                depth *= WIDER

    def _positions(self, ids: numpy.ndarray) -> numpy.ndarray:
        """Where these ids stand among the rows: only of those that are there and not gone."""
        import numpy as np

        if not len(self._ids):
            return np.empty(0, np.int64)
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        places = np.unique(places[self._ids[places] == ids])
        return np.asarray(places[self._alive[places]])

    def _tail_ids(self, barred: numpy.ndarray, allowed: numpy.ndarray | None) -> numpy.ndarray:
        """Positions in the tail that count."""
        import numpy as np

        counts = np.ones(len(self._new_ids), np.bool_)
        if len(barred):
            counts &= ~np.isin(self._new_ids, barred)
        if allowed is not None:
            counts &= np.isin(self._new_ids, allowed)
        return np.flatnonzero(counts)


def load(folder: Path, stamp: str) -> Index | None:
    """The index of a folder; None when it is lost, damaged, or was made under another stamp."""
    import faiss
    import numpy as np

    note = read_note(folder)
    if note is None or note["stamp"] != stamp:
        return None
    found = {kind: checked(folder / name, sha256) for kind, (name, sha256) in note["files"].items()}
    files = {kind: data for kind, data in found.items() if data is not None}
    if len(files) < len(found):
        return None if read_note(folder) == note else load(folder, stamp)  # a new index came just now
    codes = files["rows"].view(note["precision"]).reshape(note["count"], note["dimension"])
    scales = files["scales"].view(np.float32) if "scales" in files else None
    lists = faiss.deserialize_index(files["lists"]) if "lists" in files else None
    if lists is None:  # all rows are looked at each time
        codes = codes.astype(np.float32)
    return Index(files["ids"].view(np.int64), Rows(codes, scales), lists, note)


def _array(ids: Collection[int] | numpy.ndarray) -> numpy.ndarray:
    import numpy as np

    return ids.astype(np.int64) if isinstance(ids, np.ndarray) else np.fromiter(ids, np.int64, len(ids))


def _best(ids: numpy.ndarray, scores: numpy.ndarray, count: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The best of them, best first; the lower id first where scores are equal."""
    import numpy as np

    if len(scores) > 4 * count:
        # a few more than asked for: ties at the edge are then broken by id as well
        near = np.argpartition(-scores, count)[: count + 1]
        near = np.flatnonzero(scores >= scores[near].min())
        ids, scores = ids[near], scores[near]
    order = np.lexsort((ids, -scores))[:count]
    return ids[order], scores[order]
