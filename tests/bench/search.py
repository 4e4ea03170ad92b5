"""Measures the vector index at any size, beside chromadb, lancedb and sqlite-vec in the same run. It judges nothing.

    python tests/bench/search.py embed TEXTS.jsonl VECTORS.npy        {"text": ...} a line, by the catalogue's encoder
    python tests/bench/search.py run VECTORS.npy QUESTIONS.npy [--count 100000] [--systems baton ...] [--json]

The vectors of `run` are grown from the real ones: a real vector plus the difference of two of its 20 nearest
neighbours plus noise of length 0.2, made unit again. Local structure stays close to the real one (the first lines
say how close: distance to the 10th neighbour, and local intrinsic dimension by Levina and Bickel's estimate over 50
neighbours). Questions are real ones. `--like clusters` and `--like noise` make hard cases of the same shape,
with questions of the same kind.

Each system runs in a process of its own, with questions one at a time. Columns: seconds to build, MB on disk, seconds
to open and answer once, median and 95th percentile in ms, the median again while another process keeps one core busy,
recall@10 against the exact answer, seconds to add 1,000 and find one of them, and peak memory in MB. A build that
takes longer than --cap seconds is given up. A system that is not installed is named as such: they are no
dependencies of Baton (pip install chromadb lancedb sqlite-vec, in another environment).
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

AT_ONCE = 5000
NEIGHBOURS = 20
NOISE = 0.2
ADDED = 1000
PATIENCE = 20.0
"""Seconds of questions a system is given: a slow one answers fewer."""
MODULES = {"baton": "engine", "chromadb": "chromadb", "lancedb": "lancedb", "sqlite-vec": "sqlite_vec"}


class System(Protocol):
    """A system under measurement, in a folder of its own."""

    def build(self, rows: np.ndarray) -> None: ...
    def open(self) -> None: ...
    def nearest(self, question: np.ndarray) -> list[int]: ...
    def add(self, ids: np.ndarray, rows: np.ndarray) -> None: ...


def blocks(rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, len(rows), AT_ONCE):
        block = rows[start : start + AT_ONCE].astype(np.float32)
        yield np.arange(start, start + len(block)), block


class Baton:
    def __init__(self, folder: Path, threads: int) -> None:
        self.folder = folder
        self.threads = threads

    def build(self, rows: np.ndarray) -> None:
        from engine import vectors

        for _ in vectors.build(self.folder, "bench", blocks(rows), *rows.shape, threads=self.threads):
            pass

    def open(self) -> None:
        from engine import vectors

        index = vectors.load(self.folder, "bench")
        assert index is not None
        self.index = index

    def nearest(self, question: np.ndarray) -> list[int]:
        return [int(key) for key in self.index.search(question, 10)[0]]

    def add(self, ids: np.ndarray, rows: np.ndarray) -> None:
        self.index.add(ids, rows)

    def about(self) -> dict[str, Any]:
        return {key: value for key, value in self.index.note.items() if key not in ("files", "stamp")}


class Chroma:
    """Its own defaults (HNSW), for the inner product."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def _client(self) -> Any:
        import chromadb

        return chromadb.PersistentClient(self.folder, chromadb.Settings(anonymized_telemetry=False))

    def build(self, rows: np.ndarray) -> None:
        table = self._client().create_collection("bench", configuration={"hnsw": {"space": "ip"}})
        for ids, block in blocks(rows):
            table.add(ids=[str(key) for key in ids], embeddings=block)

    def open(self) -> None:
        self.table = self._client().get_collection("bench", embedding_function=None)

    def nearest(self, question: np.ndarray) -> list[int]:
        found = self.table.query(query_embeddings=question[None], n_results=10, include=["distances"])
        return [int(key) for key in found["ids"][0]]

    def add(self, ids: np.ndarray, rows: np.ndarray) -> None:
        self.table.add(ids=[str(key) for key in ids], embeddings=rows)


