"""Reads PowerPoint's old files (ppt): a page a slide, with its notes, and apart from them what is not shown."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.cards import Problem
from engine.pages import Inner, Part
from engine.readers import _locked, _ole
from engine.readers._file import File
from engine.readers._ooxml import within
from engine.readers._text import Flow, one_line
from engine.readers._wire import Limits

if TYPE_CHECKING:
    import olefile

KINDS = ("ppt", "pps", "pot")
IMPORTS = (*_ole.IMPORTS, *_locked.IMPORTS)

_OLDEST = "PP40"
_LOCKED = 0xF3D1C4DF
# Kinds of records.
_DOCUMENT, _SLIDE, _NOTES, _EDIT, _DIRECTORY = 0x03E8, 0x03EE, 0x03F0, 0x0FF5, 0x1772
_LIST, _ENTRY, _FACTS, _SHOWN = 0x0FF0, 0x03F3, 0x03EF, 0x03F9
_SORT, _WIDE, _NARROW, _REFERENCE = 0x0F9F, 0x0FA0, 0x0FA8, 0x0F9E
_TAGS, _COMMENT, _WORD, _EMBEDDED = 0x1388, 0x2EE0, 0x0FBA, 0x1011
# What a text is for.
_TITLES = (0, 6)
_NOTE = 2
_OTHER = 4

_CONTAINER = 0xF
_DEEPEST = 60
_HIDDEN = 0x0004
_EDITS = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """One record: what it is, and where its content lies."""

    sort: int
    instance: int
    first: int
    last: int
    holds_records: bool


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A text, and what it is for."""

    sort: int
    text: str


def recognises(file: File) -> tuple[str, float]:
    """An old Office file with a stream of PowerPoint's."""
    named = next((kind for kind in KINDS if file.named(f".{kind}")), "")
    if "PowerPoint Document" in file.ole_names:
        return named or "ppt", 0.95
    if _OLDEST in file.ole_names:
        return "ppt", 0.9
    return named, 0.3 if named else 0.0


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """The slides in the order of the show, then the files that lie in them."""
    if _OLDEST in file.ole_names and "PowerPoint Document" not in file.ole_names:
        raise Problem("unsupported", "It is older than PowerPoint 97.")
    with _ole.opened(file) as ole:
        locked = _user(ole)[0] == _LOCKED or "EncryptedSummary" in file.ole_names
    if locked:
        file = _locked.unlocked(file)
    with _ole.opened(file) as ole:
        show = _Show(ole, limits)
        yield from show.flow.pages()
        yield from within(show.files(ole), limits)
        return _ole.title(ole) or show.first_title


def _user(ole: olefile.OleFileIO) -> tuple[int, int]:
    """The sign of a lock, and where the last edit is told of."""
    token, place = struct.unpack_from("<II", _ole.stream(ole, "Current User"), 12)
    return token, place


