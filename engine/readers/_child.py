"""Reads one file behind a fence and ends: `python -m engine.readers._child PARENT`.

Stdin holds one JSON line and the file's bytes; stdout gets the frames. The parent keeps stdin open
for as long as it lives.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
import threading
import traceback
from types import ModuleType, TracebackType
from typing import Any, BinaryIO

from engine import fence
from engine.cards import Problem
from engine.readers import _wire
from engine.readers._wire import Limits

_OPEN_FILES = 64


def main() -> None:
    """Answer the one request on stdin."""
    fence.die_with_parent(int(sys.argv[1]))
    source, out = os.fdopen(0, "rb", buffering=0, closefd=False), _own_stdout()
    sys.excepthook = functools.partial(_tell, out)
    request = json.loads(_line(source))
    limits = Limits(**request["limits"])
    fence.limit(memory_bytes=limits.memory_bytes, cpu_seconds=limits.seconds, open_files=_OPEN_FILES)
    fence.no_network()
    fence.no_programs()
    fence.no_writing()
    try:
        data = _wire.exactly(source, request["size"])
        threading.Thread(target=_end_with_parent, args=(source,), daemon=True).start()
        _answer(request, data, limits, out)
    except _wire.NoAnswer:
        os._exit(0)
    except Problem as problem:
        _wire.send_refusal(out, problem.code if problem.code in _wire.CODES else "damaged")
    except MemoryError:
        _wire.send_refusal(out, "out_of_memory")
    except RecursionError:
        _wire.send_refusal(out, "too_deep")
    _end(out)


def _answer(request: dict[str, Any], data: bytes, limits: Limits, out: BinaryIO) -> None:
    match request["wish"]:
        case "read":
            _wire.send_reading(out, _reader(request).read(data, request["name"], limits))
        case "picture":
            _wire.send_picture(out, _reader(request).picture(data, request["number"], request["scale"]))
        case "fence":
            _wire.send_words(out, fence.in_force())


def _reader(request: dict[str, Any]) -> ModuleType:
    return importlib.import_module(f"engine.readers.{request['reader']}")


def _own_stdout() -> BinaryIO:
    """Frames alone go to the parent: whatever a library prints goes to stderr."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return out


def _line(source: BinaryIO) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        line += _wire.exactly(source, 1)
    return line


def _end_with_parent(source: BinaryIO) -> None:
    source.read(1)
    os._exit(0)


def _tell(out: BinaryIO, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A parser fell over: say which error and where, without a word of the document."""
    place = traceback.extract_tb(trace)[-1]
    _wire.send_refusal(
        out, "crashed_parser", f"{kind.__name__}, {os.path.basename(place.filename)}:{place.lineno}"[:80]
    )
    _end(out)


def _end(out: BinaryIO) -> None:
    """Parsers that were handed garbage are not asked to tidy up."""
    out.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
