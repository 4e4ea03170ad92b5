"""Makes clean text out of what documents hold, and lays it out as pages."""

from __future__ import annotations

import bisect
import itertools
import re
from collections import Counter
from collections.abc import Sequence

from engine.cards import Problem
from engine.pages import HIDDEN, Hidden, Page
from engine.readers import _charset
from engine.readers._wire import TITLE, Limits

LEAF = 50_000
"""A flowing text is cut into pages of about so many characters, at line ends."""

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\U000e0000-\U000e01ef]"
)
# Control characters and soft hyphens are dust, not messages: they go without a note.
_DUST = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_BETWEEN = " | "

decode = _charset.decode
looks_like_text = _charset.looks_like_text


def clean(text: str) -> tuple[str, str]:
    """The text with plain line ends and without characters that can't be seen; and a note of those.

    Tag characters (U+E0020 to U+E007E) can carry a whole message in secret: the note spells it out.
    """
    text = _LINE_ENDS.sub("\n", text)
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
    unseen = _UNSEEN.findall(text)
    if not unseen:
        return text, ""
    return _UNSEEN.sub("", text), _note(unseen)


def _note(unseen: list[str]) -> str:
    tags = "".join(chr(ord(char) - 0xE0000) for char in unseen if "\U000e0020" <= char <= "\U000e007e")
    counts = Counter(char for char in unseen if not _DUST.match(char) and char < "\U000e0000")
    notes = [f"Invisible character U+{ord(char):04X} ({count})" for char, count in sorted(counts.items())]
    return "\n".join([*notes, tags] if tags else notes)


def one_line(text: str, most: int = TITLE) -> str:
    """The text as one short clean line: a title, a heading, a cell."""
    return _SPACES.sub(" ", clean(text)[0]).strip()[:most]


def file_name(text: str, otherwise: str) -> str:
    """A name from outside as a plain last part of a path, to be shown and never to be opened."""
    name = one_line(re.split(r"[/\\]", text)[-1], 200)
    return name if name.strip(". ") else otherwise


class Flow:
    """Gathers a flowing document line by line, and cuts it into pages.

    A heading's label covers all up to the next heading of its level.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._length = 0
        self._left = limits.characters
        self._paths: list[tuple[int, int, str]] = []
        self._open: list[tuple[int, int, str]] = []
        self._breaks: list[int] = []
        self._hidden: list[tuple[int, int, Hidden]] = []

    def add(self, text: str, label: str = "") -> None:
        """One more line or paragraph; `label` names its place ("Subject", "paragraph 12")."""
        text = self._clean(text)
        self._label(self._length, self._length + len(text), label)
        self._put(text)

    def heading(self, text: str, level: int, label: str = "") -> None:
        """One more line that opens a section; levels count from 1."""
        self._close(level)
        if label := one_line(label or text):
            self._open.append((level, self._length, label))
        self.add(text)

    def row(self, cells: Sequence[str], label: str, cell_labels: Sequence[str] = ()) -> None:
        """One more row of a table, as one line, so that a row is found and quoted as one thing.

        `label` names the row ("row 3"), `cell_labels` its cells ("B3"); cells are set apart by " | ".
        """
        start = at = self._length
        cleaned = [" ".join(self._clean(cell).split()) for cell in cells]
        line = _BETWEEN.join(cleaned)
        self._label(start, start + len(line), label)
        for cell, name in zip(cleaned, cell_labels, strict=False):
            self._label(at, at + len(cell), name)
            at += len(cell) + len(_BETWEEN)
        self._put(line)

    def hide(self, text: str, kind: str) -> None:
        """Text that a person would not see here; `kind` is a key of HIDDEN."""
        assert kind in HIDDEN
        text = clean(text)[0].strip()
        if text:
            self._hidden.append((len(self._breaks), self._length, Hidden(kind, text)))
            self._spend(len(text))

    def page_break(self) -> None:
        """What follows stands on a new page: the next slide, the next sheet. Sections end here."""
        self._close(0)
        self._breaks.append(self._length)

    def pages(self) -> tuple[Page, ...]:
        """The pages. Hidden text stands with the page that it was found on."""
        self._close(0)
        text = "\n".join(self._parts)
        cuts = self._cuts(text)
        if len(cuts) > self._limits.pages:
            raise Problem("too_large", "There are more pages than the limit.")
        spans = [(start, end) for _, start, end in cuts]
        paths, hidden = self._by_page(spans), self._hidden_by_page(cuts)
        return tuple(
            Page(n + 1, text[start:end], hidden=hidden[n], paths=tuple(paths[n]))
            for n, (start, end) in enumerate(spans)
        )

    def _clean(self, text: str) -> str:
        text, unseen = clean(text)
        self.hide(unseen, "characters")
        return text

    def _put(self, line: str) -> None:
        self._parts.append(line)
        self._length += len(line) + 1
        self._spend(len(line) + 1)

    def _spend(self, characters: int) -> None:
        self._left -= characters
        if self._left < 0:
            raise Problem("too_large", "There is more text than the limit.")

    def _label(self, start: int, end: int, label: str) -> None:
        if label and start < end:
            self._paths.append((start, end, one_line(label)))

    def _close(self, level: int) -> None:
        while self._open and self._open[-1][0] >= level:
            _, start, label = self._open.pop()
            self._paths.append((start, max(start, self._length - 1), label))

    def _cuts(self, text: str) -> list[tuple[int, int, int]]:
        """Where pages begin and end: at each break, and within long stretches at line ends.

        Each comes with the number of breaks before it.
        """
        edges = [0, *self._breaks, len(text) + 1]
        found = []
        for breaks, (start, after) in enumerate(itertools.pairwise(edges)):
            if after > start or len(edges) == 2:
                inside = _cuts(text[start : max(start, after - 1)])
                found += [(breaks, start + first, start + last) for first, last in inside]
        return found or [(0, 0, 0)]

    def _by_page(self, cuts: list[tuple[int, int]]) -> list[list[tuple[int, int, str]]]:
        """Each page's labels, counted from that page's first character."""
        paths: list[list[tuple[int, int, str]]] = [[] for _ in cuts]
        ends = [end for _, end in cuts]
        for start, end, label in sorted(self._paths, key=lambda path: (path[0], -path[1])):
            for n in range(bisect.bisect_right(ends, start), len(cuts)):
                first, last = cuts[n]
                if first >= end:
                    break
                if max(start, first) < min(end, last):
                    paths[n].append((max(start, first) - first, min(end, last) - first, label))
        return paths

    def _hidden_by_page(self, cuts: list[tuple[int, int, int]]) -> list[tuple[Hidden, ...]]:
        found: list[list[Hidden]] = [[] for _ in cuts]
        starts = [(breaks, start) for breaks, start, _ in cuts]
        for breaks, at, hidden in self._hidden:
            found[max(0, bisect.bisect_right(starts, (breaks, at)) - 1)].append(hidden)
        return [tuple(page) for page in found]


def _cuts(text: str) -> list[tuple[int, int]]:
    """Where the pages begin and end: at a line end near the wanted length, else at a space, else there."""
    cuts = []
    start = 0
    while len(text) - start > LEAF:
        reach = start + LEAF
        end = max(text.rfind("\n", start + LEAF // 2, reach), 0) or max(text.rfind(" ", start + LEAF // 2, reach), 0)
        cuts.append((start, end or reach))
        start = end + 1 if end else reach
    return [*cuts, (start, len(text))]
