"""Builds the files of a vector index, and measures how far it must look to find what is there."""

from __future__ import annotations

import hashlib
import math
import os
import secrets
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine._vectors_rows import AT_ONCE, FORMAT, Rows, read_note, squeezed, sweep, write_note

if TYPE_CHECKING:
    import faiss
    import numpy

FLAT_BELOW = 20_000
"""Below this all vectors are looked at: exact, and 0.9 ms at 384 dimensions (an EPYC of 2023)."""
HALVES_UP_TO = 200_000
"""Up to here rows stay float16 (154 MB at 384 dimensions); above, int8 keeps a million under 500 MB."""
GOAL_HALVES, GOAL_INT8 = 0.993, 0.976
"""Recall@10 to calibrate to. The promise is .99 at 100,000 and .98 at a million, where int8 itself costs .008 and real
questions found .008 to .015 more than those of the calibration."""

FEWEST_LISTS, MOST_LISTS = 16, 4096
TRAINED_ON = 48
"""Vectors a list that its centre is learned from; FAISS itself warns below 39."""
ROUNDS = 8
"""Rounds of k-means, each of which is a step of the progress."""
BITS = 4
"""Bits a code: the size of table that FAISS keeps in a register (its "fast scan")."""
CODE_LEARNED_ON = 65_536
SEED = 20

ASKED = 300
"""Questions for the calibration: their recall is known to about .003 (10 neighbours each)."""
MIXED = 3
"""Vectors of the collection that are added up to make a question. Of eight ways tried (noise of several lengths, one
other vector, both), this one was harder than hundreds of real questions at all probes and depths: among 26,086 real
passages, and 100,000 and a million grown from them. Bare or blurred vectors promised up to .014 too much."""
NEIGHBOURS = 10
DEPTHS = (50, 100, 200, 400, 800, 1600, 3200)
"""A million passages of one field lie so close that the codes tell the nearest from each other only so deep down: with
800 at most all lists had to be looked at, at 2.6 times the cost."""
DEEPEST = 6400
"""Where even all lists and the last of DEPTHS don't reach the goal, as on noise without any structure."""
NEARLY = 0.002
"""Where the goal is out of reach, so much less than the most is as good."""
ROW_COST = 75
"""A candidate's exact score costs as much as scanning so many codes (6.6 ns each, measured on an EPYC)."""

