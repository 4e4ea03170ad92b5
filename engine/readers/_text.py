"""Makes clean text out of what documents hold, and lays it out as pages."""

from __future__ import annotations

import bisect
import re
from collections import Counter

from engine.cards import Problem
from engine.readers._wire import TITLE, Limits
from engine.store import Page

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


def decode(data: bytes, charset: str = "") -> str:
    """The text of those bytes: by their mark, else as declared, else UTF-8, else by the best guess."""
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(name, "replace")
    for name in (charset, "utf-8"):
        try:
            return data.decode(name) if name else data.decode("utf-8")
        except (LookupError, ValueError):
            continue
    return data.decode(_guess(data), "replace")


def _guess(data: bytes) -> str:
    """Short texts carry too little to judge by; there, Western Europe's is the likeliest."""
    sample = data[:64_000]
    if sum(byte > 127 for byte in sample) < 40:
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"


def looks_like_text(head: bytes) -> bool:
    """Whether these first bytes could be text: a Unicode mark, or hardly any control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    strange = sum(byte < 9 or 13 < byte < 32 for byte in head)
    return b"\x00" not in head and strange * 100 <= len(head)


def named(name: str, *endings: str) -> bool:
    """Whether the file's name ends so, in any case."""
    return name.lower().endswith(endings)


class Flow:
    """Gathers a flowing document line by line, and cuts it into pages.

    A heading's label covers all up to the next heading of its level.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._length = 0
        self._paths: list[tuple[int, int, str]] = []
        self._open: list[tuple[int, int, str]] = []
        self._hidden: list[str] = []
        self._hidden_length = 0

    def add(self, text: str, label: str = "") -> None:
        """One more line or paragraph."""
        text, unseen = clean(text)
        self.hide(unseen)
        start = self._length
        self._parts.append(text)
        self._length += len(text) + 1
        if label and text:
            self._paths.append((start, start + len(text), one_line(label)))
        if self._length > self._limits.characters:
            raise Problem("too_large", "There is more text than the limit.")

    def heading(self, text: str, level: int, label: str = "") -> None:
        """One more line that opens a section."""
        self._close(level)
        if label := one_line(label or text):
            self._open.append((level, self._length, label))
        self.add(text)

    def hide(self, text: str) -> None:
        """Text that a person would not see."""
        text = clean(text)[0].strip()
        if text:
            self._hidden.append(text)
            self._hidden_length += len(text) + 1
        if self._length + self._hidden_length > self._limits.characters:
            raise Problem("too_large", "There is more text than the limit.")

    def pages(self) -> tuple[Page, ...]:
        """The pages. Hidden text stands with the first."""
        self._close(0)
        text = "\n".join(self._parts)
        cuts = _cuts(text)
        if len(cuts) > self._limits.pages:
            raise Problem("too_large", "There are more pages than the limit.")
        paths = self._by_page(cuts)
        hidden = ["\n".join(self._hidden), *[""] * len(cuts)]
        return tuple(
            Page(n + 1, text[start:end], hidden=hidden[n], paths=tuple(paths[n])) for n, (start, end) in enumerate(cuts)
        )

    def _close(self, level: int) -> None:
        while self._open and self._open[-1][0] >= level:
            _, start, label = self._open.pop()
            self._paths.append((start, max(start, self._length - 1), label))

    def _by_page(self, cuts: list[tuple[int, int]]) -> list[list[tuple[int, int, str]]]:
        """Each page's labels, counted from that page's first character."""
        paths: list[list[tuple[int, int, str]]] = [[] for _ in cuts]
        ends = [end for _, end in cuts]
        for start, end, label in sorted(self._paths):
            for n in range(bisect.bisect_right(ends, start), len(cuts)):
                first, last = cuts[n]
                if first >= end:
                    break
                if max(start, first) < min(end, last):
                    paths[n].append((max(start, first) - first, min(end, last) - first, label))
        return paths


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