class Lance:
    """The index that its guide recommends (IVF-PQ), 20 probes, and 10 times the rows looked at again in full."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def build(self, rows: np.ndarray) -> None:
        import lancedb

        batches = (self._batch(ids, block) for ids, block in blocks(rows))
        first = next(batches)
        table = lancedb.connect(self.folder).create_table("bench", first)
        for batch in batches:
            table.add(batch)
        table.create_index(metric="dot", vector_column_name="vector")

    @staticmethod
    def _batch(ids: np.ndarray, rows: np.ndarray) -> Any:
        import pyarrow as pa

        vectors = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
        return pa.table({"id": pa.array(ids), "vector": vectors})

    def open(self) -> None:
        import lancedb

        self.table = lancedb.connect(self.folder).open_table("bench")

    def nearest(self, question: np.ndarray) -> list[int]:
        asked = self.table.search(question, vector_column_name="vector").distance_type("dot")
        found = asked.nprobes(20).refine_factor(10).select(["id"]).limit(10).to_arrow()
        return [int(key) for key in found["id"].to_pylist()]

    def add(self, ids: np.ndarray, rows: np.ndarray) -> None:
        self.table.add(self._batch(ids, rows))


class SqliteVec:
    """Its one way: every row is looked at."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = str(folder / "bench.db")

    def open(self) -> None:
        import sqlite_vec
        from pysqlite3 import dbapi2 as sqlite3  # Python's own may not load extensions

        self.db = sqlite3.connect(self.path)
        self.db.enable_load_extension(True)
        sqlite_vec.load(self.db)

    def build(self, rows: np.ndarray) -> None:
        self.open()
        self.db.execute(f"create virtual table bench using vec0(v float[{rows.shape[1]}] distance_metric=cosine)")
        for ids, block in blocks(rows):
            self.add(ids, block)
        self.db.close()

    def nearest(self, question: np.ndarray) -> list[int]:
        asked = "select rowid from bench where v match ? and k = 10 order by distance"
        return [int(key) for (key,) in self.db.execute(asked, [question.tobytes()])]

    def add(self, ids: np.ndarray, rows: np.ndarray) -> None:
        with self.db:
            pairs = [(int(key), row.tobytes()) for key, row in zip(ids, rows, strict=True)]
            self.db.executemany("insert into bench (rowid, v) values (?, ?)", pairs)


