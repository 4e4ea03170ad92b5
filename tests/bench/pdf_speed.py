"""Measures how fast PDF pages are read, next to bare pypdfium2 in the same process. It prints, and judges nothing.

    python tests/bench/pdf_speed.py [--pages 1000] [--times 5] [FILE ...]

Without files it makes a document of invented words, about 400 on a page. Bare means the text alone; ours has
the box of each word, and has looked for what is hidden. The first line runs both in turn, in one thread and
without a worker; counted is the time of the processor, so that what else runs on the machine weighs less. The
second line has all safety on: locked workers, one and two of them, pages checked by the host; counted is time
on the wall.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path

import pypdfium2

from engine import readers
from engine.pages import Page
from engine.readers import Limits, _worker, pdf
from engine.readers._file import File
from engine.readers._slots import Slots

SYLLABLES = "ba ke lo mi nu ra sto ver tin gal por den sha fli o e an ing er ty con de".split()
LINES, WORDS = 36, 11


def invented(pages: int) -> bytes:
    """A born-digital document of words that no language has."""
    import fpdf

    rng = random.Random(1)
    words = ["".join(rng.choice(SYLLABLES) for _ in range(rng.randint(1, 4))) for _ in range(3000)]
    paper = fpdf.FPDF(unit="pt")
    paper.set_font("helvetica", size=10)
    for _ in range(pages):
        paper.add_page()
        for line in range(LINES):
            paper.text(50, 80 + 18 * line, " ".join(rng.choice(words) for _ in range(WORDS)) + ".")
    return bytes(paper.output())


def bare(data: bytes) -> int:
    """Characters that pypdfium2 finds by itself."""
    count = 0
    document = pypdfium2.PdfDocument(data)
    for number in range(len(document)):
        page = document[number]
        letters = page.get_textpage()
        count += len(letters.get_text_range())
        letters.close()
        page.close()
    document.close()
    return count


def ours(data: bytes) -> tuple[int, int, int]:
    """Pages, words with boxes, and hidden texts that our reader finds."""
    pages = words = hidden = 0
    for part in pdf.read(File(data, "x.pdf"), Limits(pages=100_000, characters=10**9)):
        if isinstance(part, Page):
            pages, words, hidden = pages + 1, words + len(part.words), hidden + len(part.hidden)
    return pages, words, hidden


def fenced(data: bytes, workers: int) -> float:
    """Seconds that so many locked workers take over it, until the host has all pages."""
    _worker.READING = Slots(workers)
    began = time.monotonic()
    for _ in readers.read(data, "x.pdf", lambda inner: "", Limits(pages=100_000, characters=10**9, bytes=1 << 30)):
        continue
    return time.monotonic() - began


def compare_fenced(data: bytes, times: int) -> None:
    _worker.warm_up()
    ratios: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(times):
        began = time.monotonic()
        bare(data)
        alone = time.monotonic() - began
        for workers, found in ratios.items():
            found.append(alone / fenced(data, workers))
    for workers, found in ratios.items():
        print(
            f"    {workers} locked worker{'s' * (workers > 1)}, on the wall: ratio {statistics.median(found):.2f} "
            f"({min(found):.2f} to {max(found):.2f}, {times} times)",
            flush=True,
        )


def compare(name: str, data: bytes, times: int) -> None:
    theirs, own = [], []
    pages, words, hidden = ours(data)
    for _ in range(times):
        began = time.thread_time()
        bare(data)
        halfway = time.thread_time()
        ours(data)
        theirs.append(halfway - began)
        own.append(time.thread_time() - halfway)
    ratios = [one / other for one, other in zip(theirs, own, strict=True)]
    print(
        f"{name[:40]:<40} {pages:6} pages, {words:7} words, {hidden:3} hidden   "
        f"bare {pages / statistics.median(theirs):6.0f} pages/s, ours {pages / statistics.median(own):6.0f} pages/s   "
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}, {times} times)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    if not given.files:
        data = invented(given.pages)
        compare("invented words", data, given.times)
        compare_fenced(data, given.times)
    for file in given.files:
        compare(file.name, file.read_bytes(), given.times)
        compare_fenced(file.read_bytes(), given.times)


if __name__ == "__main__":
    main()
