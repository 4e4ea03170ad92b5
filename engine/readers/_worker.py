"""Starts the processes that read, one a file, and ends them: by its word, or when they are silent for too long."""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from engine import fence
from engine.cards import Problem
from engine.readers import _forkserver
from engine.readers._slots import Slots
from engine.readers._wire import Limits

MOST = 8
"""Workers at once, also on machines with more cores: each may take its memory limit."""

_START_SECONDS = 60.0
_PIPE = 1 << 20


def most_at_once() -> int:
    """How many workers this machine runs at a time."""
    return max(1, min(MOST, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))


READING = Slots(most_at_once())
BESIDE = Slots(1)
"""A page that is drawn for a person waits for no file that is read."""


class Worker:
    """One running worker: pipes to and from it, and a leash."""

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO, leash: _Leash) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.late = False
        self._leash = leash
        self._deadline = self._last = math.inf
        self._over = threading.Event()
        self._watch: threading.Thread | None = None

    def live(self, seconds: float) -> None:
        """It may run for so long in all, whatever it says meanwhile."""
        self._last = time.monotonic() + seconds

    def allow(self, seconds: float) -> None:
        """From now on it may be silent for so long; then it is killed, and `late`."""
        self._deadline = min(time.monotonic() + seconds, self._last)
        if self._watch is None:
            self._watch = threading.Thread(target=self._watching, name="watch", daemon=True)
            self._watch.start()

    def kill(self) -> None:
        """End it now, whatever it does. Safe to repeat, and from any thread."""
        self._leash.kill()

    def wait(self) -> int:
        """Its exit status when it has ended; negative: the signal that ended it."""
        return self._leash.wait()

    def close(self) -> None:
        """Kill it, wait for its end, and give back what it held."""
        self._over.set()
        self.kill()
        self.wait()
        if self._watch is not None:
            self._watch.join()
        for pipe in (self.stdin, self.stdout):
            with contextlib.suppress(OSError):
                pipe.close()
        self._leash.close()

    def _watching(self) -> None:
        while not self._over.wait(max(0.0, self._deadline - time.monotonic())):
            if time.monotonic() >= self._deadline:
                self.late = True
                self.kill()
                return


@contextlib.contextmanager
def started(slots: Slots, *, eyes: bool, limits: Limits) -> Iterator[Worker]:
    """A worker, as soon as one of the slots is free; `eyes`: one that has the OCR models.

    However this is left, the worker has ended by then.
    """
    with slots:
        if sys.platform == "linux":
            worker, held = _forked(eyes), contextlib.nullcontext()
        else:
            worker, held = _spawned(eyes, limits)
        try:
            worker.live(limits.total_seconds)
            with held:
                yield worker
        finally:
            worker.close()


def warm_up() -> None:
    """Have the fork server get ready, so that the first file need not wait for it."""
    if sys.platform == "linux":
        _server.ready()


class _Leash:
    """What ends a worker and tells how it ended: a process of our own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        return self._process.wait()

    def close(self) -> None:
        """Nothing is held."""


class _ForkedLeash(_Leash):
    """The same for a worker of the fork server's: a socket to it."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._status: int | None = None
        self._asking = threading.Lock()

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._end.send(b"k")

    def wait(self) -> int:
        with self._asking:
            if self._status is None:
                self._status = self._told()
        return self._status

    def close(self) -> None:
        self._end.close()

    def _told(self) -> int:
        try:
            told = self._end.recv(_forkserver.STATUS.size)
        except OSError:
            told = b""
        # Without a word the server itself is gone, and its workers with it.
        return int(_forkserver.STATUS.unpack(told)[0]) if len(told) == _forkserver.STATUS.size else -9


class _Server:
    """This process's fork server, started when it is first needed and again when it has died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._host: socket.socket | None = None

    def ready(self) -> None:
        with self._lock:
            self._running()

    def fork(self, letter: bytes, descriptors: list[int]) -> None:
        with self._lock:
            try:
                socket.send_fds(self._running(), [letter], descriptors)
            except OSError:  # it has died since; a new one will do
                self.close()
                socket.send_fds(self._running(), [letter], descriptors)

    def close(self) -> None:
        """End the server, and so its workers."""
        if self._host is not None and self._process is not None:
            self._host.close()
            self._process.kill()
            self._process.wait()
        self._host = self._process = None

    def _running(self) -> socket.socket:
        if self._host is not None and self._process is not None and self._process.poll() is None:
            return self._host
        self.close()
        host, server = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with server:
            self._process = _popen("_forkserver", str(server.fileno()), pass_fds=(server.fileno(),))
        host.settimeout(_START_SECONDS)
        self._host = host
        if host.recv(1) != _forkserver.READY:
            self.close()
            raise Problem("no_worker", "The process that reads files can't be started. `baton doctor` may tell more.")
        host.settimeout(None)
        return host


_server = _Server()
atexit.register(_server.close)


def _forked(eyes: bool) -> Worker:
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        their_in, our_in = os.pipe()
        theirs.callback(os.close, their_in)
        ours.callback(os.close, our_in)
        our_out, their_out = os.pipe()
        _widen(our_out)
        theirs.callback(os.close, their_out)
        ours.callback(os.close, our_out)
        our_leash, their_leash = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        theirs.enter_context(their_leash)
        ours.enter_context(our_leash)
        letter = _forkserver.FORK_WITH_EYES if eyes else _forkserver.FORK
        _server.fork(letter, [their_in, their_out, their_leash.fileno()])
        ours.pop_all()  # from here on they are the worker's
    stdin, stdout = os.fdopen(our_in, "wb", buffering=0), os.fdopen(our_out, "rb", buffering=0)
    return Worker(stdin, stdout, _ForkedLeash(our_leash))


def _widen(pipe: int) -> None:
    """Let a worker go on while its host is busy. What the system does not grant is not needed."""
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)


def _spawned(eyes: bool, limits: Limits) -> tuple[Worker, contextlib.AbstractContextManager[None]]:
    process = _popen(
        "_child", str(os.getpid()), *(["eyes"] if eyes else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    held = fence.contained(process.pid, memory_bytes=limits.memory_bytes, cpu_seconds=limits.total_seconds)
    return Worker(process.stdin, process.stdout, _Leash(process)), held  # type: ignore[arg-type]


def _popen(module: str, *arguments: str, **pipes: Any) -> subprocess.Popen[bytes]:
    """-P: nothing is imported from the folder it happens to run in."""
    command = [sys.executable, "-P", "-s", "-B", "-m", f"engine.readers.{module}", *arguments]
    return subprocess.Popen(
        fence.wrapped(command),
        bufsize=0,
        env=_environment(),
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": _words(module), **pipes},
    )


def _words(module: str) -> int | None:
    """Where complaints go. A worker's are a document's words, and go nowhere; the server's are ours."""
    return None if module == "_forkserver" else subprocess.DEVNULL


def _environment() -> dict[str, str]:
    """It finds this very engine, also when it was started from somewhere else; and libraries start no threads."""
    root = str(Path(__file__).parents[2])
    path = os.environ.get("PYTHONPATH")
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **single, "PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root}
