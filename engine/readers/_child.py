"""Reads one file behind a fence and ends; a worker's whole life.

Standard input holds one JSON line and the file's bytes; standard output gets the frames. The host
keeps standard input open for as long as it lives. `python -m engine.readers._child PARENT [eyes]`
starts one on systems where the fork server does not run; there it calls `serve`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import re
import sys
import threading
import traceback
from types import ModuleType
from typing import Any, BinaryIO

from engine import fence, readers
from engine.cards import Problem
from engine.readers import _ocr, _wire
from engine.readers._file import File
from engine.readers._wire import Kind, Limits

_OPEN_FILES = 64
_GARBAGE = 100_000
"""Objects made between two looks for garbage: a worker ends before much of it piles up."""


def prepare() -> None:
    """Import all that readers need: behind the fence no file can be opened, and so nothing imported."""
    import encodings

    fence.prepare()
    for part in pkgutil.iter_modules(encodings.__path__):
        if part.name not in ("mbcs", "oem"):  # Windows' own
            importlib.import_module(f"encodings.{part.name}")
    for reader in readers.shelf().values():
        for name in reader.IMPORTS:
            importlib.import_module(name)
    gc.freeze()  # what is there by now stays, and workers need not copy it to look at it


def serve(source: BinaryIO, out: BinaryIO) -> None:
    """Answer the one request on `source`, behind the fence; ends the process."""
    request = json.loads(_line(source))
    limits = Limits(**request["limits"])
    gc.set_threshold(_GARBAGE)
    os.nice(5)  # the window and the models come first
    fence.lock_down(memory_bytes=limits.memory_bytes, cpu_seconds=limits.total_seconds, open_files=_OPEN_FILES)
    try:
        data = _wire.exactly(source, request["size"])
        threading.Thread(target=_end_with_host, args=(source,), daemon=True).start()
        _answer(request, data, limits, out)
    except _wire.NoAnswer:
        os._exit(0)
    except Problem as problem:
        _wire.send_refusal(out, problem.code if problem.code in _wire.CODES else "damaged")
    except _ocr.NeedsEyes:
        _wire.send_refusal(out, "needs_eyes")
    except MemoryError:
        _wire.send_refusal(out, "out_of_memory")
    except RecursionError:
        _wire.send_refusal(out, "too_deep")
    finally:  # parsers that were handed garbage are not asked to tidy up, nor a forked worker its maker's affairs
        _end(out, sys.exc_info()[1])


def _answer(request: dict[str, Any], data: bytes, limits: Limits, out: BinaryIO) -> None:
    if request["wish"] == "fence":
        rows = [[barrier.name, barrier.holds, barrier.means] for barrier in fence.in_force_for_worker()]
        _wire.send_words(out, json.dumps(rows))
        return
    file = File(data, request["name"], request["password"], request["first"], request["last"])
    kind, reader = readers.choose(file)
    if request["wish"] == "picture":
        _wire.send_picture(out, _picture(reader, file, request))
        return
    _wire.send_kind(out, Kind(kind, getattr(reader, "SLICED", False)))
    parts, allowance = reader.read(file, limits), _wire.Allowance(limits)
    title = ""
    while True:
        try:
            part = next(parts)
        except StopIteration as stop:
            title = stop.value or ""
            break
        if not allowance.covers(part):
            raise Problem("too_large", "There is more in it than the limits.")
        _wire.send_part(out, part)
    _wire.send_end(out, title)


def _picture(reader: ModuleType, file: File, request: dict[str, Any]) -> _wire.Picture:
    if not hasattr(reader, "picture"):
        raise Problem("unsupported", "This kind of file has no drawn pages.")
    drawn: _wire.Picture = reader.picture(file, request["number"], request["scale"])
    return drawn


def _line(source: BinaryIO) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        line += _wire.exactly(source, 1)
    return line


def _end_with_host(source: BinaryIO) -> None:
    source.read(1)
    os._exit(0)


def _end(out: BinaryIO, error: BaseException | None) -> None:
    """Ends the process. When a parser fell over, says first which error and where, without a word of the document."""
    try:
        if error is not None:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__}, {os.path.basename(place.filename)}:{place.lineno}"
            _wire.send_refusal(out, "crashed_parser", re.sub(r"[^\w.:, ]", "_", where, flags=re.ASCII)[:80])
        out.flush()
    except OSError:  # the host has stopped listening
        os._exit(0)
    os._exit(0)


def _main() -> None:
    """A worker started by itself: its standard output is for frames alone, what libraries print goes to stderr."""
    fence.die_with_parent(int(sys.argv[1]))
    source, out = os.fdopen(0, "rb", buffering=0, closefd=False), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    prepare()
    if "eyes" in sys.argv[2:]:
        _ocr.load()
    serve(source, out)


if __name__ == "__main__":
    _main()
