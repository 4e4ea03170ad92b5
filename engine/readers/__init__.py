"""Turns one file's bytes into pages of text, each in a child process that can be killed.

A reader is one file on this shelf. It holds:

    KIND = "pdf"                                   the word shown to people
    def recognises(head: bytes, name: str) -> float    0..1, judged by content first, name second
    def read(data: bytes, name: str, limits: Limits) -> Reading

`read` runs inside the child and may raise Problem with one of the quarantine codes (`encrypted`,
`damaged`, `too_large`, `too_deep`, `unsupported`, `empty`); only the code reaches the parent, the
sentence for people is `SENTENCES` below. It imports its library inside the function, and its text
goes through `_text.clean` or `_text.Flow`. A format with drawn pages may also hold

    def picture(data: bytes, number: int, scale: float) -> Picture

Nothing else names the reader: the shelf finds it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from engine.cards import Problem
from engine.readers._wire import Limits, Picture
from engine.store import Reading

if TYPE_CHECKING:
    import subprocess

__all__ = ["SENTENCES", "Limits", "Picture", "choose", "fenced", "picture", "read", "shelf"]

T = TypeVar("T")

HEAD = 8192
SURE = 0.1
USUAL = Limits()

# What a person reads when a file is set aside: what happened, and what to do.
SENTENCES = {
    "encrypted": "This file is locked with a password. Save a copy without the password and add that.",
    "damaged": "This file is damaged or incomplete. Ask for it again, or open it in its own program and save a copy.",
    "too_large": (
        "This file holds more than Baton reads at once ({pages} pages, {characters:,} characters, "
        "{mib} MiB, {attachments} attachments). Split it and add the parts."
    ),
    "too_slow": "Reading this file took longer than {seconds:g} seconds and was stopped. Split it, or save it anew.",
    "too_deep": "This file is nested too deeply to be read. Take out the inner part and add it by itself.",
    "unsupported": "Baton can't read this kind of file. Save it as one of {kinds} and add that.",
    "crashed_parser": "The reader failed on this file. Open the file in its own program and save a copy.",
    "out_of_memory": "Reading this file needs more memory than is allowed. Split it and add the parts.",
    "empty": "No text was found in this file. If it is a scan, add a copy with recognised text (OCR).",
}


def shelf() -> dict[str, ModuleType]:
    """The readers by file name. Raises Problem("empty_shelf")."""
    from engine.shelf import modules

    return modules(sys.modules[__name__])


def choose(data: bytes, name: str) -> ModuleType:
    """The reader that recognises the file best. Raises Problem("unsupported") when none does."""
    readers = shelf().values()
    score, best = max(
        ((reader.recognises(data[:HEAD], name), reader) for reader in readers), key=lambda pair: float(pair[0])
    )
    if score < SURE:
        raise _problem("unsupported", USUAL)
    return best


def read(data: bytes, name: str, limits: Limits = USUAL) -> Reading:
    """What the file says, read in a child of its own within the limits.

    Raises Problem with a quarantine code: `encrypted`, `damaged`, `too_large`, `too_slow`,
    `too_deep`, `unsupported`, `crashed_parser`, `out_of_memory` or `empty`.
    """
    if len(data) > limits.bytes:
        raise _problem("too_large", limits)
    if not data:
        raise Problem("empty", "This file is empty. Ask for it again.")
    reader = choose(data, name)
    from engine.readers._wire import receive_reading

    request = {"wish": "read", "reader": _name(reader), "name": name[-255:]}
    receive = functools.partial(receive_reading, limits=limits, kind=str(reader.KIND))
    reading = _ask(request, data, limits, receive)
    if not reading.attachments and not any(page.text.strip() for page in reading.pages):
        raise _problem("empty", limits)
    return reading


def picture(data: bytes, number: int, scale: float, limits: Limits = USUAL) -> Picture:
    """Page `number` (from 1) drawn at `scale` pixels a point. Raises Problem, also for formats without pages."""
    if not data or len(data) > limits.bytes or not 0 < scale <= 20:
        raise _problem("too_large" if data else "empty", limits)
    reader = choose(data, "")
    if not hasattr(reader, "picture"):
        raise Problem("unsupported", "This kind of file has no drawn pages to show.")
    from engine.readers._wire import receive_picture

    request = {"wish": "picture", "reader": _name(reader), "number": number, "scale": scale}
    return _ask(request, data, limits, receive_picture)


def fenced() -> str:
    """An honest sentence on whether the reading child is kept off the network, asked of a child itself."""
    from engine.readers._wire import receive_words

    return _ask({"wish": "fence"}, b"", USUAL, receive_words)


def _ask(request: dict[str, Any], data: bytes, limits: Limits, receive: Callable[[BinaryIO], T]) -> T:
    """The child's checked answer. However this ends, the child has ended before it."""
    from engine.readers._wire import BadAnswer, NoAnswer, Refused

    with _child(limits.seconds) as (child, late):
        assert child.stdin is not None
        assert child.stdout is not None
        head = json.dumps({**request, "limits": dataclasses.asdict(limits), "size": len(data)})
        _send(child.stdin, head.encode() + b"\n")
        _send(child.stdin, data)
        try:
            return receive(child.stdout)  # type: ignore[arg-type]  # raw pipes read as any stream
        except Refused as refused:
            raise _problem(refused.code, limits, refused.where) from refused
        except BadAnswer as error:
            raise _problem("crashed_parser", limits, "an answer that breaks the rules") from error
        except NoAnswer as error:
            raise _problem(_cause(child.wait(), late()), limits) from error


@contextlib.contextmanager
def _child(seconds: float) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], bool]]]:
    """A running child that is killed when its time is up, and in any case at the end.

    The second value tells whether its time was up.
    """
    import subprocess
    import threading

    child = subprocess.Popen(
        _command(),
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    late = threading.Event()

    def kill() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        with child:
            try:
                yield child, late.is_set
            finally:
                child.kill()
    finally:
        timer.cancel()
        timer.join()


def _command() -> list[str]:
    """How the child is started. -P: nothing is imported from the folder it happens to run in."""
    return [sys.executable, "-P", "-s", "-B", "-m", f"{__name__}._child", str(os.getpid())]


def _environment() -> dict[str, str]:
    """The child finds this very engine, also when it was started from somewhere else."""
    root = str(Path(__file__).parents[2])
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root}


def _send(pipe: Any, data: bytes) -> None:
    """All of the data, unless the child is gone: then its answer, or the lack of one, says why."""
    view = memoryview(data)
    with contextlib.suppress(OSError):
        while view:
            view = view[pipe.write(view) :]


def _cause(status: int, late: bool) -> str:
    """Why a child ended without an answer, by its exit status (negative: the signal that ended it)."""
    import signal

    if late or -status == getattr(signal, "SIGXCPU", None):
        return "too_slow"
    if -status == getattr(signal, "SIGKILL", None):
        return "out_of_memory"  # not our kill, so the system's: it was short of memory
    return "crashed_parser"


def _problem(code: str, limits: Limits, where: str = "") -> Problem:
    sentence = SENTENCES[code]
    if "{" in sentence:
        kinds = ", ".join(sorted(str(reader.KIND) for reader in shelf().values()))
        sentence = sentence.format(**dataclasses.asdict(limits), mib=limits.bytes >> 20, kinds=kinds)
    return Problem(code, f"{sentence} ({where}.)" if where else sentence)


def _name(reader: ModuleType) -> str:
    return reader.__name__.rpartition(".")[2]