Batch = tuple["numpy.ndarray", "numpy.ndarray"]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a search looks: so many lists, then the exact scores of so many candidates. `recall` is measured."""

    probes: int
    depth: int
    recall: float


def build(
    folder: Path,
    stamp: str,
    batches: Iterable[Batch],
    count: int,
    dimension: int,
    *,
    flat_below: int = FLAT_BELOW,
    halves_up_to: int = HALVES_UP_TO,
    threads: int = 0,
) -> Iterator[tuple[int, int]]:
    """Build an index of its own in `folder`, yielding (steps done, steps in all).

    `batches` are (ids int64, unit vectors float32 or float16), read once; ids must ascend from the first to the
    last. `count` is what is expected, for the progress. `stamp` says what the vectors are; `load` must ask for the
    same. The old index stands until the last step, and also when the build is given up. `threads`: 0 = half of the
    cores, since threads that share a busy core wait for each other (a build took five times as long). One build of
    a folder at a time. Raises ValueError when ids do not ascend, or shapes don't fit.
    """
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    old = read_note(folder)
    sweep(folder, [name for name, _ in old["files"].values()] if old else [])
    work = _Work(folder, secrets.token_hex(6), dimension)
    kept = False
    try:
        for done in work.spool(batches):
            yield min(done, count), 3 * count
        ids = work.ids()
        note: dict[str, Any] = {
            "format": FORMAT,
            "stamp": stamp,
            "kind": "flat" if len(ids) < max(1, flat_below) else "ivf",
            "count": len(ids),
            "dimension": dimension,
            "precision": "float16",
            "recall": 1.0,
        }
        if note["kind"] == "ivf":
            threads = threads or max(1, (os.cpu_count() or 1) // 2)
            note |= yield from _listed(work, len(ids), len(ids) > halves_up_to, threads)
        note["files"] = work.finished()
        note["bytes"] = sum((folder / name).stat().st_size for name, _ in note["files"].values())
        note["seconds"] = round(time.monotonic() - began, 1)
        write_note(folder, note)
        kept = True
        sweep(folder, [name for name, _ in note["files"].values()])
    finally:
        if not kept:
            work.discard()
    yield 3 * count, 3 * count


class _Work:
    """The files of one build, all under one new token."""

    def __init__(self, folder: Path, token: str, dimension: int) -> None:
        self._folder = folder
        self._token = token
        self._dimension = dimension
        self._kinds = ["rows", "ids"]

    def path(self, kind: str) -> Path:
        return self._folder / f"{self._token}.{kind}"

    def spool(self, batches: Iterable[Batch]) -> Iterator[int]:
        """Write all rows as float16, and their ids; yields how many there are so far."""
        import numpy as np

        last, done = -1, 0
        with self.path("rows").open("wb") as rows, self.path("ids").open("wb") as names:
            for ids, vectors in batches:
                if not len(ids):
                    continue
                if ids[0] <= last or (np.diff(ids) <= 0).any():
                    raise ValueError("the ids of a vector index must ascend")
                if vectors.shape != (len(ids), self._dimension):
                    raise ValueError(f"vectors of shape {vectors.shape} for {len(ids)} ids of {self._dimension}")
                last, done = int(ids[-1]), done + len(ids)
                names.write(np.ascontiguousarray(ids, np.int64).tobytes())
                rows.write(np.ascontiguousarray(vectors, np.float16).tobytes())
                yield done

    def ids(self) -> numpy.ndarray:
        import numpy as np

        return np.fromfile(self.path("ids"), np.int64)

    def halves(self, count: int) -> numpy.ndarray:
        """The spooled rows, float16, as they lie on disk."""
        import numpy as np

        return np.memmap(self.path("rows"), np.float16, "r", shape=(count, self._dimension))

    def squeeze(self, halves: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Write the rows again as int8 with their scales, and look at them from now on."""
        import numpy as np

        scales = []
        with self.path("bytes").open("wb") as file:
            for start in range(0, len(halves), AT_ONCE):
                codes, scale = squeezed(halves[start : start + AT_ONCE].astype(np.float32))
                file.write(codes.tobytes())
                scales.append(scale)
        self._kinds = ["bytes", "ids", "scales"]
        np.concatenate(scales).tofile(self.path("scales"))
        return np.memmap(self.path("bytes"), np.int8, "r", shape=halves.shape), np.concatenate(scales)

    def keep_lists(self, lists: faiss.Index) -> None:
        import faiss

        faiss.serialize_index(lists).tofile(self.path("lists"))
        self._kinds.append("lists")

    def finished(self) -> dict[str, tuple[str, str]]:
        """Bring the files to the disk; name and SHA-256 by kind."""
        files = {}
        for kind in self._kinds:
            with self.path(kind).open("rb+") as file:
                os.fsync(file.fileno())
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            files["rows" if kind == "bytes" else kind] = (self.path(kind).name, sha256)
        return files

    def discard(self) -> None:
        for kind in ("rows", "ids", "bytes", "scales", "lists"):
            try:
                self.path(kind).unlink(missing_ok=True)
            except PermissionError:  # Windows: still mapped; the next build removes it
                continue


def _listed(work: _Work, count: int, small: bool, threads: int) -> Generator[tuple[int, int], None, dict[str, Any]]:
    """Sort the rows into lists; what the note must say of it. Yields progress from a third on."""
    import faiss
    import numpy as np

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        halves, total = work.halves(count), 3 * count
        chance = np.random.default_rng(SEED)
        number = _number_of_lists(count)
        sample = _sample(halves, min(count, number * TRAINED_ON), chance)
        questions = _questions(sample, chance)
        centres = sample[:number]
        for done in range(ROUNDS):
            centres = _centres(sample, centres)
            yield count + count * (done + 1) // ROUNDS, total
        lists = _empty_lists(centres, sample)
        del sample
        nearest = _Nearest(questions)
        for start in range(0, count, AT_ONCE):
            rows = halves[start : start + AT_ONCE].astype(np.float32)
            lists.add(rows)
            nearest.see(rows, start)
            yield 2 * count + start * 9 // 10, total
        kept = Rows(*work.squeeze(halves)) if small else Rows(halves)
        reach = _calibrated(lists, kept, questions, nearest.positions, GOAL_INT8 if small else GOAL_HALVES)
        work.keep_lists(lists)
    finally:
        faiss.omp_set_num_threads(before)
    return {
        "precision": "int8" if small else "float16",
        "lists": number,
        "probes": reach.probes,
        "depth": reach.depth,
        "recall": round(reach.recall, 4),
        "asked": len(questions),
    }


def _number_of_lists(count: int) -> int:
    """About twice the square root, as a power of two: 512 for 100,000, 2,048 for a million."""
    return max(FEWEST_LISTS, min(MOST_LISTS, int(2.0 ** round(math.log2(2 * math.sqrt(count))))))


def _sample(halves: numpy.ndarray, size: int, chance: numpy.random.Generator) -> numpy.ndarray:
    """So many rows from all over the collection, in no order, float32."""
    import numpy as np

    places = np.sort(chance.choice(len(halves), size, replace=False))
    return chance.permutation(halves[places].astype(np.float32))


