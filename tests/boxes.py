"""Checks that the box of a quoted phrase covers it on the page, for random phrases of the PDFs in a folder.

    python tests/boxes.py FOLDER [FOLDER ...] [--phrases 200] [--seed 1] [--pictures DIR]

The files are read as always, by workers. A phrase is three to eight words on one line. Its box counts as right
when pypdfium2, asked by itself for the text inside that box, answers with all its words; and as snug when it
answers with nothing else. Pages that were recognised from pictures are left out: there is no text to ask for.
With --pictures ten of them are drawn. Ends with status 1 when fewer than 99 of 100 are right.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as raw

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine import readers
from engine.cards import Box, Problem
from engine.pages import Page, Reading

PASSING = 0.99
SLACK = 0.3  # points
PICTURES = 10
TICK = "[x]"  # how a ticked box reads; on the page it is a drawing


class Phrase(NamedTuple):
    file: Path
    page: Page
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.page.text[self.start : self.end]

    @property
    def box(self) -> Box:
        found = self.page.box(self.start, self.end)
        assert found is not None
        return found


def reading(file: Path) -> Reading | None:
    """What the workers make of the file; None, said aloud, where they refuse it."""
    steps = readers.read(file.read_bytes(), file.name, lambda data: "0" * 64)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: Reading = done.value
            return found
        except Problem as problem:
            print(f"{file.name}: {problem.code}", flush=True)
            return None


def random_phrase(rng: random.Random, files: dict[Path, Reading]) -> Phrase | None:
    """Words that follow each other on one line, or None when this throw of the dice hit no such place."""
    file = rng.choice(sorted(files))
    page = rng.choice(files[file].pages)
    if page.confidences:
        return None
    count, first = rng.randint(3, 8), rng.randrange(max(1, len(page.words)))
    words = list(page.words)[first : first + count]
    if len(words) < count or "\n" in page.text[words[0][0] : words[-1][1]]:
        return None
    return Phrase(file, page, words[0][0], words[-1][1])


@contextlib.contextmanager
def paper(phrase: Phrase) -> Iterator[pypdfium2.PdfPage]:
    """The phrase's page, with what is laid over it made part of it."""
    with contextlib.closing(pypdfium2.PdfDocument(phrase.file)) as document:
        document.init_forms()
        page = document[phrase.page.number - 1]
        raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
        page.close()
        with contextlib.closing(document[phrase.page.number - 1]) as page:
            yield page


def text_inside(page: pypdfium2.PdfPage, box: Box) -> str:
    """What pypdfium2 finds in that part of the paper, whichever way the page is turned and cut."""
    width, height = page.get_size()
    fine = 1000  # PDFium takes whole pixels
    corners = []
    for x, y in ((box[0] - SLACK, box[1] - SLACK), (box[2] + SLACK, box[3] + SLACK)):
        across, up = ctypes.c_double(), ctypes.c_double()
        size = round(width * fine), round(height * fine)
        raw.FPDF_DeviceToPage(page, 0, 0, *size, 0, round(x * fine), round(y * fine), across, up)
        corners.append((across.value, up.value))
    (x0, y0), (x1, y1) = corners
    with contextlib.closing(page.get_textpage()) as letters:
        return str(letters.get_text_bounded(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))


def squeezed(text: str) -> str:
    """Letters and digits alone: what reads the same however spaces and line ends are guessed."""
    return "".join(char for char in text if char.isalnum())


def middle(box: Box) -> Box:
    """The box without what its line shares with its neighbours above and below."""
    x0, y0, x1, y1 = box
    if y1 - y0 <= x1 - x0:
        return x0 + 1, y0 + (y1 - y0) * 0.4, x1 - 1, y1 - (y1 - y0) * 0.4
    return x0 + (x1 - x0) * 0.4, y0 + 1, x1 - (x1 - x0) * 0.4, y1 - 1


def judge(phrase: Phrase) -> tuple[bool, bool]:
    """Whether the phrase stands in its box, and whether nothing else does."""
    wanted = [squeezed(word) for word in phrase.text.split() if word != TICK]
    with paper(phrase) as page:
        inside = squeezed(text_inside(page, phrase.box))
        core = squeezed(text_inside(page, middle(phrase.box)))
    return all(word in inside for word in wanted), len(core) <= sum(map(len, wanted))


def draw(phrase: Phrase, target: Path, scale: float = 2.0) -> None:
    """The page's part around the phrase, with a frame along the edges of the box."""
    from PIL import Image

    drawn = readers.picture(phrase.file.read_bytes(), phrase.page.number, scale)
    image = Image.frombytes("RGB", (drawn.width, drawn.height), drawn.rgb)
    x0, y0, x1, y1 = (round(value * scale) for value in phrase.box)
    across, down = (x0 - 2, x1 + 2), (y0 - 2, y1 + 2)
    for top in (y0 - 2, y1):
        image.paste((220, 0, 0), (across[0], top, across[1], top + 2))
    for left in (x0 - 2, x1):
        image.paste((220, 0, 0), (left, down[0], left + 2, down[1]))
    image.crop((x0 - 200, y0 - 120, x1 + 200, y1 + 120)).save(target)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--phrases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    paths = sorted(path for folder in given.folders for path in folder.rglob("*.pdf"))
    files = {path: found for path in paths if (found := reading(path)) is not None}
    rng = random.Random(given.seed)
    phrases: list[Phrase] = []
    for _ in range(1000 * given.phrases):
        if len(phrases) < given.phrases and (phrase := random_phrase(rng, files)):
            phrases.append(phrase)
    rights = snugs = 0
    for phrase in phrases:
        right, snug = judge(phrase)
        rights += right
        snugs += snug
        if not (right and snug):
            fault = "not snug" if right else "NOT COVERED"
            print(f"{fault}: {phrase.file.name} page {phrase.page.number}, {phrase.box}: {phrase.text!r}", flush=True)
    if given.pictures:
        given.pictures.mkdir(parents=True, exist_ok=True)
        for number, phrase in enumerate(rng.sample(phrases, min(PICTURES, len(phrases)))):
            draw(phrase, given.pictures / f"{number:02}.png")
            print(f"{number:02}.png: {phrase.file.name} page {phrase.page.number}: {phrase.text!r}")
    print(f"{len(files)} files, {len(phrases)} phrases: {rights} covered by their box, {snugs} of them snugly")
    return 0 if phrases and rights >= PASSING * len(phrases) else 1


if __name__ == "__main__":
    sys.exit(main())
