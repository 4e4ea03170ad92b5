"""Measures how well passages are found, untuned, through the product's own library. It judges nothing.

    python tests/bench/retrieval.py FOLDER [--format FORMAT] [--home DIR] [--every N] [--foreign FOLDER]

FOLDER holds the passages and the questions, as `--format` says:
    plain       corpus.jsonl {"id", "title", "text"} and questions.jsonl or queries.jsonl {"question" or "text",
                "relevant": [ids]} (ObliQA and Cranfield come so)
    tau         corpus.jsonl as above and tasks.jsonl {"opening", "scenario", "required_documents": [ids]}; a task
                without an opening asks with its scenario
    scenario    the same, but all ask with their scenario
    xquad:L:M   questions_L.jsonl {"question", "paragraph"} about paragraphs_M.jsonl
The passages are added to the library in DIR (kept between runs; a temporary one if none is given), and each Nth
question is asked. Printed: recall, mean average precision, nDCG and reciprocal rank of the first ten (each
over all that is relevant, so that a question with twenty relevant passages can reach a recall of .5 at most),
milliseconds a question, and how well `score` says which hits are relevant: its expected calibration error in
ten bins. `--foreign` asks the questions of another folder (plain) too, to which nothing here is relevant, and prints
how many of those, and how many of the own ones, are told that nothing is.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from app.knowledge import joined
from engine.bench import Bench
from engine.library import Hit, Library
from engine.orders import Passage

COUNT = 10
Question = tuple[str, frozenset[str]]


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def passages(folder: Path, form: str) -> list[Passage]:
    file = f"paragraphs_{form.split(':')[2]}.jsonl" if form.startswith("xquad:") else "corpus.jsonl"
    return list(joined(folder / file))


def questions(folder: Path, form: str) -> list[Question]:
    if form.startswith("xquad:"):
        asked = rows(folder / f"questions_{form.split(':')[1]}.jsonl")
        return [(str(row["question"]), frozenset([str(row["paragraph"])])) for row in asked]
    if form in {"tau", "scenario"}:
        tasks = rows(folder / "tasks.jsonl")
        first = "opening" if form == "tau" else "scenario"
        return [(str(row[first] or row["scenario"]), frozenset(row["required_documents"])) for row in tasks]
    file = next(folder / name for name in ("questions.jsonl", "queries.jsonl") if (folder / name).exists())
    return [(str(row.get("question") or row["text"]), frozenset(row["relevant"])) for row in rows(file)]


def quality(hits: list[Hit], relevant: frozenset[str]) -> tuple[float, float, float, float, float]:
    """Recall, average precision, nDCG and reciprocal rank of the first ten, and whether the first is relevant."""
    right = [hit.name in relevant for hit in hits]
    precisions = [sum(right[: n + 1]) / (n + 1) for n in range(len(right)) if right[n]]
    gain = sum(1 / math.log2(n + 2) for n, found in enumerate(right) if found)
    ideal = sum(1 / math.log2(n + 2) for n in range(min(len(relevant), COUNT)))
    first = 1 / (right.index(True) + 1) if any(right) else 0.0
    return sum(right) / len(relevant), sum(precisions) / len(relevant), gain / ideal, first, float(right[:1] == [True])


def calibration(judged: list[tuple[float, bool]]) -> float:
    """The expected calibration error: how far score and share of relevant hits lie apart, over ten bins."""
    error = 0.0
    for n in range(10):
        part = [(score, right) for score, right in judged if n / 10 <= score < (n + 1) / 10 or (n == 9 and score == 1)]
        if part:
            error += abs(sum(score for score, _ in part) - sum(right for _, right in part)) / len(judged)
    return error


def silent(library: Library, asked: list[Question]) -> float:
    """The share of questions to which nothing is relevant, as the library says."""
    answered = [any(hit.relevant for hit in library.search("c", text, COUNT)) for text, _ in asked]
    return 1 - sum(answered) / len(answered)


def added(library: Library, found: list[Passage]) -> Iterator[int]:
    for done in library.add_passages("c", found):
        yield len(done)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", default="plain")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--foreign", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        library = Bench(options.home or Path(scratch)).library
        measure(library, options)
        library.close()


def measure(library: Library, options: argparse.Namespace) -> None:
    start = time.perf_counter()
    count = sum(added(library, passages(options.folder, options.format)))
    print(f"{count} passages added in {time.perf_counter() - start:.0f} s")
    asked = questions(options.folder, options.format)[:: options.every]
    figures, times, judged = [], [], []
    for text, relevant in asked:
        start = time.perf_counter()
        hits = library.search("c", text, COUNT)
        times.append(time.perf_counter() - start)
        figures.append(quality(hits, relevant))
        judged += [(hit.score, hit.name in relevant) for hit in hits]
    names = (f"R@{COUNT}", f"MAP@{COUNT}", f"nDCG@{COUNT}", f"MRR@{COUNT}", "hit@1")
    means = [statistics.fmean(column) for column in zip(*figures, strict=True)]
    print(f"{len(asked)} questions: " + "  ".join(f"{n} {m:.4f}" for n, m in zip(names, means, strict=True)))
    print(f"median {1000 * statistics.median(times):.0f} ms a question; calibration error {calibration(judged):.3f}")
    if options.foreign:
        others = questions(options.foreign, "plain")
        others = others[:: max(1, len(others) // 200)]
        own = asked[:: max(1, len(asked) // 200)]
        print(f"told that nothing is relevant: {silent(library, others):.3f} of foreign questions, ", end="")
        print(f"{silent(library, own):.3f} of the own")


if __name__ == "__main__":
    main()