def system(name: str, folder: Path, threads: int) -> System:
    match name:
        case "baton":
            return Baton(folder, threads)
        case "chromadb":
            return Chroma(folder)
        case "lancedb":
            return Lance(folder)
        case _:
            return SqliteVec(folder)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def knn(questions: np.ndarray, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    import faiss

    return faiss.knn(questions, np.ascontiguousarray(rows, np.float32), count, metric=faiss.METRIC_INNER_PRODUCT)


def exact(questions: np.ndarray, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores and positions of the truly nearest rows, which may be many."""
    scores, places = np.empty((len(questions), 0), np.float32), np.empty((len(questions), 0), np.int64)
    for start in range(0, len(rows), 10 * AT_ONCE):
        found, where = knn(questions, rows[start : start + 10 * AT_ONCE], count)
        scores, places = np.hstack([scores, found]), np.hstack([places, where + start])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        scores, places = np.take_along_axis(scores, order, 1), np.take_along_axis(places, order, 1)
    return scores, places


def made(real: np.ndarray, like: str, count: int, chance: np.random.Generator, path: Path) -> np.ndarray:
    """`count` vectors on disk, float16: grown from real ones, or a hard case."""
    rows = np.lib.format.open_memmap(path, "w+", np.float16, (count, real.shape[1]))
    near = knn(real, real, NEIGHBOURS + 1)[1][:, 1:] if like == "grown" else np.empty(0)
    centres = unit(chance.standard_normal((1000, real.shape[1])))
    for start in range(0, count, 10 * AT_ONCE):
        size = min(10 * AT_ONCE, count - start)
        noise = unit(chance.standard_normal((size, real.shape[1])))
        if like == "noise":
            block = noise
        elif like == "clusters":
            block = centres[chance.integers(0, len(centres), size)] + noise
        else:
            own = chance.integers(0, len(real), size)
            one, other = (real[near[own, chance.integers(0, NEIGHBOURS, size)]] for _ in range(2))
            block = real[own] + one - other + NOISE * noise
        rows[start : start + size] = unit(block)
    rows.flush()
    return rows


def structure(rows: np.ndarray, chance: np.random.Generator) -> str:
    some = rows[np.sort(chance.choice(len(rows), min(300, len(rows)), replace=False))].astype(np.float32)
    distances = np.sqrt(np.maximum(2 - 2 * exact(some, rows, 51)[0][:, 1:], 1e-9))
    dimension = -1 / np.log(distances[:, :-1] / distances[:, -1:]).mean(axis=1)
    return f"10th neighbour at {np.median(distances[:, 9]):.3f}, local dimension {np.median(dimension):.1f}"


def timed(one: System, questions: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """Milliseconds of each question, and the recall over those that there was time for."""
    times, right = [], 0
    began = time.perf_counter()
    for question, true in zip(questions, truth, strict=True):
        start = time.perf_counter()
        found = one.nearest(question)
        times.append(time.perf_counter() - start)
        right += len({*found} & {*true.tolist()})
        if time.perf_counter() - began > PATIENCE:
            break
    return np.array(times) * 1000, right / (10 * len(times))


@contextlib.contextmanager
def a_busy_core() -> Iterator[None]:
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(0.3)
        yield
    finally:
        spinning.kill()
        spinning.wait()


def measure(name: str, folder: Path, threads: int) -> dict[str, Any]:
    """Everything about one system, in this process. The folder holds what is asked."""
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    questions, truth = np.load(folder / "questions.npy"), np.load(folder / "truth.npy")
    new = np.load(folder / "new.npy")
    home = folder / name
    start = time.perf_counter()
    system(name, home, threads).build(rows)
    figures: dict[str, Any] = {"build_s": time.perf_counter() - start}
    figures["disk_mb"] = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e6
    start = time.perf_counter()
    one = system(name, home, threads)
    one.open()
    one.nearest(questions[-1])
    figures["open_s"] = time.perf_counter() - start
    times, figures["recall"] = timed(one, questions, truth)
    figures |= {"p50_ms": float(np.median(times)), "p95_ms": float(np.percentile(times, 95)), "asked": len(times)}
    with a_busy_core():
        figures["busy_p50_ms"] = float(np.median(timed(one, questions, truth)[0]))
    start = time.perf_counter()
    one.add(np.arange(len(rows), len(rows) + len(new)), new)
    figures["found_added"] = len(rows) + 7 in one.nearest(new[7])
    figures["add_s"] = time.perf_counter() - start
    figures["peak_mb"] = peak()
    if isinstance(one, Baton):
        figures["about"] = one.about()
    return figures


def peak() -> float:
    """The most memory that this process has held, in MB (Linux; elsewhere nan)."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return float("nan")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e3


def shown(name: str, figures: dict[str, Any]) -> str:
    if "why" in figures:
        return f"{name:11s} {figures['why']}"
    columns = ("build_s", "disk_mb", "open_s", "p50_ms", "p95_ms", "busy_p50_ms", "recall", "add_s", "peak_mb", "asked")
    return f"{name:11s} " + " ".join(f"{figures[key]:11.4g}" for key in columns)


def run_one(name: str, folder: Path, cap: float, threads: int) -> dict[str, Any]:
    """One system in a process of its own, at most `cap` seconds to build and some to answer."""
    if importlib.util.find_spec(MODULES[name]) is None:
        return {"why": "is not installed"}
    command = [sys.executable, __file__, "one", name, str(folder), "--threads", str(threads)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=cap + 3 * PATIENCE)
    except subprocess.TimeoutExpired:
        return {"why": f"was not done after {cap + 3 * PATIENCE:.0f} s"}
    finally:
        shutil.rmtree(folder / name, ignore_errors=True)
    if done.returncode:
        return {"why": f"failed: {done.stderr.strip().splitlines()[-1:]}"}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def run(arguments: argparse.Namespace) -> None:
    chance = np.random.default_rng(arguments.seed)
    real, questions = (unit(np.load(path)) for path in (arguments.vectors, arguments.questions))
    questions = chance.permutation(questions)[: arguments.asked]
    with tempfile.TemporaryDirectory(dir=arguments.folder) as temporary:
        folder = Path(temporary)
        more = ADDED + len(questions)
        rows = made(real, arguments.like, arguments.count + more, chance, folder / "rows.npy")
        np.save(folder / "new.npy", rows[arguments.count :][:ADDED].astype(np.float32))
        if arguments.like != "grown":  # no text lies among these, so neither may the questions be real
            questions = rows[arguments.count + ADDED :].astype(np.float32)
        rows = rows[: arguments.count]
        np.save(folder / "rows.npy.part.npy", rows)
        (folder / "rows.npy.part.npy").replace(folder / "rows.npy")
        np.save(folder / "questions.npy", questions)
        np.save(folder / "truth.npy", exact(questions, rows, 10)[1])
        print(f"real     {len(real):9,d}: {structure(real, chance)}")
        print(f"{arguments.like:8s} {len(rows):9,d}: {structure(rows, chance)}; {len(questions)} questions", flush=True)
        print(" " * 12 + "    build s     disk MB      open s      p50 ms      p95 ms busy p50 ms   recall@10", end="")
        print("   add 1k s     peak MB       asked", flush=True)
        for name in arguments.systems:
            figures = run_one(name, folder, arguments.cap, arguments.threads)
            print(shown(name, figures), flush=True)
            if arguments.json:
                print(json.dumps({"system": name, "count": len(rows)} | figures), flush=True)


def embed(arguments: argparse.Namespace) -> None:
    from engine.fleet import Fleet, catalogue

    with arguments.texts.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    encoder = Fleet(catalogue(Path(tempfile.gettempdir()))).encoder()
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(order), 32):
        some = order[start : start + 32]
        found |= dict(zip(some, encoder.encode([texts[n] for n in some]), strict=True))
    np.save(arguments.vectors, np.stack([found[n] for n in range(len(texts))]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    making = commands.add_parser("embed")
    making.add_argument("texts", type=Path)
    making.add_argument("vectors", type=Path)
    making.set_defaults(work=embed)
    running = commands.add_parser("run")
    running.add_argument("vectors", type=Path)
    running.add_argument("questions", type=Path)
    running.add_argument("--count", type=int, default=100_000)
    running.add_argument("--like", choices=["grown", "clusters", "noise"], default="grown")
    running.add_argument("--systems", nargs="+", choices=[*MODULES], default=[*MODULES])
    running.add_argument("--asked", type=int, default=400)
    running.add_argument("--cap", type=float, default=600.0)
    running.add_argument("--threads", type=int, default=0, help="for Baton's build; 0 = half of the cores")
    running.add_argument("--folder", type=Path, help="where to make the files (default: the system's own)")
    running.add_argument("--seed", type=int, default=1)
    running.add_argument("--json", action="store_true")
    running.set_defaults(work=run)
    single = commands.add_parser("one")
    single.add_argument("name")
    single.add_argument("folder", type=Path)
    single.add_argument("--threads", type=int, default=0)
    single.set_defaults(work=lambda given: print(json.dumps(measure(given.name, given.folder, given.threads))))
    arguments = parser.parse_args()
    arguments.work(arguments)


if __name__ == "__main__":
    main()
