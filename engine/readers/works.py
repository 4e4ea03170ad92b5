"""Reads the words in the files of Microsoft Works (wps) and Publisher (pub), which share one way to keep them."""

from __future__ import annotations

import re
import struct
from collections.abc import Generator, Iterator

from engine.cards import Problem
from engine.pages import Part
from engine.readers import _ole
from engine.readers._file import File
from engine.readers._text import Flow
from engine.readers._wire import Limits

KINDS = ("wps", "pub")
IMPORTS = _ole.IMPORTS

_STREAMS = {"wps": ("CONTENTS", "MatOST"), "pub": ("Quill/QuillSub/CONTENTS",)}
_MARKS = (b"CHNKINK ", b"CHNKWKS ")
_TEXT = re.compile(rb"\x18\x00TEXT.{6}TEXT(.{4})(.{4})", re.DOTALL)
_ENDS = re.compile("[\r\n\x0b\x0c]")


def recognises(file: File) -> tuple[str, float]:
    """By the streams that only these programs write."""
    if "QuillSub" in file.ole_names:
        return "pub", 0.9
    known = "CONTENTS" in file.ole_names and any(mark in file.data for mark in _MARKS)
    return ("wps", 0.9) if known or "MatOST" in file.ole_names else ("", 0.0)


def read(file: File, limits: Limits) -> Generator[Part, None, str]:
    """Paragraph by paragraph, in the order in which they are kept. Older files keep them in other ways."""
    flow = Flow(limits)
    kind, _ = recognises(file)
    with _ole.opened(file) as ole:
        data = next((data for name in _STREAMS.get(kind, ()) if (data := _ole.stream(ole, name))), b"")
        if not data.startswith(_MARKS):
            raise Problem("unsupported", "This version of the program keeps its text in another way.")
        number = 0
        for text in _texts(data, limits):
            for line in _ENDS.split(text):
                number += bool(line.strip())
                flow.add(line, f"paragraph {number}")
        title = _ole.title(ole)
    yield from flow.pages()
    return title


def _texts(data: bytes, limits: Limits) -> Iterator[str]:
    left = 2 * limits.characters
    for found in _TEXT.finditer(data, 0, 1 << 20):
        place, size = struct.unpack("<II", found[1] + found[2])
        left -= size
        if left < 0:
            raise Problem("too_large", "There is more text than the limit.")
        yield data[place : place + size].decode("utf-16-le", "replace")
