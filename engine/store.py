"""Keeps originals, and what was read from them, under their content hash."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.cards import Place, Problem
from engine.codec import build, plain
from engine.pages import Page, Reading, packed, unpacked

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHECK = hashlib.sha256().digest_size
READING_VERSION = 2
RECENT, RECENT_PAGES = 8, 200
"""Readings kept in memory; a long one is kept alone."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file was not read, when its name had that ending. `deaths` counts the workers that it has cost.

    A later version may know better.
    """

    code: str
    sentence: str
    kind: str = ""
    deaths: int = 0
    ending: str = ""
    version: int = READING_VERSION


class Store:
    """Files by content hash below one folder: `originals/` is the truth, `readings/` is derived.

    A name from outside is never used as a path.
    """

    def __init__(self, home: Path, flush: Callable[[int], None] = os.fsync) -> None:
        """`flush` brings a written file to the disk; a store that nobody needs after a crash may do without."""
        self.home = home
        self._flush = flush
        self._lock = threading.Lock()
        self._recent: dict[str, Reading] = {}

    def put(self, data: bytes) -> str:
        """Keep the bytes; returns their SHA-256. Safe to repeat, complete or absent after a crash."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path("originals", sha256)
        if not _holds(path, sha256, len(data)):
            write_aside(path, data, self._flush)
        return sha256

    def size(self, sha256: str) -> int:
        """Bytes of a kept file; 0 for one that is not there."""
        path = self._path("originals", sha256)
        return path.stat().st_size if path.exists() else 0

    def kept(self, sha256: str) -> Path:
        """Where a kept file lies, for what must open it by itself. It is never written to."""
        return self._path("originals", sha256).resolve()

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

    def files(self, sha256: str) -> list[Path]:
        """Where that file, and what was read from it or said against it, may lie."""
        readings = [self._path("readings", sha256, ending) for ending in (".reading", ".refused")]
        return [self._path("originals", sha256), *readings]

    def keep(self, sha256: str, reading: Reading) -> None:
        """Keep what was read from that file; what was said against it before is forgotten."""
        self._recent.pop(sha256, None)
        head = {
            "version": READING_VERSION,
            "kind": reading.kind,
            "title": reading.title,
            "attachments": reading.attachments,
            "pages": [],
        }
        pages = [packed(page) for page in reading.pages]
        head["pages"] = [len(page) for page in pages]
        body = b"".join((json.dumps(head, ensure_ascii=False).encode(), b"\n", *pages))
        write_aside(self._path("readings", sha256, ".reading"), body + hashlib.sha256(body).digest(), self._flush)
        self._path("readings", sha256, ".refused").unlink(missing_ok=True)

    def reading(self, sha256: str) -> Reading | None:
        """What was read from that file before, or None: then it must be read again.

        The last few stay in memory: agents and page turns ask for the same ones again and again.
        """
        with self._lock:
            reading = self._recent.get(sha256)
        if reading is None and (reading := self._parsed(sha256)) is not None:
            with self._lock:
                if len(self._recent) >= RECENT or len(reading.pages) > RECENT_PAGES:
                    self._recent.clear()
                self._recent[sha256] = reading
        return reading

    def note(self, title: str, text: str) -> Place:
        """Keep a text that stands in no file, such as what a database said; returns the place of all of it."""
        sha256 = self.put(f"{title}\n{text}".encode())
        if self.reading(sha256) is None:
            self.keep(sha256, Reading("note", title, (Page(1, text),)))
        return Place(sha256, title, 1, 0, len(text))

    def refuse(self, sha256: str, refusal: Refusal) -> None:
        """Keep why that file was not read."""
        write_aside(self._path("readings", sha256, ".refused"), json.dumps(plain(refusal)).encode(), self._flush)

    def refusal(self, sha256: str) -> Refusal | None:
        """Why that file was not read before, by this version, or None."""
        path = self._path("readings", sha256, ".refused")
        try:
            refusal: Refusal = build(Refusal, json.loads(path.read_bytes()))
        except (FileNotFoundError, ValueError, Problem):
            return None
        return refusal if refusal.version == READING_VERSION else None

    def _parsed(self, sha256: str) -> Reading | None:
        """None also for what is damaged, or of an older version: it is derived, and can be made again."""
        try:
            data = self._path("readings", sha256, ".reading").read_bytes()
        except FileNotFoundError:
            return None
        body, check = data[:-_CHECK], data[-_CHECK:]
        if hashlib.sha256(body).digest() != check:
            return None
        end = body.find(b"\n")
        head = json.loads(body[:end])
        if head["version"] != READING_VERSION:
            return None
        pages, at = [], end + 1
        for length in head["pages"]:
            pages.append(unpacked(body[at : at + length]))
            at += length
        attachments = tuple((name, inner) for name, inner in head["attachments"])
        return Reading(head["kind"], head["title"], tuple(pages), attachments)

    def _path(self, shelf: str, sha256: str, suffix: str = "") -> Path:
        if not _SHA256.fullmatch(sha256):
            raise Problem("bad_hash", "A content hash must be 64 hexadecimal digits.")
        return self.home / shelf / sha256[:2] / (sha256 + suffix)


def _holds(path: Path, sha256: str, size: int) -> bool:
    """Whether that file is there, whole and unchanged."""
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_size == size and hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def write_aside(path: Path, data: bytes, flush: Callable[[int], None] = os.fsync) -> None:
    """Write a file whole or not at all: aside, flushed to disk, then moved into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        flush(file.fileno())
    aside.replace(path)
