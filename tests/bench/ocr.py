"""Measures how much of printed pictures is recognised, and how fast, with tesseract beside it. It judges nothing.

    python tests/bench/ocr.py FOLDER [--most N]

FOLDER holds `receipts.jsonl`, a JSON object a line: {"image": path from FOLDER, "lines": [{"text": ...}, ...]};
lines without an image are skipped. Both get the same file, one after the other, with one thread each. Recall
counts runs of letters and digits, in any case and order; strict recall counts words as they stand between
spaces, without the punctuation around them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import string
import subprocess
import time
from collections import Counter
from pathlib import Path

from engine.pages import Page
from engine.readers import Limits, _ocr, image
from engine.readers._file import File


def loose(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", text.casefold()))


def strict(text: str) -> Counter[str]:
    return Counter(word for each in text.casefold().split() if (word := each.strip(string.punctuation)))


def ours(path: Path) -> str:
    parts = image.read(File(path.read_bytes(), path.name), Limits())
    return "\n".join(part.text for part in parts if isinstance(part, Page))


def tesseract(path: Path) -> str:
    done = subprocess.run(
        ["tesseract", str(path), "-", "-l", "eng"],
        capture_output=True, text=True, check=True, env=os.environ | {"OMP_THREAD_LIMIT": "1"},
    )  # fmt: skip
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=10_000)
    given = parser.parse_args()
    rows = [json.loads(line) for line in (given.folder / "receipts.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if row.get("image")][: given.most]
    began = time.monotonic()
    _ocr.load()
    print(f"{len(rows)} pictures; the models load in {time.monotonic() - began:.2f} s")
    engines = {"ours": ours} | ({"tesseract": tesseract} if shutil.which("tesseract") else {})
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        truth = "\n".join(line["text"] for line in row["lines"])
        for name, recognise in engines.items():
            began = time.monotonic()
            said = recognise(given.folder / row["image"])
            seconds[name].append(time.monotonic() - began)
            for way, words in (("loose", loose), ("strict", strict)):
                found[name, way] += (words(said) & words(truth)).total()
                found["in all", way] += words(truth).total() if name == "ours" else 0
    for name in engines:
        recall, exact = (found[name, way] / found["in all", way] for way in ("loose", "strict"))
        print(
            f"{name:<10} recall {recall:.1%}, strict {exact:.1%}   "
            f"median {statistics.median(seconds[name]):.2f} s a page, in all {sum(seconds[name]):.0f} s"
        )


if __name__ == "__main__":
    main()
