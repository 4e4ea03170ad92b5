"""The text of one PDF page while it is being put together: words come out of it, and others go in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from engine.cards import Box
from engine.pages import Hidden, Page, Words

Array = np.ndarray[Any, Any]

WORD = np.dtype([("start", "<u4"), ("end", "<u4"), ("box", "<f4", (4,))])
"""A word as `pages.Words` packs it."""


NOWHERE = -1
"""The index of a first character that PDFium does not know of."""


class Piece(NamedTuple):
    """Text to put in at a position of the sheet's text; its words count from its own first character."""

    at: int
    text: str
    words: Array
    sure: Array | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """`first` is PDFium's index of each word's first character; `sure` is how sure each word is, in percent."""

    number: int
    width: float
    height: float
    text: str
    words: Array
    first: Array
    sure: Array | None = None
    hidden: tuple[Hidden, ...] = ()

    def word(self, row: int) -> str:
        return self.text[int(self.words["start"][row]) : int(self.words["end"][row])]

    def box(self, row: int) -> Box:
        x0, y0, x1, y1 = self.words["box"][row].tolist()
        return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)

    def without(self, gone: Array) -> Sheet:
        """The sheet when those words (True) are taken out of it."""
        if not gone.any():
            return self
        starts, ends = self.words["start"].tolist(), self.words["end"].tolist()
        parts, at = [], 0
        for row in np.flatnonzero(gone).tolist():
            parts.append(self.text[at : starts[row]])
            at = ends[row]
        words = self.words[~gone]
        shift = np.cumsum(np.where(gone, self.words["end"] - self.words["start"], 0))[~gone].astype("<u4")
        words["start"] -= shift
        words["end"] -= shift
        sure = None if self.sure is None else self.sure[~gone]
        return replace(self, text="".join([*parts, self.text[at:]]), words=words, first=self.first[~gone], sure=sure)

    def with_pieces(self, pieces: list[Piece]) -> Sheet:
        """The sheet with those texts put in, several at one place in the order given."""
        if not pieces:
            return self
        end = Piece(len(self.text), "", self.words[:0])
        parts: list[str] = []
        rows, sures, firsts = [], [], []
        sure = _certain(self.words, self.sure)
        done = at = shift = 0
        for piece in [*sorted(pieces, key=lambda piece: piece.at), end]:
            upto = max(done, int(np.searchsorted(self.words["start"], piece.at)))
            rows += [_moved(self.words[done:upto], shift), _moved(piece.words, piece.at + shift)]
            sures += [sure[done:upto], _certain(piece.words, piece.sure)]
            firsts += [self.first[done:upto], np.full(len(piece.words), NOWHERE, self.first.dtype)]
            parts += [self.text[at : piece.at], piece.text]
            done, at, shift = upto, piece.at, shift + len(piece.text)
        recognised = self.sure is not None or any(piece.sure is not None for piece in pieces)
        return replace(
            self,
            text="".join(parts),
            words=np.concatenate(rows),
            first=np.concatenate(firsts),
            sure=np.concatenate(sures) if recognised else None,
        )

    def page(self) -> Page:
        """What it has become."""
        sure = b"" if self.sure is None else self.sure.astype(np.uint8).tobytes()
        return Page(
            self.number,
            self.text,
            round(self.width, 2),
            round(self.height, 2),
            Words(self.words.tobytes()),
            sure,
            self.hidden,
        )


def _moved(words: Array, by: int) -> Array:
    found = words.copy()
    found["start"] += by
    found["end"] += by
    return found


def _certain(words: Array, sure: Array | None) -> Array:
    return np.full(len(words), 100, np.uint8) if sure is None else sure