class _Records:
    """The records of a stream, one in another."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def at(self, place: int, sort: int) -> Record | None:
        """The record there, if it is of that sort."""
        if not 0 <= place <= len(self.data) - 8:
            return None
        record = self._read(place, len(self.data))
        return record if record.sort == sort else None

    def inside(self, parent: Record) -> Iterator[Record]:
        """The records right inside another one."""
        place = parent.first
        while place + 8 <= parent.last:
            record = self._read(place, parent.last)
            yield record
            place = record.last

    def below(self, parent: Record, depth: int = 0) -> Iterator[Record]:
        """All records inside another one, in their order, but for those of private tags and comments."""
        if depth > _DEEPEST:
            raise Problem("too_deep", "The presentation's records are nested too deeply.")
        for record in self.inside(parent):
            yield record
            if record.holds_records and record.sort not in (_TAGS, _COMMENT):
                yield from self.below(record, depth + 1)

    def number(self, record: Record, offset: int = 0) -> int:
        """A number in a record, 0 where the record is too short."""
        place = record.first + offset
        return int.from_bytes(self.data[place : min(place + 4, record.last)], "little")

    def text(self, record: Record) -> str:
        data = self.data[record.first : record.last]
        return data.decode("latin-1" if record.sort == _NARROW else "utf-16-le", "replace")

    def _read(self, place: int, end: int) -> Record:
        head, sort, size = struct.unpack_from("<HHI", self.data, place)
        first = place + 8
        return Record(sort, head >> 4, first, min(first + size, end), head & 0xF == _CONTAINER)


class _Show:
    """One presentation while it is read."""

    def __init__(self, ole: olefile.OleFileIO, limits: Limits) -> None:
        self.flow = Flow(limits)
        self.first_title = ""
        self._limits = limits
        self._records = _Records(_ole.stream(ole, "PowerPoint Document"))
        self._places, document = self._directory(_user(ole)[1])
        root = self._records.at(self._places.get(document, -1), _DOCUMENT)
        if root is None:
            raise Problem("damaged", "There is no document in the presentation.")
        self._notes = {name: place for place, name, _ in self._listed(root, 2)}
        seen: set[int] = set()
        for place, _, outline in self._listed(root, 0):
            slide = self._records.at(self._places.get(place, -1), _SLIDE)
            if slide is not None and place not in seen:
                seen.add(place)
                self._slide(len(seen), slide, outline)

    def files(self, ole: olefile.OleFileIO) -> Iterator[Inner]:
        """Embedded files, then the pictures that are big enough to hold words."""
        for place in sorted(set(self._places.values())):
            record = self._records.at(place, _EMBEDDED)
            if record is not None:
                data = self._records.data[record.first : record.last]
                if record.instance == 1:
                    data = _inflated(data[4:], self._limits.unpacked)
                inner = _ole.unwrapped(Inner("attachment", data))
                if inner.data:
                    yield inner
        yield from itertools.islice(_ole.pictures(_ole.stream(ole, "Pictures")), _ole.PICTURES)

    def _directory(self, place: int) -> tuple[dict[int, int], int]:
        """Where each lasting object lies, by its number; and the number of the document. Later edits count."""
        places: dict[int, int] = {}
        document = 0
        seen: set[int] = set()
        while place not in seen and len(seen) < _EDITS:
            seen.add(place)
            edit = self._records.at(place, _EDIT)
            if edit is None:
                break
            place, directory, number = (self._records.number(edit, offset) for offset in (8, 12, 16))
            document = document or number
            table = self._records.at(directory, _DIRECTORY)
            if table is not None:
                for key, value in self._entries(table):
                    places.setdefault(key, value)
        return places, document

    def _entries(self, table: Record) -> Iterator[tuple[int, int]]:
        at = table.first
        while at + 4 <= table.last:
            head = struct.unpack_from("<I", self._records.data, at)[0]
            first, count = head & 0xFFFFF, min(head >> 20, (table.last - at - 4) // 4)
            yield from enumerate(struct.unpack_from(f"<{count}I", self._records.data, at + 4), start=first)
            at += 4 + 4 * count

    def _listed(self, root: Record, instance: int) -> Iterator[tuple[int, int, list[Words]]]:
        """The slides (0) or notes (2) in their order: where they lie, their names, the texts in their outlines."""
        for listing in self._records.inside(root):
            if listing.sort != _LIST or listing.instance != instance:
                continue
            entry: tuple[int, int, list[Words]] | None = None
            sort = _OTHER
            for record in self._records.inside(listing):
                if record.sort == _ENTRY:
                    if entry is not None:
                        yield entry
                    entry = self._records.number(record), self._records.number(record, 12), []
                elif entry is not None and record.sort == _SORT:
                    sort = self._records.number(record)
                    entry[2].append(Words(sort, ""))
                elif entry is not None and entry[2] and record.sort in (_WIDE, _NARROW):
                    entry[2][-1] = Words(sort, self._records.text(record))
            if entry is not None:
                yield entry

    def _slide(self, number: int, slide: Record, outline: list[Words]) -> None:
        self.flow.page_break()
        found = list(self._texts(slide, outline))
        placed = set(map(id, found))
        found = [words for words in outline if id(words) not in placed] + found
        found = sorted((words for words in found if words.text.strip()), key=lambda words: words.sort not in _TITLES)
        concealed, note = self._facts(slide)
        label = f"slide {number}"
        for place, words in enumerate(found):
            if concealed:
                self.flow.hide(words.text, "concealed")
            elif place == 0 and words.sort in _TITLES:
                title = one_line(words.text)
                self.first_title = self.first_title or title
                self.flow.heading(title, 1, f"{label}: {title}")
                label = ""
            else:
                self._lines(words.text, label)
        page = self._records.at(self._places.get(self._notes.pop(note, -1), -1), _NOTES)
        for words in self._texts(page, []) if page is not None else ():
            if words.sort == _NOTE:
                self._lines(words.text, f"{label} > notes" if label else "notes")
        self._comments(slide)

    def _lines(self, text: str, label: str) -> None:
        for line in text.replace("\x0b", "\n").split("\r"):
            if line.strip():
                self.flow.add(line, label)

    def _texts(self, parent: Record, outline: list[Words]) -> Iterator[Words]:
        """The texts of the shapes in their order; some stand in the outline, and the shapes refer to them."""
        sort = _OTHER
        for record in self._records.below(parent):
            if record.sort == _SORT:
                sort = self._records.number(record)
            elif record.sort in (_WIDE, _NARROW):
                yield Words(sort, self._records.text(record))
            elif record.sort == _REFERENCE:
                index = self._records.number(record)
                if index < len(outline):
                    yield outline[index]

    def _facts(self, slide: Record) -> tuple[bool, int]:
        """Whether a slide is hidden, and the name of its notes."""
        concealed, note = False, 0
        for record in self._records.inside(slide):
            if record.sort == _FACTS:
                note = self._records.number(record, 16)
            elif record.sort == _SHOWN:
                concealed = bool(self._records.number(record, 10) & _HIDDEN)
        return concealed, note

    def _comments(self, slide: Record) -> None:
        """Comments lie in the slide's private tags: the author's name is a word, too, and is left out."""
        for tags in self._records.inside(slide):
            if tags.sort == _TAGS:
                for comment in self._records.below(tags):
                    for word in self._records.inside(comment) if comment.sort == _COMMENT else ():
                        if word.sort == _WORD and word.instance == 1:
                            self.flow.hide(self._records.text(word), "comment")


def _inflated(data: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(data, most)
    except zlib.error:
        return b""
    if unpacking.unconsumed_tail:
        raise Problem("bomb", "An embedded file unpacks to too much.")
    return found
