"""Measures embedding beside plain `SentenceTransformer.encode`: speed, vectors, and what a search finds.

    python -m tests.bench.embedding CORPUS.jsonl [--questions FILE.jsonl] [--chunks 10000] [--rounds 3]
                                    [--queries 2000] [--busy {no,yes,both}]

CORPUS holds {"id","text"} a line, the questions {"question","relevant":[ids]}. Both encoders run in a
process of their own, which has loaded and warmed up before, and take turns; the other one sleeps
meanwhile. Each round's ratio is of two neighbouring runs, and the median is reported. With `--busy`,
another process keeps one core busy all the while.
Vectors are compared to torch's (fp32): cosine, the overlap of the ten nearest passages of each
question, and recall@10 of the labelled passages among the chunks taken.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

K = 10


def serve(kind: str, pipe: Connection) -> None:
    """Embed what comes through the pipe: (texts, whether they are questions) -> (seconds, vectors)."""
    encode = _torch() if kind == "torch" else _ours()
    encode(["Warm up."] * 64, False)
    pipe.send("ready")
    while (asked := pipe.recv()) is not None:
        began = time.perf_counter()
        vectors = encode(*asked)
        pipe.send((time.perf_counter() - began, vectors))


def _torch() -> Any:
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    warnings.simplefilter("ignore")
    from sentence_transformers import SentenceTransformer

    from engine.fleet import Fleet, catalogue, locate

    model = SentenceTransformer(str(locate(Fleet(catalogue(Path("no-home"))).row("encoder")).parent), device="cpu")
    return lambda texts, _: np.asarray(model.encode(list(texts), show_progress_bar=False))


def _ours() -> Any:
    from engine.fleet import Fleet, catalogue

    encoder = Fleet(catalogue(Path("no-home"))).encoder()
    return lambda texts, question: (encoder.encode_queries if question else encoder.encode)(texts)


class Peer:
    """One encoder in its own process."""

    def __init__(self, kind: str) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=serve, args=(kind, theirs), daemon=True)
        self._process.start()
        self._pipe.recv()

    def encode(self, texts: Sequence[str], *, questions: bool = False) -> tuple[float, np.ndarray]:
        self._pipe.send((texts, questions))
        seconds, vectors = self._pipe.recv()
        return seconds, vectors

    def close(self) -> None:
        self._pipe.send(None)
        self._process.join()


@contextmanager
def busy_core(wanted: bool) -> Iterator[None]:
    """Another process that never rests."""
    if not wanted:
        yield
        return
    process = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _spin() -> None:
    count = 0
    while True:
        count += 1


def speed(torch: Peer, ours: Peer, texts: list[str], rounds: int, busy: bool) -> tuple[np.ndarray, np.ndarray]:
    """Print the ratio over the rounds. Answers the vectors of the last one."""
    slow, fast = [], []
    theirs = mine = np.zeros((0, 1))
    with busy_core(busy):
        for _ in range(rounds):
            seconds, theirs = torch.encode(texts)
            slow.append(seconds)
            seconds, mine = ours.encode(texts)
            fast.append(seconds)
    ratio = statistics.median(a / b for a, b in zip(slow, fast, strict=True))
    print(
        f"{'one core busy' if busy else 'quiet':<14} {len(texts)} chunks: SentenceTransformer "
        f"{len(texts) / statistics.median(slow):.1f}/s, ours {len(texts) / statistics.median(fast):.1f}/s, "
        f"ratio {ratio:.2f} (each round: {', '.join(f'{a / b:.2f}' for a, b in zip(slow, fast, strict=True))})",
        flush=True,
    )
    return theirs, mine


def quality(torch: Peer, ours: Peer, made: tuple[np.ndarray, np.ndarray], ids: list[str], asked: list[dict]) -> None:
    theirs, mine = made
    theirs = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
    cosines = np.sum(theirs * mine, axis=1)
    print(f"cosine to fp32: mean {cosines.mean():.6f}, least {cosines.min():.6f}")
    if not asked:
        return
    number = {id_: row for row, id_ in enumerate(ids)}
    texts = [row["question"] for row in asked]
    old = torch.encode(texts)[1]
    best, found = _nearest(old, theirs), _nearest(ours.encode(texts, questions=True)[1], mine)
    kept = np.mean([len({*a} & {*b}) / K for a, b in zip(best, found, strict=True)])
    wanted = [{number[id_] for id_ in row["relevant"] if id_ in number} for row in asked]
    recalls = [np.mean([len(w & {*row}) / len(w) for w, row in zip(wanted, rows, strict=True) if w])
               for rows in (best, found)]  # fmt: skip
    print(f"{len(asked)} questions: of the {K} nearest with fp32, {kept:.4f} are among ours")
    print(f"recall@{K} of labelled passages: fp32 {recalls[0]:.4f}, ours {recalls[1]:.4f}")


def _nearest(queries: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :K]


def lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("corpus", type=Path)
    told.add_argument("--questions", type=Path)
    told.add_argument("--chunks", type=int, default=10_000)
    told.add_argument("--rounds", type=int, default=3)
    told.add_argument("--queries", type=int, default=2000)
    told.add_argument("--busy", choices=["no", "yes", "both"], default="both")
    said = told.parse_args()
    corpus = [row for row in lines(said.corpus) if row["text"].strip()]
    random.Random(1).shuffle(corpus)
    corpus = corpus[: said.chunks]
    ids, texts = [row["id"] for row in corpus], [row["text"] for row in corpus]
    asked = lines(said.questions)[: said.queries] if said.questions else []
    asked = [row for row in asked if {*row["relevant"]} & {*ids}]
    torch, ours = Peer("torch"), Peer("ours")
    made = None
    for busy in {"no": [False], "yes": [True], "both": [False, True]}[said.busy]:
        made = speed(torch, ours, texts, said.rounds, busy)
    assert made is not None
    quality(torch, ours, made, ids, asked)
    torch.close()
    ours.close()


if __name__ == "__main__":
    main()