def _questions(sample: numpy.ndarray, chance: numpy.random.Generator) -> numpy.ndarray:
    """Vectors that lie between the texts of the collection, as questions do: each is the sum of a few."""
    import numpy as np

    mixed = sample[chance.integers(0, len(sample), (ASKED, MIXED))].sum(axis=1)
    lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.ascontiguousarray(mixed / np.where(lengths > 0, lengths, 1), np.float32)


def _centres(sample: numpy.ndarray, centres: numpy.ndarray) -> numpy.ndarray:
    """One round of k-means over unit vectors."""
    import faiss
    import numpy as np

    number, dimension = centres.shape
    means = faiss.Kmeans(
        dimension, number, niter=1, spherical=True, seed=SEED, max_points_per_centroid=len(sample),
        min_points_per_centroid=1,
    )  # fmt: skip
    means.train(sample, init_centroids=centres)
    return np.asarray(means.centroids)


def _empty_lists(centres: numpy.ndarray, sample: numpy.ndarray) -> faiss.IndexIVF:
    """Lists around these centres, which hold codes of 4 bits for every few dimensions."""
    import faiss

    number, dimension = centres.shape
    nearest = faiss.IndexFlatIP(dimension)
    nearest.add(centres)
    codes = dimension // next(width for width in (4, 5, 3, 6, 2, 1) if dimension % width == 0)
    lists = faiss.IndexIVFPQFastScan(nearest, dimension, number, codes, BITS, faiss.METRIC_INNER_PRODUCT)
    lists.train(sample[:CODE_LEARNED_ON])
    return lists


class _Nearest:
    """The true nearest rows of each question, kept while the rows go by."""

    def __init__(self, questions: numpy.ndarray) -> None:
        import numpy as np

        self._questions = questions
        self._scores = np.empty((len(questions), 0), np.float32)
        self.positions = np.empty((len(questions), 0), np.int64)

    def see(self, rows: numpy.ndarray, start: int) -> None:
        """Take in rows that stand from position `start` on."""
        import faiss
        import numpy as np

        scores, places = faiss.knn(self._questions, rows, min(NEIGHBOURS, len(rows)), metric=faiss.METRIC_INNER_PRODUCT)
        scores = np.concatenate([self._scores, scores], axis=1)
        positions = np.concatenate([self.positions, places + start], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :NEIGHBOURS]
        self._scores = np.take_along_axis(scores, order, axis=1)
        self.positions = np.take_along_axis(positions, order, axis=1)


def _calibrated(
    lists: faiss.IndexIVF, rows: Rows, questions: numpy.ndarray, truth: numpy.ndarray, goal: float
) -> Reach:
    """The cheapest reach whose recall is the goal; where none is, the cheapest of those that find most."""

    def cost(reach: Reach) -> float:
        return reach.probes * len(rows) / lists.nlist + ROW_COST * reach.depth

    tried: list[Reach] = []
    for probes in (2**power for power in range(2, int(math.log2(lists.nlist)) + 1)):
        enough = [cost(reach) for reach in tried if reach.recall >= goal]
        if enough and min(enough) < cost(Reach(probes, DEPTHS[0], 0.0)):
            break
        tried += _measured(lists, rows, questions, truth, probes, DEPTHS)
    if all(reach.recall < goal for reach in tried):
        tried += _measured(lists, rows, questions, truth, lists.nlist, [DEEPEST])
    goal = min(goal, max(reach.recall for reach in tried) - NEARLY)
    return min((reach for reach in tried if reach.recall >= goal), key=cost)


def _measured(
    lists: faiss.IndexIVF,
    rows: Rows,
    questions: numpy.ndarray,
    truth: numpy.ndarray,
    probes: int,
    depths: Iterable[int],
) -> list[Reach]:
    """The recall with so many probes, for each depth."""
    import faiss
    import numpy as np

    depths = sorted({min(depth, len(rows)) for depth in depths})
    settings = faiss.SearchParametersIVF()
    settings.nprobe = probes
    found = lists.search(questions, depths[-1], params=settings)[1]
    hits = np.zeros(len(depths))
    for question, candidates, right in zip(questions, found, truth, strict=True):
        scores = np.where(candidates >= 0, rows.likeness(question, np.maximum(candidates, 0)), -np.inf)
        for n, depth in enumerate(depths):
            order = np.argsort(-scores[:depth], kind="stable")[: truth.shape[1]]
            hits[n] += np.isin(right, candidates[order]).sum()
    return [Reach(probes, depth, float(hit) / truth.size) for depth, hit in zip(depths, hits, strict=True)]
