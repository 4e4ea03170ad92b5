"""Keeps originals, and what was read from them, under their content hash."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from engine.cards import Box, Problem, build, plain

_SHA256 = re.compile(r"[0-9a-f]{64}")
READING_VERSION = 1
RECENT = 8
"""Readings kept in memory."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page's visible text, with a box for each word.

    `words` holds (start, end, x0, y0, x1, y1): a span in `text` and its box in points from the top
    left. It is empty for formats without drawn pages, whose `width` and `height` are 0. `hidden`
    is text a person would not see (white on white, HTML comments, zero-width characters).
    `paths` holds (start, end, label) for flowing formats: mail header, row, heading.
    """

    number: int
    text: str
    width: float = 0.0
    height: float = 0.0
    words: tuple[tuple[int, int, float, float, float, float], ...] = ()
    hidden: str = ""
    paths: tuple[tuple[int, int, str], ...] = ()

    def box(self, start: int, end: int) -> Box | None:
        """The box around all words that touch the span, or None where there are no boxes."""
        touched = [word for word in self.words if word[0] < end and word[1] > start]
        if not touched:
            return None
        return (
            min(word[2] for word in touched),
            min(word[3] for word in touched),
            max(word[4] for word in touched),
            max(word[5] for word in touched),
        )

    def path(self, start: int) -> str:
        """The label of the innermost structure at that position ("Subject", "row 12"), or ""."""
        inside = [part for part in self.paths if part[0] <= start < part[1]]
        return min(inside, key=lambda part: part[1] - part[0])[2] if inside else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of one file. `attachments` are (name, bytes) of files inside it."""

    kind: str
    title: str
    pages: tuple[Page, ...]
    attachments: tuple[tuple[str, bytes], ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(page.text for page in self.pages)


class Store:
    """Files by content hash below one folder: `originals/` is the truth, `readings/` is derived.

    A name from outside is never used as a path.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._recent: dict[str, Reading] = {}

    def put(self, data: bytes) -> str:
        """Keep the bytes; returns their SHA-256. Safe to repeat, complete or absent after a crash."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path("originals", sha256)
        if not path.exists() or path.read_bytes() != data:
            write_aside(path, data)
        return sha256

    def original(self, sha256: str) -> bytes:
        """The bytes of a kept file. Raises Problem("missing"), or Problem("damaged_store") on bit rot."""
        try:
            data = self._path("originals", sha256).read_bytes()
        except FileNotFoundError as error:
            raise Problem("missing", f"The original {sha256[:12]} is not in the store. Add the file again.") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Problem(
                "damaged_store", f"The stored original {sha256[:12]} has changed on disk. Add the file again."
            )
        return data

    def keep(self, sha256: str, reading: Reading) -> None:
        """Keep what was read from that file."""
        self._recent.pop(sha256, None)
        body = {
            "version": READING_VERSION,
            "kind": reading.kind,
            "title": reading.title,
            "pages": plain(reading.pages),
            "attachments": [[name, base64.b64encode(data).decode()] for name, data in reading.attachments],
        }
        write_aside(self._path("readings", sha256, ".json"), json.dumps(body, ensure_ascii=False).encode())

    def reading(self, sha256: str) -> Reading | None:
        """What was read from that file before, or None: then it must be read again.

        The last few stay in memory: agents and page turns ask for the same ones again and again.
        """
        reading = self._recent.get(sha256)
        if reading is None and (reading := self._parsed(sha256)) is not None:
            if len(self._recent) >= RECENT:
                self._recent.clear()
            self._recent[sha256] = reading
        return reading

    def _parsed(self, sha256: str) -> Reading | None:
        try:
            body = json.loads(self._path("readings", sha256, ".json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        if not isinstance(body, dict) or body.get("version") != READING_VERSION:
            return None
        try:
            attachments = tuple((name, base64.b64decode(data)) for name, data in body["attachments"])
            return Reading(body["kind"], body["title"], build(tuple[Page, ...], body["pages"]), attachments)
        except (KeyError, TypeError, ValueError, Problem):
            return None

    def _path(self, shelf: str, sha256: str, suffix: str = "") -> Path:
        if not _SHA256.fullmatch(sha256):
            raise Problem("bad_hash", "A content hash must be 64 hexadecimal digits.")
        return self.home / shelf / sha256[:2] / (sha256 + suffix)


def write_aside(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: aside, flushed to disk, then moved into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
